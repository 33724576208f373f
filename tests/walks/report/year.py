"""A year at Maison Tallec, small but with one of everything that an audit report tells."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.vaults import MemoryVault

from flowgov import Engine, FixedClock, Refused
from flowgov.audit.note import Note
from flowgov.audit.seals import Copy, Outside
from flowgov.audit.signing import Signer
from flowgov.testing import seeded
from flowgov.workflow.model import Workflow, build

START, UNTIL = date(2026, 2, 1), date(2026, 6, 30)
PRODUCED = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
VERSION = "0.1.0"
MARCH = 40
"""Size of the checkpoint of March."""
WITNESS = Signer.generate("witness.example.org/tallec", seeded(3))
"""The group's auditor, who cosigns checkpoints."""
AWKWARD = "<script>alert('=cmd()')</script> | *gras* `code` \"מחקר\" & _fin_"


def lifecycle() -> Workflow:
    """A definition of three gates, one of them asking for everything, and every other kind of step."""
    roles = {"owner": ("Business owner", "Responsable métiers"), "maker": ("Technical owner", "Responsable technique")}
    states = [
        ("asked", "Asked", "Demandé", "need_expressed", "initial"),
        ("agreed", "Agreed", "Accepté", "business_validated", "normal"),
        ("live", "Live", "En service", "deployed", "normal"),
        ("done", "Done", "Terminé", "reviewed", "final"),
        ("dropped", "Dropped", "Abandonné", None, "final_negative"),
    ]
    steps = [
        step("agree", "Agree", "Accepter", "asked", "agreed", fire=["owner"], evidence=["need"]),
        step(
            *("ship", "Ship", "Livrer", "agreed", "live"),
            fire=["maker"],
            approvals=[{"role": "owner", "min": 1, "when": None}],
            evidence=["test"],
            distinct_from=["agree"],
        ),
        step("finish", "Finish", "Terminer", "live", "done", fire=["owner"]),
        step("rush", "Ship in an emergency", "Livrer en urgence", "agreed", "live", kind="break_glass", fire=["maker"],
             reason="required"),
        step("drop", "Drop", "Abandonner", "asked", "dropped", kind="cancel", fire=["owner"], reason="required"),
        step("again", "Reopen", "Rouvrir", "dropped", "asked", kind="reopen", fire=["owner"], reason="required"),
    ]  # fmt: skip
    document = {
        "id": "small",
        "version": "1.0.0",
        "title": {"en": "Small lifecycle", "fr": "Petit cycle"},
        "separation": "exception",
        "roles": [{"id": id_, "en": en, "fr": fr, "acts": True} for id_, (en, fr) in roles.items()],
        "evidence": [
            {"id": "need", "en": "Need", "fr": "Besoin"},
            {"id": "test", "en": "Test report", "fr": "Rapport d'essai"},
        ],
        "states": [{"id": i, "en": en, "fr": fr, "stage": stage, "kind": k} for i, en, fr, stage, k in states],
        "transitions": steps,
    }
    return build(document)


def step(id_: str, en: str, fr: str, source: str, target: str, **demands: Any) -> dict[str, Any]:
    """A transition in the shape that definitions are hashed in."""
    plain: dict[str, Any] = {"approvals": [], "evidence": [], "distinct_from": [], "guards": []}
    asked = {**plain, "kind": "gate", "reason": "optional", **demands}
    return {"id": id_, "en": en, "fr": fr, "from": [source], "to": target, **asked}


@contextmanager
def lived(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch, *, signed: bool = True) -> Iterator[Engine]:
    """An engine on *url* after that year; the same bytes in the log every time.

    Args:
        signed: whether the log has a key and checkpoints.
    """
    monkeypatch.setattr("flowgov.audit.record.__version__", VERSION)
    clock = FixedClock(datetime(2026, 1, 5, 9, tzinfo=UTC))
    with Engine.init(
        url,
        organisation="Maison Tallec SAS",
        administrator="htallec",
        name="Hélène Tallec",
        workflows=[lifecycle()],
        clock=clock,
        entropy=random.Random(2026).randbytes,
    ) as engine:
        drawer = MemoryVault(Signer.generate(engine.origin(), seeded(1))) if signed else None
        _people(engine)
        if drawer:
            engine.register_key(drawer.signer().key, by="htallec")
        _winter(engine, clock, folder)
        _spring(engine, clock, folder)
        if drawer:
            _seal(engine, drawer, clock)
        _summer(engine, clock, folder, drawer)
        clock.set(PRODUCED)
        yield engine


def outside(engine: Engine) -> Outside:
    """What the auditor brings along: the key, the checkpoint of March on paper, and one of two witnesses."""
    march = engine.checkpoint_of(MARCH)
    return Outside(
        keys=engine.signing_keys(),
        copies=(Copy(march, "safe", "the paper of March"),),
        places=("safe",),
        witnesses=(str(WITNESS.witness_key),),
        quorum=2,
    )


