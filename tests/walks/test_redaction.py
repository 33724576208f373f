"""What must not be kept is removed, by an administrator and on record; the proof that it was there stays."""

from __future__ import annotations

import sqlite3
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from tests.walks.company import codes, open_crm, staffed_crm

from flowgov import BadInput, Engine, FixedClock, MoveRefused, NotFound, Refused, Source
from flowgov.report.audit import FORMATS, TABLES, Format, write

sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
"""PostgreSQL keeps old rows until VACUUM; docs/audit-log.md says so."""

NAMED_A_CLIENT = "It named a customer"
FILLED = [f"PRJ-{number}" for number in range(250)]


@pytest.fixture
def told(engine: Engine) -> Engine:
    """CRM with a text of every kind in it; ebihan opened it at a terminal and holds no role."""
    terminal = Source(face="cli", os_user="os-ebihan", trusted=True)
    engine.open_project(
        "CRM", workflow="pme-light", title="Secret title", objective="Secret aim", by="ebihan", source=terminal
    )
    engine.grant_role("business_owner", "kbenali", project="CRM", by="htallec")
    engine.add_evidence("CRM", "charter", link="https://secret.example/charter", by="ebihan")
    engine.move("CRM", "hold", by="kbenali", reason="Secret reason")
    engine.add_exception(
        "CRM",
        rules=["distinct_from"],
        person="ykerbrat",
        until="2026-03-31",
        reason="Secret need",
        compensating="Secret control",
        by="htallec",
    )
    return engine


def redact(engine: Engine, project: str | None, seq: int, field: str) -> None:
    engine.redact(project, seq, field, reason=NAMED_A_CLIENT, by="htallec")


def last(engine: Engine) -> int:
    """Position of the organisation's last record."""
    return max(entry.seq for entry in engine.log(project="org"))


def place(engine: Engine, event: str) -> int:
    """Position of an event's last record."""
    return [entry.seq for entry in engine.log(event=event)][-1]


def every_text(url: str) -> list[tuple[str, int, str, str]]:
    database = create_engine(url)
    with database.connect() as connection:
        found = connection.execute(text("SELECT stream, seq, field, value FROM flowgov_text ORDER BY 1, 2, 3")).all()
    database.dispose()
    return [tuple(row) for row in found]  # type: ignore[misc]  # four columns


# --- a text -------------------------------------------------------------------------------------------------------


def test_a_redaction_is_a_record_of_the_organisation(told: Engine) -> None:
    receipt = told.redact("CRM", 1, "title", reason=NAMED_A_CLIENT, by="htallec")

    entry = [*told.log(event="text.redacted")][-1]
    opened = told.history("CRM")[0]
    assert (receipt.event, receipt.stream, receipt.subject) == ("text.redacted", "org", "CRM#1")
    assert entry.facts["target"] == {"stream": opened.stream, "seq": 1, "hash": opened.hash}
    assert (entry.facts["field"], entry.texts["reason"]) == ("title", NAMED_A_CLIENT)


def test_the_record_of_a_redacted_text_stays_as_it_was(told: Engine) -> None:
    before = told.history("CRM")[0]

    redact(told, "CRM", 1, "title")

    after = told.history("CRM")[0]
    assert (after.hash, after.facts) == (before.hash, before.facts)
    assert "title" not in after.texts


def test_a_log_with_redactions_holds_and_says_how_many(told: Engine) -> None:
    redact(told, "CRM", 1, "title")
    redact(told, "CRM", 3, "reason")

    verdict = told.verify()

    assert (verdict.holds, verdict.redacted) == (True, 2)


def test_a_log_without_redactions_has_none(told: Engine) -> None:
    assert told.verify().redacted == 0


@pytest.mark.parametrize(
    ("seq", "field"),
    [(1, "title"), (1, "objective"), (1, "os_user"), (2, "label"), (3, "reason")],
)
def test_every_text_of_a_project_can_be_redacted(told: Engine, url: str, seq: int, field: str) -> None:
    before = every_text(url)

    redact(told, "CRM", seq, field)

    gone = [row for row in before if row not in every_text(url)]
    assert [(row[1], row[2]) for row in gone] == [(seq, field)]
    assert (told.verify().holds, told.verify().redacted) == (True, 1)


