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


def apart(what: str, url: str) -> dict[str, Any]:
    """What a pass over *url* in another process took, or why it failed."""
    call = [sys.executable, "-m", "tests.benchmarks.reading", what, url]
    done = subprocess.run(call, check=False, capture_output=True, text=True)
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1]}
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def bodies(url: str) -> Iterator[bytes]:
    """Every record's bytes, through the bare driver."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        for (body,) in sqlite3.connect(str(parsed.database)).execute(EVERY_BODY):
            yield body
        return
    import psycopg

    from tests import postgres

    with psycopg.connect(postgres.plain(parsed)) as connection, connection.cursor("bodies", binary=True) as cursor:
        cursor.itersize = 2_000
        for (body,) in cursor.execute(EVERY_BODY):
            yield body


def read(url: str) -> None:
    """Every body, once."""
    for _ in bodies(url):
        pass


def hashed(url: str) -> None:
    """Every body, once, with its SHA-256."""
    for body in bodies(url):
        sha256(b"\x00" + body).hexdigest()


def verify(url: str) -> None:
    """`Reader.verify`, as ``flowgov audit verify`` calls it."""
    from flowgov import Engine

    with Engine.open(url) as engine:
        assert engine.verify().holds


def report(url: str) -> None:
    """The audit report of everything, as JSON, into a temporary file."""
    from flowgov import Engine
    from flowgov.report import audit

    with Engine.open(url) as engine, tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "report.json"
        verdict = audit.write(engine, start=date(2000, 1, 1), until=date(2999, 12, 31), format="json", output=output)
        assert verdict.holds


WHAT: dict[str, Callable[[str], None]] = {"read": read, "hashed": hashed, "verify": verify, "report": report}


def peak() -> float:
    """Megabytes of memory this process held at most.

    From /proc where there is one: ``ru_maxrss`` survives exec and so tells the parent's peak too.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(what: str, url: str) -> None:
    """Measure one pass and print it."""
    wall, cpu = perf_counter(), process_time()
    WHAT[what](url)
    took = {"seconds": perf_counter() - wall, "cpu_seconds": process_time() - cpu, "peak_mb": peak()}
    print(json.dumps({name: round(value, 3) for name, value in took.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
