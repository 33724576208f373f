"""A complete `Engine.move` against the floor: interleaved, durable, and 100 to a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from tests import postgres
from tests.benchmarks.floor import Floor, Prepared, open_floor, prepare
from tests.benchmarks.ground import CHECKER, TRANSITION, Ground, ground, postgresql, sqlite
from tests.benchmarks.timing import Sample, summary, timed

Run = Callable[[list[Any]], Sample]

TARGETS = {"sqlite": 2.0, "postgresql": 1.5}
BATCHED_TARGET = 4.0
BATCH = 100
WARM_UP = 8
"""psycopg prepares a statement on its sixth use."""
FLOORS = ("combined", "separate")
VARIANTS = ("flowgov", "flowgov, project seen before", *FLOORS)
BATCHED = ("flowgov", *FLOORS)


def run(*, quick: bool = False) -> dict[str, Any]:
    """Measure on both databases."""
    found: dict[str, Any] = {}
    for dialect in ("sqlite", "postgresql"):
        with database(dialect) as url, ground(url) as soil:
            found[dialect] = _measure(
                soil, blocks=3 if quick else 15, size=10 if quick else 20, batches=2 if quick else 7
            )
    return found


def missed(found: dict[str, Any]) -> list[str]:
    """A sentence for every target that was not reached."""
    sentences = []
    for dialect, result in found.items():
        for kind, target in (("durable", TARGETS[dialect]), ("batched", BATCHED_TARGET)):
            ratio = max(result[kind][floor]["wall_ratio"] for floor in FLOORS)
            if ratio > target:
                sentences.append(f"moves on {dialect}, {kind}: {ratio} times the faster floor, the target is {target}")
    return sentences


@contextmanager
def database(dialect: str) -> Iterator[str]:
    """URL of a new, durable database."""
    if dialect == "sqlite":
        with sqlite() as url:
            yield url
        return
    with postgres.server(durable=True) as server, postgresql(server) as url:
        yield url


def _measure(soil: Ground, *, blocks: int, size: int, batches: int) -> dict[str, Any]:
    singles, batched = len(VARIANTS) * (blocks * size + WARM_UP), len(BATCHED) * BATCH * (batches + 1)
    keys = iter(soil.plant(singles + batched))
    first, combined = prepare(soil, list(islice(keys, 2 * (blocks * size + WARM_UP))))
    second, _ = prepare(soil, list(islice(keys, 2 * BATCH * (batches + 1))))
    soil.engine._house._workflow_by_key.clear()
    floor = open_floor(soil, combined)
    try:
        durable = _durable(soil, floor, iter(first), keys, blocks, size)
        many = _batched(soil, floor, iter(second), keys, batches)
    finally:
        floor.close()
    return {
        "durable": summary(durable, "flowgov"),
        "batched": summary(many, "flowgov", per=BATCH),
        "moves": blocks * size,
        "batches": batches,
        "record_bytes": len(first[0].record[2]),
    }


def _durable(
    soil: Ground, floor: Floor, prepared: Iterator[Prepared], keys: Iterator[str], blocks: int, size: int
) -> dict[str, list[list[Sample]]]:
    turns: dict[str, Callable[[int], list[Sample]]] = {
        "flowgov": lambda n: [ours(soil, key) for key in islice(keys, n)],
        "flowgov, project seen before": lambda n: [_flowgov_again(soil, key) for key in islice(keys, n)],
        "combined": lambda n: [theirs(floor, floor.combined, [move]) for move in islice(prepared, n)],
        "separate": lambda n: [theirs(floor, floor.separate, [move]) for move in islice(prepared, n)],
    }
    return _interleaved(turns, blocks, size, WARM_UP)


def _batched(
    soil: Ground, floor: Floor, prepared: Iterator[Prepared], keys: Iterator[str], batches: int
) -> dict[str, list[list[Sample]]]:
    turns: dict[str, Callable[[int], list[Sample]]] = {
        "flowgov": lambda _: [_flowgov_batch(soil, list(islice(keys, BATCH)))],
        "combined": lambda _: [theirs(floor, floor.combined, list(islice(prepared, BATCH)))],
        "separate": lambda _: [theirs(floor, floor.separate, list(islice(prepared, BATCH)))],
    }
    return _interleaved(turns, batches, 1, 1)


def _interleaved(
    turns: dict[str, Callable[[int], list[Sample]]], blocks: int, size: int, warm_up: int
) -> dict[str, list[list[Sample]]]:
    """Blocks in turn, each time beginning with another variant.

    Blocks rather than single moves, because a SQLite connection drops its cached pages when another one wrote.
    """
    found: dict[str, list[list[Sample]]] = {name: [] for name in turns}
    names = list(turns)
    for name in names:
        turns[name](warm_up)
    for n in range(blocks):
        for name in names[n % len(names) :] + names[: n % len(names)]:
            found[name].append(turns[name](size))
    return found


def ours(soil: Ground, key: str) -> Sample:
    """One move by flowgov, in a transaction of its own."""
    return timed(lambda: soil.engine.move(key, TRANSITION, by=CHECKER))


def _flowgov_again(soil: Ground, key: str) -> Sample:
    soil.engine.transitions(key)
    return ours(soil, key)


def _flowgov_batch(soil: Ground, keys: Sequence[str]) -> Sample:
    def moves() -> None:
        with Session(soil.host) as session:
            for key in keys:
                soil.engine.move(key, TRANSITION, by=CHECKER, session=session)
            session.commit()

    return timed(moves)


def theirs(floor: Floor, step: Callable[[Prepared], None], moves: Sequence[Prepared]) -> Sample:
    """The floor's moves, in one transaction."""

    def every() -> None:
        floor.begin()
        for move in moves:
            step(move)
        floor.commit()

    return timed(every)
