"""Documents and links put on a project."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """A document or link put on a project."""

    kind: str
    label: str
    """File name or link, as given."""
    sha256: str | None
    """Hash of the file's bytes; None for a link."""
    size: int | None
    """Bytes."""
    cycle: int
    seq: int
    """Position of its record in the project's chain."""
    added_by: str
    added_at: str
    stored: bool = False
    """Whether a copy lies in the content-addressed folder."""


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's consent to a gate, given before the move."""

    transition: str
    person: str
    role: str
    cycle: int
    seq: int
    given_at: str
    withdrawn_at: str | None = None
    delegator: str | None = None
    """Login of the person for whom it was given, if for another."""
