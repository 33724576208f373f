"""Positions, nodes, checkpoints and keys in the hands of the database's owner (threats T2, T3, T4).

The log has three checkpoints, the last of them cosigned, records above it, and some that wait for a position.
"""

from __future__ import annotations

import pytest
from sqlalchemy.exc import DBAPIError
from tests.faults.attacks_keys import WITH_COPIES, WITH_THE_KEY
from tests.faults.attacks_notes import NOTES, a_checkpoint
from tests.faults.attacks_tree import ALONE, another_time, record_at, sizes
from tests.faults.ownership import disarmed, owner
from tests.faults.rewriting import rewrite_everything
from tests.faults.sealed import RECORDS, WITNESS, codes, notes, pinned, places, size_of, verify, with_copies

from flowgov.audit.seals import Outside
from flowgov.audit.verdict import Verdict
from flowgov.store.append_only import POSTGRESQL, SQLITE

sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
postgresql = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)


# --- nobody touched it --------------------------------------------------------------------------------------------


def test_a_log_nobody_touched_holds_as_far_as_what_was_brought_along_vouches_for_it(sealed_url: str) -> None:
    copies = with_copies(sealed_url, notes(sealed_url))
    witnessed = Outside(copies.keys, copies.copies, witnesses=(str(WITNESS.witness_key),))

    verdicts = [verify(sealed_url, outside) for outside in (None, pinned(sealed_url), copies, witnessed)]

    assert [(v.level, v.findings) for v in verdicts] == [
        ("self_consistent", ()),
        ("sealed", ()),
        ("anchored", ()),
        ("witnessed", ()),
    ]


def test_the_log_is_large_enough_to_have_nodes_and_tails_of_both_kinds(sealed_url: str) -> None:
    verdict = verify(sealed_url, with_copies(sealed_url, notes(sealed_url)[:2]))

    proved = verdict.proved
    assert (proved.size > 600, proved.size - proved.sealed, proved.waiting, proved.sealed - proved.anchored) == (
        True,
        2,
        2,
        RECORDS // 2,
    )  # type: ignore[operator]  # anchored, as the copies are there


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_log_nobody_touched_holds_from_every_checkpoint_on(sealed_url: str, which: int) -> None:
    since = notes(sealed_url)[which]

    verdict = verify(sealed_url, pinned(sealed_url), since=since)

    assert (verdict.findings, verdict.level, verdict.since) == ((), "sealed", size_of(since))


# --- found by whoever looks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("attack", ALONE)
def test_t1_what_contradicts_itself_is_named_to_everybody(sealed_url: str, attack: str) -> None:
    with disarmed(sealed_url) as db:
        expected = ALONE[attack](db)

    verdict = verify(sealed_url)

    assert (expected in places(verdict), verdict.level) == (True, "broken")


@sqlite
@pytest.mark.parametrize("attack", list(ALONE)[::8])
def test_t1_nothing_brought_along_hides_what_contradicts_itself(sealed_url: str, attack: str) -> None:
    copies = with_copies(sealed_url, notes(sealed_url))
    with disarmed(sealed_url) as db:
        expected = ALONE[attack](db)

    verdict = verify(sealed_url, copies)

    assert (expected in places(verdict), verdict.level) == (True, "broken")


@sqlite
@pytest.mark.parametrize("what", NOTES)
def test_no_line_of_a_checkpoint_can_be_changed_unseen(sealed_url: str, what: str) -> None:
    with disarmed(sealed_url) as db:
        expected = a_checkpoint(what)(db)

    verdict = verify(sealed_url)

    assert (expected in places(verdict), last_good(verdict)) == (True, state(sealed_url, 1))


@pytest.mark.parametrize("attack", WITH_THE_KEY)
def test_t2_what_agrees_with_itself_is_named_to_whoever_brings_the_key_along(sealed_url: str, attack: str) -> None:
    with disarmed(sealed_url) as db:
        expected = WITH_THE_KEY[attack](db)

    alone, informed = verify(sealed_url), verify(sealed_url, pinned(sealed_url))

    assert (alone.level, expected in places(informed)) == ("self_consistent", True)


