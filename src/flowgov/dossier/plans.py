"""What is done when something fails: plans for emergencies, recovery, continuity, and for leaving a supplier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args
from unicodedata import east_asian_width

PlanKind = Literal["emergency", "recovery", "continuity", "reversibility"]
KINDS: tuple[PlanKind, ...] = get_args(PlanKind)
Result = Literal["passed", "partial", "failed"]
RESULTS: tuple[Result, ...] = get_args(Result)

ESSENTIAL = ("decides", "actions", "contacts", "fallback")
"""The texts that an emergency plan cannot do without."""
CONTENT = ("title", "link", *ESSENTIAL)
"""The texts that make an edition."""
LONGEST_TEXT = 1_500
LONGEST_FINDINGS = 700
LONGEST_LINE = 300
"""Of a link, and of the reason for retiring a plan."""
PRINTED_WIDTH = 90
"""Characters of a line on paper, counting those of double width twice."""
MOST_LINES = 16
"""Of one text, on paper; with the number of assets, what keeps a printed plan to two pages."""
MOST_ASSETS = 12


def printed_lines(value: str) -> int:
    """How many lines a text takes on paper."""
    widths = (sum(2 if east_asian_width(c) in "WF" else 1 for c in line) for line in value.splitlines())
    return sum(max(1, -(-width // PRINTED_WIDTH)) for width in widths)


@dataclass(frozen=True, slots=True)
class Content:
    """What somebody says of a plan; None for what stays as it is, an empty text for what is taken away."""

    title: str | None = None
    assets: Sequence[str] | None = None
    link: str | None = None
    decides: str | None = None
    actions: str | None = None
    contacts: str | None = None
    fallback: str | None = None


@dataclass(frozen=True, slots=True)
class Covered:
    """An asset that a plan covers, and whom it concerns."""

    key: str
    name: str
    """Empty where it was redacted."""
    owner: str
    """Login."""
    holder: str | None
    retired: bool


@dataclass(frozen=True, slots=True)
class PlanApproval:
    """Who approved the edition that stands."""

    person: str
    """Login."""
    on: str
    edition: int


@dataclass(frozen=True, slots=True)
class Exercise:
    """How the last rehearsal of a plan went."""

    on: str
    result: Result
    findings: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as its newest edition says, and whether anybody approved and rehearsed it."""

    key: str
    n: int
    kind: PlanKind
    title: str
    assets: tuple[Covered, ...]
    edition: int
    author: str
    """Login of who wrote this edition."""
    author_for: str | None
    """For whom, where it was written for somebody else."""
    approval: PlanApproval | None
    """None where nobody approved this edition."""
    exercise: Exercise | None
    next_exercise: str | None
    overdue: bool
    """Whether the next exercise should have been by now."""
    retired: bool
    reason: str
    """Why it was retired."""
    link: str
    decides: str
    """Who decides to start it."""
    actions: str
    """What is done first."""
    contacts: str
    fallback: str
    """How one works meanwhile."""
    recorded: str
