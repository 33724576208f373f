"""The schema itself refuses to change what was recorded, whoever asks. Defence in depth, never the proof."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine, exc, text
from sqlalchemy.pool import NullPool

from flowgov import Engine

COLUMNS = "stream, seq, body, event, outcome, actor, ts, idem"


@pytest.fixture
def project(engine: Engine) -> str:
    """The stream of a project with two records, the second under an idempotency key."""
    engine.open_project("CRM", workflow="standard", title="CRM", by="slegoff")
    engine.grant_role("sponsor", "slegoff", by="htallec")
    return engine.move("CRM", "hold", by="slegoff", reason="Summer", idempotency_key="k-1").stream


@pytest.fixture
def intruder(url: str, project: str) -> Iterator[Connection]:
    """A connection of somebody who owns the database and does not go through flowgov."""
    database = create_engine(url, poolclass=NullPool)
    with database.connect() as connection:
        yield connection
    database.dispose()


def content(connection: Connection) -> list[tuple[object, ...]]:
    """Everything in the append-only tables."""
    connection.rollback()
    tables = ("flowgov_record", "flowgov_workflow", "flowgov_text")
    return [tuple(row) for table in tables for row in connection.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2"))]


def tried(connection: Connection, statement: str, stream: str = "") -> tuple[str, bool]:
    """What the database said to *statement*, and whether everything is as before."""
    before = content(connection)
    try:
        connection.execute(text(statement), {"stream": stream} if ":stream" in statement else {})
        connection.commit()
    except exc.DBAPIError as error:
        return str(error.orig), content(connection) == before
    return "", content(connection) == before


EVERYWHERE = [
    "UPDATE flowgov_record SET actor = 'u0'",
    "UPDATE flowgov_record SET body = body WHERE seq = 1",
    "UPDATE flowgov_record SET idem = NULL WHERE stream = :stream",
    "DELETE FROM flowgov_record",
    "DELETE FROM flowgov_record WHERE stream = :stream AND seq = 2",
    f"INSERT INTO flowgov_record ({COLUMNS}) SELECT stream, seq + 2, body, event, outcome, actor, ts, NULL "
    "FROM flowgov_record WHERE stream = :stream AND seq = 2",
    f"INSERT INTO flowgov_record ({COLUMNS}) SELECT stream, 0, body, event, outcome, actor, ts, NULL "
    "FROM flowgov_record WHERE stream = :stream AND seq = 2",
    f"INSERT INTO flowgov_record ({COLUMNS}) SELECT stream, seq, body, event, outcome, actor, ts, NULL "
    "FROM flowgov_record WHERE stream = :stream",
    f"INSERT INTO flowgov_record ({COLUMNS}) SELECT stream, seq + 1, body, event, outcome, actor, ts, idem "
    "FROM flowgov_record WHERE stream = :stream AND seq = 2",
    f"INSERT INTO flowgov_record ({COLUMNS}) SELECT stream, seq, body, event, outcome, actor, ts, NULL "
    "FROM flowgov_record WHERE stream = :stream "
    "ON CONFLICT (stream, seq) DO UPDATE SET actor = 'u0'",
    "UPDATE flowgov_workflow SET body = body",
    "DELETE FROM flowgov_workflow",
    "UPDATE flowgov_text SET value = 'Winter'",
]

SQLITE = [
    f"INSERT OR REPLACE INTO flowgov_record (id, {COLUMNS}) SELECT id, {COLUMNS} FROM flowgov_record",
    f"REPLACE INTO flowgov_record (id, {COLUMNS}) SELECT id, {COLUMNS} FROM flowgov_record WHERE seq = 2",
    f"REPLACE INTO flowgov_record ({COLUMNS}) SELECT {COLUMNS} FROM flowgov_record WHERE stream = :stream",
    f"REPLACE INTO flowgov_record ({COLUMNS}) SELECT stream, seq + 1, body, event, outcome, actor, ts, idem "
    "FROM flowgov_record WHERE stream = :stream AND seq = 2",
    f"REPLACE INTO flowgov_record ({COLUMNS}) SELECT {COLUMNS} FROM flowgov_record WHERE stream = :stream AND seq = 1",
    f"REPLACE INTO flowgov_record (id, {COLUMNS}) SELECT id, stream, seq + 1, body, event, outcome, actor, ts, NULL "
    "FROM flowgov_record WHERE stream = :stream AND seq = 2",
    "UPDATE OR REPLACE flowgov_record SET actor = 'u0'",
    "UPDATE OR IGNORE flowgov_record SET actor = 'u0'",
    "REPLACE INTO flowgov_workflow SELECT * FROM flowgov_workflow",
    "REPLACE INTO flowgov_workflow SELECT hash, 'x' || name, version, seq, body FROM flowgov_workflow",
    "REPLACE INTO flowgov_workflow SELECT 'x', name, version, seq, body FROM flowgov_workflow",
    "UPDATE OR REPLACE flowgov_text SET value = 'Winter'",
]

POSTGRESQL = [
    "TRUNCATE flowgov_record",
    "TRUNCATE flowgov_workflow CASCADE",
    "TRUNCATE flowgov_text",
    "MERGE INTO flowgov_record r USING flowgov_record s ON r.id = s.id WHEN MATCHED THEN UPDATE SET actor = 'u0'",
    "MERGE INTO flowgov_record r USING flowgov_record s ON r.id = s.id WHEN MATCHED THEN DELETE",
    "WITH gone AS (DELETE FROM flowgov_record RETURNING *) SELECT count(*) FROM gone",
]


@pytest.mark.parametrize("statement", EVERYWHERE)
def test_t1_sql_by_hand_is_refused_by_the_schema(intruder: Connection, project: str, statement: str) -> None:
    said, unchanged = tried(intruder, statement, project)

    assert (bool(said), unchanged) == (True, True)


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("statement", SQLITE)
def test_t1_sql_by_hand_sqlite_replaces_nothing_silently(
    intruder: Connection, project: str, statement: str, dialect: str
) -> None:
    said, unchanged = tried(intruder, statement, project)

    assert (said.startswith("flowgov: "), unchanged) == (True, True)


@pytest.mark.parametrize("dialect", ["postgresql"])
@pytest.mark.parametrize("statement", POSTGRESQL)
def test_t1_sql_by_hand_postgresql_has_no_other_way(
    intruder: Connection, project: str, statement: str, dialect: str
) -> None:
    said, unchanged = tried(intruder, statement, project)

    assert ("flowgov: " in said, unchanged) == (True, True)


@pytest.mark.parametrize("dialect", ["postgresql"])
@pytest.mark.parametrize("statement", [*EVERYWHERE[:6], *EVERYWHERE[-3:], *POSTGRESQL])
def test_t1_sql_by_hand_pretending_to_replicate_does_not_help(
    url: str, project: str, statement: str, dialect: str
) -> None:
    database = create_engine(url, poolclass=NullPool, connect_args={"options": "-c session_replication_role=replica"})
    with database.connect() as connection:
        role = connection.execute(text("SHOW session_replication_role")).scalar_one()
        said, unchanged = tried(connection, statement, project)

    assert (role, "flowgov: " in said, unchanged) == ("replica", True, True)


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_t1_sql_by_hand_other_settings_of_sqlite_do_not_help(intruder: Connection, project: str, dialect: str) -> None:
    for setting in ("recursive_triggers = OFF", "foreign_keys = OFF", "ignore_check_constraints = ON"):
        intruder.exec_driver_sql(f"PRAGMA {setting}")

    said, unchanged = tried(intruder, SQLITE[0], project)

    assert (said.startswith("flowgov: "), unchanged) == (True, True)


def test_the_next_record_can_be_added(engine: Engine, project: str) -> None:
    assert engine.move("CRM", "cancel", by="slegoff", reason="No budget").seq == 3
