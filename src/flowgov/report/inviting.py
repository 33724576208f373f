"""The invitation to the meetings of a project, from what an engine knows."""

from __future__ import annotations

from datetime import date, time
from hashlib import sha256
from typing import TYPE_CHECKING

from flowgov.dossier.meetings import PORTFOLIO
from flowgov.errors import BadInput, NotFound
from flowgov.i18n import Language
from flowgov.report.agenda import agenda
from flowgov.report.invitation import Invited, invitation, one_meeting
from flowgov.report.page import plain

if TYPE_CHECKING:
    from flowgov.engine import Engine

_DAY = len("2026-11-20")


def invite(engine: Engine, key: str, *, on: str | None, time: str | None, lang: Language) -> bytes:
    """The file to send to the participants of *key*'s series.

    Args:
        on: the day of one meeting, whose agenda goes with it; by default the whole series.
        time: of day, for that one meeting.

    Raises:
        NotFound: there is no such project, or no series is planned.
        BadInput: *on* or *time* is none.
        MissingExtra: the extra ``calendar`` is not installed.
    """
    series = engine.meetings.of(key).series
    if series is None:
        raise NotFound("no_series", key=key)
    across = key == PORTFOLIO
    invited = Invited(
        series=series,
        title=engine.organisation() if across else engine.project(key).title,
        uid=_uid(engine, PORTFOLIO if across else engine.project(key).id),
        people={person.login: person for person in engine.people()},
        lang=lang,
    )
    if on is None:
        if time is not None:
            raise BadInput("time_of_no_day")
        return invitation(invited)
    day = _day(on)
    names = {person.login: person.name for person in engine.people()}
    about = plain(agenda(engine.meetings.agenda(key, on=day), names, lang))
    return one_meeting(invited, day, None if time is None else _time(time), about)


def _uid(engine: Engine, name: str) -> str:
    return f"{sha256(f'{engine.origin()} {name}'.encode()).hexdigest()[:32]}@flowgov"


def _day(value: str) -> date:
    try:
        if len(value) == _DAY:
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise BadInput("bad_date", value=value)


def _time(value: str) -> str:
    try:
        if time.fromisoformat(value).strftime("%H:%M") == value:
            return value
    except ValueError:
        pass
    raise BadInput("meeting_time", value=value)
