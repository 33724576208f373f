"""Writing evidence bundles: everything of one moment, in the order of the tree, with proofs where they are needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection

from flowgov.acts.checkpointing import parsed, whole
from flowgov.acts.house import House, known_project
from flowgov.audit import bundle, merkle
from flowgov.audit.bundle import Contents, Entry, Manifest, Scope, Step
from flowgov.audit.record import ORGANISATION, project_stream
from flowgov.dossier.files import stored_at
from flowgov.errors import BadInput, NotFound
from flowgov.store import exporting, people, tree

_NODES_KEPT = 65_536
"""Answers of the tree that are remembered while many proofs are made."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a bundle is to hold."""

    project: str | None = None
    """Key of the only project; None for the whole log."""
    identities: bool = False
    """Whether names, logins, e-mails and operating-system users go in."""
    store: Path | None = None
    """Where kept copies of evidence are, if they go in."""
    anchors: Mapping[str, bytes] | None = None
    """Copies of time-stamp tokens, by name."""


def export(house: House, connection: Connection, order: Order, file: BinaryIO) -> Manifest:
    """Write a bundle of what the newest checkpoint covers. See `Keeper.export`."""
    streams, ids = _chosen(connection, order.project)
    notes = notes_of(connection)
    if not notes:
        raise NotFound("no_checkpoint")
    size = parsed(notes[-1])[1].size
    if streams is None and exporting.archived_leaves(connection, size):
        raise BadInput("archived_records")
    scope: Scope = "log" if streams is None else "project"
    contents = Contents(
        log=house.scribe(connection).log,
        scope=scope,
        made=house.now(),
        notes=notes,
        entries=entries(connection, size, streams, proofs=scope != "log"),
        steps=() if scope == "log" else steps(connection, notes),
        workflows=exporting.definitions(connection),
        evidence=files(exporting.stored_files(connection, ids), order.store),
        anchors=order.anchors or {},
        identities=order.identities,
    )
    return bundle.write(file, contents)


def notes_of(connection: Connection) -> list[str]:
    """Every signed checkpoint with its cosignatures, oldest first, but for those of a withdrawn key."""
    withdrawn = list(_withdrawn(connection))
    return [
        whole(connection, row.size)
        for row in tree.every_checkpoint(connection)
        if not any(vouched < row.size <= replaced for vouched, replaced in withdrawn)
    ]


def _withdrawn(connection: Connection) -> Iterator[tuple[int, int]]:
    """For every key that was replaced: up to which size it is believed, and up to which it signed."""
    for document in people.key_records(connection):
        if document["event"] == "key.replaced":
            place = tree.position(connection, ORGANISATION, document["seq"])
            if place is not None and place.idx is not None:
                yield document["size"], place.idx


def entries(connection: Connection, size: int, streams: Sequence[str] | None, *, proofs: bool) -> Iterator[Entry]:
    """Records below *size* for a bundle, with their inclusion proofs if asked."""
    nodes = lru_cache(_NODES_KEPT)(tree.nodes(connection))
    for found in exporting.placed(connection, size, streams):
        path = merkle.inclusion(found.idx, size, nodes) if proofs else ()
        yield Entry(found.idx, found.body, path, found.texts)


def steps(connection: Connection, notes: Sequence[str]) -> Iterator[Step]:
    """The proofs between consecutive checkpoints."""
    nodes = tree.nodes(connection)
    sizes = [parsed(note)[1].size for note in notes]
    for old, new in pairwise(sizes):
        yield Step(old, new, merkle.consistency(old, new, nodes))


def files(hashes: Sequence[str], store: Path | None) -> dict[str, Path]:
    """Where the kept copies of evidence are.

    Raises:
        BadInput: one is missing.
    """
    if store is None:
        return {}
    found = {sha256: stored_at(store, sha256) for sha256 in hashes}
    missing = next((sha256 for sha256, path in found.items() if not path.is_file()), None)
    if missing is not None:
        raise BadInput("evidence_gone", sha256=missing, path=str(store))
    return found


def _chosen(connection: Connection, project: str | None) -> tuple[list[str] | None, list[str] | None]:
    """The streams, and the projects, that go into a bundle; None for all."""
    if project is None:
        return None, None
    row = known_project(connection, project)
    if row.archived is not None:
        raise BadInput("project_archived", key=project)
    return [ORGANISATION, project_stream(row.id)], [row.id]
