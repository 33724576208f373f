"""What each guard demands, with plain values: no database, no terminal, no time of day."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.gates import approval, request

from flowgov import guards
from flowgov.guarding.known import ALWAYS, BUILT_IN, registry
from flowgov.guarding.separation import separation
from flowgov.guards import Blocker, Decision, Departure, Verdict, named
from flowgov.request import Exemption, GivenApproval, GivenEvidence, Grant, Passage, Request

BOB = Grant("bob", "sponsor", "g-bob")
ALICE = Grant("alice", "owner", "g-alice")


def codes(verdict: Verdict) -> list[str]:
    """The codes of a verdict's blockers, in order."""
    return [blocker.code for blocker in verdict.blockers]


# --- role ------------------------------------------------------------------------------------------------------


def test_the_role_and_the_grant_relied_on_go_into_the_record() -> None:
    verdict = guards.role(request())

    assert (verdict.blockers, verdict.saw) == ((), {"role": "owner", "grant": "g-alice"})


def test_holding_one_of_several_roles_is_enough() -> None:
    verdict = guards.role(request({"fire": ["board", "owner"]}))

    assert verdict.saw["role"] == "owner"


@pytest.mark.parametrize("grants", [[], [BOB], [Grant("alice", "sponsor", "g")], [Grant("bob", "owner", "g")]])
def test_without_the_role_it_is_blocked(grants: list[Grant]) -> None:
    verdict = guards.role(request(grants=grants))

    assert [(b.code, b.params, b.roles, b.command) for b in verdict.blockers] == [
        ("role_missing", {"roles": ["owner"]}, ("owner",), "flowgov move CRM agree --as {holder}")
    ]


# --- separation ------------------------------------------------------------------------------------------------

APART = {"distinct_from": ["finish", "$creator"]}


def after_finish(separation: str = "exception", **facts: Any) -> Request:
    """A request at a gate that must differ from ``finish``, which alice made."""
    return request(APART, separation=separation, passages={"finish": Passage("alice", 3)}, **facts)


def test_the_author_of_the_other_transition_is_blocked() -> None:
    verdict = separation(after_finish())

    assert [(b.code, b.params, b.roles) for b in verdict.blockers] == [
        (
            "same_author",
            {"person": "alice", "transition": "finish", "rule": "distinct_from"},
            ("administrator",),
        )
    ]


def test_somebody_else_is_not() -> None:
    assert separation(after_finish(actor="bob")) == Verdict("separation")


def test_what_was_not_done_yet_has_no_author() -> None:
    assert separation(request(APART)) == Verdict("separation")


def test_the_creator_is_blocked_where_the_gate_says_so() -> None:
    assert codes(separation(request(APART, creator="alice"))) == ["same_creator"]


def test_every_clash_is_told() -> None:
    assert codes(separation(after_finish(creator="alice"))) == ["same_author", "same_creator"]


def test_in_exception_mode_a_matching_exception_permits_it() -> None:
    exemption = Exemption("EX-0007", "alice", ("procedure", "distinct_from"))

    verdict = separation(after_finish(exemptions=[exemption]))

    assert (verdict.blockers, verdict.departures) == ((), (Departure("distinct_from", "alice", "EX-0007"),))


@pytest.mark.parametrize(
    "exemption",
    [Exemption("EX-1", "bob", ("distinct_from",)), Exemption("EX-1", "alice", ("one_person_once", "procedure"))],
)
def test_in_exception_mode_another_exception_does_not(exemption: Exemption) -> None:
    assert codes(separation(after_finish(exemptions=[exemption]))) == ["same_author"]


def test_in_block_mode_no_exception_permits_it() -> None:
    exemption = Exemption("EX-1", "alice", ("distinct_from",))

    verdict = separation(after_finish("block", exemptions=[exemption]))

    assert [(b.code, b.roles) for b in verdict.blockers] == [("same_author", ("owner",))]


def test_in_warn_mode_it_is_permitted_and_told() -> None:
    verdict = separation(after_finish("warn"))

    assert (verdict.blockers, verdict.departures) == ((), (Departure("distinct_from", "alice", None),))


# --- approvals -------------------------------------------------------------------------------------------------

SPONSOR = {"approvals": [approval("sponsor")]}
TWO_SEATS = {"approvals": [approval("sponsor"), approval("dpo")]}


