"""Separation of duties: who made one decision does not make the next, unless a recorded exception says so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.walks.company import codes, give, open_crm, staffed_crm
from tests.walks.former import with_former

from flowgov import BadInput, Engine, FixedClock, NotFound, Refused
from flowgov.testing import assert_refused, pass_gate, ready
from flowgov.workflow.model import build


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """`engine` on definitions that say by `distinct_from` alone who must differ; test_duties.py has the duties."""
    return with_former(engine, "standard", "regulated", "pme-light", "emergency")


def both_owners(engine: Engine) -> None:
    """Given: kbenali validated the need and is technical owner too; ebihan approves the design for the business."""
    staffed_crm(engine)
    pass_gate(engine, "CRM", "validate_need", by="kbenali")
    give(engine, "business_owner", "ebihan")
    ready(engine, "CRM", "approve_design", by="ykerbrat")
    give(engine, "technical_owner", "kbenali")


def permit(engine: Engine, **other: Any) -> str:
    """Record an exception for kbenali; *other* replaces what differs. Returns its key."""
    terms: dict[str, Any] = {
        "rules": ["distinct_from"],
        "person": "kbenali",
        "until": "2026-02-28",
        "reason": "Two people left",
        "compensating": "The sponsor reads every design",
        "by": "htallec",
        **other,
    }
    return engine.add_exception(terms.pop("project", "CRM"), **terms).subject


def test_who_validated_the_need_does_not_approve_the_design(engine: Engine) -> None:
    both_owners(engine)

    decision = assert_refused(engine, "CRM", "approve_design", by="kbenali", codes={"same_author"})

    blocker = decision.blockers[0]
    assert (blocker.params["person"], blocker.params["transition"], blocker.holders) == (
        "kbenali",
        "validate_need",
        ("htallec", "slegoff"),
    )


def test_somebody_else_with_the_role_does(engine: Engine) -> None:
    both_owners(engine)

    assert engine.move("CRM", "approve_design", by="ykerbrat").target == "technically_designed"


def test_a_recorded_exception_permits_it_and_is_named_in_the_record(engine: Engine) -> None:
    both_owners(engine)
    key = permit(engine)

    receipt = engine.move("CRM", "approve_design", by="kbenali")

    departures = engine.history("CRM")[-1].facts["departures"]
    assert (receipt.exceptions, [d["exception"] for d in departures]) == ((key,), [key])


def test_an_exception_ends_with_its_last_day(engine: Engine, clock: FixedClock) -> None:
    both_owners(engine)
    permit(engine, until="2026-01-31")
    clock.set(datetime(2026, 1, 31, 23, 59, tzinfo=UTC))
    on_the_last_day = engine.explain("CRM", "approve_design", by="kbenali")
    clock.set(datetime(2026, 2, 1, tzinfo=UTC))

    assert on_the_last_day.allowed
    assert_refused(engine, "CRM", "approve_design", by="kbenali", codes={"same_author"})


def test_an_exception_does_not_count_before_its_first_day(engine: Engine) -> None:
    both_owners(engine)
    permit(engine, start="2026-01-20")

    assert_refused(engine, "CRM", "approve_design", by="kbenali", codes={"same_author"})


def test_an_exception_for_another_person_does_not_count(engine: Engine) -> None:
    both_owners(engine)
    permit(engine, person="ykerbrat")

    assert_refused(engine, "CRM", "approve_design", by="kbenali", codes={"same_author"})


def test_an_exception_on_another_project_does_not_count(engine: Engine) -> None:
    both_owners(engine)
    engine.open_project("ERP", workflow="standard", title="ERP", by="ebihan")
    permit(engine, project="ERP")

    assert_refused(engine, "CRM", "approve_design", by="kbenali", codes={"same_author"})


@pytest.mark.parametrize("rule", ["one_person_once", "procedure"])
def test_an_exception_from_another_rule_does_not_count(engine: Engine, rule: str) -> None:
    both_owners(engine)
    permit(engine, rules=[rule])

    assert_refused(engine, "CRM", "approve_design", by="kbenali", codes={"same_author"})


def test_an_exception_gives_no_role(engine: Engine) -> None:
    staffed_crm(engine)
    pass_gate(engine, "CRM", "validate_need", by="kbenali")
    ready(engine, "CRM", "approve_design", by="ykerbrat")
    permit(engine)

    decision = engine.explain("CRM", "approve_design", by="kbenali")

    assert "role_missing" in codes(decision)


def test_t11_sod_bypass_nobody_approves_an_exception_for_himself(engine: Engine) -> None:
    open_crm(engine)

    with pytest.raises(Refused) as caught:
        permit(engine, person="htallec")

    assert codes(caught.value.decision) == {"own_exception"}


def test_t11_sod_bypass_nobody_reviews_his_own_exception(engine: Engine) -> None:
    open_crm(engine)

    with pytest.raises(BadInput) as caught:
        permit(engine, reviewer="kbenali")

    assert caught.value.reason == "own_review"


def test_t11_sod_bypass_being_made_administrator_does_not_help(engine: Engine) -> None:
    both_owners(engine)
    engine.grant_role("administrator", "kbenali", by="htallec")

    assert_refused(engine, "CRM", "approve_design", by="kbenali", codes={"same_author"})


def test_t11_sod_bypass_swapping_roles_after_the_first_decision_does_not_help(engine: Engine) -> None:
    both_owners(engine)
    engine.revoke_role("business_owner", "kbenali", project="CRM", by="htallec")

    assert_refused(engine, "CRM", "approve_design", by="kbenali", codes={"same_author"})


def test_t11_sod_bypass_going_round_through_rework_does_not_help(engine: Engine) -> None:
    both_owners(engine)
    engine.move("CRM", "approve_design", by="ykerbrat")
    engine.move("CRM", "return_to_design", by="ykerbrat", reason="Look again")
    ready(engine, "CRM", "approve_design", by="ykerbrat")

    decision = engine.explain("CRM", "approve_design", by="kbenali")

    assert "same_author" in codes(decision)


def test_t11_sod_bypass_in_block_mode_no_exception_opens_the_gate(engine: Engine) -> None:
    staffed_crm(engine, "regulated", internal_control="jprigent", technical_owner="kbenali")
    pass_gate(engine, "CRM", "validate_need", by="kbenali")
    permit(engine, rules=["distinct_from", "one_person_once"])

    decision = engine.explain("CRM", "approve_design", by="kbenali")

    assert "same_author" in codes(decision)


def test_who_opened_the_project_does_not_validate_the_need(engine: Engine) -> None:
    open_crm(engine, by="kbenali")
    give(engine, "business_owner", "kbenali")
    give(engine, "sponsor", "slegoff")

    decision = engine.explain("CRM", "validate_need", by="kbenali")

    assert "same_creator" in codes(decision)


def test_separation_looks_at_the_last_time_the_other_gate_was_passed(engine: Engine) -> None:
    both_owners(engine)
    engine.move("CRM", "return_to_need", by="ykerbrat", reason="The need has changed")
    give(engine, "business_owner", "jprigent")
    pass_gate(engine, "CRM", "validate_need", by="jprigent")

    decision = ready(engine, "CRM", "approve_design", by="kbenali")

    assert decision.allowed


def test_in_warn_mode_it_is_done_and_told(engine: Engine) -> None:
    warned_workflow(engine)
    give(engine, "business_owner", "kbenali")
    give(engine, "technical_owner", "kbenali")
    pass_gate(engine, "CRM", "validate_need", by="kbenali")
    ready(engine, "CRM", "approve_design", by="kbenali")

    receipt = engine.move("CRM", "approve_design", by="kbenali")

    departures = engine.history("CRM")[-1].facts["departures"]
    assert (receipt.warnings, [(d["rule"], d["exception"]) for d in departures]) == (
        ("distinct_from",),
        [("distinct_from", None)],
    )


def warned_workflow(engine: Engine) -> None:
    import json

    document = json.loads(engine.workflow("pme-light").body)
    engine.register_workflow(build({**document, "version": "2.0.0", "separation": "warn"}), by="htallec")
    open_crm(engine, "pme-light@2.0.0")


# --- one person once -------------------------------------------------------------------------------------------


def security_opinion(engine: Engine, dpo: str) -> None:
    """Given: a regulated project with personal data that waits for the security opinion of nroussel."""
    staffed_crm(engine, "regulated", personal_data=True, internal_control="htallec", tester="ebihan", dpo=dpo)
    for transition, by in (("validate_need", "kbenali"), ("approve_design", "ykerbrat")):
        pass_gate(engine, "CRM", transition, by=by)
    give(engine, "tester", "jprigent")
    pass_gate(engine, "CRM", "accept_tests", by="jprigent")
    for kind in engine.project("CRM").workflow.transitions["assess_security"].evidence:
        engine.add_evidence("CRM", kind, by="nroussel", link="https://example.org")
    engine.approve("CRM", "assess_security", by=dpo)


def test_the_same_person_as_security_officer_and_dpo_counts_once(engine: Engine) -> None:
    """Source: the refused attempt of 6 November 2026 on P-2026-003 in the demo's dataset."""
    security_opinion(engine, dpo="nroussel")

    decision = assert_refused(engine, "CRM", "assess_security", by="nroussel", codes={"counts_once"})

    assert decision.blockers[0].params["person"] == "nroussel"


