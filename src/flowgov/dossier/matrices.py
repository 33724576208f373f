"""How gravity and likelihood make a level: the matrices that ship, and those that definitions bring along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType

from flowgov.canonical import canonical
from flowgov.workflow.model import Risks as RiskRules

Levels = tuple[tuple[int, ...], ...]

SHIPPED: Mapping[str, Levels] = MappingProxyType(
    {
        "4x4": ((1, 1, 1, 2), (1, 2, 2, 2), (1, 2, 3, 3), (2, 2, 3, 3)),
        "3x3": ((1, 1, 2), (1, 2, 3), (2, 3, 3)),
    }
)
"""Levels by gravity (rows) and likelihood (columns), lowest first; 1 low, 2 medium, 3 high."""
HIGH_FROM = 3
OWN = "own"
"""What a matrix that a definition spells out is called."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """A grid of levels, and from which of them on a risk is high."""

    name: str
    levels: Levels
    high_from: int

    @property
    def id(self) -> str:
        """Its name and the beginning of its hash: another content is another id."""
        content = {"levels": [list(row) for row in self.levels], "high_from": self.high_from}
        return f"{self.name}@{sha256(canonical(content)).hexdigest()[:12]}"

    @property
    def gravities(self) -> int:
        """The highest gravity it knows."""
        return len(self.levels)

    @property
    def likelihoods(self) -> int:
        """The highest likelihood it knows."""
        return len(self.levels[0])

    def level(self, gravity: int, likelihood: int) -> int:
        """The level of a risk with these values."""
        return self.levels[gravity - 1][likelihood - 1]

    def knows(self, gravity: int, likelihood: int) -> bool:
        """Whether both values are on its scales."""
        return 1 <= gravity <= self.gravities and 1 <= likelihood <= self.likelihoods


def matrix_of(rules: RiskRules) -> Matrix:
    """The matrix that a workflow grades risks by."""
    name = OWN if rules.levels else rules.matrix or "4x4"
    return Matrix(name, rules.levels or SHIPPED[name], rules.high_from or HIGH_FROM)
