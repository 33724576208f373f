"""Conditions of gates, waivers and corrections, as verification judges them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flowgov.audit.definition import Step
from flowgov.audit.held import EntryCheck, EntryShape, Rule
from flowgov.audit.kinds import each, group, hash_, one_of, optional, stamp

if TYPE_CHECKING:
    from flowgov.audit.replay import Replay

LONGEST_WAIVER = timedelta(days=367)
"""366 days, and the rest of the day on which it is granted."""

_CONDITION = group(
    {
        "gate": str,
        "move": int,
        "by": str,
        "owner": str,
        "due": stamp,
        "blocks": each(str),
        "evidence": optional(str),
        "status": one_of("open", "done", "lifted"),
    }
)
_WAIVER = group(
    {
        "gate": str,
        "item": one_of("evidence", "approval"),
        "name": str,
        "cycle": int,
        "until": stamp,
        "by": str,
        "role": str,
        "status": one_of("granted", "ended"),
    }
)
_CORRECTION = group({"seq": int, "hash": hash_, "field": optional(str), "by": str})

SHAPES: Mapping[str, EntryShape] = {
    "condition": EntryShape("prj", _CONDITION, ("set", "done", "lift"), ("wording", "note"), ()),
    "waiver": EntryShape("prj", _WAIVER, ("grant", "end"), ("reason", "note"), ()),
    "correction": EntryShape("prj", _CORRECTION, ("make",), (), ("wording", "reason")),
}


_ENDS = {"done": "done", "lift": "lifted", "end": "ended"}
"""What becomes of an entry by an act."""


def _condition(check: EntryCheck) -> None:
    """Set right after the gate by who made it; fulfilled by its owner; let go by who may make that decision."""
    facts, act, actor = check.facts, check.act, check.document["actor"]
    if act == "set":
        _set(check)
        return
    former = check.former
    if former is None or former.facts["status"] != "open" or facts != _now(former.facts, _ENDS[act]):
        check.find("entry_follows")
    if act == "done":
        if actor != facts["owner"]:
            check.find("condition_owner")
        if facts["evidence"] is not None and not _is_there(check):
            check.find("condition_evidence")
    elif actor == facts["owner"] or not _in_role(check, lambda step: step.fire):
        check.find("condition_lifted")


def _set(check: EntryCheck) -> None:
    facts, replay, actor = check.facts, _project(check), check.document["actor"]
    if check.former is not None or facts["status"] != "open" or facts["by"] != actor:
        check.find("entry_follows")
    if replay.passages.get(facts["gate"]) != [actor, facts["move"]] or facts["move"] != replay.moved:
        check.find("condition_gate")
    known = replay.definition.steps if replay.definition else None
    if known is not None and not (known.keys() >= set(facts["blocks"])):
        check.find("condition_blocks")
    if facts["due"] <= check.document["ts"] and "clock" not in check.document:
        check.find("condition_due")
    if check.register.complete and facts["owner"] not in check.register.people:
        check.find("condition_owner")
    if facts["evidence"] is None and "wording" not in check.document.get("c", ()):
        check.find("condition_wording")
    replay.owed.evidence.discard(facts["evidence"])


def _waiver(check: EntryCheck) -> None:
    """Granted, and ended, by somebody whom the gate's definition names; within a year; of what the gate asks for."""
    facts, former, document = check.facts, check.former, check.document
    if not _in_role(check, lambda step: step.entry.get("waive_by", ())):
        check.find("waiver_role")
    if check.act == "end":
        if former is None or former.facts["status"] != "granted" or facts != _now(former.facts, "ended"):
            check.find("entry_follows")
        return
    made = (facts["by"], facts["cycle"], facts["status"], facts["role"])
    if former is not None or made != (document["actor"], document["cycle"], "granted", check.role):
        check.find("entry_follows")
    lasts = datetime.fromisoformat(facts["until"]) - datetime.fromisoformat(document["ts"])
    if lasts > LONGEST_WAIVER or (lasts <= timedelta() and "clock" not in document):
        check.find("waiver_until")
    step = _step(check)
    if step is not None and facts["name"] not in _asked(step, facts["item"]):
        check.find("waiver_item")
    if facts["item"] == "approval" and _holds(check, facts["name"]):
        check.find("waiver_own")


def _correction(check: EntryCheck) -> None:
    """It points to an earlier record of the same chain, by its hash."""
    facts, document = check.facts, check.document
    if check.former is not None or facts["by"] != document["actor"]:
        check.find("entry_follows")
    known = _project(check).hashes.get(facts["seq"])
    if known != facts["hash"] or facts["seq"] >= document["seq"]:
        check.find("correction_record")
    if "auth" not in document:
        check.find("correction_role")


def _project(check: EntryCheck) -> Replay:
    assert check.replay is not None, "these registers are projects'"
    return check.replay


def _is_there(check: EntryCheck) -> bool:
    piece = _project(check).newest.get(check.facts["evidence"])
    return piece is not None and piece.seq > check.facts["move"]


def _step(check: EntryCheck) -> Step | None:
    definition = _project(check).definition
    return definition.steps.get(check.facts["gate"]) if definition else None


def _in_role(check: EntryCheck, roles: Callable[[Step], Any]) -> bool:
    """Whether the act was in one of the roles that the gate names for it."""
    step = _step(check)
    if step is None:
        return _project(check).definition is None
    return check.role in roles(step)


def _holds(check: EntryCheck, role: str) -> bool:
    document, chain = check.document, check.chain
    if not check.register.complete or "clock" in document:
        return False
    return check.register.holding(document["actor"], role, _project(check).id, document["ts"], chain.place)


def _asked(step: Step, item: str) -> tuple[str, ...]:
    return step.evidence if item == "evidence" else tuple(demand.role for demand in step.demands)


def _now(facts: Mapping[str, Any], status: str) -> dict[str, Any]:
    return {**facts, "status": status}


RULES: Mapping[str, Rule] = {"condition": _condition, "waiver": _waiver, "correction": _correction}
