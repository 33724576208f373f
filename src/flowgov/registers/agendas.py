"""The agenda of the next meeting: what waits, what ends, what threatens, what was promised. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row

from flowgov.acts import moving
from flowgov.acts.house import House
from flowgov.dossier.health import LEVELS, Health
from flowgov.dossier.meetings import Action, Agenda, Expiring, FollowUp, RiskToReview, Waiting
from flowgov.guards import Decision
from flowgov.registers.health import Outlook, health
from flowgov.registers.threats import to_review
from flowgov.workflow.model import Transition

WITHIN = 30
"""Days ahead that an agenda looks."""
_MOST_ASKED = 5
"""Holders asked about one gate, until one is found who could pass it."""
_NOT_MISSING = frozenset({"role_missing", "same_author", "same_creator", "approval_missing"})
"""Blockers that say something of who asks, or that an agenda shows as approvals asked for."""


def of_project(
    house: House, connection: Connection, row: Row[Any], found: FollowUp, outlook: Outlook, day: date,
    expiring: Sequence[Expiring] = (),
) -> Agenda:  # fmt: skip
    """The agenda of a project."""
    return Agenda(
        project=row.key,
        title=row.title,
        day=day.isoformat(),
        series=found.series,
        rhythm=found.rhythm,
        waiting=tuple(waiting(house, connection, row, outlook)),
        expiring=tuple(expiring),
        risks=risks(house, connection, row, found, outlook),
        actions=open_actions(found.actions),
        last=found.meetings[-1] if found.meetings else None,
        health=(health(house, connection, row, outlook),),
    )


def of_portfolio(
    house: House, connection: Connection, title: str, rows: Sequence[Row[Any]], found: FollowUp,
    follow_ups: Iterable[FollowUp], outlook: Outlook, day: date, expiring: Sequence[Expiring] = (),
) -> Agenda:  # fmt: skip
    """The agenda of the organisation's own meeting: the same of every open project, the worst ones first."""
    lit = [health(house, connection, row, outlook) for row in rows]
    late = [a for one in follow_ups for a in open_actions(one.actions) if a.late_on(day.isoformat())]
    return Agenda(
        project=found.project,
        title=title,
        day=day.isoformat(),
        series=found.series,
        rhythm=found.rhythm,
        waiting=tuple(item for row in rows for item in waiting(house, connection, row, outlook)),
        expiring=tuple(expiring),
        risks=(),
        actions=(*open_actions(found.actions), *late),
        last=found.meetings[-1] if found.meetings else None,
        health=tuple(sorted(lit, key=_worst_first)),
    )


def open_actions(actions: Iterable[Action]) -> tuple[Action, ...]:
    """Those that are not done, the one due first at the top."""
    return tuple(sorted((a for a in actions if a.done is None), key=lambda a: (a.due, a.project, a.key)))


def waiting(house: House, connection: Connection, row: Row[Any], outlook: Outlook) -> Iterator[Waiting]:
    """The gates that start where a project stands, and for whom each waits."""
    lifecycle = house.lifecycle(connection, row.workflow)
    for name in lifecycle.leaving(row.state):
        transition = lifecycle.workflow.transitions[name]
        if transition.kind != "gate":
            continue
        movers = _holding(row, transition.fire, outlook)
        decision = _decision(house, connection, row, transition, movers)
        asked = [str(b.params["role"]) for b in decision.blockers if b.code == "approval_missing"]
        yield Waiting(
            project=row.key,
            transition=name,
            label={"en": transition.label.en, "fr": transition.label.fr},
            since=row.entered,
            movers=movers,
            approvers=_holding(row, asked, outlook),
            missing=sum(1 for b in decision.blockers if b.code not in _NOT_MISSING),
        )


def risks(
    house: House, connection: Connection, row: Row[Any], found: FollowUp, outlook: Outlook
) -> tuple[RiskToReview, ...]:
    """Open risks that have to be looked at, those of the highest level first."""
    workflow = house.lifecycle(connection, row.workflow).workflow
    return to_review(workflow, row, outlook.entries.get(row.id, ()), found.meetings, outlook.now)


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
