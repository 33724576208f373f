"""What records of the past should have said. The records stay as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowgov.acts import outcomes
from flowgov.acts.reading import project_id
from flowgov.audit.record import Source
from flowgov.dossier.outcomes import Correction
from flowgov.project import Receipt
from flowgov.registers.register import LIBRARY, Register
from flowgov.store import entries_of, people

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from flowgov.dossier.entry import Entry


class Corrections(Register):
    """A correction points to a record by its position and its hash."""

    def of(self, project: str, *, session: Session | None = None) -> tuple[Correction, ...]:
        """Every correction of *project*, by key.

        Raises:
            NotFound: there is no such project.
        """

        def look(connection: Connection) -> tuple[Correction, ...]:
            logins = people.logins(connection)
            entries = entries_of.of_scope(connection, project_id(connection, project), "correction")
            return tuple(_correction(entry, logins) for entry in entries)

        return self._read(look, session)

    def make(
        self,
        project: str,
        seq: int,
        *,
        wording: str,
        reason: str,
        by: str,
        field: str | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Say what a record should have said; it is shown beside the record from now on.

        Args:
            seq: position of the record in the project's chain.
            field: which of its facts or texts is wrong, if one is meant.

        Raises:
            Refused: *by* holds no role that acts on the project; recorded.
            NotFound: there is no such project, record, field or person.
        """
        return self._write(
            lambda unit: outcomes.correct(unit, project, seq, field, wording, reason, by), source, session
        )


def _correction(entry: Entry, logins: Mapping[str, str]) -> Correction:
    facts = entry.facts
    return Correction(
        key=entry.key,
        seq=facts["seq"],
        hash=facts["hash"],
        field=facts["field"],
        wording=entry.texts.get("wording", ""),
        reason=entry.texts.get("reason", ""),
        by=logins.get(facts["by"], facts["by"]),
        at=entry.at,
    )
