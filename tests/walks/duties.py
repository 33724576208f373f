"""A lifecycle whose gates say which duty each of them is, for the walks through the rules of separation."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import create_engine, text
from tests.walks.company import give, open_crm

from flowgov import Engine
from flowgov.workflow.model import Workflow, build

GATES = {
    "express": ("need", "open", "expressed"),
    "validate": ("validation", "expressed", "validated"),
    "design": ("design", "validated", "designed"),
    "advise": ("security_opinion", "designed", "advised"),
    "authorise": ("authorisation", "advised", "authorised"),
    "accept_change": ("change_approval", "authorised", "accepted"),
    "deploy": ("deployment", "accepted", "deployed"),
    "review": ("review", "deployed", "reviewed"),
}
"""Duty, source and destination of each gate, in order."""
PAIRS = {
    "need_creator_validator": ("express", "validate"),
    "validator_design": ("validate", "design"),
    "designer_security": ("design", "advise"),
    "security_authorising": ("advise", "authorise"),
    "change_deployer": ("accept_change", "deploy"),
    "deployer_reviewer": ("deploy", "review"),
}
"""The two gates that a rule keeps apart; the second comes later."""


def duty_workflow(separation: str = "block", rules: dict[str, str] | None = None, **gates: Any) -> Workflow:
    """Eight gates that anybody in the role ``worker`` passes; *gates* change what one declares."""
    states = ["open", *(to for _, _, to in GATES.values())]
    kinds = {"open": "initial", "reviewed": "final"}
    label = {"en": "a", "fr": "a"}
    transitions = [
        {
            "id": name,
            **label,
            "from": [source],
            "to": to,
            "kind": "gate",
            "fire": ["worker"],
            "approvals": [],
            "evidence": [],
            "distinct_from": [],
            "guards": [],
            "reason": "optional",
            "duty": duty,
            **gates.get(name, {}),
        }
        for name, (duty, source, to) in GATES.items()
    ]
    document: dict[str, Any] = {
        "format": 1,
        "id": "duties",
        "version": "1.0.0",
        "title": label,
        "separation": separation,
        "roles": [{"id": "worker", **label, "acts": True}, {"id": "auditor", **label, "acts": False}],
        "evidence": [],
        "states": [{"id": s, **label, "stage": None, "kind": kinds.get(s, "normal")} for s in states],
        "transitions": transitions,
    }
    if rules:
        document["separation_rules"] = rules
    return build(json.loads(json.dumps(document)))


def at_work(engine: Engine, separation: str = "block", rules: dict[str, str] | None = None, **gates: Any) -> None:
    """The CRM project on that lifecycle, opened by ebihan; kbenali and ykerbrat are workers."""
    engine.register_workflow(duty_workflow(separation, rules, **gates), by="htallec")
    open_crm(engine, "duties")
    for login in ("kbenali", "ykerbrat"):
        give(engine, "worker", login)


def pass_before(engine: Engine, gate: str, by: str) -> None:
    """Pass the gates before *gate*, in turns so that no rule is broken, the one before it by *by*."""
    names = [*GATES][: [*GATES].index(gate)]
    others = {"kbenali": "ykerbrat", "ykerbrat": "kbenali"}
    for distance, name in zip(range(len(names), 0, -1), names, strict=True):
        engine.move("CRM", name, by=by if distance % 2 else others[by])


def by_sql(url: str, statement: str, **values: str) -> None:
    """What somebody does who can write to the database."""
    owner = create_engine(url)
    with owner.begin() as connection:
        connection.execute(text(statement), values)
    owner.dispose()
