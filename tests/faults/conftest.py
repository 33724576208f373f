"""A company at work, for the tests that embed, race and break: made once, copied for every test.

CRM waits for its need to be validated, with all its evidence. ERP and PAY are designed and wait for
confirm_secured, with all their evidence; kbenali has approved that gate on PAY. kbenali is the business owner and
ykerbrat the technical owner, everywhere. `host_order` is a table of the host's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import create_engine
from sqlalchemy.engine import URL
from tests.conftest import MORNING, copied, database_after, file_after
from tests.faults import sealed
from tests.faults.hosting import ORDERS
from tests.walks.former import with_former

from flowgov import Engine, FixedClock


@pytest.fixture(scope="session")
def company_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return file_after(sqlite_template, tmp_path_factory.mktemp("company") / "company.db", _work)


@pytest.fixture(scope="session")
def company_database(postgres_server: URL, postgres_template: str) -> Iterator[str]:
    yield from database_after(postgres_server, postgres_template, _work)


@pytest.fixture
def company_url(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of the company at work."""
    yield from copied(dialect, tmp_path, request, "company_file", "company_database")


@pytest.fixture(scope="session")
def sealed_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return file_after(sqlite_template, tmp_path_factory.mktemp("sealed") / "sealed.db", sealed.make)


@pytest.fixture(scope="session")
def sealed_database(postgres_server: URL, postgres_template: str) -> Iterator[str]:
    yield from database_after(postgres_server, postgres_template, sealed.make)


@pytest.fixture
def sealed_url(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with the log of `sealed`."""
    yield from copied(dialect, tmp_path, request, "sealed_file", "sealed_database")


@pytest.fixture
def company(company_url: str) -> Iterator[Engine]:
    """An engine on `company_url`, one day later."""
    with Engine.open(company_url, clock=later()) as opened:
        yield opened


@pytest.fixture
def host(company_url: str) -> Iterator[Database]:
    """The host's own SQLAlchemy engine on the same database, with the driver's default settings."""
    made = create_engine(company_url)
    yield made
    made.dispose()


def later() -> FixedClock:
    clock = FixedClock(MORNING)
    clock.advance(days=1)
    return clock


def _work(url: str) -> None:
    with Engine.open(url, clock=FixedClock(MORNING)) as engine:
        with_former(engine, "pme-light")
        engine.grant_role("business_owner", "kbenali", by="htallec")
        engine.grant_role("technical_owner", "ykerbrat", by="htallec")
        for key in ("CRM", "ERP", "PAY"):
            engine.open_project(key, workflow="pme-light", title=key, by="ebihan")
            for kind in engine.project(key).workflow.evidence:
                engine.add_evidence(key, kind, by="kbenali", link=f"https://example.org/{kind}")
        for key in ("ERP", "PAY"):
            engine.move(key, "validate_need", by="kbenali")
            engine.move(key, "approve_design", by="ykerbrat")
        engine.approve("PAY", "confirm_secured", by="kbenali")
    made = create_engine(url)
    ORDERS.create_all(made)
    made.dispose()
