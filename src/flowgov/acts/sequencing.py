"""The sequencer: gives every committed record its position in the one global order, and grows the tree.

It runs when asked, in any number of processes; one at a time is at work, and nobody who writes waits for it. It
takes records from a waiting list, not "everything after the last", so that the record of a slow transaction,
whose id is smaller than those that were faster, is not skipped.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Row

from flowgov.acts.unit import Unit
from flowgov.audit import merkle
from flowgov.audit.hashing import leaf_digest
from flowgov.audit.record import ORGANISATION
from flowgov.errors import AuditBroken
from flowgov.store import tree

BATCH = 1_024
"""Records that get their positions in one transaction."""


def sequence(unit: Unit) -> int:
    """Give positions to at most `BATCH` records that wait; how many got one. See `Keeper.sequence`."""
    if not tree.anything_waits(unit.connection):
        return 0
    tree.one_at_a_time(unit.connection)
    return _take_up(unit)


def sequence_all(unit: Unit) -> int:
    """Give positions to every record that waits, in the present transaction; the size of the tree."""
    tree.one_at_a_time(unit.connection)
    while _take_up(unit) == BATCH:
        continue
    return tree.size(unit.connection)


def _take_up(unit: Unit) -> int:
    rows = tree.waiting(unit.connection, BATCH)
    if not rows:
        return 0
    ends = tree.organisation_head(unit.connection)
    leaves = [(row.id, _admitted(row, ends)) for row in rows]
    first, nodes = tree.size(unit.connection), tree.nodes(unit.connection)
    grown = merkle.grow(first, [hash_ for _, hash_ in leaves], nodes)
    tree.add_leaves(unit.connection, first, leaves)
    tree.add_nodes(unit.connection, grown)
    return len(rows)


def _admitted(row: Row[Any], organisation: tuple[int, str]) -> bytes:
    """The leaf hash of a record that has no position yet, is what its columns say and follows the one before it.

    The last record of a chain must be the one that the chain's row names.

    Raises:
        AuditBroken: it does not; signing it would vouch for an alteration.
    """
    try:
        document = json.loads(row.body)
        said = document["stream"], document["seq"], document["prev"]
    except (ValueError, KeyError, TypeError):
        said = None
    prev = leaf_digest(row.former).hex() if row.former is not None else ""
    hash_ = leaf_digest(row.body)
    seq, head = organisation if row.stream == ORGANISATION else (row.seq, row.head)
    attested = seq != row.seq or head in (None, hash_.hex())
    if said != (row.stream, row.seq, prev) or row.idx is not None or not attested:
        raise AuditBroken("sequencing", stream=row.stream, seq=row.seq)
    return hash_
