"""Values as ``--json`` shows them: plain mappings with stable names. Documented in docs/cli.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from flowgov.i18n import Language

if TYPE_CHECKING:
    from flowgov.acts.reading import Todo
    from flowgov.audit.verdict import Verdict
    from flowgov.dossier.health import Health
    from flowgov.guards import Blocker, Decision
    from flowgov.project import Project
    from flowgov.store.entries import Entry
    from flowgov.workflow.mistake import Mistake
    from flowgov.workflow.model import Workflow


def plain_value(value: Any) -> Any:
    """Any value in JSON's own types: dataclasses by their fields, everything unknown as text."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Mapping):
        return {str(name): plain_value(item) for name, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain_value(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_value(item) for item in value]
    return str(value)


def plain_project(project: Project, lang: Language) -> dict[str, Any]:
    """A project as it stands; its workflow by name."""
    return {
        "key": project.key,
        "title": project.title,
        "objective": project.objective,
        "workflow": project.workflow.name,
        "workflow_hash": project.workflow.hash,
        "state": project.state.id,
        "state_label": project.state.label[lang],
        "stage": project.state.stage,
        "closed": project.state.ended,
        "previous": project.previous,
        "cycle": project.cycle,
        "version": project.version,
        "creator": project.creator,
        "personal_data": project.personal_data,
        "opened": project.opened,
        "entered": project.entered,
        "archived": project.archived,
    }


def plain_blocker(blocker: Blocker, lang: Language) -> dict[str, Any]:
    """An unmet demand, in words and in values."""
    return {
        "code": blocker.code,
        "message": blocker.message(lang),
        "params": plain_value(blocker.params),
        "roles": list(blocker.roles),
        "holders": list(blocker.holders),
        "remedy": blocker.remedy(lang) or None,
        "command": blocker.command,
    }


def plain_decision(decision: Decision, lang: Language) -> dict[str, Any]:
    """What a gate says to one person now."""
    return {
        "project": decision.subject,
        "transition": decision.action,
        "person": decision.actor,
        "allowed": decision.allowed,
        "target": decision.target,
        "version": decision.version,
        "blockers": [plain_blocker(blocker, lang) for blocker in decision.blockers],
        "departures": plain_value(decision.departures),
    }


def plain_todo(todo: Todo, lang: Language) -> dict[str, Any]:
    """Something that waits for a person."""
    return {
        "project": todo.project,
        "title": todo.title,
        "person": todo.person,
        "deed": todo.deed,
        "transition": todo.transition,
        "role": todo.role,
        "since": todo.since,
        "blockers": [plain_blocker(blocker, lang) for blocker in todo.decision.blockers],
    }


def plain_health(health: Health, lang: Language) -> dict[str, Any]:
    """The three signals of a project, with the reasons."""
    return {
        "at": health.at,
        "worst": health.worst,
        "signals": {
            signal.name: {
                "level": signal.level,
                "reasons": [
                    {"code": reason.code, "message": reason.message(lang), "params": plain_value(reason.params)}
                    for reason in signal.reasons
                ],
            }
            for signal in health.signals
        },
    }


def plain_entry(entry: Entry) -> dict[str, Any]:
    """A record of the log, whole."""
    return {
        "stream": entry.stream,
        "seq": entry.seq,
        "at": entry.at,
        "event": entry.event,
        "outcome": entry.outcome,
        "actor": entry.actor,
        "on_behalf_of": entry.on_behalf_of,
        "project": entry.project,
        "hash": entry.hash,
        "facts": plain_value(entry.facts),
        "texts": plain_value(entry.texts),
    }


def plain_verdict(verdict: Verdict, lang: Language) -> dict[str, Any]:
    """What verification found."""
    proved = verdict.proved
    return {
        **plain_value(verdict),
        "holds": verdict.holds,
        "level": verdict.level,
        "assurance": verdict.assurance,
        "first": verdict.first and verdict.first.message(lang),
        "findings": [{**plain_value(f), "message": f.message(lang)} for f in verdict.findings],
        "proved": {**plain_value(proved), "unsealed": proved.unsealed, "unanchored": proved.unanchored},
        "notices": [{**plain_value(n), "message": n.message(lang)} for n in verdict.notices],
    }


def plain_mistake(mistake: Mistake, lang: Language) -> dict[str, Any]:
    """A mistake of a definition file."""
    return {
        "code": mistake.code,
        "file": mistake.source,
        "line": mistake.at.line,
        "column": mistake.at.column,
        "message": mistake.message(lang),
        "hint": mistake.hint(lang),
        "suggestions": list(mistake.suggestions),
    }


def plain_workflow(workflow: Workflow) -> dict[str, Any]:
    """A definition in its canonical shape, with its hash."""
    import json

    return {**json.loads(workflow.body), "hash": workflow.hash}
