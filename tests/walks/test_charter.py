"""The charter of a project: three answers, one issue, an acknowledgement each; it outdates with the assignments."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from tests.walks.company import codes, give, open_crm

from flowgov import BadInput, Engine, NotFound, Refused
from flowgov.testing import assert_refused, pass_gate
from flowgov.workflow.model import build
from flowgov.workflow.shipped import load_shipped

ANSWERS = {"business": "kbenali", "technical": "ykerbrat", "arbiter": "slegoff"}


def start(engine: Engine, **changes: str) -> None:
    """Three answers on the CRM project, of the light workflow, opened by ebihan."""
    open_crm(engine, "pme-light")
    engine.charters.start("CRM", **{**ANSWERS, "by": "htallec", **changes})


def everybody(engine: Engine) -> None:
    for login in engine.charters.of("CRM").missing:
        engine.charters.acknowledge("CRM", by=login)


def blocked(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return codes(refused.value.decision)


def guarded(engine: Engine) -> None:
    """Given: CRM on a workflow whose first gate asks for an acknowledged charter; nobody has acknowledged it."""
    document: dict[str, Any] = {**json.loads(load_shipped("pme-light").body), "id": "chartered"}
    document["transitions"][0]["guards"] = ["charter_acknowledged"]
    engine.register_workflow(build(document), by="htallec")
    open_crm(engine, "chartered")
    engine.charters.start("CRM", **ANSWERS, by="htallec")
    engine.add_evidence("CRM", "need_statement", link="https://example.org/1", by="kbenali")


# --- three answers --------------------------------------------------------------------------------------------------


def test_three_answers_grant_the_roles_and_issue_the_charter(engine: Engine) -> None:
    start(engine)

    charter = engine.charters.of("CRM")
    held = {role: persons for role, persons in charter.matrix.holders.items() if persons}
    assert held == {"business_owner": ("kbenali",), "technical_owner": ("ykerbrat",), "sponsor": ("slegoff",)}
    assert (charter.version, charter.current, charter.missing) == (1, True, ("kbenali", "slegoff", "ykerbrat"))
    assert engine.verify().findings == ()


def test_the_charter_is_the_piece_that_the_first_gate_asks_for(engine: Engine) -> None:
    start(engine)
    engine.add_evidence("CRM", "need_statement", link="https://example.org/1", by="kbenali")

    engine.move("CRM", "validate_need", by="kbenali")

    piece = engine.evidence("CRM")[0]
    assert (piece.kind, piece.sha256) == ("charter", engine.charters.of("CRM").sha256)
    assert engine.verify().findings == ()


def test_a_role_that_is_held_already_is_not_granted_again(engine: Engine) -> None:
    open_crm(engine, "pme-light")
    give(engine, "business_owner", "kbenali")

    engine.charters.start("CRM", **ANSWERS, by="htallec")

    assert len(engine.assignments(project="CRM", role="business_owner")) == 1


def test_one_person_may_answer_two_questions_and_it_shows(engine: Engine) -> None:
    start(engine, arbiter="kbenali")

    overlaps = engine.charters.of("CRM").matrix.overlaps
    assert [(o.person, o.roles) for o in overlaps] == [("kbenali", ("business_owner", "sponsor"))]


@pytest.mark.parametrize(
    ("changes", "code"), [({"by": "kbenali"}, "not_administrator"), ({"arbiter": "htallec"}, "self_grant")]
)
def test_what_may_not_be_granted_leaves_nothing(engine: Engine, changes: dict[str, str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        start(engine, **changes)

    assert (code in blocked(refused), engine.assignments(project="CRM")) == (True, ())


def test_an_unknown_person_leaves_nothing(engine: Engine) -> None:
    with pytest.raises(NotFound):
        start(engine, arbiter="nobody")

    assert engine.assignments(project="CRM") == ()


def test_a_role_that_begins_later_leaves_nothing(engine: Engine) -> None:
    open_crm(engine, "pme-light")
    engine.grant_role("sponsor", "slegoff", project="CRM", start="2026-02-01", by="htallec")

    with pytest.raises(BadInput) as error:
        engine.charters.start("CRM", **ANSWERS, by="htallec")

    assert (error.value.reason, len(engine.assignments(project="CRM"))) == ("overlap", 1)


def test_a_closed_project_gets_no_charter(engine: Engine) -> None:
    start(engine)
    engine.move("CRM", "cancel", by="kbenali", reason="No budget")

    with pytest.raises(Refused) as refused:
        engine.charters.start("CRM", **{**ANSWERS, "arbiter": "nroussel"}, by="htallec")

    assert blocked(refused) == {"project_closed"}


def test_a_workflow_without_such_a_role_says_so(engine: Engine) -> None:
    document = json.loads(load_shipped("pme-light").body.decode().replace("technical_owner", "builder"))
    for role in document["roles"]:
        role.pop("side", None)
    engine.register_workflow(build({**document, "id": "other"}), by="htallec")
    open_crm(engine, "other")

    with pytest.raises(BadInput) as error:
        engine.charters.start("CRM", **ANSWERS, by="htallec")

    assert (error.value.reason, error.value.data["question"]) == ("charter_no_role", "--technical")


def test_a_role_of_that_side_answers_where_there_is_none_of_that_name(engine: Engine) -> None:
    document = json.loads(load_shipped("pme-light").body.decode().replace("technical_owner", "builder"))
    next(role for role in document["roles"] if role["id"] == "builder")["side"] = "technical"
    engine.register_workflow(build({**document, "id": "other"}), by="htallec")
    open_crm(engine, "other")

    engine.charters.start("CRM", **ANSWERS, by="htallec")

    assert engine.charters.of("CRM").matrix.holders["builder"] == ("ykerbrat",)


# --- issued ---------------------------------------------------------------------------------------------------------


def test_a_change_of_assignments_outdates_the_charter(engine: Engine) -> None:
    start(engine)
    everybody(engine)
    give(engine, "requester", "nroussel")

    charter = engine.charters.of("CRM")
    assert (charter.current, charter.acknowledged, len(charter.missing)) == (False, False, 4)


def test_issued_anew_it_is_another_version_to_acknowledge(engine: Engine) -> None:
    start(engine)
    everybody(engine)
    give(engine, "requester", "nroussel")

    engine.charters.issue("CRM", by="ykerbrat")

    charter = engine.charters.of("CRM")
    assert (charter.version, charter.current, charter.missing) == (
        2,
        True,
        ("kbenali", "nroussel", "slegoff", "ykerbrat"),
    )
    assert engine.verify().findings == ()


def test_it_is_not_issued_twice_alike(engine: Engine) -> None:
    start(engine)

    with pytest.raises(BadInput) as error:
        engine.charters.issue("CRM", by="kbenali")

    assert error.value.reason == "charter_unchanged"


def test_who_lends_his_role_still_answers_for_it(engine: Engine) -> None:
    start(engine)

    engine.delegate_role("business_owner", "jprigent", project="CRM", until="2026-01-31", by="kbenali")

    assert engine.charters.of("CRM").current


@pytest.mark.parametrize("by", ["ebihan", "htallec", "kbenali"])
def test_who_has_a_say_issues_it(engine: Engine, by: str) -> None:
    open_crm(engine, "pme-light")
    give(engine, "business_owner", "kbenali")

    engine.charters.issue("CRM", by=by)

    assert engine.verify().findings == ()


def test_nobody_else_issues_it(engine: Engine) -> None:
    open_crm(engine, "pme-light")

    with pytest.raises(Refused) as refused:
        engine.charters.issue("CRM", by="jprigent")

    assert (blocked(refused), engine.history("CRM")[-1].event) == ({"charter_issuer"}, "entry.refused")


def test_it_makes_approvals_given_on_the_former_one_stale(engine: Engine) -> None:
    start(engine)
    engine.add_evidence("CRM", "need_statement", link="https://example.org/1", by="kbenali")
    engine.move("CRM", "validate_need", by="kbenali")
    pass_gate(engine, "CRM", "approve_design", by="ykerbrat")
    engine.approve("CRM", "confirm_secured", by="kbenali")

    give(engine, "requester", "nroussel")
    engine.charters.issue("CRM", by="ykerbrat")

    assert "approval_stale" in codes(engine.explain("CRM", "confirm_secured", by="ykerbrat"))


# --- acknowledged ---------------------------------------------------------------------------------------------------


def test_each_holder_acknowledges_it_for_himself(engine: Engine) -> None:
    start(engine)

    everybody(engine)

    charter = engine.charters.of("CRM")
    assert (charter.acknowledged, [s.version for s in charter.signatures]) == (True, [1, 1, 1])
    assert engine.verify().findings == ()


@pytest.mark.parametrize(("by", "code"), [("ebihan", "charter_not_yours"), ("htallec", "charter_not_yours")])
def test_who_holds_nothing_in_it_does_not(engine: Engine, by: str, code: str) -> None:
    start(engine)

    with pytest.raises(Refused) as refused:
        engine.charters.acknowledge("CRM", by=by)

    assert blocked(refused) == {code}


def test_a_delegate_does_not_acknowledge_for_his_delegator(engine: Engine) -> None:
    start(engine)
    engine.delegate_role("business_owner", "jprigent", project="CRM", until="2026-01-31", by="kbenali")

    with pytest.raises(Refused) as refused:
        engine.charters.acknowledge("CRM", by="jprigent")

    assert blocked(refused) == {"charter_not_yours"}


def test_rule_12_a_service_account_acknowledges_nothing_and_is_not_asked(engine: Engine) -> None:
    open_crm(engine, "pme-light")
    engine.add_person("ci-bot", name="CI", service=True, by="htallec")
    give(engine, "technical_owner", "ci-bot")
    engine.charters.issue("CRM", by="ebihan")

    with pytest.raises(Refused) as refused:
        engine.charters.acknowledge("CRM", by="ci-bot")

    assert (blocked(refused), engine.charters.of("CRM").missing) == ({"service_approves"}, ())


def test_an_outdated_charter_is_not_acknowledged(engine: Engine) -> None:
    start(engine)
    give(engine, "requester", "nroussel")

    with pytest.raises(Refused) as refused:
        engine.charters.acknowledge("CRM", by="kbenali")

    assert blocked(refused) == {"charter_outdated"}


def test_it_is_acknowledged_once(engine: Engine) -> None:
    start(engine)
    engine.charters.acknowledge("CRM", by="kbenali")

    with pytest.raises(BadInput) as error:
        engine.charters.acknowledge("CRM", by="kbenali")

    assert error.value.reason == "charter_acknowledged_already"


def test_there_must_be_one_to_acknowledge(engine: Engine) -> None:
    open_crm(engine, "pme-light")

    with pytest.raises(BadInput) as error:
        engine.charters.acknowledge("CRM", by="kbenali")

    assert error.value.reason == "no_charter"


def test_there_must_be_such_a_project(engine: Engine) -> None:
    with pytest.raises(NotFound):
        engine.charters.of("CRN")


# --- the gate -------------------------------------------------------------------------------------------------------


def test_a_gate_waits_until_everybody_has_acknowledged_it(engine: Engine) -> None:
    guarded(engine)

    decision = engine.explain("CRM", "validate_need", by="kbenali")

    lifters = sorted(holder for blocker in decision.blockers for holder in blocker.holders)
    assert (codes(decision), lifters) == ({"charter_unacknowledged"}, ["kbenali", "slegoff", "ykerbrat"])
    assert "flowgov charter acknowledge CRM --as kbenali" in {blocker.command for blocker in decision.blockers}


def test_then_it_opens(engine: Engine) -> None:
    guarded(engine)
    everybody(engine)

    assert engine.move("CRM", "validate_need", by="kbenali").target == "business_validated"
    assert engine.verify().findings == ()


def test_a_charter_that_is_outdated_closes_it(engine: Engine) -> None:
    guarded(engine)
    everybody(engine)
    give(engine, "requester", "nroussel")

    assert_refused(engine, "CRM", "validate_need", by="kbenali", codes={"charter_outdated"})


def test_without_a_charter_it_stays_closed_in_a_hosts_session_too(engine: Engine, url: str) -> None:
    guarded(engine)
    engine.open_project("ERP", workflow="chartered", title="ERP", by="ebihan")
    host = create_engine(url)

    with Session(host) as session, pytest.raises(Refused) as refused:
        engine.move("ERP", "validate_need", by="kbenali", session=session)

    host.dispose()
    assert "charter_missing" in blocked(refused)


def test_a_departure_closes_it(engine: Engine) -> None:
    guarded(engine)
    everybody(engine)
    engine.end_person("slegoff", by="htallec")

    assert_refused(engine, "CRM", "validate_need", by="kbenali", codes={"charter_outdated"})
