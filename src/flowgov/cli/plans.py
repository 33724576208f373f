"""What is done when something fails: ``plan``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from flowgov.cli.call import Call
from flowgov.cli.commands import F, Group, option
from flowgov.cli.pages import page_answered, page_shown
from flowgov.cli.plain import plain_value
from flowgov.cli.table import safe, table, terminal_width
from flowgov.dossier.plans import ESSENTIAL, KINDS, RESULTS

if TYPE_CHECKING:
    from flowgov.dossier.plans import Plan
    from flowgov.engine import Engine
    from flowgov.project import Receipt
    from flowgov.report.page import Page

_COLUMNS = ("plan", "kind", "title", "assets", "edition", "approval", "exercise", "next")


def _content(command: F) -> F:
    """The options of what is in a plan; each of the four texts may be repeated for another line."""
    options = (
        option("--asset", "assets", metavar="ASSET", multiple=True),
        option("--link", metavar="LINK"),
        *(option(f"--{name}", metavar="TEXT", multiple=True) for name in ESSENTIAL),
        option("--next-exercise", metavar="DATE"),
    )
    for decorate in reversed(options):
        command = decorate(command)
    return command


@click.group("plan", cls=Group)
def plan() -> None:
    """Help is in the catalogue."""


@plan.command("add")
@click.argument("kind", type=click.Choice(KINDS))
@option("--title", metavar="TEXT", required=True)
@_content
@option("--id", "entry", metavar="KEY")
@click.pass_obj
def add(call: Call, /, kind: str, title: str, entry: str | None, **said: Any) -> None:
    by = call.acting()
    receipt = call.engine().plans.record(kind, title, by=by, key=entry, source=call.source(), **_given(said))
    _told(call, receipt, receipt.subject, "recorded")


@plan.command("change")
@click.argument("plan")
@option("--title", metavar="TEXT")
@_content
@click.pass_obj
def change(call: Call, /, plan: str, title: str | None, **said: Any) -> None:
    by, engine = call.acting(), call.engine()
    before = engine.plans.one(plan).edition
    receipt = engine.plans.change(plan, by=by, title=title, source=call.source(), **_given(said))
    _told(call, receipt, plan, "changed" if engine.plans.one(plan).edition != before else "scheduled")


@plan.command("approve")
@click.argument("plan")
@option("--edition", type=click.INT, metavar="N")
@click.pass_obj
def approve(call: Call, plan: str, edition: int | None) -> None:
    by = call.acting()
    receipt = call.engine().plans.approve(plan, edition=edition, by=by, source=call.source())
    _told(call, receipt, plan, "approved")


@plan.command("exercise")
@click.argument("plan")
@option("--on", metavar="DATE", required=True)
@option("--result", type=click.Choice(RESULTS), required=True)
@option("--findings", metavar="TEXT")
@option("--next", "next", metavar="DATE")
@click.pass_obj
def exercise(call: Call, plan: str, on: str, result: str, findings: str | None, next: str | None) -> None:
    by = call.acting()
    receipt = call.engine().plans.exercise(
        plan, on=on, result=result, findings=findings, next=next, by=by, source=call.source()
    )
    _told(call, receipt, plan, "rehearsed")


@plan.command("retire")
@click.argument("plan")
@option("--reason", metavar="TEXT", required=True)
@click.pass_obj
def retire(call: Call, plan: str, reason: str) -> None:
    by = call.acting()
    receipt = call.engine().plans.retire(plan, reason=reason, by=by, source=call.source())
    _told(call, receipt, plan, "retired")


@plan.command("list")
@option("--overdue", is_flag=True)
@click.pass_obj
def list_plans(call: Call, overdue: bool) -> None:
    found = call.engine().plans.every(overdue=overdue)
    rows = [_row(call, one) for one in found]
    head = [call.text(f"plan.column.{name}") for name in _COLUMNS]
    call.answer(plain_value(found), table(head, rows, terminal_width()))
    if not found:
        call.note(call.text("cli.plan.none_overdue" if overdue else "cli.plan.none"))


@plan.command("show")
@click.argument("plan")
@click.pass_obj
def show(call: Call, plan: str) -> None:
    engine = call.engine()
    found = engine.plans.one(plan)
    call.answer(plain_value(found), page_shown(call, _page(call, engine, found)))


@plan.command("print")
@click.argument("plan")
@option("--format", "format", type=click.Choice(["text", "md", "html"]), default="text")
@option("-o", "--output", "output", metavar="FILE", type=click.Path())
@option("--force", is_flag=True)
@click.pass_obj
def print_plan(call: Call, plan: str, format: str, output: str | None, force: bool) -> None:
    engine = call.engine()
    found = engine.plans.one(plan)
    page_answered(call, _page(call, engine, found), {"plan": plain_value(found)}, format, output, force=force)


def _page(call: Call, engine: Engine, found: Plan) -> Page:
    from flowgov.report.plan import plan as page_of

    names = {person.login: person.name for person in engine.people()}
    return page_of(found, engine.organisation(), names, call.lang)


def _given(said: dict[str, Any]) -> dict[str, Any]:
    """What was typed, without what was not; an empty word takes away what was there."""
    found = {name: "\n".join(value) if name in ESSENTIAL else value for name, value in said.items() if value}
    if "" in found.get("assets", ()):
        found["assets"] = [key for key in found["assets"] if key]
    return found | {name: value for name, value in said.items() if value == ""}


def _row(call: Call, found: Plan) -> list[str]:
    approved = found.approval and call.text("plan.approved", person=safe(found.approval.person), day=found.approval.on)
    state = call.style(call.text("plan.retired"), "faint") if found.retired else None
    missing = call.style(call.text("plan.not_approved"), "bad")
    rehearsed = found.exercise and call.text(
        "plan.rehearsed", day=found.exercise.on, result=call.text(f"plan.result.{found.exercise.result}")
    )
    next_day = found.next_exercise or ""
    return [
        call.style(found.key, "head"),
        call.text(f"plan.kind.{found.kind}"),
        call.kept(found.title),
        ", ".join(asset.key for asset in found.assets),
        str(found.edition),
        state or approved or missing,
        rehearsed or call.text("plan.never"),
        call.style(call.text("plan.overdue", day=next_day), "bad") if found.overdue else next_day,
    ]


def _told(call: Call, receipt: Receipt, key: str, what: str) -> None:
    found = call.engine().plans.one(key)
    shown = call.text(f"cli.plan.{what}", plan=key, edition=found.edition, day=found.next_exercise or "–")
    call.answer({"receipt": plain_value(receipt), "plan": plain_value(found)}, [safe(shown)])
    if found.approval is None and not found.retired:
        call.note(call.text("cli.plan.not_approved", plan=key, edition=found.edition))
