"""Three signals of a project, green, amber or red, with the reasons: roles, rhythm, risks. Computed when asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from flowgov.canonical import Json
from flowgov.dossier.rhythm import AMBER_AFTER, RED_AFTER, Rhythm
from flowgov.i18n import DEFAULT, Language, text

Level = Literal["none", "green", "amber", "red"]
LEVELS: tuple[Level, ...] = ("none", "green", "amber", "red")
"""From what says nothing to what has to be looked at first."""
Name = Literal["roles", "rhythm", "risks"]

Charter = Literal["absent", "outdated", "unacknowledged", "current"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a signal is not green; or, on a signal that is none, why there is nothing to say."""

    code: str
    params: Mapping[str, Json] = field(default_factory=dict)
    level: Level = "amber"

    def message(self, lang: Language = DEFAULT) -> str:
        """The reason in one sentence."""
        return text(f"meeting.health.{self.code}", lang, **self.params)


@dataclass(frozen=True, slots=True)
class Signal:
    """One of the three."""

    name: Name
    level: Level
    reasons: tuple[Reason, ...] = ()

    def said(self, lang: Language = DEFAULT) -> str:
        """The signal in two words."""
        name, level = text(f"meeting.signal.{self.name}", lang), text(f"meeting.level.{self.level}", lang)
        return text("meeting.signal", lang, name=name, level=level)


@dataclass(frozen=True, slots=True)
class Health:
    """How a project is followed: who holds its roles, whether its people meet, what threatens it."""

    project: str
    """Key."""
    at: str
    """Stamp of the moment it was asked."""
    roles: Signal
    rhythm: Signal
    risks: Signal

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The three, in the order people read them."""
        return (self.roles, self.rhythm, self.risks)

    @property
    def worst(self) -> Level:
        """The level of the worst one."""
        return max((signal.level for signal in self.signals), key=LEVELS.index)


@dataclass(frozen=True, slots=True)
class Gap:
    """A gate that starts where the project stands, and the roles it needs that nobody holds."""

    transition: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hat:
    """One person who holds both owner roles."""

    person: str
    """Login."""
    roles: tuple[str, ...]
    permitted: str | None
    """Key of the exception in force that permits it and operates; None without one."""
    idle: str | None = None
    """Key of an exception that would permit it, but has expired or does not operate."""


@dataclass(frozen=True, slots=True)
class Threats:
    """What the risk register says, keys of risks by what is wrong with them."""

    open: int
    high: tuple[str, ...] = ()
    """High, and neither treated nor accepted."""
    unconfirmed: tuple[str, ...] = ()
    """Not confirmed by both sides."""
    late: tuple[str, ...] = ()
    """With a measure that is overdue."""


def signal(name: Name, reasons: Iterable[Reason], otherwise: Level = "green") -> Signal:
    """The signal that *reasons* give: as bad as the worst of them."""
    found = tuple(sorted(reasons, key=lambda reason: -LEVELS.index(reason.level)))
    return Signal(name, found[0].level if found else otherwise, found)


def judge_roles(gaps: Sequence[Gap], hats: Sequence[Hat], charter: Charter | None, *, warn: bool) -> Signal:
    """Whether somebody is there for every gate ahead, and another for each side.

    Args:
        charter: None where the workflow has no charter to ask for.
        warn: the workflow only warns of one person in two roles.
    """
    reasons = [Reason("no_holder", {"transition": gap.transition, "roles": list(gap.roles)}, "red") for gap in gaps]
    for hat in hats:
        if hat.permitted is None:
            params: dict[str, Json] = {"person": hat.person, "roles": list(hat.roles)}
            level: Level = "amber" if warn else "red"
            if hat.idle is None:
                reasons.append(Reason("two_hats", params, level))
            else:
                reasons.append(Reason("two_hats_idle", {**params, "exception": hat.idle}, level))
    if charter in ("absent", "outdated", "unacknowledged"):
        reasons.append(Reason(f"charter_{charter}"))
    return signal("roles", reasons)


def judge_rhythm(rhythm: Rhythm | None) -> Signal:
    """Whether the people of a project meet as often as they said."""
    if rhythm is None:
        return Signal("rhythm", "none", (Reason("no_rhythm", level="none"),))
    if rhythm.frozen:
        return Signal("rhythm", "none", (Reason("frozen", level="none"),))
    if rhythm.missed < AMBER_AFTER:
        return Signal("rhythm", "green")
    level: Level = "red" if rhythm.missed >= RED_AFTER else "amber"
    params: dict[str, Json] = {"missed": rhythm.missed, "every": rhythm.every}
    if rhythm.last is None:
        return signal("rhythm", [Reason("never_met", params, level)])
    return signal("rhythm", [Reason("missed", {**params, "last": rhythm.last.isoformat()}, level)])


def judge_risks(threats: Threats) -> Signal:
    """Whether the risks are assessed, and what is high is treated."""
    reasons = []
    if threats.high:
        reasons.append(Reason("high_risks", {"risks": list(threats.high)}, "red"))
    if threats.unconfirmed:
        reasons.append(Reason("unconfirmed_risks", {"risks": list(threats.unconfirmed)}))
    if threats.late:
        reasons.append(Reason("late_measures", {"risks": list(threats.late)}))
    return signal("risks", reasons)
