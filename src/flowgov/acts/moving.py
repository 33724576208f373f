"""The order of a move, written down once; `explain` shares every step up to the decision."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from flowgov.acts import evidencing
from flowgov.acts.conditioning import prepare
from flowgov.acts.entering import Folder, after, definition
from flowgov.acts.following import FOLLOWING, MoveMade
from flowgov.acts.house import House, unknown_person
from flowgov.acts.occurring import happened
from flowgov.acts.receipts import on_behalf_of
from flowgov.acts.refusing import readable, refuse_on_project
from flowgov.acts.retrying import earlier, fingerprint
from flowgov.acts.unit import Unit
from flowgov.audit.record import Source
from flowgov.dossier.given import NOTHING_GIVEN, Given
from flowgov.errors import Conflict, NotFound
from flowgov.guards import NOTHING, Decision, Departure, Verdict
from flowgov.machine import Judgement, Lifecycle
from flowgov.project import Receipt, told_in
from flowgov.request import Request
from flowgov.store import gate, people, projects
from flowgov.suggest import closest
from flowgov.text import clean_text
from flowgov.workflow.model import NEW_CYCLE, Transition

LONGEST_REASON = 4_000

_pack = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
_GUESSES = 3
"""How often the definition may turn out to be another than was thought before the facts were read."""


def move(
    unit: Unit,
    key: str,
    name: str,
    by: str,
    reason: str | None,
    expect_version: int | None,
    context: Mapping[str, object],
    given: Given = NOTHING_GIVEN,
) -> Receipt:
    """Lock, judge, set, record. See `Engine.move`."""
    lifecycle, transition, facts, now = gather(unit, key, name, by, lock=True)
    mark = _mark(unit, facts.actor, {"key": key, "t": name, "reason": reason, **given.plain()})
    done = earlier(unit, mark, key)
    if done:
        return done
    if expect_version is not None and expect_version != facts.version:
        raise Conflict("version", key=key, expected=expect_version, found=facts.version)
    evidencing.known(lifecycle, given.evidence)
    occurred = happened(unit, given.occurred, now)
    when = {**occurred, **({"verbal": True} if given.verbal else {})}
    given = replace(given, conditions=prepare(unit, lifecycle.workflow, transition, now, given.conditions))
    standing = evidencing.on_the_table(facts, given.evidence)
    request = standing.request(lifecycle.workflow, transition, now, reason, context, given)
    judgement = lifecycle.step(request)
    decision = decide(judgement, facts, name, by)
    if not decision.allowed:
        content = {
            "t": name,
            "from": facts.state,
            "wf": definition(lifecycle),
            "guards": _without(asked(decision), facts.head.seq),
            **when,
            **evidencing.offered(given.evidence),
        }
        raise refuse_on_project(unit, facts, decision, "project.move_refused", content, {"reason": reason}, now)
    facts = evidencing.put_down(unit, lifecycle, facts, given.evidence, occurred)
    return carry_out(unit, lifecycle, request, facts, decision, mark, when)


def explain(
    house: House,
    connection: Connection,
    key: str,
    name: str,
    by: str,
    reason: str | None,
    context: Mapping[str, object],
    given: Given = NOTHING_GIVEN,
) -> Decision:
    """What `move` would decide now; nothing is locked, moved or recorded."""
    unit = Unit(house, connection, house.scribe(connection), source=Source())
    lifecycle, transition, facts, now = gather(unit, key, name, by, lock=False)
    request = facts.request(lifecycle.workflow, transition, now, reason, context, given)
    decision = decide(lifecycle.judge(request), facts, name, by)
    return decision if decision.allowed else readable(connection, decision, facts.id, now)


def gather(unit: Unit, key: str, name: str, by: str, *, lock: bool) -> tuple[Lifecycle, Transition, gate.Facts, str]:
    """The definition project *key* is on, its transition, and the facts the gate asks for.

    Raises:
        NotFound: there is no such project, transition or person.
    """
    for _ in range(_GUESSES):
        lifecycle = unit.house.likely_lifecycle(unit.connection, key, name)
        transition = find_transition(lifecycle, name)
        reads = lifecycle.reads(name)
        if (reads.staff or reads.shared) and lock:
            # locks on what is read would let what is new be overlooked, and verification would find that it stood
            people.hold_organisation(unit.connection)
        facts = gate.facts(
            unit.connection, key, by, unit.now, name, reads.evidence, reads.kinds, reads.shared, lock=lock
        )
        if facts is None:
            unit.house.lifecycle_of(unit.connection, key)
            raise unknown_person(unit.connection, by)
        unit.house.remember(key, facts.workflow_hash)
        if facts.workflow_hash == lifecycle.workflow.hash:
            facts = with_staff(unit.connection, facts) if reads.staff else facts
            return lifecycle, transition, facts, facts.now
    raise Conflict("moved_meanwhile")


def with_staff(connection: Connection, facts: gate.Facts) -> gate.Facts:
    """*facts* with everybody who holds a role on the project himself."""
    staff = projects.holders(connection, facts.id, facts.now)
    return facts._replace(staff=staff, services=projects.services(connection))


def find_transition(lifecycle: Lifecycle, name: str) -> Transition:
    """
    Raises:
        NotFound: the workflow has no such transition.
    """
    transition = lifecycle.workflow.transitions.get(name)
    if transition is None:
        known = lifecycle.workflow.transitions
        raise NotFound(
            "transition",
            name=name,
            workflow=lifecycle.workflow.name,
            known=list(known),
            suggestions=closest(name, known),
        )
    return transition


def decide(judgement: Judgement, facts: gate.Facts, name: str, by: str) -> Decision:
    """The machine's judgement as a decision."""
    return Decision(
        kind="move",
        action=name,
        subject=facts.key,
        actor=by,
        blockers=judgement.blockers,
        verdicts=tuple(judgement.verdicts),
        target=judgement.target,
        version=facts.version,
    )


