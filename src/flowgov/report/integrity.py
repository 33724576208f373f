"""What the verification of the audit log found, and where every chain stood when it was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowgov.audit.record import Head
from flowgov.i18n import Language
from flowgov.report.values import Fact, Mark, Moment, Row, WholeCode

if TYPE_CHECKING:
    from flowgov.audit.finding import Finding
    from flowgov.audit.verdict import Verdict

GAPS = frozenset({"SEQ_GAP", "CHAIN_BROKEN", "TRUNCATED"})
"""Findings that mean that records are missing, or not in their place."""


def facts(verdict: Verdict) -> tuple[Fact, ...]:
    """The integrity statement."""
    redacted = (Fact("redacted", verdict.redacted),) if verdict.redacted else ()
    return (
        Fact("verdict", Mark("holds" if verdict.holds else "broken")),
        Fact("level", Mark("level_consistent" if verdict.holds else "level_findings")),
        Fact("records", verdict.records),
        Fact("chains", verdict.chains),
        Fact("gaps", sum(finding.code in GAPS for finding in verdict.findings)),
        Fact("findings", verdict.count),
        *redacted,
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
