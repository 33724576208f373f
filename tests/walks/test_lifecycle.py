"""Where a project can go from where it stands: hold, resume, reject, reopen, rework, roll back, break glass."""

from __future__ import annotations

import pytest
from tests.walks.company import codes, open_crm, staffed_crm, walk_to

from flowgov import BadInput, Engine, FixedClock, NotFound
from flowgov.testing import assert_refused, pass_gate, ready


def emergency(engine: Engine) -> None:
    """Given: a declared emergency, with everybody it needs."""
    staffed_crm(engine, "emergency", incident_lead="jprigent", emergency_authority="htallec")


def test_a_need_is_expressed_at_the_initial_state(engine: Engine) -> None:
    open_crm(engine, personal_data=True)

    project = engine.project("CRM")

    told = (project.state.id, project.cycle, project.version, project.creator, project.personal_data)
    assert told == ("need_expressed", 1, 1, "ebihan", True)


def test_a_step_is_not_skipped(engine: Engine) -> None:
    staffed_crm(engine)

    decision = assert_refused(engine, "CRM", "deploy", by="jprigent")

    blocker = next(b for b in decision.blockers if b.code == "not_from_here")
    assert blocker.params["available"] == ["validate_need", "reject_need", "hold", "cancel"]


def test_a_step_is_not_made_twice(engine: Engine) -> None:
    staffed_crm(engine)
    walk_to(engine, "validate_need")

    assert "not_from_here" in codes(assert_refused(engine, "CRM", "validate_need", by="kbenali"))


@pytest.mark.parametrize("reason", [None, "", "   \n"])
def test_where_a_reason_is_required_silence_is_refused(engine: Engine, reason: str | None) -> None:
    staffed_crm(engine)

    assert_refused(engine, "CRM", "hold", by="kbenali", reason=reason, codes={"reason_missing"})


def test_the_reason_is_kept_beside_the_record_not_in_it(engine: Engine) -> None:
    staffed_crm(engine)

    engine.move("CRM", "hold", by="kbenali", reason="Budget freeze")

    moved = engine.history("CRM")[-1]
    assert (moved.texts["reason"], "Budget freeze" in str(moved.facts), set(moved.facts["c"])) == (
        "Budget freeze",
        False,
        {"reason"},
    )


@pytest.mark.parametrize("last", ["", "validate_need", "approve_design", "confirm_secured"])
def test_a_resumed_project_is_back_where_it_was(engine: Engine, last: str) -> None:
    staffed_crm(engine)
    walk_to(engine, last) if last else None
    before = engine.project("CRM").state
    engine.move("CRM", "hold", by="kbenali", reason="Summer break")

    receipt = engine.move("CRM", "resume", by="slegoff")

    assert (receipt.target, engine.project("CRM").state, engine.project("CRM").previous) == (before.id, before, None)


def test_a_project_on_hold_remembers_where_it_was(engine: Engine) -> None:
    staffed_crm(engine)
    walk_to(engine, "validate_need")

    engine.move("CRM", "hold", by="kbenali", reason="Summer break")

    assert (engine.project("CRM").state.id, engine.project("CRM").previous) == ("on_hold", "business_validated")


def test_a_pause_does_not_take_back_what_was_approved(engine: Engine) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")
    engine.move("CRM", "hold", by="kbenali", reason="Summer break")
    engine.move("CRM", "resume", by="slegoff")

    assert engine.move("CRM", "validate_need", by="kbenali").target == "business_validated"


def test_a_rejected_need_is_closed(engine: Engine) -> None:
    staffed_crm(engine)

    engine.move("CRM", "reject_need", by="slegoff", reason="No benefit")

    assert (engine.project("CRM").state.ended, engine.transitions("CRM")) == (True, ("reopen",))


def test_a_reopened_need_begins_its_next_cycle(engine: Engine) -> None:
    staffed_crm(engine)
    engine.move("CRM", "reject_need", by="slegoff", reason="No benefit")

    receipt = engine.move("CRM", "reopen", by="slegoff", reason="New figures")

    assert (receipt.target, receipt.cycle) == ("need_expressed", 2)


def test_rework_begins_the_next_cycle(engine: Engine) -> None:
    staffed_crm(engine)
    walk_to(engine, "approve_design")

    receipt = engine.move("CRM", "return_to_design", by="nroussel", reason="No access log")

    assert (receipt.target, receipt.cycle) == ("business_validated", 2)


def test_rolling_back_never_leads_straight_to_production_again(engine: Engine) -> None:
    staffed_crm(engine)
    walk_to(engine, "deploy")

    pass_gate(engine, "CRM", "roll_back", by="jprigent", reason="Calendars were lost")

    assert (engine.project("CRM").state.id, "deploy" in engine.transitions("CRM")) == ("rolled_back", False)


