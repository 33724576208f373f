"""What was sent already: a small file, so that the database is not written, and nothing is sent twice.

Not part of the audit log: whether a message left is no decision of anybody's. Whoever loses the file gets the
reminders of today once more.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flowgov.errors import BadInput
from flowgov.output import whole

_SHAPE = 1


@dataclass(slots=True)
class Memory:
    """Which marks were set for one log."""

    path: Path
    log: str
    _logs: dict[str, list[str]] = field(default_factory=dict)

    def __contains__(self, mark: str) -> bool:
        return mark in self._logs.get(self.log, ())

    def remember(self, marks: Collection[str]) -> None:
        """Note *marks* on the disk.

        Raises:
            BadInput: the file cannot be written.
        """
        self._logs[self.log] = sorted({*self._logs.get(self.log, ()), *marks})
        self._write()

    def keep_only(self, known: Collection[str]) -> None:
        """Forget the marks of what is no longer due."""
        before = self._logs.get(self.log, [])
        self._logs[self.log] = [mark for mark in before if mark in known]
        if self._logs[self.log] != before:
            self._write()

    def _write(self) -> None:
        with whole(self.path) as file:
            file.write(json.dumps({"flowgov": _SHAPE, "sent": self._logs}, indent=1).encode())


@contextmanager
def memory(path: Path, log: str) -> Iterator[Memory]:
    """The memory at *path* for *log*; who else wants it waits.

    Raises:
        BadInput: the file, or the one beside it that says that somebody is at work, cannot be used.
    """
    with _alone(path):
        yield Memory(path, log, _read(path))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    try:
        from fcntl import LOCK_EX, flock
    except ImportError:  # no such thing on Windows, where there is no cron either
        yield
        return
    # not the file itself: that one is replaced, and its lock with it
    beside = path.with_name(f".{path.name}.lock")
    try:
        file = beside.open("ab")
    except OSError as error:
        raise BadInput("output_not_written", path=str(beside), why=error.strerror or str(error)) from error
    with file:
        flock(file, LOCK_EX)
        yield


def _read(path: Path) -> dict[str, list[str]]:
    try:
        found = json.loads(path.read_bytes())
        return {str(log): [str(mark) for mark in marks] for log, marks in found["sent"].items()}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise BadInput("reminded_unreadable", path=str(path), why=error.strerror or str(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput("reminded_unreadable", path=str(path), why=type(error).__name__) from error
