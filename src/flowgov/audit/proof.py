"""Proofs about the tree, as whoever does not trust the log checks them.

Shares only the hash functions with `merkle`, which makes the proofs. Nothing here raises on what a stranger hands
over: a proof holds, or it does not.
"""

from __future__ import annotations

from collections.abc import Sequence

from flowgov.audit.hashing import EMPTY_ROOT, HASH_BYTES, node_hash


def root_from_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes | None:
    """The root a tree of *size* leaves has if *path* leads from the hash *leaf* at *index* up to it.

    Source: RFC 9162, section 2.1.3.2.

    Returns:
        None where no such path can have that length, or something in it is no hash.
    """
    if not 0 <= index < size or not _hashes([leaf, *path]):
        return None
    node, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            node, last = _while_left(node, last)
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    return found if last == 0 else None


def verify_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> bool:
    """Whether *path* proves that *leaf* is the hash of leaf *index* in the tree of *size* leaves with that root."""
    return root_from_inclusion(index, size, leaf, path) == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether *path* proves that the tree of *new* leaves begins with the tree of *old* leaves.

    Source: RFC 9162, section 2.1.4.2. A tree is consistent with itself, without a path. About an empty tree nothing
    can be proved: every tree begins with it.
    """
    if not 0 < old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    if not path or not _hashes(path):
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    # a whole old tree that is a node of the new one needs no hash in the path: it is the old root
    first, *rest = path if node else (old_root, *path)
    return _leads_to(node, last, first, rest) == (old_root, new_root)


def _leads_to(node: int, last: int, first: bytes, rest: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The old and the new root that a path leads to."""
    older = newer = first
    for sibling in rest:
        if last == 0:
            return None
        if node & 1 or node == last:
            older, newer = node_hash(sibling, older), node_hash(sibling, newer)
            node, last = _while_left(node, last)
        else:
            newer = node_hash(newer, sibling)
        node, last = node >> 1, last >> 1
    return (older, newer) if last == 0 else None


def _while_left(node: int, last: int) -> tuple[int, int]:
    """Up from a node as long as it has no sibling in the tree: the step after these goes to its sibling's parent."""
    while node and not node & 1:
        node, last = node >> 1, last >> 1
    return node, last


def _hashes(path: Sequence[bytes]) -> bool:
    # a hash of another length would let bytes move between the two sides of a node
    return all(len(hash_) == HASH_BYTES for hash_ in path)


class Frontier:
    """The tree as far as it has been read, leaf by leaf: the roots of its complete subtrees, and no more of it."""

    __slots__ = ("_roots", "size")

    def __init__(self) -> None:
        self.size = 0
        """How many leaves were read."""
        self._roots: list[bytes] = []

    @classmethod
    def at(cls, size: int, hashes: Sequence[bytes]) -> Frontier:
        """Resume after *size* leaves, from the roots of the complete subtrees, largest first.

        Raises:
            ValueError: a tree of that size has not that many of them, or one is no hash.
        """
        if size < 0 or len(hashes) != size.bit_count() or not _hashes(hashes):
            raise ValueError(f"these are not the {size.bit_count()} subtrees of a tree of {size} leaves")
        resumed = cls()
        resumed.size, resumed._roots = size, list(hashes)
        return resumed

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """The roots of the complete subtrees, largest first: what `at` resumes from."""
        return tuple(self._roots)

    def push(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        size, roots = self.size, self._roots
        while size & 1:
            leaf = node_hash(roots.pop(), leaf)
            size >>= 1
        roots.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The hash of the tree read so far."""
        if not self._roots:
            return EMPTY_ROOT
        *roots, found = self._roots
        for left in reversed(roots):
            found = node_hash(left, found)
        return found
