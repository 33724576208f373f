"""One project from its need to its review, with every register that projects have."""

from __future__ import annotations

from tests.unit.audit.story.stage import TERMINAL, Stage, refused

from flowgov import Piece
from flowgov.dossier.meetings import NewAction
from flowgov.dossier.outcomes import Condition

KEY = "CRM"
SITE = "https://dossiers.example.org"


def opening(stage: Stage) -> None:
    """A need, and the charter of who answers for what."""
    stage.flow.open_project(
        KEY,
        workflow="pme-light",
        title="Fiche client",
        objective="Une seule fiche pour chaque client",
        personal_data=True,
        idempotency_key="open-1",
        by="ebihan",
    )
    stage.flow.charters.issue(KEY, by="ebihan")
    for person in ("kbenali", "ykerbrat", "gmorin"):
        stage.flow.charters.acknowledge(KEY, by=person)


def need(stage: Stage) -> None:
    """The first gate: recorded late, with its evidence, by a call that may be repeated."""
    document = stage.folder / "besoin.txt"
    document.write_text("Une fiche.\n", encoding="utf-8")
    stage.flow.add_evidence(
        KEY, "need_statement", file=document, store=stage.folder / "kept", occurred="2026-01-05", by="ebihan"
    )
    with refused():
        stage.flow.move(
            KEY,
            "validate_need",
            by="nroussel",
            reason="J'essaie",
            evidence=[Piece("need_statement", link=f"{SITE}/besoin")],
            occurred="2026-01-05",
            verbal=True,
        )
    stage.flow.move(
        KEY,
        "validate_need",
        by="kbenali",
        reason="Le besoin est clair",
        evidence=[Piece("need_statement", link=f"{SITE}/besoin-2")],
        idempotency_key="validate-1",
        occurred="2026-01-05",
        source=TERMINAL,
    )
    stage.passes(KEY, "approve_design", by="ykerbrat")


def touched(stage: Stage) -> None:
    """What the project touches: nothing, it says at first; then two assets, one of which its owner lets go of."""
    stage.flow.assets.touch_none(KEY, reason="Rien de connu", by="ebihan")
    stage.flow.assets.touch(KEY, ["A1", "A2"], by="kbenali")
    stage.flow.assets.release(KEY, "A2", reason="La messagerie reste à part", by="ykerbrat")
    stage.flow.assets.touch(KEY, ["A2"], by="kbenali")


def risks(stage: Stage) -> None:
    """Every act on risks; one side's consent is given by somebody to whom the role was lent."""
    register = stage.flow.risks
    register.record(
        KEY,
        title="Fuite des fiches",
        kind="technical",
        assets=["A1"],
        gravity=4,
        likelihood=3,
        treatment="reduce",
        measures=[("ykerbrat", "2026-02-01", "Chiffrer"), ("kbenali", "2026-03-01", "Former")],
        residual=(2, 1),
        owner="kbenali",
        review="2026-06-01",
        description="Un export circule",
        vulnerabilities="Exports libres",
        threat_source="Un prestataire",
        by="ykerbrat",
    )
    stage.flow.risks.change(KEY, "R-01", likelihood=2, threat_source="", by="kbenali")
    stage.flow.risks.confirm(KEY, "R-01", by="ykerbrat", side="technical")
    stage.flow.risks.accept(KEY, "R-01", until="2026-06-30", reason="Le temps de chiffrer", by="kbenali")
    _once_more_with_a_clock_that_went_back(stage)
    stage.flow.risks.withdraw_acceptance(KEY, "R-01", reason="C'est chiffré", by="kbenali")
    stage.flow.risks.measure_done(KEY, "R-01", 1, on="2026-01-05", by="ykerbrat")
    stage.flow.risks.measure_done(KEY, "R-01", 2, by="kbenali")
    stage.flow.risks.record(KEY, starter="service_interruption", gravity=1, likelihood=1, by="ykerbrat")
    stage.flow.risks.confirm(KEY, "R-02", by="mdelmas", side="business")
    stage.flow.risks.close(KEY, "R-02", reason="L'ancien outil reste en secours", by="ykerbrat")
    stage.flow.risks.reopen(KEY, "R-02", reason="Il est parti", by="ykerbrat")


def _once_more_with_a_clock_that_went_back(stage: Stage) -> None:
    stage.clock.advance(minutes=-30)
    stage.engine.risks.accept(KEY, "R-01", until="2026-07-31", reason="Un mois de plus", by="kbenali")
    stage.clock.advance(minutes=30)


