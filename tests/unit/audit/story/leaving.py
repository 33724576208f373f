"""What comes to its end: roles, persons, texts, keys, and the records of a project."""

from __future__ import annotations

from tests.unit.audit.story.stage import Stage

from flowgov.audit.note import Note
from flowgov.audit.signing import Signer
from flowgov.testing import seeded

WITNESS = Signer.generate("witness.example.org/w1", seeded(2))


def lent(stage: Stage) -> None:
    """A role that is lent until the end of January, and one that is taken back at once."""
    stage.flow.delegate_role("business_owner", "mdelmas", until="2026-01-31", by="kbenali")
    stage.flow.delegate_role("technical_owner", "vleduc", until="2026-01-31", by="ykerbrat")
    stage.flow.undelegate_role("technical_owner", "vleduc", reason="Je reste", by="ykerbrat")


def returned(stage: Stage) -> None:
    """The role comes back; another is revoked."""
    stage.flow.undelegate_role("business_owner", "mdelmas", reason="Retour de congés", by="htallec")
    stage.flow.revoke_role("auditor", "lortega", reason="Fin de mission", by="htallec")


def left(stage: Stage) -> None:
    """Who leaves: with his roles; who is forgotten: with all that names him."""
    stage.flow.end_person("pguegen", reason="Départ en retraite", by="htallec")
    stage.flow.end_person("vleduc", by="htallec")
    stage.flow.erase_person("vleduc", reason="Elle l'a demandé", by="htallec")
    stage.flow.redact("CRM", 1, "objective", reason="Un client y était nommé", by="htallec")


def sealed(stage: Stage) -> None:
    """Signed, and cosigned by a witness at that moment."""
    note = stage.flow.checkpoint(stage.vault).note  # type: ignore[arg-type]  # in memory
    line = WITNESS.cosign(Note.parse(note).text, int(stage.clock.now().timestamp())).line()
    stage.flow.cosign(note + line, [WITNESS.witness_key])


def signed_anew(stage: Stage) -> None:
    """One key after another, the second of which was stolen."""
    vault = stage.vault
    new = Signer.generate(stage.engine.origin(), seeded(4))
    stage.flow.rotate_key(vault, new, reason="Chaque année", by="htallec")  # type: ignore[arg-type]  # in memory
    size = stage.flow.checkpoint(vault).size  # type: ignore[arg-type]  # in memory
    newer = Signer.generate(stage.engine.origin(), seeded(5))
    stage.flow.replace_key(
        vault,  # type: ignore[arg-type]  # in memory
        newer,
        cause="stolen",
        vouched=size,
        reason="Portable volé",
        by="htallec",
    )


def archived(stage: Stage) -> None:
    """What is left of a project whose records went."""
    stage.flow.archive(
        stage.folder / "fax.flowgov",
        until="2026-01-31",
        reason="Durée de conservation",
        vault=stage.vault,  # type: ignore[arg-type]  # in memory
        by="htallec",
    )


def waits(stage: Stage) -> None:
    """The last record has no position yet."""
    stage.flow.grant_role("sponsor", "mdelmas", project="CRM", start="2026-10-01", until="2026-12-31", by="htallec")
