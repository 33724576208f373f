"""CRM on a lifecycle whose design gate asks for a joint risk review, its security gate for no high risk left."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.walks.company import give

from flowgov import Engine
from flowgov.testing import pass_gate
from flowgov.workflow.model import Workflow, build
from flowgov.workflow.shipped import load_shipped

SIDES = {
    "business_owner": "business",
    "sponsor": "business",
    "technical_owner": "technical",
    "security_officer": "technical",
}
GUARDS = {
    "approve_design": ["joint_risk_review"],
    "confirm_secured": ["no_untreated_high_risk", "dpia_done_if_required"],
    "review": ["requirements_reviewed"],
}


def definition(
    separation: str = "exception", name: str = "risky", sides: Mapping[str, str] = SIDES, **more: Any
) -> Workflow:
    """The standard lifecycle with sides and guards; *more* is added to it."""
    document = json.loads(load_shipped("standard").body)
    document |= {"id": name, "separation": separation, **more}
    bare = [{name: value for name, value in role.items() if name != "side"} for role in document["roles"]]
    document["roles"] = [{**r, "side": sides[r["id"]]} if r["id"] in sides else r for r in bare]
    for transition in document["transitions"]:
        transition["guards"] = GUARDS.get(transition["id"], [])
    return build(document)


def risky_crm(engine: Engine, separation: str = "exception", *, personal_data: bool = False, **more: Any) -> None:
    """CRM is open; kbenali speaks for the business, ykerbrat and nroussel for the technical side."""
    workflow = definition(separation, **more)
    engine.register_workflow(workflow, by="htallec")
    engine.open_project("CRM", workflow=workflow.id, title="CRM", by="ebihan", personal_data=personal_data)
    for role, login in {
        "business_owner": "kbenali",
        "technical_owner": "ykerbrat",
        "security_officer": "nroussel",
        "operations": "jprigent",
        "sponsor": "slegoff",
    }.items():
        give(engine, role, login)


def assessed(engine: Engine, gravity: int = 3, likelihood: int = 2, **more: Any) -> str:
    """A risk that both sides have confirmed; its key."""
    given = {"title": "The service stops", "by": "kbenali", **more}
    key = engine.risks.record("CRM", gravity=gravity, likelihood=likelihood, **given).subject.rpartition(" ")[2]
    engine.risks.confirm("CRM", key, by="ykerbrat")
    return key


def designed(engine: Engine) -> None:
    """CRM once its design was approved."""
    pass_gate(engine, "CRM", "validate_need", by="kbenali")
    pass_gate(engine, "CRM", "approve_design", by="ykerbrat")
