"""Meetings: a rhythm, minutes in one call, actions; and what they are not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from tests.walks.company import codes, give, staffed_crm
from tests.walks.former import with_former

from flowgov import BadInput, Engine, FixedClock, MoveRefused, NotFound, Refused
from flowgov.dossier.meetings import PORTFOLIO, NewAction

TODAY = "2026-01-05"


@pytest.fixture
def crm(engine: Engine) -> Engine:
    """`engine` with the CRM project on the light workflow, everybody in their role."""
    staffed_crm(with_former(engine, "pme-light"), "pme-light")
    return engine


def on(clock: FixedClock, day: str) -> None:
    clock.set(datetime.fromisoformat(f"{day}T09:00:00+00:00"))


def held(engine: Engine, key: str = "CRM") -> list[tuple[str, str]]:
    return [(meeting.key, meeting.held) for meeting in engine.meetings.of(key).meetings]


# --- planning --------------------------------------------------------------------------------------------------


def test_one_call_plans_a_series_as_is_usual(crm: Engine) -> None:
    crm.meetings.plan("CRM", by="kbenali")

    series = crm.meetings.of("CRM").series
    assert series is not None
    assert (series.every, series.minutes, series.first, series.time, series.zone, series.chair) == (
        14,
        30,
        TODAY,
        "09:00",
        "Europe/Paris",
        "kbenali",
    )
    assert sorted(series.participants) == ["kbenali", "slegoff", "ykerbrat"]


def test_planning_anew_keeps_what_is_not_said(crm: Engine) -> None:
    crm.meetings.plan("CRM", every=7, time="14:00", chair="ykerbrat", place="Salle A", by="kbenali")

    crm.meetings.plan("CRM", every=30, by="kbenali")

    series = crm.meetings.of("CRM").series
    assert series is not None
    assert (series.every, series.time, series.chair, series.place, series.n) == (30, "14:00", "ykerbrat", "Salle A", 2)


def test_a_place_can_be_taken_away(crm: Engine) -> None:
    crm.meetings.plan("CRM", place="Salle A", by="kbenali")

    crm.meetings.plan("CRM", place="", by="kbenali")

    series = crm.meetings.of("CRM").series
    assert series is not None
    assert series.place is None


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"every": 10}, "meeting_every"),
        ({"minutes": 4}, "meeting_minutes"),
        ({"minutes": 241}, "meeting_minutes"),
        ({"time": "9:30"}, "meeting_time"),
        ({"time": "25:00"}, "meeting_time"),
        ({"zone": "Europe/Pariss"}, "time_zone"),
        ({"zone": "../etc/passwd"}, "time_zone"),
        ({"first": "2026-02-30"}, "bad_date"),
        ({"first": "2027-02-01"}, "meeting_first"),
        ({"first": "2024-12-01"}, "meeting_first"),
        ({"place": "Salle\u202eA"}, "text_character"),
    ],
)
def test_a_series_that_makes_no_sense_is_not_planned(crm: Engine, wrong: dict[str, object], reason: str) -> None:
    with pytest.raises(BadInput) as caught:
        crm.meetings.plan("CRM", by="kbenali", **wrong)  # type: ignore[arg-type]  # on purpose

    assert (caught.value.reason, crm.meetings.of("CRM").series) == (reason, None)


@pytest.mark.parametrize("by", ["ebihan", "htallec", "nroussel"], ids=["creator", "administrator", "nobody here"])
def test_who_holds_no_role_that_acts_plans_nothing(crm: Engine, by: str) -> None:
    with pytest.raises(Refused) as caught:
        crm.meetings.plan("CRM", by=by)

    assert (codes(caught.value.decision), crm.history("CRM")[-1].event) == ({"no_role_to_meet"}, "entry.refused")


def test_an_auditor_plans_nothing(crm: Engine) -> None:
    give(crm, "auditor", "nroussel")

    with pytest.raises(Refused):
        crm.meetings.plan("CRM", by="nroussel")


def test_a_closed_project_plans_no_meetings(crm: Engine) -> None:
    crm.move("CRM", "reject_need", by="kbenali", reason="Not now")

    with pytest.raises(Refused) as caught:
        crm.meetings.plan("CRM", by="kbenali")

    assert codes(caught.value.decision) == {"project_closed"}


# --- holding ---------------------------------------------------------------------------------------------------


def test_minutes_take_one_call(crm: Engine) -> None:
    crm.meetings.plan("CRM", by="kbenali")

    crm.meetings.hold(
        "CRM",
        present=["ykerbrat"],
        excused=["slegoff"],
        decisions=["Demander l'export natif", "Écarter l'offre sinon"],
        actions=[NewAction("ykerbrat", "2026-01-19", "Obtenir l'engagement écrit")],
        notes="Rien d'autre",
        by="kbenali",
    )

    found = crm.meetings.of("CRM")
    meeting, action = found.meetings[0], found.actions[0]
    assert (meeting.key, meeting.held, meeting.chair, meeting.present, meeting.excused) == (
        "M-01",
        TODAY,
        "kbenali",
        ("kbenali", "ykerbrat"),
        ("slegoff",),
    )
    assert (meeting.decisions, meeting.actions, meeting.notes) == (
        ("Demander l'export natif", "Écarter l'offre sinon"),
        ("AC-01",),
        "Rien d'autre",
    )
    assert (action.key, action.what, action.owner, action.since, action.due, action.done, action.meeting) == (
        "AC-01",
        "Obtenir l'engagement écrit",
        "ykerbrat",
        TODAY,
        "2026-01-19",
        None,
        "M-01",
    )


def test_a_meeting_needs_no_series(crm: Engine) -> None:
    crm.meetings.hold("CRM", by="ykerbrat")

    assert held(crm) == [("M-01", TODAY)]


def test_the_day_of_a_meeting_and_of_its_record_are_kept_apart(crm: Engine, clock: FixedClock) -> None:
    on(clock, "2026-01-20")

    crm.meetings.hold("CRM", on="2026-01-12", by="kbenali")

    meeting = crm.meetings.of("CRM").meetings[0]
    assert (meeting.held, meeting.recorded[:10], meeting.days_late) == ("2026-01-12", "2026-01-20", 8)


@pytest.mark.parametrize(
    ("day", "code"),
    [("2026-01-06", "meeting_in_future"), ("2025-12-04", "meeting_long_ago")],
)
def test_a_meeting_is_neither_in_the_future_nor_long_ago(crm: Engine, day: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        crm.meetings.hold("CRM", on=day, by="kbenali")

    assert (codes(caught.value.decision), held(crm)) == ({code}, [])


def test_the_oldest_day_that_can_be_recorded_is_the_settings(crm: Engine) -> None:
    crm.meetings.hold("CRM", on="2026-01-03", backdating_days=2, by="kbenali")

    with pytest.raises(Refused):
        crm.meetings.hold("CRM", on="2026-01-02", backdating_days=2, by="kbenali")


def test_it_is_today_where_the_meetings_are(crm: Engine, clock: FixedClock) -> None:
    crm.meetings.plan("CRM", zone="Pacific/Noumea", by="kbenali")
    clock.set(datetime(2026, 1, 12, 22, tzinfo=UTC))

    crm.meetings.hold("CRM", by="kbenali")

    assert held(crm) == [("M-01", "2026-01-13")]


def test_a_day_has_one_meeting(crm: Engine) -> None:
    crm.meetings.hold("CRM", by="kbenali")

    with pytest.raises(Refused) as caught:
        crm.meetings.hold("CRM", by="ykerbrat")

    assert codes(caught.value.decision) == {"meeting_recorded"}


def test_meetings_are_listed_by_the_day_they_were_held(crm: Engine, clock: FixedClock) -> None:
    on(clock, "2026-01-20")
    crm.meetings.hold("CRM", by="kbenali")

    crm.meetings.hold("CRM", on="2026-01-12", by="kbenali")

    assert held(crm) == [("M-02", "2026-01-12"), ("M-01", "2026-01-20")]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"present": ["slegoff"], "excused": ["slegoff"]}, "present_and_excused"),
        ({"excused": ["kbenali"]}, "present_and_excused"),
        ({"decisions": [""]}, "text_empty"),
        ({"decisions": ["x" * 2_001]}, "text_too_long"),
        ({"decisions": ["x"] * 21}, "too_many"),
        ({"actions": [NewAction("ykerbrat", "2026-01-19", "x")] * 21}, "too_many"),
        ({"actions": [NewAction("ykerbrat", "2026-01-04", "x")]}, "action_due"),
        ({"actions": [NewAction("ykerbrat", "soon", "x")]}, "bad_date"),
        ({"notes": "a\u200bb"}, "text_character"),
        ({"on": "5/1/2026"}, "bad_date"),
        ({"backdating_days": -1}, "backdating"),
        ({"backdating_days": 367}, "backdating"),
    ],
)
def test_minutes_that_make_no_sense_are_not_recorded(crm: Engine, wrong: dict[str, object], reason: str) -> None:
    with pytest.raises(BadInput) as caught:
        crm.meetings.hold("CRM", by="kbenali", **wrong)  # type: ignore[arg-type]  # on purpose

    assert (caught.value.reason, held(crm), crm.meetings.of("CRM").actions) == (reason, [], ())


@pytest.mark.parametrize(
    "unknown",
    [
        {"present": ["nobody"]},
        {"chair": "nobody"},
        {"actions": [NewAction("nobody", "2026-01-19", "x")]},
        {"risks": ["R-99"]},
    ],
)
def test_minutes_name_only_what_is_known(crm: Engine, unknown: dict[str, object]) -> None:
    with pytest.raises(NotFound):
        crm.meetings.hold("CRM", by="kbenali", **unknown)  # type: ignore[arg-type]  # on purpose

    assert held(crm) == []


def test_unknown_projects_have_no_meetings(crm: Engine) -> None:
    with pytest.raises(NotFound):
        crm.meetings.of("CRN")


@pytest.mark.parametrize("by", ["ebihan", "htallec"], ids=["creator", "administrator"])
def test_who_holds_no_role_that_acts_records_no_minutes(crm: Engine, by: str) -> None:
    with pytest.raises(Refused) as caught:
        crm.meetings.hold("CRM", by=by)

    assert (codes(caught.value.decision), held(crm)) == ({"no_role_to_meet"}, [])


# --- what a meeting is not -------------------------------------------------------------------------------------


def test_a_decision_in_a_meeting_is_never_the_approval_of_a_gate(crm: Engine) -> None:
    """Everybody who could approve is there, and decides to deploy in so many words: the gate knows nothing of it."""
    from flowgov.testing import pass_gate

    for name, by in (("validate_need", "kbenali"), ("approve_design", "ykerbrat"), ("confirm_secured", "ykerbrat")):
        pass_gate(crm, "CRM", name, by=by)
    for kind in ("go_decision", "rollback_note"):
        crm.add_evidence("CRM", kind, by="ykerbrat", link=f"https://example.org/{kind}")
    crm.meetings.hold(
        "CRM", present=["ykerbrat", "slegoff"], decisions=["approve deploy", "business_owner: go"], by="kbenali"
    )

    with pytest.raises(MoveRefused) as caught:
        crm.move("CRM", "deploy", by="ykerbrat")

    assert (codes(caught.value.decision), crm.approvals("CRM")[1:]) == ({"approval_missing"}, ())


# --- actions ---------------------------------------------------------------------------------------------------


def test_an_action_can_be_taken_on_between_meetings(crm: Engine) -> None:
    crm.meetings.add_action("CRM", owner="jprigent", due="2026-02-01", what="Préparer la bascule", by="kbenali")

    action = crm.meetings.of("CRM").actions[0]
    assert (action.key, action.owner, action.due, action.meeting) == ("AC-01", "jprigent", "2026-02-01", None)


@pytest.mark.parametrize("by", ["jprigent", "ykerbrat"], ids=["its owner, who holds no role", "a role that acts"])
def test_an_action_is_done_once_its_owner_or_an_acting_role_says_so(crm: Engine, clock: FixedClock, by: str) -> None:
    crm.meetings.add_action("CRM", owner="jprigent", due="2026-02-01", what="Préparer la bascule", by="kbenali")
    on(clock, "2026-01-20")

    crm.meetings.finish_action("CRM", "AC-01", on="2026-01-18", note="Fait", by=by)

    action = crm.meetings.of("CRM").actions[0]
    assert (action.done, action.note, action.what) == ("2026-01-18", "Fait", "Préparer la bascule")


@pytest.mark.parametrize("by", ["htallec", "nroussel"], ids=["administrator", "somebody else"])
def test_nobody_else_says_that_an_action_is_done(crm: Engine, by: str) -> None:
    crm.meetings.add_action("CRM", owner="jprigent", due="2026-02-01", what="Préparer la bascule", by="kbenali")

    with pytest.raises(Refused) as caught:
        crm.meetings.finish_action("CRM", "AC-01", by=by)

    assert (codes(caught.value.decision), crm.meetings.of("CRM").actions[0].done) == ({"action_of_another"}, None)


def test_an_action_is_done_once(crm: Engine) -> None:
    crm.meetings.add_action("CRM", owner="jprigent", due="2026-02-01", what="Préparer la bascule", by="kbenali")
    crm.meetings.finish_action("CRM", "AC-01", by="jprigent")

    with pytest.raises(Refused) as caught:
        crm.meetings.finish_action("CRM", "AC-01", by="jprigent")

    assert codes(caught.value.decision) == {"action_done"}


@pytest.mark.parametrize(("day", "reason"), [("2026-01-06", "done_in_future"), ("2026-01-04", "done_before")])
def test_an_action_is_not_done_before_it_began_or_in_the_future(crm: Engine, day: str, reason: str) -> None:
    crm.meetings.add_action("CRM", owner="jprigent", due="2026-02-01", what="Préparer la bascule", by="kbenali")

    with pytest.raises(BadInput) as caught:
        crm.meetings.finish_action("CRM", "AC-01", on=day, by="jprigent")

    assert caught.value.reason == reason


def test_an_unknown_action_is_not_found(crm: Engine) -> None:
    with pytest.raises(NotFound):
        crm.meetings.finish_action("CRM", "AC-09", by="kbenali")


# --- rhythm ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "level"),
    [("2026-02-02", "green"), ("2026-02-03", "amber"), ("2026-02-16", "amber"), ("2026-02-17", "red")],
)
def test_two_points_missed_are_amber_and_three_red(crm: Engine, clock: FixedClock, day: str, level: str) -> None:
    crm.meetings.plan("CRM", by="kbenali")
    crm.meetings.hold("CRM", by="kbenali")

    on(clock, day)

    assert crm.health("CRM").rhythm.level == level


def test_planning_anew_does_not_wipe_out_what_was_missed(crm: Engine, clock: FixedClock) -> None:
    crm.meetings.plan("CRM", by="kbenali")
    crm.meetings.hold("CRM", by="kbenali")
    on(clock, "2026-02-20")

    crm.meetings.plan("CRM", first="2026-02-20", by="kbenali")

    assert crm.health("CRM").rhythm.level == "red"


def test_a_project_on_hold_misses_nothing(crm: Engine, clock: FixedClock) -> None:
    crm.meetings.plan("CRM", by="kbenali")
    crm.meetings.hold("CRM", by="kbenali")
    on(clock, "2026-01-06")
    crm.move("CRM", "hold", by="kbenali", reason="Budget")

    on(clock, "2026-06-01")

    signal = crm.health("CRM").rhythm
    assert (signal.level, [reason.code for reason in signal.reasons]) == ("none", ["frozen"])


def test_time_on_hold_does_not_count_afterwards(crm: Engine, clock: FixedClock) -> None:
    crm.meetings.plan("CRM", by="kbenali")
    crm.meetings.hold("CRM", by="kbenali")
    on(clock, "2026-01-06")
    crm.move("CRM", "hold", by="kbenali", reason="Budget")
    on(clock, "2026-06-01")
    crm.move("CRM", "resume", by="kbenali")

    on(clock, "2026-06-20")

    rhythm = crm.meetings.of("CRM").rhythm
    assert rhythm is not None
    assert (rhythm.missed, crm.health("CRM").rhythm.level) == (1, "green")


def test_who_plans_nothing_has_no_rhythm(crm: Engine) -> None:
    signal = crm.health("CRM").rhythm

    assert (signal.level, [reason.code for reason in signal.reasons]) == ("none", ["no_rhythm"])


# --- the portfolio ---------------------------------------------------------------------------------------------


def test_the_portfolio_has_a_series_of_its_own(crm: Engine) -> None:
    crm.meetings.plan(PORTFOLIO, every=30, participants=["kbenali", "ykerbrat"], by="htallec")
    crm.meetings.hold(
        PORTFOLIO,
        present=["kbenali"],
        decisions=["CRM d'abord"],
        actions=[NewAction("kbenali", "2026-02-01", "Chiffrer")],
        by="htallec",
    )

    found = crm.meetings.of(PORTFOLIO)
    assert (found.series and found.series.participants, found.meetings[0].decisions, found.actions[0].key) == (
        ("htallec", "kbenali", "ykerbrat"),
        ("CRM d'abord",),
        "AC-01",
    )
    assert crm.meetings.of("CRM").meetings == ()


def test_who_acts_nowhere_and_administers_nothing_keeps_no_portfolio(crm: Engine) -> None:
    with pytest.raises(Refused) as caught:
        crm.meetings.hold(PORTFOLIO, by="nroussel")

    assert codes(caught.value.decision) == {"no_role_to_meet"}


def test_the_portfolio_looks_at_no_single_risk(crm: Engine) -> None:
    with pytest.raises(BadInput) as caught:
        crm.meetings.hold(PORTFOLIO, risks=["R-01"], by="htallec")

    assert caught.value.reason == "risks_of_a_project"


# --- in a host's transaction, and proved -----------------------------------------------------------------------


def test_a_hosts_rollback_takes_the_minutes_with_it(crm: Engine, url: str) -> None:
    host = create_engine(url)
    with Session(host) as session:
        crm.meetings.hold("CRM", actions=[NewAction("ykerbrat", "2026-01-19", "x")], by="kbenali", session=session)

        session.rollback()

    host.dispose()
    assert (held(crm), crm.meetings.of("CRM").actions) == ([], ())


def test_a_hosts_commit_keeps_them(crm: Engine, url: str) -> None:
    host = create_engine(url)
    with Session(host) as session, session.begin():
        crm.meetings.hold("CRM", actions=[NewAction("ykerbrat", "2026-01-19", "x")], by="kbenali", session=session)

    host.dispose()
    assert (held(crm), crm.verify().holds) == ([("M-01", TODAY)], True)


def test_a_host_cannot_record_a_meeting_for_whom_holds_no_role(crm: Engine, url: str) -> None:
    host = create_engine(url)
    with Session(host) as session, session.begin(), pytest.raises(Refused):
        crm.meetings.hold("CRM", by="htallec", session=session)

    host.dispose()
    assert (held(crm), crm.history("CRM")[-1].event) == ([], "entry.refused")


def test_everything_about_meetings_can_be_verified(crm: Engine, clock: FixedClock) -> None:
    crm.meetings.plan("CRM", by="kbenali")
    crm.meetings.hold("CRM", decisions=["A", "B"], actions=[NewAction("jprigent", TODAY, "x")], by="kbenali")
    on(clock, "2026-01-20")
    crm.meetings.plan("CRM", every=7, by="ykerbrat")
    crm.meetings.hold("CRM", on="2026-01-19", chair="slegoff", by="ykerbrat")
    crm.meetings.finish_action("CRM", "AC-01", note="Fait", by="jprigent")
    crm.meetings.plan(PORTFOLIO, by="htallec")
    crm.meetings.hold(PORTFOLIO, actions=[NewAction("kbenali", "2026-02-01", "y")], by="kbenali")
    crm.meetings.finish_action(PORTFOLIO, "AC-01", by="kbenali")

    verdict = crm.verify()

    assert (verdict.holds, verdict.findings) == (True, ())
