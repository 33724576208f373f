"""Closing a period: the records of projects that ended go into a bundle, and a signed tombstone stays.

In two steps. The bundle is written, from one moment, and can be looked at; then, in one transaction, everything it
was made of is compared again, deleted, and described by records. What stops in between leaves a file too many.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import file_digest
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection

from flowgov.acts.administering import Desk, sit_down
from flowgov.acts.checkpointing import LONGEST_REASON, parsed
from flowgov.acts.exporting import entries, files, notes_of, steps
from flowgov.acts.house import House
from flowgov.acts.receipts import on_organisation
from flowgov.acts.unit import Unit
from flowgov.audit import bundle, merkle
from flowgov.audit.bundle import Contents, Entry
from flowgov.audit.compare import ARCHIVED_COLUMNS
from flowgov.audit.hashing import leaf_digest, row_digest
from flowgov.audit.record import ORGANISATION, project_stream
from flowgov.errors import AuditBroken, Conflict, NotFound
from flowgov.project import Receipt
from flowgov.store import burying, exporting, tree
from flowgov.text import clean_text


@dataclass(frozen=True, slots=True)
class Plot:
    """What an archive was made of."""

    heads: Mapping[str, tuple[int, str]]
    """Last position and head of every project's chain, by id."""
    keys: tuple[str, ...]
    count: int
    """Records, the organisation's not counted."""
    root: str
    since: str
    """Time of the first record."""
    until: str
    """Time of the last record."""


def write(
    house: House, connection: Connection, until: str, store: Path | None, anchors: Mapping[str, bytes], file: BinaryIO
) -> Plot:
    """Write the archive of every project that ended before *until*.

    Raises:
        NotFound: there is no checkpoint, or no such project.
        BadInput: a copy of evidence is missing.
    """
    notes = notes_of(connection)
    if not notes:
        raise NotFound("no_checkpoint")
    size = parsed(notes[-1])[1].size
    rows = [row for row in burying.ended_before(connection, until) if _ended(house, connection, row)]
    rows = [row for row in rows if not burying.uncovered(connection, [row.id], size)]
    if not rows:
        raise NotFound("nothing_ended", until=until)
    digger = _Digger()
    ids = [row.id for row in rows]
    contents = Contents(
        log=house.scribe(connection).log,
        scope="archive",
        made=house.now(),
        notes=notes,
        entries=digger.through(entries(connection, size, [ORGANISATION, *map(project_stream, ids)], proofs=True)),
        steps=steps(connection, notes),
        workflows=exporting.definitions(connection),
        evidence=files(exporting.stored_files(connection, ids), store),
        anchors=anchors,
    )
    bundle.write(file, contents)
    return Plot(
        heads={row.id: (row.seq, row.head) for row in rows},
        keys=tuple(row.key for row in rows),
        count=len(digger.hashes),
        root=merkle.root_of(digger.hashes).hex(),
        since=digger.since,
        until=digger.until,
    )


def checked(path: Path, key: str) -> str:
    """The SHA-256 of an archive that the verifier it carries finds nothing wrong with.

    Raises:
        AuditBroken: it does; nothing may be deleted then.
    """
    from flowgov.audit import offline

    check = offline.Check()
    check.run(path, [offline.key(key, 1)], [])
    if check.findings:
        raise AuditBroken("archive", path=str(path), first=check.findings[0]["message"])
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def bury(unit: Unit, plot: Plot, sha256: str, reason: str, by: str) -> Receipt:
    """Delete what is in the archive, and record that.

    Raises:
        Conflict: a project changed since the archive was written.
        Refused: *by* is no administrator; recorded.
    """
    reason = clean_text(reason, field="reason", limit=LONGEST_REASON, multiline=True)
    desk = sit_down(unit, by)
    content = {
        "file": sha256,
        "count": plot.count,
        "root": plot.root,
        "projects": len(plot.heads),
        "since": plot.since,
        "until": plot.until,
    }
    desk.allow("log.archive", unit.scribe.log, content)
    tree.one_at_a_time(unit.connection)
    rows = list(burying.lock(unit.connection, list(plot.heads)))
    if {row.id: (row.seq, row.head) for row in rows if row.archived is None} != dict(plot.heads):
        raise Conflict("moved_meanwhile")
    stone = desk.enter("log.archived", content, {"reason": reason})
    _say_goodbye(replace(desk, head=stone.head), rows, stone.seq)
    gone = burying.bury(unit.connection, list(plot.heads), stone.seq)
    if gone != plot.count:
        raise Conflict("moved_meanwhile")
    return on_organisation(stone, ", ".join(plot.keys))


def is_untouched(connection: Connection, plot: Plot) -> bool:
    """Whether all the records that an archive was made of are still in the database."""
    return exporting.how_many(connection, list(plot.heads)) >= plot.count


def kept_row(row: Any) -> str:
    """The hash that vouches for what stays of an archived project in the table of projects."""
    return row_digest([getattr(row, name) for name in ARCHIVED_COLUMNS])


def _say_goodbye(desk: Desk, rows: Sequence[Any], tombstone: int) -> None:
    """A record for every project, with what its row says from now on."""
    for row in rows:
        content = {
            "project": row.id,
            "last": row.seq,
            "head": row.head,
            "row": kept_row(row),
            "archive": tombstone,
        }
        sealed = desk.enter("project.archived", content, {"title": row.title, "objective": row.objective})
        burying.mark(desk.unit.connection, row.id, sealed.seq)
        desk = replace(desk, head=sealed.head)


def _ended(house: House, connection: Connection, row: Any) -> bool:
    return not house.lifecycle(connection, row.workflow).leaving(row.state)


class _Digger:
    """Takes the measure of the archived projects' records as they go by."""

    def __init__(self) -> None:
        self.hashes: list[bytes] = []
        self.since = self.until = ""

    def through(self, found: Iterator[Entry]) -> Iterator[Entry]:
        for entry in found:
            document = json.loads(entry.body)
            if document["stream"] != ORGANISATION:
                self.hashes.append(leaf_digest(entry.body))
                self.since = min(self.since or document["ts"], document["ts"])
                self.until = max(self.until, document["ts"])
            yield entry
