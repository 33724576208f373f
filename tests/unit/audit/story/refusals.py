"""What the rules refuse, and the log remembers."""

from __future__ import annotations

from tests.unit.audit.story.stage import Stage, refused

from flowgov import Piece
from flowgov.audit.signing import Signer
from flowgov.dossier.assets import AssetDescription
from flowgov.testing import seeded
from flowgov.workflow.shipped import load_shipped

NOBODY = "vleduc"
"""Holds no role."""
KEY = "CRM"
PIECES = [Piece("solution_note", link="https://example.org/a"), Piece("charter", link="https://example.org/b")]


def on_projects(stage: Stage) -> None:
    """One refusal of every kind on a project."""
    gate = "confirm_secured"
    with refused():
        stage.flow.approve(KEY, gate, by=NOBODY, comment="Moi aussi", evidence=PIECES)
    with refused():
        stage.flow.withdraw_approval(KEY, gate, by=NOBODY, comment="Je n'ai rien dit")
    with refused():
        stage.flow.withdraw_gate(KEY, gate, by=NOBODY, reason="Pour voir")
    with refused():
        stage.flow.add_pieces(KEY, PIECES, by=NOBODY, occurred="2026-01-05")
    with refused():
        stage.flow.risks.record(KEY, title="Rien", gravity=1, likelihood=1, kind="legal", by=NOBODY)


def of_people(stage: Stage) -> None:
    """Whoever does not administer makes nobody known, grants nothing and ends nothing."""
    with refused():
        stage.flow.add_person("intrus", name="Intrus", service=True, by=NOBODY)
    with refused():
        stage.flow.grant_role("sponsor", NOBODY, project=KEY, until="2026-12-31", by=NOBODY)
    with refused():
        stage.flow.revoke_role("sponsor", "gmorin", by=NOBODY)
    with refused():
        stage.flow.delegate_role("sponsor", "kbenali", until="2026-01-31", by=NOBODY)
    with refused():
        stage.flow.undelegate_role("business_owner", "mdelmas", by=NOBODY)
    with refused():
        stage.flow.end_person("kbenali", by=NOBODY)
    with refused():
        stage.flow.erase_person("kbenali", reason="Pour voir", by=NOBODY)


def of_permissions(stage: Stage) -> None:
    """Nor does he permit departures, or judge those that were permitted."""
    with refused():
        stage.flow.add_exception(
            KEY,
            rules=["procedure"],
            roles=["business_owner"],
            risk="Aucun",
            control="supervision",
            every_days=7,
            person="kbenali",
            until="2026-03-31",
            reason="Pour voir",
            compensating="Rien",
            reviewer="gmorin",
            by=NOBODY,
        )
    (exception,) = (one.key for one in stage.engine.exceptions(project="LONE"))
    with refused():
        stage.flow.exemptions.review(exception, result="ok", by=NOBODY)
    with refused():
        stage.flow.exemptions.end(exception, reason="Pour voir", by=NOBODY)


def of_the_log(stage: Stage) -> None:
    """Nor does he touch definitions, keys, texts or archives."""
    with refused():
        stage.flow.register_workflow(load_shipped("standard"), by=NOBODY)
    with refused():
        stage.flow.redact(KEY, 1, "title", reason="Pour voir", by=NOBODY)
    new = Signer.generate(stage.engine.origin(), seeded(9))
    with refused():
        stage.flow.rotate_key(stage.vault, new, reason="Pour voir", by=NOBODY)  # type: ignore[arg-type]  # in memory
    with refused():
        stage.flow.replace_key(stage.vault, new, cause="lost", reason="Pour voir", by=NOBODY)  # type: ignore[arg-type]
    with refused():
        stage.flow.archive(
            stage.folder / "none.flowgov",
            until="2026-01-31",
            reason="Pour voir",
            vault=stage.vault,  # type: ignore[arg-type]  # in memory
            by=NOBODY,
        )
    with refused():
        stage.flow.assets.record(AssetDescription(name="Rien", owner="kbenali"), by=NOBODY)


ACTS = (on_projects, of_people, of_permissions, of_the_log)
