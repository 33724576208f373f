"""What the benchmarks stand on: databases, a definition to go through for ever, projects by the thousand.

One project is made through the engine, act by act. The others are planted: its records are sealed again, by
the same `Scribe`, as chains of their own, and inserted in bulk, so that they are as valid as the first.
"""

from __future__ import annotations

import json
import os
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, create_engine, event, insert, select
from sqlalchemy import Engine as Database
from sqlalchemy.engine import URL

from flowgov import Engine
from flowgov.audit.record import Head, Scribe, Source, project_stream, uuid7
from flowgov.basis import basis
from flowgov.store import records
from flowgov.store.database import writing
from flowgov.store.entries_of import packed
from flowgov.store.tables import approval, evidence, free_text, project, record
from flowgov.workflow.model import Workflow, build
from tests import postgres

CREATOR, CHECKER, APPROVER, ADMINISTRATOR = "kbenali", "nroussel", "ykerbrat", "htallec"
TEMPLATE = "TEMPLATE"
TRANSITION = "check"
LOOP = "note"
"""Leads back to where it starts and asks for a role only, so that one project can make it for ever."""
COLLEAGUES = 60
"""People who hold the same roles everywhere and have nothing to do with the moves measured."""
PEOPLE = {CREATOR: "business_owner", CHECKER: "security_officer", APPROVER: "technical_owner"}

_SEALED = frozenset(
    ("v", "log", "stream", "seq", "prev", "ts", "event", "outcome", "actor", "id", "src", "code", "c", "clock")
)
"""What `Scribe.seal` adds by itself."""
_BATCH = 500


def definition() -> Workflow:
    """Two states to go back and forth between; `TRANSITION` asks for all that a gate can ask for."""
    return build(
        {
            "id": "bench",
            "version": "1.0.0",
            "title": _label("Bench"),
            "separation": "block",
            "roles": [{"id": name, **_label(name), "acts": True} for name in PEOPLE.values()],
            "evidence": [{"id": name, **_label(name)} for name in ("design", "risk_analysis")],
            "states": [
                {"id": "drafted", **_label("Drafted"), "stage": "need_expressed", "kind": "initial"},
                {"id": "checked", **_label("Checked"), "stage": "secured", "kind": "normal"},
                {"id": "closed", **_label("Closed"), "stage": "reviewed", "kind": "final"},
            ],
            "transitions": [
                _transition(
                    TRANSITION,
                    "drafted",
                    "checked",
                    PEOPLE[CHECKER],
                    approvals=[{"role": PEOPLE[APPROVER], "min": 1, "when": None}],
                    evidence=["design", "risk_analysis"],
                    distinct_from=["$creator", "return"],
                ),
                _transition("return", "checked", "drafted", PEOPLE[CREATOR]),
                _transition(LOOP, "drafted", "drafted", PEOPLE[CHECKER], distinct_from=["$creator"]),
                _transition("close", "checked", "closed", PEOPLE[CREATOR]),
            ],
        }
    )


@dataclass(slots=True)
class Ground:
    """A database that is ready to be measured."""

    url: str
    engine: Engine
    host: Database
    """What a host application would connect with, for moves in its own transactions."""
    planted: int = 0
    _template: Template | None = field(default=None, repr=False)

    @property
    def dialect(self) -> str:
        return "sqlite" if self.url.startswith("sqlite") else "postgresql"

    @property
    def records_per_project(self) -> int:
        """How many records a planted project has."""
        return len(self._read_template().documents)

    def plant(self, count: int) -> list[str]:
        """Keys of *count* new projects that stand one `TRANSITION` from being checked."""
        template = self._read_template()
        keys = [f"P-{self.planted + n:07d}" for n in range(1, count + 1)]
        self.planted += count
        for start in range(0, count, _BATCH):
            with writing(self.engine._house.database) as connection:
                _plant(connection, template, keys[start : start + _BATCH])
        return keys

    def _read_template(self) -> Template:
        if self._template is None:
            with self.engine._house.database.connect() as connection:
                self._template = _read(connection, self.engine._house.scribe(connection))
        return self._template


@contextmanager
def sqlite() -> Iterator[str]:
    """URL of a new SQLite file on the disk that temporary files are on."""
    with tempfile.TemporaryDirectory(prefix="flowgov-bench-") as folder:
        yield f"sqlite:///{Path(folder) / 'governance.db'}"


