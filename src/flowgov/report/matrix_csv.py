"""The matrix of accesses as CSV that a spreadsheet opens safely."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from flowgov.dossier.accesses import Access, groups
from flowgov.i18n import Language, text
from flowgov.report.render_csv import BOM, SEPARATOR, harmless


def matrix(accesses: Sequence[Access], lang: Language) -> Iterator[str]:
    """The lines of the table, without what ends them: an asset each, and in it a cell for every group."""
    columns = groups(accesses)
    named = [text(f"contract.column.{name}", lang) for name in ("asset", "name", "owner")]
    yield BOM + _line([*named, *columns, *(text(f"contract.column.{n}", lang) for n in ("reviewed", "reviewer"))], lang)
    for one in accesses:
        rights = (", ".join(text(f"contract.right.{right}", lang) for right in one.rights_of(g)) for g in columns)
        yield _line([one.asset, one.name, one.owner, *rights, one.reviewed or "", one.reviewer or ""], lang)


def _line(cells: Sequence[str], lang: Language) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=SEPARATOR[lang], lineterminator="").writerow([harmless(cell) for cell in cells])
    return buffer.getvalue()
