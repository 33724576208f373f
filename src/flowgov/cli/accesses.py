"""Who may do what with which asset: ``access``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from flowgov.cli.call import Call
from flowgov.cli.commands import Group, option
from flowgov.cli.plain import plain_value
from flowgov.cli.table import safe, table, terminal_width
from flowgov.dossier.accesses import RIGHTS, groups

if TYPE_CHECKING:
    from flowgov.dossier.accesses import Access
    from flowgov.project import Receipt


@click.group("access", cls=Group)
def access() -> None:
    """Help is in the catalogue."""


@access.command("set")
@click.argument("asset")
@click.argument("group")
@click.argument("right", type=click.Choice(RIGHTS))
@click.pass_obj
def set_(call: Call, asset: str, group: str, right: str) -> None:
    receipt = call.engine().access.set(asset, group, right, by=call.acting(), source=call.source())
    _told(call, receipt, "cli.access.set")


@access.command("remove")
@click.argument("asset")
@click.argument("group")
@option("--right", type=click.Choice(RIGHTS))
@click.pass_obj
def remove(call: Call, asset: str, group: str, right: str | None) -> None:
    receipt = call.engine().access.remove(asset, group, right, by=call.acting(), source=call.source())
    _told(call, receipt, "cli.access.removed")


@access.command("review")
@click.argument("asset")
@click.pass_obj
def review(call: Call, asset: str) -> None:
    receipt = call.engine().access.review(asset, by=call.acting(), source=call.source())
    _told(call, receipt, "cli.access.reviewed")


@access.command("list")
@option("--format", "format", type=click.Choice(["text", "csv"]), default="text")
@click.pass_obj
def list_accesses(call: Call, format: str) -> None:
    found = call.engine().access.every()
    if format == "csv":
        from flowgov.report.matrix_csv import matrix

        call.answer(plain_value(found), matrix(found, call.lang))
        return
    call.answer(plain_value(found), _matrix(call, found))
    if not found:
        call.note(call.text("cli.access.none"))


@access.command("show")
@click.argument("asset")
@click.pass_obj
def show(call: Call, asset: str) -> None:
    found = call.engine().access.one(asset)
    call.answer(plain_value(found), _card(call, found))


def _told(call: Call, receipt: Receipt, said: str) -> None:
    found = call.engine().access.one(receipt.subject)
    shown = [call.text(said, asset=safe(found.asset)), *_card(call, found)]
    call.answer({"receipt": plain_value(receipt), "access": plain_value(found)}, shown)


def _matrix(call: Call, found: Sequence[Access]) -> Iterator[str]:
    """The assets from top to bottom, the groups from left to right."""
    columns = groups(found)
    head = [call.text("cli.head.asset"), call.text("cli.head.name"), *columns, call.text("cli.head.rights_reviewed")]
    rows = [
        [
            call.style(safe(one.asset), "head"),
            call.kept(one.name),
            *(_rights(call, one.rights_of(group)) for group in columns),
            _review(call, one),
        ]
        for one in found
    ]
    return table(head, rows, terminal_width())


def _card(call: Call, one: Access) -> Iterator[str]:
    yield f"{call.style(safe(one.asset), 'head')}  {call.kept(one.name)}"
    yield from (f"  {call.pair(safe(held.group), _rights(call, held.rights))}" for held in one.granted)
    yield f"  {call.pair(call.text('cli.head.asset_owner'), safe(one.owner))}"
    yield f"  {call.pair(call.text('cli.head.rights_reviewed'), _review(call, one))}"


def _rights(call: Call, rights: Sequence[str]) -> str:
    return ", ".join(call.text(f"contract.right.{right}") for right in rights)


def _review(call: Call, one: Access) -> str:
    if one.to_review:
        return call.style(
            call.text("contract.review.again" if one.reviewed else "contract.review.never", day=one.reviewed), "bad"
        )
    return call.text("contract.review.done", day=one.reviewed, person=safe(one.reviewer or ""))
