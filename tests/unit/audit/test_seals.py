"""Checkpoints, witnesses and copies, signed by hand: whose word counts, and for how much."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.audit.sealing import (
    HEIR,
    HOUSE,
    LOG,
    NOON,
    OTHER,
    REPLACED,
    ROOT,
    ROTATED,
    THIEF,
    WITNESS,
    Sealed,
    checkpoint,
    registered,
    replaced,
    rotated,
    row,
    signer,
    trusting,
)

from flowgov.audit.note import Checkpoint, Note
from flowgov.audit.seals import LATEST
from flowgov.audit.signing import Signer
from flowgov.audit.standing import KeyEvent

# --- the database's own checkpoints ---------------------------------------------------------------------------------


def test_a_checkpoint_signed_by_the_key_in_force_is_a_claim() -> None:
    sealed = Sealed([(5, checkpoint(5, HOUSE))], [registered(HOUSE)])

    assert (sealed.found, sealed.claims, sealed.notices) == ([], [(5, None, False)], [])
    assert sealed.seals.claims[0].root == ROOT


@pytest.mark.parametrize(
    ("size", "raw"),
    [
        (5, None),
        (5, b"bytes"),
        (5, "no note at all"),
        (6, checkpoint(5, HOUSE)),
        (5, checkpoint(5, HOUSE, log="flowgov/another")),
    ],
    ids=["nothing", "bytes", "prose", "another size", "another log"],
)
def test_what_is_no_checkpoint_of_this_log_is_no_claim(size: int, raw: Any) -> None:
    sealed = Sealed([(size, raw)], [registered(HOUSE)])

    assert (sealed.found, sealed.claims) == ([("CHECKPOINT_INVALID", "form", size)], [])


def test_a_checkpoint_of_another_log_says_of_which() -> None:
    sealed = Sealed([(5, checkpoint(6, HOUSE))], [registered(HOUSE)])

    assert sealed.findings[0].params["why"] == f"{LOG} 6"


def test_a_checkpoint_behind_one_that_is_not_in_order_is_still_examined() -> None:
    sealed = Sealed([(3, None), (5, checkpoint(5, HOUSE))], [registered(HOUSE)])

    assert sealed.claims == [(5, None, False)]


@pytest.mark.parametrize("idx", [None, 5, 6])
def test_a_checkpoint_needs_a_key_that_took_over_among_its_records(idx: int | None) -> None:
    sealed = Sealed([(5, checkpoint(5, HOUSE))], [registered(HOUSE, idx)])

    assert (sealed.found, sealed.claims) == ([("CHECKPOINT_INVALID", "no_key", 5)], [])


def test_the_last_record_of_a_checkpoint_may_be_the_one_that_names_its_key() -> None:
    assert Sealed([(5, checkpoint(5, HOUSE))], [registered(HOUSE, 4)]).found == []


@pytest.mark.parametrize("key", [THIEF, signer("house", "somebody")])
def test_a_checkpoint_signed_by_another_key_is_invalid(key: Signer) -> None:
    sealed = Sealed([(5, checkpoint(5, key))], [registered(HOUSE)])

    assert (sealed.found, sealed.claims) == ([("CHECKPOINT_INVALID", None, 5)], [])


def test_a_signature_under_the_right_name_must_hold() -> None:
    text = Checkpoint(LOG, 5, ROOT).text()
    other = HOUSE.sign(Checkpoint(LOG, 6, ROOT).text())

    sealed = Sealed([(5, str(Note(text, (other,))))], [registered(HOUSE)])

    assert (sealed.found, sealed.claims) == ([("CHECKPOINT_INVALID", None, 5)], [])


def test_a_checkpoint_with_a_strangers_line_beside_is_invalid() -> None:
    sealed = Sealed([(5, checkpoint(5, HOUSE, THIEF))], [registered(HOUSE)])

    assert (sealed.found, sealed.claims) == ([("CHECKPOINT_INVALID", "form", 5)], [])


def test_a_strangers_line_is_told_by_its_name() -> None:
    sealed = Sealed([(5, checkpoint(5, HOUSE, signer("thief", "somebody")))], [registered(HOUSE)])

    assert sealed.findings[0].params["why"] == "somebody"


def test_a_checkpoint_signed_twice_by_its_key_is_invalid() -> None:
    sealed = Sealed([(5, checkpoint(5, HOUSE, HOUSE))], [registered(HOUSE)])

    assert (sealed.found, sealed.claims) == ([("CHECKPOINT_INVALID", "form", 5)], [])
    assert sealed.findings[0].params["why"] == "2"


def test_a_registered_key_that_is_none_signs_nothing() -> None:
    sealed = Sealed([(5, checkpoint(5, HOUSE))], [KeyEvent(4, "no key", 0)])

    assert sealed.found == [("CHECKPOINT_INVALID", None, 5)]


def test_a_log_with_a_key_and_no_checkpoint_gets_a_notice() -> None:
    assert Sealed([], [registered(HOUSE)]).notices == ["NO_CHECKPOINT"]


def test_a_log_without_a_key_gets_no_notice() -> None:
    assert Sealed().notices == []


def test_a_log_whose_only_checkpoint_is_invalid_is_not_said_to_have_none() -> None:
    assert Sealed([(5, None)], [registered(HOUSE)]).notices == []


# --- keys that took over --------------------------------------------------------------------------------------------


def test_the_first_checkpoint_after_a_rotation_is_signed_by_both_keys() -> None:
    sealed = Sealed([(5, checkpoint(5, HOUSE)), (7, checkpoint(7, HEIR, HOUSE)), (9, checkpoint(9, HEIR))], ROTATED)

    assert (sealed.found, [size for size, *_ in sealed.claims]) == ([], [5, 7, 9])


def test_an_heir_whom_the_key_before_it_did_not_confirm_is_not_entitled() -> None:
    sealed = Sealed([(5, checkpoint(5, HOUSE)), (7, checkpoint(7, HEIR))], ROTATED)

    assert (sealed.found, sealed.claims) == ([("KEY_UNAUTHORISED", None, 7)], [(5, None, False)])
    assert sealed.findings[0].params["key"] == str(HEIR.key)


def test_the_key_before_a_rotation_does_not_sign_alone_after_it() -> None:
    assert Sealed([(7, checkpoint(7, HOUSE))], ROTATED).found == [("CHECKPOINT_INVALID", None, 7)]


def test_a_rotation_right_after_a_checkpoint_is_confirmed_by_the_next_one() -> None:
    keys = [registered(HOUSE), rotated(HOUSE, HEIR, 5)]

    sealed = Sealed([(5, checkpoint(5, HOUSE)), (7, checkpoint(7, HEIR))], keys)

    assert sealed.found == [("KEY_UNAUTHORISED", None, 7)]


def test_a_rotation_before_every_checkpoint_is_confirmed_by_the_first_one() -> None:
    assert Sealed([(5, checkpoint(5, HEIR))], [rotated(HOUSE, HEIR, 0)]).found == [("KEY_UNAUTHORISED", None, 5)]


def test_a_rotation_that_a_checkpoint_covered_is_not_confirmed_again() -> None:
    sealed = Sealed([(7, checkpoint(7, HEIR, HOUSE)), (9, checkpoint(9, HEIR, HOUSE))], ROTATED)

    assert sealed.found == [("CHECKPOINT_INVALID", "form", 9)]


def test_a_rotation_that_waits_for_a_position_changes_nothing_yet() -> None:
    keys = [registered(HOUSE), rotated(HOUSE, HEIR, None)]

    assert Sealed([(7, checkpoint(7, HOUSE))], keys).found == []


def test_every_key_of_several_rotations_between_two_checkpoints_signs() -> None:
    keys = [registered(HOUSE), rotated(HOUSE, HEIR, 5), rotated(HEIR, THIEF, 6)]

    assert Sealed([(4, checkpoint(4, HOUSE)), (7, checkpoint(7, THIEF, HEIR, HOUSE))], keys).found == []


def test_a_rotation_there_and_back_needs_each_key_once() -> None:
    keys = [registered(HOUSE), rotated(HOUSE, HEIR, 5), rotated(HEIR, HOUSE, 6)]

    assert Sealed([(4, checkpoint(4, HOUSE)), (7, checkpoint(7, HOUSE, HEIR))], keys).found == []


def test_a_key_that_was_replaced_need_not_confirm_the_next() -> None:
    sealed = Sealed([(5, checkpoint(5, HOUSE)), (7, checkpoint(7, HEIR))], REPLACED)

    assert (sealed.found, sealed.told) == ([], [("KEY_REPLACED", "org", 9, {"key": str(HEIR.key)})])


def test_a_rotation_is_no_replacement() -> None:
    assert Sealed([(7, checkpoint(7, HEIR, HOUSE))], ROTATED).notices == []


# --- trust ----------------------------------------------------------------------------------------------------------


def test_without_a_trusted_key_nothing_is_trusted_and_nothing_is_wrong() -> None:
    sealed = Sealed([(5, checkpoint(5, HOUSE))], [registered(HOUSE)])

    assert (sealed.seals.trusted, sealed.found) == (set(), [])


def test_a_trusted_key_vouches_for_itself_and_for_its_heirs() -> None:
    rows = [(5, checkpoint(5, HOUSE)), (7, checkpoint(7, HEIR, HOUSE)), (9, checkpoint(9, HEIR))]

    sealed = Sealed(rows, ROTATED, keys=trusting(HOUSE))

    assert (sealed.seals.trusted, sealed.found) == ({5, 7, 9}, [])


def test_a_trusted_heir_does_not_vouch_for_the_key_before_it() -> None:
    rows = [(5, checkpoint(5, HOUSE)), (7, checkpoint(7, HEIR, HOUSE))]

    sealed = Sealed(rows, ROTATED, keys=trusting(HEIR))

    assert (sealed.seals.trusted, sealed.found) == ({7}, [])


def test_a_trusted_key_that_the_log_never_had_is_found() -> None:
    sealed = Sealed([(5, checkpoint(5, HOUSE))], [registered(HOUSE)], keys=trusting(THIEF, HOUSE))

    assert (sealed.found, sealed.seals.trusted) == ([("KEY_UNAUTHORISED", "trusted", None)], {5})


def test_a_trusted_key_that_signed_nothing_and_was_confirmed_by_nobody_is_found() -> None:
    """A thief's key signs everything, and the trusted one is said to take over at the end."""
    keys = [registered(THIEF), rotated(THIEF, HOUSE, None)]

    sealed = Sealed([(5, checkpoint(5, THIEF))], keys, keys=trusting(HOUSE))

    assert (sealed.found, sealed.seals.trusted) == ([("KEY_UNAUTHORISED", "unconfirmed", None)], set())
    assert sealed.findings[0].params["key"] == str(HOUSE.key)


