"""Who may move a project: somebody who holds the role now, on this project or everywhere."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.walks.company import codes, give, open_crm, staffed_crm, walk_to

from flowgov import BadInput, Engine, FixedClock, MoveRefused, NotFound, Refused
from flowgov.testing import assert_refused, pass_gate, ready


def test_the_holder_of_the_role_moves_the_project(engine: Engine) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")

    receipt = engine.move("CRM", "validate_need", by="kbenali")

    assert (receipt.source, receipt.target, receipt.role) == ("need_expressed", "business_validated", "business_owner")


def test_nobody_moves_without_a_role(engine: Engine) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")

    decision = assert_refused(engine, "CRM", "validate_need", by="jprigent", codes={"role_missing"})

    assert decision.blockers[0].holders == ("kbenali",)


def test_the_administrator_gets_no_exemption(engine: Engine) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")

    assert_refused(engine, "CRM", "validate_need", by="htallec", codes={"role_missing"})


def test_another_role_does_not_help(engine: Engine) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")

    assert_refused(engine, "CRM", "validate_need", by="ykerbrat", codes={"role_missing"})


def test_a_role_held_everywhere_counts_on_every_project(engine: Engine) -> None:
    staffed_crm(engine)
    engine.grant_role("business_owner", "jprigent", by="htallec")
    ready(engine, "CRM", "validate_need", by="jprigent")

    assert engine.move("CRM", "validate_need", by="jprigent").role == "business_owner"


def test_a_role_on_another_project_does_not_count(engine: Engine) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")
    engine.open_project("ERP", workflow="standard", title="ERP", by="ebihan")
    engine.grant_role("business_owner", "jprigent", project="ERP", by="htallec")

    assert_refused(engine, "CRM", "validate_need", by="jprigent", codes={"role_missing"})


def test_a_role_of_another_workflow_with_the_same_name_still_needs_to_be_held_here(engine: Engine) -> None:
    open_crm(engine)
    engine.open_project("WIFI", workflow="pme-light", title="Wi-Fi", by="ebihan")
    engine.grant_role("business_owner", "kbenali", project="WIFI", by="htallec")

    assert "role_missing" in codes(engine.explain("CRM", "validate_need", by="kbenali"))


def test_a_role_ends_with_its_last_day(engine: Engine, clock: FixedClock) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")
    engine.grant_role("business_owner", "jprigent", project="CRM", until="2026-01-09", by="htallec")
    clock.set(datetime(2026, 1, 9, 23, 59, 59, 999_999, tzinfo=UTC))
    on_the_last_day = engine.explain("CRM", "validate_need", by="jprigent")
    clock.set(datetime(2026, 1, 10, tzinfo=UTC))

    assert on_the_last_day.allowed
    assert_refused(engine, "CRM", "validate_need", by="jprigent", codes={"role_missing"})


def test_a_role_begins_with_its_first_day(engine: Engine, clock: FixedClock) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")
    engine.grant_role("business_owner", "jprigent", project="CRM", start="2026-01-10", by="htallec")
    clock.set(datetime(2026, 1, 9, 23, 59, 59, 999_999, tzinfo=UTC))
    assert_refused(engine, "CRM", "validate_need", by="jprigent", codes={"role_missing"})
    clock.set(datetime(2026, 1, 10, tzinfo=UTC))

    assert engine.move("CRM", "validate_need", by="jprigent").target == "business_validated"


def test_t9_a_revoked_role_is_gone_at_once(engine: Engine, clock: FixedClock) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")

    engine.revoke_role("business_owner", "kbenali", project="CRM", reason="Changed jobs", by="htallec")

    assert_refused(engine, "CRM", "validate_need", by="kbenali", codes={"role_missing"})


def test_t9_an_engine_opened_before_the_revocation_sees_it(url: str, engine: Engine, clock: FixedClock) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")
    with Engine.open(url, clock=clock) as elsewhere:
        assert elsewhere.explain("CRM", "validate_need", by="kbenali").allowed

        engine.revoke_role("business_owner", "kbenali", project="CRM", by="htallec")

        assert_refused(elsewhere, "CRM", "validate_need", by="kbenali", codes={"role_missing"})


def test_a_revoked_role_can_be_granted_again(engine: Engine, clock: FixedClock) -> None:
    staffed_crm(engine)
    engine.revoke_role("business_owner", "kbenali", project="CRM", by="htallec")
    clock.advance(hours=1)
    give(engine, "business_owner", "kbenali")

    pass_gate(engine, "CRM", "validate_need", by="kbenali")

    assert engine.project("CRM").state.id == "business_validated"


def test_revoking_the_role_on_one_project_leaves_the_one_held_everywhere(engine: Engine) -> None:
    staffed_crm(engine)
    engine.grant_role("business_owner", "kbenali", by="htallec")
    engine.revoke_role("business_owner", "kbenali", project="CRM", by="htallec")

    pass_gate(engine, "CRM", "validate_need", by="kbenali")

    assert engine.project("CRM").state.id == "business_validated"


def test_a_role_that_has_not_begun_can_be_revoked(engine: Engine, clock: FixedClock) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")
    engine.grant_role("business_owner", "jprigent", project="CRM", start="2026-02-01", by="htallec")

    engine.revoke_role("business_owner", "jprigent", project="CRM", by="htallec")

    clock.set(datetime(2026, 2, 2, tzinfo=UTC))
    assert_refused(engine, "CRM", "validate_need", by="jprigent", codes={"role_missing"})


def test_the_record_of_a_move_names_the_grant_it_relied_on(engine: Engine) -> None:
    staffed_crm(engine)
    grant = engine.assignments(project="CRM", person="kbenali")[0]

    pass_gate(engine, "CRM", "validate_need", by="kbenali")

    moved = engine.history("CRM")[-1]
    assert moved.facts["auth"] == {"role": "business_owner", "grant": grant.record}


# --- administering ---------------------------------------------------------------------------------------------


def test_t7_role_escalation_nobody_grants_a_role_to_himself(engine: Engine) -> None:
    open_crm(engine)

    with pytest.raises(Refused) as caught:
        engine.grant_role("sponsor", "htallec", project="CRM", by="htallec")

    assert codes(caught.value.decision) == {"self_grant"}


def test_t7_role_escalation_a_role_is_granted_by_an_administrator_only(engine: Engine) -> None:
    staffed_crm(engine)

    with pytest.raises(Refused) as caught:
        engine.grant_role("business_owner", "jprigent", project="CRM", by="kbenali")

    told = caught.value.decision.blockers[0]
    assert (told.code, told.holders) == ("not_administrator", ("htallec", "slegoff"))


def test_t7_role_escalation_both_reasons_are_told_at_once(engine: Engine) -> None:
    with pytest.raises(Refused) as caught:
        engine.grant_role("administrator", "kbenali", by="kbenali")

    assert codes(caught.value.decision) == {"not_administrator", "self_grant"}


def test_t7_role_escalation_the_administrator_of_one_project_does_not_exist(engine: Engine) -> None:
    open_crm(engine)

    with pytest.raises(BadInput) as caught:
        engine.grant_role("administrator", "kbenali", project="CRM", by="htallec")

    assert caught.value.reason == "administrator_everywhere"


def test_t7_role_escalation_every_grant_is_in_the_chain(engine: Engine) -> None:
    before = len([*engine.log(event="role.granted")])

    receipt = engine.grant_role("administrator", "kbenali", by="htallec")

    granted = [*engine.log(event="role.granted")]
    assert (len(granted), granted[-1].hash, granted[-1].stream) == (before + 1, receipt.hash, "org")


def test_t7_role_escalation_the_last_administrator_stays(engine: Engine) -> None:
    engine.revoke_role("administrator", "htallec", by="slegoff")

    with pytest.raises(Refused) as caught:
        engine.revoke_role("administrator", "slegoff", by="slegoff")

    assert codes(caught.value.decision) == {"last_administrator"}


def test_t7_role_escalation_an_administrator_for_a_while_is_not_enough_to_go(engine: Engine) -> None:
    engine.grant_role("administrator", "kbenali", until="2026-12-31", by="htallec")
    engine.revoke_role("administrator", "htallec", by="slegoff")

    with pytest.raises(Refused) as caught:
        engine.revoke_role("administrator", "slegoff", by="kbenali")

    assert codes(caught.value.decision) == {"last_administrator"}


def test_a_former_administrator_administers_nothing(engine: Engine) -> None:
    engine.revoke_role("administrator", "htallec", by="slegoff")

    with pytest.raises(Refused) as caught:
        engine.add_person("pguegen", name="Paul Guéguen", by="htallec")

    assert codes(caught.value.decision) == {"not_administrator"}


@pytest.mark.parametrize("deed", ["person", "grant", "revoke", "exception", "workflow"])
def test_administering_needs_the_administrator_role(engine: Engine, deed: str) -> None:
    staffed_crm(engine)
    deeds = {
        "person": lambda: engine.add_person("pguegen", name="Paul Guéguen", by="kbenali"),
        "grant": lambda: engine.grant_role("sponsor", "jprigent", by="kbenali"),
        "revoke": lambda: engine.revoke_role("business_owner", "kbenali", project="CRM", by="kbenali"),
        "exception": lambda: engine.add_exception(
            "CRM",
            rules=["procedure"],
            person="ykerbrat",
            until="2026-02-01",
            reason="No time",
            compensating="Review",
            by="kbenali",
        ),
        "workflow": lambda: engine.register_workflow(engine.workflow("standard"), by="kbenali"),
    }

    with pytest.raises(Refused) as caught:
        deeds[deed]()

    assert codes(caught.value.decision) == {"not_administrator"}


def test_a_refused_administrative_act_is_recorded(engine: Engine) -> None:
    with pytest.raises(Refused):
        engine.grant_role("administrator", "kbenali", by="kbenali")

    last = [*engine.log()][-1]
    told = (last.event, last.outcome, last.actor, last.facts["action"], [b["code"] for b in last.facts["blockers"]])
    assert told == (
        "administration.refused",
        "refused",
        "kbenali",
        "role.grant",
        ["not_administrator", "self_grant"],
    )


# --- periods ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "until", "reason"),
    [
        (None, "2026-01-04", "empty_period"),
        ("2026-02-01", "2026-01-31", "empty_period"),
        ("2026-01-04", None, "starts_in_past"),
        ("2025-12-31", "2026-12-31", "starts_in_past"),
        ("0005-01-01", None, "starts_in_past"),
        ("tomorrow", None, "bad_date"),
        ("2026-02-30", None, "bad_date"),
        ("2026-1-5", None, "bad_date"),
        ("", None, "bad_date"),
        (None, "9999-12-31", "bad_date"),
        ("2026-02-01T09:00:00", None, "naive_time"),
        (None, datetime(2026, 2, 1), "naive_time"),
        ("9999-12-31T23:59:59-05:00", None, "bad_date"),
        ("0001-01-01T00:00:00+05:00", None, "bad_date"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused(
    engine: Engine, start: str | None, until: str | datetime | None, reason: str
) -> None:
    with pytest.raises(BadInput) as caught:
        engine.grant_role("sponsor", "kbenali", start=start, until=until, by="htallec")

    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("start", "until"),
    [(None, None), ("2026-01-20", None), (None, "2026-01-10"), ("2026-01-15", "2026-01-15"), ("2026-01-31", None)],
)
def test_two_assignments_of_the_same_role_do_not_overlap(engine: Engine, start: str | None, until: str | None) -> None:
    engine.grant_role("sponsor", "kbenali", start="2026-01-10", until="2026-01-31", by="htallec")

    with pytest.raises(BadInput) as caught:
        engine.grant_role("sponsor", "kbenali", start=start, until=until, by="htallec")

    assert caught.value.reason == "overlap"


@pytest.mark.parametrize(("start", "until"), [(None, "2026-01-09"), ("2026-02-01", None)])
def test_two_assignments_of_the_same_role_may_follow_one_another(
    engine: Engine, start: str | None, until: str | None
) -> None:
    engine.grant_role("sponsor", "kbenali", start="2026-01-10", until="2026-01-31", by="htallec")

    engine.grant_role("sponsor", "kbenali", start=start, until=until, by="htallec")

    assert len(engine.assignments(person="kbenali", role="sponsor")) == 2


def test_the_same_role_here_and_everywhere_is_no_overlap(engine: Engine) -> None:
    open_crm(engine)
    engine.grant_role("sponsor", "kbenali", by="htallec")

    engine.grant_role("sponsor", "kbenali", project="CRM", by="htallec")

    assert len(engine.assignments(person="kbenali", role="sponsor")) == 2


def test_revoking_what_is_not_held_is_told(engine: Engine) -> None:
    with pytest.raises(NotFound) as caught:
        engine.revoke_role("sponsor", "kbenali", by="htallec")

    assert caught.value.reason == "assignment"


def test_who_held_a_role_can_be_asked_for_any_day(engine: Engine, clock: FixedClock) -> None:
    engine.grant_role("sponsor", "kbenali", until="2026-01-09", by="htallec")
    engine.grant_role("sponsor", "ykerbrat", start="2026-01-10", by="htallec")

    held = [[a.person for a in engine.assignments(role="sponsor", at=day)] for day in ("2026-01-09", "2026-01-10")]

    assert held == [["kbenali"], ["ykerbrat"]]


def test_t10_the_role_is_judged_when_the_lock_is_held_not_when_asked(engine: Engine, clock: FixedClock) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")
    assert engine.explain("CRM", "validate_need", by="kbenali").allowed
    engine.revoke_role("business_owner", "kbenali", project="CRM", by="htallec")

    with pytest.raises(MoveRefused):
        engine.move("CRM", "validate_need", by="kbenali")

    assert engine.project("CRM").state.id == "need_expressed"


def test_the_whole_path_is_walked_by_five_people(engine: Engine) -> None:
    staffed_crm(engine)

    walk_to(engine, "review")

    assert engine.project("CRM").state.id == "reviewed"


@pytest.mark.parametrize("seconds", [0, -5])
def test_the_log_holds_when_a_role_is_revoked_at_the_stamp_of_a_move_or_before_it(
    engine: Engine, clock: FixedClock, seconds: int
) -> None:
    staffed_crm(engine)
    clock.advance(hours=1)
    pass_gate(engine, "CRM", "validate_need", by="kbenali")
    clock.advance(seconds=seconds)

    engine.revoke_role("business_owner", "kbenali", project="CRM", by="htallec")

    assert engine.verify().holds


def test_the_log_holds_when_an_approver_loses_the_role_right_after_the_move(engine: Engine) -> None:
    staffed_crm(engine)
    walk_to(engine, "approve_design")

    for role, login in (("business_owner", "kbenali"), ("security_officer", "nroussel")):
        engine.revoke_role(role, login, project="CRM", by="htallec")

    assert engine.verify().holds
