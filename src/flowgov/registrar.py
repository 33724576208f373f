"""The registers that hang on an engine, each imported when it is used; and requests that are taken back."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from flowgov.audit.record import Source
from flowgov.keeper import LIBRARY, Keeper
from flowgov.project import Receipt

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from flowgov.dossier.health import Health
    from flowgov.registers.accesses import Accesses
    from flowgov.registers.assets import Assets
    from flowgov.registers.charters import Charters
    from flowgov.registers.conditions import Conditions
    from flowgov.registers.contracts import Contracts
    from flowgov.registers.corrections import Corrections
    from flowgov.registers.exemptions import Exemptions
    from flowgov.registers.meetings import Meetings
    from flowgov.registers.plans import Plans
    from flowgov.registers.requirements import ImpactAssessments, Requirements
    from flowgov.registers.risks import Risks
    from flowgov.registers.waivers import Waivers


class Registrar(Keeper):
    """The registers of an engine, by name."""

    @cached_property
    def risks(self) -> Risks:
        """Risks of projects: assessed by both sides, treated, accepted, closed."""
        from flowgov.registers.risks import Risks

        return Risks(self._house)

    @cached_property
    def requirements(self) -> Requirements:
        """What projects are asked for, and what the business said of it."""
        from flowgov.registers.requirements import Requirements

        return Requirements(self._house)

    @cached_property
    def dpia(self) -> ImpactAssessments:
        """What projects say about the data protection impact assessment."""
        from flowgov.registers.requirements import ImpactAssessments

        return ImpactAssessments(self._house)

    @cached_property
    def exemptions(self) -> Exemptions:
        """What becomes of exceptions once they are granted."""
        from flowgov.registers.exemptions import Exemptions

        return Exemptions(self._house)

    @cached_property
    def assets(self) -> Assets:
        """What the organisation depends on, and which of it each project touches."""
        from flowgov.registers.assets import Assets

        return Assets(self._house)

    @cached_property
    def charters(self) -> Charters:
        """Who answers for what on each project."""
        from flowgov.registers.charters import Charters

        return Charters(self._house)

    @cached_property
    def meetings(self) -> Meetings:
        """Series of meetings, minutes, actions and agendas."""
        from flowgov.registers.meetings import Meetings

        return Meetings(self._house)

    @cached_property
    def plans(self) -> Plans:
        """What is done when something fails: approved, rehearsed, retired."""
        from flowgov.registers.plans import Plans

        return Plans(self._house)

    @cached_property
    def conditions(self) -> Conditions:
        """What gates were passed on condition of."""
        from flowgov.registers.conditions import Conditions

        return Conditions(self._house)

    @cached_property
    def corrections(self) -> Corrections:
        """What records of the past should have said."""
        from flowgov.registers.corrections import Corrections

        return Corrections(self._house)

    @cached_property
    def waivers(self) -> Waivers:
        """What gates were spared."""
        from flowgov.registers.waivers import Waivers

        return Waivers(self._house)

    @cached_property
    def contracts(self) -> Contracts:
        """What was agreed with suppliers, until when, and by which day notice has to be given."""
        from flowgov.registers.contracts import Contracts

        return Contracts(self._house)

    @cached_property
    def access(self) -> Accesses:
        """Which groups may do what with which asset."""
        from flowgov.registers.accesses import Accesses

        return Accesses(self._house)

    def withdraw_gate(
        self,
        key: str,
        transition: str,
        *,
        by: str,
        reason: str,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Take back the request for a gate that was not passed yet: the approvals given for it no longer count.

        Args:
            by: who opened the project, or somebody who may make the move.

        Raises:
            Refused: nobody has approved it, *by* is not entitled, or there is no reason; recorded.
            NotFound: there is no such project, transition or person.
        """
        from flowgov.acts import moving, withdrawing

        given = moving.checked_reason(reason)
        return self._write(lambda unit: withdrawing.withdraw_gate(unit, key, transition, by, given), source, session)

    def health(self, key: str) -> Health:
        """The three signals of project *key*: roles, rhythm, risks.

        Raises:
            NotFound: there is no such project.
        """
        from flowgov.registers.health import of_project

        return self._read(lambda connection: of_project(self._house, connection, key))

    def healths(self) -> dict[str, Health]:
        """The signals of every project, by its key."""
        from flowgov.registers.health import of_all

        return self._read(lambda connection: of_all(self._house, connection))