@pytest.mark.parametrize("attack", WITH_COPIES)
def test_t3_what_also_agrees_with_the_key_is_named_to_whoever_has_copies(sealed_url: str, attack: str) -> None:
    copies = with_copies(sealed_url, notes(sealed_url))
    with disarmed(sealed_url) as db:
        expected = WITH_COPIES[attack](db)

    alone, with_key, informed = (verify(sealed_url, o) for o in (None, pinned(sealed_url), copies))

    assert (alone.findings, with_key.findings, expected in places(informed)) == ((), (), True)


# --- the last state that still holds ------------------------------------------------------------------------------


@pytest.mark.parametrize(("after", "good"), [(0, None), (1, 0), (2, 1)])
def test_the_verdict_names_the_last_state_before_an_altered_record(
    sealed_url: str, after: int, good: int | None
) -> None:
    """A record in the stretch that ends with checkpoint number *after* says something else."""
    known = [0, *map(size_of, notes(sealed_url))]
    with disarmed(sealed_url) as db:
        db.rewrite(*record_at(db, known[after] + 5), another_time)

    assert last_good(verify(sealed_url, pinned(sealed_url))) == state(sealed_url, good)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM flowgov_record WHERE id = (SELECT record FROM flowgov_leaf WHERE idx = :i)",
        "UPDATE flowgov_leaf SET record = 999999 WHERE idx = :i",
        "UPDATE flowgov_leaf SET hash = :h WHERE idx = :i AND hash <> :h",
        "DELETE FROM flowgov_leaf WHERE idx = :i",
    ],
)
def test_the_verdict_names_the_last_state_before_a_record_or_a_leaf_that_is_gone(
    sealed_url: str, statement: str
) -> None:
    with disarmed(sealed_url) as db:
        given = {"h": bytes(32)} if ":h" in statement else {}
        db.run(statement, i=sizes(db)[1] + 5, **given)

    assert last_good(verify(sealed_url, pinned(sealed_url))) == state(sealed_url, 1)


@pytest.mark.parametrize(("after", "good"), [(0, None), (1, 0), (2, 1)])
def test_the_verdict_names_the_last_state_before_a_consistent_rewrite(
    sealed_url: str, after: int, good: int | None
) -> None:
    known = [0, *map(size_of, notes(sealed_url))]
    with disarmed(sealed_url) as db:
        rewrite_everything(db, *record_at(db, known[after] + 5), another_time)

    assert last_good(verify(sealed_url, pinned(sealed_url))) == state(sealed_url, good)


@pytest.mark.parametrize("attack", ["a record above the last checkpoint", "a record that waits", "the hash of a node"])
def test_what_is_altered_above_the_last_checkpoint_or_beside_the_records_leaves_it_standing(
    sealed_url: str, attack: str
) -> None:
    with disarmed(sealed_url) as db:
        ALONE[attack](db)

    assert last_good(verify(sealed_url, pinned(sealed_url))) == state(sealed_url, 2)


def test_the_verdict_says_in_words_since_when(sealed_url: str) -> None:
    with disarmed(sealed_url) as db:
        size = sizes(db)[1]
        db.rewrite(*record_at(db, size + 5), another_time)

    verdict = verify(sealed_url, pinned(sealed_url))

    assert (
        verdict.remarks()[0]
        == f"The last state that still holds is that of {size} records, until {last_good(verdict)[1]}."
    )


def test_after_the_newest_checkpoint_is_invalid_the_one_before_it_is_the_last_state(sealed_url: str) -> None:
    with disarmed(sealed_url) as db:
        ALONE["a checkpoint, root"](db)

    assert last_good(verify(sealed_url, pinned(sealed_url))) == state(sealed_url, 1)


def last_good(verdict: Verdict) -> tuple[int, str | None]:
    return verdict.proved.sealed, verdict.proved.sealed_ts


