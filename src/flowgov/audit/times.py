"""Time in the global order: what a trusted time contradicts, and what is worth knowing about the clock.

A stamp is the word of the machine that wrote it. A time-stamp authority, or a witness, gives a time that is not:
what a checkpoint covers was there before it, and what comes after it was not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from flowgov.audit.finding import Findings
from flowgov.audit.notice import Notices

SKEW = timedelta(minutes=5)
"""By how much the clocks of two machines may differ."""
LONG_GAP = timedelta(days=30)
"""A silence that is worth a notice: the log was perhaps not used, or not kept."""


class Times:
    """Reads the stamps in the global order."""

    __slots__ = ("_day", "_findings", "_floor", "_future", "_last", "_latest", "_notices", "_trusted")

    def __init__(
        self, findings: Findings, notices: Notices, now: datetime | None, trusted: Mapping[int, datetime]
    ) -> None:
        """
        Args:
            now: when the verification runs; None to leave the future alone.
            trusted: trusted times by the size of the checkpoint they are for.
        """
        self._findings, self._notices, self._trusted = findings, notices, trusted
        self._future = _stamp(now + SKEW) if now else None
        self._last = self._day = ""
        self._latest: tuple[str, str | None, int | None] = ("", None, None)
        """The latest stamp so far, and whose it is."""
        self._floor: tuple[str, int, datetime] | None = None

    def read(self, stream: str, seq: int | None, ts: str) -> None:
        """Take in the stamp of the next record."""
        if self._future is not None and ts > self._future:
            self._notices.add("FROM_THE_FUTURE", stream, seq, ts=ts)
        if self._floor is not None and ts < self._floor[0]:
            self._contradicted(stream, seq, ts, self._floor[1], self._floor[2])
        if ts[:10] > self._day:
            self._gap(stream, seq, ts)
        if ts > self._latest[0]:
            self._latest = (ts, stream, seq)

    def passed(self, size: int) -> None:
        """*size* records were read: a trusted time for them bounds what came before and what comes after."""
        trusted = self._trusted.get(size)
        if trusted is None:
            return
        ts, stream, seq = self._latest
        if ts > _stamp(trusted + SKEW) and stream is not None:
            self._contradicted(stream, seq, ts, size, trusted)
        floor = _stamp(trusted - SKEW)
        if self._floor is None or floor > self._floor[0]:
            self._floor = (floor, size, trusted)

    def _contradicted(self, stream: str, seq: int | None, ts: str, size: int, trusted: datetime) -> None:
        self._findings.add("TIME_OUTSIDE_ANCHORS", stream, seq, ts=ts, trusted=_stamp(trusted), checkpoint_size=size)

    def _gap(self, stream: str, seq: int | None, ts: str) -> None:
        former, self._day = self._latest[0], ts[:10]
        try:
            silence = datetime.fromisoformat(ts) - datetime.fromisoformat(former)
        except ValueError:
            return  # the first of all, or a day that no calendar has, which is a finding elsewhere
        if silence >= LONG_GAP:
            self._notices.add("LONG_GAP", stream, seq, days=silence.days)


def _stamp(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
