"""Every way to damage or forge a bundle, and the finding that names it; both verifiers say the same.

A forger fixes the manifest: it is not what a bundle's truth rests on.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from tests.bundle.checking import (
    Files,
    agreed,
    altered,
    lines,
    node,
    other_hash,
    other_said,
    put,
    said,
    swapped,
)
from tests.bundle.conftest import WITNESS
from tests.bundle.logs import Log, resigned, signer

from flowgov.audit.note import Note

Change = Callable[[Files], object]

# --- records ---------------------------------------------------------------------------------------------------

LINE = 14
"""A record of the first project that is neither the first nor the last of its chain."""


def reworded(files: Files) -> None:
    records = lines(files, "records.jsonl")
    records[LINE] = swapped(records[LINE], code="9.9.9")
    put(files, "records.jsonl", records)


def flipped(files: Files) -> None:
    records = lines(files, "records.jsonl")
    records[LINE] = records[LINE][:40] + bytes([records[LINE][40] ^ 1]) + records[LINE][41:]
    put(files, "records.jsonl", records)


def spaced(files: Files) -> None:
    records = lines(files, "records.jsonl")
    records[LINE] = records[LINE].replace(b'":', b'": ', 1)
    put(files, "records.jsonl", records)


def with_a_fraction(files: Files) -> None:
    records = lines(files, "records.jsonl")
    records[LINE] = swapped(records[LINE], zz=1.5)
    put(files, "records.jsonl", records)


def with_a_key_twice(files: Files) -> None:
    records = lines(files, "records.jsonl")
    records[LINE] = records[LINE].replace(b"{", b'{"actor":"x",', 1)
    put(files, "records.jsonl", records)


def of_a_later_version(files: Files) -> None:
    records = lines(files, "records.jsonl")
    records[LINE] = swapped(records[LINE], v="flowgov.audit/2")
    put(files, "records.jsonl", records)


def without_an_actor(files: Files) -> None:
    records = lines(files, "records.jsonl")
    records[LINE] = swapped(records[LINE], actor=None)
    put(files, "records.jsonl", records)


def of_another_log(files: Files) -> None:
    records = lines(files, "records.jsonl")
    records[LINE] = swapped(records[LINE], log="flowgov/0000000000000000")
    put(files, "records.jsonl", records)


def backdated(files: Files) -> None:
    records = lines(files, "records.jsonl")
    records[LINE] = swapped(records[LINE], ts="2025-01-01T00:00:00.000000Z")
    put(files, "records.jsonl", records)


def left_out(files: Files) -> None:
    for name in {"records.jsonl", "proofs.jsonl"} & files.keys():
        put(files, name, [line for n, line in enumerate(lines(files, name)) if n != LINE])


def left_out_at_the_end(files: Files) -> None:
    put(files, "records.jsonl", lines(files, "records.jsonl")[:-1])


def exchanged(files: Files) -> None:
    records = lines(files, "records.jsonl")
    records[LINE], records[LINE + 1] = records[LINE + 1], records[LINE]
    put(files, "records.jsonl", records)


def told_twice(files: Files) -> None:
    records = lines(files, "records.jsonl")
    put(files, "records.jsonl", [*records, records[-1]])


def one_more(files: Files) -> None:
    records = lines(files, "records.jsonl")
    last = json.loads(records[-1])
    more = swapped(records[-1], seq=last["seq"] + 1, prev=sha256(b"\0" + records[-1]).hexdigest())
    put(files, "records.jsonl", [*records, more])


def without_the_organisation(files: Files) -> None:
    kept = [n for n, line in enumerate(lines(files, "records.jsonl")) if json.loads(line)["stream"] != "org"]
    for name in ("records.jsonl", "proofs.jsonl"):
        put(files, name, [lines(files, name)[n] for n in kept])


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (reworded, {"CHAIN_BROKEN", "ROOT_MISMATCH"}),
        (flipped, {"CHAIN_BROKEN", "ROOT_MISMATCH"}),
        (spaced, {"RECORD_MALFORMED", "CHAIN_BROKEN", "ROOT_MISMATCH"}),
        (with_a_fraction, {"RECORD_MALFORMED", "CHAIN_BROKEN", "ROOT_MISMATCH"}),
        (with_a_key_twice, {"RECORD_MALFORMED", "CHAIN_BROKEN", "ROOT_MISMATCH"}),
        (of_a_later_version, {"RECORD_MALFORMED", "CHAIN_BROKEN", "ROOT_MISMATCH"}),
        (without_an_actor, {"RECORD_MALFORMED", "CHAIN_BROKEN", "ROOT_MISMATCH"}),
        (of_another_log, {"RECORD_MALFORMED", "CHAIN_BROKEN", "ROOT_MISMATCH"}),
        (backdated, {"TIME_BACKWARDS", "CHAIN_BROKEN", "ROOT_MISMATCH"}),
        (left_out, {"CHAIN_BROKEN", "ROOT_MISMATCH", "RECORDS_MISCOUNTED"}),
        (left_out_at_the_end, {"RECORDS_MISCOUNTED"}),
        (exchanged, {"CHAIN_BROKEN", "ROOT_MISMATCH"}),
        (told_twice, {"CHAIN_BROKEN", "RECORDS_MISCOUNTED"}),
        (one_more, {"RECORDS_MISCOUNTED"}),
    ],
)
def test_what_was_done_to_a_record_of_a_whole_log_is_found(
    whole: bytes, place: Path, log: Log, change: Change, codes: set[str]
) -> None:
    verdict = agreed(place, altered(whole, change), [log.key.key])

    assert (verdict.exit, codes - verdict.codes) == (1, set())


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (reworded, {"CHAIN_BROKEN", "RECORD_MODIFIED"}),
        (flipped, {"CHAIN_BROKEN", "RECORD_MODIFIED"}),
        (spaced, {"RECORD_MALFORMED", "RECORD_MODIFIED"}),
        (of_another_log, {"RECORD_MALFORMED", "RECORD_MODIFIED"}),
        (backdated, {"TIME_BACKWARDS", "RECORD_MODIFIED"}),
        (left_out, {"CHAIN_BROKEN"}),
        (left_out_at_the_end, {"RECORDS_MISCOUNTED"}),
        (exchanged, {"RECORD_MODIFIED"}),
        (without_the_organisation, {"PROJECT_MISSING"}),
    ],
)
def test_what_was_done_to_a_record_of_a_project_is_found(
    one_project: bytes, place: Path, log: Log, change: Change, codes: set[str]
) -> None:
    verdict = agreed(place, altered(one_project, change), [log.key.key])

    assert codes - verdict.codes - {"SIGNATURES_UNCHECKED"} == set()
    assert verdict.exit == 1


def test_the_record_concerned_is_named(one_project: bytes, place: Path, log: Log) -> None:
    verdict = said(place, altered(one_project, reworded), [log.key.key])

    assert verdict.messages("RECORD_MODIFIED") == [
        f"line {LINE + 1} of records.jsonl: its proof does not show it in the log"
    ]


def test_a_record_without_a_proof_is_not_verified(one_project: bytes, place: Path) -> None:
    verdict = agreed(place, altered(one_project, one_more))

    assert (verdict.exit, verdict.codes) == (2, {"BUNDLE_UNREADABLE"})


# --- proofs and checkpoints ------------------------------------------------------------------------------------


def wrong_inclusion(files: Files) -> None:
    proofs = lines(files, "proofs.jsonl")
    path = json.loads(proofs[LINE])["path"]
    proofs[LINE] = swapped(proofs[LINE], path=[other_hash(path[0]), *path[1:]])
    put(files, "proofs.jsonl", proofs)


def short_inclusion(files: Files) -> None:
    proofs = lines(files, "proofs.jsonl")
    proofs[LINE] = swapped(proofs[LINE], path=json.loads(proofs[LINE])["path"][:-1])
    put(files, "proofs.jsonl", proofs)


def long_inclusion(files: Files) -> None:
    proofs = lines(files, "proofs.jsonl")
    path = json.loads(proofs[LINE])["path"]
    proofs[LINE] = swapped(proofs[LINE], path=[path[0], *path])
    put(files, "proofs.jsonl", proofs)


def position_beyond_the_log(files: Files) -> None:
    proofs = lines(files, "proofs.jsonl")
    proofs[-1] = swapped(proofs[-1], idx=json.loads(proofs[-1])["idx"] + 32)
    put(files, "proofs.jsonl", proofs)


def wrong_consistency(files: Files) -> None:
    steps = lines(files, "consistency.jsonl")
    path = json.loads(steps[0])["path"]
    steps[0] = swapped(steps[0], path=[other_hash(path[0]), *path[1:]])
    put(files, "consistency.jsonl", steps)


def no_consistency(files: Files) -> None:
    steps = lines(files, "consistency.jsonl")
    put(files, "consistency.jsonl", [swapped(steps[0], path=[]), *steps[1:]])


def long_consistency(files: Files) -> None:
    steps = lines(files, "consistency.jsonl")
    path = json.loads(steps[0])["path"]
    put(files, "consistency.jsonl", [swapped(steps[0], path=[path[0], path[0], *path[1:]]), *steps[1:]])


def consistency_of_other_sizes(files: Files) -> None:
    steps = lines(files, "consistency.jsonl")
    put(files, "consistency.jsonl", [swapped(steps[0], old=json.loads(steps[0])["old"] - 1), *steps[1:]])


def too_much_consistency(files: Files) -> None:
    steps = lines(files, "consistency.jsonl")
    put(files, "consistency.jsonl", [*steps, steps[-1]])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (wrong_inclusion, "RECORD_MODIFIED"),
        (short_inclusion, "RECORD_MODIFIED"),
        (long_inclusion, "RECORD_MODIFIED"),
        (position_beyond_the_log, "RECORD_MODIFIED"),
        (wrong_consistency, "FORKED"),
        (no_consistency, "FORKED"),
        (long_consistency, "FORKED"),
        (too_much_consistency, "FORKED"),
        (consistency_of_other_sizes, "FORKED"),
    ],
)
def test_a_proof_that_shows_nothing_is_found(
    one_project: bytes, place: Path, log: Log, change: Change, code: str
) -> None:
    verdict = agreed(place, altered(one_project, change), [log.key.key])

    assert (verdict.exit, code in verdict.codes) == (1, True)


def test_a_position_beyond_the_log_is_none_even_if_the_proof_would_lead_to_the_root(log: Log, place: Path) -> None:
    """In a tree of 32 leaves, the path of a leaf is also what one would walk from 32 leaves further."""
    grown = log.copy()
    while len(grown.bodies) < 32:
        grown.append("org", "role.revoked", {"grants": []})
    grown.checkpoint(signer(log.origin, 2))

    verdict = agreed(place, altered(grown.bundle("project"), position_beyond_the_log))

    assert (verdict.exit, verdict.codes) == (1, {"RECORD_MODIFIED"})


def test_base64_has_one_form(whole: bytes, place: Path) -> None:
    """The last digit of a salt has two bits to spare; with them set, it means the same bytes."""

    def change(files: Files) -> None:
        texts = lines(files, "texts.jsonl")
        salt = json.loads(texts[0])["salt"]
        digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        other = f"{salt[:-2]}{digits[digits.index(salt[-2]) + 1]}="
        put(files, "texts.jsonl", [swapped(texts[0], salt=other), *texts[1:]])

    assert agreed(place, altered(whole, change)).exit == 2


@pytest.mark.parametrize("number", ["9007199254740993", "-9007199254740992", "1e3", "-0", "1.0", "NaN"])
def test_a_number_that_canonical_json_has_not_is_found(whole: bytes, place: Path, number: str) -> None:
    def change(files: Files) -> None:
        records = lines(files, "records.jsonl")
        records[LINE] = records[LINE].replace(b"{", b'{"a":' + number.encode() + b",", 1)
        put(files, "records.jsonl", records)

    assert "RECORD_MALFORMED" in agreed(place, altered(whole, change)).codes


@pytest.mark.parametrize("text", ['"\\ud800"', '"\\u00e9"', '"\\/"', '"\\u000A"', '"\x7f\\u007f"'])
def test_a_character_that_is_written_another_way_is_found(whole: bytes, place: Path, text: str) -> None:
    def change(files: Files) -> None:
        records = lines(files, "records.jsonl")
        records[LINE] = records[LINE].replace(b"{", b'{"a":' + text.encode() + b",", 1)
        put(files, "records.jsonl", records)

    assert "RECORD_MALFORMED" in agreed(place, altered(whole, change)).codes


def test_a_hash_of_another_length_is_no_hash(one_project: bytes, place: Path) -> None:
    def change(files: Files) -> None:
        proofs = lines(files, "proofs.jsonl")
        put(files, "proofs.jsonl", [swapped(proofs[0], path=["AAAA"]), *proofs[1:]])

    assert agreed(place, altered(one_project, change)).exit == 2


@pytest.mark.parametrize(("scope", "code"), [("log", "ROOT_MISMATCH"), ("project", "FORKED")])
def test_two_checkpoints_of_two_histories_are_a_fork(log: Log, place: Path, scope: str, code: str) -> None:
    """The log's own key signed both: what the first one said was taken back."""
    forked = log.copy()
    other = log.copy()
    other.bodies[5] = swapped(other.bodies[5], code="9.9.9")
    other.notes.clear()
    forked.notes[0] = other.checkpoint(size=22)

    verdict = agreed(place, forked.bundle(scope), [log.key.key])  # type: ignore[arg-type]  # a scope

    assert (verdict.exit, verdict.codes) == (1, {code})


