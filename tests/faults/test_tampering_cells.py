"""Every cell of every table is covered: whatever single value is changed, the log no longer holds (threat T1).

And whatever byte of a SQLite file is changed: SQLite says so, or verification does, or the tables say what they said.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from tests.conftest import MORNING, database_after, file_after
from tests.faults.ownership import TABLES, Owner, another, disarmed, history
from tests.faults.sealed import cosign, pinned
from tests.faults.vaults import MemoryVault, origin, signer

from flowgov import DatabaseError, Engine, FixedClock
from flowgov.audit.seals import Outside

ROWS = 1
"""Of each column so many cells are tried in one run; pytest-randomly's seed chooses others each time."""
CELLS_ON_POSTGRESQL = 40
FLIPS = 150
ENOUGH = 256
"""Records that make a node."""

Cell = tuple[str, str, Any]


@pytest.fixture(scope="module")
def log_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return file_after(sqlite_template, tmp_path_factory.mktemp("cells") / "log.db", _make)


@pytest.fixture(scope="module")
def log_database(postgres_server: URL, postgres_template: str) -> Iterator[str]:
    for name in database_after(postgres_server, postgres_template, _make):
        yield postgres_server.set(database=name).render_as_string(hide_password=False)


def _make(url: str) -> None:
    """A row in every table: also a node, and a cosigned checkpoint, and some that wait for a position."""
    clock, vault = FixedClock(MORNING), MemoryVault(signer(origin(url)))
    with Engine.open(url, clock=clock) as engine:
        engine.register_key(vault.signer().key, by="htallec")
        history(engine, clock)
        for _ in range(ENOUGH):
            engine.add_evidence("CRM", "charter", by="kbenali", link="https://example.org/charter")
        engine.checkpoint(vault)
        cosign(engine, vault.notes[-1], int(MORNING.timestamp()))
        engine.add_evidence("VPN", "charter", by="kbenali", link="https://example.org/late")


def test_no_cell_can_be_changed_unseen(log_file: Path) -> None:
    url = f"sqlite:///{log_file}"
    with disarmed(url) as db:
        columns = list(_columns(db)) * ROWS

    unseen, put_back = _tried(url, columns, "rowid")

    assert (unseen, put_back, {table for table, _ in columns}) == ([], True, set(TABLES))


def test_no_cell_can_be_changed_unseen_on_postgresql(log_database: str) -> None:
    with disarmed(log_database) as db:
        columns = random.sample(list(_columns(db)), CELLS_ON_POSTGRESQL)

    assert _tried(log_database, columns, "ctid") == ([], True)


def _columns(db: Owner) -> Iterator[tuple[str, str]]:
    for table in TABLES:
        names = db.connection.execute(text(f"SELECT * FROM flowgov_{table} LIMIT 1")).keys()
        yield from ((table, column) for column in names)


def _tried(url: str, columns: list[tuple[str, str]], row: str) -> tuple[list[tuple[str, str]], bool]:
    """The columns where a change went unseen, and whether the log holds when all say again what they said."""
    trusted = pinned(url)
    with Engine.open(url, clock=FixedClock(MORNING)) as engine:
        unseen = [column for column in columns if _changed_unseen(engine, url, trusted, *column, row)]
        return unseen, engine.verify(outside=trusted).holds


def _changed_unseen(engine: Engine, url: str, trusted: Outside, table: str, column: str, row: str) -> bool:
    """Change a cell of any row, verify, and put it back."""
    with disarmed(url) as db:
        name = random.choice(list(db.connection.execute(text(f"SELECT {row} FROM flowgov_{table}")).scalars()))
        before = db.one(f"SELECT {column} FROM flowgov_{table} WHERE {row} = :row", row=name)
        changed, name = _put(db, (table, column, name), another(before), row)
    held = engine.verify(outside=trusted).holds
    with disarmed(url) as db:
        _put(db, (table, column, name), before, row)
    return held and changed


def _put(db: Owner, cell: Cell, value: Any, row: str) -> tuple[bool, Any]:
    """Whether the database took the value, and the name of the row afterwards."""
    table, column, name = cell
    statement = f"UPDATE flowgov_{table} SET {column} = :value WHERE {row} = :row RETURNING {row}"
    with suppress(DBAPIError), db.connection.begin_nested():
        return True, db.one(statement, value=value, row=name)
    return False, name


# --- bytes of the file --------------------------------------------------------------------------------------------


def test_no_byte_of_the_file_can_be_changed_unseen(log_file: Path, tmp_path: Path) -> None:
    trusted, content = pinned(f"sqlite:///{log_file}"), _content(log_file)
    copy = _settled(log_file, tmp_path)
    whole = copy.read_bytes()

    seen = [_flip(whole, copy, trusted, content) for _ in range(FLIPS)]

    assert (seen.count("unseen"), seen.count("unchanged") < FLIPS) == (0, True)


def test_a_table_that_says_something_else_than_its_index_is_damage(log_file: Path, tmp_path: Path) -> None:
    """The node's row says 1 where the index of the table still says 0, which is what a question by index is told."""
    copy = _settled(log_file, tmp_path)
    with sqlite3.connect(copy) as raw:
        (hash_,) = raw.execute("SELECT hash FROM flowgov_node").fetchone()
    raw.close()
    # a row of SQLite's: the header's size, the types (1: a byte, 8: the number 0, 9: the number 1), then the values
    row, other = bytes([4, 1, 8, 76, 8]) + hash_, bytes([4, 1, 9, 76, 8]) + hash_
    copy.write_bytes(copy.read_bytes().replace(row, other))

    with Engine.open(f"sqlite:///{copy}") as engine, pytest.raises(DatabaseError) as refused:
        engine.verify()

    assert refused.value.reason == "damaged"


def _settled(log_file: Path, folder: Path) -> Path:
    """A copy of the file with everything in it that was in the write-ahead log."""
    with sqlite3.connect(log_file) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    return Path(shutil.copy(log_file, folder / "copy.db"))


def test_a_schema_that_is_not_even_text_is_damage(log_file: Path, tmp_path: Path) -> None:
    copy = _settled(log_file, tmp_path)
    copy.write_bytes(copy.read_bytes().replace(b"CREATE TABLE flowgov_leaf", b"CREATE TABLE \xc5lowgov_leaf"))

    with Engine.open(f"sqlite:///{copy}") as engine, pytest.raises(DatabaseError) as refused:
        engine.verify()

    assert refused.value.reason == "damaged"


def _flip(whole: bytes, copy: Path, trusted: Outside, content: object) -> str:
    """Who notices that one byte was changed: SQLite, verification, or nobody, as nothing was said by it."""
    place = random.randrange(len(whole))
    changed = bytearray(whole)
    changed[place] ^= 1 << random.randrange(8)
    for name in copy.parent.glob("copy.db*"):
        name.unlink()
    copy.write_bytes(changed)
    try:
        with Engine.open(f"sqlite:///{copy}", clock=FixedClock(MORNING)) as engine:
            holds = engine.verify(outside=trusted).holds
    except DatabaseError:
        return "damaged"
    if not holds:
        return "found"
    return "unchanged" if _content(copy) == content else "unseen"


def _content(path: Path) -> object:
    """Every value of every table, read from the tables themselves and not from their indexes."""
    with sqlite3.connect(path) as raw:
        content = [
            raw.execute(f"SELECT rowid, * FROM flowgov_{table} NOT INDEXED ORDER BY rowid").fetchall()
            for table in TABLES
        ]
    raw.close()
    return content