def test_rolling_back_needs_its_report(engine: Engine) -> None:
    staffed_crm(engine)
    walk_to(engine, "deploy")

    assert_refused(engine, "CRM", "roll_back", by="jprigent", reason="It fails", codes={"evidence_missing"})


def test_in_an_emergency_one_acts_first_and_says_why(engine: Engine) -> None:
    emergency(engine)
    engine.add_evidence("CRM", "action_log", by="ykerbrat", link="x")
    assert_refused(engine, "CRM", "act_first", by="ykerbrat", codes={"reason_missing"})

    receipt = engine.move("CRM", "act_first", by="ykerbrat", reason="Exploited right now")

    assert (receipt.target, engine.history("CRM")[-1].facts["kind"]) == ("fix_deployed", "break_glass")


def test_who_broke_the_glass_does_not_regularise_it(engine: Engine) -> None:
    staffed_crm(engine, "emergency", security_officer="ykerbrat")
    for name, reason in (("act_first", "Exploited right now"), ("restore_service", None)):
        pass_gate(engine, "CRM", name, by="ykerbrat", reason=reason)

    assert "same_author" in codes(assert_refused(engine, "CRM", "regularise", by="ykerbrat"))


def test_what_is_not_declared_as_broken_glass_is_no_way_round(engine: Engine) -> None:
    emergency(engine)

    assert "not_from_here" in codes(assert_refused(engine, "CRM", "deploy_fix", by="ykerbrat"))


def test_a_closed_project_stays_closed(engine: Engine) -> None:
    staffed_crm(engine)
    engine.move("CRM", "cancel", by="slegoff", reason="No budget")

    decision = assert_refused(engine, "CRM", "resume", by="slegoff")

    assert (engine.transitions("CRM"), codes(decision)) == ((), {"not_from_here"})


# --- what does not exist ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "transition", "by", "reason", "suggestions"),
    [
        ("CMR", "validate_need", "kbenali", "project", ("CRM",)),
        ("crm", "validate_need", "kbenali", "project", ("CRM",)),
        ("CRM", "validate_neeed", "kbenali", "transition", ("validate_need",)),
        ("CRM", "validate_need", "kbenalli", "person", ("kbenali",)),
        ("CRM", "validate_need", "Kbenali", "person", ("kbenali",)),
        ("CRM", "validate_need", "zzz", "person", ()),
    ],
)
@pytest.mark.parametrize("ask", ["move", "explain"])
def test_an_unknown_name_is_told_with_the_one_meant(
    engine: Engine, key: str, transition: str, by: str, reason: str, suggestions: tuple[str, ...], ask: str
) -> None:
    staffed_crm(engine)

    with pytest.raises(NotFound) as caught:
        getattr(engine, ask)(key, transition, by=by)

    assert (caught.value.reason, caught.value.data["suggestions"]) == (reason, suggestions)


@pytest.mark.parametrize(
    ("workflow", "suggestions"),
    [("standart", ("standard",)), ("standard@9.9.9", ("standard@1.1.0",)), ("../standard", ("standard",)), ("", ())],
)
def test_an_unknown_workflow_is_told_with_the_one_meant(
    engine: Engine, workflow: str, suggestions: tuple[str, ...]
) -> None:
    with pytest.raises(NotFound) as caught:
        open_crm(engine, workflow)

    assert (caught.value.reason, caught.value.data["suggestions"][:1]) == ("workflow", suggestions)


@pytest.mark.parametrize(
    ("ask", "reason"),
    [
        (lambda engine: engine.project("CMR"), "project"),
        (lambda engine: engine.transitions("CMR"), "project"),
        (lambda engine: engine.history("CMR"), "project"),
        (lambda engine: engine.evidence("CMR"), "project"),
        (lambda engine: engine.approvals("CMR"), "project"),
        (lambda engine: engine.person("kbenalli"), "person"),
        (lambda engine: engine.todo("kbenalli"), "person"),
        (lambda engine: engine.workflow("standart"), "workflow"),
        (lambda engine: [*engine.log(event="projekt")], "event"),
        (lambda engine: [*engine.log(project="CMR")], "project"),
        (lambda engine: [*engine.log(person="kbenalli")], "person"),
        (lambda engine: engine.grant_role("sponser", "kbenali", by="htallec"), "role"),
        (lambda engine: engine.grant_role("sponsor", "kbenalli", by="htallec"), "person"),
        (lambda engine: engine.grant_role("sponsor", "kbenali", project="CMR", by="htallec"), "project"),
        (lambda engine: engine.grant_role("sponsor", "kbenali", by="htalec"), "person"),
        (lambda engine: engine.grant_role("buyer", "kbenali", project="CRM", by="htallec"), "role"),
        (lambda engine: engine.add_person("new", name="New", by="htalec"), "person"),
        (lambda engine: engine.approve("CMR", "validate_need", by="kbenali"), "project"),
        (lambda engine: engine.withdraw_approval("CRM", "validate", by="kbenali"), "transition"),
        (lambda engine: engine.add_evidence("CMR", "charter", by="kbenali", link="x"), "project"),
        (lambda engine: engine.add_evidence("CRM", "charter", by="kbenalli", link="x"), "person"),
    ],
)
def test_every_question_about_what_does_not_exist_is_answered(engine: Engine, ask: object, reason: str) -> None:
    open_crm(engine)

    with pytest.raises(NotFound) as caught:
        ask(engine)  # type: ignore[operator]  # a function

    assert caught.value.reason == reason


