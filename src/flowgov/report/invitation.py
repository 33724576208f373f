"""Invitations as calendars read them (RFC 5545): a whole series, or one meeting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flowgov.clock import moment
from flowgov.dossier.meetings import PORTFOLIO, Series
from flowgov.dossier.rhythm import MONTHLY, calendar, weekday_of_month
from flowgov.errors import MissingExtra
from flowgov.i18n import Language, text

if TYPE_CHECKING:
    from flowgov.people import Person

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_YEARS = 10
"""How far ahead the rules of the time zone are written out; calendars know them by name too."""


@dataclass(frozen=True, slots=True)
class Invited:
    """What an invitation is made of, besides the series."""

    series: Series
    title: str
    """Of the project, or the organisation's name."""
    uid: str
    """The same for every invitation to this series, and no other's."""
    people: Mapping[str, Person]
    """By login; whoever has no e-mail address is named in the text only."""
    lang: Language


def invitation(invited: Invited) -> bytes:
    """The invitation to a series, without end; sent again after a change, it takes the place of the former one.

    Raises:
        MissingExtra: the extra ``calendar`` is not installed.
    """
    series = invited.series
    event = _event(invited, date.fromisoformat(series.first), "")
    event.add("rrule", _rule(series))
    return _file(invited, event)


def one_meeting(invited: Invited, day: date, at: str | None = None, about: str = "") -> bytes:
    """The invitation to the meeting of one day; on a day of the series it takes that meeting's place.

    Args:
        at: time of day, where it is not the series'.
        about: the agenda, as text.

    Raises:
        MissingExtra: the extra ``calendar`` is not installed.
    """
    series = invited.series
    event = _event(invited, day, about, at)
    first = date.fromisoformat(series.first)
    if next(calendar(series.every, first, day)) == day:
        event.add("recurrence-id", _starts(series, day))
    else:
        event["uid"] = f"{day.isoformat()}-{invited.uid}"
    return _file(invited, event)


def _library() -> Any:
    try:
        return import_module("icalendar")
    except ImportError as error:
        raise MissingExtra("calendar") from error


def _event(invited: Invited, day: date, about: str, at: str | None = None) -> Any:
    icalendar, series, lang = _library(), invited.series, invited.lang
    event = icalendar.Event()
    event.add("uid", invited.uid)
    event.add("dtstamp", moment(series.planned))
    event.add("sequence", series.n - 1)
    event.add("dtstart", _starts(series, day, at))
    event.add("duration", timedelta(minutes=series.minutes))
    across = series.project == PORTFOLIO
    event.add(
        "summary",
        text("meeting.invitation.portfolio", lang, title=invited.title)
        if across
        else text("meeting.invitation.project", lang, key=series.project, title=invited.title),
    )
    if series.place:
        event.add("location", series.place)
    names = [_name(invited, login) for login in series.participants]
    event.add("description", text("meeting.invitation.about", lang, names=names, about=about).strip())
    _address(invited, event)
    return event


def _address(invited: Invited, event: Any) -> None:
    icalendar, series = _library(), invited.series

    def address(login: str) -> Any:
        person = invited.people.get(login)
        if person is None or not person.email:
            return None
        found = icalendar.vCalAddress(f"mailto:{person.email}")
        found.params["CN"] = icalendar.vText(person.name)
        return found

    chair = address(series.chair)
    if chair is None:
        return
    event["organizer"] = chair
    for login in series.participants:
        guest = address(login)
        if guest is not None:
            guest.params["ROLE"] = icalendar.vText("CHAIR" if login == series.chair else "REQ-PARTICIPANT")
            guest.params["RSVP"] = icalendar.vText("TRUE")
            event.add("attendee", guest, encode=0)


def _file(invited: Invited, event: Any) -> bytes:
    icalendar, series = _library(), invited.series
    found = icalendar.Calendar()
    found.add("version", "2.0")
    found.add("prodid", f"-//flowgov//flowgov//{invited.lang.upper()}")
    # only an organiser with an address can be answered; without one it is a meeting to note
    found.add("method", "REQUEST" if "organizer" in event else "PUBLISH")
    first = date.fromisoformat(series.first)
    until = date(first.year + _YEARS, 1, 1)
    found.add_component(icalendar.Timezone.from_tzid(series.zone, first_date=date(first.year, 1, 1), last_date=until))
    found.add_component(event)
    written: bytes = found.to_ical()
    return written


def _rule(series: Series) -> dict[str, Any]:
    if series.every != MONTHLY:
        return {"freq": "weekly", "interval": series.every // 7}
    first = date.fromisoformat(series.first)
    return {"freq": "monthly", "byday": f"{weekday_of_month(first)}{_DAYS[first.weekday()]}"}


def _starts(series: Series, day: date, at: str | None = None) -> datetime:
    return datetime.combine(day, time.fromisoformat(at or series.time), ZoneInfo(series.zone))


def _name(invited: Invited, login: str) -> str:
    person = invited.people.get(login)
    return person.name if person else login
