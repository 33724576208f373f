"""The hash functions of the log; writing and verifying share these and nothing else.

Leaf hashes and their 0x00 prefix follow RFC 6962, section 2.1; commitments are HMAC-SHA256 with a label of
their own, so that no hash of one kind can pass for another.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from hashlib import sha256

SALT_BYTES = 32


def leaf_hash(body: bytes) -> str:
    """SHA-256 over 0x00 and the record's exact bytes, in lower-case hexadecimal."""
    return sha256(b"\x00" + body).hexdigest()


def commitment(field: str, salt: bytes, value: str) -> str:
    """What binds a free text to its record without being in it: base64 HMAC-SHA256 keyed by 32 random bytes."""
    message = b"flowgov.commit/1\x00" + field.encode() + b"\x00" + value.encode("utf-8")
    return b64encode(hmac.digest(salt, message, "sha256")).decode("ascii")
