"""What is due by itself: gates, and everything on a project or in a register that ends on a day."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GateDue:
    """A gate that has to be passed by a certain time."""

    project: str
    title: str
    transition: str
    state: str
    since: str
    """Since when the project stands there, holds left out."""
    due: str
    """The stamp from which the gate is late."""
    day: str
    """The last day where the organisation is; for a period counted in hours, day and time."""
    late: bool
    holders: tuple[str, ...]
    """Logins of those who can make the move."""
    approvers: tuple[str, ...]
    """Logins of those whose approval is missing."""

    @property
    def persons(self) -> tuple[str, ...]:
        """Whom it waits for: who has to approve, and who makes the move."""
        return tuple(dict.fromkeys((*self.approvers, *self.holders)))


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something that ends, or has to be done, on a day."""

    kind: str
    """``exception``, ``date``, ``acceptance``, ``measure``, ``contract``, ``notice``, ``exercise``, ``action``,
    ``condition``, ``waiver`` or ``evidence``."""
    project: str | None
    """Key; None for what concerns the whole organisation."""
    key: str
    """Of what: a risk's, a contract's, an exception's; the name of a date."""
    day: str
    """The last day, as ISO writes it."""
    late: bool
    persons: tuple[str, ...] = ()
    """Logins of those whose matter it is."""
    title: str = ""
    """What people call it; empty where it was redacted."""
