"""The database's owner removes texts, or puts them back, and forges records about it: verification names it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import exc
from sqlalchemy.engine import URL
from tests.conftest import MORNING, copied, database_after, file_after
from tests.faults.ownership import Owner, disarmed, history, owner

from flowgov import Engine, FixedClock, Source
from flowgov.audit.hashing import leaf_hash

Expected = tuple[str, str | None, str, int | None]
"""Code, what it is about, chain and record of the finding that an attack must lead to."""
Attack = Callable[[Owner], Expected]

TITLE, LABEL, REASON = "CRM", "https://example.org/need_statement", "Une seule personne"
DATA = "INSERT INTO flowgov_text (stream, seq, field, salt, value) VALUES (:s, :n, :f, :x, :v)"


@pytest.fixture(scope="session")
def redacted_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return file_after(sqlite_template, tmp_path_factory.mktemp("redacted") / "redacted.db", _make)


@pytest.fixture(scope="session")
def redacted_database(postgres_server: URL, postgres_template: str) -> Iterator[str]:
    yield from database_after(postgres_server, postgres_template, _make)


@pytest.fixture
def log_url(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A log from which texts were removed on record, and then ebihan, last of all a reason."""
    yield from copied(dialect, tmp_path, request, "redacted_file", "redacted_database")


def _make(url: str) -> None:
    clock = FixedClock(MORNING)
    with Engine.open(url, clock=clock) as engine:
        history(engine, clock)
        terminal = Source("cli", "os-ebihan", trusted=True)
        engine.open_project("ERP", workflow="pme-light", title="ERP", by="ebihan", source=terminal)
        granted = next(e.seq for e in engine.log(event="exception.granted"))
        label = next(e.seq for e in engine.history("CRM") if e.event == "evidence.added")
        for project, seq, field in (("CRM", 1, "title"), ("CRM", label, "label"), (None, granted, "reason")):
            engine.redact(project, seq, field, reason="Named a client", by="htallec")
        engine.erase_person("nroussel", reason="Asked for it", by="slegoff")
        engine.erase_person("ebihan", reason="Asked for it", by="slegoff")
        engine.open_project("LATER", workflow="pme-light", title="Later", by="kbenali")
        engine.grant_role("operations", "kbenali", by="htallec")
        moved = next(e.seq for e in engine.history("CRM") if e.event == "project.move_refused")
        engine.redact("CRM", moved, "reason", reason="Named a client", by="slegoff")


def person(db: Owner, login: str) -> str:
    return str(db.one("SELECT id FROM flowgov_person WHERE login = :l", l=login))


def erased(db: Owner) -> str:
    """Pseudonym of ebihan, who opened ERP."""
    return str(db.one("SELECT creator FROM flowgov_project WHERE key = 'ERP'"))


def card(db: Owner, id_: str) -> int:
    """Position of the record that made somebody known."""
    rows = range(1, db.last("org") + 1)
    documents = (json.loads(db.body("org", seq)) for seq in rows)
    return next(d["seq"] for d in documents if d["event"] == "person.added" and d["person"] == id_)


def forge(db: Owner, event: str, number: int, **changes: object) -> int:
    """A consistent rewrite, heads included, of the n-th record of an event in the organisation's chain."""
    seq = db.seq("org", event, number)
    db.rewrite("org", seq, lambda document: document.update(changes), columns=True)
    db.relink("org", seq + 1)
    return seq


def aim(db: Owner, number: int, field: str | None = None, **target: object) -> int:
    """A consistent rewrite of what the n-th redaction is about."""

    def change(document: dict[str, dict[str, object]]) -> None:
        document["target"].update(target)
        if field is not None:
            document["field"] = field  # type: ignore[assignment]  # one of the texts

    seq = db.seq("org", "text.redacted", number)
    db.rewrite("org", seq, change)
    db.relink("org", seq + 1)
    return seq


def put_back(db: Owner, stream: str, seq: int, field: str, value: str) -> None:
    db.run(DATA, s=stream, n=seq, f=field, x=b"x" * 32, v=value)


# --- texts removed without a record, or with another one ----------------------------------------------------------


