"""The tree over all records, as whoever writes the log sees it: how it grows, and the proofs it gives.

Leaves and the roots of complete subtrees of 256, 65,536, … leaves are stored and never change; everything else is
computed from them. The tree is that of RFC 9162, section 2.1, which is RFC 6962's. Whoever verifies uses `proof`,
which shares only the hash functions with this module.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flowgov.audit.hashing import EMPTY_ROOT, node_hash

STORED = 8
"""Every so many levels the nodes are stored: at the levels 0 (the leaves), 8, 16, …"""

Nodes = Callable[[int, int, int], Sequence[bytes]]
"""Reads *count* stored nodes of a level from index *first* on, called with (level, first, count)."""

_WIDTH = 1 << STORED


def grow(size: int, hashes: Sequence[bytes], nodes: Nodes) -> list[tuple[int, int, bytes]]:
    """The nodes to store, as (level, index, hash), when *hashes* are appended to a tree of *size* leaves.

    Reads only where a node becomes complete.
    """
    grown: list[tuple[int, int, bytes]] = []
    level, first, fresh = 0, size, list(hashes)
    while first % _WIDTH + len(fresh) >= _WIDTH:
        before = first % _WIDTH
        row = [*(nodes(level, first - before, before) if before else ()), *fresh]
        level, first = level + STORED, first // _WIDTH
        fresh = [_subtree(row[at : at + _WIDTH]) for at in range(0, len(row) - _WIDTH + 1, _WIDTH)]
        grown += ((level, first + at, hash_) for at, hash_ in enumerate(fresh))
    return grown


def root(size: int, nodes: Nodes) -> bytes:
    """The hash of the whole tree of *size* leaves (RFC 9162, section 2.1.1)."""
    assert size >= 0, "a tree has no fewer than no leaves"
    return _between(0, size, nodes) if size else EMPTY_ROOT


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The hash of the tree over these leaves alone (RFC 9162, section 2.1.1)."""
    return _subtree(hashes) if hashes else EMPTY_ROOT


def subtrees(size: int, nodes: Nodes) -> list[bytes]:
    """The hashes of the complete subtrees that a tree of *size* leaves hangs together from, largest first."""
    heights = [height for height in range(size.bit_length() - 1, -1, -1) if size >> height & 1]
    ends = [size >> height << height for height in heights]
    return [_between(end - (1 << height), end, nodes) for height, end in zip(heights, ends, strict=True)]


def inclusion(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """The proof that leaf *index* is in the tree of *size* leaves, nearest node first (RFC 9162, section 2.1.3.1)."""
    assert 0 <= index < size, "only a leaf of the tree can be proved to be in it"
    path: list[bytes] = []
    first, end = 0, size
    while end - first > 1:
        middle = first + _split(end - first)
        if index < middle:
            path.append(_between(middle, end, nodes))
            end = middle
        else:
            path.append(_between(first, middle, nodes))
            first = middle
    return path[::-1]


def consistency(old: int, new: int, nodes: Nodes) -> list[bytes]:
    """The proof that the tree of *new* leaves only adds to that of *old* leaves (RFC 9162, section 2.1.4.1).

    Empty where nothing is to be proved: nothing was added, or there was nothing before.
    """
    assert 0 <= old <= new, "a tree is only consistent with a later one"
    if old in {0, new}:
        return []
    path: list[bytes] = []
    first, end = 0, new
    while end != old:
        middle = first + _split(end - first)
        if old <= middle:
            path.append(_between(middle, end, nodes))
            end = middle
        else:
            path.append(_between(first, middle, nodes))
            first = middle
    # where the whole old tree is a node of the new one, its root is known to whoever verifies
    return [_between(first, end, nodes), *path[::-1]] if first else path[::-1]


def _split(size: int) -> int:
    """The largest power of two below *size*: how many leaves the left side of such a tree has."""
    return 1 << (size - 1).bit_length() - 1


def _between(first: int, end: int, nodes: Nodes) -> bytes:
    """The hash of the tree over the leaves from *first* up to *end*, a node of some tree of *end* leaves or more.

    It hangs together from complete subtrees, which become smaller to the right: per stored level there is one run
    of nodes, of at most 255.
    """
    size, level = end - first, 0
    tail: bytes | None = None
    while size >> level:
        count = (size >> level) % _WIDTH
        if count:
            tail = _subtree(nodes(level, (end >> level) - count, count), tail)
        level += STORED
    assert tail is not None, "a node has leaves"
    return tail


def _subtree(row: Sequence[bytes], tail: bytes | None = None) -> bytes:
    """The hash of the tree over a row of equally large nodes, and then *tail*, a smaller one."""
    while row:
        if len(row) % 2:
            tail = row[-1] if tail is None else node_hash(row[-1], tail)
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=False)]
    assert tail is not None, "a node has leaves"
    return tail
