"""The demonstration's year: what the registers say once it is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowgov.clock import FixedClock
from flowgov.demo import Deed, dataset, replay
from flowgov.engine import Engine

Played = tuple[Engine, list[Deed]]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder: Path = tmp_path_factory.mktemp("demo")
    url = f"sqlite:///{folder / 'governance.db'}"
    deeds: list[Deed] = []
    replay(url, dataset(), deeds.append)
    engine = Engine.open(url, clock=FixedClock(datetime(2026, 11, 20, 9, tzinfo=UTC)))
    yield engine, deeds
    engine.close()


def test_the_log_holds(played: Played) -> None:
    assert not played[0].verify().findings


def test_two_attempts_were_refused_and_why(played: Played) -> None:
    refused = [(deed.day.isoformat(), deed.transition, deed.blockers) for deed in played[1] if deed.blockers]

    assert refused == [
        ("2026-11-06", "assess_security", ("counts_once",)),
        ("2026-11-17", "authorise", ("high_risk_overdue",)),
    ]


def test_the_risks_stand_as_the_reference_says(played: Played) -> None:
    found = {risk.key: risk for key in dataset()["projects"] for risk in played[0].risks.of(key)}

    assert sorted(found) == [f"R-{n:02d}" for n in range(1, 12)]
    assert {key for key, risk in found.items() if risk.status == "closed"} == {"R-01", "R-02", "R-03", "R-08"}
    assert {key for key, risk in found.items() if risk.status == "open" and risk.high} == {"R-06", "R-09", "R-10"}
    assert found["R-04"].acceptance is not None
    assert (found["R-06"].assets, found["R-09"].assets) == (("A1", "A2"), ("A3",))


def test_every_meeting_was_held_and_one_action_is_late(played: Played) -> None:
    for series in dataset()["meetings"]:
        held = [meeting.held for meeting in played[0].meetings.of(series["project"]).meetings]
        assert sorted(held) == [day.isoformat() for day in series["held"]]
    late = [a.what for one in played[0].meetings.every() for a in one.actions if a.late_on("2026-11-20")]

    assert late == ["Planifier l'exercice du PRA"]


def test_the_exceptions_are_over_and_the_first_was_reviewed_to_its_end(played: Played) -> None:
    engine = played[0]
    first, second = sorted(engine.exceptions(), key=lambda one: one.start)

    assert [engine.exemptions.status(one) for one in (first, second)] == ["expired", "expired"]
    assert (first.every_days, first.result, (first.reviewed or "")[:10]) == (31, "ok", "2026-11-02")


def test_every_condition_was_fulfilled(played: Played) -> None:
    engine = played[0]

    assert [(c.gate, c.status) for c in engine.conditions.of("P-2026-001")] == [("deploy", "done")]
    assert [(c.gate, c.status) for c in engine.conditions.of("P-2026-005")] == [("authorise_emergency", "done")] * 4


def test_the_charter_of_the_payment_project_is_current_and_acknowledged(played: Played) -> None:
    assert played[0].charters.of("P-2026-003").acknowledged


def test_every_asset_is_known_and_two_restore_tests_are_late_since_a_deployment(played: Played) -> None:
    engine = played[0]

    assert [asset.key for asset in engine.assets.every()] == ["A1", "A2", "A3", "A4", "A5"]
    assert [(due.project, due.asset, due.late) for due in engine.assets.due()] == [
        ("P-2026-004", "A3", True),
        ("P-2026-005", "A5", True),
    ]


def test_the_stock_project_was_warned_that_restoring_was_never_tested(played: Played) -> None:
    (passed,) = (r for r in played[0].history("P-2026-002") if r.event == "project.moved" and "due" in r.facts["t"])
    told = {guard["n"]: guard.get("warned") for guard in passed.facts["guards"]}

    assert told["critical_assets_covered"] == ["asset_never_restored"]


def test_both_plans_are_approved_and_the_exercise_of_one_is_late(played: Played) -> None:
    found = {plan.key: (plan.approval is not None, plan.overdue) for plan in played[0].plans.every()}

    assert found == {"PRA-01": (True, True), "PU-01": (True, False)}


def test_the_notice_on_the_payment_contract_was_missed(played: Played) -> None:
    found = {contract.key: (contract.late, contract.warnings) for contract in played[0].contracts.every()}

    assert found == {"CT-01": (True, ("no_reversibility",)), "CT-02": (False, ())}


def test_the_three_signals(played: Played) -> None:
    found = {key: (h.roles.level, h.rhythm.level, h.risks.level) for key, h in played[0].healths().items()}

    assert found["P-2026-002"] == ("green", "amber", "green")
    assert found["P-2026-003"] == ("green", "green", "red")
    assert found["P-2026-004"] == ("red", "amber", "red")
