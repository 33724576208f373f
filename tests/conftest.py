"""Fixtures of every suite: both databases run the same tests.

Maison Tallec's people are known by their logins: htallec and slegoff administer, kbenali is the business owner,
ykerbrat the technical owner, nroussel the security officer. A fresh database is a copy of a template made once.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import URL

from flowgov import Engine, FixedClock
from flowgov.workflow.shipped import load_shipped, shipped
from tests import postgres

MORNING = datetime(2026, 1, 5, 9, tzinfo=UTC)
CARDS = {
    "htallec": "Hélène Tallec",
    "slegoff": "Sophie Le Goff",
    "kbenali": "Karim Benali",
    "ykerbrat": "Yann Kerbrat",
    "nroussel": "Nadia Roussel",
    "ebihan": "Erwan Bihan",
    "jprigent": "Julien Prigent",
}


@pytest.fixture(autouse=True, scope="session")
def data_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where `init` keeps signing keys: nobody's tests leave any in the home of who runs them."""
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_url(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with nothing in it."""
    if dialect == "sqlite":
        yield f"sqlite:///{tmp_path / 'governance.db'}"
        return
    yield from database(request.getfixturevalue("postgres_server"), "template1")


@pytest.fixture
def url(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database where flowgov was initialised, with the people of `CARDS` and every shipped workflow."""
    yield from copied(dialect, tmp_path, request, "sqlite_template", "postgres_template")


@pytest.fixture
def clock() -> FixedClock:
    """Monday 5 January 2026, nine o'clock UTC."""
    return FixedClock(MORNING)


@pytest.fixture
def engine(url: str, clock: FixedClock) -> Iterator[Engine]:
    """An engine on `url`."""
    with Engine.open(url, clock=clock) as opened:
        yield opened


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    _populate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: URL) -> Iterator[str]:
    yield from database_after(postgres_server, "template1", _populate)


def _populate(url: str) -> None:
    workflows = [load_shipped(name) for name in shipped()]
    with Engine.init(
        url,
        organisation="Maison Tallec SAS",
        administrator="htallec",
        name=CARDS["htallec"],
        workflows=workflows,
        clock=FixedClock(MORNING),
    ) as engine:
        for login in list(CARDS)[1:]:
            engine.add_person(login, name=CARDS[login], by="htallec")
        engine.grant_role("administrator", "slegoff", by="htallec")


def copied(
    dialect: str, folder: Path, request: pytest.FixtureRequest, file_fixture: str, database_fixture: str
) -> Iterator[str]:
    """URL of a test's own copy of what a session-wide fixture made on each kind of database."""
    if dialect == "sqlite":
        copy = folder / f"{file_fixture}.db"
        shutil.copy(request.getfixturevalue(file_fixture), copy)
        yield f"sqlite:///{copy}"
        return
    yield from database(request.getfixturevalue("postgres_server"), request.getfixturevalue(database_fixture))


def file_after(template: Path, path: Path, play: Callable[[str], None]) -> Path:
    """A copy of a SQLite file in which *play* has happened."""
    shutil.copy(template, path)
    play(f"sqlite:///{path}")
    return path


def database_after(server: URL, template: str, play: Callable[[str], None]) -> Iterator[str]:
    """Name of a copy of a PostgreSQL database in which *play* has happened."""
    made = database(server, template)
    url = next(made)
    play(url)
    yield url.rpartition("/")[2].partition("?")[0]
    next(made, None)


def database(server: URL, template: str) -> Iterator[str]:
    """URL of a PostgreSQL database made from *template*, dropped afterwards."""
    name = f"flowgov_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres.plain(server), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")  # type: ignore[call-overload]  # no literal
    yield server.set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(postgres.plain(server), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[call-overload]  # no literal
