"""The agenda of the next meeting: what waits, what ends, what threatens, what was promised. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row

from flowgov.acts import moving
from flowgov.acts.ending import deadlines
from flowgov.acts.house import House
from flowgov.acts.lateness import due
from flowgov.dossier.deadlines import Deadline, GateDue
from flowgov.dossier.health import LEVELS, Health
from flowgov.dossier.meetings import Action, Agenda, FollowUp, RiskToReview, Waiting
from flowgov.errors import MissingExtra
from flowgov.guards import Decision
from flowgov.registers.health import Outlook, health
from flowgov.registers.threats import to_review
from flowgov.store import projects
from flowgov.workflow.model import Transition

WITHIN = 30
"""Days ahead that an agenda looks."""
_MOST_ASKED = 5
"""Holders asked about one gate, until one is found who could pass it."""
_NOT_MISSING = frozenset({"role_missing", "same_author", "same_creator", "approval_missing"})
"""Blockers that say something of who asks, or that an agenda shows as approvals asked for."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What comes to its end by a day, for one project or for all."""

    day: date
    gates: Mapping[tuple[str, str], GateDue]
    """Due times by project and transition."""
    ending: tuple[Deadline, ...]
    known: bool
    """Whether working days can be counted here."""


def ahead(house: House, connection: Connection, key: str | None, day: date) -> Ahead:
    """What is due, or ends within thirty days of *day*."""
    now = house.now()
    within = WITHIN + max((day - date.fromisoformat(now[:10])).days, 0)
    ending = tuple(d for d in deadlines(house, connection, now, within, key) if d.kind != "action")
    try:
        gates = {(g.project, g.transition): g for g in due(house, connection, now, key, whom=False)}
    except MissingExtra:
        return Ahead(day, {}, ending, known=False)
    return Ahead(day, gates, ending, known=True)


def of_project(
    house: House, connection: Connection, row: Row[Any], found: FollowUp, outlook: Outlook, day: date
) -> Agenda:
    """The agenda of a project."""
    coming = ahead(house, connection, row.key, day)
    entries, workflow = outlook.entries.get(row.id, ()), house.lifecycle(connection, row.workflow).workflow
    return Agenda(
        project=row.key,
        title=row.title,
        day=day.isoformat(),
        made=outlook.now[:10],
        series=found.series,
        rhythm=found.rhythm,
        waiting=_late_first(waiting(house, connection, row, outlook, coming)),
        ending=coming.ending,
        risks=to_review(workflow, row, entries, found.meetings, outlook.now),
        actions=open_actions(found.actions),
        last=found.meetings[-1] if found.meetings else None,
        health=(health(house, connection, row, outlook),),
        due_known=coming.known,
    )


def of_portfolio(
    house: House,
    connection: Connection,
    title: str,
    found: FollowUp,
    follow_ups: Mapping[str, FollowUp],
    outlook: Outlook,
    day: date,
) -> Agenda:
    """The agenda of the organisation's own meeting: the same of every open project, the worst ones first.

    Of the risks of projects it shows the high ones, and of their actions those past due.
    """
    coming = ahead(house, connection, None, day)
    rows = [row for row in projects.every(connection) if not _ended(house, connection, row)]
    lit = [health(house, connection, row, outlook) for row in rows]
    late = [a for one in follow_ups.values() for a in open_actions(one.actions) if a.late_on(outlook.now[:10])]
    return Agenda(
        project=found.project,
        title=title,
        day=day.isoformat(),
        made=outlook.now[:10],
        series=found.series,
        rhythm=found.rhythm,
        waiting=_late_first(item for row in rows for item in waiting(house, connection, row, outlook, coming)),
        ending=coming.ending,
        risks=tuple(risk for row in rows for risk in _high(house, connection, row, follow_ups[row.key], outlook)),
        actions=(*open_actions(found.actions), *late),
        last=found.meetings[-1] if found.meetings else None,
        health=tuple(sorted(lit, key=_worst_first)),
        due_known=coming.known,
    )


def open_actions(actions: Iterable[Action]) -> tuple[Action, ...]:
    """Those that are not done, the one due first at the top."""
    return tuple(sorted((a for a in actions if a.done is None), key=lambda a: (a.due, a.project, a.key)))


def waiting(house: House, connection: Connection, row: Row[Any], outlook: Outlook, coming: Ahead) -> Iterator[Waiting]:
    """The gates that start where a project stands, and for whom each waits."""
    lifecycle = house.lifecycle(connection, row.workflow)
    for name in lifecycle.leaving(row.state):
        transition = lifecycle.workflow.transitions[name]
        if transition.kind != "gate":
            continue
        movers = _holding(row, transition.fire, outlook)
        decision = _decision(house, connection, row, transition, movers)
        gate = coming.gates.get((row.key, name))
        asked = [str(b.params["role"]) for b in decision.blockers if b.code == "approval_missing"]
        yield Waiting(
            project=row.key,
            transition=name,
            label={"en": transition.label.en, "fr": transition.label.fr},
            since=row.entered,
            movers=movers,
            approvers=_holding(row, asked, outlook),
            missing=sum(1 for b in decision.blockers if b.code not in _NOT_MISSING),
            due=gate.day if gate else None,
            overdue=gate.late if gate else False,
        )


def _high(
    house: House, connection: Connection, row: Row[Any], found: FollowUp, outlook: Outlook
) -> Iterator[RiskToReview]:
    workflow = house.lifecycle(connection, row.workflow).workflow
    review = to_review(workflow, row, outlook.entries.get(row.id, ()), found.meetings, outlook.now)
    return (risk for risk in review if "high" in risk.why)


def _late_first(found: Iterable[Waiting]) -> tuple[Waiting, ...]:
    return tuple(sorted(found, key=lambda item: not item.overdue))


def _ended(house: House, connection: Connection, row: Row[Any]) -> bool:
    return house.lifecycle(connection, row.workflow).workflow.states[row.state].ended


def _holding(row: Row[Any], roles: Iterable[str], outlook: Outlook) -> tuple[str, ...]:
    return tuple(dict.fromkeys(login for role in roles for login in outlook.holding(row.key, role)))


def _decision(
    house: House, connection: Connection, row: Row[Any], transition: Transition, movers: Sequence[str]
) -> Decision:
    """What the gate says to the holder it holds the least against."""
    asked = movers[:_MOST_ASKED] or (row.creator_login,)
    said = (moving.explain(house, connection, row.key, transition.id, by, None, {}) for by in asked)
    return min(said, key=lambda decision: len(decision.blockers))


def _worst_first(found: Health) -> tuple[int, str]:
    return -LEVELS.index(found.worst), found.project
