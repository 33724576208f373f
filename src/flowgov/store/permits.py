"""Queries on exceptions: adding them, and what changes afterwards."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from flowgov.store.tables import exception


def add(connection: Connection, values: dict[str, Any]) -> None:
    """Insert an exception."""
    connection.execute(insert(exception).inline(), values)


def lock(connection: Connection, key: str) -> Row[Any] | None:
    """An exception, once nobody relies on it any more; nobody will until this act ends."""
    return connection.execute(select(exception).where(exception.c.key == key).with_for_update()).one_or_none()


def keys(connection: Connection) -> list[str]:
    """The keys of all exceptions."""
    return list(connection.execute(select(exception.c.key).order_by(exception.c.seq)).scalars())


def set_reviewed(connection: Connection, key: str, said: str) -> None:
    """Note the last compensating review: its stamp, and how it ended."""
    connection.execute(update(exception).where(exception.c.key == key).values(reviewed=said))


def set_ended(connection: Connection, key: str, ended: str) -> None:
    """Note that an exception ended before its time."""
    connection.execute(update(exception).where(exception.c.key == key).values(ended=ended))
