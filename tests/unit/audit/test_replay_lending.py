"""One project's chain, record by record: what was done for somebody else, by leavers and by service accounts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.audit.projects import Project, asked, auth

from flowgov.audit.definition import ALWAYS


def lent(**more: Any) -> Project:
    """bob lent carol the owner's role; carol lent alice the checker's."""
    project = Project(**more)
    project.grant("carol", "owner", delegator="bob")
    project.grant("alice", "checker", delegator="carol")
    return project


def for_(actor: str, role: str, whom: str | None) -> dict[str, str]:
    return {**auth(actor, role), **({"for": whom} if whom else {})}


def counted(*seats: tuple[str, int, str | None]) -> list[dict[str, Any]]:
    return [
        {"p": person, "role": "checker", "seq": seq, **({"for": whom} if whom else {})} for person, seq, whom in seats
    ]


def submitted(project: Project, actor: str, auth_: dict[str, str], seats: list[dict[str, Any]]) -> None:
    project.move("submit", actor, auth=auth_, guards=asked(*ALWAYS, counted=seats))


@pytest.mark.parametrize(
    ("whom", "found"),
    [
        ("bob", []),
        (None, [("ROLE_VIOLATION", "on_behalf", 2)]),
        ("alice", [("ROLE_VIOLATION", "on_behalf", 2)]),
    ],
)
def test_a_move_names_for_whom_it_was_made(whom: str | None, found: list[Any]) -> None:
    project = lent()
    project.move("suspend", "carol", auth=for_("carol", "owner", whom))

    assert project.found == found


def test_a_move_for_nobody_else_names_nobody() -> None:
    project = lent()
    project.move("suspend", "alice", auth=for_("alice", "owner", "bob"))

    assert project.found == [("ROLE_VIOLATION", "on_behalf", 2)]


def test_whom_a_move_was_made_for_is_kept_with_it() -> None:
    project = lent()
    project.move("suspend", "carol", auth=for_("carol", "owner", "bob"))

    assert project.replay.passages["suspend"] == ["carol", 2, "bob"]


@pytest.mark.parametrize(
    ("first", "whom", "second", "for_second", "apart"),
    [
        ("carol", "bob", "bob", None, False),
        ("bob", None, "carol", "bob", False),
        ("carol", "bob", "carol", "bob", False),
        ("carol", "bob", "alice", None, True),
        ("alice", None, "carol", "bob", True),
    ],
)
def test_delegate_and_delegator_are_one_author(
    first: str, whom: str | None, second: str, for_second: str | None, apart: bool
) -> None:
    project = lent()
    project.register.permissions.clear()
    seq = project.approve("carol") if first != "carol" else 0
    project.replay.passages["submit"] = [first, seq or 1, *([whom] if whom else [])]
    project.replay.state = "checked"
    project.move("deploy", second, auth=for_(second, "owner", for_second))

    assert (("RULE_VIOLATION", "same_author", project.chain.seq) not in project.found) is apart


def test_an_approval_for_somebody_counts_as_such() -> None:
    project = lent()
    seq = project.approve("alice", auth=for_("alice", "checker", "carol"))
    submitted(project, "bob", auth("bob"), counted(("alice", seq, "carol")))

    assert (project.found, project.replay.consents[seq].delegator) == ([], "carol")


def test_an_approval_is_counted_for_whom_it_was_given() -> None:
    project = lent()
    seq = project.approve("alice", auth=for_("alice", "checker", "carol"))
    submitted(project, "bob", auth("bob"), counted(("alice", seq, None)))

    assert project.found == [("RULE_VIOLATION", "approval", 3)]


def test_who_moves_for_somebody_does_not_count_that_persons_approval() -> None:
    project = lent()
    project.grant("bob", "checker")
    seq = project.approve("bob", auth=auth("bob", "checker"))
    submitted(project, "carol", for_("carol", "owner", "bob"), counted(("bob", seq, None)))

    assert project.found == [("RULE_VIOLATION", "counted_twice", 3)]


def test_delegate_and_delegator_count_once_among_the_approvals() -> None:
    project = lent()
    mine = project.approve("carol")
    theirs = project.approve("alice", auth=for_("alice", "checker", "carol"))
    submitted(project, "bob", auth("bob"), counted(("carol", mine, None), ("alice", theirs, "carol")))

    assert project.found == [("RULE_VIOLATION", "counted_twice", 4)]


def test_whoever_left_does_nothing_any_more() -> None:
    project = Project()
    project.register._left["alice"] = 101
    project.move("suspend")

    assert project.found == [("ROLE_VIOLATION", "ended", 2)]


def test_what_was_done_before_leaving_stands() -> None:
    project = Project()
    project.register._left["alice"] = 102
    project.move("suspend")

    assert project.found == []


def test_rule_12_a_service_account_never_approves() -> None:
    project = Project()
    project.register.people["carol"] = replace(project.register.people["carol"], service=True)
    project.approve("carol")

    assert project.found == [("ROLE_VIOLATION", "service_approves", 2)]
