"""What is done to plans: written, approved by somebody else, rehearsed, retired."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flowgov.acts.entering import Office, next_key
from flowgov.clock import start_of
from flowgov.dossier.entry import Entry
from flowgov.dossier.plans import (
    CONTENT,
    ESSENTIAL,
    KINDS,
    LONGEST_FINDINGS,
    LONGEST_LINE,
    LONGEST_TEXT,
    MOST_ASSETS,
    MOST_LINES,
    PRINTED_WIDTH,
    RESULTS,
    Content,
    printed_lines,
)
from flowgov.errors import BadInput, Conflict
from flowgov.guards import Blocker, parties
from flowgov.people import ADMINISTRATOR
from flowgov.request import Grant
from flowgov.text import LONGEST_LABEL, clean_entry_key, clean_text

Day = date | datetime | str
PLAN = "plan"


def record(office: Office, key: str | None, kind: str, content: Content, next_exercise: Day | None) -> None:
    """A new plan, in its first edition, which nobody has approved.

    Raises:
        BadInput: the key is taken or malformed, there is no such kind, or a text or a day is not usable.
        NotFound: there is no such asset.
        Refusal: the actor neither holds a role that acts nor administers.
    """
    taken = office.entries(PLAN)
    key = clean_entry_key(key) if key else next_key(taken, "PL-")
    if key in taken:
        raise BadInput("plan_taken", key=key)
    if kind not in KINDS:
        raise BadInput("no_choice", field="kind", value=kind, known=[*KINDS])
    texts, assets = _texts(content), _assets(office, content)
    rehearsed = _next(next_exercise, None) if next_exercise else None
    grant = _may_write(office, key, "record")
    facts = {
        "kind": kind,
        "assets": assets or [],
        "edition": 1,
        **_written_by(office, grant),
        "exercise": None,
        "next_exercise": rehearsed,
        "retired": False,
    }
    office.enter(PLAN, key, "record", facts, texts, grant)


def change(office: Office, key: str, content: Content, next_exercise: Day | None) -> None:
    """Another edition, which nobody has approved; or only another day for the next exercise.

    Args:
        next_exercise: empty for none.

    Raises:
        BadInput: nothing changes, or a text or a day is not usable.
        NotFound: there is no such plan or asset.
        Refusal: the actor neither holds a role that acts nor administers, or the plan is retired.
    """
    plan = office.line(PLAN, key)
    texts = {name: text for name, text in _texts(content).items() if text != plan.texts.get(name, "")}
    assets, rehearsed = _assets(office, content), plan.facts["next_exercise"]
    if next_exercise is not None:
        rehearsed = _next(next_exercise, plan.facts["exercise"])
    facts = {**plan.facts, "next_exercise": rehearsed}
    if assets is not None:
        facts["assets"] = assets
    if facts == plan.facts and not texts:
        raise BadInput("nothing_to_change")
    anew = bool(texts) or facts["assets"] != plan.facts["assets"]
    act = "change" if anew else "schedule"
    grant = _may_write(office, key, act, *_retired(plan))
    if anew:
        facts |= {"edition": plan.facts["edition"] + 1, **_written_by(office, grant)}
    office.enter(PLAN, key, act, facts, texts, grant)


def approve(office: Office, key: str, edition: int | None) -> None:
    """Somebody answers for the newest edition: for the business, or as the owner of everything it covers.

    Args:
        edition: the one that was read.

    Raises:
        NotFound: there is no such plan.
        Conflict: there is a newer edition than the one that was read.
        Refusal: the actor is not entitled, wrote the edition or stands in for its author, or is a service account;
            the plan is incomplete or retired.
    """
    plan = office.line(PLAN, key)
    newest = plan.facts["edition"]
    if edition is not None and edition != newest:
        raise Conflict("plan_changed", key=key, expected=edition, found=newest)
    entitled, grant = _decides(office, plan)
    blockers = [*_retired(plan), *_incomplete(plan), *_its_author(office, plan, grant)]
    if office.is_service:
        blockers.append(Blocker("service_approves", {"person": office.actor}))
    if not entitled:
        roles = office.roles_of("business")
        blockers.append(Blocker("plan_not_approver", {"plan": key}, roles, _approve(key)))
    office.stop(PLAN, key, "approve", *blockers)
    approved = {"by": office.actor, "on": office.now[:10], "edition": newest}
    office.enter(PLAN, key, "approve", {**plan.facts, "approved": approved}, grant=grant)


def exercise(office: Office, key: str, on: Day, result: str, findings: str | None, next_exercise: Day | None) -> None:
    """The plan was rehearsed. A day that was planned stays where it is later; one that has come is dropped.

    Raises:
        BadInput: the day is to come or before the last exercise, the next is not later, there is no such result, or
            no findings of an exercise that did not pass.
        NotFound: there is no such plan.
        Refusal: the actor holds no role that acts, administers nothing, and neither owns nor holds an asset that the
            plan covers; or it is retired.
    """
    plan = office.line(PLAN, key)
    day, last = start_of(on)[:10], plan.facts["exercise"]
    if day > office.now[:10]:
        raise BadInput("day_to_come", value=day)
    if last is not None and day < last["on"]:
        raise BadInput("day_before_last", value=day, last=last["on"])
    if result not in RESULTS:
        raise BadInput("no_choice", field="result", value=result, known=[*RESULTS])
    if result != "passed" and not (findings and findings.strip()):
        raise BadInput("exercise_findings")
    held = {"on": day, "result": result}
    planned = plan.facts["next_exercise"]
    kept = planned if planned is not None and planned > day else None
    rehearsed = _next(next_exercise, held) if next_exercise else kept
    said = _text(findings, "findings") if findings and findings.strip() else ""
    grant, blockers = office.standing(), _retired(plan)
    if grant is None and not _concerned(office, plan):
        blockers.append(Blocker("plan_not_concerned", {"plan": key}, (ADMINISTRATOR,)))
    office.stop(PLAN, key, "exercise", *blockers)
    facts = {**plan.facts, "exercise": held, "next_exercise": rehearsed}
    office.enter(PLAN, key, "exercise", facts, {"findings": said}, grant)


def retire(office: Office, key: str, reason: str) -> None:
    """The plan is for nothing any more, and stays as it is.

    Raises:
        BadInput: there is no reason.
        NotFound: there is no such plan.
        Refusal: the actor neither speaks for the business, administers, nor owns every asset that the plan covers;
            or it is retired already.
    """
    plan = office.line(PLAN, key)
    said = _text(reason, "reason")
    entitled, grant = _decides(office, plan)
    if office.administrator is not None:
        entitled, grant = True, office.administrator
    blockers = _retired(plan)
    if not entitled:
        blockers.append(Blocker("plan_not_retirer", {"plan": key}, (ADMINISTRATOR, *office.roles_of("business"))))
    office.stop(PLAN, key, "retire", *blockers)
    office.enter(PLAN, key, "retire", {**plan.facts, "retired": True}, {"reason": said}, grant)


def _written_by(office: Office, grant: Grant | None) -> dict[str, Any]:
    """What a new edition says of its author; nobody has approved it."""
    return {"author": office.actor, "author_for": grant.delegator if grant else None, "approved": None}


def _may_write(office: Office, key: str, act: str, *others: Blocker) -> Grant | None:
    grant, blockers = office.standing(), [*others]
    if grant is None:
        blockers.append(Blocker("plan_no_role", {}, (ADMINISTRATOR,)))
    office.stop(PLAN, key, act, *blockers)
    return grant


def _decides(office: Office, plan: Entry) -> tuple[bool, Grant | None]:
    """Whether the actor may answer for a plan, and by which grant: none where it is as the owner of its assets.

    Somebody's own standing comes before a role that was lent to him.
    """
    grant = office.on_side("business")
    if (grant is None or grant.delegator is not None) and _owns_all(office, plan):
        return True, None
    return grant is not None, grant


def _owns_all(office: Office, plan: Entry) -> bool:
    keys, known = plan.facts["assets"], office.shared("asset")
    return bool(keys) and all(key in known and known[key].facts["owner"] == office.actor for key in keys)


def _concerned(office: Office, plan: Entry) -> bool:
    known = office.shared("asset")
    covered = (known[key].facts for key in plan.facts["assets"] if key in known)
    return any(office.actor in (asset["owner"], asset["holder"]) for asset in covered)


def _its_author(office: Office, plan: Entry, grant: Grant | None) -> list[Blocker]:
    """Nobody approves what he wrote; who stands in for somebody is one with him."""
    delegator = grant.delegator if grant else None
    author, principal = plan.facts["author"], plan.facts["author_for"]
    if not parties(author, principal) & parties(office.actor, delegator):
        return []
    roles, command = office.roles_of("business"), _approve(plan.key)
    if author == office.actor:
        return [Blocker("plan_author", {"person": author, "plan": plan.key}, roles, command)]
    params = {"person": office.actor, "author": author, "plan": plan.key}
    return [Blocker("plan_stands_in", params, roles, command)]


def _incomplete(plan: Entry) -> list[Blocker]:
    missing = [name for name in ESSENTIAL if not plan.texts.get(name)]
    if not missing or (plan.facts["kind"] != "emergency" and plan.texts.get("link")):
        return []
    code = "plan_incomplete" if plan.facts["kind"] == "emergency" else "plan_empty"
    return [Blocker(code, {"plan": plan.key, "missing": [f"--{name}" for name in missing]})]


def _retired(plan: Entry) -> list[Blocker]:
    return [Blocker("plan_retired", {"plan": plan.key})] if plan.facts["retired"] else []


def _assets(office: Office, content: Content) -> list[str] | None:
    if content.assets is None:
        return None
    found = office.assets(content.assets)
    if len(found) > MOST_ASSETS:
        raise BadInput("plan_assets", limit=MOST_ASSETS, count=len(found))
    return found


def _texts(content: Content) -> dict[str, str]:
    """What is said, as it is kept; an empty text is one to be cleared. A title cannot be."""
    found = {name: text for name in CONTENT if (text := getattr(content, name)) is not None}
    return {name: _text(text, name) if text.strip() or name == "title" else "" for name, text in found.items()}


_ON_ONE_LINE: Mapping[str, int] = {"title": LONGEST_LABEL, "link": LONGEST_LINE, "reason": LONGEST_LINE}


def _text(value: str, name: str) -> str:
    """*value* as it is kept, if a printed plan has room for it."""
    if name in _ON_ONE_LINE:
        return clean_text(value, field=name, limit=_ON_ONE_LINE[name])
    limit, most = (LONGEST_FINDINGS, MOST_LINES // 2) if name == "findings" else (LONGEST_TEXT, MOST_LINES)
    found = clean_text(value, field=name, limit=limit, multiline=True)
    count = printed_lines(found)
    if count > most:
        raise BadInput("too_many_lines", field=name, limit=most, count=count, width=PRINTED_WIDTH)
    return found


def _next(day: Day, last: Mapping[str, Any] | None) -> str | None:
    """The day of the next exercise, which is after the last; None for an empty one."""
    if day == "":
        return None
    found = start_of(day)[:10]
    if last is not None and found <= last["on"]:
        raise BadInput("exercise_next", day=found, last=last["on"])
    return found


def _approve(key: str) -> str:
    return f"flowgov plan approve {key} --as {{holder}}"