@pytest.mark.parametrize("field", ["reason", "compensating"])
def test_the_texts_of_an_exception_can_be_redacted(told: Engine, field: str) -> None:
    redact(told, None, place(told, "exception.granted"), field)

    (granted,) = told.exceptions()
    assert getattr(granted, field) == ""
    assert (told.verify().holds, told.verify().redacted) == (True, 1)


def test_the_reason_of_a_redaction_can_be_redacted_too(told: Engine) -> None:
    redact(told, "CRM", 1, "title")

    redact(told, None, place(told, "text.redacted"), "reason")

    assert (told.verify().holds, told.verify().redacted) == (True, 2)


def test_the_tables_show_nothing_in_place_of_what_is_gone(told: Engine) -> None:
    for seq, field in ((1, "title"), (1, "objective"), (2, "label")):
        redact(told, "CRM", seq, field)

    project = told.project("CRM")
    assert (project.title, project.objective, told.evidence("CRM")[0].label) == ("", None, "")


def test_a_project_goes_on_after_a_redaction(told: Engine) -> None:
    version = told.project("CRM").version
    redact(told, "CRM", 1, "title")

    receipt = told.move("CRM", "resume", by="kbenali", expect_version=version)

    assert receipt.target == "need_expressed"
    assert told.verify().holds


def test_only_an_administrator_redacts_and_the_attempt_is_a_record(told: Engine, url: str) -> None:
    before = every_text(url)

    with pytest.raises(Refused) as refused:
        told.redact("CRM", 1, "title", reason=NAMED_A_CLIENT, by="ebihan")

    entry = [*told.log(event="administration.refused")][-1]
    assert codes(refused.value.decision) == {"not_administrator"}
    assert (entry.facts["action"], entry.facts["field"], entry.facts["target"]["seq"]) == ("text.redact", "title", 1)
    assert every_text(url) == before
    assert told.verify().holds


@pytest.mark.parametrize("field", ["login", "name", "email"])
def test_an_identity_card_is_not_redacted_piece_by_piece(told: Engine, field: str) -> None:
    told.add_person("canari", name="Canari", email="canari@example.org", by="htallec")

    with pytest.raises(BadInput) as refused:
        redact(told, None, last(told), field)

    assert (refused.value.reason, "people erase" in str(refused.value)) == ("identity_card", True)


def test_a_text_is_redacted_once(told: Engine) -> None:
    redact(told, "CRM", 1, "title")

    with pytest.raises(BadInput, match="no longer there"):
        redact(told, "CRM", 1, "title")


@pytest.mark.parametrize(
    ("project", "seq", "field", "what"),
    [
        ("CRN", 1, "title", "project"),
        ("CRM", 99, "title", "record"),
        ("CRM", 0, "title", "record"),
        ("CRM", 2**63, "title", "record"),
        ("CRM", 1, "titel", "text"),
        (None, 1, "reason", "text"),
    ],
)
def test_what_is_not_there_is_not_found(told: Engine, project: str | None, seq: int, field: str, what: str) -> None:
    records = len([*told.log()])

    with pytest.raises(NotFound) as missing:
        redact(told, project, seq, field)

    assert missing.value.reason == what
    assert len([*told.log()]) == records


@pytest.mark.parametrize("reason", ["", "  ", "a\u202eb", "x" * 4_001])
def test_a_removal_needs_a_reason_that_can_be_kept(told: Engine, reason: str) -> None:
    with pytest.raises(BadInput, match="reason"):
        told.redact("CRM", 1, "title", reason=reason, by="htallec")
    with pytest.raises(BadInput, match="reason"):
        told.erase_person("ebihan", reason=reason, by="htallec")


# --- a person -----------------------------------------------------------------------------------------------------


def test_an_erasure_is_a_record_that_knows_a_pseudonym_only(told: Engine) -> None:
    id_ = told.person("ebihan").id

    receipt = told.erase_person("ebihan", reason="Asked for it", by="htallec")

    entry = [*told.log(event="person.erased")][-1]
    assert (receipt.subject, entry.facts["person"], entry.texts) == (id_, id_, {"reason": "Asked for it"})


