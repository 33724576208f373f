"""Everything that verification reads, of one moment, as the database stores it: no type is interpreted on the way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Engine, TextClause, bindparam, exc, text

from flowgov.audit.compare import COLUMNS, ProjectRows
from flowgov.audit.finding import Code
from flowgov.audit.record import ORGANISATION
from flowgov.audit.shares import EVERYTHING, Share
from flowgov.audit.tree import Leaf
from flowgov.audit.verify import Page
from flowgov.store.database import reading
from flowgov.store.guarding import guard_problems
from flowgov.store.naming import fixed_names, qualified

PAGE = 1_000
"""Records read at a time."""
SMALLEST_SHARE = 1_000
"""Records that are worth asking another process for."""

_COLUMNS = """
SELECT r.id, r.stream, r.seq, r.body, r.event, r.outcome, r.actor, r.ts, r.idem, l.idx, w.record, l.hash
FROM flowgov_record r LEFT JOIN flowgov_leaf l ON l.record = r.id LEFT JOIN flowgov_pending w ON w.record = r.id
"""
_RECORDS = f"{_COLUMNS} WHERE (r.stream, r.seq) > (:stream, :seq) ORDER BY r.stream, r.seq LIMIT :most"
_RECORDS_UNTIL = _RECORDS.replace("ORDER BY", "AND r.stream <= :until ORDER BY")
_OF_STREAM = f"{_COLUMNS} WHERE r.stream = :stream AND r.seq > :seq ORDER BY r.seq LIMIT :most"
# each looked up by itself: told to join, planners go through all records
_GROWN = """
SELECT stream FROM (
  SELECT (SELECT r.stream FROM flowgov_record r WHERE r.id = l.record) AS stream
  FROM flowgov_leaf l WHERE l.idx >= :since OR l.idx < 0
  UNION SELECT (SELECT r.stream FROM flowgov_record r WHERE r.id = w.record) FROM flowgov_pending w
  UNION SELECT 'org') grown
WHERE stream IS NOT NULL ORDER BY stream
"""
_PLACED = """
SELECT (SELECT count(*) FROM flowgov_leaf WHERE archive IS NULL) + (SELECT count(*) FROM flowgov_pending)
"""
_UNPLACED = """
SELECT DISTINCT r.stream FROM flowgov_record r
LEFT JOIN flowgov_leaf l ON l.record = r.id LEFT JOIN flowgov_pending w ON w.record = r.id
WHERE l.record IS NULL AND w.record IS NULL
"""
_TEXTS_AFTER = "SELECT stream, seq, field, salt, value FROM flowgov_text WHERE (stream, seq) > (:stream, :seq)"
_IN_ORDER = "ORDER BY stream, seq, field"
_TEXTS = f"{_TEXTS_AFTER} {_IN_ORDER}"
_TEXTS_BETWEEN = f"{_TEXTS_AFTER} AND (stream, seq) <= (:last_stream, :last_seq) {_IN_ORDER}"
_TEXTS_IN_STREAM = "SELECT stream, seq, field, salt, value FROM flowgov_text WHERE stream = :stream AND seq > :seq"
_TEXTS_OF_STREAM = f"{_TEXTS_IN_STREAM} AND seq <= :last {_IN_ORDER}"
_LEAVES = """
SELECT l.idx, l.record, l.hash, l.archive, r.stream, r.seq, r.ts
FROM flowgov_leaf l LEFT JOIN flowgov_record r ON r.id = l.record
WHERE l.idx >= :first ORDER BY l.idx LIMIT :most
"""
_NODES = "SELECT idx, hash FROM flowgov_node WHERE level = :level AND idx >= :first ORDER BY idx LIMIT :most"
_ADRIFT = """
SELECT (SELECT count(*) FROM flowgov_record WHERE stream IS NULL OR stream = '' OR seq IS NULL OR seq < 1),
  (SELECT count(*) FROM flowgov_text WHERE stream IS NULL OR stream = '' OR seq IS NULL OR seq < 1)
