"""What positions, checkpoints, proofs and bundles cost in a log of some length."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from os import urandom
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from flowgov.audit import offline
from flowgov.audit.signing import Signer
from tests.benchmarks.ground import ADMINISTRATOR, CHECKER, LOOP, TEMPLATE, Ground
from tests.faults.vaults import MemoryVault

NEW = (1, 1_000)
"""Records since the last checkpoint."""
ROUNDS = 5
BUNDLED_UP_TO = 200_000
"""A longer log does not go into one bundle: its verifier refuses to unpack more than a gigabyte."""


def sequencing(soil: Ground) -> dict[str, Any]:
    """Positions for everything that waits."""
    start = perf_counter()
    leaves = soil.engine.sequence()
    seconds = perf_counter() - start
    return {"leaves": leaves, "seconds": round(seconds, 2), "leaves_per_second": round(leaves / max(seconds, 0.001))}


def vault(soil: Ground) -> MemoryVault:
    """With a key that is registered as the log's."""
    made = MemoryVault(Signer.generate(soil.engine.origin(), urandom))
    soil.engine.register_key(made.signer().key, by=ADMINISTRATOR)
    return made


def sealing(soil: Ground, signs: MemoryVault, size: int) -> dict[str, Any]:
    """Checkpoints, proofs and bundles; leaves a thousand records after the newest checkpoint."""
    soil.engine.checkpoint(signs)
    found: dict[str, Any] = {"checkpoint_ms": {str(new): _checkpoint(soil, signs, new) for new in NEW}}
    found["proof"] = _proof(soil)
    found["bundles"] = {"one project": _bundle(soil, TEMPLATE)}
    if size <= BUNDLED_UP_TO:
        found["bundles"]["whole log"] = _bundle(soil, None)
    _write(soil, NEW[-1])
    soil.engine.sequence()
    return found


def _checkpoint(soil: Ground, signs: MemoryVault, new: int) -> float:
    """Milliseconds, the median of some rounds."""
    took = []
    for _ in range(ROUNDS):
        _write(soil, new)
        took.append(_seconds(lambda: soil.engine.checkpoint(signs)))
    return round(median(took) * 1000, 1)


def _write(soil: Ground, records: int) -> None:
    if records < soil.records_per_project:
        for _ in range(records):
            soil.engine.move(TEMPLATE, LOOP, by=CHECKER)
    else:
        soil.plant(round(records / soil.records_per_project))


def _proof(soil: Ground) -> dict[str, Any]:
    """Of the first record of a project, which lies far from the end."""
    took = [_seconds(lambda: soil.engine.prove(TEMPLATE, 1)) for _ in range(ROUNDS)]
    proof = soil.engine.prove(TEMPLATE, 1)
    whole = len(proof.text().encode())
    return {
        "hashes": len(proof.path),
        "bytes": whole,
        "without_record": whole - 4 * -(-len(proof.body) // 3),
        "ms": round(median(took) * 1000, 1),
    }


def _bundle(soil: Ground, project: str | None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle.fgev"
        wrote = _seconds(lambda: soil.engine.export(path, project=project))
        checked = _seconds(lambda: _check(path))
        return {"kb": round(path.stat().st_size / 1024), "write_s": round(wrote, 2), "verify_s": round(checked, 2)}


def _check(path: Path) -> None:
    """With the single file that comes with the bundle, in a process of its own."""
    subprocess.run([sys.executable, offline.__file__, str(path)], check=True, capture_output=True)


def _seconds(call: Callable[[], object]) -> float:
    start = perf_counter()
    call()
    return perf_counter() - start
