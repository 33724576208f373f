"""How verification judges the guard that looks at what earlier decisions left open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flowgov.audit.held import Judge, Judged


def _conditions(judged: Judged) -> Sequence[str]:
    """No condition that names this gate was open and late."""
    late = "clock" in judged.document  # a clock that was held says later than it was
    overdue = [
        held
        for held in judged.entries("condition").values()
        if held.facts["status"] == "open"
        and judged.document["t"] in held.facts["blocks"]
        and held.facts["due"] <= judged.ts
        and not late
    ]
    return ["condition_overdue"] if overdue else []


JUDGES: Mapping[str, Judge] = {"conditions": _conditions}
