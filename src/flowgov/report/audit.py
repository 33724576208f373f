"""The audit report: from an engine to a file or a stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO, get_args

from flowgov import __version__
from flowgov.audit.seals import NOTHING_OUTSIDE
from flowgov.errors import AuditBroken, BadInput, FlowgovError
from flowgov.i18n import DEFAULT, Language
from flowgov.output import whole
from flowgov.report import render_csv, render_html, render_json, render_markdown, seal
from flowgov.report.content import Order, compose
from flowgov.report.replay import Progress
from flowgov.report.values import Report
from flowgov.suggest import closest

if TYPE_CHECKING:
    from flowgov.audit.seals import Outside
    from flowgov.audit.verdict import Verdict
    from flowgov.reader import Reader

Format = Literal["html", "md", "csv", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)
TABLES = render_csv.TABLES
"""Names of the tables that a CSV file can hold."""


def write(
    engine: Reader,
    *,
    start: date,
    until: date,
    format: Format = "html",
    lang: Language = DEFAULT,
    output: Path | None = None,
    stream: TextIO | None = None,
    table: str = "gates",
    spreadsheet_safe: bool = True,
    outside: Outside = NOTHING_OUTSIDE,
    store: str | Path | None = None,
    progress: Progress | None = None,
    version: str = __version__,
) -> Verdict:
    """Verify the log, then write the audit report on the days from *start* until *until*, both included.

    A log that does not hold is reported too, and the report says so; what cannot be replayed at all is not.
    The newest signed checkpoint that holds is printed in it.

    Args:
        output: the file to write; it is there whole, or not at all. With ``csv``, a name that ends in ``.zip``
            gets every table, each in a file of its own.
        stream: where to write instead of a file.
        table: for ``csv``, which table, where there is room for one only.
        spreadsheet_safe: for ``csv``, keep spreadsheets from taking a text for a formula.
        outside: trusted keys, copies of checkpoints, and witnesses; without them, the report says no more than that
            the log agrees with itself.
        store: the folder where copies of evidence are kept, to be compared too.
        progress: told how many records were read, and of how many.

    Returns:
        What the verification found; the caller decides whether to go on.

    Raises:
        BadInput: the period is reversed, *output* cannot be written, or there is no such format or table.
        AuditBroken: the log is too damaged to be replayed.
    """
    _check(start, until, format, table, output, stream)
    order = Order(start, until, lang, version)
    with engine.snapshot() as snapshot:
        verdict = engine.verify(outside=outside, store=store, progress=progress)
        with _damage_named(verdict):
            report = compose(snapshot, verdict, order, progress, seal.newest(engine, verdict))
            if output is not None and _is_archive(format, output):
                with whole(output) as file:
                    render_csv.archive(report, file, snapshot.now, safe=spreadsheet_safe)
            else:
                _write(_render(report, format, table, safe=spreadsheet_safe), output, stream)
    return verdict


def _check(start: date, until: date, format: str, table: str, output: Path | None, stream: TextIO | None) -> None:
    if start > until:
        raise BadInput("report_period", start=start.isoformat(), until=until.isoformat())
    if format not in FORMATS:
        raise BadInput("report_format", name=format, known=FORMATS, suggestions=closest(format, FORMATS))
    if table not in TABLES:
        raise BadInput("report_table", name=table, known=TABLES, suggestions=closest(table, TABLES))
    assert (output is None) != (stream is None), "a report goes to a file or to a stream"


def _is_archive(format: str, output: Path) -> bool:
    return format == "csv" and output.suffix.lower() == ".zip"


def _render(report: Report, format: Format, table: str, *, safe: bool) -> Iterator[str]:
    if format == "html":
        return render_html.render(report)
    if format == "md":
        return render_markdown.render(report)
    if format == "csv":
        return render_csv.render(report, table, safe=safe)
    return render_json.render(report)


def _write(chunks: Iterable[str], output: Path | None, stream: TextIO | None) -> None:
    if output is None:
        assert stream is not None
        stream.writelines(chunks)
        return
    with whole(output) as file:
        file.writelines(chunk.encode("utf-8") for chunk in chunks)


@contextmanager
def _damage_named(verdict: Verdict) -> Iterator[None]:
    """A log that does not hold may also not be replayable; say that, and not that we stumbled over it."""
    try:
        yield
    except (LookupError, ValueError, TypeError, AttributeError, AssertionError) as error:
        if verdict.holds or isinstance(error, FlowgovError):
            raise
        first = verdict.first.message() if verdict.first else ""
        raise AuditBroken("verify", findings=verdict.count, first=first) from error
