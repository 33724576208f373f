"""How connections are set up, and how few statements a move takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.sql.elements import ClauseElement

from flowgov import Engine
from flowgov.testing import ready

MOVE = {"sqlite": 3, "postgresql": 2}
"""How many statements a move without a reason takes, BEGIN and COMMIT aside: round trips decide on PostgreSQL."""


def gate(engine: Engine, key: str) -> None:
    """Given: a project that is ready to have its need validated by kbenali."""
    engine.open_project(key, workflow="standard", title=key, by="ebihan")
    ready(engine, key, "validate_need", by="kbenali")


@pytest.fixture
def staffed(engine: Engine) -> Engine:
    """An engine whose organisation has a business owner and a sponsor."""
    engine.grant_role("business_owner", "kbenali", by="htallec")
    engine.grant_role("sponsor", "slegoff", by="htallec")
    return engine


def heard(engine: Engine, deed: Callable[[], object]) -> list[str]:
    """The statements that *deed* sends."""
    said: list[str] = []

    def hear(_: Any, __: Any, statement: str, *___: Any) -> None:
        said.append(statement)

    event.listen(engine._house.database, "before_cursor_execute", hear)
    try:
        deed()
    finally:
        event.remove(engine._house.database, "before_cursor_execute", hear)
    return said


def test_every_sqlite_connection_is_durable_and_checked(url: str, engine: Engine, dialect: str) -> None:
    settings = {
        "sqlite": {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "trusted_schema": 0,
            "busy_timeout": 10000,
        },
        "postgresql": {
            "synchronous_commit": "on",
            "TimeZone": "UTC",
            "lock_timeout": "10s",
            "transaction_isolation": "read committed",
        },
    }[dialect]
    word = {"sqlite": "PRAGMA", "postgresql": "SHOW"}[dialect]
    database = engine._house.database

    with database.connect() as first, database.connect() as second:
        found = [
            {name: connection.execute(text(f"{word} {name}")).scalar_one() for name in settings}
            for connection in (first, second)
        ]

    assert found == [settings, settings]


def test_a_move_takes_few_statements(staffed: Engine, dialect: str) -> None:
    for key in ("FIRST", "SECOND"):
        gate(staffed, key)
    staffed.move("FIRST", "validate_need", by="kbenali")

    said = heard(staffed, lambda: staffed.move("SECOND", "validate_need", by="kbenali"))

    assert len([statement for statement in said if not statement.startswith("BEGIN")]) == MOVE[dialect]


def test_no_statement_is_compiled_twice(staffed: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("FIRST", "SECOND"):
        gate(staffed, key)
    staffed.move("FIRST", "validate_need", by="kbenali")
    compiled: list[str] = []
    original = ClauseElement._compiler

    def counting(self: ClauseElement, *args: Any, **options: Any) -> Any:
        compiled.append(str(type(self).__name__))
        return original(self, *args, **options)

    monkeypatch.setattr(ClauseElement, "_compiler", counting)

    staffed.move("SECOND", "validate_need", by="kbenali")

    assert compiled == []


def test_a_refused_move_compiles_nothing_twice_either(staffed: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    from flowgov import MoveRefused

    for key in ("FIRST", "SECOND"):
        staffed.open_project(key, workflow="standard", title=key, by="ebihan")
    with pytest.raises(MoveRefused):
        staffed.move("FIRST", "validate_need", by="kbenali")
    compiled: list[str] = []
    original = ClauseElement._compiler

    def counting(self: ClauseElement, *args: Any, **options: Any) -> Any:
        compiled.append(str(type(self).__name__))
        return original(self, *args, **options)

    monkeypatch.setattr(ClauseElement, "_compiler", counting)
    with pytest.raises(MoveRefused):
        staffed.move("SECOND", "validate_need", by="kbenali")

    assert compiled == []


def test_a_closed_engine_opens_again(engine: Engine) -> None:
    engine.projects()
    engine.close()

    assert engine.projects() == ()
