"""What every place has in common: it takes checkpoints, and gives back copies of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from flowgov.audit.note import Checkpoint, Note, NoteError
from flowgov.errors import AnchorFailed, BadInput


@dataclass(frozen=True, slots=True)
class Copy:
    """A checkpoint as a place kept it. Only its form was checked: whether its signatures hold is for the reader."""

    note: str
    """The whole signed note."""
    where: str
    """Where in the place it was found, as shown to people."""
    at: str | None = None
    """The stamp of a time-stamp authority whose token was verified: the note existed then. Else None."""


@dataclass(frozen=True, slots=True)
class Damaged:
    """Something in a place that should be a copy and is not; never passed over in silence."""

    where: str
    error: AnchorFailed
    """What is wrong with it."""


class Place(Protocol):
    """Anything that keeps checkpoints."""

    @property
    def name(self) -> str:
        """The place as it was given, without secrets."""
        ...

    def put(self, note: str) -> str:
        """Keep *note*, durably; a note that is there already is not put twice.

        Returns:
            where it is, as shown to people.

        Raises:
            AnchorFailed: it could not be kept; nothing half-written was left behind.
            BadInput: it is not a checkpoint, or nothing can be put there.
        """
        ...

    def copies(self) -> Iterator[Copy | Damaged]:
        """Everything that was ever put there, oldest first as far as the place can tell.

        Raises:
            AnchorFailed: the place as a whole cannot be read.
            BadInput: nothing can be read back from there.
        """
        ...


def checkpoint_in(note: str | bytes) -> Checkpoint:
    """What a signed note says, its signatures not looked at.

    Raises:
        NoteError: it is not a checkpoint.
    """
    return Checkpoint.parse(Note.parse(note).text)


def checkpoint_to_put(note: str) -> Checkpoint:
    """What the note to be kept says.

    Raises:
        BadInput: it is not a checkpoint.
    """
    try:
        return checkpoint_in(note)
    except NoteError as error:
        raise BadInput("not_a_checkpoint", why=error.reason) from error


def copy_of(content: bytes, where: str) -> Copy | Damaged:
    """*content* as a copy, if it is a signed checkpoint and nothing else."""
    try:
        checkpoint_in(content)
    except NoteError as error:
        return Damaged(where, AnchorFailed("damaged", place=where, why=error.reason))
    return Copy(content.decode(), where)


def stem(checkpoint: Checkpoint) -> str:
    """The name of a checkpoint among files: its size, and the beginning of its root."""
    return f"{checkpoint.size:012d}-{checkpoint.root.hex()[:16]}"
