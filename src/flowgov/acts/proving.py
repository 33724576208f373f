"""Proofs that a record is in the log, in the form that other people's tools read."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass

from sqlalchemy import Connection

from flowgov.acts.checkpointing import parsed, whole
from flowgov.acts.house import archived, known_project
from flowgov.audit import merkle
from flowgov.audit.record import ORGANISATION, project_stream
from flowgov.errors import NotFound
from flowgov.store import people, tree

_HEADER = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Proof:
    """That a record stands at a position of the log."""

    stream: str
    seq: int
    index: int
    """Position in the global order, from 0."""
    size: int
    """Of the checkpoint."""
    body: bytes
    """The record's exact bytes."""
    path: tuple[bytes, ...]
    """Inclusion proof, RFC 9162, section 2.1.3."""
    checkpoint: str
    """The signed note, with its cosignatures."""

    def text(self) -> str:
        """The proof as a C2SP ``.tlog-proof`` file; its extra data are the record's bytes."""
        lines = [_HEADER, f"extra {_base64(self.body)}", f"index {self.index}", *map(_base64, self.path)]
        return "\n".join(lines) + f"\n\n{self.checkpoint}"


def prove(connection: Connection, project: str | None, seq: int | None) -> Proof:
    """See `Reader.prove`."""
    stream, last = _chain(connection, project)
    wanted = last if seq is None else seq
    found = tree.position(connection, stream, wanted)
    newest = tree.newest_checkpoint(connection)
    if found is None:
        raise NotFound("record", name=f"{project or ORGANISATION}#{wanted}")
    if found.idx is None or newest is None or found.idx >= newest.size:
        raise NotFound("covering_checkpoint", name=project or ORGANISATION, seq=wanted)
    note = whole(connection, newest.size)
    path = merkle.inclusion(found.idx, newest.size, tree.nodes(connection))
    _, checkpoint = parsed(note)
    return Proof(stream, wanted, found.idx, checkpoint.size, found.body, tuple(path), note)


def _chain(connection: Connection, project: str | None) -> tuple[str, int]:
    """A chain's name and last position."""
    if project is None:
        row = people.read_organisation(connection)
        assert row is not None, "looked at before"
        return ORGANISATION, row.seq
    found = known_project(connection, project)
    if found.archived is not None:
        raise archived(found)
    return project_stream(found.id), found.seq


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")
