"""Continuity at the gates: critical assets are covered before, and restored in a test after each deployment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.walks.company import codes, holds, refused
from tests.walks.continuity import asset, continuous_crm, kept

from flowgov import Engine, FixedClock, MoveRefused
from flowgov.dossier.assets import AssetDescription

NO_PLAN = "asset_without_plan"


def at(clock: FixedClock, day: str, hour: int = 9) -> None:
    """It is *hour* o'clock on that day."""
    clock.set(datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC))


def gaps(engine: Engine, move: str = "secure") -> set[tuple[str, str | None]]:
    """What is missing before a gate, and of which asset."""
    decision = engine.explain("CRM", move, by="kbenali")
    return {(b.code, b.params.get("asset")) for b in decision.blockers}  # type: ignore[misc]  # texts


def stopped(engine: Engine, move: str) -> set[str]:
    """Why the project does not move."""
    with pytest.raises(MoveRefused) as caught:
        engine.move("CRM", move, by="kbenali")
    return codes(caught.value.decision)


def saw(engine: Engine, guard: str) -> dict[str, Any]:
    """What a guard is recorded to have seen at the newest move."""
    return next(
        dict(g)
        for record in reversed(engine.history("CRM"))
        if record.event == "project.moved"
        for g in record.facts["guards"]
        if g["n"] == guard
    )


def secured(engine: Engine, *keys: str, **rules: Any) -> None:
    """CRM before its deployment, where gaps are only told; it touches these assets, all of them well kept."""
    continuous_crm(engine, "warn", **rules)
    for key in keys:
        kept(engine, key)
    engine.assets.touch("CRM", keys, by="kbenali")
    engine.move("CRM", "secure", by="kbenali")


def deployed(engine: Engine, *keys: str) -> None:
    """CRM in service since 5 January, on a lifecycle where gaps only warn."""
    secured(engine, *keys)
    engine.move("CRM", "deploy", by="ykerbrat")


def blocking(engine: Engine, *keys: str) -> None:
    """CRM in service since 5 January, on one that blocks; it was let through without any critical asset."""
    continuous_crm(engine, "block")
    for key in keys:
        kept(engine, key, criticality=2)
    engine.assets.touch("CRM", keys, by="kbenali")
    engine.move("CRM", "secure", by="kbenali")
    engine.move("CRM", "deploy", by="ykerbrat")
    for key in keys:
        engine.assets.change(key, AssetDescription(criticality=4), by="ykerbrat")


def lines(engine: Engine) -> dict[str, tuple[bool, str | None]]:
    """Of each asset that CRM touches or touched: whether it does, and since when it is in service."""
    return {line.asset: (line.touched, line.deployed) for line in engine.assets.touched("CRM")}


# --- before: what is covered ------------------------------------------------------------------------------------------


def test_a_project_of_which_nobody_said_what_it_touches_is_stopped(engine: Engine) -> None:
    continuous_crm(engine)

    (blocker,) = engine.explain("CRM", "secure", by="kbenali").blockers

    assert (blocker.code, blocker.command, stopped(engine, "secure")) == (
        "assets_unnamed",
        "flowgov asset touch CRM ASSET --as ykerbrat",
        {"assets_unnamed"},
    )


def test_one_that_touches_none_passes_with_a_reason(engine: Engine) -> None:
    continuous_crm(engine)
    engine.assets.touch_none("CRM", reason="Only tests", by="ebihan")

    engine.move("CRM", "secure", by="kbenali")

    relied = saw(engine, "critical_assets_covered")["relied"]
    assert (relied, holds(engine)) == ([{"scope": "prj", "kind": "touches", "key": "NONE", "n": 1}], True)


def test_one_that_was_let_off_everything_has_to_say_so_again(engine: Engine) -> None:
    continuous_crm(engine)
    asset(engine, "A1")
    engine.assets.touch("CRM", ["A1"], by="kbenali")
    engine.assets.release("CRM", "A1", reason="No", by="kbenali")

    assert gaps(engine) == {("assets_unnamed", None)}


