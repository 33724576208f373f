"""One project's chain, record by record: who did which duty, and in which role."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.audit.lifecycles import body, document, transition
from tests.unit.audit.projects import Project, asked, auth

from flowgov.audit.definition import parse
from flowgov.audit.duties import APART, mode
from flowgov.workflow.duties import PAIRS

OWNERS = ("alice", "bob")


def dutiful(first: str, second: str, **lifecycle: Any) -> Project:
    """Two gates, each one duty, in this order."""
    gates = [
        transition("one", ["draft"], "checked", duty=first),
        transition("two", ["checked"], "live", duty=second),
        transition("again", ["live"], "checked", duty=first),
        transition("stop", ["live"], "hold", kind="suspend"),
    ]
    return Project(transitions=gates, **{"separation": "block", **lifecycle})


def test_both_sides_know_the_same_duties() -> None:
    assert {rule: (one, other) for rule, one, other in APART} == dict(PAIRS)


@pytest.mark.parametrize("rule", sorted(PAIRS))
@pytest.mark.parametrize("turned", [False, True])
def test_one_person_does_not_do_both_whichever_comes_first(rule: str, turned: bool) -> None:
    first, second = PAIRS[rule][::-1] if turned else PAIRS[rule]
    project = dutiful(first, second)
    project.move("one", "alice")
    project.move("two", "alice")

    assert project.found == [("RULE_VIOLATION", "duties", 3)]
    assert project.findings.kept[0].params["rule"] == rule


@pytest.mark.parametrize("rule", sorted(PAIRS))
def test_two_persons_do(rule: str) -> None:
    project = dutiful(*PAIRS[rule])
    project.move("one", "alice")
    project.move("two", "bob")

    assert project.found == []


def test_duties_that_no_rule_keeps_apart_may_be_one_persons() -> None:
    project = dutiful("authorisation", "review")
    project.move("one", "alice")
    project.move("two", "alice")

    assert project.found == []


def test_who_opened_the_project_does_not_validate_its_need() -> None:
    project = dutiful("validation", "design")
    project.replay.creator = "alice"
    project.move("one", "alice")

    assert project.found == [("RULE_VIOLATION", "duties", 2)]


def test_the_newest_passage_of_a_duty_counts() -> None:
    project = dutiful("validation", "design")
    project.move("one", "alice")
    project.move("two", "bob")
    project.move("again", "bob")
    project.move("two", "alice")

    assert [f for f in project.found if f[2] == 5] == []


def test_a_delegate_and_who_lent_him_the_role_are_one() -> None:
    project = dutiful("validation", "design")
    project.grant("carol", "owner", delegator="alice")
    project.move("one", "alice")
    project.move("two", "carol", auth={**auth("carol", "owner"), "for": "alice"})

    assert project.found == [("RULE_VIOLATION", "duties", 3)]


def test_time_is_nobody() -> None:
    gates = [
        transition("one", ["draft"], "checked", duty="validation"),
        transition("two", ["checked"], "live", duty="design", kind="timer", timer={"date": "end"}),
    ]
    project = Project(transitions=gates, separation="block")
    project.move("one", "alice")
    asked_ = asked(*project.register.definitions["aa"].steps["two"].asked)
    moved = {"t": "two", "kind": "timer", "from": "checked", "to": "live", "guards": asked_}
    project.say("project.moved", **moved, fired_by_time=True)

    assert "duties" not in {about for _, about, _ in project.found}


@pytest.mark.parametrize(
    ("lifecycle", "permitted"),
    [
        ({"separation": "warn"}, True),
        ({"separation_rules": {"validator_design": "warn"}}, True),
        ({"separation": "warn", "separation_rules": {"validator_design": "block"}}, False),
    ],
)
def test_a_rule_has_a_mode_of_its_own(lifecycle: dict[str, Any], permitted: bool) -> None:
    project = dutiful("validation", "design", **lifecycle)
    project.move("one", "alice")
    project.move("two", "alice", departures=[{"rule": "validator_design", "p": "alice", "exception": None}])

    assert (project.found == []) is permitted


def test_a_rule_that_cannot_be_softened_blocks_whatever_the_definition_says() -> None:
    definition = dutiful("validation", "design", separation="warn").replay.definition

    assert (mode(definition, "self_assigned"), mode(None, "validator_design")) == ("block", "block")


# --- roles ------------------------------------------------------------------------------------------------------------


def lent(by: str = "u1", **lifecycle: Any) -> Project:
    """bob lent carol the owner's role, which *by* had given him; carol administers."""
    project = dutiful("validation", "design", **lifecycle)
    project.grant("bob", "owner", by=by)
    lender = project.register.by_hash["bob owner"]
    project.grant("carol", "owner", delegator="bob", by="bob", lender=lender)
    project.grant("carol", "administrator")
    return project


BY_CAROL: dict[str, Any] = {"actor": "carol", "auth": {**auth("carol", "owner"), "for": "bob"}}
IN_A_LENT_ROLE = {"rule": "role_administrator", "p": "carol", "exception": None}


def test_an_administrator_does_not_act_in_a_lent_role() -> None:
    project = lent()
    project.move("one", **BY_CAROL)

    assert project.found == [("RULE_VIOLATION", "duties", 2)]


def test_unless_the_departure_is_permitted() -> None:
    project = lent(separation="warn")
    project.move("one", **BY_CAROL, departures=[IN_A_LENT_ROLE])

    assert project.found == []


def test_somebody_else_does() -> None:
    project = lent()
    del project.register._held["carol", "administrator"]
    project.move("one", **BY_CAROL)

    assert project.found == []


def test_outside_gates_it_does_not_matter() -> None:
    project = lent()
    project.replay.state = "live"
    project.move("stop", **BY_CAROL)

    assert project.found == []


@pytest.mark.parametrize("rules", [{}, {"separation_rules": {"role_administrator": "block"}}])
def test_a_lifecycle_without_duties_asks_for_it_by_name(rules: dict[str, Any]) -> None:
    project = lent(**rules)
    definition = parse(_without_duties(rules))
    assert definition is not None
    project.replay.definition = project.register.definitions["aa"] = definition
    project.move("one", **BY_CAROL)

    assert (project.found == []) is (not rules)


def _without_duties(rules: dict[str, Any]) -> bytes:
    gates = [transition("one", ["draft"], "checked")]
    return body({**document(), "transitions": gates, "separation": "block", **rules})


@pytest.mark.parametrize("separation", ["block", "warn"])
def test_nobody_acts_in_a_role_that_he_gave_to_who_lent_it(separation: str) -> None:
    project = lent(by="carol", separation=separation)
    project.move("one", **BY_CAROL, departures=[IN_A_LENT_ROLE] if separation == "warn" else [])

    assert ("ROLE_VIOLATION", "self_assigned", 2) in project.found


def test_nor_in_one_that_he_gave_himself() -> None:
    project = dutiful("validation", "design")
    project.grant("alice", "owner", by="alice")
    project.move("one", "alice")

    assert project.found == [("ROLE_VIOLATION", "self_assigned", 2)]


def test_an_approval_is_judged_like_a_move() -> None:
    project = lent()
    rule = [{"role": "owner", "min": 1, "when": None}]
    gates = [transition("one", ["draft"], "checked", duty="validation", approvals=rule)]
    definition = parse(body({**document(), "transitions": gates, "separation": "block"}))
    assert definition is not None
    project.replay.definition = project.register.definitions["aa"] = definition
    project.approve("carol", "one", auth=BY_CAROL["auth"])

    assert project.found == [("RULE_VIOLATION", "duties", 2)]
