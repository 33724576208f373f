"""What somebody who owns the database might do to positions, nodes, checkpoints and keys, and what is then named.

Each attack returns the finding it must lead to, as its code and the place: the chain and the record (``CRM``, 7), or
what else it is about (``checkpoint``, 380). Whoever looks finds these, with nothing brought along; for the others see
`attacks_keys`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import text
from tests.faults.attacks_notes import a_checkpoint
from tests.faults.ownership import Owner
from tests.faults.rewriting import cut, forge, regrow, rewrite_everything, sequence, sign_again
from tests.faults.vaults import signed, signer

Place = tuple[Any, Any]
Expected = tuple[str, Place]
Attack = Callable[[Owner], Expected]

GHOST = 999_999
"""The id of a record that does not exist."""
FAR = 5_000
"""A position that the log does not have."""


def sizes(db: Owner) -> list[int]:
    """The sizes of the checkpoints."""
    return list(db.connection.execute(text("SELECT size FROM flowgov_checkpoint ORDER BY size")).scalars())


def leaves(db: Owner) -> int:
    """How many leaves there are."""
    return int(db.one("SELECT count(*) FROM flowgov_leaf"))


def record_at(db: Owner, idx: int) -> tuple[str, int]:
    """The chain, by its project's key, and the number of the record at a position."""
    stream, seq = db.connection.execute(
        text("SELECT r.stream, r.seq FROM flowgov_leaf l JOIN flowgov_record r ON r.id = l.record WHERE l.idx = :i"),
        {"i": idx},
    ).one()
    if stream == "org":
        return "org", seq
    return str(db.one("SELECT key FROM flowgov_project WHERE id = :p", p=stream.removeprefix("prj:"))), seq


def another_time(document: dict[str, Any]) -> None:
    """A change that no rule minds: another version of flowgov wrote it."""
    document["code"] = "9.9.9"


def log_of(db: Owner) -> str:
    """The name of the log."""
    return str(db.one("SELECT log FROM flowgov_organisation"))


# --- records and positions ----------------------------------------------------------------------------------------


def a_record(*, above: bool) -> Attack:
    """Change a record whose position a checkpoint covers, or one above all of them."""

    def attack(db: Owner) -> Expected:
        place = record_at(db, sizes(db)[-1] + 1 if above else sizes(db)[0] + 5)
        db.rewrite(*place, another_time)
        return "LEAF_MODIFIED", place

    return attack


def a_record_that_waits(db: Owner) -> Expected:
    db.rewrite("VPN", db.last("VPN"), another_time)
    return "HEAD_MISMATCH", ("VPN", db.last("VPN"))


def the_id_of_a_record(db: Owner) -> Expected:
    id_ = db.one("SELECT record FROM flowgov_leaf WHERE idx = :i", i=sizes(db)[0])
    db.run("UPDATE flowgov_record SET id = :g WHERE id = :i", g=GHOST, i=id_)
    return "RECORD_MISSING", ("idx", sizes(db)[0])


def a_record_deleted(db: Owner) -> Expected:
    idx = sizes(db)[0] + 5
    db.run("DELETE FROM flowgov_record WHERE id = (SELECT record FROM flowgov_leaf WHERE idx = :i)", i=idx)
    return "RECORD_MISSING", ("idx", idx)


def a_leaf_deleted_from_the_middle(db: Owner) -> Expected:
    db.run("DELETE FROM flowgov_leaf WHERE idx = 100")
    return "LEAF_MISSING", ("idx", 100)


def the_first_leaf_deleted(db: Owner) -> Expected:
    db.run("DELETE FROM flowgov_leaf WHERE idx = 0")
    return "LEAF_MISSING", ("idx", 0)


def the_last_leaf_deleted(db: Owner) -> Expected:
    last = leaves(db) - 1
    place = record_at(db, last)
    db.run("DELETE FROM flowgov_leaf WHERE idx = :i", i=last)
    return "LEAF_MISSING", place


def every_leaf_deleted(db: Owner) -> Expected:
    db.run("DELETE FROM flowgov_leaf")
    return "LEAF_MISSING", ("org", 1)


