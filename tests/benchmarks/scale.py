"""Whether size matters: a move in logs of growing length, and whole passes over them."""

from __future__ import annotations

from itertools import islice
from typing import Any

from tests import postgres
from tests.benchmarks import reading, sealing
from tests.benchmarks.floor import open_floor, prepare
from tests.benchmarks.ground import Ground, ground, postgresql, sqlite
from tests.benchmarks.moves import ours, theirs
from tests.benchmarks.timing import Sample, summary

SIZES = (1_000, 100_000, 1_000_000)
PASSES = ("read", "hashed", "rooted", "verify", "verify, 2 processes", "verify, since", "export", "report")
PASSES_FROM = 100_000
LONG = ("export", "report")
"""Passes that are made over the largest log on one database only."""
BLOCK = 10
FLAT = 1.5
"""How much more than the floor a move may slow down from the smallest log to the largest.

The floor slows down too: in a file larger than SQLite's cache every move reads its pages anew.
"""
GROWTH = 1.25
"""Peak memory at the largest size may be so many times that at a tenth of it."""


def run(*, quick: bool = False) -> dict[str, Any]:
    """Measure on both databases; quickly, on SQLite and up to 20 000 records."""
    sizes = (1_000, 20_000) if quick else SIZES
    found: dict[str, Any] = {}
    with sqlite() as url:
        found["sqlite"] = _grow(url, sizes, moves=20 if quick else 200)
    if not quick:
        with postgres.server(durable=True) as server, postgresql(server) as url:
            found["postgresql"] = _grow(url, sizes, moves=200)
    return found


def missed(found: dict[str, Any]) -> list[str]:
    """A sentence for every growth that should not be."""
    sentences = []
    for dialect, result in found.items():
        sizes = list(result)
        first, last = result[sizes[0]], result[sizes[-1]]
        growth = _growth(first, last, "flowgov") / _growth(first, last, "combined")
        if growth > FLAT:
            sentences.append(f"a move on {dialect} slows down {growth:.2f} times as much as the floor")
        before = result[sizes[-2]].get("passes", {})
        sentences += [
            s for what, took in last["passes"].items() if (s := _grown(what, dialect, before.get(what), took))
        ]
    return sentences


def _growth(first: dict[str, Any], last: dict[str, Any], variant: str) -> float:
    return float(last["moves"][variant]["wall_us"] / first["moves"][variant]["wall_us"])


def _grown(what: str, dialect: str, before: dict[str, Any] | None, took: dict[str, Any]) -> str | None:
    if "failed" in took:
        return f"'{what}' on {dialect} failed: {took['failed']}"
    if before and took["peak_mb"] > GROWTH * before["peak_mb"]:
        return f"the memory of '{what}' on {dialect} grows with the log"
    return None


def _grow(url: str, sizes: tuple[int, ...], *, moves: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with ground(url) as soil:
        written, signs = 0, sealing.vault(soil)
        for size in sizes:
            wanted = max((size - written) // soil.records_per_project, 4 * BLOCK)
            keys = soil.plant(wanted)
            written += wanted * soil.records_per_project
            placed = sealing.sequencing(soil)
            _settle(soil)
            # a small log has few projects, and each is moved once
            found[str(size)] = {
                "moves": _moves(soil, keys, min(moves, wanted // 2 // BLOCK * BLOCK)),
                "sequencing": placed,
                **sealing.sealing(soil, signs, size),
            }
            if size >= PASSES_FROM or size == sizes[-1]:
                passes = [what for what in PASSES if what not in LONG or size < SIZES[-1] or soil.dialect == "sqlite"]
                found[str(size)]["passes"] = {what: _pass(what, url, _total(soil)) for what in passes}
    return found


def _moves(soil: Ground, keys: list[str], count: int) -> dict[str, Any]:
    spread = keys[:: max(len(keys) // (2 * count), 1)][: 2 * count]
    turn = iter(spread)
    prepared, combined = prepare(soil, list(islice(turn, count)))
    soil.engine._house._workflow_by_key.clear()
    floor = open_floor(soil, combined)
    moved = iter(prepared)
    runs: dict[str, list[list[Sample]]] = {"flowgov": [], "combined": []}
    for _ in range(count // BLOCK):
        runs["flowgov"].append([ours(soil, key) for key in islice(turn, BLOCK)])
        runs["combined"].append([theirs(floor, floor.combined, [move]) for move in islice(moved, BLOCK)])
    floor.close()
    return summary(runs, "flowgov")


def _pass(what: str, url: str, count: int) -> dict[str, Any]:
    took = reading.apart(what, url)
    if "failed" in took:
        return took
    return {**took, "records_per_second": round(count / max(took["seconds"], 0.01))}


def _total(soil: Ground) -> int:
    with soil.engine._house.database.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM flowgov_record").scalar_one())


def _settle(soil: Ground) -> None:
    """Tell the planner how large the tables are, as autovacuum does in time."""
    with soil.engine._house.database.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
