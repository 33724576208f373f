"""A refusal explains itself, is a record, and moves nothing."""

from __future__ import annotations

import logging

import pytest
from tests.walks.company import codes, open_crm, staffed_crm
from tests.walks.former import with_former

from flowgov import Blocker, Engine, FixedClock, MoveRefused, Request
from flowgov.testing import assert_refused


def test_a_refusal_tells_every_reason(engine: Engine) -> None:
    with_former(engine, "standard", "regulated")
    open_crm(engine, by="kbenali")

    decision = assert_refused(engine, "CRM", "validate_need", by="kbenali")

    assert [blocker.code for blocker in decision.blockers] == [
        "role_missing",
        "same_creator",
        "approval_missing",
        *["evidence_missing"] * 5,
    ]


def test_a_refused_attempt_is_recorded_with_every_blocker(engine: Engine) -> None:
    staffed_crm(engine)

    decision = assert_refused(engine, "CRM", "hold", by="jprigent")

    last = engine.history("CRM")[-1]
    told = (last.event, last.outcome, last.actor, last.facts["t"], last.facts["from"])
    assert told == ("project.move_refused", "refused", "jprigent", "hold", "need_expressed")
    assert [b["code"] for b in last.facts["blockers"]] == [b.code for b in decision.blockers]


def test_the_record_of_a_refusal_names_persons_by_pseudonym(engine: Engine) -> None:
    open_crm(engine, by="kbenali")

    assert_refused(engine, "CRM", "validate_need", by="kbenali")

    refused = engine.history("CRM")[-1].facts
    named = [b["params"]["person"] for b in refused["blockers"] if b["code"] == "own_creation"]
    assert named == [engine.person("kbenali").id]


def test_asking_why_records_nothing(engine: Engine) -> None:
    staffed_crm(engine)
    before = len([*engine.log()])

    engine.explain("CRM", "deploy", by="kbenali")

    assert len([*engine.log()]) == before


def test_asking_why_and_trying_give_the_same_answer(engine: Engine) -> None:
    staffed_crm(engine)

    asked = engine.explain("CRM", "deploy", by="kbenali")

    assert assert_refused(engine, "CRM", "deploy", by="kbenali") == asked


def test_asking_why_tells_where_it_would_lead(engine: Engine) -> None:
    staffed_crm(engine)

    decision = engine.explain("CRM", "hold", by="kbenali", reason="Summer")

    assert (decision.allowed, decision.target, engine.project("CRM").state.id) == (True, "on_hold", "need_expressed")


def test_a_blocker_names_who_can_lift_it_and_how(engine: Engine) -> None:
    staffed_crm(engine)

    blocker = engine.explain("CRM", "hold", by="jprigent", reason="Summer").blockers[0]

    assert (blocker.holders, blocker.command) == (
        ("kbenali", "ykerbrat", "slegoff"),
        "flowgov move CRM hold --as kbenali",
    )


def test_where_nobody_can_lift_it_the_role_is_named(engine: Engine) -> None:
    open_crm(engine)

    blocker = engine.explain("CRM", "hold", by="kbenali", reason="Summer").blockers[0]

    assert (blocker.holders, blocker.roles) == ((), ("business_owner", "technical_owner", "sponsor"))


def test_an_error_reads_like_a_sentence_in_both_languages(engine: Engine) -> None:
    staffed_crm(engine)

    with pytest.raises(MoveRefused) as caught:
        engine.move("CRM", "hold", by="kbenali")

    assert (str(caught.value), caught.value.message("fr"), caught.value.hint("fr")) == (
        "'hold' is refused for CRM.\nA reason is required.",
        "« hold » est refusé pour CRM.",
        "Un motif est exigé.",
    )


# --- guards of the host ----------------------------------------------------------------------------------------


def budget(request: Request) -> Blocker | None:
    """A host's own guard: it looks at what the host hands over, and sees the project."""
    if request.context.get("budget", 0) >= 1000 or request.transition.id != "hold":
        return None
    return Blocker("too_expensive", {"message": "the budget is too small", "asked": 1000}, ("sponsor",))


