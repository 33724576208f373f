"""Verification of a database: one read transaction, and the verifier that knows no database."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection

from flowgov.acts import crew
from flowgov.acts.house import House
from flowgov.audit.hashing import HASH_BYTES
from flowgov.audit.note import Checkpoint, Note, NoteError
from flowgov.audit.seals import NOTHING_OUTSIDE, Outside
from flowgov.audit.verdict import Verdict
from flowgov.audit.verify import Progress, Start, verify
from flowgov.dossier import files
from flowgov.errors import AuditBroken, BadInput, DatabaseError
from flowgov.store import people, tree
from flowgov.store.database import check_file, check_schema
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
            if since is None:
                check_file(connection, house.where)
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
    names = _names(connection)
    if names and checkpoint.origin not in names:
        raise BadInput("since_of_another_log", origin=checkpoint.origin, log=names[0])
    if checkpoint.size > tree.size(connection):
        raise BadInput("since_ahead", size=checkpoint.size, last=tree.size(connection))
    return Start(checkpoint.size, checkpoint.root, _subtrees(connection, checkpoint.size))


def _names(connection: Connection) -> list[str]:
    """What the log is called: by its row, and by its newest checkpoint. Where they differ, verification says so."""
    organisation, newest = people.read_organisation(connection), tree.newest_checkpoint(connection)
    names = [str(organisation.log)] if organisation is not None else []
    return names if newest is None else [*names, str(newest.note).partition("\n")[0]]


def _subtrees(connection: Connection, size: int) -> list[bytes]:
    """What the tree says of its first *size* leaves; where it is not whole, what no signature agrees with."""
    try:
        return tree.subtrees(connection, size)
    except AuditBroken:
        return [bytes(HASH_BYTES)] * size.bit_count()
