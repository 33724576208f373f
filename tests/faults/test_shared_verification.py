"""Several processes verify one log: the verdict is the one that a single process comes to, or an error."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import URL
from tests.conftest import MORNING, copied, database_after, file_after
from tests.faults.attacks import ATTACKS
from tests.faults.ownership import disarmed, history

from flowgov import Engine, FixedClock
from flowgov.acts import crew, helping
from flowgov.audit import shares
from flowgov.audit.shares import Part, decoded, encoded, plain_part, plain_share, read_part, read_share
from flowgov.audit.verdict import Verdict
from flowgov.audit.verify import Walk, verify
from flowgov.store import shelf as shelves
from flowgov.store.database import connect
from flowgov.store.shelf import Shelf, snapshot

sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
postgresql = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
EXAMPLES = int(os.environ.get("FLOWGOV_PROPERTY_EXAMPLES", "14"))


class InProcess:
    """Walks every share here, one after the other, and takes and answers what would go through a pipe."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf, self.shares = shelf, shelf.shares(20) or []

    def done(self) -> int:
        return 0

    def parts(self, between: Callable[[], None]) -> Iterator[Part]:
        between()
        walk = Walk(self._shelf)
        walk.organisation()
        for share in self.shares:
            lines: list[bytes] = []
            told = read_share(decoded(encoded({"share": plain_share(share)}))["share"])
            part = read_part(decoded(encoded({"part": plain_part(walk.part(told, lines.append))}))["part"])
            part.lines = lines
            yield part


@pytest.fixture(autouse=True)
def small_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shares of a few records, so that a short log has several."""
    monkeypatch.setattr(shelves, "SMALLEST_SHARE", 1)


@pytest.fixture(scope="session")
def shared_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return file_after(sqlite_template, tmp_path_factory.mktemp("shared") / "shared.db", _make)


@pytest.fixture(scope="session")
def shared_database(postgres_server: URL, postgres_template: str) -> Iterator[str]:
    yield from database_after(postgres_server, postgres_template, _make)


@pytest.fixture
def log_url(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with the log of `history` and four more projects, redacted here and there, with positions."""
    yield from copied(dialect, tmp_path, request, "shared_file", "shared_database")


def _make(url: str) -> None:
    clock = FixedClock(MORNING)
    with Engine.open(url, clock=clock) as engine:
        history(engine, clock)
        for key in ("PAY", "ERP", "WEB", "HR"):
            engine.open_project(key, workflow="pme-light", title=key, objective="Objectif", by="ebihan")
        for key in ("ERP", "CRM"):
            engine.redact(key, 1, "objective", reason="Trop parlant", by="htallec")
        engine.sequence()
        engine.open_project("LATE", workflow="pme-light", title="Sans position", by="ebihan")


def both(url: str) -> tuple[Verdict, Verdict]:
    """The verdict of one process, and the one put together from shares."""
    database = connect(url)
    with snapshot(database) as connection:
        alone, together = verify(Shelf(connection)), _together(connection)
    database.dispose()
    return alone, together


def _together(connection: Connection) -> Verdict:
    shelf = Shelf(connection)
    helpers = InProcess(shelf)
    return verify(shelf, helpers=helpers if helpers.shares else None)


def test_a_log_is_cut_into_shares_between_chains(log_url: str) -> None:
    database = connect(log_url)
    with snapshot(database) as connection:
        found = Shelf(connection).shares(20) or []
    database.dispose()

    assert len(found) > 2
    assert [share.after[0] for share in found[1:]] == [share.until for share in found[:-1]]


def test_shares_come_to_the_verdict_of_one_process(log_url: str) -> None:
    alone, together = both(log_url)

    assert (together, together.redacted, together.holds) == (alone, 2, True)


@pytest.mark.parametrize("attack", ATTACKS)
def test_shares_find_what_one_process_finds(log_url: str, attack: str) -> None:
    with disarmed(log_url) as db:
        ATTACKS[attack](db)

    alone, together = both(log_url)

    assert together == alone


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.lists(some.sampled_from(sorted(ATTACKS)), min_size=2, max_size=5))
def test_shares_find_what_one_process_finds_however_much_was_altered(
    shared_file: Path, tmp_path: Path, attacks: list[str]
) -> None:
    url = f"sqlite:///{shutil.copy(shared_file, tmp_path / 'altered.db')}"
    with disarmed(url) as db:
        for attack in attacks:
            with suppress(Exception):  # what it would alter is gone already
                ATTACKS[attack](db)

    alone, together = both(url)

    assert together == alone


