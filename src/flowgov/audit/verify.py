"""Walks every chain, replays it, and compares the tables with it; knows rows, not databases.

What it can show is that the log and the tables agree with one another and with the rules. Whoever rewrites a
whole chain, its head and the tables consistently is not found out without a checkpoint kept elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal, Protocol

from flowgov.audit import compare
from flowgov.audit.chain import NO_TEXTS, Chain, Row, Texts
from flowgov.audit.compare import ProjectRows, Rows
from flowgov.audit.finding import Code, Finding, Findings
from flowgov.audit.redaction import Redactions
from flowgov.audit.register import Register
from flowgov.audit.replay import Replay
from flowgov.i18n import DEFAULT, Language, text

ORGANISATION = "org"
PROJECT = "prj:"

Progress = Callable[[int, int], None]
"""Told how many records are done, of how many."""
Level = Literal["broken", "self_consistent"]


@dataclass(frozen=True, slots=True)
class Page:
    """Some records, in order, and the texts that lie between the former page's last record and this one's."""

    records: Sequence[Row]
    texts: dict[tuple[str, int], Texts]


class Source(Protocol):
    """Where the rows come from, all of one moment. Values are as the database stores them."""

    def total(self) -> int: ...
    def organisation(self) -> Sequence[Any] | None: ...
    def people(self) -> Rows: ...
    def assignments(self) -> Rows: ...
    def exceptions(self) -> Rows: ...
    def workflows(self) -> Rows: ...

    def pages(self) -> Iterator[Page]:
        """Every record by stream and seq; a last page, without records, has the texts that lie after all of them."""

    def projects(self, ids: Sequence[str]) -> Mapping[str, ProjectRows]: ...

    def strays(self) -> Iterable[tuple[str, str]]:
        """Table and project id of rows that belong to no chain."""

    def guards(self) -> Iterable[tuple[Code, Mapping[str, Any]]]:
        """What is wrong with the triggers that keep the log append-only."""


@dataclass(frozen=True, slots=True)
class Heads:
    """Where all chains end, in bounded size: compare two of these to see whether the log grew."""

    organisation: str
    """Hash of the last record of the organisation's chain; empty if it has none."""
    projects: int
    """How many project chains there are."""
    digest: str
    """SHA-256 over the canonical lines ``["stream",seq,"head"]``, in the order of the streams."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verification found. The same log gives the same verdict."""

    records: int
    chains: int
    findings: tuple[Finding, ...] = field(repr=False)
    """The first thousand."""
    count: int
    """How many findings there are in all."""
    first: Finding | None
    """The earliest finding that names a record, in the order the chains are walked."""
    heads: Heads
    redacted: int = 0
    """Texts that were removed on record: redacted, or erased with a person."""

    @property
    def holds(self) -> bool:
        """Whether nothing was found wrong."""
        return self.count == 0

    @property
    def level(self) -> Level:
        """How much the verdict shows: at best that the log agrees with itself, until checkpoints anchor it."""
        return "self_consistent" if self.holds else "broken"

    def summary(self, lang: Language = DEFAULT) -> str:
        """The verdict in one sentence."""
        return text(f"finding.level.{self.level}", lang, records=self.records, chains=self.chains, count=self.count)


def verify(source: Source, progress: Progress | None = None) -> Verdict:
    """Check everything *source* holds."""
    walk = _Walk(source, progress)
    walk.run()
    return walk.verdict()


