"""Whose key sealed the log: rotations, replacements, pinned keys, witnesses. Both verifiers say the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.bundle.checking import Files, agreed, altered, lines, put, said, swapped
from tests.bundle.conftest import WITNESS
from tests.bundle.logs import Log, resigned, signer

from flowgov.audit.note import Note


@pytest.fixture
def sealed(unsigned_log: Log) -> Log:
    """A log with one key and one checkpoint."""
    sealed = unsigned_log.copy()
    sealed.register()
    sealed.checkpoint()
    return sealed


def test_without_a_key_from_elsewhere_a_bundle_is_its_own_word(sealed: Log, place: Path) -> None:
    verdict = agreed(place, sealed.bundle())

    assert (verdict.exit, verdict.level) == (0, "L1")


def test_a_key_from_elsewhere_that_is_the_logs_seals_it(sealed: Log, place: Path) -> None:
    verdict = agreed(place, sealed.bundle(), [sealed.key.key])

    assert (verdict.exit, verdict.level) == (0, "L2")


def test_a_key_from_elsewhere_that_is_another_does_not(sealed: Log, place: Path) -> None:
    verdict = agreed(place, sealed.bundle(), [signer(sealed.origin, 9).key])

    assert (verdict.exit, verdict.codes) == (1, {"KEY_UNAUTHORISED"})


@pytest.mark.parametrize("number", [1, 2], ids=["before", "after"])
def test_trust_goes_through_a_rotation(sealed: Log, place: Path, number: int) -> None:
    new = signer(sealed.origin, 2)
    sealed.rotate(sealed.key, new)
    sealed.checkpoint(new, sealed.key)

    verdict = agreed(place, sealed.bundle(), [signer(sealed.origin, number).key])

    assert (verdict.exit, verdict.level) == (0, "L2")


def test_trust_goes_through_two_rotations_before_one_checkpoint(sealed: Log, place: Path) -> None:
    second, third = signer(sealed.origin, 2), signer(sealed.origin, 3)
    sealed.rotate(sealed.key, second)
    sealed.rotate(second, third)
    sealed.checkpoint(third, second, sealed.key)

    assert agreed(place, sealed.bundle(), [sealed.key.key]).exit == 0


@pytest.mark.parametrize("signers", [(2,), (1,)], ids=["without the old key", "without the new key"])
def test_the_first_checkpoint_after_a_rotation_has_both_signatures(
    sealed: Log, place: Path, signers: tuple[int, ...]
) -> None:
    sealed.rotate(sealed.key, signer(sealed.origin, 2))
    sealed.checkpoint(*(signer(sealed.origin, number) for number in signers))

    verdict = agreed(place, sealed.bundle())

    assert (verdict.exit, verdict.codes) == (1, {"KEY_UNAUTHORISED"})


def test_the_checkpoint_after_next_needs_the_new_key_only(sealed: Log, place: Path) -> None:
    new = signer(sealed.origin, 2)
    sealed.rotate(sealed.key, new)
    sealed.checkpoint(new, sealed.key)
    sealed.append("org", "role.revoked", {"grants": []})
    sealed.checkpoint(new)

    assert agreed(place, sealed.bundle(), [sealed.key.key]).exit == 0


def test_an_old_key_seals_nothing_after_its_rotation(sealed: Log, place: Path) -> None:
    new = signer(sealed.origin, 2)
    sealed.rotate(sealed.key, new)
    sealed.checkpoint(new, sealed.key)
    sealed.append("org", "role.revoked", {"grants": []})
    sealed.checkpoint(sealed.key)

    assert agreed(place, sealed.bundle()).codes == {"KEY_UNAUTHORISED"}


def test_a_signature_of_the_old_key_that_does_not_hold_is_told(sealed: Log, place: Path) -> None:
    new = signer(sealed.origin, 2)
    sealed.rotate(sealed.key, new)
    note = Note.parse(sealed.checkpoint(new))
    sealed.notes[-1] = resigned(str(note), *note.signatures, sealed.key.sign("something else\n"))

    assert agreed(place, sealed.bundle()).codes == {"CHECKPOINT_INVALID"}


def replaced(sealed: Log) -> Log:
    """The same log after its key was stolen and replaced, with a checkpoint by the new one."""
    new = signer(sealed.origin, 2)
    sealed.replace(sealed.key, new, len(sealed.bodies), "stolen")
    sealed.checkpoint(new)
    return sealed


def test_a_key_that_was_replaced_needs_no_signature_of_the_old_one(sealed: Log, place: Path) -> None:
    verdict = agreed(place, replaced(sealed).bundle())

    assert (verdict.exit, verdict.level) == (0, "L1")


def test_trust_does_not_go_through_a_replacement(sealed: Log, place: Path) -> None:
    verdict = agreed(place, replaced(sealed).bundle(), [sealed.key.key])

    assert (verdict.exit, verdict.codes) == (1, {"KEY_UNAUTHORISED"})


def test_trust_that_a_replacement_ended_does_not_come_back_by_a_rotation(sealed: Log, place: Path) -> None:
    second, third = signer(sealed.origin, 2), signer(sealed.origin, 3)
    replaced(sealed)
    sealed.rotate(second, third)
    sealed.checkpoint(third, second)

    assert agreed(place, sealed.bundle(), [sealed.key.key]).codes == {"KEY_UNAUTHORISED"}


def test_every_key_that_is_named_must_be_the_logs(sealed: Log, place: Path) -> None:
    keys = [sealed.key.key, signer(sealed.origin, 9).key]

    assert agreed(place, sealed.bundle(), keys).codes == {"KEY_UNAUTHORISED"}


def test_trust_in_both_keys_bridges_a_replacement(sealed: Log, place: Path) -> None:
    keys = [sealed.key.key, signer(sealed.origin, 2).key]

    verdict = agreed(place, replaced(sealed).bundle(), keys)

    assert (verdict.exit, verdict.level) == (0, "L2")


def test_what_a_stolen_key_sealed_beyond_its_end_does_not_count(sealed: Log, place: Path) -> None:
    end, new = len(sealed.bodies), signer(sealed.origin, 2)
    sealed.append("org", "role.revoked", {"grants": []})
    sealed.checkpoint(sealed.key)
    sealed.replace(sealed.key, new, end, "stolen")
    sealed.checkpoint(new)

    verdict = said(place, sealed.bundle())

    assert verdict.messages("KEY_UNAUTHORISED") == [f"checkpoint {end + 1}: it is not signed with {new.key}"]


def test_a_checkpoint_between_the_end_of_the_old_key_and_the_record_can_be_sealed_anew(
    sealed: Log, place: Path
) -> None:
    end, new = len(sealed.bodies), signer(sealed.origin, 2)
    sealed.append("org", "role.revoked", {"grants": []})
    sealed.checkpoint(new)
    sealed.replace(sealed.key, new, end, "stolen")
    sealed.checkpoint(new)

    assert agreed(place, sealed.bundle(), [new.key]).exit == 0


def test_a_checkpoint_before_the_first_key_is_nobodys(unsigned_log: Log, place: Path) -> None:
    early = unsigned_log.copy()
    early.checkpoint()
    early.register()
    early.checkpoint()

    assert agreed(place, early.bundle()).codes == {"KEY_UNAUTHORISED"}


@pytest.mark.parametrize("again", ["register", "rotate"])
def test_a_key_that_does_not_follow_from_the_one_before_is_told(sealed: Log, place: Path, again: str) -> None:
    stranger = signer(sealed.origin, 9)
    if again == "register":
        sealed.append("org", "key.registered", {"key": str(stranger.key)})
    else:
        sealed.rotate(signer(sealed.origin, 8), stranger)
    sealed.checkpoint(stranger, sealed.key)

    assert agreed(place, sealed.bundle()).codes == {"KEY_UNAUTHORISED"}


def test_a_key_of_another_name_is_not_the_logs(sealed: Log, place: Path) -> None:
    stranger = signer("example.org/other")
    sealed.rotate(sealed.key, stranger)
    sealed.checkpoint(stranger, sealed.key)

    assert agreed(place, sealed.bundle()).codes == {"KEY_UNAUTHORISED"}


def test_a_log_that_names_no_key_is_not_verified(unsigned_log: Log, place: Path) -> None:
    keyless = unsigned_log.copy()
    keyless.checkpoint()

    verdict = agreed(place, keyless.bundle())

    assert (verdict.exit, verdict.codes, verdict.level) == (2, {"SIGNATURES_UNCHECKED"}, "L0")


def test_a_record_about_keys_in_a_projects_chain_says_nothing(sealed: Log, place: Path) -> None:
    stranger = signer(sealed.origin, 9)
    sealed.append(sealed.projects[0], "key.rotated", {"old": str(sealed.key.key), "new": str(stranger.key)})
    sealed.checkpoint(stranger)

    assert agreed(place, sealed.bundle()).codes == {"KEY_UNAUTHORISED"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"seq": 99}, "CHAIN_BROKEN"),
        ({"prev": "00" * 32}, "CHAIN_BROKEN"),
        ({"ts": "2025-01-01T00:00:00.000000Z"}, "TIME_BACKWARDS"),
    ],
    ids=["number", "hash", "time"],
)
def test_a_record_that_does_not_follow_is_found_though_the_logs_own_key_sealed_it(
    log: Log, place: Path, change: dict[str, object], code: str
) -> None:
    sealed = log.copy()
    sealed.append("org", "role.revoked", {"grants": []})
    sealed.bodies[-1] = swapped(sealed.bodies[-1], **change)
    sealed.checkpoint(signer(log.origin, 2))

    verdict = agreed(place, sealed.bundle())

    assert (verdict.exit, verdict.codes) == (1, {code})


# --- archives without the chain that names keys ----------------------------------------------------------------


def test_an_archive_is_sealed_by_a_key_from_elsewhere(log: Log, place: Path) -> None:
    second = signer(log.origin, 2)

    verdict = agreed(place, log.bundle("archive"), [second.key, log.key.key])

    assert (verdict.exit, verdict.level) == (0, "L2")


def test_an_archive_without_a_key_is_not_verified(log: Log, place: Path) -> None:
    assert agreed(place, log.bundle("archive")).codes == {"SIGNATURES_UNCHECKED"}


def test_an_archive_that_another_key_sealed_is_told(log: Log, place: Path) -> None:
    assert agreed(place, log.bundle("archive"), [signer(log.origin, 9).key]).codes == {"KEY_UNAUTHORISED"}


def test_an_archive_with_the_organisation_names_its_keys(log: Log, place: Path) -> None:
    bundle = log.bundle("archive", [*log.projects, "org"])

    assert agreed(place, bundle).exit == 0


# --- witnesses -------------------------------------------------------------------------------------------------


def test_a_witness_that_was_named_raises_the_level(log: Log, place: Path) -> None:
    verdict = agreed(place, log.bundle(), [log.key.key], [WITNESS.witness_key])

    assert (verdict.exit, verdict.level) == (0, "L4")


def test_every_witness_that_was_named_is_asked(sealed: Log, place: Path) -> None:
    other = signer("witness.example.net/w2")
    sealed.append("org", "role.revoked", {"grants": []})
    sealed.checkpoint(witnesses=[WITNESS, other])

    verdict = agreed(place, sealed.bundle(), [sealed.key.key], [WITNESS.witness_key, other.witness_key])

    assert (verdict.exit, verdict.level) == (0, "L4")
    absent = agreed(place, sealed.bundle(), [], [WITNESS.witness_key, signer("witness.example.org/w3").witness_key])
    assert absent.codes == {"WITNESS_MISSING"}


def test_a_witness_that_saw_an_earlier_checkpoint_is_told_with_its_size(sealed: Log, place: Path) -> None:
    sealed.append("org", "role.revoked", {"grants": []})
    sealed.checkpoint(witnesses=[WITNESS])
    sealed.append("org", "role.revoked", {"grants": []})
    sealed.checkpoint()

    verdict = agreed(place, sealed.bundle(), [], [WITNESS.witness_key])

    assert (verdict.exit, verdict.level) == (0, "L4")


def test_a_witness_that_saw_nothing_is_told(sealed: Log, place: Path) -> None:
    verdict = agreed(place, sealed.bundle(), [sealed.key.key], [WITNESS.witness_key])

    assert (verdict.exit, verdict.codes) == (1, {"WITNESS_MISSING"})


def test_a_cosignature_that_does_not_hold_is_told(sealed: Log, place: Path) -> None:
    note = Note.parse(sealed.notes[0])
    sealed.notes[0] = resigned(str(note), *note.signatures, WITNESS.cosign("x\n1\nAAAA\n", 7))

    verdict = agreed(place, sealed.bundle(), [], [WITNESS.witness_key])

    assert (verdict.exit, verdict.codes) == (1, {"CHECKPOINT_INVALID"})


def test_a_cosignature_of_somebody_who_was_not_named_does_not_matter(sealed: Log, place: Path) -> None:
    note = Note.parse(sealed.notes[0])
    sealed.notes[0] = resigned(str(note), *note.signatures, WITNESS.cosign("x\n1\nAAAA\n", 7))

    assert agreed(place, sealed.bundle()).exit == 0


@pytest.mark.parametrize("text", ["nonsense", "a+b+c", "name+00000000+AAAA"])
def test_what_is_no_key_is_not_verified(sealed: Log, place: Path, text: str) -> None:
    assert agreed(place, sealed.bundle(), [text]).exit == 2


def test_a_key_whose_parts_contradict_each_other_is_none(sealed: Log, place: Path) -> None:
    name, key_id, material = str(sealed.key.key).split("+", 2)
    text = f"{name}+{key_id[::-1]}+{material}"

    assert agreed(place, sealed.bundle(), [text]).exit == 2


def test_a_witnesss_key_is_no_logs_key(sealed: Log, place: Path) -> None:
    assert agreed(place, sealed.bundle(), [sealed.key.witness_key]).exit == 2


# --- what was redacted -----------------------------------------------------------------------------------------


def test_redacted_texts_are_counted_where_a_record_says_so(log: Log, place: Path) -> None:
    """The reason of a move; and of who left: login, name, e-mail, and the operating-system user of one act."""
    verdict = agreed(place, log.bundle())

    assert verdict.checked["texts redacted"] == 5
    assert verdict.checked["texts withheld"] == 0


def test_identities_are_withheld_unless_asked_for(log: Log, place: Path) -> None:
    verdict = agreed(place, log.bundle(identities=False))

    assert (verdict.exit, verdict.checked["texts redacted"]) == (0, 5)
    assert verdict.checked["texts withheld"] > 10


def test_a_redaction_of_another_record_covers_nothing(log: Log, place: Path) -> None:
    def change(files: Files) -> None:
        kept = [line for line in lines(files, "texts.jsonl") if b'"title"' not in line]
        put(files, "texts.jsonl", kept)

    verdict = agreed(place, altered(log.bundle(), change))

    assert verdict.checked["texts withheld"] == 2


def test_a_text_beside_another_record_is_told(log: Log, place: Path) -> None:
    def change(files: Files) -> None:
        texts = lines(files, "texts.jsonl")
        put(files, "texts.jsonl", [swapped(texts[0], seq=3), *texts[1:]])

    assert agreed(place, altered(log.bundle(), change)).codes == {"DISCLOSURE_ORPHAN"}
