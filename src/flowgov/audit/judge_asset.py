"""How verification judges the guards about assets and continuity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flowgov.audit.days import days_after
from flowgov.audit.held import Held, Judge, Judged
from flowgov.audit.kinds import each, fits, group, optional

_Gap = tuple[str, str | None]
"""What was missing, and of which asset."""
_VALUES = group({"gaps": each(group({"code": str, "asset": optional(str)}))})
_AGED = frozenset({"asset_restore_stale", "plan_unexercised"})
"""What depends on the day; a clock that was held says less than it was."""
_HELPS = ("emergency", "recovery", "continuity")
_DEFAULTS = {"mode": "warn", "critical_from": 3, "restore_test_days": 366, "exercise_days": 366}


def _covered(judged: Judged) -> list[str]:
    """Critical assets touched, or needed by those, have a plan, a backup and a restore test; see `flowgov.guarding`."""
    lines = _touched(judged)
    if not lines:
        return _answer(judged, "critical_assets_covered", [("assets_unnamed", None)])
    assets, rules = _reached(judged, lines), _rules(judged)
    plans = [held.facts for held in judged.shared("plan").values()]
    gaps: list[_Gap] = []
    told: list[str] = []
    for key, asset in assets.items():
        if asset["criticality"] >= rules["critical_from"]:
            covering = [p for p in plans if key in p["assets"] and p["kind"] in _HELPS and not p["retired"]]
            approved = [p for p in covering if p["approved"] and p["approved"]["edition"] == p["edition"]]
            gaps += [(code, key) for code in _missing(judged, asset, covering, approved)]
            told += ["plan_unexercised" for plan in approved if _idle(judged, plan)]
    return _answer(judged, "critical_assets_covered", gaps, told)


def _restored(judged: Judged) -> list[str]:
    """Critical assets that a deployment touched were restored in a test on a later day."""
    least, assets = _rules(judged)["critical_from"], judged.shared("asset")
    gaps: list[_Gap] = []
    for key, line in _touched(judged).items():
        asset = assets[key].facts if key in assets else None
        if asset is None or asset["retired"] or asset["criticality"] < least or line.facts["deployed"] is None:
            continue
        if asset["test"]["result"] != "passed" or asset["test"]["on"] <= line.facts["deployed"]:
            gaps.append(("restore_test_due", key))
    return _answer(judged, "restore_test_since_deployment", gaps)


def _answer(judged: Judged, guard: str, gaps: list[_Gap], told: list[str] | None = None) -> list[str]:
    """In mode block nothing was missing; in mode warn all that was is told, and of which asset.

    Where records of the organisation are missing, what stood cannot be known.
    """
    if not judged.register.complete:
        return []
    saw, warns = judged.saw(guard), _rules(judged)["mode"] == "warn"
    aged = _AGED if "clock" in judged.document else frozenset[str]()
    found = {gap for gap in gaps if gap[0] not in aged}
    expected = {*(code for code, _ in found if warns), *(told or ())} - aged
    right = expected == {*saw.get("warned", ())} - aged and (not warns or found == _said(saw, aged))
    wrong = [] if warns else [code for code, _ in gaps if code not in aged]
    return wrong if right else [*wrong, "warned"]


def _said(saw: Mapping[str, Any], aged: frozenset[str]) -> set[_Gap] | None:
    """The gaps that a guard is recorded to have seen; None if that is no list of gaps."""
    values = saw.get("values", {"gaps": []})
    if not fits(values, _VALUES):
        return None
    return {(gap["code"], gap["asset"]) for gap in values["gaps"] if gap["code"] not in aged}


def _missing(judged: Judged, asset: Mapping[str, Any], covering: list[Any], approved: list[Any]) -> Iterator[str]:
    backup, test = asset["backup"], asset["test"]
    if not approved:
        yield "asset_plan_unapproved" if covering else "asset_without_plan"
    if backup["frequency"] == "none":
        yield "asset_not_backed_up"
    elif backup["on"] is None:
        yield "asset_without_backup"
    if test["result"] == "never":
        yield "asset_never_restored"
    elif test["result"] == "failed":
        yield "asset_restore_failed"
    elif _over(judged, test["on"], "restore_test_days"):
        yield "asset_restore_stale"


def _idle(judged: Judged, plan: Mapping[str, Any]) -> bool:
    """Its exercise is overdue, or the last one too long ago."""
    overdue = plan["next_exercise"] is not None and plan["next_exercise"] < judged.ts[:10]
    return overdue or plan["exercise"] is None or _over(judged, plan["exercise"]["on"], "exercise_days")


def _over(judged: Judged, day: str, limit: str) -> bool:
    return days_after(day, _rules(judged)[limit]) < judged.ts[:10]


def _touched(judged: Judged) -> dict[str, Held]:
    return {key: held for key, held in judged.entries("touches").items() if held.facts["touched"]}


def _reached(judged: Judged, keys: Mapping[str, Held]) -> dict[str, dict[str, Any]]:
    """What these are and need, step by step; an asset that is no more counts for nothing."""
    assets = {key: held.facts for key, held in judged.shared("asset").items() if not held.facts["retired"]}
    found = {key for key in keys if key in assets}
    edge = found
    while edge:
        edge = {key for one in edge for key in assets[one]["needs"] if key in assets} - found
        found = found | edge
    return {key: assets[key] for key in found}


def _rules(judged: Judged) -> dict[str, Any]:
    return {**_DEFAULTS, **judged.definition.document.get("continuity", {})}


JUDGES: Mapping[str, Judge] = {
    "critical_assets_covered": _covered,
    "restore_test_since_deployment": _restored,
}
