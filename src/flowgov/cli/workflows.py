"""Definitions: ``workflow list|show|check|draw|schema|register``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flowgov.cli import complete
from flowgov.cli.call import Call
from flowgov.cli.commands import Group, option
from flowgov.cli.plain import plain_value, plain_workflow
from flowgov.cli.table import safe, table, terminal_width
from flowgov.errors import BadInput, WorkflowInvalid

if TYPE_CHECKING:
    from flowgov.workflow.mistake import Mistake
    from flowgov.workflow.model import Transition, Workflow

_SUFFIXES = frozenset({".yaml", ".yml"})


@click.group("workflow", cls=Group)
def workflow() -> None:
    """Help is in the catalogue."""


@workflow.command("list")
@click.pass_obj
def list_workflows(call: Call) -> None:
    found = call.engine().workflows()
    data = [
        {
            "id": w.id,
            "version": w.version,
            "title": w.title[call.lang],
            "separation": w.separation,
            "states": len(w.states),
            "transitions": len(w.transitions),
            "hash": w.hash,
        }
        for w in found
    ]
    names = ("workflow", "title", "separation", "states", "transitions", "sha256")
    rows = [
        [w.name, safe(w.title[call.lang]), w.separation, str(len(w.states)), str(len(w.transitions)), w.hash[:12]]
        for w in found
    ]
    call.answer(data, table(call.heads(*names), rows, terminal_width()))


@workflow.command("show")
@click.argument("name", metavar="NAME_OR_FILE", shell_complete=complete.workflows)
@click.pass_obj
def show(call: Call, name: str) -> None:
    found = _find(call, name)
    call.answer(plain_workflow(found), _shown(call, found))


@workflow.command("check")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())
@click.pass_obj
def check(call: Call, files: tuple[str, ...]) -> None:
    from flowgov.workflow.load import load_file

    good: list[Workflow] = []
    wrong: list[str] = []
    mistakes: list[Mistake] = []
    for file in dict.fromkeys(files):
        try:
            good.append(load_file(Path(file)))
        except WorkflowInvalid as error:
            wrong.append(file)
            mistakes += error.mistakes
    if mistakes:
        raise WorkflowInvalid(mistakes, ", ".join(wrong))
    data = [{"workflow": w.name, "hash": w.hash} for w in good]
    call.answer(data, [call.text("cli.workflow.good", workflow=w.name, sha256=w.hash) for w in good])


@workflow.command("draw")
@click.argument("name", metavar="NAME_OR_FILE", required=False, shell_complete=complete.workflows)
@option("--format", "format", type=click.Choice(["mermaid", "dot"]), default="mermaid")
@option("--project", metavar="KEY", shell_complete=complete.projects)
@click.pass_obj
def draw(call: Call, name: str | None, format: str, project: str | None) -> None:
    from flowgov.guarding.known import registry
    from flowgov.machine import Lifecycle
    from flowgov.workflow import draw as drawing

    standing = call.engine().project(project) if project else None
    if name is None and standing is None:
        raise BadInput("draws_nothing")
    found = _find(call, name) if name else standing.workflow  # type: ignore[union-attr]  # one of the two is there
    make = drawing.mermaid if format == "mermaid" else drawing.dot
    edges = Lifecycle(found, registry()).edges()
    text = make(found, edges, call.lang, current=standing.state.id if standing else None)
    call.answer({"workflow": found.name, "format": format, "drawing": text}, text.splitlines())


@workflow.command("schema")
@click.pass_obj
def schema(call: Call) -> None:
    from flowgov.workflow.shape import schema as format_schema

    found = format_schema()
    call.answer(found, json.dumps(found, indent=2).splitlines())


@workflow.command("register")
@click.argument("file", type=click.Path())
@click.pass_obj
def register(call: Call, file: str) -> None:
    from flowgov.workflow.load import load_file

    by = call.acting()
    found = load_file(Path(file))
    receipt = call.engine().register_workflow(found, by=by, source=call.source())
    shown = call.text("cli.workflow.registered", workflow=found.name, sha256=found.hash)
    call.answer({"receipt": plain_value(receipt), "workflow": found.name, "hash": found.hash}, [shown])


def _find(call: Call, name: str) -> Workflow:
    """A file, a registered definition, or, before there is a database, a shipped one."""
    if Path(name).suffix in _SUFFIXES:
        from flowgov.workflow.load import load_file

        return load_file(Path(name))
    if call.database() is not None:
        return call.engine().workflow(name)
    from flowgov.workflow.shipped import load_shipped

    return load_shipped(name)


def _shown(call: Call, found: Workflow) -> Iterator[str]:
    yield f"{call.style(found.name, 'head')}  {safe(found.title[call.lang])}"
    yield "  " + call.pair("SHA-256", found.hash)
    yield "  " + call.pair(call.text("cli.head.separation"), call.text(f"cli.separation.{found.separation}"))
    yield from _section(call, "roles", [call.named(r.label[call.lang], r.id) for r in found.roles.values()])
    states = []
    for state in found.states.values():
        stage = f", {call.text(f'cli.stage.{state.stage}')}" if state.stage else ""
        states.append(f"{call.named(state.label[call.lang], state.id)}{stage}")
    yield from _section(call, "states", states)
    yield from _section(call, "evidence", [call.named(label[call.lang], n) for n, label in found.evidence.items()])
    yield ""
    yield call.style(call.text("cli.head.transitions"), "head")
    for transition in found.transitions.values():
        yield from _transition(call, transition)


def _section(call: Call, name: str, lines: list[str]) -> Iterator[str]:
    yield ""
    yield call.style(call.text(f"cli.head.{name}"), "head")
    yield from (f"  {line}" for line in lines)


def _transition(call: Call, transition: Transition) -> Iterator[str]:
    yield f"  {call.named(transition.label[call.lang], transition.id)}"
    yield f"    {', '.join(transition.sources)} → {transition.target}"
    approvals = [
        f"{rule.minimum} × {rule.role}" + (f" ({call.text(f'cli.when.{rule.when}')})" if rule.when else "")
        for rule in transition.approvals
    ]
    demands = {
        "fire": transition.fire,
        "approvals": approvals,
        "evidence": transition.evidence,
        "distinct_from": transition.distinct_from,
        "guards": transition.guards,
    }
    for name, values in demands.items():
        if values:
            yield f"    {call.text(f'cli.demand.{name}')} {', '.join(values)}"
    if transition.reason_required:
        yield f"    {call.text('cli.demand.reason')}"