def asked(decision: Decision) -> list[dict[str, Any]]:
    """Every guard asked, whether it was content, and the values it saw."""
    return [
        {"n": verdict.name, "ok": verdict.ok, **(_role_saw(verdict) if verdict.name == "role" else verdict.saw)}
        for verdict in decision.verdicts
    ]


def _without(guards: list[dict[str, Any]], last: int) -> list[dict[str, Any]]:
    """What guards saw, without the pieces that were only offered: after a refusal they lie nowhere."""
    return [
        {**guard, "pieces": [piece for piece in guard["pieces"] if piece["seq"] <= last]}
        if "pieces" in guard
        else guard
        for guard in guards
    ]


def checked_reason(reason: str | None) -> str | None:
    """
    Raises:
        BadInput: the reason cannot be recorded.
    """
    if reason is None or not reason.strip():
        return None
    return clean_text(reason, field="reason", limit=LONGEST_REASON, multiline=True)


def _mark(unit: Unit, actor: str, arguments: dict[str, Any]) -> str | None:
    return fingerprint("move", actor, arguments) if unit.idempotency_key else None


def _role_saw(verdict: Verdict) -> Mapping[str, Any]:
    # a role and its grant are the record's own "auth"; time has none, and relies on a date
    return NOTHING if "grant" in verdict.saw else verdict.saw


def carry_out(
    unit: Unit,
    lifecycle: Lifecycle,
    request: Request,
    facts: gate.Facts,
    decision: Decision,
    mark: str | None,
    when: Mapping[str, Any] = NOTHING,
) -> Receipt:
    """Move the project as *decision* allows, record it, and what follows from it."""
    transition, target = request.transition, decision.target
    assert target is not None, "an allowed move leads somewhere"
    cycle = facts.cycle + 1 if transition.kind in NEW_CYCLE else facts.cycle
    by_time = request.given.by_time
    auth: dict[str, Any] = dict(decision.saw("role"))
    content: dict[str, Any] = {
        "t": transition.id,
        "kind": transition.kind,
        "from": facts.state,
        "to": target,
        "cycle": cycle,
        "version": facts.version + 1,
        "wf": definition(lifecycle),
        **({"fired_by_time": True} if by_time else {"auth": auth}),
        "guards": asked(decision),
        "basis": dict(request.basis),
        **departed(decision.departures),
        **when,
    }
    if mark:
        content["idem"] = {"key": unit.idempotency_key, "args": mark}
    sealed = unit.scribe.seal(
        facts.head, "project.moved", facts.actor, request.now, content, unit.source, {"reason": request.reason}
    )
    delegator = str(auth["for"]) if "for" in auth else None
    passage = [facts.actor, sealed.seq, delegator] if delegator else [facts.actor, sealed.seq]
    passages = {**facts.passages, transition.id: passage}
    previous = _previous(lifecycle, facts, target)
    projects.move(
        unit.connection,
        facts,
        sealed,
        unit.idempotency_key,
        state=target,
        previous=previous,
        cycle=cycle,
        passages=_pack(passages),
    )
    standing = facts._replace(state=target, previous=previous, cycle=cycle, passages=passages)
    folder = Folder(unit, lifecycle, after(standing, sealed), decision.actor)
    promised: Any = decision.saw("evidence").get("promised", ())
    _follow(folder, MoveMade(request, sealed, facts.state, target, tuple(promised)))
    return Receipt(
        event=sealed.event,
        stream=sealed.stream,
        seq=sealed.seq,
        hash=sealed.hash,
        at=sealed.ts,
        subject=facts.key,
        version=folder.facts.version,
        source=facts.state,
        target=target,
        cycle=cycle,
        role=None if by_time else str(auth["role"]),
        on_behalf_of=on_behalf_of(unit.connection, delegator),
        exceptions=tuple(d.exception for d in decision.departures if d.exception),
        warnings=tuple(d.rule for d in decision.departures if not d.exception),
        told=told_in(content["guards"]),
    )


def _follow(folder: Folder, made: MoveMade) -> None:
    for follow in FOLLOWING:
        follow(folder, made)


def departed(departures: tuple[Departure, ...]) -> dict[str, Any]:
    """How a record names the rules departed from, if any was."""
    found = [{"rule": d.rule, "p": d.person, "exception": d.exception} for d in departures]
    return {"departures": found} if found else {}


def _previous(lifecycle: Lifecycle, facts: gate.Facts, target: str) -> str | None:
    if lifecycle.workflow.states[target].kind != "suspended":
        return None
    return facts.previous or facts.state
