"""The page: made for eyes, for ears, for paper, and for nothing else."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from tests.unit.report import qr_reader, seals
from tests.unit.report.test_report_qr import modules

from flowgov.report import render_html
from flowgov.report.charts import describe, draw
from flowgov.report.seal import Seal
from flowgov.report.values import Chart, Fact, Moment, Report, Section

GOLDEN = Path(__file__).parents[2] / "golden" / "report"
VOID = {"meta", "br", "link", "img", "hr"}
CHART = Chart("activity", ('<b>"x"</b>', "&"), (("report.series.gates", (3, 0)), ("report.series.refusals", (1, 0))))


class Page(HTMLParser):
    """Every element of a page with its attributes, and those left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(params=["en", "fr"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def text(lang: str) -> str:
    """A whole report as HTML."""
    return (GOLDEN / f"audit.{lang}.html").read_text(encoding="utf-8")


@pytest.fixture
def page(text: str) -> Page:
    """A whole report, taken apart."""
    return Page(text)


def test_every_element_is_closed_in_order(page: Page) -> None:
    assert page.open == []


def test_the_page_says_in_which_language_it_is(page: Page, lang: str) -> None:
    assert page.all("html") == [{"lang": lang}]


def test_headings_go_down_one_step_at_a_time(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))


def test_every_table_has_a_caption_and_every_heading_a_scope(page: Page) -> None:
    scopes = {heading.get("scope") for heading in page.all("th")}

    assert len(page.all("caption")) == len(page.all("table"))
    assert scopes == {"col", "row"}


def test_every_picture_says_what_it_shows(page: Page) -> None:
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    pictures = [(svg["role"], svg["aria-labelledby"] in ids, svg["aria-describedby"] in ids) for svg in page.all("svg")]

    assert pictures == [("img", True, True)] * 3


def test_no_id_is_used_twice(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]

    assert len(ids) == len(set(ids))


def test_every_link_leads_somewhere_on_the_page(page: Page) -> None:
    ids = {f"#{attributes['id']}" for _, attributes in page.elements if "id" in attributes}

    assert {link["href"] for link in page.all("a")} <= ids


def test_moments_are_readable_by_programs(page: Page) -> None:
    stamps = [time["datetime"] for time in page.all("time")]

    assert stamps
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", str(stamp)) for stamp in stamps)


def test_the_only_style_allowed_is_the_one_inside(text: str) -> None:
    style = text.partition("<style>")[2].partition("</style>")[0]

    assert f"style-src 'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" in text


def test_t19_no_element_runs_or_fetches_anything(page: Page) -> None:
    names = {tag for tag, _ in page.elements}
    attributes = {name for _, given in page.elements for name in given}

    assert not names & {"script", "iframe", "object", "embed", "form", "input", "img", "link", "base", "foreignobject"}
    assert not {name for name in attributes if name.startswith("on") or name in {"src", "style", "srcset", "action"}}


def test_t19_a_chart_shows_texts_and_runs_none() -> None:
    drawn = draw(CHART, "en")

    assert "<b>" not in drawn
    assert "&lt;b&gt;&#34;x&#34;&lt;/b&gt;" in drawn


def test_a_chart_can_be_read_aloud() -> None:
    assert describe(CHART, "fr") == (
        '<b>"x"</b>\u00a0: Jalons franchis 3, Tentatives refusées 1. &\u00a0: Jalons franchis 0, Tentatives refusées 0.'
    )


def test_the_two_series_differ_without_colour() -> None:
    drawn = draw(CHART, "en")

    assert drawn.count("url(#activity-hatching)") == 3


def test_a_chart_of_nothing_is_drawn() -> None:
    empty = Chart("stages", ("x",), (("report.series.open", (0,)),))

    assert 'width="0.0"' in draw(empty, "en")


def sealed(seal: Seal | None) -> str:
    """A page of one chapter, with a checkpoint."""
    facts = (Fact("produced_at", Moment("2026-01-05T09:30:00.000000Z")), Fact("produced_by", "flowgov"))
    section = Section("integrity", facts, seal=seal)
    return "".join(
        render_html.render(Report("en", "Maison Tallec", ("2026-01-01", "2026-01-31"), True, (), (section,)))
    )


def printed(page: str) -> str:
    """The checkpoint on a page, as it is copied from there."""
    (found,) = re.findall(r'<pre dir="ltr">(.*?)</pre>', page, re.DOTALL)
    return unescape(found)


def test_the_checkpoint_on_a_page_is_text_to_be_copied(text: str, lang: str) -> None:
    report = json.loads((GOLDEN / f"audit.{lang}.json").read_text(encoding="utf-8"))

    assert printed(text) == report["checkpoint"]["note"]


def test_the_code_on_a_page_gives_the_text_above_it() -> None:
    page = sealed(seals.seal("witness.example.org/a"))
    code = page.partition("<pre ")[2].partition("<svg")[2]

    assert qr_reader.read(*modules(code)).decode() == printed(page)


def test_a_page_without_a_checkpoint_has_no_code() -> None:
    page = sealed(None)

    assert ("<svg" in page, "<pre" in page) == (False, False)


def test_a_checkpoint_that_nothing_confirms_says_so_and_has_no_code() -> None:
    page = sealed(seals.seal(confirmed=False))

    assert ("was not confirmed by the verification" in page, "<svg" in page, "<pre" in page) == (True, False, True)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"onload=x', "&lt;", "</pre><b>", "\u202ekcart"])
def test_t19_whoever_signed_a_checkpoint_is_text(name: str) -> None:
    page = sealed(seals.seal(name))

    elements = {tag for tag, _ in Page(page).elements}
    assert (printed(page), elements & {"script", "b"}) == (seals.raw(name), set())
