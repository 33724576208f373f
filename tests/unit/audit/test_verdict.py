"""How much a verdict shows, and what else it says."""

from __future__ import annotations

from typing import Any

import pytest

from flowgov.audit.finding import Finding
from flowgov.audit.notice import Notice
from flowgov.audit.verdict import LEVELS, Heads, Proved, Verdict

SEALED = {"trusted": True, "sealed": 7}


def verdict(findings: int = 0, notices: tuple[Notice, ...] = (), **proved: Any) -> Verdict:
    found = tuple(Finding("GUARD_MISSING", None, None, None, {"trigger": "t"}) for _ in range(findings))
    return Verdict(
        9, 3, found, findings, None, Heads("", 2, ""), Proved(**{"size": 8, "waiting": 1, **proved}), notices
    )


@pytest.mark.parametrize(
    ("proved", "level", "assurance"),
    [
        ({}, "self_consistent", "L1"),
        ({"sealed": 7}, "self_consistent", "L1"),
        ({"trusted": True}, "self_consistent", "L1"),
        ({"anchored": 7, "witnessed": True}, "self_consistent", "L1"),
        (SEALED, "sealed", "L2"),
        ({**SEALED, "anchored": 0}, "anchored", "L3"),
        ({**SEALED, "anchored": 7}, "anchored", "L3"),
        ({**SEALED, "witnessed": True}, "witnessed", "L4"),
        ({**SEALED, "witnessed": True, "anchored": 7}, "witnessed", "L4"),
    ],
)
def test_a_log_is_as_sure_as_what_vouches_for_it(proved: dict[str, Any], level: str, assurance: str) -> None:
    found = verdict(**proved)

    assert (found.holds, found.level, found.assurance) == (True, level, assurance)


def test_one_finding_makes_everything_else_worthless() -> None:
    found = verdict(1, trusted=True, sealed=7, anchored=7, witnessed=True)

    assert (found.holds, found.level, found.assurance) == (False, "broken", "L0")


def test_without_anything_signed_nothing_is_proved() -> None:
    assert Proved() == Proved(0, 0, 0, None, False, None, None, 0, False, 0)
    assert Verdict(0, 0, (), 0, None, Heads("", 0, "")).redacted == 0


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_has_a_sentence(level: str) -> None:
    given: dict[str, dict[str, Any]] = {
        "broken": {"findings": 2},
        "self_consistent": {},
        "sealed": SEALED,
        "anchored": {**SEALED, "anchored": 5},
        "witnessed": {**SEALED, "witnessed": True, "seen": 5},
    }
    found = verdict(**given[level])

    assert found.level == level
    assert found.summary() != found.summary("fr")


def test_a_witness_who_saw_less_than_was_signed_is_not_said_to_have_seen_it_all() -> None:
    said = verdict(**SEALED, witnessed=True, seen=3).summary()

    assert said.endswith("and with what independent witnesses or a time-stamp authority saw of its first 3 records.")


def test_a_summary_counts() -> None:
    assert "2" in verdict(2).summary()
    assert "9 records" in verdict().summary()


@pytest.mark.parametrize(("anchored", "unanchored"), [(None, 9), (0, 9), (5, 4), (8, 1)])
def test_what_waits_for_a_position_is_neither_sealed_nor_anchored(anchored: int | None, unanchored: int) -> None:
    proved = verdict(sealed=6, anchored=anchored).proved

    assert (proved.unsealed, proved.unanchored) == (3, unanchored)


def test_a_log_that_holds_says_how_much_is_not_covered_yet() -> None:
    [tails] = verdict(sealed=6, anchored=5).remarks()

    assert tails == "Signed: 6 records; not signed yet: 3; not anchored: 4."


def test_a_log_that_does_not_hold_says_up_to_where_it_was_good() -> None:
    good = verdict(1, sealed=6, sealed_ts="2026-01-05T09:00:00.000000Z").remarks()[0]
    nothing = verdict(1).remarks()[0]

    assert "2026-01-05T09:00:00.000000Z" in good
    assert nothing != good


def test_notices_are_said_last() -> None:
    notice = Notice("NO_CHECKPOINT", 1)

    assert verdict(0, (notice,)).remarks("fr")[-1] == notice.message("fr")
