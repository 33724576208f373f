"""The tree over all records, built anew from the stored leaves, and compared with everything that was signed.

Every leaf is a hash that the walk of the chains compared with its record. Here they are put together again, so that
nodes, roots and positions are what they ought to be; shares only the hash functions with the code that writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from flowgov.audit.finding import Findings
from flowgov.audit.hashing import EMPTY_ROOT, node_hash
from flowgov.audit.kinds import STAMP
from flowgov.audit.register import Register
from flowgov.audit.times import Times

HASH_BYTES = 32
STORED_LEVELS = tuple(range(8, 64, 8))
"""Levels whose nodes are stored."""


Leaf = Sequence[Any]
"""A stored leaf: its position, record, hash and archive; and its record's stream, seq and ts, None where it is gone."""


class LeafSource(Protocol):
    """Where leaves and nodes come from."""

    def leaves(self, first: int) -> Iterator[Sequence[Leaf]]:
        """Pages of leaves from a position on, by position."""

    def unplaced(self) -> Iterator[Sequence[Any]]:
        """Stream, seq and stamp of every record that waits for a position, in the order of writing."""

    def node_levels(self) -> Sequence[int]: ...
    def nodes(self, level: int, first: int) -> Iterator[tuple[Any, Any]]:
        """Index and hash of the stored nodes of a level from an index on, by index."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody's word for what the root was at some size."""

    size: int
    root: bytes
    place: str | None = None
    """Where a copy lies; None for the database's own checkpoint."""
    withdrawn: bool = False
    """Whether it is signed by a key that is not believed at this size: it proves nothing, but may betray a thief."""


@dataclass(slots=True)
class Sums:
    """What came out."""

    size: int = 0
    agreed: dict[int, str | None] = field(default_factory=dict)
    """Sizes at which a checkpoint of the database was confirmed, with the time of the last record that it covers."""
    copies_held: set[tuple[int, str]] = field(default_factory=set)
    """Size and place of every copy that was confirmed."""
    archived: int = 0


