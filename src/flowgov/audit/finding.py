"""What verification finds wrong: a code, the record it concerns, and a sentence in two languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from flowgov.i18n import DEFAULT, Language, has, text

Code = Literal[
    "RECORD_UNPARSABLE",
    "RECORD_NOT_CANONICAL",
    "RECORD_MALFORMED",
    "UNKNOWN_VERSION",
    "UNKNOWN_FIELD",
    "BAD_TYPE",
    "LOG_ID_MISMATCH",
    "PROJECTION_MISMATCH",
    "RECORD_MODIFIED",
    "CHAIN_BROKEN",
    "SEQ_GAP",
    "TRUNCATED",
    "TIME_BACKWARDS",
    "LEAF_MISSING",
    "LEAF_DUPLICATE",
    "LEAF_MODIFIED",
    "SEQUENCE_MISMATCH",
    "RECORD_MISSING",
    "NODE_MISSING",
    "NODE_MODIFIED",
    "ROOT_MISMATCH",
    "CHECKPOINT_INVALID",
    "CHECKPOINT_MISSING",
    "COSIGNATURE_INVALID",
    "KEY_UNAUTHORISED",
    "ROLLED_BACK",
    "FORKED",
    "ANCHOR_INVALID",
    "TIME_OUTSIDE_ANCHORS",
    "EVIDENCE_MISSING",
    "EVIDENCE_MODIFIED",
    "ARCHIVE_MISMATCH",
    "HEAD_MISMATCH",
    "PROJECT_MISSING",
    "STATE_MISMATCH",
    "COMMITMENT_MISMATCH",
    "UNLOGGED_ERASURE",
    "DISCLOSURE_ORPHAN",
    "ROLE_UNLOGGED",
    "ROLE_LOST",
    "ROLE_VIOLATION",
    "RULE_VIOLATION",
    "WORKFLOW_MODIFIED",
    "WORKFLOW_UNPUBLISHED",
    "GUARD_MISSING",
    "GUARD_MODIFIED",
    "GUARD_UNKNOWN_TRIGGER",
    "SCHEMA_OBJECT",
]
CODES: tuple[Code, ...] = get_args(Code)
"""Every code a finding can have; programs compare these, never the sentence."""

_PLACES = ("place", "checkpoint", "idx", "evidence")
"""What a finding that concerns no chain may be about; its parameters name it."""

MOST_KEPT = 1_000
"""Findings kept word for word; further ones are only counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold."""

    code: Code
    stream: str | None
    """The chain concerned; None where it concerns no chain, such as a missing trigger."""
    project: str | None
    """Key of the project, where it is known."""
    seq: int | None
    """Position of the record concerned; None where it concerns no record."""
    params: Mapping[str, Any] = field(default_factory=dict)

    def message(self, lang: Language = DEFAULT) -> str:
        """What does not hold, in one sentence."""
        key = f"finding.{self.code.lower()}"
        about = self.params.get("about")
        special = f"{key}.{about}"
        sentence = text(special if about and has(special, lang) else key, lang, **self.params)
        return text("finding.at", lang, where=self._where(lang), sentence=sentence)

    def _where(self, lang: Language) -> str:
        if self.stream is None:
            about = next((name for name in _PLACES if name in self.params), "database")
            return text(f"finding.where.{about}", lang, **self.params)
        chain = self.project or self.stream
        if self.seq is None:
            return text("finding.where.chain", lang, chain=chain)
        return text("finding.where.record", lang, chain=chain, seq=self.seq)


@dataclass(slots=True)
class Findings:
    """Collects findings in bounded memory, and remembers the first record that breaks."""

    kept: list[Finding] = field(default_factory=list)
    count: int = 0
    first: Finding | None = None
    """The earliest finding about a record, in the order the chains are walked."""
    first_place: tuple[int, int] | None = None
    """Number of its chain, and its position there."""
    lowest: int | None = None
    """The lowest position in the global order of a record that does not hold."""

    def add(
        self,
        code: Code,
        stream: str | None = None,
        seq: int | None = None,
        project: str | None = None,
        chain: int = 0,
        position: int | None = None,
        **params: Any,
    ) -> None:
        """Note a finding.

        Args:
            chain: number of the chain in the order of the walk.
            position: of the record in the global order, where it has one.
        """
        finding = Finding(code, stream, project, seq, params)
        self.count += 1
        self._reaches(position)
        if len(self.kept) < MOST_KEPT:
            self.kept.append(finding)
        if seq is not None:
            self._earliest(finding, (chain, seq))

    def absorb(self, later: Findings) -> None:
        """Take in what was collected apart, as if it had been added here now."""
        self.count += later.count
        self._reaches(later.lowest)
        self.kept += later.kept[: MOST_KEPT - len(self.kept)]
        if later.first is not None and later.first_place is not None:
            self._earliest(later.first, later.first_place)

    def _reaches(self, position: int | None) -> None:
        if position is not None and (self.lowest is None or position < self.lowest):
            self.lowest = position

    def _earliest(self, finding: Finding, place: tuple[int, int]) -> None:
        if self.first_place is None or place < self.first_place:
            self.first, self.first_place = finding, place
