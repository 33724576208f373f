"""Notes, checkpoints and keys as text (C2SP, signed-note and tlog-checkpoint): one form each, and nothing else."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from flowgov.audit.note import (
    COSIGNATURE,
    ED25519,
    LARGEST_NOTE,
    MOST_SIGNATURES,
    Checkpoint,
    Note,
    NoteError,
    Signature,
    VerifierKey,
    signed_bytes,
)

PETER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
NOTE = f"{TEXT}\n{PETER_LINE}"
"""Published with golang.org/x/mod/sumdb/note."""
CHECKPOINT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
"""Published with C2SP, tlog-checkpoint."""

NAMES = some.text(
    some.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters="+"), min_size=1, max_size=20
)
TEXTS = some.text(some.characters(exclude_categories=["Cs", "Cc"], include_characters="\n")).map(
    lambda text: f"{text}\n"
)
SIGNATURES = some.builds(
    Signature, name=NAMES, key_id=some.binary(min_size=4, max_size=4), blob=some.binary(min_size=1, max_size=80)
)
HASHES = some.binary(min_size=32, max_size=32)


def encoded(data: bytes) -> str:
    return b64encode(data).decode()


# --- notes -----------------------------------------------------------------------------------------------------


def test_the_published_note_is_read() -> None:
    note = Note.parse(NOTE)

    assert (note.text, [(s.name, s.key_id.hex(), len(s.blob)) for s in note.signatures]) == (
        TEXT,
        [("PeterNeumann", "c74f20a3", 64)],
    )


def test_a_note_is_read_from_bytes_as_from_text() -> None:
    assert Note.parse(NOTE.encode()) == Note.parse(NOTE)


def test_the_signatures_keep_their_order() -> None:
    note = Note.parse(f"{TEXT}\n{PETER_LINE}{ENOCH_LINE}{PETER_LINE}")

    assert [signature.name for signature in note.signatures] == ["PeterNeumann", "EnochRoot", "PeterNeumann"]


def test_a_text_may_have_empty_lines_and_what_looks_like_signatures() -> None:
    text = f"\n\none\n\n\n{PETER_LINE}\n"

    note = Note.parse(f"{text}\n{ENOCH_LINE}")

    assert (note.text, [signature.name for signature in note.signatures]) == (text, ["EnochRoot"])


@pytest.mark.parametrize("character", ["\x7f", "\x85", "\u2028", "\u2029", "é", "\U0001f600"])
def test_only_a_newline_ends_a_line(character: str) -> None:
    raw = f"one{character}two\n\n— a{character.strip()}b YWFhYWI=\n"

    note = Note.parse(raw)

    assert (str(note), len(note.signatures)) == (raw, 1)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(TEXTS, some.lists(SIGNATURES, min_size=1, max_size=5))
def test_every_note_is_read_back_as_it_was_written(text: str, signatures: list[Signature]) -> None:
    note = Note(text, tuple(signatures))

    assert Note.parse(str(note)) == note


MALFORMED = {
    "empty": ("", "no_blank_line"),
    "text alone": (TEXT, "no_blank_line"),
    "no signature": (f"{TEXT}\n", "no_signature"),
    "no blank line": (f"{TEXT}{PETER_LINE}", "no_blank_line"),
    "no text": (PETER_LINE, "no_blank_line"),
    "empty text": (f"\n{PETER_LINE}", "no_blank_line"),
    "no final newline": (NOTE[:-1], "no_final_newline"),
    "a line behind the signatures": (f"{NOTE}Unexpected line.\n", "signature_line"),
    "an unfinished line behind the signatures": (f"{NOTE}Unexpected line.", "no_final_newline"),
    "an empty line behind the signatures": (f"{NOTE}\n", "no_signature"),
    "a minus sign": (f"{TEXT}\n{PETER_LINE.replace('—', '-')}", "signature_line"),
    "an en dash": (f"{TEXT}\n{PETER_LINE.replace('—', '–')}", "signature_line"),
    "no space behind the dash": (f"{TEXT}\n{PETER_LINE.replace('— ', '—')}", "signature_line"),
    "a space before the dash": (f"{TEXT}\n {PETER_LINE}", "signature_line"),
    "two spaces behind the dash": (f"{TEXT}\n{PETER_LINE.replace('— ', '—  ')}", "signature_base64"),
    "a space behind the signature": (f"{NOTE[:-1]} \n", "signature_base64"),
    "a name with a space": (f"{TEXT}\n{PETER_LINE.replace('Peter', 'Peter ')}", "signature_base64"),
    "a name with a wide space": (f"{TEXT}\n— Peter\u3000Neumann YWFhYWI=\n", "key_name"),
    "a name with a no-break space": (f"{TEXT}\n— Peter\u00a0Neumann YWFhYWI=\n", "key_name"),
    "a name with a plus sign": (f"{TEXT}\n{PETER_LINE.replace('Peter', 'Peter+')}", "key_name"),
    "no name": (f"{TEXT}\n—  YWFhYWI=\n", "key_name"),
    "no signature in the line": (f"{TEXT}\n— PeterNeumann\n", "signature_length"),
    "an empty signature in the line": (f"{TEXT}\n— PeterNeumann \n", "signature_length"),
    "a key id that is cut": (f"{TEXT}\n— PeterNeumann {encoded(b'abc')}\n", "signature_length"),
    "a key id alone": (f"{TEXT}\n— PeterNeumann {encoded(b'abcd')}\n", "signature_length"),
    "no base64": (f"{TEXT}\n— PeterNeumann x08g!/ZJ\n", "signature_base64"),
    "url-safe base64": (f"{TEXT}\n— PeterNeumann x08g-_ZJ\n", "signature_base64"),
    "base64 without padding": (f"{TEXT}\n— PeterNeumann YWFhYWI\n", "signature_base64"),
    "base64 with too much padding": (f"{TEXT}\n— PeterNeumann YWFhYWJj====\n", "signature_base64"),
    "base64 with bits left over": (f"{TEXT}\n— PeterNeumann YWFhYWJ=\n", "signature_base64"),
    "base64 of other letters": (f"{TEXT}\n— PeterNeumann YWFhYWIé\n", "signature_base64"),
    "a control character": (f"\x01{NOTE}", "control_character"),
    "a tab": (f"\t{NOTE}", "control_character"),
    "a vertical tab": (f"\x0b{NOTE}", "control_character"),
    "a unit separator": (f"\x1f{NOTE}", "control_character"),
    "a zero byte": (f"{NOTE}\x00", "control_character"),
    "lines that end as on Windows": (NOTE.replace("\n", "\r\n"), "control_character"),
    "bytes that are no text": (b"\xff" + NOTE.encode(), "not_utf8"),
    "an overlong encoding": (b"\xc0\x8a" + NOTE.encode(), "not_utf8"),
    "a lone surrogate in bytes": (b"\xed\xa0\x80" + NOTE.encode(), "not_utf8"),
    "a lone surrogate": (f"\ud800{NOTE}", "not_utf8"),
    "too many signatures": (f"{TEXT}\n{PETER_LINE * (MOST_SIGNATURES + 1)}", "too_many_signatures"),
    "too large": ("x" * LARGEST_NOTE + NOTE, "too_large"),
}


@pytest.mark.parametrize(("raw", "reason"), MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_not_a_note_is_refused_with_its_reason(raw: str | bytes, reason: str) -> None:
    with pytest.raises(NoteError, match=f"^{reason}$") as caught:
        Note.parse(raw)

    assert caught.value.reason == reason


def test_a_note_has_up_to_a_hundred_signatures() -> None:
    """The specification asks for sixteen at least; golang.org/x/mod/sumdb/note reads a hundred."""
    note = Note.parse(f"{TEXT}\n{PETER_LINE * 100}")

    assert (len(note.signatures), MOST_SIGNATURES) == (100, 100)


def test_a_note_is_as_large_as_a_megabyte_and_no_larger() -> None:
    filling = "é" * ((LARGEST_NOTE - len(NOTE.encode())) // 2)
    padding = "x" * (LARGEST_NOTE - len(f"{filling}{NOTE}".encode()))
    assert len(str(Note.parse(f"{padding}{filling}{NOTE}")).encode()) == 1_000_000

    with pytest.raises(NoteError, match="too_large"):
        Note.parse(f"{padding}x{filling}{NOTE}")


@pytest.mark.parametrize(
    ("text", "signatures", "reason"),
    [
        ("no newline", [Signature("a", b"abcd", b"x")], "no_final_newline"),
        ("", [Signature("a", b"abcd", b"x")], "no_final_newline"),
        ("tab\t\n", [Signature("a", b"abcd", b"x")], "control_character"),
        ("\ud800\n", [Signature("a", b"abcd", b"x")], "not_utf8"),
        ("text\n", [], "no_signature"),
        ("text\n", [Signature("a", b"abcd", b"x")] * 101, "too_many_signatures"),
    ],
)
def test_a_note_that_could_not_be_read_cannot_be_made(text: str, signatures: list[Signature], reason: str) -> None:
    with pytest.raises(NoteError, match=reason):
        Note(text, tuple(signatures))


def test_what_is_signed_is_the_text_with_its_last_newline() -> None:
    assert signed_bytes("é\n") == b"\xc3\xa9\n"


# --- signatures ------------------------------------------------------------------------------------------------


def test_a_signatures_line_is_read_back_as_it_was_written() -> None:
    assert Signature.parse(PETER_LINE).line() == PETER_LINE


@pytest.mark.parametrize("line", [PETER_LINE[:-1], PETER_LINE[2:], "", "\n", PETER_LINE * 2, f"{PETER_LINE}\n"])
def test_what_is_not_one_signatures_line_is_refused(line: str) -> None:
    with pytest.raises(NoteError, match=r"^signature_"):
        Signature.parse(line)


@pytest.mark.parametrize(
    ("name", "key_id", "blob", "reason"),
    [
        ("", b"abcd", b"x", "key_name"),
        ("a b", b"abcd", b"x", "key_name"),
        ("a\nb", b"abcd", b"x", "key_name"),
        ("a+b", b"abcd", b"x", "key_name"),
        ("a\x00b", b"abcd", b"x", "control_character"),
        ("\ud800", b"abcd", b"x", "not_utf8"),
        ("a", b"abc", b"x", "signature_length"),
        ("a", b"abcde", b"x", "signature_length"),
        ("a", b"abcd", b"", "signature_length"),
    ],
)
def test_a_signature_that_could_not_be_read_cannot_be_made(name: str, key_id: bytes, blob: bytes, reason: str) -> None:
    with pytest.raises(NoteError, match=reason):
        Signature(name, key_id, blob)


# --- keys ------------------------------------------------------------------------------------------------------

KEYS = {
    "golang.org/x/mod/sumdb/note": (PETER_KEY, "PeterNeumann", ED25519, "c74f20a3"),
    "golang.org/x/mod/sumdb/note, another": (
        "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop",
        "EnochRoot",
        ED25519,
        "af0cfe78",
    ),
    "C2SP signed-note": (
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo",
        ED25519,
        "530d903a",
    ),
    "with a plus sign in its base64": (
        "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6",
        "TEST",
        ED25519,
        "7997405c",
    ),
    "of a witness": (
        "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
        "remora.n621.de",
        COSIGNATURE,
        "da77ade7",
    ),
}


@pytest.mark.parametrize(("text", "name", "algorithm", "key_id"), KEYS.values(), ids=KEYS.keys())
def test_a_published_key_is_read_and_written_again(text: str, name: str, algorithm: int, key_id: str) -> None:
    key = VerifierKey.parse(text)

    assert (str(key), key.name, key.algorithm, key.key_id.hex()) == (text, name, algorithm, key_id)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(NAMES, some.sampled_from([ED25519, COSIGNATURE]), HASHES)
def test_every_key_is_read_back_as_it_was_written(name: str, algorithm: int, public: bytes) -> None:
    key = VerifierKey(name, algorithm, public)

    assert VerifierKey.parse(str(key)) == key


@pytest.mark.parametrize(
    ("name", "algorithm", "public", "reason"),
    [
        ("", ED25519, bytes(32), "key_name"),
        ("a+b", ED25519, bytes(32), "key_name"),
        ("a", 2, bytes(32), "key_algorithm"),
        ("a", ED25519, bytes(31), "key_length"),
        ("a", COSIGNATURE, bytes(33), "key_length"),
    ],
)
def test_a_key_that_could_not_be_read_cannot_be_made(name: str, algorithm: int, public: bytes, reason: str) -> None:
    with pytest.raises(NoteError, match=reason):
        VerifierKey(name, algorithm, public)


def test_the_same_key_has_another_id_as_a_witness() -> None:
    log, witness = (VerifierKey("a", algorithm, bytes(32)) for algorithm in (ED25519, COSIGNATURE))

    assert log.key_id != witness.key_id


BAD_KEYS = {
    "empty": ("", "key_form"),
    "a name alone": ("PeterNeumann", "key_form"),
    "no key": ("PeterNeumann+c74f20a3", "key_length"),
    "an empty key": ("PeterNeumann+c74f20a3+", "key_length"),
    "an algorithm without a key": ("PeterNeumann+c74f20a3+AQ==", "key_length"),
    "no name": (PETER_KEY.removeprefix("PeterNeumann"), "key_name"),
    "a name with a space": (f" {PETER_KEY}", "key_name"),
    "a name with a control character": (f"\x00{PETER_KEY}", "control_character"),
    "another name": (f"x{PETER_KEY}", "key_id"),
    "another key id": (PETER_KEY.replace("c74f20a3", "c74f20a4"), "key_id"),
    "a key id in capitals": (PETER_KEY.replace("c74f20a3", "C74F20A3"), "key_form"),
    "a key id that is too short": (PETER_KEY.replace("c74f20a3", "c74f20a"), "key_form"),
    "a key id that is too long": (PETER_KEY.replace("c74f20a3", "c74f20a30"), "key_form"),
    "a key id with spaces": (PETER_KEY.replace("c74f20a3", "c7 4f 20a"), "key_form"),
    "a key id that ends in a newline": (PETER_KEY.replace("c74f20a3", "c74f20a3\n"), "key_form"),
    "a newline at the end": (f"{PETER_KEY}\n", "key_form"),
    "no base64": (PETER_KEY.replace("ARpc", "AR!c"), "key_form"),
    "a key that is too long": (
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "key_form",
    ),
    "a key that is one byte too long": (f"a+00000000+{encoded(bytes([1, *range(33)]))}", "key_length"),
    "a key that is one byte too short": (f"a+00000000+{encoded(bytes([1, *range(31)]))}", "key_length"),
    "an unknown algorithm": (
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "key_algorithm",
    ),
    "another algorithm": (PETER_KEY.replace("ARpc", "BBpc"), "key_id"),
}


@pytest.mark.parametrize(("text", "reason"), BAD_KEYS.values(), ids=BAD_KEYS.keys())
def test_what_is_not_a_key_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(NoteError, match=f"^{reason}$"):
        VerifierKey.parse(text)


def accepted(text: str) -> bool:
    try:
        return bool(VerifierKey.parse(text))
    except NoteError:
        return False


def test_no_part_of_a_key_is_a_key() -> None:
    length = len(PETER_KEY)
    parts = {PETER_KEY[start:end] for start in range(length) for end in range(start + 1, length + 1)} - {PETER_KEY}

    assert [part for part in parts if accepted(part)] == []


def test_no_character_of_a_key_can_be_another_one() -> None:
    altered = [
        f"{PETER_KEY[:at]}{chr(ord(PETER_KEY[at]) + step)}{PETER_KEY[at + 1 :]}"
        for at in range(len(PETER_KEY))
        for step in (-1, 1)
    ]

    assert [text for text in altered if accepted(text)] == []


# --- checkpoints -----------------------------------------------------------------------------------------------


def test_the_published_checkpoint_is_read() -> None:
    checkpoint = Checkpoint.parse(CHECKPOINT)

    assert (checkpoint.origin, checkpoint.size, checkpoint.root.hex()[:8], checkpoint.text()) == (
        "example.com/behind-the-sofa",
        20_852_163,
        "0ac5186a",
        CHECKPOINT,
    )


@settings(max_examples=100, deadline=None, derandomize=True)
@given(some.text(some.characters(exclude_categories=["Cs", "Cc"]), min_size=1), some.integers(0, 2**63 - 1), HASHES)
def test_every_checkpoint_is_read_back_as_it_was_written(origin: str, size: int, root: bytes) -> None:
    checkpoint = Checkpoint(origin, size, root)

    assert Checkpoint.parse(checkpoint.text()) == checkpoint


ROOT = encoded(bytes(32))
BAD_CHECKPOINTS = {
    "empty": ("", "no_final_newline"),
    "a newline": ("\n", "checkpoint_lines"),
    "no final newline": (CHECKPOINT[:-1], "no_final_newline"),
    "two lines": ("log\n1\n", "checkpoint_lines"),
    "an extension line": (f"{CHECKPOINT}more\n", "checkpoint_extension"),
    "an empty extension line": (f"{CHECKPOINT}\n", "checkpoint_extension"),
    "no origin": (f"\n1\n{ROOT}\n", "checkpoint_origin"),
    "a control character": (f"log\t\n1\n{ROOT}\n", "control_character"),
    "no size": (f"log\n\n{ROOT}\n", "checkpoint_size"),
    "a leading zero": (f"log\n01\n{ROOT}\n", "checkpoint_size"),
    "two zeros": (f"log\n00\n{ROOT}\n", "checkpoint_size"),
    "a plus sign": (f"log\n+1\n{ROOT}\n", "checkpoint_size"),
    "a minus sign": (f"log\n-1\n{ROOT}\n", "checkpoint_size"),
    "a space": (f"log\n1 \n{ROOT}\n", "checkpoint_size"),
    "an underscore": (f"log\n1_0\n{ROOT}\n", "checkpoint_size"),
    "a hexadecimal size": (f"log\n0x1\n{ROOT}\n", "checkpoint_size"),
    "digits of another script": (f"log\n١\n{ROOT}\n", "checkpoint_size"),
    "a size that is too large": (f"log\n{2**63}\n{ROOT}\n", "checkpoint_size"),
    "a size without end": (f"log\n{'9' * 5_000}\n{ROOT}\n", "checkpoint_size"),
    "no root": ("log\n1\n\n", "checkpoint_root"),
    "a root that is too short": (f"log\n1\n{encoded(bytes(31))}\n", "checkpoint_root"),
    "a root that is too long": (f"log\n1\n{encoded(bytes(33))}\n", "checkpoint_root"),
    "a root without padding": (f"log\n1\n{ROOT.rstrip('=')}\n", "checkpoint_root"),
    "a root with bits left over": (f"log\n1\n{ROOT[:-2]}B=\n", "checkpoint_root"),
    "a root in hexadecimal": (f"log\n1\n{'00' * 32}\n", "checkpoint_root"),
}


@pytest.mark.parametrize(("text", "reason"), BAD_CHECKPOINTS.values(), ids=BAD_CHECKPOINTS.keys())
def test_what_is_not_a_checkpoint_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(NoteError, match=f"^{reason}$"):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    ("origin", "size", "root", "reason"),
    [
        ("", 1, bytes(32), "checkpoint_origin"),
        ("log\nmore", 1, bytes(32), "checkpoint_origin"),
        ("\ud800", 1, bytes(32), "not_utf8"),
        ("log", -1, bytes(32), "checkpoint_size"),
        ("log", 2**63, bytes(32), "checkpoint_size"),
        ("log", 1, bytes(31), "checkpoint_root"),
    ],
)
def test_a_checkpoint_that_could_not_be_read_cannot_be_made(origin: str, size: int, root: bytes, reason: str) -> None:
    with pytest.raises(NoteError, match=reason):
        Checkpoint(origin, size, root)
