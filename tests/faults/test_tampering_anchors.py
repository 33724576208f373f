"""Older copies, forks, clocks, and what is verified or signed from a checkpoint on, in wrong hands (threat T4)."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from tests.conftest import MORNING
from tests.faults.attacks_notes import a_checkpoint
from tests.faults.attacks_tree import ALONE
from tests.faults.ownership import disarmed, owner
from tests.faults.rewriting import forge
from tests.faults.sealed import WITNESS, codes, notes, pinned, places, verify, with_copies
from tests.faults.vaults import MemoryVault, origin, signer

from flowgov import AuditBroken, BadInput, Engine, FixedClock
from flowgov.audit.note import Checkpoint, Note

sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
postgresql = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)


# --- older copies and forks ---------------------------------------------------------------------------------------


@sqlite
def test_t4_an_older_copy_of_the_whole_database_put_back_is_found_by_a_copy(sealed_url: str, tmp_path: Path) -> None:
    older = backup(sealed_url, tmp_path)
    newest = grow_and_sign(sealed_url)

    verdict = verify(older, with_copies(older, [newest]))

    assert (verify(older, pinned(older)).level, ("ROLLED_BACK", ("place", "usb")) in places(verdict)) == (
        "sealed",
        True,
    )


@sqlite
def test_t4_a_log_that_went_on_differently_after_a_restore_is_a_fork(sealed_url: str, tmp_path: Path) -> None:
    older = backup(sealed_url, tmp_path)
    newest = grow_and_sign(sealed_url)
    grow_and_sign(older)

    verdict = verify(older, with_copies(older, [newest]))

    assert (verify(older, pinned(older)).level, places(verdict)) == ("sealed", {("FORKED", ("place", "usb"))})


@sqlite
def test_t4_the_vault_does_not_sign_a_log_that_was_rolled_back(sealed_url: str, tmp_path: Path) -> None:
    older, vault = backup(sealed_url, tmp_path), MemoryVault(signer(origin(sealed_url)))
    vault.remember(grow_and_sign(sealed_url))
    before = notes(older)

    with Engine.open(older) as engine, pytest.raises(AuditBroken) as refused:
        engine.checkpoint(vault)

    assert (refused.value.reason, notes(older)) == ("rolled_back", before)


@sqlite
def test_t4_the_vault_does_not_sign_a_log_that_was_forked(sealed_url: str, tmp_path: Path) -> None:
    older, vault = backup(sealed_url, tmp_path), MemoryVault(signer(origin(sealed_url)))
    vault.remember(grow_and_sign(sealed_url))
    before = notes(older)

    with Engine.open(older) as engine, pytest.raises(AuditBroken) as refused:
        for _ in range(3):
            engine.add_evidence("P-1", "charter", by="kbenali", link="https://example.org/other")
        engine.checkpoint(vault)

    assert (refused.value.reason, notes(older)) == ("forked", before)


def backup(url: str, folder: Path) -> str:
    """A copy of the database as it stands."""
    with owner(url) as db:
        db.connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return f"sqlite:///{shutil.copy(url.removeprefix('sqlite:///'), folder / 'older.db')}"


def grow_and_sign(url: str) -> str:
    """One more record, and a checkpoint."""
    with Engine.open(url) as engine:
        engine.add_evidence("P-0", "charter", by="kbenali", link="https://example.org/new")
        return engine.checkpoint(MemoryVault(signer(origin(url)))).note


# --- time ---------------------------------------------------------------------------------------------------------


def test_a_record_dated_back_before_a_trusted_time_is_found(sealed_url: str) -> None:
    """The newest checkpoint was stamped at noon; a record written afterwards says that it was morning."""
    noon = with_copies(sealed_url, notes(sealed_url)[-1:], at="2026-01-05T12:00:00+00:00")
    with Engine.open(sealed_url, clock=FixedClock(MORNING)) as engine:
        engine.open_project("LATE", workflow="pme-light", title="LATE", by="ebihan")
        engine.sequence()

    verdict = verify(sealed_url, noon)

    assert [(f.code, f.stream, f.seq) for f in verdict.findings] == [("TIME_OUTSIDE_ANCHORS", late(sealed_url), 1)]


def test_a_record_dated_back_that_still_waits_for_its_position_is_found_as_well(sealed_url: str) -> None:
    noon = with_copies(sealed_url, notes(sealed_url)[-1:], at="2026-01-05T12:00:00+00:00")
    with Engine.open(sealed_url, clock=FixedClock(MORNING)) as engine:
        engine.open_project("LATE", workflow="pme-light", title="LATE", by="ebihan")

    found = verify(sealed_url, noon).findings
    assert [(f.code, f.stream, f.seq) for f in found] == [("TIME_OUTSIDE_ANCHORS", late(sealed_url), 1)]


def late(url: str) -> str:
    with owner(url) as db:
        return db.stream("LATE")


def test_records_dated_after_the_trusted_time_of_a_checkpoint_that_covers_them_are_found(sealed_url: str) -> None:
    early = with_copies(sealed_url, notes(sealed_url)[-1:], at="2026-01-05T09:30:00+00:00")

    assert codes(verify(sealed_url, early)) == {"TIME_OUTSIDE_ANCHORS"}


def test_a_trusted_time_that_agrees_is_no_finding_and_counts_as_a_witness(sealed_url: str) -> None:
    verdict = verify(sealed_url, with_copies(sealed_url, notes(sealed_url)[-1:], at="2026-01-05T12:00:00+00:00"))

    assert (verdict.findings, verdict.level, verdict.proved.anchored_at) == (
        (),
        "witnessed",
        "2026-01-05T12:00:00.000000Z",
    )


def test_a_clock_that_is_ahead_is_worth_a_notice(sealed_url: str) -> None:
    with Engine.open(sealed_url, clock=FixedClock(MORNING + timedelta(days=400))) as engine:
        engine.open_project("LATE", workflow="pme-light", title="LATE", by="ebihan")

    verdict = verify(sealed_url)

    assert (verdict.findings, verdict.notices[0].code, verdict.notices[0].count) == ((), "FROM_THE_FUTURE", 1)


# --- from a checkpoint on -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "attack",
    [
        "the last leaf deleted",
        "a leaf added",
        "a record above the last checkpoint",
        "a record that waits",
        "one off the waiting list",
        "a ghost on the waiting list",
        "the last node deleted",
        "the hash of a node",
        "a node added behind the last",
        "the first node deleted",
        "a revocation numbered after what it forbids",
        "the tail cut but for the checkpoint",
        "everything rewritten but the signatures",
    ],
)
def test_from_the_middle_checkpoint_on_what_lies_after_it_or_under_it_is_missed(sealed_url: str, attack: str) -> None:
    since = notes(sealed_url)[1]
    with disarmed(sealed_url) as db:
        ALONE[attack](db)

    assert verify(sealed_url, pinned(sealed_url), since=since).level == "broken"


@sqlite
def test_from_a_checkpoint_on_an_archive_of_what_lies_before_it_is_not_missed(sealed_url: str, tmp_path: Path) -> None:
    vault, clock = MemoryVault(signer(origin(sealed_url))), FixedClock(MORNING + timedelta(days=1))
    with Engine.open(sealed_url, clock=clock) as engine:
        engine.move("P-0", "cancel", by="kbenali", reason="Abandon")
        clock.advance(days=1)
        archive = tmp_path / "archive.zip"
        _, newest = engine.archive(archive, until="2026-01-06", reason="Place", vault=vault, by="htallec")  # type: ignore[arg-type]  # quacks like one

        verdicts = [engine.verify(since=since) for since in (None, notes(sealed_url)[0], newest.note)]

    assert [verdict.findings for verdict in verdicts] == [(), (), ()]


def test_a_new_record_is_missed_though_its_chain_does_not_seem_to_have_grown(sealed_url: str) -> None:
    """It neither has a position nor waits for one, and no other record of its chain is new."""
    with disarmed(sealed_url) as db:
        facts = json.loads(db.body("P-3", db.seq("P-3", "evidence.added")))
        added = {name: facts[name] for name in facts.keys() - {"seq", "prev", "ts", "id", "c"}}
        forge(db, "P-3", "evidence.added", lambda document: document.update(added))
        db.run("DELETE FROM flowgov_pending WHERE record = (SELECT max(id) FROM flowgov_record)")
        place = "P-3", db.last("P-3")

    verdict = verify(sealed_url, since=notes(sealed_url)[-1])

    assert ("LEAF_MISSING", place) in places(verdict)


def test_the_name_of_the_log_changed_in_its_row_is_a_finding_from_a_checkpoint_on_as_well(sealed_url: str) -> None:
    with disarmed(sealed_url) as db:
        db.run("UPDATE flowgov_organisation SET log = 'flowgov/0123456789abcdef'")

    assert verify(sealed_url, since=notes(sealed_url)[-1]).level == "broken"


def test_a_checkpoint_of_another_log_is_no_place_to_go_on_from(sealed_url: str) -> None:
    words = Checkpoint("flowgov/0123456789abcdef", 5, bytes(32)).text()
    foreign = str(Note(words, (signer("flowgov/0123456789abcdef").sign(words),)))

    with pytest.raises(BadInput) as refused:
        verify(sealed_url, since=foreign)

    assert refused.value.reason == "since_of_another_log"


# --- what the writers do with an altered tree ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attack", "reason"),
    [
        ("one with a position on the waiting list", "sequencing"),
        ("everything rewritten but the signatures", "forked"),
        ("everything rewritten and signed by a stranger", "foreign_checkpoint"),
        ("a checkpoint, root", "foreign_checkpoint"),
        ("the first node deleted", "tree"),
        ("the last node deleted", "tree"),
        ("every leaf deleted", "rolled_back"),
    ],
)
def test_nothing_is_signed_that_contradicts_what_was_signed_before(sealed_url: str, attack: str, reason: str) -> None:
    with disarmed(sealed_url) as db:
        ALONE[attack](db)
    before = notes(sealed_url)

    with Engine.open(sealed_url) as engine, pytest.raises(AuditBroken) as refused:
        engine.checkpoint(MemoryVault(signer(origin(sealed_url))))

    assert (refused.value.reason, notes(sealed_url)) == (reason, before)


def test_nothing_is_signed_where_the_newest_checkpoint_is_empty(sealed_url: str) -> None:
    with disarmed(sealed_url) as db:
        a_checkpoint("nothing")(db)

    with Engine.open(sealed_url) as engine, pytest.raises(AuditBroken) as refused:
        engine.checkpoint(MemoryVault(signer(origin(sealed_url))))

    assert refused.value.reason == "no_checkpoint"


def test_a_note_with_the_text_of_another_log_and_no_true_cosignature_is_no_alarm(sealed_url: str) -> None:
    note = Note.parse(notes(sealed_url)[-1])
    lines = note.text.split("\n")
    forged = Note("\n".join([*lines[:2], "A" * 43 + "=", ""]), note.signatures)

    with Engine.open(sealed_url) as engine, pytest.raises(BadInput) as refused:
        engine.cosign(str(forged), [WITNESS.witness_key])

    assert refused.value.reason == "no_cosignature"
