"""Who may do what with which asset: rights of groups, and when the asset's owner last looked at them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

KIND = "access"
Right = Literal["read", "write", "admin"]
RIGHTS: tuple[Right, ...] = get_args(Right)
"""From the least to the most; a group may have several."""
REVIEW_DAYS = 366
"""How long a review is good for."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What one group may do."""

    group: str
    rights: tuple[Right, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """Who may do what with one asset."""

    asset: str
    name: str
    """The asset's; empty where it was redacted."""
    owner: str
    """Login of the asset's owner, who reviews."""
    granted: tuple[Granted, ...]
    reviewed: str | None
    """The day; None if rights were changed since, or nobody ever looked."""
    reviewer: str | None
    """Login."""
    to_review: bool
    """Whether nobody has looked, or too long ago."""
    retired: bool
    """Whether the asset is."""
    n: int
    recorded: str

    def rights_of(self, group: str) -> tuple[Right, ...]:
        """What *group* may do with the asset."""
        return next((one.rights for one in self.granted if one.group == group), ())


def has_to_be_reviewed(reviewed: str | None, today: str) -> bool:
    """Whether a review is missing, or too old on the day *today*."""
    if reviewed is None:
        return True
    return date.fromisoformat(today) - date.fromisoformat(reviewed) > timedelta(days=REVIEW_DAYS)


def groups(accesses: Iterable[Access]) -> tuple[str, ...]:
    """Every group of a matrix, in order."""
    return tuple(sorted({one.group for access in accesses for one in access.granted}, key=str.lower))
