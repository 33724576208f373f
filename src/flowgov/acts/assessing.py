"""What is done to risks: recorded, confirmed by both sides, treated, accepted, closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from flowgov.acts.entering import Folder, next_key
from flowgov.clock import end_of, moment, stamp, start_of
from flowgov.dossier.entry import Entry
from flowgov.dossier.matrices import Matrix, matrix_of
from flowgov.dossier.risks import (
    DETAILS,
    KINDS,
    MOST_MEASURES,
    ONE_PERSON,
    SIDES,
    TREATMENTS,
    accepting_roles,
    agreed,
    givers,
    level,
    roles_of,
)
from flowgov.dossier.starters import STARTERS, suggestion
from flowgov.errors import BadInput, Conflict, NotFound
from flowgov.guarding.risks import one_side_only
from flowgov.guards import Blocker, Departure, permission
from flowgov.i18n import DEFAULT, Language
from flowgov.request import Grant
from flowgov.suggest import closest
from flowgov.text import LONGEST_LABEL, LONGEST_TEXT, clean_entry_key, clean_text
from flowgov.workflow.model import Side

Day = date | datetime | str
Planned = tuple[str, Day, str]
"""A measure: who is to do it (login), by which day, and what it is."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What somebody says of a risk; None for what stays as it is."""

    title: str | None = None
    kind: str | None = None
    assets: Sequence[str] | None = None
    gravity: int | None = None
    likelihood: int | None = None
    residual: tuple[int, int] | None = None
    treatment: str | None = None
    measures: Sequence[Planned] | None = None
    """They take the place of those that are not done."""
    owner: str | None = None
    review: Day | None = None
    details: Mapping[str, str | None] = field(default_factory=dict)
    """Texts of the full form; an empty one is cleared."""


def record(
    folder: Folder, key: str | None, said: Assessment, starter: str | None = None, lang: Language = DEFAULT
) -> None:
    """A new risk. Whoever speaks for a side has confirmed for it what he records; a program confirms nothing.

    Raises:
        BadInput: a value is missing, or not on the scales; the key is taken or malformed.
        NotFound: there is no such suggestion, person or asset.
        Refusal: the actor neither acts on the project nor opened it, or it is closed.
    """
    taken = folder.entries("risk")
    key = clean_entry_key(key) if key else next_key(taken, "R-")
    if key in taken:
        raise BadInput("risk_taken", key=key)
    said, kind = _from_starter(said, starter, lang)
    if said.title is None or said.gravity is None or said.likelihood is None:
        raise BadInput("risk_incomplete")
    grant = _may_record(folder, key, "record")
    empty: dict[str, Any] = {
        "kind": kind,
        "assets": [],
        "residual": [said.gravity, said.likelihood],
        "treatment": "reduce",
        "measures": [],
        "owner": None,
        "review": None,
        "status": "open",
        "agreed": None,
        "starter": starter,
    }
    _write(folder, key, "record", empty, said, grant)


def change(folder: Folder, key: str, said: Assessment) -> None:
    """Other values, or another plan: what both sides confirmed and what was accepted is so no more.

    Raises:
        BadInput: nothing is said, or a value is not on the scales.
        NotFound: there is no such risk, person or asset.
        Refusal: the actor neither acts on the project nor opened it; the risk, or the project, is closed.
    """
    risk = folder.line("risk", key)
    if said == Assessment():
        raise BadInput("nothing_to_change")
    grant = _may_record(folder, key, "change", *_still_open(risk))
    _write(folder, key, "change", risk.facts, said, grant)


