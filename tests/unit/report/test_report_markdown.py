"""Markdown in which hostile text stays text."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt
from tests.unit.report import seals

from flowgov.report.render_markdown import cell, escaped, render
from flowgov.report.values import Code, Report, Section, WholeCode

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


@pytest.mark.parametrize("origin", [seals.LOG, "```", "~~~", "`````x", "<b>"])
def test_t19_the_checkpoint_is_a_block_of_code_whatever_the_log_is_called(origin: str) -> None:
    section = Section("integrity", seal=seals.seal(origin=origin))
    report = Report("en", "Maison Tallec", ("2026-01-01", "2026-01-31"), True, (), (section,))

    tokens = MarkdownIt("commonmark").parse("".join(render(report)))

    assert [token.content for token in tokens if token.type == "fence"] == [seals.raw(origin=origin)]
    assert tokens[-1].type == "fence"


@pytest.mark.parametrize("hostile", ["`<b>`", "a|b", "a\nb"])
def test_t19_a_hash_that_is_none_stays_in_its_cell(hostile: str) -> None:
    assert cell(WholeCode(hostile), "en") == escaped(hostile)


def test_a_hash_is_code() -> None:
    assert cell(Code("0123456789abcdef"), "en") == "`0123456789ab`"
