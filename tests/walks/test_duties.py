"""The rules of separation on duties: for each, somebody tries to get round it, through every face."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from tests.walks.company import codes, give
from tests.walks.duties import PAIRS, at_work, by_sql, pass_before

from flowgov import Engine, Refused
from flowgov.testing import assert_refused

RULES = sorted(PAIRS)


def permit(engine: Engine, rule: str, **other: Any) -> str:
    """An exception for kbenali on CRM; *other* replaces what differs. Returns its key."""
    terms: dict[str, Any] = {
        "project": "CRM",
        "person": "kbenali",
        "until": "2026-12-31",
        "reason": "Two people left",
        "compensating": "The sponsor reads everything",
        "by": "htallec",
        **other,
    }
    return engine.add_exception(rules=[rule], **terms).subject


def twice(engine: Engine, rule: str, separation: str = "block", rules: dict[str, str] | None = None) -> str:
    """kbenali did the first of the two duties; returns the gate of the second, which he may fire."""
    first, second = PAIRS[rule]
    at_work(engine, separation, rules)
    pass_before(engine, second, "kbenali")
    assert first in {e.facts.get("t") for e in engine.history("CRM")}
    return second


def problems(engine: Engine) -> list[tuple[str, Any]]:
    return [(f.code, f.params.get("rule") or f.params.get("about")) for f in engine.verify().findings]


# --- the six rules on two duties ------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
def test_one_person_does_not_do_both(engine: Engine, rule: str) -> None:
    gate = twice(engine, rule)

    decision = assert_refused(engine, "CRM", gate, by="kbenali", codes={"own_duty"})

    assert decision.blockers[0].params["rule"] == rule


@pytest.mark.parametrize("rule", RULES)
def test_nor_inside_a_hosts_own_transaction(engine: Engine, url: str, rule: str) -> None:
    gate = twice(engine, rule)
    host = create_engine(url)

    with Session(host) as session, pytest.raises(Refused) as refused:
        engine.move("CRM", gate, by="kbenali", session=session)
    host.dispose()

    assert codes(refused.value.decision) == {"own_duty"}


@pytest.mark.parametrize("rule", RULES)
def test_somebody_else_does_the_other(engine: Engine, rule: str) -> None:
    gate = twice(engine, rule)

    engine.move("CRM", gate, by="ykerbrat")

    assert problems(engine) == []


@pytest.mark.parametrize("rule", RULES)
def test_an_exception_for_the_rule_permits_both(engine: Engine, rule: str) -> None:
    gate = twice(engine, rule, "exception")
    assert_refused(engine, "CRM", gate, by="kbenali", codes={"own_duty"})
    key = permit(engine, rule)

    receipt = engine.move("CRM", gate, by="kbenali")

    assert (receipt.exceptions, problems(engine)) == ((key,), [])


@pytest.mark.parametrize("rule", RULES)
def test_in_warn_mode_the_departure_is_recorded(engine: Engine, rule: str) -> None:
    gate = twice(engine, rule, "warn")

    receipt = engine.move("CRM", gate, by="kbenali")

    assert (receipt.warnings, problems(engine)) == ((rule,), [])


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_a_mode_of_its_own(engine: Engine, rule: str) -> None:
    gate = twice(engine, rule, "warn", {rule: "block"})

    assert_refused(engine, "CRM", gate, by="kbenali", codes={"own_duty"})


@pytest.mark.parametrize("rule", RULES)
def test_a_project_moved_past_the_rule_is_found(engine: Engine, rule: str) -> None:
    """The engine's own guard switched off, as by somebody who has altered the program."""
    gate = twice(engine, rule)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flowgov.workflow.duties.facing", lambda *_: ())
        engine.move("CRM", gate, by="kbenali")

    assert problems(engine) == [("RULE_VIOLATION", rule)]


def test_who_opened_the_project_does_not_validate_its_need(engine: Engine) -> None:
    at_work(engine)
    give(engine, "worker", "ebihan")
    engine.move("CRM", "express", by="kbenali")

    assert_refused(engine, "CRM", "validate", by="ebihan", codes={"own_creation"})


def test_an_exception_for_another_rule_permits_nothing(engine: Engine) -> None:
    gate = twice(engine, "validator_design", "exception")
    permit(engine, "designer_security")

    assert_refused(engine, "CRM", gate, by="kbenali", codes={"own_duty"})


def test_a_delegate_counts_as_who_lent_him_the_role(engine: Engine) -> None:
    gate = twice(engine, "validator_design")
    engine.delegate_role("worker", "nroussel", project="CRM", until="2026-01-31", by="kbenali")

    assert_refused(engine, "CRM", gate, by="nroussel", codes={"delegate_author"})


# --- administrators and roles -----------------------------------------------------------------------------------------


def test_an_administrator_does_not_act_in_a_role_that_was_only_lent_to_him(engine: Engine) -> None:
    at_work(engine)
    engine.delegate_role("worker", "slegoff", project="CRM", until="2026-01-31", by="kbenali")

    assert_refused(engine, "CRM", "express", by="slegoff", codes={"role_administrator"})


def test_an_administrator_acts_in_a_role_that_another_gave_him(engine: Engine) -> None:
    at_work(engine)
    give(engine, "worker", "htallec")

    engine.move("CRM", "express", by="htallec")

    assert problems(engine) == []


def test_nobody_acts_in_a_role_that_he_gave_to_who_lends_it_to_him(engine: Engine) -> None:
    at_work(engine, "warn")
    engine.delegate_role("worker", "htallec", project="CRM", until="2026-01-31", by="kbenali")

    assert_refused(engine, "CRM", "express", by="htallec", codes={"self_assigned"})


def test_nor_approves_in_it(engine: Engine) -> None:
    at_work(engine, "warn", express={"approvals": [{"role": "worker", "min": 1, "when": None}]})
    engine.delegate_role("worker", "htallec", project="CRM", until="2026-01-31", by="kbenali")

    with pytest.raises(Refused) as refused:
        engine.approve("CRM", "express", by="htallec")

    assert codes(refused.value.decision) == {"self_assigned"}


def test_an_administrators_approval_in_a_lent_role_names_the_departure(engine: Engine) -> None:
    at_work(engine, "warn", express={"approvals": [{"role": "worker", "min": 1, "when": None}]})
    engine.delegate_role("worker", "slegoff", project="CRM", until="2026-01-31", by="kbenali")

    engine.approve("CRM", "express", by="slegoff")

    rules = [d["rule"] for d in engine.history("CRM")[-1].facts["departures"]]
    assert (rules, problems(engine)) == (["role_administrator"], [])


def test_nobody_grants_himself_a_role(engine: Engine) -> None:
    at_work(engine)

    with pytest.raises(Refused) as refused:
        engine.grant_role("worker", "htallec", project="CRM", by="htallec")

    assert codes(refused.value.decision) == {"self_grant"}


def test_a_role_that_one_gave_oneself_by_sql_is_of_no_use(engine: Engine, url: str) -> None:
    at_work(engine)
    mine = engine.person("kbenali").id
    by_sql(url, "UPDATE flowgov_assignment SET granted_by = person_id WHERE person_id = :p", p=mine)

    assert_refused(engine, "CRM", "express", by="kbenali", codes={"self_assigned"})


def test_a_reader_never_acts(engine: Engine) -> None:
    at_work(engine)
    give(engine, "auditor", "nroussel")

    assert_refused(engine, "CRM", "express", by="nroussel", codes={"role_missing"})
