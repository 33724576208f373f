"""Queries on the organisation: its chain, persons, assignments, definitions and exceptions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, insert, select, update

from flowgov.audit.hashing import leaf_hash
from flowgov.audit.record import ORGANISATION, Head, Sealed
from flowgov.errors import AuditBroken, Conflict
from flowgov.store.lending import base, lasting, not_over
from flowgov.store.tables import assignment, exception, organisation, person, project, record, workflow

KEY_EVENTS = ("key.registered", "key.rotated", "key.replaced")

_living = (person.c.login != person.c.id) & person.c.ended.is_(None)
_granter = person.alias("granter")
_reviewer = person.alias("reviewer")
_delegator = person.alias("delegator")

_lock_organisation = select(organisation).where(organisation.c.id == 1).with_for_update()
_last_body = select(record.c.body).where(record.c.stream == ORGANISATION, record.c.seq == bindparam("seq"))
_advance = (
    update(organisation)
    .where(organisation.c.seq == bindparam("held_seq"), organisation.c.head == bindparam("held_head"))
    .values(seq=bindparam("new_seq"), head=bindparam("new_head"), ts=bindparam("new_ts"))
)


def lock_organisation(connection: Connection) -> Head:
    """Lock the organisation's chain and return where it stands.

    Raises:
        AuditBroken: the organisation's row does not follow from the last record of its chain.
    """
    row = connection.execute(_lock_organisation).one()
    body = connection.execute(_last_body, {"seq": row.seq}).scalar_one_or_none()
    if row.seq and (body is None or leaf_hash(body) != row.head):
        raise AuditBroken("head", stream=ORGANISATION, seq=row.seq)
    return Head(ORGANISATION, row.seq, row.head, row.ts)


def login_of(person: str | None, logins: Mapping[str, str]) -> str | None:
    """The login of a person's id, the id itself where there is none any more; None for nobody.

    Args:
        logins: by id; see `logins`.
    """
    return None if person is None else logins.get(person, person)


def hold_organisation(connection: Connection) -> None:
    """Keep the organisation as it is until the transaction ends: nobody is granted a role meanwhile."""
    connection.execute(select(organisation.c.id).with_for_update(read=True))


def advance_organisation(connection: Connection, head: Head, sealed: Sealed) -> None:
    """Compare-and-set the organisation's chain head.

    Raises:
        Conflict: the chain is not where *head* saw it; nothing was written.
    """
    assert sealed.seq == head.seq + 1, "a record follows the head of its stream"
    values = {
        "held_seq": head.seq,
        "held_head": head.hash,
        "new_seq": sealed.seq,
        "new_head": sealed.hash,
        "new_ts": sealed.ts,
    }
    if connection.execute(_advance, values).rowcount != 1:
        raise Conflict("moved_meanwhile")


def found_organisation(connection: Connection, log: str, name: str) -> Head:
    """Insert the organisation; its chain is empty."""
    head = Head(ORGANISATION, 0, "", "")
    connection.execute(insert(organisation).values(id=1, log=log, name=name, seq=head.seq, head=head.hash, ts=head.ts))
    return head


def read_organisation(connection: Connection) -> Row[Any] | None:
    """The organisation's row, or None before `init`."""
    return connection.execute(select(organisation)).first()


def signing_key(connection: Connection) -> str | None:
    """The verifier key of who signs the log at present."""
    return connection.execute(select(organisation.c.key)).scalar_one_or_none()


def set_signing_key(connection: Connection, key: str) -> None:
    """Let *key* sign from now on."""
    connection.execute(update(organisation).values(key=key))


def signing_keys(connection: Connection) -> list[str]:
    """Every verifier key the log ever had, in order."""
    return [document.get("new") or document["key"] for document in key_records(connection)]


def key_records(connection: Connection) -> list[dict[str, Any]]:
    """What every record says by which a signing key took over, in order."""
    statement = select(record.c.body).where(record.c.stream == ORGANISATION, record.c.event.in_(KEY_EVENTS))
    return [json.loads(body) for body in connection.execute(statement.order_by(record.c.seq)).scalars()]


