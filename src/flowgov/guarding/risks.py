"""Guards about risks: assessed by both sides, none high and left alone; requirements, impact assessment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from flowgov.canonical import Json
from flowgov.dossier.entry import Entry, relied
from flowgov.dossier.matrices import Matrix, matrix_of
from flowgov.dossier.requirements import DPIA, DPIA_KEY
from flowgov.dossier.risks import (
    ONE_PERSON,
    SIDES,
    accepting_roles,
    givers,
    is_accepted,
    level,
    overdue,
    roles_of,
    values_that_count,
)
from flowgov.guards import NOTHING, Blocker, Departure, Guard, Verdict, idle, permission
from flowgov.request import Request
from flowgov.workflow.model import Side

_MUST_REFUSED = Blocker("requirement_refused")
"""It warns: what was refused was reviewed."""


def joint_risk_review(request: Request) -> Verdict:
    """Both sides have confirmed the same values of every open risk in this cycle, and by two persons."""
    risks = request.entries("risk")
    if not risks:
        roles = tuple(role for side in SIDES for role in roles_of(request.workflow, side))
        command = (
            f"flowgov risk add {request.key} --from service_interruption --gravity N --likelihood N --as {{holder}}"
        )
        return Verdict("joint_risk_review", (Blocker("risk_none", NOTHING, roles, command),))
    still_open = [risk for risk in risks.values() if risk.facts["status"] == "open"]
    blockers = [*_unconfirmed(request, still_open)]
    departures: list[Departure] = []
    for pair, keys in _alone(still_open, request.cycle).items():
        permitted = {person: permission(request, ONE_PERSON, person) for person in pair}
        departures += [granted for granted in permitted.values() if granted]
        dead = [person for person, granted in permitted.items() if not granted]
        if dead:
            blockers += [*(b for person in dead for b in idle(request, ONE_PERSON, person))]
            blockers.append(_one_person(request, pair, keys))
    return Verdict("joint_risk_review", tuple(blockers), _saw(request, risks.values()), tuple(departures))


def no_untreated_high_risk(request: Request) -> Verdict:
    """No open risk is high, unless it is accepted by somebody entitled, until a date that has not come."""
    risks = request.entries("risk")
    matrix = matrix_of(request.workflow.risks)
    blockers = tuple(
        _high(request, risk, matrix)
        for risk in risks.values()
        if risk.facts["status"] == "open"
        and level(risk.facts, matrix) >= matrix.high_from
        and not is_accepted(risk.facts, request.now)
    )
    return Verdict("no_untreated_high_risk", blockers, _saw(request, risks.values()))


def dpia_done_if_required(request: Request) -> Verdict:
    """With personal data: an impact assessment was made, or somebody entitled stated why none is required."""
    stated = request.entries(DPIA).get(DPIA_KEY)
    saw: dict[str, Json] = {"relied": [*relied(stated)]} if stated else {}
    on_the_table = any(piece.kind == DPIA for piece in request.evidence)
    if not request.personal_data or on_the_table:
        return Verdict("dpia_done_if_required", saw=saw)
    roles = dpia_roles(request)
    command = f'flowgov dpia record {request.key} --required yes|no --reason "…" --as {{holder}}'
    if stated is None:
        return Verdict("dpia_done_if_required", (Blocker("dpia_unknown", NOTHING, roles, command),))
    if stated.facts["required"] and stated.facts["done"] is None:
        command = f"flowgov dpia record {request.key} --required yes --done DATE --document LINK --as {{holder}}"
        return Verdict("dpia_done_if_required", (Blocker("dpia_missing", NOTHING, roles, command),), saw)
    return Verdict("dpia_done_if_required", saw=saw)


def requirements_reviewed(request: Request) -> Verdict:
    """There are requirements, and the business has accepted or refused each of them."""
    requirements = request.entries("requirement")
    roles = roles_of(request.workflow, "business")
    saw: dict[str, Json] = {"relied": [*relied(*requirements.values())]} if requirements else {}
    undecided = [key for key, entry in requirements.items() if entry.facts["status"] == "open"]
    if undecided:
        command = f"flowgov requirement accept {request.key} {undecided[0]} --as {{holder}}"
        blocker = Blocker("requirement_open", {"requirements": [*undecided]}, roles, command)
        return Verdict("requirements_reviewed", (blocker,), saw)
    if not requirements:
        command = f'flowgov requirement add {request.key} --title "…" --priority must --as {{holder}}'
        return Verdict("requirements_reviewed", (Blocker("requirement_none", NOTHING, roles, command),))
    refused = [
        e.facts for e in requirements.values() if e.facts["status"] == "refused" and e.facts["priority"] == "must"
    ]
    warned: dict[str, Json] = {"warned": [_MUST_REFUSED.code]} if refused else {}
    return Verdict("requirements_reviewed", saw={**saw, **warned})


def dpia_roles(request: Request) -> tuple[str, ...]:
    """Who states whether an impact assessment is required; see `flowgov.acts.requiring`."""
    roles = request.workflow.roles
    if "dpo" in roles and roles["dpo"].acts:
        return ("dpo",)
    return roles_of(request.workflow, "business") or request.workflow.acting


def _saw(request: Request, risks: Iterable[Entry]) -> dict[str, Json]:
    seen: list[Json] = [*relied(*risks)]
    values: dict[str, Json] = {"matrix": matrix_of(request.workflow.risks).id}
    return {"relied": seen, "values": values} if seen else {}


def _unconfirmed(request: Request, risks: Iterable[Entry]) -> Iterator[Blocker]:
    for side in SIDES:
        keys = [r.key for r in risks if not _confirmed(r.facts, side, request.cycle)]
        if keys:
            params: dict[str, Json] = {"risks": [*keys], "cycle": request.cycle}
            roles = roles_of(request.workflow, side)
            code = "risk_unconfirmed_business" if side == "business" else "risk_unconfirmed_technical"
            yield Blocker(code, params, roles, _confirm(request, keys))


def _confirmed(facts: Mapping[str, Any], side: Side, cycle: int) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = facts["confirmed"][side]
    return found if found is not None and found["cycle"] == cycle else None


def _alone(risks: Iterable[Entry], cycle: int) -> dict[tuple[str, str], list[str]]:
    """Who confirmed for the business and for the technical side and counts as one person, and which risks."""
    found: dict[tuple[str, str], list[str]] = {}
    for risk in risks:
        business, technical = (_confirmed(risk.facts, side, cycle) for side in SIDES)
        if business and technical and givers(business) & givers(technical):
            found.setdefault((business["p"], technical["p"]), []).append(risk.key)
    return found


def _one_person(request: Request, persons: tuple[str, str], keys: list[str]) -> Blocker:
    roles = tuple(role for side in SIDES for role in roles_of(request.workflow, side))
    return one_side_only(*persons, keys, roles, _confirm(request, keys))


def one_side_only(person: str, other: str, keys: Sequence[str], roles: tuple[str, ...], command: str) -> Blocker:
    """Two consents of one person, or of two who count as one."""
    if person == other:
        return Blocker("risk_one_person", {"person": person, "risks": [*keys], "rule": ONE_PERSON}, roles, command)
    params: dict[str, Json] = {"person": person, "other": other, "risks": [*keys], "rule": ONE_PERSON}
    return Blocker("risk_delegate_once", params, roles, command)


def _high(request: Request, risk: Entry, matrix: Matrix) -> Blocker:
    gravity, likelihood = values_that_count(risk.facts, matrix)
    params: dict[str, Json] = {"risk": risk.key, "gravity": gravity, "likelihood": likelihood}
    roles = accepting_roles(request.workflow)
    command = f"flowgov risk accept {request.key} {risk.key} --until DATE --as {{holder}}"
    late = overdue(risk.facts, request.now)
    if late:
        params |= {"measure": late[0]["n"], "due": late[0]["due"], "person": late[0]["owner"]}
        command = f"flowgov risk measure {request.key} {risk.key} --number {late[0]['n']} --as {{person}}"
        return Blocker("high_risk_overdue", params, roles, command)
    acceptance = risk.facts["acceptance"]
    if acceptance is not None:
        params |= {"until": acceptance["until"][:10]}
        return Blocker("high_risk_expired", params, roles, command)
    return Blocker("high_risk", params, roles, command)


def _confirm(request: Request, keys: Iterable[str]) -> str:
    return f"flowgov risk confirm {request.key} {' '.join(keys)} --as {{holder}}"


GUARDS: tuple[Guard, ...] = (
    Guard("joint_risk_review", joint_risk_review, kinds=("risk",)),
    Guard("no_untreated_high_risk", no_untreated_high_risk, kinds=("risk",)),
    Guard("dpia_done_if_required", dpia_done_if_required, kinds=(DPIA,)),
    Guard("requirements_reviewed", requirements_reviewed, kinds=("requirement",)),
)
