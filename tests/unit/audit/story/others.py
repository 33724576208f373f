"""The projects besides: one that one person does alone, an emergency, one that time ends, one that is gone."""

from __future__ import annotations

from tests.unit.audit.story.stage import ROBOT, Stage, refused

from flowgov import Piece
from flowgov.testing import pass_gate


def alone(stage: Stage) -> None:
    """One person holds both roles; an exception permits it while somebody reviews what he does."""
    stage.flow.open_project("LONE", workflow="pme-light", title="Réseau", by="ebihan")
    stage.flow.charters.start("LONE", business="ykerbrat", technical="jprigent", arbiter="nroussel", by="htallec")
    stage.flow.grant_role("technical_owner", "tnedelec", project="LONE", by="htallec")
    stage.flow.grant_role("business_owner", "tnedelec", project="LONE", by="htallec")
    stage.flow.add_exception(
        "LONE",
        rules=["distinct_from", "one_person_once", "validator_design"],
        roles=["business_owner", "technical_owner"],
        risk="Personne ne relit",
        control="activity_review",
        every_days=31,
        person="tnedelec",
        until="2026-06-30",
        reason="Un seul informaticien",
        compensating="Le journal est relu chaque mois",
        reviewer="gmorin",
        by="htallec",
    )
    (exception,) = (one.key for one in stage.engine.exceptions(project="LONE"))
    stage.flow.exemptions.review(exception, result="problem", note="Le journal manque", by="gmorin")
    stage.flow.exemptions.review(exception, result="ok", note="Le journal est relu", by="gmorin")
    _does_all(stage)
    stage.flow.exemptions.end(exception, reason="Un second informaticien est là", by="htallec")


def _does_all(stage: Stage) -> None:
    person, key = "tnedelec", "LONE"
    stage.flow.risks.record(key, title="Coupure", gravity=1, likelihood=1, kind="technical", by=person)
    for side in ("business", "technical"):
        if getattr(stage.engine.risks.one(key, "R-01"), side) is None:
            stage.flow.risks.confirm(key, "R-01", by=person, side=side)
    stage.passes(key, "validate_need", "approve_design", "confirm_secured", by=person)
    stage.flow.move(key, "hold", by=person, reason="Faute de temps")
    stage.flow.move(key, "resume", by=person)


def emergency(stage: Stage) -> None:
    """Authorised by word of mouth: what is missing becomes conditions."""
    key, gate = "FEU", "authorise_emergency"
    stage.flow.open_project(key, workflow="emergency", title="Panne de la caisse", by="ebihan")
    with refused():
        stage.flow.move(key, gate, by="ebihan", verbal=True, reason="Vite")
    stage.flow.move(key, gate, by="mdelmas", verbal=True, reason="La caisse est arrêtée")
    stage.flow.add_pieces(key, [Piece("incident_summary", link="https://example.org/1")], by="mdelmas")


def authorised(stage: Stage) -> None:
    """An authorisation that is valid until a day."""
    key = "PAY"
    stage.flow.open_project(key, workflow="regulated", title="Paiement", by="ebihan")
    stage.passes(key, "validate_need", by="kbenali")
    stage.passes(key, "approve_design", by="ykerbrat")
    stage.passes(key, "accept_tests", by="ebihan")
    stage.passes(key, "assess_security", by="nroussel")
    stage.clock.advance(minutes=1)
    pass_gate(stage.engine, key, "authorise", by="mdelmas", dates={"authorisation_valid_until": "2026-08-31"})


def expired(stage: Stage) -> None:
    """Time has come; a program says so."""
    stage.on("2026-09-01")
    assert len(stage.flow.tick(by=ROBOT)) == 1


def cancelled(stage: Stage) -> None:
    """A need that nobody wants; its records leave for an archive."""
    stage.flow.open_project("FAX", workflow="pme-light", title="Télécopieur", objective="En couleur", by="ebihan")
    stage.flow.move("FAX", "cancel", by="kbenali", reason="Il est en panne")


ACTS = (alone, emergency, authorised, cancelled)
