"""What lies on a project: ``evidence``."""

from __future__ import annotations

import re

import click

from flowgov.cli import complete
from flowgov.cli.call import Call
from flowgov.cli.commands import Group, option
from flowgov.cli.plain import plain_value
from flowgov.cli.table import safe, table, terminal_width
from flowgov.errors import BadInput

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_LINKS = frozenset({"http", "https"})


@click.group("evidence", cls=Group)
def evidence() -> None:
    """Help is in the catalogue."""


@evidence.command("add")
@click.argument("key", shell_complete=complete.projects)
@click.argument("kind", shell_complete=complete.kinds)
@click.argument("file_or_link", type=click.Path())
@option("--store", "stored", is_flag=True)
@click.pass_obj
def add_evidence(call: Call, key: str, kind: str, file_or_link: str, stored: bool) -> None:
    by, settings = call.acting(), call.settings()
    link = _is_link(file_or_link)
    receipt = call.engine().add_evidence(
        key,
        kind,
        by=by,
        file=None if link else file_or_link,
        link=file_or_link if link else None,
        store=settings.store if stored else None,
        largest=settings.largest,
        source=call.source(),
    )
    piece = next(e for e in call.engine().evidence(key) if e.seq == receipt.seq)
    data = {"receipt": plain_value(receipt), "evidence": plain_value(piece)}
    shown = [call.text("cli.evidence.added", kind=kind, key=key, label=safe(piece.label))]
    if piece.sha256:
        shown.append(call.text("cli.evidence.hash", sha256=piece.sha256, size=piece.size))
    call.answer(data, shown)


@evidence.command("list")
@click.argument("key", shell_complete=complete.projects)
@click.pass_obj
def list_evidence(call: Call, key: str) -> None:
    engine = call.engine()
    found, labels = engine.evidence(key), engine.project(key).workflow.evidence
    names = ("kind", "document", "cycle", "size", "sha256", "person", "since")
    rows = [
        [
            call.named(labels[e.kind][call.lang], e.kind),
            call.kept(e.label),
            str(e.cycle),
            "" if e.size is None else str(e.size),
            (e.sha256 or "")[:12],
            safe(e.added_by),
            e.added_at[:10],
        ]
        for e in found
    ]
    call.answer(plain_value(found), table([call.text(f"cli.head.{n}") for n in names], rows, terminal_width()))
    if not found:
        call.note(call.text("cli.evidence.none", key=key))


def _is_link(value: str) -> bool:
    scheme = _SCHEME.match(value)
    if scheme is None:
        return False
    if scheme[1].lower() not in _LINKS:
        raise BadInput("link_scheme", value=value)
    return True