NEWEST = "checkpoints/000000000027.note"
FIRST = "checkpoints/000000000022.note"


def note_of_another_log(files: Files) -> None:
    files[FIRST] = files[FIRST].replace(b"flowgov/", b"flowgow/")


def note_under_another_name(files: Files) -> None:
    files["checkpoints/000000000021.note"] = files.pop(FIRST)


def no_note(files: Files) -> None:
    files[FIRST] = b"nothing of the kind\n"


def newest_is_not_the_newest(files: Files) -> None:
    files["checkpoint"] = files[FIRST]


def newest_without_its_cosignature(files: Files) -> None:
    files["checkpoint"] = files["checkpoint"].rpartition(b"\xe2\x80\x94")[0]


def newest_left_out(files: Files) -> None:
    del files[NEWEST]


def signature_of_something_else(files: Files) -> None:
    first, second = (Note.parse(files[name]) for name in (FIRST, "checkpoints/000000000024.note"))
    files[FIRST] = resigned(str(first), *second.signatures).encode()


@pytest.mark.parametrize(
    "change",
    [
        note_of_another_log,
        note_under_another_name,
        no_note,
        newest_is_not_the_newest,
        newest_without_its_cosignature,
        newest_left_out,
        signature_of_something_else,
    ],
)
def test_a_checkpoint_that_is_none_is_found(whole: bytes, place: Path, log: Log, change: Change) -> None:
    verdict = agreed(place, altered(whole, change), [log.key.key])

    assert (verdict.exit, "CHECKPOINT_INVALID" in verdict.codes) == (1, True)