def approvals(
    gate: dict[str, Any], *given: tuple[str, str], separation: str = "exception", lost: str = "", **facts: Any
) -> Verdict:
    """The approvals guard's verdict where these (person, role) approved; *lost* no longer holds any role."""
    grants = [ALICE, *(Grant(person, role, "g") for person, role in given if person != lost)]
    consents = [GivenApproval(person, role, 10 + n) for n, (person, role) in enumerate(given)]
    return guards.approvals(request(gate, separation=separation, grants=grants, approvals=consents, **facts))


def test_a_gate_without_approvals_asks_for_none() -> None:
    assert approvals({}) == Verdict("approvals")


def test_a_missing_approval_is_told_with_its_role_and_number() -> None:
    verdict = approvals({"approvals": [approval("sponsor", 3)]}, ("bob", "sponsor"))

    assert [(b.code, b.params, b.roles) for b in verdict.blockers] == [
        ("approval_missing", {"role": "sponsor", "missing": 2, "minimum": 3}, ("sponsor",))
    ]


def test_the_approvals_counted_go_into_the_record() -> None:
    verdict = approvals(SPONSOR, ("bob", "sponsor"))

    assert (verdict.blockers, verdict.saw) == ((), {"counted": [{"p": "bob", "role": "sponsor", "seq": 10}]})


def test_the_approval_of_somebody_who_lost_the_role_does_not_count() -> None:
    assert codes(approvals(SPONSOR, ("bob", "sponsor"), lost="bob")) == ["approval_missing"]


def test_an_approval_used_by_an_earlier_passage_does_not_count() -> None:
    verdict = approvals(SPONSOR, ("bob", "sponsor"), passages={"agree": Passage("alice", 10)})

    assert codes(verdict) == ["approval_missing"]


def test_an_approval_given_after_the_last_passage_counts() -> None:
    assert approvals(SPONSOR, ("bob", "sponsor"), passages={"agree": Passage("alice", 9)}).ok


def test_an_approval_in_another_role_does_not_count() -> None:
    assert codes(approvals(SPONSOR, ("bob", "dpo"))) == ["approval_missing"]


def test_two_seats_of_one_role_take_two_persons() -> None:
    assert approvals({"approvals": [approval("board", 2)]}, ("bob", "board"), ("carol", "board")).ok


@pytest.mark.parametrize(
    "given",
    [
        [("bob", "sponsor"), ("bob", "dpo"), ("dora", "sponsor")],
        [("bob", "dpo"), ("bob", "sponsor"), ("dora", "sponsor")],
        [("dora", "sponsor"), ("bob", "sponsor"), ("bob", "dpo")],
        [("bob", "sponsor"), ("bob", "dpo"), ("dora", "dpo")],
    ],
)
def test_somebody_able_to_fill_either_seat_fills_the_one_that_is_free(given: list[tuple[str, str]]) -> None:
    assert approvals(TWO_SEATS, *given).ok


def test_three_seats_are_filled_by_a_chain_of_changes() -> None:
    gate = {"approvals": [approval("sponsor"), approval("dpo"), approval("board")]}

    verdict = approvals(
        gate, ("bob", "sponsor"), ("bob", "dpo"), ("carol", "dpo"), ("carol", "board"), ("dora", "sponsor")
    )

    assert verdict.ok


def test_one_person_does_not_fill_two_seats() -> None:
    verdict = approvals(TWO_SEATS, ("bob", "sponsor"), ("bob", "dpo"))

    assert [(b.code, b.params["person"], b.roles) for b in verdict.blockers] == [
        ("counts_once", "bob", ("administrator",))
    ]


def test_who_makes_the_move_does_not_approve_it() -> None:
    assert codes(approvals(SPONSOR, ("alice", "sponsor"))) == ["counts_once"]


def test_what_is_missing_is_told_beside_who_counts_once() -> None:
    gate = {"approvals": [approval("sponsor"), approval("dpo")]}

    assert codes(approvals(gate, ("alice", "sponsor"))) == ["counts_once", "approval_missing"]


def test_an_exception_lets_one_person_fill_one_seat_of_each_role() -> None:
    exemption = Exemption("EX-1", "bob", ("one_person_once",))

    verdict = approvals(TWO_SEATS, ("bob", "sponsor"), ("bob", "dpo"), exemptions=[exemption])

    assert (verdict.blockers, verdict.departures) == ((), (Departure("one_person_once", "bob", "EX-1"),))


def test_an_exception_does_not_let_one_person_fill_two_seats_of_the_same_role() -> None:
    exemption = Exemption("EX-1", "bob", ("one_person_once",))

    verdict = approvals(
        {"approvals": [approval("board", 2)]}, ("bob", "board"), ("bob", "board"), exemptions=[exemption]
    )

    assert codes(verdict) == ["approval_missing"]


