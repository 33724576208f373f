"""What time it is: the only module that asks the system."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from time import monotonic
from typing import Protocol

from flowgov.errors import BadInput

STAMP_LENGTH = len("2026-11-20T09:30:00.000000Z")


class Clock(Protocol):
    """Anything that can tell the present moment in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The computer's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(slots=True)
class FixedClock:
    """A clock that shows what it was set to; `advance` and `set` move it. For tests and replays."""

    moment: datetime = field(default_factory=lambda: datetime(2026, 1, 5, 9, tzinfo=UTC))

    def now(self) -> datetime:
        return self.moment

    def advance(self, **delta: float) -> None:
        """Move on by a ``timedelta(**delta)``."""
        self.moment += timedelta(**delta)

    def set(self, moment: datetime) -> None:
        """Show *moment* (aware) from now on."""
        self.moment = moment.astimezone(UTC)


def ticks() -> float:
    """Seconds of a counter that never goes back, for deadlines."""
    return monotonic()


def stamp(moment: datetime) -> str:
    """*moment* as the log writes it: RFC 3339, UTC, six decimals, ``Z``. Sorts as text.

    Raises:
        BadInput: *moment* has no time zone, or lies in no year of the calendar.
    """
    if not moment.tzinfo:
        raise BadInput("naive_time", value=moment.isoformat())
    try:
        # not strftime, which writes the year 5 as "5"
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    except OverflowError:
        raise BadInput("bad_date", value=moment.isoformat()) from None


def moment(stamped: str) -> datetime:
    """The instant that `stamp` wrote."""
    return datetime.fromisoformat(stamped)


def start_of(day: date | datetime | str) -> str:
    """The stamp at which *day* begins; a datetime, or a full timestamp, stands for itself."""
    parsed = _parsed(day)
    return stamp(parsed) if isinstance(parsed, datetime) else _midnight(parsed)


def end_of(day: date | datetime | str) -> str:
    """The stamp at which *day* is over (the next midnight, exclusive); a datetime stands for itself."""
    parsed = _parsed(day)
    if isinstance(parsed, datetime):
        return stamp(parsed)
    if parsed == date.max:
        raise BadInput("bad_date", value=str(day))
    return _midnight(parsed + timedelta(days=1))


def last_day(until: str) -> str:
    """The last day of a period that is over at *until*: the day before, if that is a midnight."""
    return (moment(until) - timedelta(microseconds=1)).date().isoformat()


def _midnight(day: date) -> str:
    return stamp(datetime(day.year, day.month, day.day, tzinfo=UTC))


def _parsed(day: date | datetime | str) -> date | datetime:
    if not isinstance(day, str):
        return day
    try:
        return date.fromisoformat(day) if len(day) == len("2026-11-20") else datetime.fromisoformat(day)
    except ValueError:
        raise BadInput("bad_date", value=day) from None
