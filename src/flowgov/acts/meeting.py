"""Meeting: planning a series, recording minutes, taking on actions and finishing them.

The same acts on a project and on the portfolio; the portfolio's entries are in the organisation's chain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flowgov.acts.entering import Folder, Office, go_in, next_key, take_up
from flowgov.acts.unit import Unit
from flowgov.clock import moment
from flowgov.dossier.entry import Entry
from flowgov.dossier.meetings import (
    LENGTH,
    LONGEST,
    LONGEST_BACKDATING,
    LONGEST_TEXT,
    MOST_ACTIONS,
    MOST_DECISIONS,
    MOST_PERSONS,
    PORTFOLIO,
    SERIES,
    SHORTEST,
    USUAL_EVERY,
    USUAL_TIME,
    USUAL_ZONE,
    NewAction,
    NewMinutes,
    Plan,
)
from flowgov.dossier.rhythm import EVERY
from flowgov.errors import BadInput, NotFound
from flowgov.guards import Blocker
from flowgov.project import Receipt
from flowgov.request import Grant
from flowgov.store import projects
from flowgov.suggest import closest
from flowgov.text import clean_text, visible

Day = date | str

_FARTHEST = timedelta(days=366)
"""From today to the first day of a series, either way."""
_KEPT = ("every", "minutes", "first", "time", "zone")


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the follow-up of one project, or of the portfolio, is written."""

    place: Folder | Office
    key: str

    def kind(self, name: str) -> str:
        """The kind of entries for *name*: the portfolio's are kinds of their own."""
        return f"portfolio_{name}" if self.key == PORTFOLIO else name

    def entries(self, name: str) -> Mapping[str, Entry]:
        return self.place.entries(self.kind(name))

    @property
    def series(self) -> Entry | None:
        return self.entries("series").get(SERIES)

    def today(self) -> date:
        """The day it is where the meetings are."""
        zone = self.series.facts["zone"] if self.series else USUAL_ZONE
        return moment(self.place.now).astimezone(ZoneInfo(zone)).date()

    def grant(self) -> Grant | None:
        """What entitles the actor: a role that acts; for the portfolio, an administrator's too."""
        return self.place.standing() if isinstance(self.place, Office) else self.place.acting()

    def blockers(self, *, while_open: bool) -> list[Blocker]:
        """What keeps the actor from writing here at all."""
        found = []
        if while_open and isinstance(self.place, Folder) and not self._open(self.place):
            found.append(Blocker("project_closed", {"state": self.place.facts.state}))
        if self.grant() is None:
            found.append(Blocker("no_role_to_meet", {}, self._acting()))
        return found

    def stop(self, name: str, key: str, act: str, *blockers: Blocker) -> None:
        """
        Raises:
            Refused: there are blockers; recorded.
        """
        self.place.stop(self.kind(name), key, act, *blockers)

    def enter(self, name: str, key: str, act: str, facts: dict[str, Any], texts: Mapping[str, str]) -> Entry:
        grant = self.grant()
        if isinstance(self.place, Folder):
            return self.place.enter(self.kind(name), key, act, facts, texts, grant)
        assert grant is not None, "stopped otherwise"
        return self.place.enter(self.kind(name), key, act, facts, texts, grant=grant)

    def receipt(self) -> Receipt:
        """Of the last entry made."""
        assert self.place.receipt is not None, "an entry was made"
        return self.place.receipt

    def _open(self, folder: Folder) -> bool:
        return not folder.lifecycle.workflow.states[folder.facts.state].ended

    def _acting(self) -> tuple[str, ...]:
        if isinstance(self.place, Office):
            return ("administrator",)
        return tuple(sorted(self.place.lifecycle.workflow.acting))


def plan(unit: Unit, key: str, wanted: Plan, by: str) -> Receipt:
    """See `Meetings.plan`."""
    desk = _sit_down(unit, key, by)
    former: Mapping[str, Any] = desk.series.facts if desk.series else {}
    facts = {**_usual(desk), **{name: former[name] for name in _KEPT if former}, **_given(wanted)}
    _must_be_sensible(facts, desk)
    chair = _person(desk, wanted.chair) or former.get("chair") or desk.place.actor
    participants = _participants(desk, wanted.participants, former)
    facts |= {"chair": chair, "participants": [*dict.fromkeys((chair, *participants))]}
    _not_too_many("participants", facts["participants"], MOST_PERSONS)
    texts = {} if wanted.place is None else {"place": _optional_text(wanted.place, "place")}
    desk.stop("series", SERIES, "plan", *desk.blockers(while_open=True))
    desk.enter("series", SERIES, "plan", facts, texts)
    return desk.receipt()


