"""Exceptions: permissions to depart from a rule, the compensating control that makes up for it, and its reviews.

An administrator grants one, never for himself, on one project or for all of them; one for all says more of what
makes up for it. The reviewer who is named in it, another person, says now and then
whether the control works; while a review is due and not done, or found a problem, the exception permits nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from flowgov.acts.administering import (
    Day,
    Desk,
    known_person,
    known_project_id,
    known_role,
    period,
    sit_down,
)
from flowgov.acts.receipts import on_organisation
from flowgov.acts.unit import Unit
from flowgov.clock import moment
from flowgov.dossier.exceptions import CONTROLS, LONGEST_DAYS, RESULTS, RULES
from flowgov.errors import BadInput, NotFound
from flowgov.guards import Blocker
from flowgov.people import ADMINISTRATOR
from flowgov.project import Receipt
from flowgov.store import permits
from flowgov.suggest import closest
from flowgov.text import LONGEST_TEXT, clean_text


@dataclass(frozen=True, slots=True)
class Terms:
    """What somebody asks an exception to say."""

    project: str | None
    """Key; None for every project."""
    rules: tuple[str, ...]
    person: str
    until: Day
    reason: str
    compensating: str
    reviewer: str | None = None
    start: Day | None = None
    roles: tuple[str, ...] = ()
    risk: str | None = None
    control: str | None = None
    every_days: int | None = None


def add_exception(unit: Unit, terms: Terms, by: str) -> Receipt:
    """See `Engine.add_exception`."""
    desk = sit_down(unit, by)
    content = {"key": f"EX-{desk.head.seq + 1:04d}", **_content(desk, terms)}
    holder = content["person"]
    own = [Blocker("own_exception", {"person": holder}, (ADMINISTRATOR,))] if holder == desk.actor else []
    program = [Blocker("service_approves", {"person": desk.actor}, (ADMINISTRATOR,))] if desk.service else []
    texts = _texts(terms)
    desk.allow("exception.add", terms.person, content, *own, *program)
    sealed = desk.enter("exception.granted", content, texts)
    permits.add(unit.connection, _row(content, texts, desk.actor, sealed.seq))
    return on_organisation(sealed, str(content["key"]))


def review_exception(unit: Unit, key: str, result: str, note: str | None, by: str) -> Receipt:
    """See `Exemptions.review`."""
    _among(result, RESULTS, "bad_review_result")
    said = None if note is None else clean_text(note, field="note", limit=LONGEST_TEXT, multiline=True)
    if result == "problem" and said is None:
        raise BadInput("problem_without_note")
    desk, row = _pull(sit_down(unit, by), key)
    content = {"key": key, "result": result}
    if row.reviewer_id != desk.actor:
        blocker = Blocker("not_the_reviewer", {"exception": key, "person": desk.actor, "reviewer": row.reviewer_id})
        desk.stop("exception.review", key, content, blocker)
    _in_force(row, desk.now)
    sealed = desk.enter("exception.reviewed", content, {"note": said}, auth={})
    permits.set_reviewed(unit.connection, key, f"{sealed.ts} {result}")
    return on_organisation(sealed, key)


def end_exception(unit: Unit, key: str, reason: str, by: str) -> Receipt:
    """See `Exemptions.end`."""
    said = clean_text(reason, field="reason", limit=LONGEST_TEXT, multiline=True)
    # the time of the end is taken once no move can still rely on the exception
    desk, row = _pull(sit_down(unit, by), key)
    content = {"key": key}
    desk.allow("exception.end", key, content)
    if row.ended is not None or row.until <= desk.now:
        raise BadInput("exception_over", name=key)
    sealed = desk.enter("exception.ended", content, {"reason": said})
    permits.set_ended(unit.connection, key, sealed.ts)
    return on_organisation(sealed, key)


def unknown_exception(known: list[str], key: str) -> NotFound:
    """The error for an exception that was never granted."""
    return NotFound("exception", name=key, suggestions=closest(key, known))


def _pull(desk: Desk, key: str) -> tuple[Desk, Row[Any]]:
    """An exception, locked: whoever relies on it now was waited for."""
    row = permits.lock(desk.unit.connection, key)
    if row is None:
        raise unknown_exception(permits.keys(desk.unit.connection), key)
    return desk.once_more(), row


def _in_force(row: Row[Any], now: str) -> None:
    if row.start > now:
        raise BadInput("exception_not_begun", name=row.key)
    if row.ended is not None or row.until <= now:
        raise BadInput("exception_over", name=row.key)


def _content(desk: Desk, terms: Terms) -> dict[str, Any]:
    unit = desk.unit
    rules = _known_rules(terms.rules)
    holder = known_person(unit, terms.person)
    reviewer = known_person(unit, terms.reviewer) if terms.reviewer else None
    project = known_project_id(unit, terms.project, archived=False)
    begins, ends = period(desk.now, terms.start, terms.until)
    assert ends is not None, "an exception has an end"
    lasts = moment(ends) - moment(begins)
    if lasts > timedelta(days=LONGEST_DAYS):
        raise BadInput("exception_too_long", days=LONGEST_DAYS)
    if reviewer == holder:
        raise BadInput("own_review", person=terms.person)
    if terms.project is None:
        _made_up_for(terms, lasts)
    return {
        "rules": list(rules),
        "person": holder,
        "project": project,
        "start": begins,
        "until": ends,
        "reviewer": reviewer,
        **_compensation(unit, terms),
    }


def _made_up_for(terms: Terms, lasts: timedelta) -> None:
    """An exception for every project says what makes up for it, and is reviewed before it ends."""
    if terms.control is None or terms.every_days is None or not terms.reviewer:
        raise BadInput("everywhere_unreviewed")
    _known_rhythm(terms.every_days)
    if timedelta(days=terms.every_days) >= lasts:
        raise BadInput("everywhere_review_too_late", days=terms.every_days)


def _known_rhythm(every_days: int) -> None:
    if not 1 <= every_days <= LONGEST_DAYS:
        raise BadInput("bad_every_days", value=every_days, days=LONGEST_DAYS)


def _compensation(unit: Unit, terms: Terms) -> dict[str, Any]:
    """What an exception says of the roles it combines and of its control; nothing where it says nothing."""
    for role in terms.roles:
        known_role(unit, role, terms.project)
    if terms.control is not None:
        _among(terms.control, CONTROLS, "bad_control")
    if terms.every_days is not None:
        _known_rhythm(terms.every_days)
        if not terms.reviewer:
            raise BadInput("review_without_reviewer")
    said = {"roles": list(dict.fromkeys(terms.roles)), "control": terms.control, "every_days": terms.every_days}
    return {name: value for name, value in said.items() if value}


def _texts(terms: Terms) -> dict[str, str | None]:
    given = {"reason": terms.reason, "compensating": terms.compensating}
    asked = {**given, "risk": terms.risk} if terms.risk is not None else given
    return {name: clean_text(said, field=name, limit=LONGEST_TEXT, multiline=True) for name, said in asked.items()}


def _row(content: dict[str, Any], texts: dict[str, str | None], approver: str, seq: int) -> dict[str, Any]:
    plain = {name: content[name] for name in ("key", "start", "until")}
    return {
        **plain,
        "rules": ",".join(content["rules"]),
        "person_id": content["person"],
        "project_id": content["project"],
        "reviewer_id": content["reviewer"],
        "approved_by": approver,
        "seq": seq,
        "roles": ",".join(content["roles"]) if "roles" in content else None,
        "control": content.get("control"),
        "every_days": content.get("every_days"),
        "risk": None,
        **texts,
    }


def _known_rules(rules: tuple[str, ...]) -> tuple[str, ...]:
    for name in rules or ("",):
        _among(name, RULES, "bad_rule")
    return tuple(dict.fromkeys(rules))


def _among(name: str, known: tuple[str, ...], code: str) -> None:
    if name not in known:
        raise BadInput(code, name=name, known=list(known), suggestions=closest(name, known))
