"""Transitions that a workflow reserves to time: which ones are due, and making them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row

from flowgov.acts import moving
from flowgov.acts.house import House, unknown_person
from flowgov.acts.unit import Unit, write
from flowgov.audit.record import Source
from flowgov.dossier.deadlines import Tick
from flowgov.dossier.entry import Entry
from flowgov.dossier.given import Given
from flowgov.errors import FlowgovError
from flowgov.guarding.times import DATE, last_day_before, today_of
from flowgov.project import Receipt
from flowgov.store import entries_of, people, projects
from flowgov.workflow.model import Transition

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def waiting(house: House, connection: Connection, by: str) -> tuple[Tick, ...]:
    """The transitions whose time has come, by project.

    Raises:
        NotFound: there is no such person.
    """
    if people.find_person(connection, by) is None:
        raise unknown_person(connection, by)
    dates = {(e.scope, e.key): e for e in entries_of.of_kind(connection, DATE)}
    found = (tick for row in projects.every(connection) for tick in _of_project(house, connection, row, dates))
    return tuple(found)


def make(unit: Unit, tick: Tick, by: str) -> Tick | None:
    """Make a transition of `waiting`, judged anew under the lock; None if somebody was faster, or its date changed.

    No attempt that comes too late is recorded as refused: nobody tried anything.
    """
    lifecycle, transition, facts, now = moving.gather(unit, tick.project, tick.transition, by, lock=True)
    assert transition.timer is not None, "only what waits for a date is ticked"
    request = facts.request(lifecycle.workflow, transition, now, None, {}, Given(by_time=True))
    decision = moving.decide(lifecycle.step(request), facts, tick.transition, by)
    if not decision.allowed:
        return None
    receipt: Receipt = moving.carry_out(unit, lifecycle, request, facts, decision, None)
    return replace(tick, receipt=receipt)


def tick(house: House, found: Tick, by: str, source: Source, session: Session | None) -> Tick | None:
    """`make`, in a transaction of its own or the host's; an error is the tick's own, outside the host's."""
    try:
        return write(house, lambda unit: make(unit, found, by), source, session)
    except FlowgovError as error:
        if session is not None:
            raise
        return replace(found, error=error)


def _of_project(
    house: House, connection: Connection, row: Row[Any], dates: dict[tuple[str, str], Entry]
) -> Iterator[Tick]:
    lifecycle = house.lifecycle(connection, row.workflow)
    for name in lifecycle.leaving(row.state):
        transition = lifecycle.workflow.transitions[name]
        day = _day(transition, row.id, dates)
        if day is not None and _last(transition, day) < today_of(house.now()) and row.archived is None:
            assert transition.timer is not None, "it has a day"
            target = _target(transition, row)
            yield Tick(row.key, row.title, name, transition.timer.date, day, row.state, target)


def _day(transition: Transition, project_id: str, dates: dict[tuple[str, str], Entry]) -> str | None:
    entry = dates.get((project_id, transition.timer.date)) if transition.timer else None
    return None if entry is None else str(entry.facts["day"])


def _last(transition: Transition, day: str) -> str:
    assert transition.timer is not None, "it has a day"
    return last_day_before(day, transition.timer.before_days)


def _target(transition: Transition, row: Row[Any]) -> str:
    return str(row.previous) if transition.target.startswith("$") else transition.target
