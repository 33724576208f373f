"""Least-privilege roles on PostgreSQL: what `db grants` prints is enough for all acts, and for nothing else."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.errors import InsufficientPrivilege, RaiseException, ReadOnlySqlTransaction, UndefinedObject
from sqlalchemy.engine import URL
from tests import postgres
from tests.conftest import MORNING, database, database_after
from tests.conftest import _populate as populate
from tests.faults.hosting import another_workflow
from tests.faults.ownership import history
from tests.vaults import with_key

from flowgov import BadInput, DatabaseError, Engine, FixedClock
from flowgov.audit.signing import Signer
from flowgov.cli.app import flowgov
from flowgov.store.append_only import POSTGRESQL_FUNCTIONS
from flowgov.store.granting import APPLICATION, SEQUENCE, VERSION_TABLE, Roles, grants
from flowgov.store.tables import APPEND_ONLY, metadata

SUFFIX = secrets.token_hex(4)
APP, AUDITOR, OWNER, STRANGER = (f"{name}_{SUFFIX}" for name in ("app", "auditor", "owner", "stranger"))
PASSWORD = secrets.token_hex(16)
RECORD = "stream, seq, body, event, outcome, actor, ts, idem"
ONE = "'prj:none', 1, 'x', 'x', 'x', 'x', 'x', NULL"


# --- a database whose rights were granted by the printed SQL ---------------------------------------------------


def printed(*words: str) -> str:
    """What `db grants` prints; nothing answers at the database it is given."""
    done = type_("db", "grants", "--quiet", "--db", "postgresql://nowhere.invalid:1/x", *words)
    assert done.exit_code == 0, done.output
    return done.stdout


def type_(*words: str) -> Result:
    return CliRunner(env={"FLOWGOV_DB": None, "LANG": "C.UTF-8", "COLUMNS": "80"}).invoke(flowgov, words)


def run(url: str | URL, statement: str, role: str | None = None) -> None:
    """Run SQL as the server's own user, or as *role*."""
    from sqlalchemy import make_url

    with psycopg.connect(postgres.plain(make_url(url)), autocommit=True) as connection:
        if role:
            connection.execute(f'SET ROLE "{role}"')  # type: ignore[call-overload]  # no literal
        connection.execute(statement)  # type: ignore[call-overload]  # as above


def grant(url: str) -> None:
    """Hand the database over, and then grant once more, as its new owner."""
    run(url, printed("--app", APP, "--auditor", AUDITOR, "--owner", OWNER))
    run(url, printed("--app", APP, "--auditor", AUDITOR), OWNER)


@pytest.fixture(scope="module")
def roles(postgres_server: URL) -> Iterator[None]:
    for name, kind in ((APP, "LOGIN"), (AUDITOR, "LOGIN"), (OWNER, "NOLOGIN"), (STRANGER, "LOGIN")):
        run(postgres_server, f"CREATE ROLE {name} {kind} PASSWORD '{PASSWORD}'")
    run(postgres_server, f"ALTER ROLE {AUDITOR} SET default_transaction_read_only = on")
    yield
    for name in (APP, AUDITOR, OWNER, STRANGER):
        run(postgres_server, f"DROP ROLE {name}")


@pytest.fixture(scope="module")
def granted_database(postgres_server: URL, postgres_template: str, roles: None) -> Iterator[str]:
    """Enough people that the tree will store a node of 256 leaves once the history is played."""

    def play(url: str) -> None:
        grant(url)
        with Engine.open(url, clock=FixedClock(MORNING)) as engine:
            for number in range(230):
                engine.add_person(f"p{number}", name=f"Person {number}", by="htallec")

    yield from database_after(postgres_server, postgres_template, play)


@pytest.fixture
def granted(postgres_server: URL, granted_database: str) -> Iterator[str]:
    """URL of the server's own user on a database whose rights were granted."""
    yield from database(postgres_server, granted_database)


@pytest.fixture(scope="module")
def worked(postgres_server: URL, granted_database: str) -> Iterator[str]:
    """As `granted`, after a full history; for tests that change nothing."""
    made = database(postgres_server, granted_database)
    url = next(made)
    everything(login(url, APP))
    yield url
    next(made, None)


