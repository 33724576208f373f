"""Markdown in which hostile text stays text."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from flowgov.report.render_markdown import cell, escaped

HOSTILE = (
    "a|b",
    "*x*",
    "_x_",
    "`x`",
    "<img src=x>",
    "[x](y)",
    "![x](y)",
    "&lt;",
    "~~x~~",
    "\\",
    "| --- |",
    "a\nb",
    "$x$",
    "# x",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_t19_hostile_text_stays_in_its_cell(text: str) -> None:
    table = f"| Title | End |\n| --- | --- |\n| {escaped(text)} | end |\n"

    tokens = MarkdownIt("commonmark", {"html": False}).enable("table").enable("strikethrough").parse(table)

    cells = [token for token in tokens if token.type == "inline"]
    shown = "".join(child.content if child.type != "softbreak" else " " for child in cells[2].children or [])
    assert (len(cells), shown.replace("<br>", "\n")) == (4, text)
    assert {child.type for child in cells[2].children or []} <= {"text", "text_special"}


def test_an_empty_cell_shows_a_dash() -> None:
    assert (cell(None, "en"), cell((), "en")) == ("—", "—")
