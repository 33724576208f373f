"""Days are counted on the calendar; what is forged may lie at its edge, and does not end a verification."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.audit.shelves import WITH_REGISTERS, FrozenShelf

from flowgov.audit.days import days_after
from flowgov.audit.verify import verify

NEVER = 2**53 - 1


@pytest.mark.parametrize(
    ("day", "days", "found"),
    [
        ("2026-02-28", 1, "2026-03-01"),
        ("2026-03-01", -1, "2026-02-28"),
        ("9999-12-30", 1, "9999-12-31"),
        ("9999-12-31", 1, "9999-12-31"),
        ("2026-01-05", NEVER, "9999-12-31"),
        ("0001-01-01", -1, "0001-01-01"),
        ("2026-01-05", -NEVER, "0001-01-01"),
    ],
)
def test_days_are_counted_as_far_as_the_calendar_goes(day: str, days: int, found: str) -> None:
    assert days_after(day, days) == found


@given(day=st.dates(), days=st.integers(-NEVER, NEVER), more=st.integers(0, 1000))
def test_more_days_are_never_earlier(day: Any, days: int, more: int) -> None:
    assert days_after(day.isoformat(), days) <= days_after(day.isoformat(), days + more)


@pytest.mark.parametrize(
    ("event", "facts"),
    [
        ("plan.recorded", {"exercise": {"on": "9999-12-31", "result": "partial"}, "next_exercise": None}),
        ("asset.recorded", {"test": {"on": "9999-12-31", "result": "passed"}}),
        ("meeting.recorded", {"held": "0001-01-01"}),
        ("portfolio_meeting.recorded", {"held": "9999-12-31"}),
        ("date.recorded", {"day": "0001-01-01"}),
        ("date.recorded", {"day": "9999-12-31"}),
    ],
    ids=str,
)
def test_a_line_with_a_day_at_the_edge_of_the_calendar_is_reported(event: str, facts: dict[str, Any]) -> None:
    shelf = FrozenShelf(WITH_REGISTERS)
    for place, row in enumerate(shelf.records):
        if row[4] == event:
            shelf.rewrite(place, facts={**shelf.document(place)["facts"], **facts})

    assert not verify(shelf).holds


def test_a_guard_that_a_gate_does_not_ask_is_reported_and_ends_no_verification() -> None:
    shelf = FrozenShelf(WITH_REGISTERS)
    place = shelf.place("project.moved")
    shelf.rewrite(place, guards=[*shelf.document(place)["guards"], {"n": "dates", "ok": True, "values": {}}])

    assert "guards" in {finding.params.get("about") for finding in verify(shelf).findings}


@pytest.mark.parametrize("every_days", [NEVER, -NEVER])
def test_an_exception_reviewed_every_so_many_days_is_reported_however_many(every_days: int) -> None:
    shelf = FrozenShelf(WITH_REGISTERS)
    shelf.rewrite(shelf.place("exception.granted"), every_days=every_days)

    assert "exception" in {finding.params.get("about") for finding in verify(shelf).findings}
