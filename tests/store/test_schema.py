"""The schema: what the migrations make is what the code expects, and anything else is told."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.pool import NullPool

from flowgov import DatabaseError, Engine, FixedClock
from flowgov.store import append_only, migrate
from flowgov.store.tables import SCHEMA_VERSION, metadata


def changed(url: str, statement: str) -> None:
    """Change the database behind flowgov's back."""
    database = create_engine(url, poolclass=NullPool)
    with database.begin() as connection:
        connection.execute(text(statement))


def reason(url: str) -> str | None:
    """Why the database cannot be used."""
    with Engine.open(url) as engine, pytest.raises(DatabaseError) as caught:
        engine.projects()
    return caught.value.reason


def test_the_migrations_make_the_tables_of_the_code(url: str) -> None:
    database = create_engine(url, poolclass=NullPool)
    with database.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": migrate.VERSION_TABLE, "compare_type": True}
        )

        assert compare_metadata(context, metadata) == []


def test_the_migrations_make_every_guard_trigger(url: str, dialect: str) -> None:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if dialect == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'flowgov%' AND tgenabled = 'A'"
    )
    database = create_engine(url, poolclass=NullPool)
    with database.connect() as connection:
        found = set(connection.execute(text(query)).scalars())

    assert found == set(append_only.SQLITE if dialect == "sqlite" else append_only.POSTGRESQL)


def test_every_constraint_has_a_name(url: str) -> None:
    database = create_engine(url, poolclass=NullPool)
    looked = inspect(database)
    with database.connect():
        nameless = [
            (table, kind)
            for table in metadata.tables
            for kind, found in (
                ("primary key", [looked.get_pk_constraint(table)]),
                ("unique", looked.get_unique_constraints(table)),
                ("check", looked.get_check_constraints(table)),
                ("foreign key", looked.get_foreign_keys(table)),
            )
            for constraint in found
            if not constraint["name"]
        ]
    database.dispose()

    assert nameless == []


def test_the_version_expected_is_the_newest_migration() -> None:
    scripts = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations"))

    assert scripts.get_current_head() == SCHEMA_VERSION


def test_upgrading_a_current_database_changes_nothing(url: str) -> None:
    database = create_engine(url, poolclass=NullPool)

    assert migrate.upgrade(database) == (SCHEMA_VERSION, SCHEMA_VERSION)


def test_the_schema_is_made_once_by_init(empty_url: str) -> None:
    Engine.init(empty_url, organisation="Maison Tallec", administrator="htallec", name="Hélène Tallec").close()
    database = create_engine(empty_url, poolclass=NullPool)

    with database.connect() as connection:
        assert migrate.current(connection) == SCHEMA_VERSION


@pytest.mark.parametrize(("version", "told"), [("0000", "older"), ("9999", "newer")])
def test_another_version_of_the_schema_is_told(url: str, version: str, told: str) -> None:
    changed(url, f"UPDATE flowgov_schema SET version_num = '{version}'")

    assert reason(url) == told


def test_a_schema_without_a_version_is_not_flowgovs(url: str) -> None:
    changed(url, "DELETE FROM flowgov_schema")

    assert reason(url) == "not_flowgov"


def test_an_empty_database_is_not_flowgovs(empty_url: str) -> None:
    assert reason(empty_url) == "not_flowgov"


def test_the_database_of_another_program_is_not_flowgovs(empty_url: str) -> None:
    changed(empty_url, "CREATE TABLE customers (id integer)")

    assert reason(empty_url) == "not_flowgov"


def test_tables_without_a_log_are_told(empty_url: str) -> None:
    migrate.upgrade(create_engine(empty_url, poolclass=NullPool))

    assert reason(empty_url) == "not_initialised"


def test_a_newer_schema_is_not_upgraded(url: str) -> None:
    changed(url, "UPDATE flowgov_schema SET version_num = '9999'")

    with pytest.raises(DatabaseError) as caught:
        migrate.upgrade(create_engine(url, poolclass=NullPool))

    assert caught.value.reason == "newer"


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(b"Dear Sir or Madam, " * 100)

    told = reason(f"sqlite:///{path}")

    assert (told, path.read_bytes()) == ("not_a_database", b"Dear Sir or Madam, " * 100)


@pytest.mark.parametrize("place", ["nowhere/governance.db", "."])
def test_a_place_where_no_database_can_be_is_told(tmp_path: Path, place: str) -> None:
    assert reason(f"sqlite:///{tmp_path / place}") == "unreachable"


def test_a_server_that_does_not_answer_is_told() -> None:
    assert reason("postgresql+psycopg://flowgov@localhost:1/governance") == "unreachable"


def test_a_missing_driver_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(DatabaseError) as caught:
        Engine.open("postgresql+psycopg://localhost/governance")

    assert (caught.value.reason, "flowgov[postgres]" in str(caught.value)) == ("missing_driver", True)


def test_a_read_only_file_can_be_read_but_not_written(sqlite_template: Path, tmp_path: Path, clock: FixedClock) -> None:
    path = tmp_path / "governance.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = create_engine(f"sqlite:///file:{path}?mode=ro&uri=true", poolclass=NullPool)

    with Engine.open(database, clock=clock) as engine, pytest.raises(DatabaseError) as caught:
        engine.open_project("CRM", workflow="standard", title="CRM", by="ebihan")

    assert caught.value.reason == "read_only"


def test_init_does_not_begin_a_second_log(url: str) -> None:
    from flowgov import BadInput

    with pytest.raises(BadInput) as caught:
        Engine.init(url, organisation="Another", administrator="mallory", name="Mallory")

    assert caught.value.reason == "already_initialised"


def test_init_leaves_nothing_behind_when_it_fails(tmp_path: Path) -> None:
    from flowgov import BadInput

    with pytest.raises(BadInput):
        Engine.init(f"sqlite:///{tmp_path / 'g.db'}", organisation="Maison", administrator="No Login", name="X")

    assert [*tmp_path.iterdir()] == []


def test_t1_the_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "g.db"

    Engine.init(f"sqlite:///{path}", organisation="Maison", administrator="htallec", name="X").close()

    assert path.stat().st_mode & 0o777 == 0o600


def test_a_damaged_file_is_told(sqlite_template: Path, tmp_path: Path) -> None:
    path = tmp_path / "governance.db"
    damaged = bytearray(sqlite_template.read_bytes())
    damaged[200:-1] = b"\xff" * len(damaged[200:-1])
    path.write_bytes(damaged)

    assert reason(f"sqlite:///{path}") in {"damaged", "not_a_database"}


def test_the_template_is_a_sqlite_file_in_wal_mode(sqlite_template: Path) -> None:
    connection = sqlite3.connect(sqlite_template)
    mode = connection.execute("PRAGMA journal_mode").fetchone()
    connection.close()

    assert mode == ("wal",)


def test_looking_for_a_database_leaves_no_empty_file_behind(tmp_path: Path) -> None:
    told = reason(f"sqlite:///{tmp_path / 'governance.db'}")

    assert (told, [*tmp_path.iterdir()]) == ("not_flowgov", [])
