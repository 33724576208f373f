"""Exceptions once they are granted: what they say, their compensating reviews, and their end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from flowgov.acts import permitting
from flowgov.audit.record import Source
from flowgov.dossier.exceptions import ExceptionGrant, Status
from flowgov.project import Receipt
from flowgov.registers.register import LIBRARY, Register
from flowgov.store import views

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Exemptions(Register):
    """What was permitted to whom. `Engine.add_exception` grants one."""

    def get(self, key: str, *, session: Session | None = None) -> ExceptionGrant:
        """The exception with this key.

        Raises:
            NotFound: there is none.
        """

        def look(connection: Connection) -> ExceptionGrant:
            found = {one.key: one for one in views.exceptions(connection, None)}
            if key not in found:
                raise permitting.unknown_exception([*found], key)
            return found[key]

        return self._read(look, session)

    def status(self, exception: ExceptionGrant) -> Status:
        """Whether it permits anything now, or why it does not."""
        return exception.status(self._house.now())

    def review(
        self,
        key: str,
        *,
        result: str,
        note: str | None = None,
        by: str,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Say whether the compensating control of an exception works. Only the reviewer who is named in it does.

        Args:
            result: ``ok``, or ``problem``: then the exception permits nothing until a review finds it in order.
            note: what was looked at; needed with a problem.

        Raises:
            BadInput: the exception has not begun or is over; or there is no such result, or no note.
            Refused: *by* is not its reviewer; recorded.
            NotFound: there is no such exception or person.
        """
        return self._write(lambda unit: permitting.review_exception(unit, key, result, note, by), source, session)

    def end(
        self, key: str, *, reason: str, by: str, session: Session | None = None, source: Source = LIBRARY
    ) -> Receipt:
        """End an exception before its time. *by* is an administrator.

        Raises:
            BadInput: it is over already.
            Refused: *by* is no administrator; recorded.
            NotFound: there is no such exception or person.
        """
        return self._write(lambda unit: permitting.end_exception(unit, key, reason, by), source, session)
