"""Signed notes one after another in one file, each followed by an empty line, and how they are told apart again.

A checkpoint is three lines, an empty line, and lines that begin with an em dash. So an empty line ends an entry
unless it is the entry's first and a line with an em dash follows. What no empty line follows was cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from flowgov.audit.note import LARGEST_NOTE

MARK = b"# interrupted here\n\n"
"""Written behind a text that was cut, so that nobody takes it for whole and the next entry begins afresh."""

_EMPTY = b"\n"
_DASH = "— ".encode()


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands between two ends."""

    line: int
    """The number of its first line, from 1."""
    content: bytes
    whole: bool
    """Whether the empty line that ends an entry is there."""


@dataclass(slots=True)
class _Block:
    """The lines of one entry, as they come."""

    line: int = 1
    lines: list[bytes] = field(default_factory=list)
    size: int = 0

    def ended_before(self, line: bytes) -> bool:
        if not self.lines or self.lines[-1] != _EMPTY:
            return False
        return self._empty_lines() > 1 or not line.startswith(_DASH)

    def add(self, line: bytes) -> None:
        self.size += len(line)
        if self.size > LARGEST_NOTE:
            # too large for any note: only its end is of interest, memory must not grow
            self.lines.pop()
        self.lines.append(line)

    def entry(self) -> Entry:
        ended = self.lines[-1] == _EMPTY
        content = self.lines[:-1] if ended else self.lines
        return Entry(self.line, b"".join(content), ended and self._empty_lines() > 1 and self.size <= LARGEST_NOTE)

    def _empty_lines(self) -> int:
        return self.lines.count(_EMPTY)


def joined(note: str) -> bytes:
    """*note* as it is written."""
    return note.encode() + _EMPTY


def entries(lines: Iterable[bytes]) -> Iterator[Entry]:
    """The entries that *lines* (or pieces of lines that are too long) consist of."""
    block, number = _Block(), 1
    for line in lines:
        if block.ended_before(line):
            yield block.entry()
            block = _Block()
        if not block.lines:
            block.line = number
        if block.lines or line != _EMPTY:
            block.add(line)
        number += line.endswith(_EMPTY)
    if block.lines:
        yield block.entry()
