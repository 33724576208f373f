"""Approvals: personal, before the move, of this cycle, withdrawable, and each used for one passage only."""

from __future__ import annotations

import json

import pytest
from tests.walks.company import codes, give, open_crm, staffed_crm, walk_to
from tests.walks.former import with_former

from flowgov import Engine, FixedClock, NotFound, Refused
from flowgov.testing import assert_refused, pass_gate, ready
from flowgov.workflow.model import build


def refused_approval(engine: Engine, transition: str, by: str, role: str | None = None) -> set[str]:
    """Expect the approval to be refused; the blockers' codes."""
    with pytest.raises(Refused) as caught:
        engine.approve("CRM", transition, by=by, role=role)
    return codes(caught.value.decision)


def test_a_gate_waits_for_its_approvals(engine: Engine) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")
    engine.withdraw_approval("CRM", "validate_need", by="slegoff")

    decision = assert_refused(engine, "CRM", "validate_need", by="kbenali", codes={"approval_missing"})

    blocker = decision.blockers[0]
    assert (blocker.params, blocker.holders, blocker.command) == (
        {"role": "sponsor", "missing": 1, "minimum": 1},
        ("slegoff",),
        "flowgov approve CRM validate_need --as slegoff",
    )


def test_the_record_of_the_move_names_the_approvals_counted(engine: Engine) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")
    given = engine.approvals("CRM")[0]

    engine.move("CRM", "validate_need", by="kbenali")

    asked = {guard["n"]: guard for guard in engine.history("CRM")[-1].facts["guards"]}
    assert [(c["role"], c["seq"]) for c in asked["approvals"]["counted"]] == [("sponsor", given.seq)]


def test_who_does_not_hold_the_role_cannot_approve(engine: Engine) -> None:
    staffed_crm(engine)

    assert refused_approval(engine, "validate_need", "ykerbrat") == {"role_missing"}


def test_the_administrator_cannot_approve_either(engine: Engine) -> None:
    staffed_crm(engine)

    assert refused_approval(engine, "validate_need", "htallec") == {"role_missing"}


def test_an_approval_is_given_as_a_role_that_is_held(engine: Engine) -> None:
    staffed_crm(engine)

    assert refused_approval(engine, "confirm_secured", "kbenali", "technical_owner") >= {"role_missing"}


def test_an_approval_as_a_role_that_the_gate_does_not_ask_is_refused(engine: Engine) -> None:
    staffed_crm(engine)

    assert refused_approval(engine, "validate_need", "kbenali", "business_owner") == {"approval_not_asked"}


def test_a_gate_without_approvals_cannot_be_approved(engine: Engine) -> None:
    staffed_crm(engine)

    assert refused_approval(engine, "reject_need", "slegoff") == {"approval_not_asked"}


def test_a_gate_is_approved_when_it_is_next_not_before(engine: Engine) -> None:
    staffed_crm(engine)

    assert refused_approval(engine, "approve_design", "kbenali") == {"not_from_here"}


def test_one_approves_once(engine: Engine) -> None:
    staffed_crm(engine)
    engine.approve("CRM", "validate_need", by="slegoff")

    assert refused_approval(engine, "validate_need", "slegoff") == {"already_approved"}


def test_a_refused_approval_is_recorded(engine: Engine) -> None:
    staffed_crm(engine)

    refused_approval(engine, "validate_need", "ykerbrat")

    last = engine.history("CRM")[-1]
    assert (last.event, last.outcome, last.actor) == ("approval.refused", "refused", "ykerbrat")


def test_a_withdrawn_approval_does_not_count(engine: Engine) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")

    engine.withdraw_approval("CRM", "validate_need", by="slegoff", comment="I read it again")

    assert_refused(engine, "CRM", "validate_need", by="kbenali", codes={"approval_missing"})


def test_after_a_withdrawal_one_can_approve_again(engine: Engine) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")
    engine.withdraw_approval("CRM", "validate_need", by="slegoff")

    engine.approve("CRM", "validate_need", by="slegoff")

    assert engine.explain("CRM", "validate_need", by="kbenali").allowed


