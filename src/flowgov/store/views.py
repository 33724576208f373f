"""Rows as the values people work with."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, or_, select

from flowgov.dossier.evidence import Approval, Evidence
from flowgov.dossier.exceptions import ExceptionGrant
from flowgov.people import Assignment, Person
from flowgov.project import Project
from flowgov.store import people, projects
from flowgov.store import tables as t
from flowgov.workflow.model import Workflow


def project(row: Row[Any], workflow: Workflow) -> Project:
    """A project row, joined with its creator's login, as a value."""
    return Project(
        id=row.id,
        key=row.key,
        title=row.title,
        objective=row.objective,
        workflow=workflow,
        state=workflow.states[row.state],
        previous=row.previous,
        cycle=row.cycle,
        version=row.version,
        creator=row.creator_login,
        personal_data=bool(row.personal_data),
        opened=row.opened,
        entered=row.entered,
        archived=row.archived,
    )


def person(row: Row[Any]) -> Person:
    """A person's row as a value."""
    return Person(row.id, row.login, row.name, row.email, bool(row.service), row.ended)


def assignments(
    connection: Connection, project: str | None, person: str | None, role: str | None, at: str | None
) -> tuple[Assignment, ...]:
    """Assignments by project key, login and role, or those in force at a stamp."""
    statement = people.assignments()
    if project is not None:
        statement = statement.where(t.project.c.key == project)
    if person is not None:
        statement = statement.where(t.person.c.login == person)
    if role is not None:
        statement = statement.where(t.assignment.c.role == role)
    found = (_assignment(row) for row in connection.execute(statement))
    return tuple(a for a in found if at is None or a.holds_at(at))


def exceptions(connection: Connection, project: str | None) -> tuple[ExceptionGrant, ...]:
    """All exceptions in the order granted, or those that apply to one project."""
    statement = people.exceptions()
    if project is None:
        return tuple(_exception(row) for row in connection.execute(statement))
    opened = connection.execute(select(t.project.c.opened).where(t.project.c.key == project)).scalar_one_or_none()
    if opened is None:
        return ()
    statement = statement.where(or_(t.project.c.key == project, t.exception.c.project_id.is_(None)))
    found = (_exception(row) for row in connection.execute(statement))
    return tuple(granted for granted in found if granted.applies_to(project, opened))


def evidence(connection: Connection, project_id: str) -> tuple[Evidence, ...]:
    """Everything put on a project."""
    return tuple(
        Evidence(
            kind=row.kind,
            label=row.label,
            sha256=row.sha256,
            size=row.size,
            cycle=row.cycle,
            seq=row.seq,
            added_by=row.login,
            added_at=row.added,
            stored=bool(row.stored),
        )
        for row in projects.evidence_of(connection, project_id)
    )


def approvals(connection: Connection, project_id: str) -> tuple[Approval, ...]:
    """Every approval on a project."""
    return tuple(
        Approval(
            transition=row.transition,
            person=row.login,
            role=row.role,
            cycle=row.cycle,
            seq=row.seq,
            given_at=row.given,
            withdrawn_at=row.withdrawn,
            delegator=row.delegator_login,
            reservation=row.reservation,
        )
        for row in projects.approvals_of(connection, project_id)
    )


def _assignment(row: Row[Any]) -> Assignment:
    return Assignment(
        id=row.id,
        person=row.login,
        role=row.role,
        project=row.project_key,
        start=row.start,
        until=min(filter(None, (row.until, row.revoked, row.base_until, row.base_revoked)), default=None),
        granted_by=row.granter,
        record=row.record,
        delegator=row.delegator_login,
    )


def _exception(row: Row[Any]) -> ExceptionGrant:
    reviewed, _, result = (row.reviewed or "").partition(" ")
    return ExceptionGrant(
        key=row.key,
        rules=tuple(row.rules.split(",")),
        person=row.login,
        project=row.project_key,
        start=row.start,
        until=row.until,
        reason=row.reason,
        compensating=row.compensating,
        reviewer=row.reviewer,
        approved_by=row.approver,
        roles=tuple(row.roles.split(",")) if row.roles else (),
        risk=row.risk,
        control=row.control,
        every_days=row.every_days,
        reviewed=reviewed or None,
        result=result or None,
        ended=row.ended,
    )
