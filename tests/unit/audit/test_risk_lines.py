"""Risks in the log: what the rules did not permit is found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.audit.lifecycles import document
from tests.unit.audit.projects import LONG_AGO, TS, auth
from tests.unit.audit.risky import ASKED, ROLES, Risky, accepted, answered, consent, facts, measure, stated

from flowgov.audit.entries_risk import MATRICES, SHAPES, level_of
from flowgov.audit.kinds import fits
from flowgov.audit.permits import Permission
from flowgov.audit.standing import Grant


@pytest.fixture
def crm() -> Risky:
    return Risky()


@pytest.fixture
def agreed(crm: Risky) -> Risky:
    """Both sides have confirmed that it is high."""
    crm.risk("record", measures=[measure(1), measure(2, "alice")])
    crm.both()
    return crm


# --- the values -------------------------------------------------------------------------------------------------------


def test_what_the_engine_records_has_the_shape() -> None:
    said = facts(measures=[measure()], acceptance=accepted(), agreed=[4, 3])

    assert fits(said, SHAPES["risk"].facts)
    assert not fits({**said, "gravity": 7}, SHAPES["risk"].facts)


@pytest.mark.parametrize(
    "changes",
    [
        {"level": 2},
        {"matrix": "4x4@000000000000"},
        {"gravity": 5, "residual": [4, 2]},
        {"residual": [4, 5]},
        {"residual": [4]},
        {"agreed": [5, 1]},
        {"agreed": []},
    ],
)
def test_values_are_on_the_scales_and_make_the_level(crm: Risky, changes: dict[str, Any]) -> None:
    crm.risk("record", **changes)

    assert crm.wrong == ["risk_level"]


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({}, 3),
        ({"agreed": [1, 1]}, 3),
        ({"gravity": 1, "agreed": [4, 4]}, 3),
        ({"gravity": 1, "likelihood": 1}, 1),
        ({"confirmed": {"business": {}, "technical": None}, "measures": [measure(done="2026-01-05")]}, 3),
        ({"confirmed": {"business": {"p": 1}, "technical": {"p": 2}}, "measures": []}, 3),
        ({"confirmed": {"business": {"p": 1}, "technical": {"p": 2}}, "measures": [measure()]}, 3),
        ({"confirmed": {"business": {"p": 1}, "technical": {"p": 2}}, "measures": [measure(done="2026-01-05")]}, 2),
        ({"gravity": 1, "agreed": [4, 4], "confirmed": {"business": {"p": 1}, "technical": {"p": 2}}}, 1),
    ],
)
def test_lower_values_count_once_both_sides_have_confirmed_them(changes: dict[str, Any], level: int) -> None:
    assert level_of(facts(**changes), MATRICES["4x4"]) == level


def test_a_definition_has_its_own_matrix() -> None:
    own = Risky(risks={"levels": [[1, 2], [2, 5]], "high_from": 5})
    own.risk("record", gravity=2, likelihood=2, residual=[1, 1], matrix="own@56b66f9eab87", level=5)

    assert own.wrong == []


def test_without_its_definition_nothing_of_it_can_be_judged(crm: Risky) -> None:
    crm.replay.definition = None
    crm.risk("record", level=1)
    crm.enter("requirement", "record", {"priority": "must", "status": "accepted", "decided": None})
    crm.enter("dpia", "record", {"required": False, "done": "2027-01-01", "p": "x", "role": "y"})

    assert crm.wrong == []


# --- recording and assessing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actor", "changes"),
    [
        ("alice", {}),
        ("carol", {"confirmed": {"business": None, "technical": consent("carol")}}),
        ("dora", {"confirmed": {"business": None, "technical": None}}),
        ("requester", {"confirmed": {"business": None, "technical": None}}),
    ],
)
def test_a_risk_is_recorded_by_who_acts_or_opened_the_project(crm: Risky, actor: str, changes: Any) -> None:
    crm.risk("record", actor, **changes)

    assert crm.wrong == []


@pytest.mark.parametrize(
    ("actor", "changes"),
    [
        ("alice", {"status": "closed"}),
        ("alice", {"agreed": [1, 1]}),
        ("alice", {"measures": [measure(done="2026-01-05")]}),
        ("alice", {"acceptance": accepted()}),
        ("alice", {"confirmed": {"business": consent("bob"), "technical": None}}),
        ("alice", {"confirmed": {"business": consent("alice", 2), "technical": None}}),
        ("alice", {"confirmed": {"business": None, "technical": consent("alice")}}),
        ("alice", {"confirmed": {"business": consent("alice"), "technical": consent("carol")}}),
        ("requester", {"confirmed": {"business": {**consent("requester"), "role": "owner"}, "technical": None}}),
    ],
)
def test_a_new_risk_is_open_and_confirmed_for_ones_own_side_at_most(crm: Risky, actor: str, changes: Any) -> None:
    crm.risk("record", actor, **changes)

    assert crm.wrong == ["risk"]


def test_a_role_is_needed_by_who_did_not_open_the_project(crm: Risky) -> None:
    crm.replay.creator = "alice"
    crm.risk("record", "requester", confirmed={"business": None, "technical": None})

    assert crm.wrong == ["risk"]


def test_a_risk_is_recorded_once_and_before_anything_else_is_said_of_it(crm: Risky) -> None:
    crm.risk("change")
    crm.risk("record")

    assert crm.wrong == ["risk", "risk"]


FRESH = {"business": consent("alice"), "technical": None}


def test_a_change_begins_the_assessment_anew(agreed: Risky) -> None:
    agreed.risk("change", gravity=1, confirmed=FRESH, measures=[measure(3)])

    assert agreed.wrong == []


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"confirmed": FRESH, "agreed": None},
        {"confirmed": FRESH, "starter": "ransomware"},
        {"confirmed": FRESH, "status": "closed"},
        {"confirmed": FRESH, "measures": [measure(1, done="2026-01-05")]},
    ],
)
def test_a_change_keeps_neither_confirmations_nor_touches_what_was_agreed(agreed: Risky, changes: Any) -> None:
    agreed.risk("change", **changes)

    assert agreed.wrong == ["risk"]


# --- confirming -------------------------------------------------------------------------------------------------------


def test_each_side_confirms_for_itself(agreed: Risky) -> None:
    assert agreed.wrong == []


@pytest.mark.parametrize(
    ("actor", "confirmed", "more"),
    [
        ("carol", {"business": consent("alice"), "technical": None}, {}),
        ("carol", {"business": consent("alice"), "technical": consent("bob")}, {}),
        ("carol", {"business": consent("alice"), "technical": consent("carol", 2)}, {}),
        ("bob", {"business": consent("alice"), "technical": consent("bob")}, {}),
        ("carol", {"business": None, "technical": consent("carol")}, {}),
        ("carol", {"business": consent("alice"), "technical": consent("carol")}, {"agreed": None}),
        ("carol", {"business": consent("alice"), "technical": consent("carol")}, {"agreed": [1, 1]}),
        ("carol", {"business": consent("alice"), "technical": consent("carol")}, {"gravity": 3}),
        ("carol", {"business": consent("alice"), "technical": consent("carol")}, {"treatment": "accept"}),
        ("alice", {"business": None, "technical": None}, {"agreed": None}),
    ],
)
def test_a_confirmation_that_is_not_ones_own_is_found(crm: Risky, actor: str, confirmed: Any, more: Any) -> None:
    crm.risk("record", residual=[1, 1])
    crm.risk("confirm", actor, **{"confirmed": confirmed, "agreed": [4, 3], **more})

    assert crm.wrong == ["risk"]


def test_one_side_alone_agrees_on_nothing(crm: Risky) -> None:
    crm.risk("record", "requester", confirmed={"business": None, "technical": None})
    crm.risk("confirm", "carol", confirmed={"business": None, "technical": consent("carol")})
    crm.risk("confirm", "carol", confirmed={"business": None, "technical": consent("carol", 1, "EX")}, agreed=[4, 3])

    assert crm.wrong == ["risk"]


def test_a_closed_risk_is_not_confirmed(crm: Risky) -> None:
    crm.risk("record", gravity=1, residual=[1, 1], level=1)
    crm.risk("close", status="closed")
    crm.both(level=1)

    assert crm.wrong == ["risk"]


@pytest.mark.parametrize(
    ("separation", "exception", "complete", "found"),
    [
        ("exception", None, True, ["risk"]),
        ("exception", None, False, []),
        ("exception", "EX-0009", True, []),
        ("block", "EX-0009", True, ["risk"]),
        ("warn", None, True, []),
    ],
)
def test_one_person_confirms_for_both_sides_with_permission_only(
    separation: str, exception: str | None, complete: bool, found: list[str]
) -> None:
    crm = Risky(separation=separation)
    crm.register.complete = complete
    crm.grant("alice", "checker")
    crm.register.permissions["EX-0009"] = Permission(
        "EX-0009", ("one_person_once",), "alice", "1", TS, "2026-12-31T00:00:00.000000Z", None, "u1", 9, "", ""
    )
    crm.risk("record")
    twice = {"p": "alice", "role": "checker", "cycle": 1, "exception": exception}
    said = {**facts(), "confirmed": {"business": consent("alice"), "technical": twice}, "agreed": [4, 3]}
    crm.say("risk.recorded", key="R-01", n=2, act="confirm", facts=said, version=3, auth=auth("alice", "checker"))

    assert crm.wrong == found


def lend(crm: Risky, delegate: str, delegator: str, role: str) -> dict[str, Any]:
    """*delegator* lent *role*; how *delegate* names that in a record."""
    lender = Grant("lender", delegator, role, None, LONG_AGO, None, "u1", 4, "", "")
    crm.grant(delegate, role, delegator=delegator, lender=lender)
    return {**auth(delegate, role), "for": delegator}


@pytest.mark.parametrize(
    ("actor", "delegator", "separation", "exception", "found"),
    [
        ("dora", "carol", "block", None, []),
        ("dora", "alice", "block", None, ["risk"]),
        ("dora", "alice", "exception", None, ["risk"]),
        ("dora", "alice", "exception", "EX-0009", []),
        ("dora", "alice", "warn", None, []),
        ("alice", "carol", "block", None, ["risk"]),
    ],
)
def test_rule_8_who_confirms_for_somebody_counts_as_him_too(
    actor: str, delegator: str, separation: str, exception: str | None, found: list[str]
) -> None:
    crm = Risky(separation=separation)
    acting = lend(crm, actor, delegator, "checker")
    crm.register.permissions["EX-0009"] = Permission(
        "EX-0009", ("one_person_once",), "dora", "1", TS, "2026-12-31T00:00:00.000000Z", None, "u1", 9, "", ""
    )
    crm.risk("record")
    given = {"p": actor, "role": "checker", "cycle": 1, "exception": exception, "for": delegator}
    said = {**facts(), "confirmed": {"business": consent("alice"), "technical": given}, "agreed": [4, 3]}
    assert fits(said, SHAPES["risk"].facts)
    crm.say("risk.recorded", key="R-01", n=2, act="confirm", facts=said, version=3, actor=actor, auth=acting)

    assert crm.wrong == found


@pytest.mark.parametrize("named", [None, "bob"])
def test_rule_8_a_consent_that_does_not_say_for_whom_it_was_given_is_found(crm: Risky, named: str | None) -> None:
    acting = lend(crm, "dora", "alice", "checker")
    crm.risk("record")
    given = {"p": "dora", "role": "checker", "cycle": 1, "exception": None, **({"for": named} if named else {})}
    said = {**facts(), "confirmed": {"business": consent("alice"), "technical": given}, "agreed": [4, 3]}
    crm.say("risk.recorded", key="R-01", n=2, act="confirm", facts=said, version=3, actor="dora", auth=acting)

    assert crm.wrong == ["risk"]


def program(crm: Risky, person: str) -> None:
    crm.register.people[person] = replace(crm.register.people[person], service=True)


def test_rule_12_a_program_records_a_risk_and_confirms_none(crm: Risky) -> None:
    program(crm, "alice")
    program(crm, "carol")
    crm.risk("record", confirmed={"business": None, "technical": None})
    crm.risk("change", confirmed={"business": consent("alice"), "technical": None})
    crm.both()

    assert crm.wrong == ["risk", "risk"]


def test_rule_12_a_program_accepts_no_risk(agreed: Risky) -> None:
    program(agreed, "alice")
    agreed.risk("accept", acceptance=accepted())

    assert agreed.wrong == ["risk"]


def test_rule_12_a_program_answers_no_requirement_and_states_nothing(crm: Risky) -> None:
    program(crm, "alice")
    program(crm, "dora")
    crm.enter("requirement", "record", ASKED)
    crm.enter("requirement", "accept", answered("accepted"))
    crm.enter("dpia", "record", stated(), "dora")

    assert crm.wrong == ["requirement", "dpia"]


# --- measures, acceptance, closing ------------------------------------------------------------------------------------


def done(first: str | None, second: str | None = None) -> list[dict[str, Any]]:
    return [measure(1, done=first), measure(2, "alice", second)]


@pytest.mark.parametrize("actor", ["alice", "carol"])
def test_a_measure_is_done_by_who_acts(agreed: Risky, actor: str) -> None:
    agreed.risk("measure", actor, measures=done("2026-01-05"))
    agreed.risk("measure", actor, measures=done("2026-01-05", "2026-01-04"), level=2)

    assert agreed.wrong == []


def test_a_measure_is_done_by_its_owner_without_a_role(crm: Risky) -> None:
    crm.risk("record", measures=[measure(owner="requester")])
    crm.risk("measure", "requester", measures=[measure(owner="requester", done="2026-01-05")])

    assert crm.wrong == []


@pytest.mark.parametrize(
    ("actor", "measures"),
    [
        ("requester", done("2026-01-05")),
        ("alice", done("2026-01-06")),
        ("alice", done(None)),
        ("alice", [measure(1, "alice", "2026-01-05"), measure(2, "alice")]),
        ("alice", [measure(1)]),
    ],
)
def test_a_measure_that_is_not_ones_own_to_come_or_another_is_found(agreed: Risky, actor: str, measures: Any) -> None:
    agreed.risk("measure", actor, measures=measures)

    assert agreed.wrong == ["risk"]


def test_two_measures_are_not_done_at_once_nor_one_undone(agreed: Risky) -> None:
    agreed.risk("measure", measures=done("2026-01-05", "2026-01-05"), level=2)
    agreed.risk("measure", measures=done("2026-01-05"), level=3)

    assert agreed.wrong == ["risk", "risk"]


def test_nothing_is_done_about_a_closed_risk(crm: Risky) -> None:
    crm.risk("record", gravity=1, residual=[1, 1], level=1, measures=[measure()])
    crm.risk("close", status="closed")
    crm.risk("measure", measures=[measure(done="2026-01-05")])
    crm.risk("accept", acceptance=accepted())
    crm.risk("change", confirmed=FRESH)

    assert crm.wrong == ["risk", "risk", "risk"]


def test_the_business_accepts_what_both_sides_see_alike_and_takes_it_back(agreed: Risky) -> None:
    agreed.risk("accept", acceptance=accepted())
    agreed.risk("withdraw", "bob", acceptance=None)

    assert agreed.wrong == []


def test_a_clock_that_went_back_does_not_make_an_acceptance_wrong(agreed: Risky) -> None:
    held = agreed.replay.entries["risk", "R-01"].facts
    said = {**held, "acceptance": accepted(since="2026-01-05T08:59:59.000000Z")}
    late: dict[str, Any] = {"key": "R-01", "act": "accept", "facts": said, "auth": auth("alice"), "clock": "held"}
    agreed.say("risk.recorded", n=3, version=agreed.replay.version + 1, **late)

    assert agreed.wrong == []


@pytest.mark.parametrize(
    ("actor", "acceptance"),
    [
        ("alice", None),
        ("alice", accepted(p="bob")),
        ("alice", accepted(role="checker")),
        ("alice", accepted(since="2026-01-04T09:00:00.000000Z")),
        ("alice", accepted(until=TS)),
        ("alice", accepted(until="2027-01-07T00:00:00.000000Z")),
        ("carol", accepted(p="carol", role="checker")),
        ("requester", accepted(p="requester")),
    ],
)
def test_an_acceptance_by_somebody_else_or_for_too_long_is_found(agreed: Risky, actor: str, acceptance: Any) -> None:
    agreed.risk("accept", actor, acceptance=acceptance)

    assert agreed.wrong == ["risk"]


def test_what_one_side_has_not_confirmed_is_not_accepted(crm: Risky) -> None:
    crm.risk("record")
    crm.risk("accept", acceptance=accepted())

    assert crm.wrong == ["risk"]


def test_without_sides_whoever_acts_accepts() -> None:
    crm = Risky(roles=document()["roles"])
    crm.risk("record", confirmed={"business": None, "technical": None})
    crm.risk("accept", "carol", acceptance=accepted(p="carol", role="checker"))

    assert crm.wrong == []


def test_where_there_are_risk_owners_nobody_else_accepts() -> None:
    crm = Risky(roles=[*ROLES, {"id": "risk_owner", "acts": True}])
    crm.risk("record")
    crm.both()
    crm.risk("accept", acceptance=accepted())

    assert crm.wrong == ["risk"]


@pytest.mark.parametrize(("actor", "given"), [("carol", True), ("alice", False), ("requester", True)])
def test_an_acceptance_is_taken_back_by_who_could_give_it(agreed: Risky, actor: str, given: bool) -> None:
    if given:
        agreed.risk("accept", acceptance=accepted())
    agreed.risk("withdraw", actor, acceptance=None)

    assert agreed.wrong == ["risk"]


def test_an_acceptance_that_is_withdrawn_is_gone(agreed: Risky) -> None:
    agreed.risk("accept", acceptance=accepted())
    agreed.risk("withdraw")

    assert agreed.wrong == ["risk"]


def test_a_risk_that_is_not_high_is_closed_and_reopened_with_a_reason(crm: Risky) -> None:
    crm.risk("record", gravity=1, residual=[1, 1], level=1)
    crm.risk("close", "carol", status="closed")
    crm.risk("reopen", status="open", confirmed={"business": None, "technical": None})

    assert crm.wrong == []


@pytest.mark.parametrize("actor", ["alice", "requester"])
def test_a_high_risk_is_not_closed_nor_anything_by_who_has_no_role(crm: Risky, actor: str) -> None:
    low = {} if actor == "alice" else {"gravity": 1, "residual": [1, 1], "level": 1}
    crm.risk("record", **low)
    crm.risk("close", actor, status="closed")
    crm.risk("reopen", actor, status="open", confirmed={"business": None, "technical": None})

    assert crm.wrong == (["risk"] if actor == "alice" else ["risk", "risk"])


def test_closing_says_why_and_closes(crm: Risky) -> None:
    crm.risk("record", gravity=1, residual=[1, 1], level=1)
    crm.risk("close", status="open")
    held = crm.replay.entries["risk", "R-01"].facts
    silent: dict[str, Any] = {
        "key": "R-01",
        "act": "close",
        "facts": {**held, "status": "closed"},
        "auth": auth("alice"),
    }
    crm.say("risk.recorded", n=3, version=crm.replay.version + 1, **silent)
    crm.risk("reopen", status="open")

    assert crm.wrong == ["risk", "risk", "risk"]
