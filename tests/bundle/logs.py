"""Logs to make bundles of: real records from the engine, continued by hand with keys, redactions and evidence.

The tree is computed here by the definition of RFC 9162, section 2.1, and not by the code that writes the log.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from flowgov.audit.bundle import Beside, Contents, Entry, Scope, Step, write
from flowgov.audit.hashing import leaf_digest, node_hash
from flowgov.audit.note import Checkpoint, Note, Signature
from flowgov.audit.record import Head, Scribe, Source, Text
from flowgov.audit.signing import Signer
from flowgov.testing import ADMINISTRATOR, engine, pass_gate, seeded

MADE = "2026-02-01T12:00:00.000000Z"
PAPER = b"Architecture note, as it was reviewed.\n"
LATER = "2026-01-20T09:00:00.000000Z"


def root(leaves: Sequence[bytes]) -> bytes:
    """RFC 9162, section 2.1.1."""
    if len(leaves) == 1:
        return leaves[0]
    half = split(len(leaves))
    return node_hash(root(leaves[:half]), root(leaves[half:]))


def inclusion(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """RFC 9162, section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    half = split(len(leaves))
    if index < half:
        return [*inclusion(index, leaves[:half]), root(leaves[half:])]
    return [*inclusion(index - half, leaves[half:]), root(leaves[:half])]


def consistency(old: int, leaves: Sequence[bytes], whole: bool = True) -> list[bytes]:
    """RFC 9162, section 2.1.4.1."""
    if old == len(leaves):
        return [] if whole else [root(leaves)]
    half = split(len(leaves))
    if old <= half:
        return [*consistency(old, leaves[:half], whole), root(leaves[half:])]
    return [*consistency(old - half, leaves[half:], False), root(leaves[:half])]


def split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def signer(name: str, number: int = 1) -> Signer:
    """A key that is the same every time."""
    return Signer(name, sha256(f"{name} {number}".encode()).digest())


@dataclass
class Log:
    """A log in memory."""

    origin: str
    bodies: list[bytes]
    texts: dict[tuple[str, int], list[Beside]]
    workflows: list[bytes]
    notes: list[str] = field(default_factory=list)

    def copy(self) -> Log:
        return Log(self.origin, [*self.bodies], {**self.texts}, self.workflows, [*self.notes])

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    @property
    def projects(self) -> list[str]:
        return list(dict.fromkeys(r["stream"] for r in self.records if r["stream"] != "org"))

    @property
    def key(self) -> Signer:
        return signer(self.origin)

    def head(self, stream: str) -> Head:
        last = [(r, b) for r, b in zip(self.records, self.bodies, strict=True) if r["stream"] == stream][-1]
        return Head(stream, last[0]["seq"], leaf_digest(last[1]).hex(), last[0]["ts"])

    def append(
        self, stream: str, event: str, facts: dict[str, Any], texts: dict[str, str] | None = None, actor: str = ""
    ) -> dict[str, Any]:
        """One more record; its content."""
        scribe = Scribe(self.origin, seeded(len(self.bodies)))
        source = Source("cli", "kbenali", True)
        actor = actor or self.records[0]["actor"]
        sealed = scribe.seal(self.head(stream), event, actor, LATER, facts, source, texts)
        self.bodies.append(sealed.body)
        self.texts[stream, sealed.seq] = [_beside(stream, sealed.seq, one) for one in sealed.texts]
        return dict(json.loads(sealed.body))

    def checkpoint(self, *signers: Signer, witnesses: Sequence[Signer] = (), size: int | None = None) -> str:
        """A signed note on the log as it is now, or was."""
        leaves = [leaf_digest(body) for body in self.bodies[:size]]
        said = Checkpoint(self.origin, len(leaves), root(leaves)).text()
        signatures = [one.sign(said) for one in signers or (self.key,)]
        signatures += [witness.cosign(said, 1_768_900_000) for witness in witnesses]
        self.notes.append(str(Note(said, tuple(signatures))))
        return self.notes[-1]

    def register(self) -> None:
        self.append("org", "key.registered", {"key": str(self.key.key)})

    def rotate(self, old: Signer, new: Signer) -> None:
        self.append("org", "key.rotated", {"old": str(old.key), "new": str(new.key)}, {"reason": "every year"})

    def replace(self, old: Signer, new: Signer, size: int, cause: str = "lost") -> None:
        facts = {"old": str(old.key), "new": str(new.key), "cause": cause, "size": size}
        self.append("org", "key.replaced", facts, {"reason": "the safe was empty"})

    def redact(self, record: dict[str, Any], field_: str) -> None:
        """Remove a text beside a record, and record it."""
        place = record["stream"], record["seq"]
        body = next(b for b in self.bodies if json.loads(b)["id"] == record["id"])
        target = {"stream": place[0], "seq": place[1], "hash": leaf_digest(body).hex()}
        self.texts[place] = [one for one in self.texts[place] if one.field != field_]
        self.append("org", "text.redacted", {"target": target, "field": field_}, {"reason": "a name in it"})

    def erase(self, person: str) -> None:
        """Remove somebody's identity card, and record it."""
        for record in self.records:
            place = record["stream"], record["seq"]
            gone = {"os_user"} if record["actor"] == person else set()
            if record["event"] == "person.added" and record["person"] == person:
                gone |= {"login", "name", "email"}
            self.texts[place] = [one for one in self.texts.get(place, []) if one.field not in gone]
        self.append("org", "person.erased", {"person": person}, {"reason": "asked for"})

    def contents(self, scope: Scope = "log", streams: Sequence[str] | None = None, **more: Any) -> Contents:
        """What a bundle of this log holds."""
        newest = Checkpoint.parse(Note.parse(self.notes[-1]).text).size
        leaves = [leaf_digest(body) for body in self.bodies[:newest]]
        wanted = streams or {"log": None, "project": ["org", *self.projects[:1]], "archive": self.projects}[scope]
        entries = [
            Entry(idx, body, inclusion(idx, leaves), self.texts.get((record["stream"], record["seq"]), []))
            for idx, (body, record) in enumerate(zip(self.bodies[:newest], self.records, strict=False))
            if wanted is None or record["stream"] in wanted
        ]
        sizes = [Checkpoint.parse(Note.parse(note).text).size for note in self.notes]
        steps = [Step(a, b, consistency(a, leaves[:b])) for a, b in pairwise(sizes)]
        given = {"workflows": self.workflows, "identities": True, **more}
        return Contents(self.origin, scope, MADE, self.notes, iter(entries), steps, **given)

    def bundle(self, scope: Scope = "log", streams: Sequence[str] | None = None, **more: Any) -> bytes:
        """The bytes of a bundle of this log."""
        file = io.BytesIO()
        write(file, self.contents(scope, streams, **more))
        return file.getvalue()


