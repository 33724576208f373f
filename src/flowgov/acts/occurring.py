"""When something happened, where that is not when it is recorded: both are kept, and how far back is bounded."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flowgov.acts.unit import Unit
from flowgov.clock import moment, start_of
from flowgov.errors import BadInput
from flowgov.settings import LONGEST_BACKDATING

Day = date | datetime | str
_A_DAY = len("2026-11-20")


def checked(days: int) -> int:
    """
    Raises:
        BadInput: *days* is no number of days that something may be backdated by.
    """
    if not 0 <= days <= LONGEST_BACKDATING:
        raise BadInput("backdating_days", days=days, limit=LONGEST_BACKDATING)
    return days


def happened(unit: Unit, at: str | None, now: str) -> dict[str, Any]:
    """What a record says of it; nothing for what happens as it is recorded.

    Args:
        at: as `written`.

    Raises:
        BadInput: it lies in the future, or further back than the setting allows.
    """
    if at is None:
        return {}
    within = unit.house.backdating_days
    if at > now[: len(at)]:
        raise BadInput("occurred_later", at=at)
    days = (moment(now).date() - date.fromisoformat(at[:_A_DAY])).days
    if days > within:
        raise BadInput("occurred_too_early", at=at, days=days, limit=within)
    return {"occurred": {"at": at, "within": within}}


def written(occurred: Day | None) -> str | None:
    """A day as a day, a moment as a stamp.

    Raises:
        BadInput: it is no date.
    """
    if occurred is None:
        return None
    stamp = start_of(occurred)
    whole = len(occurred) == _A_DAY if isinstance(occurred, str) else not isinstance(occurred, datetime)
    return stamp[:_A_DAY] if whole else stamp
