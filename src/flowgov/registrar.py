"""The registers that hang on an engine; each is imported when it is used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from flowgov.keeper import Keeper

if TYPE_CHECKING:
    from flowgov.registers.requirements import ImpactAssessments, Requirements
    from flowgov.registers.risks import Risks


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
