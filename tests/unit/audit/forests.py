"""Trees for tests: stored nodes as a database keeps them, and the hash of a tree as the standard defines it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import sha256

from flowgov.audit.merkle import STORED, grow

WIDTH = 256
LARGEST = 65_800
"""A little more than a complete subtree of the second stored level."""
EXAMPLE = [bytes.fromhex(x) for x in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
EXAMPLE.append(bytes(range(0x60, 0x70)))
"""The entries of the example tree that RFC 6962's implementations publish roots and proofs for."""


def naive(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162, section 2.1.1, as it is written there, over leaf hashes."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + naive(leaves[:split]) + naive(leaves[split:])).digest()


@cache
def leaves() -> tuple[bytes, ...]:
    """Leaf hashes, all different."""
    return tuple(sha256(b"\x00%d" % number).digest() for number in range(LARGEST))


class Shelf:
    """Stored nodes. Refuses to overwrite, to skip, and to hand out what was not stored or too much of it."""

    def __init__(self, hashes: Sequence[bytes] = ()) -> None:
        self.levels: dict[int, list[bytes]] = {0: []}
        self.reads: list[tuple[int, int, int]] = []
        if hashes:
            self.append(hashes)

    def append(self, hashes: Sequence[bytes]) -> list[tuple[int, int, bytes]]:
        grown = grow(len(self.levels[0]), hashes, self.nodes)
        self.levels[0].extend(hashes)
        for level, index, hash_ in grown:
            row = self.levels.setdefault(level, [])
            assert index == len(row), "nodes are stored once, in order"
            row.append(hash_)
        return grown

    def nodes(self, level: int, first: int, count: int) -> Sequence[bytes]:
        self.reads.append((level, first, count))
        assert level % STORED == 0, "only every eighth level is stored"
        assert 0 < count < WIDTH, "a read has one to 255 nodes"
        assert 0 <= first <= first + count <= len(self.levels[level]), "only what is stored can be read"
        return self.levels[level][first : first + count]
