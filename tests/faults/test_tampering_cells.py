"""Every cell of every table is covered: whatever single value is changed, the log no longer holds (threat T1)."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from tests.conftest import MORNING
from tests.faults.ownership import TABLES, Owner, disarmed, history

from flowgov import Engine, FixedClock

NOT_COVERED = {("record", "id")}
"""Only the order of writing between chains; within a chain it must grow."""
CELLS = 400
"""Tried in one run; pytest-randomly's seed chooses others each time."""


@pytest.fixture(scope="module")
def log_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cells") / "log.db"
    shutil.copy(sqlite_template, path)
    clock = FixedClock(MORNING)
    with Engine.open(f"sqlite:///{path}", clock=clock) as engine:
        history(engine, clock)
    return path


def test_no_cell_can_be_changed_unseen(log_file: Path) -> None:
    url = f"sqlite:///{log_file}"
    with disarmed(url) as db:
        cells = list(_cells(db))
    chosen = random.sample(cells, min(CELLS, len(cells)))

    with Engine.open(url) as engine:
        unseen = [cell for cell in chosen if _changed_unseen(engine, *cell)]
        put_back = engine.verify().holds

    assert (unseen, put_back) == ([], True)


def _cells(db: Owner) -> Iterator[tuple[str, str, int]]:
    for table in TABLES:
        columns = [row[1] for row in db.connection.execute(text(f"PRAGMA table_info(flowgov_{table})"))]
        for (rowid,) in db.connection.execute(text(f"SELECT rowid FROM flowgov_{table}")).all():
            yield from ((table, column, rowid) for column in columns if (table, column) not in NOT_COVERED)


def _changed_unseen(engine: Engine, table: str, column: str, rowid: int) -> bool:
    """Change one cell, verify, and put it back."""
    url = engine._house.database.url.render_as_string()
    change = f"UPDATE flowgov_{table} SET {column} = :value WHERE rowid = :rowid"
    with disarmed(url) as db:
        before = db.one(f"SELECT {column} FROM flowgov_{table} WHERE rowid = :rowid", rowid=rowid)
        with suppress(IntegrityError):
            db.run(change, value=_other(before), rowid=rowid)
        after = db.one(f"SELECT {column} FROM flowgov_{table} WHERE rowid = :rowid", rowid=rowid)
    held = engine.verify().holds
    with disarmed(url) as db:
        db.run(change, value=before, rowid=rowid)
    return held and after != before


def _other(value: Any) -> Any:
    """Another value of the same kind, one bit away where it has bits."""
    if value is None:
        return "x"
    if isinstance(value, int):
        return value ^ 1 << random.randrange(8)
    if isinstance(value, str):
        return value + "x" if not value else value[:-1] + chr(ord(value[-1]) ^ 1)
    flipped = bytearray(value or b"\0")
    flipped[random.randrange(len(flipped))] ^= 1 << random.randrange(8)
    return bytes(flipped)
