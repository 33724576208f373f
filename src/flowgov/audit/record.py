"""One entry of the audit log: facts become the exact bytes that are stored and hashed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from flowgov import __version__
from flowgov.audit.hashing import SALT_BYTES, commitment, leaf_hash
from flowgov.canonical import Json, canonical
from flowgov.errors import BadInput

VERSION = "flowgov.audit/1"
ORGANISATION = "org"
"""The stream of organisation-wide facts."""
LARGEST_BODY = 65_535

Entropy = Callable[[int], bytes]


def project_stream(project_id: str) -> str:
    """The stream of one project."""
    return f"prj:{project_id}"


class Head(NamedTuple):
    """Where a stream stands: the last record's position, hash and time. Position 0 is an empty stream."""

    stream: str
    seq: int
    hash: str
    ts: str


@dataclass(frozen=True, slots=True)
class Source:
    """Through which face an act came, and what that face knows of the person at the keyboard."""

    face: str = "library"
    os_user: str | None = None
    """Kept beside the record, not in it: it may be a name."""
    trusted: bool | None = None
    """For the command line: True where ``--as`` was believed without proof."""


class Text(NamedTuple):
    """A free text kept beside its record, so that it can be redacted without breaking the chain."""

    field: str
    salt: bytes
    value: str


class Sealed(NamedTuple):
    """A record ready to be stored."""

    stream: str
    seq: int
    event: str
    actor: str
    outcome: str
    ts: str
    body: bytes
    hash: str
    texts: tuple[Text, ...]

    @property
    def head(self) -> Head:
        """The stream's head once this record is stored."""
        return Head(self.stream, self.seq, self.hash, self.ts)


@dataclass(frozen=True, slots=True)
class Scribe:
    """Writes records for one log; holds what all of them share."""

    log: str
    """The log's origin, unique to the installation."""
    entropy: Entropy

    def seal(
        self,
        head: Head,
        event: str,
        actor: str,
        now: str,
        facts: Mapping[str, Any],
        source: Source,
        texts: Mapping[str, str | None] | None = None,
        outcome: str = "applied",
    ) -> Sealed:
        """The next record of the stream that stands at *head*.

        Time never runs backwards within a stream: a clock that went back is held at the former record's time,
        and the record says so.

        Raises:
            BadInput: the record would be larger than 65,535 bytes.
        """
        kept = [Text(f, self.entropy(SALT_BYTES), v) for f, v in (texts or {}).items() if v]
        if source.os_user:
            kept.append(Text("os_user", self.entropy(SALT_BYTES), source.os_user))
        ts = max(now, head.ts)
        document: dict[str, Json] = {
            **facts,
            "v": VERSION,
            "log": self.log,
            "stream": head.stream,
            "seq": head.seq + 1,
            "prev": head.hash,
            "ts": ts,
            "event": event,
            "outcome": outcome,
            "actor": actor,
            "id": uuid7(ts, self.entropy),
            "src": _source(source),
            "code": __version__,
        }
        if kept:
            document["c"] = {text.field: commitment(text.field, text.salt, text.value) for text in kept}
        if ts != now:
            document["clock"] = "held"
        body = canonical(document)
        if len(body) > LARGEST_BODY:
            raise BadInput("record_too_large", size=len(body), limit=LARGEST_BODY)
        return Sealed(head.stream, head.seq + 1, event, actor, outcome, ts, body, leaf_hash(body), tuple(kept))


def uuid7(ts: str, entropy: Entropy) -> str:
    """A UUID version 7 (RFC 9562, section 5.7) for the moment *ts*."""
    milliseconds = int(datetime.fromisoformat(ts).timestamp() * 1000)
    time, chance = f"{milliseconds:012x}", entropy(10)
    first, second = (
        int.from_bytes(chance[:2], "big") & 0x0FFF | 0x7000,
        int.from_bytes(chance[2:4], "big") & 0x3FFF | 0x8000,
    )
    return f"{time[:8]}-{time[8:]}-{first:04x}-{second:04x}-{chance[4:].hex()}"


def _source(source: Source) -> dict[str, Json]:
    if source.trusted is None:
        return {"face": source.face}
    return {"face": source.face, "trusted": source.trusted}
