"""What a gate can decide besides yes and no: conditions, waivers; and what corrects a record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Day = date | datetime | str
Item = Literal["evidence", "approval"]
"""What a waiver can spare a gate: a kind of evidence, or the approval of a role."""

LONGEST_WAIVER = 366
"""Days."""
VERBAL_HOURS = 24
"""How long there is to put on the table what a verbal authorisation went without, where its gate has no due time."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Something a gate was passed on condition of: who does what by when, and which later gate it blocks if late.

    With a move, give *owner*, *due*, *blocks* and *wording*; the rest is known once it is recorded.
    """

    owner: str
    """Login."""
    due: Day
    """Last day, or the moment it is over; a stamp once recorded."""
    blocks: str | tuple[str, ...]
    """The later gate, or gates."""
    wording: str
    key: str = ""
    gate: str = ""
    """The gate that set it."""
    set_by: str = ""
    """Login."""
    move: int = 0
    """Position of the record of that gate."""
    evidence: str | None = None
    """The kind of evidence that fulfils it, for what a verbal authorisation went without."""
    status: Literal["open", "done", "lifted"] = "open"
    note: str | None = None
    """What was said when it was done or lifted."""
    at: str = ""
    """When it was last changed."""

    def overdue(self, now: str) -> bool:
        """Whether it is open and late at this stamp."""
        return self.status == "open" and str(self.due) <= now


@dataclass(frozen=True, slots=True)
class Waiver:
    """One missing item of one gate that somebody entitled spares it, in one cycle, until a date."""

    key: str
    project: str
    gate: str
    item: Item
    name: str
    """The kind of evidence, or the role."""
    cycle: int
    until: str
    granted_by: str
    """Login."""
    role: str
    """In which role."""
    at: str
    """When it was last changed."""
    status: Literal["granted", "ended"]
    reason: str

    def holds_at(self, cycle: int, now: str) -> bool:
        """Whether it counts in that cycle at that moment."""
        return self.status == "granted" and self.cycle == cycle and now < self.until


@dataclass(frozen=True, slots=True)
class Correction:
    """What a record of the past should have said; the record stays as it is."""

    key: str
    seq: int
    """Position of the record that it corrects."""
    hash: str
    field: str | None
    wording: str
    reason: str
    by: str
    """Login."""
    at: str


@dataclass(frozen=True, slots=True)
class GateChange:
    """What has changed since a gate was passed. It was right then; whether to go back is for people to decide."""

    gate: str
    seq: int
    """Position of the record of the gate."""
    parts: tuple[str, ...]
    """``project``, ``charter``, ``evidence`` or ``risks``."""
    pieces: tuple[str, ...]
    """Kinds of evidence that were put on the project anew."""
    risks: tuple[str, ...]
    """Keys of risks that were recorded anew."""
