"""The database's owner alters the log or the tables: verification names the record (threats T1, T3, T7, T16)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL
from tests.conftest import MORNING, copied, database_after, file_after
from tests.faults.attacks import ATTACKS
from tests.faults.ownership import disarmed, history, owner

from flowgov import Engine, FixedClock
from flowgov.audit.verdict import Verdict

sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
postgresql = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)


@pytest.fixture(scope="session")
def history_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return file_after(sqlite_template, tmp_path_factory.mktemp("history") / "history.db", _make)


@pytest.fixture(scope="session")
def history_database(postgres_server: URL, postgres_template: str) -> Iterator[str]:
    yield from database_after(postgres_server, postgres_template, _make)


@pytest.fixture
def log_url(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with the log of `history`."""
    yield from copied(dialect, tmp_path, request, "history_file", "history_database")


def _make(url: str) -> None:
    clock = FixedClock(MORNING)
    with Engine.open(url, clock=clock) as engine:
        history(engine, clock)


def verify(url: str) -> Verdict:
    with Engine.open(url) as engine:
        return engine.verify()


def places(verdict: Verdict) -> set[tuple[str, str | None, int | None]]:
    """Code, chain and record of every finding."""
    return {(f.code, f.project or f.stream, f.seq) for f in verdict.findings}


def codes(verdict: Verdict) -> set[str]:
    return {finding.code for finding in verdict.findings}


@pytest.mark.parametrize("place", ["seq = 0", "seq = -1", "stream = ''"])
def test_a_text_that_names_no_place_in_a_chain_is_found(log_url: str, place: str) -> None:
    with disarmed(log_url) as db:
        db.run(f"UPDATE flowgov_text SET {place} WHERE stream = :chain AND field = 'title'", chain=db.stream("CRM"))

    adrift = [f for f in verify(log_url).findings if f.params.get("about") == "adrift"]

    assert [(f.code, f.params["table"], f.params["count"]) for f in adrift] == [("RECORD_MALFORMED", "text", 1)]


@postgresql
def test_a_table_of_the_same_name_that_is_found_first_is_not_read(log_url: str) -> None:
    """Whoever owns the database may not show the verifier another log than the application writes."""
    with disarmed(log_url) as db:
        db.run("CREATE SCHEMA decoy")
        db.run("CREATE TABLE decoy.flowgov_text AS SELECT * FROM flowgov_text")
        db.run(
            "UPDATE flowgov_text SET value = 'Altered' WHERE stream = :chain AND field = 'title'",
            chain=db.stream("CRM"),
        )
        name = db.one("SELECT current_database()")
        db.run(f'ALTER DATABASE "{name}" SET search_path = decoy, public')

    assert not verify(log_url).holds


def test_a_log_nobody_touched_holds(log_url: str) -> None:
    verdict = verify(log_url)

    assert (verdict.holds, verdict.findings, verdict.chains) == (True, (), 3)


def test_the_same_log_gives_the_same_verdict(log_url: str) -> None:
    assert verify(log_url) == verify(log_url)


def test_t2_a_log_that_holds_is_not_said_to_be_anchored(log_url: str) -> None:
    assert "consistent but not anchored" in verify(log_url).summary()


def test_progress_ends_at_the_number_of_records(log_url: str) -> None:
    told: list[tuple[int, int]] = []

    with Engine.open(log_url) as engine:
        verdict = engine.verify(progress=lambda done, total: told.append((done, total)))

    assert told[-1] == (verdict.records, verdict.records)


@pytest.mark.parametrize("attack", ATTACKS)
def test_t1_verification_names_what_was_altered(log_url: str, attack: str) -> None:
    with disarmed(log_url) as db:
        expected = ATTACKS[attack](db)

    assert expected in places(verify(log_url))


@pytest.mark.parametrize(
    "attack",
    ["a byte of a body", "the actor in the body", "a record deleted from the middle", "a float", "two records swapped"],
)
def test_the_first_finding_is_the_record_that_breaks(log_url: str, attack: str) -> None:
    with disarmed(log_url) as db:
        _, key, seq = ATTACKS[attack](db)

    first = verify(log_url).first

    assert first is not None
    assert (first.project, first.seq) == (key, seq)


@pytest.mark.parametrize(
    "attack", ["a byte of a body", "another log", "a missing key", "a person's name", "a project's state"]
)
def test_one_alteration_does_not_drown_in_its_consequences(log_url: str, attack: str) -> None:
    with disarmed(log_url) as db:
        ATTACKS[attack](db)

    assert verify(log_url).count <= 2


def test_an_altered_grant_is_one_finding_not_one_for_every_move_that_relies_on_it(log_url: str) -> None:
    with disarmed(log_url) as db:
        seq = db.seq("org", "role.granted", 5)
        db.put("org", seq, db.body("org", seq).replace(b'"code":"0', b'"code":"9'))

    assert places(verify(log_url)) == {("RECORD_MODIFIED", "org", seq)}