# --- texts, definitions, evidence ------------------------------------------------------------------------------


def changed_text(files: Files) -> None:
    texts = lines(files, "texts.jsonl")
    put(files, "texts.jsonl", [swapped(texts[0], value="somebody else"), *texts[1:]])


def wrong_salt(files: Files) -> None:
    texts = lines(files, "texts.jsonl")
    put(files, "texts.jsonl", [swapped(texts[0], salt=other_hash(json.loads(texts[0])["salt"])), *texts[1:]])


def added_text(files: Files) -> None:
    texts = lines(files, "texts.jsonl")
    put(files, "texts.jsonl", [*texts, swapped(texts[-1], field="verdict")])


def changed_definition(files: Files) -> None:
    name = next(name for name in files if name.startswith("workflows/"))
    files[name] = files[name].replace(b"business_owner", b"business_0wner")


def stray_definition(files: Files) -> None:
    files[f"workflows/{sha256(b'{}').hexdigest()}.json"] = b"{}"


def changed_evidence(files: Files) -> None:
    name = next(name for name in files if name.startswith("evidence/"))
    files[name] += b"Approved after all.\n"


def stray_evidence(files: Files) -> None:
    files[f"evidence/{sha256(b'').hexdigest()}"] = b""


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (changed_text, "COMMITMENT_MISMATCH"),
        (wrong_salt, "COMMITMENT_MISMATCH"),
        (added_text, "DISCLOSURE_ORPHAN"),
        (changed_definition, "FILE_UNRECORDED"),
        (stray_definition, "FILE_UNRECORDED"),
        (changed_evidence, "FILE_UNRECORDED"),
        (stray_evidence, "FILE_UNRECORDED"),
    ],
)
@pytest.mark.parametrize("scope", ["whole", "one_project"])
def test_what_goes_with_the_records_is_what_was_recorded(
    request: pytest.FixtureRequest, place: Path, log: Log, scope: str, change: Change, code: str
) -> None:
    verdict = agreed(place, altered(request.getfixturevalue(scope), change), [log.key.key])

    assert (verdict.exit, verdict.codes) == (1, {code})


