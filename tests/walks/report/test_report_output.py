"""A report is written whole, where it was asked for, or not at all."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from tests.walks.report import year

from flowgov import BadInput, Engine
from flowgov.report import render_html
from flowgov.report.audit import write

ASKED: dict[str, Any] = {"start": year.START, "until": year.UNTIL}


@pytest.fixture
def dialect() -> str:
    """One database is enough: nothing here depends on it."""
    return "sqlite"


def test_an_earlier_report_is_replaced(lived: Engine, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("yesterday's", encoding="utf-8")

    write(lived, **ASKED, output=path)

    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_new_report_is_readable_by_its_owner_only(lived: Engine, tmp_path: Path) -> None:
    path = tmp_path / "report.html"

    write(lived, **ASKED, output=path)

    assert path.stat().st_mode & 0o777 == 0o600


def test_a_replaced_report_keeps_its_permissions(lived: Engine, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.touch()
    path.chmod(0o640)

    write(lived, **ASKED, output=path)

    assert path.stat().st_mode & 0o777 == 0o640


def test_nothing_is_left_of_a_report_that_failed_half_way(
    lived: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(render_html, "line", full)

    with pytest.raises(BadInput) as refused:
        write(lived, **ASKED, output=folder / "report.html")

    assert refused.value.data["why"] == "No space left on device"
    assert list(folder.iterdir()) == []


def test_a_report_is_not_written_through_a_link(lived: Engine, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("keep me", encoding="utf-8")
    link = tmp_path / "report.html"
    link.symlink_to(precious)

    with pytest.raises(BadInput) as refused:
        write(lived, **ASKED, output=link)

    assert (refused.value.reason, precious.read_text(encoding="utf-8")) == ("output_not_a_file", "keep me")


@pytest.mark.parametrize("name", [".", "missing/report.html", "pipe"])
def test_a_report_goes_into_a_regular_file(lived: Engine, tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(BadInput):
        write(lived, **ASKED, output=tmp_path / name)


def test_a_reversed_period_is_refused(lived: Engine) -> None:
    with pytest.raises(BadInput) as refused:
        write(lived, start=year.UNTIL, until=year.START, stream=StringIO())

    assert refused.value.reason == "report_period"


@pytest.mark.parametrize(
    ("asked", "suggested"), [({"format": "htlm"}, "html"), ({"format": "csv", "table": "gate"}, "gates")]
)
def test_a_misspelt_wish_is_answered_with_what_was_meant(lived: Engine, asked: dict[str, Any], suggested: str) -> None:
    with pytest.raises(BadInput) as refused:
        write(lived, **ASKED, **asked, stream=StringIO())

    assert suggested in refused.value.data["suggestions"]


def test_progress_is_told(lived: Engine) -> None:
    told: list[tuple[int, int]] = []

    write(lived, **ASKED, stream=StringIO(), progress=lambda done, total: told.append((done, total)))

    assert all(done <= total for done, total in told)
    assert told
