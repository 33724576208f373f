"""Pieces of evidence that somebody brings: alone, or with the decision that asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flowgov.dossier.files import LARGEST_FILE, fingerprint
from flowgov.dossier.files import store as keep
from flowgov.errors import BadInput
from flowgov.text import clean_text

LONGEST_LABEL = 2_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A document or a link, of one kind of evidence."""

    kind: str
    file: str | Path | None = None
    """The document; its SHA-256 and size are recorded, its content is not looked at."""
    link: str | None = None
    """Where the document is, instead of a file."""
    store: str | Path | None = None
    """A folder to keep a copy in, named by its hash."""
    largest: int = LARGEST_FILE
    """Files above so many bytes are refused."""

    def taken(self) -> Taken:
        """What the log will know of it.

        Raises:
            BadInput: neither or both of *file* and *link*; the file is unreadable, too large or not a file.
        """
        if (self.file is None) == (self.link is None):
            raise BadInput("file_or_link")
        if self.file is None:
            if self.store is not None:
                raise BadInput("link_not_stored")
            return Taken(self.kind, _label(self.link or ""))
        path = Path(self.file)
        found = keep(path, Path(self.store), self.largest) if self.store else fingerprint(path, self.largest)
        return Taken(self.kind, _label(path.name), found.sha256, found.size, stored=self.store is not None)


@dataclass(frozen=True, slots=True)
class Taken:
    """A piece of evidence as it is recorded."""

    kind: str
    label: str
    sha256: str | None = None
    """Of the file; a link has none."""
    size: int | None = None
    """Bytes."""
    stored: bool = False

    @property
    def facts(self) -> dict[str, str | int | bool | None]:
        """What its record says of it."""
        return {"kind": self.kind, "sha256": self.sha256, "size": self.size, "stored": self.stored}


def _label(label: str) -> str:
    return clean_text(label, field="label", limit=LONGEST_LABEL)
