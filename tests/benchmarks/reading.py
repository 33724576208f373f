"""One pass over a whole log in a process of its own: ``python -m tests.benchmarks.reading WHAT URL``.

Prints what it took as JSON, with the peak memory of the process. The floors read every body in chain order
through the bare driver, without and with hashing it.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from sqlalchemy.engine import make_url

EVERY_BODY = "SELECT body FROM flowgov_record ORDER BY stream, seq"
EVERY_LEAF = "SELECT hash FROM flowgov_leaf ORDER BY idx"


def apart(what: str, url: str) -> dict[str, Any]:
    """What a pass over *url* in another process took, or why it failed."""
    call = [sys.executable, "-m", "tests.benchmarks.reading", what, url]
    done = subprocess.run(call, check=False, capture_output=True, text=True)
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1]}
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def values(url: str, statement: str) -> Iterator[bytes]:
    """Every answer of *statement*, through the bare driver."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        for (value,) in sqlite3.connect(str(parsed.database)).execute(statement):
            yield value
        return
    import psycopg

    from tests import postgres

    with psycopg.connect(postgres.plain(parsed)) as connection, connection.cursor("values", binary=True) as cursor:
        cursor.itersize = 2_000
        for (value,) in cursor.execute(statement):
            yield value


def read(url: str) -> None:
    """Every body, once."""
    for _ in values(url, EVERY_BODY):
        pass


def hashed(url: str) -> None:
    """Every body, once, with its SHA-256."""
    for body in values(url, EVERY_BODY):
        sha256(b"\x00" + body).hexdigest()


def rooted(url: str) -> None:
    """Every body with its SHA-256, and every leaf put together to the root (RFC 9162, section 2.1)."""
    hashed(url)
    subtrees: list[bytes] = []
    for size, leaf in enumerate(values(url, EVERY_LEAF)):
        hash_, left = leaf, size
        while left & 1:
            hash_, left = sha256(b"\x01" + subtrees.pop() + hash_).digest(), left >> 1
        subtrees.append(hash_)


def verify(url: str) -> None:
    """`Reader.verify`, in one process."""
    from flowgov import Engine

    with Engine.open(url) as engine:
        assert engine.verify(jobs=1).holds


def verify_together(url: str) -> None:
    """`Reader.verify`, with two processes to help."""
    from flowgov import Engine

    with Engine.open(url) as engine:
        assert engine.verify(jobs=2).holds


def since(url: str) -> None:
    """`Reader.verify` of what came after the newest checkpoint."""
    from flowgov import Engine

    with Engine.open(url) as engine:
        assert engine.verify(since=engine.newest_checkpoint()).holds


def export(url: str) -> None:
    """A bundle of the whole log, into a temporary file."""
    from flowgov import Engine

    with Engine.open(url) as engine, tempfile.TemporaryDirectory() as folder:
        engine.export(Path(folder) / "log.fgev")


def report(url: str) -> None:
    """The audit report of everything, as JSON, into a temporary file."""
    from flowgov import Engine
    from flowgov.report import audit

    with Engine.open(url) as engine, tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "report.json"
        verdict = audit.write(engine, start=date(2000, 1, 1), until=date(2999, 12, 31), format="json", output=output)
        assert verdict.holds


WHAT: dict[str, Callable[[str], None]] = {
    "read": read,
    "hashed": hashed,
    "rooted": rooted,
    "verify": verify,
    "verify, 2 processes": verify_together,
    "verify, since": since,
    "export": export,
    "report": report,
}


def peak() -> float:
    """Megabytes of memory this process, or the largest that helped it, held at most.

    From /proc where there is one: ``ru_maxrss`` survives exec and so tells the parent's peak too.
    """
    status, helped = Path("/proc/self/status"), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return max(int(line.split()[1]) / 1024, helped)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(what: str, url: str) -> None:
    """Measure one pass and print it."""
    wall, cpu = perf_counter(), process_time()
    WHAT[what](url)
    took = {"seconds": perf_counter() - wall, "cpu_seconds": process_time() - cpu, "peak_mb": peak()}
    print(json.dumps({name: round(value, 3) for name, value in took.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
