"""How often a project meets, and which points went by: days only."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import islice

import pytest

from flowgov.dossier.rhythm import Pause, calendar, missed, rhythm, weekday_of_month

FIRST = date(2026, 1, 26)


def days(every: int, first: date, start: date, count: int) -> list[str]:
    return [day.isoformat() for day in islice(calendar(every, first, start), count)]


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        (7, ["2026-01-26", "2026-02-02", "2026-02-09"]),
        (14, ["2026-01-26", "2026-02-09", "2026-02-23"]),
        (30, ["2026-01-26", "2026-02-23", "2026-03-23"]),
    ],
)
def test_a_series_repeats_from_its_first_day(every: int, expected: list[str]) -> None:
    assert days(every, FIRST, FIRST, 3) == expected


def test_a_series_can_be_read_from_any_day() -> None:
    assert days(14, FIRST, date(2026, 2, 10), 2) == ["2026-02-23", "2026-03-09"]


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (date(2026, 5, 20), ["2026-05-20", "2026-06-17", "2026-07-15", "2026-08-19"]),
        (date(2026, 1, 29), ["2026-01-29", "2026-02-26", "2026-03-26", "2026-04-30"]),
        (date(2026, 11, 30), ["2026-11-30", "2026-12-28", "2027-01-25", "2027-02-22"]),
    ],
    ids=["the third Wednesday", "the last Thursday", "the last Monday, over the end of the year"],
)
def test_a_monthly_series_keeps_its_weekday_of_the_month(first: date, expected: list[str]) -> None:
    assert days(30, first, first, 4) == expected


@pytest.mark.parametrize(("day", "number"), [(1, 1), (7, 1), (8, 2), (28, 4), (29, -1), (31, -1)])
def test_a_fifth_weekday_is_the_last_one(day: int, number: int) -> None:
    assert weekday_of_month(date(2026, 1, day)) == number


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 11, 2), 0),
        (date(2026, 11, 3), 1),
        (date(2026, 11, 16), 1),
        (date(2026, 11, 17), 2),
        (date(2026, 11, 20), 2),
        (date(2026, 12, 1), 3),
    ],
)
def test_a_point_is_missed_once_its_day_is_over(today: date, expected: int) -> None:
    """P-2026-002 of the demonstration: every 14 days, last met on 19 October."""
    assert missed(14, date(2026, 4, 20), date(2026, 10, 19), today) == expected


def test_a_series_of_thirty_days_is_late_after_two_months() -> None:
    """P-2026-004 of the demonstration, on 20 November."""
    assert missed(30, date(2026, 5, 20), date(2026, 8, 26), date(2026, 11, 20)) == 2


@pytest.mark.parametrize(("after", "expected"), [(0, 0), (1, 1), (14, 1), (15, 2), (29, 3)])
def test_who_never_met_misses_the_first_day_first(after: int, expected: int) -> None:
    assert missed(14, FIRST, None, FIRST + timedelta(days=after)) == expected


def test_nothing_is_missed_before_the_series_begins() -> None:
    assert missed(7, FIRST, None, FIRST - timedelta(days=20)) == 0


def test_nothing_is_missed_on_the_day_of_a_meeting() -> None:
    assert missed(7, FIRST, FIRST, FIRST) == 0


@pytest.mark.parametrize(
    ("pause", "expected"),
    [
        (Pause(date(2026, 2, 1), date(2026, 3, 1)), 0),
        (Pause(date(2026, 1, 1), date(2026, 2, 10)), 1),
        (Pause(date(2025, 1, 1), date(2025, 6, 1)), 2),
        (Pause(date(2026, 2, 20), None), 1),
        (Pause(date(2027, 1, 1), None), 2),
    ],
    ids=["between", "begun before the last meeting", "long over", "still on", "later"],
)
def test_days_on_hold_do_not_count(pause: Pause, expected: int) -> None:
    assert missed(14, FIRST, FIRST, date(2026, 3, 1), [pause]) == expected


def test_each_hold_is_taken_off() -> None:
    pauses = [Pause(date(2026, 2, 1), date(2026, 2, 11)), Pause(date(2026, 2, 20), date(2026, 3, 2))]

    assert missed(7, FIRST, FIRST, date(2026, 3, 3), pauses) == (35 - 20) // 7


def test_a_project_on_hold_is_frozen_and_has_no_next_day() -> None:
    """P-2026-006 of the demonstration: on hold since 29 June."""
    held = rhythm(
        every=14,
        first=date(2026, 3, 2),
        planned=True,
        last=date(2026, 6, 10),
        today=date(2026, 11, 20),
        pauses=[Pause(date(2026, 6, 29), None)],
    )

    assert (held.frozen, held.next, held.missed) == (True, None, 1)


def test_the_next_day_of_a_series_comes_after_its_last_meeting() -> None:
    stood = rhythm(every=14, first=FIRST, planned=True, last=date(2026, 2, 9), today=date(2026, 2, 9))

    assert stood.next == date(2026, 2, 23)


def test_a_series_that_has_not_met_yet_meets_today_if_this_is_its_day() -> None:
    assert rhythm(every=14, first=FIRST, planned=True, last=None, today=FIRST).next == FIRST


def test_a_rhythm_that_only_the_workflow_asks_for_has_no_days() -> None:
    asked = rhythm(every=14, first=FIRST, planned=False, last=None, today=date(2026, 3, 1))

    assert (asked.next, asked.missed) == (None, 3)
