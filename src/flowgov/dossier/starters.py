"""Risks that most projects have: what to begin with. Their sentences are in the catalogue of risks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from flowgov.dossier.risks import RiskKind
from flowgov.i18n import DEFAULT, Language, text


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A risk that a project may have, with what is often done about it."""

    id: str
    kind: RiskKind
    title: str
    measure: str


STARTERS: Mapping[str, RiskKind] = MappingProxyType(
    {
        "service_interruption": "business",
        "critical_data_loss": "technical",
        "account_takeover": "technical",
        "ransomware": "technical",
        "untested_backup": "technical",
        "supplier_failure": "supplier",
        "personal_data_leak": "legal",
        "excessive_retention": "legal",
        "single_person": "organisation",
        "faulty_deployment": "technical",
        "data_migration": "technical",
        "too_wide_access": "organisation",
    }
)
"""The kind of each suggestion, in the order they are shown."""


def suggestion(name: str, lang: Language = DEFAULT) -> Suggestion:
    """The suggestion *name*, which there is, in the words of *lang*."""
    title, measure = (text(f"risk.starter.{name}.{part}", lang) for part in ("title", "measure"))
    return Suggestion(name, STARTERS[name], title, measure)


def suggestions(lang: Language = DEFAULT, kind: RiskKind | None = None) -> tuple[Suggestion, ...]:
    """Every suggestion, or those of one kind."""
    return tuple(suggestion(name, lang) for name, of in STARTERS.items() if kind in (None, of))
