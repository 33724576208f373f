"""People, roles and definitions: guarded and recorded like moves.

Every act here needs the organisation-wide ``administrator`` role, and administrators get no exemption: nobody
grants a role to himself, and the last administrator stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from flowgov.acts.house import known_project, unknown_person
from flowgov.acts.receipts import on_organisation
from flowgov.acts.refusing import refuse_administration
from flowgov.acts.unit import Unit
from flowgov.audit.record import Head, Sealed, uuid7
from flowgov.clock import end_of, moment, start_of
from flowgov.errors import BadInput, NotFound
from flowgov.guards import Blocker, Decision
from flowgov.people import ADMINISTRATOR, clean_email
from flowgov.project import Receipt
from flowgov.store import people, records
from flowgov.suggest import closest
from flowgov.text import clean_login, clean_text
from flowgov.workflow.model import Workflow

LONGEST_NAME = 200

Day = date | datetime | str


@dataclass(frozen=True, slots=True)
class Desk:
    """An administrative act under way: the organisation's chain is locked."""

    unit: Unit
    head: Head
    now: str
    actor: str
    """Person id."""
    login: str
    grant: str | None
    """Hash of the record by which the actor is administrator; None if he is not."""
    service: bool = False
    """Whether the actor is a service account, which approves nothing."""

    def allow(self, action: str, subject: str, content: Mapping[str, Any], *blockers: Blocker) -> None:
        """
        Raises:
            Refused: the actor is no administrator, or there are other *blockers*.
        """
        strange = [] if self.grant else [Blocker("not_administrator", {}, (ADMINISTRATOR,))]
        self.stop(action, subject, content, *strange, *blockers)

    def stop(self, action: str, subject: str, content: Mapping[str, Any], *blockers: Blocker) -> None:
        """
        Raises:
            Refused: there are *blockers*.
        """
        if blockers:
            decision = Decision("administer", action, subject, self.login, blockers)
            raise refuse_administration(self.unit, self.actor, decision, content, self.now)

    def once_more(self) -> Desk:
        """The same desk at the present moment: for an end, which is timed when nobody can rely on it any more."""
        return replace(self, now=self.unit.now())

    def enter(
        self,
        event: str,
        content: Mapping[str, Any],
        texts: Mapping[str, str | None] | None = None,
        auth: Mapping[str, str] | None = None,
    ) -> Sealed:
        """Append the record of what was done to the organisation's chain.

        Args:
            auth: on whose authority, where it is not an administrator's; empty where it is by no role.
        """
        entitled = {"role": ADMINISTRATOR, "grant": self.grant} if auth is None else auth
        content = {**content, "auth": entitled} if entitled else content
        sealed = self.unit.scribe.seal(self.head, event, self.actor, self.now, content, self.unit.source, texts)
        people.advance_organisation(self.unit.connection, self.head, sealed)
        records.append(self.unit.connection, sealed)
        return sealed


def sit_down(unit: Unit, by: str) -> Desk:
    """Lock the organisation's chain for an act of *by*.

    Raises:
        NotFound: there is no such person.
    """
    head = people.lock_organisation(unit.connection)
    # looked up under the lock: an erasure that was waited for is seen
    actor = people.find_person(unit.connection, by)
    if actor is None:
        raise unknown_person(unit.connection, by)
    now = unit.now()
    grants = people.in_force(unit.connection, ADMINISTRATOR, now)
    grant = next((row.record for row in grants if row.person_id == actor.id), None)
    return Desk(unit, head, now, actor.id, by, grant, bool(actor.service))


def add_person(unit: Unit, login: str, name: str, email: str | None, by: str, *, service: bool = False) -> Receipt:
    """See `Engine.add_person`."""
    login = clean_login(login)
    name = clean_text(name, field="name", limit=LONGEST_NAME)
    email = clean_email(email) if email else None
    desk = sit_down(unit, by)
    person_id = new_person_id(unit)
    content = {"person": person_id, "service": True} if service else {"person": person_id}
    desk.allow("people.add", login, content)
    if people.is_taken(unit.connection, login):
        raise BadInput("login_taken", login=login)
    sealed = desk.enter("person.added", content, {"login": login, "name": name, "email": email})
    card = {"id": person_id, "login": login, "name": name, "email": email}
    people.add_person(unit.connection, {**card, "service": service})
    return on_organisation(sealed, login)


def grant_role(
    unit: Unit, role: str, login: str, project: str | None, start: Day | None, until: Day | None, by: str
) -> Receipt:
    """See `Engine.grant_role`."""
    desk = sit_down(unit, by)
    holder = known_person(unit, login)
    project_id = known_project_id(unit, project, archived=False)
    known_role(unit, role, project)
    begins, ends = period(desk.now, start, until)
    content = {
        "grant": uuid7(desk.now, unit.house.entropy),
        "person": holder,
        "role": role,
        "project": project_id,
        "start": begins,
        "until": ends,
    }
    own = [Blocker("self_grant", {"role": role, "person": holder}, (ADMINISTRATOR,))] if holder == desk.actor else []
    desk.allow("role.grant", login, content, *own)
    no_overlap(unit, content, login)
    sealed = desk.enter("role.granted", content)
    people.grant(unit.connection, assignment_values(content, desk.actor, sealed))
    return on_organisation(sealed, login)


