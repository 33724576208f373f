"""The year that can be closed, on both databases; see `tests.walks.closing`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.engine import URL
from tests.conftest import copied, database_after, file_after
from tests.walks import closing

from flowgov import Engine, FixedClock
from flowgov.anchors.vault import Vault
from flowgov.testing import vault as vault_for

FEBRUARY = datetime(2026, 2, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="session")
def year_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return file_after(sqlite_template, tmp_path_factory.mktemp("closing") / "year.db", closing.play)


@pytest.fixture(scope="session")
def year_database(postgres_server: URL, postgres_template: str) -> Iterator[str]:
    yield from database_after(postgres_server, postgres_template, closing.play)


@pytest.fixture
def year_url(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database in which the year has happened."""
    yield from copied(dialect, tmp_path, request, "year_file", "year_database")


@pytest.fixture
def flow(year_url: str) -> Iterator[Engine]:
    """An engine on `year_url`, in February."""
    with Engine.open(year_url, clock=FixedClock(FEBRUARY)) as opened:
        yield opened


@pytest.fixture
def vault(flow: Engine, tmp_path: Path) -> Vault:
    """The key of `flow`, in a folder of its own."""
    return vault_for(flow, tmp_path / "vault", by="htallec")


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """Where archives go."""
    return tmp_path / "2026.fgev"


@pytest.fixture
def archived(flow: Engine, vault: Vault, closed: Path) -> Engine:
    """`flow` once CRM and ERP were moved to the archive `closed`."""
    closing.archive(flow, vault, closed)
    return flow
