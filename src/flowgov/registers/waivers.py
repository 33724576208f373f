"""What gates were spared: one missing item, by somebody entitled, until a date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowgov.acts import outcomes
from flowgov.acts.reading import project_id
from flowgov.audit.record import Source
from flowgov.dossier.outcomes import Day, Item, Waiver
from flowgov.project import Receipt
from flowgov.registers.register import LIBRARY, Register
from flowgov.store import entries_of, people

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from flowgov.dossier.entry import Entry


class Waivers(Register):
    """A definition says who may waive at which gate (``waive_by``); where it does not, nobody may."""

    def of(self, project: str, *, session: Session | None = None) -> tuple[Waiver, ...]:
        """Every waiver of *project*, by key.

        Raises:
            NotFound: there is no such project.
        """

        def look(connection: Connection) -> tuple[Waiver, ...]:
            logins = people.logins(connection)
            entries = entries_of.of_scope(connection, project_id(connection, project), "waiver")
            return tuple(_waiver(entry, project, logins) for entry in entries)

        return self._read(look, session)

    def grant(
        self,
        project: str,
        gate: str,
        item: Item,
        name: str,
        *,
        until: Day,
        reason: str,
        by: str,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Spare *gate* one missing item in this cycle. Never a role, a reason or the separation of duties.

        It does not count for a move that *by* makes himself.

        Args:
            item: ``evidence`` or ``approval``.
            name: the kind of evidence; or the role, one of whose approvals is waived.
            until: last day, included; 366 days ahead at most.

        Raises:
            Refused: the gate declares nobody who may, *by* is none of them, or could approve himself; recorded.
            BadInput: the date is over or too far.
            NotFound: there is no such project, gate, item or person.
        """
        return self._write(
            lambda unit: outcomes.waive(unit, project, gate, item, name, until, reason, by), source, session
        )

    def end(
        self,
        project: str,
        key: str,
        *,
        reason: str,
        by: str,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Let a waiver count no more; whoever may waive at its gate may.

        Raises:
            Refused: *by* is not entitled, or it has ended; recorded.
            NotFound: there is no such project, waiver or person.
        """
        return self._write(lambda unit: outcomes.end_waiver(unit, project, key, reason, by), source, session)


def _waiver(entry: Entry, project: str, logins: Mapping[str, str]) -> Waiver:
    facts = entry.facts
    return Waiver(
        key=entry.key,
        project=project,
        gate=facts["gate"],
        item=facts["item"],
        name=facts["name"],
        cycle=facts["cycle"],
        until=facts["until"],
        granted_by=logins.get(facts["by"], facts["by"]),
        role=facts["role"],
        at=entry.at,
        status=facts["status"],
        reason=entry.texts.get("reason", ""),
    )
