"""Checkpoints, witnesses and copies, signed by hand: whose word counts, and for how much."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest

from flowgov.audit import seals
from flowgov.audit.finding import Findings
from flowgov.audit.note import Checkpoint, Note
from flowgov.audit.notice import Notices
from flowgov.audit.register import KeyEvent, Register
from flowgov.audit.seals import LATEST, Copy, Outside, examine
from flowgov.audit.signing import Signer
from flowgov.errors import MissingExtra

LOG = "flowgov/0123456789abcdef"
ROOT = sha256(b"root").digest()
NOON = 1_767_614_400
"""5 January 2026, in seconds."""


def signer(whose: str, name: str = LOG) -> Signer:
    """A key that is the same every time."""
    return Signer(name, sha256(whose.encode()).digest())


HOUSE, HEIR, THIEF = signer("house"), signer("heir"), signer("thief")
WITNESS, OTHER = signer("witness", "witness.example.org/w1"), signer("other", "witness.example.org/w2")


def checkpoint(size: int, *signers: Signer, log: str = LOG, root: bytes = ROOT) -> str:
    text = Checkpoint(log, size, root).text()
    return str(Note(text, tuple(key.sign(text) for key in signers)))


def cosigned(note: str, *witnesses: Signer, at: int = NOON) -> str:
    """The same note with a line of each witness."""
    text = Note.parse(note).text
    return note + "".join(witness.cosign(text, at).line() for witness in witnesses)


def row(size: int, witness: Signer, at: int = NOON) -> tuple[int, str, str]:
    """A witness's line on the checkpoint of that size, as the table keeps it."""
    return size, str(witness.witness_key), witness.cosign(Checkpoint(LOG, size, ROOT).text(), at).line()


def registered(key: Signer, idx: int | None = 0) -> KeyEvent:
    return KeyEvent(4, str(key.key), idx)


def rotated(old: Signer, new: Signer, idx: int | None) -> KeyEvent:
    return KeyEvent(9, str(new.key), idx, str(old.key), rotated=True)


def replaced(old: Signer, new: Signer, idx: int | None, vouched: int) -> KeyEvent:
    return KeyEvent(9, str(new.key), idx, str(old.key), vouched=vouched)


class Sealed:
    """What an examination comes to."""

    def __init__(
        self,
        checkpoints: Sequence[tuple[Any, Any]] = (),
        events: Sequence[KeyEvent] = (),
        cosignatures: Sequence[tuple[Any, Any, Any]] = (),
        **outside: Any,
    ) -> None:
        register, findings, self._notices = Register(), Findings(), Notices()
        register.keys = [*events]
        source = SimpleNamespace(checkpoints=lambda: checkpoints, cosignatures=lambda: cosignatures)
        self.seals = examine(source, register, LOG, Outside(**outside), findings, self._notices)
        self.findings = findings.kept

    @property
    def found(self) -> list[tuple[str, str | None, Any]]:
        """Code, what it is about, and which checkpoint, of every finding."""
        return [
            (f.code, f.params.get("about"), f.params.get("checkpoint", f.params.get("size"))) for f in self.findings
        ]

    @property
    def claims(self) -> list[tuple[int, str | None, bool]]:
        return [(claim.size, claim.place, claim.withdrawn) for claim in self.seals.claims]

    @property
    def notices(self) -> list[str]:
        return [notice.code for notice in self._notices.kept()]


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

ROTATED = [registered(HOUSE), rotated(HOUSE, HEIR, 6)]
REPLACED = [registered(HOUSE), replaced(HOUSE, HEIR, 6, vouched=4)]


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

    assert (sealed.found, sealed.notices) == ([], ["KEY_REPLACED"])


def test_a_rotation_is_no_replacement() -> None:
    assert Sealed([(7, checkpoint(7, HEIR, HOUSE))], ROTATED).notices == []


# --- trust ----------------------------------------------------------------------------------------------------------


def trusting(*keys: Signer) -> tuple[str, ...]:
    return tuple(str(key.key) for key in keys)


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
