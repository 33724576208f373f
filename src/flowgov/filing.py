"""Evidence: documents and links on a project."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flowgov.acts import evidencing, occurring
from flowgov.dossier.files import LARGEST_FILE
from flowgov.dossier.pieces import Piece
from flowgov.keeper import LIBRARY
from flowgov.staffing import Staffing

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from flowgov.acts.administering import Day
    from flowgov.audit.record import Source
    from flowgov.project import Receipt


class Filing(Staffing):
    """Putting evidence on projects."""

    def add_evidence(
        self,
        key: str,
        kind: str,
        *,
        by: str,
        file: str | Path | None = None,
        link: str | None = None,
        store: str | Path | None = None,
        largest: int = LARGEST_FILE,
        occurred: Day | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Put a document or a link on a project.

        Args:
            kind: an evidence kind that the project's workflow declares.
            file: the document; its SHA-256 and size are recorded, its content is not looked at.
            link: where the document is, instead of a file.
            store: a folder to keep a copy in, named by its hash.
            largest: refuse files above so many bytes.
            occurred: the day (UTC) or moment it was put there, if that was before.

        Raises:
            BadInput: neither or both of *file* and *link*; the file is unreadable, too large or not a file.
            Refused: *by* has no acting role on the project, or it is closed; recorded.
            NotFound: there is no such project, evidence kind or person.
        """
        piece = Piece(kind, file, link, store, largest)
        return self.add_pieces(key, [piece], by=by, occurred=occurred, session=session, source=source)[0]

    def add_pieces(
        self,
        key: str,
        pieces: Sequence[Piece],
        *,
        by: str,
        occurred: Day | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> tuple[Receipt, ...]:
        """Put several documents or links on a project, each in a record of its own: all of them, or none.

        With a decision that asks for them, give them to `Engine.move` or `Engine.approve` instead.

        Raises:
            BadInput: there are none, or one cannot be recorded; see `add_evidence`.
            Refused: *by* has no acting role on the project, or it is closed; recorded, for the first piece.
            NotFound: there is no such project, evidence kind or person.
        """
        at, taken = occurring.written(occurred), tuple(piece.taken() for piece in pieces)
        return self._write(lambda unit: evidencing.add(unit, key, by, taken, at), source, session)
