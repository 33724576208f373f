"""Removing texts: the one place where rows beside the records are deleted, and what shows them is blanked."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, delete, exc, exists, select, update

from flowgov.store import entries_of
from flowgov.store.tables import approval, evidence, exception, free_text, project, record

LARGEST_REWRITTEN = 256 * 2**20
"""Bytes of a file that is written anew after a removal; a larger one is left to whoever looks after it."""
_SIZE = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
_LARGEST = 2**31 - 1
"""What both databases take for a position."""

_SHOWN: dict[tuple[str, str], tuple[Any, Any, Any, str | None]] = {
    ("project.opened", "title"): (project, project.c.id, None, ""),
    ("project.opened", "objective"): (project, project.c.id, None, None),
    ("project.archived", "title"): (project, None, project.c.archived, ""),
    ("project.archived", "objective"): (project, None, project.c.archived, None),
    ("evidence.added", "label"): (evidence, evidence.c.project_id, evidence.c.seq, ""),
    ("approval.given", "reservation"): (approval, approval.c.project_id, approval.c.seq, ""),
    ("exception.granted", "risk"): (exception, None, exception.c.seq, ""),
    ("exception.granted", "reason"): (exception, None, exception.c.seq, ""),
    ("exception.granted", "compensating"): (exception, None, exception.c.seq, ""),
}
"""Which table shows a text of an event: its columns for project and record, and what it shows instead."""


def body_of(connection: Connection, stream: str, seq: int) -> bytes | None:
    """The bytes of a record; None if there is no such record."""
    if not 0 < seq <= _LARGEST:
        return None
    statement = select(record.c.body).where(record.c.stream == stream, record.c.seq == seq)
    return connection.execute(statement).scalar_one_or_none()


def is_there(connection: Connection, stream: str, seq: int, field: str) -> bool:
    """Whether a text lies beside a record."""
    return connection.execute(select(free_text.c.field).where(*_beside(stream, seq, field))).first() is not None


def remove(connection: Connection, stream: str, seq: int, *fields: str) -> None:
    """Delete texts, and their salts with them: no guess at what they were can be tried against the record."""
    _for_good(connection)
    connection.execute(delete(free_text).where(*_beside(stream, seq, *fields)))


def remove_os_users(connection: Connection, person_id: str) -> None:
    """Delete the names by which an operating system knew a person, beside all of his records."""
    _for_good(connection)
    his = exists().where(
        record.c.stream == free_text.c.stream, record.c.seq == free_text.c.seq, record.c.actor == person_id
    )
    connection.execute(delete(free_text).where(free_text.c.field == "os_user", his))


def blank(connection: Connection, stream: str, seq: int, event: str, field: str) -> None:
    """Take a text out of the table that shows it, if one does."""
    shown = _SHOWN.get((event, field))
    if shown is None:
        if event.endswith(".recorded"):
            entries_of.forget(connection, stream.removeprefix("prj:"), seq, field)
        return
    table, of_project, at, instead = shown
    statement = update(table)
    if of_project is not None:
        statement = statement.where(of_project == stream.removeprefix("prj:"))
    if at is not None:
        statement = statement.where(at == seq)
    connection.execute(statement.values({field: instead}))


def scrub(engine: Engine, *, rewrite: bool) -> bool:
    """After the commit, on SQLite: leave no stale copy of what was removed in the file, or in its write-ahead log.

    Args:
        rewrite: write the file anew, if it is not too large; pages may have stale copies that `remove` cannot reach.

    Returns:
        Whether nothing can be left; False if somebody else was reading or writing, or the file was not rewritten.
    """
    if engine.dialect.name != "sqlite":
        return True
    try:
        with engine.connect() as connection:
            size = connection.exec_driver_sql(_SIZE).scalar_one()
            if rewrite and size <= LARGEST_REWRITTEN:
                connection.exec_driver_sql("VACUUM")
            busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    except exc.DBAPIError:
        return False
    return rewrite and size <= LARGEST_REWRITTEN and not busy


def _beside(stream: str, seq: int, *fields: str) -> tuple[Any, ...]:
    return free_text.c.stream == stream, free_text.c.seq == seq, free_text.c.field.in_(fields)


def _for_good(connection: Connection) -> None:
    """On SQLite, deleted bytes would stay in the file until something is written over them."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON").close()
