"""Plans: written by some, approved by others, rehearsed, retired; and attempts to get round that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from tests.walks.company import codes
from tests.walks.planned import WHOLE, forged, found, person_id, planned, prepared

from flowgov import BadInput, Conflict, Engine, FixedClock, NotFound, Refused
from flowgov.dossier.assets import AssetDescription

TODAY = "2026-01-05"


@pytest.fixture
def house(engine: Engine) -> Engine:
    prepared(engine)
    return engine


@pytest.fixture
def plan(house: Engine) -> Engine:
    """PL-01 is an emergency plan that ykerbrat, of the technical side, has written."""
    planned(house)
    return house


def refused(deed: Callable[[], object]) -> set[str]:
    """The codes of what stood in the way."""
    with pytest.raises(Refused) as caught:
        deed()
    return codes(caught.value.decision)


def wrong(deed: Callable[[], object]) -> str | None:
    """The reason why what was given is not usable."""
    with pytest.raises(BadInput) as caught:
        deed()
    return caught.value.reason


# --- writing ----------------------------------------------------------------------------------------------------------


def test_a_plan_says_what_is_done_for_what_and_by_whose_hand(plan: Engine) -> None:
    one = plan.plans.one("PL-01")

    assert (one.kind, one.title, one.edition, one.author, one.approval, one.retired) == (
        "emergency",
        "The CRM is down",
        1,
        "ykerbrat",
        None,
        False,
    )
    assert [(a.key, a.name, a.owner, a.holder) for a in one.assets] == [
        ("A-01", "CRM", "ebihan", "mlebris"),
        ("A-02", "Customers", "ebihan", None),
    ]
    assert {name: getattr(one, name) for name in WHOLE} == WHOLE
    assert plan.verify().holds


@pytest.mark.parametrize("by", ["htallec", "kbenali", "ykerbrat", "jprigent"])
def test_administrators_and_whoever_acts_write_plans(house: Engine, by: str) -> None:
    planned(house, by)

    assert (house.plans.one("PL-01").author, house.verify().holds) == (by, True)


@pytest.mark.parametrize("by", ["ebihan", "mlebris"])
def test_an_owner_without_a_role_writes_none_and_changes_none(plan: Engine, by: str) -> None:
    assert refused(lambda: planned(plan, by)) == {"plan_no_role"}
    assert refused(lambda: plan.plans.change("PL-01", title="Mine", by=by)) == {"plan_no_role"}
    assert refused(lambda: plan.plans.change("PL-01", next_exercise="2026-09-01", by=by)) == {"plan_no_role"}


def test_plans_have_keys_of_their_own_and_each_once(house: Engine) -> None:
    keys = [planned(house), planned(house, key="PL-07"), planned(house)]

    assert keys == ["PL-01", "PL-07", "PL-08"]
    assert wrong(lambda: planned(house, key="PL-07")) == "plan_taken"
    assert [one.key for one in house.plans.every()] == keys


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"kind": "wish"}, "no_choice"),
        ({"title": " "}, "text_empty"),
        ({"decides": "x" * 1_501}, "text_too_long"),
        ({"contacts": "x\n" * 16 + "x"}, "too_many_lines"),
        ({"contacts": "漢" * 750}, "too_many_lines"),
        ({"link": "one\ntwo"}, "text_character"),
        ({"next_exercise": "soon"}, "bad_date"),
    ],
)
def test_what_cannot_be_printed_is_not_recorded(house: Engine, said: dict[str, Any], reason: str) -> None:
    assert wrong(lambda: planned(house, **said)) == reason
    assert house.plans.every() == ()


def test_a_plan_covers_what_there_is_and_not_too_much(house: Engine) -> None:
    for number in range(13):
        house.assets.record(AssetDescription(name=f"B{number}", owner="ebihan"), key=f"B-{number:02d}", by="htallec")
    house.assets.retire("A-02", reason="Gone", by="ebihan")

    assert wrong(lambda: planned(house, assets=[f"B-{number:02d}" for number in range(13)])) == "plan_assets"
    for keys in (["A-09"], ["A-02"]):
        with pytest.raises(NotFound):
            planned(house, assets=keys)


def test_every_change_of_content_is_the_next_edition_of_its_author_and_not_approved(plan: Engine) -> None:
    plan.plans.approve("PL-01", by="kbenali")

    plan.plans.change("PL-01", contacts="Host: 02 98 11 11 11", by="jprigent")
    second = plan.plans.one("PL-01")
    plan.plans.change("PL-01", assets=["A-01"], link="https://example.org/plan", by="htallec")
    third = plan.plans.one("PL-01")

    assert (second.edition, second.author, second.approval, second.decides) == (2, "jprigent", None, WHOLE["decides"])
    assert (third.edition, third.author, [a.key for a in third.assets]) == (3, "htallec", ["A-01"])
    assert plan.verify().holds


def test_another_day_for_the_exercise_is_no_change_of_content(plan: Engine) -> None:
    plan.plans.approve("PL-01", by="kbenali")

    plan.plans.change("PL-01", next_exercise="2026-06-01", by="ykerbrat")
    set_ = plan.plans.one("PL-01")
    plan.plans.change("PL-01", next_exercise="", by="ykerbrat")
    taken_away = plan.plans.one("PL-01")

    assert (set_.edition, set_.next_exercise, set_.author) == (1, "2026-06-01", "ykerbrat")
    assert set_.approval is not None and set_.approval.person == "kbenali"
    assert (taken_away.next_exercise, taken_away.approval) == (None, set_.approval)
    assert plan.verify().holds


def test_a_change_that_changes_nothing_makes_no_edition(plan: Engine) -> None:
    for said in ({}, {"title": "The CRM is down"}, {"assets": ["A-02", "A-01"]}, {"link": ""}, {"next_exercise": ""}):
        assert wrong(lambda said=said: plan.plans.change("PL-01", by="ykerbrat", **said)) == "nothing_to_change"  # type: ignore[misc]
    with pytest.raises(NotFound):
        plan.plans.change("PL-02", title="x", by="ykerbrat")


def test_a_text_can_be_taken_away_but_the_title_cannot(plan: Engine) -> None:
    plan.plans.change("PL-01", fallback="", by="ykerbrat")

    assert (plan.plans.one("PL-01").fallback, plan.plans.one("PL-01").edition) == ("", 2)
    assert wrong(lambda: plan.plans.change("PL-01", title="", by="ykerbrat")) == "text_empty"
    assert plan.verify().holds


def test_an_asset_that_was_retired_stays_on_the_plan_and_says_so(plan: Engine) -> None:
    plan.assets.retire("A-02", reason="Gone", by="ebihan")

    plan.plans.change("PL-01", title="The CRM is down again", by="ykerbrat")

    assert [asset.retired for asset in plan.plans.one("PL-01").assets] == [False, True]
    assert plan.verify().holds


# --- approving --------------------------------------------------------------------------------------------------------


def test_the_business_approves(plan: Engine) -> None:
    receipt = plan.plans.approve("PL-01", edition=1, by="kbenali")

    one = plan.plans.one("PL-01")
    assert one.approval is not None
    assert (one.approval.person, one.approval.on, one.approval.edition) == ("kbenali", TODAY, 1)
    assert (receipt.event, plan.verify().holds) == ("plan.recorded", True)


def test_the_owner_of_everything_covered_approves_without_any_role(plan: Engine) -> None:
    plan.plans.approve("PL-01", by="ebihan")

    one = plan.plans.one("PL-01")
    assert one.approval is not None and one.approval.person == "ebihan"
    assert plan.verify().holds


@pytest.mark.parametrize("by", ["htallec", "nroussel", "jprigent", "mlebris"])
def test_nobody_else_approves(plan: Engine, by: str) -> None:
    assert refused(lambda: plan.plans.approve("PL-01", by=by)) == {"plan_not_approver"}
    assert plan.plans.one("PL-01").approval is None


def test_owning_a_part_or_a_plan_for_nothing_does_not_entitle(house: Engine) -> None:
    house.assets.record(AssetDescription(name="Shop", owner="mlebris"), by="htallec")
    planned(house, assets=["A-01", "A-03"])
    planned(house, assets=[])

    for key in ("PL-01", "PL-02"):
        assert refused(lambda key=key: house.plans.approve(key, by="ebihan")) == {"plan_not_approver"}  # type: ignore[misc]


def test_its_author_does_not_approve_it(house: Engine) -> None:
    planned(house, "kbenali")

    assert refused(lambda: house.plans.approve("PL-01", by="kbenali")) == {"plan_author"}


def test_the_author_does_not_approve_as_the_owner_either(house: Engine) -> None:
    house.assets.record(AssetDescription(name="Shop", owner="jprigent"), by="htallec")
    planned(house, "jprigent", assets=["A-03"])

    assert refused(lambda: house.plans.approve("PL-01", by="jprigent")) == {"plan_author"}


def test_a_delegate_does_not_approve_for_the_author(house: Engine) -> None:
    planned(house, "kbenali")
    house.delegate_role("business_owner", "mlebris", project="CRM", until="2026-01-31", by="kbenali")

    assert refused(lambda: house.plans.approve("PL-01", by="mlebris")) == {"plan_stands_in"}


def test_the_delegator_does_not_approve_what_was_written_for_him(house: Engine) -> None:
    house.delegate_role("business_owner", "mlebris", project="CRM", until="2026-01-31", by="kbenali")
    planned(house, "mlebris")

    one = house.plans.one("PL-01")
    assert (one.author, one.author_for) == ("mlebris", "kbenali")
    assert refused(lambda: house.plans.approve("PL-01", by="kbenali")) == {"plan_stands_in"}
    assert refused(lambda: house.plans.approve("PL-01", by="mlebris")) == {"plan_author"}


def test_a_delegate_approves_what_somebody_else_wrote(plan: Engine) -> None:
    plan.delegate_role("business_owner", "mlebris", project="CRM", until="2026-01-31", by="kbenali")

    plan.plans.approve("PL-01", by="mlebris")

    assert plan.verify().holds


def test_an_owner_who_stands_in_for_the_author_approves_in_his_own_name(house: Engine) -> None:
    planned(house, "kbenali")
    house.delegate_role("business_owner", "ebihan", project="CRM", until="2026-01-31", by="kbenali")

    house.plans.approve("PL-01", by="ebihan")

    one = house.plans.one("PL-01")
    assert one.approval is not None and one.approval.person == "ebihan"
    assert house.verify().holds


def test_a_service_account_approves_nothing(plan: Engine) -> None:
    plan.add_person("robot", name="Robot", service=True, by="htallec")
    plan.grant_role("business_owner", "robot", project="CRM", by="htallec")

    assert refused(lambda: plan.plans.approve("PL-01", by="robot")) == {"service_approves"}


@pytest.mark.parametrize("missing", WHOLE)
def test_an_emergency_plan_is_approved_once_it_is_whole(house: Engine, missing: str) -> None:
    planned(house, link="https://example.org/plan", **{missing: None})

    with pytest.raises(Refused) as caught:
        house.plans.approve("PL-01", by="kbenali")

    (blocker,) = caught.value.decision.blockers
    assert (blocker.code, blocker.params["missing"]) == ("plan_incomplete", [f"--{missing}"])


@pytest.mark.parametrize("kind", ["recovery", "continuity", "reversibility"])
def test_another_plan_is_approved_with_a_link_or_the_texts(house: Engine, kind: str) -> None:
    nothing = dict.fromkeys(WHOLE)
    planned(house, kind=kind, **nothing)
    planned(house, kind=kind, link="https://example.org/plan", **nothing)
    planned(house, kind=kind)

    assert refused(lambda: house.plans.approve("PL-01", by="kbenali")) == {"plan_empty"}
    for key in ("PL-02", "PL-03"):
        house.plans.approve(key, by="kbenali")
    assert house.verify().holds


def test_a_text_that_was_redacted_is_missing_and_the_former_approval_holds(plan: Engine) -> None:
    written = next(entry.seq for entry in plan.log() if entry.event == "plan.recorded")
    plan.plans.approve("PL-01", by="kbenali")
    plan.redact(None, written, "contacts", reason="A private number", by="htallec")

    one = plan.plans.one("PL-01")
    assert (one.contacts, one.approval is not None, plan.verify().holds) == ("", True, True)
    assert refused(lambda: plan.plans.approve("PL-01", by="slegoff")) == {"plan_incomplete"}


def test_only_the_edition_that_was_read_is_approved(plan: Engine) -> None:
    plan.plans.change("PL-01", title="Otherwise", by="jprigent")

    for edition in (1, 3):
        with pytest.raises(Conflict) as caught:
            plan.plans.approve("PL-01", edition=edition, by="kbenali")
        assert (caught.value.reason, plan.plans.one("PL-01").approval) == ("plan_changed", None)
    plan.plans.approve("PL-01", edition=2, by="kbenali")


def test_an_owner_approves_no_more_once_the_asset_is_somebody_elses(plan: Engine) -> None:
    plan.assets.change("A-02", AssetDescription(owner="mlebris"), by="ebihan")

    assert refused(lambda: plan.plans.approve("PL-01", by="ebihan")) == {"plan_not_approver"}


def test_a_refused_approval_is_in_the_log(plan: Engine) -> None:
    refused(lambda: plan.plans.approve("PL-01", by="mlebris"))

    last = [*plan.log()][-1]
    assert (last.event, last.facts["action"], last.facts["key"]) == ("administration.refused", "plan.approve", "PL-01")
    assert plan.verify().holds


# --- exercises --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["htallec", "jprigent", "ebihan", "mlebris"])
def test_whom_it_concerns_records_an_exercise(plan: Engine, by: str) -> None:
    plan.plans.exercise("PL-01", on=TODAY, result="partial", findings="The number was wrong", next="2026-07-01", by=by)

    one = plan.plans.one("PL-01")
    assert one.exercise is not None
    assert (one.exercise.on, one.exercise.result, one.exercise.findings) == (TODAY, "partial", "The number was wrong")
    assert (one.next_exercise, one.edition, plan.verify().holds) == ("2026-07-01", 1, True)


def test_a_stranger_records_none(house: Engine) -> None:
    planned(house, assets=["A-02"])

    assert refused(lambda: house.plans.exercise("PL-01", on=TODAY, result="passed", by="mlebris")) == {
        "plan_not_concerned"
    }


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"on": "2026-01-06"}, "day_to_come"),
        ({"on": "2026-01-02"}, "day_before_last"),
        ({"on": TODAY, "next": TODAY}, "exercise_next"),
        ({"on": TODAY, "result": "failed"}, "exercise_findings"),
        ({"on": TODAY, "result": "partial", "findings": " "}, "exercise_findings"),
        ({"on": TODAY, "result": "splendid"}, "no_choice"),
    ],
)
def test_an_exercise_was_and_says_what_it_showed(plan: Engine, said: dict[str, Any], reason: str) -> None:
    plan.plans.exercise("PL-01", on="2026-01-03", result="passed", by="jprigent")

    assert wrong(lambda: plan.plans.exercise("PL-01", by="jprigent", **{"result": "passed", **said})) == reason


def test_findings_go_with_the_exercise_they_are_of(plan: Engine) -> None:
    plan.plans.exercise("PL-01", on="2026-01-03", result="failed", findings="Nobody answered", by="jprigent")
    plan.plans.exercise("PL-01", on=TODAY, result="passed", by="jprigent")

    one = plan.plans.one("PL-01")
    assert (one.exercise is not None and one.exercise.findings, plan.verify().holds) == ("", True)


def test_a_planned_day_stays_until_it_has_come(house: Engine) -> None:
    planned(house, next_exercise="2026-01-04")
    house.plans.exercise("PL-01", on="2026-01-03", result="passed", by="jprigent")
    early = house.plans.one("PL-01")
    house.plans.exercise("PL-01", on=TODAY, result="passed", by="jprigent")

    assert (early.next_exercise, early.overdue) == ("2026-01-04", True)
    assert (house.plans.one("PL-01").next_exercise, house.verify().holds) == (None, True)


def test_the_next_exercise_is_not_set_to_before_the_last(plan: Engine) -> None:
    plan.plans.exercise("PL-01", on=TODAY, result="passed", by="jprigent")

    assert wrong(lambda: plan.plans.change("PL-01", next_exercise=TODAY, by="jprigent")) == "exercise_next"


def test_an_overdue_exercise_is_its_authors_matter(plan: Engine, clock: FixedClock) -> None:
    plan.plans.change("PL-01", next_exercise="2026-01-10", by="jprigent")
    planned(plan, next_exercise="2026-02-10")
    clock.advance(days=5)
    on_the_day = plan.plans.one("PL-01").overdue
    clock.advance(days=1)

    assert (on_the_day, [one.key for one in plan.plans.every(overdue=True)]) == (False, ["PL-01"])
    (late,) = [d for d in plan.deadlines(within_days=30) if d.late]
    assert (late.kind, late.key, late.day, late.persons) == ("exercise", "PL-01", "2026-01-10", ("ykerbrat",))


# --- the end ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["htallec", "kbenali", "ebihan"])
def test_who_answers_for_it_retires_a_plan(plan: Engine, by: str) -> None:
    plan.plans.change("PL-01", next_exercise="2026-01-01", by="ykerbrat")

    plan.plans.retire("PL-01", reason="The old CRM is gone", by=by)

    one = plan.plans.one("PL-01")
    assert (one.retired, one.reason, one.overdue, plan.deadlines(within_days=30)) == (
        True,
        "The old CRM is gone",
        False,
        (),
    )
    assert plan.verify().holds


@pytest.mark.parametrize("by", ["ykerbrat", "mlebris"])
def test_nobody_else_retires_it(plan: Engine, by: str) -> None:
    assert refused(lambda: plan.plans.retire("PL-01", reason="No more", by=by)) == {"plan_not_retirer"}


def test_a_plan_is_retired_for_a_reason(plan: Engine) -> None:
    assert wrong(lambda: plan.plans.retire("PL-01", reason=" ", by="htallec")) == "text_empty"


def test_nothing_more_is_done_to_a_retired_plan(plan: Engine) -> None:
    plan.plans.retire("PL-01", reason="Gone", by="htallec")
    register = plan.plans

    for deed in (
        lambda: register.change("PL-01", title="Back", by="ykerbrat"),
        lambda: register.change("PL-01", next_exercise="2026-09-01", by="ykerbrat"),
        lambda: register.approve("PL-01", by="kbenali"),
        lambda: register.exercise("PL-01", on=TODAY, result="passed", by="ykerbrat"),
        lambda: register.retire("PL-01", reason="Again", by="htallec"),
    ):
        assert refused(deed) == {"plan_retired"}
    assert plan.verify().holds


# --- people who leave -------------------------------------------------------------------------------------------------


def test_who_left_is_still_named_and_who_was_erased_is_a_pseudonym(plan: Engine) -> None:
    plan.plans.approve("PL-01", by="kbenali")
    plan.end_person("kbenali", by="htallec")
    left = plan.plans.one("PL-01").approval
    plan.erase_person("kbenali", reason="Asked for it", by="htallec")
    erased = plan.plans.one("PL-01").approval

    assert left is not None and erased is not None
    assert (left.person, erased.person == "kbenali", plan.verify().holds) == ("kbenali", False, True)


# --- by a record that no rule was asked about -------------------------------------------------------------------------


def test_an_approval_that_was_forged_for_the_author_is_found(house: Engine) -> None:
    planned(house, "kbenali")
    me = person_id(house, "kbenali")

    forged(house, "approve", "kbenali", approved={"by": me, "on": TODAY, "edition": 1})

    assert found(house) == ["plan_approver", "plan_author"]


def test_an_approval_that_was_forged_for_a_stranger_is_found(plan: Engine) -> None:
    forged(plan, "approve", "mlebris", approved={"by": person_id(plan, "mlebris"), "on": TODAY, "edition": 1})

    assert found(plan) == ["plan_approver"]


def test_content_that_was_forged_under_an_approval_is_found(plan: Engine) -> None:
    plan.plans.approve("PL-01", by="kbenali")

    forged(plan, "schedule", "ykerbrat", {"contacts": "Nobody"})

    assert found(plan) == ["plan"]


def test_a_plan_that_was_brought_back_is_found(plan: Engine) -> None:
    plan.plans.retire("PL-01", reason="Gone", by="htallec")

    forged(plan, "retire", "ebihan", {"reason": "No"}, retired=False)

    assert found(plan) == ["plan"]


# --- within a host's transaction --------------------------------------------------------------------------------------


def test_a_plan_goes_with_the_hosts_transaction(house: Engine, url: str) -> None:
    host = create_engine(url)
    with Session(host) as session:
        key = planned(house, session=session)
        seen = house.plans.one(key, session=session).title
        session.rollback()
    host.dispose()

    assert (seen, house.plans.every()) == ("The CRM is down", ())
