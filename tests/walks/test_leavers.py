"""Leavers and service accounts: one act ends everything; a program approves nothing."""

from __future__ import annotations

import pytest
from tests.walks.company import codes, give, open_crm, staffed_crm

from flowgov import BadInput, Engine, NotFound, Refused
from flowgov.acts.leaving import Vacancy
from flowgov.testing import assert_refused, pass_gate, ready


def blocked(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return codes(refused.value.decision)


# --- leavers --------------------------------------------------------------------------------------------------------


def test_a_departure_ends_every_role_in_one_record(engine: Engine) -> None:
    staffed_crm(engine)
    engine.grant_role("sponsor", "kbenali", by="htallec")
    engine.delegate_role("business_owner", "jprigent", project="CRM", until="2026-01-31", by="kbenali")

    left = engine.end_person("kbenali", reason="Left the company", by="htallec")

    record = list(engine.log(project="org"))[-1]
    assert (record.event, len(record.facts["grants"]), len(left.ended)) == ("person.ended", 3, 3)
    assert engine.assignments(person="kbenali", at="2026-01-06") == ()
    assert engine.assignments(person="jprigent", role="business_owner", at="2026-01-06") == ()
    assert engine.person("kbenali").ended == left.receipt.at
    assert engine.verify().findings == ()


def test_it_ends_what_was_lent_to_the_person_too(engine: Engine) -> None:
    staffed_crm(engine)
    engine.delegate_role("business_owner", "jprigent", project="CRM", until="2026-01-31", by="kbenali")

    left = engine.end_person("jprigent", by="htallec")

    assert {(a.role, a.delegator) for a in left.ended} == {("operations", None), ("business_owner", "kbenali")}
    assert engine.verify().findings == ()


def test_it_tells_which_gates_are_left_without_a_holder(engine: Engine) -> None:
    staffed_crm(engine)

    left = engine.end_person("nroussel", by="htallec")

    assert left.vacancies == (Vacancy("CRM", "security_officer", ("confirm_secured",)),)


def test_nothing_is_left_without_a_holder_where_somebody_else_holds_the_role(engine: Engine) -> None:
    staffed_crm(engine)
    give(engine, "security_officer", "slegoff")

    assert engine.end_person("nroussel", by="htallec").vacancies == ()


def test_projects_that_are_closed_need_nobody(engine: Engine) -> None:
    staffed_crm(engine, "pme-light")
    engine.move("CRM", "cancel", by="kbenali", reason="No budget")

    assert engine.end_person("kbenali", by="htallec").vacancies == ()


def test_a_role_held_everywhere_is_missed_on_every_project(engine: Engine) -> None:
    engine.grant_role("business_owner", "kbenali", by="htallec")
    open_crm(engine, "pme-light")

    left = engine.end_person("kbenali", by="htallec")

    gates = ("validate_need", "confirm_secured", "deploy", "review")
    assert left.vacancies == (Vacancy("CRM", "business_owner", gates),)


def test_t9_whoever_left_does_nothing_any_more(engine: Engine) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")
    engine.end_person("kbenali", by="htallec")

    with pytest.raises(NotFound) as error:
        engine.move("CRM", "validate_need", by="kbenali")

    assert (error.value.reason, error.value.data["day"]) == ("person_ended", "2026-01-05")


@pytest.mark.parametrize("deed", ["open", "approve", "evidence", "withdraw", "todo"])
def test_whoever_left_cannot_act(engine: Engine, deed: str) -> None:
    staffed_crm(engine)
    engine.end_person("kbenali", by="htallec")
    deeds = {
        "open": lambda: engine.open_project("ERP", workflow="standard", title="ERP", by="kbenali"),
        "approve": lambda: engine.approve("CRM", "approve_design", by="kbenali"),
        "evidence": lambda: engine.add_evidence("CRM", "need_statement", link="https://e.org", by="kbenali"),
        "withdraw": lambda: engine.withdraw_approval("CRM", "approve_design", by="kbenali"),
        "todo": lambda: engine.todo("kbenali"),
    }

    with pytest.raises(NotFound) as error:
        deeds[deed]()

    assert error.value.reason == "person_ended"


def test_what_would_be_decided_of_whoever_left_can_be_asked(engine: Engine) -> None:
    staffed_crm(engine)
    engine.end_person("kbenali", by="htallec")

    assert "role_missing" in codes(engine.explain("CRM", "validate_need", by="kbenali"))


def test_whoever_left_is_given_nothing(engine: Engine) -> None:
    staffed_crm(engine)
    engine.end_person("kbenali", by="htallec")

    with pytest.raises(NotFound):
        engine.grant_role("sponsor", "kbenali", by="htallec")
    with pytest.raises(NotFound):
        engine.delegate_role("technical_owner", "kbenali", project="CRM", until="2026-01-31", by="ykerbrat")


def test_nobody_leaves_twice(engine: Engine) -> None:
    engine.end_person("kbenali", by="htallec")

    with pytest.raises(NotFound) as error:
        engine.end_person("kbenali", by="htallec")

    assert error.value.reason == "person_ended"


def test_only_an_administrator_notes_a_departure(engine: Engine) -> None:
    with pytest.raises(Refused) as refused:
        engine.end_person("kbenali", by="ykerbrat")

    assert blocked(refused) == {"not_administrator"}


def test_nobody_ends_himself(engine: Engine) -> None:
    with pytest.raises(Refused) as refused:
        engine.end_person("htallec", by="htallec")

    assert blocked(refused) == {"self_ending"}


def test_the_last_administrator_does_not_leave(engine: Engine) -> None:
    engine.add_person("mlebris", name="Maëlle Le Bris", by="htallec")
    engine.revoke_role("administrator", "slegoff", by="htallec")
    engine.grant_role("administrator", "slegoff", until="2026-02-28", by="htallec")

    with pytest.raises(Refused) as refused:
        engine.end_person("htallec", by="slegoff")

    assert blocked(refused) == {"last_administrator"}


def test_the_identity_card_can_be_erased_afterwards(engine: Engine) -> None:
    staffed_crm(engine)
    pass_gate(engine, "CRM", "validate_need", by="kbenali")
    engine.end_person("kbenali", reason="Karim left", by="htallec")

    engine.erase_person("kbenali", reason="Asked for it", by="htallec")

    assert engine.verify().findings == ()


def test_an_approval_of_whoever_left_does_not_count_any_more(engine: Engine) -> None:
    staffed_crm(engine)
    pass_gate(engine, "CRM", "validate_need", by="kbenali")
    ready(engine, "CRM", "approve_design", by="ykerbrat")

    engine.end_person("kbenali", by="htallec")

    assert_refused(engine, "CRM", "approve_design", by="ykerbrat", codes={"approval_missing"})


# --- service accounts -----------------------------------------------------------------------------------------------


@pytest.fixture
def robot(engine: Engine) -> Engine:
    """`engine` with the account of a program that holds the business owner's role on CRM."""
    staffed_crm(engine)
    engine.add_person("ci-bot", name="Continuous integration", service=True, by="htallec")
    give(engine, "business_owner", "ci-bot")
    return engine


def test_a_service_account_is_known_as_such(robot: Engine) -> None:
    assert (robot.person("ci-bot").service, robot.person("kbenali").service) == (True, False)
    assert robot.verify().findings == ()


def test_rule_12_a_service_account_never_approves(robot: Engine) -> None:
    pass_gate(robot, "CRM", "validate_need", by="kbenali")

    with pytest.raises(Refused) as refused:
        robot.approve("CRM", "approve_design", by="ci-bot")

    assert blocked(refused) == {"service_approves"}


def test_rule_12_nor_does_it_approve_an_exception(robot: Engine) -> None:
    robot.grant_role("administrator", "ci-bot", by="htallec")

    with pytest.raises(Refused) as refused:
        robot.add_exception(
            "CRM",
            rules=["procedure"],
            person="kbenali",
            until="2026-02-28",
            reason="In a hurry",
            compensating="None",
            by="ci-bot",
        )

    assert blocked(refused) == {"service_approves"}


def test_rule_12_nor_for_somebody_else(robot: Engine) -> None:
    with pytest.raises(Refused) as refused:
        robot.delegate_role("technical_owner", "ci-bot", project="CRM", until="2026-01-31", by="ykerbrat")

    assert blocked(refused) == {"delegate_service"}


def test_a_service_account_may_add_evidence(robot: Engine) -> None:
    assert robot.add_evidence("CRM", "need_statement", link="https://e.org", by="ci-bot").event == "evidence.added"


def test_a_login_is_taken_once(robot: Engine) -> None:
    with pytest.raises(BadInput):
        robot.add_person("ci-bot", name="Again", service=True, by="htallec")
