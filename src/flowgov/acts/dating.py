"""Dates that a gate sets: given with its move, recorded right after it, in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from flowgov.errors import BadInput
from flowgov.guarding.times import DATE
from flowgov.text import clean_date_name

if TYPE_CHECKING:
    from flowgov.acts.entering import Folder
    from flowgov.acts.following import MoveMade

Days = Mapping[str, date | str]
"""Dates by name."""


def checked_dates(dates: Days) -> dict[str, str]:
    """
    Raises:
        BadInput: a name is none, or a day is none of the calendar, written YYYY-MM-DD.
    """
    return {clean_date_name(name): _day(day) for name, day in dates.items()}


def set_dates(folder: Folder, made: MoveMade) -> None:
    """Record the dates that came with a move; the guard `dates` has looked at them."""
    for name in made.request.transition.sets:
        facts = {"day": made.request.given.dates[name], "t": made.request.transition.id, "move": made.sealed.seq}
        folder.enter(DATE, name, "set", facts)


def _day(value: date | str) -> str:
    shown = value if isinstance(value, str) else value.isoformat()
    try:
        if date.fromisoformat(shown).isoformat() == shown:  # and not 20261120 or 2026-W47-5, or a moment
            return shown
    except ValueError:
        pass
    raise BadInput("bad_date", value=shown)
