"""Recorded permissions to depart from a rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Rule = Literal["distinct_from", "one_person_once", "procedure"]
RULES: tuple[Rule, ...] = get_args(Rule)
"""What an exception can cover. ``procedure`` is any departure that no guard checks; it is registered and reported."""

LONGEST_DAYS = 366
"""An exception lasts twelve months at most."""


@dataclass(frozen=True, slots=True)
class ExceptionGrant:
    """A recorded permission to depart from a rule, for someone, on a project, until a date."""

    key: str
    rules: tuple[str, ...]
    person: str
    project: str
    start: str
    until: str
    reason: str
    compensating: str
    """The compensating control."""
    reviewer: str | None
    """Login of who checks the compensating control."""
    approved_by: str

    def covers(self, rule: str, at: str) -> bool:
        """Whether it permits a departure from *rule* at that moment."""
        return rule in self.rules and self.start <= at < self.until
