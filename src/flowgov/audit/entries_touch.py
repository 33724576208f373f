"""What records about the assets that projects touch may contain, and what verification asks of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flowgov.audit.held import EntryCheck, EntryShape, Rule
from flowgov.audit.kinds import day, group, optional

if TYPE_CHECKING:
    from flowgov.audit.definition import Step
    from flowgov.audit.replay import Replay

NONE = "NONE"
"""Instead of an asset: the project touches none that is registered."""
_SERVICE = "deployed"
_GATES = ("gate", "break_glass")


def deployed_by(replay: Replay, document: Mapping[str, Any], step: Step) -> dict[str, str]:
    """The day of a move that puts the project into service, by the key of each asset that it touches."""
    assert replay.definition is not None, "a step comes from a definition"
    serving = {s["id"] for s in replay.definition.document["states"] if _serves(s)}
    if step.kind not in _GATES or step.stage != _SERVICE or document["from"] in serving:
        return {}
    lines = {key: held.facts for (kind, key), held in replay.entries.items() if kind == "touches"}
    return {key: document["ts"][:10] for key, facts in lines.items() if facts["touched"] and key != NONE}


def _serves(state: Mapping[str, Any]) -> bool:
    """Whether a project is in service in that state; what was rolled back is not."""
    return state.get("stage") == _SERVICE and state.get("kind") != "recovery"


def _touches(check: EntryCheck) -> None:
    assert check.replay is not None, "what is touched is a project's"
    if not _ACTS[check.act](check, check.replay) or (check.act != "deploy" and check.replay.ended):
        check.find("touches", said=check.act)


def _touched(check: EntryCheck, replay: Replay) -> bool:
    """Said by somebody who acts or who opened the project, of an asset there is; of none, with a reason."""
    facts, key = check.facts, check.document["key"]
    before = check.former.facts if check.former else {"touched": False, "deployed": None}
    if facts != {"touched": True, "deployed": before["deployed"]} or before["touched"] or not _says(check, replay):
        return False
    if key == NONE:
        return "reason" in check.said and not any(
            held.facts["touched"] for (kind, _), held in replay.entries.items() if kind == "touches"
        )
    asset = check.register.entries_at("asset", check.chain.place).get(key)
    return not check.register.complete or (asset is not None and not asset.facts["retired"])


def _released(check: EntryCheck, replay: Replay) -> bool:
    """By the asset's owner, with a reason; that there was none is taken back by who names one."""
    before, key = check.former.facts if check.former else {"touched": False}, check.document["key"]
    if not before["touched"] or check.facts != {**before, "touched": False}:
        return False
    if key == NONE:
        return _says(check, replay)
    asset = check.register.entries_at("asset", check.chain.place).get(key)
    owned = asset is not None and asset.facts["owner"] == check.document["actor"]
    return (owned or not check.register.complete) and "reason" in check.said


def _deployed(check: EntryCheck, replay: Replay) -> bool:
    """By who made the move that was just recorded, of what it touched."""
    owed = replay.owed.deployments.pop(check.document["key"], None)
    made = [check.document["actor"], replay.moved]
    his = any(passage[:2] == made for passage in replay.passages.values())
    return his and check.facts == {"touched": True, "deployed": owed} and owed is not None


def _says(check: EntryCheck, replay: Replay) -> bool:
    return "auth" in check.document or replay.creator == check.document["actor"]


_ACTS: Mapping[str, Any] = {"touch": _touched, "release": _released, "deploy": _deployed}

SHAPES: Mapping[str, EntryShape] = {
    "touches": EntryShape("prj", group({"touched": bool, "deployed": optional(day)}), tuple(_ACTS), ("reason",)),
}
RULES: Mapping[str, Rule] = {"touches": _touches}
