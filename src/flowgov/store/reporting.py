"""Queries of reports: one unchanging view of the log, read in order, page by page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select, tuple_

from flowgov.audit.record import ORGANISATION, Head, project_stream
from flowgov.errors import AuditBroken
from flowgov.store import shelf
from flowgov.store.tables import free_text, organisation, person, project, record, workflow
from flowgov.workflow.model import Workflow, build

PAGE = 2_000
"""Records fetched at a time."""
PLACES = 400
"""Records whose texts are asked for at a time."""

Place = tuple[str, int]
"""A stream and a position in it."""

_columns = (
    record.c.id,
    record.c.stream,
    record.c.seq,
    record.c.body,
    record.c.event,
    record.c.outcome,
    record.c.actor,
    record.c.ts,
)


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of a person; nothing but the id once the identity card was erased."""

    id: str
    login: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The log as it stood when the snapshot was taken; what is written meanwhile does not show."""

    connection: Connection
    now: str

    def pages(self, events: Sequence[str], *, until: str, start: str | None = None) -> Iterator[Sequence[Row[Any]]]:
        """Records of these events between two moments (*until* exclusive), in the order written.

        Pages may be shorter than `PAGE`; memory does not grow with the number of records.
        """
        last = self.newest(until)
        place = self._before(start) if start else 0
        statement = select(*_columns).where(record.c.event.in_(events)).order_by(record.c.id).limit(PAGE)
        while True:
            between = statement.where(record.c.id > place, record.c.id <= last)
            rows: Sequence[Any] = self.connection.execute(between).all()
            # ids follow time within a stream only, so those near the borders are looked at one by one
            yield [row for row in rows if row.ts < until and (start is None or row.ts >= start)]
            if len(rows) < PAGE:
                return
            place = rows[-1].id

    def newest(self, until: str) -> int:
        """Id of the last record before *until*; 0 if there is none."""
        return self._id(func.max(record.c.id), record.c.ts < until)

    def texts(self, places: Sequence[Place]) -> dict[Place, dict[str, str]]:
        """The texts beside these records, by field; redacted ones are missing."""
        found: dict[Place, dict[str, str]] = {}
        columns = (free_text.c.stream, free_text.c.seq, free_text.c.field, free_text.c.value)
        for first in range(0, len(places), PLACES):
            some = places[first : first + PLACES]
            where = tuple_(free_text.c.stream, free_text.c.seq).in_(some)
            for stream, seq, field, value in self.connection.execute(select(*columns).where(where)):
                found.setdefault((stream, seq), {})[field] = value
        return found

    def cards(self) -> dict[str, Card]:
        """Identity cards by person id."""
        statement = select(person.c.id, person.c.login, person.c.name)
        rows = self.connection.execute(statement)
        return {row.id: Card(row.id) if row.login == row.id else Card(row.id, row.login, row.name) for row in rows}

    def definitions(self) -> dict[str, Workflow]:
        """Registered definitions by hash, in the order registered.

        Raises:
            AuditBroken: a stored definition no longer has the hash it is stored under.
        """
        found = {}
        for row in self.connection.execute(select(workflow).order_by(workflow.c.seq)):
            if sha256(row.body).hexdigest() != row.hash:
                raise AuditBroken("definition", hash=row.hash)
            found[row.hash] = build(json.loads(row.body))
        return found

    def organisation(self) -> tuple[str, str]:
        """The organisation's name, and the origin of its log."""
        row = self.connection.execute(select(organisation.c.name, organisation.c.log)).one()
        return row.name, row.log

    def heads(self) -> Iterator[tuple[str | None, Head]]:
        """Where every chain stands: the organisation's first (its key is None), then by project key."""
        row = self.connection.execute(select(organisation)).one()
        yield None, Head(ORGANISATION, row.seq, row.head, row.ts)
        # databases disagree about the order of texts, unless told
        key = project.c.key.collate("C") if self.connection.dialect.name == "postgresql" else project.c.key
        statement = select(project.c.id, project.c.key, project.c.seq, project.c.head, project.c.ts).order_by(key)
        for found in self.connection.execute(statement.execution_options(yield_per=PAGE)):
            yield found.key, Head(project_stream(found.id), found.seq, found.head, found.ts)

    def _before(self, start: str) -> int:
        first = self._id(func.min(record.c.id), record.c.ts >= start)
        return first - 1 if first else self._id(func.max(record.c.id), record.c.ts < start)

    def _id(self, which: Any, where: Any) -> int:
        return self.connection.execute(select(which).where(where)).scalar_one() or 0


@contextmanager
def snapshot(engine: Engine, now: str) -> Iterator[Snapshot]:
    """One unchanging view of the log; nobody who writes waits for it."""
    with shelf.snapshot(engine) as connection:
        yield Snapshot(connection, now)
