"""One project's chain, record by record: requests that are taken back, and what happened before its record."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.audit.projects import LATER, TS, Project, auth, checked

# --- a request taken back --------------------------------------------------------------------------------------------


def recalled(project: Project, actor: str, seqs: list[int], **changes: Any) -> list[tuple[str, str | None]]:
    """What is found of a request for ``submit`` that *actor* takes back."""
    project.say("gate.withdrawn", actor=actor, withdrawn=seqs, **changes)
    return [(code, about) for code, about, _ in project.found]


def test_who_opened_the_project_takes_back_what_was_asked() -> None:
    project = Project()
    seq = project.approve("carol")

    assert recalled(project, "requester", [seq]) == []
    assert project.replay.consents[seq].withdrawn == TS


def test_who_may_make_the_move_takes_it_back() -> None:
    project = Project()

    assert recalled(project, "alice", [project.approve("carol")], auth=auth("alice")) == []


@pytest.mark.parametrize(
    ("actor", "more", "found"),
    [
        ("alice", {}, [("ROLE_VIOLATION", "no_role_here")]),
        ("carol", {"auth": auth("carol")}, [("ROLE_VIOLATION", "not_entitled")]),
        ("alice", {"auth": auth("bob")}, [("ROLE_VIOLATION", "not_held")]),
        (
            "requester",
            {"t": "nonsense"},
            [("RULE_VIOLATION", about) for about in ("transition", "recall", "withdrawal")],
        ),
    ],
)
def test_nobody_else_does(actor: str, more: dict[str, Any], found: list[tuple[str, str]]) -> None:
    project = Project()

    assert recalled(project, actor, [project.approve("carol")], **more) == found


def test_where_the_definition_cannot_be_read_the_role_is_not_judged() -> None:
    project = Project()
    seq = project.approve("carol")
    project.replay.definition = None

    assert recalled(project, "carol", [seq], auth=auth("carol")) == []


def test_no_approval_is_left_standing() -> None:
    project = Project()
    project.approve("carol")

    assert recalled(project, "requester", []) == [("RULE_VIOLATION", "recall")]


def test_an_approval_that_was_used_up_is_not_taken_back() -> None:
    project = checked()

    assert recalled(project, "requester", [2]) == [("RULE_VIOLATION", "recall"), ("RULE_VIOLATION", "withdrawal")]


def test_where_records_are_missing_more_may_have_been_asked() -> None:
    project = Project()
    project.chain.lost = True

    assert recalled(project, "requester", [9]) == []


# --- before its record ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "within", "found"),
    [
        ("2026-01-05", 0, 0),
        (TS, 0, 0),
        ("2025-12-29", 7, 0),
        ("2025-12-28", 7, 1),
        ("2025-12-05", 31, 0),
        ("2025-12-04", 31, 1),
        ("2026-01-06", 7, 1),
        ("2026-01-05T09:00:00.000001Z", 7, 1),
        ("2026-01-05", 32, 1),
        ("2026-01-05", -1, 1),
    ],
)
def test_what_happened_before_is_neither_later_nor_too_long_ago(at: str, within: int, found: int) -> None:
    project = Project()
    project.add(occurred={"at": at, "within": within})

    assert project.found == [("RULE_VIOLATION", "occurred", 2)] * found


def test_a_clock_that_was_held_does_not_say_how_long_ago_it_was() -> None:
    project = Project()
    project.add(occurred={"at": "2026-01-04", "within": 7}, ts=LATER, clock="held")

    assert project.found == []


def test_a_refused_attempt_is_asked_too() -> None:
    project = Project()
    project.say("project.move_refused", occurred={"at": "2027-01-01", "within": 7})

    assert project.found == [("RULE_VIOLATION", "occurred", 2)]
