"""Fixtures for places: a small disk that fills up, and machines that answer over HTTP."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


@dataclass
class Machine:
    """A machine on this computer: what was posted to it, and how it answers."""

    port: int = 0
    answer: Answer = lambda handler, body: reply(handler, 200, b"")
    posted: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    """Path, headers in small letters, body."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    """Answer with *body*."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def machine() -> Iterator[Machine]:
    """A machine that accepts everything, until told otherwise."""
    machine = Machine()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            machine.posted.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            machine.answer(self, body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Say nothing of clients that hang up."""

    with Server(("127.0.0.1", 0), Handler) as server:
        machine.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield machine
        server.shutdown()
        thread.join()


@pytest.fixture
def small_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Called with a number of bytes: from then on the disk has room for no more than those."""

    def fill(room: int) -> None:
        write: Any = os.write
        left = [room]

        def limited(descriptor: int, data: bytes) -> int:
            if not left[0]:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            taken = min(left[0], len(data))
            left[0] -= taken
            return int(write(descriptor, data[:taken]))

        monkeypatch.setattr(os, "write", limited)

    return fill


@pytest.fixture
def failing_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Called: from then on nothing reaches the disk, and the system says so."""

    def fail() -> None:
        def fsync(descriptor: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "fsync", fsync)

    return fail
