"""Whatever is redacted, and whoever is erased, in whatever order: the log holds, and everything else is untouched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import create_engine, text
from tests.conftest import MORNING, file_after
from tests.faults.ownership import history

from flowgov import Engine, FixedClock, FlowgovError, Source

EXAMPLES = int(os.environ.get("FLOWGOV_PROPERTY_EXAMPLES", "14"))
PEOPLE = ("htallec", "slegoff", "kbenali", "ykerbrat", "nroussel", "ebihan", "jprigent")
ADMINISTRATORS = ("htallec", "slegoff")

Text = tuple[str, int, str]
"""Chain, position and field."""


@pytest.fixture(scope="module")
def played(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The history of CRM and VPN, and some more of it typed at a terminal."""

    def play(url: str) -> None:
        clock = FixedClock(MORNING)
        with Engine.open(url, clock=clock) as engine:
            history(engine, clock)
            for login in PEOPLE:
                terminal = Source("cli", f"os-{login}", trusted=True)
                key = f"OF-{login.upper()}"
                engine.open_project(key, workflow="pme-light", title=f"Of {login}", by=login, source=terminal)

    return file_after(sqlite_template, tmp_path_factory.mktemp("played") / "played.db", play)


removals = some.lists(
    some.one_of(
        some.tuples(some.just("redact"), some.integers(0, 200), some.sampled_from((*ADMINISTRATORS, "kbenali"))),
        some.tuples(some.just("erase"), some.sampled_from(PEOPLE), some.sampled_from((*ADMINISTRATORS, "ebihan"))),
        some.tuples(some.just("revoke"), some.sampled_from(PEOPLE), some.sampled_from(ADMINISTRATORS)),
    ),
    min_size=1,
    max_size=12,
)


def texts(url: str) -> dict[Text, tuple[bytes, str]]:
    """Every text, with its salt."""
    database = create_engine(url)
    with database.connect() as connection:
        rows = connection.execute(text("SELECT stream, seq, field, salt, value FROM flowgov_text")).all()
    database.dispose()
    return {(stream, seq, field): (salt, value) for stream, seq, field, salt, value in rows}


def revoke_all(engine: Engine, login: str, by: str) -> Iterator[None]:
    for held in engine.assignments(person=login):
        with suppress(FlowgovError):
            yield engine.revoke_role(held.role, login, project=held.project, by=by)  # type: ignore[misc]  # for its effect


def carry_out(engine: Engine, url: str, what: str, about: object, by: str) -> None:
    """Do it, or be refused: both are fine."""
    with suppress(FlowgovError):
        if what == "erase":
            engine.erase_person(str(about), reason="Asked for it", by=by)
        elif what == "revoke":
            list(revoke_all(engine, str(about), by))
        else:
            there = sorted(texts(url))
            stream, seq, field = there[int(str(about)) % len(there)]
            keys = {f"prj:{project.id}": project.key for project in engine.projects()}
            engine.redact(keys.get(stream), seq, field, reason="Out of date", by=by)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(deeds=removals)
def test_any_removals_leave_a_log_that_holds_and_everything_else_as_it_was(
    played: Path, tmp_path: Path, deeds: list[tuple[str, object, str]]
) -> None:
    path = tmp_path / "copy.db"
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    shutil.copy(played, path)
    url = f"sqlite:///{path}"
    clock = FixedClock(MORNING)
    clock.advance(days=2)
    before, gone = texts(url), 0

    with Engine.open(url, clock=clock) as engine:
        for what, about, by in deeds:
            seen = texts(url)
            carry_out(engine, url, what, about, by)
            gone += len(seen.keys() - texts(url).keys())
        verdict = engine.verify()
        committed = {(e.stream, e.seq, field) for e in engine.log() for field in e.facts.get("c", ())}

    after = texts(url)
    assert (verdict.findings, verdict.redacted) == ((), gone)
    assert {place: after[place] for place in after.keys() & before.keys()} == {
        place: kept for place, kept in before.items() if place in after
    }
    assert len(committed - after.keys()) == gone
