"""The floor: what a governed move costs when it is written by hand for the bare driver.

Its records are the very bytes that `Engine.move` would have written, sealed beforehand and untimed, so the
floor neither formats nor hashes: it reads the facts, compares them, updates, inserts and commits.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg
from sqlalchemy import event, select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from flowgov.store.tables import project, record
from tests import postgres
from tests.benchmarks.ground import APPROVER, CHECKER, PEOPLE, TRANSITION, Ground

ROLE, APPROVING_ROLE = PEOPLE[CHECKER], PEOPLE[APPROVER]
FIRES = frozenset((ROLE,))
WANTED = frozenset(("design", "risk_analysis"))


@dataclass(frozen=True, slots=True)
class Prepared:
    """One move, with every value it will write."""

    key: str
    version: int
    update: tuple[Any, ...]
    """state, cycle, version, passages, entered, seq, head, ts, id, seq held, version held."""
    record: tuple[Any, ...]
    """stream, seq, body, event, outcome, actor, ts."""


@dataclass(frozen=True, slots=True)
class Combined:
    """The one SELECT that flowgov issues, as the driver gets it."""

    sql: str
    parameters: Any
    key: str

    def values(self, key: str) -> Any:
        """The parameters, for another project."""
        if isinstance(self.parameters, dict):
            return {n: key if v == self.key else v for n, v in self.parameters.items()}
        return tuple(key if v == self.key else v for v in self.parameters)


class Floor(Protocol):
    """One connection of the bare driver; `begin`, one of the reads, `write` and `commit` make a move."""

    def begin(self) -> None: ...
    def separate(self, move: Prepared) -> None: ...
    def combined(self, move: Prepared) -> None: ...
    def commit(self) -> None: ...
    def close(self) -> None: ...


def prepare(ground: Ground, keys: Sequence[str]) -> tuple[list[Prepared], Combined]:
    """Make every move once, keep what it wrote, and roll it back."""
    seen: list[tuple[str, Any]] = []

    def spy(_c: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, _many: bool) -> None:
        if "flowgov_approval" in sql and not seen:
            seen.append((sql, parameters))

    event.listen(ground.host, "before_cursor_execute", spy)
    try:
        prepared = [_prepared(ground, key) for key in keys]
    finally:
        event.remove(ground.host, "before_cursor_execute", spy)
    return prepared, Combined(*seen[0], keys[0])


def open_floor(ground: Ground, combined: Combined) -> Floor:
    """A floor on the ground's database."""
    return Sqlite(ground.url, combined) if ground.dialect == "sqlite" else Postgresql(ground.url, combined)


def _prepared(ground: Ground, key: str) -> Prepared:
    with Session(ground.host) as session:
        before = session.execute(select(project).where(project.c.key == key)).one()
        receipt = ground.engine.move(key, TRANSITION, by=CHECKER, session=session)
        after = session.execute(select(project).where(project.c.key == key)).one()
        written = session.execute(
            select(record).where(record.c.stream == receipt.stream, record.c.seq == receipt.seq)
        ).one()
        session.rollback()
    state = (after.state, after.cycle, after.version, after.passages, after.entered, after.seq, after.head, after.ts)
    return Prepared(
        key,
        before.version,
        (*state, before.id, before.seq, before.version),
        (written.stream, written.seq, written.body, written.event, written.outcome, written.actor, written.ts),
    )


PROJECT = (
    "SELECT id, workflow, state, previous, cycle, version, creator, personal_data, passages, seq, head, ts"
    " FROM flowgov_project WHERE key = ?"
)
ACTOR = "SELECT id FROM flowgov_person WHERE login = ?"
GRANTS = (
    "SELECT role, record FROM flowgov_assignment WHERE person_id = ? AND (project_id = ? OR project_id IS NULL)"
    " AND revoked IS NULL AND start <= ? AND (until IS NULL OR until > ?)"
)
APPROVALS = (
    "SELECT person_id, role, seq, basis, delegator, reservation FROM flowgov_approval"
    " WHERE project_id = ? AND transition = ? AND cycle = ? AND withdrawn IS NULL ORDER BY seq"
)
EVIDENCE = "SELECT kind, cycle, max(seq), sha256 FROM flowgov_evidence WHERE project_id = ? GROUP BY kind"
ENTRIES = (
    "SELECT kind, key, n, facts FROM flowgov_entry"
    " WHERE scope = ? AND kind IN ('charter', 'risk', 'waiver', 'condition')"
)
EXCEPTIONS = (
    "SELECT key, person_id, rules, start, every_days, reviewed FROM flowgov_exception"
    " WHERE project_id = ? AND start <= ? AND until > ?"
)
LAST = "SELECT body FROM flowgov_record WHERE stream = ? AND seq = ?"
UPDATE = (
    "UPDATE flowgov_project SET state = ?, cycle = ?, version = ?, passages = ?, entered = ?, seq = ?, head = ?,"
    " ts = ? WHERE id = ? AND seq = ? AND version = ?"
)
INSERT = "INSERT INTO flowgov_record (stream, seq, body, event, outcome, actor, ts) VALUES (?, ?, ?, ?, ?, ?, ?)"
BOTH = (
    "WITH moved AS (UPDATE flowgov_project SET state = %s, cycle = %s, version = %s, passages = %s, entered = %s,"
    " seq = %s, head = %s, ts = %s WHERE id = %s AND seq = %s AND version = %s RETURNING id)"
    " INSERT INTO flowgov_record (stream, seq, body, event, outcome, actor, ts)"
    " SELECT %s, %s, %s, %s, %s, %s, %s FROM moved"
)
"""Update and insert in one round trip."""

