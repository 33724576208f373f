"""A company's year, replayed through the real engine under a simulated clock."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from flowgov.audit.record import Source
from flowgov.clock import FixedClock
from flowgov.demo_house import HouseRegisters
from flowgov.demo_line import ORGANISATION, Act, Line
from flowgov.demo_registers import Registers
from flowgov.dossier.outcomes import Condition
from flowgov.engine import Engine
from flowgov.errors import Refused
from flowgov.workflow.shipped import load_shipped, shipped, shipped_file

DATASET = "demo/dataset.yaml"
SOURCE = Source(face="demo")
OPENING_TIME = time(9, tzinfo=UTC)
_BYTE, _OTHER = b'"t":"deploy"', b'"t":"deplox"'
SITE = "https://dossiers.maison-tallec.example"


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of the data set that was played."""

    day: date
    project: str
    transition: str
    person: str
    blockers: tuple[str, ...] = ()
    """Codes of what refused it; empty for a move that was made."""


def dataset() -> Mapping[str, Any]:
    """Maison Tallec's people, exceptions and projects, as the file that ships says."""
    from ruamel.yaml import YAML

    found: Mapping[str, Any] = YAML(typ="safe").load(shipped_file(DATASET).read_text(encoding="utf-8"))
    return found


def replay(database: str, data: Mapping[str, Any], told: Callable[[Deed], None]) -> None:
    """Found the company's log in *database* and play its year, each deed *told* as it is done.

    Raises:
        AssertionError: a deed went otherwise than the data set says.
        FlowgovError: the database cannot be created.
    """
    play = _Play(database, data, told)
    with closing(play.engine):
        play.people()
        for day, _, act in sorted(play.programme(), key=lambda entry: entry[:2]):
            play.morning(day)
            act()


