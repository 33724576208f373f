"""Frozen logs of version 1, without a database; everything occurs in the newest one."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from flowgov.audit.compare import COLUMNS, ProjectRows
from flowgov.audit.finding import Code
from flowgov.audit.hashing import leaf_hash
from flowgov.audit.shares import EVERYTHING, Share
from flowgov.audit.tree import Leaf
from flowgov.audit.verify import Page

_GOLDEN = Path(__file__).parents[2] / "golden" / "audit"
BEFORE_THE_TREE = _GOLDEN / "log.json"
"""Written before records had positions. Never written again: what verified once must verify for ever."""
WITH_A_TREE = _GOLDEN / "log-2.json"
"""Sequenced and signed, with keys that changed, redactions and an archive. Never written again either."""
WITH_REGISTERS = _GOLDEN / "log-3.json"
"""With every event there is, and every act on every line of a register; see `freezing`. Never written again either."""
_SINCE = {"organisation": 1, "project": 1}
"""How many columns came to the tables since, before the last three."""
_LATER: Mapping[str, tuple[int, list[Any]]] = {
    "person": (0, [False, None]),
    "assignment": (-1, [None, None]),
    "approval": (0, [None, None, None]),
    "exception": (0, [None] * 6),
}
"""Values of the columns that came with the registers, and where they stand: from the end, or at it."""
PAGE = 7
"""Small and odd, so that pages end everywhere."""


class FrozenShelf:
    """The golden log as the verifier reads it; a test may alter it first."""

    def __init__(self, golden: Path = BEFORE_THE_TREE) -> None:
        document = json.loads(golden.read_text(encoding="utf-8"))
        self.hashes = [entry["hash"] for entry in document["records"]]
        waiting = {entry["columns"][0] for entry in document["records"]} if golden == BEFORE_THE_TREE else set()
        self.texts = {(s, n, field): (b64decode(salt), value) for s, n, field, salt, value in document["texts"]}
        self.tables = {name: [[_cell(c) for c in row] for row in rows] for name, rows in document["tables"].items()}
        if golden == BEFORE_THE_TREE:
            for name, columns in _SINCE.items():
                for row in self.tables[name]:
                    row[-3:-3] = [None] * columns
            self.tables |= {name: [] for name in ("leaf", "node", "checkpoint", "cosignature", "pending")}
        self.tables["entry"] = document["tables"].get("entry", [])
        for name, (place, values) in _LATER.items():
            for row in self.tables[name]:
                if len(row) < len(COLUMNS[name]):
                    row[place if place else len(row) : place if place else len(row)] = values
        waiting |= {row[0] for row in self.tables["pending"]}
        leaves = {record: (idx, hash_) for idx, record, hash_, _ in self.tables["leaf"]}
        self.records = [_row(entry, waiting, leaves) for entry in document["records"]]
        self.problems: list[tuple[Code, Mapping[str, Any]]] = []
        self.gone: list[int] = []
        """What waits for a position, and is not there."""
        self.files: list[tuple[str, str]] = []
        """Name and SHA-256 of archives that are read too."""

    def place(self, event: str, number: int = 1) -> int:
        """Where the n-th record of an event lies in `records`."""
        return [n for n, row in enumerate(self.records) if row[4] == event][number - 1]

    def document(self, place: int) -> dict[str, Any]:
        """What a record says."""
        found: dict[str, Any] = json.loads(self.records[place][3])
        return found

    def of(self, event: str) -> list[dict[str, Any]]:
        """What the records of an event say, chain by chain."""
        return [json.loads(row[3]) for row in self.records if row[4] == event]

    def rewrite(self, place: int, **changes: Any) -> None:
        """Let a record say something else, in canonical form; its columns stay as they are."""
        document = {**self.document(place), **changes}
        body = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        self.records[place] = (*self.records[place][:3], body, *self.records[place][4:])

    def relink(self, place: int) -> None:
        """Make everything after a rewritten record follow it again, and the tables name the new head."""
        stream = self.records[place][1]
        for after in range(place + 1, len(self.records)):
            if self.records[after][1] == stream:
                self.rewrite(after, prev=leaf_hash(self.records[after - 1][3]))
        last = max(n for n, row in enumerate(self.records) if row[1] == stream)
        for row in (*self.tables["project"], *self.tables["organisation"]):
            if row[0] == stream.removeprefix("prj:") or (row[0] == 1 and stream == "org"):
                row[-2] = leaf_hash(self.records[last][3])

    def total(self) -> int:
        return len(self.records)

    def organisation(self) -> Sequence[Any] | None:
        return next(iter(self.tables["organisation"]), None)

    def people(self) -> Iterable[Sequence[Any]]:
        return self.tables["person"]

    def assignments(self) -> Iterable[Sequence[Any]]:
        return self.tables["assignment"]

    def exceptions(self) -> Iterable[Sequence[Any]]:
        return self.tables["exception"]

    def workflows(self) -> Iterable[Sequence[Any]]:
        return self.tables["workflow"]

    def entries(self) -> Iterable[Sequence[Any]]:
        return [row for row in self.tables["entry"] if row[0] == "org"]

    def pages(self, since: int | None) -> Iterator[Page]:
        if since is None:
            yield from self.share(EVERYTHING)
            return
        for stream in sorted({row[1] for row in self.records if row[9] is None or row[9] >= since} | {"org"}):
            left = {place: text for place, text in self.texts.items() if place[0] == stream}
            yield from _paged([row for row in self.records if row[1] == stream], left)
            yield Page((), _beside(left, (stream, 2**63)))

    def share(self, share: Share) -> Iterator[Page]:
        left = {place: text for place, text in self.texts.items() if place[:2] > share.after}
        after = [row for row in self.records if (row[1], row[2]) > share.after]
        yield from _paged([row for row in after if share.until is None or row[1] <= share.until], left)
        if share.until is None:
            yield Page((), _beside(left, ("~", 0)))

    def projects(self, ids: Sequence[str]) -> Mapping[str, ProjectRows]:
        return {id_: self._project(id_) for id_ in ids}

    def adrift(self) -> Iterable[tuple[str, int]]:
        return ()

    def strays(self) -> Iterable[tuple[str, str]]:
        streams = {row[1] for row in self.records}
        return [("project", row[0]) for row in self.tables["project"] if f"prj:{row[0]}" not in streams]

    def waiting(self) -> tuple[int, Sequence[Any]]:
        return sum(row[10] is not None for row in self.records), self.gone

    def leaves(self, first: int) -> Iterator[Sequence[Leaf]]:
        found = {row[0]: (row[1], row[2], row[7]) for row in self.records}
        gone = (None, None, None)
        rows = [(*row, *found.get(row[1], gone)) for row in self.tables["leaf"] if row[0] >= first]
        return (rows[start : start + PAGE] for start in range(0, len(rows), PAGE))

    def unplaced(self) -> Iterator[Sequence[Any]]:
        return ((row[1], row[2], row[7]) for row in sorted(self.records, key=itemgetter(0)) if row[10] is not None)

    def node_levels(self) -> Sequence[int]:
        return sorted({row[0] for row in self.tables["node"]})

    def nodes(self, level: int, first: int) -> Iterator[tuple[Any, Any]]:
        return ((row[1], row[2]) for row in self.tables["node"] if row[0] == level and row[1] >= first)

    def checkpoints(self) -> Iterable[tuple[Any, Any]]:
        return [(row[0], row[1]) for row in self.tables["checkpoint"]]

    def cosignatures(self) -> Iterable[tuple[Any, Any, Any]]:
        return [(row[0], row[1], row[2]) for row in self.tables["cosignature"]]

    def archives(self) -> Iterable[tuple[str, str]]:
        return self.files

    def guards(self) -> Iterable[tuple[Code, Mapping[str, Any]]]:
        return self.problems

    def _project(self, id_: str) -> ProjectRows:
        tables = ("project", "approval", "evidence", "entry")
        of = {name: [row for row in self.tables[name] if row[0] == id_] for name in tables}
        return ProjectRows(next(iter(of["project"]), None), of["approval"], of["evidence"], of["entry"])


def _paged(records: Sequence[Any], left: dict[tuple[str, int, str], Any]) -> Iterator[Page]:
    for start in range(0, len(records), PAGE):
        page = records[start : start + PAGE]
        yield Page(page, _beside(left, (page[-1][1], page[-1][2])))


def _beside(left: dict[tuple[str, int, str], Any], last: tuple[str, int]) -> dict[tuple[str, int], dict[str, Any]]:
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for stream, seq, field in sorted(left):
        if (stream, seq) <= last:
            found.setdefault((stream, seq), {})[field] = left.pop((stream, seq, field))
    return found


def _row(
    entry: Mapping[str, Any], waiting: Collection[int], leaves: Mapping[int, tuple[int, bytes]]
) -> tuple[Any, ...]:
    id_, stream, seq, *columns = entry["columns"]
    idx, hash_ = leaves.get(id_, (None, None))
    return (id_, stream, seq, entry["body"].encode(), *columns, idx, id_ if id_ in waiting else None, hash_)


def _cell(value: Any) -> Any:
    return b64decode(value["base64"]) if isinstance(value, dict) else value
