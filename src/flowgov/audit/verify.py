"""Walks every chain, replays it, and compares the tables with it; then the global order, and what was signed.

Knows rows, not databases. Whoever rewrites chains, heads and tables consistently is found out by a checkpoint whose
key, or of which a copy, lies outside the database.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol

from flowgov.audit import compare
from flowgov.audit.chain import NO_TEXTS, Chain, Document, Row, Texts
from flowgov.audit.compare import ProjectRows, Rows
from flowgov.audit.finding import Code, Findings
from flowgov.audit.notice import Notices
from flowgov.audit.redaction import Redactions
from flowgov.audit.register import Register
from flowgov.audit.replay import Replay
from flowgov.audit.seals import NOTHING_OUTSIDE, Outside, SealSource, examine, proved
from flowgov.audit.shares import Part, Share
from flowgov.audit.times import Times
from flowgov.audit.tree import Claim, LeafSource, Tree, TreeWalk
from flowgov.audit.verdict import Heads, Proved, Verdict

if TYPE_CHECKING:
    from flowgov.dossier.files import FileState

ORGANISATION = "org"
PROJECT = "prj:"
ARCHIVED_AT_A_TIME = 400
WITHHELD = frozenset({"os_user"})
"""Texts that do not go into archives."""

Progress = Callable[[int, int], None]
"""Told how many records are done, of how many."""
Files = Callable[[str], "FileState"]
"""Says of an evidence file, by its SHA-256, whether its kept copy is there and whole."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some records, in order, and the texts that lie between the former page's last record and this one's."""

    records: Sequence[Row]
    texts: dict[tuple[str, int], Texts]


@dataclass(frozen=True, slots=True)
class Start:
    """A checkpoint that was verified before: where to go on from."""

    size: int
    root: bytes
    subtrees: Sequence[bytes]
    """Roots of the complete subtrees of the first *size* leaves, largest first; whether they are is verified."""


class Source(LeafSource, SealSource, Protocol):
    """Where the rows come from, all of one moment. Values are as the database stores them."""

    def total(self) -> int: ...
    def organisation(self) -> Sequence[Any] | None: ...
    def people(self) -> Rows: ...
    def assignments(self) -> Rows: ...
    def exceptions(self) -> Rows: ...
    def workflows(self) -> Rows: ...
    def entries(self) -> Rows:
        """Lines of the organisation's registers."""

    def pages(self, since: int | None) -> Iterator[Page]:
        """Every record by stream and seq; a last page, without records, has the texts that lie after all of them.

        With *since*, only the streams that grew from that position on, and the organisation's.
        """

    def share(self, share: Share) -> Iterator[Page]:
        """The records of some of the streams; with the last streams, also that last page."""

    def projects(self, ids: Sequence[str]) -> Mapping[str, ProjectRows]: ...

    def adrift(self) -> Iterable[tuple[str, int]]:
        """Table and number of rows that name no place in a chain."""

    def strays(self) -> Iterable[tuple[str, str]]:
        """Table and project id of rows that belong to no chain."""

    def archives(self) -> Iterable[tuple[str, str]]:
        """Name and SHA-256 of every archive whose records are among the pages."""

    def waiting(self) -> tuple[int, Sequence[Any]]:
        """How many records wait for a position, and the names of those that wait and are gone."""

    def guards(self) -> Iterable[tuple[Code, Mapping[str, Any]]]:
        """What is wrong with the triggers that keep the log append-only."""


class Helpers(Protocol):
    """Others, who walk the projects' chains meanwhile."""

    def done(self) -> int:
        """How many records they have walked so far."""

    def parts(self, between: Callable[[], None]) -> Iterator[Part]:
        """What they came to, in the order of the chains; *between* is called now and then while waiting."""


def verify(
    source: Source,
    progress: Progress | None = None,
    *,
    outside: Outside = NOTHING_OUTSIDE,
    since: Start | None = None,
    files: Files | None = None,
    helpers: Helpers | None = None,
) -> Verdict:
    """Check everything *source* holds.

    Args:
        outside: trusted keys, copies of checkpoints and witnesses that do not come from the database.
        since: read only what came after this checkpoint, and the chains that grew.
        files: looks at the kept copies of evidence.
        helpers: walk the chains that come after the organisation's, which must be the first.
    """
    walk = Walk(source, progress, outside, since, files)
    walk.run(helpers)
    return walk.verdict()


