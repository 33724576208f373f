"""Copies of checkpoints outside the database, and machines that cannot check signatures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.audit.sealing import (
    HEIR,
    HOUSE,
    OTHER,
    REPLACED,
    ROTATED,
    THIEF,
    WITNESS,
    Sealed,
    checkpoint,
    cosigned,
    registered,
    row,
    trusting,
)

from flowgov.audit import seals
from flowgov.audit.seals import Copy
from flowgov.audit.standing import KeyEvent
from flowgov.errors import MissingExtra

# --- copies elsewhere -----------------------------------------------------------------------------------------------


def copy(note: str | None, place: str = "usb", **more: Any) -> Copy:
    return Copy(note, place, "notes/5", **more)


def with_copies(*copies: Copy, events: Sequence[KeyEvent] = (), rows: Any = None, **outside: Any) -> Sealed:
    rows = [(5, checkpoint(5, HOUSE))] if rows is None else rows
    return Sealed(rows, events or [registered(HOUSE)], copies=copies, **outside)


def test_a_copy_of_a_checkpoint_is_a_claim_of_its_place() -> None:
    sealed = with_copies(copy(checkpoint(5, HOUSE)))

    assert (sealed.found, sealed.claims) == ([], [(5, None, False), (5, "usb", False)])
    assert (sealed.seals.stamped, sealed.seals.trusted_times) == (set(), {})


@pytest.mark.parametrize("note", [None, "", "damaged"])
def test_a_damaged_copy_is_found(note: str | None) -> None:
    sealed = with_copies(copy(note), places=("usb",))

    assert sealed.found == [("ANCHOR_INVALID", "damaged", None)]
    assert sealed.findings[0].params["why"] == "no_blank_line"


def test_a_copy_whose_writing_was_interrupted_is_worth_a_notice_and_not_counted() -> None:
    lost = copy(None, why="it was cut", cut=True)

    sealed = with_copies(lost, copy(checkpoint(5, HOUSE)), places=("usb",))
    alone = with_copies(lost, places=("usb",))

    assert (sealed.found, sealed.notices) == ([], ["ANCHOR_CUT"])
    assert (alone.found, alone.notices) == ([("ANCHOR_INVALID", "empty", None)], ["ANCHOR_CUT"])


def test_a_damaged_copy_says_why_in_the_words_of_its_place() -> None:
    assert with_copies(copy(None, why="not_a_token")).findings[0].params["why"] == "not_a_token"


def test_a_copy_that_cannot_be_relied_on_is_no_claim() -> None:
    sealed = with_copies(copy(checkpoint(5, HOUSE), why="other_commit"), places=("usb",))

    assert sealed.found == [("ANCHOR_INVALID", "damaged", None)]
    assert sealed.claims == [(5, None, False)]


def test_another_logs_copy_in_the_same_place_is_nobodys_business() -> None:
    sealed = with_copies(copy(checkpoint(5, HOUSE, log="flowgov/another"), why="damaged"))

    assert (sealed.found, sealed.claims) == ([], [(5, None, False)])


@pytest.mark.parametrize("copies", [(), (copy(checkpoint(5, HOUSE, log="flowgov/another")),)])
def test_a_place_that_was_named_must_hold_something_of_this_log(copies: tuple[Copy, ...]) -> None:
    sealed = with_copies(*copies, places=("usb",))

    assert (sealed.found, sealed.notices) == ([("ANCHOR_INVALID", "empty", None)], [])


def test_a_place_that_is_only_configured_may_be_empty_as_yet() -> None:
    sealed = with_copies(copy(checkpoint(5, HOUSE)), configured=("usb", "git"))

    assert (sealed.found, sealed.notices) == ([], ["ANCHOR_EMPTY"])
    assert with_copies(copy(checkpoint(5, HOUSE)), places=("usb",), configured=("usb",)).notices == []


def test_a_copy_of_a_checkpoint_that_the_database_lost_is_found() -> None:
    sealed = with_copies(copy(checkpoint(4, HOUSE)))

    assert (sealed.found, sealed.claims[1:]) == ([("CHECKPOINT_MISSING", None, 4)], [(4, "usb", False)])


def test_a_copy_signed_by_a_stranger_proves_nothing() -> None:
    sealed = with_copies(copy(checkpoint(5, THIEF)))

    assert (sealed.found, sealed.claims) == ([("ANCHOR_INVALID", "signature", 5)], [(5, None, False)])


def test_a_copy_signed_by_a_key_that_was_brought_along_counts() -> None:
    """Whatever the log says of that key: it is the outside that is believed."""
    rows, keys = [(5, checkpoint(5, HOUSE))], [registered(HOUSE)]

    sealed = Sealed(rows, keys, copies=(copy(checkpoint(5, THIEF)),), keys=trusting(THIEF))

    assert sealed.claims == [(5, None, False), (5, "usb", False)]


@pytest.mark.parametrize(("size", "withdrawn"), [(3, False), (4, False), (5, True)])
def test_a_replaced_key_is_believed_up_to_the_size_that_its_replacement_names(size: int, withdrawn: bool) -> None:
    rows = [(size, checkpoint(size, HOUSE))]

    sealed = with_copies(copy(checkpoint(size, HOUSE)), events=REPLACED, rows=rows)

    assert sealed.claims[-1] == (size, "usb", withdrawn)


def test_a_rotated_key_is_believed_at_every_size() -> None:
    rows = [(9, checkpoint(9, HEIR, HOUSE))]

    assert with_copies(copy(checkpoint(9, HOUSE)), events=ROTATED, rows=rows).claims[-1] == (9, "usb", False)


def test_a_copy_stamped_by_an_authority_bounds_the_time() -> None:
    sealed = with_copies(copy(checkpoint(5, HOUSE), at="2026-01-05T12:00:00.000000Z"))

    assert (sealed.seals.stamped, sealed.seals.trusted_times) == ({5}, {5: datetime(2026, 1, 5, 12, tzinfo=UTC)})


def test_a_witnesss_line_on_a_copy_counts_where_the_database_has_none() -> None:
    note = cosigned(checkpoint(5, HOUSE), WITNESS, OTHER)

    sealed = with_copies(copy(note), witnesses=(str(OTHER.witness_key), "no key", str(WITNESS.witness_key)))

    assert sealed.seals.witnessed == {5: {str(WITNESS.witness_key), str(OTHER.witness_key)}}


def test_a_trusted_witness_that_did_not_sign_a_copy_did_not_see_it() -> None:
    sealed = with_copies(copy(cosigned(checkpoint(5, HOUSE), OTHER)), witnesses=(str(WITNESS.witness_key),))

    assert sealed.seals.witnessed == {}


# --- a machine that cannot check signatures -------------------------------------------------------------------------


@pytest.fixture
def unable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package that checks signatures is not installed."""

    def missing(*_: object) -> None:
        raise MissingExtra("sign")

    monkeypatch.setattr(seals, "verifies", missing)
    monkeypatch.setattr(seals, "cosigned_at", missing)


