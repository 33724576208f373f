"""Exceptions once granted: compensating reviews, and what becomes of one that nobody reviews."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from tests.walks.company import codes
from tests.walks.duties import by_sql
from tests.walks.test_duties import permit, problems, twice

from flowgov import BadInput, Engine, FixedClock, NotFound, Refused
from flowgov.testing import assert_refused

RULE = "validator_design"
REVIEWED = {"reviewer": "slegoff", "every_days": 30}


def planned(engine: Engine, **other: Any) -> str:
    """An exception whose control slegoff reviews every 30 days; the gate that it opens is ``design``."""
    twice(engine, RULE, "exception")
    return permit(engine, RULE, **{**REVIEWED, **other})


def on(clock: FixedClock, month: int, day: int) -> None:
    clock.set(datetime(2026, month, day, 9, tzinfo=UTC))


def test_it_says_what_is_combined_and_what_makes_up_for_it(engine: Engine) -> None:
    key = planned(engine, roles=["worker"], risk="A bad design goes through", control="second_reading")

    found = engine.exemptions.get(key)

    assert (found.roles, found.risk, found.control, found.every_days) == (
        ("worker",),
        "A bad design goes through",
        "second_reading",
        30,
    )
    assert (found.due, found.status(found.start)) == ("2026-02-04T09:00:00.000000Z", "operating")
    assert problems(engine) == []


def test_one_whose_review_is_due_permits_nothing(engine: Engine, clock: FixedClock) -> None:
    key = planned(engine)
    on(clock, 2, 5)

    decision = assert_refused(engine, "CRM", "design", by="kbenali", codes={"own_duty", "exception_not_operating"})

    blocker = next(b for b in decision.blockers if b.code == "exception_not_operating")
    assert (blocker.params["exception"], blocker.params["since"], blocker.params["reviewer"]) == (
        key,
        "2026-02-04",
        "slegoff",
    )
    assert blocker.command == f"flowgov exception review {key} --result ok --as slegoff"
    assert engine.exemptions.status(engine.exemptions.get(key)) == "not_operating"


def test_a_review_makes_it_operate_again(engine: Engine, clock: FixedClock) -> None:
    key = planned(engine)
    on(clock, 2, 5)
    engine.exemptions.review(key, result="ok", note="Read the design", by="slegoff")

    receipt = engine.move("CRM", "design", by="kbenali")

    assert (receipt.exceptions, engine.exemptions.get(key).due, problems(engine)) == (
        (key,),
        "2026-03-07T09:00:00.000000Z",
        [],
    )


def test_a_problem_stops_it_at_once(engine: Engine) -> None:
    key = planned(engine)
    engine.exemptions.review(key, result="problem", note="Nobody read anything", by="slegoff")

    assert_refused(engine, "CRM", "design", by="kbenali", codes={"own_duty", "exception_not_operating"})

    assert problems(engine) == []


@pytest.mark.parametrize("by", ["kbenali", "htallec", "ykerbrat"])
def test_only_its_reviewer_reviews_it(engine: Engine, by: str) -> None:
    key = planned(engine)

    with pytest.raises(Refused) as refused:
        engine.exemptions.review(key, result="ok", by=by)

    assert (codes(refused.value.decision), problems(engine)) == ({"not_the_reviewer"}, [])


def test_nor_inside_a_hosts_own_transaction(engine: Engine, url: str) -> None:
    key = planned(engine)
    host = create_engine(url)

    with Session(host) as session, pytest.raises(Refused):
        engine.exemptions.review(key, result="ok", by="kbenali", session=session)
    host.dispose()

    assert engine.exemptions.get(key).reviewed is None


def test_nobody_approves_an_exception_for_himself(engine: Engine) -> None:
    twice(engine, RULE, "exception")

    with pytest.raises(Refused) as refused:
        permit(engine, RULE, person="htallec", by="htallec")

    assert codes(refused.value.decision) == {"own_exception"}


def test_an_ended_one_permits_nothing(engine: Engine) -> None:
    key = planned(engine)
    engine.exemptions.end(key, reason="A second designer joined", by="htallec")

    assert_refused(engine, "CRM", "design", by="kbenali", codes={"own_duty"})

    assert (engine.exemptions.status(engine.exemptions.get(key)), problems(engine)) == ("ended", [])


def test_what_was_permitted_before_the_end_stays_permitted(engine: Engine) -> None:
    key = planned(engine)
    engine.move("CRM", "design", by="kbenali")
    engine.exemptions.end(key, reason="A second designer joined", by="htallec")

    assert problems(engine) == []


def test_only_an_administrator_ends_it(engine: Engine) -> None:
    key = planned(engine)

    with pytest.raises(Refused) as refused:
        engine.exemptions.end(key, reason="I do not like it", by="ykerbrat")

    assert codes(refused.value.decision) == {"not_administrator"}


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"every_days": 0}, "bad_every_days"),
        ({"every_days": 367}, "bad_every_days"),
        ({"reviewer": None}, "review_without_reviewer"),
        ({"reviewer": "kbenali"}, "own_review"),
        ({"control": "magic"}, "bad_control"),
        ({"until": "2027-06-30"}, "exception_too_long"),
        ({"risk": ""}, "text_empty"),
    ],
)
def test_terms_that_make_no_sense_are_refused(engine: Engine, terms: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadInput) as wrong:
        planned(engine, **terms)

    assert wrong.value.reason == reason


def test_an_unknown_role_is_not_combined(engine: Engine) -> None:
    with pytest.raises(NotFound):
        planned(engine, roles=["wizard"])


@pytest.mark.parametrize(("result", "note"), [("fine", "x"), ("problem", None)])
def test_a_review_says_how_it_ended(engine: Engine, result: str, note: str | None) -> None:
    key = planned(engine)

    with pytest.raises(BadInput):
        engine.exemptions.review(key, result=result, note=note, by="slegoff")


def test_one_that_is_over_is_not_reviewed_or_ended(engine: Engine) -> None:
    key = planned(engine)
    engine.exemptions.end(key, reason="Done", by="htallec")

    with pytest.raises(BadInput):
        engine.exemptions.review(key, result="ok", by="slegoff")
    with pytest.raises(BadInput):
        engine.exemptions.end(key, reason="Done", by="htallec")


def test_one_that_has_not_begun_is_not_reviewed(engine: Engine) -> None:
    key = planned(engine, start="2026-03-01")

    with pytest.raises(BadInput):
        engine.exemptions.review(key, result="ok", by="slegoff")


def test_an_unknown_one_is_said_to_be(engine: Engine) -> None:
    planned(engine)

    for ask in (
        lambda: engine.exemptions.get("EX-9999"),
        lambda: engine.exemptions.end("EX-9999", reason="Done", by="htallec"),
    ):
        with pytest.raises(NotFound):
            ask()


@pytest.mark.parametrize(
    "change",
    ["reviewed = '2026-02-04T09:00:00.000000Z ok'", "every_days = 300", "ended = NULL, control = 'other'"],
)
def test_a_review_forged_by_sql_is_found(engine: Engine, url: str, change: str) -> None:
    key = planned(engine)
    by_sql(url, f"UPDATE flowgov_exception SET {change} WHERE key = :key", key=key)

    assert [f.code for f in engine.verify().findings] == ["STATE_MISMATCH"]


def test_a_move_under_a_forged_review_is_found_too(engine: Engine, url: str, clock: FixedClock) -> None:
    key = planned(engine)
    on(clock, 2, 5)
    said = "2026-02-04T09:00:00.000000Z ok"
    by_sql(url, "UPDATE flowgov_exception SET reviewed = :said WHERE key = :key", said=said, key=key)
    engine.move("CRM", "design", by="kbenali")

    assert ("RULE_VIOLATION", RULE) in problems(engine)


def test_the_risk_can_be_redacted(engine: Engine) -> None:
    key = planned(engine, risk="Karim could hide a mistake")
    engine.redact(None, int(key.removeprefix("EX-")), "risk", reason="Names somebody", by="htallec")

    assert (engine.exemptions.get(key).risk, problems(engine)) == ("", [])
