"""Verification by several processes: starts them, gives each a share of the chains, and puts their answers in order.

They are told what to do through a pipe, as JSON, so that no secret of the database's URL shows among the processes.
One that dies, or answers something else than it was asked for, is an error: nothing passes because nobody looked.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import SpooledTemporaryFile, TemporaryFile
from threading import Thread
from typing import IO, Any, Self

from sqlalchemy import Connection

from flowgov.acts import helping
from flowgov.acts.house import House
from flowgov.audit.shares import AnswerError, Part, Share, decoded, encoded, plain_share, read_part
from flowgov.errors import BadInput, Conflict, DatabaseError, FlowgovError
from flowgov.store.shelf import Shelf, moment, snapshot

WORTH_HELP = 50_000
"""Records from which on several processes are sooner done than one, which has nothing to start first."""
SHARES_EACH = 6
"""Shares for each process: one that is faster takes more of them."""
TRIES = 3
"""On SQLite, how often all processes try to see the same moment, while others write."""

_IN_MEMORY = 1 << 18
_BLOCK = 1 << 16
_PATIENCE = 0.2
"""Seconds between two looks at how far the others are."""
_KNOWN: dict[str, type[FlowgovError]] = {kind.code: kind for kind in (DatabaseError, Conflict, BadInput)}


class HelperError(RuntimeError):
    """A process that helped to verify did not do its share: a bug in flowgov, or somebody ended the process."""


def worth(records: int) -> int:
    """How many processes a log with so many records is worth."""
    if records < WORTH_HELP:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def view(house: House, jobs: int, store: Path | None) -> Iterator[tuple[Connection, Crew | None]]:
    """One unchanging view of the log, and a crew of *jobs* processes with the same view.

    No crew where there is none to be had: the database's engine is a host's, this Python cannot be started again, or
    others wrote whenever all began.
    """
    with ExitStack() as stack:
        helpers = _gather(stack, house, jobs, store)
        for _ in range(TRIES if helpers else 0):
            with snapshot(house.database) as connection:
                shares = _same_view(helpers, Shelf(connection), moment(connection))
                if shares:
                    yield connection, stack.enter_context(Crew(helpers, shares))
                    return
                if shares is None:
                    break
        stack.close()
        with snapshot(house.database) as connection:
            yield connection, None


class Crew:
    """Processes at work; see `flowgov.audit.verify.Helpers`."""

    def __init__(self, helpers: Sequence[_Helper], shares: Sequence[Share]) -> None:
        self._helpers, self._shares = helpers, shares
        self._open = deque(shares)
        self._walked = dict.fromkeys((share.number for share in shares), 0)
        self._finished: SimpleQueue[tuple[int, Part | BaseException]] = SimpleQueue()
        self._files = ExitStack()
        self._threads = [Thread(target=self._attend, args=(helper,), daemon=True) for helper in helpers]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.clear()
        for helper in self._helpers:
            helper.end()
        for thread in self._threads:
            thread.join()
        self._files.close()

    def done(self) -> int:
        """How many records of parts that were not handed over yet are walked."""
        return sum(self._walked.values())

    def parts(self, between: Callable[[], None]) -> Iterator[Part]:
        """What the shares came to, in the order of the chains; *between* is called now and then while waiting.

        Raises:
            HelperError: a process did not do its share.
            DatabaseError: a process cannot read the database any more.
        """
        early: dict[int, Part] = {}
        for share, following in zip(self._shares, (*self._shares[1:], None), strict=True):
            while share.number not in early:
                number, found = self._next(between)
                if isinstance(found, BaseException):
                    raise found
                early[number] = found
            part = early.pop(share.number)
            expected = part.chains if following is None else following.chains_before - share.chains_before
            if part.chains != expected:
                raise HelperError(f"A share of {expected} chains came back with {part.chains}.")
            del self._walked[share.number]
            yield part

    def _next(self, between: Callable[[], None]) -> tuple[int, Part | BaseException]:
        while True:
            try:
                return self._finished.get(timeout=_PATIENCE)
            except Empty:
                between()

    def _attend(self, helper: _Helper) -> None:
        """In a thread of its own: hand out one share after the other, until none is left."""
        try:
            while (share := self._taken()) is not None:
                self._finished.put((share.number, self._walk(helper, share)))
        except (KeyError, TypeError, AttributeError) as error:
            self._finished.put((-1, HelperError(f"A process that helped to verify answered wrongly: {error!r}")))
        except BaseException as error:  # noqa: BLE001 - raised again where the parts are put together
            self._finished.put((-1, error))

    def _taken(self) -> Share | None:
        """The next share that nobody took yet."""
        try:
            return self._open.popleft()
        except IndexError:
            return None

    def _walk(self, helper: _Helper, share: Share) -> Part:
        lines = self._files.enter_context(SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115 - closed with the crew
        helper.tell({"share": plain_share(share)})
        while True:
            answer = helper.hear("lines")
            lines.write(answer["lines"].encode())
            if "part" in answer:
                part = read_part(answer["part"])
                part.lines = _blocks(lines)
                return part
            self._walked[share.number] = answer["done"]


class _Helper:
    """One process, and what is said to it and by it."""

    def __init__(self, process: subprocess.Popen[bytes], complaints: IO[bytes]) -> None:
        self._process, self._complaints = process, complaints

    def tell(self, message: dict[str, Any]) -> None:
        """
        Raises:
            HelperError: the process is gone.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{encoded(message)}\n".encode())
            self._process.stdin.flush()
        except OSError as error:
            raise self._gone() from error

    def hear(self, expected: str) -> dict[str, Any]:
        """The next answer.

        Raises:
            HelperError: the process is gone, or answers something else.
            FlowgovError: it says that it cannot, and why.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise self._gone()
        try:
            answer = decoded(line)
        except AnswerError as error:
            raise HelperError(f"A process that helped to verify answered: {error}") from error
        if answer.get("error") in _KNOWN:
            raise _KNOWN[answer["error"]](answer["reason"], **answer["data"])
        if expected not in answer:
            raise HelperError(f"A process that helped to verify answered {sorted(answer)}, not {expected!r}.")
        return answer

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        with suppress(OSError), self._process:
            pass  # what it was told last may still be in the pipe

    def _gone(self) -> HelperError:
        self.end()
        self._complaints.seek(0)
        said = self._complaints.read().decode(errors="replace").strip().splitlines()
        why = said[-1] if said else "it said nothing"
        return HelperError(f"A process that helped to verify ended with {self._process.returncode}: {why}")


def _gather(stack: ExitStack, house: House, jobs: int, store: Path | None) -> list[_Helper]:
    """Processes that are ready to begin; none if they cannot."""
    if jobs <= 1 or house.url is None or not sys.executable or getattr(sys, "frozen", False):
        return []
    task = {"database": house.url, "store": None if store is None else str(store.absolute())}
    try:
        helpers = [_start(stack) for _ in range(jobs)]
        for helper in helpers:
            helper.tell(task)
        # another flowgov than this one is no help
        ready = [helper.hear("ready")["ready"] == helping.__file__ for helper in helpers]
    except (OSError, HelperError, FlowgovError):
        return []
    return helpers if all(ready) else []


def _start(stack: ExitStack) -> _Helper:
    complaints = stack.enter_context(TemporaryFile())  # noqa: SIM115 - closed by the stack
    pipe = subprocess.PIPE
    call = [sys.executable, "-P", "-m", helping.__name__]
    process = subprocess.Popen(call, stdin=pipe, stdout=pipe, stderr=complaints)  # noqa: S603 - ourselves
    helper = _Helper(process, complaints)
    stack.callback(helper.end)
    return helper


def _same_view(helpers: Sequence[_Helper], shelf: Shelf, name: str | None) -> list[Share] | None:
    """The shares, once all helpers see what *shelf* sees; empty if they do not, None if there are no shares."""
    state = shelf.state()
    for helper in helpers:
        helper.tell({"begin": name})
    if any([helper.hear("state")["state"] != state for helper in helpers]):  # noqa: C419 - each must be heard
        return []
    return shelf.shares(len(helpers) * SHARES_EACH)


def _blocks(file: IO[bytes]) -> Iterable[bytes]:
    with file:
        file.seek(0)
        while block := file.read(_BLOCK):
            yield block
