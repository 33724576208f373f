"""Signed checkpoints to print, cosigned by as many witnesses as a test wants."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

from flowgov.audit.note import Checkpoint
from flowgov.audit.signing import Signer
from flowgov.report.seal import Seal, read
from flowgov.testing import seeded

LOG = "flowgov/9f0c0123456789ab"
ROOT = sha256(b"root").digest()
SIGNER = Signer.generate(LOG, seeded())
KEY = str(SIGNER.key)


def raw(*witnesses: str, origin: str = LOG, root: bytes = ROOT) -> str:
    """A checkpoint of fifty records as the database has it."""
    text = Checkpoint(origin, 50, root).text()
    signer = Signer.generate(origin, seeded())
    lines = [signer.sign(text).line()]
    lines += [Signer.generate(name, seeded(n)).cosign(text, n).line() for n, name in enumerate(witnesses, start=1)]
    return f"{text}\n{''.join(lines)}"


def seal(*witnesses: str, origin: str = LOG, root: bytes = ROOT, confirmed: bool = True) -> Seal:
    """The same, as a report prints it."""
    found = read(raw(*witnesses, origin=origin, root=root), [KEY], confirmed=confirmed)
    assert found is not None
    return found


def encoded(root: bytes) -> str:
    """A root as notes write it."""
    return b64encode(root).decode()
