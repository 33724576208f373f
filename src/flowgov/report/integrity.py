"""What the verification of the audit log found and how much it shows, and where every chain stood when it was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowgov.audit.record import Head
from flowgov.clock import moment
from flowgov.i18n import Language, text
from flowgov.report import wording
from flowgov.report.values import Fact, Mark, Moment, Row, Value, WholeCode

if TYPE_CHECKING:
    from flowgov.audit.finding import Finding
    from flowgov.audit.notice import Notice, NoticeCode
    from flowgov.audit.verdict import Proved, Verdict
    from flowgov.report.seal import Seal

GAPS = frozenset({"SEQ_GAP", "CHAIN_BROKEN", "TRUNCATED"})
"""Findings that mean that records are missing, or not in their place."""
_DAY = 86_400


def front(verdict: Verdict) -> tuple[Fact, ...]:
    """What every report says of the log before anything else."""
    proved = verdict.proved
    return (
        Fact("level", Level(verdict)),
        Fact("unsigned", proved.unsealed),
        Fact("unanchored", proved.unanchored),
    )


def facts(verdict: Verdict, seal: Seal | None, now: str) -> tuple[Fact, ...]:
    """The integrity statement, as of *now*."""
    level, unsigned, unanchored = front(verdict)
    proved = verdict.proved
    return (
        Fact("verdict", Mark("holds" if verdict.holds else "broken")),
        level,
        Fact("meaning", Mark(verdict.level, "level")),
        *_last_good(verdict),
        Fact("records", verdict.records),
        Fact("chains", verdict.chains),
        Fact("gaps", sum(finding.code in GAPS for finding in verdict.findings)),
        Fact("findings", verdict.count),
        Fact("positions", proved.size),
        Fact("waiting", proved.waiting),
        *_signed(proved, seal),
        unsigned,
        Fact("anchored", Mark("no_anchor") if proved.anchored is None else proved.anchored),
        Fact("anchored_at", _age(proved, now)),
        unanchored,
        Fact("witnesses", proved.witnesses),
        Fact("redacted", verdict.redacted),
        Fact("archived", proved.archived),
        Fact("notices", tuple(Noticed(notice) for notice in verdict.notices)),
        Fact("organisation_head", WholeCode(verdict.heads.organisation)),
        Fact("heads_digest", WholeCode(verdict.heads.digest)),
    )


def head_rows(heads: Iterable[tuple[str | None, Head]]) -> Iterator[Row]:
    """A row for each chain: the organisation's first, then by project."""
    for key, head in heads:
        yield key or Mark("organisation"), head.seq, Moment(head.ts), WholeCode(head.hash)


def finding_rows(findings: Sequence[Finding]) -> Iterator[Row]:
    """A row for each finding that was kept."""
    for finding in findings:
        yield finding.code, finding.project or finding.stream, finding.seq, Found(finding)


@dataclass(frozen=True, slots=True)
class Found:
    """A finding as a sentence."""

    finding: Finding

    def plain(self, lang: Language) -> str:
        return self.finding.message(lang)

    def data(self, lang: Language) -> str:
        return self.finding.message(lang)


@dataclass(frozen=True, slots=True)
class Noticed:
    """A notice as a sentence."""

    notice: Notice

    def plain(self, lang: Language) -> str:
        return self.notice.message(lang)

    def data(self, lang: Language) -> dict[str, Any]:
        return {"code": self.notice.code, "count": self.notice.count, "message": self.notice.message(lang)}


@dataclass(frozen=True, slots=True)
class Level:
    """How much the verdict shows: a number for programs, and a name for people."""

    verdict: Verdict

    def plain(self, lang: Language) -> str:
        name = text(f"report.level.{self.verdict.level}.name", lang)
        return text("report.level", lang, number=self.verdict.assurance, name=name)

    def data(self, _lang: Language) -> str:
        return self.verdict.assurance


@dataclass(frozen=True, slots=True)
class LastGood:
    """The last signed state that a log which does not hold is still known by."""

    size: int
    until: str

    def plain(self, lang: Language) -> str:
        return text(
            "report.last_good", lang, size=wording.number(self.size, lang), moment=wording.long_moment(self.until, lang)
        )

    def data(self, _lang: Language) -> dict[str, Any]:
        return {"size": self.size, "until": self.until}


@dataclass(frozen=True, slots=True)
class Age:
    """A moment, and how long before the report it was."""

    at: str
    now: str

    @property
    def tenths(self) -> int:
        """Of a day; none where somebody else's clock is ahead of ours."""
        return max(0, round((moment(self.now) - moment(self.at)).total_seconds() * 10 / _DAY))

    def plain(self, lang: Language) -> str:
        days = wording.decimal(self.tenths, lang)
        return text("report.age", lang, moment=wording.minute(self.at, lang), days=days)

    def data(self, _lang: Language) -> dict[str, Any]:
        return {"at": self.at, "days": self.tenths / 10}


def _last_good(verdict: Verdict) -> tuple[Fact, ...]:
    if verdict.holds:
        return ()
    size, until = verdict.proved.sealed, verdict.proved.sealed_ts
    return (Fact("last_good", LastGood(size, until) if size and until else Mark("nothing_good")),)


def _signed(proved: Proved, seal: Seal | None) -> tuple[Fact, ...]:
    """The newest checkpoint that holds."""
    confirmed = seal if seal is not None and seal.confirmed else None
    return (
        Fact("sealed", proved.sealed or Mark("no_checkpoint" if seal is None else "not_confirmed")),
        Fact("sealed_root", WholeCode(confirmed.root) if confirmed else None),
        Fact("sealed_until", Moment(proved.sealed_ts) if proved.sealed_ts else None),
        Fact("sealed_key", WholeCode(confirmed.key) if confirmed and confirmed.key else None),
    )


def _age(proved: Proved, now: str) -> Value:
    if proved.anchored is None:
        return None
    return Age(proved.anchored_at, now) if proved.anchored_at else Mark("no_trusted_time")


def _counted(verdict: Verdict, code: NoticeCode) -> int:
    return next((notice.count for notice in verdict.notices if notice.code == code), 0)
