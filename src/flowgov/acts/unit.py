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

from flowgov.acts.house import House
from flowgov.audit.record import Scribe, Source
from flowgov.errors import (
    BadInput,
    Conflict,
    DatabaseError,
    FlowgovError,
    IdempotencyMismatch,
    NotFound,
    OutcomeUnknown,
    Refused,
    WorkflowInvalid,
)
from flowgov.log import warning
from flowgov.store.database import prepare_host, reading, take_write_lock, wait_briefly
from flowgov.store.failures import translated, translation

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

T = TypeVar("T")

ATTEMPTS = 3
"""How often an act is tried when the database gave up on it as a victim of concurrency."""

_BEFORE_WRITING = (BadInput, Conflict, IdempotencyMismatch, NotFound, WorkflowInvalid)
"""Errors that only arise while nothing is written yet; a host's transaction can go on after them."""

_WORTH_RETRYING = ("deadlock", "moved_meanwhile")
_PENDING = "flowgov_refusals"
_DOOMED = "flowgov_doomed"


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


@dataclass(slots=True, eq=False)
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
        except (Conflict, DatabaseError) as error:
            if attempt == ATTEMPTS or not (error.reason in _WORTH_RETRYING or _died_idle(house, error)):
                raise
    raise AssertionError("the last attempt returns or raises")


def read(house: House, look: Callable[[Connection], T], session: Session | None = None) -> T:
    """Run *look* in one read transaction, or inside the host's *session*."""
    with translated(house.where):
        if session is not None:
            connection = _connection(session)
            house.scribe(connection)
            return look(connection)
        with reading(house.database) as connection:
            house.scribe(connection)
            return look(connection)


def _in_own(house: House, act: Act[T], source: Source, idempotency_key: str | None) -> T:
    with translated(house.where):
        connection = house.kept.take()
        try:
            outcome = _transact(house, connection, act, source, idempotency_key)
        except BaseException:
            connection.close()
            raise
        house.kept.give(connection)
    if isinstance(outcome, Refused):
        raise outcome
    return outcome


def _transact(
    house: House, connection: Connection, act: Act[T], source: Source, idempotency_key: str | None
) -> T | Refused:
    transaction = connection.begin()
    try:
        if house.own:
            take_write_lock(connection)
        else:
            prepare_host(connection)
        outcome = _outcome(Unit(house, connection, house.scribe(connection), source, idempotency_key), act)
    except BaseException:
        transaction.rollback()
        raise
    try:
        transaction.commit()
    except exc.DBAPIError as error:
        raise _uncommitted(error, house.where, idempotency_key) from error
    house.wrote = True
    return outcome


def _outcome(unit: Unit, act: Act[T]) -> T | Refused:
    try:
        return act(unit)
    except Refusal as refusal:
        refusal.record(unit)
        return refusal.error


def _in_host(house: House, act: Act[T], source: Source, session: Session, idempotency_key: str | None) -> T:
    with translated(house.where):
        connection = _connection(session)
        prepare_host(connection)
        unit = Unit(house, connection, house.scribe(connection), source, idempotency_key)
    try:
        with translated(house.where):
            return act(unit)
    except Refusal as refusal:
        _attend(session)
        session.info[_PENDING].append((connection, house, source, refusal))
        raise refusal.error from None
    except _BEFORE_WRITING as error:
        if isinstance(error.__cause__, exc.IntegrityError):  # a later statement collided: something may be written
            _doom(session, error)
        raise
    except BaseException as error:
        _doom(session, error)
        raise


def _connection(session: Session) -> Connection:
    if hasattr(session, "sync_session"):
        raise BadInput("async_session")
    return session.connection()


def _died_idle(house: House, error: FlowgovError) -> bool:
    """Whether a connection broke before its commit, as after a restart of the server: another one may work."""
    cause = error.__cause__
    if not (isinstance(cause, exc.DBAPIError) and cause.connection_invalidated) or isinstance(error, OutcomeUnknown):
        return False
    house.kept.close()
    return True


def _uncommitted(error: exc.DBAPIError, where: str, idempotency_key: str | None) -> FlowgovError:
    if error.connection_invalidated:
        return OutcomeUnknown("with_key" if idempotency_key else None, database=where, key=idempotency_key)
    return translation(error, where) or DatabaseError("unreachable", database=where)


def _attend(session: Session) -> None:
    if _PENDING not in session.info:
        session.info.update({_PENDING: [], _DOOMED: None})
        event.listen(session, "before_commit", _refuse_half)
        event.listen(session, "after_transaction_end", _ended)


def _doom(session: Session, error: BaseException) -> None:
    _attend(session)
    session.info[_DOOMED] = (session.get_nested_transaction() or session.get_transaction(), error)


def _refuse_half(session: Session) -> None:
    if session.info[_DOOMED]:
        error = session.info[_DOOMED][1]
        raise DatabaseError("half_done", why=type(error).__name__) from error


def _ended(session: Session, transaction: Any) -> None:
    if session.info[_DOOMED] and session.info[_DOOMED][0] is transaction:
        session.info[_DOOMED] = None
    if transaction.parent is not None:
        return
    pending, session.info[_PENDING] = session.info[_PENDING], []
    for connection, house, source, refusal in pending:
        try:
            _record_alone(connection, house, source, refusal)
        except (FlowgovError, exc.SQLAlchemyError) as error:
            warning("refusal_not_recorded", action=refusal.error.decision.action, error=str(error))


def _record_alone(ended: Connection, house: House, source: Source, refusal: Refusal) -> None:
    if not ended.closed and ended.in_transaction():
        # the session had joined a transaction that goes on and holds the locks
        raise Conflict("busy")
    with translated(house.where), ended.engine.connect() as connection, connection.begin():
        prepare_host(connection)
        wait_briefly(connection)
        refusal.record(Unit(house, connection, house.scribe(connection), source))
