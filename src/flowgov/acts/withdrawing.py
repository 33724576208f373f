"""Taking back the request for a gate: whatever was approved for it no longer counts."""

from __future__ import annotations

from typing import Any

from flowgov.acts.entering import definition
from flowgov.acts.moving import gather
from flowgov.acts.receipts import on_project
from flowgov.acts.refusing import refuse_on_project
from flowgov.acts.unit import Unit
from flowgov.guards import Blocker, Decision
from flowgov.project import Receipt
from flowgov.request import Grant, Request
from flowgov.store import projects


def withdraw_gate(unit: Unit, key: str, name: str, by: str, reason: str | None) -> Receipt:
    """Void every standing approval of the gate *name*. See `Engine.withdraw_gate`."""
    lifecycle, transition, facts, now = gather(unit, key, name, by, lock=True)
    request = facts.request(lifecycle.workflow, transition, now, reason, {})
    standing = [a.seq for a in request.approvals if a.seq > request.last_passed]
    grant = _grant(request)
    content: dict[str, Any] = {"t": name, "cycle": facts.cycle, "wf": definition(lifecycle)}
    blockers = _blockers(request, grant, standing)
    if blockers:
        decision = Decision("recall", name, key, by, blockers, version=facts.version)
        event, texts = "gate.withdrawal_refused", {"reason": reason}
        raise refuse_on_project(unit, facts, decision, event, content, texts, now)
    content |= {"version": facts.version + 1, "withdrawn": standing}
    if grant:
        content["auth"] = {"role": grant.role, "grant": grant.record}
    sealed = unit.scribe.seal(facts.head, "gate.withdrawn", facts.actor, now, content, unit.source, {"reason": reason})
    projects.note(unit.connection, facts, sealed, changed=True)
    for seq in standing:
        projects.withdraw_approval(unit.connection, facts.id, seq, sealed.ts)
    return on_project(sealed, facts, grant.role if grant else None)


def _grant(request: Request) -> Grant | None:
    """By what role the actor may ask for the gate; who opened the project needs none."""
    if request.actor == request.creator:
        return None
    held = (request.holds(request.actor, role) for role in request.transition.fire)
    return next((grant for grant in held if grant), None)


def _blockers(request: Request, grant: Grant | None, standing: list[int]) -> tuple[Blocker, ...]:
    found, fire = [], request.transition.fire
    command = f'flowgov withdraw {request.key} {request.transition.id} --reason "…" --as {{holder}}'
    if grant is None and request.actor != request.creator:
        found.append(Blocker("not_requester", {"transition": request.transition.id}, fire, command))
    if not standing:
        found.append(Blocker("nothing_requested", {"transition": request.transition.id}))
    if not request.reason:
        found.append(Blocker("reason_missing", {}, fire, command))
    return tuple(found)
