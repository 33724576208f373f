"""The checkpoint that is printed: exactly what was signed, whatever the database says."""

from __future__ import annotations

import pytest
from tests.unit.report import seals

from flowgov.audit.note import Note
from flowgov.audit.signing import Signer
from flowgov.report.seal import read
from flowgov.testing import seeded

WITNESSES = ("witness.example.org/a", "witness.example.org/b", "witness.example.org/c")


def test_the_note_is_printed_as_it_was_signed() -> None:
    assert seals.seal(*WITNESSES).note == seals.raw(*WITNESSES)


def test_a_shorter_note_has_the_signatures_of_the_log_only() -> None:
    seal = seals.seal(*WITNESSES)

    assert (seal.own, len(Note.parse(seal.note).signatures)) == (seals.raw(), 4)


def test_the_key_is_the_one_that_signed() -> None:
    others = [str(Signer.generate(seals.LOG, seeded(n)).key) for n in (7, 8)]

    found = read(seals.raw(), [others[0], seals.KEY, others[1]], confirmed=True)

    assert found is not None
    assert found.key == seals.KEY


def test_where_two_keys_signed_the_later_one_is_told() -> None:
    new = Signer.generate(seals.LOG, seeded(9))
    raw = seals.raw()
    both = raw + new.sign(Note.parse(raw).text).line()

    found = read(both, [seals.KEY, str(new.key)], confirmed=True)

    assert found is not None
    assert found.key == str(new.key)


def test_a_signer_that_the_log_does_not_know_has_no_key() -> None:
    found = read(seals.raw(), ["no key at all"], confirmed=True)

    assert found is not None
    assert found.key is None


@pytest.mark.parametrize("junk", ["<b>\n", "— x\n", "\n\nmore\n", "no newline", "— a\x1b[2J b\n"])
def test_a_line_that_is_no_signature_is_left_out(junk: str) -> None:
    found = read(seals.raw() + junk, [seals.KEY], confirmed=True)

    assert found is not None
    assert found.note == seals.raw()


@pytest.mark.parametrize("raw", ["", "\n\n", "a\n\nb\n", "x\n1\nroot\n\n— x AAAAAAA=\n", "\ud800"])
def test_what_is_no_checkpoint_is_not_printed(raw: str) -> None:
    assert read(raw, [seals.KEY], confirmed=False) is None


def test_a_note_that_the_log_did_not_sign_is_not_printed() -> None:
    text = Note.parse(seals.raw()).text
    foreign = Signer.generate("other/log", seeded()).sign(text).line()

    assert read(f"{text}\n{foreign}", [seals.KEY], confirmed=False) is None
