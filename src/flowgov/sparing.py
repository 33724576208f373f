"""What a gate is spared, by whom, and what earlier gates were passed on condition of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from flowgov.dossier.entry import Entry

if TYPE_CHECKING:
    from flowgov.request import Request


def waived(request: Request, item: str, *, own: bool = False) -> Mapping[str, list[Entry]]:
    """The waivers in force that spare this gate an *item*, by what it is called.

    Args:
        own: those granted by who makes the move himself, which do not count; else the others.
    """
    found: dict[str, list[Entry]] = {}
    for entry in request.entries("waiver").values():
        facts = entry.facts
        if (
            (facts["gate"], facts["item"], facts["cycle"]) == (request.transition.id, item, request.cycle)
            and facts["status"] == "granted"
            and request.now < facts["until"]
            and (facts["by"] == request.actor) is own
        ):
            found.setdefault(str(facts["name"]), []).append(entry)
    return found


def open_conditions(request: Request) -> list[Entry]:
    """The conditions that block this gate when they are late, and that nobody has fulfilled or lifted."""
    return [
        entry
        for entry in request.entries("condition").values()
        if entry.facts["status"] == "open" and request.transition.id in entry.facts["blocks"]
    ]
