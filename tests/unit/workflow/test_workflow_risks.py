"""A definition that grades risks by a matrix of its own, and asks both sides to confirm them."""

from __future__ import annotations

import pytest

from flowgov.dossier.matrices import matrix_of
from flowgov.errors import WorkflowInvalid
from flowgov.workflow.load import load_text
from flowgov.workflow.model import Risks
from flowgov.workflow.shipped import shipped_text

SHIPPED = shipped_text("pme-light")


def found(more: str = "", text: str = SHIPPED) -> list[tuple[str, int]]:
    """Code and line of every mistake."""
    try:
        load_text(text + more)
    except WorkflowInvalid as error:
        return [(m.code, m.at.line - len(text.splitlines())) for m in error.mistakes]
    return []


@pytest.mark.parametrize(
    ("risks", "code", "line"),
    [
        ("  matrix: 4x4\n  levels: [[1, 2], [2, 3]]\n", "risk_matrix_twice", 3),
        ("  levels: [[1, 2], [2, 3, 3]]\n", "risk_levels_ragged", 2),
        ("  levels: [[1, 2, 3]]\n", "risk_levels_ragged", 2),
        ("  levels: [[1, 3], [3, 2]]\n", "risk_levels_fall", 2),
        ("  levels: [[3, 3], [2, 3]]\n", "risk_levels_fall", 2),
        ("  levels: [[1, 2], [2, 2]]\n", "risk_never_high", 2),
        ("  matrix: 4x4\n  high_from: 4\n", "risk_never_high", 3),
    ],
)
def test_a_matrix_that_grades_nothing_sensibly_is_a_mistake_with_its_place(risks: str, code: str, line: int) -> None:
    assert found(f"risks:\n{risks}") == [(code, line)]


@pytest.mark.parametrize(
    "risks", ["{levels: [[1, 2], [2, 5]], high_from: 5}", "{matrix: 3x3, high_from: 2}", "{acceptance_days: 90}"]
)
def test_a_matrix_that_does_is_none(risks: str) -> None:
    assert found(f"risks: {risks}\n") == []


@pytest.mark.parametrize("risks", ["[]", "{levels: 3}", "{levels: [x]}", "{levels: [[x, 1], [1, 2]]}"])
def test_what_is_out_of_shape_is_told_once(risks: str) -> None:
    codes = {code for code, _ in found(f"risks: {risks}\n")}

    assert codes and not {code for code in codes if code.startswith("risk_")}


def test_a_joint_review_needs_a_role_on_each_side() -> None:
    without = "\n".join(
        line.replace(", side: business", "").replace(", side: technical", "") for line in SHIPPED.splitlines()
    )
    asking = without.replace("duty: design", "duty: design\n    guards: [joint_risk_review]", 1)

    assert {code for code, _ in found(text=asking)} == {"risk_no_side"}


def test_another_matrix_has_another_id() -> None:
    shipped, stricter = matrix_of(Risks()), matrix_of(Risks(high_from=2))

    assert shipped.id != stricter.id
    assert (shipped.level(4, 3), shipped.level(4, 2), shipped.level(3, 3), shipped.level(1, 1)) == (3, 2, 3, 1)


def test_a_3x3_matrix_ships_too() -> None:
    matrix = matrix_of(Risks(matrix="3x3"))

    assert (matrix.gravities, matrix.likelihoods, matrix.knows(4, 1), matrix.knows(3, 3)) == (3, 3, False, True)
