"""Roles that are lent: each row of a delegation names the lender's own assignment, its base, and lasts as long."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, func

from flowgov.store.tables import assignment

base = assignment.alias("base")
"""The assignment that another one stands on; one that was not lent stands on itself."""
lasting = assignment.join(base, base.c.id == func.coalesce(assignment.c.base, assignment.c.id))
"""Every assignment beside its base."""


def in_force(a: FromClause, now: str) -> list[ColumnElement[Any]]:
    """What holds of an assignment that has begun and not ended at *now*."""
    return [a.c.revoked.is_(None), a.c.start <= now, not_over(a, now)]


def not_over(a: FromClause, now: str) -> ColumnElement[Any]:
    """What holds of an assignment that has no end, or one after *now*."""
    return a.c.until.is_(None) | (a.c.until > now)
