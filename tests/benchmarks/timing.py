"""Measuring: wall and CPU time of one call, and ratios of medians that noise does not move."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter_ns, process_time_ns


@dataclass(frozen=True, slots=True)
class Sample:
    """What one call took, in nanoseconds."""

    wall: int
    cpu: int


def timed(call: Callable[[], object]) -> Sample:
    """Run *call* once."""
    cpu, wall = process_time_ns(), perf_counter_ns()
    call()
    return Sample(perf_counter_ns() - wall, process_time_ns() - cpu)


def ratio(ours: Sequence[Sequence[Sample]], floor: Sequence[Sequence[Sample]], kind: str) -> float:
    """Median over blocks of the median ratio of moves at the same place of the same block."""
    return median(
        median(getattr(mine, kind) / max(getattr(other, kind), 1) for mine, other in zip(block, beside, strict=True))
        for block, beside in zip(ours, floor, strict=True)
    )


def microseconds(blocks: Sequence[Sequence[Sample]], kind: str, *, per: int = 1) -> float:
    """The median over all blocks, for one of the *per* moves that a sample is made of."""
    return median(getattr(sample, kind) for block in blocks for sample in block) / per / 1000


def summary(runs: Mapping[str, Sequence[Sequence[Sample]]], ours: str, *, per: int = 1) -> dict[str, dict[str, float]]:
    """Medians of every variant, and the ratio of *ours* to it."""
    return {
        name: {
            "wall_us": round(microseconds(blocks, "wall", per=per), 1),
            "cpu_us": round(microseconds(blocks, "cpu", per=per), 1),
            "wall_ratio": round(ratio(runs[ours], blocks, "wall"), 2),
            "cpu_ratio": round(ratio(runs[ours], blocks, "cpu"), 2),
        }
        for name, blocks in runs.items()
    }
