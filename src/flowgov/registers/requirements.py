"""The register of requirements, and the statement on the data protection impact assessment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from flowgov.acts import requiring
from flowgov.acts.reading import project_id
from flowgov.audit.record import Source
from flowgov.dossier.entry import Entry
from flowgov.dossier.requirements import DPIA, ImpactAssessment, Requirement
from flowgov.project import Receipt
from flowgov.registers.register import LIBRARY, Register
from flowgov.store import entries_of, people

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Day = date | datetime | str


class Requirements(Register):
    """What projects are asked for, by the project's key and their own."""

    def record(
        self,
        project: str,
        title: str,
        *,
        priority: str,
        by: str,
        key: str | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Record a requirement.

        Args:
            priority: ``must``, ``should`` or ``could``.
            key: by default the next of Q-01, Q-02 …

        Raises:
            BadInput: the key is taken or malformed, or there is no such priority.
            NotFound: there is no such project or person.
            Refused: *by* neither acts on the project nor opened it, or it is closed; recorded.
        """
        return self._act_on(project, by, lambda f: requiring.record(f, key, title, priority), session, source)

    def accept(
        self,
        project: str,
        requirement: str,
        *,
        by: str,
        reason: str | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Say, for the business, that a requirement is met.

        Raises:
            NotFound: there is no such project, requirement or person.
            Refused: *by* does not speak for the business, or the project is closed; recorded.
        """
        return self._act_on(
            project, by, lambda f: requiring.answer(f, requirement, "accepted", reason), session, source
        )

    def refuse(
        self,
        project: str,
        requirement: str,
        *,
        reason: str,
        by: str,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Say, for the business, that a requirement is not met.

        Raises:
            BadInput: there is no reason.
            NotFound: there is no such project, requirement or person.
            Refused: *by* does not speak for the business, or the project is closed; recorded.
        """
        return self._act_on(project, by, lambda f: requiring.answer(f, requirement, "refused", reason), session, source)

    def of(self, project: str, *, session: Session | None = None) -> tuple[Requirement, ...]:
        """The requirements of a project, by key.

        Raises:
            NotFound: there is no such project.
        """

        def look(connection: Connection) -> tuple[Requirement, ...]:
            logins = people.logins(connection)
            found = entries_of.of_scope(connection, project_id(connection, project), requiring.KIND)
            return tuple(_requirement(entry, project, logins) for entry in found)

        return self._read(look, session)


class ImpactAssessments(Register):
    """What projects say about the data protection impact assessment."""

    def record(
        self,
        project: str,
        *,
        required: bool,
        by: str,
        reason: str | None = None,
        done: Day | None = None,
        document: str | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """State whether an impact assessment is required, and where it is once it is done.

        Args:
            by: a data protection officer where the workflow has the role ``dpo``, else somebody of the business side.
            reason: needed where none is required.
            done: the day it was done; with it, *document* says where it is.

        Raises:
            BadInput: what goes together is not there together, or the day is to come.
            NotFound: there is no such project or person.
            Refused: *by* is not entitled, or the project is closed; recorded.
        """
        return self._act_on(
            project, by, lambda f: requiring.state_dpia(f, required, reason, done, document), session, source
        )

    def of(self, project: str, *, session: Session | None = None) -> ImpactAssessment | None:
        """What was stated last; None if nothing was.

        Raises:
            NotFound: there is no such project.
        """

        def look(connection: Connection) -> ImpactAssessment | None:
            found = entries_of.of_scope(connection, project_id(connection, project), DPIA)
            return _assessment(found[0], project, people.logins(connection)) if found else None

        return self._read(look, session)


def _requirement(entry: Entry, project: str, logins: Mapping[str, str]) -> Requirement:
    decided = entry.facts["decided"] or {}
    return Requirement(
        project=project,
        key=entry.key,
        n=entry.n,
        title=entry.texts.get("title", ""),
        priority=entry.facts["priority"],
        status=entry.facts["status"],
        reason=entry.texts.get("reason", ""),
        decided_by=logins.get(decided.get("p", ""), decided.get("p")),
        role=decided.get("role"),
        recorded=entry.at,
    )


def _assessment(entry: Entry, project: str, logins: Mapping[str, str]) -> ImpactAssessment:
    facts = entry.facts
    return ImpactAssessment(
        project=project,
        n=entry.n,
        required=facts["required"],
        done=facts["done"],
        reason=entry.texts.get("reason", ""),
        document=entry.texts.get("document", ""),
        stated_by=logins.get(facts["p"], facts["p"]),
        role=facts["role"],
        recorded=entry.at,
    )
