"""Files for people: whole, or not there at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from flowgov.errors import BadInput


def must_be_new(path: Path, *, force: bool) -> None:
    """
    Raises:
        BadInput: *path* exists already, and is not to be replaced by force.
    """
    if not force and os.path.lexists(path):
        raise BadInput("output_exists", path=str(path))


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of *path* once everything is written; until then nothing is there.

    Written beside *path* under another name, readable by its owner only (there may be names in it); an existing
    file keeps its permissions.

    Raises:
        BadInput: *path* is a symbolic link, a folder or a device, or cannot be written.
    """
    mode = _mode(path)
    part: str | None = None
    try:
        handle, part = tempfile.mkstemp(prefix=".flowgov-", suffix=".part", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(part).replace(path)
        part = None
        sync_folder(path.parent)
    except OSError as error:
        raise BadInput("output_not_written", path=str(path), why=error.strerror or str(error)) from error
    finally:
        if part is not None:
            with suppress(OSError):
                Path(part).unlink()


def sync_folder(folder: Path) -> None:
    """See the names in *folder* reach the disk, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _mode(path: Path) -> int:
    try:
        found = path.lstat().st_mode
    except FileNotFoundError:
        return 0o600
    except OSError as error:
        raise BadInput("output_not_written", path=str(path), why=error.strerror or str(error)) from error
    if not stat.S_ISREG(found):
        raise BadInput("output_not_a_file", path=str(path))
    return stat.S_IMODE(found)
