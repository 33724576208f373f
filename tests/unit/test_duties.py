"""Which rules of separation are asked at which gate, as values; whoever moves at random, no two duties are one's."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.walks.duties import GATES, PAIRS, duty_workflow

from flowgov.dossier.exceptions import ExceptionGrant, idle_since, review_due
from flowgov.guarding.separation import separation
from flowgov.request import Exemption, Grant, Passage, Request
from flowgov.workflow import duties

START, LATER = "2026-01-05T09:00:00.000000Z", "2026-02-04T09:00:00.000000Z"
BLOCK = duty_workflow()
PEOPLE = ("alice", "bob", "carol", "dan")


def asked(gate: str, actor: str, passages: dict[str, Passage], creator: str = "zoe", **more: object) -> Request:
    given_ = {
        "workflow": BLOCK,
        "transition": BLOCK.transitions[gate],
        "now": START,
        "actor": actor,
        "key": "CRM",
        "state": GATES[gate][1],
        "previous": None,
        "cycle": 1,
        "creator": creator,
        "personal_data": False,
        "passages": passages,
        "grants": [Grant(person, "worker", "g") for person in PEOPLE],
    }
    return Request(**{**given_, **more})  # type: ignore[arg-type]  # by name


def test_there_are_thirteen_rules() -> None:
    assert (len(duties.NAMES), len(set(duties.NAMES))) == (13, 13)


@pytest.mark.parametrize("rule", sorted(duties.ALWAYS_BLOCK))
def test_five_of_them_block_in_every_mode(rule: str) -> None:
    assert duties.mode(duty_workflow("warn", {rule: "warn"}), rule) == "block"


@pytest.mark.parametrize("mode", ["block", "exception", "warn"])
@pytest.mark.parametrize("rule", sorted(PAIRS))
def test_each_rule_in_each_mode(rule: str, mode: str) -> None:
    first, second = PAIRS[rule]
    workflow = duty_workflow("block", {rule: mode})
    facts = {"workflow": workflow, "exemptions": [Exemption("EX-1", "alice", (rule,))]}
    verdict = separation(asked(second, "alice", {first: Passage("alice", 2)}, **facts))

    departed = [(d.rule, d.exception) for d in verdict.departures]
    assert (verdict.ok, departed) == {
        "block": (False, []),
        "exception": (True, [(rule, "EX-1")]),
        "warn": (True, [(rule, None)]),
    }[mode]


def test_an_exception_that_does_not_operate_permits_nothing_and_says_so() -> None:
    facts = {
        "workflow": duty_workflow("exception"),
        "exemptions": [Exemption("EX-1", "alice", ("validator_design",), LATER, "dan")],
    }
    verdict = separation(asked("design", "alice", {"validate": Passage("alice", 2)}, **facts))

    assert [b.code for b in verdict.blockers] == ["own_duty", "exception_not_operating"]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    creator=st.sampled_from(PEOPLE),
    attempts=st.lists(st.tuples(st.sampled_from([*GATES]), st.sampled_from(PEOPLE)), max_size=40),
)
def test_in_block_mode_no_one_person_does_two_duties_kept_apart(creator: str, attempts: list[tuple[str, str]]) -> None:
    """Gates in any order, by anybody: after each move, the newest of two duties kept apart are two persons'."""
    passages: dict[str, Passage] = {}
    for number, (gate, actor) in enumerate(attempts, 2):
        if separation(asked(gate, actor, passages, creator)).ok:
            passages[gate] = Passage(actor, number)

    for first, second in PAIRS.values():
        if first in passages and second in passages:
            assert passages[first].person != passages[second].person
    if "validate" in passages:
        assert passages["validate"].person != creator


# --- exceptions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("every", "said", "at", "idle"),
    [
        (None, None, LATER, None),
        (30, None, START, None),
        (30, None, LATER, LATER),
        (30, f"{LATER} ok", LATER, None),
        (None, f"{LATER} problem", LATER, LATER),
        (30, f"{START} problem", START, START),
    ],
)
def test_since_when_a_control_does_not_work(every: int | None, said: str | None, at: str, idle: str | None) -> None:
    assert idle_since(START, every, said, at) == idle


def test_a_review_before_the_start_does_not_move_the_first_one_forward() -> None:
    assert review_due(START, 30, "2026-01-01T09:00:00.000000Z") == LATER


@pytest.mark.parametrize(
    ("at", "ended", "status"),
    [
        ("2026-01-05T08:00:00.000000Z", None, "planned"),
        (START, None, "operating"),
        (LATER, None, "not_operating"),
        ("2026-03-01T00:00:00.000000Z", None, "expired"),
        (LATER, LATER, "ended"),
    ],
)
def test_where_an_exception_stands(at: str, ended: str | None, status: str) -> None:
    exception = ExceptionGrant(
        "EX-1", ("procedure",), "a", "CRM", START, "2026-03-01T00:00:00.000000Z", "r", "c", "b", "d", ended=ended
    )
    timed = ExceptionGrant(**{**{f: getattr(exception, f) for f in exception.__dataclass_fields__}, "every_days": 30})

    assert (timed.status(at), timed.covers("procedure", at)) == (status, status == "operating")


@pytest.mark.parametrize(
    ("of", "ended", "project", "opened", "applies"),
    [
        ("CRM", None, "CRM", LATER, True),
        ("CRM", None, "VPN", START, False),
        (None, None, "VPN", START, True),
        (None, None, "VPN", "2026-03-01T00:00:00.000001Z", False),
        (None, LATER, "VPN", LATER, True),
        (None, START, "VPN", LATER, False),
        ("CRM", START, "CRM", LATER, True),
    ],
)
def test_to_which_projects_an_exception_applies(
    of: str | None, ended: str | None, project: str, opened: str, applies: bool
) -> None:
    until = "2026-03-01T00:00:00.000000Z"
    exception = ExceptionGrant("EX-1", ("procedure",), "a", of, START, until, "r", "c", "b", "d", ended=ended)

    assert exception.applies_to(project, opened) is applies
