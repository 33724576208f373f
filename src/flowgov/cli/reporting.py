"""Reports: ``report audit``."""

from __future__ import annotations

import io
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from flowgov.cli.call import Call
from flowgov.cli.commands import Group, option
from flowgov.cli.table import safe
from flowgov.errors import AuditBroken, BadInput
from flowgov.output import must_be_new

if TYPE_CHECKING:
    from flowgov.report.audit import Format

_LENGTH = len("2026-11-20")


@click.group("report", cls=Group)
def report() -> None:
    """Help is in the catalogue."""


@report.command("audit")
@option("--from", "start", metavar="DATE", required=True)
@option("--to", "--until", "until", metavar="DATE", required=True)
@option("--format", "format", type=click.Choice(["html", "md", "csv", "json"]), default="html")
@option("-o", "--output", "output", metavar="FILE", type=click.Path())
@option("--force", is_flag=True)
@option("--table", metavar="NAME", default="gates")
@option("--anchor", "anchors", metavar="PLACE", multiple=True)
@option("--no-anchors", "alone", is_flag=True)
@option("--trust", metavar="VKEY", multiple=True)
@option("--witness", "witnesses", metavar="VKEY", multiple=True)
@click.pass_obj
def audit(
    call: Call,
    start: str,
    until: str,
    format: str,
    output: str | None,
    force: bool,
    table: str,
    anchors: tuple[str, ...],
    alone: bool,
    trust: tuple[str, ...],
    witnesses: tuple[str, ...],
) -> int:
    from flowgov.cli.outside import outside
    from flowgov.report.audit import write

    first, last = _day(start), _day(until)
    path = Path(output) if output else None
    if path is not None:
        must_be_new(path, force=force)
    stream = None if path else io.StringIO() if call.json else sys.stdout
    engine = call.engine()
    with call.progress("cli.report.progress") as progress:
        verdict = write(
            engine,
            start=first,
            until=last,
            format=cast("Format", format),
            lang=call.lang,
            output=path,
            stream=stream,
            table=table,
            outside=outside(call, anchors=anchors, trust=trust, witnesses=witnesses, configured=not alone),
            store=call.settings().store,
            progress=progress,
        )
    data = {"format": format, "output": output, "holds": verdict.holds, "verdict": verdict.summary(call.lang)}
    if isinstance(stream, io.StringIO):
        data["report"] = stream.getvalue()
    call.answer(data, [call.text("cli.report.written", path=safe(path))] if path else [])
    if not verdict.holds:
        call.note(call.style(safe(verdict.summary(call.lang)), "bad"))
    return 0 if verdict.holds else AuditBroken.exit_code


def _day(value: str) -> date:
    try:
        if len(value) == _LENGTH:
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise BadInput("bad_date", value=value)