def alter_one_byte(original: Path, copy: Path) -> int:
    """Copy a SQLite log and change one byte of one record in the copy, as its owner could; returns the record's id."""
    with closing(sqlite3.connect(original)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        trigger = "SELECT sql FROM sqlite_master WHERE name = 'flowgov_record_update'"
        (guard,) = target.execute(trigger).fetchone()
        chosen = (
            "SELECT id, body FROM flowgov_record WHERE event = 'project.moved' AND instr(body, ?) ORDER BY id LIMIT 1"
        )
        identity, body = target.execute(chosen, (_BYTE,)).fetchone()
        altered = body.replace(_BYTE, _OTHER, 1)
        target.execute("DROP TRIGGER flowgov_record_update")
        target.execute("UPDATE flowgov_record SET body = ? WHERE id = ?", (altered, identity))
        target.execute(guard)
        target.commit()
    return int(identity)


class _Play:
    """The company, its clock and its engine."""

    def __init__(self, database: str, data: Mapping[str, Any], told: Callable[[Deed], None]) -> None:
        self.data, self.told = data, told
        company = data["organisation"]
        self.admins = (company["first_administrator"], company["second_administrator"])
        self.clock = FixedClock(datetime.combine(company["founded"], OPENING_TIME))
        self.engine = Engine.init(
            database,
            organisation=company["name"],
            administrator=self.admins[0],
            name=data["people"][self.admins[0]]["name"],
            workflows=[load_shipped(name) for name in shipped()],
            clock=self.clock,
            source=SOURCE,
        )
        self.registers = Registers(self.engine, data, self._tick, SOURCE)
        self.house = HouseRegisters(self.engine, data, SOURCE)

    def people(self) -> None:
        """Everybody but the first administrator is made known by him; the second one is made at once."""
        first, second = self.admins
        for login, card in self.data["people"].items():
            if login != first:
                self._tick()
                self.engine.add_person(login, name=card["name"], by=first, source=SOURCE)
        self._tick()
        self.engine.grant_role("administrator", second, by=first, source=SOURCE)

    def programme(self) -> Iterator[tuple[date, int, Act]]:
        """Everything that happens: its day, its order within the day, and the deed."""
        for number, (key, project) in enumerate(self.data["projects"].items()):
            order = number * 100
            for day, transition, person, given in project["events"]:
                order += 1
                yield day, order, self._event(key, project, day, transition, person, given)
            for attempt in project.get("attempts", ()):
                order += 1
                yield attempt["day"], order, self._attempt(key, attempt)
        exceptions = (Line(one["day"], one["project"], self._exception(one)) for one in self.data["exceptions"])
        for line in (*exceptions, *self.registers.lines(), *self.house.lines()):
            yield line.day, self._order(line), line.act

    def morning(self, day: date) -> None:
        """Let *day* begin, or a minute pass if it has begun."""
        opening = datetime.combine(day, OPENING_TIME)
        self.clock.set(max(opening, self.clock.now() + timedelta(minutes=1)))

    def _order(self, line: Line) -> int:
        """Within its day: after its project was opened, before or after its moves; of the organisation, first."""
        if line.project == ORGANISATION:
            return -1
        first = 1 if self._opens(line.project, line.day) else 0
        return list(self.data["projects"]).index(line.project) * 100 + (90 if line.after_moves else first)

    def _opens(self, project: str, day: date) -> bool:
        return bool(self.data["projects"][project]["events"][0][0] == day)

    def _event(
        self, key: str, project: Mapping[str, Any], day: date, transition: str, person: str, given: Mapping[str, Any]
    ) -> Callable[[], None]:
        if transition == "create":
            return lambda: self._open(key, project, person)
        return lambda: self._move(key, day, transition, person, given)

    def _open(self, key: str, project: Mapping[str, Any], creator: str) -> None:
        self.engine.open_project(
            key,
            workflow=project["workflow"],
            title=project["title"],
            objective=project["objective"],
            personal_data=project["personal_data"],
            by=creator,
            source=SOURCE,
        )
        for role, holders in project["roles"].items():
            for holder in holders:
                self._grant(key, role, holder if isinstance(holder, dict) else {"person": holder})

    def _grant(self, key: str, role: str, holder: Mapping[str, Any]) -> None:
        self._tick()
        person = holder["person"]
        by = self.admins[1] if person == self.admins[0] else self.admins[0]
        self.engine.grant_role(
            role, person, project=key, start=holder.get("from"), until=holder.get("until"), by=by, source=SOURCE
        )

    def _exception(self, granted: Mapping[str, Any]) -> Callable[[], None]:
        def grant() -> None:
            self.engine.add_exception(
                granted["project"],
                rules=granted["rules"],
                roles=granted.get("roles", ()),
                risk=granted.get("risk"),
                control=granted.get("control"),
                every_days=granted.get("every_days"),
                person=granted["person"],
                until=granted["until"],
                reason=granted["reason"],
                compensating=granted["compensating"],
                reviewer=granted["reviewer"],
                by=granted["approved_by"],
                source=SOURCE,
            )

        return grant

    def _move(self, key: str, day: date, transition: str, person: str, given: Mapping[str, Any]) -> None:
        verbal = given.get("verbal", False)
        papers = [*given.get("evidence", ())]
        self._prepare(key, transition, person, {**given, "evidence": [] if verbal else papers})
        self.engine.move(
            key,
            transition,
            by=person,
            reason=given.get("reason"),
            dates=given.get("dates", {}),
            conditions=[
                Condition(one["owner"], one["due"], one["blocks"], one["wording"])
                for one in given.get("conditions", ())
            ],
            verbal=verbal,
            source=SOURCE,
        )
        if verbal:
            self.registers.confirm_in_writing(key, papers, person, lambda kind: _link(key, kind))
        self.told(Deed(day, key, transition, person))

    def _attempt(self, key: str, attempt: Mapping[str, Any]) -> Callable[[], None]:
        def try_it() -> None:
            self._prepare(key, attempt["transition"], attempt["person"], attempt)
            try:
                dates = attempt.get("dates", {})
                self.engine.move(key, attempt["transition"], by=attempt["person"], dates=dates, source=SOURCE)
            except Refused as refused:
                met = tuple(dict.fromkeys(blocker.code for blocker in refused.decision.blockers))
                assert [*met] == attempt["blockers"], f"{key} {attempt['transition']}: refused for {met}"
                self.told(Deed(attempt["day"], key, attempt["transition"], attempt["person"], met))
            else:
                raise AssertionError(f"{key} {attempt['transition']} should have been refused")

        return try_it

    def _prepare(self, key: str, transition: str, person: str, given: Mapping[str, Any]) -> None:
        for kind in given.get("evidence", ()):
            if kind == "charter":
                self.registers.charter(key, person)
                continue
            self._tick()
            self.engine.add_evidence(key, kind, by=person, link=_link(key, kind), source=SOURCE)
        for role, approvers in given.get("approved_by", {}).items():
            for approver in approvers:
                self._tick()
                self.engine.approve(key, transition, by=approver, role=role, source=SOURCE)
        self._tick()

    def _tick(self) -> None:
        self.clock.advance(minutes=1)


def _link(key: str, kind: str) -> str:
    return f"{SITE}/{key}/{kind}"
