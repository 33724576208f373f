"""Time in the global order: what a trusted time contradicts, and what is worth knowing about the clock.

A stamp is the word of the machine that wrote it. A time-stamp authority, or a witness, gives a time that is not:
what a checkpoint covers was there before it, and what comes after it was not. Order never comes from stamps.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from flowgov.audit.finding import Findings
from flowgov.audit.notice import Notices
from flowgov.errors import BadInput

SKEW = timedelta(minutes=5)
"""By how much the clocks of two machines may differ."""
LONGEST_ACT = timedelta(hours=1)
"""How long before its position a record may be dated: its position is given once the transaction that wrote it, which
may be a host application's, has ended. A trusted time in between must not condemn it for ever."""
LONG_GAP = timedelta(days=30)
"""A silence that is worth a notice: the log was perhaps not used, or not kept."""


class _Bound(NamedTuple):
    """A stamp that records must not lie beyond, and why."""

    limit: str
    trusted: datetime
    size: int
    """Of the checkpoint that the trusted time is for."""


class Times:
    """Reads the stamps in the global order."""

    __slots__ = (
        "_ceiling",
        "_ceilings",
        "_day",
        "_findings",
        "_floor",
        "_floors",
        "_future",
        "_latest",
        "_notices",
        "_reached",
        "sizes",
    )

    def __init__(
        self, findings: Findings, notices: Notices, now: datetime | None, trusted: Mapping[int, datetime]
    ) -> None:
        """
        Args:
            now: when the verification runs; None to leave the future alone.
            trusted: trusted times by the size of the checkpoint they are for.

        Raises:
            BadInput: a time has no zone.
        """
        self._findings, self._notices = findings, notices
        self.sizes = trusted.keys()
        """Sizes for which there is a trusted time."""
        self._future = _stamp(now + SKEW) if now else None
        self._day = self._latest = ""
        self._ceilings, self._floors = _bounds(trusted)
        self._reached = 0
        """How many of the trusted times are behind us."""
        self._ceiling: _Bound | None = self._ceilings[0] if self._ceilings else None
        self._floor: _Bound | None = None

    def read(self, stream: str, seq: int | None, ts: str) -> None:
        """Take in the stamp of the next record."""
        if self._ceiling is not None and ts > self._ceiling.limit:
            self._contradicted(stream, seq, ts, self._ceiling)
        if self._floor is not None and ts < self._floor.limit:
            self._contradicted(stream, seq, ts, self._floor)
        if self._future is not None and ts > self._future:
            # and no more than that: it would hide every silence, and every clock that lags, until its day comes
            self._notices.add("FROM_THE_FUTURE", stream, seq, ts=ts)
            return
        if ts[:10] > self._day:
            self._gap(stream, seq, ts)
        if ts >= self._latest:
            self._latest = ts
        else:
            self._lag(stream, seq, ts)

    def passed(self, size: int) -> None:
        """*size* records lie behind: trusted times for so many, or fewer, bound what comes from now on."""
        while self._reached < len(self._floors) and self._floors[self._reached].size <= size:
            floor = self._floors[self._reached]
            if self._floor is None or floor.limit > self._floor.limit:
                self._floor = floor
            self._reached += 1
            self._ceiling = self._ceilings[self._reached] if self._reached < len(self._ceilings) else None

    def _contradicted(self, stream: str, seq: int | None, ts: str, bound: _Bound) -> None:
        trusted = _stamp(bound.trusted)
        self._findings.add("TIME_OUTSIDE_ANCHORS", stream, seq, ts=ts, trusted=trusted, checkpoint_size=bound.size)

    def _gap(self, stream: str, seq: int | None, ts: str) -> None:
        self._day = ts[:10]
        silence = _between(self._latest, ts)
        if silence >= LONG_GAP:
            self._notices.add("LONG_GAP", stream, seq, days=silence.days)

    def _lag(self, stream: str, seq: int | None, ts: str) -> None:
        """Chains hold their own time only: between two of them a clock that went back shows nowhere else."""
        lag = _between(ts, self._latest)
        if lag > SKEW:
            self._notices.add("CLOCK_BEHIND", stream, seq, minutes=lag // timedelta(minutes=1))


def _bounds(trusted: Mapping[int, datetime]) -> tuple[list[_Bound], list[_Bound]]:
    """By checkpoint, smallest first: the tightest bound on what it and every later one covers; its own on the rest."""
    ordered = sorted(trusted.items())
    floors = [_Bound(_stamp(at - LONGEST_ACT), at, size) for size, at in ordered]
    ceilings: list[_Bound] = []
    for size, at in reversed(ordered):
        bound = _Bound(_stamp(at + SKEW), at, size)
        ceilings.append(min(bound, ceilings[-1]) if ceilings else bound)
    return ceilings[::-1], floors


def _between(earlier: str, later: str) -> timedelta:
    """How much time lies between two stamps; none where one is of no calendar, which is a finding elsewhere."""
    try:
        return datetime.fromisoformat(later) - datetime.fromisoformat(earlier)
    except ValueError:
        return timedelta()


def _stamp(moment: datetime) -> str:
    """*moment* as records write it, whatever its zone. Not `flowgov.clock`, with which records were written."""
    if moment.tzinfo is None:
        raise BadInput("naive_time", value=moment.isoformat())
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
