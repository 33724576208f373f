"""What is wrong with a definition, and where, as people read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from flowgov.i18n import DEFAULT, Language, text
from flowgov.suggest import closest
from flowgov.text import visible

MOST_SHOWN = 100
"""A file with more mistakes than this is told so once, instead of every one of them."""

Path: TypeAlias = "tuple[str | int, ...]"
"""The keys and indexes that lead to a value of the document."""


class Position(NamedTuple):
    """A place in a file, as editors count: from 1."""

    line: int
    column: int


START = Position(1, 1)


@dataclass(frozen=True, slots=True)
class Finding:
    """A mistake on its way: the suggestions are still to be looked up."""

    code: str
    at: Position
    params: Mapping[str, object] = field(default_factory=dict)
    misspelt: str | None = None
    known: tuple[str, ...] = ()
    """The names that *misspelt* could have been meant to be."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake of a definition file."""

    code: str
    """Stable name of the mistake; programs compare this, never the sentence."""
    at: Position
    source: str
    """The file, as it was asked for."""
    params: Mapping[str, object]
    """The values the sentence speaks of, by name."""
    suggestions: tuple[str, ...] = ()
    """Names that were probably meant, best first."""

    def message(self, lang: Language = DEFAULT) -> str:
        """What is wrong, in one clause."""
        return text(f"workflow.{self.code}", lang, **self.params)

    def hint(self, lang: Language = DEFAULT) -> str:
        """What to do, in one clause."""
        if self.suggestions:
            return text("workflow.did_you_mean", lang, suggestions=self.suggestions)
        return text(f"workflow.{self.code}.hint", lang, **self.params)

    def line(self, lang: Language = DEFAULT) -> str:
        """The whole: ``file:line:column: what is wrong; what to do``."""
        return text(
            "workflow.line",
            lang,
            source=visible(self.source, most=4096),
            line=self.at.line,
            column=self.at.column,
            message=self.message(lang),
            hint=self.hint(lang),
        )


def gathered(findings: Iterable[Finding], source: str) -> tuple[Mistake, ...]:
    """*findings* in the order of the file, with suggestions for what was misspelt."""
    ordered = sorted(findings, key=lambda f: (f.at, f.code, str(dict(f.params))))
    # looking up suggestions is slow: a file made of nothing but misspelt names must not hold a server up
    mistakes = tuple(_mistake(finding, source) for finding in ordered[:MOST_SHOWN])
    if len(ordered) <= MOST_SHOWN:
        return mistakes
    more = len(ordered) - MOST_SHOWN
    return (*mistakes, _mistake(Finding("too_many_mistakes", ordered[-1].at, {"more": more}), source))


def _mistake(finding: Finding, source: str) -> Mistake:
    return Mistake(
        code=finding.code,
        at=finding.at,
        source=source,
        params={name: _presentable(value) for name, value in finding.params.items()},
        suggestions=closest(finding.misspelt, finding.known) if finding.misspelt else (),
    )


def _presentable(value: object) -> object:
    return visible(value) if isinstance(value, str) else value
