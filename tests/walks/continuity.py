"""A lifecycle whose gates ask what assets are touched: covered before it is secured, restored before it is reviewed."""

from __future__ import annotations

import json
from typing import Any

from tests.walks.company import give

from flowgov import Engine
from flowgov.dossier.assets import AssetDescription
from flowgov.testing import pass_gate
from flowgov.workflow.model import Workflow, build

SHOP = AssetDescription(name="Online shop", owner="kbenali")
PATH = ("secure", "deploy", "review")
_BOTH = ["business_owner", "technical_owner"]
_LABEL = {"en": "a", "fr": "a"}
_STATES: dict[str, tuple[str | None, str]] = {
    "open": ("need_expressed", "initial"),
    "secured": ("secured", "normal"),
    "deployed": ("deployed", "normal"),
    "rolled_back": ("deployed", "recovery"),
    "stopped": (None, "suspended"),
    "reviewed": ("reviewed", "final"),
    "dropped": (None, "final_negative"),
}
_MOVES: dict[str, tuple[list[str], str, str]] = {
    "secure": (["open"], "secured", "gate"),
    "deploy": (["secured"], "deployed", "gate"),
    "review": (["deployed"], "reviewed", "gate"),
    "roll_back": (["deployed"], "rolled_back", "rollback"),
    "redeploy": (["rolled_back"], "deployed", "gate"),
    "rework": (["rolled_back"], "open", "rework"),
    "act_first": (["open"], "deployed", "break_glass"),
    "stop": (["secured", "deployed"], "stopped", "suspend"),
    "go_on": (["stopped"], "$previous", "resume"),
    "drop": (["open", "secured", "deployed", "rolled_back", "stopped"], "dropped", "cancel"),
}
_GUARDS = {"secure": ["critical_assets_covered"], "review": ["restore_test_since_deployment"]}


def definition(mode: str = "block", name: str = "continuity", **rules: Any) -> Workflow:
    """Three gates that either owner passes, a way back, a stop; *rules* are what is asked of critical assets."""
    document: dict[str, Any] = {
        "format": 1,
        "id": name,
        "version": "1.0.0",
        "title": _LABEL,
        "separation": "warn",
        "continuity": {"mode": mode, **rules},
        "roles": [
            {"id": "business_owner", **_LABEL, "acts": True, "side": "business"},
            {"id": "technical_owner", **_LABEL, "acts": True, "side": "technical"},
            {"id": "auditor", **_LABEL, "acts": False},
        ],
        "evidence": [],
        "states": [{"id": s, **_LABEL, "stage": stage, "kind": kind} for s, (stage, kind) in _STATES.items()],
        "transitions": [
            {
                "id": move,
                **_LABEL,
                "from": sources,
                "to": target,
                "kind": kind,
                "fire": _BOTH,
                "approvals": [],
                "evidence": [],
                "distinct_from": [],
                "guards": _GUARDS.get(move, []),
                "reason": "optional",
            }
            for move, (sources, target, kind) in _MOVES.items()
        ],
    }
    return build(json.loads(json.dumps(document)))


def continuous_crm(engine: Engine, mode: str = "block", **rules: Any) -> None:
    """CRM is open on that lifecycle; kbenali speaks for the business, ykerbrat for the technical side."""
    workflow = definition(mode, **rules)
    engine.register_workflow(workflow, by="htallec")
    engine.open_project("CRM", workflow=workflow.id, title="CRM", by="ebihan")
    give(engine, "business_owner", "kbenali")
    give(engine, "technical_owner", "ykerbrat")


def asset(engine: Engine, key: str, *needs: str, by: str = "kbenali", **said: Any) -> str:
    """An asset of kbenali's, as critical as can be unless *said* otherwise."""
    described = AssetDescription(**{"name": key, "owner": "kbenali", "needs": needs or None, **said})
    return engine.assets.record(described, key=key, by=by).subject


def kept(engine: Engine, key: str, *needs: str, **said: Any) -> str:
    """An asset that was backed up, and whose restoring was tried with success."""
    asset(engine, key, *needs, **{"frequency": "daily", "place": "offsite", **said})
    engine.assets.back_up(key, on="2026-01-04", by="ykerbrat")
    engine.assets.test(key, on="2026-01-04", result="passed", by="ykerbrat")
    return key


def walked(engine: Engine, last: str) -> None:
    """Pass the gates up to and including *last*."""
    for move in PATH[: PATH.index(last) + 1]:
        pass_gate(engine, "CRM", move, by="kbenali")
