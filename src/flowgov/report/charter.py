"""A project's charter on one page, and as the lines of a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flowgov.i18n import Language, text
from flowgov.report.page import Page, Part

if TYPE_CHECKING:
    from flowgov.dossier.charter import Gap, GateLine, Letter
    from flowgov.registers.charters import Charter, Signature

_COLUMNS: dict[str, tuple[Letter, ...]] = {
    "accountable": ("A", "AR"),
    "responsible": ("R", "AR"),
    "consulted": ("C",),
    "informed": ("I",),
}


def page(charter: Charter, organisation: str, lang: Language) -> Page:
    """The charter, to print: who answers for what, what is missing, who has acknowledged it."""
    return Page(
        lang=lang,
        title=text("report.charter.title", lang, project=charter.project),
        subtitle=" · ".join(filter(None, (organisation, charter.title))),
        facts=(
            (text("report.charter.workflow", lang), f"{charter.workflow.title[lang]} ({charter.workflow.name})"),
            (text("report.charter.version", lang), standing(charter, lang)),
        ),
        parts=(
            Part(text("report.charter.gates", lang), tuple(gates(charter, lang)), head(lang)),
            Part(text("report.charter.roles", lang), tuple(roles(charter, lang)), _heads(lang, "role", "persons")),
            Part(text("report.charter.gaps", lang), tuple((line,) for line in gaps(charter, lang))),
            Part(text("report.charter.overlaps", lang), tuple((line,) for line in overlaps(charter, lang))),
            Part(
                text("report.charter.signatures", lang),
                tuple((s.person, signed(charter, s, lang), "") for s in charter.signatures),
                _heads(lang, "person", "acknowledged", "signature"),
                nothing=text("report.charter.nobody", lang),
            ),
        ),
        footer=text("report.charter.footer", lang, hash=charter.sha256 or "–"),
    )


def head(lang: Language) -> tuple[str, ...]:
    """The heads of the table of gates."""
    return _heads(lang, "gate", *_COLUMNS)


def gates(charter: Charter, lang: Language) -> Iterator[tuple[str, ...]]:
    """A row for each gate: who is accountable, responsible, consulted and informed."""
    for gate in charter.matrix.gates:
        label = charter.workflow.transitions[gate.transition].label[lang]
        yield (label, *(_parts(charter, gate, letters, lang) for letters in _COLUMNS.values()))


def roles(charter: Charter, lang: Language) -> Iterator[tuple[str, str]]:
    """A row for each role: who holds it."""
    for role, persons in charter.matrix.holders.items():
        yield charter.workflow.roles[role].label[lang], ", ".join(persons) or text("report.charter.vacant", lang)


def gaps(charter: Charter, lang: Language) -> Iterator[str]:
    """What is missing, or too many, in sentences."""
    for gap in charter.matrix.gaps:
        yield _gap(charter, gap, lang)


def overlaps(charter: Charter, lang: Language) -> Iterator[str]:
    """Who holds several roles that act, in sentences."""
    for overlap in charter.matrix.overlaps:
        held = ", ".join(charter.workflow.roles[role].label[lang] for role in overlap.roles)
        yield text("report.charter.overlap", lang, person=overlap.person, roles=held)


def standing(charter: Charter, lang: Language) -> str:
    """Which version was issued, and whether it still says what follows from the assignments."""
    if charter.version is None or charter.issued_at is None:
        return text("report.charter.never", lang)
    word = "current" if charter.current else "outdated"
    return text(f"report.charter.{word}", lang, version=charter.version, day=charter.issued_at[:10])


def signed(charter: Charter, signature: Signature, lang: Language) -> str:
    """Whether somebody has acknowledged the charter that stands."""
    if signature.version is None or signature.at is None:
        return text("report.charter.unsigned", lang)
    day = signature.at[:10]
    word = "signed" if signature.person not in charter.missing else "signed_former"
    return text(f"report.charter.{word}", lang, version=signature.version, day=day)


def _parts(charter: Charter, gate: GateLine, letters: tuple[Letter, ...], lang: Language) -> str:
    shown = []
    for part in gate.having(*letters):
        persons = ", ".join(part.persons) or text("report.charter.vacant", lang)
        shown.append(text("report.charter.part", lang, role=charter.workflow.roles[part.role].label[lang], who=persons))
    return " ; ".join(shown) if lang == "fr" else "; ".join(shown)


def _gap(charter: Charter, gap: Gap, lang: Language) -> str:
    gate = charter.workflow.transitions[gap.transition].label[lang]
    role = charter.workflow.roles[gap.role].label[lang]
    return text(f"report.charter.gap.{gap.code}", lang, gate=gate, role=role, persons=list(gap.persons))


def _heads(lang: Language, *names: str) -> tuple[str, ...]:
    return tuple(text(f"report.charter.head.{name}", lang) for name in names)
