"""The connection breaks around COMMIT: the caller learns that nobody knows, and a retry acts once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, event, text
from tests.faults.hosting import log, unbroken

from flowgov import Engine, IdempotencyMismatch, OutcomeUnknown, Receipt

pytestmark = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)


@contextmanager
def broken_before(url: str, engine: Engine) -> Iterator[None]:
    """The server ends the connection just before the next COMMIT reaches it."""
    killer = create_engine(url, isolation_level="AUTOCOMMIT")

    def kill(connection: Any) -> None:
        number = connection.connection.driver_connection.info.backend_pid
        with killer.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:number, 10000)"), {"number": number})

    event.listen(engine._house.database, "commit", kill)
    yield
    event.remove(engine._house.database, "commit", kill)
    killer.dispose()


@contextmanager
def broken_after(url: str, engine: Engine) -> Iterator[None]:
    """The next COMMIT, and only that one, is done, but its answer is lost on the way."""
    dialect: Any = engine._house.database.dialect
    commit = dialect.do_commit

    def lose(connection: Any) -> None:
        dialect.do_commit = commit
        commit(connection)
        connection.dbapi_connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    dialect.do_commit = lose
    yield


Breaking = Callable[[str, Engine], Any]
breaks = pytest.mark.parametrize("breaking", [broken_before, broken_after])


def move(engine: Engine, key: str | None = "order-1") -> Receipt:
    return engine.move("CRM", "validate_need", by="kbenali", idempotency_key=key)


@breaks
def test_a_connection_that_breaks_around_the_commit_leaves_the_outcome_unknown(
    company: Engine, company_url: str, breaking: Breaking
) -> None:
    with breaking(company_url, company), pytest.raises(OutcomeUnknown) as unknown:
        move(company)

    assert ("order-1" in str(unknown.value), unknown.value.retryable, unbroken(company_url)) == (True, True, True)


@breaks
def test_a_retry_with_the_same_idempotency_key_gives_one_move(
    company: Engine, company_url: str, breaking: Breaking
) -> None:
    with breaking(company_url, company), pytest.raises(OutcomeUnknown):
        move(company)
    moved_before = log(company_url).count(("project.moved", "applied"))

    receipts = [move(company), move(company)]

    moved = log(company_url).count(("project.moved", "applied"))
    assert (receipts[0], moved, moved_before in (4, 5), unbroken(company_url)) == (receipts[1], 5, True, True)


def test_the_receipt_of_a_retry_is_that_of_the_move_whose_answer_was_lost(company: Engine, company_url: str) -> None:
    with broken_after(company_url, company), pytest.raises(OutcomeUnknown):
        move(company)

    receipt = move(company)

    last = company.history("CRM")[-1]
    assert (receipt.hash, receipt.seq, receipt.target) == (last.hash, last.seq, "business_validated")


def test_without_a_key_the_error_says_to_look_first(company: Engine, company_url: str) -> None:
    with broken_after(company_url, company), pytest.raises(OutcomeUnknown) as unknown:
        move(company, None)

    assert "Look before you try again" in str(unknown.value)


def test_the_key_of_an_unknown_outcome_cannot_be_used_for_something_else(company: Engine, company_url: str) -> None:
    with broken_after(company_url, company), pytest.raises(OutcomeUnknown):
        move(company)

    with pytest.raises(IdempotencyMismatch):
        company.move("ERP", "hold", by="kbenali", reason="Wait", idempotency_key="order-1")


def test_connections_that_died_while_idle_are_replaced_unnoticed(company: Engine, company_url: str) -> None:
    company.organisation()
    company.move("ERP", "hold", by="kbenali", reason="A budget to settle")
    killer = create_engine(company_url, isolation_level="AUTOCOMMIT")
    others = text(
        "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with killer.connect() as connection:
        connection.execute(others)
    killer.dispose()

    receipt = move(company)

    assert (receipt.target, unbroken(company_url)) == ("business_validated", True)