def test_nothing_of_an_erased_person_is_left_but_the_pseudonym(told: Engine, url: str) -> None:
    id_ = told.person("ebihan").id

    told.erase_person("ebihan", reason="Asked for it", by="htallec")

    person = told.person(id_)
    assert (person.login, person.name, person.email, person.erased) == (id_, "", None, True)
    assert [row for row in every_text(url) if "ebihan" in row[3] or "Erwan" in row[3]] == []


def test_an_erasure_breaks_nothing(told: Engine) -> None:
    told.erase_person("ebihan", reason="Asked for it", by="htallec")

    verdict = told.verify()

    # login, name, and the system user beside the opening of CRM
    assert (verdict.holds, verdict.redacted) == (True, 3)


def test_everything_that_shows_persons_shows_the_pseudonym(told: Engine) -> None:
    id_ = told.person("ebihan").id

    told.erase_person("ebihan", reason="Asked for it", by="htallec")

    assert {told.history("CRM")[0].actor, told.project("CRM").creator, told.evidence("CRM")[0].added_by} == {id_}


def test_the_deeds_of_an_erased_person_can_still_be_asked_for(told: Engine) -> None:
    id_ = told.erase_person("ebihan", reason="Asked for it", by="htallec").subject

    assert [entry.event for entry in told.log(person=id_)] == ["project.opened", "evidence.added"]


def test_a_person_erased_by_a_text_redacted_before_is_erased_all_the_same(told: Engine) -> None:
    redact(told, "CRM", 1, "os_user")

    told.erase_person("ebihan", reason="Asked for it", by="htallec")

    assert (told.verify().holds, told.verify().redacted) == (True, 3)


def test_whoever_holds_a_role_is_not_erased(told: Engine) -> None:
    told.grant_role("sponsor", "kbenali", start="2026-02-01", by="htallec")

    with pytest.raises(Refused) as refused:
        told.erase_person("kbenali", reason="Asked for it", by="htallec")

    blockers = refused.value.decision.blockers
    assert [(b.code, b.command) for b in blockers] == [
        ("still_holds", "flowgov role revoke business_owner kbenali --project CRM --as htallec"),
        ("still_holds", "flowgov role revoke sponsor kbenali --as htallec"),
    ]
    assert told.person("kbenali").name == "Karim Benali"


def test_the_refused_erasure_is_a_record_without_a_name(told: Engine) -> None:
    with pytest.raises(Refused):
        told.erase_person("kbenali", reason="Asked for it", by="htallec")

    entry = [*told.log(event="administration.refused")][-1]
    assert (entry.facts["action"], entry.facts["person"]) == ("people.erase", told.person("kbenali").id)
    assert "kbenali" not in str(entry.facts)


def test_once_the_roles_are_revoked_or_over_the_person_is_erased(told: Engine, clock: FixedClock) -> None:
    told.grant_role("sponsor", "kbenali", until="2026-01-31", by="htallec")
    told.revoke_role("business_owner", "kbenali", project="CRM", by="htallec")
    clock.advance(days=30)

    told.erase_person("kbenali", reason="Asked for it", by="htallec")

    assert told.verify().holds


def test_nobody_erases_himself(told: Engine) -> None:
    with pytest.raises(Refused) as refused:
        told.erase_person("htallec", reason="Asked for it", by="htallec")

    assert codes(refused.value.decision) == {"self_erasure", "still_holds"}


def test_only_an_administrator_erases(told: Engine) -> None:
    with pytest.raises(Refused) as refused:
        told.erase_person("ebihan", reason="Asked for it", by="nroussel")

    assert codes(refused.value.decision) == {"not_administrator"}


@pytest.fixture(params=["login", "pseudonym"])
def erased(told: Engine, request: pytest.FixtureRequest) -> str:
    """What ebihan was, or is now, known by."""
    pseudonym = told.erase_person("ebihan", reason="Asked for it", by="htallec").subject
    return "ebihan" if request.param == "login" else pseudonym


