"""What the organisation's chain establishes: roles, cards, keys, archives, definitions. Plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Grant:
    """A role granted by a record."""

    id: str
    person: str
    role: str
    project: str | None
    start: str
    until: str | None
    by: str
    seq: int
    hash: str
    original: str
    """The hash its record had, where the record was altered since."""
    place: int = 0
    """Where its record stands among all records."""
    revoked: str | None = None
    revoked_place: int = 0
    """Where the record of the revocation stands among all records."""
    delegator: str | None = None
    """Whose role it is, if he lent it."""
    base: str | None = None
    """Id of the grant that was lent, which it stands on."""
    lender: Grant | None = None
    """That grant; None where its record is missing."""

    def held_after(self, ts: str) -> bool:
        """Whether it is in force at that time, or will be."""
        if self.lender is not None and not self.lender.held_after(ts):
            return False
        return self.revoked is None and (self.until is None or ts < self.until)

    def held_at(self, ts: str, place: int, *, late: bool = False) -> bool:
        """Whether it was in force at that time, for a record that stands at that place among all records.

        A revocation waits for those who rely on the grant. What was written before it was therefore permitted,
        even with the same stamp, or a later one because the clock went back in between.

        Args:
            late: the stamp is later than the act, because the clock had gone back; ends are then not judged.
        """
        if self.lender is not None and not self.lender.held_at(ts, place, late=late):
            return False
        if self.start > ts or (self.revoked is not None and ts >= self.revoked and place > self.revoked_place):
            return False
        return late or self.until is None or ts < self.until


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of a person."""

    seq: int
    login: str | None
    name: str | None
    email: str | None
    service: bool = False
    """Whether it is an account of a program."""
    ended: str | None = None
    """When the person left."""


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """A signing key that took over, by a record."""

    seq: int
    key: str
    """The verifier key, as text."""
    idx: int | None
    """Position of the record in the global order; None while it waits for one."""
    old: str | None = None
    """The key before it."""
    rotated: bool = False
    """Whether the old key vouches for it; a key that was lost or stolen cannot."""
    vouched: int | None = None
    """For a key that was replaced: the size up to which its checkpoints are still believed."""


@dataclass(frozen=True, slots=True)
class Archived:
    """A project whose records left for an archive."""

    record: int
    """Position, in the organisation's chain, of the record that says so."""
    last: int
    head: str
    row: str
    """Hash of what the table of projects says of it; see `row_digest`."""
    archive: int
    """Position of the record that describes the archive."""
    title: str
    objective: str | None


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What is left of records that were moved to an archive."""

    seq: int
    file: str
    """SHA-256 of the archive."""
    count: int
    root: str
    projects: int


@dataclass(frozen=True, slots=True)
class Registered:
    """A definition that was made available."""

    id: str
    version: str
    seq: int
