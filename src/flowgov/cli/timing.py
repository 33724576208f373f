"""Time: ``due``, ``tick``, ``remind``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from flowgov.cli import complete
from flowgov.cli.call import Call
from flowgov.cli.commands import Command, option
from flowgov.cli.late import due_said
from flowgov.cli.plain import plain_value
from flowgov.cli.table import safe
from flowgov.errors import BadInput

if TYPE_CHECKING:
    from flowgov.dossier.deadlines import Deadline, GateDue, Tick
    from flowgov.i18n import Language
    from flowgov.project import Project
    from flowgov.reminding.channel import Channel
    from flowgov.reminding.remind import Reminded
    from flowgov.reminding.reminder import Reminder

NOTIFY = "FLOWGOV_NOTIFY"
"""The environment variable with addresses, separated by spaces; before those of the settings."""
_FURTHEST = 3_660


@click.command("due", cls=Command)
@option("--project", metavar="KEY", shell_complete=complete.projects)
@option("--at", metavar="DATE")
@option("--within", metavar="DAYS", type=click.IntRange(min=1, max=_FURTHEST))
@click.pass_obj
def due(call: Call, project: str | None, at: str | None, within: int | None) -> None:
    engine = call.engine()
    gates = engine.due(project=project, at=at)
    ending = engine.deadlines(project=project, at=at, within_days=within) if within else ()
    projects = {p.key: p for p in engine.projects()}
    shown = [*(_gate_shown(call, gate, projects) for gate in gates), *(_ending_shown(call, d) for d in ending)]
    call.answer({"gates": plain_value(gates), "deadlines": plain_value(ending)}, (line for s in shown for line in s))
    if not shown:
        call.note(call.text("cli.due.none"))


@click.command("tick", cls=Command)
@option("--dry-run", "dry_run", is_flag=True)
@click.pass_obj
def tick(call: Call, dry_run: bool) -> int:
    by, engine = call.acting(), call.engine()
    found = engine.due_to_time(by=by) if dry_run else engine.tick(by=by, source=call.source())
    projects = {p.key: p for p in engine.projects()}
    call.answer(
        [plain_tick(one, call.lang) for one in found], (_tick_shown(call, one, projects[one.project]) for one in found)
    )
    if not found:
        call.note(call.text("cli.tick.none"))
    return next((one.error.exit_code for one in found if one.error), 0)


@click.command("remind", cls=Command)
@option("--print", "printed", is_flag=True)
@click.pass_obj
def remind(call: Call, printed: bool) -> None:
    from flowgov.reminding.remind import pending
    from flowgov.reminding.remind import remind as send

    rules, engine = call.settings().remind, call.engine()
    if printed:
        found = pending(engine, rules)
        call.answer({"reminders": plain_value(found)}, _pending_shown(call, found))
        if not found:
            call.note(call.text("cli.remind.none"))
        return
    done = send(engine, _channels(call), rules, lang=call.lang)
    call.answer(plain_value(done), _sent_shown(call, done))
    if not done.messages:
        call.note(call.text("cli.remind.none"))
    if done.unreachable:
        call.note(call.text("cli.remind.unreachable", people=list(done.unreachable)))


def plain_tick(tick: Tick, lang: Language) -> dict[str, Any]:
    """A transition that time makes, for ``--json``."""
    return {**plain_value(tick), "error": tick.error.message(lang) if tick.error else None}


def _tick_shown(call: Call, tick: Tick, project: Project) -> str:
    label = call.named(project.workflow.transitions[tick.transition].label[call.lang], tick.transition)
    key, named = call.style(safe(tick.project), "here"), {"transition": label}
    if tick.error:
        return call.text("cli.tick.failed", key=key, why=safe(tick.error.message(call.lang)), **named)
    done = "cli.tick.made" if tick.receipt else "cli.tick.would"
    target = safe(project.workflow.states[tick.target].label[call.lang])
    return call.text(done, key=key, name=safe(tick.date), day=tick.day, target=target, **named)


def _gate_shown(call: Call, gate: GateDue, projects: dict[str, Project]) -> Iterator[str]:
    label = projects[gate.project].workflow.transitions[gate.transition].label[call.lang]
    what = f"{call.style(safe(gate.project), 'here')} · {call.named(label, gate.transition)}"
    yield what + due_said(call, gate)
    yield f"  {call.text('cli.due.waits', who=_listed(call, gate.persons))}"


def _ending_shown(call: Call, deadline: Deadline) -> Iterator[str]:
    where = safe(deadline.project or call.text("time.organisation"))
    what = call.text(f"time.due.{deadline.kind}", name=safe(deadline.key))
    said = call.text("cli.due.since" if deadline.late else "cli.due.until", day=deadline.day)
    title = f" · {safe(deadline.title)}" if deadline.title else ""
    yield f"{call.style(where, 'here')} · {what}{title} · {call.style(said, 'bad' if deadline.late else 'faint')}"
    if deadline.persons:
        yield f"  {call.text('cli.due.waits', who=_listed(call, deadline.persons))}"


def _pending_shown(call: Call, found: Iterable[Reminder]) -> Iterator[str]:
    for reminder in found:
        to = call.text("cli.remind.to", who=_listed(call, reminder.persons))
        yield f"{safe(reminder.line(call.lang))} {call.style(f'[{to}]', 'faint')}"


def _sent_shown(call: Call, done: Reminded) -> Iterator[str]:
    for message in done.messages:
        key = "cli.remind.sent_to" if message.person else "cli.remind.sent"
        person = {"person": safe(message.person)} if message.person else {}
        yield call.text(key, channel=message.channel, count=len(message.reminders), **person)


def _channels(call: Call) -> tuple[Channel, ...]:
    from flowgov.reminding.channel import channels

    named = os.environ.get(NOTIFY)
    found = channels(tuple(named.split()) if named else call.settings().notify)
    if not found:
        raise BadInput("nowhere_to_notify")
    return found


def _listed(call: Call, persons: Sequence[str]) -> str:
    return safe(", ".join(persons)) or call.text("time.nobody")
