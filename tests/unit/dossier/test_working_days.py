"""Working days: French public holidays, Easter, the ends of years, days of 23 and 25 hours, time on hold."""

from __future__ import annotations

import sys
from datetime import date
from typing import NamedTuple

import pytest

from flowgov.dossier import working_days
from flowgov.dossier.working_days import Calendar, Pause, deadline
from flowgov.errors import BadInput, MissingExtra

PARIS = Calendar()


class Period(NamedTuple):
    """A due time, as definitions declare it."""

    amount: int
    unit: str


def last_day(since: str, amount: int, unit: str = "working_days", calendar: Calendar = PARIS) -> str:
    """The last day of a period, in Paris."""
    until = deadline(calendar, f"{since}T09:00:00.000000Z", Period(amount, unit))  # type: ignore[arg-type]
    return (working_days.moment(until).astimezone(calendar.zone).date() - date.resolution).isoformat()


@pytest.mark.parametrize(
    ("since", "amount", "expected"),
    [
        ("2026-11-20", 1, "2026-11-23"),  # a Friday
        ("2026-11-21", 1, "2026-11-23"),  # a Saturday: the count begins after it
        ("2026-11-20", 5, "2026-11-27"),
        ("2026-04-03", 1, "2026-04-07"),  # Good Friday is worked, Easter Monday is not
        ("2024-03-29", 1, "2024-04-02"),  # Easter in March
        ("2026-05-13", 1, "2026-05-15"),  # Ascension, a Thursday
        ("2026-05-22", 1, "2026-05-26"),  # Whit Monday
        ("2026-04-30", 1, "2026-05-04"),  # 1 May, then a weekend
        ("2026-05-07", 1, "2026-05-11"),  # 8 May
        ("2026-07-13", 1, "2026-07-15"),
        ("2026-11-10", 1, "2026-11-12"),
        ("2026-12-24", 1, "2026-12-28"),
        ("2026-12-31", 1, "2027-01-04"),  # New Year's Day is a Friday
        ("2026-12-24", 5, "2027-01-04"),
        ("2028-02-28", 1, "2028-02-29"),
    ],
)
def test_public_holidays_are_not_worked(since: str, amount: int, expected: str) -> None:
    assert last_day(since, amount) == expected


def test_a_part_of_the_country_has_holidays_of_its_own() -> None:
    days = {place: Calendar(subdivision=place).is_worked(date(2025, 12, 26)) for place in (None, "57")}

    assert days == {None: True, "57": False}
    assert (last_day("2026-04-02", 1), last_day("2026-04-02", 1, calendar=Calendar(subdivision="57"))) == (
        "2026-04-03",
        "2026-04-07",  # Good Friday
    )


@pytest.mark.parametrize(
    ("since", "amount", "expected"), [("2026-11-20", 2, "2026-11-22"), ("2026-12-31", 1, "2027-01-01")]
)
def test_days_go_on_through_weekends_and_holidays(since: str, amount: int, expected: str) -> None:
    assert last_day(since, amount, "days") == expected


@pytest.mark.parametrize(
    ("since", "amount", "over"),
    [
        ("2026-03-28T09:00:00.000000Z", 1, "2026-03-29T22:00:00.000000Z"),  # the day has 23 hours
        ("2026-10-24T09:00:00.000000Z", 1, "2026-10-25T23:00:00.000000Z"),  # the day has 25 hours
        ("2026-07-01T22:30:00.000000Z", 1, "2026-07-03T22:00:00.000000Z"),  # half past midnight in Paris: 2 July
    ],
)
def test_days_end_at_midnight_here(since: str, amount: int, over: str) -> None:
    assert deadline(PARIS, since, Period(amount, "days")) == over  # type: ignore[arg-type]


def test_hours_are_hours_whatever_the_clocks_on_the_wall_do() -> None:
    due = deadline(PARIS, "2026-03-28T12:00:00.000000Z", Period(24, "hours"))  # type: ignore[arg-type]

    assert due == "2026-03-29T12:00:00.000000Z"


@pytest.mark.parametrize(
    ("amount", "unit", "pause", "over"),
    [
        (4, "hours", ("2026-11-20T10:00:00.000000Z", "2026-11-20T12:30:00.000000Z"), "2026-11-20T15:30:00.000000Z"),
        (3, "days", ("2026-11-20T10:00:00.000000Z", "2026-11-20T12:30:00.000000Z"), "2026-11-23T23:00:00.000000Z"),
        (3, "days", ("2026-11-21T10:00:00.000000Z", "2026-11-24T12:30:00.000000Z"), "2026-11-26T23:00:00.000000Z"),
        (
            2,
            "working_days",
            ("2026-11-21T10:00:00.000000Z", "2026-11-24T12:30:00.000000Z"),
            "2026-11-26T23:00:00.000000Z",
        ),
    ],
    ids=["hours", "within one day", "three nights", "working days"],
)
def test_time_on_hold_does_not_count(amount: int, unit: str, pause: tuple[str, str], over: str) -> None:
    due = deadline(PARIS, "2026-11-20T09:00:00.000000Z", Period(amount, unit), [Pause(*pause)])  # type: ignore[arg-type]

    assert due == over


def test_without_the_library_working_days_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    working_days._public_holidays.cache_clear()
    monkeypatch.setitem(sys.modules, "holidays", None)

    with pytest.raises(MissingExtra) as caught:
        last_day("2026-11-20", 1)

    assert (caught.value.data["extra"], "flowgov[calendar]" in str(caught.value)) == ("calendar", True)


@pytest.mark.parametrize("unit", ["days", "hours"])
def test_without_the_library_everything_else_is_counted(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    working_days._public_holidays.cache_clear()
    monkeypatch.setitem(sys.modules, "holidays", None)

    assert last_day("2026-11-20", 24, unit)


@pytest.mark.parametrize(
    ("due", "zone", "shown"),
    [
        ("2026-11-23T23:00:00.000000Z", "Europe/Paris", "2026-11-23"),
        ("2026-11-24T04:00:00.000000Z", "America/Guadeloupe", "2026-11-23"),
        ("2026-07-01T12:30:00.000000Z", "Europe/Paris", "2026-07-01 14:30"),
    ],
)
def test_what_is_due_is_shown_as_the_day_it_is_here(due: str, zone: str, shown: str) -> None:
    assert Calendar(time_zone=zone).shown(due) == shown


@pytest.mark.parametrize(("country", "subdivision"), [("XX", None), ("FR", "Bretagne")])
def test_a_calendar_that_nobody_knows_is_told(country: str, subdivision: str | None) -> None:
    with pytest.raises(BadInput) as caught:
        Calendar(country, subdivision).is_worked(date(2026, 11, 20))

    assert caught.value.reason == "unknown_calendar"


@pytest.mark.parametrize("name", ["Europe/Brest", "", "../etc/passwd"])
def test_a_time_zone_that_nobody_knows_is_told(name: str) -> None:
    with pytest.raises(BadInput) as caught:
        Calendar(time_zone=name).day_of("2026-11-20T09:00:00.000000Z")

    assert caught.value.reason == "time_zone"
