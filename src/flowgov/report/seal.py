"""The signed checkpoint printed in a report: whoever keeps the paper can tell later what was changed since."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowgov.audit.note import MOST_SIGNATURES, Checkpoint, Note, NoteError, Signature, VerifierKey
from flowgov.errors import NotFound

if TYPE_CHECKING:
    from flowgov.audit.verdict import Verdict
    from flowgov.reader import Reader


@dataclass(frozen=True, slots=True)
class Seal:
    """A signed checkpoint, exactly as it is to be printed."""

    note: str
    """The signed note, with every cosignature."""
    own: str
    """The same with the log's own signatures only; shorter."""
    size: int
    root: str
    """In base64, as in the note."""
    key: str | None
    """The verifier key that signed it, as the log registered it; None where the log knows none of the signers."""
    confirmed: bool
    """Whether the verification found the signature valid and the records unchanged."""


def newest(engine: Reader, verdict: Verdict) -> Seal | None:
    """The newest checkpoint that holds; where none does, the newest one, not confirmed; None where there is none."""
    size = verdict.proved.sealed
    try:
        raw = engine.checkpoint_of(size) if size else engine.newest_checkpoint()
    except NotFound:
        return None
    return read(raw, engine.signing_keys(), confirmed=bool(size))


def read(raw: str, keys: Sequence[str], *, confirmed: bool) -> Seal | None:
    """What a stored note says; None where it is no signed checkpoint.

    The database may have been tampered with: a line that is no signature is left out, with all that follow.
    """
    text, _, lines = raw.partition("\n\n")
    try:
        note = Note(f"{text}\n", tuple(_signatures(lines)))
        checkpoint = Checkpoint.parse(note.text)
        mine = tuple(signature for signature in note.signatures if signature.name == checkpoint.origin)
        own = str(Note(note.text, mine))
    except NoteError:
        return None
    root = b64encode(checkpoint.root).decode("ascii")
    return Seal(str(note), own, checkpoint.size, root, _key(mine, keys), confirmed)


def _signatures(lines: str) -> Iterator[Signature]:
    for line in lines.split("\n", MOST_SIGNATURES)[:-1]:
        try:
            yield Signature.parse(f"{line}\n")
        except NoteError:
            return


def _key(signatures: Sequence[Signature], keys: Sequence[str]) -> str | None:
    """The last of *keys* that a signature names; where a key was rotated, both of them signed."""
    named = {(signature.name, signature.key_id) for signature in signatures}
    for text in reversed(keys):
        try:
            key = VerifierKey.parse(text)
        except NoteError:
            continue
        if (key.name, key.key_id) in named:
            return text
    return None