def confirm(folder: Folder, keys: Sequence[str], side: Side | None, expect: int | None) -> None:
    """One side agrees with the values that stand, of these risks, or of all that wait for it.

    Raises:
        NotFound: there is no such risk.
        Conflict: the risk was recorded anew since the caller looked.
        Refusal: the actor speaks for no side, has confirmed already, or he, or whom he acts for, has for the other
            side; or it is a service account.
    """
    risks = [folder.line("risk", key) for key in keys] or [*folder.entries("risk").values()]
    if expect is not None and any(risk.n != expect for risk in risks):
        raise Conflict("risk_changed", key=risks[0].key, expected=expect, found=risks[0].n)
    name = keys[0] if keys else "*"
    side, grant = _speaks_for(folder, name, risks, side)
    cycle = folder.facts.cycle
    waiting = [r for r in risks if keys or (r.facts["status"] == "open" and not _confirmed(r, side, cycle, None))]
    blockers = [*folder.program(), *(b for risk in waiting for b in _not_again(folder, risk, side, grant))]
    if not waiting:
        blockers.append(Blocker("risk_nothing_to_confirm"))
    folder.stop("risk", name, "confirm", *folder.closed(), *blockers)
    for risk in waiting:
        _confirm(folder, risk, side, grant)


def measure_done(folder: Folder, key: str, number: int | None, on: Day | None) -> None:
    """A measure is done: by whom it was planned for, or by somebody who acts on the project.

    Raises:
        BadInput: the day is to come, or it is not said which measure.
        NotFound: there is no such risk or measure.
        Refusal: it is somebody else's, done already, or the risk is closed.
    """
    risk = folder.line("risk", key)
    measure = _measure(risk, number)
    day = start_of(on)[:10] if on is not None else folder.now[:10]
    if day > folder.now[:10]:
        raise BadInput("day_to_come", value=day)
    grant = folder.acting()
    blockers = [*folder.closed(), *_still_open(risk)]
    if measure["done"]:
        blockers.append(Blocker("measure_done_already", {"risk": key, "measure": measure["n"]}))
    if grant is None and measure["owner"] != folder.actor:
        params = {"risk": key, "measure": measure["n"], "person": measure["owner"]}
        blockers.append(Blocker("measure_not_yours", params, folder.lifecycle.workflow.acting))
    folder.stop("risk", key, "measure", *blockers)
    done = [{**m, "done": day} if m["n"] == measure["n"] else m for m in risk.facts["measures"]]
    _enter(folder, key, "measure", {**risk.facts, "measures": done}, {}, grant)


def accept(folder: Folder, key: str, until: Day, reason: str | None) -> None:
    """Decide to live with a risk until a day; the risk is seen alike by both sides.

    Raises:
        BadInput: the day is past, or too far away.
        NotFound: there is no such risk.
        Refusal: the actor is not entitled, or a service account; both sides have not confirmed; the risk is closed.
    """
    risk, workflow = folder.line("risk", key), folder.lifecycle.workflow
    end, most = end_of(until), workflow.risks.acceptance_days
    latest = stamp(moment(folder.now) + timedelta(days=most))
    if end <= folder.now:
        raise BadInput("acceptance_past", until=str(until))
    if end > latest:
        raise BadInput("acceptance_too_long", until=str(until), limit=most, latest=latest[:10])
    roles = accepting_roles(workflow)
    grant = folder.holds(*roles)
    blockers = [*folder.closed(), *_still_open(risk), *folder.program()]
    if grant is None:
        blockers.append(Blocker("role_missing", {"roles": [*roles]}, roles))
    if roles_of(workflow, "business") and roles_of(workflow, "technical") and not agreed(risk.facts):
        both = (*roles_of(workflow, "business"), *roles_of(workflow, "technical"))
        command = f"flowgov risk confirm {folder.facts.key} {key} --as {{holder}}"
        blockers.append(Blocker("risk_not_agreed", {"risk": key}, both, command))
    folder.stop("risk", key, "accept", *blockers)
    assert grant is not None, "stopped otherwise"
    acceptance = {"p": folder.actor, "role": grant.role, "since": folder.now, "until": end}
    texts = {"reason": _text(reason, "reason")} if reason else {}
    _enter(folder, key, "accept", {**risk.facts, "acceptance": acceptance}, texts, grant)


