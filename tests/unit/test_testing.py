"""The helpers that ship for hosts' tests."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.gates import workflow

from flowgov import Engine, testing
from flowgov.testing import ADMINISTRATOR, FixedClock, assert_refused, engine, pass_gate, ready, seeded, vault
from flowgov.workflow.shipped import shipped, shipped_file


@pytest.fixture
def flow(tmp_path: Path) -> Iterator[Engine]:
    """An engine for pme-light with one person for each role, and a CRM project."""
    with engine(tmp_path) as made:
        made.open_project("CRM", workflow="pme-light", title="CRM", by="requester")
        yield made


def test_the_example_in_the_documentation_runs(tmp_path: Path) -> None:
    example = textwrap.dedent(str(inspect.getdoc(testing)).partition("::\n")[2])
    names: dict[str, Any] = {}
    exec(example, names)

    names["test_a_design_is_not_approved_by_who_validated_the_need"](tmp_path)


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_workflow_has_somebody_in_each_acting_role(tmp_path: Path, name: str) -> None:
    with engine(tmp_path, workflow=name) as made:
        roles = made.workflow(name).roles.values()

        assert {a.role for a in made.assignments() if a.person != ADMINISTRATOR} == {r.id for r in roles if r.acts}


def test_a_definition_may_be_a_file_or_a_value(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with (
        engine(tmp_path, workflow=shipped_file("workflows/standard.yaml")) as one,
        engine(tmp_path / "other", workflow=workflow()) as other,
    ):
        assert (one.workflows()[0].name, other.workflows()[0].name) == ("standard@1.1.0", "small@1.0.0")


def test_what_is_ready_can_be_done(flow: Engine) -> None:
    decision = ready(flow, "CRM", "validate_need", by="business_owner")

    assert (decision.allowed, flow.move("CRM", "validate_need", by="business_owner").target) == (
        True,
        "business_validated",
    )


def test_what_is_ready_already_is_left_alone(flow: Engine) -> None:
    ready(flow, "CRM", "validate_need", by="business_owner")
    before = len(flow.history("CRM"))

    ready(flow, "CRM", "validate_need", by="business_owner")

    assert len(flow.history("CRM")) == before


def test_what_nothing_can_make_ready_is_told(flow: Engine) -> None:
    with pytest.raises(AssertionError, match="role_missing"):
        ready(flow, "CRM", "validate_need", by="requester")


def test_a_missing_reason_is_told(flow: Engine) -> None:
    with pytest.raises(AssertionError, match="reason_missing"):
        ready(flow, "CRM", "hold", by="sponsor")


def test_a_whole_path_is_passed(flow: Engine) -> None:
    for transition, by in (
        ("validate_need", "business_owner"),
        ("approve_design", "technical_owner"),
        ("confirm_secured", "technical_owner"),
        ("deploy", "technical_owner"),
        ("review", "business_owner"),
    ):
        pass_gate(flow, "CRM", transition, by=by)

    assert flow.project("CRM").state.id == "reviewed"


def test_approvals_are_found_even_where_one_person_could_fill_either_seat(tmp_path: Path) -> None:
    gate = {"approvals": [{"role": r, "min": 1, "when": None} for r in ("sponsor", "dpo")]}
    people = {"alice": ["owner"], "bob": ["sponsor", "dpo"], "carol": ["sponsor"]}
    with engine(tmp_path, workflow=workflow(gate), people=people) as made:
        made.open_project("CRM", workflow="small", title="CRM", by="alice")

        assert ready(made, "CRM", "agree", by="alice").allowed


def test_a_refusal_that_was_expected_passes(flow: Engine) -> None:
    decision = assert_refused(flow, "CRM", "hold", by="sponsor", codes={"reason_missing"})

    assert [blocker.code for blocker in decision.blockers] == ["reason_missing"]


def test_a_refusal_for_another_reason_fails(flow: Engine) -> None:
    with pytest.raises(AssertionError, match="A reason is required"):
        assert_refused(flow, "CRM", "hold", by="sponsor", codes={"role_missing"})


def test_a_refusal_for_more_reasons_fails(flow: Engine) -> None:
    with pytest.raises(AssertionError, match="role_missing"):
        assert_refused(flow, "CRM", "hold", by="requester", codes={"reason_missing"})


def test_a_move_that_was_not_refused_fails(flow: Engine) -> None:
    with pytest.raises(AssertionError, match="on_hold"):
        assert_refused(flow, "CRM", "hold", by="sponsor", reason="Summer")


def test_the_records_are_the_same_every_time(tmp_path: Path) -> None:
    heads = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with engine(tmp_path / name, clock=FixedClock()) as made:
            heads.append([entry.hash for entry in made.log()])

    assert heads[0] == heads[1]


def test_another_seed_gives_other_ids() -> None:
    assert (seeded()(8) == seeded(0)(8), seeded(1)(8) == seeded(0)(8)) == (True, False)


def test_a_vault_signs_checkpoints(flow: Engine, tmp_path: Path) -> None:
    taken = flow.checkpoint(vault(flow, tmp_path / "vault"))

    assert (taken.size, flow.newest_checkpoint()) == (len(list(flow.log())), taken.note)


def test_a_vault_has_the_same_key_every_time_unless_another_seed_is_given(tmp_path: Path) -> None:
    keys = []
    for name, seed in (("one", 0), ("two", 0), ("three", 1)):
        (tmp_path / name).mkdir()
        with engine(tmp_path / name) as made:
            keys.append(str(vault(made, tmp_path / name / "vault", seed=seed).signer().key))

    assert (keys[0] == keys[1], keys[0] == keys[2]) == (True, False)


def test_a_vault_does_not_look_at_a_key_in_the_environment(
    flow: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOWGOV_SIGNING_KEY", "nonsense")

    assert flow.checkpoint(vault(flow, tmp_path / "vault")).size
