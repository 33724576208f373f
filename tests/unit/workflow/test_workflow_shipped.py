"""The five definitions that come with flowgov."""

from __future__ import annotations

import pytest

from flowgov.errors import NotFound
from flowgov.guarding.known import BUILT_IN
from flowgov.workflow import duties
from flowgov.workflow.load import BUILT_IN_GUARDS
from flowgov.workflow.model import CREATOR, STAGES
from flowgov.workflow.shipped import load_shipped, shipped, shipped_file, shipped_text


def test_five_definitions_are_shipped() -> None:
    assert shipped() == ("emergency", "pme-light", "regulated", "saas-procurement", "standard")


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_definition_is_named_like_its_file(name: str) -> None:
    assert load_shipped(name).name == f"{name}@1.1.0"


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_definition_goes_from_the_first_stage_to_the_last(name: str) -> None:
    workflow = load_shipped(name)

    stages = {state.stage for state in workflow.states.values()}
    assert (workflow.initial.stage, STAGES[-1] in stages) == (STAGES[0], True)


@pytest.mark.parametrize("name", shipped())
def test_the_auditor_of_a_shipped_definition_only_reads(name: str) -> None:
    roles = load_shipped(name).roles.values()

    assert [role.id for role in roles if not role.acts] == ["auditor"]


@pytest.mark.parametrize("name", shipped())
def test_a_step_aside_or_back_takes_a_reason(name: str) -> None:
    transitions = load_shipped(name).transitions.values()

    without = {t.kind for t in transitions if not t.reason_required}
    assert without <= {"gate", "resume", "timer"}


def test_a_regulated_lifecycle_knows_no_exception() -> None:
    assert load_shipped("regulated").separation == "block"


def test_the_creator_does_not_authorise_an_emergency() -> None:
    assert load_shipped("emergency").transitions["authorise_emergency"].distinct_from == (CREATOR,)


@pytest.mark.parametrize("name", shipped())
def test_no_shipped_definition_asks_for_the_same_separation_twice(name: str) -> None:
    workflow = load_shipped(name)

    twice = {
        (transition.id, rule)
        for transition in workflow.transitions.values()
        for rule, made in duties.facing(workflow, transition)
        if set(made) & set(transition.distinct_from)
        and duties.mode(workflow, rule) == duties.mode(workflow, "distinct_from")
    }
    assert twice == set()


def test_an_unknown_definition_is_not_found() -> None:
    with pytest.raises(NotFound) as caught:
        shipped_text("standart")

    assert caught.value.data["suggestions"] == ("standard",)


def test_a_path_is_not_a_definition() -> None:
    with pytest.raises(NotFound):
        shipped_text("../pyproject")


def test_the_demo_dataset_is_found() -> None:
    assert shipped_file("demo/dataset.yaml").is_file()


def test_the_loader_knows_exactly_the_built_in_guards() -> None:
    assert set(BUILT_IN) == BUILT_IN_GUARDS