"""
_WAITING = "SELECT count(*) FROM flowgov_pending"
_STAMPS = """
SELECT w.record, r.stream, r.seq, r.ts FROM flowgov_pending w JOIN flowgov_record r ON r.id = w.record
WHERE w.record > :last ORDER BY w.record LIMIT :most
"""
_GONE = """
SELECT record FROM flowgov_pending w WHERE NOT EXISTS (SELECT 1 FROM flowgov_record r WHERE r.id = w.record)
"""
_CHECKPOINTS = "SELECT size, note FROM flowgov_checkpoint ORDER BY size"
_COSIGNATURES = "SELECT size, witness, line FROM flowgov_cosignature ORDER BY size, witness"
_STRAYS = """
SELECT '{table}', t.{id} FROM flowgov_{table} t
WHERE NOT EXISTS (SELECT 1 FROM flowgov_record r WHERE r.stream = 'prj:' || t.{id}) AND t.{id} <> 'org'
"""
_OF_A_PROJECT = (("project", "id"), ("approval", "project_id"), ("evidence", "project_id"), ("entry", "scope"))
_FIRST = -(2**63)
"""What comes before a first position: nothing ought to."""
_STATE = """
SELECT (SELECT count(*) FROM flowgov_record), (SELECT max(id) FROM flowgov_record),
  (SELECT max(idx) FROM flowgov_leaf), (SELECT count(*) FROM flowgov_pending), (SELECT max(record) FROM flowgov_pending)
