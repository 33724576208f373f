"""A database in the hands of its owner, who can switch off every trigger; and a company whose log is worth altering."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, create_engine, text
from tests.walks.former import with_former

from flowgov import Engine, FixedClock, Refused
from flowgov.audit.hashing import leaf_hash
from flowgov.audit.record import Source
from flowgov.store.append_only import POSTGRESQL, SQLITE

TABLES = (
    "record",
    "text",
    "organisation",
    "person",
    "workflow",
    "project",
    "assignment",
    "approval",
    "evidence",
    "exception",
    "pending",
    "leaf",
    "node",
    "checkpoint",
    "cosignature",
)


def another(value: Any) -> Any:
    """Another value of the same kind, one bit away where it has bits."""
    if value is None:
        return "x"
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value ^ 1 << random.randrange(8)
    if isinstance(value, str):
        return value + "x" if not value else _flipped(value)
    flipped = bytearray(value or b"\0")
    flipped[random.randrange(len(flipped))] ^= 1 << random.randrange(8)
    return bytes(flipped)


def _flipped(value: str) -> str:
    place = random.randrange(len(value))
    return value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]


def history(engine: Engine, clock: FixedClock) -> None:
    """CRM through approvals, refusals, a suspension and rework; VPN by one man alone, with an exception."""

    def tick() -> None:
        clock.advance(minutes=1)

    with_former(engine, "standard", "pme-light")
    for role, login in (("sponsor", "jprigent"), ("business_owner", "kbenali"), ("technical_owner", "ykerbrat")):
        engine.grant_role(role, login, by="htallec")
        tick()
    with suppress(Refused):
        engine.grant_role("sponsor", "htallec", by="htallec")
    engine.open_project(
        "CRM", workflow="standard", title="CRM", objective="Vendre", by="ebihan", idempotency_key="open"
    )
    gate(engine, "CRM", "validate_need")
    engine.approve("CRM", "validate_need", by="jprigent", comment="Budget approuvé")
    tick()
    engine.withdraw_approval("CRM", "validate_need", by="jprigent")
    with suppress(Refused):
        engine.move("CRM", "validate_need", by="kbenali", reason="Pressé")
    with suppress(Refused):
        engine.approve("CRM", "validate_need", by="kbenali")
    with suppress(Refused):
        engine.withdraw_approval("CRM", "validate_need", by="kbenali")
    with suppress(Refused):
        engine.add_evidence("CRM", "charter", by="nroussel", link="https://example.org/no")
    engine.approve("CRM", "validate_need", by="jprigent")
    tick()
    engine.move("CRM", "validate_need", by="kbenali", source=Source("cli", "karim", trusted=True))
    engine.move("CRM", "hold", by="kbenali", reason="Gel")
    engine.move("CRM", "resume", by="kbenali")
    gate(engine, "CRM", "approve_design")
    engine.approve("CRM", "approve_design", by="kbenali")
    engine.move("CRM", "approve_design", by="ykerbrat", idempotency_key="design")
    tick()
    engine.move("CRM", "return_to_design", by="ykerbrat", reason="À revoir")
    engine.open_project("VPN", workflow="pme-light", title="VPN", by="ykerbrat", personal_data=True)
    engine.grant_role("business_owner", "ykerbrat", project="VPN", until="2026-12-31", by="slegoff")
    engine.add_exception(
        "VPN",
        rules=["distinct_from", "one_person_once"],
        person="ykerbrat",
        until="2026-06-30",
        reason="Une seule personne",
        compensating="Relecture",
        reviewer="nroussel",
        by="htallec",
    )
    for transition in ("validate_need", "approve_design", "confirm_secured"):
        gate(engine, "VPN", transition)
        if transition == "confirm_secured":
            engine.approve("VPN", transition, by="ykerbrat")
        engine.move("VPN", transition, by="ykerbrat")
        tick()
    engine.revoke_role("sponsor", "jprigent", by="slegoff", reason="Départ")


def gate(engine: Engine, key: str, transition: str) -> None:
    """Put the evidence that a gate asks for on the project."""
    for kind in engine.project(key).workflow.transitions[transition].evidence:
        engine.add_evidence(key, kind, by="ykerbrat", link=f"https://example.org/{kind}")


@dataclass(slots=True)
class Owner:
    """The owner's connection, with what he needs to know to alter records."""

    connection: Connection

    def run(self, statement: str, **values: Any) -> int:
        """Run a statement; how many rows it changed."""
        return self.connection.execute(text(statement), values).rowcount

    def one(self, statement: str, **values: Any) -> Any:
        """The only value of a question."""
        return self.connection.execute(text(statement), values).scalar_one()

    def stream(self, key: str) -> str:
        """The chain of a project, or the organisation's."""
        if key == "org":
            return key
        return f"prj:{self.one('SELECT id FROM flowgov_project WHERE key = :key', key=key)}"

    def seq(self, key: str, event: str, number: int = 1) -> int:
        """Position of the n-th record of an event."""
        statement = "SELECT seq FROM flowgov_record WHERE stream = :s AND event = :e ORDER BY seq LIMIT 1 OFFSET :n"
        return int(self.one(statement, s=self.stream(key), e=event, n=number - 1))

    def last(self, key: str) -> int:
        """Position of the last record of a chain."""
        return int(self.one("SELECT max(seq) FROM flowgov_record WHERE stream = :s", s=self.stream(key)))

    def body(self, key: str, seq: int) -> bytes:
        """The bytes of a record."""
        statement = "SELECT body FROM flowgov_record WHERE stream = :s AND seq = :n"
        return bytes(self.one(statement, s=self.stream(key), n=seq))

    def rewrite(self, key: str, seq: int, change: Callable[[dict[str, Any]], None], *, columns: bool = False) -> None:
        """Change what a record says, in canonical form, and its columns if asked."""
        document = json.loads(self.body(key, seq))
        change(document)
        body = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        self.put(key, seq, body)
        if columns:
            statement = "UPDATE flowgov_record SET actor = :a, ts = :t WHERE stream = :s AND seq = :n"
            self.run(statement, a=document["actor"], t=document["ts"], s=self.stream(key), n=seq)

    def put(self, key: str, seq: int, body: bytes) -> None:
        """Replace the bytes of a record."""
        statement = "UPDATE flowgov_record SET body = :b WHERE stream = :s AND seq = :n"
        self.run(statement, b=body, s=self.stream(key), n=seq)

    def relink(self, key: str, first: int) -> None:
        """Make every record from *first* on follow its predecessor again, and the row of the chain name its head."""
        for seq in range(first, self.last(key) + 1):
            prev = leaf_hash(self.body(key, seq - 1))
            self.rewrite(key, seq, lambda document, prev=prev: document.update(prev=prev))  # type: ignore[misc]
        head = leaf_hash(self.body(key, self.last(key)))
        if key == "org":
            self.run("UPDATE flowgov_organisation SET head = :h", h=head)
        self.run("UPDATE flowgov_project SET head = :h WHERE key = :key", h=head, key=key)

    def disarm(self) -> None:
        """Switch every trigger off, foreign keys included."""
        if self.connection.dialect.name == "sqlite":
            for name in SQLITE:
                self.run(f"DROP TRIGGER IF EXISTS {name}")
            return
        self.run("SET session_replication_role = replica")
        for name, (table, _) in POSTGRESQL.items():
            self.run(f"ALTER TABLE {table} DISABLE TRIGGER {name}")

    def rearm(self) -> None:
        """Switch every trigger on again, as if nothing had happened."""
        if self.connection.dialect.name == "sqlite":
            for ddl in SQLITE.values():
                self.run(ddl.strip().replace(":", r"\:"))
            return
        for name, (table, _) in POSTGRESQL.items():
            self.run(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


@contextmanager
def owner(url: str) -> Iterator[Owner]:
    """The database with its triggers as they are; what is done is committed at the end."""
    database = create_engine(url)
    try:
        with database.begin() as connection:
            if database.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA synchronous = OFF")  # an attack need not survive a power cut
            yield Owner(connection)
    finally:
        database.dispose()


@contextmanager
def disarmed(url: str) -> Iterator[Owner]:
    """The database with every trigger off, and on again at the end."""
    with owner(url) as held:
        held.disarm()
        yield held
        held.rearm()