def a_text_removed_without_a_record(db: Owner) -> Expected:
    seq = db.seq("CRM", "approval.given")
    db.run("DELETE FROM flowgov_text WHERE stream = :s AND field = 'comment'", s=db.stream("CRM"))
    return "UNLOGGED_ERASURE", None, "CRM", seq


def a_text_of_the_organisation_removed_without_a_record(db: Owner) -> Expected:
    seq = db.seq("org", "role.revoked")
    db.run("DELETE FROM flowgov_text WHERE stream = 'org' AND seq = :n", n=seq)
    return "UNLOGGED_ERASURE", None, "org", seq


def a_redaction_without_its_reason(db: Owner) -> Expected:
    seq = db.seq("org", "text.redacted")
    db.run("DELETE FROM flowgov_text WHERE stream = 'org' AND seq = :n", n=seq)
    return "UNLOGGED_ERASURE", None, "org", seq


def a_card_emptied_without_a_record(db: Owner) -> Expected:
    seq = card(db, person(db, "jprigent"))
    db.run("DELETE FROM flowgov_text WHERE stream = 'org' AND seq = :n", n=seq)
    db.run("UPDATE flowgov_person SET login = id, name = '' WHERE login = 'jprigent'")
    return "UNLOGGED_ERASURE", None, "org", seq


def a_redaction_of_another_field(db: Owner) -> Expected:
    aim(db, 1, "objective")
    return "UNLOGGED_ERASURE", None, "CRM", 1


def a_redaction_that_leaves_its_text(db: Owner) -> Expected:
    aim(db, 1, "objective")
    return "DISCLOSURE_ORPHAN", "redacted", "CRM", 1


def a_redaction_of_another_hash(db: Owner) -> Expected:
    seq = aim(db, 1, hash="0" * 64)
    return "RULE_VIOLATION", "redacts_another", "org", seq


def a_text_whose_redaction_names_another_hash(db: Owner) -> Expected:
    aim(db, 1, hash="0" * 64)
    return "UNLOGGED_ERASURE", None, "CRM", 1


def a_redaction_of_another_record(db: Owner) -> Expected:
    seq = aim(db, 1, seq=2)
    return "RULE_VIOLATION", "redacts_another", "org", seq


def a_redaction_of_a_record_that_is_not_there(db: Owner) -> Expected:
    seq = aim(db, 1, seq=999)
    return "RULE_VIOLATION", "redacts_nothing", "org", seq


def a_redaction_in_a_chain_that_is_not_there(db: Owner) -> Expected:
    seq = aim(db, 1, stream="prj:nothing")
    return "RULE_VIOLATION", "redacts_nothing", "org", seq


def a_redaction_of_a_field_that_the_record_does_not_have(db: Owner) -> Expected:
    seq = aim(db, 1, "reason")
    return "RULE_VIOLATION", "redacts_nothing", "org", seq


def a_redaction_of_itself(db: Owner) -> Expected:
    seq = db.seq("org", "text.redacted", 3)
    aim(db, 3, "reason", seq=seq)
    return "RULE_VIOLATION", "redacts_another", "org", seq


def a_redaction_twice(db: Owner) -> Expected:
    seq = aim(db, 4, "title", seq=1, hash=leaf_hash(db.body("CRM", 1)))
    return "RULE_VIOLATION", "redacted_twice", "org", seq


def a_redaction_of_an_identity_card(db: Owner) -> Expected:
    at = card(db, person(db, "jprigent"))
    db.run("DELETE FROM flowgov_text WHERE stream = 'org' AND seq = :n AND field = 'name'", n=at)
    seq = aim(db, 4, "name", stream="org", seq=at, hash=leaf_hash(db.body("org", at)))
    return "RULE_VIOLATION", "redacts_card", "org", seq


def a_redaction_taken_out_of_the_log(db: Owner) -> Expected:
    last = db.last("org")
    refused = db.seq("CRM", "project.move_refused")
    waits = "SELECT id FROM flowgov_record WHERE stream = 'org' AND seq = :n"
    db.run(f"DELETE FROM flowgov_pending WHERE record = ({waits})", n=last)
    for table in ("record", "text"):
        db.run(f"DELETE FROM flowgov_{table} WHERE stream = 'org' AND seq = :n", n=last)
    db.run("UPDATE flowgov_organisation SET seq = :n", n=last - 1)
    db.relink("org", last)
    return "UNLOGGED_ERASURE", None, "CRM", refused


