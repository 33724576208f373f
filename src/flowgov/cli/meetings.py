"""Following up: ``meeting``, ``action``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import click

from flowgov.cli import complete
from flowgov.cli.call import Call
from flowgov.cli.commands import Group, option
from flowgov.cli.pages import file_answered, page_answered, page_shown
from flowgov.cli.plain import plain_value
from flowgov.cli.table import safe, table, terminal_width
from flowgov.errors import BadInput, NotFound
from flowgov.suggest import closest

if TYPE_CHECKING:
    from flowgov.dossier.meetings import Action, FollowUp, Meeting, NewAction
    from flowgov.engine import Engine

PORTFOLIO = "org"
_PARTS = 3
"""Of an action: who, until when, what."""


@click.group("meeting", cls=Group)
def meeting() -> None:
    """Help is in the catalogue."""


@meeting.command("plan")
@click.argument("key", shell_complete=complete.projects)
@option("--every", type=click.Choice(["7", "14", "30"]))
@option("--first", metavar="DATE")
@option("--time", metavar="HH:MM")
@option("--minutes", type=click.INT, metavar="N")
@option("--chair", metavar="PERSON", shell_complete=complete.logins)
@option("--with", "participants", metavar="PERSON,…", shell_complete=complete.logins)
@option("--place", metavar="TEXT")
@click.pass_obj
def plan(
    call: Call,
    key: str,
    every: str | None,
    first: str | None,
    time: str | None,
    minutes: int | None,
    chair: str | None,
    participants: str | None,
    place: str | None,
) -> None:
    by = call.acting()
    receipt = call.engine().meetings.plan(
        key,
        every=int(every) if every else None,
        first=first,
        time=time,
        minutes=minutes,
        zone=call.settings().time_zone,
        chair=chair,
        participants=None if participants is None else _listed(participants),
        place=place,
        by=by,
        source=call.source(),
    )
    found = call.engine().meetings.of(key)
    assert found.series is not None
    shown = [
        call.text("cli.meeting.planned", key=key, every=found.series.every, first=found.series.first),
        call.text("cli.meeting.with", persons=list(found.series.participants)),
    ]
    call.answer({"receipt": plain_value(receipt), "series": plain_value(found.series)}, map(safe, shown))


@meeting.command("hold")
@click.argument("key", shell_complete=complete.projects)
@option("--on", metavar="DATE")
@option("--chair", metavar="PERSON", shell_complete=complete.logins)
@option("--present", metavar="PERSON,…", multiple=True, shell_complete=complete.logins)
@option("--excused", metavar="PERSON,…", multiple=True, shell_complete=complete.logins)
@option("--decision", "decisions", metavar="TEXT", multiple=True)
@option("--action", "actions", metavar='"OWNER DATE WHAT"', multiple=True)
@option("--risks", metavar="RISK,…", multiple=True)
@option("--notes", metavar="TEXT")
@click.pass_obj
def hold(
    call: Call,
    key: str,
    on: str | None,
    chair: str | None,
    present: tuple[str, ...],
    excused: tuple[str, ...],
    decisions: tuple[str, ...],
    actions: tuple[str, ...],
    risks: tuple[str, ...],
    notes: str | None,
) -> None:
    by = call.acting()
    receipt = call.engine().meetings.hold(
        key,
        on=on,
        chair=chair,
        present=_listed(*present),
        excused=_listed(*excused),
        decisions=decisions,
        actions=[_action(value) for value in actions],
        risks=_listed(*risks),
        notes=notes,
        backdating_days=call.settings().backdating_days,
        by=by,
        source=call.source(),
    )
    found = call.engine().meetings.of(key)
    held = next(one for one in found.meetings if one.seq == receipt.seq)
    agreed = [action for action in found.actions if action.key in held.actions]
    shown = [call.text("cli.meeting.held", key=key, meeting=held.key, day=held.held, count=len(held.decisions))]
    shown += [_one(call, action) for action in agreed]
    if found.rhythm is not None and found.rhythm.next is not None:
        shown.append(call.text("cli.meeting.next", day=found.rhythm.next.isoformat()))
    call.answer({"receipt": plain_value(receipt), "meeting": plain_value(held)}, map(safe, shown))


@meeting.command("agenda")
@click.argument("key", shell_complete=complete.projects)
@option("--on", metavar="DATE")
@option("--format", "format", type=click.Choice(["text", "md", "html"]), default="text")
@option("-o", "--output", "output", metavar="FILE", type=click.Path())
@option("--force", is_flag=True)
@click.pass_obj
def agenda(call: Call, key: str, on: str | None, format: str, output: str | None, force: bool) -> None:
    from flowgov.report.agenda import agenda as page_of

    engine = call.engine()
    found = engine.meetings.agenda(key, on=on)
    page_answered(
        call, page_of(found, _names(engine), call.lang), {"agenda": plain_value(found)}, format, output, force=force
    )


@meeting.command("list")
@option("--project", metavar="KEY", shell_complete=complete.projects)
@click.pass_obj
def list_meetings(call: Call, project: str | None) -> None:
    meetings = call.engine().meetings
    found = meetings.every() if project is None else (meetings.of(project),)
    names: tuple[str, ...]
    if project is None:
        names = ("project", "fact.rhythm", "fact.last", "missed", "fact.next")
        rows = [_overview(call, one) for one in found]
        empty = call.text("cli.meeting.none_planned")
    else:
        names = ("meeting", "held", "chair", "present", "decisions", "actions", "recorded")
        rows = [_row(one) for one in found[0].meetings]
        empty = call.text("cli.meeting.none", key=project)
    head = [call.text(f"meeting.{n}" if "." in n else f"meeting.column.{n}") for n in names]
    call.answer(plain_value(found), table(head, rows, terminal_width()))
    if not rows:
        call.note(empty)


@meeting.command("show")
@click.argument("key", shell_complete=complete.projects)
@click.argument("meeting", required=False, metavar="[MEETING]")
@click.pass_obj
def show(call: Call, key: str, meeting: str | None) -> None:
    from flowgov.report.minutes import minutes as page_of

    engine = call.engine()
    found, held = _held(engine, key, meeting)
    agreed = [action for action in found.actions if action.key in held.actions]
    page = page_of(held, found.actions, _title(engine, key), _names(engine), call.lang)
    call.answer({"meeting": plain_value(held), "actions": plain_value(agreed)}, page_shown(call, page))


@meeting.command("minutes")
@click.argument("key", shell_complete=complete.projects)
@click.argument("meeting", required=False, metavar="[MEETING]")
@option("--format", "format", type=click.Choice(["md", "html"]), default="html")
@option("-o", "--output", "output", metavar="FILE", type=click.Path())
@option("--force", is_flag=True)
@click.pass_obj
def minutes(call: Call, key: str, meeting: str | None, format: str, output: str | None, force: bool) -> None:
    from flowgov.report.minutes import minutes as page_of

    engine = call.engine()
    found, held = _held(engine, key, meeting)
    page = page_of(held, found.actions, _title(engine, key), _names(engine), call.lang)
    page_answered(call, page, {"meeting": plain_value(held)}, format, output, force=force)


@meeting.command("invite")
@click.argument("key", shell_complete=complete.projects)
@option("--on", metavar="DATE")
@option("--time", metavar="HH:MM")
@option("-o", "--output", "output", metavar="FILE", type=click.Path())
@option("--force", is_flag=True)
@click.pass_obj
def invite(call: Call, key: str, on: str | None, time: str | None, output: str | None, force: bool) -> None:
    from flowgov.report.inviting import invite as written

    content = written(call.engine(), key, on=on, time=time, lang=call.lang)
    file_answered(call, content, {"format": "ics"}, output, force=force)


@click.group("action", cls=Group)
def action() -> None:
    """Help is in the catalogue."""


@action.command("add")
@click.argument("key", shell_complete=complete.projects)
@click.argument("what")
@option("--owner", metavar="PERSON", required=True, shell_complete=complete.logins)
@option("--due", metavar="DATE", required=True)
@click.pass_obj
def add_action(call: Call, key: str, what: str, owner: str, due: str) -> None:
    by = call.acting()
    receipt = call.engine().meetings.add_action(key, what=what, owner=owner, due=due, by=by, source=call.source())
    found = call.engine().meetings.of(key).actions[-1]
    call.answer({"receipt": plain_value(receipt), "action": plain_value(found)}, [safe(_one(call, found))])


@action.command("list")
@option("--project", metavar="KEY", shell_complete=complete.projects)
@option("--open/--all", "still_open", default=True)
@click.pass_obj
def list_actions(call: Call, project: str | None, still_open: bool) -> None:
    engine = call.engine()
    follow_ups = engine.meetings.every() if project is None else (engine.meetings.of(project),)
    found = [a for one in follow_ups for a in one.actions if not (still_open and a.done is not None)]
    found.sort(key=lambda a: (a.due, a.project, a.key))
    today = engine.meetings.today().isoformat()
    names = ("project", "action", "what", "owner", "due", "done", "meeting")
    rows = [_action_row(call, a, today) for a in found]
    head = [call.text(f"meeting.column.{n}") for n in names]
    call.answer(plain_value(found), table(head, rows, terminal_width()))
    if not found:
        call.note(call.text("cli.action.none"))


@action.command("done")
@click.argument("key", shell_complete=complete.projects)
@click.argument("action", metavar="ACTION")
@option("--on", metavar="DATE")
@option("--note", metavar="TEXT")
@click.pass_obj
def finish_action(call: Call, key: str, action: str, on: str | None, note: str | None) -> None:
    by = call.acting()
    engine = call.engine()
    receipt = engine.meetings.finish_action(key, action, on=on, note=note, by=by, source=call.source())
    found = next(a for a in engine.meetings.of(key).actions if a.key == action)
    shown = call.text("cli.action.finished", action=action, key=key, day=found.done)
    call.answer({"receipt": plain_value(receipt), "action": plain_value(found)}, [safe(shown)])


def _listed(*values: str) -> tuple[str, ...]:
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def _action(value: str) -> NewAction:
    from flowgov.dossier.meetings import NewAction

    parts = value.split(None, _PARTS - 1)
    if len(parts) < _PARTS:
        raise BadInput("action_form", value=value)
    return NewAction(owner=parts[0], due=parts[1], what=parts[2])


def _held(engine: Engine, key: str, name: str | None) -> tuple[FollowUp, Meeting]:
    """
    Raises:
        NotFound: there is no such meeting, or none yet.
    """
    found = engine.meetings.of(key)
    if not found.meetings:
        raise NotFound("no_meeting", key=key)
    if name is None:
        return found, found.meetings[-1]
    held = {one.key: one for one in found.meetings}
    if name not in held:
        raise NotFound("meeting", name=name, key=key, suggestions=closest(name, held))
    return found, held[name]


def _title(engine: Engine, key: str) -> str:
    return engine.organisation() if key == PORTFOLIO else engine.project(key).title


def _names(engine: Engine) -> Mapping[str, str]:
    return {person.login: person.name for person in engine.people()}


def _one(call: Call, action: Action) -> str:
    return call.text(
        "cli.action.one", action=action.key, what=call.kept(action.what), owner=action.owner, due=action.due
    )


def _overview(call: Call, found: FollowUp) -> list[str]:
    rhythm = found.rhythm
    if rhythm is None:
        return [safe(found.project), "", "", "", ""]
    every = call.text("meeting.every", every=rhythm.every)
    return [
        safe(found.project),
        call.text("meeting.rhythm.frozen", every=every) if rhythm.frozen else every,
        _iso(rhythm.last),
        "" if rhythm.frozen else str(rhythm.missed),
        _iso(rhythm.next),
    ]


def _row(held: Meeting) -> list[str]:
    return [
        held.key,
        held.held,
        safe(held.chair),
        safe(", ".join(held.present)),
        str(len(held.decisions)),
        ", ".join(held.actions),
        held.recorded[:10],
    ]


def _action_row(call: Call, found: Action, today: str) -> list[str]:
    due = call.style(found.due, "bad") if found.late_on(today) else found.due
    return [
        safe(found.project),
        found.key,
        call.kept(found.what),
        safe(found.owner),
        due,
        found.done or "",
        found.meeting or "",
    ]


def _iso(day: date | None) -> str:
    return "" if day is None else day.isoformat()
