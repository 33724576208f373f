"""Files written whole or not at all, and read without following links: what the places on a disk share."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp

from flowgov.errors import AnchorFailed
from flowgov.output import sync_folder

READ = os.O_RDONLY
APPEND = os.O_RDWR | os.O_APPEND | os.O_CREAT

_CAREFUL = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a pipe must not make us wait
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_LINK = (errno.ELOOP, errno.EMLINK, errno.ENXIO)
"""What systems say when a link is not followed, or a pipe has no reader."""


@contextmanager
def reading(place: str) -> Iterator[None]:
    """Turns what the system says while *place* is read into our error."""
    try:
        yield
    except OSError as error:
        raise AnchorFailed("unreadable", place=place, why=_why(error)) from error


@contextmanager
def writing(place: str) -> Iterator[None]:
    """Turns what the system says while *place* is written into our error."""
    try:
        yield
    except OSError as error:
        raise AnchorFailed("unwritable", place=place, why=_why(error)) from error


@contextmanager
def regular(path: Path, flags: int, place: str, mode: int = 0o600) -> Iterator[int]:
    """The regular file at *path*, opened.

    Raises:
        AnchorFailed: it is a link, a folder or a device.
        OSError: it cannot be opened.
    """
    try:
        descriptor = os.open(path, flags | _CAREFUL, mode)
    except OSError as error:
        if error.errno in _LINK or (error.errno == errno.EISDIR):
            raise AnchorFailed("not_a_file", place=place) from error
        raise
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise AnchorFailed("not_a_file", place=place)
        yield descriptor
    finally:
        os.close(descriptor)


def content(path: Path, place: str, largest: int) -> bytes:
    """What stands in a small regular file.

    Raises:
        AnchorFailed: it cannot be read, is a link or a device, or is larger than *largest* bytes.
    """
    with reading(place), regular(path, READ, place) as descriptor, os.fdopen(descriptor, "rb", closefd=False) as file:
        found = file.read(largest + 1)
    if len(found) > largest:
        raise AnchorFailed("too_large", place=place, limit=largest)
    return found


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of *data*, and see it reach the disk."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.fsync(descriptor)


def write_whole(path: Path, data: bytes, *, mode: int, replace: bool = False) -> None:
    """Make the file *path* with *data* in it: whole, or not there.

    Raises:
        FileExistsError: there is something of that name, and *replace* was not allowed.
        OSError: it could not be written; nothing was left behind.
    """
    descriptor, name = mkstemp(dir=path.parent, prefix=".incoming-")
    partial = Path(name)
    try:
        try:
            write_all(descriptor, data)
        finally:
            os.close(descriptor)
        partial.chmod(mode)
        if replace:
            partial.replace(path)
        else:
            _name(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    sync_folder(path.parent)


def _name(partial: Path, path: Path) -> None:
    """Give a finished file its name; unlike a renaming, a link never takes the place of something else."""
    try:
        os.link(partial, path, follow_symlinks=False)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):
        # some network shares have no links
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        partial.rename(path)


def _why(error: OSError) -> str:
    return error.strerror or str(error)