@pytest.mark.parametrize("seq", ["1", "(SELECT max(seq) FROM flowgov_record WHERE stream = 'org')"])
@sqlite
def test_shares_find_bodies_that_are_no_bytes(log_url: str, seq: str) -> None:
    with disarmed(log_url) as db:
        db.run(f"UPDATE flowgov_record SET body = 'text' WHERE stream = 'org' AND seq = {seq}")

    alone, together = both(log_url)

    assert together == alone


def test_findings_beyond_those_kept_are_counted_across_shares(log_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowgov.audit.finding.MOST_KEPT", 3)
    monkeypatch.setattr(shares, "MOST_KEPT", 3)
    with disarmed(log_url) as db:
        db.run("UPDATE flowgov_record SET actor = 'x' WHERE seq < 3")

    alone, together = both(log_url)

    assert (together, len(together.findings), together.count > 3) == (alone, 3, True)


@pytest.mark.parametrize("attack", ["a byte of a body", "all records of a project deleted", "the last record deleted"])
def test_processes_find_what_one_process_finds(log_url: str, attack: str, helpers_started: list[int]) -> None:
    with disarmed(log_url) as db:
        ATTACKS[attack](db)

    with Engine.open(log_url) as engine:
        alone, together = engine.verify(jobs=1), engine.verify(jobs=3)

    assert (together, helpers_started) == (alone, [3])


def test_progress_of_all_processes_adds_up(log_url: str, helpers_started: list[int]) -> None:
    told: list[tuple[int, int]] = []

    with Engine.open(log_url) as engine:
        verdict = engine.verify(jobs=2, progress=lambda done, total: told.append((done, total)))

    assert (told[-1], sorted(told), helpers_started) == ((verdict.records, verdict.records), told, [2])


@sqlite
def test_a_missing_copy_of_evidence_is_found_by_whoever_walks_its_chain(
    log_url: str, tmp_path: Path, helpers_started: list[int]
) -> None:
    (tmp_path / "note.txt").write_text("Note")
    with Engine.open(log_url) as engine:
        engine.add_evidence("PAY", "need_statement", file=tmp_path / "note.txt", store=tmp_path / "kept", by="ebihan")
        shutil.rmtree(tmp_path / "kept")

        verdict = engine.verify(jobs=2, store=tmp_path / "kept")

    assert [finding.code for finding in verdict.findings] == ["EVIDENCE_MISSING"]
    assert helpers_started == [2]


@pytest.fixture
def helpers_started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many processes helped, each time that some did."""
    started: list[int] = []
    begin = crew.Crew.__enter__

    def enter(self: crew.Crew) -> crew.Crew:
        started.append(len(self._helpers))
        return begin(self)

    monkeypatch.setattr(crew.Crew, "__enter__", enter)
    return started


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("sys.exit('out of memory')", "ended with 1: out of memory"),
        ("print('hello', flush=True)", "answered: not JSON"),
        ("print('[1]', flush=True)", "answered: not an object"),
        ("say({'done': 3})", "answered ['done'], not 'lines'"),
        ("say({'lines': ''})", "answered wrongly: KeyError('done')"),
        ("say({'lines': '', 'part': {}})", "not the walk of a share"),
        ("say({'lines': '', 'part': NOTHING})", "came back with 0"),
        ("os.kill(os.getpid(), 9)", "ended with -9: it said nothing"),
    ],
)
@sqlite
def test_a_process_that_does_not_do_its_share_is_an_error_never_a_pass(
    log_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, said: str
) -> None:
    _impersonate(monkeypatch, tmp_path, answer)

    with Engine.open(log_url) as engine, pytest.raises((crew.HelperError, shares.AnswerError)) as error:
        engine.verify(jobs=2)

    assert said in str(error.value)


def _impersonate(monkeypatch: pytest.MonkeyPatch, folder: Path, answer: str) -> None:
    """Helpers that begin as they should, and then answer something else."""
    nothing = dict.fromkeys(("records", "chains", "projects", "unearthed", "redacted"), 0)
    nobody = {"count": 0, "kept": [], "first": None, "place": None, "lowest": None}
    lists: dict[str, Any] = {"judged": [], "lost": [], "notices": [], "findings": nobody, "orphans": nobody}
    script = folder / "impostor.py"
    script.write_text(
        f"""
import json, os, sqlite3, sys
def say(answer): print(json.dumps(answer), flush=True)
NOTHING = {nothing | lists!r}
url = json.loads(sys.stdin.readline())["database"]
say({{"ready": {helping.__file__!r}}})
sys.stdin.readline()
from flowgov.store.database import connect
from flowgov.store.shelf import Shelf, snapshot
with snapshot(connect(url)) as connection: say({{"state": Shelf(connection).state()}})
sys.stdin.readline()
{answer}
sys.stdin.read()
"""
    )
    start = subprocess.Popen

    def impostor(call: list[str], **pipes: Any) -> subprocess.Popen[bytes]:
        return start([call[0], str(script)], **pipes)

    monkeypatch.setattr(crew.subprocess, "Popen", impostor)


@sqlite
def test_where_others_keep_writing_one_process_does_it_all(
    log_url: str, monkeypatch: pytest.MonkeyPatch, helpers_started: list[int]
) -> None:
    tried: list[int] = []

    def another_moment(self: Shelf) -> list[Any]:
        tried.append(1)
        return [len(tried)]

    monkeypatch.setattr(Shelf, "state", another_moment)

    with Engine.open(log_url) as engine:
        verdict = engine.verify(jobs=2)

    assert (verdict.holds, helpers_started, len(tried)) == (True, [], crew.TRIES)


@sqlite
def test_a_record_written_meanwhile_is_in_every_view_or_in_none(
    log_url: str, monkeypatch: pytest.MonkeyPatch, helpers_started: list[int]
) -> None:
    look, looked = Shelf.state, []

    def write_after(self: Shelf) -> Any:
        state = look(self)
        if not looked:
            looked.append(1)
            with Engine.open(log_url) as other:
                other.open_project("NEW", workflow="pme-light", title="Neu", by="ebihan")
        return state

    monkeypatch.setattr(Shelf, "state", write_after)

    with Engine.open(log_url) as engine:
        verdict = engine.verify(jobs=2)
        again = engine.verify()

    assert (verdict, helpers_started) == (again, [2])


@postgresql
def test_processes_see_what_was_there_when_verification_began(
    log_url: str, monkeypatch: pytest.MonkeyPatch, helpers_started: list[int]
) -> None:
    look, looked = Shelf.state, []

    def write_after(self: Shelf) -> Any:
        state = look(self)
        if not looked:
            looked.append(1)
            with Engine.open(log_url) as other:
                other.open_project("NEW", workflow="pme-light", title="Neu", by="ebihan")
        return state

    with Engine.open(log_url) as engine:
        before = engine.verify()
        monkeypatch.setattr(Shelf, "state", write_after)
        meanwhile = engine.verify(jobs=2)

    assert (meanwhile, helpers_started) == (before, [2])


def test_on_the_hosts_engine_one_process_does_it_all(log_url: str, helpers_started: list[int]) -> None:
    host = create_engine(log_url)

    verdict = Engine.open(host).verify(jobs=3)
    host.dispose()

    assert (verdict.holds, helpers_started) == (True, [])


@sqlite
def test_without_a_python_to_start_one_process_does_it_all(
    log_url: str, monkeypatch: pytest.MonkeyPatch, helpers_started: list[int]
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")

    with Engine.open(log_url) as engine:
        verdict = engine.verify(jobs=3)

    assert (verdict.holds, helpers_started) == (True, [])


@sqlite
def test_processes_of_another_flowgov_do_not_help(
    log_url: str, monkeypatch: pytest.MonkeyPatch, helpers_started: list[int]
) -> None:
    monkeypatch.setattr(helping, "__file__", "/elsewhere/helping.py")

    with Engine.open(log_url) as engine:
        engine.verify(jobs=2)

    assert helpers_started == []


def test_secrets_of_the_url_are_not_among_the_arguments(log_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[str]] = []
    start = subprocess.Popen

    def spy(call: list[str], **pipes: Any) -> subprocess.Popen[bytes]:
        calls.append(call)
        return start(call, **pipes)

    monkeypatch.setattr(crew.subprocess, "Popen", spy)

    with Engine.open(log_url) as engine:
        engine.verify(jobs=2)

    assert calls == [[sys.executable, "-P", "-m", "flowgov.acts.helping"]] * 2


@sqlite
def test_whoever_is_interrupted_leaves_no_process_behind(log_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    helpers: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def spy(call: list[str], **pipes: Any) -> subprocess.Popen[bytes]:
        helpers.append(start(call, **pipes))
        return helpers[-1]

    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(crew.subprocess, "Popen", spy)

    with Engine.open(log_url) as engine, pytest.raises(KeyboardInterrupt):
        engine.verify(jobs=2, progress=interrupt)

    assert [helper.returncode for helper in helpers] == [-signal.SIGKILL] * 2


@pytest.mark.parametrize(("records", "cores"), [(crew.WORTH_HELP - 1, 1), (crew.WORTH_HELP, 7)])
def test_a_long_log_is_worth_all_cores(records: int, cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(7)), raising=False)

    assert crew.worth(records) == cores
