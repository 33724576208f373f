"""Who signs in the tests: keys that are the same every time, a vault in memory, and how a thief signs by hand."""

from __future__ import annotations

from hashlib import sha256

from tests.faults.ownership import Owner, owner

from flowgov.audit import merkle
from flowgov.audit.note import Checkpoint, Note
from flowgov.audit.signing import Signer
from flowgov.store import tree


def signer(log: str, whose: str = "house") -> Signer:
    """The key of *whose*, by the name of a log; the same every time."""
    return Signer(log, sha256(whose.encode()).digest())


def origin(url: str) -> str:
    """The name of the log in a database."""
    with owner(url) as db:
        return str(db.one("SELECT log FROM flowgov_organisation"))


class MemoryVault:
    """What a vault does, without a folder: holds the signing key, and remembers what was signed."""

    def __init__(self, key: Signer) -> None:
        self.keys = [key]
        self.notes: list[str] = []
        self.prepared: str | None = None

    def signer(self, key: str | None = None) -> Signer:
        """Whose signature counts; a folder would look for the *key* that the log names."""
        return self.keys[-1]

    def newest(self) -> str | None:
        """The last checkpoint signed."""
        return self.notes[-1] if self.notes else None

    def remember(self, note: str) -> None:
        """Keep a checkpoint."""
        if note not in self.notes:
            self.notes.append(note)

    def tokens(self) -> dict[str, bytes]:
        """Nobody stamped anything."""
        return {}

    def prepare_key(self, text: str) -> None:
        """Keep a key that may take over."""
        self.prepared = text

    def replace_key(self, text: str) -> None:
        """The prepared key has taken over."""
        assert self.prepared == text, "a key is prepared before it takes over"
        self.keys.append(Signer.parse(text))


def signed(db: Owner, size: int, *signers: Signer, name: str | None = None) -> str:
    """A checkpoint of the tree as it is stored, signed by whoever has the keys."""
    root = merkle.root(size, tree.nodes(db.connection))
    text = Checkpoint(name or signers[0].name, size, root).text()
    return str(Note(text, tuple(key.sign(text) for key in signers)))
