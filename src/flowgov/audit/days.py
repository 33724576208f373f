"""Counting days without leaving the calendar: what is forged may lie at its edge, and must not end a verification."""

from __future__ import annotations

from datetime import date

_FIRST, _LAST = date.min.toordinal(), date.max.toordinal()


def days_after(day: str, days: int) -> str:
    """The day so many days after *day*, or before it; the calendar's last or first one where there is no such day."""
    return date.fromordinal(min(max(date.fromisoformat(day).toordinal() + days, _FIRST), _LAST)).isoformat()