class Walk:
    """The state of one verification, or of a share in one."""

    def __init__(
        self,
        source: Source,
        progress: Progress | None = None,
        outside: Outside = NOTHING_OUTSIDE,
        since: Start | None = None,
        files: Files | None = None,
    ) -> None:
        self._source, self._progress, self._outside, self._since = source, progress, outside, since
        self._files = files
        self._findings, self._register, self._notices = Findings(), Register(), Notices()
        self._orphans = Findings()
        self._redactions = Redactions(self._findings)
        self._records = self._chains = self._projects = 0
        self._total = source.total() if progress else 0
        self._helpers: Helpers | None = None
        self._log: str | None = None
        self._organisation_head = ""
        self._digest = sha256()
        self._write: Callable[[bytes], object] = self._digest.update
        self._chain: Chain | None = None
        self._replay: Replay | None = None
        self._buried_chain = False
        """Whether the present chain was moved to an archive."""
        self._rows: dict[str, ProjectRows] = {}
        self._proved = Proved()
        self._unearthed = self._buried = 0
        """Records that were read from archives, and those that were moved there."""

    def run(self, helpers: Helpers | None = None) -> None:
        """Everything; what *helpers* do is not done here."""
        for code, params in self._source.guards():
            self._findings.add(code, **params)
        self._helpers = helpers
        if helpers is not None:
            self.organisation()
        else:
            compare.definitions(self._source.workflows(), self._register)
            self._walk(self._source.pages(None if self._since is None else self._since.size))
        if not self._organisation_head:
            self._begin(ORGANISATION)
            self._end()
        in_order, judged = self._order()
        if helpers is not None:
            for part in helpers.parts(self._tell):
                self._join(part)
                self._tell()
        self._close()
        self._findings.absorb(in_order)
        self._proved = judged(self._findings.lowest)

    def organisation(self) -> None:
        """Only the organisation's chain, which the projects' rely on."""
        compare.definitions(self._source.workflows(), self._register)
        self._walk(self._source.share(Share(0, 0, ("", 0), ORGANISATION)))

    def part(self, share: Share, lines: Callable[[bytes], object], progress: Progress | None = None) -> Part:
        """The chains of *share*, once `organisation` was walked; what is to be digested goes to *lines*."""
        apart = Walk(self._source, None, self._outside, None, self._files)
        apart._progress = progress
        apart._register, apart._log, apart._chains = self._register, self._log, share.chains_before
        apart._redactions, apart._write = self._redactions.share(apart._findings), lines
        apart._walk(self._source.share(share))
        judged, lost = apart._redactions.judged(self._redactions)
        return Part(
            records=apart._records,
            chains=apart._chains - share.chains_before,
            projects=apart._projects,
            unearthed=apart._unearthed,
            redacted=apart._redactions.count,
            judged=judged,
            lost=lost,
            findings=apart._findings,
            orphans=apart._orphans,
            notices=apart._notices.kept(),
        )

    def _join(self, part: Part) -> None:
        """Take in what a helper came to, as if it had been walked here."""
        self._records += part.records
        self._chains += part.chains
        self._projects += part.projects
        self._unearthed += part.unearthed
        self._redactions.join(part.judged, part.lost, part.redacted)
        self._findings.absorb(part.findings)
        self._orphans.absorb(part.orphans)
        self._notices.absorb(part.notices)
        for block in part.lines:
            self._digest.update(block)

    def _walk(self, pages: Iterable[Page]) -> None:
        for page in pages:
            self._page(page)
        self._end()

    def _close(self) -> None:
        """Every chain has ended: what belongs to none."""
        self._findings.absorb(self._orphans)
        if self._since is None:
            self._redactions.close(self._register.archived)
        for table, count in self._source.adrift():
            self._findings.add("RECORD_MALFORMED", about="adrift", table=table, count=count)
        for table, id_ in self._source.strays():
            if id_ not in self._register.archived:
                self._findings.add("PROJECT_MISSING", f"{PROJECT}{id_}", about="chain", table=table)
        if self._redactions.count:
            self._notices.add("REDACTED", count=self._redactions.count)
        if self._buried > self._unearthed:
            self._notices.add("ARCHIVED", count=self._buried - self._unearthed)

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self._records + (self._helpers.done() if self._helpers else 0), self._total)

    def verdict(self) -> Verdict:
        found = self._findings
        heads = Heads(self._organisation_head, self._projects, self._digest.hexdigest())
        return Verdict(
            records=self._records,
            chains=self._chains,
            findings=tuple(found.kept),
            count=found.count,
            first=found.first,
            heads=heads,
            proved=self._proved,
            notices=self._notices.kept(self._named),
            since=self._since.size if self._since else None,
            redacted=self._redactions.count,
        )

    def _named(self, stream: str) -> str:
        """The key of a project, for its stream; what else is named stays as it is."""
        id_ = stream.removeprefix(PROJECT)
        row = self._source.projects([id_])[id_].project if stream.startswith(PROJECT) else None
        return stream if row is None else str(row[1])

    def _order(self) -> tuple[Findings, Callable[[int | None], Proved]]:
        """The global order, and everything that was signed: what is wrong with it, and how far it is vouched for."""
        found = Findings()
        seals = examine(self._source, self._register, self._log, self._outside, found, self._notices)
        start = self._since
        claims = [claim for claim in seals.claims if start is None or claim.size >= start.size]
        if start is not None:
            claims.append(Claim(start.size, start.root))
            self._notices.add("NOT_REREAD", size=start.size, count=self._chains)
        times = Times(found, self._notices, self._outside.now, seals.trusted_times)
        walk = TreeWalk(self._source, self._register, claims, times, found)
        sums = walk.run(Tree(start.size, start.subtrees) if start else None, self._tell)
        waiting, gone = self._source.waiting()
        for name in gone:
            found.add("RECORD_MISSING", about="waiting", row=name)
        self._buried = sums.archived
        return found, lambda lowest: proved(seals, sums, waiting, self._outside, lowest)

    def _page(self, page: Page) -> None:
        self._fetch(page)
        chain, take = self._chain, page.texts.pop
        for row in page.records:
            if chain is None or row[1] != chain.stream:
                self._end()
                chain = self._begin(row[1])
            self._record(chain, row, take((row[1], row[2]), NO_TEXTS))
        for (stream, seq), fields in page.texts.items():
            for name in fields:
                # after all chains: where the pages end must not show
                self._orphans.add("DISCLOSURE_ORPHAN", stream, seq, chain=_AFTER_ALL, field=name)
        self._records += len(page.records)
        if page.records:
            self._tell()

    def _record(self, chain: Chain, row: Row, texts: Texts) -> None:
        document = chain.read(row, texts)
        if chain.stream == ORGANISATION:
            self._register.apply(chain, document, texts)
            if self._log is None and document is not None:
                self._log = document["log"]
        elif self._replay is not None and document is not None:
            self._unearthed += self._buried_chain
            self._replay.apply(chain, document, texts)
            chain.key = self._replay.key
            if self._files is not None and document["event"] == "evidence.added" and document["stored"]:
                self._file(chain, document, self._files)
        if document is not None and "clock" in document:
            self._notices.add("CLOCK_HELD", chain.key or chain.stream, row[2])

    def _file(self, chain: Chain, document: Document, files: Files) -> None:
        """The kept copy of a piece of evidence is the file that was recorded."""
        state = files(document["sha256"])
        if state != "whole":
            code: Code = "EVIDENCE_MISSING" if state == "missing" else "EVIDENCE_MODIFIED"
            chain.find(code, document["seq"], sha256=document["sha256"])

    def _fetch(self, page: Page) -> None:
        """The tables' rows for the projects of a page; only the last of the former page's is still needed."""
        here = dict.fromkeys(row[1] for row in page.records)
        wanted = [s[len(PROJECT) :] for s in here if s.startswith(PROJECT)]
        current = self._chain.stream[len(PROJECT) :] if self._chain else ""
        self._rows = {id_: rows for id_, rows in self._rows.items() if id_ == current}
        missing = [id_ for id_ in wanted if id_ not in self._rows]
        if missing:
            self._rows.update(self._source.projects(missing))

    def _archives(self, chain: Chain) -> None:
        """What stayed of archived projects, and whether the archives given are those recorded."""
        archived = self._register.archived
        for first in range(0, len(archived), ARCHIVED_AT_A_TIME):
            ids = list(archived)[first : first + ARCHIVED_AT_A_TIME]
            rows = self._source.projects(ids)
            for id_ in ids:
                compare.archived(chain, archived[id_], rows[id_])
        recorded = {stone.file for stone in self._register.tombstones.values()}
        for name, digest in self._source.archives():
            if digest not in recorded:
                self._findings.add("ARCHIVE_MISMATCH", about="file", place=name)

    def _begin(self, stream: str) -> Chain:
        self._chains += 1
        self._chain = chain = Chain(stream, self._chains, self._log, self._findings, self._redactions)
        self._replay, self._buried_chain = None, False
        if stream.startswith(PROJECT):
            id_ = stream[len(PROJECT) :]
            self._projects += 1
            self._replay = Replay(id_, self._register)
            if id_ in self._register.archived:
                self._buried_chain, chain.withheld = True, WITHHELD
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
        self._write(f"{line}\n".encode("utf-8", "backslashreplace"))

    def _organisation(self, chain: Chain) -> None:
        self._organisation_head = chain.head
        compare.organisation(chain, self._register, self._source.organisation(), self._log)
        compare.people(chain, self._register, self._source.people())
        compare.assignments(chain, self._register, self._source.assignments())
        compare.exceptions(chain, self._register, self._source.exceptions())
        compare.workflows(chain, self._register, self._source.workflows())
        compare.entries(chain, self._register, self._source.entries())
        self._archives(chain)
        self._register.complete = not chain.lost


_NO_ROWS = ProjectRows()
_AFTER_ALL = 2**63
