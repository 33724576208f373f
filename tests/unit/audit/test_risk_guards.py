"""The guards on risks, requirements and impact assessments, judged again."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.audit import projects
from tests.unit.audit.lifecycles import document, transition
from tests.unit.audit.projects import TS
from tests.unit.audit.risky import ASKED, Risky, accepted, answered, consent, stated

from flowgov.audit.bases import basis_of
from flowgov.audit.definition import ALWAYS, LAST


def gated(*names: str, evidence: tuple[str, ...] = (), kind: str = "gate", **more: Any) -> Risky:
    gate = transition("submit", ["draft"], "checked", guards=[*names], evidence=[*evidence], kind=kind)
    others = [t for t in document()["transitions"] if t["id"] != "submit"]
    kinds = [*document()["evidence"], {"id": "dpia"}]
    return Risky(transitions=[gate, *others], evidence=kinds, **more)


def passed(crm: Risky, *names: str, evidence: tuple[str, ...] = (), **changes: Any) -> list[Any]:
    """What stood in the way of alice's move."""
    guards = projects.asked(
        *ALWAYS, *names, *LAST, pieces=[{"kind": k, "seq": crm.replay.newest[k].seq, "sha256": None} for k in evidence]
    )
    crm.move("submit", basis=basis_of(crm.replay, evidence), guards=guards, **changes)
    return [f.params.get("said") for f in crm.findings.kept if f.params.get("about") == "guard"]


JOINT, HIGH, DPIA, ANSWERED = (
    "joint_risk_review",
    "no_untreated_high_risk",
    "dpia_done_if_required",
    "requirements_reviewed",
)


def test_a_gate_that_wants_a_joint_review_looks_at_risks() -> None:
    assert passed(gated(JOINT), JOINT) == ["risk_none"]


def test_risks_that_both_sides_confirmed_in_this_cycle_let_pass() -> None:
    crm = gated(JOINT, kind="rework")
    crm.risk("record")
    crm.both()

    assert passed(crm, JOINT, c={"reason": ""}) == []


def test_a_risk_that_one_side_has_not_confirmed_does_not_unless_it_is_closed() -> None:
    crm, closed = gated(JOINT), gated(JOINT)
    crm.risk("record")
    closed.risk("record", gravity=1, residual=[1, 1], level=1)
    closed.risk("close", status="closed")

    assert (passed(crm, JOINT), passed(closed, JOINT)) == (["risk_unconfirmed"], [])


def test_a_confirmation_of_another_cycle_does_not_count() -> None:
    crm = gated(JOINT)
    crm.risk("record")
    crm.both()
    crm.replay.cycle = 2

    assert passed(crm, JOINT) == ["risk_unconfirmed"]


@pytest.mark.parametrize("permitted", [True, False])
def test_one_person_for_both_sides_is_a_departure(permitted: bool) -> None:
    crm = gated(JOINT, separation="warn")
    crm.risk("record")
    held = crm.replay.entries["risk", "R-01"]
    held.facts["confirmed"] = {"business": consent("alice"), "technical": consent("alice")}
    departures = [{"rule": "one_person_once", "p": "alice", "exception": None}] if permitted else []

    assert passed(crm, JOINT, departures=departures) == ([] if permitted else ["risk_one_person"])


@pytest.mark.parametrize(
    ("permitted", "found"),
    [((), ["risk_one_person"]), (("alice",), ["risk_one_person"]), (("dora", "alice"), [])],
)
def test_rule_8_at_a_gate_each_of_the_two_is_permitted(permitted: tuple[str, ...], found: list[str]) -> None:
    crm = gated(JOINT, separation="warn")
    crm.risk("record")
    held = crm.replay.entries["risk", "R-01"]
    lent = {"p": "dora", "role": "checker", "cycle": 1, "exception": None, "for": "alice"}
    held.facts["confirmed"] = {"business": consent("alice"), "technical": lent}
    departures = [{"rule": "one_person_once", "p": person, "exception": None} for person in permitted]

    assert passed(crm, JOINT, departures=departures) == found


@pytest.mark.parametrize(
    ("changes", "late", "found"),
    [
        ({}, {}, ["high_risk"]),
        ({"acceptance": accepted()}, {}, []),
        ({"acceptance": accepted(until=TS)}, {}, ["high_risk"]),
        ({"acceptance": accepted(until=TS)}, {"clock": "held"}, []),
        ({"status": "closed"}, {}, []),
        ({"gravity": 1, "residual": [1, 1]}, {}, []),
        ({"gravity": 1, "likelihood": 5}, {}, ["high_risk"]),
        ({"gravity": 1, "residual": [6, 1]}, {}, ["high_risk"]),
        ({"gravity": 1, "agreed": []}, {}, ["high_risk"]),
    ],
)
def test_a_high_risk_lets_nobody_pass_unless_it_is_accepted(changes: Any, late: Any, found: list[str]) -> None:
    crm = gated(HIGH)
    crm.risk("record")
    crm.replay.entries["risk", "R-01"].facts.update(changes)

    assert passed(crm, HIGH, **late) == found


@pytest.mark.parametrize(
    ("personal", "said", "found"),
    [
        (False, None, []),
        (True, None, ["dpia_unknown"]),
        (True, stated(), ["dpia_missing"]),
        (True, stated(done="2026-01-05"), []),
        (True, stated(required=False), []),
    ],
)
def test_personal_data_ask_for_a_statement(personal: bool, said: Any, found: list[str]) -> None:
    crm = gated(DPIA, personal_data=personal)
    if said:
        crm.enter("dpia", "record", said, "dora")

    assert passed(crm, DPIA) == found


def test_an_assessment_that_the_gate_asks_for_is_enough() -> None:
    crm = gated(DPIA, evidence=("dpia",), personal_data=True)
    crm.add("dpia")

    assert passed(crm, DPIA, evidence=("dpia",)) == []


def test_requirements_are_there_and_answered() -> None:
    none, unanswered, answered_ = gated(ANSWERED), gated(ANSWERED), gated(ANSWERED)
    unanswered.enter("requirement", "record", ASKED)
    answered_.enter("requirement", "record", ASKED)
    answered_.enter("requirement", "accept", answered("accepted"))

    found = [passed(crm, ANSWERED) for crm in (none, unanswered, answered_)]
    assert found == [["requirement_none"], ["requirement_open"], []]