def test_an_exception_that_is_not_needed_is_not_used() -> None:
    exemption = Exemption("EX-1", "bob", ("one_person_once",))

    verdict = approvals(TWO_SEATS, ("bob", "sponsor"), ("bob", "dpo"), ("dora", "dpo"), exemptions=[exemption])

    assert (verdict.ok, verdict.departures) == (True, ())


def test_the_exception_of_another_person_does_not_help() -> None:
    exemption = Exemption("EX-1", "dora", ("one_person_once",))

    verdict = approvals(TWO_SEATS, ("bob", "sponsor"), ("bob", "dpo"), exemptions=[exemption])

    assert codes(verdict) == ["counts_once"]


def test_in_block_mode_one_person_counts_once_whatever_was_recorded() -> None:
    exemption = Exemption("EX-1", "bob", ("one_person_once",))

    verdict = approvals(TWO_SEATS, ("bob", "sponsor"), ("bob", "dpo"), separation="block", exemptions=[exemption])

    assert [(b.code, b.roles) for b in verdict.blockers] == [("counts_once", ("sponsor", "dpo"))]


def test_in_warn_mode_one_person_counts_twice_and_it_is_told() -> None:
    verdict = approvals(TWO_SEATS, ("bob", "sponsor"), ("bob", "dpo"), separation="warn")

    assert (verdict.ok, verdict.departures) == (True, (Departure("one_person_once", "bob", None),))


@pytest.mark.parametrize(("personal_data", "expected"), [(True, ["approval_missing"]), (False, [])])
def test_a_rule_about_personal_data_applies_where_there_are_some(personal_data: bool, expected: list[str]) -> None:
    gate = {"approvals": [approval("dpo", when="personal_data")]}

    assert codes(approvals(gate, personal_data=personal_data)) == expected


@pytest.mark.parametrize(("personal_data", "missing"), [(False, 1), (True, 2)])
def test_of_two_rules_for_one_role_the_one_that_asks_for_more_counts(personal_data: bool, missing: int) -> None:
    gate = {"approvals": [approval("dpo", 1), approval("dpo", 2, "personal_data")]}

    verdict = approvals(gate, personal_data=personal_data)

    assert [b.params["missing"] for b in verdict.blockers] == [missing]


def test_a_rule_said_twice_can_be_met() -> None:
    gate = {"approvals": [approval("dpo"), approval("dpo", when="personal_data")]}

    assert approvals(gate, ("bob", "dpo"), personal_data=True).ok


# --- evidence --------------------------------------------------------------------------------------------------

NOTE = GivenEvidence("note", 1, 4, "abc")


def test_every_missing_piece_is_told() -> None:
    verdict = guards.evidence(request({"evidence": ["note", "plan"]}))

    assert [(b.code, b.params["kind"], b.command) for b in verdict.blockers] == [
        ("evidence_missing", "note", "flowgov evidence add CRM note FILE --as {holder}"),
        ("evidence_missing", "plan", "flowgov evidence add CRM plan FILE --as {holder}"),
    ]


def test_the_pieces_seen_go_into_the_record_by_hash() -> None:
    verdict = guards.evidence(request({"evidence": ["note", "plan"]}, evidence=[NOTE]))

    assert verdict.saw == {"pieces": [{"kind": "note", "seq": 4, "sha256": "abc"}]}


def test_evidence_of_an_earlier_cycle_is_there_all_the_same() -> None:
    assert guards.evidence(request({"evidence": ["note"]}, evidence=[NOTE], cycle=2)).ok


@pytest.mark.parametrize(
    ("cycle", "passed", "expected"),
    [(1, 0, []), (1, 3, []), (1, 4, ["evidence_stale"]), (1, 9, ["evidence_stale"]), (2, 0, ["evidence_stale"])],
)
def test_rework_evidence_is_of_this_cycle_and_newer_than_the_last_passage(
    cycle: int, passed: int, expected: list[str]
) -> None:
    passages = {"agree": Passage("alice", passed)} if passed else {}

    verdict = guards.rework_evidence_is_current(
        request({"evidence": ["note"]}, evidence=[NOTE], cycle=cycle, passages=passages)
    )

    assert codes(verdict) == expected


def test_evidence_that_the_gate_does_not_ask_for_may_be_old() -> None:
    assert guards.rework_evidence_is_current(request({"evidence": ["plan"]}, evidence=[NOTE], cycle=2)).ok


# --- reason ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("given", "expected"), [("Budget", []), (None, ["reason_missing"]), (" ", ["reason_missing"])])
def test_a_required_reason_says_something(given: str | None, expected: list[str]) -> None:
    assert codes(guards.reason(request({"reason": "required"}, reason=given))) == expected