@pytest.mark.parametrize(
    ("said", "gap"),
    [
        ({}, "asset_not_backed_up"),
        ({"backup": None}, "asset_without_backup"),
        ({"test": None}, "asset_never_restored"),
        ({"test": "failed"}, "asset_restore_failed"),
        ({"test": "passed", "later": "2027-01-06"}, "asset_restore_stale"),
    ],
)
def test_each_gap_is_told_alone(engine: Engine, clock: FixedClock, said: dict[str, Any], gap: str) -> None:
    continuous_crm(engine)
    asset(engine, "A1", frequency="daily" if said else None, place="offsite" if said else None)
    if said and said.get("backup", "done"):
        engine.assets.back_up("A1", on="2026-01-04", by="ykerbrat")
    if said.get("test", "passed"):
        engine.assets.test("A1", on="2026-01-04", result=said.get("test") or "passed", by="ykerbrat")
    engine.assets.touch("CRM", ["A1"], by="kbenali")
    at(clock, said.get("later", "2026-01-05"))

    assert gaps(engine) == {(gap, "A1"), (NO_PLAN, "A1")}
    assert stopped(engine, "secure") == {gap, NO_PLAN}
    assert holds(engine)


def test_a_test_is_not_too_old_on_its_last_day(engine: Engine, clock: FixedClock) -> None:
    continuous_crm(engine, restore_test_days=30)
    kept(engine, "A1")
    engine.assets.touch("CRM", ["A1"], by="kbenali")

    at(clock, "2026-02-03", 23)
    on_the_last = gaps(engine)
    at(clock, "2026-02-04", 0)

    assert (on_the_last, gaps(engine)) == ({(NO_PLAN, "A1")}, {(NO_PLAN, "A1"), ("asset_restore_stale", "A1")})


def test_what_blocks_names_the_owner_and_what_helps(engine: Engine) -> None:
    continuous_crm(engine)
    asset(engine, "A1")
    engine.assets.touch("CRM", ["A1"], by="kbenali")

    found = {b.code: b for b in engine.explain("CRM", "secure", by="kbenali").blockers}

    never, plan = found["asset_never_restored"], found[NO_PLAN]
    assert (never.params["person"], never.command) == (
        "kbenali",
        "flowgov asset test A1 --on DATE --result passed --as ykerbrat",
    )
    assert plan.command == 'flowgov plan add recovery --title "…" --asset A1 --link "…" --as kbenali'
    assert found["asset_not_backed_up"].command == (
        "flowgov asset change A1 --backup daily --place offsite --as ykerbrat"
    )


def test_what_a_touched_asset_needs_is_looked_at_however_far_down(engine: Engine) -> None:
    continuous_crm(engine)
    kept(engine, "A4")
    asset(engine, "A3", "A4")
    kept(engine, "A2", "A3", criticality=1)
    kept(engine, "A1", "A2")
    kept(engine, "A9")
    engine.assets.touch("CRM", ["A1"], by="kbenali")

    assert gaps(engine) == {
        *((NO_PLAN, key) for key in ("A1", "A3", "A4")),
        ("asset_not_backed_up", "A3"),
        ("asset_never_restored", "A3"),
    }


def test_what_is_not_critical_or_retired_is_left_out(engine: Engine) -> None:
    continuous_crm(engine)
    asset(engine, "A1", criticality=2)
    asset(engine, "A2")
    engine.assets.touch("CRM", ["A1", "A2"], by="kbenali")
    before = {asset for _, asset in gaps(engine)}

    engine.assets.retire("A2", reason="Gone", by="kbenali")
    engine.move("CRM", "secure", by="kbenali")

    assert (before, holds(engine)) == ({"A2"}, True)


@pytest.mark.parametrize(("least", "asked"), [(1, True), (2, True), (3, False)])
def test_the_definition_says_from_where_an_asset_is_critical(engine: Engine, least: int, asked: bool) -> None:
    continuous_crm(engine, critical_from=least)
    asset(engine, "A1", criticality=2)
    engine.assets.touch("CRM", ["A1"], by="kbenali")

    assert bool(gaps(engine)) is asked


def test_in_mode_warn_it_passes_and_the_record_says_what_was_missing(engine: Engine) -> None:
    continuous_crm(engine, "warn")
    asset(engine, "A1")
    engine.assets.touch("CRM", ["A1"], by="kbenali")

    engine.move("CRM", "secure", by="kbenali")

    told = saw(engine, "critical_assets_covered")
    assert told["warned"] == ["asset_never_restored", "asset_not_backed_up", NO_PLAN]
    assert {gap["asset"] for gap in told["values"]["gaps"]} == {"A1"}
    assert {line["kind"] for line in told["relied"]} == {"touches", "asset"}
    assert holds(engine)


