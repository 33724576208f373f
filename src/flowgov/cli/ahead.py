"""What can happen next to a project: who could act, and what is still missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flowgov.cli.call import Call
from flowgov.cli.late import due_now, due_said, plain_due
from flowgov.cli.plain import plain_blocker
from flowgov.cli.table import safe
from flowgov.clock import SystemClock

if TYPE_CHECKING:
    from flowgov.dossier.deadlines import GateDue
    from flowgov.guards import Blocker
    from flowgov.people import Assignment
    from flowgov.project import Project
    from flowgov.workflow.model import Transition

_OF_A_PERSON = frozenset({"role_missing", "same_author", "same_creator"})
"""Blockers that say something of who asks, not of the project."""
_MOST_ASKED = 5
"""Holders asked about one gate, until one is found who could pass it."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """A transition that starts where the project stands."""

    transition: Transition
    holders: tuple[str, ...]
    """Logins of those who hold a role that may make it."""
    person: str | None
    """One of them whom nothing personal keeps from making it."""
    blockers: tuple[Blocker, ...]
    """What is missing, whoever makes it; or what keeps every holder from it."""
    due: GateDue | None = None
    """Until when it has to be made."""
    after: str | None = None
    """For what time makes: the day after which it does so, where that is known."""


def in_force(call: Call, key: str) -> list[Assignment]:
    """Assignments that count for project *key* now."""
    return [a for a in call.engine().assignments(at=SystemClock().now()) if a.project in (None, key)]


def ahead_of(call: Call, project: Project, assignments: Sequence[Assignment]) -> list[Ahead]:
    """Every transition that starts where *project* stands."""
    gates = due_now(call, project.key)
    found = (_ahead(call, project, name, assignments) for name in call.engine().transitions(project.key))
    return [
        replace(step, due=gates.get((project.key, step.transition.id)), after=_after(call, project, step.transition))
        for step in found
    ]


def ahead_shown(call: Call, step: Ahead, project: Project) -> Iterator[str]:
    """A step's label, who can make it, and what is missing, with the command for each."""
    who = ", ".join(step.holders) or call.text("cli.show.nobody")
    name = call.named(step.transition.label[call.lang], step.transition.id)
    if step.transition.timer is not None:
        said = "cli.show.by_time_after" if step.after else "cli.show.by_time"
        yield "  " + call.pair(name, call.text(said, name=step.transition.timer.date, day=step.after or ""))
        return
    yield "  " + call.pair(name, safe(who)) + due_said(call, step.due)
    if step.transition.kind != "gate":
        return
    for blocker in step.blockers:
        command = f"  →  {blocker.command}" if blocker.command else ""
        yield f"    {call.style('✗', 'bad')} {safe(blocker.message(call.lang) + command)}"
    if not step.blockers:
        command = f"flowgov move {project.key} {step.transition.id} --as {step.person}"
        yield f"    {call.style('✓', 'good')} {call.text('cli.show.complete')}  →  {safe(command)}"


def plain_ahead(call: Call, step: Ahead) -> dict[str, Any]:
    """A step for ``--json``."""
    return {
        "transition": step.transition.id,
        "label": step.transition.label[call.lang],
        "kind": step.transition.kind,
        "target": step.transition.target,
        "roles": list(step.transition.fire),
        "holders": list(step.holders),
        **plain_due(step.due),
        "after": step.after,
        "missing": [plain_blocker(blocker, call.lang) for blocker in step.blockers],
    }


def _after(call: Call, project: Project, transition: Transition) -> str | None:
    if transition.timer is None:
        return None
    from flowgov.guarding.times import last_day_before

    day = call.engine().dates(project.key).get(transition.timer.date)
    return None if day is None else last_day_before(day, transition.timer.before_days)


def _ahead(call: Call, project: Project, name: str, assignments: Sequence[Assignment]) -> Ahead:
    transition = project.workflow.transitions[name]
    holders = tuple(dict.fromkeys(a.person for role in transition.fire for a in assignments if a.role == role))
    engine, first = call.engine(), None
    for person in holders[:_MOST_ASKED]:
        decision = engine.explain(project.key, name, by=person)
        first = first or decision
        if not any(blocker.code in _OF_A_PERSON for blocker in decision.blockers):
            return Ahead(transition, holders, person, decision.blockers)
    decision = first or engine.explain(project.key, name, by=project.creator)
    return Ahead(transition, holders, None, decision.blockers)
