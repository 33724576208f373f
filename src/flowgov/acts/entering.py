"""Entering lines in registers: of a project, in its chain; of the organisation, in the organisation's.

Each change of a line is one record that carries the whole new state. The table of entries is the projection.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flowgov.acts.administering import Desk, known_person, sit_down
from flowgov.acts.house import House, unknown_person
from flowgov.acts.receipts import on_behalf_of, on_organisation
from flowgov.acts.refusing import refuse_administration, refuse_on_project
from flowgov.acts.unit import Unit
from flowgov.audit.entry_shapes import ENTRIES
from flowgov.audit.kinds import fits
from flowgov.audit.record import Sealed
from flowgov.canonical import canonical, misfit
from flowgov.dossier.entry import ORGANISATION, Entry
from flowgov.errors import BadInput, NotFound
from flowgov.guards import Blocker, Decision, authority
from flowgov.machine import Lifecycle
from flowgov.people import ADMINISTRATOR
from flowgov.project import Receipt
from flowgov.request import Grant, first_own
from flowgov.store import entries_of, gate, people, projects, records
from flowgov.suggest import closest
from flowgov.workflow.model import Side, Workflow


def definition(lifecycle: Lifecycle) -> dict[str, Any]:
    """How a record names the definition in force."""
    workflow = lifecycle.workflow
    return {"id": workflow.id, "ver": workflow.version, "sha256": workflow.hash}


def take_up(unit: Unit, key: str, by: str) -> Folder:
    """Lock project *key* for entries of *by*.

    Raises:
        NotFound: there is no such project or person.
    """
    lifecycle = unit.house.lifecycle_of(unit.connection, key)
    facts = gate.facts(unit.connection, key, by, unit.now, lock=True)
    if facts is None:
        raise unknown_person(unit.connection, by)
    return Folder(unit, lifecycle, facts, by)


def go_in(unit: Unit, by: str) -> Office:
    """Lock the organisation's registers for entries of *by*.

    Raises:
        NotFound: there is no such person.
    """
    return Office(sit_down(unit, by))


def after(facts: gate.Facts, sealed: Sealed) -> gate.Facts:
    """The facts as they stand once a record was appended."""
    return facts._replace(head=sealed.head, version=facts.version + 1)


def next_key(taken: Iterable[str], prefix: str) -> str:
    """The next key of a register that numbers its lines: ``R-01``, ``R-02`` …"""
    numbers = (key.removeprefix(prefix) for key in taken if key.startswith(prefix))
    highest = max((int(number) for number in numbers if number.isdecimal()), default=0)
    return f"{prefix}{highest + 1:02d}"


class _Register(ABC):
    """What acts on a project's registers and on the organisation's have in common."""

    def __init__(self, unit: Unit, scope: str) -> None:
        self.unit, self.scope = unit, scope
        self.receipt: Receipt | None = None
        """Of the last entry made."""
        self._entries: dict[tuple[str, str], dict[str, Entry]] = {}

    @property
    @abstractmethod
    def actor(self) -> str:
        """Id of the person who acts."""

    @property
    @abstractmethod
    def is_service(self) -> bool:
        """Whether the actor is a service account, which confirms, accepts and approves nothing (rule 12)."""

    def entries(self, kind: str) -> dict[str, Entry]:
        """The lines of one register here, by key; nobody else changes them meanwhile."""
        return self._read(self.scope, kind)

    def shared(self, kind: str) -> dict[str, Entry]:
        """The lines of one of the organisation's registers, by key; they stay as they are until this act ends."""
        return self._read(ORGANISATION, kind)

    def person(self, login: str) -> str:
        """The id of a person.

        Raises:
            NotFound: there is no such person.
        """
        return known_person(self.unit, login)

    def human(self, login: str) -> str:
        """The id of a person who can answer for something.

        Raises:
            BadInput: it is a service account.
            NotFound: there is no such person.
        """
        found = people.find_person(self.unit.connection, login)
        if found is not None and found.service:
            raise BadInput("owner_is_service", name=login)
        return self.person(login)

    def assets(self, keys: Iterable[str]) -> list[str]:
        """The keys of these assets of the organisation, each once, in order.

        Raises:
            NotFound: there is no such asset, or it is retired.
        """
        known = {key: entry for key, entry in self.shared("asset").items() if not entry.facts["retired"]}
        wanted = sorted(set(keys))
        for key in wanted:
            if key not in known:
                raise NotFound("asset", name=key, known=[*known], suggestions=closest(key, known))
        return wanted

    def line(self, kind: str, key: str) -> Entry:
        """A line of one register here.

        Raises:
            NotFound: there is none with this key.
        """
        found = self.entries(kind)
        if key not in found:
            raise NotFound(kind, name=key, **self._where(), suggestions=closest(key, found))
        return found[key]

    def program(self) -> list[Blocker]:
        """What stops a service account from consenting to anything."""
        return [Blocker("service_approves", {"person": self.actor})] if self.is_service else []

    def _where(self) -> dict[str, str]:
        """How an error names the place of a line."""
        return {}

    def _read(self, scope: str, kind: str) -> dict[str, Entry]:
        found = self._entries.get((scope, kind))
        if found is None:
            read = entries_of.of_scope(self.unit.connection, scope, kind, share=scope != self.scope, lock=True)
            found = self._entries[scope, kind] = {one.key: one for one in read}
        return found

    def _prepare(
        self, kind: str, key: str, act: str, facts: Mapping[str, Any], texts: Mapping[str, str | None] | None
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """What the record of a line says, and the texts beside it.

        Raises:
            BadInput: a value is of another type than its register knows; verification would not accept it.
        """
        if kind in ENTRIES and not fits(dict(facts), ENTRIES[kind].facts):
            raise BadInput("facts_of_another_type", kind=kind, key=key)
        problem = misfit(dict(facts))
        assert problem is None, f"facts of a {kind} that cannot be recorded: {problem}"
        given = {field: value or "" for field, value in (texts or {}).items() if value is not None}
        former = self.entries(kind).get(key)
        content = {"key": key, "n": former.n + 1 if former else 1, "act": act, "facts": dict(facts)}
        cleared = sorted(field for field, value in given.items() if not value and former and field in former.texts)
        return {**content, "cleared": cleared} if cleared else content, given

    def _keep(self, kind: str, content: Mapping[str, Any], texts: Mapping[str, str], sealed: Sealed) -> Entry:
        """The line as its record says it is, in the table and here."""
        key = content["key"]
        former = self.entries(kind).get(key)
        places = {**(former.places if former else {}), **dict.fromkeys(texts, sealed.seq)}
        said = {**(former.texts if former else {}), **texts}
        kept = {field: value for field, value in said.items() if value}
        entry = Entry(
            scope=self.scope,
            kind=kind,
            key=key,
            n=content["n"],
            seq=sealed.seq,
            facts=content["facts"],
            at=sealed.ts,
            texts=kept,
            places={field: places[field] for field in kept},
        )
        entries_of.write(self.unit.connection, entry, canonical(entry.facts).decode())
        self.entries(kind)[key] = entry
        return entry


class Folder(_Register):
    """An act on a project's registers under way: the project is locked."""

    def __init__(self, unit: Unit, lifecycle: Lifecycle, facts: gate.Facts, login: str) -> None:
        super().__init__(unit, facts.id)
        self.lifecycle, self.facts, self.login = lifecycle, facts, login

    @property
    def is_service(self) -> bool:
        """Whether the actor is a service account, which confirms, accepts and approves nothing (rule 12)."""
        return self.facts.service

    @property
    def now(self) -> str:
        """The stamp for which the actor's roles were read."""
        return self.facts.now

    @property
    def actor(self) -> str:
        """Id of the person who acts."""
        return self.facts.actor

    def holds(self, *roles: str) -> Grant | None:
        """The actor's grant of the first of these roles that he holds; his own before one lent to him."""
        held = [grant for row in self.facts.grants if (grant := Grant(*row)).person == self.actor]
        return first_own(grant for role in roles for grant in held if grant.role == role)

    def acting(self) -> Grant | None:
        """The actor's grant of a role that acts."""
        return self.holds(*self.lifecycle.workflow.acting)

    def on_side(self, side: Side) -> Grant | None:
        """The actor's grant of a role that speaks for the business, or for the technical side."""
        return self.holds(*(role.id for role in self.lifecycle.workflow.roles.values() if role.side == side))

    def closed(self) -> list[Blocker]:
        """What keeps everybody from saying more of a project that no transition leaves."""
        state = self.facts.state
        return [] if self.lifecycle.leaving(state) else [Blocker("project_closed", {"state": state})]

    def need_concern(self, kind: str, key: str, act: str, stranger: Blocker) -> Grant | None:
        """The actor's grant of a role that acts on this project; None where he has none and opened it.

        Raises:
            Refusal: he is a *stranger*, or the project is closed.
        """
        grant = self.acting()
        strange = grant is None and self.actor != self.facts.creator
        self.stop(kind, key, act, *self.closed(), *([stranger] if strange else ()))
        return grant

    def stop(self, kind: str, key: str, act: str, *blockers: Blocker) -> None:
        """
        Raises:
            Refusal: there are *blockers*; the attempt will be recorded.
        """
        if blockers:
            decision = Decision("register", f"{kind}.{act}", f"{self.facts.key} {key}", self.login, blockers)
            content = {"kind": kind, "key": key, "act": act, "wf": definition(self.lifecycle)}
            raise refuse_on_project(self.unit, self.facts, decision, "entry.refused", content, {}, self.now)

    def _where(self) -> dict[str, str]:
        return {"project": self.facts.key}

    def need_acting(self, kind: str, key: str, act: str) -> Grant:
        """The actor's grant of a role that acts on this project, which most registers ask for.

        Raises:
            Refusal: he holds none.
        """
        grant = self.acting()
        if grant is None:
            roles = self.lifecycle.workflow.acting
            self.stop(kind, key, act, Blocker("role_missing", {"roles": list(roles)}, roles))
        assert grant is not None, "stopped otherwise"
        return grant

    def enter(
        self,
        kind: str,
        key: str,
        act: str,
        facts: Mapping[str, Any],
        texts: Mapping[str, str | None] | None = None,
        grant: Grant | None = None,
    ) -> Entry:
        """Record the new state of a line.

        Args:
            facts: all of it; persons as ids.
            texts: only those that are new or changed; an empty one is cleared.
            grant: by which role the actor may do this; None where everybody may.
        """
        said, given = self._prepare(kind, key, act, facts, texts)
        content = {
            **said,
            "cycle": self.facts.cycle,
            "version": self.facts.version + 1,
            "wf": definition(self.lifecycle),
        }
        if grant is not None:
            content["auth"] = authority(grant)
        sealed = self.unit.scribe.seal(
            self.facts.head, f"{kind}.recorded", self.actor, self.now, content, self.unit.source, given
        )
        projects.note(self.unit.connection, self.facts, sealed, changed=True)
        self.facts = after(self.facts, sealed)
        self.receipt = Receipt(
            sealed.event,
            sealed.stream,
            sealed.seq,
            sealed.hash,
            sealed.ts,
            f"{self.facts.key} {key}",
            version=self.facts.version,
            cycle=self.facts.cycle,
            role=grant.role if grant else None,
            on_behalf_of=on_behalf_of(self.unit.connection, grant.delegator if grant else None),
        )
        return self._keep(kind, said, given, sealed)


class Office(_Register):
    """An act on the organisation's registers under way: its chain is locked."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.unit, ORGANISATION)
        self.desk, self._head = desk, desk.head
        self._grants = [
            Grant(desk.actor, row.role, row.record, row.delegator)
            for row in people.held_from(desk.unit.connection, desk.actor, desk.now)
            if row.start <= desk.now
        ]

    @property
    def is_service(self) -> bool:
        """Whether the actor is a service account, which confirms, accepts and approves nothing (rule 12)."""
        return self.desk.service

    @property
    def now(self) -> str:
        """The moment of the act."""
        return self.desk.now

    @property
    def actor(self) -> str:
        """Id of the person who acts."""
        return self.desk.actor

    @property
    def login(self) -> str:
        """Login of the person who acts."""
        return self.desk.login

    @property
    def administrator(self) -> Grant | None:
        """The actor's grant of the administrator's role."""
        return self.holds(ADMINISTRATOR)

    def holds(self, *roles: str) -> Grant | None:
        """The actor's grant of the first of these roles that he holds, on any project or everywhere."""
        return first_own(grant for role in roles for grant in self._grants if grant.role == role)

    def acting(self) -> Grant | None:
        """The actor's grant of a role that acts in some workflow."""
        return self.holds(*sorted(acting_roles(self.unit.house, self.unit)))

    def standing(self) -> Grant | None:
        """The actor's grant as administrator, who may do what whoever acts may; else of a role that acts."""
        return self.administrator or self.acting()

    def on_side(self, side: Side) -> Grant | None:
        """The actor's grant of a role that speaks, in some workflow, for the business or for the technical side."""
        return self.holds(*self.roles_of(side))

    def roles_of(self, side: Side) -> tuple[str, ...]:
        """Roles that act and speak for a side in some registered workflow."""
        found = {
            role.id
            for workflow in self._workflows()
            for role in workflow.roles.values()
            if role.side == side and role.acts
        }
        return tuple(sorted(found))

    def _workflows(self) -> Iterator[Workflow]:
        return workflows_of(self.unit.house, self.unit)

    def stop(self, kind: str, key: str, act: str, *blockers: Blocker) -> None:
        """
        Raises:
            Refusal: there are *blockers*; the attempt will be recorded.
        """
        if blockers:
            decision = Decision("administer", f"{kind}.{act}", key, self.login, blockers)
            raise refuse_administration(self.unit, self.actor, decision, {"key": key}, self.now)

    def enter(
        self,
        kind: str,
        key: str,
        act: str,
        facts: Mapping[str, Any],
        texts: Mapping[str, str | None] | None = None,
        grant: Grant | None = None,
    ) -> Entry:
        """Record the new state of a line; see `Folder.enter`.

        Args:
            grant: None where the register lets the actor do this without a role; its shape has to say so.
        """
        said, given = self._prepare(kind, key, act, facts, texts)
        content = {**said, "auth": authority(grant)} if grant else said
        sealed = self.unit.scribe.seal(
            self._head, f"{kind}.recorded", self.actor, self.now, content, self.unit.source, given
        )
        people.advance_organisation(self.unit.connection, self._head, sealed)
        records.append(self.unit.connection, sealed)
        self._head = sealed.head
        self.receipt = on_organisation(sealed, key)
        return self._keep(kind, said, given, sealed)


def workflows_of(house: House, unit: Unit) -> Iterator[Workflow]:
    """Every registered workflow."""
    for row in people.every_workflow(unit.connection):
        yield house.lifecycle(unit.connection, row.hash).workflow


def acting_roles(house: House, unit: Unit) -> set[str]:
    """Roles that act in some registered workflow."""
    return {role for workflow in workflows_of(house, unit) for role in workflow.acting}