def test_an_erased_person_does_nothing_more(told: Engine, erased: str) -> None:
    acts = [
        lambda: told.open_project("ERP", workflow="pme-light", title="ERP", by=erased),
        lambda: told.move("CRM", "resume", by=erased),
        lambda: told.approve("CRM", "validate_need", by=erased),
        lambda: told.withdraw_approval("CRM", "validate_need", by=erased),
        lambda: told.add_evidence("CRM", "charter", link="https://example.org", by=erased),
        lambda: told.add_person("new", name="New", by=erased),
        lambda: told.grant_role("sponsor", "kbenali", by=erased),
        lambda: told.redact("CRM", 1, "title", reason="x", by=erased),
        lambda: told.erase_person("nroussel", reason="x", by=erased),
        lambda: told.todo(erased),
    ]
    records = len([*told.log()])

    for act in acts:
        with pytest.raises(NotFound):
            act()

    assert len([*told.log()]) == records


def test_an_erased_person_gets_nothing_more(told: Engine, erased: str) -> None:
    acts = [
        lambda: told.grant_role("sponsor", erased, by="htallec"),
        lambda: told.revoke_role("sponsor", erased, by="htallec"),
        lambda: told.erase_person(erased, reason="x", by="htallec"),
        lambda: told.add_exception(
            "CRM", rules=["procedure"], person=erased, until="2026-02-01", reason="x", compensating="y", by="htallec"
        ),
        lambda: told.add_exception(
            *("CRM",),
            rules=["procedure"],
            person="kbenali",
            reviewer=erased,
            until="2026-02-01",
            reason="x",
            compensating="y",
            by="htallec",
        ),
    ]

    for act in acts:
        with pytest.raises(NotFound):
            act()


def test_a_pseudonym_is_nobodys_login(told: Engine) -> None:
    erased = told.erase_person("ebihan", reason="Asked for it", by="htallec").subject

    for taken in (erased, told.person("kbenali").id):
        with pytest.raises(BadInput, match="taken"):
            told.add_person(taken, name="Somebody else", by="htallec")


def test_the_same_human_being_can_be_made_known_anew(told: Engine) -> None:
    told.erase_person("ebihan", reason="Asked for it", by="htallec")

    told.add_person("ebihan", name="Erwan Bihan", by="htallec")
    told.open_project("ERP", workflow="pme-light", title="ERP", by="ebihan")

    assert told.project("CRM").creator != told.project("ERP").creator == "ebihan"
    assert told.verify().holds


def test_an_erased_person_is_not_suggested(told: Engine) -> None:
    erased = told.erase_person("ebihan", reason="Asked for it", by="htallec").subject

    with pytest.raises(NotFound) as missing:
        told.move("CRM", "resume", by=erased)

    assert not missing.value.data["suggestions"]


def test_the_rules_remember_an_erased_person(engine: Engine) -> None:
    """Separation of duties goes by persons, and a person stays one under a pseudonym."""
    staffed_crm(engine)
    engine.erase_person("ebihan", reason="Asked for it", by="htallec")

    with pytest.raises(MoveRefused):
        engine.move("CRM", "validate_need", by="ykerbrat")

    assert engine.verify().holds


# --- what is left in the file -------------------------------------------------------------------------------------


@pytest.fixture
def file(engine: Engine, tmp_path: Path) -> Path:
    """The SQLite file, with many texts before and after those that will go."""
    for key in FILLED:
        engine.open_project(key, workflow="pme-light", title=f"T-{key}-" + "t" * 90, objective="o" * 700, by="ebihan")
        engine.add_evidence(key, "charter", link=f"https://L-{key}-", by="ebihan")
    return tmp_path / "sqlite_template.db"


def bytes_of(file: Path) -> bytes:
    wal = file.with_name(f"{file.name}-wal")
    return file.read_bytes() + (wal.read_bytes() if wal.exists() else b"")


@sqlite
def test_what_was_redacted_is_not_in_the_file_any_more(engine: Engine, file: Path) -> None:
    gone = FILLED[::10]

    for key in gone:
        redact(engine, key, 1, "title")
        redact(engine, key, 2, "label")

    content = bytes_of(file)
    assert [key for key in gone if f"T-{key}-".encode() in content or f"L-{key}-".encode() in content] == []
    assert f"T-{FILLED[1]}-".encode() in content


