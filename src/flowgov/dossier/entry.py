"""One line of a register: a risk, an asset, a plan, a meeting … as its newest record says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ORGANISATION = "org"
"""The scope of registers that belong to no project."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a register as it stands. Persons in `facts` are ids."""

    scope: str
    """The project's id, or `ORGANISATION`."""
    kind: str
    key: str
    n: int
    """How many times it was recorded."""
    seq: int
    """Position of its newest record in the chain."""
    facts: Mapping[str, Any]
    at: str = ""
    """Stamp of that record."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """Free texts, without those that are empty or were redacted."""
    places: Mapping[str, int] = field(default_factory=dict)
    """Position of the record that each text lies beside."""


def relied(*entries: Entry) -> list[dict[str, Any]]:
    """How a record names the entries that something was decided on."""
    return [
        {"scope": ORGANISATION if e.scope == ORGANISATION else "prj", "kind": e.kind, "key": e.key, "n": e.n}
        for e in entries
    ]
