"""Plain values for the guards: a small workflow, its people, and requests at its gates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flowgov.request import Grant, Request
from flowgov.workflow.model import Workflow, build

NOW = "2026-01-05T09:00:00.000000Z"


def label(name: str) -> dict[str, str]:
    """The same label in both languages."""
    return {"en": name, "fr": name}


def step(name: str, source: str | list[str], target: str, **other: Any) -> dict[str, Any]:
    """A transition of the canonical document; *other* replaces what differs."""
    return {
        "id": name,
        **label(name),
        "from": [source] if isinstance(source, str) else source,
        "to": target,
        "kind": "gate",
        "fire": ["owner"],
        "approvals": [],
        "evidence": [],
        "distinct_from": [],
        "guards": [],
        "reason": "optional",
        **other,
    }


def approval(role: str, minimum: int = 1, when: str | None = None) -> dict[str, Any]:
    """An approval rule of the canonical document."""
    return {"role": role, "min": minimum, "when": when}


def document(*transitions: Mapping[str, Any], separation: str = "exception") -> dict[str, Any]:
    """A canonical document with three states and a hold."""
    return {
        "id": "small",
        "version": "1.0.0",
        "title": label("Small"),
        "separation": separation,
        "roles": [{"id": name, **label(name), "acts": True} for name in ("owner", "sponsor", "dpo", "board")],
        "evidence": [{"id": name, **label(name)} for name in ("note", "plan")],
        "states": [
            {"id": "asked", **label("asked"), "stage": None, "kind": "initial"},
            {"id": "agreed", **label("agreed"), "stage": None, "kind": "normal"},
            {"id": "done", **label("done"), "stage": None, "kind": "final"},
            {"id": "paused", **label("paused"), "stage": None, "kind": "suspended"},
        ],
        "transitions": list(transitions),
    }


def workflow(gate: Mapping[str, Any] | None = None, separation: str = "exception") -> Workflow:
    """A workflow whose gate ``agree`` demands what *gate* says."""
    return build(
        document(
            step("agree", "asked", "agreed", **(gate or {})),
            step("finish", "agreed", "done"),
            step("pause", ["asked", "agreed"], "paused", kind="suspend"),
            step("resume", "paused", "$previous", kind="resume"),
            separation=separation,
        )
    )


def request(gate: Mapping[str, Any] | None = None, *, separation: str = "exception", **facts: Any) -> Request:
    """A request of the owner at the gate ``agree``; *facts* replace what differs."""
    definition = workflow(gate, separation)
    asked = Request(
        workflow=definition,
        transition=definition.transitions["agree"],
        now=NOW,
        actor="alice",
        key="CRM",
        state="asked",
        previous=None,
        cycle=1,
        creator="carol",
        personal_data=False,
        passages={},
        grants=[Grant("alice", "owner", "g-alice")],
    )
    return replace(asked, **facts)
