"""What a definition says of time: gates that are due, dates that gates set, transitions that time makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

from flowgov.workflow.mistake import Finding, Path
from flowgov.workflow.model import SYSTEM

if TYPE_CHECKING:
    from flowgov.workflow.read import Reading

TIMER = "timer"
DATES_OF_GUARDS: Mapping[str, tuple[str, ...]] = {
    "authorisation_in_force": ("authorisation_valid_until",),
    "within_change_window": ("change_window_start", "change_window_end"),
}
"""Guards that look at dates, and at which."""

_UNITS = ("hours", "days", "working_days")
_NOBODY_GIVES = ("approvals", "evidence", "distinct_from", "guards", "sets", "due", "verbal", "waive_by")
"""Keys of demands that time cannot meet."""


def check_time(values: Any, reading: Reading) -> Iterator[Finding]:
    """Everything in a document that contradicts itself about time."""
    dates = _section(values, "dates")
    steps = {("transitions", name): entry for name, entry in _section(values, "transitions").items()}
    for path, entry in steps.items():
        yield from _due(path, entry, reading)
        yield from _undefined(path, entry, dates, reading)
        yield from _guards(path, entry, dates, reading)
        yield from _timer(path, entry, reading)
    given = set(chain.from_iterable(_names(entry, "sets") for entry in steps.values()))
    for name, rule in dates.items():
        yield from _date(name, rule, reading)
        if name not in given and all(isinstance(entry.get("sets", []), list) for entry in steps.values()):
            yield Finding("unset_date", reading.key(("dates", name)), {"name": name})


def _due(path: Path, entry: Mapping[str, Any], reading: Reading) -> Iterator[Finding]:
    due = entry.get("due")
    if isinstance(due, dict) and len(due.keys() & {*_UNITS}) != 1:
        yield Finding("due_one_unit", reading.key((*path, "due")), {"transition": path[-1], "units": list(_UNITS)})


def _undefined(path: Path, entry: Mapping[str, Any], dates: Mapping[str, Any], reading: Reading) -> Iterator[Finding]:
    timer = entry.get("timer")
    places = [((*path, "sets", n), name) for n, name in enumerate(_listed(entry, "sets"))]
    if isinstance(timer, dict) and isinstance(timer.get("date"), str):
        places.append(((*path, "timer", "date"), timer["date"]))
    for place, name in places:
        if isinstance(name, str) and name not in dates:
            params = {"transition": path[-1], "name": name}
            yield Finding("undefined_date", reading.place(place), params, name, tuple(dates))


def _guards(path: Path, entry: Mapping[str, Any], dates: Mapping[str, Any], reading: Reading) -> Iterator[Finding]:
    for n, guard in enumerate(_listed(entry, "guards")):
        for date in DATES_OF_GUARDS.get(guard, ()) if isinstance(guard, str) else ():
            if date not in dates:
                params = {"transition": path[-1], "guard": guard, "name": date}
                yield Finding("guard_needs_date", reading.place((*path, "guards", n)), params)


def _timer(path: Path, entry: Mapping[str, Any], reading: Reading) -> Iterator[Finding]:
    timed, fire = entry.get("kind") == TIMER, _listed(entry, "fire")
    named = {"transition": path[-1]}
    if timed and "timer" not in entry:
        yield Finding("timer_without_date", reading.key(path), named)
    if not timed and "timer" in entry:
        yield Finding("timer_of_another_kind", reading.key((*path, "timer")), named)
    if not timed and SYSTEM in fire:
        yield Finding("system_fires", reading.place((*path, "fire")), named)
    if timed:
        if fire not in ([], [SYSTEM]):
            yield Finding("timer_fired_by", reading.place((*path, "fire")), named)
        yield from _asks(path, entry, reading)
        if entry.get("to") in _sources(entry):
            yield Finding("timer_without_end", reading.place((*path, "to")), named)


def _asks(path: Path, entry: Mapping[str, Any], reading: Reading) -> Iterator[Finding]:
    for key in _NOBODY_GIVES:
        if entry.get(key):
            yield Finding("timer_asks", reading.key((*path, key)), {"transition": path[-1], "key": key})
    if entry.get("reason") == "required":
        yield Finding("timer_asks", reading.key((*path, "reason")), {"transition": path[-1], "key": "reason"})


def _date(name: str, rule: Mapping[str, Any], reading: Reading) -> Iterator[Finding]:
    least, most = rule.get("min_days", 0), rule.get("max_days")
    if type(least) is int and type(most) is int and least > most:
        params = {"name": name, "least": least, "most": most}
        yield Finding("date_without_room", reading.key(("dates", name, "max_days")), params)


def _section(values: Any, name: str) -> dict[str, dict[str, Any]]:
    section = values.get(name) if isinstance(values, dict) else None
    entries = section if isinstance(section, dict) else {}
    return {key: entry if isinstance(entry, dict) else {} for key, entry in entries.items()}


def _listed(entry: Mapping[str, Any], key: str) -> list[Any]:
    found = entry.get(key)
    return found if isinstance(found, list) else []


def _names(entry: Mapping[str, Any], key: str) -> Iterator[str]:
    return (name for name in _listed(entry, key) if isinstance(name, str))


def _sources(entry: Mapping[str, Any]) -> list[Any]:
    found = entry.get("from")
    return found if isinstance(found, list) else [found]