def test_a_trusted_key_of_a_log_without_a_valid_checkpoint_is_not_said_to_be_unconfirmed() -> None:
    assert Sealed([], [registered(HOUSE)], keys=trusting(HOUSE)).found == []


def test_whoever_trusts_a_key_that_was_replaced_is_told_that_another_signs_now() -> None:
    rows = [(5, checkpoint(5, HOUSE)), (7, checkpoint(7, HEIR))]

    sealed = Sealed(rows, REPLACED, keys=trusting(HOUSE))

    assert (sealed.found, sealed.seals.trusted) == ([("KEY_UNAUTHORISED", "replaced", None)], {5})
    assert (sealed.findings[0].stream, sealed.findings[0].seq) == ("org", 9)
    assert sealed.findings[0].params | {"about": ""} == {"about": "", "old": str(HOUSE.key), "key": str(HEIR.key)}


def test_whoever_trusts_both_keys_of_a_replacement_trusts_everything() -> None:
    rows = [(5, checkpoint(5, HOUSE)), (7, checkpoint(7, HEIR))]

    sealed = Sealed(rows, REPLACED, keys=trusting(HOUSE, HEIR))

    assert (sealed.found, sealed.seals.trusted) == ([], {5, 7})


def test_a_key_after_the_replacement_is_trusted_in_its_place() -> None:
    keys = [*REPLACED, rotated(HEIR, THIEF, 8)]

    sealed = Sealed([(9, checkpoint(9, THIEF, HEIR))], keys, keys=trusting(HOUSE, THIEF))

    assert (sealed.found, sealed.seals.trusted) == ([], {9})


