"""The report's tables as CSV that a spreadsheet opens safely: one table, or all of them in an archive."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from flowgov.clock import moment
from flowgov.i18n import Language, text
from flowgov.report.content import COLUMNS
from flowgov.report.values import Mark, Moment, Report, Row, Table, Value, columns, plain

BOM = "\ufeff"
"""Tells spreadsheets that the file is UTF-8."""
SEPARATOR = {"en": ",", "fr": ";"}
"""What a spreadsheet in that language expects."""

# CWE-1236: also behind spaces and quotes, and in full width, which some programs read as ASCII
_FORMULA = re.compile(r"[\s\"'\u200b\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_EARLIEST_ZIP = 1980
_FACTS = ("cover", "integrity")
"""Chapters whose lists of facts are tables here."""
TABLES = (*_FACTS, "checkpoint", *COLUMNS)
"""Names of all tables."""


def render(report: Report, table: str, *, safe: bool = True) -> Iterator[str]:
    """The table with this id, in pieces."""
    found = next((t for t in _tables(report) if t.id == table), None)
    yield BOM
    if found is not None:
        yield from _lines(found, report.lang, safe=safe)


def archive(report: Report, file: BinaryIO, now: str, *, safe: bool = True) -> None:
    """Every table in a file of its own, in a ZIP archive that is the same for the same report."""
    made = moment(now)
    stamped = (max(made.year, _EARLIEST_ZIP), made.month, made.day, made.hour, made.minute, made.second)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for table in _tables(report):
            entry = zipfile.ZipInfo(f"{table.id}.csv", stamped)
            entry.external_attr = 0o600 << 16
            with archive.open(entry, "w", force_zip64=True) as out:
                out.write(BOM.encode())
                out.writelines(line.encode() for line in _lines(table, report.lang, safe=safe))


def harmless(cell: str) -> str:
    """*cell* with an apostrophe before it, if a spreadsheet could take it for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _tables(report: Report) -> Iterator[Table]:
    """Those of the report, after its lists of facts and its checkpoint."""
    for section in report.sections:
        if section.id in _FACTS:
            rows = ((Mark(fact.key, "fact"), fact.value) for fact in section.facts)
            yield Table(section.id, columns("fact", "value"), rows)
    yield Table("checkpoint", columns("#size", "root", "note"), _checkpoint(report))
    yield from report.tables()


def _checkpoint(report: Report) -> Iterator[Row]:
    seal = report.seal()
    if seal is not None:
        yield seal.size, seal.root, seal.note


def _lines(table: Table, lang: Language, *, safe: bool) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=SEPARATOR[lang], lineterminator="\r\n")

    def line(cells: list[str]) -> str:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([harmless(cell) for cell in cells] if safe else cells)
        return buffer.getvalue()

    yield line([text(f"report.column.{column.key}", lang) for column in table.columns])
    for row in table.rows:
        yield line([_cell(value, lang) for value in row])


def _cell(value: Value, lang: Language) -> str:
    if isinstance(value, int):
        return str(value)
    if type(value) is Moment:
        return value.stamp[:19].replace("T", " ")
    return plain(value, lang)
