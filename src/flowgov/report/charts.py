"""Charts as inline SVG: no script, no style attribute, same bytes for the same numbers.

The drawing library puts texts into the picture as they are, so every text passes through `_said`.
"""

from __future__ import annotations

import svg
from markupsafe import Markup, escape

from flowgov.i18n import Language, text
from flowgov.report import wording
from flowgov.report.values import Chart, plain

_WIDTH = 720
_LABEL, _VALUE = 190, 46
_BAR, _BETWEEN, _TOP = 14, 12, 34
_LETTER = 6.6
_SERIES = ("first", "second")
Elements = list[svg.Element]


def draw(chart: Chart, lang: Language) -> Markup:
    """*chart* as horizontal bars, with a title and a description for those who do not see it."""
    elements: Elements = [
        svg.Title(id=f"{chart.id}-title", text=_said(text(f"report.chart.{chart.id}", lang))),
        svg.Desc(id=f"{chart.id}-desc", text=_said(describe(chart, lang))),
        svg.Defs(elements=[_hatching(chart.id)]),
        *_legend(chart, lang),
        *_bars(chart, lang),
    ]
    height = _TOP + len(chart.labels) * _group(chart) + 4
    drawn = svg.SVG(
        viewBox=svg.ViewBoxSpec(0, 0, _WIDTH, height),
        class_=["chart"],
        elements=elements,
        extra={
            "role": "img",
            "aria-labelledby": f"{chart.id}-title",
            "aria-describedby": f"{chart.id}-desc",
        },
    )
    return Markup(drawn.as_str())  # noqa: S704 - every text in it was escaped by `_said`


def describe(chart: Chart, lang: Language) -> str:
    """The numbers of *chart* in sentences."""
    sentences = []
    for n, label in enumerate(chart.labels):
        values = [f"{text(name, lang)} {wording.number(numbers[n], lang)}" for name, numbers in chart.series]
        said = text("report.chart.item", lang, label=plain(label, lang), values=values)
        sentences.append(said)
    return " ".join(sentences)


def _bars(chart: Chart, lang: Language) -> Elements:
    most = max((value for _, values in chart.series for value in values), default=0) or 1
    room = _WIDTH - _LABEL - _VALUE
    drawn: Elements = [
        svg.Line(x1=_LABEL, y1=_TOP - 6, x2=_LABEL, y2=_TOP + len(chart.labels) * _group(chart), class_=["axis"])
    ]
    for n, label in enumerate(chart.labels):
        top = _TOP + n * _group(chart)
        middle = top + _BAR * len(chart.series) / 2 + 4
        drawn.append(_text(_LABEL - 8, middle, plain(label, lang), "label"))
        for series, (_, values) in enumerate(chart.series):
            y, width = top + series * _BAR, round(values[n] * room / most, 1)
            drawn.append(_bar(chart.id, series, _LABEL, y, width))
            drawn.append(_text(_LABEL + width + 6, y + _BAR - 3, wording.number(values[n], lang), "value"))
    return drawn


def _legend(chart: Chart, lang: Language) -> Elements:
    drawn: Elements = []
    x: float = _LABEL
    for series, (name, _) in enumerate(chart.series):
        said = text(name, lang)
        drawn += [_bar(chart.id, series, x, 6, _BAR), _text(x + _BAR + 6, 6 + _BAR - 3, said, "value")]
        x += _BAR + 26 + len(said) * _LETTER
    return drawn


def _bar(chart: str, series: int, x: float, y: float, width: float) -> svg.Element:
    # the second series is hatched: the two differ without colour, too
    fill = f"url(#{chart}-hatching)" if series else None
    return svg.Rect(x=x, y=y, width=width, height=_BAR - 2, fill=fill, class_=["bar", _SERIES[series]])


def _hatching(chart: str) -> svg.Element:
    return svg.Pattern(
        id=f"{chart}-hatching",
        width=5,
        height=5,
        patternUnits="userSpaceOnUse",
        patternTransform=[svg.Rotate(45)],
        elements=[
            svg.Rect(width=5, height=5, class_=["hatching-ground"]),
            svg.Rect(width=2, height=5, class_=["hatching-line"]),
        ],
    )


def _group(chart: Chart) -> int:
    return _BAR * len(chart.series) + _BETWEEN


def _text(x: float, y: float, said: str, look: str) -> svg.Element:
    return svg.Text(x=round(x, 1), y=y, class_=[look], text=_said(said))


def _said(value: str) -> str:
    return str(escape(value))