def test_a_reason_that_is_not_required_may_be_missing() -> None:
    assert guards.reason(request()).ok


# --- all of them -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("guard", [*ALWAYS, *BUILT_IN.values()])
def test_a_guard_changes_nothing_and_answers_the_same_again(guard: guards.Guard) -> None:
    asked = after_finish(evidence=[NOTE], approvals=[GivenApproval("bob", "sponsor", 2)])

    assert guard(asked) == guard(replace(asked))


# --- the registry ----------------------------------------------------------------------------------------------


def test_the_registry_holds_the_built_in_guards() -> None:
    assert dict(registry()) == dict(BUILT_IN)


def test_a_hosts_guard_is_found_by_its_name() -> None:
    found = registry({"budget": lambda asked: None})["budget"]

    assert found(request()) == Verdict("budget")


def test_a_hosts_guard_cannot_take_the_name_of_a_built_in_one() -> None:
    with pytest.raises(ValueError, match="rework_evidence_is_current"):
        registry({"rework_evidence_is_current": lambda asked: None})


def test_what_a_hosts_guard_says_is_marked_as_the_hosts() -> None:
    said = Blocker("too_dear", {"message": "over budget", "limit": 5}, ("sponsor",), "crm budget raise")

    verdict = registry({"budget": lambda asked: said})["budget"](request())

    assert verdict.blockers == (
        Blocker(
            "host_guard",
            {"guard": "budget", "code": "too_dear", "message": "over budget", "limit": 5},
            ("sponsor",),
            "crm budget raise",
        ),
    )


@pytest.mark.parametrize("answer", [True, False, "no", 1, [], Verdict("x")])
def test_a_hosts_guard_that_answers_something_else_is_a_mistake(answer: object) -> None:
    with pytest.raises(TypeError, match="budget"):
        registry({"budget": lambda asked: answer})["budget"](request())  # type: ignore[dict-item,return-value]


@pytest.mark.parametrize("params", [{"limit": 1.5}, {"Limit": 1}, {"who": object()}, {"text": "\ud800"}])
def test_a_hosts_blocker_that_cannot_be_recorded_is_a_mistake(params: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="cannot be recorded"):
        registry({"budget": lambda asked: Blocker("x", params)})["budget"](request())


def test_a_hosts_guard_that_raises_is_not_hidden() -> None:
    def broken(asked: Request) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        registry({"budget": broken})["budget"](request())


# --- as people read it -----------------------------------------------------------------------------------------


def decision(*blockers: Blocker) -> Decision:
    """A refused move."""
    return Decision("move", "agree", "CRM", "alice", blockers)


def test_a_decision_without_blockers_allows() -> None:
    assert (decision().allowed, decision(Blocker("reason_missing")).allowed) == (True, False)


def test_a_person_is_named_by_login() -> None:
    found = named(decision(Blocker("same_author", {"person": "u1"})), {"u1": "alice"}, {})

    assert found.blockers[0].params == {"person": "alice"}


def test_who_is_in_the_way_cannot_lift_it() -> None:
    blocker = Blocker("same_author", {"person": "u1"}, ("owner",), "flowgov move CRM agree --as {holder}")

    found = named(decision(blocker), {"u1": "alice"}, {"owner": ["alice", "bob"]})

    assert (found.blockers[0].holders, found.blockers[0].command) == (("bob",), "flowgov move CRM agree --as bob")


def test_where_nobody_holds_the_role_the_command_says_person() -> None:
    blocker = Blocker("role_missing", {}, ("owner",), "flowgov move CRM agree --as {holder}")

    assert named(decision(blocker), {}, {}).blockers[0].command == "flowgov move CRM agree --as PERSON"


def test_a_holder_of_two_of_the_roles_is_named_once() -> None:
    blocker = Blocker("role_missing", {}, ("owner", "sponsor"))

    found = named(decision(blocker), {}, {"owner": ["bob", "carol"], "sponsor": ["bob"]})

    assert found.blockers[0].holders == ("bob", "carol")


@pytest.mark.parametrize(
    ("blocker", "sentence"),
    [
        (Blocker("x", holders=("bob", "carol")), "Can be lifted by bob, carol."),
        (Blocker("x", roles=("owner",)), "Can be lifted by whoever holds owner; at present there is nobody who could."),
        (Blocker("x"), ""),
    ],
)
def test_a_remedy_says_who(blocker: Blocker, sentence: str) -> None:
    assert blocker.remedy() == sentence
