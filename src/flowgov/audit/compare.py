"""The tables people query, compared with what the log says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from flowgov.audit.chain import Chain
from flowgov.audit.definition import parse
from flowgov.audit.finding import Code
from flowgov.audit.hashing import row_digest
from flowgov.audit.held import Held
from flowgov.audit.register import Register
from flowgov.audit.replay import Consent, Replay
from flowgov.audit.standing import Archived, Grant

ORGANISATION = ("id", "log", "name", "key", "seq", "head", "ts")
PERSON = ("id", "login", "name", "email", "service", "ended")
WORKFLOW = ("hash", "name", "version", "seq", "body")
ASSIGNMENT = (
    "id",
    "person_id",
    "role",
    "project_id",
    "start",
    "until",
    "revoked",
    "granted_by",
    "delegator",
    "base",
    "record",
)
EXCEPTION = (
    "key",
    "rules",
    "person_id",
    "project_id",
    "start",
    "until",
    "reason",
    "compensating",
    "reviewer_id",
    "approved_by",
    "seq",
    "roles",
    "risk",
    "control",
    "every_days",
    "reviewed",
    "ended",
)
PROJECT = (
    "id",
    "key",
    "title",
    "objective",
    "workflow",
    "state",
    "previous",
    "cycle",
    "version",
    "creator",
    "personal_data",
    "passages",
    "opened",
    "entered",
    "archived",
    "seq",
    "head",
    "ts",
)
APPROVAL = (
    "project_id",
    "seq",
    "transition",
    "cycle",
    "person_id",
    "role",
    "given",
    "withdrawn",
    "basis",
    "reservation",
    "delegator",
)
EVIDENCE = ("project_id", "seq", "kind", "label", "sha256", "size", "cycle", "person_id", "added", "stored")
ENTRY = ("scope", "kind", "key", "n", "seq", "at", "facts", "texts")
ARCHIVED_COLUMNS = (*(name for name in PROJECT[:-4] if name not in ("title", "objective")), "ts")
"""What the record of a project's archiving vouches for by a hash."""
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "organisation": ORGANISATION,
    "person": PERSON,
    "workflow": WORKFLOW,
    "assignment": ASSIGNMENT,
    "exception": EXCEPTION,
    "project": PROJECT,
    "approval": APPROVAL,
    "evidence": EVIDENCE,
    "entry": ENTRY,
}
"""Columns of each table, in the order its rows are handed over."""

_PERSONAL = frozenset(
    {"login", "name", "email", "title", "objective", "label", "reason", "compensating", "risk", "reservation", "texts"}
)
_HEAD_COLUMNS = 3

