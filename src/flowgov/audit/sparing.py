"""What a gate was spared when it was passed, as verification judges it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowgov.audit.chain import Chain, Document
    from flowgov.audit.definition import Step
    from flowgov.audit.replay import Replay

VERBAL = "verbal"


def spared(replay: Replay, document: Document, guard: str, item: str, cycle: int) -> Counter[str]:
    """How often each item is spared by the waivers that a guard is recorded to have relied on, if they counted."""
    found: Counter[str] = Counter()
    lines = next((asked.get("relied", ()) for asked in document["guards"] if asked["n"] == guard), ())
    for key in {line["key"] for line in lines if line["kind"] == "waiver"}:
        held = replay.entries.get(("waiver", key))
        if held is None:
            continue
        facts = held.facts
        counts = (
            (facts["gate"], facts["item"], facts["cycle"], facts["status"]) == (document["t"], item, cycle, "granted")
            and facts["by"] != document["actor"]
            and (document["ts"] < facts["until"] or "clock" in document)
        )
        found[facts["name"]] += counts
    return found


def promised(chain: Chain, document: Document, step: Step) -> frozenset[str]:
    """Kinds of evidence that a verbal authorisation went without, where the definition lets it."""
    asked = next((guard.get("promised", ()) for guard in document["guards"] if guard["n"] == "evidence"), ())
    verbal = document.get(VERBAL, False)
    if (verbal and not step.entry.get(VERBAL, False)) or (asked and not verbal):
        chain.find("RULE_VIOLATION", document["seq"], about="verbal", name=document["t"])
        return frozenset()
    return frozenset(asked)
