"""A project's charter: issued as it follows from the workflow and the assignments, acknowledged by each holder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flowgov.acts.administering import grant_role, known_person, no_overlap, sit_down
from flowgov.acts.entering import Folder, take_up
from flowgov.acts.evidencing import put
from flowgov.acts.moving import with_staff
from flowgov.acts.unit import Unit
from flowgov.dossier.charter import KEY, KIND, SIGNED, Matrix, derive, signatories
from flowgov.dossier.pieces import Taken
from flowgov.errors import BadInput
from flowgov.guards import Blocker
from flowgov.people import ADMINISTRATOR
from flowgov.project import Receipt
from flowgov.store import people
from flowgov.workflow.model import Side, Workflow

QUESTIONS: Mapping[str, tuple[str, Side | None]] = {
    "business": ("business_owner", "business"),
    "technical": ("technical_owner", "technical"),
    "arbiter": ("sponsor", None),
}
"""What is asked to begin a charter, the role that answers it, and the side that does where there is no such role."""


def start(unit: Unit, key: str, by: str, answers: Mapping[str, str]) -> Receipt:
    """Grant the roles that the three *answers* name, and issue the charter. See `Charters.start`."""
    desk = sit_down(unit, by)
    workflow = unit.house.lifecycle_of(unit.connection, key).workflow
    roles = {question: role_for(workflow, question) for question in answers}
    content = {"project": take_up(unit, key, by).facts.id}
    persons = {question: known_person(unit, login) for question, login in answers.items()}
    folder = take_up_staff(unit, key, by)
    held = folder.facts.staff
    lacking = [q for q in answers if persons[q] not in held.get(roles[q], ())]
    own = [
        Blocker("self_grant", {"role": roles[q], "person": desk.actor}, (ADMINISTRATOR,))
        for q in lacking
        if persons[q] == desk.actor
    ]
    desk.allow("charter.start", key, content, *own, *folder.closed())
    for q in lacking:  # all of them before the first is granted: it is all done, or nothing
        new = {"person": persons[q], "role": roles[q], "project": folder.facts.id, "start": desk.now, "until": None}
        no_overlap(unit, new, answers[q])
    for q in lacking:
        grant_role(unit, roles[q], answers[q], key, None, None, by)
    return issue(unit, key, by)


def issue(unit: Unit, key: str, by: str) -> Receipt:
    """See `Charters.issue`."""
    folder = take_up_staff(unit, key, by)
    matrix = derive_here(folder)
    folder.stop(KIND, KEY, "issue", *folder.closed(), *_no_say(folder))
    issued = folder.entries(KIND).get(KEY)
    if issued is not None and issued.facts["sha256"] == matrix.hash:
        raise BadInput("charter_unchanged", key=key, version=issued.n)
    entry = folder.enter(KIND, KEY, "issue", matrix.recorded, grant=folder.acting())
    if KIND in folder.lifecycle.workflow.evidence:
        put(unit, folder.lifecycle, folder.facts, Taken(KIND, f"{KEY} {entry.n}", sha256=matrix.hash))
    return _receipt(folder)


def acknowledge(unit: Unit, key: str, by: str) -> Receipt:
    """See `Charters.acknowledge`."""
    folder = take_up_staff(unit, key, by)
    issued, workflow = folder.entries(KIND).get(KEY), folder.lifecycle.workflow
    if issued is None:
        raise BadInput("no_charter", key=key)
    blockers = []
    if issued.facts["sha256"] != derive_here(folder).hash:
        blockers.append(Blocker("charter_outdated", {"version": issued.n}, workflow.acting, _issue(key)))
    if folder.is_service:
        blockers += folder.program()
    elif folder.actor not in signatories(workflow, folder.facts.staff, folder.facts.services):
        blockers.append(Blocker("charter_not_yours", {"person": folder.actor}, workflow.acting))
    folder.stop(SIGNED, folder.actor, "acknowledge", *blockers)
    signed = folder.entries(SIGNED).get(folder.actor)
    if signed is not None and signed.facts["charter"] == issued.n:
        raise BadInput("charter_acknowledged_already", key=key, version=issued.n)
    facts = {"charter": issued.n, "sha256": issued.facts["sha256"]}
    folder.enter(SIGNED, folder.actor, "acknowledge", facts, grant=folder.acting())
    return _receipt(folder)


def role_for(workflow: Workflow, question: str) -> str:
    """The role of *workflow* that answers a question: by its name, else the first that speaks for that side.

    Raises:
        BadInput: it has none.
    """
    name, side = QUESTIONS[question]
    known = [role.id for role in workflow.roles.values() if side and role.side == side and role.acts]
    if name in workflow.roles:
        return name
    if not known:
        raise BadInput("charter_no_role", workflow=workflow.name, question=f"--{question}", role=name)
    return known[0]


def take_up_staff(unit: Unit, key: str, by: str) -> Folder:
    """Lock the project and everybody's roles: nobody is given one or loses one until this act ends."""
    people.lock_organisation(unit.connection)
    folder = take_up(unit, key, by)
    folder.facts = with_staff(unit.connection, folder.facts)
    return folder


def derive_here(folder: Folder) -> Matrix:
    """The charter as it follows from what is held now."""
    facts = folder.facts
    return derive(folder.lifecycle.workflow, facts.staff, personal_data=facts.personal_data)


def _receipt(folder: Folder) -> Receipt:
    assert folder.receipt is not None, "an entry was made"
    return replace(folder.receipt, subject=folder.facts.key)


def _no_say(folder: Folder) -> list[Blocker]:
    """A charter is issued by whoever acts on the project, opened it, or administers roles."""
    facts = folder.facts
    administrators = people.in_force(folder.unit.connection, ADMINISTRATOR, facts.now)
    if folder.acting() or facts.actor == facts.creator or any(row.person_id == facts.actor for row in administrators):
        return []
    return [Blocker("charter_issuer", {}, (*folder.lifecycle.workflow.acting, ADMINISTRATOR), _issue(facts.key))]


def _issue(key: str) -> str:
    return f"flowgov charter issue {key} --as {{holder}}"
