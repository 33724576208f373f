"""Evidence files: hashed as they are read, never opened otherwise, and kept by their hash."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import file_digest, sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, BinaryIO, Literal

from flowgov.errors import BadInput

LARGEST_FILE = 100 * 1024 * 1024
"""Bytes; larger documents belong behind a link."""

FileState = Literal["whole", "missing", "modified"]
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What the log knows of a file."""

    sha256: str
    size: int
    """Bytes."""


def fingerprint(path: Path, largest: int = LARGEST_FILE) -> Fingerprint:
    """Hash the regular file at *path*.

    Raises:
        BadInput: it cannot be read, is a link or a device, or is larger than *largest* bytes.
    """
    with _opened(path, largest) as file:
        return _hash(file, path, largest, None)


def store(path: Path, folder: Path, largest: int = LARGEST_FILE) -> Fingerprint:
    """Hash the file at *path* and keep a copy under *folder*, named by the hash; a copy is made only once.

    Raises:
        BadInput: the file is not usable (see `fingerprint`), or the copy cannot be written.
    """
    with _opened(path, largest) as file:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return _copy(file, path, folder, largest)
        except OSError as error:
            raise BadInput("store_failed", path=str(folder), why=error.strerror or str(error)) from error


def looker(folder: Path) -> Callable[[str], FileState]:
    """Says of a kept copy, by its hash, whether it is there and whole; the last few answers are remembered."""

    @lru_cache(maxsize=1_000)
    def look(sha256_hex: str) -> FileState:
        try:
            with stored_at(folder, sha256_hex).open("rb") as file:
                return "whole" if file_digest(file, "sha256").hexdigest() == sha256_hex else "modified"
        except FileNotFoundError:
            return "missing"
        except OSError:
            return "modified"

    return look


def stored_at(folder: Path, sha256_hex: str) -> Path:
    """Where the file with this hash is kept."""
    return folder / sha256_hex[:2] / sha256_hex


def _copy(file: BinaryIO, path: Path, folder: Path, largest: int) -> Fingerprint:
    """Write to a file of its own first, so that the named copy is whole or not there."""
    with NamedTemporaryFile(dir=folder, prefix=".incoming-", delete=False) as copy:
        partial = Path(copy.name)
        try:
            found = _hash(file, path, largest, copy)
            copy.flush()
            os.fsync(copy.fileno())
            place = stored_at(folder, found.sha256)
            place.parent.mkdir(mode=0o700, exist_ok=True)
            partial.chmod(0o400)
            partial.replace(place)
        finally:
            partial.unlink(missing_ok=True)
    return found


@contextmanager
def _opened(path: Path, largest: int) -> Iterator[BinaryIO]:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BadInput("unreadable_file", path=str(path), why=why) from error
    try:
        _check(os.fstat(descriptor), path, largest)
    except BaseException:
        os.close(descriptor)
        raise
    with os.fdopen(descriptor, "rb") as file:
        yield file


def _check(found: os.stat_result, path: Path, largest: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise BadInput("not_a_file", path=str(path))
    if found.st_size > largest:
        raise BadInput("file_too_large", path=str(path), size=found.st_size, limit=largest)


def _hash(file: BinaryIO, path: Path, largest: int, copy: IO[bytes] | None) -> Fingerprint:
    digest, size = sha256(), 0
    while chunk := _read(file, path):
        size += len(chunk)
        if size > largest:
            raise BadInput("file_too_large", path=str(path), size=size, limit=largest)
        digest.update(chunk)
        if copy is not None:
            copy.write(chunk)
    return Fingerprint(digest.hexdigest(), size)


def _read(file: BinaryIO, path: Path) -> bytes:
    try:
        return file.read(_CHUNK)
    except OSError as error:
        raise BadInput("unreadable_file", path=str(path), why=error.strerror or str(error)) from error
