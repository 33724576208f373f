"""A vault for tests: the signing key and the newest checkpoint, in memory."""

from __future__ import annotations

from random import Random

from flowgov import Engine
from flowgov.audit.signing import Signer


class MemoryVault:
    """Holds a signing key, and what was signed with it last."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._newest: str | None = None

    def signer(self) -> Signer:
        return self._signer

    def newest(self) -> str | None:
        return self._newest

    def remember(self, note: str) -> None:
        self._newest = note


def with_key(engine: Engine) -> MemoryVault:
    """A vault with a new key, which is registered as the log's."""
    vault = MemoryVault(Signer.generate(engine.origin(), Random(1).randbytes))
    engine.register_key(vault.signer().key, by="htallec")
    return vault
