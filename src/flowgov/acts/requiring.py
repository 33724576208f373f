"""What is done to requirements, and the statement on the data protection impact assessment."""

from __future__ import annotations

from datetime import date, datetime

from flowgov.acts.entering import Folder, next_key
from flowgov.clock import start_of
from flowgov.dossier.requirements import DPIA, DPIA_KEY, PRIORITIES
from flowgov.dossier.risks import roles_of
from flowgov.errors import BadInput
from flowgov.guards import Blocker
from flowgov.request import Grant
from flowgov.text import LONGEST_TEXT, clean_entry_key, clean_text

Day = date | datetime | str
KIND = "requirement"
LONGEST_TITLE = 400


def record(folder: Folder, key: str | None, title: str, priority: str) -> None:
    """A new requirement, which the business has not answered yet.

    Raises:
        BadInput: the key is taken or malformed, or there is no such priority.
        Refusal: the actor neither acts on the project nor opened it, or it is closed.
    """
    taken = folder.entries(KIND)
    key = clean_entry_key(key) if key else next_key(taken, "Q-")
    if key in taken:
        raise BadInput("requirement_taken", key=key)
    text = clean_text(title, field="title", limit=LONGEST_TITLE)
    if priority not in PRIORITIES:
        raise BadInput("no_choice", field="priority", value=priority, known=[*PRIORITIES])
    facts = {"priority": priority, "status": "open", "decided": None}
    folder.enter(KIND, key, "record", facts, {"title": text}, _may_record(folder, key))


def answer(folder: Folder, key: str, status: str, reason: str | None) -> None:
    """The business side says whether a requirement is met (accepted) or not; a refusal says why.

    Raises:
        BadInput: a refusal without a reason.
        NotFound: there is no such requirement.
        Refusal: the actor does not speak for the business, or the project is closed.
    """
    entry = folder.line(KIND, key)
    if status == "refused" and not (reason and reason.strip()):
        raise BadInput("refusal_reason")
    act = "accept" if status == "accepted" else "refuse"
    grant = _speaks(
        folder, KIND, key, act, roles_of(folder.lifecycle.workflow, "business") or folder.lifecycle.workflow.acting
    )
    decided = {"p": folder.actor, "role": grant.role, "cycle": folder.facts.cycle}
    texts = {"reason": _text(reason) if reason else ""}
    folder.enter(KIND, key, act, {**entry.facts, "status": status, "decided": decided}, texts, grant)


def state_dpia(folder: Folder, required: bool, reason: str | None, done: Day | None, document: str | None) -> None:
    """Whether a data protection impact assessment is required, and where it is once it is done.

    By the data protection officer where the workflow has one, else by the business side.

    Raises:
        BadInput: no reason why none is required; a day to come, or no document, of one that is done.
        Refusal: the actor is not entitled, or the project is closed.
    """
    if not required and (done or document):
        raise BadInput("dpia_not_required")
    if not required and not (reason and reason.strip()):
        raise BadInput("dpia_reason")
    if (done is None) != (document is None):
        raise BadInput("dpia_document")
    day = start_of(done)[:10] if done is not None else None
    if day is not None and day > folder.now[:10]:
        raise BadInput("day_to_come", value=day)
    grant = _speaks(folder, DPIA, DPIA_KEY, "record", dpia_roles(folder))
    facts = {"required": required, "done": day, "p": folder.actor, "role": grant.role}
    texts = {
        "reason": _text(reason) if reason else "",
        "document": clean_text(document, field="document", limit=LONGEST_TEXT) if document else "",
    }
    folder.enter(DPIA, DPIA_KEY, "record", facts, texts, grant)


def dpia_roles(folder: Folder) -> tuple[str, ...]:
    """Who states whether an impact assessment is required; the guard names the same."""
    roles = folder.lifecycle.workflow.roles
    if "dpo" in roles and roles["dpo"].acts:
        return ("dpo",)
    return roles_of(folder.lifecycle.workflow, "business") or folder.lifecycle.workflow.acting


def _speaks(folder: Folder, kind: str, key: str, act: str, roles: tuple[str, ...]) -> Grant:
    grant, blockers = folder.holds(*roles), [*folder.closed(), *folder.program()]
    if grant is None:
        blockers.append(Blocker("role_missing", {"roles": [*roles]}, roles))
    folder.stop(kind, key, act, *blockers)
    assert grant is not None, "stopped otherwise"
    return grant


def _may_record(folder: Folder, key: str) -> Grant | None:
    stranger = Blocker("requirement_no_role", {}, folder.lifecycle.workflow.acting)
    return folder.need_concern(KIND, key, "record", stranger)


def _text(value: str) -> str:
    return clean_text(value, field="reason", limit=LONGEST_TEXT, multiline=True)
