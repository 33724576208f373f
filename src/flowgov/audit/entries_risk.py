"""What records about risks and requirements may contain, and what verification asks of them.

Written again from the rules, not from the code that keeps them: which act may change what, who may do it, and which
level counts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from flowgov.audit.definition import Definition
from flowgov.audit.held import EntryCheck, EntryShape, Held, Rule
from flowgov.audit.kinds import day, each, group, one_of, optional, stamp, within

BOTH = ("business", "technical")
MATRICES: Mapping[str, list[list[int]]] = {
    "4x4": [[1, 1, 1, 2], [1, 2, 2, 2], [1, 2, 3, 3], [2, 2, 3, 3]],
    "3x3": [[1, 1, 2], [1, 2, 3], [2, 3, 3]],
}
"""Levels by gravity and likelihood, lowest first, of the matrices that ship."""
HIGHEST = 6
"""No matrix has more rows or columns."""

_value = within(1, HIGHEST)
_pair = each(_value)
_measure = group({"n": int, "owner": str, "due": day, "done": optional(day)})
_consent = group({"p": str, "role": str, "cycle": int, "exception": optional(str)}, {"for": str})
_acceptance = group({"p": str, "role": str, "since": stamp, "until": stamp})
_decided = group({"p": str, "role": str, "cycle": int})
_RISK = group(
    {
        "kind": one_of("business", "technical", "organisation", "legal", "supplier"),
        "assets": each(str),
        "gravity": _value,
        "likelihood": _value,
        "residual": _pair,
        "treatment": one_of("reduce", "avoid", "transfer", "accept"),
        "measures": each(_measure),
        "owner": optional(str),
        "review": optional(day),
        "status": one_of("open", "closed"),
        "confirmed": group(dict.fromkeys(BOTH, optional(_consent))),
        "agreed": optional(_pair),
        "acceptance": optional(_acceptance),
        "matrix": str,
        "level": within(1, 10),
        "starter": optional(str),
    }
)
_REQUIREMENT = group(
    {
        "priority": one_of("must", "should", "could"),
        "status": one_of("open", "accepted", "refused"),
        "decided": optional(_decided),
    }
)
_DPIA = group({"required": bool, "done": optional(day), "p": str, "role": str})

_MEASURES = tuple(f"measure_{number}" for number in range(1, 21))
_DETAILS = ("title", "description", "vulnerabilities", "threat_source", "reason", *_MEASURES)
_RISK_ACTS = ("record", "change", "confirm", "measure", "accept", "withdraw", "close", "reopen")
_MAY_CHANGE: Mapping[str, frozenset[str]] = {
    "confirm": frozenset({"confirmed", "agreed"}),
    "measure": frozenset({"measures"}),
    "accept": frozenset({"acceptance"}),
    "withdraw": frozenset({"acceptance"}),
    "close": frozenset({"status"}),
    "reopen": frozenset({"status", "confirmed", "acceptance"}),
}
"""What an act may change, besides the matrix and the level; `change` may change more."""
_GRADED = frozenset({"matrix", "level"})
_STAYS = ("status", "agreed", "starter")
"""What an assessment leaves as it is."""


def levels_of(definition: Definition) -> tuple[list[list[int]], int, str]:
    """The matrix that a definition grades risks by, from which level on they are high, and its id."""
    rules = definition.document.get("risks", {})
    own, high = rules.get("levels"), rules.get("high_from", 3)
    name = "own" if own else rules.get("matrix", "4x4")
    levels = own or MATRICES.get(name, MATRICES["4x4"])
    content = json.dumps({"high_from": high, "levels": levels}, sort_keys=True, separators=(",", ":"))
    return levels, high, f"{name}@{sha256(content.encode()).hexdigest()[:12]}"


def level_of(facts: Mapping[str, Any], levels: list[list[int]]) -> int:
    """The level that counts: what both sides confirmed, or the worse of what stands and what they last agreed on.

    Values that are not on the scales are reported where they were recorded; here they count for the worst there is.
    """
    if not _on_scales(facts, levels):
        return max(level for row in levels for level in row)
    now: int = levels[facts["gravity"] - 1][facts["likelihood"] - 1]
    if all(facts["confirmed"][side] for side in BOTH):
        done = [measure["done"] for measure in facts["measures"]]
        gravity, likelihood = facts["residual"] if done and all(done) else (facts["gravity"], facts["likelihood"])
        expected: int = levels[gravity - 1][likelihood - 1]
        return expected
    if facts["agreed"] is None:
        return now
    gravity, likelihood = facts["agreed"]
    former: int = levels[gravity - 1][likelihood - 1]
    return max(now, former)


def _on_scales(facts: Mapping[str, Any], levels: list[list[int]]) -> bool:
    pairs = [
        [facts["gravity"], facts["likelihood"]],
        facts["residual"],
        *([facts["agreed"]] if facts["agreed"] is not None else []),
    ]
    return all(len(p) == len(BOTH) and p[0] <= len(levels) and p[1] <= len(levels[0]) for p in pairs)


def _risk(check: EntryCheck) -> None:
    definition = check.replay.definition if check.replay else None
    if definition is None:
        return
    if not _graded(check, definition):
        check.find("risk_level")
        return
    if check.act == "record":
        _begins(check, definition)
    elif check.former is None:
        check.find("risk", said=check.act)
    else:
        _goes_on(check, check.former, definition)


def _graded(check: EntryCheck, definition: Definition) -> bool:
    """Whether its values are on the scales of the definition, and its level is the one that counts."""
    facts = check.facts
    levels, _, name = levels_of(definition)
    right = (name, level_of(facts, levels))
    return _on_scales(facts, levels) and (facts["matrix"], facts["level"]) == right


def _begins(check: EntryCheck, definition: Definition) -> None:
    facts = check.facts
    fresh = facts["status"] == "open" and facts["agreed"] is None and not any(m["done"] for m in facts["measures"])
    if check.former is not None or not fresh or not _assessed(check, definition):
        check.find("risk", said=check.act)


def _goes_on(check: EntryCheck, former: Held, definition: Definition) -> None:
    act, before, now = check.act, former.facts, check.facts
    if act == "change":
        same = all(before[name] == now[name] for name in _STAYS)
        kept = [m for m in before["measures"] if m["done"]]
        done = [m for m in now["measures"] if m["done"]]
        if before["status"] != "open" or not same or kept != done or not _assessed(check, definition):
            check.find("risk", said=check.act)
        return
    may = _MAY_CHANGE[act] | _GRADED
    touched = any(before[name] != now[name] for name in before if name not in may)
    if touched or not _ACTS[act](check, before, definition):
        check.find("risk", said=act)


def _assessed(check: EntryCheck, definition: Definition) -> bool:
    """Nobody accepted these values yet, and nobody confirmed them but whoever gave them, for his side."""
    facts = check.facts
    given = {side: consent for side, consent in facts["confirmed"].items() if consent}
    return (
        facts["acceptance"] is None
        and len(given) < len(BOTH)
        and all(_by_actor(check, consent, side, definition) for side, consent in given.items())
        and (check.role is not None or _opened(check))
    )


def _by_actor(check: EntryCheck, consent: Mapping[str, Any], side: str, definition: Definition) -> bool:
    """The actor's own, in the role he used, for whom he used it; no program consents."""
    document = check.document
    said = (consent["p"], consent["role"], consent["cycle"], consent.get("for"))
    his = (document["actor"], check.role, document["cycle"], document.get("auth", {}).get("for"))
    return said == his and consent["role"] in definition.sides[side] and _human(check)