def test_a_key_that_returned_is_trusted_from_its_last_return_on() -> None:
    keys = [registered(HOUSE), replaced(HOUSE, HEIR, 6, vouched=4), replaced(HEIR, HOUSE, 8, vouched=7)]
    rows = [(5, checkpoint(5, HOUSE)), (7, checkpoint(7, HEIR)), (9, checkpoint(9, HOUSE))]

    sealed = Sealed(rows, keys, keys=trusting(HOUSE))

    assert (sealed.found, sealed.seals.trusted) == ([], {9})


# --- witnesses ------------------------------------------------------------------------------------------------------


def witnessed(*rows: tuple[Any, Any, Any], trusted: Sequence[Signer] = (WITNESS,), size: int = 5) -> Sealed:
    """A log with one checkpoint, and lines of witnesses."""
    keys = tuple(str(key.witness_key) for key in trusted)
    return Sealed([(size, checkpoint(size, HOUSE))], [registered(HOUSE)], rows, witnesses=keys)


def test_a_trusted_witness_bounds_the_time_of_a_checkpoint() -> None:
    sealed = witnessed(row(5, WITNESS))

    assert (sealed.found, sealed.seals.witnessed) == ([], {5: {str(WITNESS.witness_key)}})
    assert sealed.seals.trusted_times == {5: datetime.fromtimestamp(NOON, UTC)}


