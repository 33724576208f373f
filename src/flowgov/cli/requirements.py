"""What a project is asked for, and its impact assessment: ``requirement``, ``dpia``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from flowgov.cli import complete
from flowgov.cli.call import Call
from flowgov.cli.commands import Group, option
from flowgov.cli.plain import plain_value
from flowgov.cli.table import safe, table, terminal_width
from flowgov.dossier.requirements import PRIORITIES

if TYPE_CHECKING:
    from flowgov.dossier.requirements import ImpactAssessment
    from flowgov.project import Receipt


@click.group("requirement", cls=Group)
def requirement() -> None:
    """Help is in the catalogue."""


@requirement.command("add")
@click.argument("key", shell_complete=complete.projects)
@option("--title", metavar="TEXT", required=True)
@option("--priority", type=click.Choice(PRIORITIES), required=True)
@option("--id", "entry", metavar="KEY")
@click.pass_obj
def add(call: Call, key: str, title: str, priority: str, entry: str | None) -> None:
    by = call.acting()
    receipt = call.engine().requirements.record(key, title, priority=priority, by=by, key=entry, source=call.source())
    name = receipt.subject.rpartition(" ")[2]
    _told(call, receipt, key, name, call.text("cli.requirement.recorded", requirement=name, project=key))


@requirement.command("list")
@click.argument("key", shell_complete=complete.projects)
@click.pass_obj
def list_requirements(call: Call, key: str) -> None:
    found = call.engine().requirements.of(key)
    rows = [
        [
            call.style(one.key, "head"),
            call.kept(one.title),
            call.text(f"risk.priority.{one.priority}"),
            call.text(f"risk.answer.{one.status}"),
            safe(one.decided_by or ""),
            safe(one.reason),
        ]
        for one in found
    ]
    head = call.heads("requirement", "title", "priority", "answer", "person", "reason")
    call.answer(plain_value(found), table(head, rows, terminal_width()))
    if not found:
        call.note(call.text("cli.requirement.none", project=key))


@requirement.command("accept")
@click.argument("key", shell_complete=complete.projects)
@click.argument("requirement")
@option("--reason", metavar="TEXT")
@click.pass_obj
def accept(call: Call, key: str, requirement: str, reason: str | None) -> None:
    by = call.acting()
    receipt = call.engine().requirements.accept(key, requirement, by=by, reason=reason, source=call.source())
    _told(call, receipt, key, requirement, call.text("cli.requirement.accepted", requirement=requirement))


@requirement.command("refuse")
@click.argument("key", shell_complete=complete.projects)
@click.argument("requirement")
@option("--reason", metavar="TEXT", required=True)
@click.pass_obj
def refuse(call: Call, key: str, requirement: str, reason: str) -> None:
    by = call.acting()
    receipt = call.engine().requirements.refuse(key, requirement, by=by, reason=reason, source=call.source())
    _told(call, receipt, key, requirement, call.text("cli.requirement.refused", requirement=requirement))


@click.group("dpia", cls=Group)
def dpia() -> None:
    """Help is in the catalogue."""


@dpia.command("record")
@click.argument("key", shell_complete=complete.projects)
@option("--required", type=click.Choice(["yes", "no"]), required=True)
@option("--reason", metavar="TEXT")
@option("--done", metavar="DATE")
@option("--document", metavar="TEXT")
@click.pass_obj
def record(call: Call, key: str, required: str, reason: str | None, done: str | None, document: str | None) -> None:
    receipt = call.engine().dpia.record(
        key,
        required=required == "yes",
        by=call.acting(),
        reason=reason,
        done=done,
        document=document,
        source=call.source(),
    )
    found = call.engine().dpia.of(key)
    assert found is not None, "it was recorded just now"
    call.answer({"receipt": plain_value(receipt), "dpia": plain_value(found)}, [_stated(call, key, found)])


@dpia.command("show")
@click.argument("key", shell_complete=complete.projects)
@click.pass_obj
def show(call: Call, key: str) -> None:
    found = call.engine().dpia.of(key)
    call.answer(plain_value(found), _card(call, key, found) if found else [call.text("blocker.dpia_unknown")])


def _card(call: Call, key: str, found: ImpactAssessment) -> Iterator[str]:
    yield _stated(call, key, found)
    facts = {"reason": found.reason, "document": found.document, "person": found.stated_by}
    facts["since"] = found.done or found.recorded[:10]
    yield from (f"  {call.pair(call.text(f'cli.head.{name}'), safe(value))}" for name, value in facts.items() if value)


def _stated(call: Call, key: str, found: ImpactAssessment) -> str:
    state = "done" if found.done else "required" if found.required else "not_required"
    return call.text(f"cli.dpia.{state}", project=key)


def _told(call: Call, receipt: Receipt, key: str, name: str, shown: str) -> None:
    found = next(one for one in call.engine().requirements.of(key) if one.key == name)
    call.answer({"receipt": plain_value(receipt), "requirement": plain_value(found)}, [safe(shown)])
