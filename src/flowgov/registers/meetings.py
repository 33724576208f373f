"""Meetings: the series of a project or of the portfolio, minutes, actions, agendas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row

from flowgov.acts import meeting
from flowgov.acts.house import known_project
from flowgov.acts.meeting import Day
from flowgov.audit.record import ORGANISATION, Source
from flowgov.dossier.entry import Entry
from flowgov.dossier.meetings import (
    PORTFOLIO,
    USUAL_BACKDATING,
    Agenda,
    FollowUp,
    NewAction,
    NewMinutes,
    Plan,
)
from flowgov.project import Receipt
from flowgov.registers import agendas
from flowgov.registers.following import (
    KINDS,
    PORTFOLIO_KINDS,
    follow_up,
    rhythm_of_portfolio,
    rhythm_of_project,
    today,
)
from flowgov.registers.health import Outlook, look
from flowgov.registers.register import LIBRARY, Register
from flowgov.store import entries_of, people, projects

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Meetings(Register):
    """What users call as ``engine.meetings``. Projects are named by key; ``org`` stands for the portfolio."""

    def plan(
        self,
        key: str,
        *,
        by: str,
        every: int | None = None,
        first: Day | None = None,
        time: str | None = None,
        minutes: int | None = None,
        zone: str | None = None,
        chair: str | None = None,
        participants: Sequence[str] | None = None,
        place: str | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Plan the meetings of project *key*, or plan them anew; what is not given stays as it was.

        Args:
            every: 7, 14 or 30 days; by default what the workflow says, or 14.
            first: the first day; today by default.
            time: of day, such as ``09:30``; nine o'clock by default.
            minutes: 30 by default.
            zone: time zone, such as ``Europe/Paris``.
            chair: login; by default *by*.
            participants: logins; by default everybody who holds a role that acts on the project.

        Raises:
            BadInput: a day, a time or a number is not usable.
            Refused: *by* holds no role that acts here, or the project is closed; recorded.
            NotFound: there is no such project or person.
        """
        given = None if participants is None else tuple(participants)
        wanted = Plan(every, first, time, minutes, zone, chair, given, place)
        return self._write(lambda unit: meeting.plan(unit, key, wanted, by), source, session)

    def hold(
        self,
        key: str,
        *,
        by: str,
        on: Day | None = None,
        chair: str | None = None,
        present: Sequence[str] = (),
        excused: Sequence[str] = (),
        decisions: Sequence[str] = (),
        actions: Sequence[NewAction] = (),
        risks: Sequence[str] = (),
        notes: str | None = None,
        backdating_days: int = USUAL_BACKDATING,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Record the minutes of a meeting. A decision in them is never the approval of a gate.

        Args:
            on: the day it was held; today by default.
            chair: login; by default the series' chair.
            present: logins; the chair's need not be repeated.
            actions: each becomes an entry of its own, such as ``AC-01``.
            risks: keys of the risks that were looked at.
            backdating_days: how long ago the meeting may have been; the record says it.

        Raises:
            BadInput: a day or a text is not usable, or somebody is both present and excused.
            Refused: *by* holds no role that acts here, the day is in the future or too long ago, or its meeting is
                recorded already; recorded.
            NotFound: there is no such project, person or risk.
        """
        given = NewMinutes(
            on=on,
            chair=chair,
            present=tuple(present),
            excused=tuple(excused),
            decisions=tuple(decisions),
            actions=tuple(actions),
            risks=tuple(risks),
            notes=notes,
            backdating_days=backdating_days,
        )
        return self._write(lambda unit: meeting.hold(unit, key, given, by), source, session)

    def add_action(
        self,
        key: str,
        *,
        owner: str,
        due: Day,
        what: str,
        by: str,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Take on an action outside of a meeting.

        Raises:
            BadInput: it is due before today, or a text is not usable.
            Refused: *by* holds no role that acts here, or the project is closed; recorded.
            NotFound: there is no such project or person.
        """
        new = NewAction(owner, due, what)
        return self._write(lambda unit: meeting.add_action(unit, key, new, by), source, session)

    def finish_action(
        self,
        key: str,
        action: str,
        *,
        by: str,
        on: Day | None = None,
        note: str | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Say that an action is done: its owner, or somebody who holds a role that acts here.

        Raises:
            BadInput: the day is in the future, or before the action was agreed on.
            Refused: it is done already, or *by* is neither; recorded.
            NotFound: there is no such project, action or person.
        """
        return self._write(lambda unit: meeting.finish_action(unit, key, action, by, on, note), source, session)

    def of(self, key: str, *, session: Session | None = None) -> FollowUp:
        """Everything about the meetings of project *key*, or of the portfolio.

        Raises:
            NotFound: there is no such project.
        """
        return self._read(lambda connection: self._of(connection, key), session)

    def every(self, *, session: Session | None = None) -> tuple[FollowUp, ...]:
        """The same of all projects that have any, and of the portfolio."""

        def asked(connection: Connection) -> tuple[FollowUp, ...]:
            found = [self._portfolio(connection), *self._projects(connection, look(connection, self._house.now()))]
            return tuple(one for one in found if one.rhythm or one.meetings or one.actions)

        return self._read(asked, session)

    def agenda(self, key: str, *, on: Day | None = None, session: Session | None = None) -> Agenda:
        """What the next meeting has to look at, from what the registers say now.

        Args:
            on: the day of the meeting; by default the next one of the series, or today.

        Raises:
            NotFound: there is no such project.
        """
        return self._read(lambda connection: self._agenda(connection, key, on), session)

    def today(self) -> date:
        """The day it is where the portfolio's meetings are."""
        return self._read(lambda c: today(self._house.now(), entries_of.of_scope(c, ORGANISATION, *PORTFOLIO_KINDS)))

    def _of(self, connection: Connection, key: str) -> FollowUp:
        if key == PORTFOLIO:
            return self._portfolio(connection)
        row = known_project(connection, key)
        return self._project(
            connection, row, entries_of.of_scope(connection, row.id, *KINDS), people.logins(connection)
        )

    def _portfolio(self, connection: Connection) -> FollowUp:
        entries = entries_of.of_scope(connection, ORGANISATION, *PORTFOLIO_KINDS)
        rhythm = rhythm_of_portfolio(entries, self._house.now())
        return follow_up(PORTFOLIO, entries, people.logins(connection), rhythm)

    def _project(
        self, connection: Connection, row: Row[Any], entries: Sequence[Entry], logins: Mapping[str, str]
    ) -> FollowUp:
        lifecycle = self._house.lifecycle(connection, row.workflow)
        rhythm = rhythm_of_project(connection, row, lifecycle, entries, self._house.now())
        return follow_up(row.key, entries, logins, rhythm)

    def _projects(self, connection: Connection, outlook: Outlook) -> list[FollowUp]:
        return [
            self._project(connection, row, outlook.entries.get(row.id, ()), outlook.logins)
            for row in projects.every(connection)
        ]

    def _agenda(self, connection: Connection, key: str, on: Day | None) -> Agenda:
        found, now = self._of(connection, key), self._house.now()
        if key != PORTFOLIO:
            row = projects.find(connection, key)
            assert row is not None
            outlook = look(connection, now, row)
            return agendas.of_project(self._house, connection, row, found, outlook, self._day(connection, found, on))
        outlook = look(connection, now)
        title = str(people.read_organisation(connection).name)  # type: ignore[union-attr]  # checked before
        others = {one.project: one for one in self._projects(connection, outlook)}
        day = self._day(connection, found, on)
        return agendas.of_portfolio(self._house, connection, title, found, others, outlook, day)

    def _day(self, connection: Connection, found: FollowUp, on: Day | None) -> date:
        if on is not None:
            return meeting.day_of(on)
        if found.rhythm is not None and found.rhythm.next is not None:
            return found.rhythm.next
        return today(self._house.now(), entries_of.of_scope(connection, ORGANISATION, *PORTFOLIO_KINDS))
