"""Signed notes and checkpoints as text: what a log says about itself, in the form that other people's tools read.

Source: C2SP, signed-note and tlog-checkpoint. Reading is strict: every value has one text, and only that is read.
Nothing here knows cryptography beyond the name of a key; whether a signature holds is for `signing` to say.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256

from flowgov.audit.hashing import HASH_BYTES

ED25519 = 1
COSIGNATURE = 4
"""Ed25519 over a checkpoint and the time it was seen: cosignature/v1."""

KEY_BYTES = 32
KEY_ID_BYTES = 4
MOST_SIGNATURES = 100
LARGEST_NOTE = 1_000_000
"""In bytes; a hundred of today's largest signatures fit in."""
LARGEST_INTEGER = 2**63 - 1
"""For sizes and times: what fits in a signed integer everywhere."""

_ALGORITHMS = (ED25519, COSIGNATURE)
_DASH = "— "
_KEY_ID = re.compile(r"[0-9a-f]{8}").fullmatch
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}").fullmatch
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]").search


class NoteError(ValueError):
    """A note, a checkpoint or a key is not written as it must be."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """Stable name of what is wrong; programs compare this."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of a key, and who it belongs to."""

    name: str
    algorithm: int
    """`ED25519`, or `COSIGNATURE` for a witness."""
    public: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)
        if self.algorithm not in _ALGORITHMS:
            raise NoteError("key_algorithm")
        if len(self.public) != KEY_BYTES:
            raise NoteError("key_length")

    @property
    def key_id(self) -> bytes:
        """What signatures name the key by, next to its name: four bytes of a hash."""
        return sha256(f"{self.name}\n".encode() + self._material).digest()[:KEY_ID_BYTES]

    def __str__(self) -> str:
        return join_key(self.name, self.key_id, self._material)

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read a key as people hand it to each other: ``name+key ID+key``.

        Raises:
            NoteError: it is not a key, or its parts contradict each other.
        """
        name, key_id, material = split_key(text)
        if not material:
            raise NoteError("key_length")
        key = cls(name, material[0], material[1:])
        if key.key_id != key_id:
            raise NoteError("key_id")
        return key

    @property
    def _material(self) -> bytes:
        return bytes([self.algorithm]) + self.public


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of a note; whether it holds is another question."""

    name: str
    """Who is said to have signed."""
    key_id: bytes
    """With which of their keys."""
    blob: bytes
    """The signature itself."""

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.key_id) != KEY_ID_BYTES or not self.blob:
            raise NoteError("signature_length")

    def line(self) -> str:
        """The signature as it stands in a note."""
        return f"{_DASH}{self.name} {_base64(self.key_id + self.blob)}\n"

    @classmethod
    def parse(cls, line: str) -> Signature:
        """Read a signature's line, its newline included.

        Raises:
            NoteError: it is not such a line.
        """
        if not line.startswith(_DASH) or not line.endswith("\n"):
            raise NoteError("signature_line")
        name, _, encoded = line[len(_DASH) : -1].partition(" ")
        data = _decoded(encoded)
        if data is None:
            raise NoteError("signature_base64")
        return cls(name, data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])


@dataclass(frozen=True, slots=True)
class Note:
    """A text and who is said to have signed it. Not to be believed before a signature of a known key holds."""

    text: str
    """What is signed, its last newline included."""
    signatures: tuple[Signature, ...]

    def __post_init__(self) -> None:
        signed_bytes(self.text)
        if not self.signatures:
            raise NoteError("no_signature")
        if len(self.signatures) > MOST_SIGNATURES:
            raise NoteError("too_many_signatures")

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(signature.line() for signature in self.signatures)}"

    @classmethod
    def parse(cls, raw: str | bytes) -> Note:
        """Read a whole note.

        Raises:
            NoteError: it is not a note, or larger than anybody's.
        """
        text = _plain(raw)
        body, blank, lines = text.rpartition("\n\n")
        if not blank:
            raise NoteError("no_blank_line")
        *whole, rest = lines.split("\n")
        if rest:
            raise NoteError("no_final_newline")
        return cls(f"{body}\n", tuple(Signature.parse(f"{line}\n") for line in whole))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How large a log is, and the root of its tree at that size."""

    origin: str
    """Which log it is."""
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not self.origin or "\n" in self.origin:
            raise NoteError("checkpoint_origin")
        _plain(self.origin)
        if not 0 <= self.size <= LARGEST_INTEGER:
            raise NoteError("checkpoint_size")
        if len(self.root) != HASH_BYTES:
            raise NoteError("checkpoint_root")

    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read the text of a note as a checkpoint.

        Raises:
            NoteError: it is not a checkpoint, or says more than one of ours does.
        """
        signed_bytes(text)
        origin, *lines = text[:-1].split("\n")
        if len(lines) < 2:  # noqa: PLR2004 - size and root
            raise NoteError("checkpoint_lines")
        size, root, *more = lines
        if more:
            raise NoteError("checkpoint_extension")
        if not _NUMBER(size):
            raise NoteError("checkpoint_size")
        return cls(origin, int(size), _decoded(root) or b"")


def signed_bytes(text: str) -> bytes:
    """The bytes of a note's text, as they are signed.

    Raises:
        NoteError: it cannot be the text of a note.
    """
    if not text.endswith("\n"):
        raise NoteError("no_final_newline")
    return _plain(text).encode()


def split_key(text: str) -> tuple[str, bytes, bytes]:
    """The parts of ``name+key ID+material``: what public and private keys have in common.

    Raises:
        NoteError: they are not there.
    """
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    material = _decoded(encoded)
    if not _KEY_ID(key_id) or material is None:
        raise NoteError("key_form")
    return name, bytes.fromhex(key_id), material


def join_key(name: str, key_id: bytes, material: bytes) -> str:
    """A key in the form that `split_key` reads."""
    return f"{name}+{key_id.hex()}+{_base64(material)}"


def _plain(raw: str | bytes) -> str:
    """A text without anything that a terminal, or another reader, could take for something else."""
    try:
        data = raw.encode() if isinstance(raw, str) else raw
        text = data.decode()
    except UnicodeError:
        raise NoteError("not_utf8") from None
    if len(data) > LARGEST_NOTE:
        raise NoteError("too_large")
    if _CONTROL(text):
        raise NoteError("control_character")
    return text


def _check_name(name: str) -> None:
    if not name or "+" in name or any(character.isspace() for character in name):
        raise NoteError("key_name")
    _plain(name)


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def _decoded(text: str) -> bytes | None:
    """Standard base64 in its only form (RFC 4648, sections 3.5 and 4); None where it is another."""
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        return None
    return data if _base64(data) == text else None
