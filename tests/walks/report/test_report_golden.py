"""The same history gives the same bytes: in both languages, in every format, on both databases."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.walks.report import year

from flowgov import Engine
from flowgov.report.audit import TABLES, write

LANGUAGES = ("en", "fr")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("format", ["html", "md", "csv", "json"])
def test_the_same_history_gives_the_same_report(
    written: Callable[..., str], golden: Path, format: str, lang: str
) -> None:
    """After a wanted change, run once with ``FLOWGOV_WRITE_GOLDEN=1`` and read the difference."""
    path = golden / f"audit.{lang}.{format}"

    report = written(format, lang)

    if os.environ.get("FLOWGOV_WRITE_GOLDEN"):
        path.write_bytes(report.encode())
    assert report.encode() == path.read_bytes()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_all_tables_lie_in_one_archive(lived: Engine, tmp_path: Path, golden: Path, lang: str) -> None:
    path = tmp_path / "report.zip"

    write(lived, start=year.START, until=year.UNTIL, format="csv", lang=lang, output=path)  # type: ignore[arg-type]  # a language

    archive = zipfile.ZipFile(path)
    assert archive.namelist() == [f"{table}.csv" for table in TABLES if table != "findings"]
    assert archive.read("gates.csv") == (golden / f"audit.{lang}.csv").read_bytes()


def test_an_archive_is_the_same_for_the_same_report(lived: Engine, tmp_path: Path) -> None:
    asked = {"start": year.START, "until": year.UNTIL, "format": "csv"}

    write(lived, **asked, output=tmp_path / "one.zip")  # type: ignore[arg-type]  # spelt out above
    write(lived, **asked, output=tmp_path / "two.zip")  # type: ignore[arg-type]  # spelt out above

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


@pytest.mark.parametrize("format", ["html", "md", "csv", "json"])
def test_a_file_has_the_same_bytes_as_a_stream(
    lived: Engine, written: Callable[..., str], tmp_path: Path, format: str
) -> None:
    path = tmp_path / "report"

    write(
        lived,
        start=year.START,
        until=year.UNTIL,
        format=format,
        output=path,
        version=year.VERSION,
        outside=year.outside(lived),
    )  # type: ignore[arg-type]  # a format

    assert path.read_bytes() == written(format).encode()


@pytest.mark.parametrize("format", ["html", "md", "csv", "json"])
def test_how_many_records_are_fetched_at_a_time_does_not_show(
    written: Callable[..., str], monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    at_once = written(format)

    monkeypatch.setattr("flowgov.store.reporting.PAGE", 3)
    monkeypatch.setattr("flowgov.store.reporting.PLACES", 1)

    assert written(format) == at_once


def test_writing_does_not_wait_for_the_report_to_be_read(lived: Engine) -> None:
    class Interrupting(io.StringIO):
        """While the report is written, a project is opened."""

        opened = False

        def write(self, said: str, /) -> int:
            if not self.opened:
                lived.open_project("NEW", workflow="small", title="Nouveau", by="ebihan")
                self.opened = True
            return super().write(said)

    stream = Interrupting()

    write(lived, start=year.START, until=year.PRODUCED.date(), format="md", stream=stream)

    assert "Nouveau" not in stream.getvalue()
