"""How somebody with all rights rewrites a log so that it agrees with itself again, from any record to the last."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import text
from tests.faults.ownership import Owner
from tests.faults.vaults import signed

from flowgov.audit import merkle
from flowgov.audit.hashing import commitment, leaf_digest, leaf_hash
from flowgov.audit.signing import Signer

Change = Callable[[dict[str, Any]], None]
_HASH = re.compile(rb"[0-9a-f]{64}")


def rewrite_everything(db: Owner, key: str, seq: int, change: Change) -> None:
    """Change one record, and every hash of a record wherever it stands: links, grants, heads, leaves, nodes."""
    new_hashes = _relink_all(db, db.stream(key), seq, change)
    for table, column in (("organisation", "head"), ("project", "head"), ("assignment", "record")):
        _replace_hashes(db, table, column, new_hashes)
    regrow(db)


def _relink_all(db: Owner, stream: str, seq: int, change: Change) -> dict[str, str]:
    """Every record anew, in the order of writing; the new hash of each by its old one."""
    new_hashes: dict[str, str] = {}
    bodies = []
    for id_, of, at, body in db.connection.execute(
        text("SELECT id, stream, seq, body FROM flowgov_record ORDER BY id")
    ).all():
        document = json.loads(body)
        if (of, at) == (stream, seq):
            change(document)
        plain = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        again = _HASH.sub(lambda m: new_hashes.get(m[0].decode(), m[0].decode()).encode(), plain)
        new_hashes[leaf_hash(body)] = leaf_hash(again)
        if again != body:
            bodies.append({"i": id_, "b": again})
    db.connection.execute(text("UPDATE flowgov_record SET body = :b WHERE id = :i"), bodies)
    return new_hashes


def _replace_hashes(db: Owner, table: str, column: str, new_hashes: dict[str, str]) -> None:
    for (old,) in db.connection.execute(text(f"SELECT {column} FROM flowgov_{table}")).all():
        if new_hashes[old] != old:
            db.run(f"UPDATE flowgov_{table} SET {column} = :n WHERE {column} = :o", n=new_hashes[old], o=old)


def regrow(db: Owner) -> None:
    """Make every leaf the hash of its record, and every node that of its leaves."""
    rows = db.connection.execute(
        text("SELECT l.idx, r.body FROM flowgov_leaf l JOIN flowgov_record r ON r.id = l.record ORDER BY l.idx")
    ).all()
    hashes = [leaf_digest(row.body) for row in rows]
    db.connection.execute(
        text("UPDATE flowgov_leaf SET hash = :h WHERE idx = :i"),
        [{"h": hash_, "i": row.idx} for row, hash_ in zip(rows, hashes, strict=True)],
    )
    db.run("DELETE FROM flowgov_node")
    for level, idx, hash_ in merkle.grow(0, hashes, lambda *_: []):
        db.run("INSERT INTO flowgov_node (level, idx, hash) VALUES (:l, :i, :h)", l=level, i=idx, h=hash_)


def sign_again(db: Owner, key: Signer) -> None:
    """Sign every checkpoint anew."""
    db.run("DELETE FROM flowgov_cosignature")
    for size in db.connection.execute(text("SELECT size FROM flowgov_checkpoint")).scalars().all():
        db.run("UPDATE flowgov_checkpoint SET note = :n WHERE size = :s", n=signed(db, size, key), s=size)


def cut(db: Owner, size: int) -> None:
    """Let the log end after *size* records, without a trace of what came after."""
    gone = "SELECT record FROM flowgov_leaf WHERE idx >= :s UNION SELECT record FROM flowgov_pending"
    records = db.connection.execute(text(gone), {"s": size}).scalars().all()
    streams: dict[str, int] = {}
    for id_ in records:
        row = db.connection.execute(text("SELECT stream, seq FROM flowgov_record WHERE id = :i"), {"i": id_}).one()
        streams[row.stream] = min(row.seq, streams.get(row.stream, row.seq))
        db.run("DELETE FROM flowgov_record WHERE id = :i", i=id_)
    db.run("DELETE FROM flowgov_leaf WHERE idx >= :s", s=size)
    db.run("DELETE FROM flowgov_pending")
    for level in (8, 16):
        db.run(f"DELETE FROM flowgov_node WHERE level = {level} AND idx >= :n", n=size >> level)
    for stream, first in streams.items():
        _end(db, stream, first - 1)


def _end(db: Owner, stream: str, last: int) -> None:
    """Let the tables say that a chain ends there, with nothing that came later."""
    assert last > 0, "the tests cut no chain off before it began"
    body = bytes(db.one("SELECT body FROM flowgov_record WHERE stream = :s AND seq = :n", s=stream, n=last))
    document = json.loads(body)
    values = {"q": last, "h": leaf_hash(body), "t": document["ts"]}
    if stream == "org":
        db.run("UPDATE flowgov_organisation SET seq = :q, head = :h, ts = :t", **values)
        return
    project = stream.removeprefix("prj:")
    statement = "UPDATE flowgov_project SET seq = :q, head = :h, ts = :t, version = :v WHERE id = :p"
    db.run(statement, p=project, v=document["version"], **values)
    for table in ("text", "evidence"):
        where = "stream = :s" if table == "text" else "project_id = :p"
        given = {"s": stream} if table == "text" else {"p": project}
        db.run(f"DELETE FROM flowgov_{table} WHERE {where} AND seq > :q", q=last, **given)


def forge(db: Owner, key: str, event: str, change: Change) -> None:
    """Append a record as if flowgov had written it: a copy of the first of its chain with an event and what it needs.

    The chain's head, the columns, the waiting list and the tree follow.
    """
    stream, last = db.stream(key), db.last(key)
    document = json.loads(db.body(key, last))
    common = ("v", "log", "stream", "actor", "src", "code", "ts", "auth")
    document = {name: value for name, value in document.items() if name in common}
    document |= {"seq": last + 1, "prev": leaf_hash(db.body(key, last)), "event": event, "outcome": "applied"}
    document["id"] = "01980000-0000-7000-8000-000000000000"
    change(document)
    if event.startswith("key."):
        document["c"] = {"reason": commitment("reason", bytes(32), "Il le fallait")}
        statement = "INSERT INTO flowgov_text (stream, seq, field, salt, value) VALUES (:s, :n, 'reason', :x, :v)"
        db.run(statement, s=stream, n=last + 1, x=bytes(32), v="Il le fallait")
    body = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    id_ = db.one("SELECT max(id) FROM flowgov_record") + 1
    db.run(
        "INSERT INTO flowgov_record (id, stream, seq, body, event, outcome, actor, ts)"
        " VALUES (:i, :s, :n, :b, :e, 'applied', :a, :t)",
        i=id_, s=stream, n=last + 1, b=body, e=event, a=document["actor"], t=document["ts"],
    )  # fmt: skip
    db.run("INSERT INTO flowgov_pending (record) VALUES (:i)", i=id_)
    _end(db, stream, last + 1)


def sequence(db: Owner) -> int:
    """Give everything that waits a position, by hand; the size of the tree."""
    waiting = db.connection.execute(text("SELECT record FROM flowgov_pending ORDER BY record")).scalars().all()
    first = int(db.one("SELECT count(*) FROM flowgov_leaf"))
    for idx, id_ in enumerate(waiting, first):
        db.run("INSERT INTO flowgov_leaf (idx, record, hash) VALUES (:i, :r, :h)", i=idx, r=id_, h=bytes(32))
    db.run("DELETE FROM flowgov_pending")
    regrow(db)
    return first + len(waiting)
