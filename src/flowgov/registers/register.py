"""What every register has in common: acts and questions in a transaction of their own, or in the host's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection

from flowgov.acts.entering import Folder, Office, go_in, take_up
from flowgov.acts.house import House
from flowgov.acts.unit import Act, Unit, read, write
from flowgov.audit.record import Source
from flowgov.project import Receipt

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

    def _act(self, by: str, deed: Callable[[Office], None], session: Session | None, source: Source) -> Receipt:
        """The receipt for what *deed* entered last in the organisation's registers."""

        def act(unit: Unit) -> Receipt:
            office = go_in(unit, by)
            deed(office)
            assert office.receipt is not None, "every deed enters a line or raises"
            return office.receipt

        return self._write(act, source, session)

    def _act_on(
        self, project: str, by: str, deed: Callable[[Folder], None], session: Session | None, source: Source
    ) -> Receipt:
        """The receipt for what *deed* entered last in the registers of a project."""

        def act(unit: Unit) -> Receipt:
            folder = take_up(unit, project, by)
            deed(folder)
            assert folder.receipt is not None, "every deed enters a line or raises"
            return folder.receipt

        return self._write(act, source, session)