def add_person(connection: Connection, values: dict[str, Any]) -> None:
    """Insert a person."""
    connection.execute(insert(person).inline(), values)


def find_person(connection: Connection, login: str, *, hold: bool = False) -> Row[Any] | None:
    """The person who uses *login* and may act; whoever was erased uses none, and whoever left may not.

    Args:
        hold: keep the person from being erased until the transaction ends.
    """
    statement = select(person).where(person.c.login == login, _living)
    if hold:
        statement = statement.with_for_update(read=True, key_share=True)
    return connection.execute(statement).first()


def find_anybody(connection: Connection, login: str) -> Row[Any] | None:
    """The person who uses *login*, or who was erased and is known by this pseudonym."""
    return connection.execute(select(person).where(person.c.login == login)).first()


def lock_person(connection: Connection, login: str) -> Row[Any] | None:
    """The person who uses *login*, or used it before leaving, once nobody acts as this person any more."""
    known = select(person).where(person.c.login == login, person.c.login != person.c.id)
    return connection.execute(known.with_for_update()).first()


def end_person(connection: Connection, person_id: str, at: str) -> None:
    """Note when a person left."""
    connection.execute(update(person).where(person.c.id == person_id).values(ended=at))


def lock_everything_of(connection: Connection, person_id: str, now: str) -> Sequence[Row[Any]]:
    """The assignments of a person that are not over at *now*, and those he lent, locked."""
    a = assignment
    statement = select(a).where(
        (a.c.person_id == person_id) | (a.c.delegator == person_id), a.c.revoked.is_(None), not_over(a, now)
    )
    return connection.execute(statement.order_by(a.c.start, a.c.id).with_for_update()).all()


def is_taken(connection: Connection, login: str) -> bool:
    """Whether *login* is somebody's, or a pseudonym, by which somebody would be known once erased."""
    taken = (person.c.login == login) | (person.c.id == login)
    return connection.execute(select(person.c.id).where(taken)).first() is not None


def added_at(connection: Connection, person_id: str) -> int | None:
    """Position of the record that made a person known."""
    statement = select(record.c.seq, record.c.body).where(
        record.c.stream == ORGANISATION, record.c.event == "person.added"
    )
    rows = connection.execute(statement)
    return next((row.seq for row in rows if json.loads(row.body)["person"] == person_id), None)


def blank_card(connection: Connection, person_id: str) -> None:
    """Leave nothing of an identity card but the pseudonym."""
    blank = {"login": person_id, "name": "", "email": None}
    connection.execute(update(person).where(person.c.id == person_id).values(blank))


def held_from(connection: Connection, person_id: str, now: str) -> Sequence[Row[Any]]:
    """A person's assignments that are in force at *now*, or will be, with the keys of their projects."""
    a = assignment
    statement = (
        select(a, project.c.key.label("project_key"))
        .select_from(lasting)
        .join(project, project.c.id == a.c.project_id, isouter=True)
        .where(a.c.person_id == person_id, a.c.revoked.is_(None), not_over(a, now))
        .where(base.c.revoked.is_(None), not_over(base, now))
    )
    return connection.execute(statement.order_by(a.c.role, a.c.start, a.c.id)).all()


def every_person(connection: Connection) -> Sequence[Row[Any]]:
    """All persons by login."""
    return connection.execute(select(person).order_by(person.c.login)).all()


def logins(connection: Connection) -> dict[str, str]:
    """Logins by person id; the pseudonym of whoever was erased."""
    return {row.id: row.login for row in connection.execute(select(person.c.id, person.c.login))}


def living(connection: Connection) -> dict[str, str]:
    """Logins by person id, of those who may act: neither erased nor gone."""
    return {row.id: row.login for row in connection.execute(select(person.c.id, person.c.login).where(_living))}


def grant(connection: Connection, values: dict[str, Any]) -> None:
    """Insert an assignment."""
    connection.execute(insert(assignment).inline(), values)


def revoke(connection: Connection, assignment_id: str, at: str) -> None:
    """Mark an assignment as revoked."""
    connection.execute(update(assignment).where(assignment.c.id == assignment_id).values(revoked=at))


