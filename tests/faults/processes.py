"""Real processes that act at the same moment; they meet at a barrier, never at a time of day."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from sqlalchemy import create_engine, insert
from sqlalchemy.orm import Session
from tests.faults.hosting import ORDER

from flowgov import Engine, FlowgovError, Refused

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    [
        "tests.faults.test_crash",
        "tests.faults.test_sequencing",
        "psycopg",
        "sqlalchemy.orm",
        "sqlalchemy.dialects.sqlite",
    ]
)

PATIENCE = 60
"""Seconds after which a process that does not answer is a failure of the test."""

Call = tuple[str, tuple[Any, ...], dict[str, Any]]
"""Name of a method of the engine, and its arguments."""


def at_once(url: str, callers: Sequence[Sequence[Call]], *, embedded: bool = False) -> list[list[str]]:
    """Every caller in a process of its own makes its calls; before each round all wait for one another.

    Args:
        embedded: each call is made in a transaction of a host's, which writes an order of its own beside it.

    Returns:
        For each caller and call: ``done:`` with the record's position, or the codes of what was raised.
    """
    barrier = _context.Barrier(len(callers))
    target = _host if embedded else _caller
    running = [_start(target, url, list(calls), barrier) for calls in callers]
    return [_answer(process, pipe) for process, pipe in running]


def together(url: str, tasks: Sequence[tuple[Callable[..., Any], tuple[Any, ...]]]) -> list[Any]:
    """Every task in a process of its own, with the URL and its arguments, from the same moment on; their answers."""
    barrier = _context.Barrier(len(tasks))
    running = [_start(_meet, url, barrier, task, arguments) for task, arguments in tasks]
    return [_answer(process, pipe) for process, pipe in running]


@contextmanager
def started(target: Callable[..., Any], *arguments: Any) -> Iterator[Callable[[], Any]]:
    """*target* running in a process of its own; the function given waits for what it returns."""
    process, pipe = _start(target, *arguments)
    try:
        yield lambda: _answer(process, pipe)
    finally:
        process.kill()
        process.join()


def exit_code(target: Callable[..., Any], *arguments: Any) -> int | None:
    """Run *target* in a process of its own, which need not survive it."""
    process = _context.Process(target=target, args=arguments, daemon=True)
    process.start()
    process.join(PATIENCE)
    return process.exitcode


def tried(engine: Engine, call: Call, **more: Any) -> str:
    """What became of a call, as one line."""
    name, arguments, named = call
    try:
        receipt = getattr(engine, name)(*arguments, **named, **more)
    except Refused as refused:
        return ",".join(sorted(blocker.code for blocker in refused.decision.blockers))
    except FlowgovError as error:
        return f"{error.code}.{error.reason}"
    return f"done:{getattr(receipt, 'receipt', receipt).seq}"  # who leaves leaves more than a receipt


def _meet(url: str, barrier: Any, task: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    barrier.wait(PATIENCE)
    return task(url, *arguments)


def _start(target: Callable[..., Any], *arguments: Any) -> tuple[BaseProcess, Connection]:
    ours, theirs = _context.Pipe(duplex=False)
    process = _context.Process(target=_send, args=(theirs, target, arguments), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def _answer(process: BaseProcess, pipe: Connection) -> Any:
    assert pipe.poll(PATIENCE), "the process does not answer"
    answer = pipe.recv()
    process.join(PATIENCE)
    return answer


def _send(pipe: Connection, target: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    pipe.send(target(*arguments))


def _caller(url: str, calls: list[Call], barrier: Any) -> list[str]:
    with Engine.open(url) as engine:
        engine.organisation()
        answers = []
        for call in calls:
            barrier.wait(PATIENCE)
            answers.append(tried(engine, call))
        return answers


def _host(url: str, calls: list[Call], barrier: Any) -> list[str]:
    database = create_engine(url)
    with Engine.open(url) as engine, Session(database) as session:
        answers = []
        for call in calls:
            engine.project(call[1][0], session=session)
            barrier.wait(PATIENCE)
            session.execute(insert(ORDER).values(status="approved"))
            answers.append(tried(engine, call, session=session))
            (session.commit if answers[-1].startswith("done") else session.rollback)()
    database.dispose()
    return answers