Ask = Callable[[str, tuple[Any, ...]], Any]


def judge_separately(ask: Ask, move: Prepared, statements: Statements) -> None:
    """Every fact by a SELECT of its own, then the comparisons a gate makes."""
    now = move.record[6]
    row = ask(statements.project, (move.key,)).fetchone()
    project_id, cycle, version, creator, passages = row[0], row[4], row[5], row[6], json.loads(row[8])
    (actor,) = ask(statements.actor, (CHECKER,)).fetchone()
    mine = ask(statements.grants, (actor, project_id, now, now)).fetchall()
    last_passed = passages[TRANSITION][1]
    given = [
        person
        for person, role, seq, *_ in ask(statements.approvals, (project_id, TRANSITION, cycle)).fetchall()
        if seq > last_passed and role == APPROVING_ROLE and person != actor
    ]
    approver = ask(statements.grants, (given[0], project_id, now, now)).fetchall()
    pieces = ask(statements.evidence, (project_id,)).fetchall()
    ask(statements.exceptions, (project_id, now, now)).fetchall()
    ask(statements.entries, (project_id,)).fetchall()
    last = ask(statements.last, ("prj:" + project_id, row[9])).fetchone()
    assert any(role in FIRES for role, _ in mine) and any(role == APPROVING_ROLE for role, _ in approver)
    assert version == move.version and actor != creator and passages["return"][0] != actor
    assert {piece[0] for piece in pieces} >= WANTED and last


def judge_combined(row: tuple[bytes, str], move: Prepared) -> None:
    """The comparisons of a gate on the row of the combined SELECT."""
    body, packed = row
    facts = json.loads(packed)
    version, creator, passages, actor = facts[6], facts[7], facts[9], facts[13]
    grants, approvals, evidence = facts[16:19]
    holders = {(person, role) for person, role, *_ in grants}
    given = [
        person
        for person, role, seq, *_ in approvals
        if seq > passages[TRANSITION][1] and role == APPROVING_ROLE and person != actor
    ]
    assert (actor, ROLE) in holders and (given[0], APPROVING_ROLE) in holders
    assert version == move.version and actor != creator and passages["return"][0] != actor
    assert {piece[0] for piece in evidence} >= WANTED and body


@dataclass(frozen=True, slots=True)
class Statements:
    """The separate statements in one driver's dialect."""

    project: str
    actor: str
    grants: str
    approvals: str
    evidence: str
    exceptions: str
    entries: str
    last: str
    update: str
    insert: str


ON_SQLITE = Statements(PROJECT, ACTOR, GRANTS, APPROVALS, EVIDENCE, EXCEPTIONS, ENTRIES, LAST, UPDATE, INSERT)
ON_POSTGRESQL = Statements(
    *(
        statement.replace("?", "%s")
        for statement in (
            f"{PROJECT} FOR NO KEY UPDATE",
            ACTOR,
            f"{GRANTS} FOR SHARE",
            APPROVALS,
            "SELECT DISTINCT ON (kind) kind, cycle, seq, sha256 FROM flowgov_evidence WHERE project_id = ?"
            " ORDER BY kind, seq DESC",
            f"{EXCEPTIONS} FOR SHARE",
            ENTRIES,
            LAST,
            UPDATE,
            INSERT,
        )
    )
)


class Sqlite:
    """The floor on SQLite: the sqlite3 module, which keeps prepared statements by their text."""

    def __init__(self, url: str, combined: Combined) -> None:
        self._combined = combined
        self._connection = sqlite3.connect(str(make_url(url).database), isolation_level=None)
        for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"):
            self._connection.execute(f"PRAGMA {setting}")

    def begin(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def separate(self, move: Prepared) -> None:
        judge_separately(self._connection.execute, move, ON_SQLITE)
        self._write(move)

    def combined(self, move: Prepared) -> None:
        row = self._connection.execute(self._combined.sql, self._combined.values(move.key)).fetchone()
        judge_combined(row, move)
        self._write(move)

    def commit(self) -> None:
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()

    def _write(self, move: Prepared) -> None:
        assert self._connection.execute(UPDATE, move.update).rowcount == 1
        self._connection.execute(INSERT, move.record)


class Postgresql:
    """The floor on PostgreSQL: psycopg, every statement prepared on the server."""

    def __init__(self, url: str, combined: Combined) -> None:
        plain = postgres.plain(make_url(url))
        # as flowgov connects: what is prepared is not planned again for every project
        options = "-c synchronous_commit=on -c plan_cache_mode=force_generic_plan -c timezone=UTC"
        self._connection = psycopg.connect(plain, options=options)
        self._combined = Combined(re.sub(r"\s+", " ", combined.sql), combined.parameters, combined.key)

    def begin(self) -> None:
        """psycopg sends BEGIN by itself, before the first statement."""

    def separate(self, move: Prepared) -> None:
        judge_separately(self._ask, move, ON_POSTGRESQL)
        assert self._ask(ON_POSTGRESQL.update, move.update).rowcount == 1
        self._ask(ON_POSTGRESQL.insert, move.record)

    def combined(self, move: Prepared) -> None:
        row = self._ask(self._combined.sql, self._combined.values(move.key)).fetchone()
        judge_combined(row, move)
        assert self._ask(BOTH, move.update + move.record).rowcount == 1

    def commit(self) -> None:
        self._connection.commit()

    def close(self) -> None:
        self._connection.close()

    def _ask(self, sql: str, values: Any) -> Any:
        return self._connection.execute(sql, values, prepare=True)
