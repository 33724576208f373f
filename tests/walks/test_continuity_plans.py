"""Plans at the gates: what covers a critical asset, as it stands now, approved by somebody else."""

from __future__ import annotations

from typing import Any

import pytest
from tests.walks.company import holds, refused
from tests.walks.continuity import asset, continuous_crm, kept
from tests.walks.test_continuity import NO_PLAN, at, gaps, saw, stopped

from flowgov import Engine, FixedClock


def planned(engine: Engine, *keys: str, kind: str = "recovery", **more: Any) -> str:
    """A plan of ykerbrat's for these assets, which nobody has approved."""
    said = {"decides": "The management", "actions": "Restore", "contacts": "The provider", "fallback": "Paper", **more}
    return engine.plans.record(kind, "If it is down", assets=keys, link="https://e.org", by="ykerbrat", **said).subject


def covered(engine: Engine, *keys: str, **more: Any) -> str:
    """One that kbenali approved, and that was exercised."""
    plan = planned(engine, *keys, **more)
    engine.plans.approve(plan, by="kbenali")
    engine.plans.exercise(plan, on="2026-01-04", result="passed", by="ykerbrat")
    return plan


def warned(engine: Engine) -> list[str]:
    """What the newest move through `secure` was told of."""
    found: list[str] = saw(engine, "critical_assets_covered").get("warned", [])
    return found


def touching_one(engine: Engine, mode: str = "block", **rules: Any) -> None:
    """CRM touches A1, which is well kept, and has no plan."""
    continuous_crm(engine, mode, **rules)
    kept(engine, "A1")
    engine.assets.touch("CRM", ["A1"], by="kbenali")


@pytest.mark.parametrize("kind", ["emergency", "recovery", "continuity"])
def test_what_is_covered_in_every_way_passes_and_the_record_names_it(engine: Engine, kind: str) -> None:
    touching_one(engine)
    plan = covered(engine, "A1", kind=kind)

    engine.move("CRM", "secure", by="kbenali")

    told = saw(engine, "critical_assets_covered")
    assert ([(line["kind"], line["key"]) for line in told["relied"]], "warned" in told) == (
        [("touches", "A1"), ("asset", "A1"), ("plan", plan)],
        False,
    )
    assert holds(engine)


@pytest.mark.parametrize(
    ("said", "gap"),
    [
        ({}, "asset_not_backed_up"),
        ({"backup": None}, "asset_without_backup"),
        ({"test": None}, "asset_never_restored"),
        ({"test": "failed"}, "asset_restore_failed"),
        ({"test": "passed", "days": 0}, "asset_restore_stale"),
    ],
)
def test_with_a_plan_one_gap_is_enough_to_stop(engine: Engine, said: dict[str, Any], gap: str) -> None:
    continuous_crm(engine, restore_test_days=max(1, said.get("days", 366)))
    asset(engine, "A1", frequency="daily" if said else None, place="offsite" if said else None)
    if said and said.get("backup", "done"):
        engine.assets.back_up("A1", on="2026-01-04", by="ykerbrat")
    if said.get("test", "passed"):
        engine.assets.test("A1", on="2026-01-01", result=said.get("test") or "passed", by="ykerbrat")
    engine.assets.touch("CRM", ["A1"], by="kbenali")
    covered(engine, "A1")

    assert (stopped(engine, "secure"), holds(engine)) == ({gap}, True)


def test_a_plan_for_leaving_a_supplier_covers_nothing(engine: Engine) -> None:
    touching_one(engine)
    covered(engine, "A1", kind="reversibility")

    assert stopped(engine, "secure") == {NO_PLAN}


def test_a_plan_for_another_asset_or_a_retired_one_covers_nothing(engine: Engine) -> None:
    touching_one(engine)
    kept(engine, "A2")
    covered(engine, "A2")
    plan = covered(engine, "A1")
    engine.plans.retire(plan, reason="Replaced", by="kbenali")

    assert (gaps(engine), stopped(engine, "secure")) == ({(NO_PLAN, "A1")}, {NO_PLAN})


def test_a_plan_counts_once_it_is_approved(engine: Engine) -> None:
    touching_one(engine)
    plan = planned(engine, "A1")

    (blocker,) = engine.explain("CRM", "secure", by="kbenali").blockers

    assert (blocker.code, blocker.params["plan"], blocker.command) == (
        "asset_plan_unapproved",
        plan,
        f"flowgov plan approve {plan} --as kbenali",
    )


def test_an_approval_falls_with_the_next_edition(engine: Engine) -> None:
    touching_one(engine)
    plan = covered(engine, "A1")

    engine.plans.change(plan, actions="Call somebody", by="ykerbrat")

    assert (stopped(engine, "secure"), holds(engine)) == ({"asset_plan_unapproved"}, True)


def test_one_approved_plan_is_enough_beside_one_that_is_not(engine: Engine) -> None:
    touching_one(engine)
    planned(engine, "A1")
    covered(engine, "A1", kind="emergency")

    engine.move("CRM", "secure", by="kbenali")

    assert holds(engine)


def test_what_a_touched_asset_needs_is_covered_too(engine: Engine) -> None:
    continuous_crm(engine)
    kept(engine, "A2")
    kept(engine, "A1", "A2")
    engine.assets.touch("CRM", ["A1"], by="kbenali")
    covered(engine, "A1")

    assert gaps(engine) == {(NO_PLAN, "A2")}


@pytest.mark.parametrize("mode", ["block", "warn"])
@pytest.mark.parametrize("exercised", [False, True])
def test_a_plan_that_was_not_exercised_in_time_is_told_in_either_mode(
    engine: Engine, clock: FixedClock, mode: str, exercised: bool
) -> None:
    touching_one(engine, mode, exercise_days=30)
    plan = covered(engine, "A1") if exercised else planned(engine, "A1")
    if exercised:
        at(clock, "2026-02-04")
    else:
        engine.plans.approve(plan, by="kbenali")

    engine.move("CRM", "secure", by="kbenali")

    assert (warned(engine), holds(engine)) == (["plan_unexercised"], True)


def test_an_exercise_that_was_planned_and_missed_is_told(engine: Engine, clock: FixedClock) -> None:
    touching_one(engine)
    plan = planned(engine, "A1", next_exercise="2026-01-20")
    engine.plans.approve(plan, by="kbenali")
    engine.plans.exercise(plan, on="2026-01-04", result="passed", by="ykerbrat")
    at(clock, "2026-01-21")

    engine.move("CRM", "secure", by="kbenali")

    assert (warned(engine), holds(engine)) == (["plan_unexercised"], True)


def test_a_gate_is_not_got_round_by_a_plan_that_its_author_approves(engine: Engine) -> None:
    continuous_crm(engine)
    kept(engine, "A1", owner="ykerbrat")
    engine.assets.touch("CRM", ["A1"], by="kbenali")
    plan = planned(engine, "A1")

    refused(lambda: engine.plans.approve(plan, by="ykerbrat"))

    assert stopped(engine, "secure") == {"asset_plan_unapproved"}
