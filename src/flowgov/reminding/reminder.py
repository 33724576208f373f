"""What there is to remind of at one moment, and of whom. Plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from flowgov.clock import end_of, moment
from flowgov.dossier.deadlines import Deadline, GateDue
from flowgov.i18n import DEFAULT, Language, text
from flowgov.settings import Remind

Level = Literal["soon", "late", "escalated"]

Others = Callable[[str | None], tuple[str, ...]]
"""Who is told when something stays late, by project."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """One thing to remind some people of. Sent once to each."""

    about: str
    """What is due and when, as one key: when the time changes, it is another one."""
    level: Level
    kind: str
    """``gate``, or the kind of deadline."""
    project: str | None
    name: str
    """The transition, or the key of what ends."""
    title: str
    day: str
    persons: tuple[str, ...]
    """Logins of those whom it is sent to."""
    waits_for: tuple[str, ...]
    """Logins of those who have something to do."""

    def line(self, lang: Language = DEFAULT) -> str:
        """What is due, since or until when, and who has to act, in one sentence."""
        return text(
            f"time.reminder.{self.level}",
            lang,
            what=text(f"time.due.{self.kind}", lang, name=self.name),
            where=self.project or text("time.organisation", lang),
            day=self.day,
            who=", ".join(self.waits_for) or text("time.nobody", lang),
        )


def reminders(
    gates: Iterable[GateDue], deadlines: Iterable[Deadline], now: str, rules: Remind, others: Others
) -> tuple[Reminder, ...]:
    """Everything to remind of at *now*, whether it was sent before or not, the most urgent first."""
    found = [*(r for gate in gates for r in _of_gate(gate, now, rules, others))]
    found += [r for deadline in deadlines for r in _of_deadline(deadline, now, rules, others)]
    return tuple(sorted(found, key=lambda reminder: (reminder.day, reminder.about, reminder.level)))


def _of_gate(gate: GateDue, now: str, rules: Remind, others: Others) -> Iterator[Reminder]:
    about = f"gate {gate.project} {gate.transition} {gate.due}"
    for level in _levels(gate.due, now, rules):
        to = _to(level, gate.persons, gate.project, others)
        yield Reminder(
            about,
            level,
            "gate",
            gate.project,
            gate.transition,
            gate.title,
            gate.day,
            to,
            gate.persons,
        )


def _of_deadline(deadline: Deadline, now: str, rules: Remind, others: Others) -> Iterator[Reminder]:
    about = f"{deadline.kind} {deadline.project or ''} {deadline.key} {deadline.day}"
    for level in _levels(end_of(deadline.day), now, rules):
        yield Reminder(
            about,
            level,
            deadline.kind,
            deadline.project,
            deadline.key,
            deadline.title,
            deadline.day,
            _to(level, deadline.persons, deadline.project, others),
            deadline.persons,
        )


def _levels(due: str, now: str, rules: Remind) -> Iterator[Level]:
    """Who is late for long is late, too: the first reminder may never have been sent."""
    past = moment(now) - moment(due)
    if past >= timedelta():
        yield "late"
        if past >= timedelta(days=rules.escalate_after_days):
            yield "escalated"
    elif -past <= timedelta(days=rules.before_days):
        yield "soon"


def _to(level: Level, persons: tuple[str, ...], project: str | None, others: Others) -> tuple[str, ...]:
    return others(project) if level == "escalated" or not persons else persons
