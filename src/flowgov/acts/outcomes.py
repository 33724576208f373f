"""Conditions of gates, waivers and corrections: each change is one record in the project's chain."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, get_args

from flowgov.acts.entering import Folder, next_key, take_up
from flowgov.acts.unit import Unit
from flowgov.audit.hashing import leaf_hash
from flowgov.clock import end_of, moment
from flowgov.dossier.entry import Entry
from flowgov.dossier.outcomes import LONGEST_WAIVER, Day, Item
from flowgov.errors import BadInput, NotFound
from flowgov.guards import Blocker
from flowgov.project import Receipt
from flowgov.store import projects, redacting
from flowgov.suggest import closest
from flowgov.text import LONGEST_TEXT, clean_text
from flowgov.workflow.model import Transition

# --- conditions ------------------------------------------------------------------------------------------------------


def fulfil(unit: Unit, project: str, key: str, note: str, by: str) -> Receipt:
    """The owner says that a condition is fulfilled. See `Conditions.done`."""
    note = clean_text(note, field="note", limit=LONGEST_TEXT, multiline=True)
    folder = take_up(unit, project, by)
    entry = found(folder, "condition", key)
    folder.stop("condition", key, "done", *_not_open(entry), *_not_owner(folder, entry), *_not_there(folder, entry))
    folder.enter("condition", key, "done", {**entry.facts, "status": "done"}, {"note": note})
    return receipt(folder)


def lift(unit: Unit, project: str, key: str, reason: str, by: str) -> Receipt:
    """Somebody who may make the gate's decision lets go of a condition. See `Conditions.lift`."""
    reason = clean_text(reason, field="reason", limit=LONGEST_TEXT, multiline=True)
    folder = take_up(unit, project, by)
    entry = found(folder, "condition", key)
    fire = folder.lifecycle.workflow.transitions[str(entry.facts["gate"])].fire
    grant = folder.holds(*fire)
    blockers = _not_open(entry)
    if grant is None:
        command = f'flowgov condition lift {project} {key} --reason "…" --as {{holder}}'
        blockers.append(Blocker("role_missing", {"roles": list(fire)}, fire, command))
    if entry.facts["owner"] == folder.actor:
        blockers.append(Blocker("own_condition", {"condition": key, "person": folder.actor}, fire))
    folder.stop("condition", key, "lift", *blockers)
    folder.enter("condition", key, "lift", {**entry.facts, "status": "lifted"}, {"note": reason}, grant)
    return receipt(folder)


def _not_open(entry: Entry) -> list[Blocker]:
    if entry.facts["status"] == "open":
        return []
    return [Blocker("condition_closed", {"condition": entry.key, "status": entry.facts["status"]})]


def _not_owner(folder: Folder, entry: Entry) -> list[Blocker]:
    owner = entry.facts["owner"]
    return [] if owner == folder.actor else [Blocker("not_condition_owner", {"condition": entry.key, "person": owner})]


def _not_there(folder: Folder, entry: Entry) -> list[Blocker]:
    kind = entry.facts["evidence"]
    if kind is None:
        return []
    pieces = projects.evidence_of(folder.unit.connection, folder.facts.id)
    if any(piece.kind == kind and piece.seq > entry.facts["move"] for piece in pieces):
        return []
    command = f"flowgov evidence add {folder.facts.key} {kind} FILE --as {folder.login}"
    return [Blocker("evidence_missing", {"kind": kind}, command=command)]


# --- waivers ---------------------------------------------------------------------------------------------------------


def waive(unit: Unit, project: str, gate: str, item: Item, name: str, until: Day, reason: str, by: str) -> Receipt:
    """Spare a gate one missing item until a date. See `Waivers.grant`."""
    reason = clean_text(reason, field="reason", limit=LONGEST_TEXT, multiline=True)
    folder = take_up(unit, project, by)
    transition = _transition(folder, gate)
    _asked_for(transition, item, name)
    end = _within(folder, until)
    key = next_key(folder.entries("waiver"), "W-")
    grant = folder.holds(*transition.waive_by) if transition.waive_by else None
    folder.stop("waiver", key, "grant", *_may_not_waive(folder, transition, item, name, by_role=grant is not None))
    assert grant is not None, "who holds none of the roles was stopped"
    facts = {
        "gate": gate,
        "item": item,
        "name": name,
        "cycle": folder.facts.cycle,
        "until": end,
        "by": folder.actor,
        "role": grant.role,
        "status": "granted",
    }
    folder.enter("waiver", key, "grant", facts, {"reason": reason}, grant)
    return receipt(folder)


