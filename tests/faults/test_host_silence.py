"""A library that is not listened to is not heard, and costs a host only what it uses."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.faults.hosting import WRITES

from flowgov import Engine

EVERYTHING = """
import logging, sys
handlers, level = list(logging.getLogger().handlers), logging.getLogger().level
from flowgov import Engine, Refused
from tests.faults.hosting import REFUSALS, WRITES
from tests.faults.conftest import later
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
host = create_engine(sys.argv[1])
with Engine.open(sys.argv[1], clock=later()) as engine, Session(host) as session:
    for refused in REFUSALS.values():
        try:
            refused(engine, session)
        except Refused:
            session.rollback()
    for name, write in sorted(WRITES.items(), key=lambda item: item[0] == "erase_person"):
        if name == "withdraw_gate":  # another writer has just withdrawn its only approval
            engine.approve("PAY", "confirm_secured", by="kbenali")
        if name == "delegate_role":  # and here its role
            engine.grant_role("business_owner", "kbenali", by="htallec")
        write(engine, None)
host.dispose()
assert (handlers, level) == (list(logging.getLogger().handlers), logging.getLogger().level)
structlog = sys.modules.get("structlog")
assert structlog is None or not structlog.is_configured()
"""

MOVE = """
import sys
from flowgov import Engine, MoveRefused
with Engine.open(sys.argv[1]) as engine:
    engine.move("CRM", "validate_need", by="kbenali")
    try:
        engine.move("CRM", "validate_need", by="nroussel")
    except MoveRefused:
        pass
print(*(name for name in ("sqlalchemy.orm", "structlog", "click", "alembic", "pydantic", "ruamel.yaml", "jinja2")
        if name in sys.modules))
"""

IMPORT = """
import sys, flowgov
print(*(name for name in ("sqlalchemy", "transitions", "click", "structlog", "pydantic") if name in sys.modules))
"""


def test_the_library_is_silent_in_a_host_that_does_not_listen(company_url: str) -> None:
    told = python(EVERYTHING, company_url)

    assert (told.stdout, told.stderr, told.returncode) == ("", "", 0)


def test_importing_flowgov_imports_none_of_the_libraries_it_stands_on() -> None:
    assert python(IMPORT).stdout.split() == []


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_move_without_a_session_imports_no_orm_and_nothing_that_only_other_commands_need(company_url: str) -> None:
    assert python(MOVE, company_url).stdout.split() == []


def test_a_move_configures_no_logging(company: Engine, caplog: pytest.LogCaptureFixture) -> None:
    WRITES["move"](company, None)

    assert caplog.records == []


def python(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a fresh interpreter says."""
    command = [sys.executable, "-W", "error", "-c", script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)
