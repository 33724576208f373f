"""The register of risks: what both sides of a project see coming, and what is done about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from flowgov.acts import assessing
from flowgov.acts.assessing import Assessment, Planned
from flowgov.acts.reading import project_id
from flowgov.audit.record import Source
from flowgov.dossier.entry import Entry
from flowgov.dossier.matrices import matrix_of
from flowgov.dossier.risks import Acceptance, Confirmation, Grid, Measure, Risk, RiskKind, grid, level, overdue
from flowgov.dossier.starters import Suggestion, suggestions
from flowgov.errors import NotFound
from flowgov.i18n import DEFAULT, Language
from flowgov.project import Receipt
from flowgov.registers.register import LIBRARY, Register
from flowgov.store import entries_of, people
from flowgov.suggest import closest
from flowgov.workflow.model import Side

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Day = date | datetime | str


class Risks(Register):
    """Risks of projects, by the project's key and their own."""

    def record(
        self,
        project: str,
        *,
        by: str,
        gravity: int,
        likelihood: int,
        title: str | None = None,
        starter: str | None = None,
        lang: Language = DEFAULT,
        key: str | None = None,
        kind: str | None = None,
        assets: Sequence[str] = (),
        treatment: str | None = None,
        measures: Sequence[Planned] | None = None,
        residual: tuple[int, int] | None = None,
        owner: str | None = None,
        review: Day | None = None,
        description: str | None = None,
        vulnerabilities: str | None = None,
        threat_source: str | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Record a risk. Whoever speaks for a side has thereby confirmed it for that side.

        Args:
            gravity: 1 to 4 on the matrix that most workflows use; so is *likelihood*.
            starter: a suggestion that gives title (in *lang*) and kind; see `suggestions`.
            key: by default the next of R-01, R-02 …
            measures: who is to do it (login), by which day, and what it is.
            residual: gravity and likelihood expected once every measure is done.
            owner: who owns the risk.

        Raises:
            BadInput: a value is missing or not on the scales, or a text cannot be recorded.
            NotFound: there is no such project, person, asset or suggestion.
            Refused: *by* neither acts on the project nor opened it, or it is closed; recorded.
        """
        details = {"description": description, "vulnerabilities": vulnerabilities, "threat_source": threat_source}
        said = Assessment(
            title=title,
            kind=kind,
            assets=assets or None,
            gravity=gravity,
            likelihood=likelihood,
            residual=residual,
            treatment=treatment,
            measures=measures,
            owner=owner,
            review=review,
            details=details,
        )
        return self._act_on(project, by, lambda f: assessing.record(f, key, said, starter, lang), session, source)

    def change(
        self,
        project: str,
        risk: str,
        *,
        by: str,
        title: str | None = None,
        kind: str | None = None,
        assets: Sequence[str] | None = None,
        gravity: int | None = None,
        likelihood: int | None = None,
        treatment: str | None = None,
        measures: Sequence[Planned] | None = None,
        residual: tuple[int, int] | None = None,
        owner: str | None = None,
        review: Day | None = None,
        description: str | None = None,
        vulnerabilities: str | None = None,
        threat_source: str | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Assess a risk anew, or plan otherwise: both sides have to confirm again, and an acceptance ends.

        Args:
            measures: they take the place of those that are not done.

        Raises:
            BadInput: nothing is said, a value is not on the scales, or a text cannot be recorded.
            NotFound: there is no such project, risk, person or asset.
            Refused: *by* neither acts on the project nor opened it; it, or the risk, is closed; recorded.
        """
        details = {"description": description, "vulnerabilities": vulnerabilities, "threat_source": threat_source}
        said = Assessment(
            title=title,
            kind=kind,
            assets=assets,
            gravity=gravity,
            likelihood=likelihood,
            residual=residual,
            treatment=treatment,
            measures=measures,
            owner=owner,
            review=review,
            details={name: text for name, text in details.items() if text is not None},
        )
        return self._act_on(project, by, lambda f: assessing.change(f, risk, said), session, source)

    def confirm(
        self,
        project: str,
        *risks: str,
        by: str,
        side: Side | None = None,
        expect: int | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Agree, for one side, with the values that stand.

        Args:
            risks: keys; by default every open risk that waits for this side.
            side: for somebody who speaks for both; by default the one that still has to confirm.
            expect: the `Risk.n` the caller looked at; it fails if the risk was recorded anew since.

        Raises:
            BadInput: the workflow does not say who speaks for which side.
            Conflict: a risk is another than *expect*.
            NotFound: there is no such project or risk.
            Refused: *by* does not speak for the side, confirmed already, or for the other side; recorded.
        """
        return self._act_on(project, by, lambda f: assessing.confirm(f, risks, side, expect), session, source)

    def measure_done(
        self,
        project: str,
        risk: str,
        number: int | None = None,
        *,
        by: str,
        on: Day | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Say that a measure is done; by its owner, or by somebody who acts on the project.

        Args:
            number: of the measure; not needed where only one is left.
            on: the day it was done; today by default.

        Raises:
            BadInput: the day is to come, or several measures are left.
            NotFound: there is no such project, risk or measure.
            Refused: it is somebody else's or done already; the risk or the project is closed; recorded.
        """
        return self._act_on(project, by, lambda f: assessing.measure_done(f, risk, number, on), session, source)

    def accept(
        self,
        project: str,
        risk: str,
        *,
        until: Day,
        by: str,
        reason: str | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Decide to live with a risk until a day, as its owner: the role risk_owner, or else the business side.

        Raises:
            BadInput: the day is past, or later than the workflow allows.
            NotFound: there is no such project or risk.
            Refused: *by* is not entitled, or both sides have not confirmed what is accepted; recorded.
        """
        return self._act_on(project, by, lambda f: assessing.accept(f, risk, until, reason), session, source)

    def withdraw_acceptance(
        self,
        project: str,
        risk: str,
        *,
        by: str,
        reason: str | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Accept a risk no more.

        Raises:
            NotFound: there is no such project or risk.
            Refused: it is not accepted, or *by* could not have accepted it; recorded.
        """
        return self._act_on(project, by, lambda f: assessing.withdraw(f, risk, reason), session, source)

    def close(
        self,
        project: str,
        risk: str,
        *,
        reason: str,
        by: str,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Say that a risk is no more.

        Raises:
            NotFound: there is no such project or risk.
            Refused: the risk is high or closed, or *by* does not act on the project; recorded.
        """
        return self._act_on(project, by, lambda f: assessing.close(f, risk, reason), session, source)

    def reopen(
        self,
        project: str,
        risk: str,
        *,
        reason: str,
        by: str,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Say that a closed risk is back; both sides confirm it anew.

        Raises:
            NotFound: there is no such project or risk.
            Refused: the risk is open, or *by* does not act on the project; recorded.
        """
        return self._act_on(project, by, lambda f: assessing.reopen(f, risk, reason), session, source)

    def of(self, project: str, *, session: Session | None = None) -> tuple[Risk, ...]:
        """The risks of a project, by key.

        Raises:
            NotFound: there is no such project.
        """
        return self._read(lambda connection: self._risks(connection, project), session)

    def one(self, project: str, risk: str, *, session: Session | None = None) -> Risk:
        """A risk.

        Raises:
            NotFound: there is no such project or risk.
        """
        found = {one.key: one for one in self.of(project, session=session)}
        if risk not in found:
            raise NotFound("risk", name=risk, project=project, suggestions=closest(risk, found))
        return found[risk]

    def matrix(self, project: str, *, session: Session | None = None) -> Grid:
        """The open risks of a project on its workflow's matrix.

        Raises:
            NotFound: there is no such project.
        """

        def look(connection: Connection) -> Grid:
            matrix = matrix_of(self._house.lifecycle_of(connection, project).workflow.risks)
            return grid(project, matrix, self._risks(connection, project))

        return self._read(look, session)

    def suggestions(self, lang: Language = DEFAULT, kind: RiskKind | None = None) -> tuple[Suggestion, ...]:
        """Risks that most projects have, in the words of *lang*."""
        return suggestions(lang, kind)

    def _risks(self, connection: Connection, project: str) -> tuple[Risk, ...]:
        matrix = matrix_of(self._house.lifecycle_of(connection, project).workflow.risks)
        found = entries_of.of_scope(connection, project_id(connection, project), "risk")
        logins, now = people.logins(connection), self._house.now()
        return tuple(
            _risk(entry, project, logins, now, level(entry.facts, matrix), matrix.high_from) for entry in found
        )


def _risk(entry: Entry, project: str, logins: Mapping[str, str], now: str, graded: int, high_from: int) -> Risk:
    facts, texts = entry.facts, entry.texts
    late = {measure["n"] for measure in overdue(facts, now)}
    return Risk(
        project=project,
        key=entry.key,
        n=entry.n,
        title=texts.get("title", ""),
        kind=facts["kind"],
        assets=tuple(facts["assets"]),
        gravity=facts["gravity"],
        likelihood=facts["likelihood"],
        residual=(facts["residual"][0], facts["residual"][1]),
        level=graded,
        high=graded >= high_from,
        treatment=facts["treatment"],
        measures=tuple(_measure(m, texts, logins, m["n"] in late) for m in facts["measures"]),
        status=facts["status"],
        owner=people.login_of(facts["owner"], logins),
        review=facts["review"],
        description=texts.get("description", ""),
        vulnerabilities=texts.get("vulnerabilities", ""),
        threat_source=texts.get("threat_source", ""),
        business=_confirmation(facts["confirmed"]["business"], logins),
        technical=_confirmation(facts["confirmed"]["technical"], logins),
        acceptance=_acceptance(facts["acceptance"], logins, now),
        matrix=facts["matrix"],
        starter=facts["starter"],
        recorded=entry.at,
    )


def _measure(facts: Mapping[str, Any], texts: Mapping[str, str], logins: Mapping[str, str], late: bool) -> Measure:
    words = texts.get(f"measure_{facts['n']}", "")
    return Measure(facts["n"], words, logins.get(facts["owner"], facts["owner"]), facts["due"], facts["done"], late)


def _confirmation(facts: Mapping[str, Any] | None, logins: Mapping[str, str]) -> Confirmation | None:
    if facts is None:
        return None
    person, delegator = (people.login_of(facts.get(name), logins) for name in ("p", "for"))
    return Confirmation(person or facts["p"], facts["role"], facts["cycle"], facts["exception"], delegator)


def _acceptance(facts: Mapping[str, Any] | None, logins: Mapping[str, str], now: str) -> Acceptance | None:
    if facts is None:
        return None
    person, in_force = logins.get(facts["p"], facts["p"]), now < facts["until"]
    return Acceptance(person, facts["role"], facts["since"], facts["until"], in_force)
