"""Putting evidence on a project, a file or a link: alone, or with a decision that asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowgov.acts.entering import after, definition
from flowgov.acts.house import unknown_person
from flowgov.acts.occurring import happened
from flowgov.acts.receipts import on_project
from flowgov.acts.refusing import refuse_on_project
from flowgov.acts.unit import Unit
from flowgov.audit.record import Sealed
from flowgov.dossier.pieces import Taken
from flowgov.errors import BadInput, NotFound
from flowgov.guards import NOTHING, Blocker, Decision
from flowgov.machine import Lifecycle
from flowgov.project import Receipt
from flowgov.store import gate, projects
from flowgov.suggest import closest


def add(unit: Unit, key: str, by: str, pieces: Sequence[Taken], occurred: str | None = None) -> tuple[Receipt, ...]:
    """Record that pieces of evidence lie on the project. See `Filing.add_pieces`."""
    if not pieces:
        raise BadInput("no_evidence")
    lifecycle = unit.house.lifecycle_of(unit.connection, key)
    known(lifecycle, pieces)
    facts = gate.facts(unit.connection, key, by, unit.now, lock=True)
    if facts is None:
        raise unknown_person(unit.connection, by)
    when, first = happened(unit, occurred, facts.now), pieces[0]
    blockers = _blockers(lifecycle, facts, first.kind)
    if blockers:
        content = {**first.facts, "wf": definition(lifecycle), **when, **offered(pieces[1:])}
        decision = Decision("evidence", first.kind, key, by, blockers, version=facts.version)
        raise refuse_on_project(unit, facts, decision, "evidence.refused", content, {"label": first.label}, facts.now)
    receipts = []
    for piece in pieces:
        sealed = put(unit, lifecycle, facts, piece, when)
        receipts.append(on_project(sealed, facts))
        facts = after(facts, sealed)
    return tuple(receipts)


def known(lifecycle: Lifecycle, pieces: Sequence[Taken]) -> None:
    """
    Raises:
        NotFound: the definition does not declare the kind of one of *pieces*.
    """
    kinds = lifecycle.workflow.evidence
    for piece in pieces:
        if piece.kind not in kinds:
            suggestions = closest(piece.kind, kinds)
            raise NotFound("evidence_kind", name=piece.kind, known=list(kinds), suggestions=suggestions)


def on_the_table(facts: gate.Facts, pieces: Sequence[Taken]) -> gate.Facts:
    """The facts as they will stand once *pieces* were put down: a decision they come with is made on them."""
    rows = [
        [piece.kind, facts.cycle, seq, piece.sha256, facts.now] for seq, piece in enumerate(pieces, facts.head.seq + 1)
    ]
    return facts._replace(evidence=[*facts.evidence, *rows])


def put_down(
    unit: Unit, lifecycle: Lifecycle, facts: gate.Facts, pieces: Sequence[Taken], when: Mapping[str, Any]
) -> gate.Facts:
    """Record the *pieces* that come with a decision that is allowed: whoever makes one may put evidence there."""
    for piece in pieces:
        facts = after(facts, put(unit, lifecycle, facts, piece, when))
    return facts


def offered(pieces: Sequence[Taken]) -> dict[str, list[str]]:
    """How the record of a refusal names what came with the attempt, and was not put down."""
    return {"offered": [piece.kind for piece in pieces]} if pieces else {}


def put(unit: Unit, lifecycle: Lifecycle, facts: gate.Facts, piece: Taken, when: Mapping[str, Any] = NOTHING) -> Sealed:
    """Record a piece of evidence that was allowed; the caller holds the project."""
    content: dict[str, Any] = {
        **piece.facts,
        "cycle": facts.cycle,
        "version": facts.version + 1,
        "wf": definition(lifecycle),
        **when,
    }
    sealed = unit.scribe.seal(
        facts.head, "evidence.added", facts.actor, facts.now, content, unit.source, {"label": piece.label}
    )
    projects.note(unit.connection, facts, sealed, changed=True)
    projects.add_evidence(
        unit.connection,
        {
            "project_id": facts.id,
            "seq": sealed.seq,
            "label": piece.label,
            "cycle": facts.cycle,
            "person_id": facts.actor,
            "added": sealed.ts,
            **piece.facts,
        },
    )
    return sealed


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
