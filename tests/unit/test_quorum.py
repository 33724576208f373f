"""Counting approvals: as many seats are filled as can be, whoever approved first."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given as anybody
from hypothesis import settings
from hypothesis import strategies as some

from flowgov.quorum import Seat, fill, one_person
from flowgov.request import GivenApproval

PEOPLE, ROLES = "abcd", "xyz"


def most(seats: list[Seat], approvals: list[GivenApproval], actor: str) -> int:
    """The most seats that different persons other than the actor can fill, found by trying everything."""
    able = {(a.person, a.role) for a in approvals if a.person != actor}
    people = [*sorted({person for person, _ in able}), *[None] * len(seats)]
    return max(
        sum((person, seat.role) in able for person, seat in zip(order, seats, strict=False))
        for order in permutations(people, len(seats))
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@anybody(
    some.lists(some.sampled_from(ROLES), min_size=1, max_size=3),
    some.lists(some.tuples(some.sampled_from(PEOPLE), some.sampled_from(ROLES)), max_size=8),
)
def test_no_other_way_of_seating_fills_more_seats(roles: list[str], given: list[tuple[str, str]]) -> None:
    seats = [Seat(role, n) for n, role in enumerate(roles)]
    approvals = [GivenApproval(person, role, n) for n, (person, role) in enumerate(given)]

    assert len(fill(seats, approvals, "a", free=())) == most(seats, approvals, "a")


@pytest.mark.parametrize("free", [(), ("a", "b")])
def test_a_seat_is_filled_by_an_approval_in_its_role(free: tuple[str, ...]) -> None:
    seats = [Seat("x", 0), Seat("y", 0)]
    approvals = [GivenApproval("b", "y", 1), GivenApproval("c", "x", 2)]

    assert fill(seats, approvals, "a", free) == {seats[0]: approvals[1], seats[1]: approvals[0]}


@pytest.mark.parametrize(
    ("acts", "whole"),
    [
        ([("a", None), ("b", None)], [{"a"}, {"b"}]),
        ([("a", None), ("b", "a")], [{"a", "b"}]),
        ([("a", "b"), ("c", "b"), ("d", None)], [{"a", "b", "c"}, {"d"}]),
        ([("a", "b"), ("c", "d"), ("b", "d")], [{"a", "b", "c", "d"}]),
        ([("a", "b"), ("b", "a")], [{"a", "b"}]),
    ],
)
def test_whoever_acts_for_another_counts_as_one_with_him(
    acts: list[tuple[str, str | None]], whole: list[set[str]]
) -> None:
    heads = one_person(acts)

    found = [{person for person in heads if heads[person] == head} for head in dict.fromkeys(heads.values())]
    assert sorted(found, key=sorted) == sorted(whole, key=sorted)


def test_persons_who_count_as_one_fill_one_seat() -> None:
    seats = [Seat("x", 0), Seat("y", 0)]
    given = [GivenApproval("b", "x", 1), GivenApproval("c", "y", 2, "b")]
    same = one_person([("a", None), ("b", None), ("c", "b")])

    assert [len(fill(seats, given, "a", free, same)) for free in ((), {same["b"]})] == [1, 2]


def test_whom_the_actor_acts_for_fills_no_seat() -> None:
    seats, given = [Seat("x", 0)], [GivenApproval("b", "x", 1)]

    assert fill(seats, given, "a", (), one_person([("a", "b"), ("b", None)])) == {}
