"""What a move has to be followed by: dates it gave, assets it put into service, evidence it went without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowgov.audit.chain import Chain


class Owed:
    """What the newest move still has to be followed by in its chain."""

    __slots__ = ("dates", "deployments", "evidence")

    def __init__(self) -> None:
        self.dates: dict[str, Any] = {}
        """By name."""
        self.deployments: dict[str, str] = {}
        """The day of the move, by the key of each asset that it put into service."""
        self.evidence: set[str] = set()
        """Kinds that a decision by word of mouth went without: each becomes a condition."""

    def settle(self, chain: Chain, event: str, seq: int) -> None:
        """Nothing but lines of registers is recorded before all of it is."""
        if event.endswith(".recorded"):
            return
        for about, left in (
            ("promise", self.evidence),
            ("date_not_recorded", self.dates),
            ("deployment_not_recorded", self.deployments),
        ):
            if left and not chain.lost:
                chain.find("RULE_VIOLATION", seq, about=about, name=min(left))
            left.clear()
