"""Storage that fails, and an audit log that no longer fits its projections: one clear error, nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session
from tests.faults.conftest import later
from tests.faults.hosting import WRITES, facts, log, orders, place_order, unbroken

from flowgov import AuditBroken, DatabaseError, Engine

sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
postgresql = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)

EVENING = "x" * 4000


def path_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def full(database: Database) -> None:
    """Let the file grow no further."""

    @event.listens_for(database, "connect")
    def limit(raw: object, _: object) -> None:
        pages = raw.execute("PRAGMA page_count").fetchone()[0]  # type: ignore[attr-defined]  # a driver's connection
        raw.execute(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]  # as above


def fill(engine: Engine) -> None:
    """Record until something happens."""
    for _ in range(200):
        engine.move("CRM", "hold", by="kbenali", reason=EVENING)
        engine.move("CRM", "resume", by="kbenali", reason=EVENING)


@sqlite
def test_a_full_disk_is_one_clear_error_and_nothing_is_half_written(company: Engine, company_url: str) -> None:
    full(company._house.database)

    with pytest.raises(DatabaseError) as refused:
        fill(company)

    assert (refused.value.reason, unbroken(company_url)) == ("full", True)


@sqlite
def test_a_disk_that_fills_up_in_a_hosts_transaction_lets_nothing_be_committed(
    company: Engine, company_url: str, host: Database
) -> None:
    full(host)
    before = log(company_url), facts(company_url)

    with Session(host) as session, pytest.raises(DatabaseError), session.begin():
        place_order(session)
        with pytest.raises(DatabaseError):
            for _ in range(200):
                company.move("CRM", "hold", by="kbenali", reason=EVENING, session=session)
                company.move("CRM", "resume", by="kbenali", reason=EVENING, session=session)

    assert ((log(company_url), facts(company_url)), orders(company_url)) == (before, 0)


@sqlite
def test_a_read_only_file_is_one_clear_error(company_url: str) -> None:
    read_only = f"sqlite:///file:{path_of(company_url)}?mode=ro&uri=true"

    with Engine.open(read_only) as engine, pytest.raises(DatabaseError) as refused:
        engine.move("CRM", "validate_need", by="kbenali")

    assert refused.value.reason == "read_only"


@postgresql
def test_a_read_only_server_is_one_clear_error(company_url: str) -> None:
    read_only = create_engine(company_url, connect_args={"options": "-c default_transaction_read_only=on"})

    with Engine.open(read_only) as engine, pytest.raises(DatabaseError) as refused:
        engine.move("CRM", "validate_need", by="kbenali")

    assert refused.value.reason == "read_only"


def test_a_server_that_is_not_there_is_one_clear_error() -> None:
    nowhere = "postgresql+psycopg://nobody@127.0.0.1:1/nowhere"

    with Engine.open(nowhere) as engine, pytest.raises(DatabaseError) as refused:
        engine.move("CRM", "validate_need", by="kbenali")

    assert refused.value.reason == "unreachable"


def test_a_missing_file_is_one_clear_error_and_none_is_made(tmp_path: Path) -> None:
    nowhere = f"sqlite:///{tmp_path / 'nowhere' / 'governance.db'}"

    with Engine.open(nowhere) as engine, pytest.raises(DatabaseError) as refused:
        engine.move("CRM", "validate_need", by="kbenali")

    assert refused.value.reason == "unreachable"


@sqlite
@pytest.mark.parametrize("garbage", [b"", b"garbage, not a database" * 1000])
def test_a_file_that_was_replaced_by_something_else_is_one_clear_error(company_url: str, garbage: bytes) -> None:
    path = path_of(company_url)
    for name in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        name.unlink(missing_ok=True)
    path.write_bytes(garbage)

    with Engine.open(company_url) as engine, pytest.raises(DatabaseError) as refused:
        engine.move("CRM", "validate_need", by="kbenali")

    assert refused.value.reason == ("not_a_database" if garbage else "not_flowgov")


def test_a_file_that_flowgov_does_not_know_is_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(b"Dear Sir or Madam, " * 1000)

    with Engine.open(f"sqlite:///{path}") as engine, pytest.raises(DatabaseError):
        engine.move("CRM", "validate_need", by="kbenali")

    assert path.read_bytes() == b"Dear Sir or Madam, " * 1000


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE flowgov_project SET head = substr(head, 2) || 'f' WHERE key = 'CRM'",
        "UPDATE flowgov_project SET seq = seq - 1 WHERE key = 'CRM'",
        "UPDATE flowgov_project SET seq = seq + 1 WHERE key = 'CRM'",
    ],
)
@pytest.mark.parametrize("embedded", [False, True], ids=["own", "host"])
def test_a_project_whose_head_is_not_its_last_record_does_not_move(
    company: Engine, company_url: str, host: Database, tampering: str, embedded: bool
) -> None:
    tamper(host, tampering)
    before = log(company_url), facts(company_url)

    with Session(host) as session, pytest.raises(AuditBroken) as broken, session.begin():
        WRITES["move"](company, session if embedded else None)

    assert (broken.value.reason, (log(company_url), facts(company_url))) == ("head", before)


def test_an_organisation_whose_head_is_not_its_last_record_takes_no_act(
    company: Engine, company_url: str, host: Database
) -> None:
    tamper(host, "UPDATE flowgov_organisation SET seq = seq - 1")
    before = log(company_url), facts(company_url)

    with pytest.raises(AuditBroken):
        WRITES["grant_role"](company, None)

    assert (log(company_url), facts(company_url)) == before


def test_a_definition_altered_behind_the_log_is_not_followed(company_url: str, host: Database, dialect: str) -> None:
    drop = {
        "sqlite": "DROP TRIGGER flowgov_workflow_update",
        "postgresql": "DROP TRIGGER flowgov_workflow_change ON flowgov_workflow",
    }
    tamper(host, drop[dialect])
    blob = {"sqlite": "CAST(body || ' ' AS BLOB)", "postgresql": "body || '\\x20'::bytea"}
    tamper(host, f"UPDATE flowgov_workflow SET body = {blob[dialect]}")
    before = log(company_url)

    with Engine.open(company_url, clock=later()) as engine, pytest.raises(AuditBroken) as broken:
        WRITES["move"](engine, None)

    assert (broken.value.reason, log(company_url)) == ("definition", before)


def tamper(database: Database, statement: str) -> None:
    """Change something behind flowgov's back."""
    with database.begin() as connection:
        connection.execute(text(statement))
