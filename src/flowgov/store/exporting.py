"""Queries for bundles: records in the global order with the texts beside them, checkpoints, definitions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, func, select, tuple_

from flowgov.audit.bundle import Beside
from flowgov.audit.record import project_stream
from flowgov.store.tables import evidence, free_text, leaf, record, workflow

PAGE = 1_000
PLACES = 400
"""Records whose texts are asked for at a time."""


class Placed(NamedTuple):
    """A record at its position, with the texts that still lie beside it."""

    idx: int
    record: int
    hash: bytes
    stream: str
    seq: int
    body: bytes
    texts: tuple[Beside, ...]


def placed(connection: Connection, size: int, streams: Sequence[str] | None = None) -> Iterator[Placed]:
    """Records of the first *size* positions, of these *streams* or of all, in the global order, page by page."""
    columns = (leaf.c.idx, leaf.c.record, leaf.c.hash, record.c.stream, record.c.seq, record.c.body)
    joined: Select[Any] = select(*columns).join(record, record.c.id == leaf.c.record)
    if streams is not None:
        joined = joined.where(record.c.stream.in_(streams))
    last = -1
    while True:
        page = joined.where(leaf.c.idx > last, leaf.c.idx < size).order_by(leaf.c.idx).limit(PAGE)
        rows = connection.execute(page).all()
        beside = _texts(connection, [(row.stream, row.seq) for row in rows])
        for row in rows:
            yield Placed(
                row.idx,
                row.record,
                row.hash,
                row.stream,
                row.seq,
                row.body,
                tuple(beside.get((row.stream, row.seq), ())),
            )
        if len(rows) < PAGE:
            return
        last = rows[-1].idx


def archived_leaves(connection: Connection, size: int) -> int:
    """How many of the first *size* positions stand for records that were moved to archives."""
    statement = select(func.count()).select_from(leaf).where(leaf.c.archive.is_not(None), leaf.c.idx < size)
    return int(connection.execute(statement).scalar_one())


def how_many(connection: Connection, project_ids: Sequence[str]) -> int:
    """How many records these projects have."""
    found = 0
    for first in range(0, len(project_ids), PLACES):
        streams = [project_stream(id_) for id_ in project_ids[first : first + PLACES]]
        statement = select(func.count()).select_from(record).where(record.c.stream.in_(streams))
        found += int(connection.execute(statement).scalar_one())
    return found


def definitions(connection: Connection) -> Iterator[bytes]:
    """The canonical bytes of every definition."""
    yield from connection.execute(select(workflow.c.body).order_by(workflow.c.hash)).scalars()


def stored_files(connection: Connection, project_ids: Sequence[str] | None = None) -> Sequence[str]:
    """Hashes of the evidence files of which copies are kept."""
    statement = select(evidence.c.sha256).distinct().where(evidence.c.stored, evidence.c.sha256.is_not(None))
    if project_ids is not None:
        statement = statement.where(evidence.c.project_id.in_(project_ids))
    return [str(found) for found in connection.execute(statement.order_by(evidence.c.sha256)).scalars()]


def _texts(connection: Connection, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], list[Beside]]:
    found: dict[tuple[str, int], list[Beside]] = {}
    for first in range(0, len(places), PLACES):
        where = tuple_(free_text.c.stream, free_text.c.seq).in_(places[first : first + PLACES])
        rows: Sequence[Row[Any]] = connection.execute(select(free_text).where(where)).all()
        for row in rows:
            found.setdefault((row.stream, row.seq), []).append(
                Beside(row.stream, row.seq, row.field, row.salt, row.value)
            )
    return found