def hold(unit: Unit, key: str, minutes: NewMinutes, by: str) -> Receipt:
    """See `Meetings.hold`."""
    desk = _sit_down(unit, key, by)
    held = desk.today() if minutes.on is None else day_of(minutes.on)
    number = next_key(desk.entries("meeting"), "M-")
    chair, present, excused = _who(desk, minutes)
    decisions = [clean_text(d, field="decision", limit=LONGEST_TEXT, multiline=True) for d in minutes.decisions]
    _not_too_many("decisions", decisions, MOST_DECISIONS)
    actions = [_action(desk, new, held) for new in minutes.actions]
    _not_too_many("actions", actions, MOST_ACTIONS)
    risks = _risks(desk, minutes.risks)
    texts = {f"decision_{n:02d}": decision for n, decision in enumerate(decisions, 1)}
    if minutes.notes is not None:
        texts["notes"] = clean_text(minutes.notes, field="notes", limit=LONGEST_TEXT, multiline=True)
    limit = _limit(minutes.backdating_days)
    desk.stop("meeting", number, "hold", *desk.blockers(while_open=False), *_when(desk, held, limit))
    keys = _next_keys(desk, len(actions))
    facts = {
        "held": held.isoformat(),
        "chair": chair,
        "present": present,
        "excused": excused,
        "decisions": len(decisions),
        "actions": keys,
        "risks": risks,
        "limit": limit,
    }
    for name, (promised, what) in zip(keys, actions, strict=True):
        desk.enter("action", name, "add", {**promised, "meeting": number}, {"what": what})
    desk.enter("meeting", number, "hold", facts, texts)
    return desk.receipt()


def add_action(unit: Unit, key: str, new: NewAction, by: str) -> Receipt:
    """See `Meetings.add_action`."""
    desk = _sit_down(unit, key, by)
    facts, what = _action(desk, new, desk.today())
    number = next_key(desk.entries("action"), "AC-")
    desk.stop("action", number, "add", *desk.blockers(while_open=True))
    desk.enter("action", number, "add", {**facts, "meeting": None}, {"what": what})
    return desk.receipt()


def finish_action(unit: Unit, key: str, name: str, by: str, on: Day | None, note: str | None) -> Receipt:
    """See `Meetings.finish_action`."""
    desk = _sit_down(unit, key, by)
    entry = desk.entries("action").get(name)
    if entry is None:
        raise NotFound("action", name=visible(name), key=key, suggestions=closest(name, desk.entries("action")))
    done = desk.today() if on is None else day_of(on)
    if done > desk.today():
        raise BadInput("done_in_future", day=done.isoformat())
    if done.isoformat() < entry.facts["since"]:
        raise BadInput("done_before", day=done.isoformat(), since=entry.facts["since"])
    texts = {} if note is None else {"note": clean_text(note, field="note", limit=LONGEST_TEXT, multiline=True)}
    desk.stop("action", name, "done", *_finishing(desk, entry))
    desk.enter("action", name, "done", {**entry.facts, "done": done.isoformat()}, texts)
    return desk.receipt()


def _sit_down(unit: Unit, key: str, by: str) -> Desk:
    if key == PORTFOLIO:
        return Desk(go_in(unit, by), key)
    return Desk(take_up(unit, key, by), key)


def _usual(desk: Desk) -> dict[str, Any]:
    asked = desk.place.lifecycle.workflow.meeting_days if isinstance(desk.place, Folder) else None
    return {
        "every": asked if asked in EVERY else USUAL_EVERY,
        "minutes": LENGTH,
        "first": desk.today().isoformat(),
        "time": USUAL_TIME,
        "zone": USUAL_ZONE,
    }


def _given(wanted: Plan) -> dict[str, Any]:
    first = None if wanted.first is None else day_of(wanted.first).isoformat()
    given = {
        "every": wanted.every,
        "minutes": wanted.minutes,
        "first": first,
        "time": wanted.time,
        "zone": wanted.zone,
    }
    return {name: value for name, value in given.items() if value is not None}


def _must_be_sensible(facts: Mapping[str, Any], desk: Desk) -> None:
    if facts["every"] not in EVERY:
        raise BadInput("meeting_every", value=facts["every"], known=[str(days) for days in EVERY])
    if not SHORTEST <= facts["minutes"] <= LONGEST:
        raise BadInput("meeting_minutes", value=facts["minutes"], shortest=SHORTEST, longest=LONGEST)
    if not _is_time(facts["time"]):
        raise BadInput("meeting_time", value=visible(facts["time"]))
    if not _is_zone(facts["zone"]):
        raise BadInput("time_zone", value=visible(facts["zone"]))
    if abs(date.fromisoformat(facts["first"]) - desk.today()) > _FARTHEST:
        raise BadInput("meeting_first", value=facts["first"], days=_FARTHEST.days)