def asked(stage: Stage) -> None:
    """Requirements, and the statement on the impact assessment."""
    for title in ("Relances", "Export", "Mobile"):
        stage.flow.requirements.record(KEY, title, priority="must", by="ebihan")
    stage.flow.requirements.accept(KEY, "Q-01", by="kbenali")
    stage.flow.requirements.refuse(KEY, "Q-02", reason="Il manque les dates", by="mdelmas")
    stage.flow.requirements.accept(KEY, "Q-02", by="kbenali")
    stage.flow.dpia.record(KEY, required=False, reason="Peu de données", by="kbenali")
    stage.flow.dpia.record(KEY, required=True, done="2026-01-05", document="aipd.pdf", by="kbenali")


def meetings(stage: Stage) -> None:
    """A series, minutes, actions."""
    stage.flow.meetings.plan(KEY, every=14, first="2026-01-05", place="Bureau 3", chair="kbenali", by="kbenali")
    stage.flow.meetings.plan(KEY, place="", by="kbenali")
    stage.flow.meetings.hold(
        KEY,
        on="2026-01-05",
        present=["ykerbrat"],
        excused=["gmorin"],
        decisions=["On continue", "On revoit les exports"],
        actions=[NewAction("ykerbrat", "2026-01-19", "Limiter les exports")],
        risks=["R-01"],
        notes="Une heure",
        by="kbenali",
    )
    stage.flow.meetings.add_action(KEY, owner="ebihan", due="2026-01-20", what="Relire la fiche", by="mdelmas")
    stage.flow.meetings.finish_action(KEY, "AC-01", on="2026-01-05", note="Fait le jour même", by="ykerbrat")


def approvals(stage: Stage) -> None:
    """Consents given, taken back, and made void with the request; one of them by a delegate."""
    gate = "confirm_secured"
    stage.flow.approve(KEY, gate, by="kbenali", comment="Pour moi, oui")
    stage.flow.withdraw_approval(KEY, gate, by="kbenali", comment="Trop tôt")
    stage.flow.approve(KEY, gate, by="mdelmas", reservation="Si les exports sont limités")
    stage.flow.withdraw_gate(KEY, gate, by="ykerbrat", reason="La liste des accès change")
    _an_administrator_is_permitted_to(stage, gate)
    stage.flow.approve(KEY, gate, by="kbenali", comment="Vu", occurred="2026-01-05")
    stage.flow.withdraw_gate(KEY, gate, by="ebihan", reason="Encore une fois")


def _an_administrator_is_permitted_to(stage: Stage, gate: str) -> None:
    stage.flow.delegate_role("business_owner", "slegoff", project=KEY, until="2026-01-31", by="kbenali")
    stage.flow.add_exception(
        KEY,
        rules=["role_administrator"],
        person="slegoff",
        until="2026-01-31",
        reason="Congés",
        compensating="Relu en février",
        by="htallec",
    )
    stage.flow.approve(KEY, gate, by="slegoff")


def secured(stage: Stage) -> None:
    """The second gate, which is spared one piece of evidence."""
    gate = "confirm_secured"
    until = "2026-03-31"
    stage.flow.waivers.grant(KEY, gate, "evidence", "access_list", until=until, reason="Elle vient", by="gmorin")
    stage.flow.waivers.end(KEY, "W-01", reason="Elle est là", by="gmorin")
    stage.flow.waivers.grant(KEY, gate, "evidence", "backup_check", until=until, reason="En mars", by="gmorin")
    stage.flow.waivers.grant(
        KEY, "confirm_secured", "approval", "business_owner", until=until, reason="Absent", by="gmorin"
    )
    stage.passes(KEY, gate, by="ykerbrat")


def deployed(stage: Stage) -> None:
    """The gate that puts it into service, on condition."""
    for kind in ("go_decision", "rollback_note"):
        stage.flow.add_evidence(KEY, kind, link=f"{SITE}/{kind}", by="ykerbrat")
    stage.flow.approve(
        KEY, "deploy", by="mdelmas", reservation="Après la paie", evidence=[Piece("go_decision", link=f"{SITE}/go")]
    )
    conditions = [
        Condition("kbenali", "2026-03-31", "review", "Purger à trois ans"),
        Condition("jprigent", "2026-03-31", "review", "Former l'équipe"),
        Condition("jprigent", "2026-03-31", "review", "Mesurer"),
    ]
    stage.flow.move(KEY, "deploy", by="ykerbrat", conditions=conditions)
    stage.flow.conditions.done(KEY, "C-01", note="Premier passage contrôlé", by="kbenali")
    stage.flow.conditions.lift(KEY, "C-02", reason="L'équipe connaît l'outil", by="ykerbrat")


def corrected(stage: Stage) -> None:
    """What was recorded first should have said something else."""
    stage.flow.corrections.make(
        KEY, 1, field="title", wording="Fiche client unique", reason="Titre abrégé", by="kbenali"
    )


ACTS = (opening, need, touched, risks, asked, meetings, approvals, secured, deployed, corrected)
