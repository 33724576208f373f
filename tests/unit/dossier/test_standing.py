"""Since when a project stands where it stands."""

from __future__ import annotations

import pytest

from flowgov.dossier.standing import Moved, Standing, standing
from flowgov.dossier.working_days import Pause

HOLD = frozenset({"on_hold"})


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        ([], Standing("0")),
        ([("1", "need", "valid")], Standing("1")),
        (
            [("1", "need", "valid"), ("2", "valid", "on_hold"), ("4", "on_hold", "valid")],
            Standing("1", (Pause("2", "4"),)),
        ),
        (
            [("2", "need", "on_hold"), ("4", "on_hold", "need"), ("5", "need", "on_hold"), ("6", "on_hold", "need")],
            Standing("0", (Pause("2", "4"), Pause("5", "6"))),
        ),
        ([("2", "need", "on_hold"), ("4", "on_hold", "need"), ("5", "need", "valid")], Standing("5")),
        ([("2", "need", "on_hold"), ("4", "on_hold", "cancelled")], Standing("4")),
        ([("1", "need", "valid"), ("2", "valid", "on_hold")], Standing("1")),
        ([("1", "valid", "valid")], Standing("1")),
        (
            [("2", "need", "on_hold"), ("3", "on_hold", "frozen"), ("4", "frozen", "need")],
            Standing("0", (Pause("2", "4"),)),
        ),
    ],
    ids=[
        "opened",
        "moved",
        "back from hold",
        "held twice",
        "moved on after a hold",
        "cancelled on hold",
        "on hold",
        "in again",
        "held within a hold",
    ],
)
def test_a_hold_interrupts_a_stay_and_every_other_move_ends_it(
    moves: list[tuple[str, str, str]], expected: Standing
) -> None:
    assert standing("0", [Moved(*move) for move in moves], HOLD | {"frozen"}) == expected
