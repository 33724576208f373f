"""What lies on a project: ``evidence``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from flowgov.cli import complete
from flowgov.cli.call import Call
from flowgov.cli.commands import Group, option
from flowgov.cli.plain import plain_value
from flowgov.cli.table import safe, table, terminal_width
from flowgov.errors import BadInput
from flowgov.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from flowgov.dossier.evidence import Evidence
    from flowgov.dossier.pieces import Piece

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_LINKS = frozenset({"http", "https"})


@click.group("evidence", cls=Group)
def evidence() -> None:
    """Help is in the catalogue."""


@evidence.command("add")
@click.argument("key", shell_complete=complete.projects)
@click.argument("pieces", nargs=-1, required=True, metavar="KIND FILE_OR_LINK...", shell_complete=complete.pieces)
@option("--store", "stored", is_flag=True)
@option("--occurred", metavar="DATE")
@click.pass_obj
def add_evidence(call: Call, key: str, pieces: tuple[str, ...], stored: bool, occurred: str | None) -> None:
    by = call.acting()
    given = pieces_given(call, _pairs(pieces), stored=stored)
    receipts = call.engine().add_pieces(key, given, by=by, occurred=occurred, source=call.source())
    found = {piece.seq: piece for piece in call.engine().evidence(key)}
    data = [{"receipt": plain_value(receipt), "evidence": plain_value(found[receipt.seq])} for receipt in receipts]
    call.answer(data, [line for receipt in receipts for line in piece_told(call, key, found[receipt.seq])])


def pieces_given(call: Call, given: Iterable[tuple[str, str]], *, stored: bool) -> list[Piece]:
    """Pieces of evidence as they were typed: a kind, and a file or a link.

    Raises:
        BadInput: a link is none that flowgov records.
    """
    from flowgov.dossier.pieces import Piece

    found = []
    for kind, document in given:
        settings, link = call.settings(), _is_link(document)
        file, address = (None, document) if link else (document, None)
        found.append(Piece(kind, file, address, settings.store if stored else None, settings.largest))
    return found


def piece_told(call: Call, key: str, piece: Evidence) -> Iterator[str]:
    """That a piece of evidence is on the project now."""
    yield call.text("cli.evidence.added", kind=piece.kind, key=key, label=call.kept(piece.label))
    if piece.sha256:
        yield call.text("cli.evidence.hash", sha256=piece.sha256, size=piece.size)


def _pairs(words: Sequence[str]) -> list[tuple[str, str]]:
    """
    Raises:
        BadInput: there is a kind without a document.
    """
    if len(words) % 2:
        raise BadInput("kind_without_document", value=visible(words[-1]))
    return [*zip(words[::2], words[1::2], strict=True)]


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
    call.answer(plain_value(found), table(call.heads(*names), rows, terminal_width()))
    if not found:
        call.note(call.text("cli.evidence.none", key=key))


def _is_link(value: str) -> bool:
    scheme = _SCHEME.match(value)
    if scheme is None:
        return False
    if scheme[1].lower() not in _LINKS:
        raise BadInput("link_scheme", value=value)
    return True
