"""Dates that gates set: given with the move, recorded with it, looked at by later gates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from tests.walks.company import codes
from tests.walks.licence import DATES, licensed

from flowgov import BadInput, Engine, FixedClock, MoveRefused
from flowgov.testing import assert_refused, pass_gate


@pytest.fixture
def flow(engine: Engine) -> Iterator[Engine]:
    licensed(engine, "CRM")
    yield engine


@pytest.fixture
def given(flow: Engine) -> Engine:
    """CRM, authorised until 20 November; its change window is the week from 12 January."""
    pass_gate(flow, "CRM", "give", by="kbenali", dates=DATES)
    return flow


def records(flow: Engine) -> list[tuple[str, Any]]:
    return [(entry.event, dict(entry.facts)) for entry in flow.history("CRM")]


def test_the_dates_of_a_gate_are_on_the_project_afterwards(given: Engine) -> None:
    assert given.dates("CRM") == DATES


def test_a_date_may_be_given_as_a_date(flow: Engine) -> None:
    pass_gate(flow, "CRM", "give", by="kbenali", dates={k: date.fromisoformat(v) for k, v in DATES.items()})

    assert flow.dates("CRM") == DATES


def test_each_is_a_record_right_after_the_move(given: Engine) -> None:
    *_, move, first, second, third = records(given)

    assert move[0] == "project.moved"
    assert [event for event, _ in (first, second, third)] == ["date.recorded"] * 3
    assert (first[1]["key"], first[1]["facts"]["day"], first[1]["facts"]["t"]) == (
        "authorisation_valid_until",
        "2026-11-20",
        "give",
    )


def test_verification_holds_with_dates(given: Engine) -> None:
    verdict = given.verify()

    assert verdict.findings == ()


def test_without_its_dates_the_gate_is_shut(flow: Engine) -> None:
    flow.add_evidence("CRM", "test", by="kbenali", link="https://example.org/test")

    decision = assert_refused(flow, "CRM", "give", by="kbenali", codes={"date_missing"})

    assert [blocker.params["name"] for blocker in decision.blockers] == [*DATES]
    assert flow.dates("CRM") == {}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"authorisation_valid_until": "2026-07-03"}, "date_out_of_range"),
        ({"authorisation_valid_until": "2029-01-06"}, "date_out_of_range"),
        ({"change_window_start": "2026-01-04"}, "date_too_early"),
        ({"change_window_start": "2026-01-17"}, "dates_in_disorder"),
        ({"contract_end": "2027-01-01"}, "date_unknown"),
    ],
)
def test_a_date_lies_where_the_definition_wants_it(flow: Engine, changed: dict[str, str], code: str) -> None:
    flow.add_evidence("CRM", "test", by="kbenali", link="https://example.org/test")

    with pytest.raises(MoveRefused) as refused:
        flow.move("CRM", "give", by="kbenali", dates={**DATES, **changed})

    assert codes(refused.value.decision) == {code}
    assert flow.verify().findings == ()


@pytest.mark.parametrize(
    "wrong", ["", "soon", "2026-02-30", "20261120", "2026-W47-5", "2026-11-20T09:00:00", "2026-11-20\n", "٢٠٢٦-١١-٢٠"]
)
def test_what_is_no_day_is_told_and_not_recorded(flow: Engine, wrong: str) -> None:
    before = len(records(flow))

    with pytest.raises(BadInput):
        flow.move("CRM", "give", by="kbenali", dates={**DATES, "change_window_end": wrong})

    assert len(records(flow)) == before


@pytest.mark.parametrize("name", ["", "Authorisation", "a" * 65, "a b", "x\n"])
def test_what_is_no_name_is_told(flow: Engine, name: str) -> None:
    with pytest.raises(BadInput):
        flow.move("CRM", "give", by="kbenali", dates={name: "2026-11-20"})


def test_a_moment_is_no_day(flow: Engine) -> None:
    with pytest.raises(BadInput):
        flow.move("CRM", "give", by="kbenali", dates={"change_window_end": datetime(2026, 1, 16, tzinfo=UTC)})


def test_the_authorisation_and_the_window_open_the_later_gate(given: Engine, clock: FixedClock) -> None:
    early = codes(given.explain("CRM", "use", by="ykerbrat"))
    clock.advance(days=7)

    given.move("CRM", "use", by="ykerbrat")

    assert (early, given.project("CRM").state.id) == ({"outside_change_window"}, "used")
    assert given.verify().findings == ()


def test_an_authorisation_that_is_over_shuts_it(given: Engine, clock: FixedClock) -> None:
    clock.set(datetime(2026, 11, 21, tzinfo=UTC))

    assert_refused(given, "CRM", "use", by="ykerbrat", codes={"authorisation_over", "outside_change_window"})


def test_an_administrator_cannot_set_a_date_without_the_role(flow: Engine) -> None:
    flow.add_evidence("CRM", "test", by="ebihan", link="https://example.org/test")

    with pytest.raises(MoveRefused) as refused:
        flow.move("CRM", "give", by="htallec", dates=DATES)

    assert (codes(refused.value.decision), flow.dates("CRM")) == ({"role_missing"}, {})


def test_a_date_that_is_set_again_replaces_the_former_one(given: Engine, clock: FixedClock) -> None:
    clock.set(datetime(2026, 11, 21, tzinfo=UTC))
    given.tick(by="htallec")
    given.move("CRM", "again", by="kbenali")
    later = {
        "authorisation_valid_until": "2028-01-01",
        "change_window_start": "2026-12-01",
        "change_window_end": "2026-12-01",
    }
    pass_gate(given, "CRM", "give", by="kbenali", dates=later)

    assert given.dates("CRM") == later
    assert given.verify().findings == ()


def test_when_the_host_rolls_back_neither_move_nor_dates_are_left(flow: Engine, url: str) -> None:
    flow.add_evidence("CRM", "test", by="kbenali", link="https://example.org/test")
    before, host = len(records(flow)), create_engine(url)

    with Session(host) as session:
        flow.move("CRM", "give", by="kbenali", dates=DATES, session=session)
        inside = flow.dates("CRM", session=session)
        session.rollback()
    host.dispose()

    assert (inside, flow.dates("CRM"), len(records(flow))) == (DATES, {}, before)


def test_when_the_host_commits_both_are(flow: Engine, url: str) -> None:
    flow.add_evidence("CRM", "test", by="kbenali", link="https://example.org/test")
    host = create_engine(url)

    with Session(host) as session, session.begin():
        flow.move("CRM", "give", by="kbenali", dates=DATES, session=session)
    host.dispose()

    assert (flow.dates("CRM"), flow.verify().findings) == (DATES, ())


def test_a_retried_move_sets_its_dates_once(flow: Engine) -> None:
    flow.add_evidence("CRM", "test", by="kbenali", link="https://example.org/test")

    first, again = (flow.move("CRM", "give", by="kbenali", dates=DATES, idempotency_key="k1").hash for _ in range(2))

    assert (first == again, [event for event, _ in records(flow)].count("date.recorded")) == (True, 3)


# --- evidence that expires -------------------------------------------------------------------------------------


def test_evidence_that_expired_on_hold_has_to_be_put_anew(given: Engine, clock: FixedClock) -> None:
    given.move("CRM", "hold", by="kbenali")
    clock.advance(days=31)

    decision = assert_refused(given, "CRM", "resume", by="kbenali", codes={"evidence_expired"})
    given.add_evidence("CRM", "test", by="kbenali", link="https://example.org/again")
    given.move("CRM", "resume", by="kbenali")

    assert [(b.params["kind"], b.params["day"]) for b in decision.blockers] == [("test", "2026-02-04")]
    assert (given.project("CRM").state.id, given.verify().findings) == ("given", ())


def test_dates_that_passed_on_hold_are_told_and_stop_nobody(given: Engine, clock: FixedClock) -> None:
    given.move("CRM", "hold", by="kbenali")
    clock.advance(days=20)

    given.move("CRM", "resume", by="kbenali")

    (guard,) = (g for g in records(given)[-1][1]["guards"] if g["n"] == "evidence_not_expired")
    assert (guard["warned"], [line["key"] for line in guard["relied"]]) == (
        ["date_over"],
        ["change_window_end", "change_window_start"],
    )
    assert given.verify().findings == ()
