"""The report as JSON, in one documented shape, written row by row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flowgov.i18n import Language
from flowgov.report.seal import Seal
from flowgov.report.values import Fact, Report, Table, data

FORMAT = "flowgov.report/1"


def render(report: Report) -> Iterator[str]:
    """The report, in pieces."""
    lang = report.lang
    head = {
        "format": FORMAT,
        "report": "audit",
        "lang": lang,
        "holds": report.holds,
        "assurance": _facts(report.front, lang),
        "figures": _facts(report.figures, lang),
        **{s.id: _facts(s.facts, lang) for s in report.sections if s.facts},
        "checkpoint": _seal(report.seal()),
    }
    yield _dump(head, indent=1)[: -len("\n}")]
    yield ',\n "tables": {'
    for n, table in enumerate(report.tables()):
        yield f"{',' if n else ''}\n  {_dump(table.id)}: ["
        yield from _rows(table, lang)
        yield "\n  ]"
    yield "\n }\n}\n"


def _rows(table: Table, lang: Language) -> Iterator[str]:
    keys = [column.key for column in table.columns]
    for n, row in enumerate(table.rows):
        cells = {key: data(value, lang) for key, value in zip(keys, row, strict=True)}
        yield f"{',' if n else ''}\n   {_dump(cells)}"


def _seal(seal: Seal | None) -> dict[str, Any] | None:
    if seal is None:
        return None
    return {"size": seal.size, "root": seal.root, "key": seal.key, "confirmed": seal.confirmed, "note": seal.note}


def _facts(facts: tuple[Fact, ...], lang: Language) -> dict[str, Any]:
    return {fact.key: data(fact.value, lang) for fact in facts}


def _dump(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)
