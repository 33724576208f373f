"""The minutes of a meeting, on one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from flowgov.dossier.meetings import PORTFOLIO, Action, Meeting
from flowgov.i18n import Language, text
from flowgov.report import wording
from flowgov.report.page import Page, Part


def minutes(meeting: Meeting, actions: Sequence[Action], title: str, names: Mapping[str, str], lang: Language) -> Page:
    """The page of *meeting*.

    Args:
        actions: those of the project; the meeting's own are shown.
        title: of the project, or the organisation's name.
        names: of persons, by login.
    """
    agreed = [action for action in actions if action.key in meeting.actions]
    return Page(
        lang=lang,
        title=text("meeting.minutes.title", lang, key=meeting.key),
        subtitle=title if meeting.project == PORTFOLIO else f"{meeting.project} · {title}",
        facts=_facts(meeting, names, lang),
        parts=(
            Part(
                text("meeting.part.decisions", lang),
                tuple((decision or text("meeting.redacted", lang),) for decision in meeting.decisions),
                nothing=text("meeting.none.decisions", lang),
            ),
            Part(
                text("meeting.part.actions", lang),
                tuple(_action(action, names, lang) for action in agreed),
                tuple(text(f"meeting.column.{name}", lang) for name in ("action", "what", "owner", "due", "done")),
                text("meeting.none.agreed", lang),
            ),
            Part(text("meeting.part.notes", lang), ((meeting.notes,),) if meeting.notes else ()),
        ),
        footer=text("meeting.minutes.footer", lang, project=meeting.project, seq=meeting.seq),
    )


def person(login: str, names: Mapping[str, str]) -> str:
    """A person's name; the login, or the pseudonym, where there is none."""
    return names.get(login) or login


def persons(logins: Sequence[str], names: Mapping[str, str]) -> str:
    """Several persons on one line."""
    return ", ".join(person(login, names) for login in logins)


def _facts(meeting: Meeting, names: Mapping[str, str], lang: Language) -> tuple[tuple[str, str], ...]:
    held = wording.long_day(date.fromisoformat(meeting.held), lang)
    recorded = wording.day(meeting.recorded, lang)
    if meeting.days_late > 0:
        recorded = text("meeting.recorded_later", lang, day=recorded, days=meeting.days_late)
    facts = {
        "held": held,
        "recorded": recorded,
        "chair": person(meeting.chair, names),
        "present": persons(meeting.present, names),
        "excused": persons(meeting.excused, names),
        "risks": ", ".join(meeting.risks),
    }
    return tuple((text(f"meeting.fact.{name}", lang), value) for name, value in facts.items() if value)


def _action(action: Action, names: Mapping[str, str], lang: Language) -> tuple[str, ...]:
    return (
        action.key,
        action.what or text("meeting.redacted", lang),
        person(action.owner, names),
        wording.day(action.due, lang),
        wording.day(action.done, lang) if action.done else "",
    )