def login(url: str, name: str) -> str:
    """The same database, by another user."""
    from sqlalchemy import make_url

    return make_url(url).set(username=name, password=PASSWORD).render_as_string(hide_password=False)


def everything(url: str) -> int:
    """All that an application does: every act, positions, a signed checkpoint, a witness, and every question.

    Returns how many records there are.
    """
    clock = FixedClock(MORNING)
    with Engine.open(url, clock=clock) as engine:
        history(engine, clock)
        engine.add_person("vquere", name="Viviane Quéré", by="htallec")
        engine.end_person("vquere", by="htallec")
        engine.risks.record("CRM", by="kbenali", gravity=2, likelihood=2, title="Panne")
        engine.risks.change("CRM", "R-01", by="kbenali", gravity=1, title="Panne brève")
        (exception,) = engine.exceptions()
        engine.exemptions.review(exception.key, result="ok", by="nroussel")
        engine.exemptions.end(exception.key, reason="Une recrue", by="htallec")
        engine.register_workflow(another_workflow(), by="htallec")
        vault = with_key(engine)
        engine.sequence()
        done = engine.checkpoint(vault)
        witness = Signer.generate("witness.example.org/w1", Random(2).randbytes)
        text = done.note[: done.note.index("\n\n") + 1]
        engine.cosign(done.note + witness.cosign(text, 1_800_000_000).line(), [witness.witness_key])
        engine.prove("CRM")
        assert list(engine.log())
        assert (engine.evidence("CRM") and engine.exceptions() and engine.assignments()) != ()
        verdict = engine.verify()
    assert (verdict.holds, verdict.findings, verdict.proved.sealed) == (True, (), verdict.records)
    return verdict.records


@contextmanager
def connected(url: str, name: str) -> Iterator[psycopg.Connection]:
    from sqlalchemy import make_url

    with psycopg.connect(postgres.plain(make_url(login(url, name)))) as connection:
        yield connection
        connection.rollback()


# --- the application -------------------------------------------------------------------------------------------


def test_the_application_can_do_everything_that_flowgov_does(granted: str) -> None:
    assert everything(login(granted, APP)) > 256


def test_what_the_application_wrote_is_the_same_to_an_auditor(worked: str) -> None:
    with Engine.open(login(worked, AUDITOR)) as engine:
        verdict = engine.verify()

    assert (verdict.holds, verdict.proved.waiting, verdict.proved.unsealed) == (True, 0, 0)


FORBIDDEN = [
    *(f"UPDATE {table} SET {metadata.tables[table].columns.keys()[-1]} = NULL" for table in APPEND_ONLY),
    *(f"DELETE FROM {table}" for table in APPEND_ONLY),
    *(f"TRUNCATE {table} CASCADE" for table in [*metadata.tables, VERSION_TABLE]),
    *(f"DROP TABLE {table} CASCADE" for table in APPEND_ONLY),
    *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in APPEND_ONLY),
    "ALTER TABLE flowgov_record DISABLE TRIGGER flowgov_record_change",
    "DROP TRIGGER flowgov_record_change ON flowgov_record",
    "ALTER TRIGGER flowgov_record_change ON flowgov_record RENAME TO gone",
    "DROP FUNCTION flowgov_refuse() CASCADE",
    "ALTER FUNCTION flowgov_refuse() RENAME TO gone",
    "CREATE OR REPLACE FUNCTION flowgov_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TRIGGER spy AFTER INSERT ON flowgov_record FOR EACH ROW EXECUTE FUNCTION flowgov_refuse()",
    "CREATE RULE none AS ON INSERT TO flowgov_record DO INSTEAD NOTHING",
    "SET session_replication_role = replica",
    "ALTER TABLE flowgov_record ADD COLUMN more text",
    "ALTER TABLE flowgov_record DROP CONSTRAINT uq_flowgov_record_stream_seq",
    "ALTER TABLE flowgov_record ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE flowgov_record OWNER TO {app}",
    "SET ROLE {owner}",
    "LOCK TABLE flowgov_record IN ACCESS EXCLUSIVE MODE",
    f"INSERT INTO flowgov_record ({RECORD}) VALUES ({ONE}) ON CONFLICT (stream, seq) DO UPDATE SET actor = 'u0'",
    f"INSERT INTO flowgov_record (id, {RECORD}) VALUES (1, {ONE})",
    "SELECT setval('flowgov_record_id_seq', 1)",
    "INSERT INTO flowgov_leaf (idx, record, hash, archive) VALUES (0, 0, 'x', 1)",
    "INSERT INTO flowgov_organisation (id, log, name, seq, head, ts) VALUES (1, 'x', 'x', 0, '', '')",
    "UPDATE flowgov_schema SET version_num = '0001'",
    "UPDATE flowgov_text SET value = 'x'",
    "UPDATE flowgov_pending SET record = 0",
    *(
        f"UPDATE {table} SET {column} = NULL"
        for table, columns in {
            "flowgov_organisation": ("id", "log", "name"),
            "flowgov_project": ("id", "key", "workflow", "creator", "personal_data", "opened", "archived"),
            "flowgov_person": ("id", "service"),
            "flowgov_assignment": ("person_id", "role", "project_id", "start", "until", "granted_by", "base", "record"),
            "flowgov_approval": ("project_id", "seq", "transition", "cycle", "person_id", "role", "given", "delegator"),
            "flowgov_evidence": ("kind", "sha256", "size", "cycle", "person_id", "added", "stored"),
            "flowgov_exception": ("rules", "person_id", "project_id", "start", "until", "reviewer_id", "approved_by"),
        }.items()
        for column in columns
    ),
    *(
        f"DELETE FROM flowgov_{table}"
        for table in ("organisation", "person", "project", "assignment", "approval", "evidence", "exception", "schema")
    ),
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_application_is_refused(worked: str, statement: str) -> None:
    named = statement.replace("{app}", APP).replace("{owner}", OWNER)
    with connected(worked, APP) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(named)  # type: ignore[call-overload]  # no literal


