"""The log walked in order: where every project stood at both ends of a period, and who held what in it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from sys import intern
from typing import Any

from flowgov.acts.reading import events
from flowgov.store.reporting import Snapshot
from flowgov.workflow.model import GATES, NEW_CYCLE, Workflow

REFUSALS = tuple(event for event in events() if event.endswith("refused"))
MOVES = ("project.opened", "project.moved", "approval.given", "approval.withdrawn")
_ENDINGS = ("role.revoked", "role.undelegated", "person.ended")
_EXCEPTIONS = ("exception.granted", "exception.ended")
_ORGANISATION = ("role.granted", "role.delegated", *_ENDINGS, *_EXCEPTIONS, "workflow.registered")
_WALKED = (*MOVES, *_ORGANISATION, *REFUSALS)

Facts = Mapping[str, Any]
Progress = Callable[[int, int], None]
"""Told how many records were looked at, and of how many."""


@dataclass(frozen=True, slots=True)
class Period:
    """From *start* until *until* (exclusive); stamps."""

    start: str
    until: str

    def meets(self, start: str, until: str | None) -> bool:
        """Whether something that lasted from *start* until *until* falls into it."""
        return start < self.until and (until is None or until > self.start)


@dataclass(slots=True)
class Standing:
    """Where a project stands while its chain is read."""

    entered: str
    approvals: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Of approvals that still can count: when, and for which transition, by position."""

    def copy(self) -> Standing:
        return Standing(self.entered, dict(self.approvals))

    def apply(self, event: str, seq: int, ts: str, facts: Facts) -> None:
        """What a record changes here."""
        if event == "approval.given":
            self.approvals[seq] = (ts, facts["t"])
        elif event == "approval.withdrawn":
            for withdrawn in facts["withdrawn"]:
                self.approvals.pop(withdrawn, None)
        elif event == "project.moved":
            self.entered = ts
            again = facts["kind"] in NEW_CYCLE
            self.approvals = {} if again else {n: a for n, a in self.approvals.items() if a[1] != facts["t"]}


@dataclass(slots=True)
class Track:
    """One project, as the log tells it up to the end of the period."""

    stream: str
    key: str
    workflow: str
    """Hash of its definition."""
    creator: str
    personal_data: bool
    opened: str
    state: str
    standing: Standing
    cycle: int = 1
    ended: bool = False
    at_start: Standing | None = None
    """Where it stood when the period began; None if it was opened later."""
    open_at_start: bool = False
    closed: int = 0
    """How often it was closed in the period."""
    reopened: int = 0
    closed_at: str | None = None


@dataclass(slots=True)
class Holding:
    """A role held by a person, on one project or everywhere."""

    person: str
    role: str
    project: str | None
    """Project id."""
    start: str
    until: str | None
    granted_by: str
    """Who lends it, where it is a delegation."""
    base: str | None = None
    """Of a delegation: the holding it stands on, and does not outlast."""


@dataclass(slots=True)
class Permission:
    """An exception, and how often gates relied on it in the period."""

    seq: int
    facts: Facts
    approved_by: str
    used: int = 0


