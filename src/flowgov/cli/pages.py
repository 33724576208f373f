"""A printable page: as a terminal shows it, or written to a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from flowgov.cli.call import Call
from flowgov.cli.table import safe, table, terminal_width
from flowgov.output import must_be_new, whole

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


def page_answered(
    call: Call, page: Page, data: Mapping[str, object], format: str, output: str | None, *, force: bool
) -> None:
    """Answer with *page* in a format; a file of text is Markdown.

    Raises:
        BadInput: there is such a file already.
    """
    if format == "text" and output is None:
        call.answer({**data}, page_shown(call, page))
        return
    from flowgov.report.page import html, markdown

    content = html(page) if format == "html" else markdown(page)
    file_answered(call, content.encode(), {"format": format, **data}, output, force=force)


def file_answered(call: Call, content: bytes, data: Mapping[str, object], output: str | None, *, force: bool) -> None:
    """Write *content* to a file, or answer with it where none is named.

    Raises:
        BadInput: there is such a file already.
    """
    if output is not None:
        path = Path(output)
        must_be_new(path, force=force)
        with whole(path) as file:
            file.write(content)
        call.answer({"output": output, **data}, [call.text("cli.report.written", path=safe(path))])
        return
    said = content.decode()
    call.answer({"output": None, **data, "content": said}, said.splitlines())


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
