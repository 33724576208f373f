"""Who takes part in the story that is frozen, and the clock that goes on by a minute with every deed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.faults.vaults import MemoryVault

from flowgov import Engine, FixedClock, Refused
from flowgov.audit.record import Source
from flowgov.audit.signing import Signer
from flowgov.testing import pass_gate, seeded
from flowgov.workflow.shipped import load_shipped

FIRST_DAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
WORKFLOWS = ("pme-light", "emergency", "regulated")
TERMINAL = Source(face="cli", os_user="kbenali", trusted=True)
"""Where what the operating system knows of the person lies beside the record."""
CARDS = {
    "htallec": "Hélène Tallec",
    "slegoff": "Sophie Le Goff",
    "kbenali": "Karim Benali",
    "ykerbrat": "Yann Kerbrat",
    "nroussel": "Nadia Roussel",
    "ebihan": "Erwan Bihan",
    "jprigent": "Julien Prigent",
    "mdelmas": "Marc Delmas",
    "cfontaine": "Claire Fontaine",
    "lortega": "Luis Ortega",
    "pguegen": "Paul Guéguen",
    "gmorin": "Gaël Morin",
    "vleduc": "Véra Le Duc",
    "tnedelec": "Théo Nédélec",
}
ROLES = {
    "business_owner": ["kbenali"],
    "risk_owner": ["kbenali"],
    "technical_owner": ["ykerbrat"],
    "security_officer": ["nroussel"],
    "requester": ["ebihan"],
    "tester": ["ebihan"],
    "operations": ["jprigent"],
    "incident_lead": ["jprigent"],
    "authorising_official": ["mdelmas"],
    "emergency_authority": ["mdelmas"],
    "dpo": ["cfontaine"],
    "change_authority": ["cfontaine", "lortega"],
    "internal_control": ["pguegen"],
    "sponsor": ["gmorin"],
}
ROBOT = "robot"


@dataclass
class Stage:
    """One engine, its vault, and a folder."""

    engine: Engine
    clock: FixedClock
    vault: MemoryVault
    folder: Path
    receipts: dict[str, int] = field(default_factory=dict)
    """Positions of records that the story comes back to."""

    @property
    def flow(self) -> Engine:
        """The engine, a minute later."""
        self.clock.advance(minutes=1)
        return self.engine

    def on(self, day: str) -> None:
        """Let a day begin, unless it has."""
        self.clock.set(max(datetime.fromisoformat(f"{day}T09:00:00+00:00"), self.clock.now()))

    def passes(self, project: str, *gates: str, by: str) -> None:
        """Make gates of a project one after another, with what they ask for."""
        for gate in gates:
            self.clock.advance(minutes=1)
            pass_gate(self.engine, project, gate, by=by)


@contextmanager
def opened(folder: Path) -> Iterator[Stage]:
    """The organisation on its first day, with people, roles and a key; the same bytes every time."""
    clock = FixedClock(FIRST_DAY)
    with Engine.init(
        f"sqlite:///{folder / 'governance.db'}",
        organisation="Maison Tallec SAS",
        administrator="htallec",
        name=CARDS["htallec"],
        email="h.tallec@example.org",
        workflows=[load_shipped(name) for name in WORKFLOWS],
        clock=clock,
        entropy=seeded(3),
    ) as engine:
        stage = Stage(engine, clock, MemoryVault(Signer.generate(engine.origin(), seeded(1))), folder)
        _people(stage)
        stage.flow.register_key(stage.vault.signer().key, by="htallec")
        yield stage


@contextmanager
def refused() -> Iterator[None]:
    """What is done in here is refused, and recorded."""
    with pytest.raises(Refused):
        yield


def _people(stage: Stage) -> None:
    for login in list(CARDS)[1:]:
        stage.flow.add_person(login, name=CARDS[login], email=f"{login}@example.org", by="htallec")
    stage.flow.add_person(ROBOT, name="Robot", service=True, by="htallec")
    stage.flow.grant_role("administrator", "slegoff", by="htallec")
    for role, holders in ROLES.items():
        for holder in holders:
            stage.flow.grant_role(role, holder, by="htallec")
    stage.flow.grant_role("auditor", "lortega", until="2026-12-31", by="slegoff")