@pytest.mark.usefixtures("unable")
def test_signatures_that_cannot_be_checked_are_a_notice_and_prove_nothing() -> None:
    rows, keys = [(5, checkpoint(5, HOUSE)), (7, checkpoint(7, HOUSE))], [registered(HOUSE)]

    sealed = Sealed(rows, keys, [row(5, WITNESS)], witnesses=(str(WITNESS.witness_key),))

    assert (sealed.found, sealed.notices) == ([], ["SIGNATURES_UNCHECKED"])
    assert (sealed.seals.checked, sealed.seals.witnessed, sealed.seals.trusted_times) == (False, {}, {})
    assert [size for size, *_ in sealed.claims] == [5, 7]


@pytest.mark.usefixtures("unable")
def test_a_signature_by_another_name_is_wrong_whether_or_not_it_can_be_checked() -> None:
    rows, keys = [(5, checkpoint(5, HOUSE)), (7, checkpoint(7, THIEF))], [registered(HOUSE)]

    assert Sealed(rows, keys).found == [("CHECKPOINT_INVALID", None, 7)]


@pytest.mark.usefixtures("unable")
def test_a_witnesss_line_that_cannot_be_checked_ends_nothing() -> None:
    """No signature of the log comes before it: the checkpoint's key is not known."""
    sealed = Sealed([(5, checkpoint(5, HOUSE))], [], [row(5, WITNESS)], witnesses=(str(WITNESS.witness_key),))

    assert (sealed.found, sealed.notices) == ([("CHECKPOINT_INVALID", "no_key", 5)], ["SIGNATURES_UNCHECKED"])
    assert sealed.seals.witnessed == {}
