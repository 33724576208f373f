"""Delegation: a holder lends his role for some weeks; the delegate acts for him, and the two count as one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from tests.walks.company import codes, give, open_crm, staffed_crm

from flowgov import BadInput, Engine, FixedClock, NotFound, Refused
from flowgov.testing import assert_refused, pass_gate, ready

UNTIL = "2026-01-31"


def lend(engine: Engine, role: str, to: str, *, by: str, **other: Any) -> None:
    """*by* lends *role* on the CRM project until the end of January."""
    engine.delegate_role(role, to, **{"project": "CRM", "until": UNTIL, "by": by, **other})


def on_the_table(engine: Engine, transition: str, by: str) -> None:
    """Put the evidence on the project that *transition* asks for; nobody has approved."""
    for blocker in engine.explain("CRM", transition, by=by).blockers:
        if blocker.code == "evidence_missing":
            engine.add_evidence("CRM", str(blocker.params["kind"]), by=by, link="https://example.org/1")


def blocked(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return codes(refused.value.decision)


# --- acting for somebody --------------------------------------------------------------------------------------------


def test_a_delegate_acts_for_the_delegator_and_the_record_says_so(engine: Engine) -> None:
    staffed_crm(engine)
    lend(engine, "business_owner", "jprigent", by="kbenali")

    receipt = pass_gate(engine, "CRM", "validate_need", by="jprigent")

    auth = engine.history("CRM")[-1].facts["auth"]
    assert (receipt.role, receipt.on_behalf_of) == ("business_owner", "kbenali")
    assert auth["for"] == engine.person("kbenali").id
    assert engine.verify().findings == ()


def test_a_retried_move_gets_the_same_receipt(engine: Engine) -> None:
    staffed_crm(engine)
    lend(engine, "business_owner", "jprigent", by="kbenali")
    ready(engine, "CRM", "validate_need", by="jprigent")
    first = engine.move("CRM", "validate_need", by="jprigent", idempotency_key="once")

    assert engine.move("CRM", "validate_need", by="jprigent", idempotency_key="once") == first


def test_an_approval_for_somebody_is_kept_as_such(engine: Engine) -> None:
    staffed_crm(engine)
    lend(engine, "business_owner", "jprigent", by="kbenali")
    pass_gate(engine, "CRM", "validate_need", by="kbenali")

    receipt = engine.approve("CRM", "approve_design", by="jprigent")

    approval = engine.approvals("CRM")[-1]
    assert (receipt.on_behalf_of, approval.person, approval.delegator) == ("kbenali", "jprigent", "kbenali")
    assert engine.verify().findings == ()


def test_who_holds_the_role_himself_acts_for_himself(engine: Engine) -> None:
    staffed_crm(engine)
    lend(engine, "business_owner", "jprigent", by="kbenali")
    give(engine, "business_owner", "jprigent")

    assert pass_gate(engine, "CRM", "validate_need", by="jprigent").on_behalf_of is None


def test_a_delegation_shows_for_whom(engine: Engine) -> None:
    staffed_crm(engine)
    lend(engine, "business_owner", "jprigent", by="kbenali")

    lent = next(a for a in engine.assignments(person="jprigent", role="business_owner"))

    assert (lent.delegator, lent.granted_by, lent.until) == ("kbenali", "kbenali", "2026-02-01T00:00:00.000000Z")


# --- how long -------------------------------------------------------------------------------------------------------


def test_it_ends_with_its_last_day(engine: Engine, clock: FixedClock) -> None:
    staffed_crm(engine)
    lend(engine, "business_owner", "jprigent", by="kbenali")
    ready(engine, "CRM", "validate_need", by="jprigent")
    clock.set(datetime(2026, 2, 1, tzinfo=UTC))

    assert_refused(engine, "CRM", "validate_need", by="jprigent", codes={"role_missing"})


def test_it_ends_when_the_delegator_loses_the_role(engine: Engine) -> None:
    staffed_crm(engine)
    lend(engine, "business_owner", "jprigent", by="kbenali")
    ready(engine, "CRM", "validate_need", by="jprigent")

    engine.revoke_role("business_owner", "kbenali", project="CRM", by="htallec")

    assert_refused(engine, "CRM", "validate_need", by="jprigent", codes={"role_missing"})
    assert engine.assignments(person="jprigent", role="business_owner", at="2026-01-06") == ()


@pytest.mark.parametrize("by", ["kbenali", "htallec"])
def test_the_delegator_or_an_administrator_ends_it_at_once(engine: Engine, by: str) -> None:
    staffed_crm(engine)
    lend(engine, "business_owner", "jprigent", by="kbenali")
    ready(engine, "CRM", "validate_need", by="jprigent")

    engine.undelegate_role("business_owner", "jprigent", project="CRM", by=by, reason="Back from holidays")

    assert_refused(engine, "CRM", "validate_need", by="jprigent", codes={"role_missing"})
    assert engine.verify().findings == ()


def test_nobody_else_ends_it(engine: Engine) -> None:
    staffed_crm(engine)
    lend(engine, "business_owner", "jprigent", by="kbenali")

    with pytest.raises(Refused) as refused:
        engine.undelegate_role("business_owner", "jprigent", project="CRM", by="ykerbrat")

    assert blocked(refused) == {"not_administrator"}


def test_the_delegator_does_not_end_what_another_holder_lent(engine: Engine) -> None:
    staffed_crm(engine)
    give(engine, "business_owner", "slegoff")
    lend(engine, "business_owner", "jprigent", by="kbenali")

    with pytest.raises(NotFound):
        engine.undelegate_role("business_owner", "nroussel", project="CRM", by="kbenali")


def test_an_administrator_who_revokes_the_delegates_role_ends_it_too(engine: Engine) -> None:
    staffed_crm(engine)
    lend(engine, "business_owner", "jprigent", by="kbenali")

    engine.revoke_role("business_owner", "jprigent", project="CRM", by="htallec")

    assert engine.assignments(person="jprigent", role="business_owner", at="2026-01-06") == ()
    assert engine.verify().findings == ()


def test_what_was_approved_for_somebody_does_not_count_once_the_delegation_is_over(engine: Engine) -> None:
    staffed_crm(engine)
    lend(engine, "business_owner", "jprigent", by="kbenali")
    pass_gate(engine, "CRM", "validate_need", by="kbenali")
    on_the_table(engine, "approve_design", by="ykerbrat")
    engine.approve("CRM", "approve_design", by="jprigent")

    engine.undelegate_role("business_owner", "jprigent", project="CRM", by="kbenali")

    assert_refused(engine, "CRM", "approve_design", by="ykerbrat", codes={"approval_missing"})


def test_it_may_begin_later(engine: Engine, clock: FixedClock) -> None:
    staffed_crm(engine)
    lend(engine, "business_owner", "jprigent", by="kbenali", start="2026-01-12")
    before = codes(engine.explain("CRM", "validate_need", by="jprigent"))
    clock.set(datetime(2026, 1, 12, 8, tzinfo=UTC))

    assert "role_missing" in before
    assert "role_missing" not in codes(engine.explain("CRM", "validate_need", by="jprigent"))


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"until": "2026-04-08"}, "delegation_too_long"),
        ({"until": "2025-12-31"}, "empty_period"),
        ({"start": "2025-12-01"}, "starts_in_past"),
    ],
)
def test_a_period_that_cannot_be(engine: Engine, terms: dict[str, str], reason: str) -> None:
    staffed_crm(engine)

    with pytest.raises(BadInput) as error:
        lend(engine, "business_owner", "jprigent", by="kbenali", **terms)

    assert error.value.reason == reason


def test_92_days_can_be(engine: Engine) -> None:
    staffed_crm(engine)

    lend(engine, "business_owner", "jprigent", by="kbenali", until="2026-04-06")

    assert engine.verify().findings == ()


def test_nobody_lends_a_role_for_longer_than_he_holds_it(engine: Engine) -> None:
    open_crm(engine)
    engine.grant_role("business_owner", "kbenali", project="CRM", until="2026-01-20", by="htallec")

    with pytest.raises(BadInput) as error:
        lend(engine, "business_owner", "jprigent", by="kbenali")

    assert error.value.reason == "delegation_outlasts"


# --- no chains, no loops --------------------------------------------------------------------------------------------


def test_t8_what_was_lent_is_not_lent_on(engine: Engine) -> None:
    staffed_crm(engine)
    lend(engine, "business_owner", "jprigent", by="kbenali")

    with pytest.raises(Refused) as refused:
        lend(engine, "business_owner", "nroussel", by="jprigent")

    assert blocked(refused) == {"delegation_chain"}


def test_t8_a_role_is_not_lent_back(engine: Engine) -> None:
    staffed_crm(engine)
    lend(engine, "business_owner", "jprigent", by="kbenali")
    give(engine, "business_owner", "jprigent")

    with pytest.raises(Refused) as refused:
        lend(engine, "business_owner", "kbenali", by="jprigent")

    assert blocked(refused) == {"delegation_loop"}


def test_t8_nobody_lends_what_he_does_not_hold(engine: Engine) -> None:
    staffed_crm(engine)

    with pytest.raises(Refused) as refused:
        lend(engine, "business_owner", "jprigent", by="ykerbrat")

    assert blocked(refused) == {"not_his_to_lend"}


def test_t8_nobody_lends_further_than_he_holds(engine: Engine) -> None:
    staffed_crm(engine)

    with pytest.raises(Refused) as refused:
        lend(engine, "business_owner", "jprigent", by="kbenali", project=None)

    assert blocked(refused) == {"not_his_to_lend"}


def test_a_role_held_everywhere_can_be_lent_on_one_project(engine: Engine) -> None:
    staffed_crm(engine)
    engine.grant_role("business_owner", "nroussel", by="htallec")

    lend(engine, "business_owner", "jprigent", by="nroussel")

    assert pass_gate(engine, "CRM", "validate_need", by="jprigent").on_behalf_of == "nroussel"
    assert engine.verify().findings == ()


def test_t7_nobody_lends_a_role_to_himself(engine: Engine) -> None:
    staffed_crm(engine)

    with pytest.raises(Refused) as refused:
        lend(engine, "business_owner", "kbenali", by="kbenali")

    assert blocked(refused) == {"self_delegation"}


def test_an_administrator_cannot_lend_for_others(engine: Engine) -> None:
    staffed_crm(engine)

    with pytest.raises(Refused) as refused:
        lend(engine, "business_owner", "jprigent", by="htallec")

    assert blocked(refused) == {"not_his_to_lend"}


def test_the_administrators_role_is_not_lent(engine: Engine) -> None:
    with pytest.raises(BadInput) as error:
        lend(engine, "administrator", "jprigent", by="htallec", project=None)

    assert error.value.reason == "administrator_not_lent"


def test_a_role_is_not_lent_to_who_holds_it(engine: Engine) -> None:
    staffed_crm(engine)
    lend(engine, "business_owner", "jprigent", by="kbenali")

    with pytest.raises(BadInput) as error:
        lend(engine, "business_owner", "jprigent", by="kbenali")

    assert error.value.reason == "overlap"


def test_a_delegation_that_lapsed_does_not_stand_in_the_way(engine: Engine) -> None:
    staffed_crm(engine)
    lend(engine, "business_owner", "jprigent", by="kbenali")
    engine.revoke_role("business_owner", "kbenali", project="CRM", by="htallec")
    give(engine, "business_owner", "kbenali")

    lend(engine, "business_owner", "jprigent", by="kbenali")

    assert engine.verify().findings == ()


# --- rule 8: delegate and delegator count as one --------------------------------------------------------------------


def both_owners(engine: Engine) -> None:
    """Given: kbenali validated the need and is technical owner too, a role that he has lent to jprigent."""
    staffed_crm(engine)
    pass_gate(engine, "CRM", "validate_need", by="kbenali")
    give(engine, "business_owner", "slegoff")
    on_the_table(engine, "approve_design", by="ykerbrat")
    engine.approve("CRM", "approve_design", by="slegoff")
    give(engine, "technical_owner", "kbenali")
    lend(engine, "technical_owner", "jprigent", by="kbenali")


def test_a_delegate_does_not_do_what_his_delegator_may_not(engine: Engine) -> None:
    both_owners(engine)

    decision = assert_refused(engine, "CRM", "approve_design", by="jprigent", codes={"delegate_author"})

    params = decision.blockers[0].params
    assert (params["person"], params["author"], params["transition"]) == ("jprigent", "kbenali", "validate_need")


def test_a_delegator_does_not_follow_his_delegate(engine: Engine) -> None:
    staffed_crm(engine)
    give(engine, "technical_owner", "kbenali")
    give(engine, "business_owner", "slegoff")
    lend(engine, "business_owner", "jprigent", by="kbenali")
    pass_gate(engine, "CRM", "validate_need", by="jprigent")
    on_the_table(engine, "approve_design", by="ykerbrat")
    engine.approve("CRM", "approve_design", by="slegoff")

    assert_refused(engine, "CRM", "approve_design", by="kbenali", codes={"delegate_author"})


def test_an_exception_for_the_delegator_does_not_serve_his_delegate(engine: Engine) -> None:
    both_owners(engine)
    terms = {"until": "2026-02-28", "reason": "Two people left", "compensating": "The sponsor reads", "by": "htallec"}
    engine.add_exception("CRM", rules=["distinct_from"], person="kbenali", **terms)

    assert_refused(engine, "CRM", "approve_design", by="jprigent", codes={"delegate_author"})


def test_rule_8_holds_in_a_hosts_session_too(engine: Engine, url: str) -> None:
    both_owners(engine)
    host = create_engine(url)

    with Session(host) as session, pytest.raises(Refused) as refused:
        engine.move("CRM", "approve_design", by="jprigent", session=session)

    host.dispose()
    assert blocked(refused) == {"delegate_author"}


def test_within_a_gate_delegate_and_delegator_count_once(engine: Engine) -> None:
    """confirm_secured of the standard workflow: the security officer moves, another role approves."""
    staffed_crm(engine)
    pass_gate(engine, "CRM", "validate_need", by="kbenali")
    on_the_table(engine, "approve_design", by="ykerbrat")
    lend(engine, "business_owner", "ykerbrat", by="kbenali")
    engine.approve("CRM", "approve_design", by="ykerbrat")

    assert_refused(engine, "CRM", "approve_design", by="ykerbrat", codes={"delegate_counts_once"})


def test_who_moves_for_somebody_does_not_count_that_persons_approval(engine: Engine) -> None:
    staffed_crm(engine)
    pass_gate(engine, "CRM", "validate_need", by="kbenali")
    give(engine, "technical_owner", "slegoff")
    give(engine, "business_owner", "slegoff")
    on_the_table(engine, "approve_design", by="ykerbrat")
    engine.approve("CRM", "approve_design", by="slegoff", role="business_owner")
    lend(engine, "technical_owner", "jprigent", by="slegoff")

    decision = assert_refused(engine, "CRM", "approve_design", by="jprigent", codes={"delegate_counts_once"})

    assert {decision.blockers[0].params[name] for name in ("person", "other")} == {"slegoff", "jprigent"}
    assert engine.move("CRM", "approve_design", by="ykerbrat").target == "technically_designed"
    assert engine.verify().findings == ()
