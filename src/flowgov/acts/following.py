"""What the engine itself records right after a move, in the same transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flowgov.acts.conditioning import set_conditions
from flowgov.acts.dating import set_dates
from flowgov.acts.entering import Folder
from flowgov.acts.touching import record_deployment
from flowgov.audit.record import Sealed
from flowgov.request import Request


@dataclass(frozen=True, slots=True)
class MoveMade:
    """A move that was just recorded."""

    request: Request
    sealed: Sealed
    source: str
    target: str
    promised: tuple[str, ...] = ()
    """Kinds of evidence that it went without, authorised by word of mouth."""


FOLLOWING: tuple[Callable[[Folder, MoveMade], None], ...] = (set_dates, set_conditions, record_deployment)
"""Each is called with the project as it stands after the move, and may enter lines in its registers."""

FOLLOWS = frozenset({("date.recorded", "set"), ("condition.recorded", "set"), ("touches.recorded", "deploy")})
"""What they record: the event, and the act on the line; nothing else ever records these."""
