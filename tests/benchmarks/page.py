"""docs/performance.md, written from the figures of the last run."""

# ruff: noqa: E501 - prose has one sentence a line

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tests.benchmarks import moves, sealing

DIALECTS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
HEAD = """# Performance

This page is written by the benchmark itself; do not edit it.
`make bench` runs everything and prints it as JSON, `python -m tests.benchmarks moves --quick` one part in a few seconds.
`python -m tests.benchmarks --write docs/performance.md` writes this page, `--check` exits with 1 when a target is missed.
Figures of one machine mean little on another, so what counts is the ratio to a floor measured in the same run.
"""
MOVES = f"""## A move

One complete `engine.move`: definition, role, separation, approval, two pieces of evidence, compare-and-set, a record of {{bytes}} bytes chained to the last, durable commit.
The floor is written by hand for the bare driver (`sqlite3`, or `psycopg` with prepared statements): it reads the same facts, compares them, updates the project, inserts the very bytes that flowgov would have written, sealed beforehand and untimed, and commits.
It comes twice: "combined" issues flowgov's own combined SELECT (and on PostgreSQL one statement for both writes), "separate" one plain SELECT per fact.
Both sides write to the same tables of the same file or server, with the same triggers; SQLite runs with WAL and `synchronous = FULL`, PostgreSQL with `fsync` and `synchronous_commit` on.
The organisation has some sixty people with roles; every project is moved once; "seen before" means that this process has looked at the project already.
Variants run in turn, in blocks, each round beginning with another one; a ratio is the median over blocks of the median over moves at the same place of their blocks.
Targets, in wall time against the faster floor: {moves.TARGETS["sqlite"]} on SQLite, {moves.TARGETS["postgresql"]} on PostgreSQL, {moves.BATCHED_TARGET} with {moves.BATCH} moves a transaction, where the cost of the commit is shared and our own shows.
"""
PROCESSES = """## Whole processes

Milliseconds from a compiled, non-editable install, interleaved, on an idle disk cache.
Most of `flowgov move` is the import of SQLAlchemy, which is shown beside it.
"""
SCALE = """## Size

The same move in logs of growing length, and whole passes over them, each in a process of its own.
In a log larger than the database's cache a move reads its pages from the system anew, and so does the floor.
"read" fetches every body in chain order through the bare driver, "hashed" also takes its SHA-256, and "rooted" puts the stored leaves together to the root of the tree: what a verification could not do without.
"verify, since" reads what came after the newest checkpoint, about 1 000 records, and the chains that grew.
Peak memory is that of the largest process; "verify, 2 processes" has three, of which one reads the tree.
"""
SEALING = """## Positions, checkpoints and proofs

Positions are given after the commit, by `Keeper.sequence`; "leaves a second" is for the records that were new since the size before.
A checkpoint includes the positions of the records that are new since the last one, and signing; a median of {rounds} with the key in memory.
A proof is the `.tlog-proof` file for the first record of the first project; beside its hashes and the signed checkpoint it holds the record itself, in base64.
"""
BUNDLES = """Bundles, written by `audit export`, and checked by the single file that comes with them.
A log whose bundle would unpack to more than a gigabyte does not go into one: the verifier takes it for a bomb.
"""
PENDING = """## The waiting list

What a move pays for its record being put on the list of those that wait for a position: the floor's move, in blocks with the trigger and without it.
"""
CONTENTION = """## Many processes

Processes that move as fast as they can on PostgreSQL, durable, for {seconds} seconds: each its own project, then all the same one.
The processes and the server share the processor's cores.
"""


def page(last: Mapping[str, Any]) -> str:
    """The whole page."""
    parts = [HEAD, _table(("", ""), last["facts"].items(), left=2)]
    for name, write in _SECTIONS.items():
        if name in last:
            parts.append(write(last[name]))
    return "\n".join(parts)


def _moves(found: Mapping[str, Any]) -> str:
    parts = [MOVES.format(bytes=next(iter(found.values()))["record_bytes"])]
    for dialect, result in found.items():
        for kind, heading in (
            ("durable", f"one durable commit per move, {result['moves']} moves"),
            ("batched", f"{moves.BATCH} moves a transaction, {result['batches']} transactions; time per move"),
        ):
            parts.append(f"### {DIALECTS[dialect]}: {heading}\n")
            parts.append(
                _table(
                    ("", "wall µs", "CPU µs", "flowgov's wall ÷ this", "flowgov's CPU ÷ this"),
                    (
                        (_named(name), row["wall_us"], row["cpu_us"], row["wall_ratio"], row["cpu_ratio"])
                        for name, row in result[kind].items()
                    ),
                )
            )
    return "\n".join(parts)