def test_nobody_withdraws_the_approval_of_another(engine: Engine) -> None:
    staffed_crm(engine)
    engine.approve("CRM", "validate_need", by="slegoff")

    with pytest.raises(Refused) as caught:
        engine.withdraw_approval("CRM", "validate_need", by="kbenali")

    assert codes(caught.value.decision) == {"nothing_to_withdraw"}


def test_an_approval_that_was_used_cannot_be_withdrawn(engine: Engine) -> None:
    staffed_crm(engine)
    walk_to(engine, "validate_need")

    with pytest.raises(Refused) as caught:
        engine.withdraw_approval("CRM", "validate_need", by="slegoff")

    assert codes(caught.value.decision) == {"nothing_to_withdraw"}


def test_an_approver_who_lost_the_role_does_not_count(engine: Engine) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")

    engine.revoke_role("sponsor", "slegoff", project="CRM", by="htallec")

    assert_refused(engine, "CRM", "validate_need", by="kbenali", codes={"approval_missing"})


def test_an_approver_whose_role_has_ended_does_not_count(engine: Engine, clock: FixedClock) -> None:
    staffed_crm(engine)
    engine.revoke_role("sponsor", "slegoff", project="CRM", by="htallec")
    engine.grant_role("sponsor", "jprigent", project="CRM", until="2026-01-05", by="htallec")
    ready(engine, "CRM", "validate_need", by="kbenali")

    clock.advance(days=1)

    assert_refused(engine, "CRM", "validate_need", by="kbenali", codes={"approval_missing"})


def test_an_approval_of_an_earlier_cycle_does_not_count(engine: Engine) -> None:
    staffed_crm(engine)
    walk_to(engine, "approve_design")
    engine.approve("CRM", "confirm_secured", by="ykerbrat")
    engine.move("CRM", "return_to_design", by="nroussel", reason="No access log")
    pass_gate(engine, "CRM", "approve_design", by="ykerbrat")

    decision = engine.explain("CRM", "confirm_secured", by="nroussel")

    missing = {b.params["role"] for b in decision.blockers if b.code == "approval_missing"}
    assert missing == {"technical_owner", "business_owner"}


def test_an_approval_is_used_up_by_the_passage_it_was_given_for(engine: Engine) -> None:
    """A roll-back stays in the same cycle: what was approved once is not approved for ever."""
    staffed_crm(engine, "pme-light")
    for transition, by in (
        ("validate_need", "kbenali"),
        ("approve_design", "ykerbrat"),
        ("confirm_secured", "ykerbrat"),
        ("deploy", "ykerbrat"),
    ):
        pass_gate(engine, "CRM", transition, by=by)
    engine.move("CRM", "roll_back", by="ykerbrat", reason="The import fails")

    assert_refused(engine, "CRM", "deploy", by="ykerbrat", codes={"approval_missing"})


def test_an_approval_counts_for_its_gate_only(engine: Engine) -> None:
    staffed_crm(engine)
    walk_to(engine, "approve_design")
    engine.approve("CRM", "confirm_secured", by="kbenali")
    engine.approve("CRM", "confirm_secured", by="ykerbrat")

    missing = [a.transition for a in engine.approvals("CRM") if a.transition == "deploy"]

    assert missing == []


def test_who_moves_does_not_approve_his_own_move(engine: Engine) -> None:
    staffed_crm(engine)
    walk_to(engine, "approve_design")
    give(engine, "technical_owner", "nroussel")
    ready(engine, "CRM", "confirm_secured", by="nroussel")
    engine.withdraw_approval("CRM", "confirm_secured", by="ykerbrat")
    engine.approve("CRM", "confirm_secured", by="nroussel")

    assert_refused(engine, "CRM", "confirm_secured", by="nroussel", codes={"counts_once"})


