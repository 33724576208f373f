"""Who stands in for whom, who leaves, and what is removed for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowgov.acts import leaving, lending, moving, redacting
from flowgov.acts.unit import Act
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

    # --- removing ---------------------------------------------------------------------------------------------

    def redact(
        self,
        project: str | None,
        seq: int,
        field: str,
        *,
        reason: str,
        by: str,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Remove a free text for ever; its record stays, with the proof that there was a text. Administrators only.

        Inside a host's *session* on SQLite, removed bytes may stay in the write-ahead log until its next checkpoint.

        Args:
            project: key of the project whose record it is, or None for a record of the organisation.
            seq: position of the record in its chain, as `Entry.seq`.
            field: name of the text, as in `Entry.texts`.
            reason: why; it is kept, so it must not repeat what is removed.

        Raises:
            BadInput: the text was removed before, or belongs to an identity card.
            Refused: *by* is no administrator; recorded.
            NotFound: there is no such project, record, text or person.
        """
        return self._remove(lambda unit: redacting.redact(unit, project, seq, field, reason, by), source, session)

    def erase_person(
        self, login: str, *, reason: str, by: str, session: Session | None = None, source: Source = LIBRARY
    ) -> Receipt:
        """Remove a person's identity card for ever: login, name, e-mail and system user. Administrators only.

        What the person did stays, under a pseudonym, which is the receipt's subject. Nobody can act as this person
        again, or be given a role under the pseudonym; the same human being can be made known anew.

        Args:
            reason: why; it is kept, so it must not name the person.

        Raises:
            Refused: *by* is no administrator, or this person; or the person holds a role, now or later; recorded.
            NotFound: there is no such person.
        """
        return self._remove(lambda unit: redacting.erase_person(unit, login, reason, by), source, session)

    def _remove(self, act: Act[Receipt], source: Source, session: Session | None) -> Receipt:
        receipt = self._write(act, source, session)
        if session is None:
            redacting.leave_no_trace(self._house)
        return receipt
