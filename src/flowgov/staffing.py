"""Who stands in for whom, and who leaves: delegations and the end of a person's time here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowgov.acts import leaving, lending, moving
from flowgov.keeper import LIBRARY
from flowgov.registrar import Registrar

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from flowgov.acts.administering import Day
    from flowgov.acts.leaving import Left
    from flowgov.audit.record import Source
    from flowgov.project import Receipt


class Staffing(Registrar):
    """Deeds about people that are no administrator's alone, or that end everything at once."""

    def delegate_role(
        self,
        role: str,
        person: str,
        *,
        until: Day,
        project: str | None = None,
        start: Day | None = None,
        by: str,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Lend a role that *by* holds himself to *person*, who then acts for him, as long as *by* holds it.

        Where duties are separated, the two count as one.

        Args:
            until: last day, included, or the moment it ends; at most 92 days after *start*.
            project: only on this project; without it, everywhere, for somebody who holds the role everywhere.
            start: first day (UTC) or moment; now by default, never in the past.

        Raises:
            BadInput: the period is empty, too long, in the past, or longer than *by* holds the role; *person* holds
                it already; or it is the administrator's.
            Refused: *by* does not hold the role, or holds it for somebody else; *person* is *by*, lends him the same
                role, or is a service account; recorded.
            NotFound: there is no such role, person or project.
        """
        return self._write(
            lambda unit: lending.delegate(unit, role, person, project, start, until, by), source, session
        )

    def undelegate_role(
        self,
        role: str,
        person: str,
        *,
        project: str | None = None,
        reason: str | None = None,
        by: str,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """End what *by* lent to *person* at once; an administrator ends what anybody lent.

        Raises:
            Refused: *by* lent nothing to *person*, and is no administrator; recorded.
            NotFound: nobody lends *person* the role there.
        """
        given = moving.checked_reason(reason)
        return self._write(lambda unit: lending.undelegate(unit, role, person, project, by, given), source, session)

    def end_person(
        self,
        login: str,
        *,
        reason: str | None = None,
        by: str,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Left:
        """Note that somebody left: every role he holds or lent ends at once, and nobody acts as this person again.

        Needs the administrator role. The identity card stays until it is erased.

        Returns:
            The receipt, what ended, and what is left without a holder.

        Raises:
            Refused: *by* is no administrator, or this person; or there would be no administrator left; recorded.
            NotFound: there is no such person, or he left before.
        """
        given = moving.checked_reason(reason)
        return self._write(lambda unit: leaving.end_person(unit, login, by, given), source, session)
