"""What has changed since gates were passed."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection

from flowgov.acts.house import House, archived, known_project
from flowgov.audit.record import project_stream
from flowgov.basis import PARTS, basis, changed
from flowgov.canonical import canonical
from flowgov.dossier.outcomes import GateChange
from flowgov.store import entries_of, projects, redacting
from flowgov.workflow.model import GATES


def since_gates(house: House, connection: Connection, key: str) -> tuple[GateChange, ...]:
    """See `Reader.changes_since_gates`."""
    row = known_project(connection, key)
    if row.archived is not None:
        raise archived(row)
    entries = entries_of.of_scope(connection, row.id, *PARTS)
    newest = {piece.kind: piece for piece in projects.evidence_of(connection, row.id)}
    lines = [(e.kind, e.key, e.n, canonical(dict(e.facts)).decode()) for e in entries]
    transitions, found = house.lifecycle(connection, row.workflow).workflow.transitions, []
    for name, (_, seq) in json.loads(row.passages).items():
        asked = transitions[name].evidence if transitions[name].kind in GATES else None
        before = None if asked is None else _basis_of(connection, row.id, seq)
        if asked is None or before is None:
            continue
        pieces = [newest[kind] for kind in asked if kind in newest]
        fields = (row.key, row.workflow, row.creator, bool(row.personal_data))
        now = basis(fields, ((p.kind, p.seq, p.sha256) for p in pieces), lines)
        parts = changed(before, now)
        if parts:
            risks = tuple(e.key for e in entries if e.kind == "risk" and e.seq > seq)
            found.append(GateChange(name, seq, tuple(parts), tuple(p.kind for p in pieces if p.seq > seq), risks))
    return tuple(sorted(found, key=lambda change: change.seq))


def _basis_of(connection: Connection, project_id: str, seq: int) -> dict[str, str] | None:
    body = redacting.body_of(connection, project_stream(project_id), seq)
    document: dict[str, Any] = json.loads(body) if body else {}
    return document.get("basis")
