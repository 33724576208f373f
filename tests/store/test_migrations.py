"""Bringing a database of an earlier state up to date: nothing that was in it is lost or changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine as Database
from sqlalchemy import Inspector, exc, inspect, text

from flowgov.store import migrate
from flowgov.store.database import connect, create_file, is_sqlite, writing
from flowgov.store.tables import SCHEMA_VERSION, metadata

STAMP = "2026-01-05T09:00:00.000000Z"
ROWS: dict[str, dict[str, Any]] = {
    "person": {"id": "u1", "login": "kbenali", "name": "Karim Benali", "service": False},
    "workflow": {"hash": "aa", "name": "standard", "version": "1", "seq": 4, "body": b"{}"},
    "project": {
        "id": "p1",
        "key": "CRM",
        "title": "CRM",
        "workflow": "aa",
        "state": "draft",
        "cycle": 1,
        "version": 1,
        "creator": "u1",
        "personal_data": False,
        "passages": "{}",
        "opened": STAMP,
        "entered": STAMP,
        "seq": 1,
        "head": "bb",
        "ts": STAMP,
    },
    "exception": {
        "key": "EX-0007",
        "rules": "procedure",
        "person_id": "u1",
        "project_id": "p1",
        "start": STAMP,
        "until": STAMP,
        "reason": "Équipe de deux",
        "compensating": "Relecture",
        "approved_by": "u1",
        "seq": 7,
        "reviewer_id": "u1",
        "every_days": 30,
        "reviewed": f"{STAMP} ok",
        "control": "other",
        "roles": "a,b",
    },
}
"""What a database of revision 0003 has, in the order of its foreign keys."""


def upgraded_to(database: Database, revision: str) -> None:
    with writing(database) as connection:
        command.upgrade(migrate._config(connection), revision)


@pytest.fixture
def old(empty_url: str) -> Iterator[Database]:
    """A database of revision 0003 with an exception in it, opened as flowgov opens one."""
    if is_sqlite(empty_url):
        create_file(empty_url)
    database = connect(empty_url)
    upgraded_to(database, "0003")
    with writing(database) as connection:
        for table, row in ROWS.items():
            names = ", ".join(row)
            values = ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO flowgov_{table} ({names}) VALUES ({values})"), row)
    yield database
    database.dispose()


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the tables of `ROWS`, columns by name."""
    with database.connect() as connection:
        return {
            table: [
                tuple(sorted(dict(row._mapping).items()))
                for row in connection.execute(text(f"SELECT * FROM flowgov_{table}"))
            ]
            for table in ROWS
        }


def shape(database: Database) -> dict[str, Any]:
    """The table of exceptions as the database describes it."""
    found: Inspector = inspect(database)
    table = "flowgov_exception"
    return {
        "columns": [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in found.get_columns(table)],
        "key": found.get_pk_constraint(table),
        "foreign": sorted(
            (f["name"], f["constrained_columns"], f["referred_table"]) for f in found.get_foreign_keys(table)
        ),
        "indexes": sorted((i["name"], i["column_names"], i["unique"]) for i in found.get_indexes(table)),
    }


def test_an_upgrade_keeps_every_row(old: Database) -> None:
    before = everything(old)

    assert migrate.upgrade(old) == ("0003", SCHEMA_VERSION)
    assert (everything(old), len(before["exception"])) == (before, 1)


def test_an_upgraded_database_has_the_tables_of_the_code(old: Database) -> None:
    migrate.upgrade(old)

    with old.connect() as connection:
        options = {"version_table": migrate.VERSION_TABLE, "compare_type": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []


def test_only_the_project_of_an_exception_changes(old: Database) -> None:
    before = shape(old)
    migrate.upgrade(old)

    lifted = [(name, type_, nullable or name == "project_id", d) for name, type_, nullable, d in before["columns"]]
    assert shape(old) == {**before, "columns": lifted}


def test_an_exception_can_be_for_every_project_then_and_not_before(old: Database) -> None:
    statement = text("UPDATE flowgov_exception SET project_id = NULL")
    with pytest.raises(exc.IntegrityError), old.begin() as connection:
        connection.execute(statement)
    migrate.upgrade(old)

    with old.begin() as connection:
        assert connection.execute(statement).rowcount == 1


def test_its_persons_are_still_those_that_are_known(old: Database) -> None:
    migrate.upgrade(old)

    with pytest.raises(exc.IntegrityError), old.begin() as connection:
        connection.execute(text("UPDATE flowgov_exception SET person_id = 'nobody'"))


def test_an_upgrade_leaves_nothing_else_behind(old: Database) -> None:
    migrate.upgrade(old)

    assert {*inspect(old).get_table_names()} == {*metadata.tables, migrate.VERSION_TABLE}
