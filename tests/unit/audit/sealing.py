"""Checkpoints, keys and witnesses for tests, and what an examination of them comes to."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

from flowgov.audit.finding import Findings
from flowgov.audit.note import Checkpoint, Note
from flowgov.audit.notice import Notices
from flowgov.audit.register import Register
from flowgov.audit.seals import Outside, examine
from flowgov.audit.signing import Signer
from flowgov.audit.standing import KeyEvent

LOG = "flowgov/0123456789abcdef"
ROOT = sha256(b"root").digest()
NOON = 1_767_614_400
"""5 January 2026, in seconds."""


def signer(whose: str, name: str = LOG) -> Signer:
    """A key that is the same every time."""
    return Signer(name, sha256(whose.encode()).digest())


HOUSE, HEIR, THIEF = signer("house"), signer("heir"), signer("thief")
WITNESS, OTHER = signer("witness", "witness.example.org/w1"), signer("other", "witness.example.org/w2")


def checkpoint(size: int, *signers: Signer, log: str = LOG, root: bytes = ROOT) -> str:
    text = Checkpoint(log, size, root).text()
    return str(Note(text, tuple(key.sign(text) for key in signers)))


def cosigned(note: str, *witnesses: Signer, at: int = NOON) -> str:
    """The same note with a line of each witness."""
    text = Note.parse(note).text
    return note + "".join(witness.cosign(text, at).line() for witness in witnesses)


def row(size: int, witness: Signer, at: int = NOON) -> tuple[int, str, str]:
    """A witness's line on the checkpoint of that size, as the table keeps it."""
    return size, str(witness.witness_key), witness.cosign(Checkpoint(LOG, size, ROOT).text(), at).line()


def registered(key: Signer, idx: int | None = 0) -> KeyEvent:
    return KeyEvent(4, str(key.key), idx)


def rotated(old: Signer, new: Signer, idx: int | None) -> KeyEvent:
    return KeyEvent(9, str(new.key), idx, str(old.key), rotated=True)


def replaced(old: Signer, new: Signer, idx: int | None, vouched: int) -> KeyEvent:
    return KeyEvent(9, str(new.key), idx, str(old.key), vouched=vouched)


class Sealed:
    """What an examination comes to."""

    def __init__(
        self,
        checkpoints: Sequence[tuple[Any, Any]] = (),
        events: Sequence[KeyEvent] = (),
        cosignatures: Sequence[tuple[Any, Any, Any]] = (),
        **outside: Any,
    ) -> None:
        register, findings, self._notices = Register(), Findings(), Notices()
        register.keys = [*events]
        source = SimpleNamespace(checkpoints=lambda: checkpoints, cosignatures=lambda: cosignatures)
        self.seals = examine(source, register, LOG, Outside(**outside), findings, self._notices)
        self.findings = findings.kept

    @property
    def found(self) -> list[tuple[str, str | None, Any]]:
        """Code, what it is about, and which checkpoint, of every finding."""
        return [
            (f.code, f.params.get("about"), f.params.get("checkpoint", f.params.get("size"))) for f in self.findings
        ]

    @property
    def claims(self) -> list[tuple[int, str | None, bool]]:
        return [(claim.size, claim.place, claim.withdrawn) for claim in self.seals.claims]

    @property
    def told(self) -> list[tuple[str, str | None, int | None, Any]]:
        """Code, record and parameters of every notice."""
        return [(n.code, n.stream, n.seq, n.params) for n in self._notices.kept()]

    @property
    def notices(self) -> list[str]:
        return [notice.code for notice in self._notices.kept()]


def trusting(*keys: Signer) -> tuple[str, ...]:
    return tuple(str(key.key) for key in keys)


ROTATED = [registered(HOUSE), rotated(HOUSE, HEIR, 6)]
REPLACED = [registered(HOUSE), replaced(HOUSE, HEIR, 6, vouched=4)]
