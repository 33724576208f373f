"""A webhook: tells another system, or the people behind it, each checkpoint as it is signed."""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from flowgov.anchors.copies import Copy, Damaged, checkpoint_to_put
from flowgov.anchors.http import Address, post
from flowgov.clock import Clock
from flowgov.errors import BadInput

SECRET = "FLOWGOV_WEBHOOK_SECRET"  # noqa: S105 - the name of the variable
"""The environment variable that holds the secret, as ``whsec_`` and base64."""

_PREFIX = "whsec_"
_SHORTEST = 24


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that each checkpoint is posted to as JSON."""

    address: Address
    clock: Clock
    secret: bytes | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        return self.address.shown

    def put(self, note: str) -> str:
        checkpoint = checkpoint_to_put(note)
        said = {
            "flowgov": 1,
            "checkpoint": note,
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
        }
        body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
        post(self.address, body, {"Content-Type": "application/json", **self._headers(note, body)})
        return self.name

    def copies(self) -> Iterator[Copy | Damaged]:
        raise BadInput("anchor_write_only", place=self.name)

    def _headers(self, note: str, body: bytes) -> dict[str, str]:
        """Standard Webhooks; the same note has the same id, so that a receiver can tell a repetition."""
        name = f"msg_{sha256(note.encode()).hexdigest()[:32]}"
        time = str(int(self.clock.now().timestamp()))
        headers = {"webhook-id": name, "webhook-timestamp": time}
        if self.secret is not None:
            signature = hmac.digest(self.secret, f"{name}.{time}.".encode() + body, "sha256")
            headers["webhook-signature"] = f"v1,{b64encode(signature).decode('ascii')}"
        return headers


def secret_from(text: str | None) -> bytes | None:
    """The secret that *text* stands for; None without any.

    Raises:
        BadInput: it is not written as Standard Webhooks wants, or too short; it is not repeated.
    """
    if not text:
        return None
    try:
        secret = b64decode(text.strip().removeprefix(_PREFIX), validate=True)
    except ValueError:
        raise BadInput("webhook_secret", variable=SECRET, shortest=_SHORTEST) from None
    if len(secret) < _SHORTEST:
        raise BadInput("webhook_secret", variable=SECRET, shortest=_SHORTEST)
    return secret
