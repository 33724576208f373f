"""Positions are given once, in an order that no chain contradicts, whoever writes, signs or dies meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import event, text
from sqlalchemy.orm import Session
from tests.faults.hosting import place_order
from tests.faults.ownership import disarmed, owner
from tests.faults.processes import Call, exit_code, together, tried
from tests.faults.sealed import notes, pinned
from tests.faults.vaults import MemoryVault, origin, signer

from flowgov import AuditBroken, BadInput, Conflict, Engine
from flowgov.audit.hashing import leaf_digest
from flowgov.audit.note import Checkpoint, Note
from flowgov.audit.proof import Frontier
from flowgov.store import tree

postgresql = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)

KILLED = 9
ROUNDS = 6
KEYS = ("CRM", "ERP", "PAY")


@pytest.fixture
def vault(company: Engine, company_url: str) -> MemoryVault:
    """Holds the key that signs the company's log."""
    made = MemoryVault(signer(origin(company_url)))
    company.register_key(made.signer().key, by="htallec")
    return made


class Order:
    """What the tables say about the global order, read in plain SQL."""

    def __init__(self, url: str) -> None:
        with owner(url) as db:
            self.leaves = db.connection.execute(
                text(
                    "SELECT l.idx, l.hash, r.stream, r.seq, r.body FROM flowgov_leaf l"
                    " JOIN flowgov_record r ON r.id = l.record ORDER BY l.idx"
                )
            ).all()
            self.records = int(db.one("SELECT count(*) FROM flowgov_record"))
            self.waiting = int(db.one("SELECT count(*) FROM flowgov_pending"))
            self.nodes = int(db.one("SELECT count(*) FROM flowgov_node"))

    def is_whole(self) -> bool:
        """Whether every record has exactly one position, the positions have no gaps, and each hash is its record's."""
        return (
            [row.idx for row in self.leaves] == list(range(self.records))
            and len({(row.stream, row.seq) for row in self.leaves}) == self.records
            and all(bytes(row.hash) == leaf_digest(bytes(row.body)) for row in self.leaves)
            and self.waiting == 0
        )

    def follows_every_chain(self) -> bool:
        """Whether every chain stands in its own order."""
        chains: dict[str, list[int]] = {}
        for row in self.leaves:
            chains.setdefault(row.stream, []).append(row.seq)
        return all(seqs == list(range(1, len(seqs) + 1)) for seqs in chains.values())

    def index(self, stream: str, seq: int) -> int:
        return next(row.idx for row in self.leaves if (row.stream, row.seq) == (stream, seq))

    def agrees_with(self, checkpoints: list[str]) -> bool:
        """Whether every checkpoint's root is that of the first leaves, put together here."""
        wanted = {c.size: c.root for c in (Checkpoint.parse(Note.parse(note).text) for note in checkpoints)}
        frontier, right = Frontier(), 0
        for row in self.leaves:
            frontier.push(bytes(row.hash))
            right += wanted.get(frontier.size) == frontier.root()
        return right == len(wanted)


# --- everybody at once --------------------------------------------------------------------------------------------


def write_a_lot(url: str, key: str, by: str) -> list[str]:
    hold: Call = ("move", (key, "hold"), {"by": by, "reason": "Wait"})
    resume: Call = ("move", (key, "resume"), {"by": by})
    with Engine.open(url) as engine:
        return [tried(engine, call) for call in [hold, resume] * ROUNDS]


def sequence_again_and_again(url: str, *_: object) -> int:
    with Engine.open(url) as engine:
        return sum(engine.sequence() for _ in range(5 * ROUNDS))


def sign_again_and_again(url: str, whose: str) -> tuple[list[str], str | None]:
    """Every checkpoint signed, and what ended it."""
    vault = MemoryVault(signer(origin(url), whose))
    with Engine.open(url) as engine:
        for _ in range(3 * ROUNDS):
            try:
                engine.checkpoint(vault)
            except BadInput as error:
                return vault.notes, error.reason
    return vault.notes, None


def rotate(url: str, whose: str) -> tuple[int, str]:
    """Position of the record in its chain, and the checkpoint that both keys signed."""
    vault = MemoryVault(signer(origin(url)))
    with Engine.open(url) as engine:
        receipt, made = engine.rotate_key(vault, signer(origin(url), whose), reason="Chaque année", by="htallec")
        return receipt.seq, made.note


def test_while_eight_write_two_sequence_and_one_signs_everything_gets_one_position(
    company: Engine, company_url: str, vault: MemoryVault
) -> None:
    keys = [f"P-{number}" for number in range(5)]
    for key in keys:
        company.open_project(key, workflow="pme-light", title=key, by="ebihan")
    writers = [(write_a_lot, (key, "kbenali")) for key in (*KEYS, *keys)]

    *answers, _, _, (signed, ended) = together(
        company_url,
        [*writers, (sequence_again_and_again, ()), (sequence_again_and_again, ()), (sign_again_and_again, ("house",))],
    )

    company.checkpoint(vault)
    order = Order(company_url)
    done = {answer.partition(":")[0] for answers_of_one in answers for answer in answers_of_one}
    assert (done, ended, order.is_whole(), order.follows_every_chain(), order.agrees_with(notes(company_url))) == (
        {"done"},
        None,
        True,
        True,
        True,
    )
    assert (company.verify(outside=pinned(company_url)).level, set(signed) <= set(notes(company_url))) == (
        "sealed",
        True,
    )