def _is_time(value: str) -> bool:
    try:
        return time.fromisoformat(value).strftime("%H:%M") == value
    except ValueError:
        return False


def _is_zone(value: str) -> bool:
    try:
        return ZoneInfo(value).key == value
    except (ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
        return False
    except KeyError:
        return False


def _participants(desk: Desk, given: Sequence[str] | None, former: Mapping[str, Any]) -> list[str]:
    if given is not None:
        return [desk.place.person(login) for login in given]
    if former:
        return list(former["participants"])
    return _actors(desk.place) if isinstance(desk.place, Folder) else []


def _actors(folder: Folder) -> list[str]:
    """Everybody who holds a role that acts on the project."""
    acting = set(folder.lifecycle.workflow.acting)
    held = projects.roles_on(folder.unit.connection, folder.facts.id, folder.now)
    return [folder.person(login) for login in sorted({p for role in acting for p in held.get(role, ())})]


def _who(desk: Desk, minutes: NewMinutes) -> tuple[str, list[str], list[str]]:
    usual = desk.series.facts["chair"] if desk.series else desk.place.actor
    chair = _person(desk, minutes.chair) or usual
    present = [*dict.fromkeys((chair, *(desk.place.person(login) for login in minutes.present)))]
    excused = [*dict.fromkeys(desk.place.person(login) for login in minutes.excused)]
    both = [login for login in minutes.excused if desk.place.person(login) in present]
    if both:
        raise BadInput("present_and_excused", person=both[0])
    _not_too_many("present", [*present, *excused], MOST_PERSONS)
    return chair, present, excused


def _when(desk: Desk, held: date, limit: int) -> list[Blocker]:
    found, today = [], desk.today()
    if held > today:
        found.append(Blocker("meeting_in_future", {"day": held.isoformat()}))
    if held < today - timedelta(days=limit):
        found.append(Blocker("meeting_long_ago", {"day": held.isoformat(), "days": limit}))
    same = next((e.key for e in desk.entries("meeting").values() if e.facts["held"] == held.isoformat()), None)
    if same is not None:
        found.append(Blocker("meeting_recorded", {"day": held.isoformat(), "meeting": same}))
    return found


def _action(desk: Desk, new: NewAction, since: date) -> tuple[dict[str, Any], str]:
    owner, due = desk.place.person(new.owner), day_of(new.due)
    if due < since:
        raise BadInput("action_due", due=due.isoformat(), since=since.isoformat())
    facts = {"owner": owner, "since": since.isoformat(), "due": due.isoformat(), "done": None}
    return facts, clean_text(new.what, field="what", limit=LONGEST_TEXT)


def _next_keys(desk: Desk, count: int) -> list[str]:
    known: dict[str, Any] = dict(desk.entries("action"))
    for _ in range(count):
        known[next_key(known, "AC-")] = None
    return list(known)[len(known) - count :] if count else []


def _finishing(desk: Desk, entry: Entry) -> list[Blocker]:
    found = []
    if entry.facts["done"] is not None:
        found.append(Blocker("action_done", {"action": entry.key, "day": entry.facts["done"]}))
    if desk.grant() is None and desk.place.actor != entry.facts["owner"]:
        found.append(Blocker("action_of_another", {"person": entry.facts["owner"]}))
    return found


def _risks(desk: Desk, given: Sequence[str]) -> list[str]:
    if given and isinstance(desk.place, Office):
        raise BadInput("risks_of_a_project")
    known = {} if isinstance(desk.place, Office) else desk.place.entries("risk")
    for name in given:
        if name not in known:
            raise NotFound("risk_reviewed", name=visible(name), key=desk.key, suggestions=closest(name, known))
    return [*dict.fromkeys(given)]


def _person(desk: Desk, login: str | None) -> str | None:
    return None if login is None else desk.place.person(login)


def _limit(days: int) -> int:
    if not 0 <= days <= LONGEST_BACKDATING:
        raise BadInput("backdating", value=days, longest=LONGEST_BACKDATING)
    return days


def _not_too_many(what: str, items: Sequence[object], most: int) -> None:
    if len(items) > most:
        raise BadInput("too_many", what=what, most=most, count=len(items))


def _optional_text(value: str, field: str) -> str:
    return clean_text(value, field=field, limit=LONGEST_TEXT) if value else ""


def day_of(value: Day) -> date:
    """
    Raises:
        BadInput: *value* is not a day of the calendar.
    """
    if isinstance(value, date):
        return value.date() if isinstance(value, datetime) else value
    try:
        if len(value) == len("2026-11-20"):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise BadInput("bad_date", value=value)
