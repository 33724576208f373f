"""Maison Tallec on a lifecycle that can decide more than yes and no, in the walks on outcomes."""

from __future__ import annotations

import json
from typing import Any

from tests.walks.company import staffed_crm

from flowgov import Engine
from flowgov.testing import pass_gate
from flowgov.workflow.model import Workflow, build
from flowgov.workflow.shipped import load_shipped

ITEM = {"deploy": {"waive_by": ["sponsor"]}, "approve_design": {"verbal": True, "due": {"hours": 48}}}
"""The sponsor may waive something at the deployment; the design can be approved by word of mouth."""


def lenient(**changes: dict[str, Any]) -> Workflow:
    """The standard lifecycle, with what `ITEM` and *changes* add to its transitions."""
    document = json.loads(load_shipped("standard").body)
    document["id"] = "lenient"
    for transition in document["transitions"]:
        transition.update({**ITEM, **changes}.get(transition["id"], {}))
    # what other matters ask for is not on the table here
    for transition in document["transitions"]:
        transition["guards"] = [g for g in transition["guards"] if g == "rework_evidence_is_current"]
    return build(document)


def started(engine: Engine, **changes: dict[str, Any]) -> None:
    """CRM on that lifecycle, everybody in the one role."""
    engine.register_workflow(lenient(**changes), by="htallec")
    staffed_crm(engine, "lenient")


def validated(engine: Engine, **changes: dict[str, Any]) -> None:
    """CRM once its need is validated."""
    started(engine, **changes)
    pass_gate(engine, "CRM", "validate_need", by="kbenali")


def secured(engine: Engine) -> None:
    """CRM before its deployment."""
    validated(engine)
    pass_gate(engine, "CRM", "approve_design", by="ykerbrat")
    pass_gate(engine, "CRM", "confirm_secured", by="nroussel")


def by_word_of_mouth(engine: Engine) -> None:
    """CRM before its design, which two papers are missing for."""
    validated(engine)
    for kind in engine.project("CRM").workflow.transitions["approve_design"].evidence:
        if kind not in {"cost_estimate", "risk_register_v1"}:
            engine.add_evidence("CRM", kind, by="ykerbrat", link=f"https://example.org/{kind}")
    engine.approve("CRM", "approve_design", by="kbenali")
