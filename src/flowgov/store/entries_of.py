"""Queries on the registers' entries."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from flowgov.dossier.entry import Entry
from flowgov.store.tables import entry

_add = insert(entry).inline()


def of_scope(connection: Connection, scope: str, *kinds: str, share: bool = False, lock: bool = False) -> list[Entry]:
    """The entries of a project, or of the organisation, by kind and key.

    Args:
        share: on PostgreSQL, keep them from being changed until the transaction ends.
        lock: the same, and from being shared.
    """
    statement = select(entry).where(entry.c.scope == scope)
    if kinds:
        statement = statement.where(entry.c.kind.in_(kinds))
    if share or lock:
        statement = statement.with_for_update(read=share and not lock)
    return _found(connection, statement)


def of_kind(connection: Connection, *kinds: str) -> list[Entry]:
    """The entries of these kinds, of the organisation and of all projects, by scope, kind and key."""
    return _found(connection, select(entry).where(entry.c.kind.in_(kinds)))


def naming(connection: Connection, person_id: str) -> list[Entry]:
    """The entries whose facts name a person, by scope, kind and key."""
    return _found(connection, select(entry).where(entry.c.facts.contains(f'"{person_id}"', autoescape=True)))


def write(connection: Connection, new: Entry, facts: str) -> None:
    """Insert an entry, or set it to its newest state; the caller holds its chain.

    Args:
        facts: as they stand in the record, canonical.
    """
    texts = {field: [new.places[field], value] for field, value in new.texts.items()}
    values = {"n": new.n, "seq": new.seq, "at": new.at, "facts": facts, "texts": packed(texts)}
    if new.n == 1:
        connection.execute(_add, {"scope": new.scope, "kind": new.kind, "key": new.key, **values})
        return
    here = (entry.c.scope == new.scope, entry.c.kind == new.kind, entry.c.key == new.key)
    connection.execute(update(entry).where(*here).values(values))


def forget(connection: Connection, scope: str, seq: int, field: str) -> None:
    """Take a text that lay beside the record *seq* out of the entry that shows it."""
    for row in connection.execute(select(entry).where(entry.c.scope == scope)).all():
        texts = json.loads(row.texts)
        if texts.get(field, (0,))[0] == seq:
            del texts[field]
            here = (entry.c.scope == scope, entry.c.kind == row.kind, entry.c.key == row.key)
            connection.execute(update(entry).where(*here).values(texts=packed(texts)))


def packed(value: Any) -> str:
    """Texts and their places as they are stored."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def by_kind(entries: Iterable[Entry]) -> dict[str, dict[str, Entry]]:
    """Entries by kind, then by key."""
    found: dict[str, dict[str, Entry]] = {}
    for one in entries:
        found.setdefault(one.kind, {})[one.key] = one
    return found


def _found(connection: Connection, statement: Select[Any]) -> list[Entry]:
    ordered = statement.order_by(entry.c.scope, entry.c.kind, entry.c.key)
    return [_entry(row) for row in connection.execute(ordered)]


def _entry(row: Row[Any]) -> Entry:
    texts = json.loads(row.texts)
    return Entry(
        scope=row.scope,
        kind=row.kind,
        key=row.key,
        n=row.n,
        seq=row.seq,
        facts=json.loads(row.facts),
        at=row.at,
        texts={field: value for field, (_, value) in texts.items()},
        places={field: seq for field, (seq, _) in texts.items()},
    )
