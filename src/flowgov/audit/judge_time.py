"""How verification judges the guards about dates, and the moves that time makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from flowgov.audit.days import days_after
from flowgov.audit.held import Judge, Judged
from flowgov.audit.kinds import day

TIMER = "timer"

_AUTHORISATION = "authorisation_valid_until"
_WINDOW = ("change_window_start", "change_window_end")


def dates_in(document: Mapping[str, Any]) -> dict[str, Any]:
    """The dates that a move gave, as its record says."""
    found = next((guard.get("values") for guard in document["guards"] if guard["n"] == "dates"), None)
    return dict(found) if isinstance(found, dict) else {}


def _dates(judged: Judged) -> Sequence[str]:
    given, rules = dates_in(judged.document), _declared(judged, "dates")
    if sorted(given) != sorted(judged.step.entry.get("sets", ())) or not all(map(day, given.values())):
        return ["date_missing"]
    today = date.fromisoformat(judged.ts[:10])
    out = [name for name, value in given.items() if not _fits(rules.get(name, {}), date.fromisoformat(value), today)]
    swapped = [n for n in given if n.endswith("_start") and given.get(f"{n[:-6]}_end", "9") < given[n]]
    return [*("date_out_of_range" for _ in out), *("dates_in_disorder" for _ in swapped)]


def _fits(rule: Mapping[str, Any], value: date, today: date) -> bool:
    ahead = (value - today).days
    return rule.get("min_days", 0) <= ahead and ("max_days" not in rule or ahead <= rule["max_days"])


def _in_force(judged: Judged) -> Sequence[str]:
    until = _day(judged, _AUTHORISATION)
    if until is None:
        return ["not_authorised"]
    return [] if judged.ts[:10] <= until else ["authorisation_over"]


def _in_window(judged: Judged) -> Sequence[str]:
    start, end = (_day(judged, name) for name in _WINDOW)
    if start is None or end is None:
        return ["no_change_window"]
    return [] if start <= judged.ts[:10] <= end else ["outside_change_window"]


def _not_expired(judged: Judged) -> Sequence[str]:
    step, newest, today = judged.step, judged.replay.newest, judged.ts[:10]
    rules = _declared(judged, "evidence")
    looked_at = {
        kind: rules[kind]["valid_days"]
        for kind in newest
        if "valid_days" in rules.get(kind, {}) and (step.to_previous or kind in step.evidence)
    }
    expired = [kind for kind, days in looked_at.items() if days_after(newest[kind].added[:10], days) < today]
    saw = judged.saw("evidence_not_expired")
    seen = {piece["kind"]: (piece["seq"], piece["sha256"]) for piece in saw.get("pieces", ())}
    found = ["evidence_expired" for _ in expired]
    if seen != {kind: (newest[kind].seq, newest[kind].sha256) for kind in looked_at}:
        found.append("evidence_seen")
    over = step.to_previous and any(held.facts["day"] < today for held in judged.entries("date").values())
    return [*found, *(["dates_seen"] if bool(saw.get("warned")) is not over else [])]


def _by_time(judged: Judged) -> Iterator[str]:
    """A move that time made: its date was set, and had passed."""
    if judged.step.kind != TIMER:
        return
    timer = judged.step.entry["timer"]
    set_ = _day(judged, timer["date"])
    if set_ is None:
        yield "date_never_set"
    elif judged.ts[:10] <= days_after(set_, -timer.get("before_days", 0)):
        yield "not_yet"


def _day(judged: Judged, name: str) -> str | None:
    held = judged.entries("date").get(name)
    return None if held is None else str(held.facts["day"])


def _declared(judged: Judged, section: str) -> dict[str, Mapping[str, Any]]:
    return {entry["id"]: entry for entry in judged.definition.document.get(section, ())}


def _role(judged: Judged) -> Sequence[str]:
    return [*_by_time(judged)]


JUDGES: Mapping[str, Judge] = {
    "role": _role,
    "dates": _dates,
    "authorisation_in_force": _in_force,
    "within_change_window": _in_window,
    "evidence_not_expired": _not_expired,
}
