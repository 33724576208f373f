"""A year at Maison Tallec that can be closed: projects that ended and projects that did not, and how they are archived.

CRM was cancelled and ERP went its whole way, both before 10 January; NEW was cancelled on the 20th. RFP was rejected,
and can be reopened; PAY waits for its need to be validated.
"""

from __future__ import annotations

from pathlib import Path

from tests.conftest import MORNING

from flowgov import Engine, FixedClock, Receipt
from flowgov.anchors.gathering import gather
from flowgov.anchors.vault import Vault
from flowgov.audit.verdict import Verdict
from flowgov.testing import pass_gate

UNTIL = "2026-01-10"
GATES = {
    "validate_need": "kbenali",
    "approve_design": "ykerbrat",
    "confirm_secured": "ykerbrat",
    "deploy": "ykerbrat",
    "review": "kbenali",
}


def play(url: str) -> None:
    """Let the year happen in the database of Maison Tallec."""
    clock = FixedClock(MORNING)
    with Engine.open(url, clock=clock) as engine:
        engine.grant_role("business_owner", "kbenali", by="htallec")
        engine.grant_role("technical_owner", "ykerbrat", by="htallec")
        for key in ("CRM", "ERP", "NEW", "PAY", "RFP"):
            engine.open_project(key, workflow="pme-light", title=f"Projet {key}", objective="Vendre", by="ebihan")
        engine.grant_role("sponsor", "jprigent", project="CRM", by="htallec")
        engine.add_exception(
            "CRM",
            rules=["distinct_from"],
            person="ykerbrat",
            until="2026-06-30",
            reason="Une seule personne",
            compensating="Relecture",
            by="htallec",
        )
        engine.add_evidence("CRM", "charter", link="https://example.org/charte", by="ebihan")
        engine.move("CRM", "cancel", by="kbenali", reason="Budget coupé")
        engine.move("RFP", "reject_need", by="kbenali", reason="Trop cher")
        for transition, by in GATES.items():
            clock.advance(hours=1)
            pass_gate(engine, "ERP", transition, by=by)
        clock.advance(days=15)
        engine.move("NEW", "cancel", by="kbenali", reason="Autre chose")


def archive(
    engine: Engine, vault: Vault, path: Path, *, until: str = UNTIL, by: str = "htallec", store: Path | None = None
) -> Receipt:
    """Move what ended to an archive."""
    return engine.archive(path, until=until, reason="Dix ans ont passé", vault=vault, store=store, by=by)[0]


def verified(engine: Engine, vault: Vault, *archives: Path, since: str | None = None) -> Verdict:
    """What whoever keeps the vault finds."""
    return engine.verify(outside=gather(vault.folder, []), archives=archives, since=since)


def codes(verdict: Verdict) -> set[str]:
    """The codes of everything that was found."""
    return {finding.code for finding in verdict.findings}
