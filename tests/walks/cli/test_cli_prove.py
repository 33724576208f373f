"""What people type to prove something to others: proofs of single records, and bundles."""

from __future__ import annotations

import json
import os
import zipfile
from base64 import b64decode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.walks.cli.conftest import WITNESS, Type

from flowgov import Engine
from flowgov.audit.note import Checkpoint, Note, VerifierKey
from flowgov.audit.proof import verify_inclusion
from flowgov.audit.signing import verifies

SQLITE = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
ADDING = "evidence add CRM solution_note https://example.org --as ykerbrat"


class Read(NamedTuple):
    """A C2SP tlog-proof as somebody reads it who knows only its specification."""

    extra: bytes
    index: int
    path: list[bytes]
    note: str


def read_proof(text: str) -> Read:
    """Parse it by the letter of c2sp.org/tlog-proof."""
    head, _, note = text.partition("\n\n")
    first, extra, index, *path = head.split("\n")
    assert (first, extra[:6], index[:6]) == ("c2sp.org/tlog-proof@v1", "extra ", "index ")
    hashes = [b64decode(one, validate=True) for one in path]
    return Read(b64decode(extra[6:], validate=True), int(index[6:]), hashes, note)


def holds(text: str, key: str) -> bool:
    """Whether a record is proved by a checkpoint that the key signed."""
    proof = read_proof(text)
    note = Note.parse(proof.note)
    checkpoint = Checkpoint.parse(note.text)
    leaf = sha256(b"\0" + proof.extra).digest()
    signed = any(verifies(VerifierKey.parse(key), note.text, one) for one in note.signatures)
    return signed and verify_inclusion(proof.index, checkpoint.size, leaf, proof.path, checkpoint.root)


def key_of(cli: Type) -> str:
    """The verifier key in force."""
    return str(cli("audit key show --json").json["data"]["key"])


@pytest.mark.parametrize(("line", "seq"), [("CRM", None), ("CRM 1", 1), ("org", None), ("org 3", 3)])
def test_a_proof_holds_for_whoever_keeps_the_key(signed: Type, line: str, seq: int | None) -> None:
    answer = signed(f"audit prove {line}")

    record = json.loads(read_proof(answer.out).extra)
    assert (holds(answer.out, key_of(signed)), record["stream"] == "org") == (True, line.startswith("org"))
    assert seq in (None, record["seq"])


@SQLITE
def test_a_proof_of_another_record_does_not_hold(signed: Type) -> None:
    one, other = signed("audit prove org 1").out, signed("audit prove org 2").out

    swapped = one.replace(one.split("\n")[1], other.split("\n")[1])

    assert (holds(one, key_of(signed)), holds(swapped, key_of(signed))) == (True, False)


@SQLITE
def test_a_proof_in_json_says_where_the_record_stands(signed: Type) -> None:
    data = signed("audit prove CRM 2 --json").json["data"]

    proof = read_proof(data["proof"])
    assert (data["seq"], data["index"], data["output"]) == (2, proof.index, None)
    assert data["stream"] == json.loads(proof.extra)["stream"]
    assert data["size"] == Checkpoint.parse(Note.parse(proof.note).text).size


@SQLITE
def test_a_proof_is_written_to_a_file_as_it_is_printed(signed: Type) -> None:
    answer = signed("audit prove CRM 2 -o crm.tlog-proof")

    assert answer.out == "The proof of record 2 of CRM is written to crm.tlog-proof.\n"
    assert Path("crm.tlog-proof").read_text(encoding="utf-8") == signed("audit prove CRM 2").out


@SQLITE
def test_the_engine_and_the_command_line_prove_the_same(signed: Type, url: str) -> None:
    with Engine.open(url) as engine:
        expected = engine.prove("CRM", 1).text()

    assert signed("audit prove CRM 1").out == expected


@SQLITE
def test_a_cosigned_checkpoint_brings_its_witnesses_along(signed: Type) -> None:
    signed(f"audit cosign seen.txt --witness {WITNESS.witness_key}")

    assert f"— {WITNESS.name} " in signed("audit prove CRM 1").out


@SQLITE
def test_a_record_after_the_last_checkpoint_is_not_proved_yet(signed: Type) -> None:
    signed(ADDING)

    answer = signed("audit prove CRM")

    assert (answer.code, "flowgov audit checkpoint" in answer.err) == (4, True)


# --- files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["audit prove CRM 1 -o out", "audit export -o out"])
@SQLITE
def test_a_file_is_only_replaced_by_force(signed: Type, line: str) -> None:
    Path("out").write_text("mine", encoding="utf-8")

    refused = signed(line)

    assert (refused.code, "--force" in refused.err, Path("out").read_text(encoding="utf-8")) == (2, True, "mine")
    assert signed(f"{line} --force").code == 0
    assert Path("out").read_bytes() != b"mine"


@pytest.mark.parametrize("line", ["audit prove CRM 1", "audit export"])
@SQLITE
def test_a_file_that_cannot_be_written_leaves_nothing(signed: Type, line: str) -> None:
    answer = signed(f"{line} -o no/such/folder/out")

    assert (answer.code, answer.err.startswith("Error: "), sorted(os.listdir())) == (2, True, ["seen.txt"])


@SQLITE
def test_an_export_tells_how_to_check_it(signed: Type) -> None:
    answer = signed("audit export -o all.fgev")

    assert (answer.code, "python verify.py all.fgev --key VKEY" in answer.err) == (0, True)


@SQLITE
def test_an_export_takes_a_checkpoint_where_it_can(signed: Type, records: Callable[[], int]) -> None:
    signed(ADDING)

    assert signed("audit export -o all.fgev --json").json["data"]["size"] == records()


@SQLITE
def test_an_export_without_a_vault_takes_the_newest_checkpoint(signed: Type, tmp_path: Path) -> None:
    size = signed("audit checkpoint --json").json["data"]["size"]
    signed(ADDING)

    answer = signed("audit export -o all.fgev --json", FLOWGOV_VAULT=str(tmp_path / "nowhere"))

    assert (answer.code, answer.json["data"]["size"], answer.json["data"]["scope"]) == (0, size, "log")


@SQLITE
def test_an_export_without_vault_and_checkpoint_says_what_is_missing(keyless: Type) -> None:
    answer = keyless("audit export -o all.fgev")

    assert (answer.code, "flowgov audit checkpoint" in answer.err, Path("all.fgev").exists()) == (4, True, False)


@SQLITE
def test_an_export_of_one_project_with_names_and_evidence(signed: Type) -> None:
    Path("note.txt").write_text("Note", encoding="utf-8")
    signed("evidence add CRM solution_note note.txt --store --as ykerbrat")

    data = signed("audit export -o crm.fgev --project CRM --identities --evidence --json").json["data"]

    with zipfile.ZipFile("crm.fgev") as bundle:
        names = bundle.read("texts.jsonl").decode()
    assert (data["scope"], f"evidence/{sha256(b'Note').hexdigest()}" in data["files"]) == ("project", True)
    assert "Karim Benali" in names


@SQLITE
def test_an_export_whose_evidence_is_gone_says_so(signed: Type) -> None:
    Path("note.txt").write_text("Note", encoding="utf-8")
    signed("evidence add CRM solution_note note.txt --store --as ykerbrat")
    for path in Path("evidence").rglob("*"):
        path.is_dir() or path.unlink()

    answer = signed("audit export -o crm.fgev --evidence")

    assert (answer.code, "--evidence" in answer.err, Path("crm.fgev").exists()) == (2, True, False)
