"""Hosts and their connections: what is safe is used as it is, what is not is refused with one clear error."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy import Engine as Database
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from tests.faults.conftest import later
from tests.faults.hosting import WRITES, facts, guarded_workflow, log, orders, place_order, unbroken

from flowgov import BadInput, Blocker, Conflict, DatabaseError, Engine, MoveRefused, Request

sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
postgresql = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)


@pytest.fixture
def asynchronous(company_url: str, dialect: str) -> AsyncEngine:
    """The host's asynchronous engine, which the test disposes of in its own loop."""
    return create_async_engine(company_url.replace("sqlite:", "sqlite+aiosqlite:"))


@pytest.fixture
def explicit(company_url: str) -> Iterator[Database]:
    """A host on SQLite that begins its transactions itself, as SQLAlchemy's notes on savepoints recommend."""
    made = create_engine(company_url, connect_args={"isolation_level": None})
    event.listen(made, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    yield made
    made.dispose()


Making = Callable[..., Database]


@pytest.fixture
def another(company_url: str) -> Iterator[Making]:
    """Makes engines of hosts with settings of their own, and disposes of them."""
    made: list[Database] = []

    def make(**settings: Any) -> Database:
        made.append(create_engine(company_url, **settings))
        return made[-1]

    yield make
    for database in made:
        database.dispose()


def move(engine: Engine, session: Session) -> None:
    engine.move("CRM", "validate_need", by="kbenali", session=session)


# --- SQLite ---------------------------------------------------------------------------------------------------


@sqlite
def test_t30_a_host_that_has_only_read_can_move(company: Engine, company_url: str, host: Database) -> None:
    with Session(host) as session, session.begin():
        session.execute(text("SELECT count(*) FROM host_order"))
        move(company, session)

    assert log(company_url)[-1] == ("project.moved", "applied")


@sqlite
def test_t30_a_host_whose_snapshot_is_old_gets_a_conflict_and_nothing_moves(
    company: Engine, company_url: str, explicit: Database
) -> None:
    with Session(explicit) as session, session.begin():
        session.execute(text("SELECT count(*) FROM host_order")).all()
        company.move("CRM", "validate_need", by="kbenali")
        with pytest.raises(Conflict):
            company.move("ERP", "confirm_secured", by="ykerbrat", session=session)

    assert (log(company_url)[-1], unbroken(company_url)) == (("project.moved", "applied"), True)


@sqlite
def test_t30_a_host_that_has_already_written_can_move(company: Engine, company_url: str, host: Database) -> None:
    with Session(host) as session, session.begin():
        place_order(session)
        move(company, session)

    assert (orders(company_url), log(company_url)[-1]) == (1, ("project.moved", "applied"))


@sqlite
def test_t30_a_host_that_could_lose_its_commits_is_refused(company: Engine, company_url: str, host: Database) -> None:
    event.listen(host, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = NORMAL"))
    before = log(company_url)

    with Session(host) as session, pytest.raises(DatabaseError) as refused, session.begin():
        move(company, session)

    assert (refused.value.reason, log(company_url)) == ("not_durable", before)


@sqlite
def test_t30_an_engine_of_the_hosts_that_could_lose_its_commits_is_refused(company_url: str, host: Database) -> None:
    event.listen(host, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = OFF"))

    with Engine.open(host) as engine, pytest.raises(DatabaseError) as refused:
        engine.move("CRM", "validate_need", by="kbenali")

    assert refused.value.reason == "not_durable"


@sqlite
def test_t30_a_savepoint_before_the_driver_has_begun_is_refused(
    company: Engine, company_url: str, host: Database
) -> None:
    """https://docs.sqlalchemy.org/en/21/dialects/sqlite.html: releasing such a savepoint commits for good."""
    before = log(company_url)

    with Session(host) as session, pytest.raises(DatabaseError) as refused, session.begin_nested():
        move(company, session)

    assert (refused.value.reason, log(company_url)) == ("savepoint", before)


@sqlite
def test_a_savepoint_of_a_host_that_begins_itself_can_be_rolled_back(
    company: Engine, company_url: str, explicit: Database
) -> None:
    before = log(company_url), facts(company_url)

    with Session(explicit) as session, session.begin():
        savepoint = session.begin_nested()
        move(company, session)
        savepoint.rollback()
        place_order(session)

    assert ((log(company_url), facts(company_url)), orders(company_url)) == (before, 1)


# --- PostgreSQL -----------------------------------------------------------------------------------------------


@postgresql
def test_a_savepoint_can_be_the_first_thing_a_host_does(company: Engine, company_url: str, host: Database) -> None:
    before = log(company_url), facts(company_url)

    with Session(host) as session, session.begin():
        savepoint = session.begin_nested()
        move(company, session)
        savepoint.rollback()
        place_order(session)

    assert ((log(company_url), facts(company_url)), orders(company_url)) == (before, 1)


@postgresql
@pytest.mark.parametrize("name", WRITES)
def test_commits_are_durable_inside_the_transaction_of_a_host_that_had_them_not(
    company: Engine, company_url: str, another: Making, name: str
) -> None:
    careless = another(connect_args={"options": "-c synchronous_commit=off"})

    with Session(careless) as session, session.begin():
        WRITES[name](company, session)
        during = session.scalar(text("SHOW synchronous_commit"))
    with Session(careless) as session:
        after = session.scalar(text("SHOW synchronous_commit"))

    assert (during, after) == ("on", "off")


@postgresql
def test_commits_stay_durable_after_a_savepoint_is_rolled_back(
    company: Engine, company_url: str, another: Making
) -> None:
    careless = another(connect_args={"options": "-c synchronous_commit=off"})

    with Session(careless) as session, session.begin():
        savepoint = session.begin_nested()
        move(company, session)
        savepoint.rollback()
        move(company, session)
        during = session.scalar(text("SHOW synchronous_commit"))

    assert during == "on"


@postgresql
@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_t30_a_host_may_use_any_isolation_level(company: Engine, company_url: str, another: Making, level: str) -> None:
    strict = another(isolation_level=level)

    with Session(strict) as session, session.begin():
        place_order(session)
        move(company, session)

    assert (orders(company_url), unbroken(company_url)) == (1, True)


@postgresql
@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_t30_a_host_whose_snapshot_is_old_gets_a_conflict(
    company: Engine, company_url: str, another: Making, level: str
) -> None:
    strict = another(isolation_level=level)

    with Session(strict) as session, pytest.raises(Conflict), session.begin():
        session.execute(text("SELECT count(*) FROM host_order")).all()
        company.move("CRM", "validate_need", by="kbenali")
        company.move("CRM", "approve_design", by="ykerbrat", session=session)

    assert (company.project("CRM").state.id, unbroken(company_url)) == ("business_validated", True)


# --- both -----------------------------------------------------------------------------------------------------


def test_t30_a_connection_that_commits_every_statement_is_refused(
    company: Engine, company_url: str, another: Making
) -> None:
    careless = another(isolation_level="AUTOCOMMIT")
    before = log(company_url), facts(company_url)

    with Session(careless) as session, pytest.raises(DatabaseError) as refused:
        move(company, session)

    assert (refused.value.reason, (log(company_url), facts(company_url))) == ("autocommit", before)


def test_t30_a_connection_that_commits_every_statement_is_refused_even_if_it_did_not_before(
    company: Engine, company_url: str, host: Database
) -> None:
    with Session(host) as session, session.begin():
        move(company, session)
    before = log(company_url)

    careless = host.execution_options(isolation_level="AUTOCOMMIT")
    with Session(careless) as session, pytest.raises(DatabaseError) as refused:
        company.move("CRM", "approve_design", by="ykerbrat", session=session)

    assert (refused.value.reason, log(company_url)) == ("autocommit", before)


def test_a_session_on_another_log_is_refused(company_url: str, empty_url: str, host: Database) -> None:
    before = log(company_url)
    other = Engine.init(empty_url, organisation="Other", administrator="other", name="Other")
    other.organisation()

    with other, Session(host) as session, pytest.raises(DatabaseError) as refused:
        move(other, session)

    assert (refused.value.reason, log(company_url)) == ("another_log", before)


@pytest.mark.parametrize("name", ["move", "explain"])
def test_t30_an_asynchronous_session_is_refused_with_what_to_write_instead(
    company: Engine, asynchronous: AsyncEngine, name: str
) -> None:
    with pytest.raises(BadInput) as refused:
        getattr(company, name)("CRM", "validate_need", by="kbenali", session=AsyncSession(asynchronous))

    assert "run_sync" in str(refused.value)


def test_an_asynchronous_host_commits(company: Engine, company_url: str, asynchronous: AsyncEngine) -> None:
    async def host() -> None:
        async with AsyncSession(asynchronous) as session, session.begin():
            await session.run_sync(place_order)
            await session.run_sync(lambda s: move(company, s))
        await asynchronous.dispose()

    asyncio.run(host())

    assert (orders(company_url), log(company_url)[-1], unbroken(company_url)) == (
        1,
        ("project.moved", "applied"),
        True,
    )


def test_an_asynchronous_host_rolls_back(company: Engine, company_url: str, asynchronous: AsyncEngine) -> None:
    before = log(company_url), facts(company_url)

    async def host() -> None:
        async with AsyncSession(asynchronous) as session:
            await session.run_sync(place_order)
            await session.run_sync(lambda s: move(company, s))
            await session.rollback()
        await asynchronous.dispose()

    asyncio.run(host())

    assert ((log(company_url), facts(company_url)), orders(company_url)) == (before, 0)


def test_a_refusal_in_an_asynchronous_host_is_recorded(
    company: Engine, company_url: str, asynchronous: AsyncEngine
) -> None:
    async def host() -> None:
        try:
            async with AsyncSession(asynchronous) as session, session.begin():
                await session.run_sync(place_order)
                await session.run_sync(lambda s: company.move("CRM", "validate_need", by="nroussel", session=s))
        finally:
            await asynchronous.dispose()

    with pytest.raises(MoveRefused):
        asyncio.run(host())

    assert (log(company_url)[-1], orders(company_url), unbroken(company_url)) == (
        ("project.move_refused", "refused"),
        0,
        True,
    )


def test_a_session_that_joined_a_transaction_of_the_hosts_moves_with_it(
    company: Engine, company_url: str, host: Database
) -> None:
    with host.connect() as connection, connection.begin(), Session(connection) as session:
        move(company, session)
        session.commit()

    assert (log(company_url)[-1], unbroken(company_url)) == (("project.moved", "applied"), True)


def test_a_refusal_in_a_transaction_that_outlives_its_session_is_told_and_never_waits(
    company: Engine, host: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with host.connect() as connection, connection.begin(), Session(connection) as session:
        with pytest.raises(MoveRefused):
            company.move("CRM", "validate_need", by="nroussel", session=session)
        session.commit()

    assert "refusal_not_recorded" in caplog.text


@pytest.mark.parametrize("embedded", [False, True])
def test_a_host_guard_that_raises_leaves_nothing(
    company: Engine, company_url: str, host: Database, embedded: bool
) -> None:
    def broken(_: Request) -> Blocker | None:
        raise ZeroDivisionError

    with Engine.open(company_url, clock=later(), guards={"budget": broken}) as engine:
        engine.register_workflow(guarded_workflow("budget"), by="htallec")
        engine.open_project("NEW", workflow="guarded", title="New", by="ebihan")
        before = log(company_url), facts(company_url)
        with Session(host) as session, pytest.raises(ZeroDivisionError), session.begin():
            engine.move("NEW", "validate_need", by="kbenali", session=session if embedded else None)

    assert (log(company_url), facts(company_url)) == before


def test_an_act_that_fails_half_way_cannot_be_committed_by_the_host(
    company: Engine, company_url: str, host: Database
) -> None:
    before = log(company_url), facts(company_url)

    @event.listens_for(host, "before_cursor_execute")
    def fail(connection: Connection, cursor: object, statement: str, *_: object) -> None:
        if "INSERT INTO flowgov_assignment" in statement:
            raise OSError("no more file handles")

    with Session(host) as session, pytest.raises(DatabaseError) as refused, session.begin():
        with pytest.raises(OSError):
            company.grant_role("sponsor", "htallec", by="slegoff", session=session)
        place_order(session)

    assert (refused.value.reason, (log(company_url), facts(company_url)), orders(company_url)) == (
        "half_done",
        before,
        0,
    )


def test_after_the_rollback_of_an_act_that_failed_half_way_the_session_can_be_used_again(
    company: Engine, company_url: str, host: Database
) -> None:
    failing = True

    @event.listens_for(host, "before_cursor_execute")
    def fail(connection: Connection, cursor: object, statement: str, *_: object) -> None:
        if failing and "INSERT INTO flowgov_assignment" in statement:
            raise OSError("no more file handles")

    with Session(host) as session:
        with pytest.raises(OSError), session.begin():
            company.grant_role("sponsor", "htallec", by="slegoff", session=session)
        failing = False
        with session.begin():
            company.grant_role("sponsor", "htallec", by="slegoff", session=session)

    assert (log(company_url)[-1], unbroken(company_url)) == (("role.granted", "applied"), True)
