"""What ends or has to be done soon: collected from exceptions, evidence, and every register."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from flowgov.acts.house import House, known_project
from flowgov.acts.restoring import tests_due
from flowgov.clock import last_day
from flowgov.dossier.deadlines import KINDS, Deadline, of_entry
from flowgov.dossier.entry import ORGANISATION, Entry
from flowgov.dossier.exceptions import ExceptionGrant
from flowgov.guarding.times import DATE, NOT_EXPIRED, evidence_for, good_until, today_of
from flowgov.store import entries_of, people, projects, views
from flowgov.workflow.model import Workflow


def deadlines(house: House, connection: Connection, at: str, within_days: int, key: str | None) -> tuple[Deadline, ...]:
    """See `Reader.deadlines`."""
    if key is not None:
        known_project(connection, key)
    today = today_of(at)
    furthest = (date.fromisoformat(today) + timedelta(days=within_days)).isoformat()
    found = (replace(d, late=d.day < today) for d in _all(house, connection, at, key))
    wanted = (d for d in found if d.day <= furthest and (key is None or d.project == key))
    return tuple(sorted(wanted, key=lambda d: (d.day, d.project or "", d.kind, d.key)))


def dates(connection: Connection, project_id: str) -> dict[str, str]:
    """See `Reader.dates`."""
    return {entry.key: str(entry.facts["day"]) for entry in entries_of.of_scope(connection, project_id, DATE)}


def _all(house: House, connection: Connection, at: str, key: str | None) -> Iterator[Deadline]:
    open_ = {row.id: row for row in projects.every(connection) if _is_open(house, connection, row)}
    logins = people.logins(connection)
    known = {row.key for row in open_.values()}
    for exception in views.exceptions(connection, None):
        if exception.start <= at < exception.until and (exception.project is None or exception.project in known):
            yield from _exception(exception)
    for row in open_.values():
        if key in (None, row.key):
            yield from _evidence(connection, row, house.lifecycle(connection, row.workflow).workflow, at)
    for entry in entries_of.of_kind(connection, *KINDS):
        project = open_.get(entry.scope)
        if (project is not None or entry.scope == ORGANISATION) and _matters(house, connection, entry, project, at):
            found = of_entry(entry, project.key if project else None, lambda id_: logins.get(str(id_), str(id_)))
            yield from (
                replace(d, persons=_setters(house, connection, entry, project)) if d.kind == DATE else d for d in found
            )
    for test in tests_due(house, connection, at):
        yield Deadline(
            "restore_test", test.project, test.asset, test.due, late=False, persons=test.persons, title=test.name
        )


def _exception(granted: ExceptionGrant) -> Iterator[Deadline]:
    if getattr(granted, "ended", None) is not None:
        return
    until = last_day(granted.until)
    yield Deadline("exception", granted.project, granted.key, until, late=False, persons=(granted.person,))
    review = getattr(granted, "due", None)
    if review is not None:
        who = (granted.reviewer,) if granted.reviewer else ()
        day = last_day(review)
        yield Deadline("exception_review", granted.project, granted.key, day, late=False, persons=who)


def _is_open(house: House, connection: Connection, row: Row[Any]) -> bool:
    state = house.lifecycle(connection, row.workflow).workflow.states[row.state]
    return row.archived is None and not state.ended


def _evidence(connection: Connection, row: Row[Any], workflow: Workflow, at: str) -> Iterator[Deadline]:
    """Evidence that expires; what has expired matters only where a gate ahead would refuse it."""
    if not workflow.validity:
        return
    ahead = [t for t in workflow.transitions.values() if row.state in t.sources and NOT_EXPIRED in t.guards]
    refused = {kind for transition in ahead for kind in evidence_for(workflow, transition)}
    newest = {piece.kind: piece for piece in views.evidence(connection, row.id) if piece.kind in workflow.validity}
    for kind, piece in newest.items():
        day = good_until(piece.added_at, workflow.validity[kind])
        if day >= today_of(at) or kind in refused:
            yield Deadline("evidence", row.key, kind, day, late=False, persons=(piece.added_by,), title=piece.label)


def _setters(house: House, connection: Connection, entry: Entry, row: Row[Any] | None) -> tuple[str, ...]:
    """Who can set a date anew."""
    assert row is not None, "dates are a project's"
    transitions = house.lifecycle(connection, row.workflow).workflow.transitions.values()
    roles = [role for transition in transitions if entry.key in transition.sets for role in transition.fire]
    holders = projects.roles_on(connection, row.id, house.now())
    return tuple(dict.fromkeys(person for role in roles for person in holders.get(role, ())))


def _matters(house: House, connection: Connection, entry: Entry, row: Row[Any] | None, at: str) -> bool:
    """A date that has passed matters only where time makes something of it."""
    if entry.kind != DATE or row is None or str(entry.facts.get("day")) >= today_of(at):
        return True
    transitions = house.lifecycle(connection, row.workflow).workflow.transitions.values()
    return any(t.timer is not None and t.timer.date == entry.key and row.state in t.sources for t in transitions)
