"""The facts one gate asks for, locked and read in one statement.

A role that was lent is in force while the lender's own assignment, its base, is; both rows are read together, an own
assignment being its own base. On PostgreSQL the project row is locked FOR NO KEY UPDATE and the grants and exceptions
relied on FOR SHARE in the same statement, and the actor is kept from being erased. Rows read under a lock are
current, the others are of the statement's snapshot; when the project's position seen in that snapshot differs from
the locked one, another writer was waited for and the statement is run again, now holding the lock. On SQLite, BEGIN
IMMEDIATE has already excluded other writers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from flowgov.audit.hashing import leaf_hash
from flowgov.audit.record import Head, project_stream
from flowgov.basis import basis
from flowgov.dossier.entry import ORGANISATION, Entry
from flowgov.dossier.exceptions import idle_since
from flowgov.dossier.given import NOTHING_GIVEN, Given
from flowgov.errors import AuditBroken, BadInput, Conflict
from flowgov.request import Exemption, GivenApproval, GivenEvidence, Grant, Passage, Request
from flowgov.store.prepared import Prepared
from flowgov.workflow.model import Transition, Workflow

_READS = 3
"""How often the facts are read when a writer was waited for; from the first time on the lock is held."""

_FACTS = """
SELECT
  (SELECT r.body FROM flowgov_record r WHERE r.stream = 'prj:' || p.id AND r.seq = p.seq) AS body,
  {packed}
    p.id, p.key, p.workflow, p.state, p.previous, p.cycle, p.version, p.creator, p.personal_data, {passages},
    p.seq, p.head, p.ts, actor.id,
    (SELECT seen.seq FROM flowgov_project seen WHERE seen.id = p.id),
    actor.service,
    (SELECT {rows}({array}(f.person_id, f.role, f.record, f.delegator, f.granted_by)) FROM (
      SELECT g.person_id, g.role, g.record, g.delegator, b.granted_by
      FROM flowgov_assignment g JOIN flowgov_assignment b ON b.id = coalesce(g.base, g.id)
      WHERE g.person_id IN (
          SELECT actor.id UNION ALL
          SELECT a.person_id FROM flowgov_approval a
          WHERE a.project_id = p.id AND a.transition = :transition AND a.cycle = p.cycle)
        AND coalesce(g.project_id, p.id) = p.id
        AND g.revoked IS NULL AND g.start <= :now AND (g.until IS NULL OR g.until > :now)
        AND b.revoked IS NULL AND b.start <= :now AND (b.until IS NULL OR b.until > :now)
      ORDER BY g.base IS NOT NULL, g.start, g.id {share_grants}) f),
    (SELECT {rows}({array}(f.person_id, f.role, f.seq, f.basis, f.delegator, f.reserved)) FROM (
      SELECT a.person_id, a.role, a.seq, a.basis, a.delegator, a.reservation IS NOT NULL AS reserved
      FROM flowgov_approval a
      WHERE a.project_id = p.id AND a.transition = :transition AND a.cycle = p.cycle AND a.withdrawn IS NULL
      ORDER BY a.seq) f),
    (SELECT {rows}({array}(f.kind, f.cycle, f.seq, f.sha256, f.added)) FROM (
      {newest_of_each_kind}) f),
    (SELECT {rows}({array}(f.key, f.person_id, f.rules, f.start, f.every_days, f.reviewed, f.reviewer_id)) FROM (
      SELECT x.key, x.person_id, x.rules, x.start, x.every_days, x.reviewed, x.reviewer_id FROM flowgov_exception x
      WHERE (x.project_id = p.id OR x.project_id IS NULL) AND x.start <= :now AND x.until > :now AND x.ended IS NULL
      ORDER BY x.seq {share_exceptions}) f),
    (SELECT {rows}({array}(f.kind, f.key, f.n, f.seq, f.facts)) FROM (
      SELECT e.kind, e.key, e.n, e.seq, e.facts FROM flowgov_entry e
      WHERE e.scope = p.id AND {among}(:entries, ' ' || e.kind || ' ') > 0
      ORDER BY e.kind, e.key) f),
    {shared},
    {durable}{end} AS facts