def _named(variant: str) -> str:
    return variant if variant.startswith("flowgov") else f"floor, {variant}"


def _processes(found: Mapping[str, Any]) -> str:
    rows = [(f"`{name}`", ms["min"], ms["median"]) for name, ms in found["milliseconds"].items()]
    rows += [(f"`{name}`", "failed", why) for name, why in found["failed"].items()]
    return f"{PROCESSES}\n{_table(('', 'min', 'median'), rows)}"


def _scale(found: Mapping[str, Any]) -> str:
    parts = [SCALE]
    for dialect, sizes in found.items():
        parts.append(f"### {DIALECTS[dialect]}: a durable move\n")
        rows = [
            (
                _grouped(int(size)),
                at["moves"]["flowgov"]["wall_us"],
                at["moves"]["flowgov"]["cpu_us"],
                at["moves"]["combined"]["wall_us"],
                at["moves"]["combined"]["wall_ratio"],
            )
            for size, at in sizes.items()
        ]
        parts.append(_table(("records", "wall µs", "CPU µs", "floor, combined: wall µs", "ratio"), rows))
        parts.append(f"### {DIALECTS[dialect]}: passes over the whole log\n")
        passes = [
            (_grouped(int(size)), what, *_pass(took))
            for size, at in sizes.items()
            for what, took in at.get("passes", {}).items()
        ]
        parts.append(_table(("records", "pass", "seconds", "records a second", "peak memory, MB"), passes))
    parts.append(_sealing(found))
    return "\n".join(parts)


def _pass(took: Mapping[str, Any]) -> tuple[Any, ...]:
    if "failed" in took:
        return ("failed", took["failed"], "")
    return (round(took["seconds"], 2), _grouped(took["records_per_second"]), round(took["peak_mb"]))


def _sealing(found: Mapping[str, Any]) -> str:
    parts = [SEALING.format(rounds=sealing.ROUNDS)]
    for dialect, sizes in found.items():
        parts.append(f"### {DIALECTS[dialect]}: positions, checkpoints and proofs\n")
        head = ("records", "leaves a second", *(f"checkpoint, {_grouped(n)} new: ms" for n in sealing.NEW))
        proof = ("proof: hashes", "bytes", "without the record", "ms")
        rows = [
            (
                _grouped(int(size)),
                _grouped(at["sequencing"]["leaves_per_second"]),
                *at["checkpoint_ms"].values(),
                *(at["proof"][name] for name in ("hashes", "bytes", "without_record", "ms")),
            )
            for size, at in sizes.items()
        ]
        parts.append(_table((*head, *proof), rows))
    parts.append(BUNDLES)
    bundles = [
        (DIALECTS[dialect], _grouped(int(size)), what, _grouped(took["kb"]), took["write_s"], took["verify_s"])
        for dialect, sizes in found.items()
        for size, at in sizes.items()
        for what, took in at["bundles"].items()
    ]
    parts.append(_table(("", "records", "bundle", "kB", "written in s", "checked in s"), bundles))
    return "\n".join(parts)


def _pending(found: Mapping[str, Any]) -> str:
    rows = [
        (DIALECTS[dialect], name, *(took[column] for column in ("wall_us", "cpu_us", "wall_ratio")))
        for dialect, result in found.items()
        for name, took in result.items()
    ]
    return f"{PENDING}\n{_table(('', 'move', 'wall µs', 'CPU µs', 'with ÷ this'), rows, left=2)}"


def _contention(found: Mapping[str, Any]) -> str:
    rows = [
        (
            n,
            *(
                cell
                for way in ("distinct", "contended")
                for cell in (found[way][n]["moves_per_second"], found[way][n]["median_ms"], found[way][n]["p95_ms"])
            ),
            found["contended"][n]["conflicts"],
        )
        for n in found["distinct"]
    ]
    head = ("processes", "own project: moves/s", "median ms", "p95 ms", "same project: moves/s", "median ms", "p95 ms")
    return f"{CONTENTION.format(seconds=found['seconds'])}\n{_table((*head, 'conflicts'), rows)}"


_SECTIONS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "moves": _moves,
    "pending": _pending,
    "processes": _processes,
    "scale": _scale,
    "contention": _contention,
}


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]], *, left: int = 1) -> str:
    """A Markdown table whose first *left* columns are words and the others figures."""
    rule = [":--" if n < left else "--:" for n in range(len(head))]
    lines = [head, rule, *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", " ")
