"""One project's chain, record by record: separation of duties, and approvals, as they were recorded."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.audit.lifecycles import document
from tests.unit.audit.projects import LATER, TS, Project, asked, auth, checked, counted

from flowgov.audit.definition import ALWAYS
from flowgov.audit.permits import Permission
from flowgov.audit.replay import Consent

# --- one person, one part -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("actor", "found"), [("alice", 1), ("bob", 0)])
def test_whoever_passed_an_earlier_gate_does_not_pass_one_that_asks_for_another(actor: str, found: int) -> None:
    project = checked()
    project.move("deploy", actor)

    assert project.found == [("RULE_VIOLATION", "same_author", 4)] * found


def test_whoever_opened_a_project_does_not_pass_a_gate_that_asks_for_another() -> None:
    project = checked()
    project.replay.creator = "bob"
    project.move("deploy", "bob")

    assert project.found == [("RULE_VIOLATION", "same_author", 4)]
    assert project.findings.kept[0].params["name"] == "$creator"


def excepted(**changes: Any) -> Project:
    """A project on which alice may pass two gates."""
    project = checked(separation=changes.pop("separation", "exception"))
    given: dict[str, Any] = {
        "key": "EX-1",
        "rules": ("distinct_from",),
        "person": "alice",
        "project": "1",
        "start": TS,
        "until": LATER,
        "reviewer": None,
        "by": "u1",
        "seq": 9,
        "reason": "",
        "compensating": "",
    }
    project.register.permissions["EX-1"] = Permission(**{**given, **changes})
    return project


DEPARTURE = {"rule": "distinct_from", "p": "alice", "exception": "EX-1"}


def test_an_exception_permits_a_departure() -> None:
    project = excepted()
    project.move("deploy", departures=[DEPARTURE])

    assert project.found == []


@pytest.mark.parametrize(
    "changes",
    [
        {"rules": ("procedure",)},
        {"person": "bob"},
        {"project": "2"},
        {"start": LATER},
        {"until": TS},
        {"separation": "block"},
        {"separation": "warn"},
    ],
)
def test_an_exception_permits_nothing_else(changes: dict[str, Any]) -> None:
    project = excepted(**changes)
    project.move("deploy", departures=[DEPARTURE])

    assert project.found == [("RULE_VIOLATION", "departure", 4), ("RULE_VIOLATION", "same_author", 4)]


def test_an_exception_nobody_granted_permits_nothing() -> None:
    project = checked()
    project.move("deploy", departures=[DEPARTURE])

    assert ("RULE_VIOLATION", "departure", 4) in project.found


def test_the_end_of_an_exception_is_not_judged_by_a_clock_that_was_held() -> None:
    project = excepted(until=TS)
    project.move("deploy", departures=[DEPARTURE], clock="held")

    assert project.found == []


@pytest.mark.parametrize(("separation", "permitted"), [("warn", True), ("exception", False), ("block", False)])
def test_a_lifecycle_that_only_warns_needs_no_exception(separation: str, permitted: bool) -> None:
    project = checked(separation=separation)
    project.move("deploy", departures=[{**DEPARTURE, "exception": None}])

    assert (project.found == []) is permitted


@pytest.mark.parametrize("changes", [{"rule": "procedure"}, {"p": "bob"}])
def test_a_departure_of_another_rule_or_person_permits_nothing(changes: dict[str, str]) -> None:
    project = checked(separation="warn")
    project.move("deploy", departures=[{**DEPARTURE, "exception": None, **changes}])

    assert project.found == [("RULE_VIOLATION", "same_author", 4)]


def test_where_records_of_the_organisation_are_missing_an_exception_may_be_among_them() -> None:
    project = checked()
    project.register.complete = False
    project.move("deploy", departures=[DEPARTURE])

    assert project.found == [("RULE_VIOLATION", "same_author", 4)]


# --- approvals ------------------------------------------------------------------------------------------------------


def submitted(project: Project, *seats: tuple[str, int], **changes: Any) -> list[str | None]:
    """What is found about a submission that counts these approvals."""
    before = len(project.found)
    project.move("submit", **{"guards": asked(*ALWAYS, counted=counted(*seats)), **changes})
    assert {code for code, *_ in project.found[before:]} <= {"RULE_VIOLATION"}
    return [about for _, about, _ in project.found[before:]]


def test_an_approval_is_kept_as_it_was_given() -> None:
    project = Project()
    seq = project.approve("carol")

    assert project.replay.consents == {seq: Consent(2, "submit", 1, "carol", "checker", TS)}


def test_a_gate_counts_as_many_approvals_as_it_demands() -> None:
    project = Project()

    assert submitted(project) == ["approvals_missing"]


def test_personal_data_demand_more() -> None:
    project = Project(personal_data=True)
    seats = [(person, project.approve(person)) for person in ("carol", "dora", "dan")]
    assert project.found == []

    assert submitted(project, *seats[:2]) == ["approvals_missing"]
    assert submitted(Project(personal_data=False), ("carol", 9))[0] == "approval"


def test_personal_data_with_all_approvals_pass() -> None:
    project = Project(personal_data=True)
    seats = [(person, project.approve(person)) for person in ("carol", "dora", "dan")]

    assert submitted(project, *seats) == []


def test_one_person_is_counted_once() -> None:
    project = Project()
    first, second = project.approve("carol"), project.approve("carol")

    assert submitted(project, ("carol", first), ("carol", second)) == ["counted_twice"]


def test_whoever_makes_the_move_is_not_counted_too() -> None:
    project = Project()
    project.grant("alice", "checker")
    seq = project.say("approval.given", actor="alice", auth=auth("alice", "checker"), t="submit")
    seat = [{"p": "alice", "role": "checker", "seq": seq}]

    assert submitted(project, guards=asked(*ALWAYS, counted=seat)) == ["counted_twice"]


def test_an_exception_permits_to_count_one_person_twice() -> None:
    project = Project(separation="warn")
    project.grant("alice", "checker")
    seq = project.say("approval.given", actor="alice", auth=auth("alice", "checker"), t="submit")
    guards = asked(*ALWAYS, counted=[{"p": "alice", "role": "checker", "seq": seq}])
    departure = {"rule": "one_person_once", "p": "alice", "exception": None}

    assert submitted(project, guards=guards, departures=[departure]) == []


@pytest.mark.parametrize(
    "seat",
    [
        {"p": "carol", "role": "checker", "seq": 9},
        {"p": "bob", "role": "checker", "seq": 2},
        {"p": "carol", "role": "dpo", "seq": 2},
    ],
)
def test_only_what_was_given_is_counted(seat: dict[str, Any]) -> None:
    project = Project()
    project.approve("carol")

    assert submitted(project, guards=asked(*ALWAYS, counted=[seat]))[0] == "approval"


def test_an_approval_of_another_gate_is_not_counted() -> None:
    project = Project()
    seq = project.approve("carol", "rework")

    assert submitted(project, ("carol", seq)) == ["approval"]


def test_an_approval_that_was_withdrawn_is_not_counted() -> None:
    project = Project()
    seq = project.approve("carol")
    project.say("approval.withdrawn", actor="carol", withdrawn=[seq])

    assert submitted(project, ("carol", seq)) == ["approval"]
    assert project.replay.consents[seq].withdrawn == TS


def test_an_approval_of_a_former_cycle_is_not_counted() -> None:
    project = checked()
    project.move("rework", "carol")

    assert submitted(project, ("carol", 2)) == ["approval"]


def test_an_approval_that_was_used_up_is_not_counted_again() -> None:
    transitions = document()["transitions"]
    transitions[4]["kind"] = "reject"
    project = checked(transitions=transitions)
    project.move("rework", "carol")

    assert submitted(project, ("carol", 2)) == ["approval"]


def test_an_approval_counts_while_whoever_gave_it_holds_the_role() -> None:
    project = Project()
    seq = project.approve("carol")
    project.register.by_hash["carol checker"].until = LATER

    assert submitted(project, ("carol", seq), ts=LATER) == ["approval"]


def test_the_end_of_an_approvers_role_is_not_judged_by_a_clock_that_was_held() -> None:
    project = Project()
    seq = project.approve("carol")
    project.register.by_hash["carol checker"].until = LATER

    assert submitted(project, ("carol", seq), ts=LATER, clock="held") == []


def test_where_records_of_the_organisation_are_missing_an_approver_may_hold_the_role() -> None:
    project = Project()
    seq = project.approve("carol")
    project.register.complete = False
    project.register._held.clear()

    assert submitted(project, ("carol", seq)) == []


@pytest.mark.parametrize(
    ("name", "actor", "lost", "found"),
    [
        ("submit", "bob", False, 1),
        ("suspend", "carol", False, 1),
        ("submit", "bob", True, 0),
        ("submit", "dora", False, 1),
    ],
)
def test_an_approval_is_given_where_it_is_asked_for(name: str, actor: str, lost: bool, found: int) -> None:
    project = Project()
    project.chain.lost = lost
    project.approve(actor, name)

    assert project.found == [("RULE_VIOLATION", "approval_not_asked", 2)] * found


def test_an_approval_is_given_where_the_project_is() -> None:
    project = checked()
    project.approve("carol")

    assert project.found == [("RULE_VIOLATION", "approval_not_asked", 4)]


@pytest.mark.parametrize(
    ("changes", "stands"),
    [
        ({}, True),
        ({"actor": "bob"}, False),
        ({"t": "deploy"}, False),
        ({"withdrawn": [9]}, False),
        ({"cycle": 2}, False),
    ],
)
def test_only_a_standing_approval_of_ones_own_is_withdrawn(changes: dict[str, Any], stands: bool) -> None:
    project = Project()
    project.approve("carol")
    project.say("approval.withdrawn", **{"actor": "carol", "withdrawn": [2], **changes})

    assert (("RULE_VIOLATION", "withdrawal", 3) not in project.found) is stands


def test_an_approval_is_withdrawn_once() -> None:
    project = Project()
    project.approve("carol")
    for _ in range(2):
        project.say("approval.withdrawn", actor="carol", withdrawn=[2])

    assert project.found == [("RULE_VIOLATION", "withdrawal", 4)]


def test_an_approval_that_was_used_up_is_not_withdrawn() -> None:
    project = checked()
    project.say("approval.withdrawn", actor="carol", withdrawn=[2])

    assert project.found == [("RULE_VIOLATION", "withdrawal", 4)]


def test_where_records_are_missing_an_approval_may_be_among_them() -> None:
    project = Project()
    project.chain.lost = True
    project.say("approval.withdrawn", actor="carol", withdrawn=[9])

    assert project.found == []
