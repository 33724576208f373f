"""Guards about assets and continuity: critical assets have a plan, a backup, and a restore test that is not too old."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from flowgov.canonical import Json
from flowgov.dossier.assets import NEVER, reached, tested_since, touched
from flowgov.dossier.entry import Entry, relied
from flowgov.dossier.risks import roles_of
from flowgov.guards import Blocker, Guard, Verdict
from flowgov.request import Request

ASSET, PLAN, TOUCHES = "asset", "plan", "touches"
COVERED = "critical_assets_covered"
RESTORED = "restore_test_since_deployment"
_COVERING = frozenset({"emergency", "recovery", "continuity"})
"""Kinds of plans that help when an asset fails; a reversibility plan is for leaving a supplier."""
_UNEXERCISED = Blocker("plan_unexercised")
"""It warns in either mode: a plan that was not exercised is better than none."""
_GAPS: Mapping[str, Blocker] = {
    blocker.code: blocker
    for blocker in (
        Blocker("assets_unnamed", command="flowgov asset touch {project} ASSET --as {holder}"),
        Blocker(
            "asset_without_plan",
            command='flowgov plan add recovery --title "…" --asset {asset} --link "…" --as {holder}',
        ),
        Blocker("asset_plan_unapproved", command="flowgov plan approve {plan} --as {holder}"),
        Blocker("asset_without_backup", command="flowgov asset backup {asset} --on DATE --as {holder}"),
        Blocker(
            "asset_not_backed_up", command="flowgov asset change {asset} --backup daily --place offsite --as {holder}"
        ),
        Blocker("asset_never_restored", command="flowgov asset test {asset} --on DATE --result passed --as {holder}"),
        Blocker("asset_restore_failed", command="flowgov asset test {asset} --on DATE --result passed --as {holder}"),
        Blocker("asset_restore_stale", command="flowgov asset test {asset} --on DATE --result passed --as {holder}"),
        Blocker("restore_test_due", command="flowgov asset test {asset} --on DATE --result passed --as {holder}"),
    )
}
"""What can be missing, and the command that helps."""
_OF_BUSINESS = frozenset({"asset_without_plan", "asset_plan_unapproved"})
"""What is for the business side to mend; the rest is for the technical side."""


class Gap(NamedTuple):
    """What is missing of an asset; of none in particular where nobody said which ones are touched."""

    code: str
    asset: str | None = None
    plan: str | None = None
    since: str | None = None
    """The day of what is too old."""


def critical_assets_covered(request: Request) -> Verdict:
    """Every critical asset that the project touches, or that those need, is covered; block or warn, as declared."""
    lines = request.entries(TOUCHES)
    if not any(line.facts["touched"] for line in lines.values()):
        return _verdict(request, COVERED, [Gap("assets_unnamed")], {}, ())
    critical = _critical(request, reached(touched(lines), request.shared(ASSET)))
    plans = {key: [plan for plan in request.shared(PLAN).values() if _covers(plan, key)] for key in critical}
    gaps = [gap for key, asset in critical.items() for gap in _gaps(request, key, asset, plans[key])]
    stale = [plan for found in plans.values() for plan in found if _stands(plan) and _unexercised(request, plan)]
    seen = [
        *(line for line in lines.values() if line.facts["touched"]),
        *critical.values(),
        *{plan.key: plan for found in plans.values() for plan in found}.values(),
    ]
    return _verdict(request, COVERED, gaps, critical, seen, [_UNEXERCISED.code] if stale else [])


def restore_test_since_deployment(request: Request) -> Verdict:
    """Restoring was tried with success after the last deployment of every critical asset that it touched."""
    lines = {key: line for key, line in request.entries(TOUCHES).items() if _deployed(line)}
    assets = {key: asset for key, asset in request.shared(ASSET).items() if key in lines and not asset.facts["retired"]}
    critical = _critical(request, assets)
    gaps = [
        Gap("restore_test_due", key, since=lines[key].facts["deployed"])
        for key, asset in critical.items()
        if not tested_since(asset.facts, lines[key].facts["deployed"])
    ]
    return _verdict(request, RESTORED, gaps, critical, [*lines.values(), *critical.values()])


def _verdict(
    request: Request,
    name: str,
    gaps: list[Gap],
    assets: Mapping[str, Entry],
    seen: Iterable[Entry],
    warned: Iterable[str] = (),
) -> Verdict:
    """The gaps block, or are told, as the definition says; the record names them either way."""
    warns = request.workflow.continuity.mode == "warn"
    codes = sorted({*(gap.code for gap in gaps if warns), *warned})
    saw: dict[str, Json] = {"relied": [*relied(*seen)]}
    if codes:
        saw["warned"] = [*codes]
    if gaps:
        saw["values"] = {"gaps": [{"code": gap.code, "asset": gap.asset} for gap in gaps]}
    blockers = () if warns else tuple(_blocker(request, gap, assets) for gap in gaps)
    return Verdict(name, blockers, {key: value for key, value in saw.items() if value})


def _blocker(request: Request, gap: Gap, assets: Mapping[str, Entry]) -> Blocker:
    known = _GAPS[gap.code]
    params: dict[str, Json] = {"mode": request.workflow.continuity.mode}
    words = {"{project}": request.key, "{asset}": gap.asset, "{plan}": gap.plan}
    if gap.asset is not None:
        params |= {"asset": gap.asset, "person": str(assets[gap.asset].facts["owner"])}
    if gap.plan is not None:
        params["plan"] = gap.plan
    if gap.since is not None:
        params["day"] = gap.since
    command = known.command or ""
    for word, value in words.items():
        command = command.replace(word, str(value))
    side = roles_of(request.workflow, "business" if gap.code in _OF_BUSINESS else "technical")
    return replace(known, params=params, roles=side or request.workflow.acting, command=command)


def _gaps(request: Request, key: str, asset: Entry, plans: list[Entry]) -> Iterator[Gap]:
    backup, test = asset.facts["backup"], asset.facts["test"]
    if not plans:
        yield Gap("asset_without_plan", key)
    elif not any(_stands(plan) for plan in plans):
        yield Gap("asset_plan_unapproved", key, plans[0].key)
    if backup["frequency"] == "none":
        yield Gap("asset_not_backed_up", key)
    elif backup["on"] is None:
        yield Gap("asset_without_backup", key)
    if test["result"] == NEVER:
        yield Gap("asset_never_restored", key)
    elif test["result"] == "failed":
        yield Gap("asset_restore_failed", key, since=test["on"])
    elif _older(request, test["on"], request.workflow.continuity.restore_test_days):
        yield Gap("asset_restore_stale", key, since=test["on"])


def _critical(request: Request, assets: Mapping[str, Entry]) -> dict[str, Entry]:
    least = request.workflow.continuity.critical_from
    return {key: asset for key, asset in assets.items() if asset.facts["criticality"] >= least}


def _covers(plan: Entry, asset: str) -> bool:
    return not plan.facts["retired"] and plan.facts["kind"] in _COVERING and asset in plan.facts["assets"]


def _stands(plan: Entry) -> bool:
    """Whether its newest edition is approved."""
    approved = plan.facts["approved"]
    return approved is not None and bool(approved["edition"] == plan.facts["edition"])


def _unexercised(request: Request, plan: Entry) -> bool:
    last, coming = plan.facts["exercise"], plan.facts["next_exercise"]
    missed = coming is not None and coming < request.now[:10]
    return missed or last is None or _older(request, last["on"], request.workflow.continuity.exercise_days)


def _older(request: Request, day: str, days: int) -> bool:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat() < request.now[:10]


def _deployed(line: Entry) -> bool:
    return bool(line.facts["touched"] and line.facts["deployed"])


GUARDS: tuple[Guard, ...] = (
    Guard(COVERED, critical_assets_covered, kinds=(TOUCHES,), shared=(ASSET, PLAN)),
    Guard(RESTORED, restore_test_since_deployment, kinds=(TOUCHES,), shared=(ASSET,)),
)
