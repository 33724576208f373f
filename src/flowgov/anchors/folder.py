"""A folder with one file for each checkpoint: easy to copy, to mount read-only, and to look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from flowgov.anchors import disk
from flowgov.anchors.copies import Copy, Damaged, checkpoint_to_put, copy_of, stem
from flowgov.audit.note import LARGEST_NOTE
from flowgov.errors import AnchorFailed

SUFFIX = ".checkpoint"

_MODE = 0o444


@dataclass(frozen=True, slots=True)
class Folder:
    """Checkpoints named ``<size>-<beginning of the root>.checkpoint``."""

    path: Path
    name: str

    def put(self, note: str) -> str:
        return str(self.keep(note))

    def keep(self, note: str) -> Path:
        """As `put`; returns the file."""
        checkpoint, content = checkpoint_to_put(note), note.encode()
        with disk.writing(self.name):
            # not its parents: where a volume is not mounted, nothing should be kept as if it were
            self.path.mkdir(exist_ok=True)
        first = self.path / f"{stem(checkpoint)}{SUFFIX}"
        if self._kept(first, content):
            return first
        # the same checkpoint with other signatures, or another log's, stands beside it
        second = first.with_stem(f"{first.stem}-{sha256(content).hexdigest()[:16]}")
        if self._kept(second, content):
            return second
        raise AnchorFailed("taken", place=str(second))

    def copies(self) -> Iterator[Copy | Damaged]:
        with disk.reading(self.name):
            paths = sorted(path for path in self.path.iterdir() if path.name.endswith(SUFFIX))
        for path in paths:
            yield read(path)

    def _kept(self, path: Path, content: bytes) -> bool:
        with disk.writing(str(path)):
            try:
                disk.write_whole(path, content, mode=_MODE)
            except FileExistsError:
                return disk.content(path, str(path), LARGEST_NOTE) == content
        return True


def read(path: Path) -> Copy | Damaged:
    """The copy in one file."""
    try:
        return copy_of(disk.content(path, str(path), LARGEST_NOTE), str(path))
    except AnchorFailed as error:
        return Damaged(str(path), error)
