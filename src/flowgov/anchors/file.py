"""A file to which checkpoints are appended: on another volume, on another machine's share, or with the signer."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from flowgov.anchors import disk
from flowgov.anchors.copies import Copy, Damaged, checkpoint_in, checkpoint_to_put
from flowgov.anchors.entries import MARK, Entry, entries, joined
from flowgov.audit.note import LARGEST_NOTE, NoteError
from flowgov.errors import AnchorFailed
from flowgov.output import sync_folder

_TAIL = 64 * 1024
"""Bytes of the end of a file in which its last note is looked for first."""


@dataclass(frozen=True, slots=True)
class File:
    """An append-only file; see `entries` for what it looks like inside."""

    path: Path
    name: str

    def put(self, note: str) -> str:
        checkpoint_to_put(note)
        entry = joined(note)
        with disk.writing(self.name), disk.regular(self.path, disk.APPEND, self.name) as descriptor, _alone(descriptor):
            if not _holds(descriptor, entry):
                self._append(descriptor, entry)
        return self.name

    def copies(self) -> Iterator[Copy | Damaged]:
        for entry in self._entries():
            yield self._copy(entry)

    def last(self) -> str | None:
        """The newest note, or None before any was put; what is damaged is passed over."""
        if not os.path.lexists(self.path):
            return None
        # not the first: it may be the rest of a note, and pass for a whole one
        tail = [self._copy(entry) for entry in self._entries(tail=_TAIL)][1:]
        found = _last(tail)
        return _last(self.copies()) if found is None else found

    def _append(self, descriptor: int, entry: bytes) -> None:
        size = os.fstat(descriptor).st_size
        mark = MARK if size and not _ends_well(descriptor, size) else b""
        try:
            disk.write_all(descriptor, mark + entry)
            if not size:
                sync_folder(self.path.parent)
        except OSError:
            # a disk that is full takes half an entry; what was not kept must not look as if it was
            with suppress(OSError):
                os.ftruncate(descriptor, size)
            raise

    def _entries(self, tail: int | None = None) -> Iterator[Entry]:
        with disk.reading(self.name), disk.regular(self.path, disk.READ, self.name) as descriptor:
            # what is appended while we read is for the next reader
            with _alone(descriptor):
                size = os.fstat(descriptor).st_size
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                start = max(0, size - tail) if tail else 0
                file.seek(start)
                yield from entries(_lines(file, size - start))

    def _copy(self, entry: Entry) -> Copy | Damaged:
        where = f"{self.name}:{entry.line}"
        if not entry.whole:
            return Damaged(where, AnchorFailed("cut", place=self.name, line=entry.line))
        try:
            checkpoint_in(entry.content)
        except NoteError as error:
            return Damaged(where, AnchorFailed("damaged_line", place=self.name, line=entry.line, why=error.reason))
        return Copy(entry.content.decode(), where)


def _last(found: Iterator[Copy | Damaged] | list[Copy | Damaged]) -> str | None:
    notes = [copy.note for copy in found if isinstance(copy, Copy)]
    # two who signed at once may have put theirs in the other order
    return max(notes, key=lambda note: checkpoint_in(note).size, default=None)


def _lines(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0 and (line := file.readline(min(size, LARGEST_NOTE))):
        size -= len(line)
        yield line


def _holds(descriptor: int, entry: bytes) -> bool:
    if not os.fstat(descriptor).st_size:
        return False
    with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as written:
        return written[: len(entry)] == entry or written.find(b"\n\n" + entry) >= 0


def _ends_well(descriptor: int, size: int) -> bool:
    os.lseek(descriptor, max(0, size - 2), os.SEEK_SET)
    return os.read(descriptor, 2) == b"\n\n"


@contextmanager
def _alone(descriptor: int) -> Iterator[None]:
    """Nobody else appends meanwhile, where the system has such locks."""
    try:
        from fcntl import LOCK_EX, LOCK_UN, flock
    except ImportError:
        yield
        return
    flock(descriptor, LOCK_EX)
    try:
        yield
    finally:
        flock(descriptor, LOCK_UN)
