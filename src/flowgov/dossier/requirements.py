"""What a project is asked for, and whether a data protection impact assessment is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Priority = Literal["must", "should", "could"]
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
Answer = Literal["open", "accepted", "refused"]

DPIA = "dpia"
"""The entry's kind, and the kind of evidence that counts as the assessment itself."""
DPIA_KEY = "DPIA"
"""There is one statement for each project."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """Something the project must, should or could deliver, and what the business said of it."""

    project: str
    key: str
    n: int
    title: str
    priority: Priority
    status: Answer
    reason: str
    """Why it was accepted or refused, where somebody said so."""
    decided_by: str | None
    """Login."""
    role: str | None
    recorded: str


@dataclass(frozen=True, slots=True)
class ImpactAssessment:
    """Whether a data protection impact assessment is required, and where it is."""

    project: str
    n: int
    required: bool
    done: str | None
    """The day it was done."""
    reason: str
    document: str
    """Where it is."""
    stated_by: str
    """Login."""
    role: str
    recorded: str