def test_in_mode_warn_whoever_moves_is_told_what_was_missing_of_which_asset(engine: Engine) -> None:
    continuous_crm(engine, "warn")
    asset(engine, "A-01")
    engine.assets.touch("CRM", ["A-01"], by="kbenali")
    expected = engine.explain("CRM", "secure", by="kbenali").told

    receipt = engine.move("CRM", "secure", by="kbenali")

    assert (receipt.told, ("A-01",) in {told.assets for told in expected}) == (expected, True)


def test_in_mode_warn_a_project_that_names_nothing_passes_and_is_told(engine: Engine) -> None:
    continuous_crm(engine, "warn")

    engine.move("CRM", "secure", by="kbenali")

    assert (saw(engine, "critical_assets_covered")["warned"], holds(engine)) == (["assets_unnamed"], True)


def test_nobody_gets_round_the_gate_by_lowering_or_letting_off_what_is_not_his(engine: Engine) -> None:
    continuous_crm(engine)
    asset(engine, "A1", owner="slegoff")
    engine.assets.touch("CRM", ["A1"], by="ykerbrat")

    met = [
        refused(lambda: engine.assets.change("A1", AssetDescription(criticality=1), by="kbenali")),
        refused(lambda: engine.assets.retire("A1", reason="x", by="kbenali")),
        refused(lambda: engine.assets.release("CRM", "A1", reason="x", by="kbenali")),
    ]

    assert met == [{"asset_lowered"}, {"asset_lowered"}, {"asset_not_owner"}]
    assert (NO_PLAN, "A1") in gaps(engine)
    assert NO_PLAN in stopped(engine, "secure")


# --- after: what is in service ----------------------------------------------------------------------------------------


def test_a_deployment_is_recorded_with_every_asset_it_touches(engine: Engine) -> None:
    secured(engine, "A1", "A2", "A3")
    engine.assets.release("CRM", "A3", reason="No", by="kbenali")

    engine.move("CRM", "deploy", by="ykerbrat")

    last = [(r.event, r.actor, r.facts.get("act"), r.facts.get("key")) for r in engine.history("CRM")[-3:]]
    assert last == [
        ("project.moved", "ykerbrat", None, None),
        ("touches.recorded", "ykerbrat", "deploy", "A1"),
        ("touches.recorded", "ykerbrat", "deploy", "A2"),
    ]
    assert lines(engine) == {"A1": (True, "2026-01-05"), "A2": (True, "2026-01-05"), "A3": (False, None)}
    assert holds(engine)


def test_a_deployment_that_touches_none_records_nothing_of_assets(engine: Engine) -> None:
    continuous_crm(engine, "warn")
    engine.assets.touch_none("CRM", reason="None", by="kbenali")
    engine.move("CRM", "secure", by="kbenali")

    engine.move("CRM", "deploy", by="kbenali")

    assert (lines(engine), engine.assets.due(), holds(engine)) == ({"NONE": (True, None)}, (), True)


def test_a_deployment_makes_a_restore_test_due_within_thirty_days(engine: Engine) -> None:
    deployed(engine, "A1")

    (due,) = engine.assets.due()

    assert (due.project, due.asset, due.name, due.deployed, due.due, due.persons, due.late) == (
        "CRM",
        "A1",
        "A1",
        "2026-01-05",
        "2026-02-04",
        ("kbenali",),
        False,
    )
    assert [(d.kind, d.project, d.key, d.day, d.late) for d in engine.deadlines(within_days=40)] == [
        ("restore_test", "CRM", "A1", "2026-02-04", False)
    ]
    assert engine.deadlines(within_days=29) == ()
    assert [d.kind for d in engine.deadlines(within_days=40, project="CRM")] == ["restore_test"]


def test_its_holder_is_asked_before_its_owner(engine: Engine) -> None:
    secured(engine, "A1")
    engine.assets.change("A1", AssetDescription(holder="nroussel"), by="kbenali")
    engine.move("CRM", "deploy", by="ykerbrat")

    assert engine.assets.due()[0].persons == ("nroussel", "kbenali")


