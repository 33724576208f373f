"""Which days are worked, and when a period counted in hours, days or working days is over.

The only module that knows the holidays library, an extra: it is imported when working days are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING

from flowgov.clock import moment, stamp
from flowgov.errors import BadInput, MissingExtra

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from flowgov.workflow.model import Due

COUNTRY = "FR"
TIME_ZONE = "Europe/Paris"

_SATURDAY = 5
_LONGEST = 40
"""Years after which somebody has made a mistake."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A time that does not count: the project was on hold."""

    start: str
    until: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """Where the organisation is: its public holidays, and when its days begin and end."""

    country: str = COUNTRY
    """Two letters, as in ISO 3166."""
    subdivision: str | None = None
    """Part of the country with public holidays of its own: ``57`` for Alsace and Moselle."""
    time_zone: str = TIME_ZONE

    @property
    def zone(self) -> ZoneInfo:
        """
        Raises:
            BadInput: there is no such time zone.
        """
        return _zone(self.time_zone)

    def day_of(self, stamped: str) -> date:
        """The day it is here at that moment."""
        return moment(stamped).astimezone(self.zone).date()

    def end_of(self, day: date) -> str:
        """The stamp at which *day* is over here; some days have 23 hours, some 25."""
        midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=self.zone)
        return stamp(midnight.astimezone(UTC))

    def shown(self, due: str) -> str:
        """The last day before *due* here, or day and time where it is not midnight."""
        local = moment(due).astimezone(self.zone)
        if local.time() == time():
            return (local.date() - date.resolution).isoformat()
        return f"{local:%Y-%m-%d %H:%M}"

    def is_worked(self, day: date) -> bool:
        """Whether *day* is neither a Saturday, a Sunday nor a public holiday.

        Raises:
            MissingExtra: the holidays library is not installed.
            BadInput: it knows no such country or subdivision.
        """
        return day.weekday() < _SATURDAY and day not in _public_holidays(self.country, self.subdivision, day.year)


def deadline(calendar: Calendar, since: str, due: Due, pauses: Sequence[Pause] = ()) -> str:
    """When a period that began at *since* is over: the stamp from which one is late.

    Hours go on by night; days and working days begin after the day of *since* and last to the end of the last one
    here. A day that began on hold does not count, and neither do the hours on hold.

    Raises:
        MissingExtra: working days are counted, and the holidays library is not installed.
    """
    if due.unit == "hours":
        held = sum((moment(p.until) - moment(p.start) for p in pauses), timedelta())
        return stamp(moment(since) + timedelta(hours=due.amount) + held)
    counted = (day for day in _days_after(calendar.day_of(since)) if _counts(calendar, day, due, pauses))
    last = next(day for number, day in enumerate(counted, 1) if number == due.amount)
    return calendar.end_of(last)


def _counts(calendar: Calendar, day: date, due: Due, pauses: Sequence[Pause]) -> bool:
    # the day of a hold is lost, the day of the return is not: as many days as midnights were spent on hold
    before = day - timedelta(days=1)
    if pauses and any(p.start <= calendar.end_of(before) < p.until for p in pauses):
        return False
    return due.unit == "days" or calendar.is_worked(day)


def _days_after(day: date) -> Iterator[date]:
    for number in range(1, _LONGEST * 366):
        yield day + timedelta(days=number)
    raise AssertionError("some day is worked")


@cache
def _zone(name: str) -> ZoneInfo:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise BadInput("time_zone", value=name) from None


@cache
def _public_holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    try:
        import holidays
    except ImportError as error:
        raise MissingExtra("calendar") from error
    try:
        return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))
    except NotImplementedError:
        raise BadInput("unknown_calendar", name=f"{country}-{subdivision}" if subdivision else country) from None
