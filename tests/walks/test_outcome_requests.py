"""A request for a gate can be taken back; what happened before it is recorded keeps both times."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from tests.walks.company import codes, staffed_crm, walk_to

from flowgov import BadInput, Engine, FixedClock, Refused
from flowgov.testing import assert_refused, ready

# --- a request taken back --------------------------------------------------------------------------------------------


def test_who_opened_the_project_withdraws_the_request(engine: Engine) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")

    receipt = engine.withdraw_gate("CRM", "validate_need", by="ebihan", reason="The budget is cut")

    assert_refused(engine, "CRM", "validate_need", by="kbenali", codes={"approval_missing"})
    assert (receipt.event, receipt.role) == ("gate.withdrawn", None)
    assert engine.verify().holds


def test_who_may_make_the_move_withdraws_it_in_that_role(engine: Engine) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")

    receipt = engine.withdraw_gate("CRM", "validate_need", by="kbenali", reason="Too early")

    assert receipt.role == "business_owner"
    assert engine.approvals("CRM")[0].withdrawn_at == receipt.at
    assert engine.history("CRM")[-1].texts["reason"] == "Too early"
    assert engine.verify().holds


@pytest.mark.parametrize("by", ["slegoff", "ykerbrat", "htallec"])
def test_nobody_else_does_not_even_an_administrator(engine: Engine, by: str) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")

    with pytest.raises(Refused) as caught:
        engine.withdraw_gate("CRM", "validate_need", by=by, reason="I want it gone")

    assert codes(caught.value.decision) == {"not_requester"}
    assert engine.history("CRM")[-1].event == "gate.withdrawal_refused"
    assert engine.explain("CRM", "validate_need", by="kbenali").allowed


def test_a_reason_and_something_to_withdraw_are_needed(engine: Engine) -> None:
    staffed_crm(engine)

    with pytest.raises(Refused) as caught:
        engine.withdraw_gate("CRM", "validate_need", by="ebihan", reason="  ")

    assert codes(caught.value.decision) == {"nothing_requested", "reason_missing"}


def test_a_gate_that_was_passed_is_not_taken_back(engine: Engine) -> None:
    staffed_crm(engine)
    walk_to(engine, "validate_need")

    with pytest.raises(Refused) as caught:
        engine.withdraw_gate("CRM", "validate_need", by="ebihan", reason="Regrets")

    assert codes(caught.value.decision) == {"nothing_requested"}


def test_in_a_hosts_session_it_goes_with_the_hosts_rollback(engine: Engine, url: str) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")
    database = create_engine(url)

    with Session(database) as session:
        engine.withdraw_gate("CRM", "validate_need", by="ebihan", reason="A try", session=session)
        session.rollback()
    database.dispose()

    assert engine.explain("CRM", "validate_need", by="kbenali").allowed


# --- before its record ------------------------------------------------------------------------------------------------


def test_both_times_are_kept(engine: Engine) -> None:
    staffed_crm(engine)

    engine.add_evidence("CRM", "need_statement", by="ebihan", link="https://example.org/n", occurred="2025-12-30")
    engine.move("CRM", "hold", by="kbenali", reason="Gel", occurred=date(2026, 1, 4))

    said = [e.facts["occurred"] for e in engine.history("CRM") if "occurred" in e.facts]
    assert said == [{"at": "2025-12-30", "within": 7}, {"at": "2026-01-04", "within": 7}]
    assert engine.history("CRM")[-1].at[:10] == "2026-01-05"
    assert engine.verify().holds


def test_an_approval_too(engine: Engine) -> None:
    staffed_crm(engine)

    engine.approve("CRM", "validate_need", by="slegoff", occurred="2026-01-05T08:00:00+00:00")

    assert engine.history("CRM")[-1].facts["occurred"]["at"] == "2026-01-05T08:00:00.000000Z"


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ("2026-01-06", "occurred_later"),
        ("2026-01-05T09:00:01+00:00", "occurred_later"),
        ("2025-12-28", "occurred_too_early"),
        ("yesterday", "bad_date"),
    ],
)
def test_neither_the_future_nor_long_ago(engine: Engine, at: str, reason: str) -> None:
    staffed_crm(engine)
    before = len([*engine.log()])

    with pytest.raises(BadInput) as caught:
        engine.move("CRM", "hold", by="kbenali", reason="Gel", occurred=at)

    assert (caught.value.reason, len([*engine.log()])) == (reason, before)


def test_how_long_ago_is_a_setting(engine: Engine, url: str, clock: FixedClock) -> None:
    staffed_crm(engine)

    with Engine.open(url, clock=clock, backdating_days=0) as strict, pytest.raises(BadInput):
        strict.move("CRM", "hold", by="kbenali", reason="Gel", occurred="2026-01-04")
    with Engine.open(url, clock=clock, backdating_days=31) as loose:
        loose.move("CRM", "hold", by="kbenali", reason="Gel", occurred="2025-12-05")

    assert engine.verify().holds


@pytest.mark.parametrize("days", [-1, 32])
def test_the_setting_has_bounds_of_its_own(url: str, days: int) -> None:
    with pytest.raises(BadInput):
        Engine.open(url, backdating_days=days)


def test_roles_are_judged_when_it_is_recorded(engine: Engine, clock: FixedClock) -> None:
    staffed_crm(engine)
    clock.advance(days=2)
    engine.revoke_role("business_owner", "kbenali", project="CRM", by="htallec")
    clock.advance(days=1)

    with pytest.raises(Refused) as caught:
        engine.move("CRM", "hold", by="kbenali", reason="Gel", occurred="2026-01-06")

    assert codes(caught.value.decision) == {"role_missing"}


# --- how long it takes -----------------------------------------------------------------------------------------------


def test_time_on_hold_is_kept_apart_from_lead_time(engine: Engine, clock: FixedClock) -> None:
    staffed_crm(engine)
    clock.advance(days=2)
    engine.move("CRM", "hold", by="kbenali", reason="Gel")
    clock.advance(days=5)
    engine.move("CRM", "resume", by="kbenali")
    clock.advance(days=1)

    found = engine.lead_time("CRM")

    assert (found.seconds, found.on_hold_seconds, len(found.holds)) == (3 * 86_400, 5 * 86_400, 1)
