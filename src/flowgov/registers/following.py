"""What the entries say of meetings: series, minutes, actions, and the rhythm they make. Reads only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from flowgov.audit.record import project_stream
from flowgov.clock import moment
from flowgov.dossier.entry import Entry
from flowgov.dossier.meetings import USUAL_ZONE, Action, FollowUp, Meeting, Series
from flowgov.dossier.rhythm import Pause, Rhythm, rhythm
from flowgov.machine import Lifecycle
from flowgov.store import records
from flowgov.store.records import Filter
from flowgov.workflow.model import PREVIOUS, State

KINDS = ("series", "meeting", "action")
PORTFOLIO_KINDS = tuple(f"portfolio_{kind}" for kind in KINDS)


def follow_up(key: str, entries: Iterable[Entry], logins: Mapping[str, str], rhythm: Rhythm | None) -> FollowUp:
    """Everything about the meetings of a project, or of the portfolio, from its entries."""
    found = [*entries]
    meetings = [meeting(entry, key, logins) for entry in of_kind(found, "meeting")]
    return FollowUp(
        project=key,
        series=next((series(entry, key, logins) for entry in of_kind(found, "series")), None),
        rhythm=rhythm,
        meetings=tuple(sorted(meetings, key=lambda one: (one.held, one.key))),
        actions=tuple(action(entry, key, logins) for entry in of_kind(found, "action")),
    )


def of_kind(entries: Iterable[Entry], name: str) -> Iterator[Entry]:
    """Those of a kind, a project's or the portfolio's."""
    return (entry for entry in entries if entry.kind.removeprefix("portfolio_") == name)


def series(entry: Entry, key: str, logins: Mapping[str, str]) -> Series:
    facts = entry.facts
    return Series(
        project=key,
        every=facts["every"],
        minutes=facts["minutes"],
        first=facts["first"],
        time=facts["time"],
        zone=facts["zone"],
        chair=_login(facts["chair"], logins),
        participants=_logins(facts["participants"], logins),
        place=entry.texts.get("place"),
        n=entry.n,
        planned=entry.at,
    )


def meeting(entry: Entry, key: str, logins: Mapping[str, str]) -> Meeting:
    facts = entry.facts
    return Meeting(
        project=key,
        key=entry.key,
        held=facts["held"],
        recorded=entry.at,
        chair=_login(facts["chair"], logins),
        present=_logins(facts["present"], logins),
        excused=_logins(facts["excused"], logins),
        decisions=tuple(entry.texts.get(f"decision_{n:02d}") or None for n in range(1, facts["decisions"] + 1)),
        actions=tuple(facts["actions"]),
        risks=tuple(facts["risks"]),
        seq=entry.seq,
        notes=entry.texts.get("notes") or None,
    )


def action(entry: Entry, key: str, logins: Mapping[str, str]) -> Action:
    facts = entry.facts
    return Action(
        project=key,
        key=entry.key,
        what=entry.texts.get("what") or None,
        owner=_login(facts["owner"], logins),
        since=facts["since"],
        due=facts["due"],
        done=facts["done"],
        meeting=facts["meeting"],
        note=entry.texts.get("note") or None,
    )


def today(now: str, entries: Iterable[Entry]) -> date:
    """The day it is where the meetings of these entries are."""
    planned = next(of_kind(entries, "series"), None)
    zone = planned.facts["zone"] if planned else USUAL_ZONE
    return moment(now).astimezone(ZoneInfo(zone)).date()


def rhythm_of_portfolio(entries: Sequence[Entry], now: str) -> Rhythm | None:
    """How the portfolio's series is kept; None where none is planned."""
    return _rhythm(entries, now, None, [])


def rhythm_of_project(
    connection: Connection, row: Row[Any], lifecycle: Lifecycle, entries: Sequence[Entry], now: str
) -> Rhythm | None:
    """How a project keeps to its series, or to what its workflow asks; None where nothing is asked."""
    asked = (lifecycle.workflow.meeting_days, row.opened) if lifecycle.workflow.meeting_days else None
    if asked is None and next(of_kind(entries, "series"), None) is None:
        return None
    return _rhythm(entries, now, asked, pauses(connection, row, lifecycle))


def pauses(connection: Connection, row: Row[Any], lifecycle: Lifecycle) -> list[Pause]:
    """When a project was on hold or closed. The log is asked only where it ever was."""
    states = lifecycle.workflow.states
    if _rests(states[row.state]):
        return [Pause(_day(row.entered), None)]
    passed = (lifecycle.workflow.transitions[name].target for name in json.loads(row.passages))
    if not any(target != PREVIOUS and _rests(states[target]) for target in passed):
        return []
    return [*_pauses(connection, row, lifecycle)]


def _pauses(connection: Connection, row: Row[Any], lifecycle: Lifecycle) -> Iterator[Pause]:
    begun: date | None = None
    for record in records.walk(connection, Filter(stream=project_stream(row.id), events=("project.moved",))):
        rests = _rests(lifecycle.workflow.states[json.loads(record.body)["to"]])
        if rests and begun is None:
            begun = _day(record.ts)
        elif not rests and begun is not None:
            yield Pause(begun, _day(record.ts))
            begun = None


def _rhythm(entries: Sequence[Entry], now: str, asked: tuple[int, str] | None, rests: Sequence[Pause]) -> Rhythm | None:
    planned = next(of_kind(entries, "series"), None)
    if planned is not None:
        every, first = planned.facts["every"], date.fromisoformat(planned.facts["first"])
    elif asked is not None:
        every, first = asked[0], _day(asked[1])
    else:
        return None
    held = [date.fromisoformat(entry.facts["held"]) for entry in of_kind(entries, "meeting")]
    return rhythm(
        every=every,
        first=first,
        planned=planned is not None,
        last=max(held, default=None),
        today=today(now, entries),
        pauses=rests,
    )


def _rests(state: State) -> bool:
    return state.ended or state.kind == "suspended"


def _day(stamp: str) -> date:
    return date.fromisoformat(stamp[:10])


def _login(person: str, logins: Mapping[str, str]) -> str:
    return logins.get(person, person)


def _logins(persons: Sequence[str], logins: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(_login(person, logins) for person in persons)
