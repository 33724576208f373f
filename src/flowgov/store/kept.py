"""Connections kept ready between two acts, in front of the pool.

Checking a connection out of the pool and in again costs as much as a statement. An act takes a kept one, or opens
another, and gives it back when its transaction is over.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from sqlalchemy import Connection, Engine

MOST = 4
"""So many are kept; the pool keeps others."""


class Kept(NamedTuple):
    """The kept connections of one database; threads may share it."""

    database: Engine
    idle: deque[Connection]

    def take(self) -> Connection:
        """A connection without a transaction; `give` it back, or close it if anything went wrong."""
        try:
            return self.idle.pop()
        except IndexError:
            return self.database.connect()

    def give(self, connection: Connection) -> None:
        """Keep *connection*, whose transaction is over, for the next act."""
        if len(self.idle) < MOST:
            self.idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Give every kept connection back to the pool."""
        while self.idle:
            self.idle.pop().close()