def test_it_is_late_the_day_after(engine: Engine, clock: FixedClock) -> None:
    deployed(engine, "A1")

    late = [due.late for day in ("2026-02-04", "2026-02-05") for due in engine.assets.due(day)]
    at(clock, "2026-02-05")

    assert (late, engine.assets.due()[0].late, engine.deadlines(within_days=0)[0].late) == ([False, True], True, True)


@pytest.mark.parametrize("result", ["failed", "passed"])
def test_a_test_on_the_day_of_the_deployment_does_not_count(engine: Engine, result: str) -> None:
    blocking(engine, "A1")

    engine.assets.test("A1", on="2026-01-05", result=result, by="ykerbrat")

    assert (gaps(engine, "review"), len(engine.assets.due())) == ({("restore_test_due", "A1")}, 1)
    assert stopped(engine, "review") == {"restore_test_due"}


def test_a_test_that_fails_later_does_not_count_and_one_that_passes_does(engine: Engine, clock: FixedClock) -> None:
    blocking(engine, "A1")
    at(clock, "2026-01-07")

    engine.assets.test("A1", on="2026-01-06", result="failed", by="ykerbrat")
    after_failing = gaps(engine, "review")
    engine.assets.test("A1", on="2026-01-06", result="passed", by="ykerbrat")
    engine.move("CRM", "review", by="kbenali")

    assert (after_failing, engine.assets.due()) == ({("restore_test_due", "A1")}, ())
    assert {line["kind"] for line in saw(engine, "restore_test_since_deployment")["relied"]} == {"touches", "asset"}
    assert holds(engine)


def test_every_asset_is_tested_that_was_touched_and_is_critical(engine: Engine, clock: FixedClock) -> None:
    blocking(engine, "A1", "A2", "A3")
    engine.assets.change("A3", AssetDescription(criticality=1), by="kbenali")
    at(clock, "2026-01-06")
    engine.assets.test("A1", on="2026-01-06", result="passed", by="ykerbrat")

    assert (gaps(engine, "review"), [d.asset for d in engine.assets.due()]) == ({("restore_test_due", "A2")}, ["A2"])


def test_what_is_retired_or_let_off_by_its_owner_needs_no_test(engine: Engine) -> None:
    blocking(engine, "A1", "A2")

    engine.assets.retire("A1", reason="Gone", by="kbenali")
    engine.assets.release("CRM", "A2", reason="No", by="kbenali")
    engine.move("CRM", "review", by="kbenali")

    assert (engine.assets.due(), holds(engine)) == ((), True)


def test_naming_it_again_does_not_forget_the_deployment(engine: Engine) -> None:
    blocking(engine, "A1")
    engine.assets.release("CRM", "A1", reason="No", by="kbenali")

    engine.assets.touch("CRM", ["A1"], by="ykerbrat")

    assert (lines(engine)["A1"], gaps(engine, "review")) == ((True, "2026-01-05"), {("restore_test_due", "A1")})
    assert holds(engine)


def test_what_is_named_after_the_deployment_waits_for_the_next(engine: Engine) -> None:
    deployed(engine, "A1")
    kept(engine, "A2")

    engine.assets.touch("CRM", ["A2"], by="kbenali")

    assert ([due.asset for due in engine.assets.due()], holds(engine)) == (["A1"], True)


def test_in_mode_warn_the_review_passes_and_says_so(engine: Engine) -> None:
    deployed(engine, "A1")

    engine.move("CRM", "review", by="kbenali")

    told = saw(engine, "restore_test_since_deployment")
    assert (told["warned"], told["values"]["gaps"]) == (
        ["restore_test_due"],
        [{"code": "restore_test_due", "asset": "A1"}],
    )
    assert [due.asset for due in engine.assets.due()] == ["A1"], "it is in service, though the project is over"
    assert holds(engine)


