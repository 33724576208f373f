"""What verification asks of the records about meetings and actions."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.audit.house import House
from tests.unit.audit.projects import Project, auth

from flowgov.audit.entries_meeting import SHAPES
from flowgov.audit.kinds import fits

SERIES = {"every": 14, "minutes": 30, "first": "2026-01-05", "time": "09:00", "zone": "Europe/Paris"}
SERIES |= {"chair": "alice", "participants": ["alice", "bob"]}
MEETING = {"held": "2026-01-05", "chair": "alice", "present": ["alice", "bob"], "excused": [], "decisions": 0}
MEETING |= {"actions": [], "risks": [], "limit": 31}
ACTION = {"owner": "bob", "since": "2026-01-05", "due": "2026-01-09", "done": None, "meeting": None}
USUAL = {"series": ("SERIES", "plan", SERIES), "meeting": ("M-01", "hold", MEETING), "action": ("AC-01", "add", ACTION)}
TS = "2026-01-05T09:00:00.000000Z"


def say(on: Project, kind: str, n: int = 1, /, facts: dict[str, Any] | None = None, **changes: Any) -> int:
    key, act, usual = USUAL[kind]
    given: dict[str, Any] = {"key": key, "n": n, "act": act, "auth": auth("alice"), "facts": {**usual, **(facts or {})}}
    given |= {"version": on.replay.version + 1}
    found = {k: v for k, v in {**given, **changes}.items() if v is not None}
    return on.say(f"{kind}.recorded", **found)


def said(kind: str, facts: dict[str, Any] | None = None, **changes: Any) -> list[str | None]:
    """What is found about one record."""
    on = Project()
    say(on, kind, facts=facts, **changes)
    return [about for _, about, _ in on.found]


@pytest.mark.parametrize("kind", USUAL)
def test_what_is_usual_is_permitted_and_has_the_shape_of_its_kind(kind: str) -> None:
    assert said(kind) == []
    assert fits(USUAL[kind][2], SHAPES[kind].facts)


@pytest.mark.parametrize("kind", USUAL)
def test_whoever_records_says_by_which_role(kind: str) -> None:
    assert said(kind, auth=None) == [kind]


@pytest.mark.parametrize(("facts", "changes"), [({"every": 8}, {}), ({"chair": "carol"}, {}), ({}, {"key": "OTHER"})])
def test_a_series_is_one_of_a_rhythm_with_its_chair(facts: dict[str, Any], changes: dict[str, Any]) -> None:
    assert said("series", facts, **changes) == ["series"]


@pytest.mark.parametrize(
    "facts",
    [
        {"held": "2026-01-07"},
        {"held": "2025-12-03"},
        {"held": "0001-01-01"},
        {"held": "9999-12-31"},
        {"excused": ["bob"]},
        {"decisions": 1},
        {"actions": ["AC-09"]},
        {"risks": ["R-09"]},
        {"present": ["bob"]},
    ],
)
def test_minutes_are_of_a_meeting_that_was_and_of_what_there_is(facts: dict[str, Any]) -> None:
    assert said("meeting", facts) == ["meeting"]


@pytest.mark.parametrize("held", ["2026-01-06", "2025-12-04"])
def test_time_zones_and_the_limit_are_allowed_for(held: str) -> None:
    assert said("meeting", {"held": held}) == []


def test_minutes_with_decisions_actions_and_risks_are_permitted_once() -> None:
    on = Project()
    say(on, "action", facts={"meeting": "M-01"})
    on.replay.entries["risk", "R-01"] = on.replay.entries["action", "AC-01"]
    facts = {"decisions": 1, "actions": ["AC-01"], "risks": ["R-01"]}
    say(on, "meeting", facts=facts, c={"decision_01": "", "notes": ""})
    assert on.found == []

    seq = say(on, "meeting", 2, facts=facts, c={"decision_01": ""})

    assert on.found == [("RULE_VIOLATION", "meeting", seq)]


def test_actions_say_which_meeting_agreed_on_them() -> None:
    on = Project()
    say(on, "action", facts={"meeting": "M-09"})

    seq = say(on, "meeting", facts={"actions": ["AC-01"]})

    assert on.found == [("RULE_VIOLATION", "meeting", seq)]


def test_a_day_has_one_meeting() -> None:
    on = Project()
    say(on, "meeting")
    say(on, "meeting", facts={"held": "2026-01-04"}, key="M-02")
    assert on.found == []

    seq = say(on, "meeting", key="M-03")

    assert on.found == [("RULE_VIOLATION", "meeting", seq)]


@pytest.mark.parametrize(
    ("kind", "facts", "found"),
    [
        ("series", {}, ["series"]),
        ("action", {}, ["action"]),
        ("action", {"meeting": "M-01"}, []),
        ("meeting", {}, []),
    ],
)
def test_nothing_is_planned_on_a_closed_project_but_its_last_meeting_is_recorded(
    kind: str, facts: dict[str, Any], found: list[str]
) -> None:
    on = Project()
    on.replay.state = "cancelled"

    say(on, kind, facts=facts)

    assert [about for _, about, _ in on.found] == found


def test_where_a_project_stands_is_not_judged_without_its_definition() -> None:
    on = Project()
    on.replay.state, on.replay.definition = "cancelled", None

    say(on, "series")

    assert on.found == []


def test_an_action_is_not_due_before_it_was_agreed_on() -> None:
    assert said("action", {"due": "2026-01-04"}) == ["action"]
    assert said("action", {"done": "2026-01-05"}) == ["action"]


def done(facts: dict[str, Any], **changes: Any) -> list[str | None]:
    on = Project()
    say(on, "action")
    say(on, "action", 2, facts={"done": "2026-01-05", **facts}, act="done", **changes)
    return [about for _, about, _ in on.found]


def test_an_action_is_done_by_its_owner_or_by_who_acts_here() -> None:
    assert done({}, actor="bob", auth=None) == []
    assert done({}) == []
    assert done({}, actor="requester", auth=None) == ["action_done"]


@pytest.mark.parametrize("facts", [{"done": None}, {"done": "2026-01-07"}, {"done": "2026-01-04"}, {"owner": "carol"}])
def test_an_action_is_done_when_it_can_be(facts: dict[str, Any]) -> None:
    assert done(facts) == ["action_done"]


def test_an_action_is_done_once_and_only_if_there_is_one() -> None:
    assert said("action", {"done": "2026-01-05"}, act="done") == ["action_done"]
    on = Project()
    say(on, "action")
    for n in (2, 3):
        say(on, "action", n, facts={"done": "2026-01-05"}, act="done")

    assert [about for _, about, _ in on.found] == ["action_done"]


def test_the_portfolios_are_judged_alike() -> None:
    house = House()
    house.register.complete = True
    for kind in ("action", "meeting"):
        key, act, facts = USUAL[kind]
        facts = {**facts, **({"actions": ["AC-01"]} if kind == "meeting" else {"meeting": "M-01"})}
        house.say(f"portfolio_{kind}.recorded", key=key, n=1, act=act, facts=facts)
    assert house.found == []

    facts = {**MEETING, "held": "2026-01-04", "risks": ["R-01"]}
    seq = house.say("portfolio_meeting.recorded", key="M-02", n=1, act="hold", facts=facts)

    assert house.found == [("RULE_VIOLATION", "meeting", seq)]
