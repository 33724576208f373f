"""What a host brings along: a table of its own; and how the tests look at what is left in a database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, create_engine, func, insert, select, text
from sqlalchemy.orm import Session

from flowgov import Engine, Piece, Receipt, Workflow
from flowgov.dossier.assets import AssetDescription
from flowgov.dossier.contracts import ContractTerms
from flowgov.workflow.model import build
from flowgov.workflow.shipped import load_shipped

ORDERS = MetaData()
ORDER = Table("host_order", ORDERS, Column("id", Integer, primary_key=True), Column("status", String))

NEED = Piece("need_statement", link="https://example.org/need/2")

T = TypeVar("T")
Write = Callable[[Engine, Session | None], Receipt]


def another_workflow() -> Workflow:
    """A definition nobody has registered."""
    return build({**json.loads(load_shipped("pme-light").body), "id": "pme-copy"})


def guarded_workflow(guard: str) -> Workflow:
    """A definition whose first gate asks a guard of the host's, and no evidence."""
    document = {**json.loads(load_shipped("pme-light").body), "id": "guarded"}
    gate = next(t for t in document["transitions"] if t["id"] == "validate_need")
    gate.update(guards=[guard], evidence=[])
    return build(document)


SHOP = AssetDescription(name="Online shop", owner="kbenali")
CONTRACT = ContractTerms(supplier="Nuage", subject="Hosting", owner="slegoff", start="2026-01-01", renewal="tacit")
WRITES: dict[str, Write] = {
    "open_project": lambda e, s: e.open_project("NEW", workflow="pme-light", title="New", by="ebihan", session=s),
    "move": lambda e, s: e.move("CRM", "validate_need", by="kbenali", session=s),
    "approve": lambda e, s: e.approve("ERP", "confirm_secured", by="kbenali", session=s),
    "withdraw_approval": lambda e, s: e.withdraw_approval("PAY", "confirm_secured", by="kbenali", session=s),
    "withdraw_gate": lambda e, s: e.withdraw_gate("PAY", "confirm_secured", by="ebihan", reason="Later", session=s),
    "add_evidence": lambda e, s: e.add_evidence(
        "CRM", "charter", by="kbenali", link="https://example.org/2", session=s
    ),
    "add_pieces": lambda e, s: e.add_pieces("CRM", [NEED], by="kbenali", session=s)[0],
    "add_person": lambda e, s: e.add_person("mlebris", name="Maëlle Le Bris", by="htallec", session=s),
    "grant_role": lambda e, s: e.grant_role("sponsor", "htallec", by="slegoff", session=s),
    "delegate_role": lambda e, s: e.delegate_role(
        "business_owner", "ebihan", until="2026-01-31", by="kbenali", session=s
    ),
    "record_asset": lambda e, s: e.assets.record(SHOP, key="SHOP", by="kbenali", session=s),
    "touch_none": lambda e, s: e.assets.touch_none("CRM", reason="Nothing is registered", by="kbenali", session=s),
    "record_plan": lambda e, s: e.plans.record("emergency", "The CRM is down", by="kbenali", session=s),
    "revoke_role": lambda e, s: e.revoke_role("business_owner", "kbenali", by="htallec", session=s),
    "register_workflow": lambda e, s: e.register_workflow(another_workflow(), by="htallec", session=s),
    "add_exception": lambda e, s: e.add_exception(
        "CRM",
        rules=["distinct_from"],
        person="ykerbrat",
        until="2026-03-31",
        reason="A small team",
        compensating="Reviewed by the management",
        by="htallec",
        session=s,
    ),
    "record_contract": lambda e, s: e.contracts.record(CONTRACT, by="htallec", session=s),
    "redact": lambda e, s: e.redact("CRM", 1, "title", reason="It named a customer", by="htallec", session=s),
    "end_person": lambda e, s: e.end_person("nroussel", by="htallec", session=s).receipt,
    "erase_person": lambda e, s: e.erase_person("nroussel", reason="Asked for it", by="htallec", session=s),
}
"""Every writing method of an engine, allowed; in an order in which they can follow one another."""

