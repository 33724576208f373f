"""The hashes that writing and verifying share, computed once more as the pages describe them."""

from __future__ import annotations

import hmac
from base64 import b64encode
from hashlib import sha256

from flowgov.audit.hashing import EMPTY_ROOT, commitment, leaf_digest, leaf_hash, node_hash, row_digest


def test_a_leaf_is_hashed_with_a_zero_before_it_and_a_node_with_a_one() -> None:
    assert leaf_digest(b"body") == sha256(b"\x00body").digest() == bytes.fromhex(leaf_hash(b"body"))
    assert node_hash(b"left", b"right") == sha256(b"\x01leftright").digest()


def test_a_tree_without_leaves_has_the_hash_of_nothing() -> None:
    assert sha256(b"").digest() == EMPTY_ROOT


def test_a_row_is_hashed_as_canonical_json() -> None:
    assert row_digest(["é", 1, None, True]) == sha256('["é",1,null,true]'.encode()).hexdigest()


def test_a_row_with_half_a_character_has_a_hash_too() -> None:
    """Only the database's owner can write one; it is a finding, and must not end the verification."""
    assert row_digest(["\ud800"]) == sha256(b'["\\ud800"]').hexdigest()


def test_a_commitment_is_keyed_by_its_salt_and_bound_to_its_field() -> None:
    expected = hmac.new(b"s" * 32, b"flowgov.commit/1\x00name\x00" + "Hélène".encode(), sha256).digest()

    assert commitment("name", b"s" * 32, "Hélène") == b64encode(expected).decode()