class Tree:
    """Complete subtrees, largest first; each knows its height and hash."""

    __slots__ = ("_subtrees", "size")

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        """Resume after *size* leaves, from the roots of the complete subtrees, largest first."""
        heights = [height for height in range(size.bit_length() - 1, -1, -1) if size >> height & 1]
        assert len(heights) == len(hashes), "one hash for each complete subtree"
        self.size = size
        self._subtrees = list(zip(heights, hashes, strict=True))

    def push(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Add a leaf; level, index and hash of every stored node that became complete."""
        height, hash_, complete = 0, leaf, []
        while self._subtrees and self._subtrees[-1][0] == height:
            hash_ = node_hash(self._subtrees.pop()[1], hash_)
            height += 1
            if height % 8 == 0:
                complete.append((height, self.size >> height, hash_))
        self._subtrees.append((height, hash_))
        self.size += 1
        return complete

    def root(self) -> bytes:
        """The root over all leaves so far (RFC 6962, section 2.1)."""
        if not self._subtrees:
            return EMPTY_ROOT
        hash_ = self._subtrees[-1][1]
        for _, left in reversed(self._subtrees[:-1]):
            hash_ = node_hash(left, hash_)
        return hash_


class TreeWalk:
    """Follows the global order from its first position, or from a checkpoint that is believed, to its last."""

    def __init__(
        self, source: LeafSource, register: Register, claims: Sequence[Claim], times: Times, findings: Findings
    ) -> None:
        self._source, self._register, self._findings, self._times = source, register, findings, times
        self._claims: dict[int, list[Claim]] = {}
        for claim in claims:
            self._claims.setdefault(claim.size, []).append(claim)
        self._stops = self._claims.keys() | times.sizes
        """Sizes at which there is something to compare."""
        self._archives: dict[Any, tuple[Tree, int]] = {}
        self._stored: dict[int, Iterator[tuple[Any, Any]]] = {}
        self._ahead: dict[int, tuple[Any, Any] | None] = {}
        self._torn = False
        """Whether a position is missing: what follows cannot be put together any more."""
        self._start = 0
        """Where the walk began; what lies before it was not read."""
        self._last_ts: str | None = None
        self.sums = Sums()

    def run(self, tree: Tree | None = None, between: Callable[[], None] = lambda: None) -> Sums:
        """Walk to the end.

        Args:
            tree: where to begin, for a walk from a checkpoint on.
            between: called after every page of leaves.
        """
        tree = tree or Tree()
        self._start = tree.size
        self._open(tree.size)
        self._root(tree)
        for page in self._source.leaves(tree.size):
            for leaf in page:
                self._leaf(tree, leaf)
            between()
        self.sums.size = tree.size
        for stream, seq, ts in self._source.unplaced():
            self._stamp(stream, seq, ts)
        self._end(tree.size)
        return self.sums

    def _open(self, first: int) -> None:
        for level in self._source.node_levels():
            if level not in STORED_LEVELS:
                self._findings.add("NODE_MODIFIED", about="extra", idx=0, leaves=0)
                continue
            self._stored[level] = self._source.nodes(level, first >> level)
            self._ahead[level] = next(self._stored[level], None)

    def _leaf(self, tree: Tree, leaf: Leaf) -> None:
        idx, _, hash_, archive, stream, seq, ts = leaf
        if idx != tree.size and not self._gap(tree, idx):
            return
        if type(hash_) is not bytes or len(hash_) != HASH_BYTES:
            self._findings.add("LEAF_MODIFIED", about="hash", idx=idx)
            hash_ = bytes(HASH_BYTES)
        if archive is not None:
            self._archived(archive, hash_, stream, seq)
        elif stream is None:
            self._findings.add("RECORD_MISSING", position=idx, idx=idx)
        else:
            self._stamp(stream, seq, ts)
        for level, index, node in tree.push(hash_):
            if not self._torn:
                self._node(level, index, node)
        if tree.size in self._stops or self._torn:
            self._root(tree)

    def _stamp(self, stream: str, seq: int | None, ts: Any) -> None:
        if type(ts) is str and STAMP(ts):
            self._last_ts = ts
            self._times.read(stream, seq, ts)

    def _gap(self, tree: Tree, idx: Any) -> bool:
        """Whether positions are missing, so that what follows stands further on; otherwise this leaf stands nowhere."""
        if type(idx) is not int or idx < tree.size:
            self._findings.add("SEQUENCE_MISMATCH", idx=idx)
            return False
        self._findings.add("LEAF_MISSING", about="gap", idx=tree.size)
        self._torn, tree.size = True, idx
        return True

    def _archived(self, archive: Any, hash_: bytes, stream: str | None, seq: int | None) -> None:
        tree, count = self._archives.setdefault(archive, (Tree(), 0))
        tree.push(hash_)
        self._archives[archive] = (tree, count + 1)
        self.sums.archived += 1
        if stream is not None:
            self._findings.add("ARCHIVE_MISMATCH", stream, seq, about="records")

    def _node(self, level: int, index: int, hash_: bytes) -> None:
        stored = self._ahead.get(level)
        while stored is not None and _index(stored[0]) < index:
            self._extra(level, stored[0])
            stored = self._ahead[level] = next(self._stored[level], None)
        about: dict[str, Any] = {"idx": index << level, "leaves": 1 << level}
        if stored is None or stored[0] != index:
            self._findings.add("NODE_MISSING", **about)
            return
        if stored[1] != hash_:
            self._findings.add("NODE_MODIFIED", **about)
        self._ahead[level] = next(self._stored[level], None)

    def _extra(self, level: int, index: Any) -> None:
        self._findings.add("NODE_MODIFIED", about="extra", idx=_index(index) << level, leaves=1 << level)

    def _root(self, tree: Tree) -> None:
        self._times.passed(tree.size)
        claims = self._claims.pop(tree.size, None)
        if claims is None:
            return
        root = None if self._torn else tree.root()
        for claim in claims:
            if claim.root != root:
                self._contradicted(claim)
            elif claim.place is None:
                self.sums.agreed[claim.size] = self._last_ts
            elif not claim.withdrawn:
                self.sums.copies_held.add((claim.size, claim.place))

    def _contradicted(self, claim: Claim) -> None:
        if claim.withdrawn:
            self._findings.add("ANCHOR_INVALID", about="withdrawn", place=claim.place, size=claim.size)
        elif claim.place is None:
            self._findings.add("ROOT_MISMATCH", checkpoint=claim.size, former=max(self.sums.agreed, default=0))
        else:
            self._findings.add("FORKED", place=claim.place, size=claim.size)

    def _end(self, size: int) -> None:
        for level, stored in self._ahead.items():
            if stored is not None and not self._torn:
                self._extra(level, stored[0])
        for claims in self._claims.values():
            for claim in claims:
                if claim.withdrawn or claim.size <= size:  # it ends where positions are missing
                    self._contradicted(claim)
                elif claim.place is None:
                    self._findings.add("ROLLED_BACK", checkpoint=claim.size, size=size)
                else:
                    self._findings.add("ROLLED_BACK", about="copy", place=claim.place, checkpoint=claim.size, size=size)
        self._buried(self._register.tombstones)

    def _buried(self, tombstones: Mapping[int, Any]) -> None:
        """The leaves of every archive against the record that describes it."""
        for seq, stone in tombstones.items():
            tree, count = self._archives.pop(seq, (Tree(), 0))
            if count < stone.count and self._start:
                continue  # the others lie before the checkpoint, whose root covers them
            if count != stone.count:
                self._findings.add("ARCHIVE_MISMATCH", "org", seq, about="count", found=count, count=stone.count)
            elif tree.root().hex() != stone.root:
                self._findings.add("ROOT_MISMATCH", "org", seq, about="archive")
        for name in self._archives:
            self._findings.add("ARCHIVE_MISMATCH", about="leaf", idx=str(name))


def _index(value: Any) -> int:
    return value if type(value) is int else 0
