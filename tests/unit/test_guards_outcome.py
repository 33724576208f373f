"""What a gate is spared and what it waits for, with plain values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.gates import NOW, approval, request

from flowgov import guards
from flowgov.dossier.entry import Entry
from flowgov.dossier.given import Given
from flowgov.guarding.outcomes import conditions
from flowgov.guards import Blocker, Decision, Verdict, named
from flowgov.request import GivenApproval, GivenEvidence, Grant, Request

LATER, BEFORE = "2026-02-01T00:00:00.000000Z", "2026-01-01T00:00:00.000000Z"
BOB = Grant("bob", "sponsor", "g-bob")


def codes(verdict: Verdict) -> list[str]:
    return [blocker.code for blocker in verdict.blockers]


def with_lines(asked: Request, kind: str, *facts: dict[str, Any]) -> Request:
    """The request with lines of a register beside it."""
    lines = {f"X-{n}": Entry("1", kind, f"X-{n}", 1, n, given) for n, given in enumerate(facts, 1)}
    return replace(asked, dossier={kind: lines})


def condition(**changes: Any) -> dict[str, Any]:
    return {"status": "open", "blocks": ["agree"], "owner": "bob", "due": LATER, **changes}


def waiver(**changes: Any) -> dict[str, Any]:
    facts = {"gate": "agree", "item": "evidence", "name": "note", "cycle": 1, "until": LATER}
    return {**facts, "by": "dora", "status": "granted", **changes}


# --- conditions ------------------------------------------------------------------------------------------------------


def test_without_conditions_nothing_is_said() -> None:
    assert conditions(request()) == Verdict("conditions")


def test_an_open_one_warns() -> None:
    verdict = conditions(with_lines(request(), "condition", condition()))

    relied = [{"scope": "prj", "kind": "condition", "key": "X-1", "n": 1}]
    assert (verdict.blockers, verdict.saw) == ((), {"relied": relied, "warned": ["condition_open"]})


@pytest.mark.parametrize("due", [BEFORE, NOW])
def test_a_late_one_blocks_and_its_owner_can_lift_it(due: str) -> None:
    verdict = conditions(with_lines(request(), "condition", condition(due=due)))
    decision = Decision("move", "agree", "CRM", "alice", verdict.blockers)

    told = named(decision, {"bob": "bobby"}, {}).blockers[0]

    assert (told.code, told.holders, told.command) == (
        "condition_overdue",
        ("bobby",),
        'flowgov condition done CRM X-1 --note "…" --as bobby',
    )


@pytest.mark.parametrize("changes", [{"status": "done"}, {"status": "lifted"}, {"blocks": ["finish"]}])
def test_neither_a_closed_one_nor_one_of_another_gate_does(changes: dict[str, Any]) -> None:
    assert conditions(with_lines(request(), "condition", condition(due=BEFORE, **changes))) == Verdict("conditions")


# --- waivers of evidence ---------------------------------------------------------------------------------------------

PAPERS = {"evidence": ["note", "plan"]}
PLAN = (GivenEvidence("plan", 1, 2, None),)


def test_a_waived_kind_is_not_missed() -> None:
    verdict = guards.evidence(with_lines(request(PAPERS, evidence=PLAN), "waiver", waiver()))

    assert (codes(verdict), verdict.saw["relied"]) == ([], [{"scope": "prj", "kind": "waiver", "key": "X-1", "n": 1}])


def test_a_waiver_of_what_is_there_is_not_relied_on() -> None:
    verdict = guards.evidence(with_lines(request(PAPERS, evidence=PLAN), "waiver", waiver(name="plan")))

    assert (codes(verdict), "relied" in verdict.saw) == (["evidence_missing"], False)


@pytest.mark.parametrize(
    "changes",
    [
        {"gate": "finish"},
        {"item": "approval"},
        {"name": "plan"},
        {"cycle": 2},
        {"until": NOW},
        {"status": "ended"},
    ],
)
def test_any_other_waiver_spares_nothing(changes: dict[str, Any]) -> None:
    assert codes(guards.evidence(with_lines(request(PAPERS, evidence=PLAN), "waiver", waiver(**changes)))) == [
        "evidence_missing"
    ]


def test_ones_own_waiver_does_not_count() -> None:
    verdict = guards.evidence(with_lines(request(PAPERS, evidence=PLAN), "waiver", waiver(by="alice")))

    assert codes(verdict) == ["evidence_missing", "waiver_of_mover"]


def test_ones_own_waiver_of_what_is_there_is_not_spoken_of() -> None:
    given = waiver(by="alice", name="plan")

    assert codes(guards.evidence(with_lines(request(PAPERS, evidence=PLAN), "waiver", given))) == ["evidence_missing"]


# --- waivers of approvals --------------------------------------------------------------------------------------------

TWO = {"approvals": [approval("sponsor", 2)]}
GIVEN = (GivenApproval("bob", "sponsor", 3),)


def approving(*waivers: dict[str, Any], gate: dict[str, Any] = TWO) -> Verdict:
    asked = request(gate, approvals=GIVEN, grants=[BOB, Grant("alice", "owner", "g-alice")])
    return guards.approvals(with_lines(asked, "waiver", *waivers))


def test_a_waiver_spares_one_approval() -> None:
    verdict = approving(waiver(item="approval", name="sponsor"))

    assert (codes(verdict), len(verdict.saw["counted"]), len(verdict.saw["relied"])) == ([], 1, 1)  # type: ignore[arg-type]


def test_it_spares_no_more_than_one() -> None:
    three = {"approvals": [approval("sponsor", 3)]}

    verdict = approving(waiver(item="approval", name="sponsor"), gate=three)

    assert [(b.code, b.params["missing"]) for b in verdict.blockers] == [("approval_missing", 1)]


def test_an_approval_that_is_not_missing_needs_no_waiver() -> None:
    verdict = approving(waiver(item="approval", name="sponsor"), gate={"approvals": [approval("sponsor")]})

    assert "relied" not in verdict.saw


def test_ones_own_waiver_of_an_approval_does_not_count() -> None:
    assert codes(approving(waiver(item="approval", name="sponsor", by="alice"))) == [
        "approval_missing",
        "waiver_of_mover",
    ]


def test_a_reservation_is_counted_and_said() -> None:
    asked = request(
        {"approvals": [approval("sponsor")]},
        approvals=(GivenApproval("bob", "sponsor", 3, None, reserved=True),),
        grants=[BOB],
    )

    assert guards.approvals(asked).saw == {"counted": [{"p": "bob", "role": "sponsor", "seq": 3, "reserved": True}]}


# --- word of mouth ---------------------------------------------------------------------------------------------------


def test_by_word_of_mouth_what_is_missing_is_promised() -> None:
    verdict = guards.evidence(request({**PAPERS, "verbal": True}, given=Given(verbal=True), evidence=PLAN))

    assert (codes(verdict), verdict.saw["promised"]) == ([], ["note"])


def test_where_it_is_not_allowed_it_is_one_more_blocker() -> None:
    verdict = guards.evidence(request(PAPERS, given=Given(verbal=True), evidence=PLAN))

    assert codes(verdict) == ["evidence_missing", "not_verbal"]


def test_even_where_no_evidence_is_asked_for() -> None:
    assert codes(guards.evidence(request(given=Given(verbal=True)))) == ["not_verbal"]


def test_in_writing_nothing_is_promised() -> None:
    assert codes(guards.evidence(request({**PAPERS, "verbal": True}, evidence=PLAN))) == ["evidence_missing"]


# --- stale approvals -------------------------------------------------------------------------------------------------


def test_a_stale_approval_says_what_lies_after_it() -> None:
    asked = request(
        {"approvals": [approval("sponsor")], **PAPERS},
        approvals=(GivenApproval("bob", "sponsor", 3, {"project": "p", "evidence": "e1", "risks": "r1"}),),
        grants=[BOB],
        evidence=(GivenEvidence("note", 1, 2, None), GivenEvidence("plan", 1, 5, None)),
        basis={"project": "p2", "evidence": "e2", "risks": "r2"},
    )
    risks = {"risk": {"R-01": Entry("1", "risk", "R-01", 1, 2, {}), "R-02": Entry("1", "risk", "R-02", 2, 6, {})}}

    stale: Blocker = guards.approvals(replace(asked, dossier=risks)).blockers[0]

    assert (stale.code, stale.params["pieces"], stale.params["risks"], stale.params["details"]) == (
        "approval_stale",
        ["plan"],
        ["R-02"],
        ["plan", "R-02", "project"],
    )
