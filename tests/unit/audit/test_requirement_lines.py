"""Requirements and impact assessments in the log: what the rules did not permit is found."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.audit.risky import ASKED, ROLES, Risky, answered, stated


@pytest.fixture
def crm() -> Risky:
    return Risky()


def test_the_business_answers_requirements(crm: Risky) -> None:
    crm.enter("requirement", "record", ASKED, "requester")
    crm.enter("requirement", "refuse", answered("refused"))
    crm.enter("requirement", "accept", answered("accepted"))

    assert crm.wrong == []


@pytest.mark.parametrize(
    ("act", "said", "actor", "changes"),
    [
        ("accept", answered("accepted", "carol"), "carol", {}),
        ("accept", answered("accepted", "bob"), "alice", {}),
        ("accept", answered("refused"), "alice", {}),
        ("accept", answered("accepted", priority="could"), "alice", {}),
        ("refuse", answered("refused"), "alice", {"c": {}}),
        ("refuse", answered("refused"), "alice", {"cleared": ["reason"]}),
        ("accept", answered("accepted"), "alice", {"key": "Q-02"}),
        ("record", ASKED, "alice", {}),
    ],
)
def test_an_answer_that_is_not_the_businesss_is_found(
    crm: Risky, act: str, said: Any, actor: str, changes: Any
) -> None:
    crm.enter("requirement", "record", ASKED)
    crm.enter("requirement", act, said, actor, **changes)

    assert crm.wrong == ["requirement"]


@pytest.mark.parametrize("said", [{**ASKED, "status": "accepted"}, answered("open")])
def test_a_requirement_begins_unanswered(crm: Risky, said: Any) -> None:
    crm.enter("requirement", "record", said)

    assert crm.wrong == ["requirement"]


def test_a_requirement_is_recorded_by_who_acts_or_opened_the_project(crm: Risky) -> None:
    crm.replay.creator = "alice"
    crm.enter("requirement", "record", ASKED, "requester")

    assert crm.wrong == ["requirement"]


@pytest.mark.parametrize("said", [stated(), stated(done="2026-01-05"), stated(required=False)])
def test_the_data_protection_officer_states_whether_an_assessment_is_required(crm: Risky, said: Any) -> None:
    crm.enter("dpia", "record", said, "dora")

    assert crm.wrong == []


def test_without_such_a_role_the_business_states_it() -> None:
    crm = Risky(roles=[role for role in ROLES if role["id"] != "dpo"])
    crm.enter("dpia", "record", stated(p="alice", role="owner"), "alice")

    assert crm.wrong == []


@pytest.mark.parametrize(
    ("said", "actor", "changes"),
    [
        (stated(p="alice", role="owner"), "alice", {}),
        (stated(p="alice"), "dora", {}),
        (stated(done="2026-01-06"), "dora", {}),
        (stated(done="2026-01-05"), "dora", {"c": {}}),
        (stated(required=False, done="2026-01-05"), "dora", {}),
        (stated(required=False), "dora", {"c": {}}),
        (stated(), "dora", {"key": "DPIA-2"}),
    ],
)
def test_a_statement_by_somebody_else_or_without_a_reason_is_found(
    crm: Risky, said: Any, actor: str, changes: Any
) -> None:
    crm.enter("dpia", "record", said, actor, **changes)

    assert crm.wrong == ["dpia"]
