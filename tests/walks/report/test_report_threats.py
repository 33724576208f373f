"""What hostile text can do in a report: nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from tests.walks.report import year

from flowgov.report import render_csv

Written = Callable[..., str]


@pytest.fixture
def dialect() -> str:
    """One database is enough: nothing here depends on it."""
    return "sqlite"


def test_t19_a_title_is_text_in_html(written: Written) -> None:
    page = written("html")

    assert "<script" not in page
    assert "&lt;script&gt;alert(&#39;=cmd()&#39;)&lt;/script&gt;" in page


def test_t19_a_page_may_load_and_run_nothing(written: Written) -> None:
    page = written("html")

    assert "content=\"default-src 'none'; style-src 'sha256-" in page
    assert not any(
        word in page for word in ("<script", " src=", 'http-equiv="refresh', "javascript:", "@import", "url(http")
    )


def test_t19_a_title_is_text_in_markdown(written: Written) -> None:
    said = written("md")

    assert "\\<script\\>alert('=cmd()')\\</script\\> \\| \\*gras\\* \\`code\\` \"מחקר\" \\& \\_fin\\_" in said


def test_t19_text_from_right_to_left_does_not_turn_what_is_around_it(written: Written) -> None:
    page = written("html")

    assert "מחקר" in page.partition("<td><bdi>&lt;script&gt;")[2].partition("</bdi></td>")[0]


def test_t20_no_cell_starts_a_formula(written: Written) -> None:
    rows = list(csv.reader(io.StringIO(written("csv").removeprefix(render_csv.BOM))))

    assert rows[1][10] == "'=1+1"


def test_t20_a_round_trip_keeps_the_text_as_it_is(written: Written) -> None:
    plain = written("csv", spreadsheet_safe=False).removeprefix(render_csv.BOM)

    assert next(row for row in csv.DictReader(io.StringIO(plain)) if row["Project"] == "CRM")["Reason"] == "=1+1"


def test_t20_a_title_does_not_break_out_of_its_cell(written: Written) -> None:
    rows = csv.DictReader(io.StringIO(written("csv", table="projects").removeprefix(render_csv.BOM)))

    assert next(rows)["Title"] == year.AWKWARD
