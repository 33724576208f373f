"""Verification of a database: one read transaction, and the verifier that knows no database."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection

from flowgov.acts import crew
from flowgov.acts.house import House
from flowgov.audit.note import Checkpoint, Note, NoteError
from flowgov.audit.seals import NOTHING_OUTSIDE, Outside
from flowgov.audit.verdict import Verdict
from flowgov.audit.verify import Progress, Start, verify
from flowgov.dossier import files
from flowgov.errors import BadInput, DatabaseError
from flowgov.store import tree
from flowgov.store.database import check_schema
from flowgov.store.failures import translated
from flowgov.store.shelf import Shelf
from flowgov.store.spanning import spanning


def verify_log(
    house: House,
    progress: Progress | None,
    outside: Outside = NOTHING_OUTSIDE,
    since: str | None = None,
    store: Path | None = None,
    archives: Sequence[Path] = (),
    jobs: int | None = 1,
) -> Verdict:
    """Check the whole log of *house*. See `Reader.verify`."""
    look = None if store is None else files.looker(store)
    with translated(house.where):
        with house.database.connect() as connection:
            check_schema(connection, house.where)
            # a part of the log is soon read, and records in archives have no place among the shares
            alone = since is not None or bool(archives)
            helpers = 1 if alone else crew.worth(Shelf(connection).total()) if jobs is None else jobs
        with crew.view(house, helpers, store) as (connection, others), spanning(connection, archives) as shelf:
            if shelf.organisation() is None and shelf.total() == 0:
                raise DatabaseError("not_initialised", database=house.where)
            start = _start(connection, since)
            return verify(shelf, progress, outside=outside, since=start, files=look, helpers=others)


def _start(connection: Connection, since: str | None) -> Start | None:
    """Where a verification goes on that *since*, a signed checkpoint, ended.

    Raises:
        BadInput: it is no checkpoint, or of another log or a longer one.
    """
    if since is None:
        return None
    try:
        checkpoint = Checkpoint.parse(Note.parse(since).text)
    except NoteError as error:
        raise BadInput("not_a_checkpoint", why=str(error)) from error
    if checkpoint.size > tree.size(connection):
        raise BadInput("since_ahead", size=checkpoint.size, last=tree.size(connection))
    return Start(checkpoint.size, checkpoint.root, tree.subtrees(connection, checkpoint.size))