FROM {project} p JOIN flowgov_person actor ON actor.login = :actor
WHERE p.key = :key {living} {share_actor}
"""

_SHARED = """(SELECT {rows}({array}(f.kind, f.key, f.n, f.seq, f.facts)) FROM (
      SELECT e.kind, e.key, e.n, e.seq, e.facts FROM flowgov_entry e
      WHERE e.scope = 'org' AND {among}(:shared, ' ' || e.kind || ' ') > 0
      ORDER BY e.kind, e.key {share_entries}) f)"""

_SQLITE = {
    "among": "instr",
    "packed": "json_array(",
    "end": ")",
    "array": "json_array",
    "rows": "json_group_array",
    "passages": "json(p.passages)",
    "newest_of_each_kind": """SELECT e.kind, e.cycle, max(e.seq) AS seq, e.sha256, e.added FROM flowgov_evidence e
        WHERE e.project_id = p.id AND instr(:kinds, ' ' || e.kind || ' ') GROUP BY e.kind""",
}
_POSTGRESQL = {
    "among": "strpos",
    "packed": "CAST(json_build_array(",
    "end": ") AS text)",
    "array": "json_build_array",
    "rows": "json_agg",
    "passages": "CAST(p.passages AS json)",
    "newest_of_each_kind": """SELECT DISTINCT ON (e.kind) e.kind, e.cycle, e.seq, e.sha256, e.added
        FROM flowgov_evidence e WHERE e.project_id = p.id AND strpos(:kinds, ' ' || e.kind || ' ') > 0
        ORDER BY e.kind, e.seq DESC""",
}
_NO_LOCK = {
    "share_grants": "",
    "share_exceptions": "",
    "share_entries": "",
    "share_actor": "",
    "durable": "NULL",
    "project": "flowgov_project",
}
_LOCK = {
    "share_grants": "FOR SHARE OF g, b",
    "share_exceptions": "FOR SHARE OF x",
    "share_entries": "FOR SHARE OF e",
    "share_actor": "FOR KEY SHARE OF actor",
    "durable": "set_config('synchronous_commit', 'on', true)",
    "project": "held",
}
_archived = text("SELECT archived FROM flowgov_project WHERE key = :key")
_LIVING = "AND actor.login <> actor.id AND actor.ended IS NULL"
"""Who acts is not somebody erased, or who left; what such a person could do may be asked."""
_HELD = "WITH held AS (SELECT * FROM flowgov_project WHERE key = :key FOR NO KEY UPDATE)"


class Facts(NamedTuple):
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
    passages: dict[str, list[Any]]
    head: Head
    actor: str
    """Id of the person who acts."""
    service: bool
    """Whether this is a service account, which approves nothing."""
    grants: list[list[Any]]
    approvals: list[list[Any]]
    evidence: list[list[Any]]
    exemptions: list[list[Any]]
    entries: list[list[Any]]
    """Kind, key, number, position and facts of the project's entries of the kinds asked for."""
    shared: list[list[Any]]
    """The same of the organisation's."""
    now: str
    """The stamp for which the roles and exceptions were read."""
    staff: dict[str, list[str]] = {}  # noqa: RUF012 - a named tuple's default, never changed
    """Persons by role, where everybody who holds one was read."""
    services: frozenset[str] = frozenset()
    """Service accounts among them."""

    def request(
        self,
        workflow: Workflow,
        transition: Transition,
        now: str,
        reason: str | None,
        context: Mapping[str, object],
        given: Given = NOTHING_GIVEN,
    ) -> Request:
        """The facts as the guards read them."""
        evidence = {row[0]: GivenEvidence(*row) for row in self.evidence}
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
            passages={name: Passage(*entry) for name, entry in self.passages.items()},
            grants=[Grant(*row) for row in self.grants],
            approvals=[_approval(*row) for row in self.approvals],
            evidence=[*evidence.values()],
            exemptions=[_exemption(*row, at=self.now) for row in self.exemptions],
            reason=reason,
            context=context,
            given=given,
            dossier=_by_kind(self.id, self.entries),
            registers=_by_kind(ORGANISATION, self.shared),
            staff=self.staff,
            services=self.services,
            basis=basis(
                (self.key, self.workflow_hash, self.creator, self.personal_data),
                ((e.kind, e.seq, e.sha256) for kind in transition.evidence if (e := evidence.get(kind))),
                ((kind, key, n, facts) for kind, key, n, _, facts in self.entries),
            ),
        )


