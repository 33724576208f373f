"""A reader of QR codes that shares nothing with what draws them; it corrects no errors, for there are none.

Source: ISO/IEC 18004; only the sizes that the tests meet, at error correction M.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

MASKS: tuple[Callable[[int, int], bool], ...] = (
    lambda i, j: (i + j) % 2 == 0,
    lambda i, j: i % 2 == 0,
    lambda i, j: j % 3 == 0,
    lambda i, j: (i + j) % 3 == 0,
    lambda i, j: (i // 2 + j // 3) % 2 == 0,
    lambda i, j: i * j % 2 + i * j % 3 == 0,
    lambda i, j: (i * j % 2 + i * j % 3) % 2 == 0,
    lambda i, j: ((i + j) % 2 + i * j % 3) % 2 == 0,
)
LEVEL_M = 0
BYTE_MODE = 4


@dataclass(frozen=True, slots=True)
class Size:
    """What is peculiar to a version."""

    alignment: tuple[int, ...]
    """Rows and columns of the centres of alignment patterns."""
    blocks: tuple[int, ...]
    """Data codewords of each block, at M."""


SIZES = {
    10: Size((6, 28, 50), (43,) * 4 + (44,)),
    13: Size((6, 34, 62), (37,) * 8 + (38,)),
    19: Size((6, 30, 58, 86), (44,) * 3 + (45,) * 11),
}


def read(dark: set[tuple[int, int]], side: int) -> bytes:
    """The bytes that a code says, from the row and column of its dark modules."""
    size = SIZES[(side - 17) // 4]
    level, mask = _format(dark)
    assert level == LEVEL_M
    places = (place for place in _places(side) if place not in _reserved(side, size))
    bits = [((i, j) in dark) ^ MASKS[mask](i, j) for i, j in places]
    words = [int("".join(str(int(bit)) for bit in bits[n : n + 8]), 2) for n in range(0, len(bits) - 7, 8)]
    stream = "".join(f"{word:08b}" for word in _in_order(words, size.blocks))
    assert int(stream[:4], 2) == BYTE_MODE
    length = int(stream[4:20], 2)
    return bytes(int(stream[n : n + 8], 2) for n in range(20, 20 + 8 * length, 8))


def _format(dark: set[tuple[int, int]]) -> tuple[int, int]:
    """Level and mask, from the fifteen bits beside the upper left finder pattern."""
    places = [(8, j) for j in (0, 1, 2, 3, 4, 5, 7, 8)] + [(i, 8) for i in (7, 5, 4, 3, 2, 1, 0)]
    value = int("".join(str(int(place in dark)) for place in places), 2) ^ 0b101010000010010
    return value >> 13, value >> 10 & 7


def _places(side: int) -> Iterator[tuple[int, int]]:
    """Up and down in columns two modules wide, from the right; the vertical timing pattern is passed over."""
    up = True
    for right in [*range(side - 1, 6, -2), 5, 3, 1]:
        for i in range(side - 1, -1, -1) if up else range(side):
            yield i, right
            yield i, right - 1
        up = not up


def _reserved(side: int, size: Size) -> set[tuple[int, int]]:
    """Modules that are the same in every code of that size, or say the format or the version."""
    near, far = range(9), range(side - 8, side)
    taken = {(i, j) for rows, columns in ((near, near), (near, far), (far, near)) for i in rows for j in columns}
    taken |= {(6, n) for n in range(side)} | {(n, 6) for n in range(side)}
    taken |= {place for n in range(6) for m in (9, 10, 11) for place in ((n, side - m), (side - m, n))}
    last = size.alignment[-1]
    corners = {(6, 6), (6, last), (last, 6)}
    centres = {(i, j) for i in size.alignment for j in size.alignment} - corners
    return taken | {(i + a, j + b) for i, j in centres for a in range(-2, 3) for b in range(-2, 3)}


def _in_order(words: list[int], blocks: tuple[int, ...]) -> list[int]:
    """Blocks are interleaved, the longer ones last."""
    coming = iter(words)
    found: list[list[int]] = [[] for _ in blocks]
    for n in range(max(blocks)):
        for block, length in zip(found, blocks, strict=True):
            if n < length:
                block.append(next(coming))
    return [word for block in found for word in block]