def a_leaf_added(idx: int | None) -> Attack:
    """A leaf of a record that does not exist, at the end or at a position."""

    def attack(db: Owner) -> Expected:
        at = leaves(db) if idx is None else idx
        db.run("INSERT INTO flowgov_leaf (idx, record, hash) VALUES (:i, :g, :h)", i=at, g=GHOST, h=bytes(32))
        if idx is None:
            return "RECORD_MISSING", ("idx", at)
        return ("LEAF_MISSING", ("idx", leaves(db) - 1)) if idx > 0 else ("SEQUENCE_MISMATCH", ("idx", idx))

    return attack


def a_leaf_of_a_record_that_waits(db: Owner) -> Expected:
    id_ = db.one("SELECT min(record) FROM flowgov_pending")
    db.run("INSERT INTO flowgov_leaf (idx, record, hash) VALUES (:i, :r, :h)", i=leaves(db), r=id_, h=bytes(32))
    return "LEAF_DUPLICATE", record_at(db, leaves(db) - 1)


def two_leaves_exchange(what: str) -> Attack:
    """Two leaves, of different chains, exchange their records, or their hashes, or both."""

    def attack(db: Owner) -> Expected:
        one, other = sizes(db)[0] + 1, sizes(db)[0] + 2
        place = record_at(db, one)
        question = text("SELECT record, hash FROM flowgov_leaf WHERE idx IN (:a, :b) ORDER BY idx")
        first, second = db.connection.execute(question, {"a": one, "b": other}).all()
        if "record" in what:
            db.run("UPDATE flowgov_leaf SET record = :g WHERE idx = :a", g=GHOST, a=one)
            db.run("UPDATE flowgov_leaf SET record = :r WHERE idx = :b", r=first.record, b=other)
            db.run("UPDATE flowgov_leaf SET record = :r WHERE idx = :a", r=second.record, a=one)
        if "hash" in what:
            db.run("UPDATE flowgov_leaf SET hash = :h WHERE idx = :a", h=second.hash, a=one)
            db.run("UPDATE flowgov_leaf SET hash = :h WHERE idx = :b", h=first.hash, b=other)
        if what == "record and hash":
            return "ROOT_MISMATCH", ("checkpoint", sizes(db)[1])
        return "LEAF_MODIFIED", place

    return attack


def two_positions_of_one_chain_exchanged(db: Owner) -> Expected:
    id_ = "SELECT id FROM flowgov_record WHERE stream = 'org' AND seq = :n"
    one, other = (db.one(id_, n=n) for n in (5, 6))
    at = "SELECT idx FROM flowgov_leaf WHERE record = :r"
    first, second = db.one(at, r=one), db.one(at, r=other)
    for record, idx in ((GHOST, first), (one, second), (other, first)):
        db.run("UPDATE flowgov_leaf SET record = :r WHERE idx = :i", r=record, i=idx)
    regrow(db)
    return "SEQUENCE_MISMATCH", ("org", 6)


def the_hash_of_a_leaf(value: bytes | str) -> Attack:
    def attack(db: Owner) -> Expected:
        given = value if isinstance(value, bytes) or db.connection.dialect.name == "sqlite" else value.encode()
        db.run("UPDATE flowgov_leaf SET hash = :h WHERE idx = 100", h=given)
        return "LEAF_MODIFIED", record_at(db, 100)

    return attack


def the_record_of_a_leaf(db: Owner) -> Expected:
    place = record_at(db, 100)
    db.run("UPDATE flowgov_leaf SET record = :g WHERE idx = 100", g=GHOST)
    return "LEAF_MISSING", place


def the_archive_of_a_leaf(db: Owner) -> Expected:
    db.run("UPDATE flowgov_leaf SET archive = 7 WHERE idx = 100")
    stream, seq = record_at(db, 100)
    return "ARCHIVE_MISMATCH", (db.stream(stream), seq)


def one_off_the_waiting_list(db: Owner) -> Expected:
    db.run("DELETE FROM flowgov_pending WHERE record = (SELECT max(id) FROM flowgov_record)")
    return "LEAF_MISSING", ("VPN", db.last("VPN"))


