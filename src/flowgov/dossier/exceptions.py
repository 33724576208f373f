"""Recorded permissions to depart from a rule, and whether the control that makes up for it is alive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

from flowgov.clock import moment, stamp

Rule = Literal[
    "distinct_from",
    "one_person_once",
    "procedure",
    "need_creator_validator",
    "validator_design",
    "designer_security",
    "security_authorising",
    "change_deployer",
    "deployer_reviewer",
    "role_administrator",
]
RULES: tuple[Rule, ...] = get_args(Rule)
"""What an exception can cover. ``procedure`` is any departure that no guard checks; it is registered and reported."""
Control = Literal["second_reading", "activity_review", "supervision", "automatic", "other"]
CONTROLS: tuple[Control, ...] = get_args(Control)
"""Kinds of compensating control."""
Result = Literal["ok", "problem"]
RESULTS: tuple[Result, ...] = get_args(Result)
"""How a compensating review can end."""
Status = Literal["planned", "operating", "not_operating", "expired", "ended"]

LONGEST_DAYS = 366
"""An exception lasts twelve months at most."""


@dataclass(frozen=True, slots=True)
class ExceptionGrant:
    """A recorded permission to depart from a rule, for someone, on one project or all, until a date."""

    key: str
    rules: tuple[str, ...]
    person: str
    project: str | None
    """Key; None for every project, also those that are opened later."""
    start: str
    until: str
    reason: str
    compensating: str
    """The compensating control."""
    reviewer: str | None
    """Login of who checks the compensating control."""
    approved_by: str
    roles: tuple[str, ...] = ()
    """Roles that one person combines."""
    risk: str | None = None
    """What can go wrong because of it."""
    control: str | None = None
    """Kind of the compensating control."""
    every_days: int | None = None
    """How often the control is reviewed; None where no review is planned."""
    reviewed: str | None = None
    """When it was last reviewed."""
    result: str | None = None
    """How that review ended."""
    ended: str | None = None
    """When it was ended before its time."""

    def covers(self, rule: str, at: str) -> bool:
        """Whether it permits a departure from *rule* at that moment."""
        return rule in self.rules and self.status(at) == "operating"

    def applies_to(self, project: str, opened: str) -> bool:
        """Whether it is for a project that was opened then: its own, or any that is there in its time."""
        return self.project == project or (self.project is None and (self.ended or self.until) >= opened)

    @property
    def due(self) -> str | None:
        """When the next compensating review is due at the latest."""
        return review_due(self.start, self.every_days, self.reviewed)

    def status(self, at: str) -> Status:
        """Whether it permits anything at that moment, or why it does not."""
        if self.ended is not None and self.ended <= at:
            return "ended"
        if at < self.start:
            return "planned"
        if at >= self.until:
            return "expired"
        return "not_operating" if self.idle_since(at) else "operating"

    def idle_since(self, at: str) -> str | None:
        """Since when its control does not work; None while it does."""
        said = f"{self.reviewed} {self.result}" if self.reviewed else None
        return idle_since(self.start, self.every_days, said, at)


def review_due(start: str, every_days: int | None, reviewed: str | None) -> str | None:
    """When the next compensating review is due: so many days after the start, then after each review."""
    if every_days is None:
        return None
    return stamp(moment(max(start, reviewed or start)) + timedelta(days=every_days))


def idle_since(start: str, every_days: int | None, said: str | None, at: str) -> str | None:
    """Since when an exception does not operate: a review found a problem, or one is due and not done.

    Args:
        said: stamp and result of the last review, with a blank between.
    """
    reviewed, _, result = (said or "").partition(" ")
    if result == "problem":
        return reviewed
    due = review_due(start, every_days, reviewed or None)
    return due if due is not None and at >= due else None
