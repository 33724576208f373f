"""Appending records, and reading them back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, tuple_

from flowgov.audit.record import Sealed
from flowgov.store.prepared import Prepared
from flowgov.store.tables import free_text, record

PAGE = 2_000
"""Records fetched at a time where many are walked."""

_append = Prepared(
    insert(record).inline().values({c.name: bindparam(c.name, type_=c.type) for c in record.c if c.name != "id"})
)
_add_text = insert(free_text).inline()
_by_idem = select(record.c.body, record.c.stream, record.c.seq).where(record.c.idem == bindparam("key"))


def append(connection: Connection, sealed: Sealed, idem: str | None = None) -> None:
    """Store a record and its texts; the caller moves the stream's head in the same transaction, before."""
    append_row(connection, sealed, idem)
    append_texts(connection, sealed)


def append_row(connection: Connection, sealed: Sealed, idem: str | None) -> None:
    """Store a record."""
    _append.run(connection, row(sealed, idem))


def append_texts(connection: Connection, sealed: Sealed) -> None:
    """Store the texts beside a record, if it has any."""
    if sealed.texts:
        place = {"stream": sealed.stream, "seq": sealed.seq}
        values = [{**place, "field": text.field, "salt": text.salt, "value": text.value} for text in sealed.texts]
        connection.execute(_add_text, values)


def row(sealed: Sealed, idem: str | None) -> dict[str, Any]:
    """The columns that index a record."""
    return {
        "stream": sealed.stream,
        "seq": sealed.seq,
        "body": sealed.body,
        "event": sealed.event,
        "outcome": sealed.outcome,
        "actor": sealed.actor,
        "ts": sealed.ts,
        "idem": idem,
    }


def by_idempotency_key(connection: Connection, key: str) -> bytes | None:
    """The body of the record written under an idempotency key."""
    row = connection.execute(_by_idem, {"key": key}).first()
    return row.body if row else None


def after(connection: Connection, stream: str, seq: int) -> Sequence[bytes]:
    """The bodies of a stream's records after one, in order; a page at most."""
    following = select(record.c.body).where(record.c.stream == stream, record.c.seq > seq).order_by(record.c.seq)
    return connection.execute(following.limit(PAGE)).scalars().all()


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records to read; every given condition must hold."""

    stream: str | None = None
    actor: str | None = None
    """Person id."""
    events: tuple[str, ...] = ()
    outcome: str | None = None
    start: str | None = None
    until: str | None = None
    """Exclusive."""


_LARGEST = 2**63 - 1
"""What both databases take for a number; no log has as many records."""


def newest(connection: Connection, wanted: Filter, most: int | None) -> Sequence[Row[Any]]:
    """The last *most* matching records, oldest first."""
    limit = None if most is None else min(most, _LARGEST)
    statement = _where(select(record), wanted).order_by(record.c.id.desc()).limit(limit)
    return list(reversed(connection.execute(statement).all()))


def walk(connection: Connection, wanted: Filter) -> Iterator[Row[Any]]:
    """Every matching record in the order written; memory does not grow with their number."""
    last = 0
    while True:
        page = _where(select(record), wanted).where(record.c.id > last).order_by(record.c.id).limit(PAGE)
        rows = connection.execute(page).all()
        yield from rows
        if len(rows) < PAGE:
            return
        last = rows[-1].id


def walk_streams(connection: Connection) -> Iterator[Row[Any]]:
    """Every record, stream by stream and in order within each; memory does not grow with their number."""
    place = ("", 0)
    while True:
        page = (
            select(record)
            .where(tuple_(record.c.stream, record.c.seq) > place)
            .order_by(record.c.stream, record.c.seq)
            .limit(PAGE)
        )
        rows = connection.execute(page).all()
        yield from rows
        if len(rows) < PAGE:
            return
        place = (rows[-1].stream, rows[-1].seq)


def count(connection: Connection, wanted: Filter | None = None) -> int:
    """How many records match."""
    statement = _where(select(func.count()).select_from(record), wanted or Filter())
    return int(connection.execute(statement).scalar_one())


def texts(connection: Connection, stream: str, first: int = 0, last: int | None = None) -> dict[int, dict[str, str]]:
    """The texts beside a stream's records, by position and field."""
    statement = select(free_text.c.seq, free_text.c.field, free_text.c.value).where(
        free_text.c.stream == stream, free_text.c.seq >= first
    )
    if last is not None:
        statement = statement.where(free_text.c.seq <= last)
    found: dict[int, dict[str, str]] = {}
    for seq, field, value in connection.execute(statement):
        found.setdefault(seq, {})[field] = value
    return found


def _where(statement: Any, wanted: Filter) -> Any:
    if wanted.stream:
        statement = statement.where(record.c.stream == wanted.stream)
    if wanted.actor:
        statement = statement.where(record.c.actor == wanted.actor)
    if wanted.events:
        statement = statement.where(record.c.event.in_(wanted.events))
    if wanted.outcome:
        statement = statement.where(record.c.outcome == wanted.outcome)
    if wanted.start:
        statement = statement.where(record.c.ts >= wanted.start)
    if wanted.until:
        statement = statement.where(record.c.ts < wanted.until)
    return statement
