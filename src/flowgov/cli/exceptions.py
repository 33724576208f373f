"""``exception``: what was permitted to whom, whether its compensating control works, and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from flowgov.cli import complete
from flowgov.cli.call import Call
from flowgov.cli.commands import Group, option
from flowgov.cli.plain import plain_value
from flowgov.cli.table import safe, table, terminal_width
from flowgov.clock import last_day
from flowgov.dossier.exceptions import CONTROLS, RESULTS, RULES

if TYPE_CHECKING:
    from flowgov.dossier.exceptions import ExceptionGrant
    from flowgov.engine import Engine

EVERYWHERE = "org"
"""In place of a project's key: every project."""
_COLUMNS = ("exception", "project", "person", "rules", "from", "until", "approved_by", "status", "due", "compensating")


@click.group("exception", cls=Group)
def exception() -> None:
    """Help is in the catalogue."""


@exception.command("add")
@click.argument("key", shell_complete=complete.chains)
@option("--rule", "rules", type=click.Choice(RULES), multiple=True, required=True)
@option("--for", "person", metavar="PERSON", required=True, shell_complete=complete.logins)
@option("--until", metavar="DATE", required=True)
@option("--from", "start", metavar="DATE")
@option("--reason", metavar="TEXT", required=True)
@option("--compensating", metavar="TEXT", required=True)
@option("--control", type=click.Choice(CONTROLS))
@option("--reviewer", metavar="PERSON", shell_complete=complete.logins)
@option("--every", "every_days", metavar="DAYS", type=int)
@option("--role", "roles", metavar="ROLE", multiple=True)
@option("--risk", metavar="TEXT")
@click.pass_obj
def add_exception(call: Call, /, key: str, rules: tuple[str, ...], person: str, **terms: Any) -> None:
    by = call.acting()
    project = None if key == EVERYWHERE else key
    receipt = call.engine().add_exception(project, rules=rules, person=person, **terms, by=by, source=call.source())
    said = "cli.exception.added_everywhere" if project is None else "cli.exception.added"
    shown = call.text(said, name=receipt.subject, person=person, key=key, rules=list(rules))
    call.answer({"receipt": plain_value(receipt)}, [shown])


@exception.command("list")
@option("--project", metavar="KEY", shell_complete=complete.projects)
@click.pass_obj
def list_exceptions(call: Call, project: str | None) -> None:
    engine = call.engine()
    if project is not None:
        engine.project(project)
    found = engine.exceptions(project=project)
    rows = [
        [
            e.key,
            _where(call, e),
            safe(e.person),
            safe(", ".join(e.rules)),
            e.start[:10],
            last_day(e.until),
            safe(e.approved_by),
            call.text(f"cli.exception.status.{engine.exemptions.status(e)}"),
            _due(call, engine, e),
            call.kept(e.compensating),
        ]
        for e in found
    ]
    heads = call.heads(*_COLUMNS)
    call.answer([_plain(engine, e) for e in found], table(heads, rows, terminal_width()))
    if not found:
        call.note(call.text("cli.exception.none"))


@exception.command("show")
@click.argument("name", metavar="EXCEPTION")
@click.pass_obj
def show_exception(call: Call, name: str) -> None:
    engine = call.engine()
    found = engine.exemptions.get(name)
    status = call.text(f"cli.exception.status.{engine.exemptions.status(found)}")
    control = call.text(f"cli.exception.control.{found.control}") if found.control else None
    reviewed = call.text(f"cli.exception.result.{found.result}", day=found.reviewed[:10]) if found.reviewed else None
    pairs = (
        ("exception", f"{found.key}: {status}"),
        ("project", _where(call, found)),
        ("person", safe(found.person)),
        ("rules", safe(", ".join(found.rules))),
        ("roles", safe(", ".join(found.roles))),
        ("from", found.start[:10]),
        ("until", last_day(found.until)),
        ("ended", found.ended and found.ended[:10]),
        ("reason", call.kept(found.reason)),
        ("risk", call.kept(found.risk) if found.risk is not None else None),
        ("control", control),
        ("compensating", call.kept(found.compensating)),
        ("approved_by", safe(found.approved_by)),
        ("reviewer", found.reviewer and safe(found.reviewer)),
        ("reviewed", reviewed),
        ("due", _due(call, engine, found)),
    )
    call.answer(_plain(engine, found), [call.pair(call.text(f"cli.head.{n}"), said) for n, said in pairs if said])


@exception.command("review")
@click.argument("name", metavar="EXCEPTION")
@option("--result", type=click.Choice(RESULTS), required=True)
@option("--note", metavar="TEXT")
@click.pass_obj
def review_exception(call: Call, name: str, result: str, note: str | None) -> None:
    by, engine = call.acting(), call.engine()
    receipt = engine.exemptions.review(name, result=result, note=note, by=by, source=call.source())
    due = engine.exemptions.get(name).due
    code = "problem" if result == "problem" else "planned" if due else "done"
    shown = call.text(f"cli.exception.reviewed.{code}", name=name, day=(due or "")[:10])
    call.answer({"receipt": plain_value(receipt)}, [shown])


@exception.command("end")
@click.argument("name", metavar="EXCEPTION")
@option("--reason", metavar="TEXT", required=True)
@click.pass_obj
def end_exception(call: Call, name: str, reason: str) -> None:
    by = call.acting()
    receipt = call.engine().exemptions.end(name, reason=reason, by=by, source=call.source())
    call.answer({"receipt": plain_value(receipt)}, [call.text("cli.exception.ended", name=name)])


def _where(call: Call, exception_: ExceptionGrant) -> str:
    return call.text("cli.everywhere") if exception_.project is None else safe(exception_.project)


def _plain(engine: Engine, exception_: ExceptionGrant) -> dict[str, Any]:
    said: dict[str, Any] = plain_value(exception_)
    return {**said, "status": engine.exemptions.status(exception_), "due": exception_.due}


def _due(call: Call, engine: Engine, exception_: ExceptionGrant) -> str:
    if engine.exemptions.status(exception_) in {"ended", "expired"}:
        return ""
    return exception_.due[:10] if exception_.due else call.text("cli.exception.no_review")
