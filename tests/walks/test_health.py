"""The three signals of a project, from what the registers say, and the agenda made of the same."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime

import pytest

from flowgov import Engine, FixedClock, NotFound
from flowgov.dossier import working_days
from flowgov.dossier.health import Signal
from flowgov.dossier.meetings import PORTFOLIO, NewAction
from flowgov.workflow.load import load_text

TODAY = "2026-01-05"
SMALL = """
id: small
version: 1.0.0
title: {en: Small, fr: Petit}
separation: MODE
meetings: {every_days: 7}
roles:
  business_owner: {side: business, en: Business owner, fr: Responsable métiers}
  technical_owner: {side: technical, en: Technical owner, fr: Responsable technique}
  sponsor: {en: Sponsor, fr: Commanditaire}
states:
  asked: {kind: initial, stage: need_expressed, en: Asked, fr: Demandé}
  done: {kind: final, stage: deployed, en: Done, fr: Fait}
transitions:
  finish:
    {from: asked, to: done, kind: gate, fire: [technical_owner], approvals: [{role: sponsor}], due: {working_days: 4},
     en: Finish, fr: Terminer}
  drop: {from: asked, to: done, kind: cancel, fire: [business_owner], en: Drop, fr: Abandonner}
"""


def flow_on(engine: Engine, mode: str = "exception") -> Engine:
    engine.register_workflow(load_text(SMALL.replace("MODE", mode)), by="htallec")
    engine.open_project("CRM", workflow="small", title="Déploiement d'un CRM", by="ebihan")
    for role, login in (("business_owner", "kbenali"), ("technical_owner", "ykerbrat"), ("sponsor", "jprigent")):
        engine.grant_role(role, login, project="CRM", by="htallec")
    return engine


@pytest.fixture
def flow(engine: Engine) -> Iterator[Engine]:
    """The CRM project on a workflow with one gate; everybody holds one role."""
    yield flow_on(engine)


def codes(signal: Signal) -> tuple[str, list[str]]:
    return signal.level, [reason.code for reason in signal.reasons]


def both_owners(engine: Engine) -> None:
    engine.grant_role("business_owner", "ykerbrat", project="CRM", by="htallec")


def permit(engine: Engine, **more: object) -> str:
    return engine.add_exception(
        "CRM",
        rules=["one_person_once"],
        person="ykerbrat",
        until="2026-06-30",
        reason="Un seul informaticien",
        compensating="Revue mensuelle",
        by="htallec",
        **more,  # type: ignore[arg-type]  # named by the test
    ).subject


def on(clock: FixedClock, day: str) -> None:
    clock.set(datetime.fromisoformat(f"{day}T09:00:00+00:00"))


# --- roles -----------------------------------------------------------------------------------------------------


def test_a_project_with_everybody_in_place_is_green(flow: Engine) -> None:
    assert codes(flow.health("CRM").roles) == ("green", [])


def test_an_approver_that_nobody_is_makes_a_gap(flow: Engine) -> None:
    flow.revoke_role("sponsor", "jprigent", project="CRM", by="htallec")

    signal = flow.health("CRM").roles
    assert (codes(signal), signal.reasons[0].params) == (
        ("red", ["no_holder"]),
        {"transition": "finish", "roles": ["sponsor"]},
    )


def test_a_role_held_everywhere_fills_a_gap(flow: Engine) -> None:
    flow.revoke_role("sponsor", "jprigent", project="CRM", by="htallec")

    flow.grant_role("sponsor", "slegoff", by="htallec")

    assert codes(flow.health("CRM").roles) == ("green", [])


def test_one_person_on_both_sides_is_red_without_an_exception(flow: Engine) -> None:
    both_owners(flow)

    assert codes(flow.health("CRM").roles) == ("red", ["two_hats"])


def test_where_the_workflow_only_warns_it_is_amber(engine: Engine) -> None:
    both_owners(flow_on(engine, "warn"))

    assert codes(engine.health("CRM").roles) == ("amber", ["two_hats"])


def test_an_exception_that_operates_makes_it_green(flow: Engine) -> None:
    both_owners(flow)

    permit(flow)

    assert codes(flow.health("CRM").roles) == ("green", [])


def test_an_exception_that_has_expired_is_named(flow: Engine, clock: FixedClock) -> None:
    both_owners(flow)
    key = permit(flow)

    on(clock, "2026-07-01")

    signal = flow.health("CRM").roles
    assert (codes(signal), signal.reasons[0].params["exception"]) == (("red", ["two_hats_idle"]), key)


def test_an_exception_whose_review_is_overdue_does_not_operate(flow: Engine, clock: FixedClock) -> None:
    both_owners(flow)
    permit(flow, every_days=30, reviewer="slegoff")
    on(clock, "2026-02-03")
    before = codes(flow.health("CRM").roles)

    on(clock, "2026-02-05")

    assert (before, codes(flow.health("CRM").roles)) == (("green", []), ("red", ["two_hats_idle"]))


def test_a_charter_is_to_be_current_and_acknowledged(flow: Engine) -> None:
    seen = [codes(flow.health("CRM").roles)]
    flow.charters.issue("CRM", by="kbenali")
    seen.append(codes(flow.health("CRM").roles))
    for login in ("kbenali", "ykerbrat", "jprigent"):
        flow.charters.acknowledge("CRM", by=login)
    seen.append(codes(flow.health("CRM").roles))
    flow.grant_role("sponsor", "slegoff", project="CRM", by="htallec")
    seen.append(codes(flow.health("CRM").roles))
    flow.charters.issue("CRM", by="kbenali")
    flow.charters.acknowledge("CRM", by="slegoff")
    seen.append(codes(flow.health("CRM").roles))

    assert seen == [
        ("green", []),
        ("amber", ["charter_unacknowledged"]),
        ("green", []),
        ("amber", ["charter_outdated"]),
        ("amber", ["charter_unacknowledged"]),
    ]


def test_a_gate_that_asks_for_a_charter_misses_it(engine: Engine) -> None:
    asking = SMALL.replace("MODE", "exception").replace("due: {working_days: 4}", "guards: [charter_acknowledged]")
    engine.register_workflow(load_text(asking), by="htallec")
    engine.open_project("CRM", workflow="small", title="CRM", by="ebihan")

    assert "charter_absent" in codes(engine.health("CRM").roles)[1]


# --- rhythm ----------------------------------------------------------------------------------------------------


def test_a_workflow_that_says_how_often_to_meet_is_kept_to_without_a_plan(flow: Engine, clock: FixedClock) -> None:
    on(clock, "2026-01-13")
    seen = [codes(flow.health("CRM").rhythm)]
    on(clock, "2026-01-20")
    seen.append(codes(flow.health("CRM").rhythm))

    assert seen == [("amber", ["never_met"]), ("red", ["never_met"])]


def test_what_was_dropped_while_on_hold_rests_from_the_hold_on(engine: Engine, clock: FixedClock) -> None:
    resting = """
  hold: {from: asked, to: on_hold, kind: suspend, fire: [business_owner], en: Hold, fr: Suspendre}
  give_up: {from: on_hold, to: dropped, kind: cancel, fire: [business_owner], en: Give up, fr: Renoncer}
  again: {from: dropped, to: asked, kind: reopen, fire: [business_owner], en: Again, fr: Rouvrir}
