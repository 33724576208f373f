"""What a definition says about risks: a matrix that grades them, and roles on both sides to confirm them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from flowgov.workflow.mistake import Finding

if TYPE_CHECKING:
    from flowgov.workflow.read import Reading

_JOINT = "joint_risk_review"
_HIGHEST_SHIPPED = 3
_PATH = ("risks",)


def check_risk(values: Any, reading: Reading) -> list[Finding]:
    """Everything that contradicts itself about risks in a document, which may be out of shape."""
    sections = values if isinstance(values, dict) else {}
    return [*_matrix(sections.get("risks"), reading), *_sides(sections, reading)]


def _matrix(risks: Any, reading: Reading) -> Iterator[Finding]:
    if not isinstance(risks, dict):
        return
    levels = risks.get("levels") or []
    if levels and risks.get("matrix"):
        yield Finding("risk_matrix_twice", reading.key((*_PATH, "levels")), {})
    if levels and _readable(levels):
        yield from _levels(levels, reading)
    if not levels or _readable(levels):
        highest = max((level for row in levels for level in row), default=_HIGHEST_SHIPPED)
        high = risks.get("high_from", _HIGHEST_SHIPPED)
        if type(high) is int and high > highest:
            where = "high_from" if "high_from" in risks else "levels"
            yield Finding("risk_never_high", reading.key((*_PATH, where)), {"high": high})


def _readable(levels: Any) -> bool:
    rows = levels if isinstance(levels, list) else [None]
    return all(isinstance(row, list) and all(type(level) is int for level in row) for row in rows)


def _levels(levels: list[list[int]], reading: Reading) -> Iterator[Finding]:
    place = reading.key((*_PATH, "levels"))
    if len(levels) == 1 or len({len(row) for row in levels}) > 1:
        yield Finding("risk_levels_ragged", place, {})
    elif any(_falls(line) for line in (*levels, *zip(*levels, strict=True))):
        yield Finding("risk_levels_fall", place, {})


def _falls(line: Any) -> bool:
    return any(later < former for former, later in pairwise(line))


def _sides(sections: Mapping[str, Any], reading: Reading) -> Iterator[Finding]:
    roles = [role for role in _entries(sections, "roles").values() if role.get("acts") is not False]
    sides = {str(role.get("side")) for role in roles}
    for name, entry in _entries(sections, "transitions").items():
        guards = entry.get("guards")
        if not isinstance(guards, list) or _JOINT not in guards:
            continue
        for side in ("business", "technical"):
            if side not in sides:
                place = reading.place(("transitions", name, "guards", guards.index(_JOINT)))
                yield Finding("risk_no_side", place, {"transition": name, "side": side})


def _entries(sections: Mapping[str, Any], name: str) -> Mapping[str, Mapping[str, Any]]:
    section = sections.get(name)
    found = section.items() if isinstance(section, dict) else ()
    return {key: entry for key, entry in found if isinstance(entry, dict)}
