"""Transitions that a workflow reserves to time: made by a tick, once, and by nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from tests.walks.licence import DATES, licensed

from flowgov import Engine, FixedClock, NotFound, Source
from flowgov.acts import ticking
from flowgov.testing import assert_refused, pass_gate

OVER = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def flow(engine: Engine) -> Iterator[Engine]:
    """CRM and ERP, authorised until 20 November; PAY was never authorised."""
    licensed(engine, "CRM", "ERP", "PAY")
    for key in ("CRM", "ERP"):
        pass_gate(engine, key, "give", by="kbenali", dates=DATES)
    yield engine


def states(flow: Engine) -> dict[str, str]:
    return {project.key: project.state.id for project in flow.projects()}


@pytest.mark.parametrize("by", ["htallec", "kbenali", "ebihan", "jprigent"])
def test_nobody_makes_it_by_hand_an_administrator_included(flow: Engine, clock: FixedClock, by: str) -> None:
    clock.set(OVER)

    assert_refused(flow, "CRM", "expire", by=by, codes={"reserved_to_time"})
    assert flow.verify().findings == ()


def test_on_the_last_day_nothing_expires(flow: Engine, clock: FixedClock) -> None:
    clock.set(datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC))

    assert (flow.tick(by="jprigent"), set(states(flow).values())) == ((), {"given", "asked"})


def test_the_day_after_everything_whose_time_has_come_is_made(flow: Engine, clock: FixedClock) -> None:
    clock.set(OVER)

    made = flow.tick(by="jprigent")

    assert [(tick.project, tick.transition, tick.day) for tick in made] == [
        ("CRM", "expire", "2026-11-20"),
        ("ERP", "expire", "2026-11-20"),
    ]
    assert states(flow) == {"CRM": "over", "ERP": "over", "PAY": "asked"}
    assert flow.verify().findings == ()


def test_the_record_says_that_time_made_it_and_names_no_role(flow: Engine, clock: FixedClock) -> None:
    clock.set(OVER)
    flow.tick(by="jprigent")

    facts = flow.history("CRM")[-1].facts

    assert (facts["fired_by_time"], "auth" in facts, facts["guards"][0]) == (
        True,
        False,
        {
            "n": "role",
            "ok": True,
            "relied": [{"scope": "prj", "kind": "date", "key": "authorisation_valid_until", "n": 1}],
        },
    )


def test_a_second_tick_finds_nothing(flow: Engine, clock: FixedClock) -> None:
    clock.set(OVER)
    flow.tick(by="jprigent")
    before = len(list(flow.log()))

    assert (flow.tick(by="jprigent"), len(list(flow.log()))) == ((), before)


def test_looking_makes_nothing(flow: Engine, clock: FixedClock) -> None:
    clock.set(OVER)
    before = len(list(flow.log()))

    found = flow.due_to_time(by="jprigent")

    assert ([tick.project for tick in found], len(list(flow.log()))) == (["CRM", "ERP"], before)


def test_what_was_on_hold_does_not_expire_until_it_is_back(flow: Engine, clock: FixedClock) -> None:
    flow.move("CRM", "hold", by="kbenali")
    clock.set(OVER)
    during = [tick.project for tick in flow.tick(by="jprigent")]
    flow.add_evidence("CRM", "test", by="kbenali", link="https://example.org/test")
    flow.move("CRM", "resume", by="kbenali")

    after = [tick.project for tick in flow.tick(by="jprigent")]

    assert (during, after, flow.verify().findings) == (["ERP"], ["CRM"], ())


def test_somebody_unknown_ticks_nothing(flow: Engine, clock: FixedClock) -> None:
    clock.set(OVER)

    with pytest.raises(NotFound):
        flow.tick(by="clock")

    assert states(flow)["CRM"] == "given"


def test_somebody_erased_ticks_nothing(flow: Engine, clock: FixedClock) -> None:
    flow.erase_person("jprigent", reason="Left", by="htallec")
    clock.set(OVER)

    with pytest.raises(NotFound):
        flow.tick(by="jprigent")


def test_a_tick_in_the_hosts_transaction_is_undone_with_it(flow: Engine, clock: FixedClock, url: str) -> None:
    clock.set(OVER)
    host = create_engine(url)

    with Session(host) as session:
        made = flow.tick(by="jprigent", session=session)
        session.rollback()
    host.dispose()

    assert (len(made), states(flow)["CRM"]) == (2, "given")


def test_a_move_that_was_faster_leaves_nothing_to_a_tick_and_no_refusal(flow: Engine, clock: FixedClock) -> None:
    clock.set(OVER)
    (late, _) = flow.due_to_time(by="jprigent")
    flow.move("CRM", "hold", by="kbenali")
    before = len(flow.history("CRM"))

    made = flow._write(lambda unit: ticking.make(unit, late, "jprigent"), Source(), None)

    assert (made, len(flow.history("CRM"))) == (None, before)


def test_a_tick_cannot_stand_in_for_a_role(flow: Engine, clock: FixedClock) -> None:
    clock.set(OVER)
    (late, _) = flow.due_to_time(by="ykerbrat")

    with pytest.raises(AssertionError, match="ticked"):
        flow._write(lambda unit: ticking.make(unit, replace(late, transition="use"), "ykerbrat"), Source(), None)

    assert states(flow)["CRM"] == "given"
