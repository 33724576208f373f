"""Queries on the tree over all records: who waits for a position, leaves, nodes, checkpoints, cosignatures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, case, delete, exists, func, insert, select, text

from flowgov.audit import merkle
from flowgov.audit.hashing import HASH_BYTES
from flowgov.errors import AuditBroken
from flowgov.store.tables import checkpoint, cosignature, leaf, node, organisation, pending, project, record

SEQUENCERS_LOCK = 0x666C6F77676F76
"""Key of the advisory lock on PostgreSQL that lets one sequencer in at a time."""
PAGE = 2_000
PROJECT = "prj:"

_before = record.alias("before")
_next = select(pending.c.record).order_by(pending.c.record).limit(bindparam("most"))
_waiting: Select[Any] = (
    select(
        record.c.id,
        record.c.stream,
        record.c.seq,
        record.c.body,
        _before.c.body.label("former"),
        leaf.c.idx,
        # the row that says where the chain ends attests its last record, which no other record follows yet
        case((project.c.seq == record.c.seq, project.c.head)).label("head"),
    )
    .join(project, project.c.id == func.substr(record.c.stream, len(PROJECT) + 1), isouter=True)
    .join(leaf, leaf.c.record == record.c.id, isouter=True)
    .join(_before, (_before.c.stream == record.c.stream) & (_before.c.seq == record.c.seq - 1), isouter=True)
    .where(record.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(record.c.id)
)
_size = select(func.coalesce(func.max(leaf.c.idx) + 1, 0))
_leaves = select(leaf.c.hash).where(leaf.c.idx >= bindparam("first"), leaf.c.idx < bindparam("end"))
_nodes = select(node.c.hash).where(
    node.c.level == bindparam("level"), node.c.idx >= bindparam("first"), node.c.idx < bindparam("end")
)


def one_at_a_time(connection: Connection) -> None:
    """Wait until no other sequencer is at work, and keep others out until the transaction ends.

    On SQLite the write lock, which the transaction already holds, does the same.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SEQUENCERS_LOCK})


def waiting(connection: Connection, most: int) -> Sequence[Row[Any]]:
    """The next that wait for a position, in the order of writing, each with the body of the one before it.

    Whoever locked a chain later has a larger id, so that no record comes here before its predecessor.
    """
    # named one by one: told to join the list, planners go through all records, and wait longer the longer the log
    ids = connection.execute(_next, {"most": most}).scalars().all()
    return connection.execute(_waiting, {"ids": ids}).all() if ids else []


def organisation_head(connection: Connection) -> tuple[int, str]:
    """Where the organisation's row says that its chain ends."""
    row = connection.execute(select(organisation.c.seq, organisation.c.head)).one()
    return row.seq, row.head


def anything_waits(connection: Connection) -> bool:
    """Whether some committed record has no position yet."""
    return bool(connection.execute(select(exists(select(pending.c.record)))).scalar_one())


def size(connection: Connection) -> int:
    """How many leaves the tree has."""
    return int(connection.execute(_size).scalar_one())


def add_leaves(connection: Connection, first: int, leaves: Sequence[tuple[int, bytes]]) -> None:
    """Give these records (id and hash) the positions from *first* on, and take them off the waiting list."""
    rows = [{"idx": first + n, "record": id_, "hash": hash_} for n, (id_, hash_) in enumerate(leaves)]
    connection.execute(insert(leaf).inline(), rows)
    connection.execute(delete(pending).where(pending.c.record.in_([id_ for id_, _ in leaves])))


def add_nodes(connection: Connection, nodes: Sequence[tuple[int, int, bytes]]) -> None:
    """Store roots of subtrees that became complete: level, index and hash."""
    if nodes:
        rows = [{"level": level, "idx": idx, "hash": hash_} for level, idx, hash_ in nodes]
        connection.execute(insert(node).inline(), rows)


def nodes(connection: Connection) -> Callable[[int, int, int], list[bytes]]:
    """How `flowgov.audit.merkle` reads hashes of the tree: level, first, count.

    What it returns raises `AuditBroken` where a hash is missing, or is none.
    """

    def read(level: int, first: int, count: int) -> list[bytes]:
        if count == 0:
            return []
        values = {"first": first, "end": first + count}
        if level:
            rows = connection.execute(_nodes.order_by(node.c.idx), {"level": level, **values})
        else:
            rows = connection.execute(_leaves.order_by(leaf.c.idx), values)
        hashes = [hash_ for (hash_,) in rows if type(hash_) is bytes and len(hash_) == HASH_BYTES]
        if len(hashes) != count:
            raise AuditBroken("tree", first=first << level, last=((first + count) << level) - 1)
        return hashes

    return read


def subtrees(connection: Connection, at: int) -> list[bytes]:
    """Roots of the complete subtrees of the first *at* leaves, largest first."""
    return merkle.subtrees(at, nodes(connection))


def position(connection: Connection, stream: str, seq: int) -> Row[Any] | None:
    """Position, hash and bytes of one record; the position is None while it waits."""
    statement: Select[Any] = (
        select(leaf.c.idx, leaf.c.hash, record.c.body)
        .select_from(record)
        .join(leaf, leaf.c.record == record.c.id, isouter=True)
        .where(record.c.stream == stream, record.c.seq == seq)
    )
    return connection.execute(statement).first()


def newest_checkpoint(connection: Connection) -> Row[Any] | None:
    """Size and note of the newest checkpoint."""
    return connection.execute(select(checkpoint).order_by(checkpoint.c.size.desc()).limit(1)).first()


def find_checkpoint(connection: Connection, at: int) -> str | None:
    """The note of the checkpoint of this size."""
    return connection.execute(select(checkpoint.c.note).where(checkpoint.c.size == at)).scalar_one_or_none()


def every_checkpoint(connection: Connection) -> Iterator[Row[Any]]:
    """Size and note of every checkpoint, smallest first."""
    last = -1
    while True:
        page = select(checkpoint).where(checkpoint.c.size > last).order_by(checkpoint.c.size).limit(PAGE)
        rows = connection.execute(page).all()
        yield from rows
        if len(rows) < PAGE:
            return
        last = rows[-1].size


def add_checkpoint(connection: Connection, at: int, note: str) -> None:
    """Store a signed checkpoint."""
    connection.execute(insert(checkpoint).inline(), {"size": at, "note": note})


def cosignatures(connection: Connection, at: int) -> Sequence[Row[Any]]:
    """Witness and line of every cosignature of one checkpoint."""
    statement: Select[Any] = select(cosignature).where(cosignature.c.size == at).order_by(cosignature.c.witness)
    return connection.execute(statement).all()


def add_cosignature(connection: Connection, at: int, witness: str, line: str) -> None:
    """Store a witness's signature of a checkpoint."""
    connection.execute(insert(cosignature).inline(), {"size": at, "witness": witness, "line": line})