def facts(
    connection: Connection,
    key: str,
    actor: str,
    clock: Callable[[], str],
    transition: str = "",
    kinds: tuple[str, ...] = (),
    entries: tuple[str, ...] = (),
    shared: tuple[str, ...] = (),
    *,
    lock: bool,
) -> Facts | None:
    """What the gate of *transition* on project *key* asks for; None if the key or the actor is unknown.

    Args:
        key: the project's key.
        actor: login of the person who acts.
        clock: roles and exceptions are those in force at the stamp it gives.
        transition: whose approvals to read.
        kinds: evidence kinds to read.
        entries: kinds of the project's entries to read.
        shared: kinds of the organisation's entries to read.
        lock: hold the project, and what the decision relies on, until the transaction ends.

    Raises:
        AuditBroken: the project's row does not follow from the last record of its chain.
        Conflict: other writers kept coming first.
    """
    statement = _statement(connection.dialect.name, lock, bool(shared))
    values = {"key": key, "actor": actor, "transition": transition, "kinds": _kinds(kinds), "entries": _kinds(entries)}
    if shared:
        values["shared"] = _kinds(shared)
    for _ in range(_READS):
        now = clock()  # asked anew: time passed while another writer was waited for
        row = statement.run(connection, {**values, "now": now}).first()
        if row is None:
            return None
        if row.body is None and connection.execute(_archived, {"key": key}).scalar_one() is not None:
            raise BadInput("project_archived", key=key)
        found = _facts(now, row.body, row.facts)
        # a writer may have come in between asking the time and reading; with the lock held, time is asked last
        if found is not None and not (lock and now < found.head.ts <= clock()):
            return found
    raise Conflict("moved_meanwhile")


def _facts(now: str, body: bytes | None, packed: str) -> Facts | None:
    facts = json.loads(packed)
    project_id, key, workflow, state, previous, cycle, version, creator, personal_data, passages = facts[:10]
    seq, head, ts, actor, seen, service, grants, approvals, evidence, exemptions, entries, shared, _ = facts[10:]
    if seen != seq:
        return None
    stream = project_stream(project_id)
    if body is None or leaf_hash(body) != head:
        raise AuditBroken("head", stream=stream, seq=seq)
    return Facts(
        id=project_id,
        key=key,
        workflow_hash=workflow,
        state=state,
        previous=previous,
        cycle=cycle,
        version=version,
        creator=creator,
        personal_data=bool(personal_data),
        passages=passages,
        head=Head(stream, seq, head, ts),
        actor=actor,
        service=bool(service),
        grants=grants or [],
        approvals=approvals or [],
        evidence=evidence or [],
        exemptions=exemptions or [],
        entries=entries or [],
        shared=shared or [],
        now=now,
    )


@cache
def _kinds(kinds: tuple[str, ...]) -> str:
    return f" {' '.join(kinds)} "


def _approval(
    person: str, role: str, seq: int, packed: str | None, delegator: str | None, reserved: bool
) -> GivenApproval:
    return GivenApproval(person, role, seq, None if packed is None else json.loads(packed), delegator, bool(reserved))


def _exemption(
    key: str,
    person: str,
    rules: str,
    start: str,
    every_days: int | None,
    reviewed: str | None,
    reviewer: str | None,
    *,
    at: str,
) -> Exemption:
    return Exemption(key, person, tuple(rules.split(",")), idle_since(start, every_days, reviewed, at), reviewer)


def _by_kind(scope: str, rows: list[list[Any]]) -> Mapping[str, Mapping[str, Entry]]:
    found: dict[str, dict[str, Entry]] = {}
    for kind, key, n, seq, facts in rows:
        found.setdefault(kind, {})[key] = Entry(scope, kind, key, n, seq, json.loads(facts))
    return found


@cache
def _statement(dialect: str, lock: bool, shared: bool) -> Prepared:
    words = {**(_SQLITE if dialect == "sqlite" else _POSTGRESQL)}
    words |= _LOCK if lock and dialect != "sqlite" else _NO_LOCK
    words |= {"living": _LIVING if lock else "", "shared": _SHARED.format(**words) if shared else "NULL"}
    held = _HELD if lock and dialect != "sqlite" else ""
    return Prepared(text(held + _FACTS.format(**words)))
