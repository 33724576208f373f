"""The key that `init` and `audit key new` make, and the vault it is put in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from flowgov.errors import BadInput, OutcomeUnknown

if TYPE_CHECKING:
    from flowgov.audit.note import VerifierKey


VAULT = "FLOWGOV_VAULT"
"""The environment variable that names the vault's folder."""


def can_sign() -> bool:
    """Whether the package that signs is installed; it is not imported."""
    return find_spec("cryptography") is not None


class KeyRing:
    """Makes one key, once the name of the log is known; takes it back if the log did not come to know it."""

    def __init__(self, chosen: Path | None) -> None:
        """
        Args:
            chosen: the vault's folder; None for one in the user's own data.
        """
        self.chosen = self.folder = chosen
        self.key: str | None = None
        """The verifier key, once made."""

    def make(self, origin: str) -> VerifierKey:
        """A new key in a new vault.

        Raises:
            BadInput: there is a key in the folder already, or in the environment, or the folder is open to others.
            AnchorFailed: it cannot be written.
        """
        from flowgov.anchors.vault import KEY, Vault, default_vault
        from flowgov.audit.signing import Signer

        if os.environ.get(KEY):
            raise BadInput("key_in_environment", variable=KEY)
        self.folder = self.chosen or default_vault(origin, os.environ)
        signer = Signer.generate(origin, os.urandom)
        Vault.create(self.folder, signer.encode())
        self.key = str(signer.key)
        return signer.key

    @contextmanager
    def unless_it_fails(self) -> Iterator[None]:
        """Keep the key only if the log knows it afterwards, or may know it: then it is the only one that can sign."""
        try:
            yield
        except OutcomeUnknown:
            raise
        except BaseException:
            self._undo()
            raise

    def _undo(self) -> None:
        from flowgov.anchors.vault import KEY_FILE

        if self.key is not None and self.folder is not None:
            (self.folder / KEY_FILE).unlink(missing_ok=True)