def test_a_rotation_among_checkpoints_never_leaves_one_by_the_old_key_alone_after_it(
    company: Engine, company_url: str, vault: MemoryVault
) -> None:
    (seq, both), *_ = together(
        company_url,
        [
            (rotate, ("second",)),
            (sign_again_and_again, ("house",)),
            (write_a_lot, ("CRM", "kbenali")),
            (write_a_lot, ("ERP", "kbenali")),
        ],
    )

    company.sequence()
    rotated = Order(company_url).index("org", seq)
    new = signer(origin(company_url), "second").key
    later = [n for n in map(Note.parse, notes(company_url)) if Checkpoint.parse(n.text).size > rotated]
    assert [[s.key_id == new.key_id for s in note.signatures] for note in later] == [[True, False]]
    assert (len(Note.parse(both).signatures), company.verify(outside=pinned(company_url)).level) == (2, "sealed")


# --- who waits for whom -------------------------------------------------------------------------------------------


@postgresql
def test_a_record_whose_transaction_was_slow_is_not_skipped(company: Engine, company_url: str, host: Database) -> None:
    """Its id is smaller than that of a record which got its position before it was there."""
    with Session(host) as session, session.begin():
        slow = company.move("CRM", "validate_need", by="kbenali", session=session)
        quick = company.move("ERP", "hold", by="kbenali", reason="Wait")
        company.sequence()
    company.move("CRM", "hold", by="kbenali", reason="Wait")
    company.sequence()

    with owner(company_url) as db:
        crm, erp = db.stream("CRM"), db.stream("ERP")
        ids = [
            db.one("SELECT id FROM flowgov_record WHERE stream = :s AND seq = :n", s=s, n=n)
            for s, n in ((crm, slow.seq), (erp, quick.seq))
        ]
    order = Order(company_url)
    late = order.index(crm, slow.seq) > order.index(erp, quick.seq)
    assert (ids[0] < ids[1], late, order.is_whole(), order.follows_every_chain(), company.verify().holds) == (
        True,
        True,
        True,
        True,
        True,
    )


