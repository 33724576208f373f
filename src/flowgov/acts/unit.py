"""One transaction around an act: flowgov's own, or the host's, which the host commits.

A refusal is a record too. In flowgov's own transaction it is committed before the error is raised. Inside a
host's transaction nothing may survive a rollback and nothing may be written beside its locks, so the record is
written right after that transaction has ended, whichever way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, event, exc
from sqlalchemy import Engine as Database

from flowgov.acts.house import House
from flowgov.audit.record import Scribe, Source
from flowgov.errors import Conflict, DatabaseError, FlowgovError, OutcomeUnknown, Refused
from flowgov.log import warning
from flowgov.store.database import WRITES, check_host
from flowgov.store.failures import translated, translation

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

T = TypeVar("T")

ATTEMPTS = 3
"""How often an act is tried when the database gave up on it as a victim of concurrency."""

_PENDING = "flowgov_refusals"


@dataclass(frozen=True, slots=True)
class Unit:
    """What one act works with."""

    house: House
    connection: Connection
    scribe: Scribe
    source: Source
    idempotency_key: str | None = None

    def now(self) -> str:
        """The present moment as a stamp; ask after the locks are held."""
        return self.house.now()


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """Raised by an act that the rules do not allow, with how to record it."""

    error: Refused
    record: Callable[[Unit], None] = field(repr=False)
    """Appends the refused attempt; run in the act's own transaction, or after the host's."""


Act = Callable[[Unit], T]


def write(
    house: House, act: Act[T], source: Source, session: Session | None = None, idempotency_key: str | None = None
) -> T:
    """Run *act* in a transaction of its own, or inside the host's *session*.

    Raises:
        Refused: the rules do not allow it; the attempt is, or will be, recorded.
        Conflict: somebody else was faster, more than a few times.
        OutcomeUnknown: the connection broke around the commit.
        DatabaseError: the database cannot be used.
    """
    if session is not None:
        return _in_host(house, act, source, session, idempotency_key)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _in_own(house, act, source, idempotency_key)
        except Conflict as conflict:
            if conflict.reason != "deadlock" or attempt == ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


def read(house: House, look: Callable[[Connection], T], session: Session | None = None) -> T:
    """Run *look* in one read transaction, or inside the host's *session*."""
    with translated(house.where):
        if session is not None:
            connection = session.connection()
            house.scribe(connection)
            return look(connection)
        with house.database.connect() as connection:
            house.scribe(connection)
            return look(connection)


def _in_own(house: House, act: Act[T], source: Source, idempotency_key: str | None) -> T:
    with translated(house.where), _connect(house.database) as connection:
        transaction = connection.begin()
        try:
            if not house.own:
                take_write_lock(connection)
            unit = Unit(house, connection, house.scribe(connection), source, idempotency_key)
            outcome = _outcome(unit, act)
        except BaseException:
            transaction.rollback()
            raise
        try:
            transaction.commit()
        except exc.DBAPIError as error:
            raise _uncommitted(error, house.where, idempotency_key) from error
    if isinstance(outcome, Refused):
        raise outcome
    return outcome


def _outcome(unit: Unit, act: Act[T]) -> T | Refused:
    try:
        return act(unit)
    except Refusal as refusal:
        refusal.record(unit)
        return refusal.error


def _in_host(house: House, act: Act[T], source: Source, session: Session, idempotency_key: str | None) -> T:
    with translated(house.where):
        connection = session.connection()
        check_host(connection)
        take_write_lock(connection)
        unit = Unit(house, connection, house.scribe(connection), source, idempotency_key)
        try:
            return act(unit)
        except Refusal as refusal:
            _after(session, house, source, refusal)
            raise refusal.error from None


def take_write_lock(connection: Connection) -> None:
    """On SQLite, make a connection that flowgov did not set up the only writer before anything is read."""
    if connection.dialect.name != "sqlite":
        return
    transaction = connection.get_transaction()
    if connection.info.get("flowgov_locked") is transaction:
        return
    raw: Any = connection.connection.driver_connection
    if raw.in_transaction:
        connection.exec_driver_sql("UPDATE flowgov_organisation SET seq = seq WHERE id = 1")
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    connection.info["flowgov_locked"] = transaction


def _connect(database: Database) -> Connection:
    return database.connect().execution_options(**{WRITES: True})


def _uncommitted(error: exc.DBAPIError, where: str, idempotency_key: str | None) -> FlowgovError:
    if error.connection_invalidated:
        return OutcomeUnknown("with_key" if idempotency_key else None, database=where, key=idempotency_key)
    return translation(error, where) or DatabaseError("unreachable", database=where)


def _after(session: Session, house: House, source: Source, refusal: Refusal) -> None:
    if _PENDING not in session.info:
        session.info[_PENDING] = []
        event.listen(session, "after_transaction_end", _flush)
    session.info[_PENDING].append((house, source, refusal))


def _flush(session: Session, transaction: Any) -> None:
    if transaction.parent is not None:
        return
    pending, session.info[_PENDING] = session.info[_PENDING], []
    for house, source, refusal in pending:
        bind: Any = session.get_bind()
        try:
            _record_alone(bind.engine, house, source, refusal)
        except (FlowgovError, exc.SQLAlchemyError) as error:
            warning("refusal_not_recorded", action=refusal.error.decision.action, error=str(error))


def _record_alone(database: Database, house: House, source: Source, refusal: Refusal) -> None:
    with translated(house.where), _connect(database) as connection, connection.begin():
        take_write_lock(connection)
        refusal.record(Unit(house, connection, house.scribe(connection), source))
