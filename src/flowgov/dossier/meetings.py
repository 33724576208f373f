"""What people meet for: a series, its meetings, and the actions they agree on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flowgov.canonical import Json
from flowgov.dossier.deadlines import Deadline
from flowgov.dossier.health import Health
from flowgov.dossier.rhythm import Rhythm

PORTFOLIO = "org"
"""In the place of a project's key: the organisation's own follow-up of all projects."""
SERIES = "SERIES"
"""The key of a project's one series."""
LENGTH = 30
"""Minutes of a meeting, unless something else is said."""
SHORTEST, LONGEST = 5, 240
USUAL_EVERY = 14
USUAL_TIME = "09:00"
USUAL_ZONE = "Europe/Paris"
USUAL_BACKDATING = 31
"""How many days after a meeting its minutes can be recorded, unless the settings say otherwise."""
LONGEST_BACKDATING = 366
MOST_PERSONS = 50
MOST_DECISIONS = 20
MOST_ACTIONS = 20
LONGEST_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class Series:
    """When the people of a project, or of the portfolio, meet."""

    project: str
    """Key of the project; `PORTFOLIO` for the organisation's own."""
    every: int
    """Days."""
    minutes: int
    first: str
    """Day."""
    time: str
    """Of day, in `zone`: ``09:30``."""
    zone: str
    chair: str
    """Login."""
    participants: tuple[str, ...]
    """Logins, the chair's among them."""
    place: str | None
    n: int
    """How often it was planned."""
    planned: str
    """Stamp of the newest planning."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting that was held: its minutes."""

    project: str
    key: str
    """``M-01``."""
    held: str
    """Day."""
    recorded: str
    """Stamp of the record."""
    chair: str
    present: tuple[str, ...]
    excused: tuple[str, ...]
    decisions: tuple[str | None, ...]
    """None where the text was redacted. Never an approval of a gate."""
    actions: tuple[str, ...]
    """Keys of the actions agreed on."""
    risks: tuple[str, ...]
    """Keys of the risks looked at."""
    seq: int
    """Position of its record in the chain."""
    notes: str | None = None

    @property
    def days_late(self) -> int:
        """Days between the meeting and its record."""
        return (date.fromisoformat(self.recorded[:10]) - date.fromisoformat(self.held)).days


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody took on, until a day."""

    project: str
    key: str
    """``AC-01``."""
    what: str | None
    """None once it was redacted."""
    owner: str
    """Login."""
    since: str
    """Day it was agreed on."""
    due: str
    done: str | None = None
    """Day."""
    meeting: str | None = None
    """Key of the meeting that agreed on it."""
    note: str | None = None
    """What was said when it was done."""

    def late_on(self, day: str) -> bool:
        """Whether it was due before *day*, and is not done."""
        return self.done is None and self.due < day


@dataclass(frozen=True, slots=True)
class NewAction:
    """An action as it is agreed on: who does what, until when."""

    owner: str
    due: date | str
    what: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of a series; None leaves it as it was planned before, or as is usual."""

    every: int | None = None
    first: date | str | None = None
    time: str | None = None
    minutes: int | None = None
    zone: str | None = None
    chair: str | None = None
    participants: tuple[str, ...] | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class NewMinutes:
    """What is recorded of a meeting."""

    on: date | str | None = None
    """Today by default."""
    chair: str | None = None
    present: tuple[str, ...] = ()
    excused: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    actions: tuple[NewAction, ...] = ()
    risks: tuple[str, ...] = ()
    notes: str | None = None
    backdating_days: int = USUAL_BACKDATING


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Everything about the meetings of a project, or of the portfolio."""

    project: str
    series: Series | None
    rhythm: Rhythm | None
    """None where no rhythm is asked."""
    meetings: tuple[Meeting, ...]
    """By the day they were held."""
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A gate that waits for somebody."""

    project: str
    transition: str
    label: Mapping[str, str]
    """By language."""
    since: str
    """Since when the project stands before it: a stamp."""
    movers: tuple[str, ...]
    """Logins of who may pass it."""
    approvers: tuple[str, ...]
    """Logins of who is asked to approve."""
    missing: int
    """Demands that are not met yet, besides those approvals."""
    due: str | None = None
    """The last day it can be passed in time; for a period counted in hours, day and time."""
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class RiskToReview:
    """A risk to look at in the next meeting, and why."""

    project: str
    key: str
    title: str | None
    level: int | None
    why: tuple[str, ...]
    """``high``, ``unconfirmed``, ``measure_late``, ``not_reviewed``."""
    params: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Agenda:
    """What a meeting has to look at, made of what the registers say."""

    project: str
    title: str
    day: str
    """Of the meeting."""
    made: str
    """The day it was made; what is late is late on this day."""
    series: Series | None
    rhythm: Rhythm | None
    waiting: tuple[Waiting, ...]
    ending: tuple[Deadline, ...]
    """What ends, or has to be done, within thirty days of that day, or should have been; without the actions."""
    risks: tuple[RiskToReview, ...]
    actions: tuple[Action, ...]
    """Open ones; those past due first."""
    last: Meeting | None
    """The meeting before."""
    health: tuple[Health, ...]
    """Of the project; of every open project in the portfolio's agenda."""
    due_known: bool = True
    """False where a gate counts working days, and they cannot be counted here."""