def end_waiver(unit: Unit, project: str, key: str, reason: str, by: str) -> Receipt:
    """Let a waiver count no more. See `Waivers.end`."""
    reason = clean_text(reason, field="reason", limit=LONGEST_TEXT, multiline=True)
    folder = take_up(unit, project, by)
    entry = found(folder, "waiver", key)
    roles = folder.lifecycle.workflow.transitions[str(entry.facts["gate"])].waive_by
    grant = folder.holds(*roles)
    blockers = []
    if grant is None:
        command = f'flowgov waiver end {project} {key} --reason "…" --as {{holder}}'
        blockers.append(Blocker("role_missing", {"roles": list(roles)}, roles, command))
    if entry.facts["status"] != "granted":
        blockers.append(Blocker("waiver_ended", {"waiver": key}))
    folder.stop("waiver", key, "end", *blockers)
    folder.enter("waiver", key, "end", {**entry.facts, "status": "ended"}, {"note": reason}, grant)
    return receipt(folder)


def _asked_for(transition: Transition, item: Item, name: str) -> None:
    if item not in get_args(Item):
        raise BadInput("waiver_item", name=item, known=list(get_args(Item)))
    known = transition.evidence if item == "evidence" else tuple(rule.role for rule in transition.approvals)
    if name not in known:
        raise NotFound(
            "waiver_item", name=name, gate=transition.id, known=list(known), suggestions=closest(name, known)
        )


def _within(folder: Folder, until: Day) -> str:
    end = end_of(until)
    days = (moment(end) - moment(folder.now)).total_seconds() / 86_400
    if days <= 0:
        raise BadInput("waiver_over", until=str(until))
    if days > LONGEST_WAIVER:
        raise BadInput("waiver_too_long", days=LONGEST_WAIVER)
    return end


def _may_not_waive(folder: Folder, transition: Transition, item: Item, name: str, *, by_role: bool) -> list[Blocker]:
    gate, blockers = transition.id, []
    if not transition.waive_by:
        return [Blocker("not_waivable", {"transition": gate})]
    if not by_role:
        command = (
            f'flowgov waiver grant {folder.facts.key} {gate} --{item} {name} --until DATE --reason "…" --as {{holder}}'
        )
        roles = transition.waive_by
        blockers.append(Blocker("role_missing", {"roles": list(roles)}, roles, command))
    blockers += folder.closed()
    if item == "approval" and folder.holds(name):
        # he can approve; to waive what is asked of himself would count for more than his approval
        blockers.append(Blocker("own_waiver", {"role": name, "person": folder.actor}, transition.waive_by))
    return blockers


# --- corrections -----------------------------------------------------------------------------------------------------


def correct(unit: Unit, project: str, seq: int, field: str | None, wording: str, reason: str, by: str) -> Receipt:
    """Say what a record of the past should have said. See `Corrections.make`."""
    wording = clean_text(wording, field="wording", limit=LONGEST_TEXT, multiline=True)
    reason = clean_text(reason, field="reason", limit=LONGEST_TEXT, multiline=True)
    folder = take_up(unit, project, by)
    hash_ = _record(folder, seq, field)
    key = next_key(folder.entries("correction"), "K-")
    grant = folder.need_acting("correction", key, "make")
    facts = {"seq": seq, "hash": hash_, "field": field, "by": folder.actor}
    folder.enter("correction", key, "make", facts, {"wording": wording, "reason": reason}, grant)
    return receipt(folder)


def _record(folder: Folder, seq: int, field: str | None) -> str:
    """Hash of the record at *seq*, which must have that *field*, if one is named."""
    key = folder.facts.key
    body = redacting.body_of(folder.unit.connection, folder.facts.head.stream, seq)
    if body is None:
        raise NotFound("record", name=f"{key}#{seq}")
    document: Mapping[str, Any] = json.loads(body)
    known = sorted({*document, *document.get("facts", ()), *document.get("c", ())})
    if field is not None and field not in known:
        raise NotFound("record_field", place=f"{key}#{seq}", field=field, suggestions=closest(field, known))
    return leaf_hash(body)


# --- all ------------------------------------------------------------------------------------------------------------


def found(folder: Folder, kind: str, key: str) -> Entry:
    """
    Raises:
        NotFound: the project has no such entry.
    """
    known = folder.entries(kind)
    if key not in known:
        raise NotFound(kind, name=key, project=folder.facts.key, suggestions=closest(key, known))
    return known[key]


def _transition(folder: Folder, gate: str) -> Transition:
    from flowgov.acts.moving import find_transition

    return find_transition(folder.lifecycle, gate)


def receipt(folder: Folder) -> Receipt:
    """The receipt of what was entered last."""
    assert folder.receipt is not None, "something was entered"
    return folder.receipt