def withdraw(folder: Folder, key: str, reason: str | None) -> None:
    """Accept a risk no more.

    Raises:
        NotFound: there is no such risk.
        Refusal: it is not accepted, or the actor could not have accepted it.
    """
    risk, roles = folder.line("risk", key), accepting_roles(folder.lifecycle.workflow)
    grant = folder.holds(*roles)
    blockers = [*folder.closed()]
    if grant is None:
        blockers.append(Blocker("role_missing", {"roles": [*roles]}, roles))
    if risk.facts["acceptance"] is None:
        blockers.append(Blocker("risk_not_accepted", {"risk": key}))
    folder.stop("risk", key, "withdraw", *blockers)
    texts = {"reason": _text(reason, "reason")} if reason else {}
    _enter(folder, key, "withdraw", {**risk.facts, "acceptance": None}, texts, grant)


def close(folder: Folder, key: str, reason: str) -> None:
    """The risk is no more. One that is high is first treated, or assessed anew by both sides.

    Raises:
        NotFound: there is no such risk.
        Refusal: it is high or closed, or the actor does not act on the project.
    """
    risk, matrix = folder.line("risk", key), matrix_of(folder.lifecycle.workflow.risks)
    blockers = [*folder.closed(), *_still_open(risk)]
    if risk.facts["status"] == "open" and level(risk.facts, matrix) >= matrix.high_from:
        blockers.append(Blocker("risk_still_high", {"risk": key}))
    _turn(folder, risk, "close", {"status": "closed"}, reason, blockers)


def reopen(folder: Folder, key: str, reason: str) -> None:
    """The risk is back; both sides confirm it anew.

    Raises:
        NotFound: there is no such risk.
        Refusal: it is open, or the actor does not act on the project.
    """
    risk = folder.line("risk", key)
    blockers = [*folder.closed()]
    if risk.facts["status"] == "open":
        blockers.append(Blocker("risk_open", {"risk": key}))
    _turn(folder, risk, "reopen", {"status": "open", "confirmed": _nobody(), "acceptance": None}, reason, blockers)


def _turn(
    folder: Folder, risk: Entry, act: str, changed: dict[str, Any], reason: str, blockers: Sequence[Blocker]
) -> None:
    text = {"reason": _text(reason, "reason")}
    folder.stop("risk", risk.key, act, *blockers)
    grant = folder.need_acting("risk", risk.key, act)
    _enter(folder, risk.key, act, {**risk.facts, **changed}, text, grant)


def _write(
    folder: Folder, key: str, act: str, former: Mapping[str, Any], said: Assessment, grant: Grant | None
) -> None:
    facts = {**former, **_values(folder, former, said), "confirmed": _nobody(), "acceptance": None}
    planned, texts = _plan(folder, former["measures"], said.measures)
    facts["measures"] = planned
    _on_the_scales(folder, facts)
    side = None if folder.is_service else _own_side(folder, grant)
    if side is not None and grant is not None:
        facts["confirmed"] = {**_nobody(), side: _confirmation(folder, grant, None)}
    _enter(folder, key, act, facts, {**texts, **_words(said)}, grant)


def _values(folder: Folder, former: Mapping[str, Any], said: Assessment) -> dict[str, Any]:
    """What is said of the risk, checked one by one."""
    assessed = {"gravity": said.gravity, "likelihood": said.likelihood}
    found: dict[str, Any] = {name: value for name, value in assessed.items() if value is not None}
    found["residual"] = _residual(former, {**former, **found}, said)
    for name, choice, known in (("kind", said.kind, KINDS), ("treatment", said.treatment, TREATMENTS)):
        if choice is not None:
            found[name] = _choice(name, choice, known)
    if said.assets is not None:
        found["assets"] = folder.assets(said.assets)
    if said.owner is not None:
        found["owner"] = folder.person(said.owner)
    if said.review is not None:
        found["review"] = start_of(said.review)[:10]
    return found


def _residual(former: Mapping[str, Any], now: Mapping[str, Any], said: Assessment) -> list[int]:
    """What is expected of the measures; as long as nobody said, they change nothing."""
    if said.residual is not None:
        return [*said.residual]
    unsaid = former["residual"] == [former.get("gravity"), former.get("likelihood")] or "gravity" not in former
    return [now["gravity"], now["likelihood"]] if unsaid else [*former["residual"]]


