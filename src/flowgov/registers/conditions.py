"""The conditions on which gates were passed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowgov.acts import outcomes
from flowgov.acts.reading import project_id
from flowgov.audit.record import Source
from flowgov.dossier.outcomes import Condition
from flowgov.project import Receipt
from flowgov.registers.register import LIBRARY, Register
from flowgov.store import entries_of, people

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from flowgov.dossier.entry import Entry


class Conditions(Register):
    """Set with `Engine.move`; late ones block the gates they name."""

    def of(self, project: str, *, session: Session | None = None) -> tuple[Condition, ...]:
        """Every condition of *project*, by key.

        Raises:
            NotFound: there is no such project.
        """

        def look(connection: Connection) -> tuple[Condition, ...]:
            logins = people.logins(connection)
            entries = entries_of.of_scope(connection, project_id(connection, project), "condition")
            return tuple(_condition(entry, logins) for entry in entries)

        return self._read(look, session)

    def done(
        self,
        project: str,
        key: str,
        *,
        note: str,
        by: str,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Say that a condition is fulfilled; its owner does.

        Args:
            note: how.

        Raises:
            Refused: *by* is not its owner, it is not open, or the evidence it asks for is not there; recorded.
            NotFound: there is no such project, condition or person.
        """
        return self._write(lambda unit: outcomes.fulfil(unit, project, key, note, by), source, session)

    def lift(
        self,
        project: str,
        key: str,
        *,
        reason: str,
        by: str,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Let go of a condition; somebody who may make the decision of the gate that set it does, not its owner.

        Raises:
            Refused: *by* is not entitled, or it is not open; recorded.
            NotFound: there is no such project, condition or person.
        """
        return self._write(lambda unit: outcomes.lift(unit, project, key, reason, by), source, session)


def _condition(entry: Entry, logins: Mapping[str, str]) -> Condition:
    facts = entry.facts
    return Condition(
        owner=logins.get(facts["owner"], facts["owner"]),
        due=facts["due"],
        blocks=tuple(facts["blocks"]),
        wording=entry.texts.get("wording", ""),
        key=entry.key,
        gate=facts["gate"],
        set_by=logins.get(facts["by"], facts["by"]),
        move=facts["move"],
        evidence=facts["evidence"],
        status=facts["status"],
        note=entry.texts.get("note"),
        at=entry.at,
    )
