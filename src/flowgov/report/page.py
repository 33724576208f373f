"""One printable page: a title, a few facts, lists and tables. As Markdown, or as HTML that needs nothing else."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from typing import Literal, get_args

from flowgov.i18n import Language, text
from flowgov.report.render_markdown import escaped

PageFormat = Literal["md", "html"]
FORMATS: tuple[PageFormat, ...] = get_args(PageFormat)

_TEMPLATES = "templates"


@dataclass(frozen=True, slots=True)
class Part:
    """A list, or a table if it has a head. Everything in it is text as people read it."""

    title: str
    rows: tuple[tuple[str, ...], ...]
    head: tuple[str, ...] = ()
    nothing: str | None = None
    """What is said where there are no rows; None to leave the part out."""

    @property
    def shown(self) -> bool:
        return bool(self.rows) or self.nothing is not None


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says, in one language."""

    lang: Language
    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]
    footer: str
    dense: bool = False
    """Whether it is printed small, to fit on few sheets."""


def markdown(page: Page) -> str:
    """*page* as Markdown; nothing that people wrote in it is taken for Markdown or HTML."""
    colon = text("report.colon", page.lang)
    lines = [f"# {escaped(page.title)}", "", f"**{escaped(page.subtitle)}**", ""]
    lines += [f"- {escaped(name)}{colon}**{escaped(value)}**" for name, value in page.facts]
    for part in page.parts:
        if part.shown:
            lines += ["", f"## {escaped(part.title)}", "", *_part(part)]
    return "\n".join([*lines, "", f"*{escaped(page.footer)}*", ""])


def html(page: Page) -> str:
    """*page* as one HTML file: no script, no request, its style inside; everything people wrote is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    style = resources.files("flowgov.report").joinpath(_TEMPLATES, "page.css").read_text(encoding="utf-8")
    environment = Environment(
        loader=PackageLoader("flowgov.report", _TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("page.html").render(
        page=page,
        colon=text("report.colon", page.lang),
        style=Markup(style),  # noqa: S704 - our own file
        style_hash=b64encode(sha256(style.encode()).digest()).decode(),
    )


def plain(page: Page) -> str:
    """*page* as text without any markup, for a mail or a calendar."""
    lines: list[str] = []
    for part in page.parts:
        if part.shown:
            lines += [part.title, *(f"- {' · '.join(cell for cell in row if cell)}" for row in part.rows)]
            lines += [f"- {part.nothing}"] if not part.rows else []
            lines.append("")
    return "\n".join([*lines, page.footer])


def rendered(page: Page, format: PageFormat) -> str:
    """*page* in a format."""
    return html(page) if format == "html" else markdown(page)


def _part(part: Part) -> list[str]:
    if not part.rows:
        return [escaped(part.nothing or "")]
    if not part.head:
        return [f"{number}. {escaped(row[0])}" for number, row in enumerate(part.rows, 1)]
    return [
        f"| {' | '.join(escaped(name) for name in part.head)} |",
        f"|{' --- |' * len(part.head)}",
        *(f"| {' | '.join(escaped(cell) or '—' for cell in row)} |" for row in part.rows),
    ]