# --- definitions -----------------------------------------------------------------------------------------------


def test_t16_definition_weakened_under_live_projects_a_registered_version_never_changes(engine: Engine) -> None:
    import json

    from flowgov.workflow.model import build

    document = json.loads(engine.workflow("standard").body)
    for transition in document["transitions"]:
        transition["approvals"] = []

    with pytest.raises(BadInput) as caught:
        engine.register_workflow(build(document), by="htallec")

    assert caught.value.reason == "workflow_changed"


def test_t16_definition_weakened_under_live_projects_an_old_project_keeps_its_rules(engine: Engine) -> None:
    import json

    from flowgov.workflow.model import build

    staffed_crm(engine)
    document = json.loads(engine.workflow("standard").body)
    for transition in document["transitions"]:
        transition["approvals"], transition["evidence"] = [], []
    engine.register_workflow(build({**document, "version": "2.0.0"}), by="htallec")

    decision = assert_refused(engine, "CRM", "validate_need", by="kbenali")

    assert (engine.project("CRM").workflow.name, codes(decision)) == (
        "standard@1.1.0",
        {"approval_missing", "evidence_missing"},
    )


def test_a_new_project_takes_the_newest_version(engine: Engine) -> None:
    import json

    from flowgov.workflow.model import build

    document = json.loads(engine.workflow("standard").body)
    engine.register_workflow(build({**document, "version": "1.2.0"}), by="htallec")

    open_crm(engine)

    assert engine.project("CRM").workflow.name == "standard@1.2.0"


def test_a_definition_is_registered_once(engine: Engine) -> None:
    with pytest.raises(BadInput) as caught:
        engine.register_workflow(engine.workflow("standard"), by="htallec")

    assert caught.value.reason == "workflow_registered"


# --- time ------------------------------------------------------------------------------------------------------


def test_the_record_says_when(engine: Engine, clock: FixedClock) -> None:
    staffed_crm(engine)
    clock.advance(days=1, microseconds=7)

    receipt = engine.move("CRM", "hold", by="kbenali", reason="Summer break")

    assert (receipt.at, engine.project("CRM").entered) == ("2026-01-06T09:00:00.000007Z",) * 2


def test_time_never_runs_backwards_within_a_chain(engine: Engine, clock: FixedClock) -> None:
    staffed_crm(engine)
    clock.advance(hours=2)
    engine.add_evidence("CRM", "charter", by="kbenali", link="x")
    clock.advance(hours=-1)

    receipt = engine.move("CRM", "hold", by="slegoff", reason="Summer break")

    assert (receipt.at, engine.history("CRM")[-1].facts["clock"]) == ("2026-01-05T11:00:00.000000Z", "held")


def test_a_pause_within_a_pause_leads_back_through_both(engine: Engine) -> None:
    import json

    from flowgov.workflow.model import build

    document = json.loads(engine.workflow("pme-light").body)
    paused = next(state for state in document["states"] if state["id"] == "on_hold")
    hold = next(step for step in document["transitions"] if step["id"] == "hold")
    resume = next(step for step in document["transitions"] if step["id"] == "resume")
    document["states"].append({**paused, "id": "frozen"})
    document["transitions"] += [
        {**hold, "id": "freeze", "from": ["on_hold"], "to": "frozen"},
        {**resume, "id": "thaw", "from": ["frozen"]},
    ]
    engine.register_workflow(build({**document, "version": "2.0.0"}), by="htallec")
    staffed_crm(engine, "pme-light@2.0.0")

    steps = [
        engine.move("CRM", name, by="kbenali", reason="Why").target for name in ("hold", "freeze", "thaw", "resume")
    ]

    assert steps == ["on_hold", "frozen", "on_hold", "need_expressed"]
