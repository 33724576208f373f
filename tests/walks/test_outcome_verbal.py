"""Authorised by word of mouth, where the workflow allows it: what is missing becomes conditions of the next gates."""

from __future__ import annotations

import pytest
from tests.walks.company import codes
from tests.walks.outcomes import by_word_of_mouth, started

from flowgov import Engine, FixedClock, Refused
from flowgov.testing import assert_refused, ready


def test_what_is_missing_becomes_conditions(engine: Engine) -> None:
    by_word_of_mouth(engine)

    receipt = engine.move("CRM", "approve_design", by="ykerbrat", verbal=True)

    found = engine.conditions.of("CRM")
    told = [(c.key, c.evidence, c.owner, c.due, c.blocks, c.move) for c in found]
    due = "2026-01-07T09:00:00.000000Z"
    assert told == [
        ("C-01", "cost_estimate", "ykerbrat", due, ("confirm_secured",), receipt.seq),
        ("C-02", "risk_register_v1", "ykerbrat", due, ("confirm_secured",), receipt.seq),
    ]
    assert engine.history("CRM")[receipt.seq - 1].facts["verbal"] is True
    assert engine.verify().holds


def test_without_a_due_time_there_is_a_day(engine: Engine) -> None:
    started(engine, validate_need={"verbal": True})
    engine.approve("CRM", "validate_need", by="slegoff")

    engine.move("CRM", "validate_need", by="kbenali", verbal=True)

    assert {c.due for c in engine.conditions.of("CRM")} == {"2026-01-06T09:00:00.000000Z"}


def test_working_days_are_those_of_the_organisation(engine: Engine) -> None:
    started(engine, validate_need={"verbal": True, "due": {"working_days": 5}})
    engine.approve("CRM", "validate_need", by="slegoff")

    engine.move("CRM", "validate_need", by="kbenali", verbal=True)

    assert {c.due[:10] for c in engine.conditions.of("CRM")} == {"2026-01-12"}, "to the end of Monday 12 in Paris"


def test_nothing_else_is_let_go(engine: Engine) -> None:
    by_word_of_mouth(engine)
    engine.withdraw_approval("CRM", "approve_design", by="kbenali")

    decision = engine.explain("CRM", "approve_design", by="kbenali", verbal=True)

    assert codes(decision) == {"role_missing", "own_duty", "approval_missing"}


def test_where_the_workflow_does_not_allow_it_it_is_refused(engine: Engine) -> None:
    started(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")

    with pytest.raises(Refused) as caught:
        engine.move("CRM", "validate_need", by="kbenali", verbal=True)

    assert codes(caught.value.decision) == {"not_verbal"}
    assert engine.verify().holds


def test_the_next_gate_waits_once_it_is_late(engine: Engine, clock: FixedClock) -> None:
    by_word_of_mouth(engine)
    engine.move("CRM", "approve_design", by="ykerbrat", verbal=True)
    clock.advance(days=3)
    ready_but_for_conditions(engine)

    assert_refused(engine, "CRM", "confirm_secured", by="nroussel", codes={"condition_overdue"})


def test_only_the_paper_itself_fulfils_it(engine: Engine) -> None:
    by_word_of_mouth(engine)
    engine.move("CRM", "approve_design", by="ykerbrat", verbal=True)

    with pytest.raises(Refused) as caught:
        engine.conditions.done("CRM", "C-01", note="I promise", by="ykerbrat")

    assert codes(caught.value.decision) == {"evidence_missing"}


def test_the_paper_fulfils_it(engine: Engine) -> None:
    by_word_of_mouth(engine)
    engine.move("CRM", "approve_design", by="ykerbrat", verbal=True)
    engine.add_evidence("CRM", "cost_estimate", by="ykerbrat", link="https://example.org/cost")

    engine.conditions.done("CRM", "C-01", note="Here it is", by="ykerbrat")

    assert engine.conditions.of("CRM")[0].status == "done"
    assert engine.verify().holds


def test_with_everything_on_the_table_it_makes_no_conditions(engine: Engine) -> None:
    by_word_of_mouth(engine)
    for kind in ("cost_estimate", "risk_register_v1"):
        engine.add_evidence("CRM", kind, by="ykerbrat", link=f"https://example.org/{kind}")
    engine.approve("CRM", "approve_design", by="kbenali")

    engine.move("CRM", "approve_design", by="ykerbrat", verbal=True)

    assert engine.conditions.of("CRM") == ()
    assert engine.verify().holds


def ready_but_for_conditions(engine: Engine) -> None:
    for kind in engine.project("CRM").workflow.transitions["confirm_secured"].evidence:
        engine.add_evidence("CRM", kind, by="nroussel", link=f"https://example.org/{kind}")
    engine.approve("CRM", "confirm_secured", by="kbenali")
    engine.approve("CRM", "confirm_secured", by="ykerbrat")
