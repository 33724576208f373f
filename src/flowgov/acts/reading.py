"""What waits for whom, and which records a question means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row

from flowgov.acts import moving
from flowgov.acts.house import House, archived, known_project, unknown_person
from flowgov.audit.record import ORGANISATION, project_stream
from flowgov.clock import end_of, start_of
from flowgov.dossier.entry import Entry
from flowgov.errors import NotFound
from flowgov.guards import Decision
from flowgov.machine import Lifecycle
from flowgov.store import entries_of, people, projects
from flowgov.store.records import Filter
from flowgov.suggest import closest

Day = date | datetime | str


def events() -> tuple[str, ...]:
    """Every event the log knows, by name."""
    from flowgov.audit.fields import EVENTS

    return tuple(sorted(EVENTS))


@dataclass(frozen=True, slots=True)
class Todo:
    """Something that waits for a person."""

    project: str
    title: str
    person: str
    """Login."""
    deed: str
    """``move``, ``approve`` or ``condition``."""
    transition: str
    """For a condition: the first gate that it blocks when it is late."""
    role: str
    since: str
    """Since when the project stands where it stands."""
    decision: Decision
    """For a move: what the gate says now. For an approval: what the gate still lacks."""
    condition: str | None = None
    """Key of the condition that is his to fulfil."""


def todo(house: House, connection: Connection, login: str | None) -> tuple[Todo, ...]:
    """What waits for *login*, or for everybody, by project. See `Engine.todo`."""
    if login is not None and people.find_person(connection, login) is None:
        raise unknown_person(connection, login)
    found: list[Todo] = []
    open_, logins = _open_conditions(connection), people.logins(connection)
    for row in projects.every(connection):
        lifecycle = house.lifecycle(connection, row.workflow)
        if lifecycle.workflow.states[row.state].ended:
            continue
        holders = projects.roles_on(connection, row.id, house.now())
        found.extend(_on_project(house, connection, row, lifecycle, holders, login))
        found.extend(_conditions(row, open_.get(row.id, ()), logins, login))
    return tuple(found)


def _open_conditions(connection: Connection) -> dict[str, list[Entry]]:
    """Those nobody has fulfilled or lifted, by project."""
    found: dict[str, list[Entry]] = {}
    for entry in entries_of.of_kind(connection, "condition"):
        if entry.facts["status"] == "open":
            found.setdefault(entry.scope, []).append(entry)
    return found


def _conditions(
    row: Row[Any], entries: Iterable[Entry], logins: Mapping[str, str], login: str | None
) -> Iterator[Todo]:
    for entry in entries:
        owner = logins[entry.facts["owner"]]
        if login in (None, owner):
            gate = next(iter(entry.facts["blocks"]), entry.facts["gate"])
            nothing = Decision("register", "condition.done", f"{row.key} {entry.key}", owner)
            yield Todo(row.key, row.title, owner, "condition", gate, "", entry.facts["due"], nothing, entry.key)


def _on_project(
    house: House,
    connection: Connection,
    row: Row[Any],
    lifecycle: Lifecycle,
    holders: dict[str, list[str]],
    login: str | None,
) -> Iterator[Todo]:
    for name in lifecycle.leaving(row.state):
        transition = lifecycle.workflow.transitions[name]
        if transition.kind != "gate":
            continue

        def waiting(person: str, deed: str, role: str, decision: Decision, name: str = name) -> Todo:
            return Todo(row.key, row.title, person, deed, name, role, row.entered, decision)

        firing = list(_holding(transition.fire, holders))
        for role, person in firing:
            if login in (None, person):
                decision = moving.explain(house, connection, row.key, name, person, None, {})
                yield waiting(person, "move", role, decision)
        someone = firing[0][1] if firing else row.creator_login
        gate = moving.explain(house, connection, row.key, name, someone, None, {})
        for role, person in _holding(_asked(gate), holders):
            if login in (None, person):
                yield waiting(person, "approve", role, gate)


def _asked(decision: Decision) -> tuple[str, ...]:
    return tuple(str(b.params["role"]) for b in decision.blockers if b.code == "approval_missing")


def _holding(roles: tuple[str, ...], holders: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    seen = set()
    for role in roles:
        for person in holders.get(role, ()):
            if person not in seen:
                seen.add(person)
                yield role, person


def filtered(
    connection: Connection,
    project: str | None = None,
    person: str | None = None,
    event: str | None = None,
    outcome: str | None = None,
    start: Day | None = None,
    until: Day | None = None,
) -> Filter:
    """The filter for a question asked in people's terms.

    Raises:
        NotFound: there is no such project, person or event, or the project's records were moved to an archive.
    """
    return Filter(
        stream=None if project is None else _stream(connection, project),
        actor=None if person is None else _person_id(connection, person),
        events=() if event is None else _events(event),
        outcome=outcome,
        start=None if start is None else start_of(start),
        until=None if until is None else end_of(until),
    )


def project_id(connection: Connection, key: str) -> str:
    """
    Raises:
        NotFound: there is no such project.
    """
    row = known_project(connection, key)
    return str(row.id)


def stamp_of(at: Day | None) -> str | None:
    """The stamp of a day's beginning, or of a moment."""
    return None if at is None else start_of(at)


def _stream(connection: Connection, key: str) -> str:
    if key == ORGANISATION:
        return ORGANISATION
    row = known_project(connection, key)
    if row.archived is not None:
        raise archived(row)
    return project_stream(str(row.id))


def _person_id(connection: Connection, login: str) -> str:
    row = people.find_anybody(connection, login)
    if row is None:
        raise unknown_person(connection, login)
    return str(row.id)


def _events(event: str) -> tuple[str, ...]:
    every = events()
    fitting = tuple(known for known in every if event in (known, known.partition(".")[0]))
    if not fitting:
        raise NotFound("event", name=event, known=list(every), suggestions=closest(event, every))
    return fitting
