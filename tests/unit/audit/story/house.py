"""What is written in the organisation's own registers: assets, plans, contracts, accesses, the portfolio's meetings."""

from __future__ import annotations

from tests.unit.audit.story.stage import TERMINAL, Stage

from flowgov.dossier.assets import AssetDescription
from flowgov.dossier.contracts import ContractTerms
from flowgov.dossier.meetings import PORTFOLIO, NewAction


def assets(stage: Stage) -> None:
    """Every act on assets; A1 stays, with what proves it can be restored."""
    said = AssetDescription(
        name="Données clients",
        type="primary",
        classification="confidential",
        criticality=4,
        personal_data=True,
        owner="kbenali",
        holder="jprigent",
        supplier="Nuage de l'Ouest",
        rto=24,
        rpo=4,
        frequency="daily",
        place="offsite",
    )
    register = stage.flow.assets
    register.record(said, key="A1", by="slegoff")
    register.record(AssetDescription(name="Messagerie", owner="ykerbrat", needs=["A1"]), key="A2", by="ykerbrat")
    stage.flow.assets.back_up("A1", on="2026-01-04", by="jprigent")
    stage.flow.assets.test("A1", on="2026-01-05", result="passed", rto=20, rpo=4, evidence="essai-1.pdf", by="jprigent")
    stage.flow.assets.change("A2", AssetDescription(criticality=2, needs=[]), by="ykerbrat", source=TERMINAL)
    stage.flow.assets.change("A1", AssetDescription(supplier=""), by="kbenali")
    stage.flow.assets.record(AssetDescription(name="Télécopieur", owner="jprigent"), key="A3", by="jprigent")
    stage.flow.assets.retire("A3", reason="Il est en panne", by="jprigent")


def plans(stage: Stage) -> None:
    """Every act on plans; one edition is written for somebody else."""
    stage.flow.plans.record(
        "emergency",
        "Plan d'urgence",
        key="PU-01",
        assets=["A1"],
        decides="La direction",
        actions="Débrancher",
        contacts="Yann Kerbrat",
        fallback="Bons de commande papier",
        next_exercise="2026-03-01",
        by="ykerbrat",
    )
    stage.flow.plans.change("PU-01", actions="Débrancher, puis appeler", link="urgence.pdf", by="ykerbrat")
    stage.flow.plans.change("PU-01", link="", by="ykerbrat")
    stage.flow.plans.change("PU-01", next_exercise="2026-02-01", by="ykerbrat")
    stage.flow.plans.approve("PU-01", by="kbenali")
    stage.flow.plans.exercise(
        "PU-01", on="2026-01-05", result="partial", findings="Un numéro est faux", next="2026-06-01", by="ykerbrat"
    )
    stage.flow.plans.record("recovery", "Reprise de la messagerie", key="PRA-01", link="pra.pdf", by="mdelmas")
    stage.flow.plans.retire("PRA-01", reason="La messagerie est externalisée", by="htallec")


def contracts(stage: Stage) -> None:
    """Every act on contracts."""
    terms = ContractTerms(
        supplier="Nuage de l'Ouest",
        subject="Hébergement",
        assets=["A1"],
        owner="slegoff",
        start="2025-03-01",
        end="2026-02-28",
        notice="2026-01-31",
        renewal="express",
        reversibility=True,
        personal_data=True,
        link="contrat-1.pdf",
    )
    stage.flow.contracts.record(terms, key="CT-01", by="slegoff")
    stage.flow.contracts.change("CT-01", ContractTerms(subject="Hébergement et sauvegarde", link=""), by="slegoff")
    stage.flow.contracts.renew("CT-01", end="2027-02-28", notice="2027-01-31", by="kbenali")
    counted = ContractTerms(
        supplier="Infogérance Ouest",
        subject="Support",
        owner="ykerbrat",
        start="2025-01-01",
        end="2026-12-31",
        notice_days=90,
        renewal="tacit",
    )
    stage.flow.contracts.record(counted, key="CT-02", by="ykerbrat")
    stage.flow.contracts.end("CT-02", on="2026-06-30", reason="Nous le faisons nous-mêmes", by="ykerbrat")


def accesses(stage: Stage) -> None:
    """Every act on rights of access."""
    stage.flow.access.set("A1", "COMMERCE", "write", by="jprigent")
    stage.flow.access.set("A1", "COMPTA", "read", by="jprigent")
    stage.flow.access.remove("A1", "COMPTA", by="kbenali")
    stage.flow.access.review("A1", by="kbenali")


def portfolio(stage: Stage) -> None:
    """The organisation's own meetings; of this one, minutes say all that minutes can say."""
    stage.flow.meetings.plan(
        PORTFOLIO,
        every=30,
        first="2026-01-05",
        time="14:00",
        minutes=60,
        zone="Europe/Paris",
        chair="gmorin",
        participants=["gmorin", "kbenali", "ykerbrat"],
        place="Salle du conseil",
        by="gmorin",
    )
    stage.flow.meetings.plan(PORTFOLIO, place="", by="gmorin")
    stage.flow.meetings.hold(
        PORTFOLIO,
        on="2026-01-05",
        present=["kbenali"],
        excused=["ykerbrat"],
        decisions=[f"Décision {number}" for number in range(1, 21)],
        actions=[NewAction("kbenali", "2026-02-01", "Écrire à l'hébergeur")],
        notes="Ordre du jour : tout",
        by="gmorin",
    )
    stage.flow.meetings.add_action(PORTFOLIO, owner="ykerbrat", due="2026-02-01", what="Compter", by="gmorin")
    stage.flow.meetings.finish_action(PORTFOLIO, "AC-01", note="C'est fait", by="kbenali")


ACTS = (assets, plans, contracts, accesses, portfolio)
