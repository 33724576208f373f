"""Closing a period safely: who may, what can come in between, and what whoever owns the database cannot do unseen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import create_engine, exc, text
from sqlalchemy.engine import make_url
from tests.faults.ownership import disarmed
from tests.walks.closing import UNTIL, archive, codes, verified

from flowgov import (
    BadInput,
    Conflict,
    DatabaseError,
    Engine,
    NotFound,
    OutcomeUnknown,
    Refused,
)
from flowgov.acts import archiving
from flowgov.acts.administering import Desk
from flowgov.anchors.vault import Vault
from flowgov.audit import bundle
from flowgov.audit.hashing import leaf_digest, leaf_hash
from flowgov.keeper import Keeper
from flowgov.store import burying
from flowgov.testing import engine as new_engine
from flowgov.testing import vault as vault_for


def standing(engine: Engine) -> tuple[int, list[str]]:
    """How many records there are, and which projects are archived."""
    return len(list(engine.log())), [project.key for project in engine.projects() if project.archived]


# --- who may, and what can come in between ------------------------------------------------------------------------


def test_who_is_no_administrator_is_refused_on_record_and_nothing_is_deleted(
    flow: Engine, vault: Vault, closed: Path
) -> None:
    before, _ = standing(flow)

    with pytest.raises(Refused) as caught:
        archive(flow, vault, closed, by="kbenali")

    assert [blocker.code for blocker in caught.value.decision.blockers] == ["not_administrator"]
    assert (standing(flow), closed.exists()) == ((before + 1, []), False)
    assert verified(flow, vault).holds


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_nobody_who_is_unknown_archives(flow: Engine, vault: Vault, closed: Path) -> None:
    with pytest.raises(NotFound, match="nobody"):
        archive(flow, vault, closed, by="nobody")

    assert (standing(flow)[1], closed.exists()) == ([], False)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_reason_is_required(flow: Engine, vault: Vault, closed: Path) -> None:
    with pytest.raises(BadInput):
        flow.archive(closed, until=UNTIL, reason=" ", vault=vault, by="htallec")

    assert (standing(flow)[1], closed.exists()) == ([], False)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_file_that_exists_is_never_replaced(flow: Engine, vault: Vault, closed: Path) -> None:
    closed.write_text("mine", encoding="utf-8")

    with pytest.raises(BadInput, match="never takes the place"):
        archive(flow, vault, closed)

    assert (standing(flow)[1], closed.read_text(encoding="utf-8")) == ([], "mine")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_log_without_a_key_is_not_archived(flow: Engine, tmp_path: Path, closed: Path) -> None:
    (tmp_path / "none").mkdir()
    with new_engine(tmp_path / "none") as other:
        vault = vault_for(other, tmp_path / "vault")

    with pytest.raises(BadInput, match="flowgov audit key new"):
        archive(flow, vault, closed)

    assert not closed.exists()


def test_a_project_that_changes_between_writing_and_burying_stops_everything(
    flow: Engine, vault: Vault, closed: Path, year_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def checked(path: Path, key: str) -> str:
        # CRM is closed; that it was tried is recorded
        with Engine.open(year_url, clock=flow._house.clock) as another, pytest.raises(Refused):
            another.add_evidence("CRM", "charter", link="https://example.org/2", by="kbenali")
        return archiving_checked(path, key)

    archiving_checked = archiving.checked
    monkeypatch.setattr(archiving, "checked", checked)
    before, _ = standing(flow)

    with pytest.raises(Conflict, match="changed by somebody else"):
        archive(flow, vault, closed)

    assert (standing(flow), closed.exists()) == ((before + 1, []), False)
    assert verified(flow, vault).holds


class _Crash(Exception):
    """Something that nobody expected."""


def _raise(error: BaseException) -> Callable[..., Any]:
    def raising(*_: object, **__: object) -> Any:
        raise error

    return raising


def _after(function: Callable[..., Any], times: int = 1) -> Callable[..., Any]:
    """The function, that crashes once it was done so many times."""
    left = iter(range(times - 1))

    def crashing(*arguments: Any, **named: Any) -> Any:
        done = function(*arguments, **named)
        if next(left, None) is None:
            raise _Crash
        return done

    return crashing


CRASHES: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "while writing": lambda m: m.setattr(archiving.bundle, "write", _raise(_Crash())),
    "once written": lambda m: m.setattr(archiving.bundle, "write", _after(archiving.bundle.write)),
    "while checking": lambda m: m.setattr(archiving, "checked", _raise(_Crash())),
    "once checked": lambda m: m.setattr(archiving, "checked", _after(archiving.checked)),
    "once locked": lambda m: m.setattr(archiving, "sit_down", _after(archiving.sit_down)),
    "once the tombstone stands": lambda m: m.setattr(Desk, "enter", _after(Desk.enter)),
    "once a project says goodbye": lambda m: m.setattr(Desk, "enter", _after(Desk.enter, 2)),
    "once a project is marked": lambda m: m.setattr(burying, "mark", _after(burying.mark)),
    "once the triggers are lifted": lambda m: m.setattr(burying, "project_stream", _raise(_Crash())),
    "once leaves are marked": lambda m: m.setattr(burying, "delete", _raise(_Crash())),
    "once records are deleted": lambda m: m.setattr(burying, "delete", _after(burying.delete, 2)),
    "once texts are deleted": lambda m: m.setattr(burying, "delete", _after(burying.delete, 3)),
    "once approvals are deleted": lambda m: m.setattr(burying, "delete", _after(burying.delete, 4)),
    "once everything is deleted": lambda m: m.setattr(burying, "bury", _after(burying.bury)),
}


@pytest.mark.parametrize("moment", CRASHES)
def test_a_crash_leaves_nothing_half_done(
    flow: Engine, vault: Vault, closed: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    before = standing(flow)
    with monkeypatch.context() as patch:
        CRASHES[moment](patch)
        with pytest.raises(_Crash):
            archive(flow, vault, closed)

    assert (standing(flow), closed.exists(), list(closed.parent.glob(".flowgov-*"))) == (before, False, [])
    assert verified(flow, vault).holds
    archive(flow, vault, closed)
    assert verified(flow, vault, closed).holds


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_the_only_copy_is_never_removed(
    flow: Engine, vault: Vault, closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Keeper, "_write", _crashing_once_buried(Keeper._write))
        with pytest.raises(_Crash):
            archive(flow, vault, closed)

    assert standing(flow)[1] == ["CRM", "ERP"]
    assert verified(flow, vault, closed).holds


def _crashing_once_buried(write: Callable[..., Any]) -> Callable[..., Any]:
    def writing(keeper: Engine, *arguments: Any) -> Any:
        done = write(keeper, *arguments)
        if getattr(done, "event", "") == "log.archived":
            raise _Crash
        return done

    return writing


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_the_file_stays_where_nobody_knows_whether_records_were_deleted(
    flow: Engine, vault: Vault, closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiving, "bury", _raise(OutcomeUnknown(database="x")))

    with pytest.raises(OutcomeUnknown):
        archive(flow, vault, closed)

    assert closed.exists()


# --- the triggers -------------------------------------------------------------------------------------------------


def test_records_cannot_be_deleted_or_leaves_changed_afterwards(archived: Engine, year_url: str) -> None:
    database = create_engine(year_url)

    refused = [
        _is_refused(database, statement)
        for statement in (
            "DELETE FROM flowgov_record WHERE stream = 'org'",
            "UPDATE flowgov_leaf SET archive = NULL",
            "UPDATE flowgov_leaf SET archive = 1",
        )
    ]

    database.dispose()
    assert refused == [True, True, True]


def _is_refused(database: Database, statement: str) -> bool:
    with pytest.raises(exc.DBAPIError, match="flowgov: "), database.begin() as connection:
        connection.execute(text(statement))
    return True


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_a_database_user_who_does_not_own_the_tables_cannot_archive(
    flow: Engine, vault: Vault, closed: Path, year_url: str
) -> None:
    before, user = standing(flow), f"clerk_{make_url(year_url).database}"
    owner = create_engine(year_url)
    with owner.begin() as connection:
        connection.execute(text(f"CREATE ROLE {user} LOGIN PASSWORD 'clerk'"))
        connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {user}"))
        connection.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {user}"))
    try:
        theirs = make_url(year_url).set(username=user, password="clerk")
        url = theirs.render_as_string(hide_password=False)
        with Engine.open(url, clock=flow._house.clock) as clerk, pytest.raises(DatabaseError) as caught:
            archive(clerk, vault, closed)
    finally:
        with owner.begin() as connection:
            connection.execute(text(f"DROP OWNED BY {user}"))
            connection.execute(text(f"DROP ROLE {user}"))
        owner.dispose()

    assert (caught.value.reason, standing(flow), closed.exists()) == ("forbidden", before, False)


# --- whoever owns the database ------------------------------------------------------------------------------------


def _tombstone(db: Any) -> int:
    return int(db.seq("org", "log.archived"))


def _columns(name: str, value: str) -> Callable[[Any, Path], None]:
    return lambda db, _: db.run(f"UPDATE flowgov_project SET {name} = {value} WHERE key = 'CRM'")


def _tombstone_rewritten(db: Any, _: Path) -> None:
    """Another file, with everything after it made to follow."""
    seq = _tombstone(db)
    db.rewrite("org", seq, lambda document: document.update(file="0" * 64))
    _follow(db, seq + 1)


def _follow(db: Any, first: int) -> None:
    """Chain and leaves agree again; only the nodes and what was signed do not."""
    for seq in range(first, db.last("org") + 1):
        prev = leaf_hash(db.body("org", seq - 1))
        db.rewrite("org", seq, lambda document, prev=prev: document.update(prev=prev))
    db.run("UPDATE flowgov_organisation SET head = :h", h=leaf_hash(db.body("org", db.last("org"))))
    for seq in range(first - 1, db.last("org") + 1):
        body = db.body("org", seq)
        id_ = db.one("SELECT id FROM flowgov_record WHERE stream = 'org' AND seq = :n", n=seq)
        db.run("UPDATE flowgov_leaf SET hash = :h WHERE record = :r", h=leaf_digest(body), r=id_)


def _records_put_back(db: Any, closed: Path) -> None:
    with bundle.opened(closed) as opened:
        for entry in opened.records():
            said = json.loads(entry.body)
            if said["stream"] == "org":
                continue
            id_ = db.one("SELECT record FROM flowgov_leaf WHERE idx = :i", i=entry.idx)
            db.run(
                "INSERT INTO flowgov_record (id, stream, seq, body, event, outcome, actor, ts)"
                " VALUES (:id, :stream, :seq, :body, :event, :outcome, :actor, :ts)",
                id=id_,
                body=entry.body,
                **{name: said[name] for name in ("stream", "seq", "event", "outcome", "actor", "ts")},
            )
    db.run("DELETE FROM flowgov_pending")


def _others_deleted(archive: str) -> Callable[[Any, Path], None]:
    """Records of a project that did not end are deleted, and passed off as archived."""

    def attack(db: Any, _: Path) -> None:
        mark = _tombstone(db) if archive == "known" else 999
        theirs = "SELECT id FROM flowgov_record WHERE stream = :s"
        db.run(f"UPDATE flowgov_leaf SET archive = :a WHERE record IN ({theirs})", a=mark, s=db.stream("PAY"))
        db.run("DELETE FROM flowgov_text WHERE stream = :s", s=db.stream("PAY"))
        db.run("DELETE FROM flowgov_record WHERE stream = :s", s=db.stream("PAY"))
        db.run("UPDATE flowgov_project SET archived = :a WHERE key = 'PAY'", a=mark)

    return attack


ATTACKS: dict[str, tuple[Callable[[Any, Path], Any], set[str]]] = {
    "another title": (_columns("title", "'Autre'"), {"ARCHIVE_MISMATCH"}),
    "another state": (_columns("state", "'deployed'"), {"ARCHIVE_MISMATCH"}),
    "another creator": (
        _columns("creator", "(SELECT id FROM flowgov_person WHERE login = 'nroussel')"),
        {"ARCHIVE_MISMATCH"},
    ),
    "another key": (_columns("key", "'CRM2'"), {"ARCHIVE_MISMATCH"}),
    "another time": (_columns("ts", "'2026-01-06T09:00:00.000000Z'"), {"ARCHIVE_MISMATCH"}),
    "another head": (_columns("head", f"'{'0' * 64}'"), {"ARCHIVE_MISMATCH"}),
    "not archived after all": (_columns("archived", "NULL"), {"ARCHIVE_MISMATCH"}),
    "archived by another record": (_columns("archived", "1"), {"ARCHIVE_MISMATCH"}),
    "the project is gone": (
        lambda db, _: [
            db.run("DELETE FROM flowgov_exception"),
            db.run("DELETE FROM flowgov_assignment WHERE role = 'sponsor'"),
            db.run("DELETE FROM flowgov_project WHERE key = 'CRM'"),
        ],
        {"PROJECT_MISSING"},
    ),
    "evidence on it": (
        lambda db, _: db.run(
            "INSERT INTO flowgov_evidence (project_id, seq, kind, label, cycle, person_id, added, stored)"
            " SELECT id, 2, 'charter', 'x', 1, creator, ts, personal_data FROM flowgov_project WHERE key = 'CRM'"
        ),
        {"ARCHIVE_MISMATCH"},
    ),
    "a leaf of no archive": (
        lambda db, _: db.run("UPDATE flowgov_leaf SET archive = NULL WHERE archive IS NOT NULL"),
        {"RECORD_MISSING", "ARCHIVE_MISMATCH"},
    ),
    "a leaf of another archive": (
        lambda db, _: db.run("UPDATE flowgov_leaf SET archive = 999 WHERE archive IS NOT NULL"),
        {"ARCHIVE_MISMATCH"},
    ),
    "a leaf more": (
        lambda db, _: db.run("UPDATE flowgov_leaf SET archive = :a WHERE idx = 0", a=_tombstone(db)),
        {"ARCHIVE_MISMATCH"},
    ),
    "another hash in an archive": (
        lambda db, _: db.run("UPDATE flowgov_leaf SET hash = :h WHERE archive IS NOT NULL", h=bytes(32)),
        {"ROOT_MISMATCH"},
    ),
    "another file in the tombstone": (_tombstone_rewritten, {"ROOT_MISMATCH"}),
    "records put back": (_records_put_back, {"ARCHIVE_MISMATCH"}),
    "other records deleted, as of an archive": (
        _others_deleted("known"),
        {"ARCHIVE_MISMATCH", "PROJECT_MISSING"},
    ),
    "other records deleted, as of no archive": (_others_deleted("unknown"), {"ARCHIVE_MISMATCH", "PROJECT_MISSING"}),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_stays_of_archived_projects_cannot_be_altered_unseen(
    archived: Engine, vault: Vault, year_url: str, closed: Path, attack: str
) -> None:
    alter, expected = ATTACKS[attack]
    with disarmed(year_url) as db:
        alter(db, closed)

    verdict = verified(archived, vault)

    assert expected <= codes(verdict), [finding.message() for finding in verdict.findings]


def test_records_deleted_by_hand_are_no_archive(flow: Engine, vault: Vault, year_url: str) -> None:
    flow.checkpoint(vault)
    with disarmed(year_url) as db:
        stream = db.stream("NEW")
        db.run("DELETE FROM flowgov_text WHERE stream = :s", s=stream)
        db.run("DELETE FROM flowgov_record WHERE stream = :s", s=stream)

    assert {"RECORD_MISSING", "PROJECT_MISSING"} <= codes(verified(flow, vault))