def revoke_role(unit: Unit, role: str, login: str, project: str | None, by: str, reason: str | None) -> Receipt:
    """See `Engine.revoke_role`."""
    desk = sit_down(unit, by)
    holder = known_person(unit, login)
    project_id = known_project_id(unit, project)
    held = people.lock_assignments(unit.connection, holder, role, project_id)
    held = [row for row in held if row.until is None or row.until > desk.now]
    if not held:
        raise NotFound("assignment", name=login, role=role, project=project or "*")
    # the time of the revocation is taken once no move can still rely on the grant
    desk = desk.once_more()
    content = {"grants": [row.id for row in held], "person": holder, "role": role, "project": project_id}
    desk.allow("role.revoke", login, content, *last_administrator(desk, role, project_id, holder))
    sealed = desk.enter("role.revoked", content, {"reason": reason})
    for row in held:
        people.revoke(unit.connection, row.id, sealed.ts)
    return on_organisation(sealed, login)


def register_workflow(unit: Unit, workflow: Workflow, by: str) -> Receipt:
    """See `Engine.register_workflow`."""
    unit.house.bring_to_life(workflow)
    desk = sit_down(unit, by)
    content = {"wf": {"id": workflow.id, "ver": workflow.version, "sha256": workflow.hash}}
    desk.allow("workflow.register", workflow.name, content)
    for row in people.every_workflow(unit.connection):
        if (row.name, row.version) == (workflow.id, workflow.version):
            reason = "workflow_registered" if row.hash == workflow.hash else "workflow_changed"
            raise BadInput(reason, workflow=workflow.name)
    sealed = desk.enter("workflow.registered", content)
    people.add_workflow(unit.connection, workflow_values(workflow, sealed))
    return on_organisation(sealed, workflow.name)


def new_person_id(unit: Unit) -> str:
    """A random pseudonym; says nothing about whom it stands for."""
    return f"u{unit.house.entropy(10).hex()}"


def assignment_values(content: Mapping[str, Any], granted_by: str, sealed: Sealed) -> dict[str, Any]:
    """The row for a grant that was recorded."""
    return {
        "id": content["grant"],
        "person_id": content["person"],
        "role": content["role"],
        "project_id": content["project"],
        "start": content["start"],
        "until": content["until"],
        "revoked": None,
        "granted_by": granted_by,
        "record": sealed.hash,
        "delegator": None if content.get("base") is None else granted_by,
        "base": content.get("base"),
    }


def workflow_values(workflow: Workflow, sealed: Sealed) -> dict[str, Any]:
    """The row for a definition that was recorded."""
    return {
        "hash": workflow.hash,
        "name": workflow.id,
        "version": workflow.version,
        "seq": sealed.seq,
        "body": workflow.body,
    }


def known_person(unit: Unit, login: str) -> str:
    """Id of the person who uses *login*.

    Raises:
        NotFound: nobody does, or this person left.
    """
    found = people.find_person(unit.connection, login)
    if found is None:
        raise unknown_person(unit.connection, login)
    return str(found.id)


def known_project_id(unit: Unit, key: str | None, *, archived: bool = True) -> str | None:
    """A project's id.

    Args:
        archived: whether its records may have been moved to an archive: what was given can still be taken back.
    """
    if key is None:
        return None
    found = known_project(unit.connection, key)
    if found.archived is not None and not archived:
        raise BadInput("project_archived", key=key)
    return str(found.id)


def known_role(unit: Unit, role: str, project: str | None) -> None:
    """
    Raises:
        NotFound: the project's workflow has no such role, or no workflow has.
        BadInput: the role of administrators is held everywhere.
    """
    if project is not None:
        known = set(unit.house.lifecycle_of(unit.connection, project).workflow.roles)
    else:
        hashes = (row.hash for row in people.every_workflow(unit.connection))
        known = {r for h in hashes for r in unit.house.lifecycle(unit.connection, h).workflow.roles}
        known.add(ADMINISTRATOR)
    if project is not None and role == ADMINISTRATOR:
        raise BadInput("administrator_everywhere")
    if role not in known:
        raise NotFound("role", name=role, known=sorted(known), suggestions=closest(role, known))


def period(now: str, start: Day | None, until: Day | None) -> tuple[str, str | None]:
    """From when until when, as stamps.

    Raises:
        BadInput: it is empty, or begins in the past.
    """
    begins = now if start is None else start_of(start)
    ends = None if until is None else end_of(until)
    if begins < start_of(moment(now).date()):
        raise BadInput("starts_in_past", start=begins)
    begins = max(begins, now)  # today begins now: nothing is backdated, not even by hours
    if ends is not None and ends <= max(begins, now):
        raise BadInput("empty_period", start=begins, until=ends)
    return begins, ends


def no_overlap(unit: Unit, new: Mapping[str, Any], login: str) -> None:
    """
    Raises:
        BadInput: the person holds that role himself for a part of that time.
    """
    for row in people.lock_assignments(unit.connection, new["person"], new["role"], new["project"]):
        if row.base is not None:
            continue  # who stands in for somebody may be given the role himself
        apart = (row.until is not None and row.until <= new["start"]) or (
            new["until"] is not None and new["until"] <= row.start
        )
        if not apart:
            raise BadInput("overlap", person=login, role=new["role"], start=row.start, until=row.until or "…")


def last_administrator(desk: Desk, role: str, project_id: str | None, holder: str) -> list[Blocker]:
    """What keeps the last administrator from losing the role."""
    if role != ADMINISTRATOR or project_id is not None:
        return []
    others = people.in_force(desk.unit.connection, ADMINISTRATOR, desk.now)
    if any(row.person_id != holder and row.until is None for row in others):
        return []
    return [Blocker("last_administrator", {}, (ADMINISTRATOR,))]