def one_with_a_position_on_the_waiting_list(db: Owner) -> Expected:
    db.run("INSERT INTO flowgov_pending (record) SELECT record FROM flowgov_leaf WHERE idx = 100")
    return "LEAF_DUPLICATE", record_at(db, 100)


def a_ghost_on_the_waiting_list(db: Owner) -> Expected:
    db.run("INSERT INTO flowgov_pending (record) VALUES (:g)", g=GHOST)
    return "RECORD_MISSING", ("database", None)


def a_record_that_neither_waits_nor_has_a_position(db: Owner) -> Expected:
    forge(db, "VPN", "evidence.added", lambda document: document.update(_evidence(db)))
    db.run("DELETE FROM flowgov_pending WHERE record = (SELECT max(id) FROM flowgov_record)")
    return "LEAF_MISSING", ("VPN", db.last("VPN"))


def a_revocation_numbered_after_what_it_forbids(db: Owner) -> Expected:
    """Somebody approves with a role that was revoked; then the revocation gets a larger row number than he has."""
    given = json.loads(db.body("CRM", db.seq("CRM", "approval.given")))
    facts = {name: given[name] for name in given.keys() - {"seq", "prev", "ts", "id", "c"}}
    forge(db, "CRM", "approval.given", lambda document: document.update(facts))
    sequence(db)
    revoked = db.one("SELECT id FROM flowgov_record WHERE event = 'role.revoked'")
    db.run("UPDATE flowgov_record SET id = :g WHERE id = :r", g=GHOST, r=revoked)
    db.run("UPDATE flowgov_leaf SET record = :g WHERE record = :r", g=GHOST, r=revoked)
    return "ROLE_VIOLATION", ("CRM", db.last("CRM"))


def _evidence(db: Owner) -> dict[str, Any]:
    seq = db.seq("VPN", "evidence.added")
    document = json.loads(db.body("VPN", seq))
    return {name: document[name] for name in document.keys() - {"seq", "prev", "ts", "id"}}


# --- nodes --------------------------------------------------------------------------------------------------------


def the_hash_of_a_node(db: Owner) -> Expected:
    db.run("UPDATE flowgov_node SET hash = :h WHERE level = 8 AND idx = 1", h=bytes(32))
    return "NODE_MODIFIED", ("idx", 256)


def a_node_deleted(idx: int) -> Attack:
    def attack(db: Owner) -> Expected:
        db.run("DELETE FROM flowgov_node WHERE level = 8 AND idx = :i", i=idx)
        return "NODE_MISSING", ("idx", 256 * idx)

    return attack


def a_node_added(level: int, idx: int) -> Attack:
    def attack(db: Owner) -> Expected:
        db.run("INSERT INTO flowgov_node (level, idx, hash) VALUES (:l, :i, :h)", l=level, i=idx, h=bytes(32))
        return "NODE_MODIFIED", ("idx", 0 if level not in {8, 16} else idx << level)

    return attack


def the_index_of_a_node(db: Owner) -> Expected:
    db.run("UPDATE flowgov_node SET idx = 7 WHERE level = 8 AND idx = 1")
    return "NODE_MISSING", ("idx", 256)


def the_level_of_a_node(db: Owner) -> Expected:
    db.run("UPDATE flowgov_node SET level = 16 WHERE level = 8 AND idx = 1")
    return "NODE_MISSING", ("idx", 256)


# --- checkpoints --------------------------------------------------------------------------------------------------


def the_size_column_of_a_checkpoint(db: Owner) -> Expected:
    db.run("UPDATE flowgov_checkpoint SET size = size + 1 WHERE size = :s", s=sizes(db)[1])
    return "CHECKPOINT_INVALID", ("checkpoint", sizes(db)[1])


def a_checkpoint_before_there_was_a_key(db: Owner) -> Expected:
    note = signed(db, 5, signer(log_of(db)))
    db.run("INSERT INTO flowgov_checkpoint (size, note) VALUES (5, :n)", n=note)
    return "CHECKPOINT_INVALID", ("checkpoint", 5)


