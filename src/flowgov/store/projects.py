"""Queries on projects."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Update, bindparam, insert, select, update

from flowgov.audit.record import Head, Sealed
from flowgov.errors import Conflict
from flowgov.store import records
from flowgov.store.gate import Facts
from flowgov.store.lending import base, in_force, lasting
from flowgov.store.prepared import Prepared
from flowgov.store.tables import approval, assignment, evidence, person, project, record

_add = insert(project).inline()

_advance = update(project).where(
    *(project.c[name] == bindparam(f"held_{name}") for name in ("id", "seq", "head", "version"))
)
_move = _advance.values(
    {
        name: bindparam(f"new_{name}")
        for name in ("state", "previous", "cycle", "version", "passages", "entered", "seq", "head", "ts")
    }
)
_note = _advance.values({name: bindparam(f"new_{name}") for name in ("version", "seq", "head", "ts")})

_delegator = person.alias("delegator")
_columns = (project, person.c.login.label("creator_login"))
_joined = select(*_columns).join(person, person.c.id == project.c.creator)
_workflow_of = select(project.c.workflow).where(project.c.key == bindparam("key"))


def add(connection: Connection, values: dict[str, Any], head: Head) -> None:
    """Insert a project that stands at *head*."""
    connection.execute(_add, {**values, "seq": head.seq, "head": head.hash, "ts": head.ts})


def move(
    connection: Connection,
    facts: Facts,
    sealed: Sealed,
    idem: str | None,
    *,
    state: str,
    previous: str | None,
    cycle: int,
    passages: str,
) -> None:
    """Compare-and-set the project to its new state, and append the record.

    Raises:
        Conflict: the row is not as *facts* saw it; nothing was written.
    """
    values = {
        **_held_values(facts, sealed, facts.version + 1),
        "new_state": state,
        "new_previous": previous,
        "new_cycle": cycle,
        "new_passages": passages,
        "new_entered": sealed.ts,
    }
    _write(connection, _move, values, sealed, idem)


def note(connection: Connection, facts: Facts, sealed: Sealed, *, changed: bool) -> None:
    """Compare-and-set the project's chain head, its version too if anything *changed*, and append the record.

    Raises:
        Conflict: the row is not as *facts* saw it; nothing was written.
    """
    version = facts.version + 1 if changed else facts.version
    _write(connection, _note, _held_values(facts, sealed, version), sealed, None)


def workflow_of(connection: Connection, key: str) -> str | None:
    """Hash of the definition that project *key* is on; None if there is no such project."""
    return connection.execute(_workflow_of, {"key": key}).scalar_one_or_none()


def find(connection: Connection, key: str) -> Row[Any] | None:
    """The project *key* with its creator's login."""
    return connection.execute(_joined.where(project.c.key == key)).first()


def every(connection: Connection) -> Sequence[Row[Any]]:
    """All projects by key."""
    return connection.execute(_joined.order_by(project.c.key)).all()


def keys(connection: Connection) -> dict[str, str]:
    """Project keys by id."""
    return {row.id: row.key for row in connection.execute(select(project.c.id, project.c.key))}


def evidence_of(connection: Connection, project_id: str) -> Sequence[Row[Any]]:
    """Everything put on a project, in order, with the logins of who added it."""
    statement = select(evidence, person.c.login).join(person, person.c.id == evidence.c.person_id)
    return connection.execute(statement.where(evidence.c.project_id == project_id).order_by(evidence.c.seq)).all()


def approvals_of(connection: Connection, project_id: str) -> Sequence[Row[Any]]:
    """Every approval on a project, in order, with the logins of who approved and for whom."""
    statement = (
        select(approval, person.c.login, _delegator.c.login.label("delegator_login"))
        .join(person, person.c.id == approval.c.person_id)
        .join(_delegator, _delegator.c.id == approval.c.delegator, isouter=True)
    )
    return connection.execute(statement.where(approval.c.project_id == project_id).order_by(approval.c.seq)).all()


def add_evidence(connection: Connection, values: dict[str, Any]) -> None:
    """Insert a piece of evidence."""
    connection.execute(insert(evidence).inline(), values)


def add_approval(connection: Connection, values: dict[str, Any]) -> None:
    """Insert an approval."""
    connection.execute(insert(approval).inline(), values)


def withdraw_approval(connection: Connection, project_id: str, seq: int, at: str) -> None:
    """Mark an approval as withdrawn."""
    statement = update(approval).where(approval.c.project_id == project_id, approval.c.seq == seq)
    connection.execute(statement.values(withdrawn=at))


def roles_on(connection: Connection, project_id: str, now: str) -> dict[str, list[str]]:
    """Logins of the present holders of each role on a project (or everywhere)."""
    statement = (
        select(assignment.c.role, person.c.login)
        .distinct()
        .select_from(lasting)
        .join(person, person.c.id == assignment.c.person_id)
        .where(
            (assignment.c.project_id == project_id) | assignment.c.project_id.is_(None),
            *in_force(assignment, now),
            *in_force(base, now),
        )
        .order_by(assignment.c.role, person.c.login)
    )
    found: dict[str, list[str]] = {}
    for role, login in connection.execute(statement):
        found.setdefault(role, []).append(login)
    return found


def holders(connection: Connection, project_id: str, now: str) -> dict[str, list[str]]:
    """Ids of the present holders of each role on a project (or everywhere); who stands in for one is none."""
    where = (assignment.c.project_id == project_id) | assignment.c.project_id.is_(None)
    own = (where, assignment.c.base.is_(None), *in_force(assignment, now))
    statement = select(assignment.c.role, assignment.c.person_id).distinct().where(*own)
    found: dict[str, list[str]] = {}
    for role, person_id in connection.execute(statement.order_by(assignment.c.role, assignment.c.person_id)):
        found.setdefault(role, []).append(person_id)
    return found


def services(connection: Connection) -> frozenset[str]:
    """Ids of the service accounts."""
    return frozenset(connection.execute(select(person.c.id).where(person.c.service)).scalars())


def _held_values(facts: Facts, sealed: Sealed, version: int) -> dict[str, Any]:
    assert sealed.seq == facts.head.seq + 1, "a record follows the head of its stream"
    return {
        "held_id": facts.id,
        "held_seq": facts.head.seq,
        "held_head": facts.head.hash,
        "held_version": facts.version,
        "new_version": version,
        "new_seq": sealed.seq,
        "new_head": sealed.hash,
        "new_ts": sealed.ts,
    }


def _write(connection: Connection, statement: Update, values: dict[str, Any], sealed: Sealed, idem: str | None) -> None:
    if connection.dialect.name == "postgresql":  # one round trip for both
        written = _both(statement).run(connection, {**values, **records.row(sealed, idem)})
        _expect_one(written.rowcount)
    else:
        # first: a lost race must leave no trace
        _expect_one(_alone(statement).run(connection, values).rowcount)
        records.append_row(connection, sealed, idem)
    records.append_texts(connection, sealed)


@cache
def _alone(statement: Update) -> Prepared:
    return Prepared(statement)


@cache
def _both(statement: Update) -> Prepared:
    advanced = statement.returning(project.c.id).cte("advanced")
    columns = [column for column in record.c if column.name != "id"]
    values = (bindparam(column.name, type_=column.type) for column in columns)
    return Prepared(insert(record).from_select(columns, select(*values).select_from(advanced)))


def _expect_one(changed: int) -> None:
    if changed != 1:
        raise Conflict("moved_meanwhile")
