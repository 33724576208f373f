"""Sends what became due since the last time, once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flowgov.clock import stamp
from flowgov.errors import NotSent
from flowgov.i18n import DEFAULT, Language, text
from flowgov.reminding.memory import Memory, memory
from flowgov.reminding.reminder import Others, Reminder, reminders
from flowgov.settings import Remind

if TYPE_CHECKING:
    from flowgov.engine import Engine
    from flowgov.reminding.channel import Channel

ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Message:
    """What one channel was handed."""

    channel: str
    person: str | None
    """Login; None for a message to everybody there."""
    reminders: tuple[Reminder, ...]
    sent: bool


@dataclass(frozen=True, slots=True)
class Reminded:
    """What a run did."""

    messages: tuple[Message, ...]
    unreachable: tuple[str, ...]
    """Logins of people without an e-mail whom a channel would have written to."""

    @property
    def failed(self) -> tuple[str, ...]:
        """Channels that did not take a message."""
        return tuple(dict.fromkeys(message.channel for message in self.messages if not message.sent))


def pending(engine: Engine, rules: Remind) -> tuple[Reminder, ...]:
    """Everything there is to remind of now, whether it was sent before or not.

    Raises:
        MissingExtra: a workflow counts working days, and the holidays library is not installed.
    """
    now = engine.now()
    return reminders(
        engine.due(), engine.deadlines(within_days=rules.before_days), stamp(now), rules, _others(engine, rules)
    )


def remind(
    engine: Engine, channels: Sequence[Channel], rules: Remind, *, at: Path | None = None, lang: Language = DEFAULT
) -> Reminded:
    """Send what was not sent yet, over every channel; a message that fails is tried again the next time.

    Two runs at once take turns: the second one finds nothing left to send.

    Args:
        at: the file that says what was sent; the one of *rules* by default.

    Raises:
        BadInput: that file cannot be read or written.
        NotSent: some channel failed; `NotSent.data` names it. What the others took is remembered.
        MissingExtra: a workflow counts working days, and the holidays library is not installed.
    """
    with memory(at or rules.memory, engine.origin()) as kept:
        found = pending(engine, rules)
        emails = {person.login: person.email for person in engine.people() if person.email}
        messages: list[Message] = []
        for channel in channels:
            messages += _over(channel, found, kept, emails, lang)
        kept.keep_only({mark for channel in channels for r in found for mark in _marks(channel, r)})
    lost = {p for c in channels if c.personal for r in found for p in r.persons} - emails.keys()
    done = Reminded(tuple(messages), tuple(sorted(lost)))
    if done.failed:
        raise NotSent(channels=list(done.failed), count=len(done.failed))
    return done


def body(found: Iterable[Reminder], lang: Language) -> str:
    """The text of a message."""
    lines = [f"- {reminder.line(lang)}" for reminder in found]
    return "\n".join([*lines, "", text("time.message.end", lang)])


def _over(
    channel: Channel, found: Sequence[Reminder], kept: Memory, emails: Mapping[str, str], lang: Language
) -> list[Message]:
    people: Iterable[str | None] = (None,)
    if channel.personal:
        people = [p for p in dict.fromkeys(p for r in found for p in r.persons) if p in emails]
    made = []
    for person in people:
        new = tuple(r for r in found if person in (None, *r.persons) and _mark(channel, r, person) not in kept)
        if new:
            title = text("time.message.title", lang, count=len(new))
            sent = channel.send(title, body(new, lang), emails.get(person or "", ""))
            made.append(Message(channel.name, person, new, sent))
            if sent:  # at once: whoever stops us now must not have it sent again
                kept.remember([_mark(channel, r, person) for r in new])
    return made


def _marks(channel: Channel, reminder: Reminder) -> list[str]:
    return [_mark(channel, reminder, person) for person in (reminder.persons if channel.personal else (None,))]


def _mark(channel: Channel, reminder: Reminder, person: str | None) -> str:
    return " ".join((channel.mark, reminder.level, person or "*", reminder.about))


def _others(engine: Engine, rules: Remind) -> Others:
    """Who is told when something stays late: the holders of the roles of the settings, or else the administrators."""
    held = engine.assignments(at=engine.now())
    administrators = tuple(dict.fromkeys(a.person for a in held if a.role == ADMINISTRATOR))

    def others(project: str | None) -> tuple[str, ...]:
        there = (a.person for a in held if a.role in rules.escalate_to and a.project in (None, project))
        return tuple(dict.fromkeys(there)) or administrators

    return others
