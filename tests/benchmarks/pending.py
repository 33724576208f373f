"""What it costs a move that its record is put on the list of those that wait for a position, by a trigger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from flowgov.store.append_only import SQLITE
from tests.benchmarks.floor import open_floor, prepare
from tests.benchmarks.ground import Ground, ground
from tests.benchmarks.moves import database, theirs
from tests.benchmarks.timing import Sample, summary

TRIGGER = "flowgov_record_pending"
WITH, WITHOUT = "floor", "floor, without the trigger"
WARM_UP = 8


def run(*, quick: bool = False) -> dict[str, Any]:
    """The floor's move, with the trigger and without, on both databases."""
    found: dict[str, Any] = {}
    for dialect in ("sqlite", "postgresql"):
        with database(dialect) as url, ground(url) as soil:
            found[dialect] = _measure(soil, blocks=4 if quick else 16, size=10 if quick else 20)
    return found


def _measure(soil: Ground, *, blocks: int, size: int) -> dict[str, Any]:
    keys = soil.plant(2 * blocks * (size + WARM_UP))
    prepared, combined = prepare(soil, keys)
    turn = iter(prepared)
    floor = open_floor(soil, combined)
    runs: dict[str, list[list[Sample]]] = {WITH: [], WITHOUT: []}

    def block(name: str) -> None:
        # statements are planned anew once the table's triggers have changed
        for move in islice(turn, WARM_UP):
            theirs(floor, floor.combined, [move])
        runs[name].append([theirs(floor, floor.combined, [move]) for move in islice(turn, size)])

    for _ in range(blocks):
        block(WITH)
        with _without_trigger(soil):
            block(WITHOUT)
    floor.close()
    return summary(runs, WITH)


@contextmanager
def _without_trigger(soil: Ground) -> Iterator[None]:
    off, on = f"DROP TRIGGER {TRIGGER}", SQLITE[TRIGGER]
    if soil.dialect == "postgresql":
        off = f"ALTER TABLE flowgov_record DISABLE TRIGGER {TRIGGER}"
        on = f"ALTER TABLE flowgov_record ENABLE ALWAYS TRIGGER {TRIGGER}"
    with soil.host.begin() as connection:
        connection.exec_driver_sql(off)
    yield
    with soil.host.begin() as connection:
        connection.exec_driver_sql(on)
