"""The charter, from plain values: one accountable role at each gate, gaps and overlaps, and the guard."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.gates import approval, request, workflow

from flowgov.dossier.charter import Gap, GateLine, Overlap, derive, signatories
from flowgov.dossier.entry import Entry
from flowgov.guarding.people import charter_acknowledged
from flowgov.request import Request

STAFF = {"owner": ["alice"], "sponsor": ["bob"]}


def line(gate: dict[str, Any], staff: dict[str, list[str]] | None = None, *, personal_data: bool = False) -> GateLine:
    return derive(workflow(gate), staff or STAFF, personal_data=personal_data).gates[0]


def letters(found: GateLine) -> dict[str, str]:
    return {part.role: part.letter for part in found.parts}


@pytest.mark.parametrize(
    ("gate", "accountable"),
    [
        ({}, "owner"),
        ({"fire": ["sponsor", "owner"]}, "sponsor"),
        ({"approvals": [approval("sponsor")]}, "sponsor"),
        ({"approvals": [approval("board", 2), approval("sponsor")]}, "sponsor"),
        ({"approvals": [approval("board", 2), approval("dpo", 2)]}, "board"),
        ({"approvals": [approval("dpo", 1, "personal_data"), approval("sponsor")]}, "sponsor"),
    ],
)
def test_each_gate_has_one_accountable_role(gate: dict[str, Any], accountable: str) -> None:
    found = line(gate)

    assert (found.accountable.role, len(found.having("A", "AR"))) == (accountable, 1)


def test_approvers_are_consulted_and_others_who_hold_a_role_informed() -> None:
    gate = {"approvals": [approval("sponsor"), approval("dpo")]}

    found = letters(line(gate, {**STAFF, "board": ["carol"]}))

    assert found == {"owner": "R", "sponsor": "A", "dpo": "C", "board": "I"}


def test_who_moves_and_answers_is_both() -> None:
    assert letters(line({})) == {"owner": "AR", "sponsor": "I"}


def test_an_approval_only_for_personal_data_counts_there() -> None:
    gate = {"approvals": [approval("dpo", 1, "personal_data")]}

    assert [line(gate, personal_data=p).accountable.role for p in (True, False)] == ["dpo", "owner"]


@pytest.mark.parametrize(
    ("gate", "staff", "gaps"),
    [
        ({}, {"sponsor": ["bob"]}, [("no_holder", "owner")]),
        ({}, {"owner": ["alice", "bob"]}, [("two_accountable", "owner")]),
        ({"fire": ["owner", "sponsor"]}, {"sponsor": ["bob"]}, []),
        ({"approvals": [approval("sponsor")]}, {"owner": ["alice"]}, [("no_holder", "sponsor")]),
        (
            {"approvals": [approval("sponsor", 2)]},
            {"owner": ["alice"], "sponsor": ["bob"]},
            [("too_few", "sponsor")],
        ),
        ({"approvals": [approval("owner")]}, {"sponsor": ["bob"]}, [("no_holder", "owner")]),
        ({"approvals": [approval("sponsor")]}, STAFF, []),
    ],
)
def test_what_does_not_fit_is_listed(gate: dict[str, Any], staff: dict[str, list[str]], gaps: list[Any]) -> None:
    found = derive(workflow(gate), staff, personal_data=False).gaps

    assert [(gap.code, gap.role) for gap in found if gap.transition == "agree"] == gaps


def test_a_gap_names_who_there_are_too_many_of() -> None:
    found = derive(workflow(), {"owner": ["bob", "alice"]}, personal_data=False).gaps

    assert found[0] == Gap("two_accountable", "agree", "owner", ("alice", "bob"))


def test_one_person_in_several_roles_is_listed() -> None:
    found = derive(workflow(), {"owner": ["alice"], "sponsor": ["alice", "bob"]}, personal_data=False)

    assert found.overlaps == (Overlap("alice", ("owner", "sponsor")),)


def test_another_holder_is_another_charter_and_the_order_is_none() -> None:
    first, other = (derive(workflow(), {"owner": [a, b]}, personal_data=False) for a, b in (("x", "y"), ("y", "x")))

    assert (first.hash == other.hash, first.hash == derive(workflow(), STAFF, personal_data=False).hash) == (
        True,
        False,
    )


def test_everybody_with_a_role_that_acts_signs_but_programs_do_not() -> None:
    staff = {"owner": ["alice", "robot"], "sponsor": ["alice"], "stranger": ["zoe"]}

    assert signatories(workflow(), staff, {"robot"}) == ("alice",)


# --- the guard ------------------------------------------------------------------------------------------------------


def entry(kind: str, key: str, **facts: Any) -> Entry:
    return Entry("1", kind, key, 2, 9, facts)


def asked(*signed: str, version: int = 2, **changes: Any) -> Request:
    """A request whose charter was issued as version 2 and acknowledged by *signed*, in that *version*."""
    matrix = derive(workflow(), STAFF, personal_data=False)
    dossier = {
        "charter": {"CHARTER": entry("charter", "CHARTER", **matrix.recorded)},
        "acknowledgement": {p: entry("acknowledgement", p, charter=version, sha256=matrix.hash) for p in signed},
    }
    return replace(request(), **{"dossier": dossier, "staff": STAFF, **changes})


def test_a_charter_acknowledged_by_everybody_lets_pass() -> None:
    verdict = charter_acknowledged(asked("alice", "bob"))

    kinds = [line["kind"] for line in verdict.saw["relied"]]  # type: ignore[union-attr,call-overload,index]  # JSON
    assert (verdict.ok, kinds) == (True, ["charter", "acknowledgement", "acknowledgement"])


@pytest.mark.parametrize(
    ("ask", "codes"),
    [
        (asked(dossier={}), ["charter_missing"]),
        (asked("alice", "bob", staff={"owner": ["zoe"]}), ["charter_outdated"]),
        (asked("alice"), ["charter_unacknowledged"]),
        (asked("alice", "bob", version=1), ["charter_unacknowledged"] * 2),
        (asked("alice", services=frozenset({"bob"})), []),
    ],
)
def test_what_is_missing_of_the_charter_blocks(ask: Request, codes: list[str]) -> None:
    assert [blocker.code for blocker in charter_acknowledged(ask).blockers] == codes
