"""The facts one gate asks for, locked and read in one statement.

On PostgreSQL the project row is locked FOR NO KEY UPDATE and the grants and exceptions relied on FOR SHARE in
the same statement. Rows read under a lock are current, the others are of the statement's snapshot; when the
project's position seen in that snapshot differs from the locked one, another writer was waited for and the
statement is run again, now holding the lock. On SQLite, BEGIN IMMEDIATE has already excluded other writers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, TextClause, text

from flowgov.audit.hashing import leaf_hash
from flowgov.audit.record import Head, project_stream
from flowgov.errors import AuditBroken, Conflict
from flowgov.guards import Exemption, GivenApproval, GivenEvidence, Grant, Passage, Request
from flowgov.workflow.model import Transition, Workflow

_READS = 3
"""How often the facts are read when a writer was waited for; from the first time on the lock is held."""

_FACTS = """
SELECT p.id, p.key, p.workflow, p.state, p.previous, p.cycle, p.version, p.creator, p.personal_data,
  p.passages, p.seq, p.head, p.ts, actor.id AS actor,
  (SELECT seen.seq FROM flowgov_project seen WHERE seen.id = p.id) AS seen,
  (SELECT r.body FROM flowgov_record r WHERE r.stream = 'prj:' || p.id AND r.seq = p.seq) AS body,
  (SELECT {rows}(f.person_id, f.role, f.record){end} FROM (
    SELECT g.person_id, g.role, g.record FROM flowgov_assignment g
    WHERE g.person_id IN (
        SELECT actor.id UNION ALL
        SELECT a.person_id FROM flowgov_approval a
        WHERE a.project_id = p.id AND a.transition = :transition AND a.cycle = p.cycle)
      AND (g.project_id = p.id OR g.project_id IS NULL)
      AND g.revoked IS NULL AND g.start <= :now AND (g.until IS NULL OR g.until > :now)
    {share_grants}) f) AS grants,
  (SELECT {rows}(f.person_id, f.role, f.seq){end} FROM (
    SELECT a.person_id, a.role, a.seq FROM flowgov_approval a
    WHERE a.project_id = p.id AND a.transition = :transition AND a.cycle = p.cycle AND a.withdrawn IS NULL
    ORDER BY a.seq) f) AS approvals,
  (SELECT {rows}(f.kind, f.cycle, f.seq, f.sha256){end} FROM (
    SELECT e.kind, e.cycle, e.seq, e.sha256 FROM flowgov_evidence e
    WHERE e.project_id = p.id AND e.kind IN ({kinds})
      AND e.seq = (SELECT max(n.seq) FROM flowgov_evidence n
                   WHERE n.project_id = e.project_id AND n.kind = e.kind)) f) AS evidence,
  (SELECT {rows}(f.key, f.person_id, f.rules){end} FROM (
    SELECT x.key, x.person_id, x.rules FROM flowgov_exception x
    WHERE x.project_id = p.id AND x.start <= :now AND x.until > :now
    ORDER BY x.seq {share_exceptions}) f) AS exemptions
  {durable}
FROM {project} p JOIN flowgov_person actor ON actor.login = :actor
WHERE p.key = :key
"""

_SQLITE = {
    "rows": "json_group_array(json_array",
    "end": ")",
    "kinds": "SELECT value FROM json_each(:kinds)",
}
_POSTGRESQL = {
    "rows": "CAST(json_agg(json_build_array",
    "end": ") AS text)",
    "kinds": "SELECT json_array_elements_text(CAST(:kinds AS json))",
}
_NO_LOCK = {"share_grants": "", "share_exceptions": "", "durable": "", "project": "flowgov_project"}
_LOCK = {
    "share_grants": "FOR SHARE OF g",
    "share_exceptions": "FOR SHARE OF x",
    "durable": ", set_config('synchronous_commit', 'on', true) AS durable",
    "project": "held",
}
_HELD = "WITH held AS (SELECT * FROM flowgov_project WHERE key = :key FOR NO KEY UPDATE)"


@dataclass(frozen=True, slots=True)
class Facts:
    """A project row and the facts that a gate asks for."""

    id: str
    key: str
    workflow_hash: str
    state: str
    previous: str | None
    cycle: int
    version: int
    creator: str
    personal_data: bool
    passages: str
    head: Head
    actor: str
    """Id of the person who acts."""
    grants: list[list[Any]]
    approvals: list[list[Any]]
    evidence: list[list[Any]]
    exemptions: list[list[Any]]

    def request(
        self,
        workflow: Workflow,
        transition: Transition,
        now: str,
        reason: str | None,
        context: Mapping[str, object],
    ) -> Request:
        """The facts as the guards read them."""
        return Request(
            workflow=workflow,
            transition=transition,
            now=now,
            actor=self.actor,
            key=self.key,
            state=self.state,
            previous=self.previous,
            cycle=self.cycle,
            creator=self.creator,
            personal_data=self.personal_data,
            passages={name: Passage(*entry) for name, entry in json.loads(self.passages).items()},
            grants=[Grant(*row) for row in self.grants],
            approvals=[GivenApproval(*row) for row in self.approvals],
            evidence=[GivenEvidence(*row) for row in self.evidence],
            exemptions=[Exemption(key, who, tuple(rules.split(","))) for key, who, rules in self.exemptions],
            reason=reason,
            context=context,
        )


def facts(
    connection: Connection,
    key: str,
    actor: str,
    now: str,
    transition: str = "",
    kinds: tuple[str, ...] = (),
    *,
    lock: bool,
) -> Facts | None:
    """What the gate of *transition* on project *key* asks for; None if the key or the actor is unknown.

    Args:
        key: the project's key.
        actor: login of the person who acts.
        now: roles and exceptions are those in force at this stamp.
        transition: whose approvals to read.
        kinds: evidence kinds to read.
        lock: hold the project, and what the decision relies on, until the transaction ends.

    Raises:
        AuditBroken: the project's row does not follow from the last record of its chain.
        Conflict: other writers kept coming first.
    """
    statement = _statement(connection.dialect.name, lock)
    values = {"key": key, "actor": actor, "now": now, "transition": transition, "kinds": _kinds(kinds)}
    for _ in range(_READS):
        row = connection.execute(statement, values).first()
        if row is None:
            return None
        if row.seen == row.seq:
            return _facts(row)
    raise Conflict("moved_meanwhile")


def _facts(row: Any) -> Facts:
    stream = project_stream(row.id)
    if row.body is None or leaf_hash(row.body) != row.head:
        raise AuditBroken("head", stream=stream, seq=row.seq)
    return Facts(
        id=row.id,
        key=row.key,
        workflow_hash=row.workflow,
        state=row.state,
        previous=row.previous,
        cycle=row.cycle,
        version=row.version,
        creator=row.creator,
        personal_data=bool(row.personal_data),
        passages=row.passages,
        head=Head(stream, row.seq, row.head, row.ts),
        actor=row.actor,
        grants=json.loads(row.grants or "[]"),
        approvals=json.loads(row.approvals or "[]"),
        evidence=json.loads(row.evidence or "[]"),
        exemptions=json.loads(row.exemptions or "[]"),
    )


@cache
def _kinds(kinds: tuple[str, ...]) -> str:
    return json.dumps(kinds)


@cache
def _statement(dialect: str, lock: bool) -> TextClause:
    if dialect == "sqlite":
        return text(_FACTS.format(**_SQLITE, **_NO_LOCK))
    if lock:
        return text(_HELD + _FACTS.format(**_POSTGRESQL, **_LOCK))
    return text(_FACTS.format(**_POSTGRESQL, **_NO_LOCK))
