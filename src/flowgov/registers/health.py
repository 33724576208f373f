"""The three signals of projects, from what the registers say at this moment.

Reads only, whatever the number of projects by the same few questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from flowgov.acts.house import House, known_project
from flowgov.dossier.charter import KEY, KIND, SIGNED, derive, signatories
from flowgov.dossier.entry import Entry
from flowgov.dossier.exceptions import ExceptionGrant
from flowgov.dossier.health import (
    Charter,
    Gap,
    Hat,
    Health,
    Reason,
    Signal,
    judge_rhythm,
    judge_risks,
    judge_roles,
)
from flowgov.machine import Lifecycle
from flowgov.registers.following import KINDS, rhythm_of_project
from flowgov.registers.threats import threats
from flowgov.store import entries_of, people, projects, views
from flowgov.workflow.model import Transition, Workflow

OWNERS = ("business_owner", "technical_owner")
"""The two sides of a project; a workflow that has other roles has no such signal."""
PERMITTING = ("one_person_once", "distinct_from")
"""Rules of which an exception permits one person on both sides."""
_CHARTER_GUARD = "charter_acknowledged"
_READ = (*KINDS, "risk", KIND, SIGNED)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the signals are made of, for all projects at once."""

    now: str
    logins: Mapping[str, str]
    entries: Mapping[str, Sequence[Entry]]
    """By the project's id."""
    holders: Mapping[tuple[str | None, str], Sequence[str]]
    """Logins by project key (None for everywhere) and role, at this moment."""
    exceptions: Sequence[ExceptionGrant] = ()
    """In the order granted."""

    def holding(self, key: str, role: str) -> tuple[str, ...]:
        """Logins of who holds a role on a project now."""
        found = (*self.holders.get((key, role), ()), *self.holders.get((None, role), ()))
        return tuple(dict.fromkeys(found))


def look(connection: Connection, now: str, project: Row[Any] | None = None) -> Outlook:
    """What the registers say of *project*, or of all of them."""
    key = project.key if project is not None else None
    return Outlook(
        now=now,
        logins=people.logins(connection),
        entries=_entries(connection, project),
        holders=_holders(connection, now),
        exceptions=views.exceptions(connection, key),
    )


def health(house: House, connection: Connection, row: Row[Any], outlook: Outlook) -> Health:
    """The signals of one project."""
    lifecycle = house.lifecycle(connection, row.workflow)
    if lifecycle.workflow.states[row.state].ended:
        return closed(row.key, outlook.now)
    entries = outlook.entries.get(row.id, ())
    return Health(
        project=row.key,
        at=outlook.now,
        roles=_roles(connection, lifecycle, row, entries, outlook),
        rhythm=judge_rhythm(rhythm_of_project(connection, row, lifecycle, entries, outlook.now)),
        risks=judge_risks(threats(lifecycle.workflow, entries, outlook.now)),
    )


def of_project(house: House, connection: Connection, key: str) -> Health:
    """The signals of project *key*.

    Raises:
        NotFound: there is no such project.
    """
    row = known_project(connection, key)
    return health(house, connection, row, look(connection, house.now(), row))


def of_all(house: House, connection: Connection) -> dict[str, Health]:
    """The signals of every project, by its key."""
    outlook = look(connection, house.now())
    return {row.key: health(house, connection, row, outlook) for row in projects.every(connection)}


def closed(key: str, now: str) -> Health:
    """The signals of a project that has come to its end."""
    silent = (Reason("closed", level="none"),)
    return Health(
        key, now, Signal("roles", "none", silent), Signal("rhythm", "none", silent), Signal("risks", "none", silent)
    )


def _entries(connection: Connection, project: Row[Any] | None) -> dict[str, list[Entry]]:
    if project is not None:
        return {project.id: entries_of.of_scope(connection, project.id, *_READ)}
    found: dict[str, list[Entry]] = {}
    for entry in entries_of.of_kind(connection, *_READ):
        found.setdefault(entry.scope, []).append(entry)
    return found


def _holders(connection: Connection, now: str) -> dict[tuple[str | None, str], list[str]]:
    found: dict[tuple[str | None, str], list[str]] = {}
    for assignment in views.assignments(connection, None, None, None, now):
        found.setdefault((assignment.project, assignment.role), []).append(assignment.person)
    return found


def _roles(
    connection: Connection, lifecycle: Lifecycle, row: Row[Any], entries: Sequence[Entry], outlook: Outlook
) -> Signal:
    workflow = lifecycle.workflow
    ahead = [workflow.transitions[name] for name in lifecycle.leaving(row.state)]
    gaps = [gap for t in ahead if t.kind == "gate" and (gap := _gap(t, row, outlook))]
    hats = [*_hats(row, outlook)] if all(role in workflow.roles for role in OWNERS) else []
    charter = _charter(connection, workflow, row, entries, outlook.now)
    return judge_roles(gaps, hats, charter, warn=workflow.separation == "warn")


def _gap(transition: Transition, row: Row[Any], outlook: Outlook) -> Gap | None:
    missing: list[str] = []
    if not any(outlook.holding(row.key, role) for role in transition.fire):
        missing += transition.fire
    for rule in transition.approvals:
        asked = rule.when is None or row.personal_data
        if asked and not outlook.holding(row.key, rule.role):
            missing.append(rule.role)
    return Gap(transition.id, tuple(dict.fromkeys(missing))) if missing else None


def _hats(row: Row[Any], outlook: Outlook) -> Iterator[Hat]:
    business, technical = (outlook.holding(row.key, role) for role in OWNERS)
    permitting = [e for e in outlook.exceptions if {*e.rules} & {*PERMITTING} and e.applies_to(row.key, row.opened)]
    for person in business:
        if person in technical:
            theirs = [e for e in permitting if e.person == person]
            good = next((e.key for e in theirs if e.status(outlook.now) == "operating"), None)
            idle = next((e.key for e in reversed(theirs) if e.start <= outlook.now), None)
            yield Hat(person, OWNERS, good, None if good else idle)


def _charter(
    connection: Connection, workflow: Workflow, row: Row[Any], entries: Iterable[Entry], now: str
) -> Charter | None:
    """How the issued charter stands; None where none was issued, and no gate asks for it."""
    found = entries_of.by_kind([entry for entry in entries if entry.kind in (KIND, SIGNED)])
    issued, signed = found.get(KIND, {}).get(KEY), found.get(SIGNED, {})
    if issued is None:
        return "absent" if any(_CHARTER_GUARD in t.guards for t in workflow.transitions.values()) else None
    holders = projects.holders(connection, row.id, now)
    if issued.facts["sha256"] != derive(workflow, holders, personal_data=bool(row.personal_data)).hash:
        return "outdated"
    asked = signatories(workflow, holders, projects.services(connection))
    done = all(person in signed and signed[person].facts["charter"] == issued.n for person in asked)
    return "current" if done else "unacknowledged"
