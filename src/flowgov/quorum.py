"""How approvals are counted: each demanded seat is filled by a different person, as far as possible."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol, TypeVar


class Consent(Protocol):
    """An approval, as far as counting goes."""

    @property
    def person(self) -> str: ...

    @property
    def role(self) -> str: ...


C = TypeVar("C", bound=Consent)
EVERYBODY_ALONE: Mapping[str, str] = MappingProxyType({})


class Seat(NamedTuple):
    """One demanded approval: the n-th of a role."""

    role: str
    number: int


def one_person(acts: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    """Who counts as whom: a delegate and the person acted for are one, and so is whoever is one with either.

    Args:
        acts: who acted, and for whom if for somebody else.

    Returns:
        For every person in *acts*, the one who stands for all that count as this person.
    """
    whole: dict[str, str] = {}
    for person, delegator in acts:
        mine = whole.setdefault(person, person)
        theirs = whole.setdefault(delegator or person, delegator or person)
        whole = {one: mine if head == theirs else head for one, head in whole.items()}
    return whole


def fill(
    seats: Sequence[Seat],
    given: Sequence[C],
    actor: str,
    free: Collection[str],
    same: Mapping[str, str] = EVERYBODY_ALONE,
) -> dict[Seat, C]:
    """The most seats that the *given* approvals can fill, in the order of *seats*.

    A person fills one seat of the gate and the *actor* none, except persons in *free*, who may fill one seat of
    each role. Maximum bipartite matching by augmenting paths, so that somebody who could fill either of two
    seats never keeps a third person out.

    Args:
        same: who counts as whom; see `one_person`. *free* names those who stand for all that count as them.
    """
    taken: dict[tuple[str, str], Seat] = {}
    filled: dict[Seat, C] = {}

    def place(approval: C) -> tuple[str, str]:
        person = same.get(approval.person, approval.person)
        return (person, approval.role if person in free else "")

    def seat_one(seat: Seat, tried: set[tuple[str, str]]) -> bool:
        for approval in given:
            spot = place(approval)
            barred = spot[0] == same.get(actor, actor) and spot[0] not in free
            if approval.role != seat.role or barred or spot in tried:
                continue
            tried.add(spot)
            if spot not in taken or seat_one(taken[spot], tried):
                taken[spot], filled[seat] = seat, approval
                return True
        return False

    for seat in seats:
        seat_one(seat, set())
    return {seat: filled[seat] for seat in seats if seat in filled}
