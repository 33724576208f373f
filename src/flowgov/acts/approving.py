"""Approvals: a personal act before the move, of this cycle, withdrawable until the move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowgov.acts import evidencing
from flowgov.acts.entering import definition
from flowgov.acts.moving import LONGEST_REASON, departed, gather
from flowgov.acts.occurring import happened
from flowgov.acts.receipts import on_behalf_of, on_project
from flowgov.acts.refusing import refuse_on_project
from flowgov.acts.unit import Unit
from flowgov.dossier.pieces import Taken
from flowgov.errors import NotFound
from flowgov.guarding.separation import Finds, assigned
from flowgov.guards import NOTHING, Blocker, Decision, authority, is_stale
from flowgov.machine import Lifecycle
from flowgov.project import Receipt
from flowgov.request import Request
from flowgov.store import entries_of, gate, projects
from flowgov.suggest import closest
from flowgov.text import clean_text


def approve(
    unit: Unit,
    key: str,
    name: str,
    by: str,
    role: str | None,
    comment: str | None,
    occurred: str | None = None,
    reservation: str | None = None,
    pieces: Sequence[Taken] = (),
) -> Receipt:
    """Record the consent of *by* to the gate *name*. See `Engine.approve`."""
    lifecycle, transition, facts, now = gather(unit, key, name, by, lock=True)
    evidencing.known(lifecycle, pieces)
    standing = evidencing.on_the_table(facts, pieces)
    request = standing.request(lifecycle.workflow, transition, now, comment, {})
    wanted = _wanted(request, lifecycle, role)
    grant = request.acting(wanted)
    given = assigned(request, grant) if grant else Finds()
    blockers = [*_not_open(request, lifecycle), *_not_entitled(request, wanted), *_service(facts), *given.blockers]
    if blockers:
        raise _refused(unit, lifecycle, facts, request, "approve", by, tuple(blockers), evidencing.offered(pieces))
    assert grant is not None, "who is entitled holds one of the roles"
    when = happened(unit, occurred, now)
    facts = evidencing.put_down(unit, lifecycle, facts, pieces, when)
    content = {
        **_content(lifecycle, facts, request),
        "version": facts.version + 1,
        "auth": authority(grant),
        "basis": dict(request.basis),
        **departed(given.departures),
        **when,
    }
    sealed = unit.scribe.seal(
        facts.head,
        "approval.given",
        facts.actor,
        now,
        content,
        unit.source,
        {"comment": comment, "reservation": reservation},
    )
    projects.note(unit.connection, facts, sealed, changed=True)
    projects.add_approval(
        unit.connection,
        {
            "project_id": facts.id,
            "seq": sealed.seq,
            "transition": name,
            "cycle": facts.cycle,
            "person_id": facts.actor,
            "role": grant.role,
            "given": sealed.ts,
            "withdrawn": None,
            "basis": entries_of.packed(dict(request.basis)),
            "reservation": reservation,
            "delegator": grant.delegator,
        },
    )
    return on_project(sealed, facts, grant.role, on_behalf_of(unit.connection, grant.delegator))


def checked_reservation(reservation: str | None) -> str | None:
    """
    Raises:
        BadInput: the reservation cannot be recorded.
    """
    if reservation is None or not reservation.strip():
        return None
    return clean_text(reservation, field="reservation", limit=LONGEST_REASON, multiline=True)


def withdraw(unit: Unit, key: str, name: str, by: str, comment: str | None) -> Receipt:
    """Take back every standing approval that *by* gave to the gate *name*. See `Engine.withdraw_approval`."""
    lifecycle, transition, facts, now = gather(unit, key, name, by, lock=True)
    request = facts.request(lifecycle.workflow, transition, now, comment, {})
    standing = [a for a in request.approvals if a.person == facts.actor and a.seq > request.last_passed]
    if not standing:
        blocker = Blocker("nothing_to_withdraw", {"transition": name})
        raise _refused(unit, lifecycle, facts, request, "withdraw", by, (blocker,))
    content = {
        **_content(lifecycle, facts, request),
        "version": facts.version + 1,
        "withdrawn": [a.seq for a in standing],
    }
    sealed = unit.scribe.seal(
        facts.head, "approval.withdrawn", facts.actor, now, content, unit.source, {"comment": comment}
    )
    projects.note(unit.connection, facts, sealed, changed=True)
    for given in standing:
        projects.withdraw_approval(unit.connection, facts.id, given.seq, sealed.ts)
    return on_project(sealed, facts)


def _wanted(request: Request, lifecycle: Lifecycle, role: str | None) -> tuple[str, ...]:
    rules = request.transition.approvals
    roles = tuple(r.role for r in rules if r.when is None or request.personal_data)
    if role is None:
        return roles
    if role not in lifecycle.workflow.roles:
        raise NotFound("role", name=role, suggestions=closest(role, lifecycle.workflow.roles))
    return tuple(name for name in roles if name == role)


def _not_open(request: Request, lifecycle: Lifecycle) -> list[Blocker]:
    available = lifecycle.leaving(request.state)
    if request.transition.id in available:
        return []
    params: dict[str, Any] = {
        "transition": request.transition.id,
        "state": request.state,
        "available": list(available),
    }
    return [Blocker("not_from_here", params, command=f"flowgov show {request.key}")]


def _not_entitled(request: Request, wanted: tuple[str, ...]) -> list[Blocker]:
    if not wanted:
        return [Blocker("approval_not_asked", {"transition": request.transition.id})]
    grant = request.acting(wanted)
    if grant is None:
        command = f"flowgov approve {request.key} {request.transition.id} --as {{holder}}"
        return [Blocker("role_missing", {"roles": list(wanted)}, wanted, command)]
    given = {
        a.role
        for a in request.approvals
        if a.person == request.actor and a.seq > request.last_passed and not is_stale(a, request)
    }
    if grant.role in given:
        return [Blocker("already_approved", {"transition": request.transition.id, "role": grant.role})]
    return []


def _service(facts: gate.Facts) -> list[Blocker]:
    return [Blocker("service_approves", {"person": facts.actor})] if facts.service else []


def _content(lifecycle: Lifecycle, facts: gate.Facts, request: Request) -> dict[str, Any]:
    return {"t": request.transition.id, "cycle": facts.cycle, "wf": definition(lifecycle)}


def _refused(
    unit: Unit,
    lifecycle: Lifecycle,
    facts: gate.Facts,
    request: Request,
    kind: str,
    by: str,
    blockers: tuple[Blocker, ...],
    offered: Mapping[str, Any] = NOTHING,
) -> Exception:
    decision = Decision(kind, request.transition.id, facts.key, by, blockers, version=facts.version)
    event = {"approve": "approval.refused", "withdraw": "approval.withdrawal_refused"}[kind]
    content = {**_content(lifecycle, facts, request), **offered}
    return refuse_on_project(unit, facts, decision, event, content, {"comment": request.reason}, request.now)
