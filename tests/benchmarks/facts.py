"""The machine and the versions that a run's figures belong to."""

from __future__ import annotations

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path

import psycopg

from tests import postgres

LIBRARIES = ("sqlalchemy", "psycopg", "transitions", "click", "flowgov")


def facts() -> dict[str, str]:
    """What a reader needs to know to compare."""
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{_memory():.0f} GB",
        "system": f"{platform.system()} {platform.release()} ({platform.machine()})",
        "load when it began": f"{os.getloadavg()[0]:.1f} (on a busy machine the disk hides our own cost)",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "SQLite": sqlite3.sqlite_version,
        "PostgreSQL": _postgresql(),
        **{name: version(name) for name in LIBRARIES},
    }


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if not described.exists():
        return platform.processor() or "unknown processor"
    line = next((line for line in described.read_text().splitlines() if line.startswith("model name")), ": unknown")
    return line.partition(":")[2].strip()


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3


def _postgresql() -> str:
    with postgres.server() as url, psycopg.connect(postgres.plain(url)) as connection:
        row = connection.execute("SHOW server_version").fetchone()
        return str(row[0]) if row else "unknown"
