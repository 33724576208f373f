"""How verification judges the guards about risks and requirements."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from flowgov.audit.entries_risk import BOTH, consenting, level_of, levels_of
from flowgov.audit.held import Judge, Judged


def _joint(judged: Judged) -> list[str]:
    """Every open risk was confirmed by both sides in this cycle, by two persons or with permission."""
    risks = judged.entries("risk")
    return [*([] if risks else ["risk_none"]), *_each(judged, risks)]


def _each(judged: Judged, risks: Mapping[str, Any]) -> Iterator[str]:
    cycle = judged.replay.cycle - 1 if judged.step.next_cycle else judged.replay.cycle
    permitted = {(d["rule"], d["p"]) for d in judged.document.get("departures", ())}
    for held in risks.values():
        if held.facts["status"] != "open":
            continue
        consents = [held.facts["confirmed"][side] for side in BOTH]
        if any(consent is None or consent["cycle"] != cycle for consent in consents):
            yield "risk_unconfirmed"
        elif consenting(consents[0]) & consenting(consents[1]) and not _free(consents, permitted):
            yield "risk_one_person"


def _free(consents: Sequence[Mapping[str, Any]], permitted: Collection[tuple[str, str]]) -> bool:
    """Whether everybody who consented may count twice."""
    return all(("one_person_once", consent["p"]) in permitted for consent in consents)


def _no_high(judged: Judged) -> list[str]:
    """No open risk was high without an acceptance that was still in force."""
    levels, high, _ = levels_of(judged.definition)
    late = "clock" in judged.document
    return [
        "high_risk"
        for held in judged.entries("risk").values()
        if held.facts["status"] == "open"
        and level_of(held.facts, levels) >= high
        and not _accepted(held.facts, judged.ts, late=late)
    ]


def _accepted(facts: Mapping[str, Any], ts: str, *, late: bool) -> bool:
    acceptance = facts["acceptance"]
    return acceptance is not None and (late or ts < acceptance["until"])


def _dpia(judged: Judged) -> list[str]:
    """With personal data: the assessment lay on the project, or it was stated that none is required."""
    on_the_table = "dpia" in judged.step.evidence and "dpia" in judged.replay.newest
    if not judged.replay.personal_data or on_the_table:
        return []
    stated = judged.entries("dpia").get("DPIA")
    if stated is None:
        return ["dpia_unknown"]
    return ["dpia_missing"] if stated.facts["required"] and stated.facts["done"] is None else []


def _requirements(judged: Judged) -> list[str]:
    """There were requirements, and none was left open."""
    found = judged.entries("requirement")
    unanswered = ["requirement_open" for held in found.values() if held.facts["status"] == "open"]
    return unanswered if found else ["requirement_none"]


JUDGES: Mapping[str, Judge] = {
    "joint_risk_review": _joint,
    "no_untreated_high_risk": _no_high,
    "dpia_done_if_required": _dpia,
    "requirements_reviewed": _requirements,
}
