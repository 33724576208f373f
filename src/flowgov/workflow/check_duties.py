"""Whether the modes that a definition gives to rules of separation are ones they can have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flowgov.workflow.duties import ALWAYS_BLOCK, DECLARABLE
from flowgov.workflow.mistake import Finding

if TYPE_CHECKING:
    from flowgov.workflow.read import Reading


def modes(reading: Reading) -> Iterator[Finding]:
    """Rules that there are not, and rules that cannot be softened."""
    sections = reading.values if isinstance(reading.values, dict) else {}
    rules = sections.get("separation_rules")
    for name, mode in rules.items() if isinstance(rules, dict) else ():
        path = ("separation_rules", name)
        if name not in DECLARABLE:
            yield Finding("undefined_rule", reading.key(path), {"name": name}, name, DECLARABLE)
        elif name in ALWAYS_BLOCK and mode != "block":
            yield Finding("hard_rule", reading.place(path), {"name": name})
