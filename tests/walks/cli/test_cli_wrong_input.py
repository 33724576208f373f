"""Whatever is typed wrong: one clear error on standard error, its exit code, no traceback, and nothing written."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url
from tests import postgres
from tests.walks.cli.conftest import Type

NEXT_YEAR = "2999-01-01"

TABLE = {
    # what people and projects are called
    "unknown project": ("show CRN", 4, "There is no project 'CRN'"),
    "unknown project in a move": ("move CRN validate_need --as kbenali", 4, "Did you mean CRM"),
    "unknown person acts": ("move CRM validate_need --as kbenalo", 4, "Did you mean kbenali"),
    "unknown person asked for": ("todo --as kbenalo", 4, "kbenali"),
    "unknown role": ("role grant busines_owner kbenali --project CRM --as htallec", 4, "business_owner"),
    "unknown role holder": ("role grant business_owner kbenalo --as htallec", 4, "kbenali"),
    "unknown transition": ("move CRM validate_nee --as kbenali", 4, "Did you mean validate_need"),
    "unknown evidence kind": ("evidence add CRM need_statment https://e.org --as kbenali", 4, "need_statement"),
    "unknown workflow": ('open ERP --workflow pme-ligth --title "ERP" --as ebihan', 4, "pme-light"),
    "unknown workflow to show": ("workflow show pme-ligth", 4, "pme-light"),
    "unknown workflow to draw": ("workflow draw pme-ligth", 4, "pme-light"),
    "unknown event": ("audit log --event project.move", 4, "project.moved"),
    "unknown project in the log": ("audit log --project CRN", 4, "CRM"),
    "unknown person in the log": ("audit log --person kbenalo", 4, "kbenali"),
    "unknown project of roles": ("role list --project CRN", 4, "CRM"),
    "unknown project of exceptions": ("exception list --project CRN", 4, "CRM"),
    "nobody holds that role": ("role revoke sponsor kbenali --project CRM --as htallec", 4, "sponsor"),
    "unknown project of a charter": ("charter show CRN", 4, "Did you mean CRM"),
    "nobody answers": ("charter start CRM --business kbenali --as htallec", 2, "--technical"),
    "unknown arbiter": (
        "charter start CRM --business kbenali --technical ykerbrat --arbiter slegof --as htallec",
        4,
        "Did you mean slegoff",
    ),
    "no charter to acknowledge": ("charter acknowledge CRM --as kbenali", 2, "flowgov charter issue CRM"),
    "a charter in no known form": ("charter print CRM --format pdf", 2, "html"),
    "a charter to write nowhere": ("charter print CRM -o nowhere/x.md", 2, "nowhere/x.md"),
    "nobody lends that role": ("role undelegate sponsor kbenali --project CRM --as htallec", 4, "Nobody lends"),
    "unknown delegate": (
        "role delegate business_owner jprigen --project CRM --until 2999-01-01 --as kbenali",
        4,
        "Did you mean jprigent",
    ),
    "unknown leaver": ("people end kbenalo --yes --as htallec", 4, "Did you mean kbenali"),
    # the command line itself
    "no such command": ("mvoe CRM", 2, "Did you mean move"),
    "no such subcommand": ("role gant", 2, "Did you mean grant"),
    "no such option": ("list --stagge secured", 2, "--stage"),
    "missing argument": ("move CRM", 2, "TRANSITION is missing"),
    "missing option": ("open ERP --as ebihan --workflow pme-light", 2, "--title is missing"),
    "too many words": ("show CRM ERP", 2, "ERP"),
    "a group alone": ("people", 2, "Usage: flowgov people"),
    "wrong choice": ("list --stage secure", 2, "secured"),
    "not a number": ("move CRM validate_need --expect-version two --as kbenali", 2, "--expect-version"),
    "not a positive number": ("audit log --last 0", 2, "--last"),
    "nobody acts": ("move CRM validate_need", 2, "--as PERSON"),
    "no such shell": ("completion tcsh", 2, "bash"),
    # dates
    "unknown workflow of the board": ("list --workflow pme-lite", 4, "pme-light"),
    "unknown state of the board": ("list --state secure", 4, "secured"),
    "a period that ends before it begins": ("audit log --from 2026-02-01 --to 2026-01-01", 2, "ends before it begins"),
    "no date": ("audit log --from yesterday", 2, "'yesterday' is not a date"),
    "no such day": ("audit log --until 2026-02-30", 2, "'2026-02-30' is not a date"),
    "wrong date of a role": ("role grant sponsor kbenali --until 31/12/2026 --as htallec", 2, "31/12/2026"),
    "wrong day to look at": ("role list --at soon", 2, "'soon' is not a date"),
    "wrong report period": ("report audit --from 1/1/2026 --to 2026-06-30", 2, "'1/1/2026' is not a date"),
    "reversed report period": ("report audit --from 2026-06-30 --to 2026-01-01", 2, "2026-06-30"),
    "a role in the past": ("role grant sponsor kbenali --from 2020-01-01 --as htallec", 2, "backdated"),
    "a delegation without end": ("role delegate business_owner jprigent --project CRM --as kbenali", 2, "--until"),
    "too long a delegation": (
        f"role delegate business_owner jprigent --project CRM --until {NEXT_YEAR} --as kbenali",
        2,
        "92 days",
    ),
    "lending what cannot be lent": (
        f"role delegate administrator jprigent --until {NEXT_YEAR} --as htallec",
        2,
        "cannot be lent",
    ),
    "an empty period": (
        f"role grant sponsor kbenali --from {NEXT_YEAR} --until 2998-01-01 --as htallec",
        2,
        "empty",
    ),
    "overlapping assignment": ("role grant business_owner kbenali --project CRM --as htallec", 2, "already holds"),
    "too long an exception": (
        f"exception add CRM --rule distinct_from --for kbenali --until {NEXT_YEAR} --reason r --compensating c "
        "--as htallec",
        2,
        "366 days",
    ),
    "unknown exception": ("exception show EX-9999", 4, "There is no exception 'EX-9999'"),
    "unknown exception to review": ("exception review EX-9999 --result ok --as kbenali", 4, "EX-9999"),
    "unknown exception to end": ("exception end EX-9999 --reason r --as htallec", 4, "EX-9999"),
    "unknown result of a review": ("exception review EX-9999 --result fine --as kbenali", 2, "problem"),
    "a problem without a note": ("exception review EX-9999 --result problem --as kbenali", 2, "--note"),
    "a rule that nothing departs from": (
        f"exception add CRM --rule self_assigned --for kbenali --until {NEXT_YEAR} --reason r --compensating c "
        "--as htallec",
        2,
        "distinct_from",
    ),
    "reviews without a reviewer": (
        "exception add CRM --rule procedure --for kbenali --until 2027-01-01 --reason r --compensating c --every 30 "
        "--as htallec",
        2,
        "--reviewer",
    ),
    "reviews every zero days": (
        "exception add CRM --rule procedure --for kbenali --until 2027-01-01 --reason r --compensating c --every 0 "
        "--reviewer slegoff --as htallec",
        2,
        "from 1 to 366",
    ),
    "due of no date": ("due --at soon", 2, "'soon' is not a date"),
    "due of an unknown project": ("due --project CRN", 4, "CRM"),
    "due within no days": ("due --within 0", 2, "--within"),
    "due within an age": ("due --within 99999", 2, "--within"),
    "a date without a name": ("move CRM validate_need --set 2026-11-20 --as kbenali", 2, "NAME=YYYY-MM-DD"),
    "a date that is none": ("move CRM validate_need --set valid=soon --as kbenali", 2, "'soon' is not a date"),
    "a name of a date that is none": ("move CRM validate_need --set V=2026-11-20 --as kbenali", 2, "'V'"),
    "a date given twice": (
        "why CRM validate_need --set v=2026-11-20 --set v=2026-11-21 --as kbenali",
        2,
        "'v' is given twice",
    ),
    "a tick of nobody": ("tick", 2, "--as PERSON"),
    "a tick of somebody unknown": ("tick --as kbenalo", 4, "kbenali"),
    "reminders without a channel": ("remind", 2, "FLOWGOV_NOTIFY"),
    # texts
    "taken key": ('open CRM --workflow pme-light --title "Again" --as ebihan', 2, "taken"),
    "malformed key": ('open "c r m" --workflow pme-light --title "CRM" --as ebihan', 2, "project key"),
    "taken login": ('people add kbenali --name "Karim" --as htallec', 2, "taken"),
    "malformed login": ('people add Kârim --name "Karim" --as htallec', 2, "login"),
    "malformed e-mail": ('people add karim --name "Karim" --email karim --as htallec', 2, "e-mail"),
    "a bidi mark in a name": ('people add karim --name "Ka\u202erim" --as htallec', 2, "U+202E"),
    "an invisible character in a name": ('people add karim --name "Ka\u200brim" --as htallec', 2, "U+200B"),
    "a control character in a title": ('open ERP --workflow pme-light --title "E\u001bRP" --as ebihan', 2, "U+001B"),
    "a line feed in a title": ('open ERP --workflow pme-light --title "E\nRP" --as ebihan', 2, "U+000A"),
    "half a character in a title": (
        ["open", "ERP", "--workflow", "pme-light", "--title", "E\udcffRP", "--as", "ebihan"],
        2,
        "U+DCFF",
    ),
    "a key that is no text": (["show", "E\udcffRP"], 2, "cannot store"),
    "an empty name": ('people add karim --name "" --as htallec', 2, "name"),
    "too long a title": (f"open ERP --workflow pme-light --title {'x' * 5000} --as ebihan", 2, "title"),
    # evidence
    "no such file": ("evidence add CRM charter nowhere.pdf --as kbenali", 2, "nowhere.pdf"),
    "a folder as evidence": ("evidence add CRM charter . --as kbenali", 2, "not a regular file"),
    "a device as evidence": ("evidence add CRM charter /dev/zero --as kbenali", 2, "/dev/zero"),
    "an unreadable file": ("evidence add CRM charter /proc/self/mem --as kbenali", 2, "/proc/self/mem"),
    "a link that is none of ours": ("evidence add CRM charter ftp://e.org/x --as kbenali", 2, "ftp://"),
    "a link cannot be stored": ("evidence add CRM charter https://e.org --store --as kbenali", 2, "copied"),
    # what makes the log provable
    "unknown project to prove": ("audit prove CRN", 4, "Did you mean CRM"),
    "unknown record to prove": ("audit prove CRM 99", 4, "CRM#99"),
    "a record before the first": ("audit prove CRM 0", 2, "SEQ"),
    "nothing signed to prove with": ("audit prove CRM 1", 4, "flowgov audit checkpoint"),
    "nothing signed to export": ("audit export -o x.fgev", 4, "flowgov audit checkpoint"),
    "unknown project to export": ("audit export -o x.fgev --project CRN", 4, "Did you mean CRM"),
    "no file to export to": ("audit export", 2, "--output is missing"),
    "no place to anchor in": ("audit anchor", 2, "[audit] anchors"),
    "a place of no kind": ("audit anchor s3:bucket", 2, "no place of the kind 's3'"),
    "a key that is none": ("audit verify --trust abc", 2, "flowgov audit key show"),
    "a witness that is none": ("audit verify --witness abc", 2, "'abc' is not a verifier key"),
    "a place that is not there": ("audit verify --anchor nowhere/", 5, "nowhere"),
    "no checkpoint of that size": ("audit verify --since 7", 4, "7 records"),
    "no file with a checkpoint": ("audit verify --since nowhere.txt", 2, "nowhere.txt"),
    "no such archive": ("audit verify --archive nowhere.fgev", 2, "nowhere.fgev"),
    "no such note": ("audit cosign nowhere.txt", 2, "nowhere.txt"),
    "nobody makes a key": ("audit key new", 2, "--as PERSON"),
    "a key lost for no cause": ("audit key replace --reason r --as htallec", 2, "--cause is missing"),
    "a key lost for another cause": ("audit key replace --cause sold --reason r --as htallec", 2, "stolen"),
    "a size below nothing": (
        "audit key replace --cause lost --believed-up-to -1 --reason r --as htallec",
        2,
        "--believed-up-to",
    ),
    "no key to rotate": ("audit key rotate --reason r --as htallec", 2, "flowgov audit key new"),
    "no key to archive with": (
        "audit archive --until 2026-01-01 -o x.fgev --reason r --as htallec --yes",
        2,
        "flowgov audit key new",
    ),
    # workflows
    "no such definition file": ("workflow check nowhere.yaml", 3, "nowhere.yaml:1:1"),
    "a folder as definition": ("workflow check .", 3, ".:1:1"),
    "registering nothing": ("workflow register nowhere.yaml --as htallec", 3, "nowhere.yaml"),
    "drawing nothing": ("workflow draw", 2, "which workflow"),
    "a look at another version": ("move CRM validate_need --expect-version 9 --as kbenali", 5, "version"),
}


@pytest.mark.parametrize("case", TABLE)
def test_wrong_input_gives_one_error_and_leaves_nothing(crm: Type, records: Callable[[], int], case: str) -> None:
    line, code, said = TABLE[case]
    before = records()

    answer = crm(line)

    assert (answer.code, answer.out, said in answer.err, records()) == (code, "", True, before), answer.err


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("case", TABLE)
def test_wrong_input_is_answered_in_french_too(crm: Type, case: str) -> None:
    answer = crm(TABLE[case][0], FLOWGOV_LANG="fr")

    assert (answer.code, "Traceback" in answer.err, "Error:" in answer.err) == (TABLE[case][1], False, False)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("case", [name for name in TABLE if name != "a group alone"])
def test_wrong_input_has_one_shape_in_json(crm: Type, case: str) -> None:
    line = TABLE[case][0]

    answer = crm([*line, "--json"] if isinstance(line, list) else f"{line} --json")

    assert (answer.json["flowgov"], answer.json["ok"], sorted(answer.json["error"])) == (
        1,
        False,
        ["code", "data", "hint", "message", "reason", "retryable"],
    )


def test_a_transition_that_does_not_start_here_is_answered_with_those_that_do(crm: Type) -> None:
    answer = crm("move CRM deploy --as ykerbrat")

    assert (answer.code, "From there: validate_need, reject_need, hold, cancel" in answer.err) == (1, True)


def test_a_huge_file_is_refused(crm: Type) -> None:
    Path("flowgov.toml").write_text("[evidence]\nlargest = 10\n", encoding="utf-8")
    Path("big.bin").write_bytes(b"x" * 11)

    answer = crm("evidence add CRM charter big.bin --store --as kbenali")

    assert (answer.code, "larger than 10 bytes" in answer.err, [*Path("evidence").glob("*")]) == (2, True, [])


@pytest.mark.parametrize(
    "name", ["كريم بن علي", "田中さくら", "Zoë 🧑🏽‍💻", "Nguyễn Thị Hương", "Иван Петров", "d'Ille-et-Vilaine"]
)
def test_names_in_any_script_are_accepted(cli: Type, name: str) -> None:
    cli(["people", "add", "somebody", "--name", name, "--as", "htallec"])

    assert name in cli("people list").out


def test_all_mistakes_of_all_files_are_told(cli: Type) -> None:
    Path("a.yaml").write_text("id: a\nnonsense: 1\n", encoding="utf-8")
    Path("b.yaml").write_text("[\n", encoding="utf-8")

    answer = cli("workflow check a.yaml b.yaml")

    assert (answer.code, "a.yaml:2:1: " in answer.err, "b.yaml:" in answer.err) == (3, True, True)


# --- databases ----------------------------------------------------------------------------------------------------


def test_without_a_database_the_way_to_one_is_told(typed: Type) -> None:
    answer = typed("list")

    assert (answer.code, "flowgov init" in answer.err) == (2, True)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("nonsense", 2),
        ("mysql://host/x", 2),
        ("sqlite://", 2),
        ("sqlite:///nowhere.db", 7),
        ("sqlite:///no/such/folder/x.db", 7),
        ("postgresql+psycopg://nobody@127.0.0.1:1/x", 7),
    ],
)
def test_a_database_that_cannot_be_used_is_one_error(typed: Type, url: str, code: int) -> None:
    answer = typed(f"list --db {url}")

    assert (answer.code, answer.out, answer.err.startswith("Error: "), os.listdir()) == (code, "", True, [])


def test_a_text_file_is_no_database(typed: Type) -> None:
    Path("notes.txt").write_text("some notes that are no database at all\n" * 50, encoding="utf-8")
    before = Path("notes.txt").read_bytes()

    answer = typed("list --db sqlite:///notes.txt")

    assert (answer.code, Path("notes.txt").read_bytes() == before) == (7, True)


def test_a_database_of_something_else_is_left_as_it_was(typed: Type) -> None:
    with sqlite3.connect("other.db") as other:
        other.execute("CREATE TABLE flowers (name TEXT)")
    other.close()
    before = Path("other.db").read_bytes()

    answer = typed("list --db sqlite:///other.db")

    assert (answer.code, "not a flowgov database" in answer.err) == (7, True)
    assert Path("other.db").read_bytes() == before


def test_an_empty_database_says_how_to_begin(typed: Type, empty_url: str, dialect: str) -> None:
    if dialect == "sqlite":
        sqlite3.connect(empty_url.removeprefix("sqlite:///")).close()
        Path(empty_url.removeprefix("sqlite:///")).touch()

    answer = typed(f"list --db {empty_url}")

    assert (answer.code, "flowgov init" in answer.err) == (7, True)


def test_a_read_only_database_can_be_read(crm: Type, url: str) -> None:
    assert crm("show CRM", FLOWGOV_DB=_read_only(url)).code == 0


def test_a_read_only_database_refuses_writes_clearly(crm: Type, url: str) -> None:
    answer = crm("move CRM validate_need --as kbenali", FLOWGOV_DB=_read_only(url))

    assert (answer.code, "read-only" in answer.err) == (7, True)


def test_an_older_schema_says_how_to_upgrade(cli: Type, url: str) -> None:
    _set_schema(url, "0000")

    answer = cli("list")

    assert (answer.code, "flowgov db upgrade" in answer.err) == (7, True)


def test_a_newer_schema_is_not_touched(cli: Type, url: str) -> None:
    _set_schema(url, "9999")

    answer = cli("db upgrade")

    assert (answer.code, "newer flowgov" in answer.err) == (7, True)


def test_the_database_password_is_never_shown(typed: Type) -> None:
    secret = "canary-7f3a"

    answer = typed(f"list -v --db postgresql+psycopg://nobody:{secret}@127.0.0.1:1/x")

    assert (answer.code, secret in answer.out + answer.err) == (7, False)


# --- init ---------------------------------------------------------------------------------------------------------

INIT = ["init", "--organisation", "Maison Tallec", "--admin", "htallec", "--name", "Hélène Tallec"]


def test_init_never_replaces_settings(typed: Type) -> None:
    Path("flowgov.toml").write_text("# mine\n", encoding="utf-8")

    answer = typed(INIT)

    assert (answer.code, Path("flowgov.toml").read_text(encoding="utf-8"), os.listdir()) == (
        2,
        "# mine\n",
        ["flowgov.toml"],
    )


def test_init_without_a_person_at_the_terminal_says_what_is_missing(typed: Type) -> None:
    answer = typed("init --organisation X --admin htallec", input="nobody answers\n")

    assert (answer.code, "--name" in answer.err, os.listdir()) == (2, True, [])


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--admin", "Hélène"], 2),
        (["--name", "H\u202eT"], 2),
        (["--organisation", "\x1b[31m"], 2),
        (["--email", "nobody"], 2),
        (["--db", "sqlite:///no/such/folder/x.db"], 7),
        (["--db", "postgresql+psycopg://nobody@127.0.0.1:1/x"], 7),
        (["--db", "nonsense"], 2),
    ],
    ids=str,
)
def test_a_failed_init_leaves_nothing_behind(typed: Type, words: list[str], code: int) -> None:
    answer = typed([*INIT, *words])

    assert (answer.code, answer.err.startswith("Error: "), os.listdir()) == (code, True, [])


def test_init_refuses_a_database_that_has_a_log_already(typed: Type, url: str) -> None:
    answer = typed([*INIT, "--db", url])

    assert (answer.code, "already holds" in answer.err, Path("flowgov.toml").exists()) == (2, True, False)


def test_the_database_is_private_and_the_settings_are_readable(typed: Type) -> None:
    typed(INIT)

    modes = [oct(Path(name).stat().st_mode & 0o777) for name in ("governance.db", "flowgov.toml")]

    assert modes == ["0o600", "0o644"]


def test_settings_with_a_password_are_private(typed: Type, empty_url: str, dialect: str) -> None:
    url = empty_url.replace("postgres:@", "postgres:x@") if dialect == "postgresql" else f"{empty_url}?password=x"

    typed([*INIT, "--db", url])

    modes = [oct(path.stat().st_mode & 0o777) for path in Path().glob("flowgov.toml")]
    assert modes in ([], ["0o600"])


@pytest.mark.parametrize("name", ['Say "hi"', "back\\slash", "l'été", "名", "# not a comment"])
def test_any_organisation_name_survives_in_the_settings(typed: Type, name: str) -> None:
    typed([*INIT, "--organisation", name])

    assert typed("db status --json").json["data"]["organisation"] == name


def _read_only(url: str) -> str:
    if url.startswith("sqlite"):
        return f"sqlite:///file:{url.removeprefix('sqlite:///')}?mode=ro&uri=true"
    name = url.rpartition("/")[2].partition("?")[0]
    _on_server(url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    return url


def _set_schema(url: str, version: str) -> None:
    statement = f"UPDATE flowgov_schema SET version_num = '{version}'"
    if not url.startswith("sqlite"):
        _on_server(url, statement)
        return
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute(statement)
    connection.close()


def _on_server(url: str, statement: str) -> None:
    with psycopg.connect(postgres.plain(make_url(url)), autocommit=True) as server:
        server.execute(statement)  # type: ignore[call-overload]  # no literal


def test_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "flowgov", "workflow", "schema"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path)
    assert process.stdout is not None
    assert process.stderr is not None

    process.stdout.close()

    with process.stderr:
        assert (process.stderr.read(), process.wait(30)) == (b"", 141)


@pytest.mark.parametrize("words", ["--help", "workflow schema", "workflow list --json", "show CRM --json"])
def test_an_answer_that_cannot_be_written_is_told_without_a_traceback(tmp_path: Path, words: str) -> None:
    command = [sys.executable, "-m", "flowgov", *words.split()]
    with open(os.devnull) as unwritable:
        asked = subprocess.run(command, stdout=unwritable, stderr=subprocess.PIPE, cwd=tmp_path, check=False)

    assert (asked.returncode, b"could not be written" in asked.stderr, b"Traceback" in asked.stderr) == (2, True, False)


@pytest.mark.parametrize(
    "words", ["--help", "workflow schema", "workflow draw standard", "init --organisation O --admin boss --name Boss"]
)
def test_a_process_without_standard_output_does_its_work(tmp_path: Path, words: str) -> None:
    closing = ["sh", "-c", 'exec "$0" -m flowgov "$@" >&-', sys.executable, *words.split()]

    asked = subprocess.run(closing, stderr=subprocess.PIPE, cwd=tmp_path, check=False)

    assert (asked.returncode, b"Traceback" in asked.stderr) == (0, False)


def test_more_records_than_there_can_be_are_all_of_them(crm: Type) -> None:
    assert crm(f"audit log --last {10**30} --json").out == crm("audit log --json").out


def test_a_database_name_that_is_too_long_is_told(crm: Type) -> None:
    answer = crm(f"list --db sqlite:///{'a' * 5000}")

    assert (answer.code, "Traceback" in answer.err) == (7, False)


# --- reports and the proof ----------------------------------------------------------------------------------------


REPORT = "report audit --from 2026-01-01 --to 2026-12-31 --format md"


def test_a_report_never_replaces_a_file_unasked(crm: Type) -> None:
    Path("audit.md").write_text("mine", encoding="utf-8")

    answer = crm(f"{REPORT} -o audit.md")

    assert (answer.code, "--force" in answer.err, Path("audit.md").read_text(encoding="utf-8")) == (2, True, "mine")


def test_a_report_replaces_a_file_when_asked(crm: Type) -> None:
    Path("audit.md").write_text("mine", encoding="utf-8")

    crm(f"{REPORT} -o audit.md --force")

    assert "Maison Tallec" in Path("audit.md").read_text(encoding="utf-8")


def test_a_report_that_cannot_be_written_leaves_nothing(crm: Type) -> None:
    answer = crm(f"{REPORT} -o no/such/folder/audit.md")

    assert (answer.code, answer.err.startswith("Error: "), os.listdir()) == (2, True, [])


def test_a_report_without_a_file_goes_to_standard_output(crm: Type) -> None:
    assert "Maison Tallec" in crm(REPORT).out


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_an_altered_log_exits_6_and_names_the_first_record_that_breaks(crm: Type, url: str) -> None:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute("DROP TRIGGER flowgov_record_update")
        connection.execute(
            "UPDATE flowgov_record SET body = CAST(replace(body, '\"applied\"', '\"refused\"') AS BLOB) "
            "WHERE stream <> 'org'"
        )
    connection.close()

    answer = crm("audit verify")

    assert (answer.code, "The first record that breaks: " in answer.out) == (6, True), answer.out
