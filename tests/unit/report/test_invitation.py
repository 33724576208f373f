"""Invitations, read back with the library that calendars' formats are tested with."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from flowgov.dossier.meetings import PORTFOLIO, Series
from flowgov.errors import MissingExtra
from flowgov.people import Person
from flowgov.report.invitation import Invited, invitation, one_meeting

PARIS = ZoneInfo("Europe/Paris")
SERIES = Series(
    "CRM", 14, 30, "2026-01-26", "09:30", "Europe/Paris", "kbenali", ("kbenali", "ykerbrat", "ebihan"), "Salle A", 1,
    "2026-01-20T09:00:00.000000Z",
)  # fmt: skip
PEOPLE = {
    "kbenali": Person("p1", "kbenali", "Karim Benali", "kbenali@example.org"),
    "ykerbrat": Person("p2", "ykerbrat", 'Yann "K" Kerbrat', "ykerbrat@example.org"),
    "ebihan": Person("p3", "ebihan", "Erwan Bihan"),
}
INVITED = Invited(SERIES, "Déploiement d'un CRM", "p-series@log.example.org", PEOPLE, "fr")


def event(written: bytes) -> Any:
    return Calendar.from_ical(written).walk("VEVENT")[0]


def with_series(**changes: Any) -> Invited:
    return replace(INVITED, series=replace(SERIES, **changes))


@pytest.mark.parametrize(
    ("every", "first", "rule"),
    [
        (7, "2026-01-26", "FREQ=WEEKLY;INTERVAL=1"),
        (14, "2026-01-26", "FREQ=WEEKLY;INTERVAL=2"),
        (30, "2026-05-20", "FREQ=MONTHLY;BYDAY=3WE"),
        (30, "2026-01-29", "FREQ=MONTHLY;BYDAY=-1TH"),
    ],
)
def test_a_series_repeats_as_its_rhythm_says(every: int, first: str, rule: str) -> None:
    found = event(invitation(with_series(every=every, first=first)))

    assert found["rrule"].to_ical().decode() == rule


@pytest.mark.parametrize("every", [7, 14, 30])
@pytest.mark.parametrize("first", ["2026-01-26", "2026-01-29"])
def test_calendars_and_flowgov_mean_the_same_days(every: int, first: str) -> None:
    from itertools import islice

    from dateutil.rrule import rrulestr

    from flowgov.dossier.rhythm import calendar

    begun = date.fromisoformat(first)
    rule = event(invitation(with_series(every=every, first=first)))["rrule"].to_ical().decode()

    theirs = [
        moment.date() for moment in islice(rrulestr(rule, dtstart=datetime.combine(begun, datetime.min.time())), 30)
    ]

    assert theirs == [*islice(calendar(every, begun, begun), 30)]


def test_a_meeting_is_at_the_same_time_of_day_in_summer_and_winter() -> None:
    found = event(invitation(INVITED))

    start = found["dtstart"]
    assert (start.dt, start.params["TZID"], found["duration"].dt) == (
        datetime(2026, 1, 26, 9, 30, tzinfo=PARIS),
        "Europe/Paris",
        timedelta(minutes=30),
    )


def test_the_rules_of_the_time_zone_come_along() -> None:
    found = Calendar.from_ical(invitation(INVITED)).walk("VTIMEZONE")

    assert [zone["tzid"] for zone in found] == ["Europe/Paris"]


def test_who_has_an_address_is_invited_and_everybody_is_named() -> None:
    found = event(invitation(INVITED))

    guests = [(str(guest), guest.params["ROLE"]) for guest in found["attendee"]]
    assert (guests, str(found["organizer"]), str(found["description"])) == (
        [("mailto:kbenali@example.org", "CHAIR"), ("mailto:ykerbrat@example.org", "REQ-PARTICIPANT")],
        "mailto:kbenali@example.org",
        'Avec Karim Benali, Yann "K" Kerbrat, Erwan Bihan.',
    )


def test_without_an_address_of_the_chair_it_is_a_meeting_to_note() -> None:
    written = invitation(replace(INVITED, people={}))

    assert (str(Calendar.from_ical(written)["method"]), "attendee" in event(written)) == ("PUBLISH", False)


def test_an_invitation_that_is_planned_anew_takes_the_place_of_the_former_one() -> None:
    first, second = (
        event(invitation(INVITED)),
        event(invitation(with_series(n=2, planned="2026-02-01T09:00:00.000000Z"))),
    )

    assert (str(first["uid"]) == str(second["uid"]), first["sequence"], second["sequence"], second["dtstamp"].dt) == (
        True,
        0,
        1,
        datetime(2026, 2, 1, 9, tzinfo=UTC),
    )


def test_the_same_series_gives_the_same_bytes() -> None:
    assert invitation(INVITED) == invitation(INVITED)


def test_a_day_of_the_series_takes_that_meetings_place() -> None:
    found = event(one_meeting(INVITED, date(2026, 2, 9), "14:00", "1. Risques"))

    assert (
        found["dtstart"].dt,
        found["recurrence-id"].dt,
        str(found["uid"]),
        "1. Risques" in found["description"],
    ) == (
        datetime(2026, 2, 9, 14, 0, tzinfo=PARIS),
        datetime(2026, 2, 9, 9, 30, tzinfo=PARIS),
        "p-series@log.example.org",
        True,
    )


def test_another_day_is_a_meeting_of_its_own() -> None:
    found = event(one_meeting(INVITED, date(2026, 2, 10)))

    assert ("recurrence-id" in found, str(found["uid"]), found["dtstart"].dt.hour) == (
        False,
        "2026-02-10-p-series@log.example.org",
        9,
    )


def test_the_portfolios_meeting_is_called_so() -> None:
    found = event(invitation(replace(with_series(project=PORTFOLIO, place=None), title="Maison Tallec SAS")))

    assert (str(found["summary"]), "location" in found) == (
        "Point de suivi des projets\u00a0: Maison Tallec SAS",
        False,
    )


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "icalendar", None)

    with pytest.raises(MissingExtra) as caught:
        invitation(INVITED)

    assert 'pip install "flowgov[calendar]"' in str(caught.value)
