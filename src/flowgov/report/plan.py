"""A plan on paper: who decides, what is done first, whom to call, how one works meanwhile. At most two pages."""

from __future__ import annotations

from collections.abc import Mapping

from flowgov.dossier.plans import ESSENTIAL, Covered, Plan
from flowgov.i18n import Language, text
from flowgov.report import wording
from flowgov.report.minutes import person
from flowgov.report.page import Page, Part

_LONGEST_NAME = 60
"""Of an asset: more would not leave two pages enough room."""


def plan(plan: Plan, organisation: str, names: Mapping[str, str], lang: Language) -> Page:
    """The page of *plan*, marked where nobody has approved it, or where it was retired.

    Args:
        names: of persons, by login.
    """
    state = "retired" if plan.retired else "approved" if plan.approval else "not_approved"
    kind = text(f"plan.kind.{plan.kind}", lang)
    return Page(
        lang=lang,
        title=text(f"plan.page.title.{state}", lang, kind=kind, key=plan.key),
        subtitle=" · ".join((organisation, plan.title or text("cli.redacted", lang))),
        facts=_facts(plan, names, lang),
        parts=(*(_part(plan, name, lang) for name in ESSENTIAL), _assets(plan, names, lang), _findings(plan, lang)),
        footer=text("plan.page.footer", lang, key=plan.key, edition=plan.edition, day=wording.day(plan.recorded, lang)),
        dense=True,
    )


def approval(plan: Plan, names: Mapping[str, str], lang: Language) -> str:
    """Who approved the edition that stands, and when; or that nobody did."""
    if plan.approval is None:
        return text("plan.not_approved", lang)
    day = wording.day(plan.approval.on, lang)
    return text("plan.approved", lang, person=person(plan.approval.person, names), day=day)


def rehearsed(plan: Plan, lang: Language) -> str:
    """When it was last rehearsed, and how that went."""
    if plan.exercise is None:
        return text("plan.never", lang)
    result = text(f"plan.result.{plan.exercise.result}", lang)
    return text("plan.rehearsed", lang, day=wording.day(plan.exercise.on, lang), result=result)


def upcoming(plan: Plan, lang: Language) -> str:
    """When it is to be rehearsed next."""
    if plan.next_exercise is None:
        return text("plan.none_planned", lang)
    day = wording.day(plan.next_exercise, lang)
    return text("plan.overdue", lang, day=day) if plan.overdue else day


def _facts(plan: Plan, names: Mapping[str, str], lang: Language) -> tuple[tuple[str, str], ...]:
    author = person(plan.author, names)
    if plan.author_for:
        author = text("plan.author_for", lang, author=author, principal=person(plan.author_for, names))
    facts = {
        "edition": text("plan.edition", lang, edition=plan.edition, author=author),
        "approval": approval(plan, names, lang),
        "exercise": rehearsed(plan, lang),
        "next": upcoming(plan, lang) if not plan.retired else "",
        "link": plan.link,
        "reason": plan.reason if plan.retired else "",
    }
    return tuple((text(f"plan.fact.{name}", lang), value) for name, value in facts.items() if value)


def _part(plan: Plan, name: str, lang: Language) -> Part:
    """One of the four texts, a line a row; an emergency plan says of each that it is missing."""
    said: str = getattr(plan, name)
    rows = tuple((line.strip(),) for line in said.splitlines() if line.strip())
    nothing = text("plan.not_said", lang) if plan.kind == "emergency" else None
    return Part(text(f"plan.part.{name}", lang), rows, nothing=nothing)


def _assets(plan: Plan, names: Mapping[str, str], lang: Language) -> Part:
    return Part(
        text("plan.part.assets", lang),
        tuple(_asset(asset, names, lang) for asset in plan.assets),
        tuple(text(f"plan.column.{name}", lang) for name in ("asset", "name", "owner", "holder")),
        text("plan.no_assets", lang),
    )


def _asset(asset: Covered, names: Mapping[str, str], lang: Language) -> tuple[str, ...]:
    name = _short(asset.name) or text("cli.redacted", lang)
    return (
        asset.key,
        text("plan.asset_retired", lang, name=name) if asset.retired else name,
        person(asset.owner, names),
        person(asset.holder, names) if asset.holder else "",
    )


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _findings(plan: Plan, lang: Language) -> Part:
    said = plan.exercise.findings if plan.exercise else ""
    return Part(text("plan.part.findings", lang), ((said,),) if said else ())
