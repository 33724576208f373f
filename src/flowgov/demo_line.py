"""What is written in a register of the fictional company, and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

Act = Callable[[], object]
ORGANISATION = ""
"""Instead of a project: it is written in the organisation's register, before anything of that day."""


@dataclass(frozen=True, slots=True)
class Line:
    """Something written in a register."""

    day: date
    project: str
    act: Act
    after_moves: bool = False
    """Whether it comes after the moves of that day; otherwise before the approvals that look at it."""
