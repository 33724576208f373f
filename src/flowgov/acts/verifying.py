"""Verification of a database: one read transaction, and the verifier that knows no database."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection

from flowgov.acts.house import House
from flowgov.audit.note import Checkpoint, Note, NoteError
from flowgov.audit.seals import NOTHING_OUTSIDE, Outside
from flowgov.audit.verdict import Verdict
from flowgov.audit.verify import Files, Progress, Start, verify
from flowgov.errors import BadInput, DatabaseError
from flowgov.store import tree
from flowgov.store.database import check_schema
from flowgov.store.failures import translated
from flowgov.store.shelf import snapshot
from flowgov.store.spanning import spanning


def verify_log(
    house: House,
    progress: Progress | None,
    outside: Outside = NOTHING_OUTSIDE,
    since: str | None = None,
    files: Files | None = None,
    archives: Sequence[Path] = (),
) -> Verdict:
    """Check the whole log of *house*. See `Reader.verify`."""
    with translated(house.where):
        with house.database.connect() as connection:
            check_schema(connection, house.where)
        with snapshot(house.database) as connection, spanning(connection, archives) as shelf:
            if shelf.organisation() is None and shelf.total() == 0:
                raise DatabaseError("not_initialised", database=house.where)
            return verify(shelf, progress, outside=outside, since=_start(connection, since), files=files)


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
