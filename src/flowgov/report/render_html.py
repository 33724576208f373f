"""The report as one HTML file that needs nothing else: no script, no request, its style inside."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from flowgov.i18n import Language, text
from flowgov.report import qr, wording
from flowgov.report.charts import draw
from flowgov.report.headings import caption, note, sealed, subtitle, warning
from flowgov.report.values import Code, Fact, Given, Mark, Moment, Report, Row, Source, Table, Value, WholeCode, plain

_PIECES = 200
"""Pieces of the template put together before they are written."""
_NARROW = 6
"""A table with no more columns is only as wide as it needs."""
_TEMPLATES = "templates"
_NUMBER = ' class="number"'
_CLASSES = {"project": ' class="key"', "exception": ' class="key"'}
"""Columns whose short texts are not to be broken."""


def render(report: Report) -> Iterator[str]:
    """The report, in pieces."""
    lang = report.lang
    style = resources.files("flowgov.report").joinpath(_TEMPLATES, "report.css").read_text(encoding="utf-8")
    cover = {fact.key: fact for section in report.sections for fact in section.facts}
    stream = (
        _environment(lang)
        .get_template("audit.html")
        .stream(
            report=report,
            narrow=_NARROW,
            lang=lang,
            style=Markup(style),  # noqa: S704 - our own file
            style_hash=b64encode(sha256(style.encode()).digest()).decode(),
            subtitle=subtitle(report),
            warning=warning(report),
            footer=_footer(report, cover),
        )
    )
    stream.enable_buffering(_PIECES)
    return stream


def cell(value: Value, lang: Language) -> Markup:
    """*value* as HTML; whatever people wrote is escaped, and kept from turning what is around it."""
    return Markup(_cell(value, lang))  # noqa: S704 - every text in it was escaped


def line(table: Table, row: Row, lang: Language) -> Markup:
    """A table's row; its first cell is the heading of the others."""
    first, *others = (_cell(value, lang) for value in row)
    cells = [
        f"<td{_CLASSES.get(column.key, _NUMBER if column.numeric else '')}>{said}</td>"
        for column, said in zip(table.columns[1:], others, strict=True)
    ]
    # put together as text, for speed; every text in it was escaped
    return Markup(f'<tr><th scope="row">{first}</th>{"".join(cells)}</tr>')  # noqa: S704


def _cell(value: Value, lang: Language) -> str:
    if value is None or value in ((), ""):
        return f'<span class="none" aria-label="{escape(text("report.none", lang))}">—</span>'
    if isinstance(value, tuple):
        items = [_cell(item, lang) for item in value]
        return items[0] if len(items) == 1 else f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"
    if isinstance(value, int):
        return str(escape(wording.number(value, lang)))
    if isinstance(value, Given) and value.at:
        return f"{_cell(replace(value, at=None), lang)}, {_cell(value.at, lang)}"
    said = escape(plain(value, lang))
    if isinstance(value, Moment):
        return f'<time datetime="{escape(value.stamp)}">{said}</time>'
    if isinstance(value, WholeCode):
        return f'<code class="whole">{said}</code>'
    if isinstance(value, Code | Source):
        return f"<code>{said}</code>"
    if isinstance(value, Mark):
        return f'<span class="mark mark-{escape(value.code.replace(".", "-"))}">{said}</span>'
    return f"<bdi>{said}</bdi>"


def _footer(report: Report, cover: dict[str, Fact]) -> str:
    produced = cover["produced_at"].value
    assert isinstance(produced, Moment)
    return text(
        "report.footer",
        report.lang,
        title=text("report.title", report.lang),
        organisation=report.organisation,
        moment=wording.long_moment(produced.stamp, report.lang),
        version=plain(cover["produced_by"].value, report.lang),
    )


def _environment(lang: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader("flowgov.report", _TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(
        t=lambda key: text(key, lang),
        caption=lambda table: caption(table, lang),
        note=lambda table: note(table, lang),
        draw=lambda chart: draw(chart, lang),
        qr=lambda seal: qr.draw(seal, lang),
        scanned=lambda seal: qr.caption(seal, lang),
        sealed=lambda seal: sealed(seal, lang),
    )
    environment.filters["cell"] = lambda value: cell(value, lang)
    environment.filters["line"] = lambda row, table: line(table, row, lang)
    return environment
