"""Titles and captions that every renderer shows in the same words."""

from __future__ import annotations

from datetime import date

from flowgov.i18n import Language, has, text
from flowgov.report.seal import Seal
from flowgov.report.values import Report, Span, Table


def subtitle(report: Report) -> str:
    """Whose report it is, and on which period."""
    start, until = (date.fromisoformat(day) for day in report.period)
    period = Span(start, until).plain(report.lang)
    return text("report.subtitle", report.lang, organisation=report.organisation, period=period)


def warning(report: Report) -> str:
    """What must be read before anything else when the log does not hold."""
    return text("report.broken", report.lang)


def caption(table: Table, lang: Language) -> str:
    """The table's title."""
    return text(f"report.table.{table.id}", lang)


def note(table: Table, lang: Language) -> str:
    """What must be known to read the table; empty where nothing must."""
    key = f"report.table.{table.id}.note"
    return text(key, lang) if has(key, lang) else ""


def sealed(seal: Seal, lang: Language) -> str:
    """What the printed checkpoint is good for."""
    return text("report.checkpoint.note" if seal.confirmed else "report.checkpoint.not_confirmed", lang)
