"""Exceptions in the organisation's chain: reviewed, ended, and what they permit meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.audit.house import LAST, LATER, TS, House, said

from flowgov.audit.permits import CONTROLS, RULES, Permission, fits
from flowgov.dossier.exceptions import CONTROLS as OFFERED
from flowgov.dossier.exceptions import RULES as WRITTEN

DUE = "2026-01-15T09:00:00.000000Z"
BEFORE_DUE = "2026-01-15T08:59:59.999999Z"
EVERYWHERE: dict[str, Any] = {"project": None, "control": "supervision", "reviewer": "u1", "every_days": 30}
"""What an exception for every project has to say; it lasts 31 days here."""
LEFT = ("project", "reviewer")
"""Keys whose absence is said with null."""


def granted(**changes: Any) -> House:
    """u3 reviews every ten days what u2 may do: the exception EX-0006."""
    house = House()
    house.say("person.added")
    house.say("person.added", person="u3")
    house.say("exception.granted", **{"reviewer": "u3", "every_days": 10, **changes})
    return house


def review(house: House, **changes: Any) -> int:
    return house.say("exception.reviewed", **{"key": "EX-0006", "actor": "u3", "auth": None, **changes})


def end(house: House, **changes: Any) -> int:
    return house.say("exception.ended", **{"key": "EX-0006", **changes})


def kept(house: House) -> Permission:
    return house.register.permissions["EX-0006"]


def permits(permission: Permission, ts: str, place: int = 99, *, late: bool = False, **asked: str) -> bool:
    given = {"rule": "procedure", "person": "u2", "project": "1", **asked}
    return permission.permits(given["rule"], given["person"], given["project"], ts, place, late=late)


def test_both_sides_know_the_same_rules() -> None:
    assert (set(WRITTEN), set(OFFERED)) == (RULES, CONTROLS)


def test_what_it_says_of_its_control_is_taken_in() -> None:
    house = House()
    texts = {"reason": "a", "compensating": "b", "risk": "c"}
    house.say("exception.granted", texts, roles=["sponsor", "board"], control="supervision", c={"risk": ""})

    found = house.register.permissions["EX-0004"]
    assert (found.roles, found.control, found.risk, found.every_days) == ("sponsor,board", "supervision", "c", None)


@pytest.mark.parametrize(("field", "kept_"), [("risk", ""), ("os_user", "c")])
def test_its_risk_is_empty_once_redacted(field: str, kept_: str) -> None:
    house = House()
    house.say("exception.granted", {"risk": "c"}, c={"risk": ""})
    house.say("text.redacted", target={"stream": "org", "seq": 4, "hash": "ab"}, field=field)

    assert house.register.permissions["EX-0004"].risk == kept_


def test_a_risk_whose_text_is_gone_is_empty() -> None:
    house = House()
    house.say("exception.granted", c={"risk": ""})

    assert house.register.permissions["EX-0004"].risk == ""


@pytest.mark.parametrize("every_days", [1, 366])
def test_a_review_is_planned_every_so_many_days(every_days: int) -> None:
    assert said("exception.granted", reviewer="u1", every_days=every_days) == []


@pytest.mark.parametrize(
    "changes", [{"every_days": 0}, {"every_days": 367}, {"every_days": -1}, {"every_days": 10, "reviewer": None}]
)
def test_other_plans_are_found(changes: dict[str, Any]) -> None:
    assert said("exception.granted", **{"reviewer": "u1", **changes}) == [("RULE_VIOLATION", "exception", 5)]


def test_one_for_every_project_says_what_makes_up_for_it() -> None:
    assert said("exception.granted", **EVERYWHERE) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"control": None},
        {"control": ""},
        {"control": "trust"},
        {"every_days": None},
        {"every_days": 0},
        {"every_days": 31},
        {"every_days": 366},
        {"every_days": 10**12},
        {"reviewer": None},
        {"reviewer": "u2"},
        {"reviewer": None, "every_days": None, "control": None},
        {"start": "9998-12-31T00:00:00.000000Z", "until": "9999-12-31T00:00:00.000000Z", "every_days": 366},
    ],
)
def test_one_for_every_project_that_does_not_is_found(changes: dict[str, Any]) -> None:
    forged = {name: value for name, value in {**EVERYWHERE, **changes}.items() if name in LEFT or value is not None}

    assert said("exception.granted", **forged) == [("RULE_VIOLATION", "exception", 5)]


def test_its_reviewer_reviews_it() -> None:
    house = granted()
    review(house)

    assert (house.found, kept(house).reviewed, kept(house).reviews) == ([], f"{TS} ok", ((7, TS, "ok"),))


@pytest.mark.parametrize(
    ("changes", "code", "about"),
    [
        ({"actor": "u1"}, "ROLE_VIOLATION", "not_the_reviewer"),
        ({"actor": "u2"}, "ROLE_VIOLATION", "not_the_reviewer"),
        ({"ts": "2026-01-05T08:59:59.999999Z"}, "RULE_VIOLATION", "exception_over"),
        ({"ts": LATER}, "RULE_VIOLATION", "exception_over"),
        ({"key": "EX-0099"}, "RULE_VIOLATION", "exception_unknown"),
    ],
)
def test_no_other_review_is_permitted(changes: dict[str, Any], code: str, about: str) -> None:
    house = granted()
    review(house, **changes)

    assert house.found == [(code, about, 7)]


def test_an_administrator_ends_it() -> None:
    house = granted()
    end(house)

    assert (house.found, kept(house).ended, kept(house).ended_place) == ([], TS, 7)


@pytest.mark.parametrize(
    ("changes", "about"), [({"ts": LATER}, "exception_over"), ({"key": "EX-0099"}, "exception_unknown")]
)
def test_no_other_end_is_permitted(changes: dict[str, Any], about: str) -> None:
    house = granted()
    end(house, **changes)

    assert house.found == [("RULE_VIOLATION", about, 7)]


def test_it_ends_once_and_is_not_reviewed_then() -> None:
    house = granted()
    end(house)
    end(house)
    review(house)

    assert house.found == [("RULE_VIOLATION", "exception_over", 8), ("RULE_VIOLATION", "exception_over", 9)]


def test_nobody_else_ends_it() -> None:
    house = granted()
    end(house, actor="u3")

    assert house.found == [("ROLE_VIOLATION", "not_held", 7)]


@pytest.mark.parametrize("event", ["exception.reviewed", "exception.ended"])
def test_where_records_are_missing_an_unknown_one_may_be_among_them(event: str) -> None:
    house = granted()
    house.lost()
    house.say(event, key="EX-0099")

    assert house.found == []


# --- what it permits --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ts", "late", "permitted"), [(TS, False, True), (BEFORE_DUE, False, True), (DUE, False, False), (DUE, True, True)]
)
def test_it_permits_until_its_review_is_due(ts: str, late: bool, permitted: bool) -> None:
    assert permits(kept(granted()), ts, late=late) is permitted


@pytest.mark.parametrize(("ts", "place", "permitted"), [(DUE, 8, True), (DUE, 7, False), (LATER, 8, False)])
def test_a_review_counts_for_what_came_after_it(ts: str, place: int, permitted: bool) -> None:
    house = granted(until=LAST)
    review(house, ts=BEFORE_DUE)

    assert permits(kept(house), ts, place) is permitted


def test_without_a_planned_review_it_permits_to_its_end() -> None:
    house = granted(every_days=None)

    assert [permits(kept(house), ts) for ts in (DUE, LATER)] == [True, False]


@pytest.mark.parametrize(("place", "permitted"), [(7, True), (8, False)])
def test_a_problem_stops_it(place: int, permitted: bool) -> None:
    house = granted(every_days=None)
    review(house, result="problem")

    assert permits(kept(house), TS, place) is permitted


def test_until_a_review_finds_it_in_order() -> None:
    house = granted()
    review(house, result="problem")
    review(house)

    assert permits(kept(house), TS)


@pytest.mark.parametrize(("place", "permitted"), [(7, True), (8, False)])
def test_its_end_stops_it(place: int, permitted: bool) -> None:
    house = granted()
    end(house)

    assert permits(kept(house), TS, place) is permitted


@pytest.mark.parametrize("asked", [{"rule": "distinct_from"}, {"person": "u3"}, {"project": "2"}])
def test_it_permits_nothing_else(asked: dict[str, str]) -> None:
    assert not permits(kept(granted()), TS, **asked)


@pytest.mark.parametrize("project", ["1", "2", "opened later"])
def test_one_for_every_project_permits_on_each(project: str) -> None:
    assert permits(kept(granted(project=None, control="other")), TS, project=project)


@pytest.mark.parametrize("project", ["1", "2"])
def test_it_stops_on_each_when_a_review_found_a_problem(project: str) -> None:
    house = granted(project=None, control="other")
    review(house, result="problem")

    assert [permits(kept(house), TS, place, project=project) for place in (7, 8)] == [True, False]


@pytest.mark.parametrize("asked", [{"rule": "distinct_from"}, {"person": "u3"}])
def test_nor_does_one_for_every_project_permit_another_rule_or_person(asked: dict[str, str]) -> None:
    assert not permits(kept(granted(project=None, control="other")), TS, **asked)


def test_nor_before_it_begins() -> None:
    assert not permits(kept(granted()), "2026-01-05T08:59:59.999999Z")


def test_a_plan_needs_a_key_of_its_own_place() -> None:
    document = {"key": "EX-0007", "seq": 8, "rules": ["procedure"], "person": "u2", "reviewer": None}

    assert not fits({**document, "start": TS, "until": LATER})
