"""Which gates are due, and how late: computed when asked, from what the log says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row

from flowgov.acts import moving
from flowgov.acts.house import House, known_project
from flowgov.audit.record import project_stream
from flowgov.dossier.deadlines import GateDue
from flowgov.dossier.standing import Moved, Standing, standing
from flowgov.dossier.working_days import deadline
from flowgov.machine import Lifecycle
from flowgov.store import projects, records
from flowgov.store.records import Filter
from flowgov.workflow.model import PREVIOUS, Transition


def due(house: House, connection: Connection, at: str, key: str | None, *, whom: bool) -> tuple[GateDue, ...]:
    """See `Reader.due`."""
    found: list[GateDue] = []
    for row in _rows(connection, key):
        lifecycle = house.lifecycle(connection, row.workflow)
        timed = [t for t in _leaving(lifecycle, row.state) if t.due is not None]
        if timed:
            stay = stay_of(connection, row, lifecycle)
            gates = [_gate(house, row, transition, stay, at) for transition in timed]
            found.extend(_for_whom(house, connection, row, lifecycle, gate) if whom else gate for gate in gates)
    return tuple(sorted(found, key=lambda gate: (gate.due, gate.project, gate.transition)))


def stay_of(connection: Connection, row: Row[Any], lifecycle: Lifecycle) -> Standing:
    """Since when a project is where it is; its records are read only if its last move was a return from a hold."""
    last = max(json.loads(row.passages).items(), key=lambda item: item[1][1], default=None)
    known = lifecycle.workflow.transitions.get(last[0]) if last else None
    if last is None or (known is not None and known.target != PREVIOUS):
        return Standing(row.entered)
    suspended = {state.id for state in lifecycle.workflow.states.values() if state.kind == "suspended"}
    return standing(row.opened, moves_of(connection, row.id), suspended)


def moves_of(connection: Connection, project_id: str) -> Iterator[Moved]:
    """The moves of a project, oldest first."""
    wanted = Filter(stream=project_stream(project_id), events=("project.moved",))
    for row in records.walk(connection, wanted):
        document = json.loads(row.body)
        yield Moved(document["ts"], document["from"], document["to"])


def _rows(connection: Connection, key: str | None) -> Iterable[Row[Any]]:
    if key is None:
        return [row for row in projects.every(connection) if row.archived is None]
    row = known_project(connection, key)
    return [row] if row.archived is None else []


def _leaving(lifecycle: Lifecycle, state: str) -> Iterator[Transition]:
    return (lifecycle.workflow.transitions[name] for name in lifecycle.leaving(state))


def _for_whom(house: House, connection: Connection, row: Row[Any], lifecycle: Lifecycle, gate: GateDue) -> GateDue:
    holders = projects.roles_on(connection, row.id, house.now())
    firing = _holding(lifecycle.workflow.transitions[gate.transition].fire, holders)
    asker = (*firing, row.creator_login)[0]
    decision = moving.explain(house, connection, row.key, gate.transition, asker, None, {})
    asked = tuple(str(b.params["role"]) for b in decision.blockers if b.code == "approval_missing")
    return replace(gate, holders=firing, approvers=_holding(asked, holders))


def _gate(house: House, row: Row[Any], transition: Transition, stay: Standing, at: str) -> GateDue:
    assert transition.due is not None, "only these are asked for"
    until = deadline(house.calendar, stay.since, transition.due, stay.pauses)
    return GateDue(
        project=row.key,
        title=row.title,
        transition=transition.id,
        state=row.state,
        since=stay.since,
        due=until,
        day=house.calendar.shown(until),
        late=until <= at,
    )


def _holding(roles: Iterable[str], holders: dict[str, list[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(person for role in roles for person in holders.get(role, ())))