@sqlite
def test_who_was_erased_is_not_in_the_file_any_more(engine: Engine, file: Path) -> None:
    engine.erase_person("ebihan", reason="Asked for it", by="htallec")

    assert b"ebihan" not in bytes_of(file)
    assert b"Erwan" not in bytes_of(file)


@sqlite
def test_stale_copies_in_the_file_go_too(engine: Engine, file: Path) -> None:
    """Pages keep what was deleted, or moved to another page, without `secure_delete`."""
    elsewhere = sqlite3.connect(file)
    elsewhere.execute("PRAGMA secure_delete = OFF").fetchone()
    rows = [(seq, f"A stale copy {seq}") for seq in range(500)]
    elsewhere.executemany("INSERT INTO flowgov_text VALUES ('prj:x', ?, 'title', x'00', ?)", rows)
    elsewhere.execute("DELETE FROM flowgov_text WHERE stream = 'prj:x'")
    elsewhere.commit()
    elsewhere.close()
    assert b"A stale copy" in bytes_of(file)

    redact(engine, FILLED[0], 1, "title")

    assert b"A stale copy" not in bytes_of(file)


@sqlite
def test_somebody_who_reads_on_does_not_hold_a_redaction_up(engine: Engine, file: Path) -> None:
    reader = sqlite3.connect(file, timeout=0)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM flowgov_text").fetchone()

    redact(engine, FILLED[0], 1, "title")

    reader.close()
    assert engine.verify().redacted == 1


# --- reports ------------------------------------------------------------------------------------------------------


@pytest.fixture
def emptied(told: Engine, clock: FixedClock) -> Engine:
    """Everything redacted that can be, and everybody erased but the administrators; one refusal of each."""
    told.revoke_role("business_owner", "kbenali", project="CRM", reason="Left", by="htallec")
    for act in (
        lambda: told.redact("CRM", 1, "title", reason="x", by="kbenali"),
        lambda: told.erase_person("kbenali", reason="x", by="kbenali"),
        lambda: told.erase_person("htallec", reason="x", by="slegoff"),
    ):
        with pytest.raises(Refused):
            act()
    for person in told.people():
        if person.login not in ("htallec", "slegoff"):
            told.erase_person(person.login, reason="Asked for it", by="htallec")
    for entry in [*told.log()]:
        for field in entry.texts:
            if entry.event != "person.added":
                told.redact(entry.project, entry.seq, field, reason="Out of date", by="slegoff")
    clock.advance(days=1)  # a period ends before the moment of its report
    return told


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_audit_report_is_written_when_nothing_is_left(emptied: Engine, format: Format, lang: str) -> None:
    out = StringIO()

    verdict = write(
        emptied, start=date(2026, 1, 1), until=date(2026, 12, 31), format=format, lang=lang, stream=out  # type: ignore[arg-type]  # a language
    )  # fmt: skip

    assert (verdict.holds, "Secret" in out.getvalue(), "Benali" in out.getvalue()) == (True, False, False)


@pytest.mark.parametrize("table", TABLES)
def test_every_table_of_the_report_is_written_when_nothing_is_left(emptied: Engine, table: str) -> None:
    out = StringIO()

    write(emptied, start=date(2026, 1, 1), until=date(2026, 12, 31), format="csv", table=table, stream=out)

    assert out.getvalue()


def test_the_report_says_where_something_was_removed(emptied: Engine) -> None:
    out = StringIO()

    write(emptied, start=date(2026, 1, 1), until=date(2026, 12, 31), format="md", lang="fr", stream=out)

    assert "| CRM | (expurgé) |" in out.getvalue()
    assert "Textes expurgés" in out.getvalue()


def test_a_project_whose_creator_was_erased_waits_for_those_who_are_there(engine: Engine) -> None:
    open_crm(engine)
    erased = engine.erase_person("ebihan", reason="Asked for it", by="htallec").subject

    assert engine.todo() == ()
    assert "role_missing" in codes(engine.explain("CRM", "validate_need", by=erased))
