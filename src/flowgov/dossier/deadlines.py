"""What is due by itself: gates, and everything on a project or in a register that ends on a day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from flowgov.clock import last_day
from flowgov.dossier.accesses import REVIEW_DAYS
from flowgov.dossier.contracts import last_notice
from flowgov.dossier.entry import Entry

if TYPE_CHECKING:
    from flowgov.errors import FlowgovError
    from flowgov.project import Receipt


@dataclass(frozen=True, slots=True)
class GateDue:
    """A gate that has to be passed by a certain time."""

    project: str
    title: str
    transition: str
    state: str
    since: str
    """Since when the project stands there, holds left out."""
    due: str
    """The stamp from which the gate is late."""
    day: str
    """The last day where the organisation is; for a period counted in hours, day and time."""
    late: bool
    holders: tuple[str, ...] = ()
    """Logins of those who can make the move."""
    approvers: tuple[str, ...] = ()
    """Logins of those whose approval is missing."""

    @property
    def persons(self) -> tuple[str, ...]:
        """Whom it waits for: who has to approve, and who makes the move."""
        return tuple(dict.fromkeys((*self.approvers, *self.holders)))


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something that ends, or has to be done, on a day."""

    kind: str
    """``exception``, ``exception_review``, ``date``, ``evidence``, ``review`` (of a risk), ``acceptance``,
    ``measure``, ``contract``, ``notice``, ``exercise``, ``restore_test``, ``access_review``, ``action``, ``condition``
    or ``waiver``."""
    project: str | None
    """Key; None for what concerns the whole organisation."""
    key: str
    """Of what: a risk's, a contract's, an exception's; the name of a date."""
    day: str
    """The last day, as ISO writes it."""
    late: bool
    persons: tuple[str, ...] = ()
    """Logins of those whose matter it is."""
    title: str = ""
    """What people call it; empty where it was redacted."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A transition that time makes, whose time has come."""

    project: str
    title: str
    transition: str
    date: str
    """The date that it waits for, by name."""
    day: str
    """When that is."""
    source: str
    target: str
    receipt: Receipt | None = None
    """Of the move, once it was made."""
    error: FlowgovError | None = None
    """Why it could not be made."""


Name = Callable[[object], str]
"""The login of a person's id."""


def of_entry(entry: Entry, project: str | None, name: Name) -> Iterator[Deadline]:
    """What ends or has to be done according to one line of a register; late is judged by the caller.

    Reads what other registers keep: a key that is not there is no deadline.
    """
    read = _READERS.get(entry.kind)
    for kind, day, persons in read(entry.facts) if read else ():
        if day:
            who = tuple(dict.fromkeys(name(person) for person in persons if person))
            title = next((entry.texts[field] for field in _TITLES if entry.texts.get(field)), "")
            yield Deadline(kind, project, entry.key, _last(str(day)), late=False, persons=who, title=title)


_TITLES = ("title", "what", "wording", "supplier", "subject")
"""Names of texts that say what a line is about."""


def _last(until: str) -> str:
    """The last day: of a period that ends at a stamp, or the day itself."""
    return until if len(until) == len("2026-11-20") else last_day(until)


_Found = Iterator[tuple[str, Any, tuple[Any, ...]]]


def _date(facts: Any) -> _Found:
    yield "date", facts.get("day"), ()


def _risk(facts: Any) -> _Found:
    if facts.get("status") == "closed":
        return
    owner = facts.get("owner")
    acceptance = facts.get("acceptance") or {}
    yield "review", facts.get("review"), (owner,)
    yield "acceptance", acceptance.get("until"), (acceptance.get("p"), owner)
    for measure in facts.get("measures") or ():
        if not measure.get("done"):
            yield "measure", measure.get("due"), (measure.get("owner"), owner)


def _contract(facts: Any) -> _Found:
    if facts.get("ended"):
        return
    yield "contract", facts.get("end"), (facts.get("owner"),)
    yield "notice", last_notice(facts), (facts.get("owner"),)


def _access(facts: Any) -> _Found:
    if facts.get("rights") and facts.get("reviewed"):
        again = date.fromisoformat(facts["reviewed"]) + timedelta(days=REVIEW_DAYS)
        yield "access_review", again.isoformat(), (facts.get("reviewer"),)


def _plan(facts: Any) -> _Found:
    if not facts.get("retired"):
        yield "exercise", facts.get("next_exercise"), (facts.get("author"),)


def _action(facts: Any) -> _Found:
    if not facts.get("done"):
        yield "action", facts.get("due"), (facts.get("owner"),)


def _condition(facts: Any) -> _Found:
    if facts.get("status", "open") == "open":
        yield "condition", facts.get("due"), (facts.get("owner"),)


def _waiver(facts: Any) -> _Found:
    if facts.get("status", "granted") == "granted":
        yield "waiver", facts.get("until"), (facts.get("by"),)


_READERS: dict[str, Callable[[Any], _Found]] = {
    "date": _date,
    "risk": _risk,
    "contract": _contract,
    "access": _access,
    "plan": _plan,
    "action": _action,
    "portfolio_action": _action,
    "condition": _condition,
    "waiver": _waiver,
}
KINDS = tuple(_READERS)
"""Kinds of entries that have deadlines."""
