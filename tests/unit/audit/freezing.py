"""How the newest frozen log was made: a story is played through the real engine, and what verification reads kept."""

from __future__ import annotations

import json
import sqlite3
from base64 import b64encode
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.unit.audit.story import crm, house, leaving, others, refusals
from tests.unit.audit.story.stage import opened

from flowgov.audit.compare import COLUMNS
from flowgov.audit.hashing import leaf_hash

_RECORDS = "SELECT id, stream, seq, event, outcome, actor, ts, idem, body FROM flowgov_record ORDER BY stream, seq"
_TEXTS = "SELECT stream, seq, field, salt, value FROM flowgov_text ORDER BY stream, seq, field"
_TREE = {
    "leaf": ("idx", "record", "hash", "archive"),
    "node": ("level", "idx", "hash"),
    "checkpoint": ("size", "note"),
    "cosignature": ("size", "witness", "line"),
    "pending": ("record",),
}
_YEAR = {
    "2026-01-05": (leaving.lent, *house.ACTS, *others.ACTS, *crm.ACTS, *refusals.ACTS, leaving.sealed),
    "2026-01-20": (leaving.returned, leaving.sealed),
    "2026-09-01": (others.expired, leaving.left, leaving.sealed, leaving.signed_anew, leaving.archived, leaving.waits),
}
"""What happens, by the day."""


def freeze(folder: Path) -> str:
    """The log after the story, as `FrozenShelf` reads it; the same text every time.

    Args:
        folder: an empty one, for the database and what the story leaves beside it.
    """
    with opened(folder) as stage:
        for day, acts in _YEAR.items():
            stage.on(day)
            for act in acts:
                act(stage)
    with closing(sqlite3.connect(folder / "governance.db")) as database:
        return _written(database)


def _written(database: sqlite3.Connection) -> str:
    parts = {
        "records": [_record(*row) for row in database.execute(_RECORDS)],
        "texts": [_text(*row) for row in database.execute(_TEXTS)],
    }
    tables = [f'"{name}": {_rows(_table(database, name, cols))}' for name, cols in {**COLUMNS, **_TREE}.items()]
    lines = [f'"{name}": {_rows(rows)}' for name, rows in parts.items()]
    return "{\n" + ",\n".join([*lines, '"tables": {\n' + ",\n".join(tables) + "\n}"]) + "\n}\n"


def _table(database: sqlite3.Connection, name: str, columns: tuple[str, ...]) -> list[list[Any]]:
    names = ", ".join(columns)
    rows = database.execute(f"SELECT {names} FROM flowgov_{name} ORDER BY {names}")
    return [[_cell(cell) for cell in row] for row in rows]


def _record(*row: Any) -> dict[str, Any]:
    *columns, body = row
    return {"hash": leaf_hash(body), "columns": columns, "body": body.decode("utf-8")}


def _text(stream: str, seq: int, field: str, salt: bytes, value: str) -> list[Any]:
    return [stream, seq, field, b64encode(salt).decode("ascii"), value]


def _rows(rows: list[Any]) -> str:
    """One on each line, so that a difference can be read."""
    lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows]
    return "[\n" + ",\n".join(lines) + "\n]" if lines else "[]"


def _cell(value: Any) -> Any:
    return {"base64": b64encode(value).decode("ascii")} if isinstance(value, bytes) else value