def state(url: str, which: int | None) -> tuple[int, str | None]:
    """Size and time of a checkpoint, asked in SQL."""
    if which is None:
        return 0, None
    with owner(url) as db:
        size = sizes(db)[which]
        statement = "SELECT r.ts FROM flowgov_leaf l JOIN flowgov_record r ON r.id = l.record WHERE l.idx = :i"
        return size, db.one(statement, i=size - 1)


# --- the triggers of the new tables -------------------------------------------------------------------------------

NEW = ("record_pending", "leaf_", "node_", "checkpoint_", "cosignature_", "text_insert")
_new = [f"flowgov_{name}" for name in NEW]


@sqlite
@pytest.mark.parametrize("trigger", [name for name in SQLITE if name.startswith(tuple(_new))])
def test_a_dropped_trigger_of_the_tree_is_missed(sealed_url: str, trigger: str) -> None:
    with owner(sealed_url) as db:
        db.run(f"DROP TRIGGER {trigger}")

    assert [(f.code, f.params["trigger"]) for f in verify(sealed_url).findings] == [("GUARD_MISSING", trigger)]


@postgresql
@pytest.mark.parametrize("trigger", [name for name in POSTGRESQL if name.startswith(tuple(_new))])
def test_a_trigger_of_the_tree_switched_off_is_reported_on_postgresql(sealed_url: str, trigger: str) -> None:
    with owner(sealed_url) as db:
        db.run(f"ALTER TABLE {POSTGRESQL[trigger][0]} DISABLE TRIGGER {trigger}")

    assert [(f.code, f.params["trigger"]) for f in verify(sealed_url).findings] == [("GUARD_MODIFIED", trigger)]


@postgresql
@pytest.mark.parametrize("function", ["flowgov_record_pends", "flowgov_leaf_follows"])
def test_a_function_that_puts_nobody_on_the_waiting_list_is_told_from_the_real_one(
    sealed_url: str, function: str
) -> None:
    with owner(sealed_url) as db:
        db.run(f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")

    assert codes(verify(sealed_url)) == {"GUARD_MODIFIED"}


@pytest.mark.parametrize("table", ["leaf", "node", "checkpoint", "cosignature"])
@pytest.mark.parametrize("statement", ["DELETE FROM flowgov_{}", "UPDATE flowgov_{0} SET {1} = {1}"])
def test_the_database_itself_refuses_to_change_the_tree(sealed_url: str, table: str, statement: str) -> None:
    column = "size" if table in {"checkpoint", "cosignature"} else "idx"

    with owner(sealed_url) as db, pytest.raises(DBAPIError) as refused:
        db.run(statement.format(table, column))
    assert "flowgov" in str(refused.value)


@postgresql
def test_a_record_with_two_leaves_is_found_where_the_owner_dropped_the_constraint(sealed_url: str) -> None:
    with disarmed(sealed_url) as db:
        db.run("ALTER TABLE flowgov_leaf DROP CONSTRAINT uq_flowgov_leaf_record")
        db.run("INSERT INTO flowgov_leaf SELECT (SELECT max(idx) + 1 FROM flowgov_leaf), record, hash FROM flowgov_leaf"
               " WHERE idx = 100")  # fmt: skip
        place = record_at(db, 100)

    assert ("CHAIN_BROKEN", place) in places(verify(sealed_url))


@sqlite
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE flowgov_checkpoint SET note = CAST(note AS BLOB)",
        "UPDATE flowgov_leaf SET hash = CAST(hash AS TEXT)",
        "UPDATE flowgov_cosignature SET line = CAST(line AS BLOB)",
        "UPDATE flowgov_cosignature SET witness = CAST(witness AS BLOB)",
        "UPDATE flowgov_node SET level = CAST(level AS TEXT) || 'x'",
        "UPDATE flowgov_node SET idx = 'x' WHERE idx = 1",
        "UPDATE flowgov_leaf SET record = record + 0.5 WHERE idx = 100",
        "UPDATE flowgov_leaf SET archive = 'x' WHERE idx = 100",
    ],
)
def test_a_value_of_another_type_is_found_though_it_looks_the_same(sealed_url: str, change: str) -> None:
    with disarmed(sealed_url) as db:
        db.run(change)

    assert verify(sealed_url).level == "broken"