def test_the_application_cannot_give_rights_to_itself(granted: str) -> None:
    before = rights(granted)

    run(granted, f"GRANT ALL ON flowgov_record, flowgov_leaf TO {APP}", APP)  # PostgreSQL only warns

    assert rights(granted) == before


ALLOWED = [
    "DELETE FROM flowgov_text WHERE field = 'reason'",
    "UPDATE flowgov_person SET login = 'x', name = 'x', email = NULL WHERE login = 'p1'",
    "UPDATE flowgov_evidence SET label = ''",
    "UPDATE flowgov_exception SET reason = '', compensating = ''",
    "UPDATE flowgov_project SET title = '', objective = NULL",
]


@pytest.mark.parametrize("statement", ALLOWED)
def test_the_application_can_blank_what_redaction_blanks(worked: str, statement: str) -> None:
    with connected(worked, APP) as connection:
        changed = connection.execute(statement).rowcount  # type: ignore[call-overload]  # no literal

        assert changed > 0


def _single() -> Iterator[str]:
    """Every right of the application that some act of today needs, one by one."""
    for found in grants():
        access = APPLICATION[found.table]
        if found.privilege == "UPDATE" and access.update:
            yield from (f"UPDATE ({column}) ON TABLE {found.table}" for column in access.update)
        elif (found.table, found.privilege) in LOCKS or not (access.redact and found.privilege == "UPDATE"):
            yield f"{found.privilege} ON TABLE {found.table}"
    yield f"USAGE ON SEQUENCE {SEQUENCE}"


LOCKS = {("flowgov_exception", "UPDATE")}
"""Rows that are locked although no act changes them."""
REDACTION = {"DELETE ON TABLE flowgov_text"}
"""What only a redaction does."""
NEEDED = sorted({*_single()} - REDACTION)


@pytest.mark.parametrize("right", NEEDED)
def test_the_application_has_no_right_that_it_does_not_need(granted: str, right: str) -> None:
    run(granted, f"REVOKE {right} FROM {APP}")

    with pytest.raises(DatabaseError) as caught:
        everything(login(granted, APP))

    assert caught.value.reason == "forbidden"


def test_what_the_application_may_not_do_is_told_by_the_command_line(worked: str) -> None:
    with Engine.open(login(worked, STRANGER)) as engine, pytest.raises(DatabaseError) as caught:
        engine.projects()

    assert (caught.value.reason, PASSWORD in str(caught.value)) == ("forbidden", False)


# --- the auditor -----------------------------------------------------------------------------------------------

