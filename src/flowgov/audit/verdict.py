"""What verification found, and how much it shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from flowgov.audit.finding import Finding
from flowgov.audit.notice import Notice
from flowgov.i18n import DEFAULT, Language, text

Level = Literal["broken", "self_consistent", "sealed", "anchored", "witnessed"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""From L0, where something does not hold, to L4, where others than the organisation vouch for the log."""


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
class Proved:
    """How far the log is vouched for by what lies outside the database. Sizes count records in the global order."""

    size: int = 0
    """Records that have a position."""
    waiting: int = 0
    """Records that wait for one."""
    sealed: int = 0
    """The largest checkpoint whose signature is valid and whose records are unchanged."""
    sealed_ts: str | None = None
    """Time of the last record that it covers."""
    trusted: bool = False
    """Whether a key brought from outside leads to the key that signed."""
    anchored: int | None = None
    """The largest checkpoint of which a copy outside agrees; None without one."""
    anchored_at: str | None = None
    """When a time-stamp authority or a witness saw it, if one did."""
    witnesses: int = 0
    """How many trusted witnesses signed the checkpoint that most of them signed."""
    witnessed: bool = False
    """Whether enough trusted witnesses, or a time-stamp authority, saw a checkpoint that agrees."""
    seen: int = 0
    """The largest checkpoint that they saw."""
    archived: int = 0
    """Records that were moved to archives."""

    @property
    def unsealed(self) -> int:
        """How many records no valid signature covers yet."""
        return self.size + self.waiting - self.sealed

    @property
    def unanchored(self) -> int:
        """How many records no copy outside covers yet."""
        return self.size + self.waiting - (self.anchored or 0)


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
    proved: Proved = Proved()
    notices: tuple[Notice, ...] = ()
    """What is worth knowing though nothing is wrong."""
    redacted: int = 0
    """Texts that were removed on record: redacted, or erased with a person."""
    since: int | None = None
    """The size of the checkpoint from which on the log was read; None if all of it was."""

    @property
    def holds(self) -> bool:
        """Whether nothing was found wrong."""
        return self.count == 0

    @property
    def level(self) -> Level:
        """How much the verdict shows.

        ``self_consistent``: the log agrees with itself. ``sealed``: and with a checkpoint signed by a key that was
        brought from outside the database. ``anchored``: and with a copy of a checkpoint that lies elsewhere.
        ``witnessed``: and with what trusted witnesses or a time-stamp authority saw.
        """
        if not self.holds:
            return "broken"
        if not (self.proved.trusted and self.proved.sealed):
            return "self_consistent"
        if self.proved.witnessed:
            return "witnessed"
        return "sealed" if self.proved.anchored is None else "anchored"

    @property
    def assurance(self) -> str:
        """The level by its number, ``L0`` to ``L4``."""
        return f"L{LEVELS.index(self.level)}"

    def summary(self, lang: Language = DEFAULT) -> str:
        """The verdict in one sentence."""
        return text(
            f"finding.level.{self.level}",
            lang,
            records=self.records,
            chains=self.chains,
            count=self.count,
            sealed=self.proved.sealed,
            anchored=self.proved.anchored,
            seen=self.proved.seen,
        )

    def remarks(self, lang: Language = DEFAULT) -> tuple[str, ...]:
        """What else is to be said: how much is not signed or anchored yet, the last good state, the notices."""
        proved = self.proved
        said = []
        if not self.holds:
            good = {"size": proved.sealed, "ts": proved.sealed_ts}
            dated = "finding.last_good" if proved.sealed_ts else "finding.last_good.undated"
            said.append(text(dated if proved.sealed else "finding.nothing_good", lang, **good))
        counts = {"sealed": proved.sealed, "unsealed": proved.unsealed, "unanchored": proved.unanchored}
        said.append(text("finding.tails", lang, **counts))
        return (*said, *(notice.message(lang) for notice in self.notices))