# --- texts put back -----------------------------------------------------------------------------------------------


def a_title_put_back(db: Owner) -> Expected:
    put_back(db, db.stream("CRM"), 1, "title", TITLE)
    return "DISCLOSURE_ORPHAN", "redacted", "CRM", 1


def a_reason_of_the_organisation_put_back(db: Owner) -> Expected:
    seq = db.seq("org", "exception.granted")
    put_back(db, "org", seq, "reason", REASON)
    return "DISCLOSURE_ORPHAN", "redacted", "org", seq


def a_login_put_back(db: Owner) -> Expected:
    seq = card(db, erased(db))
    put_back(db, "org", seq, "login", "ebihan")
    return "DISCLOSURE_ORPHAN", "redacted", "org", seq


def a_system_user_put_back(db: Owner) -> Expected:
    put_back(db, db.stream("ERP"), 1, "os_user", "os-ebihan")
    return "DISCLOSURE_ORPHAN", "redacted", "ERP", 1


def a_title_restored_where_it_shows(db: Owner) -> Expected:
    db.run("UPDATE flowgov_project SET title = :v WHERE key = 'CRM'", v=TITLE)
    return "STATE_MISMATCH", "text", "CRM", db.last("CRM")


def a_label_restored_where_it_shows(db: Owner) -> Expected:
    seq = db.seq("CRM", "evidence.added")
    id_ = db.stream("CRM").removeprefix("prj:")
    db.run("UPDATE flowgov_evidence SET label = :v WHERE project_id = :p AND seq = :n", v=LABEL, p=id_, n=seq)
    return "STATE_MISMATCH", "text", "CRM", seq


def a_reason_restored_where_it_shows(db: Owner) -> Expected:
    db.run("UPDATE flowgov_exception SET reason = :v", v=REASON)
    return "STATE_MISMATCH", "text", "org", db.seq("org", "exception.granted")


def a_person_restored_where_it_shows(db: Owner) -> Expected:
    seq = card(db, erased(db))
    db.run("UPDATE flowgov_person SET login = 'ebihan', name = 'Erwan Bihan' WHERE id = :p", p=erased(db))
    return "STATE_MISMATCH", "text", "org", seq


# --- who is not entitled ------------------------------------------------------------------------------------------


def a_redaction_by_nobody_entitled(db: Owner) -> Expected:
    seq = forge(db, "text.redacted", 4, actor=person(db, "kbenali"))
    return "ROLE_VIOLATION", "not_held", "org", seq


def an_erasure_by_nobody_entitled(db: Owner) -> Expected:
    seq = forge(db, "person.erased", 2, actor=person(db, "kbenali"))
    return "ROLE_VIOLATION", "not_held", "org", seq


def an_erasure_of_oneself(db: Owner) -> Expected:
    seq = forge(db, "person.erased", 2, person=person(db, "slegoff"))
    return "ROLE_VIOLATION", "self_erasure", "org", seq


def an_erasure_of_a_holder(db: Owner) -> Expected:
    seq = forge(db, "person.erased", 2, person=person(db, "kbenali"))
    return "RULE_VIOLATION", "still_holds", "org", seq


def an_erasure_of_nobody(db: Owner) -> Expected:
    seq = forge(db, "person.erased", 2, person="u00000000000000000000")
    return "RULE_VIOLATION", "erases_nobody", "org", seq


def an_erasure_twice(db: Owner) -> Expected:
    seq = forge(db, "person.erased", 1, person=erased(db))
    return "RULE_VIOLATION", "erases_nobody", "org", seq + 1


def a_deed_of_somebody_erased(db: Owner) -> Expected:
    db.rewrite("LATER", 1, lambda document: document.update(actor=erased(db)), columns=True)
    db.relink("LATER", 2)
    db.run("UPDATE flowgov_project SET creator = :p WHERE key = 'LATER'", p=erased(db))
    return "ROLE_VIOLATION", "erased", "LATER", 1