def a_checkpoint_of_another_tree(db: Owner) -> Expected:
    """Signed by the true key, which whoever keeps the vault may do: two checkpoints then contradict one another."""
    size = sizes(db)[1] + 1
    note = signed(db, size - 1, signer(log_of(db))).replace(f"\n{size - 1}\n", f"\n{size}\n")
    words = note.partition("\n\n")[0] + "\n"
    db.run(
        "INSERT INTO flowgov_checkpoint (size, note) VALUES (:s, :n)",
        s=size,
        n=f"{words}\n{signer(log_of(db)).sign(words).line()}",
    )
    return "ROOT_MISMATCH", ("checkpoint", size)


def the_tail_cut_but_for_the_checkpoint(db: Owner) -> Expected:
    cut(db, sizes(db)[1])
    return "ROLLED_BACK", ("checkpoint", sizes(db)[2])


def everything_rewritten_but_the_signatures(db: Owner) -> Expected:
    """Threat T2: records, links, heads, grants, leaves and nodes agree with one another."""
    rewrite_everything(db, "CRM", 1, another_time)
    return "ROOT_MISMATCH", ("checkpoint", sizes(db)[0])


def the_middle_rewritten_but_the_signatures(db: Owner) -> Expected:
    key, seq = record_at(db, sizes(db)[1] + 5)
    rewrite_everything(db, key, seq, another_time)
    return "ROOT_MISMATCH", ("checkpoint", sizes(db)[2])


def everything_rewritten_and_signed_by_a_stranger(db: Owner) -> Expected:
    rewrite_everything(db, "CRM", 1, another_time)
    sign_again(db, signer(log_of(db), "thief"))
    return "CHECKPOINT_INVALID", ("checkpoint", sizes(db)[0])


def a_rotation_that_the_old_key_did_not_sign(db: Owner) -> Expected:
    size = rotated(db, "house", "thief")
    db.run("INSERT INTO flowgov_checkpoint VALUES (:s, :n)", s=size, n=signed(db, size, signer(log_of(db), "thief")))
    return "KEY_UNAUTHORISED", ("checkpoint", size)


def two_rotations_of_which_only_the_thiefs_own_is_signed(db: Owner) -> Expected:
    """From the house's key to the thief's first, and on to his second: his two keys sign, the house's never did."""
    rotated(db, "house", "thief")
    size = rotated(db, "thief", "accomplice")
    keys = signer(log_of(db), "accomplice"), signer(log_of(db), "thief")
    db.run("INSERT INTO flowgov_checkpoint VALUES (:s, :n)", s=size, n=signed(db, size, *keys))
    return "KEY_UNAUTHORISED", ("checkpoint", size)


def rotated(db: Owner, old: str, new: str) -> int:
    """Let one key be named as the heir of another; the size of the tree with that record."""
    keys = {"old": str(signer(log_of(db), old).key), "new": str(signer(log_of(db), new).key)}
    forge(db, "org", "key.rotated", lambda document: document.update(keys))
    db.run("UPDATE flowgov_organisation SET key = :k", k=keys["new"])
    return sequence(db)


# --- witnesses, tables --------------------------------------------------------------------------------------------


def a_cosignature(statement: str, size: int = 0) -> Attack:
    def attack(db: Owner) -> Expected:
        db.run(f"UPDATE flowgov_cosignature SET {statement}")
        return "COSIGNATURE_INVALID", ("checkpoint", int(db.one("SELECT size FROM flowgov_cosignature")))

    return attack


def a_line_of_a_cosignature(change: Callable[[str], str]) -> Attack:
    def attack(db: Owner) -> Expected:
        line = str(db.one("SELECT line FROM flowgov_cosignature"))
        db.run("UPDATE flowgov_cosignature SET line = :l", l=change(line))
        return "COSIGNATURE_INVALID", ("checkpoint", sizes(db)[-1])

    return attack


def the_key_of_the_organisation(value: str | None) -> Attack:
    def attack(db: Owner) -> Expected:
        db.run("UPDATE flowgov_organisation SET key = :k", k=value)
        return "STATE_MISMATCH", ("org", 1)

    return attack


