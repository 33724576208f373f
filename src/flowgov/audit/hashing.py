"""The hash functions of the log; writing and verifying share these and nothing else.

Hashes of leaves (0x00) and of the nodes above them (0x01) follow RFC 9162, section 2.1.1, which is RFC 6962's;
commitments are HMAC-SHA256 with a label of their own, so that no hash of one kind can pass for another.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256

SALT_BYTES = 32
HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(body: bytes) -> str:
    """SHA-256 over 0x00 and the record's exact bytes, in lower-case hexadecimal."""
    return leaf_digest(body).hex()


def leaf_digest(body: bytes) -> bytes:
    """SHA-256 over 0x00 and the record's exact bytes: 32 bytes, a leaf of the tree."""
    return sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 over 0x01 and the two nodes below: 32 bytes."""
    return sha256(b"\x01" + left + right).digest()


def row_digest(values: Sequence[object]) -> str:
    """SHA-256 over the canonical JSON of a table's row, in lower-case hexadecimal."""
    line = json.dumps(values, separators=(",", ":"), ensure_ascii=False)
    return sha256(line.encode("utf-8", "backslashreplace")).hexdigest()


def commitment(field: str, salt: bytes, value: str) -> str:
    """What binds a free text to its record without being in it: base64 HMAC-SHA256 keyed by 32 random bytes."""
    message = b"flowgov.commit/1\x00" + field.encode() + b"\x00" + value.encode("utf-8")
    return b64encode(hmac.digest(salt, message, "sha256")).decode("ascii")