def lock_assignments(connection: Connection, person_id: str, role: str, project_id: str | None) -> Sequence[Row[Any]]:
    """The unrevoked assignments of a role to a person on one project (or everywhere), lent ones included, locked."""
    a = assignment
    where = a.c.project_id.is_(None) if project_id is None else a.c.project_id == project_id
    statement = select(a).where(a.c.person_id == person_id, a.c.role == role, where, a.c.revoked.is_(None))
    return connection.execute(statement.order_by(a.c.start).with_for_update()).all()


def lock_own(connection: Connection, person_id: str, role: str, now: str) -> Sequence[Row[Any]]:
    """The assignments of a role that a person holds himself, now or later, on any project, held until the end."""
    a = assignment
    where = (a.c.person_id == person_id, a.c.role == role, a.c.base.is_(None), a.c.revoked.is_(None), not_over(a, now))
    return connection.execute(select(a).where(*where).order_by(a.c.start, a.c.id).with_for_update(read=True)).all()


def lent(connection: Connection, role: str, now: str) -> Sequence[Row[Any]]:
    """Every delegation of a role that is not over at *now*."""
    a = assignment
    where = (a.c.role == role, a.c.base.is_not(None), a.c.revoked.is_(None), not_over(a, now))
    standing = (base.c.revoked.is_(None), not_over(base, now))
    columns = (a, base.c.record.label("base_record"))
    return connection.execute(select(*columns).select_from(lasting).where(*where, *standing)).all()


def in_force(connection: Connection, role: str, now: str) -> Sequence[Row[Any]]:
    """The organisation-wide assignments of a role in force at *now*."""
    a = assignment
    statement = select(a).where(
        a.c.role == role,
        a.c.project_id.is_(None),
        a.c.revoked.is_(None),
        a.c.start <= now,
        a.c.until.is_(None) | (a.c.until > now),
    )
    return connection.execute(statement).all()


def assignments() -> Select[Any]:
    """All assignments with logins and project keys; the caller adds conditions on `assignment`."""
    a = assignment
    return (
        select(
            a,
            person.c.login.label("login"),
            person.c.name.label("person_name"),
            project.c.key.label("project_key"),
            _granter.c.login.label("granter"),
            _delegator.c.login.label("delegator_login"),
            base.c.until.label("base_until"),
            base.c.revoked.label("base_revoked"),
        )
        .select_from(lasting)
        .join(_delegator, _delegator.c.id == a.c.delegator, isouter=True)
        .join(person, person.c.id == a.c.person_id)
        .join(_granter, _granter.c.id == a.c.granted_by)
        .join(project, project.c.id == a.c.project_id, isouter=True)
        .order_by(a.c.role, person.c.login, a.c.start, a.c.id)
    )


def add_workflow(connection: Connection, values: dict[str, Any]) -> None:
    """Insert a definition."""
    connection.execute(insert(workflow).inline(), values)


def find_workflow(connection: Connection, hash_: str) -> Row[Any] | None:
    """The definition with this hash."""
    return connection.execute(select(workflow).where(workflow.c.hash == hash_)).first()


def every_workflow(connection: Connection) -> Sequence[Row[Any]]:
    """All definitions, by id and in the order they were registered."""
    return connection.execute(select(workflow).order_by(workflow.c.name, workflow.c.seq)).all()


def exceptions() -> Select[Any]:
    """All exceptions with logins, and the keys of those on one project; the caller adds conditions."""
    x = exception
    return (
        select(
            x,
            person.c.login.label("login"),
            _reviewer.c.login.label("reviewer"),
            _granter.c.login.label("approver"),
            project.c.key.label("project_key"),
        )
        .join(person, person.c.id == x.c.person_id)
        .join(_granter, _granter.c.id == x.c.approved_by)
        .join(_reviewer, _reviewer.c.id == x.c.reviewer_id, isouter=True)
        .join(project, project.c.id == x.c.project_id, isouter=True)
        .order_by(x.c.seq)
    )
