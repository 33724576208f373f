"""The registers that hang on an engine; each is imported when it is used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from flowgov.keeper import Keeper

if TYPE_CHECKING:
    from flowgov.registers.conditions import Conditions
    from flowgov.registers.corrections import Corrections
    from flowgov.registers.waivers import Waivers


class Registrar(Keeper):
    """The registers of an engine, by name."""

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
