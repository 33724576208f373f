"""The printed checkpoint as a QR code: inline SVG, made for paper, black on white in every theme.

Source: ISO/IEC 18004. The bytes are UTF-8 without an ECI header, which many readers do not know.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import svg
from markupsafe import Markup, escape

from flowgov.i18n import Language, text
from flowgov.report import wording
from flowgov.report.seal import Seal

if TYPE_CHECKING:
    from segno import QRCode

CAPTION = "qr-caption"
"""Id of the element that holds the caption."""
QUIET = 4
"""Modules of white on each side."""
MOST_BYTES = 666
"""What version 20 holds at error correction M; more becomes too fine to be scanned from paper."""
_MODULE = 3
"""CSS pixels, 0.8 mm on paper: whole ones, so that every module is as wide as the others on a screen, too."""


def content(seal: Seal) -> str | None:
    """What the code says: the whole note, or, where that is too long, the note with the log's own signatures only."""
    return next((note for note in (seal.note, seal.own) if len(note.encode()) <= MOST_BYTES), None)


def encoded(note: str) -> QRCode:
    """The code of *note*, at error correction M: a seventh of it may be smudged."""
    import segno

    return segno.make_qr(note, error="m", mode="byte", encoding="utf-8", boost_error=False)


def draw(seal: Seal, lang: Language) -> Markup | None:
    """The code as a picture with a title, described by its caption; None for a checkpoint that nothing confirms."""
    note = content(seal) if seal.confirmed else None
    if note is None:
        return None
    matrix = [list(map(bool, row)) for row in encoded(note).matrix]
    side = len(matrix) + 2 * QUIET
    title = text("report.qr", lang, size=wording.number(seal.size, lang))
    drawn = svg.SVG(
        width=side * _MODULE,
        height=side * _MODULE,
        viewBox=svg.ViewBoxSpec(0, 0, side, side),
        class_=["qr"],
        elements=[
            svg.Title(id="qr-title", text=str(escape(title))),
            svg.Rect(width=side, height=side, fill="#fff"),
            svg.Path(d=list(_dark(matrix)), stroke="#000"),
        ],
        extra={
            "shape-rendering": "crispEdges",
            "role": "img",
            "aria-labelledby": "qr-title",
            "aria-describedby": CAPTION,
        },
    )
    return Markup(drawn.as_str())  # noqa: S704 - every text in it was escaped


def caption(seal: Seal, lang: Language) -> str:
    """What the code gives to whoever scans it."""
    return text("report.qr.whole" if content(seal) == seal.note else "report.qr.own", lang)


def _dark(matrix: list[list[bool]]) -> Iterator[svg.PathData]:
    """Every run of dark modules in a row as a line one module thick, through their middle."""
    for y, row in enumerate(matrix):
        x = 0
        while x < len(row):
            end = x
            while end < len(row) and row[end]:
                end += 1
            if end > x:
                yield from (svg.M(x + QUIET, y + QUIET + 0.5), svg.HorizontalLineToRel(end - x))
            x = end + 1
