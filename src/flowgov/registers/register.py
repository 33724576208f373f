"""What every register has in common: acts and questions in a transaction of their own, or in the host's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection

from flowgov.acts.house import House
from flowgov.acts.unit import Act, read, write
from flowgov.audit.record import Source

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

T = TypeVar("T")
LIBRARY = Source()


class Register:
    """A register of one engine. Persons are named by login, projects by key."""

    def __init__(self, house: House) -> None:
        self._house = house

    def _write(self, act: Act[T], source: Source, session: Session | None) -> T:
        return write(self._house, act, source, session)

    def _read(self, look: Callable[[Connection], T], session: Session | None = None) -> T:
        return read(self._house, look, session)
