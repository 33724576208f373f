"""What is done to the matrix of accesses: rights are given to groups and taken away, and reviewed by the owner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flowgov.acts.entering import Office
from flowgov.dossier.accesses import KIND, RIGHTS
from flowgov.dossier.entry import Entry
from flowgov.errors import BadInput, NotFound
from flowgov.guards import Blocker
from flowgov.people import ADMINISTRATOR
from flowgov.request import Grant
from flowgov.suggest import closest
from flowgov.text import clean_group

Pair = tuple[str, str]
"""A group, and one of its rights."""


def give(office: Office, asset: str, group: str, right: str) -> None:
    """A group may do more with an asset; whoever has reviewed its rights has to look again.

    Raises:
        BadInput: it is no name of a group, there is no such right, or the group has it already.
        NotFound: there is no such asset, or it is retired.
        Refusal: the actor neither owns nor holds the asset, is no administrator and holds no role that acts.
    """
    _known(office, asset)
    _must_be_right(right)
    spelt, held = _spelt(office, clean_group(group)), _pairs(office, asset)
    if (spelt, right) in held:
        raise BadInput("access_held", asset=asset, group=spelt, right=right)
    _enter(office, asset, "set", [*held, (spelt, right)], _entitled(office, asset, "set"))


def take(office: Office, asset: str, group: str, right: str | None) -> None:
    """A group may do less with an asset, or nothing more.

    Args:
        right: by default all of them.

    Raises:
        BadInput: there is no such right.
        NotFound: there is no such asset, or it is retired; or the group has no such right.
        Refusal: as for `give`.
    """
    _known(office, asset)
    if right is not None:
        _must_be_right(right)
    spelt, held = _spelt(office, group), _pairs(office, asset)
    gone = [pair for pair in held if pair[0] == spelt and right in (None, pair[1])]
    if not gone:
        reason = "access_group" if right is None or spelt not in {g for g, _ in held} else "access_right"
        suggestions = closest(group, [g for g, _ in held]) if reason == "access_group" else []
        raise NotFound(reason, name=group, asset=asset, right=right or "", suggestions=suggestions)
    _enter(office, asset, "remove", [pair for pair in held if pair not in gone], _entitled(office, asset, "remove"))


def review(office: Office, asset: str) -> None:
    """The asset's owner has looked at the rights and stands by them.

    Raises:
        NotFound: there is no such asset, or it is retired; or nobody has any right to it.
        Refusal: the actor does not own the asset, or is a service account.
    """
    owner = _known(office, asset).facts["owner"]
    line = office.entries(KIND).get(asset)
    if line is None:
        raise NotFound("access", name=asset)
    found = [Blocker("access_review_service")] if office.is_service else []
    if office.actor != owner:
        found.append(Blocker("access_review_not_yours", {"asset": asset, "person": owner}))
    office.stop(KIND, asset, "review", *found)
    office.enter(KIND, asset, "review", {**line.facts, "reviewed": office.now[:10], "reviewer": office.actor})


def _known(office: Office, asset: str) -> Entry:
    (key,) = office.assets([asset])
    return office.shared("asset")[key]


def _must_be_right(right: str) -> None:
    if right not in RIGHTS:
        raise BadInput("no_choice", field="right", value=right, known=[*RIGHTS])


def _entitled(office: Office, asset: str, act: str) -> Grant | None:
    """By which role the actor may do this; None where the asset is his as owner or holder."""
    grant, facts = office.standing(), _known(office, asset).facts
    if grant is None and office.actor not in (facts["owner"], facts["holder"]):
        params = {"asset": asset, "person": facts["owner"]}
        office.stop(KIND, asset, act, Blocker("access_not_yours", params, (ADMINISTRATOR,)))
    return grant


def _enter(office: Office, asset: str, act: str, pairs: Iterable[Pair], grant: Grant | None) -> None:
    ordered = sorted(pairs, key=lambda pair: (pair[0].lower(), RIGHTS.index(pair[1])))
    rights = [{"group": group, "right": right} for group, right in ordered]
    facts = {"rights": rights, "reviewed": None, "reviewer": None}
    office.enter(KIND, asset, act, facts, grant=grant)


def _pairs(office: Office, asset: str) -> list[Pair]:
    line = office.entries(KIND).get(asset)
    return _of(line.facts) if line else []


def _of(facts: Mapping[str, Any]) -> list[Pair]:
    return [(one["group"], one["right"]) for one in facts["rights"]]


def _spelt(office: Office, group: str) -> str:
    """The name of a group as it is spelt in the matrix: one that differs by case only is the same group."""
    known = {name.lower(): name for line in office.entries(KIND).values() for name, _ in _of(line.facts)}
    return known.get(group.lower(), group)