def a_project_said_to_be_archived(db: Owner) -> Expected:
    db.run("UPDATE flowgov_project SET archived = 7 WHERE key = 'CRM'")
    return "STATE_MISMATCH", ("CRM", db.last("CRM"))


ALONE: dict[str, Attack] = {
    "a record below the last checkpoint": a_record(above=False),
    "a record above the last checkpoint": a_record(above=True),
    "a record that waits": a_record_that_waits,
    "the id of a record": the_id_of_a_record,
    "a record deleted": a_record_deleted,
    "a leaf deleted from the middle": a_leaf_deleted_from_the_middle,
    "the first leaf deleted": the_first_leaf_deleted,
    "the last leaf deleted": the_last_leaf_deleted,
    "every leaf deleted": every_leaf_deleted,
    "a leaf added": a_leaf_added(None),
    "a leaf added far behind the end": a_leaf_added(FAR),
    "a leaf added before the first": a_leaf_added(-1),
    "a leaf of a record that waits": a_leaf_of_a_record_that_waits,
    "two leaves exchange their records": two_leaves_exchange("record"),
    "two leaves exchange their hashes": two_leaves_exchange("hash"),
    "two leaves exchange both": two_leaves_exchange("record and hash"),
    "two positions of one chain exchanged": two_positions_of_one_chain_exchanged,
    "the hash of a leaf": the_hash_of_a_leaf(bytes(32)),
    "a hash of a leaf that is too short": the_hash_of_a_leaf(b"x"),
    "a hash of a leaf that is text": the_hash_of_a_leaf("x" * 32),
    "the record of a leaf": the_record_of_a_leaf,
    "the archive of a leaf": the_archive_of_a_leaf,
    "one off the waiting list": one_off_the_waiting_list,
    "one with a position on the waiting list": one_with_a_position_on_the_waiting_list,
    "a ghost on the waiting list": a_ghost_on_the_waiting_list,
    "a record that neither waits nor has a position": a_record_that_neither_waits_nor_has_a_position,
    "a revocation numbered after what it forbids": a_revocation_numbered_after_what_it_forbids,
    "the hash of a node": the_hash_of_a_node,
    "the first node deleted": a_node_deleted(0),
    "the last node deleted": a_node_deleted(1),
    "a node added behind the last": a_node_added(8, 2),
    "a node added before the first": a_node_added(8, -1),
    "a node added on a higher level": a_node_added(16, 0),
    "a node added on a level that is not stored": a_node_added(9, 0),
    "the index of a node": the_index_of_a_node,
    "the level of a node": the_level_of_a_node,
    "a checkpoint, root": a_checkpoint("root"),
    "the root of the first checkpoint": a_checkpoint("root", 0),
    "the size column of a checkpoint": the_size_column_of_a_checkpoint,
    "a checkpoint before there was a key": a_checkpoint_before_there_was_a_key,
    "a checkpoint of another tree": a_checkpoint_of_another_tree,
    "the tail cut but for the checkpoint": the_tail_cut_but_for_the_checkpoint,
    "everything rewritten but the signatures": everything_rewritten_but_the_signatures,
    "the middle rewritten but the signatures": the_middle_rewritten_but_the_signatures,
    "everything rewritten and signed by a stranger": everything_rewritten_and_signed_by_a_stranger,
    "a rotation that the old key did not sign": a_rotation_that_the_old_key_did_not_sign,
    "two rotations, of which only the thief's own is signed": two_rotations_of_which_only_the_thiefs_own_is_signed,
    "a cosignature's witness": a_cosignature("witness = 'example.org/w+00000000+AAAA'"),
    "a cosignature's size": a_cosignature("size = size + 1"),
    "a cosignature's line": a_line_of_a_cosignature(lambda line: line[:-12] + "AAAAAAAA" + line[-4:]),
    "a second line under a cosignature": a_line_of_a_cosignature(lambda line: line + line),
    "the key of the organisation": the_key_of_the_organisation("x"),
    "the key of the organisation removed": the_key_of_the_organisation(None),
    "a project said to be archived": a_project_said_to_be_archived,
}
"""Found by whoever looks, with nothing brought along."""
