"""Putting evidence on a project: a file, by its hash and size, or a link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowgov.acts.entering import definition
from flowgov.acts.house import unknown_person
from flowgov.acts.occurring import happened
from flowgov.acts.receipts import on_project
from flowgov.acts.refusing import refuse_on_project
from flowgov.acts.unit import Unit
from flowgov.dossier.files import Fingerprint
from flowgov.errors import NotFound
from flowgov.guards import NOTHING, Blocker, Decision
from flowgov.machine import Lifecycle
from flowgov.project import Receipt
from flowgov.store import gate, projects
from flowgov.suggest import closest
from flowgov.text import clean_text

LONGEST_LABEL = 2_000


def add_evidence(
    unit: Unit,
    key: str,
    kind: str,
    by: str,
    label: str,
    file: Fingerprint | None,
    stored: bool,
    occurred: str | None = None,
) -> Receipt:
    """Record that a piece of evidence lies on the project. See `Engine.add_evidence`."""
    label = clean_text(label, field="label", limit=LONGEST_LABEL)
    lifecycle = unit.house.lifecycle_of(unit.connection, key)
    if kind not in lifecycle.workflow.evidence:
        known = lifecycle.workflow.evidence
        raise NotFound("evidence_kind", name=kind, known=list(known), suggestions=closest(kind, known))
    facts = gate.facts(unit.connection, key, by, unit.now, lock=True)
    if facts is None:
        raise unknown_person(unit.connection, by)
    now = facts.now
    content: dict[str, Any] = {
        "kind": kind,
        "sha256": file.sha256 if file else None,
        "size": file.size if file else None,
        "stored": stored,
        "cycle": facts.cycle,
        "wf": definition(lifecycle),
        **happened(unit, occurred, now),
    }
    blockers = _blockers(lifecycle, facts, kind)
    if blockers:
        decision = Decision("evidence", kind, key, by, blockers, version=facts.version)
        raise refuse_on_project(unit, facts, decision, "evidence.refused", content, {"label": label}, now)
    return put(
        unit,
        lifecycle,
        facts,
        kind,
        label,
        sha256=content["sha256"],
        size=content["size"],
        stored=stored,
        when=happened(unit, occurred, now),
    )


def put(
    unit: Unit,
    lifecycle: Lifecycle,
    facts: gate.Facts,
    kind: str,
    label: str,
    *,
    sha256: str | None,
    size: int | None = None,
    stored: bool = False,
    when: Mapping[str, Any] = NOTHING,
) -> Receipt:
    """Record a piece of evidence that was allowed; the caller holds the project."""
    content: dict[str, Any] = {
        "kind": kind,
        "sha256": sha256,
        "size": size,
        "stored": stored,
        "cycle": facts.cycle,
        "version": facts.version + 1,
        "wf": definition(lifecycle),
        **when,
    }
    sealed = unit.scribe.seal(
        facts.head, "evidence.added", facts.actor, facts.now, content, unit.source, {"label": label}
    )
    projects.note(unit.connection, facts, sealed, changed=True)
    projects.add_evidence(
        unit.connection,
        {
            "project_id": facts.id,
            "seq": sealed.seq,
            "kind": kind,
            "label": label,
            "sha256": sha256,
            "size": size,
            "cycle": facts.cycle,
            "person_id": facts.actor,
            "added": sealed.ts,
            "stored": stored,
        },
    )
    return on_project(sealed, facts)


def _blockers(lifecycle: Lifecycle, facts: gate.Facts, kind: str) -> tuple[Blocker, ...]:
    found = []
    if not lifecycle.leaving(facts.state):
        found.append(Blocker("project_closed", {"state": facts.state}))
    acting = set(lifecycle.workflow.acting)
    holds = any(person == facts.actor and role in acting for person, role, *_ in facts.grants)
    if not holds and facts.actor != facts.creator:
        command = f"flowgov evidence add {facts.key} {kind} FILE --as {{holder}}"
        found.append(Blocker("no_role_here", {}, tuple(sorted(acting)), command))
    return tuple(found)
