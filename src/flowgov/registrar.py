"""The registers that hang on an engine; each is imported when it is used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from flowgov.keeper import Keeper

if TYPE_CHECKING:
    from flowgov.registers.charters import Charters
    from flowgov.registers.exemptions import Exemptions


class Registrar(Keeper):
    """The registers of an engine, by name."""

    @cached_property
    def exemptions(self) -> Exemptions:
        """What becomes of exceptions once they are granted."""
        from flowgov.registers.exemptions import Exemptions

        return Exemptions(self._house)

    @cached_property
    def charters(self) -> Charters:
        """Who answers for what on each project."""
        from flowgov.registers.charters import Charters

        return Charters(self._house)
