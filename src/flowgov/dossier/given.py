"""What comes with a move besides its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flowgov.dossier.pieces import Taken


@dataclass(frozen=True, slots=True)
class Given:
    """What the person who moves a project says with it, as plain values that can be recorded."""

    dates: Mapping[str, str] = field(default_factory=dict)
    """Dates that the gate sets, by name, as ISO days."""
    conditions: tuple[Any, ...] = ()
    """Conditions under which the decision is made."""
    verbal: bool = False
    """Authorised by word of mouth."""
    occurred: str | None = None
    """When it happened, if not now."""
    evidence: tuple[Taken, ...] = ()
    """Pieces put on the project with the move."""
    by_time: bool = False
    """Made by time, and by nobody: never said by a caller."""

    def plain(self) -> dict[str, Any]:
        """What of it was given, for the fingerprint of a call."""
        found: dict[str, Any] = {}
        if self.dates:
            found["dates"] = dict(self.dates)
        if self.conditions:
            found["conditions"] = [str(condition) for condition in self.conditions]
        if self.verbal:
            found["verbal"] = True
        if self.occurred:
            found["occurred"] = self.occurred
        if self.evidence:
            found["evidence"] = [{**piece.facts, "label": piece.label} for piece in self.evidence]
        return found


NOTHING_GIVEN = Given()
