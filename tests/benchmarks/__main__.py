"""``python -m tests.benchmarks [NAME …] [--quick] [--check] [--write PAGE]``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from tests.benchmarks import contention, moves, pending, processes, scale
from tests.benchmarks.facts import facts
from tests.benchmarks.page import page

BENCHES = {"moves": moves, "pending": pending, "processes": processes, "scale": scale, "contention": contention}
LAST_RUN = Path(__file__).with_name("last_run.json")


def main(arguments: list[str]) -> int:
    """Run, print, and say what was missed."""
    asked = _parser().parse_args(arguments)
    found: dict[str, Any] = {"facts": facts()}
    for name in asked.names or BENCHES:
        start = perf_counter()
        # through JSON at once, so that what is kept and what is shown are the same
        found[name] = json.loads(json.dumps(BENCHES[name].run(quick=asked.quick)))
        print(f"{name}: {perf_counter() - start:.0f} s", file=sys.stderr)
    print(json.dumps(found, indent=1, ensure_ascii=False))
    if asked.write:
        _keep(found, asked.write)
    missed = [sentence for name in found if name in CHECKED for sentence in CHECKED[name](found[name])]
    for sentence in missed:
        print(f"missed: {sentence}", file=sys.stderr)
    return 1 if asked.check and missed else 0


CHECKED = {"moves": moves.missed, "processes": processes.missed, "scale": scale.missed}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Speed and memory, as ratios.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}; all by default")
    parser.add_argument("--quick", action="store_true", help="a look in seconds; the figures are rough")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a target is missed")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="keep the figures and write this page")
    return parser


def _keep(found: dict[str, Any], target: Path) -> None:
    """Benches that were not run now keep the figures of the run before."""
    before = json.loads(LAST_RUN.read_text(encoding="utf-8")) if LAST_RUN.exists() else {}
    last = {**before, **found}
    LAST_RUN.write_text(json.dumps(last, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    target.write_text(page(last), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
