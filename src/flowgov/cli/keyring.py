"""The key that `init` makes, and the vault it is put in."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowgov.audit.note import VerifierKey


def can_sign() -> bool:
    """Whether the package that signs is installed; it is not imported."""
    return find_spec("cryptography") is not None


class KeyRing:
    """Makes one key, once the name of the log is known; takes it back if the log did not come to be."""

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
            BadInput: there is a key in the folder already, or the folder is open to others.
            AnchorFailed: it cannot be written.
        """
        from flowgov.anchors.vault import Vault, default_vault
        from flowgov.audit.signing import Signer

        self.folder = self.chosen or default_vault(origin, os.environ)
        signer = Signer.generate(origin, os.urandom)
        Vault.create(self.folder, signer.encode())
        self.key = str(signer.key)
        return signer.key

    def undo(self) -> None:
        """Remove the key that was made: nothing was signed with it."""
        from flowgov.anchors.vault import KEY_FILE

        if self.key is not None and self.folder is not None:
            (self.folder / KEY_FILE).unlink(missing_ok=True)