def test_a_text_that_is_left_out_is_withheld(whole: bytes, place: Path) -> None:
    bundle = altered(whole, lambda files: put(files, "texts.jsonl", lines(files, "texts.jsonl")[1:]))

    verdict = agreed(place, bundle)

    assert (verdict.exit, verdict.checked["texts withheld"]) == (0, 1)


# --- both verifiers on what is whole ---------------------------------------------------------------------------


def test_the_second_implementation_is_there() -> None:
    assert node()


@pytest.mark.parametrize("scope", ["log", "project", "archive"])
def test_a_bundle_that_is_whole_holds(log: Log, place: Path, paper: dict[str, Path], scope: str) -> None:
    bundle = log.bundle(scope, evidence=paper)  # type: ignore[arg-type]  # a scope

    verdict = agreed(place, bundle, [log.key.key], [WITNESS.witness_key])

    assert (verdict.exit, verdict.level, verdict.codes) == (0, "L4", frozenset())


def test_both_verifiers_count_the_same(whole: bytes, place: Path) -> None:
    ours, theirs = said(place, whole), other_said(place, whole)

    assert (ours.checked["records"], ours.checked["texts disclosed"], ours.checked["texts redacted"]) == (
        theirs.checked["records"],
        theirs.checked["disclosed"],
        theirs.checked["redacted"],
    )


def test_a_note_of_another_key_is_not_the_logs(log: Log, place: Path) -> None:
    forged = log.copy()
    stranger = signer(log.origin, 66)
    forged.notes[1] = resigned(forged.notes[1], stranger.sign(Note.parse(forged.notes[1]).text))

    verdict = agreed(place, forged.bundle())

    assert (verdict.exit, verdict.codes) == (1, {"KEY_UNAUTHORISED"})
