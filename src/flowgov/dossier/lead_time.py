"""How long a project has taken, with the time on hold kept apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from flowgov.clock import moment
from flowgov.workflow.model import State

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Hold:
    """A time on hold."""

    start: str
    until: str | None
    """None while it lasts."""


@dataclass(frozen=True, slots=True)
class LeadTime:
    """How long a project was under way: neither on hold nor closed."""

    seconds: int
    on_hold_seconds: int
    holds: tuple[Hold, ...]


@dataclass(slots=True)
class Stopwatch:
    """Follows one project from its opening: `enter` every state it gets into, in order."""

    since: str
    """When it got into the state it stands in."""
    kind: str = "initial"
    """Kind of that state."""
    ended: bool = False
    under_way: timedelta = timedelta()
    on_hold: timedelta = timedelta()
    holds: list[Hold] = field(default_factory=list)

    def enter(self, ts: str, state: State) -> None:
        """The project has got into *state* at *ts*."""
        self._count(ts)
        self.since, self.kind, self.ended = ts, state.kind, state.ended

    def read(self, now: str) -> LeadTime:
        """What it shows at *now*; it goes on running."""
        running = Stopwatch(self.since, self.kind, self.ended, self.under_way, self.on_hold)
        running._count(now)
        still = (Hold(self.since, None),) if self.kind == "suspended" else ()
        return LeadTime(running.under_way // _SECOND, running.on_hold // _SECOND, (*self.holds, *still))

    def _count(self, ts: str) -> None:
        passed = max(moment(ts) - moment(self.since), timedelta())
        if self.kind == "suspended":
            self.on_hold += passed
            self.holds.append(Hold(self.since, ts))
        elif not self.ended:
            self.under_way += passed