REFUSALS: dict[str, Write] = {
    "record_asset": lambda e, s: e.assets.record(SHOP, key="SHOP", by="nroussel", session=s),
    "touch_none": lambda e, s: e.assets.touch_none("CRM", reason="Nothing", by="nroussel", session=s),
    "move": lambda e, s: e.move("CRM", "validate_need", by="nroussel", session=s),
    "approve": lambda e, s: e.approve("ERP", "confirm_secured", by="nroussel", session=s),
    "withdraw_approval": lambda e, s: e.withdraw_approval("PAY", "confirm_secured", by="ykerbrat", session=s),
    "withdraw_gate": lambda e, s: e.withdraw_gate("PAY", "confirm_secured", by="nroussel", reason="No", session=s),
    "add_evidence": lambda e, s: e.add_evidence(
        "CRM", "charter", by="nroussel", link="https://example.org/3", session=s
    ),
    "add_pieces": lambda e, s: e.add_pieces("CRM", [NEED, NEED], by="nroussel", session=s)[0],
    "add_person": lambda e, s: e.add_person("mlebris", name="Maëlle Le Bris", by="kbenali", session=s),
    "grant_role": lambda e, s: e.grant_role("sponsor", "nroussel", by="kbenali", session=s),
    "revoke_role": lambda e, s: e.revoke_role("technical_owner", "ykerbrat", by="kbenali", session=s),
    "register_workflow": lambda e, s: e.register_workflow(another_workflow(), by="kbenali", session=s),
    "add_exception": lambda e, s: e.add_exception(
        "CRM",
        rules=["distinct_from"],
        person="ykerbrat",
        until="2026-03-31",
        reason="A small team",
        compensating="Reviewed by the management",
        by="kbenali",
        session=s,
    ),
    "record_contract": lambda e, s: e.contracts.record(CONTRACT, by="nroussel", session=s),
    "redact": lambda e, s: e.redact("CRM", 1, "title", reason="It named a customer", by="kbenali", session=s),
    "erase_person": lambda e, s: e.erase_person("kbenali", reason="Asked for it", by="kbenali", session=s),
    "delegate_role": lambda e, s: e.delegate_role(
        "business_owner", "ebihan", until="2026-01-31", by="ykerbrat", session=s
    ),
    "record_plan": lambda e, s: e.plans.record("emergency", "The CRM is down", by="nroussel", session=s),
    "end_person": lambda e, s: e.end_person("ebihan", by="kbenali", session=s).receipt,
}
"""Every writing method that the rules can refuse, refused; opening a project is open to everybody."""


def place_order(session: Session) -> None:
    """The host's own change."""
    session.execute(insert(ORDER).values(status="approved"))


def orders(url: str) -> int:
    """How many orders the host's table holds."""
    return int(_ask(url, lambda c: c.execute(select(func.count()).select_from(ORDER)).scalar_one()))


def facts(url: str) -> dict[str, str]:
    """Every row of every table of flowgov's except the log, as one text for each table."""
    names = (
        "organisation",
        "person",
        "workflow",
        "project",
        "assignment",
        "approval",
        "evidence",
        "exception",
        "entry",
    )
    return _ask(
        url,
        lambda c: {
            name: repr(sorted(map(str, c.execute(text(f"SELECT * FROM flowgov_{name}")).all()))) for name in names
        },
    )


def log(url: str) -> list[tuple[str, str]]:
    """Event and outcome of every record, in the order written."""
    statement = text("SELECT event, outcome FROM flowgov_record ORDER BY id")
    return _ask(url, lambda c: [(row.event, row.outcome) for row in c.execute(statement)])


def unbroken(url: str) -> bool:
    """Whether every chain is whole, walked here by plain SQL and hashes, and flowgov's own verification agrees."""
    with Engine.open(url) as engine:
        return _ask(url, _unbroken) and engine.verify().holds


def _unbroken(connection: Connection) -> bool:
    heads: dict[str, tuple[int, str]] = {}
    rows = connection.execute(text("SELECT stream, seq, body FROM flowgov_record ORDER BY stream, seq"))
    for stream, seq, body in rows:
        record = json.loads(bytes(body))
        expected = heads.get(stream, (0, ""))
        if (record["seq"], record["prev"]) != (expected[0] + 1, expected[1]) or record["seq"] != seq:
            return False
        if "clock" in record:
            return False
        heads[stream] = (seq, hashlib.sha256(b"\x00" + bytes(body)).hexdigest())
    chained = connection.execute(
        text("SELECT 'prj:' || id, seq, head FROM flowgov_project UNION ALL SELECT 'org', seq, head "
             "FROM flowgov_organisation")
    )  # fmt: skip
    return heads == {stream: (seq, head) for stream, seq, head in chained}


def _ask(url: str, question: Callable[[Connection], T]) -> T:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return question(connection)
    finally:
        engine.dispose()
