"""The report as Markdown, with tables as GitHub and most editors show them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flowgov.i18n import Language, text
from flowgov.report.headings import caption, note, sealed, subtitle, warning
from flowgov.report.seal import Seal
from flowgov.report.values import Code, Report, Section, Source, Table, Value, plain

_ACTIVE = re.compile(r"([\\`*_\[\]<>#|~&$])")
_NOT_CODE = re.compile(r"[`|\r\n]")
"""What would end a cell of code."""
_FENCE = re.compile(r"`+")
_LINE_END = re.compile(r"\s*\n\s*")


def render(report: Report) -> Iterator[str]:
    """The report, in pieces."""
    lang = report.lang
    yield f"# {text('report.title', lang)}\n\n"
    yield f"**{escaped(subtitle(report))}**\n\n"
    if not report.holds:
        yield f"> **{escaped(warning(report))}**\n\n"
    for fact in (*report.front, *report.figures):
        yield f"- {text(f'report.fact.{fact.key}', lang)}{text('report.colon', lang)}**{cell(fact.value, lang)}**\n"
    for section in report.sections:
        yield from _section(section, lang)


def escaped(value: str) -> str:
    """*value* as text: nothing in it is taken for Markdown or HTML, and it stays on its line."""
    return _LINE_END.sub("<br>", _ACTIVE.sub(r"\\\1", value))


def cell(value: Value, lang: Language) -> str:
    """*value* as the content of a table's cell."""
    if isinstance(value, tuple):
        return "<br>".join(cell(item, lang) for item in value) or "—"
    shown = plain(value, lang)
    if isinstance(value, Code | Source) and not _NOT_CODE.search(shown):
        return f"`{shown}`"
    return escaped(shown) if shown else "—"


def _section(section: Section, lang: Language) -> Iterator[str]:
    yield f"\n## {text(f'report.section.{section.id}', lang)}\n"
    if section.facts:
        yield f"\n| {text('report.column.fact', lang)} | {text('report.column.value', lang)} |\n| --- | --- |\n"
        for fact in section.facts:
            yield f"| {text(f'report.fact.{fact.key}', lang)} | {cell(fact.value, lang)} |\n"
    if section.seal:
        yield from _seal(section.seal, lang)
    for table in section.tables:
        yield from _table(table, lang)


def _seal(seal: Seal, lang: Language) -> Iterator[str]:
    yield f"\n### {text('report.checkpoint', lang)}\n\n{sealed(seal, lang)}\n\n"
    fence = max(["```", *(f"{run}`" for run in _FENCE.findall(seal.note))], key=len)
    yield f"{fence}text\n{seal.note}{fence}\n"


def _table(table: Table, lang: Language) -> Iterator[str]:
    yield f"\n### {caption(table, lang)}\n\n"
    if said := note(table, lang):
        yield f"{said}\n\n"
    rows = iter(table.rows)
    first = next(rows, None)
    if first is None:
        yield f"{text('report.nothing', lang)}\n"
        return
    yield f"| {' | '.join(text(f'report.column.{column.key}', lang) for column in table.columns)} |\n"
    yield f"| {' | '.join('---:' if column.numeric else '---' for column in table.columns)} |\n"
    yield _row(first, lang)
    for row in rows:
        yield _row(row, lang)


def _row(row: tuple[Value, ...], lang: Language) -> str:
    return f"| {' | '.join(cell(value, lang) for value in row)} |\n"