def _words(said: Assessment) -> dict[str, str]:
    texts = {} if said.title is None else {"title": clean_text(said.title, field="title", limit=LONGEST_LABEL)}
    for name, text in said.details.items():
        assert name in DETAILS, f"{name} is a text of a risk"
        if text is not None:
            texts[name] = _text(text, name) if text.strip() else ""
    return texts


def _plan(
    folder: Folder, former: Sequence[Mapping[str, Any]], planned: Sequence[Planned] | None
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Measures as they stand with those that are newly planned, and their words; what is done stays."""
    if planned is None:
        return [dict(m) for m in former], {}
    kept = [dict(m) for m in former if m["done"]]
    texts = {f"measure_{m['n']}": "" for m in former if not m["done"]}
    first = max((m["n"] for m in former), default=0) + 1
    for number, (owner, due, what) in enumerate(planned, first):
        kept.append({"n": number, "owner": folder.person(owner), "due": start_of(due)[:10], "done": None})
        texts[f"measure_{number}"] = clean_text(what, field="measure", limit=LONGEST_TEXT)
    if kept and kept[-1]["n"] > MOST_MEASURES:
        raise BadInput("too_many_measures", limit=MOST_MEASURES)
    return kept, texts


def _enter(
    folder: Folder, key: str, act: str, facts: Mapping[str, Any], texts: Mapping[str, str], grant: Grant | None
) -> None:
    matrix = matrix_of(folder.lifecycle.workflow.risks)
    graded = {**facts, "matrix": matrix.id, "level": level(facts, matrix)}
    folder.enter("risk", key, act, graded, texts, grant)


def _confirm(folder: Folder, risk: Entry, side: Side, grant: Grant) -> None:
    departure = _permission(folder) if _on_the_other_side(folder, risk, side, grant) else None
    given = {**risk.facts["confirmed"], side: _confirmation(folder, grant, departure)}
    facts = {**risk.facts, "confirmed": given}
    if agreed(facts):
        facts["agreed"] = [facts["gravity"], facts["likelihood"]]
    _enter(folder, risk.key, "confirm", facts, {}, grant)


def _confirmation(folder: Folder, grant: Grant, departure: Departure | None) -> dict[str, Any]:
    exception = departure.exception if departure else None
    given = {"p": folder.actor, "role": grant.role, "cycle": folder.facts.cycle, "exception": exception}
    return {**given, "for": grant.delegator} if grant.delegator else given


def _nobody() -> dict[str, Any]:
    return dict.fromkeys(SIDES)


def _speaks_for(folder: Folder, key: str, risks: Iterable[Entry], side: Side | None) -> tuple[Side, Grant]:
    """The side that the actor confirms for; of two, the one that still has to."""
    workflow, cycle = folder.lifecycle.workflow, folder.facts.cycle
    if not all(roles_of(workflow, one) for one in SIDES):
        raise BadInput("no_sides", workflow=workflow.name)
    asked: tuple[Side, ...] = (side,) if side else SIDES
    grants: dict[Side, Grant] = {one: grant for one in asked if (grant := folder.on_side(one))}
    if not grants:
        roles = tuple(role for one in asked for role in roles_of(workflow, one))
        folder.stop("risk", key, "confirm", Blocker("role_missing", {"roles": [*roles]}, roles))
    waiting = (one for one in grants if any(not _confirmed(risk, one, cycle, None) for risk in risks))
    chosen: Side = next(waiting, next(iter(grants)))
    return chosen, grants[chosen]


def _own_side(folder: Folder, grant: Grant | None) -> Side | None:
    role = folder.lifecycle.workflow.roles.get(grant.role) if grant else None
    return role.side if role else None


def _not_again(folder: Folder, risk: Entry, side: Side, grant: Grant) -> list[Blocker]:
    blockers = [*_still_open(risk)]
    if _confirmed(risk, side, folder.facts.cycle, folder.actor):
        blockers.append(Blocker("risk_confirmed_already", {"risk": risk.key}))
    other = _on_the_other_side(folder, risk, side, grant)
    if other and _permission(folder) is None:
        roles = roles_of(folder.lifecycle.workflow, side)
        command = f"flowgov risk confirm {folder.facts.key} {risk.key} --as {{holder}}"
        blockers.append(one_side_only(folder.actor, other, [risk.key], roles, command))
    return blockers


def _confirmed(risk: Entry, side: Side, cycle: int, person: str | None) -> bool:
    found = risk.facts["confirmed"][side]
    return found is not None and found["cycle"] == cycle and person in (None, found["p"])


def _on_the_other_side(folder: Folder, risk: Entry, side: Side, grant: Grant) -> str | None:
    """Who has confirmed for the other side, if he and the actor count as one person."""
    other = risk.facts["confirmed"]["technical" if side == "business" else "business"]
    same = other is not None and givers(other) & givers(_confirmation(folder, grant, None))
    return str(other["p"]) if same else None


def _permission(folder: Folder) -> Departure | None:
    """By what permission the actor counts for both sides."""
    workflow = folder.lifecycle.workflow
    # the rule is the same at every gate
    transition = next(iter(workflow.transitions.values()))
    request = folder.facts.request(workflow, transition, folder.now, None, {})
    return permission(request, ONE_PERSON, folder.actor)


def _may_record(folder: Folder, key: str, act: str, *others: Blocker) -> Grant | None:
    """The actor's grant; none for the project's creator, who may record risks without a role.

    The grant of a side comes first: what he records he has confirmed for it.
    """
    grant = next((g for side in SIDES if (g := folder.on_side(side))), None) or folder.acting()
    blockers = [*folder.closed(), *others]
    if grant is None and folder.actor != folder.facts.creator:
        blockers.append(Blocker("risk_no_role", {}, folder.lifecycle.workflow.acting))
    folder.stop("risk", key, act, *blockers)
    return grant


def _from_starter(said: Assessment, starter: str | None, lang: Language) -> tuple[Assessment, str]:
    if starter is None:
        return said, "technical"
    if starter not in STARTERS:
        raise NotFound("starter_risk", name=starter, known=[*STARTERS], suggestions=closest(starter, STARTERS))
    begun = suggestion(starter, lang)
    return (Assessment(**{**_fields(said), "title": begun.title}) if said.title is None else said), begun.kind


def _fields(said: Assessment) -> dict[str, Any]:
    return {name: getattr(said, name) for name in Assessment.__dataclass_fields__}


def _on_the_scales(folder: Folder, facts: Mapping[str, Any]) -> None:
    matrix: Matrix = matrix_of(folder.lifecycle.workflow.risks)
    for gravity, likelihood in ((facts["gravity"], facts["likelihood"]), facts["residual"]):
        if not matrix.knows(gravity, likelihood):
            raise BadInput(
                "off_the_scales",
                values=f"{gravity}, {likelihood}",
                gravity=matrix.gravities,
                likelihood=matrix.likelihoods,
            )
    if matrix.level(*facts["residual"]) > matrix.level(facts["gravity"], facts["likelihood"]):
        raise BadInput("residual_worse")


def _measure(risk: Entry, number: int | None) -> Mapping[str, Any]:
    measures: list[Mapping[str, Any]] = risk.facts["measures"]
    still_open = [m for m in measures if m["done"] is None]
    if number is None and len(still_open) != 1:
        raise BadInput("which_measure", risk=risk.key, numbers=[m["n"] for m in still_open])
    wanted = still_open[0]["n"] if number is None else number
    found = next((m for m in measures if m["n"] == wanted), None)
    if found is None:
        raise NotFound("measure", name=number, risk=risk.key)
    return found


def _choice(name: str, value: str, known: Sequence[str]) -> str:
    if value not in known:
        raise BadInput("no_choice", field=name, value=value, known=[*known])
    return value


def _text(value: str, name: str) -> str:
    return clean_text(value, field=name, limit=LONGEST_TEXT, multiline=True)


def _still_open(risk: Entry) -> list[Blocker]:
    return [] if risk.facts["status"] == "open" else [Blocker("risk_closed", {"risk": risk.key})]
