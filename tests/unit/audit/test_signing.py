"""Signatures on notes: what others signed holds, what we sign others can check, and the secret stays one."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from flowgov.audit.note import COSIGNATURE, ED25519, Checkpoint, Note, NoteError, Signature, VerifierKey
from flowgov.audit.signing import Signer, cosigned_at, verifies
from flowgov.errors import MissingExtra

PETER_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETER = VerifierKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
ENOCH = VerifierKey.parse("EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop")
NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)
"""Published with golang.org/x/mod/sumdb/note: a private key, two public keys, and a note signed by both."""

ARCHE = "arche2025h1.staging.ct.transparency.dev"
WITNESSED = (
    f"{ARCHE}\n1432088532\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n\n"
    f"— {ARCHE} zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9M"
    "NL5zRNZ55lvGt0=\n"
    f"— {ARCHE} ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=\n"
    "— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB"
    "0DrAWfBw==\n"
    "— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvK"
    "FYe/TmN9DAg==\n"
)
"""A checkpoint of a public log: signed in two ways by the log, and by two independent witnesses."""
ARCHE_KEY = VerifierKey.parse(f"{ARCHE}+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f")
REMORA = VerifierKey.parse("remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2")
STAGEMOLE = VerifierKey.parse("witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv")

SEED = bytes(range(32))
CHECKPOINT = Checkpoint("flowgov/0123456789abcdef", 300, bytes(32)).text()
MOMENT = 1_767_603_600


def signer(name: str = "flowgov/0123456789abcdef", seed: bytes = SEED) -> Signer:
    return Signer(name, seed)


# --- what others signed ----------------------------------------------------------------------------------------


def test_the_published_note_is_signed_by_both_of_its_keys() -> None:
    note = Note.parse(NOTE)

    found = {(key.name, s.name): verifies(key, note.text, s) for key in (PETER, ENOCH) for s in note.signatures}

    assert found == {
        ("PeterNeumann", "PeterNeumann"): True,
        ("PeterNeumann", "EnochRoot"): False,
        ("EnochRoot", "PeterNeumann"): False,
        ("EnochRoot", "EnochRoot"): True,
    }


def test_the_example_of_the_specification_holds() -> None:
    """C2SP, signed-note."""
    key = VerifierKey.parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    note = Note.parse(
        "This is an example message.\n\n— example.com/foo "
        "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
    )

    assert verifies(key, note.text, note.signatures[0])


def test_a_public_logs_checkpoint_holds_and_its_witnesses_say_when_they_saw_it() -> None:
    note = Note.parse(WITNESSED)

    signed = [verifies(ARCHE_KEY, note.text, signature) for signature in note.signatures]
    seen = [[cosigned_at(key, note.text, s) for s in note.signatures] for key in (REMORA, STAGEMOLE)]

    at = 1_779_573_024
    assert (signed, seen) == ([False, True, False, False], [[None, None, at, None], [None, None, None, at]])


RFC_8032 = {
    "TEST 1": (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
        "655141438e7a100b",
    ),
    "TEST 2": (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "r",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
        "b00d291612bb0c00",
    ),
}


@pytest.mark.parametrize(("public", "message", "signed"), RFC_8032.values(), ids=RFC_8032.keys())
def test_the_signatures_of_rfc_8032_hold(public: str, message: str, signed: str) -> None:
    """RFC 8032, section 7.1."""
    key = VerifierKey("rfc8032", ED25519, bytes.fromhex(public))

    assert verifies(key, message, Signature(key.name, key.key_id, bytes.fromhex(signed)))


@pytest.mark.parametrize(
    ("seed", "public"),
    [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        ),
    ],
)
def test_the_public_keys_are_those_of_rfc_8032(seed: str, public: str) -> None:
    """RFC 8032, section 7.1."""
    assert Signer("rfc8032", bytes.fromhex(seed)).key.public.hex() == public


# --- what we sign ----------------------------------------------------------------------------------------------


def test_the_published_key_signs_the_published_note_byte_for_byte() -> None:
    published = Note.parse(NOTE)

    signature = Signer.parse(PETER_SECRET).sign(published.text)

    assert signature == published.signatures[0]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    some.text(some.characters(exclude_categories=["Cs", "Cc"], include_characters="\n")),
    some.binary(min_size=32, max_size=32),
)
def test_what_is_signed_holds_after_the_way_through_text(words: str, seed: bytes) -> None:
    signing, text = Signer.parse(signer(seed=seed).encode()), f"{words}\n"

    note = Note.parse(str(Note(text, (signing.sign(text),))).encode())

    assert verifies(VerifierKey.parse(str(signing.key)), note.text, note.signatures[0])


def test_a_note_can_be_signed_by_several_keys_and_who_knows_one_ignores_the_others() -> None:
    """So a key is replaced: the old and the new one sign the same checkpoint."""
    old, new, stranger = signer(), signer(seed=bytes(32)), signer("witness.example/w1", b"w" * 32)
    note = Note(CHECKPOINT, (stranger.cosign(CHECKPOINT, MOMENT), old.sign(CHECKPOINT), new.sign(CHECKPOINT)))

    found = [[verifies(key, note.text, s) for s in note.signatures] for key in (old.key, new.key)]

    assert found == [[False, True, False], [False, False, True]]


def test_a_witness_says_when_it_saw_a_checkpoint() -> None:
    witness = signer("witness.example/w1")

    signature = witness.cosign(CHECKPOINT, MOMENT)

    assert (cosigned_at(witness.witness_key, CHECKPOINT, signature), signature.blob[:8], len(signature.blob)) == (
        MOMENT,
        MOMENT.to_bytes(8, "big"),
        72,
    )


@pytest.mark.parametrize("seconds", [0, 1, 2**63 - 1])
def test_every_time_that_can_be_written_is_read_back(seconds: int) -> None:
    witness = signer()

    assert cosigned_at(witness.witness_key, CHECKPOINT, witness.cosign(CHECKPOINT, seconds)) == seconds


@pytest.mark.parametrize("seconds", [-1, 2**63])
def test_a_time_that_cannot_be_written_is_not_signed(seconds: int) -> None:
    with pytest.raises(NoteError, match=r"^cosignature_time$"):
        signer().cosign(CHECKPOINT, seconds)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no newline", "no_final_newline"),
        ("", "no_final_newline"),
        ("\t\n", "control_character"),
        ("\ud800\n", "not_utf8"),
    ],
)
def test_what_is_no_notes_text_is_not_signed(text: str, reason: str) -> None:
    with pytest.raises(NoteError, match=reason):
        signer().sign(text)
    with pytest.raises(NoteError, match=reason):
        signer().cosign(text, MOMENT)


# --- what does not hold ----------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None, derandomize=True)
@given(some.integers(0, 64 * 8 - 1), some.integers(0, len(CHECKPOINT) - 2))
def test_one_bit_makes_a_signature_worthless(bit: int, at: int) -> None:
    signing = signer()
    good = signing.sign(CHECKPOINT)
    altered = Signature(good.name, good.key_id, (int.from_bytes(good.blob, "big") ^ 1 << bit).to_bytes(64, "big"))
    text = f"{CHECKPOINT[:at]}{chr(ord(CHECKPOINT[at]) ^ 1)}{CHECKPOINT[at + 1 :]}"

    found = (verifies(signing.key, CHECKPOINT, altered), verifies(signing.key, text, good))

    assert found == (False, False)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(some.integers(0, 72 * 8 - 1))
def test_one_bit_makes_a_cosignature_worthless_its_time_included(bit: int) -> None:
    witness = signer()
    good = witness.cosign(CHECKPOINT, MOMENT)
    altered = Signature(good.name, good.key_id, (int.from_bytes(good.blob, "big") ^ 1 << bit).to_bytes(72, "big"))

    assert cosigned_at(witness.witness_key, CHECKPOINT, altered) is None


def test_a_time_beyond_the_largest_is_refused_even_if_it_is_signed() -> None:
    """C2SP, tlog-cosignature: it must not exceed 2^63 - 1."""
    witness, seconds = signer(), 2**63
    signed = witness.sign(f"cosignature/v1\ntime {seconds}\n{CHECKPOINT}").blob
    line = Signature(witness.name, witness.witness_key.key_id, seconds.to_bytes(8, "big") + signed)

    assert cosigned_at(witness.witness_key, CHECKPOINT, line) is None


@pytest.mark.parametrize("length", [1, 7, 8, 9, 63, 65, 71, 73, 128])
def test_a_signature_of_another_length_does_not_hold(length: int) -> None:
    signing = signer()
    blob = (signing.sign(CHECKPOINT).blob * 2)[:length]
    cosigned = (signing.cosign(CHECKPOINT, MOMENT).blob + bytes(64))[:length]

    found = (
        verifies(signing.key, CHECKPOINT, Signature(signing.name, signing.key.key_id, blob)),
        cosigned_at(signing.witness_key, CHECKPOINT, Signature(signing.name, signing.witness_key.key_id, cosigned)),
    )

    assert found == (False, None)


@pytest.mark.parametrize(("name", "key_id"), [("somebody", None), (None, b"abcd"), ("somebody", b"abcd")])
def test_a_signature_of_an_unknown_key_is_not_tried_even_if_it_would_hold(
    name: str | None, key_id: bytes | None
) -> None:
    signing = signer()
    good, seen = signing.sign(CHECKPOINT), signing.cosign(CHECKPOINT, MOMENT)

    found = (
        verifies(signing.key, CHECKPOINT, Signature(name or good.name, key_id or good.key_id, good.blob)),
        cosigned_at(signing.witness_key, CHECKPOINT, Signature(name or seen.name, key_id or seen.key_id, seen.blob)),
    )

    assert found == (False, None)


def test_a_logs_signature_is_no_cosignature_and_the_other_way_round() -> None:
    signing = signer()
    log, witness = signing.key, signing.witness_key
    as_witness = Signature(signing.name, witness.key_id, signing.sign(CHECKPOINT).blob)
    as_log = Signature(signing.name, log.key_id, signing.cosign(CHECKPOINT, MOMENT).blob[8:])

    found = (
        verifies(witness, CHECKPOINT, as_witness),
        verifies(witness, CHECKPOINT, signing.sign(CHECKPOINT)),
        verifies(log, CHECKPOINT, as_log),
        cosigned_at(log, CHECKPOINT, signing.sign(CHECKPOINT)),
        cosigned_at(log, CHECKPOINT, Signature(signing.name, log.key_id, signing.cosign(CHECKPOINT, MOMENT).blob)),
    )

    assert found == (False, False, False, None, None)


def test_what_is_no_text_was_signed_by_nobody() -> None:
    signing = signer()

    found = (
        verifies(signing.key, "\ud800\n", signing.sign(CHECKPOINT)),
        cosigned_at(signing.witness_key, "\ud800\n", signing.cosign(CHECKPOINT, MOMENT)),
    )

    assert found == (False, None)


def test_a_key_that_is_no_point_of_the_curve_has_signed_nothing() -> None:
    key = VerifierKey("a", ED25519, b"\xff" * 32)

    assert not verifies(key, CHECKPOINT, Signature("a", key.key_id, bytes(64)))


# --- an independent implementation -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def openssl() -> str:
    found = shutil.which("openssl")
    if found is None:
        pytest.skip("the openssl command is not installed")
    return found


def test_openssl_accepts_our_signature_and_no_altered_text(openssl: str, tmp_path: Path) -> None:
    signing = signer()
    # SubjectPublicKeyInfo of an Ed25519 key: RFC 8410, section 10.1
    (tmp_path / "key.der").write_bytes(bytes.fromhex("302a300506032b6570032100") + signing.key.public)
    (tmp_path / "signature").write_bytes(signing.sign(CHECKPOINT).blob)
    (tmp_path / "text").write_text(CHECKPOINT, encoding="utf-8")
    (tmp_path / "other").write_text(CHECKPOINT.replace("300", "301"), encoding="utf-8")
    command = [openssl, "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key.der", "-rawin"]

    done = [
        subprocess.run([*command, "-sigfile", "signature", "-in", text], cwd=tmp_path, capture_output=True, check=False)
        for text in ("text", "other")
    ]

    assert [run.returncode == 0 for run in done] == [True, False], done


def test_openssl_signs_the_same_bytes_with_our_key(openssl: str, tmp_path: Path) -> None:
    # PKCS #8 of an Ed25519 key: RFC 8410, section 10.3
    (tmp_path / "key.der").write_bytes(bytes.fromhex("302e020100300506032b657004220420") + SEED)
    (tmp_path / "text").write_bytes(f"cosignature/v1\ntime {MOMENT}\n{CHECKPOINT}".encode())
    command = [openssl, "pkeyutl", "-sign", "-keyform", "DER", "-inkey", "key.der", "-rawin", "-in", "text"]

    done = subprocess.run([*command, "-out", "signature"], cwd=tmp_path, capture_output=True, check=False)

    assert done.returncode == 0, done
    assert (tmp_path / "signature").read_bytes() == signer().cosign(CHECKPOINT, MOMENT).blob[8:]


# --- private keys ----------------------------------------------------------------------------------------------


def test_the_published_private_key_is_read_and_written_again() -> None:
    read = Signer.parse(PETER_SECRET)

    assert (read.encode(), read.key, read.name) == (PETER_SECRET, PETER, "PeterNeumann")


def test_a_new_key_takes_its_secret_from_the_randomness_it_is_given() -> None:
    asked: list[int] = []

    def entropy(count: int) -> bytes:
        asked.append(count)
        return SEED

    assert (Signer.generate("a", entropy).encode(), asked) == (Signer("a", SEED).encode(), [32])


def test_a_signer_has_a_key_as_a_log_and_another_one_as_a_witness() -> None:
    signing = signer("a")

    assert (signing.key.algorithm, signing.witness_key.algorithm) == (ED25519, COSIGNATURE)
    assert (signing.key.public, signing.key.name) == (signing.witness_key.public, signing.witness_key.name)


def secret(material: bytes, *, name: str = "PeterNeumann", key_id: str = "c74f20a3") -> str:
    return f"PRIVATE+KEY+{name}+{key_id}+{b64encode(material).decode()}"


BAD_SECRETS = {
    "empty": ("", "key_form"),
    "a public key": (str(PETER), "key_form"),
    "the first word missing": (PETER_SECRET.removeprefix("PRIVATE+"), "key_form"),
    "the first word in small letters": (PETER_SECRET.replace("PRIVATE", "private"), "key_form"),
    "the words alone": ("PRIVATE+KEY+", "key_form"),
    "no secret": ("PRIVATE+KEY+PeterNeumann+c74f20a3+", "key_algorithm"),
    "an algorithm alone": (secret(b"\x01"), "key_length"),
    "a secret that is too short": (secret(b"\x01" + SEED[1:]), "key_length"),
    "a secret that is too long": (secret(b"\x01" + SEED + b"x"), "key_length"),
    "another algorithm": (secret(b"\x04" + SEED), "key_algorithm"),
    "another secret": (secret(b"\x01" + SEED), "key_id"),
    "another name": (PETER_SECRET.replace("Peter", "Pet"), "key_id"),
    "another key id": (PETER_SECRET.replace("c74f", "c74e"), "key_id"),
    "a name with a space": (PETER_SECRET.replace("Peter", "Peter "), "key_name"),
    "a newline at the end": (f"{PETER_SECRET}\n", "key_form"),
}


@pytest.mark.parametrize(("text", "reason"), BAD_SECRETS.values(), ids=BAD_SECRETS.keys())
def test_what_is_not_a_private_key_is_refused_without_being_quoted(text: str, reason: str) -> None:
    with pytest.raises(NoteError, match=f"^{reason}$") as caught:
        Signer.parse(text)

    assert caught.value.args == (reason,)


@pytest.mark.parametrize(
    ("name", "seed", "reason"), [("", SEED, "key_name"), ("a b", SEED, "key_name"), ("a", b"short", "key_length")]
)
def test_a_signer_that_could_not_be_written_cannot_be_made(name: str, seed: bytes, reason: str) -> None:
    with pytest.raises(NoteError, match=reason):
        Signer(name, seed)


def test_t26_secrets_in_logs_a_signer_shows_its_public_key_only(caplog: pytest.LogCaptureFixture) -> None:
    signing = Signer.parse(PETER_SECRET)
    seed = PETER_SECRET.rpartition("+")[2]

    shown = f"{signing} {signing!r} {[signing]} {vars(type(signing))} {signing.key!r} {signing.sign(CHECKPOINT)!r}"

    assert str(PETER) in shown
    assert [form for form in (seed, signing._seed.hex(), repr(signing._seed)) if form in shown + caplog.text] == []


def test_t26_secrets_in_logs_a_signer_does_not_leave_the_process_by_accident() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(signer())
    with pytest.raises(TypeError):
        vars(signer())


# --- without the package ---------------------------------------------------------------------------------------


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric", None)


@pytest.mark.usefixtures("without")
def test_without_the_package_the_error_says_what_to_install() -> None:
    with pytest.raises(MissingExtra) as caught:
        Signer.parse(PETER_SECRET)

    error = caught.value
    assert (error.code, error.exit_code, error.reason, error.data) == (
        "missing_extra",
        2,
        "sign",
        {"extra": "sign", "what": "cryptography"},
    )
    assert (str(error), error.hint("fr")) == (
        'Signatures need an extra.\nInstall it with: pip install "flowgov[sign]"',
        'Installez-le avec : pip install "flowgov[sign]"',
    )


def test_without_the_package_nothing_is_said_to_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    signing = signer()
    signed, seen = signing.sign(CHECKPOINT), signing.cosign(CHECKPOINT, MOMENT)
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric", None)

    with pytest.raises(MissingExtra):
        verifies(signing.key, CHECKPOINT, signed)
    with pytest.raises(MissingExtra):
        cosigned_at(signing.witness_key, CHECKPOINT, seen)


def test_the_package_is_loaded_only_when_something_is_signed_or_checked() -> None:
    script = (
        "import sys\n"
        "from flowgov.audit import merkle, note, proof, signing\n"
        "assert not [name for name in sys.modules if name.startswith('cryptography')]\n"
        "sys.modules['cryptography'] = None\n"
        "try:\n"
        "    signing.Signer('a', bytes(32))\n"
        "except ImportError as error:\n"
        "    print(error.code)\n"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "missing_extra\n"
