"""A printable page, as a terminal shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flowgov.cli.call import Call
from flowgov.cli.table import safe, table, terminal_width

if TYPE_CHECKING:
    from flowgov.report.page import Page, Part


def page_shown(call: Call, page: Page) -> Iterator[str]:
    """The lines of *page*."""
    yield f"{call.style(safe(page.title), 'head')}  {safe(page.subtitle)}"
    for name, value in page.facts:
        yield "  " + call.pair(safe(name), safe(value))
    for part in page.parts:
        if part.shown:
            yield ""
            yield call.style(safe(part.title), "head")
            yield from (f"  {line}" for line in _part(part))
    yield ""
    yield call.style(safe(page.footer), "faint")


def _part(part: Part) -> Iterator[str]:
    if not part.rows:
        yield safe(part.nothing)
    elif part.head:
        width = terminal_width()
        cells = [[safe(cell) for cell in row] for row in part.rows]
        yield from table(part.head, cells, None if width is None else width - 2)
    else:
        for number, (said,) in enumerate(part.rows, 1):
            first, *others = said.splitlines() or [""]
            yield f"{number}. {safe(first)}"
            yield from (f"   {safe(line)}" for line in others)
