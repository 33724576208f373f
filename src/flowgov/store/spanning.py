"""Verification across archives: the rows of the database, and the records that left it for archives that were given."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import file_digest
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple

from sqlalchemy import Connection, bindparam, text

from flowgov.audit import bundle
from flowgov.audit.bundle import Bundle
from flowgov.audit.chain import Texts
from flowgov.audit.record import ORGANISATION
from flowgov.audit.verify import Page
from flowgov.errors import BadInput
from flowgov.store.shelf import PAGE, Shelf

_LEAVES = text("SELECT idx, record, hash FROM flowgov_leaf WHERE idx IN :some").bindparams(
    bindparam("some", expanding=True)
)
_TOMBSTONES = text("SELECT body FROM flowgov_record WHERE stream = 'org' AND event = 'log.archived' ORDER BY seq")
AT_A_TIME = 400


class _Place(NamedTuple):
    """Where a record of an archive was put aside; sorts by chain and position."""

    stream: str
    seq: int
    idx: int
    start: int
    length: int


@contextmanager
def spanning(connection: Connection, archives: Sequence[Path]) -> Iterator[Shelf]:
    """The rows of one database, and with them the records of *archives*.

    Raises:
        BadInput: an archive cannot be read, or is no archive.
    """
    if not archives:
        yield Shelf(connection)
        return
    with ExitStack() as stack:
        opened = [(path, stack.enter_context(bundle.opened(path))) for path in archives]
        for path, found in opened:
            if found.manifest.scope != "archive":
                raise BadInput("not_an_archive", path=str(path))
        yield _Spanning(connection, opened)


class _Spanning(Shelf):
    def __init__(self, connection: Connection, archives: Sequence[tuple[Path, Bundle]]) -> None:
        super().__init__(connection)
        self._archives = archives

    def archives(self) -> Iterable[tuple[str, str]]:
        """Name and SHA-256 of every archive given."""
        for path, _ in self._archives:
            with path.open("rb") as file:
                yield str(path), file_digest(file, "sha256").hexdigest()

    def pages(self, since: int | None) -> Iterator[Page]:
        """The database's pages, then those of every archive."""
        yield from super().pages(since)
        read = set[str]()
        recorded = set(self._recorded())
        for (_, archive), (_, digest) in zip(self._archives, self.archives(), strict=True):
            if digest not in recorded or digest in read:
                continue  # a stranger's records would only bury the finding that it is a stranger
            read.add(digest)
            with TemporaryFile() as aside:
                yield from self._chains(archive, aside)

    def _recorded(self) -> Iterator[str]:
        """SHA-256 of every archive that a record describes, whether that record holds or not."""
        for (body,) in self._rows(_TOMBSTONES):
            try:
                yield str(json.loads(body)["file"])
            except (ValueError, KeyError, TypeError):
                continue

    def _chains(self, archive: Bundle, aside: IO[bytes]) -> Iterator[Page]:
        """An archive's chains one after the other: there its records are in the order of the tree."""
        places = sorted(_put_aside(archive, aside))
        texts = _texts(archive)
        for stream, theirs in groupby(places, lambda place: place.stream):
            chain = list(theirs)
            for first in range(0, len(chain), PAGE):
                rows = self._rows_of(chain[first : first + PAGE], aside)
                beside = {(stream, row[2]): texts.pop((stream, row[2]), {}) for row in rows}
                yield Page(rows, beside)
        yield Page((), texts)

    def _rows_of(self, places: Sequence[_Place], aside: IO[bytes]) -> list[tuple[Any, ...]]:
        leaves: dict[int, tuple[Any, Any]] = {}
        for first in range(0, len(places), AT_A_TIME):
            some = [place.idx for place in places[first : first + AT_A_TIME]]
            leaves.update({row[0]: (row[1], row[2]) for row in self._rows(_LEAVES, some=some)})
        return [_row(place, _read(aside, place), *leaves.get(place.idx, (None, None))) for place in places]


def _put_aside(archive: Bundle, aside: IO[bytes]) -> Iterator[_Place]:
    start = 0
    for entry in archive.records():
        document = json.loads(entry.body)
        if document["stream"] != ORGANISATION:
            aside.write(entry.body)
            yield _Place(document["stream"], document["seq"], entry.idx, start, len(entry.body))
            start += len(entry.body)


def _read(aside: IO[bytes], place: _Place) -> bytes:
    aside.seek(place.start)
    return aside.read(place.length)


def _row(place: _Place, body: bytes, record: Any, hash_: Any) -> tuple[Any, ...]:
    """A stored record as the database would have it; there are no columns beside it that could say otherwise."""
    said = json.loads(body)
    idem = said.get("idem")
    columns = (said.get("event"), said.get("outcome"), said.get("actor"), said.get("ts"), idem and idem["key"])
    return (record, place.stream, place.seq, body, *columns, place.idx, None, hash_)


def _texts(archive: Bundle) -> dict[tuple[str, int], Texts]:
    found: dict[tuple[str, int], Texts] = {}
    for beside in archive.texts():
        if beside.stream != ORGANISATION:
            found.setdefault((beside.stream, beside.seq), {})[beside.field] = (beside.salt, beside.value)
    return found