class _Walk:
    """The state of one verification."""

    def __init__(self, source: Source, progress: Progress | None) -> None:
        self._source, self._progress = source, progress
        self._findings, self._register = Findings(), Register()
        self._redactions = Redactions(self._findings)
        self._records = self._chains = self._projects = 0
        self._total = source.total()
        self._log: str | None = None
        self._organisation_head = ""
        self._digest = sha256()
        self._chain: Chain | None = None
        self._replay: Replay | None = None
        self._rows: dict[str, ProjectRows] = {}

    def run(self) -> None:
        for code, params in self._source.guards():
            self._findings.add(code, **params)
        compare.definitions(self._source.workflows(), self._register)
        for page in self._source.pages():
            self._page(page)
        self._end()
        if not self._organisation_head:
            self._begin(ORGANISATION)
            self._end()
        self._redactions.close(self._register.archived)
        for table, id_ in self._source.strays():
            self._findings.add("PROJECT_MISSING", f"{PROJECT}{id_}", about="chain", table=table)

    def verdict(self) -> Verdict:
        found = self._findings
        heads = Heads(self._organisation_head, self._projects, self._digest.hexdigest())
        redacted = self._redactions.count
        return Verdict(self._records, self._chains, tuple(found.kept), found.count, found.first, heads, redacted)

    def _page(self, page: Page) -> None:
        self._fetch(page)
        chain, take = self._chain, page.texts.pop
        for row in page.records:
            if chain is None or row[1] != chain.stream:
                self._end()
                chain = self._begin(row[1])
            texts = take((row[1], row[2]), NO_TEXTS)
            document = chain.read(row, texts)
            if self._replay is None:
                if chain.stream == ORGANISATION:
                    self._register.apply(chain, document, texts)
                    if self._log is None and document is not None:
                        self._log = document["log"]
            elif document is not None:
                self._replay.apply(chain, document, texts)
                chain.key = self._replay.key
        for (stream, seq), fields in page.texts.items():
            for name in fields:
                self._findings.add("DISCLOSURE_ORPHAN", stream, seq, chain=self._chains, field=name)
        self._records += len(page.records)
        if self._progress is not None and page.records:
            self._progress(self._records, self._total)

    def _fetch(self, page: Page) -> None:
        """The tables' rows for the projects of a page; only the last of the former page's is still needed."""
        here = dict.fromkeys(row[1] for row in page.records)
        wanted = [s[len(PROJECT) :] for s in here if s.startswith(PROJECT)]
        current = self._chain.stream[len(PROJECT) :] if self._chain else ""
        self._rows = {id_: rows for id_, rows in self._rows.items() if id_ == current}
        missing = [id_ for id_ in wanted if id_ not in self._rows]
        if missing:
            self._rows.update(self._source.projects(missing))

    def _begin(self, stream: str) -> Chain:
        self._chains += 1
        self._chain = chain = Chain(stream, self._chains, self._log, self._findings, self._redactions)
        self._replay = None
        if stream.startswith(PROJECT):
            id_ = stream[len(PROJECT) :]
            self._projects += 1
            self._replay = Replay(id_, self._register)
            row = self._rows.get(id_, _NO_ROWS).project
            chain.key = None if row is None else row[1]
        elif stream != ORGANISATION:
            chain.find("RECORD_MALFORMED", None, about="stream")
        return chain

    def _end(self) -> None:
        """The present chain has ended: compare with the tables."""
        chain, self._chain = self._chain, None
        if chain is None:
            return
        if self._replay is not None:
            compare.project(chain, self._replay, self._register, self._rows.get(self._replay.id, _NO_ROWS))
        elif chain.stream == ORGANISATION:
            self._organisation(chain)
        if chain.lost:
            self._redactions.forgive(chain.stream)
        line = json.dumps([chain.stream, chain.seq, chain.head], separators=(",", ":"), ensure_ascii=False)
        self._digest.update(f"{line}\n".encode("utf-8", "backslashreplace"))

    def _organisation(self, chain: Chain) -> None:
        self._organisation_head = chain.head
        compare.organisation(chain, self._register, self._source.organisation(), self._log)
        compare.people(chain, self._register, self._source.people())
        compare.assignments(chain, self._register, self._source.assignments())
        compare.exceptions(chain, self._register, self._source.exceptions())
        compare.workflows(chain, self._register, self._source.workflows())
        self._register.complete = not chain.lost


_NO_ROWS = ProjectRows()