def _seal(engine: Engine, drawer: MemoryVault, clock: FixedClock) -> None:
    """Sign the log, and have it cosigned a minute later."""
    note = engine.checkpoint(drawer).note  # type: ignore[arg-type]  # as much of a vault as is needed
    text = Note.parse(note).text
    seconds = int(clock.now().timestamp()) + 60
    cosigned = note + WITNESS.cosign(text, seconds).line()
    engine.cosign(cosigned, [WITNESS.witness_key])


def _people(engine: Engine) -> None:
    people = {
        "slegoff": "Sophie Le Goff",
        "kbenali": "Karim Benali",
        "ykerbrat": "Yann Kerbrat",
        "ebihan": "Erwan Bihan",
    }
    for login, name in people.items():
        engine.add_person(login, name=name, by="htallec")
    engine.grant_role("administrator", "slegoff", by="htallec")


def _winter(engine: Engine, clock: FixedClock, folder: Path) -> None:
    """Before the period: CRM is opened and agreed, OLD is finished, LOST is dropped."""
    for key, title in (("CRM", AWKWARD), ("OLD", "Ancien projet"), ("LOST", "Projet abandonné")):
        engine.open_project(key, workflow="small", title=title, by="ebihan")
        _staff(engine, key)
        _paper(engine, folder, key, "need", "kbenali")
        clock.advance(hours=1)
    engine.move("CRM", "agree", by="kbenali")
    engine.move("OLD", "agree", by="kbenali")
    engine.move("OLD", "rush", by="ykerbrat", reason="Panne générale")
    engine.move("OLD", "finish", by="kbenali")
    engine.move("LOST", "drop", by="kbenali", reason="Plus de budget")


def _spring(engine: Engine, clock: FixedClock, folder: Path) -> None:
    """In the period: CRM is shipped, SHOP is made by one person with an exception, refusals of every kind."""
    clock.set(datetime(2026, 2, 10, 10, tzinfo=UTC))
    with suppress(Refused):
        engine.move("CRM", "ship", by="kbenali", reason='=HYPERLINK("x")')
    engine.add_evidence("CRM", "test", by="ykerbrat", link="https://example.org/essai")
    engine.approve("CRM", "ship", by="kbenali")
    clock.advance(hours=30)
    engine.move("CRM", "ship", by="ykerbrat", reason="=1+1")
    clock.set(datetime(2026, 3, 2, 9, tzinfo=UTC))
    engine.open_project("SHOP", workflow="small", title="Boutique", by="ykerbrat")
    engine.grant_role("owner", "ykerbrat", project="SHOP", until="2026-04-30", by="htallec")
    engine.grant_role("maker", "ykerbrat", project="SHOP", by="htallec")
    _paper(engine, folder, "SHOP", "need", "ykerbrat")
    _paper(engine, folder, "SHOP", "test", "ykerbrat")
    engine.add_exception(
        "SHOP",
        rules=["distinct_from", "one_person_once"],
        person="ykerbrat",
        until="2026-05-31",
        reason="Un seul informaticien",
        compensating="Revue mensuelle du journal",
        reviewer="htallec",
        by="slegoff",
    )
    engine.move("SHOP", "agree", by="ykerbrat")
    engine.approve("SHOP", "ship", by="ykerbrat")
    clock.advance(days=1)
    engine.move("SHOP", "ship", by="ykerbrat")


def _summer(engine: Engine, clock: FixedClock, folder: Path, drawer: MemoryVault | None) -> None:
    """Still in the period: LOST comes back, CRM is finished, and attempts at administering are refused."""
    clock.set(datetime(2026, 4, 20, 14, tzinfo=UTC))
    engine.move("LOST", "again", by="kbenali", reason="Budget retrouvé")
    engine.move("CRM", "finish", by="kbenali")
    for attempt in (
        lambda: engine.grant_role("owner", "ebihan", by="ebihan"),
        lambda: engine.register_workflow(lifecycle(), by="ykerbrat"),
        lambda: engine.move("LOST", "drop", by="kbenali"),
    ):
        with suppress(Refused):
            attempt()
    engine.open_project("FIX", workflow="small", title="Panne du paiement", by="ebihan")
    _staff(engine, "FIX")
    _paper(engine, folder, "FIX", "need", "kbenali")
    engine.move("FIX", "agree", by="kbenali")
    engine.move("FIX", "rush", by="ykerbrat", reason="Caisse à l'arrêt,\nclients en attente")
    engine.revoke_role("maker", "ykerbrat", project="LOST", reason="Parti", by="htallec")
    clock.set(datetime(2026, 6, 30, 18, tzinfo=UTC))
    if drawer:
        _seal(engine, drawer, clock)
    clock.set(datetime(2026, 7, 1, 8, tzinfo=UTC))
    engine.move("LOST", "agree", by="kbenali")


def _staff(engine: Engine, key: str) -> None:
    engine.grant_role("owner", "kbenali", project=key, by="htallec")
    engine.grant_role("maker", "ykerbrat", project=key, by="htallec")


def _paper(engine: Engine, folder: Path, key: str, kind: str, by: str) -> None:
    path = folder / f"{kind}.txt"
    path.write_text(f"{key} {kind}", encoding="utf-8")
    engine.add_evidence(key, kind, by=by, file=path)
