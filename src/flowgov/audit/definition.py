"""A definition as verification needs it: parsed from its stored bytes, with what each step demands at hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flowgov.audit.declared import sound

ADMINISTRATOR = "administrator"
CREATOR = "$creator"
ALWAYS = ("role", "separation", "approvals", "evidence", "reason")
"""Guards that every gate asks."""
LAST = ("conditions",)
"""Guards that every gate asks after those it names, in records that say what they were decided on."""
CURRENT_EVIDENCE = "rework_evidence_is_current"

_PREVIOUS = "$previous"
_NEXT_CYCLE = frozenset({"rework", "reopen"})


@dataclass(frozen=True, slots=True)
class Demand:
    """So many approvals of a role."""

    role: str
    minimum: int
    personal_data: bool
    """It applies only to projects with personal data."""


@dataclass(frozen=True, slots=True)
class Step:
    """One transition and all that its gate demands."""

    kind: str
    sources: frozenset[str]
    targets: tuple[str, ...]
    to_previous: bool
    next_cycle: bool
    fire: frozenset[str]
    demands: tuple[Demand, ...]
    evidence: tuple[str, ...]
    distinct_from: tuple[str, ...]
    asked: tuple[str, ...]
    """Names of the guards, in the order they are asked."""
    reason: bool
    stage: str | None = None
    """The canonical step that its target belongs to."""
    entry: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """Everything else that is declared of it."""

    def demands_on(self, *, personal_data: bool) -> tuple[Demand, ...]:
        """The approvals asked of a project."""
        return tuple(d for d in self.demands if personal_data or not d.personal_data)


@dataclass(frozen=True, slots=True)
class Definition:
    """A registered definition."""

    id: str
    version: str
    separation: str
    initial: str
    states: frozenset[str]
    open_states: frozenset[str]
    """States that some transition leaves."""
    suspended: frozenset[str]
    evidence: frozenset[str]
    acting: frozenset[str]
    """Roles that act."""
    steps: Mapping[str, Step]
    sides: Mapping[str, frozenset[str]]
    """Roles that speak for the business, and for the technical side."""
    document: Mapping[str, Any]
    """Everything else that is declared."""


def parse(body: bytes) -> Definition | None:
    """The definition in these bytes; None if they do not describe one."""
    try:
        document = json.loads(body)
        return _definition(document) if sound(document) else None
    except (ValueError, KeyError, TypeError, StopIteration, AttributeError):
        return None


def _definition(document: Mapping[str, Any]) -> Definition:
    transitions = document["transitions"]
    stages = {s["id"]: s.get("stage") for s in document["states"]}
    return Definition(
        id=document["id"],
        version=document["version"],
        separation=document["separation"],
        initial=next(s["id"] for s in document["states"] if s["kind"] == "initial"),
        states=frozenset(s["id"] for s in document["states"]),
        open_states=frozenset(source for t in transitions for source in t["from"]),
        suspended=frozenset(s["id"] for s in document["states"] if s["kind"] == "suspended"),
        evidence=frozenset(e["id"] for e in document["evidence"]),
        acting=frozenset(r["id"] for r in document["roles"] if r["acts"]),
        steps={t["id"]: _step(t, transitions, stages) for t in transitions},
        sides={side: _side(document, side) for side in ("business", "technical")},
        document=document,
    )


def _side(document: Mapping[str, Any], side: str) -> frozenset[str]:
    return frozenset(role["id"] for role in document["roles"] if role.get("side") == side)


def _step(entry: Mapping[str, Any], transitions: list[Mapping[str, Any]], stages: Mapping[str, str | None]) -> Step:
    sources = frozenset(entry["from"])
    to_previous = entry["to"] == _PREVIOUS
    return Step(
        kind=entry["kind"],
        sources=sources,
        targets=_before(sources, transitions) if to_previous else (entry["to"],),
        to_previous=to_previous,
        next_cycle=entry["kind"] in _NEXT_CYCLE,
        fire=frozenset(entry["fire"]),
        demands=tuple(
            Demand(rule["role"], rule["min"], rule["when"] == "personal_data") for rule in entry["approvals"]
        ),
        evidence=tuple(entry["evidence"]),
        distinct_from=tuple(entry["distinct_from"]),
        asked=(*ALWAYS, *entry["guards"], *(("dates",) if entry.get("sets") else ())),
        reason=entry["reason"] == "required",
        stage=stages.get(entry["to"]),
        entry=entry,
    )


def _before(suspended: frozenset[str], transitions: list[Mapping[str, Any]]) -> tuple[str, ...]:
    """The states from which a project gets into one of *suspended*."""
    return tuple({source for t in transitions if t["to"] in suspended for source in t["from"]})