@dataclass(slots=True)
class History:
    """Everything small that the log tells of a period; grows with projects and people, not with records."""

    period: Period
    definitions: Mapping[str, Workflow]
    tracks: dict[str, Track] = field(default_factory=dict)
    """By stream."""
    holdings: dict[str, Holding] = field(default_factory=dict)
    permissions: dict[str, Permission] = field(default_factory=dict)
    registered: list[str] = field(default_factory=list)
    """Hashes of definitions, in the order registered."""
    gates: Counter[str] = field(default_factory=Counter)
    """Gates passed, by month."""
    refused: Counter[str] = field(default_factory=Counter)
    """Refused attempts, by month."""
    causes: Counter[str] = field(default_factory=Counter)
    """Blockers of refused attempts, by code."""
    departures: int = 0
    """Gates passed with a departure, or by breaking glass."""

    def population(self) -> Iterator[Track]:
        """Projects open at any time in the period, by key."""
        for track in sorted(self.tracks.values(), key=lambda t: t.key):
            if track.at_start is None or track.open_at_start or track.reopened:
                yield track

    def close(self) -> None:
        """Settle the projects of which nothing was heard in the period."""
        for track in self.tracks.values():
            if track.opened < self.period.start and track.at_start is None:
                _cross(track)

    def read(self, stream: str, seq: int, event: str, actor: str, ts: str, facts: Facts) -> None:
        """Take in the next record."""
        inside = ts >= self.period.start
        if event == "project.opened":
            self._opened(stream, actor, ts, facts)
        elif event in MOVES:
            track = self.tracks[stream]
            if inside and track.at_start is None and track.opened < self.period.start:
                _cross(track)
            if event == "project.moved":
                self._moved(track, ts, facts, inside=inside)
            track.standing.apply(event, seq, ts, facts)
        elif event in REFUSALS:
            if inside:
                self.refused[ts[:7]] += 1
                self.causes.update({blocker["code"] for blocker in facts["blockers"]})
        else:
            self._administered(event, seq, actor, ts, facts)

    def _opened(self, stream: str, actor: str, ts: str, facts: Facts) -> None:
        self.tracks[stream] = Track(
            stream=stream,
            key=facts["key"],
            workflow=intern(facts["wf"]["sha256"]),
            creator=intern(actor),
            personal_data=facts["personal_data"],
            opened=ts,
            state=intern(facts["to"]),
            standing=Standing(ts),
        )

    def _moved(self, track: Track, ts: str, facts: Facts, *, inside: bool) -> None:
        track.state, track.cycle = intern(facts["to"]), facts["cycle"]
        was, track.ended = track.ended, self.definitions[track.workflow].states[track.state].ended
        if track.ended and not was:
            track.closed_at = ts
            track.closed += inside
        elif was and not track.ended:
            track.closed_at = None
            track.reopened += inside
        if inside and facts["kind"] in GATES:
            self._passed(ts, facts)

    def _passed(self, ts: str, facts: Facts) -> None:
        self.gates[ts[:7]] += 1
        self.departures += is_departure(facts)
        for departure in facts.get("departures", ()):
            if departure["exception"] in self.permissions:
                self.permissions[departure["exception"]].used += 1

    def _administered(self, event: str, seq: int, actor: str, ts: str, facts: Facts) -> None:
        if event in ("role.granted", "role.delegated"):
            place = (facts["project"], facts["start"], facts["until"])
            self.holdings[facts["grant"]] = Holding(facts["person"], facts["role"], *place, actor, facts.get("base"))
        elif event in _ENDINGS:
            over = {*facts["grants"]}
            for name, held in self.holdings.items():
                if name in over or held.base in over:
                    held.until = min(held.until or ts, ts)
        elif event == "exception.granted":
            self.permissions[facts["key"]] = Permission(seq, facts, actor)
        elif event == "exception.ended":
            ended = self.permissions[facts["key"]]
            ended.facts = {**ended.facts, "until": min(ended.facts["until"], ts)}
        else:
            self.registered.append(facts["wf"]["sha256"])


def replay(snapshot: Snapshot, period: Period, progress: Progress | None = None) -> History:
    """Walk the log from its beginning to the end of *period*."""
    history = History(period, snapshot.definitions())
    total = snapshot.newest(period.until) if progress else 0
    for page in snapshot.pages(_WALKED, until=period.until):
        for row in page:
            if not _needless(row, period):
                history.read(row.stream, row.seq, row.event, row.actor, row.ts, json.loads(row.body))
        if progress and page:
            progress(page[-1].id, total)
    history.close()
    return history


def is_departure(facts: Facts) -> bool:
    """Whether a gate was passed by breaking glass, or with a departure from the separation of duties."""
    return facts["kind"] == "break_glass" or bool(facts.get("departures"))


def _needless(row: Any, period: Period) -> bool:
    """Whether a record tells nothing here: parsing is what takes the time."""
    if row.ts < period.start:
        return bool(row.outcome == "refused")
    # approvals matter to the gates they were given for; those of the period are read with the register
    return bool(row.event in {"approval.given", "approval.withdrawn"})


def _cross(track: Track) -> None:
    track.at_start = track.standing.copy()
    track.open_at_start = not track.ended