def test_the_next_deployment_makes_a_test_due_again(engine: Engine, clock: FixedClock) -> None:
    blocking(engine, "A1")
    at(clock, "2026-01-10")
    engine.assets.test("A1", on="2026-01-10", result="passed", by="ykerbrat")
    engine.move("CRM", "roll_back", by="ykerbrat", reason="It fails")
    after_rollback = (lines(engine)["A1"], engine.assets.due())
    engine.move("CRM", "rework", by="ykerbrat")
    engine.assets.change("A1", AssetDescription(criticality=2), by="kbenali")
    engine.move("CRM", "secure", by="kbenali")
    engine.assets.change("A1", AssetDescription(criticality=4), by="kbenali")

    engine.move("CRM", "deploy", by="ykerbrat")

    assert after_rollback == ((True, "2026-01-05"), ())
    assert (lines(engine)["A1"], gaps(engine, "review")) == ((True, "2026-01-10"), {("restore_test_due", "A1")})
    assert [due.due for due in engine.assets.due()] == ["2026-02-09"]
    assert holds(engine)


def test_going_on_after_a_stop_is_no_deployment(engine: Engine, clock: FixedClock) -> None:
    deployed(engine, "A1")
    at(clock, "2026-01-10")
    engine.assets.test("A1", on="2026-01-10", result="passed", by="ykerbrat")
    before = len(engine.history("CRM"))

    engine.move("CRM", "stop", by="kbenali", reason="Holidays")
    engine.move("CRM", "go_on", by="kbenali")

    assert (len(engine.history("CRM")) - before, lines(engine)["A1"], engine.assets.due()) == (
        2,
        (True, "2026-01-05"),
        (),
    )
    assert holds(engine)


def test_breaking_the_glass_is_a_deployment(engine: Engine) -> None:
    continuous_crm(engine)
    kept(engine, "A1")
    engine.assets.touch("CRM", ["A1"], by="kbenali")

    engine.move("CRM", "act_first", by="ykerbrat", reason="The shop is down")

    assert (lines(engine)["A1"], gaps(engine, "review"), holds(engine)) == (
        (True, "2026-01-05"),
        {("restore_test_due", "A1")},
        True,
    )


def test_two_projects_wait_for_the_same_test_and_one_test_serves_both(engine: Engine, clock: FixedClock) -> None:
    deployed(engine, "A1")
    engine.open_project("ERP", workflow="continuity", title="ERP", by="ebihan")
    for role, login in (("business_owner", "kbenali"), ("technical_owner", "ykerbrat")):
        engine.grant_role(role, login, project="ERP", by="htallec")
    engine.assets.touch("ERP", ["A1"], by="kbenali")
    for move in ("secure", "deploy"):
        engine.move("ERP", move, by="kbenali")
    before = [due.project for due in engine.assets.due()]
    at(clock, "2026-01-06")

    engine.assets.test("A1", on="2026-01-06", result="passed", by="ykerbrat")

    assert (before, engine.assets.due(), holds(engine)) == (["CRM", "ERP"], (), True)


def test_what_a_record_of_a_deployment_says_is_the_day_it_was_recorded(engine: Engine, clock: FixedClock) -> None:
    secured(engine, "A1")
    at(clock, "2026-01-09", 23)

    engine.move("CRM", "deploy", by="ykerbrat", occurred="2026-01-07")

    assert (lines(engine)["A1"], holds(engine)) == ((True, "2026-01-09"), True)


def test_what_was_rolled_back_and_is_put_into_service_again_is_a_deployment(engine: Engine, clock: FixedClock) -> None:
    deployed(engine, "A1")
    at(clock, "2026-01-10")
    engine.assets.test("A1", on="2026-01-10", result="passed", by="ykerbrat")
    engine.move("CRM", "roll_back", by="ykerbrat", reason="It fails")

    engine.move("CRM", "redeploy", by="ykerbrat")

    assert (lines(engine)["A1"], [due.due for due in engine.assets.due()]) == ((True, "2026-01-10"), ["2026-02-09"])
    assert holds(engine)


def test_the_receipt_of_a_deployment_counts_what_was_recorded_with_it_when_asked_again_too(engine: Engine) -> None:
    secured(engine, "A-01", "A-02")

    receipt = engine.move("CRM", "deploy", by="ykerbrat", idempotency_key="go")
    again = engine.move("CRM", "deploy", by="ykerbrat", idempotency_key="go")

    assert (receipt.version, again) == (engine.project("CRM").version, receipt)