"""
_BEFORE = "SELECT count(*) FROM flowgov_record WHERE stream < :stream"
_AT = "SELECT stream FROM flowgov_record WHERE stream > :stream ORDER BY stream, seq LIMIT 1 OFFSET :further"
_BODY = "SELECT body FROM flowgov_record WHERE stream = :stream AND seq = :seq"
_LAST = "SELECT max(seq) FROM flowgov_record WHERE stream = :stream"
_STREAMS = "SELECT count(DISTINCT stream) FROM flowgov_record WHERE stream > :former AND stream <= :stream"
_NOT_TEXT = "could not decode"
_SNAPSHOT = re.compile(r"[0-9A-Fa-f-]+").fullmatch


@contextmanager
def snapshot(database: Engine, name: str | None = None) -> Iterator[Connection]:
    """A connection on which everything read is of one moment, however long that takes.

    Args:
        name: on PostgreSQL, of the moment: what `moment` said on another such connection.
    """
    if database.dialect.name == "sqlite":
        with reading(database) as connection:
            yield connection
        return
    with (
        database.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True) as connection,
        connection.begin(),
    ):
        if name is not None:
            assert _SNAPSHOT(name), "the name of a snapshot"
            connection.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{name}'")
        # each page starts elsewhere: a plan for any place would read whole tables
        connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_custom_plan")
        yield fixed_names(connection)


def moment(connection: Connection) -> str | None:
    """A name by which other connections can see what this one sees, on PostgreSQL."""
    if connection.dialect.name == "sqlite":
        return None
    return str(connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one())


class Shelf:
    """The rows of one database, for `flowgov.audit.verify.verify`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def total(self) -> int:
        """How many records there are."""
        return int(self._rows(text("SELECT count(*) FROM flowgov_record"))[0][0])

    def state(self) -> Sequence[Any]:
        """How far the log has come: two views with the same are of the same records and positions."""
        return list(self._rows(text(_STATE))[0])

    def shares(self, count: int) -> list[Share] | None:
        """The streams after the organisation's, cut into about *count* shares of as many records each.

        Returns:
            None where they cannot be: the organisation's is not the first, or a record's place is no such thing.
        """
        if self._rows(text(_BEFORE), stream=ORGANISATION)[0][0]:
            return None
        former, last, chains = ORGANISATION, self._last(ORGANISATION), 1
        if type(last) is not int or type(self._rows(text(_BODY), stream=former, seq=last)[0][0]) is not bytes:
            return None  # its end will be looked for again, after all other chains
        shares: list[Share] = []
        further = max(self.total() // count, SMALLEST_SHARE)
        while cut := self._rows(text(_AT), stream=former, further=further):
            if type(last) is not int or type(cut[0][0]) is not str or not cut[0][0].isascii():
                return None
            shares.append(Share(len(shares), chains, (former, last), cut[0][0]))
            chains += self._rows(text(_STREAMS), former=former, stream=cut[0][0])[0][0]
            former, last = cut[0][0], self._last(cut[0][0])
        return [*shares, Share(len(shares), chains, (former, last), None)] if type(last) is int else None

    def _last(self, stream: str) -> Any:
        return self._rows(text(_LAST), stream=stream)[0][0]

    def organisation(self) -> Sequence[Any] | None:
        """The row that says where the organisation's chain ends."""
        return next(iter(self._table("organisation")), None)

    def people(self) -> Iterable[Sequence[Any]]:
        """Every identity card."""
        return self._table("person")

    def assignments(self) -> Iterable[Sequence[Any]]:
        """Every assignment."""
        return self._table("assignment")

    def exceptions(self) -> Iterable[Sequence[Any]]:
        """Every exception."""
        return self._table("exception")

    def workflows(self) -> Iterable[Sequence[Any]]:
        """Every definition."""
        return self._table("workflow")

    def entries(self) -> Iterable[Sequence[Any]]:
        """Every line of the organisation's registers."""
        return self._of("entry", "scope", ["org"])

    def pages(self, since: int | None) -> Iterator[Page]:
        """Every record, stream by stream, with the texts beside; memory does not grow with their number.

        With *since*, only the streams that have a record from that position on, and the organisation's.
        """
        if since is not None:
            for stream in self._grown(since):
                yield from self._stream(stream)
            return
        yield from self.share(EVERYTHING)

    def share(self, share: Share) -> Iterator[Page]:
        """The records of some of the streams; with the last ones, also the texts that lie after all of them."""
        stream, seq = share.after
        statement, until = text(_RECORDS), {}
        if share.until is not None:
            statement, until = text(_RECORDS_UNTIL), {"until": share.until}
        while records := self._rows(statement, stream=stream, seq=seq, most=PAGE, **until):
            last = {"last_stream": records[-1][1], "last_seq": records[-1][2]}
            yield Page(records, _texts(self._rows(text(_TEXTS_BETWEEN), stream=stream, seq=seq, **last)))
            stream, seq = records[-1][1], records[-1][2]
        if share.until is None:
            yield Page((), _texts(self._rows(text(_TEXTS), stream=stream, seq=seq)))

    def _grown(self, since: int) -> Sequence[str]:
        """Streams that have a record from a position on; and those that have one that was never counted."""
        grown = [row[0] for row in self._rows(text(_GROWN), since=since)]
        if self.total() == self._rows(text(_PLACED))[0][0]:
            return grown
        return sorted({*grown, *(row[0] for row in self._rows(text(_UNPLACED)))})

    def _stream(self, stream: str) -> Iterator[Page]:
        """One stream, with every text that claims to be beside it."""
        seq = 0
        while records := self._rows(text(_OF_STREAM), stream=stream, seq=seq, most=PAGE):
            texts = self._rows(text(_TEXTS_OF_STREAM), stream=stream, seq=seq, last=records[-1][2])
            yield Page(records, _texts(texts))
            seq = records[-1][2]
        yield Page((), _texts(self._rows(text(f"{_TEXTS_IN_STREAM} {_IN_ORDER}"), stream=stream, seq=seq)))

    def projects(self, ids: Sequence[str]) -> Mapping[str, ProjectRows]:
        """What the tables say about these projects."""
        found = {id_: ProjectRows(approvals=[], evidence=[], entries=[]) for id_ in ids}
        for row in self._of("approval", "project_id", ids):
            found[row[0]].approvals.append(row)  # type: ignore[attr-defined]  # lists, made above
        for row in self._of("evidence", "project_id", ids):
            found[row[0]].evidence.append(row)  # type: ignore[attr-defined]  # as above
        for row in self._of("entry", "scope", ids):
            found[row[0]].entries.append(row)  # type: ignore[attr-defined]  # as above
        for row in self._of("project", "id", ids):
            found[row[0]] = replace(found[row[0]], project=row)
        return found

    def strays(self) -> Iterator[tuple[str, str]]:
        """Rows about projects that have no chain."""
        for table, column in _OF_A_PROJECT:
            for row in self._rows(text(_STRAYS.format(table=table, id=column))):
                yield row[0], row[1]

    def leaves(self, first: int) -> Iterator[Sequence[Leaf]]:
        """Pages of the tree's leaves from a position on; from the first on, also those that claim to lie before it."""
        first = first or _FIRST
        while rows := self._rows(text(_LEAVES), first=first, most=PAGE):
            yield rows
            if len(rows) < PAGE:
                return
            first = rows[-1][0] + 1

    def node_levels(self) -> Sequence[int]:
        """Levels of which nodes are stored."""
        return [row[0] for row in self._rows(text("SELECT DISTINCT level FROM flowgov_node ORDER BY level"))]

    def nodes(self, level: int, first: int) -> Iterator[tuple[Any, Any]]:
        """Index and hash of the stored nodes of a level from an index on; from the first on, also those before it."""
        first = first or _FIRST
        while rows := self._rows(text(_NODES), level=level, first=first, most=PAGE):
            yield from ((row[0], row[1]) for row in rows)
            if len(rows) < PAGE:
                return
            first = rows[-1][0] + 1

    def adrift(self) -> Iterable[tuple[str, int]]:
        """Table and number of rows that name no place in a chain, and so are on no page."""
        return [(table, n) for table, n in zip(("record", "text"), self._rows(text(_ADRIFT))[0], strict=True) if n]

    def archives(self) -> Iterable[tuple[str, str]]:
        """There are none in a database."""
        return ()

    def waiting(self) -> tuple[int, Sequence[Any]]:
        """How many records wait for a position, and the names of those that are gone."""
        return int(self._rows(text(_WAITING))[0][0]), [row[0] for row in self._rows(text(_GONE))]

    def unplaced(self) -> Iterator[Sequence[Any]]:
        """Stream, seq and stamp of every record that waits for a position, in the order of writing."""
        last = _FIRST
        while rows := self._rows(text(_STAMPS), last=last, most=PAGE):
            yield from (row[1:] for row in rows)
            last = rows[-1][0]

    def checkpoints(self) -> Iterable[tuple[Any, Any]]:
        """Size and note of every checkpoint."""
        return ((row[0], row[1]) for row in self._rows(text(_CHECKPOINTS)))

    def cosignatures(self) -> Iterable[tuple[Any, Any, Any]]:
        """Size, witness and line of every cosignature."""
        return ((row[0], row[1], row[2]) for row in self._rows(text(_COSIGNATURES)))

    def guards(self) -> Iterable[tuple[Code, Mapping[str, Any]]]:
        """What is wrong with the triggers that keep the log append-only."""
        return guard_problems(self._connection)

    def _table(self, table: str) -> Sequence[Sequence[Any]]:
        return self._rows(_select(table))

    def _of(self, table: str, column: str, ids: Sequence[str]) -> Sequence[Sequence[Any]]:
        statement = text(f"{_select(table).text} WHERE {column} IN :ids")
        return self._rows(statement.bindparams(bindparam("ids", expanding=True)), ids=list(ids))

    def _rows(self, statement: TextClause, **values: Any) -> Sequence[Sequence[Any]]:
        statement = qualified(self._connection, statement)
        try:
            return self._connection.execute(statement, values).all()
        except exc.OperationalError as error:
            if _NOT_TEXT not in str(error.orig).lower():
                raise
        with _any_bytes(self._connection):
            return self._connection.execute(statement, values).all()


@contextmanager
def _any_bytes(connection: Connection) -> Iterator[None]:
    """On SQLite, a text that is not UTF-8 is an error; read it all the same, so that it can be reported."""
    raw: Any = connection.connection.driver_connection
    raw.text_factory = lambda stored: stored.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        raw.text_factory = str


def _select(table: str) -> TextClause:
    columns = ", ".join(COLUMNS[table])
    return text(f"SELECT {columns} FROM flowgov_{table}")  # noqa: S608  # our own names


def _texts(rows: Iterable[Sequence[Any]]) -> dict[tuple[str, int], dict[str, tuple[Any, Any]]]:
    found: dict[tuple[str, int], dict[str, tuple[Any, Any]]] = {}
    for stream, seq, field, salt, value in rows:
        found.setdefault((stream, seq), {})[field] = (salt, value)
    return found