def test_the_security_opinion_passes_with_another_dpo(engine: Engine) -> None:
    security_opinion(engine, dpo="slegoff")

    assert engine.move("CRM", "assess_security", by="nroussel").target == "security_assessed"


def test_in_block_mode_no_exception_lets_one_person_count_twice(engine: Engine) -> None:
    security_opinion(engine, dpo="nroussel")
    permit(engine, person="nroussel", rules=["one_person_once"])

    assert_refused(engine, "CRM", "assess_security", by="nroussel", codes={"counts_once"})


def test_in_exception_mode_a_recorded_exception_lets_one_person_count_twice(engine: Engine) -> None:
    staffed_crm(engine)
    give(engine, "business_owner", "slegoff")
    for kind in engine.project("CRM").workflow.transitions["validate_need"].evidence:
        engine.add_evidence("CRM", kind, by="slegoff", link="https://example.org")
    engine.approve("CRM", "validate_need", by="slegoff")
    assert_refused(engine, "CRM", "validate_need", by="slegoff", codes={"counts_once"})
    key = permit(engine, person="slegoff", rules=["one_person_once"])

    receipt = engine.move("CRM", "validate_need", by="slegoff")

    assert receipt.exceptions == (key,)


# --- recording exceptions --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"rules": ["distinct_form"]}, "bad_rule"),
        ({"rules": []}, "bad_rule"),
        ({"until": "2026-01-04"}, "empty_period"),
        ({"until": "2027-03-01"}, "exception_too_long"),
        ({"until": "soon"}, "bad_date"),
        ({"start": "2025-12-01"}, "starts_in_past"),
        ({"reason": " "}, "text_empty"),
        ({"compensating": ""}, "text_empty"),
        ({"reason": "x" * 5000}, "text_too_long"),
        ({"reason": "a\u202eb"}, "text_character"),
    ],
)
def test_an_exception_that_makes_no_sense_is_refused(engine: Engine, terms: dict[str, Any], reason: str) -> None:
    open_crm(engine)

    with pytest.raises(BadInput) as caught:
        permit(engine, **terms)

    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("terms", "reason", "suggestions"),
    [
        ({"project": "CMR"}, "project", ("CRM",)),
        ({"person": "kbenalli"}, "person", ("kbenali",)),
        ({"reviewer": "kbenalli"}, "person", ("kbenali",)),
    ],
)
def test_an_exception_for_nobody_or_nothing_is_refused(
    engine: Engine, terms: dict[str, Any], reason: str, suggestions: tuple[str, ...]
) -> None:
    open_crm(engine)

    with pytest.raises(NotFound) as caught:
        permit(engine, **terms)

    assert (caught.value.reason, caught.value.data["suggestions"]) == (reason, suggestions)


def test_an_exception_says_everything_an_auditor_asks(engine: Engine) -> None:
    open_crm(engine)

    key = permit(engine, rules=["procedure", "distinct_from"], reviewer="slegoff")

    found = engine.exceptions(project="CRM")[0]
    assert (found.key, found.rules, found.person, found.approved_by, found.reviewer, found.compensating) == (
        key,
        ("procedure", "distinct_from"),
        "kbenali",
        "htallec",
        "slegoff",
        "The sponsor reads every design",
    )
