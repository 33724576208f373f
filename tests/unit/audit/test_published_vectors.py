"""What other implementations publish about trees, logs and canonical JSON holds here too.

The files lie beside the repository, not in it: ``../shared/vectors``, whose SOURCES.md names where they come from.
Without that folder these tests are skipped; published values that decide anything are repeated in the other tests.
"""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from tests.unit.audit.forests import Shelf

from flowgov.audit.hashing import leaf_digest
from flowgov.audit.kinds import within_profile
from flowgov.audit.merkle import consistency, inclusion, root
from flowgov.audit.note import Checkpoint, Note, VerifierKey
from flowgov.audit.proof import Frontier, verify_consistency, verify_inclusion
from flowgov.audit.signing import verifies
from flowgov.canonical import canonical, misfit

VECTORS = Path(__file__).resolve().parents[3].parent / "shared" / "vectors"
if not VECTORS.is_dir():
    pytest.skip("the vectors of others are not beside this repository", allow_module_level=True)

TREES = VECTORS / "merkle-testdata"
LOG = VECTORS / "tessera-log"
JSON = VECTORS / "rfc8785"
SIZES = range(1, 16)
KEY = VerifierKey.parse("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")
"""The key that transparency-dev publishes for its test log."""


def cases(folder: str) -> list[Any]:
    files = sorted((TREES / folder).rglob("*.json"))
    return [pytest.param(json.loads(file.read_text()), id=str(file.relative_to(TREES))) for file in files]


def data(text: str) -> bytes:
    return b64decode(text, validate=True)


def test_the_vectors_are_all_there() -> None:
    assert (len(cases("inclusion")), len(cases("consistency"))) == (98, 98)


# --- transparency-dev/merkle -----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("inclusion"))
def test_an_inclusion_proof_holds_if_others_say_so(case: dict[str, Any]) -> None:
    path = [data(hash_) for hash_ in case["proof"] or ()]

    found = verify_inclusion(case["leafIdx"], case["treeSize"], data(case["leafHash"]), path, data(case["root"]))

    assert found is not case["wantErr"]


@pytest.mark.parametrize("case", cases("consistency"))
def test_a_consistency_proof_holds_if_others_say_so(case: dict[str, Any]) -> None:
    path = [data(hash_) for hash_ in case["proof"] or ()]

    found = verify_consistency(case["size1"], case["size2"], data(case["root1"]), data(case["root2"]), path)

    assert found is not case["wantErr"]


# --- transparency-dev/tessera ----------------------------------------------------------------------------------


def entries(size: int) -> list[bytes]:
    """The entries of the log, each behind its length in two bytes."""
    raw, found = (LOG / "tile" / "entries" / "000.p" / str(size)).read_bytes(), []
    while raw:
        length = int.from_bytes(raw[:2], "big")
        found.append(raw[2 : 2 + length])
        raw = raw[2 + length :]
    return found


def checkpoint(size: int) -> Checkpoint:
    return Checkpoint.parse(Note.parse((LOG / f"checkpoint.{size}").read_bytes()).text)


@pytest.mark.parametrize("size", SIZES)
def test_the_hashes_of_another_logs_entries_are_those_of_its_tiles(size: int) -> None:
    tile = (LOG / "tile" / "0" / "000.p" / str(size)).read_bytes()

    assert b"".join(leaf_digest(entry) for entry in entries(size)) == tile


@pytest.mark.parametrize("size", SIZES)
def test_the_tree_over_another_logs_entries_has_the_root_of_its_checkpoint(size: int) -> None:
    hashes = [leaf_digest(entry) for entry in entries(size)]
    frontier = Frontier()
    for hash_ in hashes:
        frontier.push(hash_)

    found = checkpoint(size)

    assert (found.size, found.root) == (size, root(size, Shelf(hashes).nodes)) == (frontier.size, frontier.root())


@pytest.mark.parametrize("size", [0, *SIZES])
def test_another_logs_checkpoints_are_signed_by_its_key(size: int) -> None:
    note = Note.parse((LOG / f"checkpoint.{size}").read_bytes())

    assert [verifies(KEY, note.text, signature) for signature in note.signatures] == [True]


@pytest.mark.parametrize("size", [0, *SIZES])
def test_another_logs_checkpoints_can_be_written_again_byte_for_byte(size: int) -> None:
    raw = (LOG / f"checkpoint.{size}").read_bytes()

    note = Note.parse(raw)

    assert (str(note).encode(), Checkpoint.parse(note.text).text()) == (raw, note.text)


@pytest.mark.parametrize("size", SIZES)
def test_our_proofs_hold_against_another_logs_checkpoints(size: int) -> None:
    hashes = [leaf_digest(entry) for entry in entries(15)]
    nodes, old, new = Shelf(hashes).nodes, checkpoint(size).root, checkpoint(15).root

    found = (
        verify_inclusion(size - 1, 15, hashes[size - 1], inclusion(size - 1, 15, nodes), new),
        verify_consistency(size, 15, old, new, consistency(size, 15, nodes)),
    )

    assert found == (True, True)


# --- cyberphone/json-canonicalization --------------------------------------------------------------------------


def document(name: str) -> Any:
    return json.loads((JSON / "input" / f"{name}.json").read_bytes())


def output(name: str) -> bytes:
    return (JSON / "output" / f"{name}.json").read_bytes()


def test_t31_hash_ambiguity_a_document_within_the_profile_gets_the_published_bytes() -> None:
    value = document("arrays")

    assert (misfit(value), canonical(value), within_profile(value)) == (None, output("arrays"), True)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("french", "$: key 'péché' is not allowed"),
        ("structures", "$: key '' is not allowed"),
        ("unicode", "$: key 'Unnormalized Unicode' is not allowed"),
        ("values", "$.numbers[0]: float is not allowed"),
        ("weird", "$: key '€' is not allowed"),
    ],
)
def test_t31_hash_ambiguity_a_document_outside_the_profile_is_refused(name: str, problem: str) -> None:
    value = document(name)

    assert (misfit(value), within_profile(value)) == (problem, False)


@pytest.mark.parametrize(("name", "place"), [("unicode", "Unnormalized Unicode"), ("values", "string")])
def test_t31_hash_ambiguity_a_text_of_a_published_document_gets_the_published_bytes(name: str, place: str) -> None:
    text = document(name)[place]

    assert canonical({place: text})[1:-1] in output(name)