QUESTIONS = [
    ("audit", "verify"),
    ("audit", "log"),
    ("audit", "log", "--project", "CRM", "--json"),
    ("history", "CRM"),
    ("show", "CRM"),
    ("list",),
    ("why", "CRM", "approve_design", "--as", "ykerbrat"),
    ("db", "status"),
    ("report", "audit", "--from", "2026-01-01", "--to", "2026-12-31", "--format", "md"),
]


@pytest.mark.parametrize("words", QUESTIONS, ids=" ".join)
def test_the_auditor_can_ask(worked: str, words: tuple[str, ...]) -> None:
    answer = type_(*words, "--db", login(worked, AUDITOR))

    assert (answer.exit_code in {0, 1}, "Traceback" in answer.output, answer.stdout != "") == (True, False, True)


@pytest.mark.parametrize(
    "words",
    [
        ("open", "NEW", "--workflow", "pme-light", "--title", "New", "--as", "ebihan"),
        ("move", "CRM", "hold", "--as", "kbenali", "--reason", "x"),
        ("people", "add", "mallory", "--name", "Mallory", "--as", "htallec"),
        ("db", "upgrade"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("read_only", ["on", "off"])
def test_the_auditor_changes_nothing_and_is_told_so(worked: str, words: tuple[str, ...], read_only: str) -> None:
    url = (
        f"{login(worked, AUDITOR)}{'&' if '?' in worked else '?'}options=-cdefault_transaction_read_only%3D{read_only}"
    )

    answer = type_(*words, "--db", url)

    assert "Traceback" not in answer.output
    assert answer.exit_code == (0 if words == ("db", "upgrade") else 7)


@pytest.mark.parametrize("table", [*metadata.tables, VERSION_TABLE])
@pytest.mark.parametrize("deed", ["INSERT INTO {} DEFAULT VALUES", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_auditor_cannot_write_even_if_he_lifts_his_own_setting(worked: str, table: str, deed: str) -> None:
    with connected(worked, AUDITOR) as connection:
        with pytest.raises(ReadOnlySqlTransaction):
            connection.execute(deed.format(table))  # type: ignore[call-overload]  # no literal
        connection.rollback()
        connection.execute("SET default_transaction_read_only = off")
        connection.commit()

        with pytest.raises(InsufficientPrivilege):
            connection.execute(deed.format(table))  # type: ignore[call-overload]  # no literal


# --- the others ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", [*metadata.tables, VERSION_TABLE])
def test_nobody_else_reads(worked: str, table: str) -> None:
    with connected(worked, STRANGER) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(f"SELECT 1 FROM {table}")  # type: ignore[call-overload]  # no literal


@pytest.mark.parametrize("function", POSTGRESQL_FUNCTIONS)
@pytest.mark.parametrize("name", [APP, AUDITOR, STRANGER], ids=["app", "auditor", "stranger"])
def test_nobody_runs_the_functions_of_the_triggers(worked: str, name: str, function: str) -> None:
    with connected(worked, AUDITOR) as connection:
        asked = (name, f"{function}()")
        row = connection.execute("SELECT has_function_privilege(%s, %s, 'EXECUTE')", asked).fetchone()

    assert row == (False,)


def test_a_trigger_that_the_owner_switched_off_is_named_by_verification(granted: str) -> None:
    run(granted, "ALTER TABLE flowgov_record DISABLE TRIGGER flowgov_record_change", OWNER)

    with Engine.open(login(granted, AUDITOR)) as engine:
        found = engine.verify().findings

    assert [(f.code, f.params["trigger"]) for f in found] == [("GUARD_MODIFIED", "flowgov_record_change")]


def test_what_the_owner_changes_behind_the_triggers_is_named_by_verification(granted: str) -> None:
    run(granted, "ALTER TABLE flowgov_record DISABLE TRIGGER USER", OWNER)
    run(granted, "UPDATE flowgov_record SET actor = 'u0' WHERE stream = 'org' AND seq = 3", OWNER)
    for trigger in (
        "flowgov_record_insert",
        "flowgov_record_change",
        "flowgov_record_truncate",
        "flowgov_record_pending",
    ):
        run(granted, f"ALTER TABLE flowgov_record ENABLE ALWAYS TRIGGER {trigger}", OWNER)

    with Engine.open(login(granted, AUDITOR)) as engine:
        found = engine.verify().findings

    assert [(f.code, f.stream, f.seq) for f in found] == [("PROJECTION_MISMATCH", "org", 3)]


def test_a_record_that_the_application_takes_off_the_waiting_list_is_missed(granted: str) -> None:
    """The one place where it can hide something from the sequencer; not from verification."""
    with connected(granted, APP) as connection:
        connection.execute("DELETE FROM flowgov_pending WHERE record = 7")
        connection.commit()

    with Engine.open(login(granted, AUDITOR)) as engine:
        found = engine.verify().findings

    assert [f.code for f in found] == ["LEAF_MISSING"]


# --- the script ------------------------------------------------------------------------------------------------


def rights(url: str) -> list[tuple[object, ...]]:
    """Every right on flowgov's tables and functions, as the catalogue has it."""
    from sqlalchemy import make_url

    query = (
        "SELECT relname::text, relowner::regrole::text, relacl::text FROM pg_class WHERE relname LIKE 'flowgov%' "
        "UNION ALL SELECT proname::text, proowner::regrole::text, proacl::text FROM pg_proc "
        "WHERE proname LIKE 'flowgov%' "
        "UNION ALL SELECT attname::text, attrelid::regclass::text, attacl::text FROM pg_attribute "
        "WHERE attacl IS NOT NULL "
        "ORDER BY 1, 2, 3"
    )
    with psycopg.connect(postgres.plain(make_url(url))) as connection:
        return connection.execute(query).fetchall()


def test_running_it_again_changes_nothing(granted: str) -> None:
    before = rights(granted)

    run(granted, printed("--app", APP, "--auditor", AUDITOR), OWNER)

    assert rights(granted) == before


def test_what_was_granted_too_much_is_taken_back(granted: str) -> None:
    before = rights(granted)
    run(
        granted,
        f"GRANT ALL ON flowgov_record TO {APP}, PUBLIC; GRANT UPDATE (body) ON flowgov_record TO {AUDITOR}",
        OWNER,
    )

    run(granted, printed("--app", APP, "--auditor", AUDITOR), OWNER)

    assert rights(granted) == before


@contextmanager
def given(server: str, more: str, back: str) -> Iterator[None]:
    """The server's own user gives more for a while; the roles outlive the database."""
    run(server, more)
    try:
        yield
    finally:
        run(server, back)


TOO_MUCH: dict[str, tuple[str, str]] = {
    "a superuser": ("ALTER ROLE {app} SUPERUSER", "ALTER ROLE {app} NOSUPERUSER"),
    "a member of the owner": ("GRANT {owner} TO {app}", "REVOKE {owner} FROM {app}"),
    "an auditor who may write all data": (
        "GRANT pg_write_all_data TO {auditor}",
        "REVOKE pg_write_all_data FROM {auditor}",
    ),
    "an application in a role that changes records": (
        "GRANT UPDATE (body) ON flowgov_record TO {stranger}; GRANT {stranger} TO {app}",
        "REVOKE {stranger} FROM {app}; REVOKE UPDATE (body) ON flowgov_record FROM {stranger}",
    ),
}


@pytest.mark.parametrize("kind", TOO_MUCH)
def test_a_role_that_may_do_more_by_what_it_is_undoes_everything(granted: str, kind: str) -> None:
    names = {"app": APP, "auditor": AUDITOR, "owner": OWNER, "stranger": STRANGER}
    more, back = (statement.format(**names) for statement in TOO_MUCH[kind])
    with given(granted, f"{more}; REVOKE SELECT ON flowgov_text FROM {AUDITOR}", back):
        before = rights(granted)

        with pytest.raises(RaiseException) as caught:
            run(granted, printed("--app", APP, "--auditor", AUDITOR))

        assert ("flowgov: " in str(caught.value), rights(granted) == before) == (True, True)


def test_a_role_that_is_not_there_undoes_everything(granted: str) -> None:
    before = rights(granted)

    with pytest.raises(UndefinedObject):
        run(granted, printed("--app", "nobody_of_that_name", "--auditor", AUDITOR))

    assert rights(granted) == before


@pytest.fixture
def empty(postgres_server: URL, roles: None) -> Iterator[str]:
    yield from database(postgres_server, "template1")


def test_a_log_that_its_owner_began_needs_no_handing_over(empty: str) -> None:
    """As docs/insider.md has it: a session that has taken the owner's role."""
    run(empty, f"GRANT CREATE ON SCHEMA public TO {OWNER}")
    populate(f"{empty}{'&' if '?' in empty else '?'}options=-crole%3D{OWNER}")

    run(empty, printed("--app", APP, "--auditor", AUDITOR), OWNER)

    assert everything(login(empty, APP)) > 0


def test_tables_in_a_schema_of_their_own_are_found(granted: str) -> None:
    run(granted, "ALTER SCHEMA public RENAME TO governance; CREATE SCHEMA public")
    run(granted, f"REVOKE ALL ON SCHEMA governance FROM PUBLIC, {OWNER}")
    path = f"{'&' if '?' in granted else '?'}options=-csearch_path%3Dgovernance"

    run(f"{granted}{path}", printed("--app", APP, "--auditor", AUDITOR, "--owner", OWNER))

    everything(f"{login(granted, APP)}{path}")


def test_every_table_was_decided_on() -> None:
    assert APPLICATION.keys() == {*metadata.tables, VERSION_TABLE}


def test_every_column_that_is_named_exists() -> None:
    named = {
        (table, column)
        for table, access in APPLICATION.items()
        for column in (*access.withheld, *access.update, *access.redact)
    }

    assert {(t, c) for t, c in named if c not in metadata.tables[t].c} == set()


def test_no_append_only_table_is_changed_or_deleted_from() -> None:
    accesses = [APPLICATION[table] for table in APPEND_ONLY]

    assert [a for a in accesses if a.delete or a.update or a.redact] == []


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a b",
        'a"; DROP TABLE flowgov_record; --',
        "é",
        "pg_monitor",
        "public",
        "none",
        "1st",
        "a'b",
        "a" * 64,
        "a\n",
    ],
)
@pytest.mark.parametrize("option", ["--app", "--auditor", "--owner"])
def test_what_is_no_name_of_a_role_is_refused(name: str, option: str) -> None:
    answer = type_("db", "grants", option, name)

    assert (answer.exit_code, answer.stdout, "cannot be the name" in answer.stderr) == (2, "", True)


def test_one_role_cannot_be_two() -> None:
    with pytest.raises(BadInput) as caught:
        Roles("flowgov", "flowgov")

    assert (caught.value.reason, "flowgov, flowgov" in str(caught.value)) == ("same_roles", True)


@pytest.mark.parametrize("name", ["Flowgov-App", "svc.flowgov@example.org", "select", "a" * 63])
def test_a_name_is_quoted_whatever_it_is(name: str) -> None:
    assert f'TO "{name}";' in printed("--app", name)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_line_is_sql_or_a_comment(lang: str) -> None:
    shown = printed("--lang", lang, "--owner", "flowgov_owner")

    assert shown.splitlines()[0].startswith("-- ")
    assert 'CREATE ROLE "flowgov_owner" NOLOGIN;' in [line.removeprefix("--   ") for line in shown.splitlines()]


def test_a_machine_gets_the_same_sql() -> None:
    answer = type_("db", "grants", "--json", "--db", "postgresql://nowhere.invalid:1/x")

    import json

    data = json.loads(answer.stdout)["data"]
    assert (data["app"], data["auditor"], data["owner"], data["sql"]) == (
        "flowgov_app",
        "flowgov_auditor",
        None,
        printed(),
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_sqlite_has_no_roles(folder: Path, lang: str) -> None:
    answer = type_("db", "grants", "--lang", lang, "--db", "sqlite:///governance.db")

    assert (answer.exit_code, answer.stdout, "600" in answer.stderr, [*folder.iterdir()]) == (2, "", True, [])


def test_the_settings_tell_that_it_is_sqlite(folder: Path) -> None:
    (folder / "flowgov.toml").write_text('database = "sqlite:///governance.db"', encoding="utf-8")

    assert type_("db", "grants").exit_code == 2


def test_without_any_database_it_prints_all_the_same(folder: Path) -> None:
    assert type_("db", "grants").stdout.endswith("COMMIT;\n")
