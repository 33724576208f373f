"""A definition as verification reads it from its stored bytes."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.audit.lifecycles import body, document

from flowgov.audit.definition import Definition, Demand, Step, parse
from flowgov.workflow.shipped import load_shipped, shipped


def parsed() -> Definition:
    found = parse(body())
    assert found is not None
    return found


def test_a_definition_is_read_as_it_was_written() -> None:
    found = parsed()

    assert (found.id, found.version, found.separation, found.initial) == ("small", "1", "exception", "draft")
    assert (found.states, found.suspended) == ({"draft", "checked", "live", "hold"}, {"hold"})
    assert found.open_states == {"draft", "checked", "live", "hold"}
    assert (found.evidence, found.acting) == ({"note", "test"}, {"owner", "checker", "dpo"})
    assert [*found.steps] == ["submit", "deploy", "attest", "renew", "rework", "reopen", "suspend", "resume"]


def test_a_state_that_nothing_leaves_is_not_open() -> None:
    found = document()
    found["transitions"] = [one for one in found["transitions"] if one["id"] not in ("rework", "reopen")]

    assert (parse(body(found)) or parsed()).open_states == {"draft", "checked", "hold"}


def test_a_step_has_all_that_its_gate_demands() -> None:
    always = ("role", "separation", "approvals", "evidence", "reason")
    demands = (Demand("checker", 1, personal_data=False), Demand("dpo", 2, personal_data=True))

    assert parsed().steps["submit"] == Step(
        "gate", frozenset({"draft"}), ("checked",), False, False, frozenset({"owner"}), demands, (), (), always, False
    )
    assert parsed().steps["renew"].asked == (*always, "rework_evidence_is_current")
    assert parsed().steps["renew"].evidence == ("note", "test")
    assert parsed().steps["deploy"].distinct_from == ("submit", "$creator")


def test_some_demands_are_made_of_personal_data_only() -> None:
    step = parsed().steps["submit"]

    assert [d.role for d in step.demands_on(personal_data=True)] == ["checker", "dpo"]
    assert [d.role for d in step.demands_on(personal_data=False)] == ["checker"]


@pytest.mark.parametrize(("kind", "starts"), [("rework", True), ("reopen", True), ("gate", False), ("reject", False)])
def test_some_kinds_of_steps_start_the_next_cycle(kind: str, starts: bool) -> None:
    found = document()
    found["transitions"][0]["kind"] = kind

    assert (parse(body(found)) or parsed()).steps["submit"].next_cycle is starts


def test_a_reason_is_asked_where_it_is_required() -> None:
    steps = parsed().steps

    assert (steps["rework"].reason, steps["submit"].reason) == (True, False)


def test_a_step_back_leads_to_wherever_a_project_can_be_suspended_from() -> None:
    step = parsed().steps["resume"]

    assert (sorted(step.targets), step.to_previous) == (["checked", "draft"], True)


@pytest.mark.parametrize(
    "bytes_",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b"{}",
        b'{"transitions": 1}',
        body({**document(), "states": [{"id": "x", "kind": "normal"}]}),
        body({**document(), "roles": [{"id": "x"}]}),
        body({**document(), "transitions": ["x"]}),
        body({**document(), "transitions": {"x": 1}}),
    ],
)
def test_what_is_no_definition_is_none(bytes_: bytes) -> None:
    assert parse(bytes_) is None


@pytest.mark.parametrize("name", shipped())
def test_what_ships_is_read(name: str) -> None:
    assert parse(load_shipped(name).body) is not None


@pytest.mark.parametrize(
    "declared",
    [
        {"risks": {"levels": [[1, 2], [2, 5]], "high_from": 5}},
        {"dates": [{"id": "end", "min_days": 1}]},
        {"continuity": {"mode": "block"}},
        {"separation_rules": {"validator_design": "warn"}},
        {"meetings": "what verification does not read"},
    ],
    ids=str,
)
def test_what_a_definition_declares_besides_is_read(declared: dict[str, Any]) -> None:
    assert parse(body({**document(), **declared})) is not None


@pytest.mark.parametrize(
    "forged",
    [
        {"risks": 5},
        {"risks": {"levels": "xx"}},
        {"risks": {"levels": []}},
        {"risks": {"levels": [[]]}},
        {"risks": {"levels": [[1, 2], [1]]}},
        {"risks": {"levels": [[1, "x"]]}},
        {"risks": {"high_from": "x"}},
        {"risks": {"acceptance_days": 2**53}},
        {"continuity": 5},
        {"continuity": {"critical_from": "x"}},
        {"continuity": {"restore_test_days": None}},
        {"dates": 5},
        {"dates": [{}]},
        {"dates": [{"id": "end", "min_days": "x"}]},
        {"separation_rules": 5},
        {"separation_rules": {"validator_design": 5}},
        {"evidence": [{"id": "note", "valid_days": "x"}]},
        {"roles": [{"id": "x", "acts": "no"}]},
    ],
    ids=str,
)
def test_what_is_of_another_kind_makes_it_none(forged: dict[str, Any]) -> None:
    assert parse(body({**document(), **forged})) is None


@pytest.mark.parametrize(
    "forged",
    [
        {"kind": "timer"},
        {"timer": {}},
        {"timer": {"date": "end", "before_days": "x"}},
        {"sets": "end"},
        {"waive_by": [5]},
        {"verbal": "yes"},
        {"approvals": [{"role": "owner", "min": "two", "when": None}]},
    ],
    ids=str,
)
def test_nor_is_it_one_with_such_a_transition(forged: dict[str, Any]) -> None:
    found = document()
    found["transitions"][0] |= forged

    assert parse(body(found)) is None


@pytest.mark.parametrize("key", ["id", "version", "separation", "states", "evidence", "roles", "transitions"])
def test_nothing_of_a_definition_may_be_missing(key: str) -> None:
    found: dict[str, Any] = document()
    del found[key]

    assert parse(body(found)) is None
