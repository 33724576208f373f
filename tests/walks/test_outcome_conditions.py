"""Go with conditions: each has an owner, a date, and the later gate that it blocks when it is late."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from tests.walks.company import codes
from tests.walks.outcomes import started, validated

from flowgov import BadInput, Condition, Engine, FixedClock, IdempotencyMismatch, NotFound, Receipt, Refused
from flowgov.testing import assert_refused, pass_gate, ready

EXPORT = Condition("ykerbrat", "2026-01-20", "confirm_secured", "Encrypt the export")


def go(engine: Engine, *conditions: Condition) -> Receipt:
    """Have the need validated with conditions."""
    started(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")
    return engine.move("CRM", "validate_need", by="kbenali", conditions=conditions or (EXPORT,))


def at_security(engine: Engine) -> None:
    """On to the gate that the condition names."""
    pass_gate(engine, "CRM", "approve_design", by="ykerbrat")
    ready(engine, "CRM", "confirm_secured", by="nroussel")


def test_a_gate_is_passed_with_conditions(engine: Engine) -> None:
    receipt = go(engine)

    found = engine.conditions.of("CRM")[0]

    told = (found.key, found.owner, found.blocks, found.wording, found.gate, found.set_by, found.status, found.move)
    assert told == (
        *("C-01", "ykerbrat", ("confirm_secured",), "Encrypt the export", "validate_need", "kbenali", "open"),
        receipt.seq,
    )
    assert engine.project("CRM").state.id == "business_validated"
    assert engine.verify().holds


def test_the_wording_lies_beside_the_record(engine: Engine) -> None:
    go(engine)

    last = engine.history("CRM")[-1]

    assert (last.event, last.texts["wording"], "Encrypt" in str(last.facts)) == (
        "condition.recorded",
        "Encrypt the export",
        False,
    )


def test_before_its_date_it_warns_and_blocks_nothing(engine: Engine) -> None:
    go(engine)
    at_security(engine)

    decision = engine.explain("CRM", "confirm_secured", by="nroussel")
    engine.move("CRM", "confirm_secured", by="nroussel")

    assert decision.saw("conditions")["warned"] == ["condition_open"]
    assert engine.verify().holds


def test_when_it_is_late_it_blocks_the_gate_it_names(engine: Engine, clock: FixedClock) -> None:
    go(engine)
    at_security(engine)
    clock.advance(days=20)

    decision = assert_refused(engine, "CRM", "confirm_secured", by="nroussel", codes={"condition_overdue"})

    blocker = decision.blockers[0]
    assert (blocker.params["person"], blocker.command) == (
        "ykerbrat",
        'flowgov condition done CRM C-01 --note "…" --as ykerbrat',
    )
    assert engine.verify().holds


def test_late_it_blocks_no_other_gate(engine: Engine, clock: FixedClock) -> None:
    go(engine)
    clock.advance(days=20)

    assert ready(engine, "CRM", "approve_design", by="ykerbrat").allowed


def test_its_owner_says_that_it_is_fulfilled(engine: Engine, clock: FixedClock) -> None:
    go(engine)
    at_security(engine)
    clock.advance(days=20)

    engine.conditions.done("CRM", "C-01", note="See ticket 42", by="ykerbrat")

    assert engine.conditions.of("CRM")[0].note == "See ticket 42"
    assert engine.explain("CRM", "confirm_secured", by="nroussel").allowed
    assert engine.verify().holds


@pytest.mark.parametrize("by", ["kbenali", "slegoff", "htallec"])
def test_nobody_else_says_so_not_even_an_administrator(engine: Engine, by: str) -> None:
    go(engine)

    with pytest.raises(Refused) as caught:
        engine.conditions.done("CRM", "C-01", note="Fine", by=by)

    assert codes(caught.value.decision) == {"not_condition_owner"}
    assert engine.history("CRM")[-1].event == "entry.refused"
    assert engine.conditions.of("CRM")[0].status == "open"


def test_who_may_make_the_gates_decision_lets_go_of_it(engine: Engine) -> None:
    go(engine)

    engine.conditions.lift("CRM", "C-01", reason="There is no export any more", by="kbenali")

    assert engine.conditions.of("CRM")[0].status == "lifted"
    assert engine.verify().holds


@pytest.mark.parametrize(
    ("by", "expected"),
    [("ykerbrat", {"role_missing", "own_condition"}), ("htallec", {"role_missing"}), ("nroussel", {"role_missing"})],
)
def test_nobody_else_lets_go_of_it(engine: Engine, by: str, expected: set[str]) -> None:
    go(engine)

    with pytest.raises(Refused) as caught:
        engine.conditions.lift("CRM", "C-01", reason="In the way", by=by)

    assert codes(caught.value.decision) == expected


def test_the_owner_who_may_decide_does_not_let_go_of_his_own(engine: Engine) -> None:
    go(engine, Condition("kbenali", "2026-01-20", "confirm_secured", "Train the team"))

    with pytest.raises(Refused) as caught:
        engine.conditions.lift("CRM", "C-01", reason="In the way", by="kbenali")

    assert codes(caught.value.decision) == {"own_condition"}


def test_it_is_closed_once(engine: Engine) -> None:
    go(engine)
    engine.conditions.done("CRM", "C-01", note="Done", by="ykerbrat")

    with pytest.raises(Refused) as caught:
        engine.conditions.lift("CRM", "C-01", reason="Anyway", by="kbenali")

    assert codes(caught.value.decision) == {"condition_closed"}


def test_several_are_numbered(engine: Engine) -> None:
    go(engine, EXPORT, Condition("kbenali", "2026-02-01", "deploy", "Train the team"))

    assert [(c.key, c.owner) for c in engine.conditions.of("CRM")] == [("C-01", "ykerbrat"), ("C-02", "kbenali")]
    assert engine.verify().holds


@pytest.mark.parametrize(
    ("condition", "error"),
    [
        (Condition("nobody", "2026-01-20", "deploy", "x"), NotFound),
        (Condition("ykerbrat", "2026-01-20", "teleport", "x"), NotFound),
        (Condition("ykerbrat", "2026-01-04", "deploy", "x"), BadInput),
        (Condition("ykerbrat", "soon", "deploy", "x"), BadInput),
        (Condition("ykerbrat", "2026-01-20", "deploy", " "), BadInput),
    ],
)
def test_a_condition_that_makes_no_sense_moves_nothing(
    engine: Engine, condition: Condition, error: type[Exception]
) -> None:
    started(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")
    before = len([*engine.log()])

    with pytest.raises(error):
        engine.move("CRM", "validate_need", by="kbenali", conditions=[condition])

    assert (engine.project("CRM").state.id, len([*engine.log()])) == ("need_expressed", before)


def test_what_is_no_gate_sets_no_conditions(engine: Engine) -> None:
    started(engine)

    with pytest.raises(BadInput) as caught:
        engine.move("CRM", "hold", by="kbenali", reason="Gel", conditions=[EXPORT])

    assert caught.value.reason == "condition_gate"


def test_the_gate_and_its_conditions_stand_or_fall_together(engine: Engine, url: str) -> None:
    started(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")
    database = create_engine(url)

    with Session(database) as session:
        engine.move("CRM", "validate_need", by="kbenali", conditions=[EXPORT], session=session)
        session.rollback()
    database.dispose()

    assert (engine.project("CRM").state.id, engine.conditions.of("CRM")) == ("need_expressed", ())
    assert engine.verify().holds


def test_it_waits_for_its_owner(engine: Engine) -> None:
    go(engine)

    waits = [(t.condition, t.person, t.transition) for t in engine.todo("ykerbrat") if t.deed == "condition"]
    nobody = [t for t in engine.todo("kbenali") if t.deed == "condition"]

    assert (waits, nobody) == ([("C-01", "ykerbrat", "confirm_secured")], [])
    engine.conditions.done("CRM", "C-01", note="Done", by="ykerbrat")
    assert [t for t in engine.todo() if t.deed == "condition"] == []


def test_a_retried_call_sets_them_once(engine: Engine) -> None:
    started(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")
    first = [
        engine.move("CRM", "validate_need", by="kbenali", conditions=[EXPORT], idempotency_key="once") for _ in range(2)
    ]

    assert (first[0], len(engine.conditions.of("CRM"))) == (first[1], 1)
    with pytest.raises(IdempotencyMismatch):
        engine.move("CRM", "validate_need", by="kbenali", idempotency_key="once")


def test_there_is_no_such_condition(engine: Engine) -> None:
    validated(engine)

    with pytest.raises(NotFound) as caught:
        engine.conditions.done("CRM", "C-09", note="Done", by="ykerbrat")

    assert caught.value.reason == "condition"