"""
    states = """states:
  on_hold: {kind: suspended, en: On hold, fr: Suspendu}
  dropped: {kind: final_negative, en: Dropped, fr: Abandonné}
"""
    definition = SMALL.replace("MODE", "exception").replace("states:\n", states) + resting
    engine.register_workflow(load_text(definition), by="htallec")
    engine.open_project("CRM", workflow="small", title="CRM", by="ebihan")
    engine.grant_role("business_owner", "kbenali", project="CRM", by="htallec")
    engine.meetings.hold("CRM", by="kbenali")
    for day, name in (("2026-01-06", "hold"), ("2026-03-02", "give_up"), ("2026-06-01", "again")):
        on(clock, day)
        engine.move("CRM", name, by="kbenali")

    on(clock, "2026-06-07")

    assert codes(engine.health("CRM").rhythm) == ("green", [])


def test_a_plan_begins_with_what_the_workflow_says(flow: Engine) -> None:
    flow.meetings.plan("CRM", by="kbenali")

    series = flow.meetings.of("CRM").series
    assert series is not None
    assert series.every == 7


# --- risks -----------------------------------------------------------------------------------------------------


def risk(engine: Engine, gravity: int = 4, likelihood: int = 4, **more: object) -> None:
    engine.risks.record("CRM", title="Injection", gravity=gravity, likelihood=likelihood, by="kbenali", **more)  # type: ignore[arg-type]


def test_a_high_risk_that_is_left_alone_is_red(flow: Engine) -> None:
    risk(flow)

    assert codes(flow.health("CRM").risks) == ("red", ["high_risks", "unconfirmed_risks"])


def test_a_risk_that_both_sides_confirmed_and_that_is_low_is_green(flow: Engine) -> None:
    risk(flow, 1, 1)

    flow.risks.confirm("CRM", "R-01", by="ykerbrat")

    assert codes(flow.health("CRM").risks) == ("green", [])


def test_a_high_risk_that_is_accepted_is_green_until_the_acceptance_expires(flow: Engine, clock: FixedClock) -> None:
    risk(flow)
    flow.risks.confirm("CRM", "R-01", by="ykerbrat")
    flow.risks.accept("CRM", "R-01", until="2026-02-01", by="kbenali")
    before = codes(flow.health("CRM").risks)

    on(clock, "2026-02-03")

    assert (before, codes(flow.health("CRM").risks)) == (("green", []), ("red", ["high_risks"]))


def test_an_overdue_measure_is_amber(flow: Engine, clock: FixedClock) -> None:
    risk(flow, 1, 1, measures=[("ykerbrat", "2026-01-10", "Filtrer")])
    flow.risks.confirm("CRM", "R-01", by="ykerbrat")

    on(clock, "2026-01-11")

    assert codes(flow.health("CRM").risks) == ("amber", ["late_measures"])


# --- all of them -----------------------------------------------------------------------------------------------


def test_a_closed_project_has_nothing_to_say(flow: Engine) -> None:
    risk(flow)

    flow.move("CRM", "drop", by="kbenali")

    assert {signal.level for signal in flow.health("CRM").signals} == {"none"}


def test_the_board_says_what_the_project_says(flow: Engine, clock: FixedClock) -> None:
    risk(flow)
    both_owners(flow)
    flow.charters.issue("CRM", by="kbenali")
    flow.open_project("ERP", workflow="small", title="ERP", by="ebihan")
    on(clock, "2026-01-20")

    assert flow.healths() == {key: flow.health(key) for key in ("CRM", "ERP")}


def test_an_unknown_project_has_no_health(flow: Engine) -> None:
    with pytest.raises(NotFound):
        flow.health("CRN")


# --- agendas ---------------------------------------------------------------------------------------------------


def test_an_agenda_says_which_gate_waits_for_whom_and_whether_it_is_late(flow: Engine, clock: FixedClock) -> None:
    on(clock, "2026-01-13")

    (gate,) = flow.meetings.agenda("CRM").waiting

    assert (gate.transition, gate.movers, gate.approvers, gate.due, gate.overdue) == (
        "finish",
        ("ykerbrat",),
        ("jprigent",),
        "2026-01-09",
        True,
    )


def test_a_gate_is_asked_for_the_holder_it_holds_the_least_against(flow: Engine) -> None:
    flow.grant_role("technical_owner", "jprigent", project="CRM", by="htallec")
    flow.approve("CRM", "finish", by="jprigent")

    (gate,) = flow.meetings.agenda("CRM").waiting

    assert (gate.movers, gate.approvers, gate.missing) == (("jprigent", "ykerbrat"), (), 0)


def test_a_gate_that_waits_for_nobody_is_on_the_agenda_too(flow: Engine) -> None:
    flow.revoke_role("technical_owner", "ykerbrat", project="CRM", by="htallec")

    assert [(gate.transition, gate.movers) for gate in flow.meetings.agenda("CRM").waiting] == [("finish", ())]


def test_an_agenda_says_what_ends_within_thirty_days_of_the_meeting(flow: Engine) -> None:
    flow.add_exception(
        "CRM",
        rules=["procedure"],
        person="ykerbrat",
        until="2026-02-10",
        reason="Essai",
        compensating="Relecture",
        by="htallec",
    )

    ending = {day: flow.meetings.agenda("CRM", on=day).ending for day in ("2026-01-08", "2026-01-14")}

    assert {day: [(d.kind, d.day) for d in found] for day, found in ending.items()} == {
        "2026-01-08": [],
        "2026-01-14": [("exception", "2026-02-10")],
    }


def test_an_agenda_asks_for_risks_that_the_last_meeting_did_not_look_at(flow: Engine, clock: FixedClock) -> None:
    for _ in range(2):
        risk(flow, 1, 1)
    flow.risks.confirm("CRM", by="ykerbrat")
    on(clock, "2026-01-12")
    flow.meetings.hold("CRM", risks=["R-01"], by="kbenali")

    found = flow.meetings.agenda("CRM").risks

    assert [(risk.key, risk.why, risk.params["since"]) for risk in found] == [("R-02", ("not_reviewed",), TODAY)]


def test_the_worst_risk_comes_first_with_every_reason(flow: Engine, clock: FixedClock) -> None:
    risk(flow, 1, 1)
    risk(flow, measures=[("ykerbrat", "2026-01-10", "Filtrer")])
    on(clock, "2026-01-11")

    worst = flow.meetings.agenda("CRM").risks[0]

    assert (worst.key, worst.why, worst.params["late"]) == (
        "R-02",
        ("high", "unconfirmed", "measure_late", "not_reviewed"),
        "2026-01-10",
    )


def test_open_actions_are_on_the_agenda_the_one_due_first_at_the_top(flow: Engine) -> None:
    for due in ("2026-03-01", "2026-02-01", "2026-01-20"):
        flow.meetings.add_action("CRM", owner="ykerbrat", due=due, what="x", by="kbenali")
    flow.meetings.finish_action("CRM", "AC-03", by="ykerbrat")

    agenda = flow.meetings.agenda("CRM")

    assert ([action.key for action in agenda.actions], [d.kind for d in agenda.ending]) == (["AC-02", "AC-01"], [])


def test_an_agenda_is_for_the_next_day_of_the_series(flow: Engine) -> None:
    flow.meetings.plan("CRM", first="2026-01-12", by="kbenali")

    assert flow.meetings.agenda("CRM").day == "2026-01-12"


def test_the_portfolios_agenda_is_of_every_open_project(flow: Engine, clock: FixedClock) -> None:
    risk(flow)
    risk(flow, 1, 1)
    flow.open_project("ERP", workflow="small", title="ERP", by="ebihan")
    flow.open_project("OLD", workflow="small", title="Old", by="ebihan")
    flow.grant_role("business_owner", "kbenali", project="OLD", by="htallec")
    flow.move("OLD", "drop", by="kbenali")
    flow.meetings.hold("CRM", actions=[NewAction("ykerbrat", "2026-01-06", "x")], by="kbenali")
    on(clock, "2026-01-13")

    agenda = flow.meetings.agenda(PORTFOLIO)

    assert (
        agenda.title,
        [health.project for health in agenda.health],
        {gate.project for gate in agenda.waiting},
        [(risk.project, risk.key) for risk in agenda.risks],
        [(action.project, action.key) for action in agenda.actions],
    ) == ("Maison Tallec SAS", ["CRM", "ERP"], {"CRM", "ERP"}, [("CRM", "R-01")], [("CRM", "AC-01")])


def test_an_agenda_of_an_unknown_project_is_not_found(flow: Engine) -> None:
    with pytest.raises(NotFound):
        flow.meetings.agenda("CRN")


def test_without_a_calendar_of_working_days_the_agenda_says_so(flow: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    working_days._public_holidays.cache_clear()

    agenda = flow.meetings.agenda("CRM")

    assert (agenda.due_known, agenda.waiting[0].due) == (False, None)
