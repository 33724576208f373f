"""How often a project meets: the days of a series, and which points went by without a meeting. Days only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, NamedTuple

Every = Literal[7, 14, 30]
EVERY: tuple[Every, ...] = (7, 14, 30)
"""Days between two points: every week, every two weeks, every month."""
MONTHLY = 30
AMBER_AFTER = 2
RED_AFTER = 3
"""Points missed in a row until the rhythm is lost."""

_WEEK = 7
_LAST = 5
"""A fifth weekday that not every month has; the last one is meant."""
_MORE_THAN_A_MONTH = timedelta(days=32)


class Pause(NamedTuple):
    """A time in which no meeting is expected: the project is on hold, or closed."""

    start: date
    until: date | None
    """The first day after it; None while it lasts."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How a project keeps to its series."""

    every: int
    planned: bool
    """False where nothing is planned, and the workflow says how often to meet."""
    last: date | None
    """The day of the last meeting."""
    missed: int
    """Points missed in a row since."""
    frozen: bool
    """On hold or closed: no meeting is expected."""
    next: date | None
    """The next day of the series."""


def rhythm(
    *,
    every: int,
    first: date,
    planned: bool,
    last: date | None,
    today: date,
    pauses: Sequence[Pause] = (),
) -> Rhythm:
    """How it stands on the day *today*.

    Args:
        first: the first day of the series, or the day the project was opened where none is planned.
    """
    frozen = any(_within(today, pause) for pause in pauses)
    return Rhythm(
        every=every,
        planned=planned,
        last=last,
        missed=missed(every, first, last, today, pauses),
        frozen=frozen,
        next=_next(every, first, last, today) if planned and not frozen else None,
    )


def missed(every: int, first: date, last: date | None, today: date, pauses: Sequence[Pause] = ()) -> int:
    """Points missed in a row when *today* begins.

    A point is due *every* days after the last meeting (the first one on *first*), and missed once its day is over.
    Planning anew does not wipe anything out: only a meeting does. Days on hold do not count.
    """
    begun = last if last is not None else first - timedelta(days=every)
    return _active_days(begun + timedelta(days=1), today, pauses) // every


def calendar(every: int, first: date, start: date) -> Iterator[date]:
    """The days of the series from *start* on, without end.

    A series of thirty days is monthly, on the same weekday of the month as *first*: never on a Sunday because a
    month was long.
    """
    day = first
    while True:
        if day >= start:
            yield day
        day = _month_after(day, first) if every == MONTHLY else day + timedelta(days=every)


def weekday_of_month(day: date) -> int:
    """Which of its month's Mondays, Tuesdays … a day is: 1 to 4, or -1 for the last."""
    number = (day.day - 1) // _WEEK + 1
    return -1 if number == _LAST else number


def _active_days(start: date, until: date, pauses: Sequence[Pause]) -> int:
    """Days from *start* to before *until* that lie in none of the *pauses*, which do not overlap."""
    if until <= start:
        return 0
    paused = sum(max((min(until, p.until or until) - max(start, p.start)).days, 0) for p in pauses)
    return (until - start).days - paused


def _within(day: date, pause: Pause) -> bool:
    return pause.start <= day and (pause.until is None or day < pause.until)


def _next(every: int, first: date, last: date | None, today: date) -> date:
    start = today if last is None else max(today, last + timedelta(days=1))
    return next(calendar(every, first, start))


def _month_after(day: date, first: date) -> date:
    begun = _next_month(day)
    number = weekday_of_month(first)
    if number > 0:
        return begun + timedelta(days=(first.weekday() - begun.weekday()) % _WEEK + (number - 1) * _WEEK)
    ended = _next_month(begun) - timedelta(days=1)
    return ended - timedelta(days=(ended.weekday() - first.weekday()) % _WEEK)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + _MORE_THAN_A_MONTH).replace(day=1)
