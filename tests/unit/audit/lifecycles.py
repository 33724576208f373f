"""A small lifecycle for tests of the replay, as the bytes of a definition say it."""

from __future__ import annotations

import json
from typing import Any


def document() -> dict[str, Any]:
    """Draft → checked → live; it can be sent back, suspended and resumed."""
    return {
        "id": "small",
        "version": "1",
        "separation": "exception",
        "states": [
            {"id": "draft", "kind": "initial"},
            {"id": "checked", "kind": "normal"},
            {"id": "live", "kind": "final"},
            {"id": "hold", "kind": "suspended"},
        ],
        "evidence": [{"id": "note"}, {"id": "test"}],
        "roles": [
            {"id": "owner", "acts": True},
            {"id": "checker", "acts": True},
            {"id": "dpo", "acts": True},
            {"id": "reader", "acts": False},
        ],
        "transitions": [
            transition(
                "submit",
                ["draft"],
                "checked",
                approvals=[
                    {"role": "checker", "min": 1, "when": None},
                    {"role": "dpo", "min": 2, "when": "personal_data"},
                ],
            ),
            transition("deploy", ["checked"], "live", distinct_from=["submit", "$creator"]),
            transition("attest", ["checked"], "live", evidence=["note", "test"]),
            transition("renew", ["checked"], "live", evidence=["note", "test"], guards=["rework_evidence_is_current"]),
            transition("rework", ["checked", "live"], "draft", kind="rework", reason="required", fire=["checker"]),
            transition(
                "reopen",
                ["live"],
                "checked",
                kind="reopen",
                approvals=[{"role": "checker", "min": 1, "when": None}],
                evidence=["note"],
                guards=["rework_evidence_is_current"],
            ),
            transition("suspend", ["draft", "checked"], "hold", kind="suspend"),
            transition("resume", ["hold"], "$previous", kind="resume"),
        ],
    }


def transition(name: str, sources: list[str], to: str, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "kind": "gate",
        "fire": ["owner"],
        "approvals": [],
        "evidence": [],
        "distinct_from": [],
        "guards": [],
        "reason": "optional",
    }
    return {"id": name, "from": sources, "to": to, **given, **changes}


def body(found: dict[str, Any] | None = None) -> bytes:
    return json.dumps(found or document()).encode()


def usual(event: str, defaults: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What a record says if a test says nothing else; lines of registers say all of it themselves."""
    return {} if event.endswith(".recorded") else defaults[event]
