"""Core statements compiled once a dialect, for the few that every act runs.

Executing a Core statement looks its compiled form up by a key made of the whole statement, and collects its
parameters anew: some 20 µs each time. These keep the compiled form at hand and go through the same connection,
with the same events and the same translation of errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ClauseElement, Connection, CursorResult
from sqlalchemy.engine import Dialect


class Prepared:
    """A statement whose parameters are given by name; their values go to the driver as they are."""

    __slots__ = ("_compiled", "_statement")

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: dict[tuple[str, str], tuple[str, tuple[str, ...] | None]] = {}

    def run(self, connection: Connection, values: Mapping[str, Any]) -> CursorResult[Any]:
        """Execute the statement with *values* for its parameters."""
        dialect = connection.dialect
        sql, order = self._compiled.get((dialect.name, dialect.driver)) or self._compile(dialect)
        given = dict(values) if order is None else tuple([values[name] for name in order])
        return connection.exec_driver_sql(sql, given)

    def _compile(self, dialect: Dialect) -> tuple[str, tuple[str, ...] | None]:
        compiled: Any = self._statement.compile(dialect=dialect)
        order = tuple(compiled.positiontup) if dialect.positional else None
        found = self._compiled[dialect.name, dialect.driver] = (compiled.string, order)
        return found
