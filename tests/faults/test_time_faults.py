"""Dates, ticks and reminders when others act at the same moment, or when the tables are altered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from tests.conftest import MORNING
from tests.faults.ownership import disarmed
from tests.faults.processes import started, together, tried
from tests.faults.test_concurrency_grants import wait_until_somebody_waits
from tests.walks.licence import DATES, licensed

from flowgov import Engine, FixedClock
from flowgov.reminding.channel import Channel
from flowgov.reminding.remind import remind
from flowgov.settings import Remind
from flowgov.testing import pass_gate

OVER = datetime(2026, 11, 21, tzinfo=UTC)
postgresql = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)


@pytest.fixture
def licence_url(url: str) -> str:
    """CRM, ERP and PAY, authorised until 20 November."""
    with Engine.open(url, clock=FixedClock(MORNING)) as engine:
        licensed(engine, "CRM", "ERP", "PAY")
        for key in ("CRM", "ERP", "PAY"):
            pass_gate(engine, key, "give", by="kbenali", dates=DATES)
    return url


@pytest.fixture
def flow(licence_url: str) -> Iterator[Engine]:
    """The day after."""
    with Engine.open(licence_url, clock=FixedClock(OVER)) as engine:
        yield engine


def tick(url: str) -> list[str]:
    with Engine.open(url, clock=FixedClock(OVER)) as engine:
        return [one.project if one.receipt else f"{one.project} failed" for one in engine.tick(by="jprigent")]


def hold(url: str) -> str:
    with Engine.open(url, clock=FixedClock(OVER)) as engine:
        return tried(engine, ("move", ("CRM", "hold"), {"by": "kbenali"}))


def use(url: str) -> str:
    with Engine.open(url, clock=FixedClock(OVER)) as engine:
        return tried(engine, ("move", ("CRM", "use"), {"by": "ykerbrat"}))


def send(url: str, folder: str) -> int:
    """Run `remind` over a channel that writes what it is handed to a file of its own; how many messages left."""
    from apprise.decorators import notify

    @notify(on="testfile")
    def _write(body: str, title: str, notify_type: object, **_: object) -> None:
        with (Path(folder) / "sent.txt").open("a", encoding="utf-8") as file:
            file.write(f"{body}\n")

    rules = Remind(memory=Path(folder) / "reminded.json")
    with Engine.open(url, clock=FixedClock(OVER)) as engine:
        return len(remind(engine, [Channel(1, "testfile://here")], rules).messages)


def test_several_ticks_at_once_make_each_transition_once(licence_url: str, flow: Engine) -> None:
    made = together(licence_url, [(tick, ())] * 3)

    assert sorted(key for keys in made for key in keys) == ["CRM", "ERP", "PAY"]
    assert {project.state.id for project in flow.projects()} == {"over"}
    assert ([e for e in flow.log() if e.outcome == "refused"], flow.verify().findings) == ([], ())


def test_a_tick_and_a_hold_at_once_leave_a_log_that_holds(licence_url: str, flow: Engine) -> None:
    made, held = together(licence_url, [(tick, ()), (hold, ())])

    assert ("CRM" in made) is (held == "not_from_here")
    assert flow.verify().findings == ()


@postgresql
def test_a_gate_waits_for_the_tick_that_came_first(licence_url: str, flow: Engine) -> None:
    host = create_engine(licence_url)

    with Session(host) as session:
        flow.tick(by="jprigent", session=session)
        with started(use, licence_url) as answer:
            wait_until_somebody_waits(licence_url)
            session.commit()
            told = answer()
    host.dispose()

    assert (told, flow.verify().findings) == ("not_from_here", ())


@postgresql
def test_a_tick_waits_for_whoever_put_the_project_on_hold(licence_url: str, flow: Engine) -> None:
    host = create_engine(licence_url)

    with Session(host) as session:
        flow.move("CRM", "hold", by="kbenali", session=session)
        with started(tick, licence_url) as answer:
            wait_until_somebody_waits(licence_url)
            session.commit()
            made = answer()
    host.dispose()

    assert (made, flow.verify().findings) == (["ERP", "PAY"], ())


def test_two_reminders_at_once_send_everything_once(licence_url: str, tmp_path: Path) -> None:
    messages = together(licence_url, [(send, (str(tmp_path),))] * 3)

    lines = [line for line in (tmp_path / "sent.txt").read_text(encoding="utf-8").splitlines() if line[:1] == "-"]
    assert sorted(messages) == [0, 0, 1]
    assert len(lines) == len(set(lines)) == 3


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE flowgov_entry SET facts = replace(facts, '2026-11-20', '2027-11-20') WHERE scope = :project",
        "UPDATE flowgov_entry SET n = 2 WHERE scope = :project AND key = 'authorisation_valid_until'",
        "DELETE FROM flowgov_entry WHERE scope = :project AND key = 'authorisation_valid_until'",
        "UPDATE flowgov_entry SET key = 'another_date' WHERE scope = :project AND key = 'change_window_end'",
    ],
    ids=["the day", "the number", "gone", "another name"],
)
def test_a_date_that_was_altered_in_the_table_is_found(licence_url: str, statement: str, flow: Engine) -> None:
    project = flow.project("CRM").id
    with disarmed(licence_url) as db:
        db.run(statement, project=project)

    assert {(f.code, f.project or f.stream) for f in flow.verify().findings} == {("STATE_MISMATCH", "CRM")}


def test_a_day_that_was_altered_in_its_record_is_found(licence_url: str, flow: Engine) -> None:
    seq = _seq(flow)
    with disarmed(licence_url) as db:
        db.rewrite("CRM", seq, lambda document: document["facts"].update(day="2027-11-20"))

    assert ("RECORD_MODIFIED", seq) in {(finding.code, finding.seq) for finding in flow.verify().findings}


def test_a_day_that_was_altered_everywhere_is_not_what_the_move_gave(licence_url: str, flow: Engine) -> None:
    seq, project = _seq(flow), flow.project("CRM").id
    with disarmed(licence_url) as db:
        db.rewrite("CRM", seq, lambda document: document["facts"].update(day="2027-11-20"))
        db.relink("CRM", seq + 1)
        db.run(
            "UPDATE flowgov_entry SET facts = replace(facts, '2026-11-20', '2027-11-20') WHERE scope = :project",
            project=project,
        )

    found = {(f.code, f.params.get("about"), f.seq) for f in flow.verify().findings}
    assert found == {("RULE_VIOLATION", "date_not_given", seq)}


def _seq(flow: Engine) -> int:
    """Where the record of CRM's authorisation stands."""
    return next(e.seq for e in flow.history("CRM") if e.facts.get("key") == "authorisation_valid_until")