@contextmanager
def postgresql(server: URL) -> Iterator[str]:
    """URL of a new database on *server*."""
    name = f"flowgov_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres.plain(server), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(postgres.plain(server), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def ground(url: str, *, rounds: int = 12) -> Iterator[Ground]:
    """*url* with people, the definition, and a first project that went *rounds* times through its gate."""
    with Engine.init(
        url,
        organisation="Maison Tallec SAS",
        administrator=ADMINISTRATOR,
        name="Hélène Tallec",
        workflows=[definition()],
    ) as engine:
        for login, role in PEOPLE.items():
            engine.add_person(login, name=login, by=ADMINISTRATOR)
            engine.grant_role(role, login, by=ADMINISTRATOR)
        for n in range(COLLEAGUES):
            engine.add_person(f"colleague{n}", name=f"Colleague {n}", by=ADMINISTRATOR)
            engine.grant_role(PEOPLE[APPROVER], f"colleague{n}", by=ADMINISTRATOR)
        engine.open_project(TEMPLATE, workflow="bench", title="CRM de Maison Tallec", by=CREATOR)
        for kind in ("design", "risk_analysis"):
            engine.add_evidence(TEMPLATE, kind, link=f"https://dms.example/{kind}", by=CREATOR)
        for _ in range(rounds):
            engine.approve(TEMPLATE, TRANSITION, by=APPROVER)
            engine.move(TEMPLATE, TRANSITION, by=CHECKER)
            engine.move(TEMPLATE, "return", by=CREATOR)
        engine.approve(TEMPLATE, TRANSITION, by=APPROVER)
        host = _host(url)
        yield Ground(url, engine, host)
        host.dispose()


def _host(url: str) -> Database:
    host = create_engine(url)
    if host.dialect.name == "sqlite":
        event.listen(host, "connect", _durable)
    return host


def _durable(connection: Any, _: object) -> None:
    for setting in ("synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {setting}")


@dataclass(frozen=True, slots=True)
class Template:
    """The first project, as its records and rows tell it."""

    scribe: Scribe
    documents: Sequence[Mapping[str, Any]]
    texts: Mapping[int, Mapping[str, str]]
    project: Mapping[str, Any]
    approvals: Sequence[Mapping[str, Any]]
    evidence: Sequence[Mapping[str, Any]]


def _read(connection: Connection, scribe: Scribe) -> Template:
    row = dict(connection.execute(select(project).where(project.c.key == TEMPLATE)).mappings().one())
    stream = project_stream(row["id"])
    bodies = connection.execute(select(record.c.body).where(record.c.stream == stream).order_by(record.c.seq)).scalars()
    return Template(
        scribe,
        [json.loads(body) for body in bodies],
        records.texts(connection, stream),
        row,
        _rows(connection, approval, row["id"]),
        _rows(connection, evidence, row["id"]),
    )


def _rows(connection: Connection, table: Any, project_id: str) -> list[dict[str, Any]]:
    statement = select(table).where(table.c.project_id == project_id)
    return [dict(row) for row in connection.execute(statement).mappings()]


def _plant(connection: Connection, template: Template, keys: Sequence[str]) -> None:
    rows: dict[Any, list[dict[str, Any]]] = {table: [] for table in (project, record, free_text, evidence, approval)}
    for key in keys:
        project_id = uuid7(template.project["opened"], os.urandom)
        head = _seal_again(template, key, project_id, rows)
        rows[project].append(
            {**template.project, "id": project_id, "key": key, "seq": head.seq, "head": head.hash, "ts": head.ts}
        )
        rows[evidence] += [{**row, "project_id": project_id} for row in template.evidence]
        mine = _decided_on(template, key)
        rows[approval] += [
            {**row, "project_id": project_id, "basis": packed({**json.loads(row["basis"]), **mine})}
            for row in template.approvals
        ]
    for table, values in rows.items():
        connection.execute(insert(table).inline(), values)


def _decided_on(template: Template, key: str) -> dict[str, str]:
    """What approvals and moves were decided on, as far as it differs from project to project."""
    row = template.project
    return basis([key, row["workflow"], row["creator"], row["personal_data"]], (), ())


def _seal_again(template: Template, key: str, project_id: str, rows: Mapping[Any, list[dict[str, Any]]]) -> Head:
    head = Head(project_stream(project_id), 0, "", "")
    for document in template.documents:
        facts = {name: value for name, value in document.items() if name not in _SEALED}
        if "key" in facts:
            facts["key"] = key
        if "basis" in facts:
            facts["basis"] = {**facts["basis"], **_decided_on(template, key)}
        sealed = template.scribe.seal(
            head,
            document["event"],
            document["actor"],
            document["ts"],
            facts,
            Source(),
            template.texts.get(head.seq + 1),
        )
        rows[record].append(
            {
                "stream": sealed.stream,
                "seq": sealed.seq,
                "body": sealed.body,
                "event": sealed.event,
                "outcome": sealed.outcome,
                "actor": sealed.actor,
                "ts": sealed.ts,
                "idem": None,
            }
        )
        rows[free_text] += [
            {"stream": sealed.stream, "seq": sealed.seq, "field": t.field, "salt": t.salt, "value": t.value}
            for t in sealed.texts
        ]
        head = sealed.head
    return head


def _label(words: str) -> dict[str, str]:
    return {"en": words, "fr": words}


def _transition(name: str, source: str, target: str, role: str, **demands: Any) -> dict[str, Any]:
    return {
        "id": name,
        **_label(name),
        "from": [source],
        "to": target,
        "kind": "gate",
        "fire": [role],
        "approvals": [],
        "evidence": [],
        "distinct_from": [],
        "guards": [],
        "reason": "optional",
        **demands,
    }
