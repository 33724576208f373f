"""Guards about the charter."""

from __future__ import annotations

from flowgov.canonical import Json
from flowgov.dossier.charter import KEY, KIND, SIGNED, derive, signatories
from flowgov.dossier.entry import relied
from flowgov.guards import Blocker, Guard, Verdict
from flowgov.request import Request

NAME = "charter_acknowledged"


def charter_acknowledged(request: Request) -> Verdict:
    """The charter that was issued last still says who holds what, and each of them has acknowledged it himself."""
    issued = request.entries(KIND).get(KEY)
    acting = tuple(role.id for role in request.workflow.roles.values() if role.acts)
    issue = f"flowgov charter issue {request.key} --as {{holder}}"
    if issued is None:
        return Verdict(NAME, (Blocker("charter_missing", {}, acting, issue),))
    matrix = derive(request.workflow, request.staff, personal_data=request.personal_data)
    if issued.facts["sha256"] != matrix.hash:
        return Verdict(NAME, (Blocker("charter_outdated", {"version": issued.n}, acting, issue),))
    signed = request.entries(SIGNED)
    wanted = signatories(request.workflow, request.staff, request.services)
    done = [signed[p] for p in wanted if p in signed and signed[p].facts["charter"] == issued.n]
    missing = [p for p in wanted if p not in {entry.key for entry in done}]
    saw: dict[str, Json] = {"relied": [*relied(issued, *done)]}
    return Verdict(NAME, tuple(_unsigned(request, person, issued.n) for person in missing), saw)


def _unsigned(request: Request, person: str, version: int) -> Blocker:
    command = f"flowgov charter acknowledge {request.key} --as {{holder}}"
    return Blocker("charter_unacknowledged", {"person": person, "version": version}, (), command)


GUARDS: tuple[Guard, ...] = (Guard(NAME, charter_acknowledged, kinds=(KIND, SIGNED), staff=True),)