def founded(folder: Path) -> Log:
    """A small organisation with two projects, as the engine recorded them; nothing is signed yet."""
    with engine(folder) as flow:
        for key in ("CRM", "ERP"):
            flow.open_project(key, workflow="pme-light", title=f"Projet {key} – été", by="business_owner")
            pass_gate(flow, key, "validate_need", by="business_owner", reason="Le besoin est clair")
        flow.add_person("leaver", name="Lea Ver", email="lea@example.org", by=ADMINISTRATOR)
    return read(folder / "governance.db")


def read(path: Path) -> Log:
    """A log as the database keeps it."""
    database = create_engine(f"sqlite:///{path}")
    with database.connect() as connection:
        bodies = [row[0] for row in connection.execute(text("SELECT body FROM flowgov_record ORDER BY id"))]
        workflows = [row[0] for row in connection.execute(text("SELECT body FROM flowgov_workflow"))]
        texts: dict[tuple[str, int], list[Beside]] = {}
        for row in connection.execute(text("SELECT stream, seq, field, salt, value FROM flowgov_text")):
            texts.setdefault((row[0], row[1]), []).append(Beside(*row))
    database.dispose()
    return Log(json.loads(bodies[0])["log"], bodies, texts, workflows)


def story(log: Log) -> Log:
    """The same log with a key, three checkpoints, a rotation, a redaction, an erasure and a stored document."""
    log = log.copy()
    second, project = signer(log.origin, 2), log.projects[0]
    log.register()
    log.checkpoint()
    opened = next(r for r in log.records if r["stream"] == project and r["event"] == "project.opened")
    place = {name: opened[name] for name in ("cycle", "version", "wf")}
    evidence = {"kind": "architecture_note", "sha256": sha256(PAPER).hexdigest(), "size": len(PAPER), "stored": True}
    log.append(project, "evidence.added", {**evidence, **place}, {"label": "note.txt"}, actor=opened["actor"])
    moved = next(r for r in log.records if r["stream"] == project and r["event"] == "project.moved")
    log.redact(moved, "reason")
    log.checkpoint()
    log.rotate(log.key, second)
    leaver = next(r["person"] for r in reversed(log.records) if r["event"] == "person.added")
    log.append(project, "approval.refused", {"t": "deploy", "blockers": [], **place}, {"comment": "not yet"}, leaver)
    log.erase(leaver)
    log.checkpoint(second, log.key, witnesses=[signer("witness.example.org/w1")])
    return log


def _beside(stream: str, seq: int, one: Text) -> Beside:
    return Beside(stream, seq, one.field, one.salt, one.value)


def resigned(note: str, *signatures: Signature) -> str:
    """The note with other signatures."""
    return str(Note(Note.parse(note).text, signatures))
