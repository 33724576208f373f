"""Several processes at once on PostgreSQL: each on a project of its own, then all on the same one."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Barrier
from statistics import median
from time import perf_counter
from typing import Any

from flowgov import Engine
from flowgov.errors import Conflict
from tests import postgres
from tests.benchmarks.ground import CHECKER, LOOP, ground, postgresql

PROCESSES = (1, 2, 4, 8, 16)
WARM_UP = 10


def run(*, quick: bool = False) -> dict[str, Any]:
    """Moves a second, for every number of processes."""
    with postgres.server(durable=True) as server, postgresql(server) as url, ground(url) as soil:
        keys = soil.plant(PROCESSES[-1])
        seconds, numbers = (0.7, PROCESSES[:3]) if quick else (4.0, PROCESSES)
        return {
            "seconds": seconds,
            "distinct": {n: _together(url, keys[:n], seconds) for n in numbers},
            "contended": {n: _together(url, keys[:1] * n, seconds) for n in numbers},
        }


def _together(url: str, keys: list[str], seconds: float) -> dict[str, float]:
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(len(keys))
    with ProcessPoolExecutor(len(keys), mp_context=spawn, initializer=_arrive, initargs=(barrier,)) as pool:
        found = [job.result() for job in [pool.submit(_work, url, key, seconds) for key in keys]]
    waits = sorted(wait for taken, _ in found for wait in taken)
    conflicts = sum(lost for _, lost in found)
    return {
        "moves_per_second": round((len(waits) - conflicts) / seconds, 1),
        "median_ms": round(median(waits) * 1000, 2),
        "p95_ms": round(waits[int(len(waits) * 0.95)] * 1000, 2),
        "conflicts": conflicts,
    }


_meeting: list[Barrier] = []


def _arrive(barrier: Barrier) -> None:
    _meeting.append(barrier)


def _work(url: str, key: str, seconds: float) -> tuple[list[float], int]:
    with Engine.open(url) as engine:
        for _ in range(WARM_UP):
            _move(engine, key)
        _meeting[0].wait(timeout=120)
        taken, conflicts, end = [], 0, perf_counter() + seconds
        while (start := perf_counter()) < end:
            conflicts += not _move(engine, key)
            taken.append(perf_counter() - start)
    return taken, conflicts


def _move(engine: Engine, key: str) -> bool:
    try:
        engine.move(key, LOOP, by=CHECKER)
    except Conflict:
        return False
    return True
