"""Taking the records of ended projects out of the database, once they are in an archive.

The only place where records are deleted. The triggers that forbid it are lifted inside the transaction and put back
before it ends, which needs the rights of the tables' owner.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, text, update

from flowgov.audit.record import project_stream
from flowgov.store.append_only import POSTGRESQL, SQLITE
from flowgov.store.tables import approval, entry, evidence, free_text, leaf, project, record

AT_A_TIME = 400
"""Projects dealt with in one statement."""

_LIFTED_ON_SQLITE = ("flowgov_record_delete", "flowgov_leaf_update")
_LIFTED_ON_POSTGRESQL = ("flowgov_record_change", "flowgov_leaf_change")


def ended_before(connection: Connection, until: str) -> Sequence[Row[Any]]:
    """Projects that were not archived yet and have no record from *until* on, by key; the caller knows which ended."""
    statement = select(project).where(project.c.archived.is_(None), project.c.ts < until)
    return connection.execute(statement.order_by(project.c.key)).all()


def lock(connection: Connection, ids: Sequence[str]) -> Iterator[Row[Any]]:
    """The rows of these projects, locked."""
    for some in _some(ids):
        statement = select(project).where(project.c.id.in_(some)).order_by(project.c.id)
        yield from connection.execute(statement.with_for_update())


def mark(connection: Connection, project_id: str, seq: int) -> None:
    """Note on a project which record says that it was archived."""
    connection.execute(update(project).where(project.c.id == project_id).values(archived=seq))


def bury(connection: Connection, ids: Sequence[str], tombstone: int) -> int:
    """Delete the records, texts, approvals and evidence of these projects; how many records that were."""
    gone = 0
    with _lifted(connection):
        for some in _some(ids):
            streams = [project_stream(id_) for id_ in some]
            theirs = select(record.c.id).where(record.c.stream.in_(streams))
            connection.execute(update(leaf).where(leaf.c.record.in_(theirs)).values(archive=tombstone))
            gone += connection.execute(delete(record).where(record.c.stream.in_(streams))).rowcount
            connection.execute(delete(free_text).where(free_text.c.stream.in_(streams)))
            connection.execute(delete(approval).where(approval.c.project_id.in_(some)))
            connection.execute(delete(evidence).where(evidence.c.project_id.in_(some)))
            connection.execute(delete(entry).where(entry.c.scope.in_(some)))
    return gone


def uncovered(connection: Connection, ids: Sequence[str], size: int) -> int:
    """How many records of these projects have no position below *size*."""
    found = 0
    for some in _some(ids):
        streams = [project_stream(id_) for id_ in some]
        covered = select(leaf.c.record).where(leaf.c.idx < size)
        statement = select(func.count()).select_from(record)
        where = statement.where(record.c.stream.in_(streams), record.c.id.not_in(covered))
        found += int(connection.execute(where).scalar_one())
    return found


@contextmanager
def _lifted(connection: Connection) -> Iterator[None]:
    """Inside, the triggers that forbid it do not; whatever happens, the transaction decides whether they ever did."""
    if connection.dialect.name == "sqlite":
        for name in _LIFTED_ON_SQLITE:
            connection.execute(text(f"DROP TRIGGER {name}"))
        yield
        for name in _LIFTED_ON_SQLITE:
            connection.execute(text(SQLITE[name].strip().replace(":", r"\:")))
        return
    for name in _LIFTED_ON_POSTGRESQL:
        connection.execute(text(f"ALTER TABLE {POSTGRESQL[name][0]} DISABLE TRIGGER {name}"))
    yield
    for name in _LIFTED_ON_POSTGRESQL:
        connection.execute(text(f"ALTER TABLE {POSTGRESQL[name][0]} ENABLE ALWAYS TRIGGER {name}"))


def _some(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[first : first + AT_A_TIME] for first in range(0, len(ids), AT_A_TIME))
