"""Connections kept ready between two acts, in front of the pool.

Checking a connection out of the pool and in again costs as much as a statement. An act takes a kept one, or opens
another, and gives it back when its transaction is over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import Connection, Engine

MOST = 4
"""So many are kept; the pool keeps others."""


class Kept(NamedTuple):
    """The kept connections of one database; threads may share it."""

    database: Engine
    idle: deque[Connection]

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection without a transaction; given back unless an error came through."""
        try:
            connection = self.idle.pop()
        except IndexError:
            connection = self.database.connect()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if len(self.idle) < MOST:
            self.idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Give every kept connection back to the pool."""
        while self.idle:
            self.idle.pop().close()
