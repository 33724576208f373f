"""The agenda of the next meeting, on one page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flowgov.dossier.deadlines import Deadline
from flowgov.dossier.meetings import PORTFOLIO, Action, Agenda, RiskToReview, Series, Waiting
from flowgov.i18n import Language, text
from flowgov.report import wording
from flowgov.report.minutes import person, persons
from flowgov.report.page import Page, Part

_DAY = len("2026-11-20")


def agenda(found: Agenda, names: Mapping[str, str], lang: Language) -> Page:
    """The page of an agenda.

    Args:
        names: of persons, by login.
    """
    across = found.project == PORTFOLIO
    return Page(
        lang=lang,
        title=text("meeting.agenda.title", lang),
        subtitle=found.title if across else f"{found.project} · {found.title}",
        facts=_facts(found, names, lang),
        parts=(
            _health(found, lang, across=across),
            _waiting(found, names, lang, across=across),
            _ending(found, names, lang, across=across),
            _risks(found, lang, across=across),
            _actions(found, names, lang),
            _last(found, lang),
        ),
        footer=text("meeting.agenda.footer", lang, day=wording.day(found.made, lang)),
    )


def rhythm_said(found: Agenda, lang: Language) -> str:
    """How often, and how many points were missed, in words."""
    rhythm = found.rhythm
    if rhythm is None:
        return ""
    every = text("meeting.every", lang, every=rhythm.every)
    if rhythm.frozen:
        return text("meeting.rhythm.frozen", lang, every=every)
    return text("meeting.rhythm.missed", lang, every=every, missed=rhythm.missed) if rhythm.missed else every


def time_said(series: Series, lang: Language) -> str:
    """When in the day, and how long."""
    return text("meeting.time", lang, time=series.time, minutes=series.minutes, zone=series.zone)


def _facts(found: Agenda, names: Mapping[str, str], lang: Language) -> tuple[tuple[str, str], ...]:
    series = found.series
    facts = {
        "day": wording.long_day(date.fromisoformat(found.day), lang),
        "time": time_said(series, lang) if series else "",
        "place": (series.place or "") if series else "",
        "chair": person(series.chair, names) if series else "",
        "participants": persons(series.participants, names) if series else "",
        "last": wording.long_day(date.fromisoformat(found.last.held), lang) if found.last else "",
        "rhythm": rhythm_said(found, lang),
        "due": "" if found.due_known else text("meeting.due_unknown", lang),
    }
    return tuple((text(f"meeting.fact.{name}", lang), value) for name, value in facts.items() if value)


def _head(lang: Language, *names: str, across: bool) -> tuple[str, ...]:
    return tuple(text(f"meeting.column.{name}", lang) for name in (("project", *names) if across else names))


def _row(project: str | None, *cells: str, across: bool) -> tuple[str, ...]:
    return (project or "", *cells) if across else cells


def _health(found: Agenda, lang: Language, *, across: bool) -> Part:
    rows = tuple(
        _row(
            health.project,
            text(f"meeting.signal.{signal.name}", lang),
            text(f"meeting.level.{signal.level}", lang),
            " ".join(reason.message(lang) for reason in signal.reasons),
            across=across,
        )
        for health in found.health
        for signal in health.signals
        if not across or signal.level in ("amber", "red")
    )
    head = _head(lang, "signal", "level", "reasons", across=across)
    return Part(text("meeting.part.health", lang), rows, head, text("meeting.none.health", lang))


def _waiting(found: Agenda, names: Mapping[str, str], lang: Language, *, across: bool) -> Part:
    def row(item: Waiting) -> tuple[str, ...]:
        return _row(
            item.project,
            item.label[lang],
            persons(item.movers, names) or text("meeting.nobody", lang),
            persons(item.approvers, names),
            str(item.missing),
            wording.day(item.since, lang),
            _due(item.due, lang, late=item.overdue) if item.due else "",
            across=across,
        )

    head = _head(lang, "gate", "movers", "approvers", "missing", "since", "due", across=across)
    rows = tuple(row(item) for item in found.waiting)
    return Part(text("meeting.part.waiting", lang), rows, head, text("meeting.none.waiting", lang))


def _ending(found: Agenda, names: Mapping[str, str], lang: Language, *, across: bool) -> Part:
    def row(item: Deadline) -> tuple[str, ...]:
        return _row(
            item.project,
            text(f"time.due.{item.kind}", lang, name=item.key),
            item.title,
            persons(item.persons, names),
            _due(item.day, lang, late=item.late),
            across=across,
        )

    head = _head(lang, "subject", "what", "owner", "day", across=across)
    rows = tuple(row(item) for item in found.ending)
    return Part(text("meeting.part.ending", lang), rows, head, text("meeting.none.ending", lang))


def _due(day: str, lang: Language, *, late: bool) -> str:
    """A day, with the time where there is one."""
    shown = f"{wording.day(day, lang)}{day[_DAY:]}"
    return text("meeting.overdue", lang, day=shown) if late else shown


def risk_said(item: RiskToReview, lang: Language) -> str:
    """Why a risk is on the agenda."""
    return wording.listed([text(f"meeting.why.{code}", lang, **item.params) for code in item.why], lang)


def _risks(found: Agenda, lang: Language, *, across: bool) -> Part:
    rows = tuple(
        _row(
            item.project,
            item.key,
            item.title or text("meeting.redacted", lang),
            "" if item.level is None else str(item.level),
            risk_said(item, lang),
            across=across,
        )
        for item in found.risks
    )
    head = _head(lang, "risk", "title", "grade", "why", across=across)
    return Part(text("meeting.part.risks", lang), rows, head, text("meeting.none.risks", lang))


def _actions(found: Agenda, names: Mapping[str, str], lang: Language) -> Part:
    across = found.project == PORTFOLIO

    def row(action: Action) -> tuple[str, ...]:
        return _row(
            "" if action.project == PORTFOLIO else action.project,
            action.key,
            action.what or text("meeting.redacted", lang),
            person(action.owner, names),
            _due(action.due, lang, late=action.late_on(found.made)),
            across=across,
        )

    head = _head(lang, "action", "what", "owner", "due", across=across)
    rows = tuple(row(action) for action in found.actions)
    return Part(text("meeting.part.open_actions", lang), rows, head, text("meeting.none.actions", lang))


def _last(found: Agenda, lang: Language) -> Part:
    last = found.last
    rows = tuple((decision or text("meeting.redacted", lang),) for decision in last.decisions) if last else ()
    return Part(text("meeting.part.last", lang), rows)