@postgresql
def test_nobody_who_writes_waits_for_a_sequencer(
    company: Engine, company_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else writes, in another process's stead, while the sequencer holds its lock and has not committed."""
    add_leaves, written = tree.add_leaves, []

    def write_meanwhile(*arguments: Any) -> None:
        add_leaves(*arguments)
        if not written:
            with Engine.open(company_url) as other:
                written.append(other.move("CRM", "validate_need", by="kbenali"))

    monkeypatch.setattr(tree, "add_leaves", write_meanwhile)

    company.sequence()

    assert (written[0].target, company.sequence(), Order(company_url).is_whole()) == ("business_validated", 1, True)


@postgresql
def test_a_sequencer_that_waits_too_long_for_another_learns_that_the_database_is_busy(
    company_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowgov.store.database.BUSY_MILLISECONDS", 50)

    with owner(company_url) as holder, Engine.open(company_url) as engine, pytest.raises(Conflict) as refused:
        tree.one_at_a_time(holder.connection)
        engine.sequence()

    assert refused.value.reason == "busy"


def test_batches_are_taken_one_after_the_other(
    company: Engine, company_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowgov.acts.sequencing.BATCH", 3)

    done = company.sequence()

    order = Order(company_url)
    assert (done, order.is_whole(), order.follows_every_chain()) == (order.records, True, True)


def test_nothing_from_an_altered_record_on_gets_a_position(company: Engine, company_url: str) -> None:
    with owner(company_url) as db:
        db.disarm()
        seq = db.seq("CRM", "evidence.added")
        db.rewrite("CRM", seq, lambda document: document.update(code="9.9.9"))
        db.rearm()

    with pytest.raises(AuditBroken) as refused:
        company.sequence()

    assert (refused.value.reason, Order(company_url).leaves) == ("sequencing", [])


# --- inside a host's transaction ----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["org", "CRM"])
def test_the_last_record_of_a_chain_gets_no_position_if_the_chains_row_names_another(
    company: Engine, company_url: str, key: str
) -> None:
    """No record follows it that would name its hash."""
    with disarmed(company_url) as db:
        last = db.last(key)
        db.rewrite(key, last, lambda document: document.update(code="9.9.9"))

    with pytest.raises(AuditBroken) as refused:
        company.sequence()

    assert (refused.value.reason, refused.value.data["seq"]) == ("sequencing", last)


def test_records_of_a_hosts_transaction_get_positions_after_its_commit(
    company: Engine, company_url: str, host: Database
) -> None:
    company.sequence()
    with Session(host) as session, session.begin():
        place_order(session)
        company.move("CRM", "validate_need", by="kbenali", session=session)
        company.move("ERP", "hold", by="kbenali", reason="Wait", session=session)

    done = company.sequence()

    assert (done, Order(company_url).is_whole(), company.verify().holds) == (2, True, True)


def test_a_hosts_rollback_leaves_nothing_that_waits_for_a_position(
    company: Engine, company_url: str, host: Database
) -> None:
    company.sequence()
    with Session(host) as session:
        session.begin()
        company.move("CRM", "validate_need", by="kbenali", session=session)
        session.rollback()

    order = Order(company_url)

    assert (order.waiting, company.sequence(), order.is_whole(), company.verify().holds) == (0, 0, True, True)


def test_a_savepoint_rolled_back_leaves_nothing_that_waits_for_a_position(
    company: Engine, company_url: str, host: Database
) -> None:
    with Session(host) as session, session.begin():
        company.move("CRM", "validate_need", by="kbenali", session=session)
        savepoint = session.begin_nested()
        company.move("CRM", "hold", by="kbenali", reason="Wait", session=session)
        savepoint.rollback()
    company.sequence()

    assert (Order(company_url).is_whole(), company.verify().holds) == (True, True)


# --- crashes ------------------------------------------------------------------------------------------------------


def die_signing(url: str, number: int) -> None:
    """Take a checkpoint and die without goodbye at moment *number*: around a statement or the commit."""
    moments = count(1)

    def die(*_: Any) -> None:
        if next(moments) == number:
            os._exit(KILLED)

    with Engine.open(url) as engine:
        engine.organisation()
        for moment in ("before_cursor_execute", "after_cursor_execute", "commit", "reset"):
            event.listen(engine._house.database, moment, die)
        engine.checkpoint(MemoryVault(signer(origin(url))))


def progress(url: str) -> tuple[bool, int]:
    """Whether all have positions (or nobody has), and how many checkpoints there are."""
    order = Order(url)
    assert order.is_whole() or (order.leaves == [] and order.waiting == order.records), "half of it was done"
    return order.is_whole(), len(notes(url))


def test_a_process_killed_at_any_statement_of_a_checkpoint_leaves_nothing_half_done(
    company: Engine, company_url: str, vault: MemoryVault
) -> None:
    seen = [progress(company_url)]
    for number in count(1):
        assert exit_code(die_signing, company_url, number) == KILLED, "it came to its end and left nothing"
        seen.append(progress(company_url))
        if seen[-1] == (True, 1):
            break

    assert (sorted(set(seen)), seen == sorted(seen)) == ([(False, 0), (True, 0), (True, 1)], True)
    assert (company.checkpoint(vault).note, company.verify(outside=pinned(company_url)).level) == (
        notes(company_url)[0],
        "sealed",
    )


@pytest.mark.parametrize("act", ["checkpoint", "rotate_key", "replace_key"])
def test_an_error_at_any_statement_leaves_nothing_half_done_and_the_next_run_completes_it(
    company: Engine, company_url: str, vault: MemoryVault, act: str
) -> None:
    company.checkpoint(vault)
    company.move("CRM", "validate_need", by="kbenali")
    new = signer(origin(company_url), "second")
    acts: dict[str, Callable[[Engine], Any]] = {
        "checkpoint": lambda engine: engine.checkpoint(vault),
        "rotate_key": lambda engine: engine.rotate_key(vault, new, reason="Chaque année", by="htallec"),
        "replace_key": lambda engine: engine.replace_key(vault, new, cause="lost", reason="Perdue", by="htallec"),
    }
    before = state(company_url)

    seen = [state(company_url) for _ in failing_everywhere(company_url, acts[act])]

    trusted = pinned(company_url, "second" if act == "replace_key" else "house")
    assert (set(seen[:-1]), seen[-1] != before) == ({before}, True)
    assert (Order(company_url).is_whole(), company.verify(outside=trusted).level) == (True, "sealed")


def failing_everywhere(url: str, act: Callable[[Engine], Any]) -> Iterator[int]:
    """Let the act fail at its first statement, at its second, and so on, until it is done."""
    for number in count(1):
        moments = count(1)

        def fail(*_: Any, number: int = number, moments: Iterator[int] = moments) -> None:
            if next(moments) == number:
                raise Stumbled

        with Engine.open(url) as engine:
            engine.organisation()
            event.listen(engine._house.database, "before_cursor_execute", fail)
            try:
                act(engine)
            except Stumbled:
                yield number
            else:
                yield number
                return


class Stumbled(Exception):
    """Something that nobody foresaw."""


def state(url: str) -> tuple[int, int, str | None]:
    """How many records and checkpoints there are, and which key signs."""
    with owner(url) as db:
        counts = (db.one(f"SELECT count(*) FROM flowgov_{table}") for table in ("record", "checkpoint"))
        return (*counts, db.one("SELECT key FROM flowgov_organisation"))
