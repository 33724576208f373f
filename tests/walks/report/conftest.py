"""The year of `year.py`, lived on both databases, and the reports that were found right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from tests.walks.report import year

from flowgov import Engine
from flowgov.report.audit import write

GOLDEN = Path(__file__).parents[2] / "golden" / "report"


@pytest.fixture
def lived(empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine on a database, after that year."""
    folder = tmp_path / "papers"
    folder.mkdir()
    with year.lived(empty_url, folder, monkeypatch) as engine:
        yield engine


@pytest.fixture
def unsigned(empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine after the same year, whose log never had a key."""
    folder = tmp_path / "papers"
    folder.mkdir()
    with year.lived(empty_url, folder, monkeypatch, signed=False) as engine:
        yield engine


@pytest.fixture
def written(lived: Engine) -> Callable[..., str]:
    """The report on that year, in a format."""

    def make(format: str, lang: str = "en", **others: Any) -> str:
        stream = StringIO(newline="")
        asked: dict[str, Any] = {"start": year.START, "until": year.UNTIL, "version": year.VERSION}
        asked |= {"outside": year.outside(lived), **others}
        write(lived, format=format, lang=lang, stream=stream, **asked)  # type: ignore[arg-type]  # any, to try
        return stream.getvalue()

    return make


@pytest.fixture
def golden() -> Path:
    """Where the reports that were found right lie."""
    return GOLDEN