def test_a_witness_nobody_trusts_bounds_nothing() -> None:
    sealed = witnessed(row(5, WITNESS), trusted=())

    assert (sealed.found, sealed.seals.witnessed, sealed.seals.trusted_times) == ([], {}, {})


@pytest.mark.parametrize("times", [(NOON, NOON + 60), (NOON + 60, NOON)])
def test_of_two_witnesses_the_earlier_time_counts(times: tuple[int, int]) -> None:
    sealed = witnessed(row(5, WITNESS, times[0]), row(5, OTHER, times[1]), trusted=(WITNESS, OTHER))

    assert sealed.seals.trusted_times == {5: datetime.fromtimestamp(NOON, UTC)}
    assert sealed.seals.witnessed == {5: {str(WITNESS.witness_key), str(OTHER.witness_key)}}


def test_a_time_beyond_every_calendar_is_held_at_the_latest() -> None:
    sealed = witnessed(row(5, WITNESS, 2**62))

    assert sealed.seals.trusted_times == {5: datetime.fromtimestamp(LATEST, UTC)}


def test_the_latest_time_is_the_year_3000() -> None:
    assert datetime.fromtimestamp(LATEST, UTC) == datetime(3000, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("size", "witness", "line"),
    [
        (6, row(5, WITNESS)[1], row(5, WITNESS)[2]),
        (5, row(5, WITNESS)[1], None),
        (5, "nobody's key", row(5, WITNESS)[2]),
        (5, None, row(5, WITNESS)[2]),
        (5, row(5, WITNESS)[1], "no signature\n"),
        (5, row(5, WITNESS)[1], row(5, OTHER)[2]),
        (5, row(5, WITNESS)[1], row(6, WITNESS)[2]),
        (5, row(5, WITNESS)[1], row(5, WITNESS)[2] * 2),
        (5, row(5, WITNESS)[1], HOUSE.sign(Checkpoint(LOG, 5, ROOT).text()).line()),
    ],
    ids=[
        "no such checkpoint",
        "no line",
        "no key",
        "no witness",
        "no signature",
        "another witness's",
        "on another checkpoint",
        "twice",
        "the log's own",
    ],
)
def test_a_line_that_is_not_the_witnesss_on_this_checkpoint_is_invalid(size: int, witness: Any, line: Any) -> None:
    sealed = witnessed((size, witness, line))

    assert (sealed.found, sealed.seals.witnessed) == ([("COSIGNATURE_INVALID", None, size)], {})