def _confirmed(check: EntryCheck, before: Mapping[str, Any], definition: Definition) -> bool:
    """One side's consent is new, the actor's own; who consents for both sides is permitted to."""
    now, standing = check.facts["confirmed"], before["confirmed"]
    new = [side for side in BOTH if now[side] != standing[side]]
    if before["status"] != "open" or len(new) != 1:
        return False
    side, consent = new[0], now[new[0]]
    if consent is None or not _by_actor(check, consent, side, definition):
        return False
    other = now[BOTH[1 - BOTH.index(side)]]
    values = [check.facts["gravity"], check.facts["likelihood"]]
    if check.facts["agreed"] != (before["agreed"] if other is None else values):
        return False
    return other is None or not consenting(other) & consenting(consent) or _alone(check, consent)


def consenting(consent: Mapping[str, Any]) -> set[str]:
    """Who consented, and for whom: the two count as one."""
    return {consent["p"], consent.get("for", consent["p"])}


def _alone(check: EntryCheck, consent: Mapping[str, Any]) -> bool:
    assert check.replay is not None, "a risk belongs to a project"
    departure = {"rule": "one_person_once", "p": consent["p"], "exception": consent["exception"]}
    return not check.register.complete or check.replay._permitted(departure, check.document, check.chain.place)


def _measured(check: EntryCheck, before: Mapping[str, Any], _: Definition) -> bool:
    """One measure is done that was not, by now; by its owner, or by somebody who acts on the project."""
    pairs = list(zip(before["measures"], check.facts["measures"], strict=False))
    new = [now for was, now in pairs if was != now]
    same = len(before["measures"]) == len(check.facts["measures"]) and all(
        {**was, "done": None} == {**now, "done": None} and was["done"] in (None, now["done"]) for was, now in pairs
    )
    if before["status"] != "open" or not same or len(new) != 1 or new[0]["done"] is None:
        return False
    mine = new[0]["owner"] == check.document["actor"] or check.role is not None
    return mine and new[0]["done"] <= check.document["ts"][:10]


