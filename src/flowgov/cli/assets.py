"""What the organisation depends on, and what of it projects touch: ``asset``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from flowgov.cli import complete
from flowgov.cli.call import Call
from flowgov.cli.commands import Group, option
from flowgov.cli.plain import plain_value
from flowgov.cli.table import safe, table, terminal_width
from flowgov.dossier.assets import CLASSIFICATIONS, FREQUENCIES, NONE, PLACES, TYPES, AssetDescription
from flowgov.errors import BadInput

if TYPE_CHECKING:
    from flowgov.dossier.assets import Asset, Touch
    from flowgov.project import Receipt


def _said(command: Callable[..., None]) -> Callable[..., None]:
    """The options of what can be said of an asset."""
    options = (
        option("--holder", metavar="PERSON", shell_complete=complete.logins),
        option("--type", type=click.Choice(TYPES)),
        option("--classification", type=click.Choice(CLASSIFICATIONS)),
        option("--criticality", type=int, metavar="N"),
        option("--personal-data", type=click.Choice(["yes", "no"])),
        option("--supplier", metavar="TEXT"),
        option("--needs", metavar="KEY", multiple=True),
        option("--single", type=click.Choice(["yes", "no"])),
        option("--rto", type=int, metavar="HOURS"),
        option("--rpo", type=int, metavar="HOURS"),
        option("--backup", "frequency", type=click.Choice(FREQUENCIES)),
        option("--place", type=click.Choice(PLACES)),
    )
    for decorate in reversed(options):
        command = decorate(command)
    return command


@click.group("asset", cls=Group)
def asset() -> None:
    """Help is in the catalogue."""


@asset.command("add")
@option("--name", metavar="TEXT", required=True)
@option("--owner", metavar="PERSON", required=True, shell_complete=complete.logins)
@option("--id", "entry", metavar="KEY")
@_said
@click.pass_obj
def add(call: Call, /, entry: str | None, **said: Any) -> None:
    receipt = call.engine().assets.record(_given(said), by=call.acting(), key=entry, source=call.source())
    _told(call, receipt, _one(call, receipt.subject), call.text("cli.asset.recorded", asset=receipt.subject))


@asset.command("starter")
@option("--owner", metavar="PERSON", required=True, shell_complete=complete.logins)
@click.pass_obj
def starter(call: Call, owner: str) -> None:
    assets = call.engine().assets
    receipts = assets.starters(owner=owner, by=call.acting(), lang=call.lang, source=call.source())
    new = {receipt.subject for receipt in receipts}
    found = [one for one in assets.every() if one.key in new]
    shown = [call.text("cli.asset.started", asset=one.key, name=safe(one.name)) for one in found]
    call.answer({"receipts": plain_value(receipts), "assets": [_plain(one) for one in found]}, shown)
    if not found:
        call.note(call.text("cli.asset.nothing_started"))


@asset.command("change")
@click.argument("asset")
@option("--name", metavar="TEXT")
@option("--owner", metavar="PERSON", shell_complete=complete.logins)
@_said
@option("--needs-nothing", is_flag=True)
@click.pass_obj
def change(call: Call, /, asset: str, needs_nothing: bool, **said: Any) -> None:
    if needs_nothing and said["needs"]:
        raise BadInput("needs_or_nothing")
    description = _given({**said, "needs": []} if needs_nothing else said)
    receipt = call.engine().assets.change(asset, description, by=call.acting(), source=call.source())
    _told(call, receipt, _one(call, asset), call.text("cli.asset.changed", asset=asset))


@asset.command("list")
@option("--all", "retired", is_flag=True)
@click.pass_obj
def list_assets(call: Call, retired: bool) -> None:
    found = call.engine().assets.every(retired=retired)
    call.answer([_plain(one) for one in found], _listed(call, found))
    if not found:
        call.note(call.text("cli.asset.none"))


@asset.command("show")
@click.argument("asset")
@click.pass_obj
def show(call: Call, asset: str) -> None:
    found = _one(call, asset)
    call.answer(_plain(found), _card(call, found))


@asset.command("backup")
@click.argument("asset")
@option("--on", metavar="DATE")
@click.pass_obj
def backup(call: Call, asset: str, on: str | None) -> None:
    receipt = call.engine().assets.back_up(asset, on=on, by=call.acting(), source=call.source())
    found = _one(call, asset)
    _told(call, receipt, found, call.text("cli.asset.backed_up", asset=asset, day=found.backup.last))


@asset.command("test")
@click.argument("asset")
@option("--on", metavar="DATE")
@option("--result", type=click.Choice(["passed", "failed"]), required=True)
@option("--rto", type=int, metavar="HOURS")
@option("--rpo", type=int, metavar="HOURS")
@option("--evidence", metavar="TEXT")
@click.pass_obj
def test(
    call: Call, asset: str, on: str | None, result: str, rto: int | None, rpo: int | None, evidence: str | None
) -> None:
    receipt = call.engine().assets.test(
        asset, on=on, result=result, rto=rto, rpo=rpo, evidence=evidence, by=call.acting(), source=call.source()
    )
    found = _one(call, asset)
    _told(call, receipt, found, call.text(f"cli.asset.tested_{result}", asset=asset, day=found.test.on))


@asset.command("retire")
@click.argument("asset")
@option("--reason", metavar="TEXT", required=True)
@click.pass_obj
def retire(call: Call, asset: str, reason: str) -> None:
    receipt = call.engine().assets.retire(asset, reason=reason, by=call.acting(), source=call.source())
    _told(call, receipt, _one(call, asset), call.text("cli.asset.retired", asset=asset))


@asset.command("touch")
@click.argument("key", shell_complete=complete.projects)
@click.argument("assets", nargs=-1)
@option("--none", "nothing", is_flag=True)
@option("--reason", metavar="TEXT")
@click.pass_obj
def touch(call: Call, key: str, assets: tuple[str, ...], nothing: bool, reason: str | None) -> None:
    if nothing == bool(assets) or nothing != (reason is not None):
        raise BadInput("assets_or_none")
    by, register = call.acting(), call.engine().assets
    if reason is not None:
        receipt = register.touch_none(key, reason=reason, by=by, source=call.source())
        shown = call.text("cli.asset.touches_none", project=key)
    else:
        receipt = register.touch(key, assets, by=by, source=call.source())
        shown = call.text("cli.asset.touched", project=key, assets=[one.asset for one in _standing(call, key)])
    _told_of(call, receipt, key, shown)


@asset.command("release")
@click.argument("key", shell_complete=complete.projects)
@click.argument("asset")
@option("--reason", metavar="TEXT", required=True)
@click.pass_obj
def release(call: Call, key: str, asset: str, reason: str) -> None:
    receipt = call.engine().assets.release(key, asset, reason=reason, by=call.acting(), source=call.source())
    _told_of(call, receipt, key, call.text("cli.asset.released", project=key, asset=asset))


@asset.command("touched")
@click.argument("key", shell_complete=complete.projects)
@click.pass_obj
def touched(call: Call, key: str) -> None:
    found, names = _standing(call, key), {one.key: one for one in call.engine().assets.every(retired=True)}
    rows = [
        [
            call.style(one.asset, "head"),
            call.text("cli.asset.no_asset") if one.asset == NONE else call.kept(names[one.asset].name),
            "" if one.asset == NONE else str(names[one.asset].criticality),
            one.deployed or "",
            safe(one.reason),
        ]
        for one in found
    ]
    head = call.heads("asset", "name", "criticality", "deployed", "reason")
    call.answer(plain_value(found), table(head, rows, terminal_width()))
    if not found:
        call.note(call.text("cli.asset.unnamed", project=key))


@asset.command("due")
@option("--at", metavar="DATE")
@click.pass_obj
def due(call: Call, at: str | None) -> None:
    found = call.engine().assets.due(at)
    rows = [
        [
            call.style(one.asset, "head"),
            call.kept(one.name),
            one.project,
            one.deployed,
            call.style(one.due, "bad") if one.late else one.due,
            safe(", ".join(one.persons)),
        ]
        for one in found
    ]
    head = call.heads("asset", "name", "project", "deployed", "test_by", "person")
    call.answer(plain_value(found), table(head, rows, terminal_width()))
    if not found:
        call.note(call.text("cli.asset.nothing_due"))


def _given(said: dict[str, Any]) -> AssetDescription:
    """What was typed; what was not is left as it is."""
    typed = {name: value for name, value in said.items() if value is not None and value != ()}
    typed |= {name: typed[name] == "yes" for name in ("personal_data", "single") if name in typed}
    return AssetDescription(**typed)


def _standing(call: Call, key: str) -> list[Touch]:
    return [one for one in call.engine().assets.touched(key) if one.touched]


def _one(call: Call, key: str) -> Asset:
    return call.engine().assets.one(key)


def _told(call: Call, receipt: Receipt, found: Asset, shown: str) -> None:
    call.answer({"receipt": plain_value(receipt), "asset": _plain(found)}, [safe(shown)])


def _told_of(call: Call, receipt: Receipt, key: str, shown: str) -> None:
    found = call.engine().assets.touched(key)
    call.answer({"receipt": plain_value(receipt), "touched": plain_value(found)}, [safe(shown)])


def _plain(one: Asset) -> dict[str, Any]:
    return {**plain_value(one), "slower_than_wanted": one.slower_than_wanted}


def _listed(call: Call, assets: Sequence[Asset]) -> Iterator[str]:
    head = call.heads("asset", "name", "criticality", "classification", "personal_data", "asset_owner", "holder")
    head += call.heads("backup", "restore_test")
    rows = [
        [
            call.style(one.key, "head"),
            call.kept(one.name),
            call.text("cli.asset.retired_mark") if one.retired else str(one.criticality),
            call.text(f"asset.classification.{one.classification}"),
            call.yes_or_no(one.personal_data),
            safe(one.owner),
            safe(one.holder or ""),
            _backup(call, one),
            _test(call, one),
        ]
        for one in assets
    ]
    return table(head, rows, terminal_width())


def _card(call: Call, one: Asset) -> Iterator[str]:
    yield f"{call.style(one.key, 'head')}  {call.kept(one.name)}"
    yield from (f"  {call.pair(call.text(f'cli.head.{name}'), value)}" for name, value in _facts(call, one) if value)


def _facts(call: Call, one: Asset) -> Iterable[tuple[str, str]]:
    yield "status", call.text("cli.asset.retired_mark") if one.retired else ""
    yield "asset_type", call.text(f"asset.type.{one.type}")
    yield "criticality", call.text("cli.asset.criticality", value=one.criticality)
    yield "classification", call.text(f"asset.classification.{one.classification}")
    yield "personal_data", call.yes_or_no(one.personal_data)
    yield "asset_owner", safe(one.owner)
    yield "holder", safe(one.holder or "")
    yield "supplier", safe(one.supplier)
    yield "needs", safe(", ".join(one.needs))
    yield "single", call.yes_or_no(one.single)
    yield "rto", _objective(call, one.rto, one.rto_proved)
    yield "rpo", _objective(call, one.rpo, one.rpo_proved)
    yield "backup", _backup(call, one)
    yield "restore_test", _test(call, one)
    yield "evidence", safe(one.evidence)
    yield "recorded", call.text("cli.risk.times", n=one.n, day=one.recorded[:10])


def _objective(call: Call, wanted: int | None, proved: int | None) -> str:
    if wanted is None and proved is None:
        return ""
    unknown = call.text("cli.asset.unknown")
    values = {"wanted": unknown if wanted is None else wanted, "proved": unknown if proved is None else proved}
    shown = call.text("cli.asset.objective", **values)
    return call.style(shown, "bad") if wanted is not None and proved is not None and proved > wanted else shown


def _backup(call: Call, one: Asset) -> str:
    if one.backup.frequency == "none" or one.backup.place is None:
        return call.style(call.text("asset.frequency.none"), "bad")
    values = {
        "frequency": call.text(f"asset.frequency.{one.backup.frequency}"),
        "place": call.text(f"asset.place.{one.backup.place}"),
    }
    return call.text("cli.asset.backup", last=one.backup.last or call.text("cli.asset.unknown"), **values)


def _test(call: Call, one: Asset) -> str:
    shown = call.text(f"asset.result.{one.test.result}", day=one.test.on)
    return shown if one.test.result == "passed" else call.style(shown, "bad")
