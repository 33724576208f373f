"""Leavers: one act ends everything a person holds, and everything he lent, and tells what is left without a holder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flowgov.acts.administering import last_administrator, sit_down
from flowgov.acts.house import unknown_person
from flowgov.acts.receipts import on_organisation
from flowgov.acts.unit import Unit
from flowgov.dossier.charter import KIND, SIGNED, derive
from flowgov.guards import Blocker
from flowgov.people import ADMINISTRATOR, Assignment
from flowgov.project import Receipt
from flowgov.store import entries_of, people, projects, views


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A role on a project that nobody holds any more, and the gates that need it."""

    project: str
    """Key."""
    role: str
    gates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A line of a register that names the person: as its owner or holder, or for an action still to do."""

    project: str | None
    """Key; None for a register of the organisation."""
    kind: str
    key: str
    fields: tuple[str, ...]
    """What the person is there, such as ``owner``."""


@dataclass(frozen=True, slots=True)
class Left:
    """What became of somebody's departure."""

    receipt: Receipt
    ended: tuple[Assignment, ...]
    """What he held, or lent, until then."""
    vacancies: tuple[Vacancy, ...]
    """On open projects, because of this departure."""
    named: tuple[Named, ...]
    """What still names the person in registers, but for what is over."""


def end_person(unit: Unit, login: str, by: str, reason: str | None) -> Left:
    """See `Engine.end_person`."""
    desk = sit_down(unit, by)
    # whoever acts holds his row: what he is doing now is recorded before, or finds him gone
    person = people.lock_person(unit.connection, login)
    if person is None or person.ended is not None:
        raise unknown_person(unit.connection, login)
    held = people.lock_everything_of(unit.connection, person.id, desk.now)
    desk = desk.once_more()
    held = [row for row in held if row.until is None or row.until > desk.now]
    content = {"person": person.id, "grants": [row.id for row in held]}
    blockers = [Blocker("self_ending", {"person": person.id}, (ADMINISTRATOR,))] if person.id == desk.actor else []
    if any(row.role == ADMINISTRATOR for row in held):
        blockers += last_administrator(desk, ADMINISTRATOR, None, person.id)
    desk.allow("people.end", login, content, *blockers)
    sealed = desk.enter("person.ended", content, {"reason": reason})
    for row in held:
        people.revoke(unit.connection, row.id, sealed.ts)
    people.end_person(unit.connection, person.id, sealed.ts)
    ids = {row.id for row in held}
    ended = tuple(a for a in views.assignments(unit.connection, None, None, None, None) if a.id in ids)
    roles = {row.role for row in held if row.base is None}
    vacancies = tuple(_vacancies(unit, roles, sealed.ts))
    return Left(on_organisation(sealed, login), ended, vacancies, tuple(_named(unit, str(person.id))))


def _named(unit: Unit, person: str) -> Iterator[Named]:
    keys = projects.keys(unit.connection)
    for entry in entries_of.naming(unit.connection, person):
        if entry.kind in _PAST or _over(entry.facts):
            continue
        yield Named(keys.get(entry.scope), entry.kind, entry.key, tuple(dict.fromkeys(_fields(entry.facts, person))))


def _over(facts: Mapping[str, object]) -> bool:
    """Whether the line leaves nothing to do for anybody."""
    return facts.get("status") in _OVER or True in (facts.get("retired"), facts.get("ended"))


def _fields(value: object, person: str, field: str = "") -> Iterator[str]:
    """Names of the fields, however deep, that are this person."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _fields(item, person, str(name))
    elif isinstance(value, list):
        for item in value:
            yield from _fields(item, person, field)
    elif value == person:
        yield field


_PAST = frozenset({KIND, SIGNED})
"""Registers that say what was, and leave nobody without a holder."""
_OVER = frozenset({"closed", "done", "lifted", "ended", "cancelled"})


def _vacancies(unit: Unit, roles: set[str], now: str) -> Iterator[Vacancy]:
    for row in projects.every(unit.connection):
        workflow = unit.house.lifecycle(unit.connection, row.workflow).workflow
        if row.archived is not None or workflow.states[row.state].ended:
            continue
        holders = projects.holders(unit.connection, row.id, now)
        matrix = derive(workflow, holders, personal_data=bool(row.personal_data))
        for role in (role for role in workflow.roles if role in roles):
            gates = tuple(gap.transition for gap in matrix.gaps if gap.role == role and gap.code != "two_accountable")
            if gates:
                yield Vacancy(row.key, role, gates)