def a_deed_of_somebody_erased_in_the_organisation(db: Owner) -> Expected:
    seq = forge(db, "text.redacted", 4, actor=erased(db))
    return "ROLE_VIOLATION", "erased", "org", seq


def a_role_for_somebody_erased(db: Owner) -> Expected:
    number = int(db.one("SELECT count(*) FROM flowgov_record WHERE event = 'role.granted'"))
    seq = forge(db, "role.granted", number, person=erased(db))
    db.run("UPDATE flowgov_assignment SET person_id = :p WHERE role = 'operations'", p=erased(db))
    return "ROLE_VIOLATION", "erased", "org", seq


ATTACKS = {
    attack.__name__.replace("_", " "): attack
    for attack in (
        a_text_removed_without_a_record,
        a_text_of_the_organisation_removed_without_a_record,
        a_redaction_without_its_reason,
        a_card_emptied_without_a_record,
        a_redaction_of_another_field,
        a_redaction_that_leaves_its_text,
        a_redaction_of_another_hash,
        a_text_whose_redaction_names_another_hash,
        a_redaction_of_another_record,
        a_redaction_of_a_record_that_is_not_there,
        a_redaction_in_a_chain_that_is_not_there,
        a_redaction_of_a_field_that_the_record_does_not_have,
        a_redaction_of_itself,
        a_redaction_twice,
        a_redaction_of_an_identity_card,
        a_redaction_taken_out_of_the_log,
        a_title_put_back,
        a_reason_of_the_organisation_put_back,
        a_login_put_back,
        a_system_user_put_back,
        a_title_restored_where_it_shows,
        a_label_restored_where_it_shows,
        a_reason_restored_where_it_shows,
        a_person_restored_where_it_shows,
        a_redaction_by_nobody_entitled,
        an_erasure_by_nobody_entitled,
        an_erasure_of_oneself,
        an_erasure_of_a_holder,
        an_erasure_of_nobody,
        an_erasure_twice,
        a_deed_of_somebody_erased,
        a_deed_of_somebody_erased_in_the_organisation,
        a_role_for_somebody_erased,
    )
}
ALONE = [
    "a text removed without a record",
    "a title restored where it shows",
    "a reason restored where it shows",
    "a redaction by nobody entitled",
    "a deed of somebody erased",
    "a redaction taken out of the log",
]
"""Attacks that have no consequences of their own: one finding, no more."""


def found(url: str) -> list[Expected]:
    with Engine.open(url) as engine:
        findings = engine.verify().findings
    return [(f.code, f.params.get("about"), f.project or str(f.stream), f.seq) for f in findings]


def test_a_log_from_which_texts_were_removed_on_record_holds(log_url: str) -> None:
    with Engine.open(log_url) as engine:
        verdict = engine.verify()

    # a title, a label and two reasons; login and name of two persons; one system user
    assert (verdict.findings, verdict.redacted) == ((), 9)


@pytest.mark.parametrize("attack", ATTACKS)
def test_verification_names_what_was_done(log_url: str, attack: str) -> None:
    with disarmed(log_url) as db:
        expected = ATTACKS[attack](db)

    assert expected in found(log_url)


@pytest.mark.parametrize("attack", ALONE)
def test_what_was_done_is_one_finding(log_url: str, attack: str) -> None:
    with disarmed(log_url) as db:
        expected = ATTACKS[attack](db)

    assert found(log_url) == [expected]


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_was_done_is_told_in_both_languages(log_url: str, attack: str) -> None:
    with disarmed(log_url) as db:
        ATTACKS[attack](db)

    with Engine.open(log_url) as engine:
        told = [f.message(lang) for f in engine.verify().findings for lang in ("en", "fr")]  # type: ignore[arg-type]  # languages

    assert not [sentence for sentence in told if "{" in sentence]


def test_a_text_is_not_changed_in_place_even_by_flowgov(log_url: str) -> None:
    """Only whole rows go; the triggers refuse the rest."""
    with pytest.raises(exc.DBAPIError), owner(log_url) as db:
        db.run("UPDATE flowgov_text SET value = '' WHERE field = 'reason'")
