"""A key for an engine that has none, and the vault in memory that holds it."""

from __future__ import annotations

from random import Random

from flowgov import Engine
from flowgov.audit.signing import Signer
from tests.faults.vaults import MemoryVault


def with_key(engine: Engine) -> MemoryVault:
    """A vault with a new key, which is registered as the log's."""
    vault = MemoryVault(Signer.generate(engine.origin(), Random(1).randbytes))
    engine.register_key(vault.signer().key, by="htallec")
    return vault
