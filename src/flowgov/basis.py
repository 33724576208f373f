"""What a decision was made on: hashes of the project's fields, its charter, the evidence asked for, its risks.

Part of every approval and every passed gate, so that a later change shows what had been decided on before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from flowgov.canonical import canonical

PARTS: Mapping[str, str] = {"charter": "charter", "risk": "risks"}
"""Kinds of entries that are decided on, and the part of the basis that stands for them."""


def basis(
    project: Sequence[object],
    evidence: Iterable[Sequence[object]],
    entries: Iterable[tuple[str, str, int, str]],
) -> dict[str, str]:
    """A hash for each part that there is.

    Args:
        project: its fields.
        evidence: kind, position and hash of the newest piece of each kind the gate asks for, in its order.
        entries: kind, key, number and facts (as stored) of the project's entries; by kind and key.
    """
    found = {"project": _hash([*project])}
    pieces = [list(piece) for piece in evidence]
    if pieces:
        found["evidence"] = _hash(pieces)
    parts: dict[str, list[list[object]]] = {}
    for kind, key, n, facts in entries:
        if kind in PARTS:
            parts.setdefault(PARTS[kind], []).append([key, n, facts])
    return {**found, **{name: _hash(sorted(lines, key=_key)) for name, lines in parts.items()}}


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The parts that differ."""
    return sorted(part for part in before.keys() | now.keys() if before.get(part) != now.get(part))


def _key(line: list[object]) -> str:
    return str(line[0])


def _hash(value: object) -> str:
    return sha256(canonical(value)).hexdigest()