def with_budget_guard(url: str, clock: FixedClock, guard: object = budget) -> Engine:
    """An engine whose standard@2.0.0 asks the host's guard before a hold."""
    import json

    from flowgov.workflow.model import build

    engine = Engine.open(url, clock=clock, guards={"budget": guard})  # type: ignore[dict-item]  # a guard
    document = json.loads(engine.workflow("standard").body)
    for transition in document["transitions"]:
        if transition["id"] == "hold":
            transition["guards"] = ["budget"]
    engine.register_workflow(build({**document, "version": "2.0.0"}), by="htallec")
    staffed_crm(engine, "standard@2.0.0")
    return engine


def test_a_guard_of_the_host_is_asked_with_the_others(url: str, clock: FixedClock) -> None:
    with with_budget_guard(url, clock) as engine:
        decision = assert_refused(engine, "CRM", "hold", by="kbenali")

    assert [b.code for b in decision.blockers] == ["reason_missing", "host_guard"]


def test_a_guard_of_the_host_sees_what_the_host_hands_over(url: str, clock: FixedClock) -> None:
    with with_budget_guard(url, clock) as engine:
        receipt = engine.move("CRM", "hold", by="kbenali", reason="Summer", context={"budget": 2000})

    assert receipt.target == "on_hold"


def test_what_a_guard_of_the_host_says_is_recorded(url: str, clock: FixedClock) -> None:
    with with_budget_guard(url, clock) as engine:
        assert_refused(engine, "CRM", "hold", by="kbenali", reason="Summer")

        blockers = engine.history("CRM")[-1].facts["blockers"]

    assert blockers == [
        {
            "code": "host_guard",
            "params": {
                "guard": "budget",
                "code": "too_expensive",
                "message": "the budget is too small",
                "asked": 1000,
            },
        }
    ]


def test_a_guard_that_raises_moves_nothing(url: str, clock: FixedClock) -> None:
    def broken(request: Request) -> None:
        raise ZeroDivisionError

    with with_budget_guard(url, clock, broken) as engine:
        before = (engine.project("CRM"), len([*engine.log()]))
        with pytest.raises(ZeroDivisionError):
            engine.move("CRM", "hold", by="kbenali", reason="Summer")

        assert (engine.project("CRM"), len([*engine.log()])) == before


def test_a_guard_that_answers_nonsense_moves_nothing(url: str, clock: FixedClock) -> None:
    with with_budget_guard(url, clock, lambda request: True) as engine:
        before = (engine.project("CRM"), len([*engine.log()]))
        with pytest.raises(TypeError):
            engine.move("CRM", "hold", by="kbenali", reason="Summer")

        assert (engine.project("CRM"), len([*engine.log()])) == before


def test_an_engine_without_the_guard_does_not_move_what_asks_for_it(url: str, clock: FixedClock) -> None:
    from flowgov import WorkflowInvalid

    with_budget_guard(url, clock).close()

    with Engine.open(url, clock=clock) as without, pytest.raises(WorkflowInvalid):
        without.move("CRM", "hold", by="kbenali", reason="Summer")


# --- the log lines ---------------------------------------------------------------------------------------------


def test_t26_secrets_in_logs_no_error_shows_the_password(
    postgres_server: object, caplog: pytest.LogCaptureFixture
) -> None:
    from flowgov import FlowgovError

    canary = "canary-4711"
    url = f"postgresql+psycopg://flowgov:{canary}@localhost:1/nowhere"
    caplog.set_level(logging.DEBUG, "flowgov")

    with Engine.open(url) as engine, pytest.raises(FlowgovError) as caught:
        engine.projects()

    told = [str(caught.value), caught.value.message("fr"), repr(caught.value), repr(caught.value.data), caplog.text]
    assert [text for text in told if canary in text] == []


def test_t26_secrets_in_logs_no_bad_url_shows_the_password() -> None:
    from flowgov import FlowgovError

    canary = "canary-4711"
    told = []
    for url in (f"mysql://me:{canary}@host/db", f"me:{canary}@host", f"postgresql://me:{canary}@host:port/db"):
        with pytest.raises(FlowgovError) as caught:
            Engine.open(url).projects()
        told += [str(caught.value), repr(caught.value), repr(caught.value.data)]

    assert [text for text in told if canary in text] == []


def test_the_library_is_silent_in_a_host_that_does_not_listen(
    engine: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    staffed_crm(engine)

    assert_refused(engine, "CRM", "deploy", by="kbenali")

    assert capfd.readouterr() == ("", "")


def test_codes_are_told_apart_from_sentences(engine: Engine) -> None:
    staffed_crm(engine)

    assert codes(engine.explain("CRM", "hold", by="kbenali")) == {"reason_missing"}