def test_t2_a_chain_rewritten_consistently_is_not_found_while_nothing_has_a_position(log_url: str) -> None:
    """The known limit, told plainly in docs/audit-log.md; `test_tampering_tree` shows what positions and keys find."""
    with disarmed(log_url) as db:
        seq = db.seq("CRM", "project.move_refused")
        db.rewrite("CRM", seq, lambda document: document.update(code="9.9.9"))
        db.relink("CRM", seq + 1)

    assert verify(log_url).level == "self_consistent"


def test_t2_a_chain_rewritten_consistently_is_found_as_soon_as_its_records_have_positions(log_url: str) -> None:
    with Engine.open(log_url) as engine:
        engine.sequence()
    with disarmed(log_url) as db:
        seq = db.seq("CRM", "project.move_refused")
        db.rewrite("CRM", seq, lambda document: document.update(code="9.9.9"))
        db.relink("CRM", seq + 1)

    assert ("LEAF_MODIFIED", "CRM", seq) in places(verify(log_url))


def test_a_rewritten_chain_has_another_digest_of_heads(log_url: str) -> None:
    before = verify(log_url)
    with disarmed(log_url) as db:
        seq = db.seq("CRM", "project.move_refused")
        db.rewrite("CRM", seq, lambda document: document.update(code="9.9.9"))
        db.relink("CRM", seq + 1)

    after = verify(log_url)

    assert before.heads.digest != after.heads.digest


def test_a_thousand_findings_are_kept_and_the_rest_counted(log_url: str) -> None:
    with disarmed(log_url) as db:
        statement = (
            "INSERT INTO flowgov_text SELECT 'zzz', :n, 'reason', salt, value FROM flowgov_text"
            " WHERE stream = :s AND field = 'title'"
        )
        stream = db.stream("CRM")
        for number in range(1, 1_101):
            db.run(statement, n=number, s=stream)

    verdict = verify(log_url)

    assert (len(verdict.findings), verdict.count) == (1_000, 1_100)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_attack_is_told_in_both_languages(log_url: str, lang: str) -> None:
    with disarmed(log_url) as db:
        told = [ATTACKS[name](db) for name in ("a byte of a body", "a person's name", "a role nobody granted")]

    sentences = [finding.message(lang) for finding in verify(log_url).findings]  # type: ignore[arg-type]  # a language

    assert len(sentences) >= len(told)


@sqlite
@pytest.mark.parametrize("trigger", ["flowgov_record_insert", "flowgov_workflow_delete", "flowgov_text_update"])
def test_a_dropped_trigger_is_missed(log_url: str, trigger: str) -> None:
    with owner(log_url) as db:
        db.run(f"DROP TRIGGER {trigger}")

    assert [(f.code, f.params["trigger"]) for f in verify(log_url).findings] == [("GUARD_MISSING", trigger)]


@sqlite
def test_a_trigger_that_does_nothing_is_told_from_the_real_one(log_url: str) -> None:
    with owner(log_url) as db:
        db.run("DROP TRIGGER flowgov_record_update")
        db.run("CREATE TRIGGER flowgov_record_update BEFORE UPDATE ON flowgov_record BEGIN SELECT 1; END")

    assert codes(verify(log_url)) == {"GUARD_MODIFIED"}


@sqlite
def test_a_foreign_trigger_is_reported(log_url: str) -> None:
    with owner(log_url) as db:
        db.run("CREATE TRIGGER spy AFTER INSERT ON flowgov_record BEGIN SELECT 1; END")

    assert codes(verify(log_url)) == {"GUARD_UNKNOWN_TRIGGER"}


@postgresql
def test_a_dropped_trigger_is_missed_on_postgresql(log_url: str) -> None:
    with owner(log_url) as db:
        db.run("DROP TRIGGER flowgov_record_change ON flowgov_record")

    assert codes(verify(log_url)) == {"GUARD_MISSING"}


@postgresql
@pytest.mark.parametrize("how", ["DISABLE", "ENABLE", "ENABLE REPLICA"])
def test_a_trigger_switched_off_or_on_in_another_way_is_reported(log_url: str, how: str) -> None:
    with owner(log_url) as db:
        db.run(f"ALTER TABLE flowgov_record {how} TRIGGER flowgov_record_change")

    assert codes(verify(log_url)) == {"GUARD_MODIFIED"}


@postgresql
def test_a_function_that_refuses_nothing_is_told_from_the_real_one(log_url: str) -> None:
    with owner(log_url) as db:
        db.run(
            "CREATE OR REPLACE FUNCTION flowgov_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
        )

    assert codes(verify(log_url)) == {"GUARD_MODIFIED"}


@postgresql
def test_row_security_that_could_hide_records_is_reported(log_url: str) -> None:
    with owner(log_url) as db:
        db.run("ALTER TABLE flowgov_record ENABLE ROW LEVEL SECURITY")

    assert codes(verify(log_url)) == {"SCHEMA_OBJECT"}