Rows = Iterable[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class ProjectRows:
    """What the tables say about one project."""

    project: Sequence[Any] | None = None
    approvals: Sequence[Sequence[Any]] = ()
    evidence: Sequence[Sequence[Any]] = ()
    entries: Sequence[Sequence[Any]] = ()


def definitions(rows: Rows, register: Register) -> None:
    """Take in the stored definitions whose bytes are what their hash says, before chains rely on them."""
    for hash_, _, _, _, body in rows:
        parsed = parse(body) if type(body) is bytes and sha256(body).hexdigest() == hash_ else None
        if parsed is not None:
            register.definitions[hash_] = parsed


def heads(chain: Chain, table: str, row: Sequence[Any] | None, columns: tuple[str, ...]) -> None:
    """The end of a chain against the row that says where it ends: seq, head and ts, its last columns."""
    seq, head, ts = row[-_HEAD_COLUMNS:] if row is not None else (None, None, None)
    chain.end(head)
    if row is None:
        return
    if type(seq) is int and seq > chain.seq:
        chain.find("TRUNCATED", chain.seq + 1, until=seq)
        chain.lost = True
    elif (seq, head, ts) != (chain.seq, chain.head, chain.ts):
        said = (chain.seq, chain.head, chain.ts)
        wrong = next(c for c, ours, theirs in zip(columns[-3:], said, (seq, head, ts), strict=True) if ours != theirs)
        chain.find("HEAD_MISMATCH", chain.seq, table=table, column=wrong)


def organisation(chain: Chain, register: Register, row: Sequence[Any] | None, log: str | None) -> None:
    """The organisation's row."""
    if row is None:
        chain.find("PROJECT_MISSING", None, about="organisation")
    heads(chain, "organisation", row, ORGANISATION)
    if row is not None and register.name is not None:
        said = (1, log, register.name, register.key)
        _row(chain, "organisation", ORGANISATION[:-3], row[:-3], said, 1)


def people(chain: Chain, register: Register, rows: Rows) -> None:
    """Every identity card."""
    expected: dict[Any, tuple[int, tuple[Any, ...]]] = {
        id_: (card.seq, (id_, card.login, card.name, card.email, card.service, card.ended))
        for id_, card in register.people.items()
    }
    _table(chain, "person", PERSON, rows, expected)


def assignments(chain: Chain, register: Register, rows: Rows) -> None:
    """Every assignment of a role."""
    unseen = dict(register.grants)
    for row in rows:
        grant = unseen.pop(row[0], None)
        if grant is not None:
            _row(chain, "assignment", ASSIGNMENT, row, _assignment(grant, row[-1]), grant.seq)
        elif not chain.lost:
            chain.find("ROLE_UNLOGGED", None, role=row[2], person=row[1])
    for grant in unseen.values():
        chain.find("ROLE_LOST", grant.seq, role=grant.role, person=grant.person)


def exceptions(chain: Chain, register: Register, rows: Rows) -> None:
    """Every exception."""
    expected: dict[Any, tuple[int, tuple[Any, ...]]] = {
        x.key: (
            x.seq,
            (
                x.key,
                ",".join(x.rules),
                x.person,
                x.project,
                x.start,
                x.until,
                x.reason,
                x.compensating,
                x.reviewer,
                x.by,
                x.seq,
                x.roles,
                x.risk,
                x.control,
                x.every_days,
                x.reviewed,
                x.ended,
            ),
        )
        for x in register.permissions.values()
    }
    _table(chain, "exception", EXCEPTION, rows, expected)


def workflows(chain: Chain, register: Register, rows: Rows) -> None:
    """Every definition: the one that was registered, and its bytes those of its hash."""
    unseen = dict(register.workflows)
    for hash_, name, version, seq, _ in rows:
        known, stored = unseen.pop(hash_, None), register.definitions.get(hash_)
        if known is None:
            if not chain.lost:
                chain.find("WORKFLOW_UNPUBLISHED", None, name=f"{name}@{version}", hash=hash_)
        elif (
            stored is None
            or (name, version, seq) != (known.id, known.version, known.seq)
            or (stored.id, stored.version) != (known.id, known.version)
        ):
            chain.find("WORKFLOW_MODIFIED", known.seq, name=f"{known.id}@{known.version}", hash=hash_)
    for hash_, known in unseen.items():
        chain.find("WORKFLOW_MODIFIED", known.seq, about="missing", name=f"{known.id}@{known.version}", hash=hash_)


def archived(chain: Chain, stone: Archived, rows: ProjectRows) -> None:
    """What the tables say about a project whose records left for an archive, against the record that says so."""
    row = rows.project
    if row is None:
        chain.find("PROJECT_MISSING", stone.record, about="row")
        return
    values = dict(zip(PROJECT, row, strict=True))
    told = (stone.record, stone.last, stone.head, stone.row, stone.title, stone.objective)
    kept = row_digest([_plain(name, values[name]) for name in ARCHIVED_COLUMNS])
    found = (*(values[name] for name in ("archived", "seq", "head")), kept, values["title"], values["objective"])
    if told != found or rows.approvals or rows.evidence or rows.entries:
        chain.find("ARCHIVE_MISMATCH", stone.record, about="head", name=values["key"])


def project(chain: Chain, replay: Replay, register: Register, rows: ProjectRows) -> None:
    """Everything the tables say about one project."""
    if rows.project is None:
        chain.find("PROJECT_MISSING", None, about="row")
    heads(chain, "project", rows.project, PROJECT)
    if chain.lost or replay.opened is None:
        return
    if replay.id in register.archived:
        return  # its rows left with its records; `archived` looks at what stayed
    if rows.project is not None:
        _row(chain, "project", PROJECT[:-3], rows.project[:-3], _project(replay, register), chain.seq)
    given = {(replay.id, c.seq): (c.seq, _approval(replay.id, c)) for c in replay.consents.values()}
    _table(chain, "approval", APPROVAL, rows.approvals, given, 2)
    added = {
        (replay.id, p.seq): (
            p.seq,
            (replay.id, p.seq, p.kind, p.label, p.sha256, p.size, p.cycle, p.person, p.added, p.stored),
        )
        for p in replay.pieces
    }
    _table(chain, "evidence", EVIDENCE, rows.evidence, added, 2)
    _table(chain, "entry", ENTRY, rows.entries, _lines(replay.id, replay.entries.values()), 3)


def entries(chain: Chain, register: Register, rows: Rows) -> None:
    """Every line of the organisation's registers."""
    newest = (states[-1] for states in register.entries.values())
    _table(chain, "entry", ENTRY, rows, _lines("org", newest), 3)


def _lines(scope: str, newest: Iterable[Held]) -> dict[Any, tuple[int, tuple[Any, ...]]]:
    return {
        (scope, h.kind, h.key): (
            h.seq,
            (scope, h.kind, h.key, h.n, h.seq, h.at, _packed(h.facts), _packed({f: [*t] for f, t in h.texts.items()})),
        )
        for h in newest
    }


def _approval(project_id: str, c: Consent) -> tuple[Any, ...]:
    basis = None if c.basis is None else _packed(c.basis)
    given = (c.transition, c.cycle, c.person, c.role, c.given, c.withdrawn)
    return (project_id, c.seq, *given, basis, c.reservation, c.delegator)


def _packed(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _project(replay: Replay, register: Register) -> tuple[Any, ...]:
    archived = register.archived.get(replay.id)
    return (
        replay.id,
        replay.key,
        replay.title,
        replay.objective,
        replay.workflow,
        replay.state,
        replay.previous,
        replay.cycle,
        replay.version,
        replay.creator,
        replay.personal_data,
        json.dumps(replay.passages, separators=(",", ":")),
        replay.opened,
        replay.entered,
        archived.record if archived else None,
    )


def _plain(name: str, value: Any) -> Any:
    """A value as every database would have it."""
    return bool(value) if name == "personal_data" else value


def _assignment(grant: Grant, record: str) -> tuple[Any, ...]:
    # where the record was altered, its alteration is reported; the row still names the original
    hash_ = record if record in (grant.hash, grant.original) else grant.hash
    return (
        grant.id,
        grant.person,
        grant.role,
        grant.project,
        grant.start,
        grant.until,
        grant.revoked,
        grant.by,
        grant.delegator,
        grant.base,
        hash_,
    )


def _table(
    chain: Chain,
    table: str,
    columns: tuple[str, ...],
    rows: Rows,
    expected: Mapping[Any, tuple[int, tuple[Any, ...]]],
    key: int = 1,
) -> None:
    """Every row of a table against what was expected, by its first *key* columns."""
    unseen = dict(expected)
    for row in rows:
        name = row[0] if key == 1 else tuple(row[:key])
        seq, values = unseen.pop(name, (None, None))
        if values is not None:
            _row(chain, table, columns, row, values, seq)
        elif not chain.lost:
            chain.find("STATE_MISMATCH", None, about="extra", table=table, row=_shown(name))
    for name, (seq, _) in unseen.items():
        chain.find("STATE_MISMATCH", seq, about="missing", table=table, row=_shown(name))


def _row(
    chain: Chain,
    table: str,
    columns: tuple[str, ...],
    row: Sequence[Any],
    values: Sequence[Any],
    seq: int | None,
) -> None:
    if tuple(row) == tuple(values):
        return
    for column, found, expected in zip(columns, row, values, strict=True):
        if found != expected:
            code: Code = "STATE_MISMATCH"
            if column in _PERSONAL:
                chain.find(code, seq, about="text", table=table, column=column)
            else:
                chain.find(code, seq, table=table, column=column, found=found, expected=expected)


def _shown(name: Any) -> str:
    return "/".join(str(part) for part in name) if isinstance(name, tuple) else str(name)