def _accepted(check: EntryCheck, before: Mapping[str, Any], definition: Definition) -> bool:
    """By somebody entitled, until a day that is not too far; both sides have confirmed what is accepted."""
    acceptance, document = check.facts["acceptance"], check.document
    if acceptance is None or before["status"] != "open":
        return False
    said = (acceptance["p"], acceptance["role"], acceptance["since"])
    days = definition.document.get("risks", {}).get("acceptance_days", 366)
    begins, ends = (datetime.fromisoformat(acceptance[name]) for name in ("since", "until"))
    seen_alike = not all(definition.sides.values()) or all(before["confirmed"].values())
    # the stamp is later than the act where the clock had gone back
    mine = said[:2] == (document["actor"], check.role) and (said[2] == document["ts"] or "clock" in document)
    in_time = timedelta(0) < ends - begins <= timedelta(days=days)
    return mine and in_time and seen_alike and acceptance["role"] in accepting(definition) and _human(check)


def _withdrawn(check: EntryCheck, before: Mapping[str, Any], definition: Definition) -> bool:
    return (
        before["acceptance"] is not None and check.facts["acceptance"] is None and check.role in accepting(definition)
    )


def _closed(check: EntryCheck, before: Mapping[str, Any], definition: Definition) -> bool:
    """It is not high, and was open."""
    _, high, _ = levels_of(definition)
    turned = (before["status"], check.facts["status"]) == ("open", "closed")
    return turned and check.facts["level"] < high and check.role is not None and check.says("reason")


def _reopened(check: EntryCheck, before: Mapping[str, Any], _: Definition) -> bool:
    turned = (before["status"], check.facts["status"]) == ("closed", "open")
    fresh = check.facts["acceptance"] is None and not any(check.facts["confirmed"].values())
    return turned and fresh and check.role is not None and check.says("reason")


_ACTS: Mapping[str, Any] = {
    "confirm": _confirmed,
    "measure": _measured,
    "accept": _accepted,
    "withdraw": _withdrawn,
    "close": _closed,
    "reopen": _reopened,
}


def accepting(definition: Definition) -> frozenset[str]:
    """Who may accept a risk."""
    if "risk_owner" in definition.acting:
        return frozenset({"risk_owner"})
    return definition.sides["business"] & definition.acting or definition.acting


def _requirement(check: EntryCheck) -> None:
    definition = check.replay.definition if check.replay else None
    if definition is None:
        return
    facts, document, answers = check.facts, check.document, {"accept": "accepted", "refuse": "refused"}
    if check.act == "record":
        fresh = facts["status"] == "open" and facts["decided"] is None and check.former is None
        if not fresh or not (check.role or _opened(check)):
            check.find("requirement")
        return
    decided = {"p": document["actor"], "role": check.role, "cycle": document["cycle"]}
    entitled = check.role in (definition.sides["business"] or definition.acting)
    same = check.former is not None and check.former.facts["priority"] == facts["priority"]
    said = check.act == "accept" or check.says("reason")
    if not (same and entitled and said and _human(check)) or (facts["status"], facts["decided"]) != (
        answers[check.act],
        decided,
    ):
        check.find("requirement")


def _dpia(check: EntryCheck) -> None:
    definition = check.replay.definition if check.replay else None
    if definition is None:
        return
    facts, document = check.facts, check.document
    entitled = {"dpo"} if "dpo" in definition.acting else definition.sides["business"] or definition.acting
    mine = (facts["p"], facts["role"]) == (document["actor"], check.role) and facts["role"] in entitled
    mine = mine and _human(check)
    done = facts["done"] is None or (
        facts["required"] and facts["done"] <= document["ts"][:10] and check.says("document")
    )
    if not mine or not done or document["key"] != "DPIA" or not (facts["required"] or check.says("reason")):
        check.find("dpia")


def _human(check: EntryCheck) -> bool:
    return not check.register.is_service(check.document["actor"])


def _opened(check: EntryCheck) -> bool:
    return check.replay is not None and check.replay.creator == check.document["actor"]


SHAPES: Mapping[str, EntryShape] = {
    "risk": EntryShape("prj", _RISK, _RISK_ACTS, _DETAILS),
    "requirement": EntryShape("prj", _REQUIREMENT, ("record", "accept", "refuse"), ("title", "reason")),
    "dpia": EntryShape("prj", _DPIA, ("record",), ("reason", "document")),
}
RULES: Mapping[str, Rule] = {"risk": _risk, "requirement": _requirement, "dpia": _dpia}
