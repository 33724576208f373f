"""Where things stand: ``show``, ``list``, ``todo``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from flowgov.cli import complete
from flowgov.cli.ahead import Ahead, ahead_of, ahead_shown, in_force, plain_ahead
from flowgov.cli.call import Call
from flowgov.cli.commands import Command, option
from flowgov.cli.healthy import lights, signals_shown
from flowgov.cli.late import Gates, dates_shown, due_now, due_said, is_late, plain_due
from flowgov.cli.outcomes import condition_to_fulfil, outcomes_shown, reservation_told
from flowgov.cli.plain import plain_health, plain_project, plain_todo, plain_value
from flowgov.cli.table import safe, table, terminal_width
from flowgov.clock import last_day
from flowgov.errors import NotFound
from flowgov.suggest import closest

if TYPE_CHECKING:
    from flowgov.acts.reading import Todo
    from flowgov.dossier.health import Health
    from flowgov.dossier.lead_time import LeadTime
    from flowgov.people import Assignment
    from flowgov.project import Project
    from flowgov.workflow.model import Workflow

_STAGES = (
    "need_expressed",
    "business_validated",
    "technically_designed",
    "secured",
    "deployed",
    "reviewed",
)


@click.command("list", cls=Command)
@option("--workflow", metavar="NAME", shell_complete=complete.workflows)
@option("--stage", type=click.Choice(_STAGES))
@option("--state", metavar="STATE")
@option("--open/--all", "still_open", default=True)
@click.pass_obj
def board(call: Call, workflow: str | None, stage: str | None, state: str | None, still_open: bool) -> None:
    every = call.engine().projects()
    _must_be_known(call, workflow, state)
    wanted = [
        project
        for project in every
        if (workflow is None or workflow in (project.workflow.id, project.workflow.name))
        and (stage is None or project.state.stage == stage)
        and (state is None or project.state.id == state)
    ]
    found = [project for project in wanted if not (still_open and project.state.ended)]
    found.sort(key=lambda project: (_stage_rank(project), project.key))
    gates = due_now(call) if found else {}
    health = call.engine().healths()
    data = [
        {
            **plain_project(project, call.lang),
            "late": is_late(gates, project.key),
            "health": plain_health(health[project.key], call.lang),
        }
        for project in found
    ]
    call.answer(data, _board(call, found, gates, health))
    if not found:
        call.note(call.text("cli.list.none"))
    hidden = len(wanted) - len(found)
    if hidden:
        call.note(call.text("cli.list.hidden", count=hidden))


def _must_be_known(call: Call, workflow: str | None, state: str | None) -> None:
    """
    Raises:
        NotFound: no workflow has this name, or none has such a state.
    """
    if workflow is None and state is None:
        return
    registered = call.engine().workflows()
    names = {name for found in registered for name in (found.id, found.name)}
    if workflow is not None and workflow not in names:
        raise NotFound("workflow", name=workflow, known=sorted(names), suggestions=closest(workflow, sorted(names)))
    states = sorted({name for found in registered for name in found.states})
    if state is not None and state not in states:
        raise NotFound("state", name=state, suggestions=closest(state, states))


@click.command("show", cls=Command)
@click.argument("key", shell_complete=complete.projects)
@click.pass_obj
def show(call: Call, key: str) -> None:
    engine = call.engine()
    project = engine.project(key)
    assignments = in_force(call, key)
    ahead = ahead_of(call, project, assignments)
    lead_time = None if project.archived is not None else engine.lead_time(key)
    evidence, approvals, exceptions = engine.evidence(key), engine.approvals(key), engine.exceptions(project=key)
    conditions, waivers = engine.conditions.of(key), engine.waivers.of(key)
    changes = () if project.archived is not None else engine.changes_since_gates(key)
    health = engine.health(key)
    data = {
        "project": plain_project(project, call.lang),
        "health": plain_health(health, call.lang),
        "lead_time": plain_value(lead_time),
        "assignments": plain_value(assignments),
        "transitions": [plain_ahead(call, step) for step in ahead],
        "evidence": plain_value(evidence),
        "approvals": plain_value(approvals),
        "exceptions": plain_value(exceptions),
        "dates": engine.dates(key),
        "conditions": plain_value(conditions),
        "waivers": plain_value(waivers),
        "changes": plain_value(changes),
    }
    shown = [
        *_card(call, project, lead_time),
        *signals_shown(call, health),
        *_steps(call, project),
        *_owners(call, project.workflow, assignments),
        *_ahead(call, project, ahead),
        *_dates(call, key),
        *_dossier(call, project, evidence, approvals, exceptions),
        *outcomes_shown(call, project, conditions, waivers, changes),
    ]
    call.answer(data, shown)


@click.command("todo", cls=Command)
@option("--all", "everybody", is_flag=True)
@click.pass_obj
def todo(call: Call, everybody: bool) -> None:
    person = None if everybody else call.acting()
    engine = call.engine()
    found = engine.todo(person)
    projects = {project.key: project for project in engine.projects()}
    gates = due_now(call) if found else {}
    health = engine.healths()
    data = [
        {
            **plain_todo(t, call.lang),
            **plain_due(gates.get((t.project, t.transition))),
            "health": plain_health(health[t.project], call.lang),
        }
        for t in found
    ]
    call.answer(data, _todo_shown(call, found, projects, gates, health))
    if not found:
        call.note(call.text("cli.todo.none"))


def _todo_shown(
    call: Call,
    found: Sequence[Todo],
    projects: Mapping[str, Project],
    gates: Gates,
    health: Mapping[str, Health],
) -> Iterator[str]:
    former = None
    for item in found:
        if item.project != former:
            title, signals = call.kept(item.title), lights(call, health[item.project])
            yield f"{call.style(safe(item.project), 'here')}  {title}  {signals}"
        former = item.project
        label = projects[item.project].workflow.transitions[item.transition].label[call.lang]
        what = call.named(label, item.transition)
        deed, since = call.text(f"cli.deed.{item.deed}"), call.text("cli.todo.since", since=item.since[:10])
        if item.condition is not None:
            yield from condition_to_fulfil(call, item, what)
            continue
        due = due_said(call, gates.get((item.project, item.transition)))
        yield f"  {safe(item.person)} · {deed} · {what} · {since}{due}"
        for blocker in item.decision.blockers if item.deed == "move" else ():
            yield f"    {call.style('✗', 'bad')} {safe(blocker.message(call.lang))}"
        yield f"    {safe(f'flowgov {item.deed} {item.project} {item.transition} --as {item.person}')}"


def _board(call: Call, projects: Sequence[Project], gates: Gates, health: Mapping[str, Health]) -> Iterator[str]:
    head = call.heads("stage", "project", "title", "state", "workflow", "cycle", "since", "health")
    rows, former = [], None
    for project in projects:
        stage = call.text(f"cli.stage.{project.state.stage or 'none'}")
        rows.append(
            [
                call.style(stage, "here") if stage != former else "",
                safe(project.key),
                call.kept(project.title),
                call.named(project.state.label[call.lang], project.state.id),
                safe(project.workflow.name),
                str(project.cycle),
                project.entered[:10] + _late(call, gates, project.key),
                lights(call, health[project.key]),
            ]
        )
        former = stage
    return table(head, rows, terminal_width())


def _late(call: Call, gates: Gates, key: str) -> str:
    return f" {call.style(call.text('cli.due.late'), 'bad')}" if is_late(gates, key) else ""


def _stage_rank(project: Project) -> int:
    stage = project.state.stage
    return _STAGES.index(stage) if stage else len(_STAGES)


def _card(call: Call, project: Project, lead_time: LeadTime | None) -> Iterator[str]:
    yield f"{call.style(safe(project.key), 'head')}  {call.kept(project.title)}"
    if project.objective:
        for line in project.objective.splitlines():
            yield f"  {safe(line)}"
    facts = {
        "workflow": call.named(project.workflow.title[call.lang], project.workflow.name),
        "state": call.named(project.state.label[call.lang], project.state.id),
        "since": project.entered[:10],
        "cycle": str(project.cycle),
        "version": str(project.version),
        "creator": safe(project.creator),
        "personal_data": call.yes_or_no(project.personal_data),
    }
    for name, value in facts.items():
        yield "  " + call.pair(call.text(f"cli.head.{name}"), value)
    if lead_time is not None:
        days, held = (f"{seconds / 86_400:.1f}" for seconds in (lead_time.seconds, lead_time.on_hold_seconds))
        yield "  " + call.text("cli.show.lead_time", days=call.number(days), held=call.number(held))
    if project.archived is not None:
        yield "  " + call.text("cli.show.archived", record=project.archived)


def _steps(call: Call, project: Project) -> Iterator[str]:
    yield ""
    yield call.style(call.text("cli.show.steps"), "head")
    states = project.workflow.states.values()
    for state in states:
        if state.id == project.state.id:
            yield "  " + call.style(f"▶ {safe(state.label[call.lang])}", "here") + f" ({state.id})"
        elif state.stage is not None:
            yield f"  · {call.named(state.label[call.lang], state.id)}"


def _owners(call: Call, workflow: Workflow, assignments: Sequence[Assignment]) -> Iterator[str]:
    yield ""
    yield call.style(call.text("cli.show.owners"), "head")
    for role in workflow.roles.values():
        holders = list(dict.fromkeys(a.person for a in assignments if a.role == role.id))
        who = ", ".join(holders) or call.text("cli.show.nobody")
        yield "  " + call.pair(call.named(role.label[call.lang], role.id), safe(who))


def _ahead(call: Call, project: Project, ahead: Sequence[Ahead]) -> Iterator[str]:
    if ahead:
        yield ""
        yield call.style(call.text("cli.show.next"), "head")
    for step in ahead:
        yield from ahead_shown(call, step, project)


def _dates(call: Call, key: str) -> Iterator[str]:
    lines = [*dates_shown(call, key)]
    if lines:
        yield ""
        yield call.style(call.text("cli.show.dates"), "head")
        yield from (f"  {line}" for line in lines)


def _dossier(
    call: Call, project: Project, evidence: Sequence[Any], approvals: Sequence[Any], exceptions: Sequence[Any]
) -> Iterator[str]:
    workflow = project.workflow
    pieces = [
        call.pair(
            call.named(workflow.evidence[e.kind][call.lang], e.kind),
            f"{call.kept(e.label)}, {safe(e.added_by)}, {e.added_at[:10]}",
        )
        for e in evidence
    ]
    given = [
        call.pair(safe(a.transition), f"{safe(a.person)} ({a.role}), {a.given_at[:10]}")
        + (f" – {call.text('cli.show.withdrawn')} {a.withdrawn_at[:10]}" if a.withdrawn_at else "")
        + (f" – {reservation_told(call, a)}" if a.reservation is not None else "")
        for a in approvals
    ]
    granted = [
        call.pair(e.key, f"{safe(', '.join(e.rules))}, {safe(e.person)}, → {last_day(e.until)}")
        + (f" – {call.text('cli.everywhere')}" if e.project is None else "")
        for e in exceptions
    ]
    for title, lines in (("evidence", pieces), ("approvals", given), ("exceptions", granted)):
        if lines:
            yield ""
            yield call.style(call.text(f"cli.show.{title}"), "head")
            yield from (f"  {line}" for line in lines)
