"""Signed checkpoints for the tests of places: of a log of Maison Tallec, signed with a key that is always the same."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import strategies as some

from flowgov.anchors.copies import Copy, Damaged, Place
from flowgov.audit.note import Checkpoint, Note
from flowgov.audit.signing import Signer

ORIGIN = "flowgov/9f0c11d2ab340e57"
SIGNER = Signer(ORIGIN, sha256(b"the log's key").digest())
WITNESS = Signer("witness.example.org/w1", sha256(b"a witness's key").digest())


def note(size: int, root: bytes | None = None, *, origin: str = ORIGIN, seconds: int | None = None) -> str:
    """The signed checkpoint of a log with *size* records; cosigned by a witness at *seconds*, if given."""
    text = Checkpoint(origin, size, root or sha256(b"%d" % size).digest()).text()
    witnessed = () if seconds is None else (WITNESS.cosign(text, seconds),)
    return str(Note(text, (SIGNER.sign(text), *witnessed)))


NOTES = some.builds(
    note,
    some.integers(0, 10**12),
    some.binary(min_size=32, max_size=32),
    origin=some.sampled_from([ORIGIN, "flowgov/0000000000000000", "éléphant.example/log"]),
    seconds=some.none() | some.integers(0, 2**40),
)


def kept(place: Place) -> list[str]:
    """The notes in a place in which nothing is damaged."""
    return [copy.note for copy in found(place)]


def found(place: Place) -> list[Copy]:
    """The copies in a place in which nothing is damaged."""
    copies = list(place.copies())
    assert [copy for copy in copies if isinstance(copy, Damaged)] == []
    return [copy for copy in copies if isinstance(copy, Copy)]


def sorted_out(place: Place) -> tuple[list[str], list[str | None]]:
    """The notes in a place, and the reasons why other things there are none."""
    copies = list(place.copies())
    notes = [copy.note for copy in copies if isinstance(copy, Copy)]
    return notes, [copy.error.reason for copy in copies if isinstance(copy, Damaged)]
