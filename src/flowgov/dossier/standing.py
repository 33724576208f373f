"""Since when a project stands where it stands, time on hold left out: from its recorded moves."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from flowgov.dossier.working_days import Pause


class Moved(NamedTuple):
    """A recorded move, as far as time goes."""

    at: str
    source: str
    target: str


class Standing(NamedTuple):
    """Since when a project is in its state, and when it was on hold meanwhile."""

    since: str
    pauses: tuple[Pause, ...] = ()


def standing(opened: str, moves: Iterable[Moved], suspended: Collection[str]) -> Standing:
    """How the *moves* of a project, oldest first, leave it.

    A hold that ends where it began interrupts the stay; every other move, a return to the same state included, ends it.
    While a project is on hold, the last pause has not ended yet.
    """
    since, pauses, held, left = opened, [], "", ""
    for at, source, target in moves:
        if target in suspended:
            if source not in suspended:
                held, left = at, source
        elif source in suspended and target == left:
            pauses.append(Pause(held, at))
        else:
            since, pauses = at, []
    return Standing(since, tuple(pauses))
