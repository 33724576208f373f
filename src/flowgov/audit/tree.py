"""The tree over all records, built anew from the stored leaves, and compared with everything that was signed.

Every leaf is a hash that the walk of the chains compared with its record. Here they are put together again, so that
nodes, roots and positions are what they ought to be; shares only the hash functions with the code that writes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from flowgov.audit.fields import STAMP
from flowgov.audit.finding import Findings
from flowgov.audit.hashing import EMPTY_ROOT, node_hash
from flowgov.audit.register import Register
from flowgov.audit.times import Times

HASH_BYTES = 32
STORED_LEVELS = tuple(range(8, 64, 8))
"""Levels whose nodes are stored."""


class Leaf(NamedTuple):
    """A stored leaf and what is known of its record; `stream` is None where the record is gone."""

    idx: Any
    record: Any
    hash: Any
    archive: Any
    stream: str | None
    seq: int | None
    ts: str | None


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
    held: int = 0
    """The largest size at which a checkpoint of the database was confirmed, and no record is another one."""
    held_ts: str | None = None
    """Time of the last record that it covers."""
    agreed: set[int] = field(default_factory=set)
    """Every such size."""
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
        self._archives: dict[Any, tuple[Tree, int]] = {}
        self._stored: dict[int, Iterator[tuple[Any, Any]]] = {}
        self._ahead: dict[int, tuple[Any, Any] | None] = {}
        self._torn = False
        """Whether a position is missing: what follows cannot be put together any more."""
        self._start = 0
        self._last_ts: str | None = None
        self._first = 0
        """Where the walk began; what lies before it, archived leaves too, was not read."""
        self.sums = Sums()

    def run(self, tree: Tree | None = None) -> Sums:
        """Walk to the end; *tree* is where to begin, for a walk from a checkpoint on."""
        tree = tree or Tree()
        self._start = tree.size
        self._open(tree.size)
        self._root(tree)
        for page in self._source.leaves(tree.size):
            for leaf in page:
                self._leaf(tree, leaf)
        self.sums.size = tree.size
        for stream, seq, ts in self._source.unplaced():
            self._stamp(stream, seq, ts)
        self._end(tree.size)
        return self.sums

    def _open(self, first: int) -> None:
        self._first = first
        for level in self._source.node_levels():
            if level not in STORED_LEVELS:
                self._findings.add("NODE_MODIFIED", about="extra", idx=0, leaves=0)
                continue
            self._stored[level] = self._source.nodes(level, first >> level)
            self._ahead[level] = next(self._stored[level], None)

    def _leaf(self, tree: Tree, leaf: Leaf) -> None:
        if leaf.idx != tree.size:
            if type(leaf.idx) is not int or leaf.idx < tree.size:
                self._findings.add("SEQUENCE_MISMATCH", idx=leaf.idx)
                return
            self._findings.add("LEAF_MISSING", about="gap", idx=tree.size)
            self._torn, tree.size = True, leaf.idx
        hash_ = leaf.hash
        if type(hash_) is not bytes or len(hash_) != HASH_BYTES:
            self._findings.add("LEAF_MODIFIED", about="hash", idx=leaf.idx)
            hash_ = bytes(HASH_BYTES)
        self._present(leaf, hash_)
        for level, index, node in tree.push(hash_):
            if not self._torn:
                self._node(level, index, node)
        self._root(tree)

    def _present(self, leaf: Leaf, hash_: bytes) -> None:
        if leaf.archive is not None:
            tree, count = self._archives.setdefault(leaf.archive, (Tree(), 0))
            tree.push(hash_)
            self._archives[leaf.archive] = (tree, count + 1)
            self.sums.archived += 1
            if leaf.stream is not None:
                self._findings.add("ARCHIVE_MISMATCH", leaf.stream, leaf.seq, about="records")
        elif leaf.stream is None:
            self._findings.add("RECORD_MISSING", position=leaf.idx, idx=leaf.idx)
        else:
            self._stamp(leaf.stream, leaf.seq, leaf.ts)

    def _stamp(self, stream: str, seq: int | None, ts: Any) -> None:
        if type(ts) is str and STAMP(ts):
            self._last_ts = ts
            self._times.read(stream, seq, ts)

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
            elif claim.place is None and self._whole(claim.size):
                self.sums.held, self.sums.held_ts = claim.size, self._last_ts
                self.sums.agreed.add(claim.size)
            elif claim.place is not None and not claim.withdrawn:
                self.sums.copies_held.add((claim.size, claim.place))

    def _contradicted(self, claim: Claim) -> None:
        if claim.withdrawn:
            self._findings.add("ANCHOR_INVALID", about="withdrawn", place=claim.place, size=claim.size)
        elif claim.place is None:
            self._findings.add("ROOT_MISMATCH", checkpoint=claim.size, former=self.sums.held)
        else:
            self._findings.add("FORKED", place=claim.place, size=claim.size)

    def _whole(self, size: int) -> bool:
        """Whether every record of the first *size* positions is still the one that was signed."""
        lowest = self._findings.lowest
        return lowest is None or lowest >= size

    def _end(self, size: int) -> None:
        for level, stored in self._ahead.items():
            if stored is not None and not self._torn:
                self._extra(level, stored[0])
        for claims in self._claims.values():
            for claim in claims:
                if claim.withdrawn:
                    self._contradicted(claim)
                elif claim.place is None:
                    self._findings.add("ROLLED_BACK", checkpoint=claim.size, size=size)
                else:
                    self._findings.add("ROLLED_BACK", about="copy", place=claim.place, checkpoint=claim.size, size=size)
        if self._first == 0:
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
