"""Who answers for what on a project: ``charter``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from flowgov.cli import complete
from flowgov.cli.call import Call
from flowgov.cli.commands import Group, option
from flowgov.cli.plain import plain_value
from flowgov.cli.table import safe, table, terminal_width
from flowgov.errors import BadInput

if TYPE_CHECKING:
    from flowgov.project import Receipt
    from flowgov.registers.charters import Charter
    from flowgov.report.page import PageFormat


@click.group("charter", cls=Group)
def charter() -> None:
    """Help is in the catalogue."""


@charter.command("start")
@click.argument("key", shell_complete=complete.projects)
@option("--business", metavar="LOGIN", shell_complete=complete.logins)
@option("--technical", metavar="LOGIN", shell_complete=complete.logins)
@option("--arbiter", metavar="LOGIN", shell_complete=complete.logins)
@click.pass_obj
def start(call: Call, key: str, business: str | None, technical: str | None, arbiter: str | None) -> None:
    by, engine = call.acting(), call.engine()
    engine.project(key)
    receipt = engine.charters.start(
        key,
        business=business or _ask(call, "business"),
        technical=technical or _ask(call, "technical"),
        arbiter=arbiter or _ask(call, "arbiter"),
        by=by,
        source=call.source(),
    )
    _tell(call, receipt, key)


@charter.command("issue")
@click.argument("key", shell_complete=complete.projects)
@click.pass_obj
def issue(call: Call, key: str) -> None:
    by = call.acting()
    _tell(call, call.engine().charters.issue(key, by=by, source=call.source()), key)


@charter.command("acknowledge")
@click.argument("key", shell_complete=complete.projects)
@click.pass_obj
def acknowledge(call: Call, key: str) -> None:
    by, engine = call.acting(), call.engine()
    receipt = engine.charters.acknowledge(key, by=by, source=call.source())
    found = engine.charters.of(key)
    shown = call.text("cli.charter.acknowledged", person=by, key=key, version=found.version)
    call.answer({"receipt": plain_value(receipt), "charter": _plain(found)}, [call.style(shown, "good")])
    _who_is_missing(call, found)


@charter.command("show")
@click.argument("key", shell_complete=complete.projects)
@click.pass_obj
def show(call: Call, key: str) -> None:
    found = call.engine().charters.of(key)
    call.answer(_plain(found), _shown(call, found))
    _who_is_missing(call, found)


@charter.command("print")
@click.argument("key", shell_complete=complete.projects)
@option("--format", "format", type=click.Choice(["md", "html"]), default="md")
@option("-o", "--output", "output", metavar="FILE", type=click.Path())
@option("--force", is_flag=True)
@click.pass_obj
def print_charter(call: Call, key: str, format: str, output: str | None, force: bool) -> None:
    from flowgov.output import must_be_new, whole
    from flowgov.report.charter import page
    from flowgov.report.page import rendered

    path = Path(output) if output else None
    if path is not None:
        must_be_new(path, force=force)
    engine = call.engine()
    made = rendered(page(engine.charters.of(key), engine.organisation(), call.lang), cast("PageFormat", format))
    if path is None:
        call.answer({"format": format, "output": None, "page": made}, made.splitlines())
        return
    with whole(path) as file:
        file.write(made.encode("utf-8"))
    call.answer({"format": format, "output": output}, [call.text("cli.charter.printed", path=safe(path))])


def _ask(call: Call, question: str) -> str:
    """
    Raises:
        BadInput: nobody sits at a terminal.
    """
    if call.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise BadInput("missing_option", option=f"--{question}")
    return str(click.prompt(call.text(f"cli.charter.ask.{question}"), err=True)).strip()


def _tell(call: Call, receipt: Receipt, key: str) -> None:
    found = call.engine().charters.of(key)
    shown = call.text("cli.charter.issued", key=call.style(key, "head"), version=found.version)
    call.answer({"receipt": plain_value(receipt), "charter": _plain(found)}, [shown])
    _who_is_missing(call, found)


def _who_is_missing(call: Call, found: Charter) -> None:
    if found.version is None or not found.current:
        call.note(call.text("cli.charter.issue", key=found.project))
    elif found.missing:
        call.note(call.text("cli.charter.missing", people=list(found.missing)))
        call.note(f"  flowgov charter acknowledge {safe(found.project)} --as {safe(found.missing[0])}")


def _shown(call: Call, found: Charter) -> Iterator[str]:
    from flowgov.report import charter as told

    lang = call.lang
    yield f"{call.style(safe(found.project), 'head')}  {call.kept(found.title)}"
    yield safe(told.standing(found, lang))
    yield ""
    rows = [[safe(cell) for cell in row] for row in told.gates(found, lang)]
    yield from table([*told.head(lang)], rows, terminal_width())
    for name, lines in (("gaps", told.gaps(found, lang)), ("overlaps", told.overlaps(found, lang))):
        every = [*lines]
        if every:
            yield ""
            yield call.style(call.text(f"report.charter.{name}"), "head")
            yield from (f"  • {safe(line)}" for line in every)
    if found.signatures:
        yield ""
        yield call.style(call.text("report.charter.signatures"), "head")
    for signature in found.signatures:
        yield f"  {call.pair(safe(signature.person), safe(told.signed(found, signature, lang)))}"


def _plain(found: Charter) -> dict[str, Any]:
    matrix = found.matrix
    return {
        "project": found.project,
        "workflow": found.workflow.name,
        "version": found.version,
        "issued_at": found.issued_at,
        "sha256": found.sha256,
        "current": found.current,
        "acknowledged": found.acknowledged,
        "missing": list(found.missing),
        "roles": {role: list(persons) for role, persons in matrix.holders.items()},
        "gates": [{"transition": g.transition, "parts": plain_value(g.parts)} for g in matrix.gates],
        "gaps": plain_value(matrix.gaps),
        "overlaps": plain_value(matrix.overlaps),
        "signatures": plain_value(found.signatures),
    }
