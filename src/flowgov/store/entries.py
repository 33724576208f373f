"""Records as people read them: parsed, with logins for ids and the texts kept beside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from flowgov.audit.hashing import leaf_hash
from flowgov.store import people, projects, records


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of the audit log, readable."""

    stream: str
    seq: int
    at: str
    event: str
    outcome: str
    actor: str
    """Login, or the pseudonym where the identity card was erased."""
    project: str | None
    """Project key, for records of a project's chain."""
    hash: str
    facts: Mapping[str, Any]
    """The record's whole content; persons are ids."""
    texts: Mapping[str, str]
    """Free texts kept beside the record, by field."""
    on_behalf_of: str | None = None
    """Login of the person for whom the actor used a role that was lent to him."""


def entries(connection: Connection, rows: Iterable[Row[Any]]) -> Iterator[Entry]:
    """*rows* of the record table as entries, in the same order."""
    logins, keys = people.logins(connection), projects.keys(connection)
    for row in rows:
        facts = json.loads(row.body)
        texts: Mapping[str, str] = {}
        if facts.get("c"):
            texts = records.texts(connection, row.stream, row.seq, row.seq).get(row.seq, {})
        yield Entry(
            stream=row.stream,
            seq=row.seq,
            at=row.ts,
            event=row.event,
            outcome=row.outcome,
            actor=logins.get(row.actor, row.actor),
            project=keys.get(row.stream.removeprefix("prj:")),
            hash=leaf_hash(row.body),
            facts=facts,
            texts=texts,
            on_behalf_of=people.login_of(facts.get("auth", {}).get("for"), logins),
        )