def test_somebody_able_to_fill_either_seat_does_not_keep_a_third_person_out(engine: Engine) -> None:
    with_former(engine, "standard", "regulated")
    staffed_crm(engine)
    walk_to(engine, "approve_design")
    give(engine, "technical_owner", "kbenali")
    for role in ("technical_owner", "business_owner"):
        engine.approve("CRM", "confirm_secured", by="kbenali", role=role)
    engine.approve("CRM", "confirm_secured", by="ykerbrat")

    decision = engine.explain("CRM", "confirm_secured", by="nroussel")

    assert codes(decision) == {"evidence_missing"}


def test_one_person_does_not_fill_two_seats(engine: Engine) -> None:
    with_former(engine, "standard", "regulated")
    staffed_crm(engine)
    walk_to(engine, "approve_design")
    give(engine, "technical_owner", "kbenali")
    for role in ("technical_owner", "business_owner"):
        engine.approve("CRM", "confirm_secured", by="kbenali", role=role)

    decision = engine.explain("CRM", "confirm_secured", by="nroussel")

    assert codes(decision) == {"evidence_missing", "counts_once"}


def test_two_approvals_in_one_role_are_two_persons(engine: Engine) -> None:
    document = json.loads(engine.workflow("pme-light").body)
    for transition in document["transitions"]:
        if transition["id"] == "deploy":
            transition["approvals"][0]["min"] = 2
    engine.register_workflow(build({**document, "version": "2.0.0"}), by="htallec")
    open_crm(engine, "pme-light@2.0.0")
    for role, login in (("business_owner", "kbenali"), ("technical_owner", "ykerbrat"), ("business_owner", "ebihan")):
        give(engine, role, login)
    for name, by in (("validate_need", "kbenali"), ("approve_design", "ykerbrat"), ("confirm_secured", "ykerbrat")):
        pass_gate(engine, "CRM", name, by=by)
    engine.approve("CRM", "deploy", by="kbenali")

    blocker = next(b for b in engine.explain("CRM", "deploy", by="ykerbrat").blockers if b.code == "approval_missing")

    assert blocker.params == {"role": "business_owner", "missing": 1, "minimum": 2}


@pytest.mark.parametrize(("personal_data", "asked"), [(True, {"dpo"}), (False, set())])
def test_the_dpo_is_asked_where_personal_data_is_concerned(
    engine: Engine, personal_data: bool, asked: set[str]
) -> None:
    staffed_crm(
        engine,
        "regulated",
        personal_data=personal_data,
        internal_control="htallec",
        tester="jprigent",
        dpo="ebihan",
    )
    for transition, by in (("validate_need", "kbenali"), ("approve_design", "ykerbrat"), ("accept_tests", "jprigent")):
        pass_gate(engine, "CRM", transition, by=by)

    decision = engine.explain("CRM", "assess_security", by="nroussel")

    assert {b.params["role"] for b in decision.blockers if b.code == "approval_missing"} == asked


def test_an_approval_where_no_personal_data_is_concerned_is_not_asked(engine: Engine) -> None:
    staffed_crm(engine, "regulated", internal_control="htallec", tester="jprigent", dpo="ebihan")
    for transition, by in (("validate_need", "kbenali"), ("approve_design", "ykerbrat"), ("accept_tests", "jprigent")):
        pass_gate(engine, "CRM", transition, by=by)

    assert refused_approval(engine, "assess_security", "ebihan") == {"approval_not_asked"}


def test_a_misspelt_role_is_told_with_the_one_meant(engine: Engine) -> None:
    staffed_crm(engine)

    with pytest.raises(NotFound) as caught:
        engine.approve("CRM", "validate_need", by="slegoff", role="sponser")

    assert (caught.value.reason, caught.value.data["suggestions"]) == ("role", ("sponsor",))


def test_approvals_and_withdrawals_are_listed(engine: Engine) -> None:
    staffed_crm(engine)
    engine.approve("CRM", "validate_need", by="slegoff", comment="Agreed")
    engine.withdraw_approval("CRM", "validate_need", by="slegoff")

    found = engine.approvals("CRM")[0]

    assert (found.person, found.role, found.cycle, found.withdrawn_at is not None) == ("slegoff", "sponsor", 1, True)
