"""Gates that are due: computed when asked, in the organisation's calendar, time on hold left out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from flowgov import Engine, FixedClock, MissingExtra, NotFound
from flowgov.dossier import working_days
from flowgov.dossier.working_days import Calendar
from flowgov.testing import pass_gate
from flowgov.workflow.load import load_text

MAY = datetime(2026, 5, 11, 9, tzinfo=UTC)  # a Monday; Thursday is Ascension
DUE = """
id: timed
version: 1.0.0
title: {en: Timed, fr: Chronométré}
separation: warn
roles:
  business_owner: {en: Business owner, fr: Responsable métiers}
  technical_owner: {en: Technical owner, fr: Responsable technique}
states:
  asked: {kind: initial, stage: need_expressed, en: Asked, fr: Demandé}
  agreed: {stage: business_validated, en: Agreed, fr: Accepté}
  done: {kind: final, stage: deployed, en: Done, fr: Fait}
  on_hold: {kind: suspended, en: On hold, fr: Suspendu}
transitions:
  agree: {from: asked, to: agreed, kind: gate, fire: [business_owner], due: {working_days: 4}, en: Agree, fr: Accepter}
  finish:
    {from: agreed, to: done, kind: gate, fire: [technical_owner], approvals: [{role: business_owner}], due: {hours: 4},
     en: Finish, fr: Terminer}
  again: {from: agreed, to: asked, kind: rework, fire: [business_owner], en: Again, fr: Reprendre}
  hold: {from: [asked, agreed], to: on_hold, kind: suspend, fire: [business_owner], en: Hold, fr: Suspendre}
  resume: {from: on_hold, to: $previous, kind: resume, fire: [business_owner], en: Resume, fr: Reprendre}
"""


@pytest.fixture
def clock() -> FixedClock:
    """Monday 11 May 2026."""
    return FixedClock(MAY)


@pytest.fixture
def flow(engine: Engine) -> Iterator[Engine]:
    engine.register_workflow(load_text(DUE), by="htallec")
    engine.open_project("CRM", workflow="timed", title="A CRM", by="ebihan")
    engine.grant_role("business_owner", "kbenali", project="CRM", by="htallec")
    engine.grant_role("technical_owner", "ykerbrat", by="htallec")
    yield engine


def due(flow: Engine) -> list[tuple[str, str, bool]]:
    return [(gate.transition, gate.day, gate.late) for gate in flow.due()]


def test_a_gate_is_due_so_many_working_days_after_its_state_was_entered(flow: Engine) -> None:
    assert due(flow) == [("agree", "2026-05-18", False)]


def test_it_is_late_once_the_last_day_is_over_here(flow: Engine, clock: FixedClock) -> None:
    late = []
    for moment in ("2026-05-18T21:59:59+00:00", "2026-05-18T22:00:00+00:00"):
        clock.set(datetime.fromisoformat(moment))
        late += [gate.late for gate in flow.due()]

    assert late == [False, True]


def test_lateness_can_be_asked_of_another_day(flow: Engine) -> None:
    assert [gate.late for at in ("2026-05-18", "2026-05-19") for gate in flow.due(at=at)] == [False, True]


def test_it_says_for_whom_it_waits(flow: Engine) -> None:
    pass_gate(flow, "CRM", "agree", by="kbenali")

    (gate,) = flow.due()

    assert (gate.holders, gate.approvers, gate.persons) == (("ykerbrat",), ("kbenali",), ("kbenali", "ykerbrat"))


def test_a_state_that_is_entered_again_begins_anew(flow: Engine, clock: FixedClock) -> None:
    pass_gate(flow, "CRM", "agree", by="kbenali")
    clock.advance(days=14)

    flow.move("CRM", "again", by="kbenali")

    assert due(flow) == [("agree", "2026-05-29", False)]  # Monday 25 May is Whit Monday, and counts from there


def test_hours_are_shown_with_the_time_of_day_here(flow: Engine) -> None:
    pass_gate(flow, "CRM", "agree", by="kbenali")

    assert due(flow) == [("finish", "2026-05-11 15:00", False)]


def test_time_on_hold_does_not_count(flow: Engine, clock: FixedClock) -> None:
    clock.advance(days=1)
    flow.move("CRM", "hold", by="kbenali")
    held = due(flow)
    clock.advance(days=14)
    flow.move("CRM", "resume", by="kbenali")

    assert (held, due(flow)) == ([], [("agree", "2026-05-29", False)])


def test_hours_on_hold_do_not_count_either(flow: Engine, clock: FixedClock) -> None:
    pass_gate(flow, "CRM", "agree", by="kbenali")
    for transition in ("hold", "resume", "hold", "resume"):
        clock.advance(hours=1)
        flow.move("CRM", transition, by="kbenali")

    assert due(flow) == [("finish", "2026-05-11 17:00", False)]


def test_a_closed_project_has_nothing_due(flow: Engine) -> None:
    pass_gate(flow, "CRM", "agree", by="kbenali")
    pass_gate(flow, "CRM", "finish", by="ykerbrat")

    assert due(flow) == []


def test_only_one_project_can_be_asked_for(flow: Engine) -> None:
    flow.open_project("ERP", workflow="timed", title="An ERP", by="ebihan")

    assert [[gate.project for gate in flow.due(project=key)] for key in (None, "ERP")] == [["CRM", "ERP"], ["ERP"]]


def test_a_project_that_does_not_exist_is_told(flow: Engine) -> None:
    with pytest.raises(NotFound):
        flow.due(project="CMR")


def test_another_organisation_has_another_calendar(flow: Engine, url: str, clock: FixedClock) -> None:
    with Engine.open(url, clock=clock, calendar=Calendar("GB", None, "Europe/London")) as abroad:
        assert due(abroad) == [("agree", "2026-05-15", False)]


def test_without_the_library_only_working_days_cannot_be_counted(flow: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    working_days._public_holidays.cache_clear()
    monkeypatch.setitem(sys.modules, "holidays", None)

    with pytest.raises(MissingExtra):
        flow.due()

    pass_gate(flow, "CRM", "agree", by="kbenali")
    assert due(flow) == [("finish", "2026-05-11 15:00", False)]


def test_asking_what_is_due_leaves_no_trace(flow: Engine) -> None:
    before = len(list(flow.log()))

    flow.due()

    assert len(list(flow.log())) == before
