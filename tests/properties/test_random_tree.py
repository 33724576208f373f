"""Whatever is done in whatever order: everything is proved, from every checkpoint on, and what is altered shows."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import text
from tests.conftest import MORNING
from tests.faults.ownership import Owner, another, disarmed
from tests.faults.sealed import notes, pinned, size_of
from tests.faults.vaults import MemoryVault, origin, signer

from flowgov import Engine, FixedClock
from flowgov.audit import merkle
from flowgov.audit.hashing import leaf_digest
from flowgov.audit.note import Checkpoint, Note
from flowgov.audit.proof import verify_consistency, verify_inclusion
from flowgov.audit.seals import Outside
from flowgov.store import tree

EXAMPLES = int(os.environ.get("FLOWGOV_PROPERTY_EXAMPLES", "14"))
KEYS = ("P-0", "P-1", "P-2")

Deed = Callable[[Engine, MemoryVault], object]


def _open(key: str) -> Deed:
    return lambda engine, _: engine.open_project(key, workflow="pme-light", title=key, by="ebihan")


def _evidence(key: str) -> Deed:
    return lambda engine, _: engine.add_evidence(key, "charter", by="ebihan", link="https://example.org/charter")


def _rotate(engine: Engine, vault: MemoryVault) -> object:
    new = signer(vault.signer().name, f"key {len(vault.keys)}")
    return engine.rotate_key(vault, new, reason="Chaque année", by="htallec")


DEEDS: dict[str, Deed] = {
    **{f"evidence on {key}": _evidence(key) for key in KEYS},
    "a role": lambda engine, _: engine.grant_role("sponsor", "jprigent", by="htallec"),
    "no role": lambda engine, _: engine.revoke_role("sponsor", "jprigent", by="htallec"),
    "sequence": lambda engine, _: engine.sequence(),
    "checkpoint": lambda engine, vault: engine.checkpoint(vault),
    "rotation": _rotate,
}
BEGIN = [_open(key) for key in KEYS]
deeds = some.lists(some.sampled_from(sorted(DEEDS)), min_size=4, max_size=24)
everywhere = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@everywhere
@given(chosen=deeds)
def test_whatever_is_done_every_record_is_proved_and_every_checkpoint_leads_to_the_next(
    sqlite_template: Path, chosen: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url, trusted = _played(sqlite_template, Path(folder), chosen)
        with Engine.open(url) as engine:
            verdicts = [engine.verify(outside=trusted, since=since) for since in (None, *notes(url))]
            proved = [_proves(engine, key, seq) for key, seq in _covered(url)]

        assert {(verdict.findings, verdict.level) for verdict in verdicts} == {((), "sealed")}
        assert (set(proved), _each_leads_to_the_next(url)) == ({True}, True)


@everywhere
@given(chosen=deeds, which=some.integers(0, 10_000), cell=some.integers(0, 10_000))
def test_whatever_is_altered_after_a_checkpoint_shows_from_there_on(
    sqlite_template: Path, chosen: list[str], which: int, cell: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url, trusted = _played(sqlite_template, Path(folder), chosen)
        since = notes(url)[which % len(notes(url))]
        with disarmed(url) as db:
            cells = _cells_after(db, size_of(since))
            table, column, rowid = cells[cell % len(cells)]
            old = db.one(f"SELECT {column} FROM flowgov_{table} WHERE rowid = :r", r=rowid)
            db.run(f"UPDATE OR IGNORE flowgov_{table} SET {column} = :v WHERE rowid = :r", v=another(old), r=rowid)
            kept = db.connection.execute(
                text(f"SELECT {column} FROM flowgov_{table} WHERE rowid = :r"), {"r": rowid}
            ).scalar() == old  # fmt: skip
        with Engine.open(url) as engine:
            verdict = engine.verify(outside=trusted, since=since)

        assert verdict.holds == kept


def _played(template: Path, folder: Path, chosen: list[str]) -> tuple[str, Outside]:
    """A log on which these deeds were done, in batches of three, with a checkpoint at the beginning and at the end."""
    path = folder / "log.db"
    shutil.copy(template, path)
    url = f"sqlite:///{path}"
    vault, clock, granted = MemoryVault(signer(origin(url))), FixedClock(MORNING), False
    with mock.patch("flowgov.acts.sequencing.BATCH", 3), Engine.open(url, clock=clock) as engine:
        engine.register_key(vault.signer().key, by="htallec")
        engine.checkpoint(vault)
        for deed in BEGIN:
            deed(engine, vault)
        for name in chosen:
            clock.advance(seconds=1)
            if name not in {"a role", "no role"} or (name == "a role") != granted:
                DEEDS[name](engine, vault)
                granted = granted if name not in {"a role", "no role"} else not granted
        engine.add_evidence("P-0", "charter", by="ebihan", link="https://example.org/last")
        engine.checkpoint(vault)
        engine.add_evidence("P-1", "charter", by="ebihan", link="https://example.org/waits")
    return url, pinned(url)


def _covered(url: str) -> list[tuple[str | None, int]]:
    """Project (None for the organisation) and number of every record that the newest checkpoint covers."""
    with disarmed(url) as db:
        size = db.one("SELECT max(size) FROM flowgov_checkpoint")
        rows = db.connection.execute(
            text(
                "SELECT p.key, r.seq FROM flowgov_leaf l JOIN flowgov_record r ON r.id = l.record"
                " LEFT JOIN flowgov_project p ON r.stream = 'prj:' || p.id WHERE l.idx < :s"
            ),
            {"s": size},
        )
        return [(row.key, row.seq) for row in rows]


def _proves(engine: Engine, key: str | None, seq: int) -> bool:
    proof = engine.prove(key, seq)
    checkpoint = Checkpoint.parse(Note.parse(proof.checkpoint).text)
    return verify_inclusion(proof.index, proof.size, leaf_digest(proof.body), proof.path, checkpoint.root)


def _each_leads_to_the_next(url: str) -> bool:
    """Whether consistency proofs, made from the stored tree, lead from every checkpoint to the one after it."""
    made = [Checkpoint.parse(Note.parse(note).text) for note in notes(url)]
    with disarmed(url) as db:
        nodes = tree.nodes(db.connection)
        return all(
            verify_consistency(a.size, b.size, a.root, b.root, merkle.consistency(a.size, b.size, nodes))
            for a, b in pairwise(made)
        )


def _cells_after(db: Owner, size: int) -> list[tuple[str, str, int]]:
    """Cells of what came after a checkpoint: records, leaves, later checkpoints, what waits, and all of what grew."""
    questions: dict[str, str] = {
        "leaf": "SELECT rowid FROM flowgov_leaf WHERE idx >= :s",
        "pending": "SELECT rowid FROM flowgov_pending",
        "checkpoint": "SELECT rowid FROM flowgov_checkpoint WHERE size > :s",
        "record": "SELECT r.rowid FROM flowgov_record r LEFT JOIN flowgov_leaf l ON l.record = r.id"
        " WHERE l.idx >= :s OR l.idx IS NULL OR r.stream = 'org'",
        "project": "SELECT p.rowid FROM flowgov_project p WHERE EXISTS (SELECT 1 FROM flowgov_record r"
        " JOIN flowgov_leaf l ON l.record = r.id WHERE r.stream = 'prj:' || p.id AND l.idx >= :s)",
        "organisation": "SELECT rowid FROM flowgov_organisation",
        "assignment": "SELECT rowid FROM flowgov_assignment",
        "person": "SELECT rowid FROM flowgov_person",
    }
    return [
        (table, column, rowid)
        for table, question in questions.items()
        for rowid in db.connection.execute(text(question), {"s": size}).scalars().all()
        for column in _columns(db, table)
    ]


def _columns(db: Owner, table: str) -> list[Any]:
    return [row[1] for row in db.connection.execute(text(f"PRAGMA table_info(flowgov_{table})"))]
