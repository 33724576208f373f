"""How far a log is vouched for, once signatures were checked and roots compared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from flowgov.audit.seals import Outside, Seals, proved
from flowgov.audit.tree import Sums

TEN, NOBODY = "2026-01-05T10:00:00.000000Z", Outside()


def sums(*agreed: int, copies: Sequence[tuple[int, str]] = (), size: int = 10) -> Sums:
    return Sums(size, {at: f"ts {at}" for at in agreed}, {*copies})


def test_nothing_signed_vouches_for_nothing() -> None:
    said = proved(Seals(), Sums(size=3, archived=2), 1, NOBODY, None)

    assert (said.size, said.waiting, said.archived) == (3, 1, 2)
    assert (said.sealed, said.sealed_ts, said.trusted, said.anchored, said.anchored_at) == (0, None, False, None, None)
    assert (said.witnesses, said.witnessed) == (0, False)


@pytest.mark.parametrize(("lowest", "held"), [(None, 8), (8, 8), (7, 5), (5, 5), (4, 0)])
def test_the_largest_checkpoint_before_the_first_record_that_does_not_hold_counts(
    lowest: int | None, held: int
) -> None:
    said = proved(Seals(), sums(5, 8), 0, NOBODY, lowest)

    assert (said.sealed, said.sealed_ts) == (held, f"ts {held}" if held else None)


@pytest.mark.parametrize(("trusted", "believed"), [({5}, True), ({6}, False), (set(), False)])
def test_trust_needs_a_checkpoint_that_agrees(trusted: set[int], believed: bool) -> None:
    assert proved(Seals(trusted=trusted), sums(5, 8), 0, NOBODY, None).trusted is believed


def test_a_log_whose_signatures_were_not_checked_is_neither_sealed_nor_trusted() -> None:
    said = proved(Seals(trusted={5}, checked=False), sums(5), 0, NOBODY, None)

    assert (said.sealed, said.sealed_ts, said.trusted) == (0, None, False)


def test_the_largest_copy_that_agrees_is_the_anchor() -> None:
    said = proved(Seals(), sums(copies=[(4, "usb"), (7, "git"), (2, "usb")]), 0, NOBODY, None)

    assert (said.anchored, said.anchored_at) == (7, None)


def test_the_signers_own_memory_is_no_anchor() -> None:
    outside = Outside(memory="vault")

    assert proved(Seals(), sums(copies=[(7, "vault"), (4, "usb")]), 0, outside, None).anchored == 4
    assert proved(Seals(), sums(copies=[(7, "vault")]), 0, outside, None).anchored is None


def test_an_anchor_has_the_time_at_which_others_saw_it() -> None:
    times = {7: datetime.fromisoformat("2026-01-05T11:00:00+01:00"), 4: datetime(2020, 1, 1, tzinfo=UTC)}

    said = proved(Seals(trusted_times=times), sums(copies=[(7, "usb"), (4, "usb")]), 0, NOBODY, None)

    assert said.anchored_at == TEN


@pytest.mark.parametrize(
    ("seen", "quorum", "witnesses", "enough"),
    [
        ({5: {"a"}}, 1, 1, True),
        ({5: {"a"}}, 2, 1, False),
        ({5: {"a", "b"}, 7: {"c"}}, 2, 2, True),
        ({5: {"a"}, 7: {"b"}}, 2, 1, False),
        ({6: {"a", "b"}}, 1, 0, False),
        ({}, 0, 0, False),
        ({5: {"a", "b"}}, 0, 2, True),
    ],
)
def test_witnesses_count_on_one_checkpoint_that_agrees(
    seen: dict[int, set[str]], quorum: int, witnesses: int, enough: bool
) -> None:
    said = proved(Seals(witnessed=seen), sums(5, copies=[(7, "usb")]), 0, Outside(quorum=quorum), None)

    assert (said.witnesses, said.witnessed) == (witnesses, enough)


def test_one_witness_is_enough_unless_more_are_asked_for() -> None:
    assert proved(Seals(witnessed={5: {"a"}}), sums(5), 0, NOBODY, None).witnessed


@pytest.mark.parametrize(("stamped", "seen"), [({5}, True), ({7}, True), ({6}, False)])
def test_a_time_stamp_on_a_checkpoint_that_agrees_is_a_witness(stamped: set[int], seen: bool) -> None:
    assert proved(Seals(stamped=stamped), sums(5, copies=[(7, "usb")]), 0, NOBODY, None).witnessed is seen
