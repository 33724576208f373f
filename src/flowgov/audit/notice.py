"""What verification thinks worth knowing though nothing is wrong: counted, with the first of each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from flowgov.i18n import DEFAULT, Language, text

NoticeCode = Literal[
    "REDACTED",
    "ARCHIVED",
    "CLOCK_HELD",
    "CLOCK_BEHIND",
    "FROM_THE_FUTURE",
    "LONG_GAP",
    "KEY_REPLACED",
    "ANCHOR_EMPTY",
    "ANCHOR_CUT",
    "NOT_REREAD",
    "SIGNATURES_UNCHECKED",
    "NO_CHECKPOINT",
]
NOTICES: tuple[NoticeCode, ...] = get_args(NoticeCode)
"""Every code a notice can have."""


@dataclass(slots=True)
class Notice:
    """One kind of thing worth knowing, and the first place where it was seen."""

    code: NoticeCode
    count: int
    stream: str | None = None
    """The chain, or the project's key where it is known."""
    seq: int | None = None
    params: Mapping[str, Any] = field(default_factory=dict)

    def message(self, lang: Language = DEFAULT) -> str:
        """What there is to know, in one sentence."""
        where = f"{self.stream} {self.seq}" if self.seq is not None else ""
        return text(f"finding.notice.{self.code.lower()}", lang, count=self.count, where=where, **self.params)


class Notices:
    """Collects notices; one of each kind is kept."""

    def __init__(self) -> None:
        self._kept: dict[NoticeCode, Notice] = {}

    def add(
        self, code: NoticeCode, stream: str | None = None, seq: int | None = None, *, count: int = 1, **params: Any
    ) -> None:
        """Note that something was seen *count* times."""
        kept = self._kept.get(code)
        if kept is None:
            self._kept[code] = Notice(code, count, stream, seq, params)
        else:
            kept.count += count

    def absorb(self, later: Iterable[Notice]) -> None:
        """Take in what was collected apart, as if it had been added here now."""
        for notice in later:
            self.add(notice.code, notice.stream, notice.seq, count=notice.count, **notice.params)

    def kept(self, name: Callable[[str], str] = str) -> tuple[Notice, ...]:
        """One notice of each kind seen, in a fixed order.

        Args:
            name: what people call a stream.
        """
        found = (self._kept[code] for code in NOTICES if code in self._kept)
        return tuple(replace(n, stream=None if n.stream is None else name(n.stream)) for n in found)
