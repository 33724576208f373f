"""Contracts with suppliers: ``contract``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from flowgov.cli import complete
from flowgov.cli.call import Call
from flowgov.cli.commands import Group, option
from flowgov.cli.plain import plain_value
from flowgov.cli.table import safe, table, terminal_width
from flowgov.dossier.contracts import LONGEST_NOTICE, RENEWALS

if TYPE_CHECKING:
    from flowgov.dossier.contracts import Contract, ContractTerms
    from flowgov.project import Receipt

_YES_OR_NO = click.Choice(["yes", "no"])
_FURTHEST = 3_660
_DAYS = click.IntRange(min=1, max=LONGEST_NOTICE)


def _said(*, needed: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The options of what can be said of a contract."""
    options = (
        option("--supplier", metavar="TEXT", required=needed),
        option("--subject", metavar="TEXT", required=needed),
        option("--asset", "assets", metavar="KEY", multiple=True),
        option("--owner", metavar="PERSON", required=needed, shell_complete=complete.logins),
        option("--start", metavar="DATE", required=needed),
        option("--end", metavar="DATE"),
        option("--notice", metavar="DATE"),
        option("--notice-days", metavar="N", type=_DAYS),
        option("--renewal", type=click.Choice(RENEWALS), required=needed),
        option("--reversibility", type=_YES_OR_NO),
        option("--personal-data-clause", "personal_data", type=_YES_OR_NO),
        option("--link", metavar="TEXT"),
    )

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        for decorate in reversed(options):
            command = decorate(command)
        return command

    return decorated


@click.group("contract", cls=Group)
def contract() -> None:
    """Help is in the catalogue."""


@contract.command("add")
@_said(needed=True)
@option("--id", "entry", metavar="KEY")
@click.pass_obj
def add(call: Call, /, entry: str | None, **said: Any) -> None:
    by = call.acting()
    receipt = call.engine().contracts.record(_terms(said), by=by, key=entry, source=call.source())
    _told(call, receipt, call.text("cli.contract.recorded", contract=receipt.subject))


@contract.command("list")
@option("--within", metavar="DAYS", type=click.IntRange(min=1, max=_FURTHEST))
@option("--open/--all", "still_open", default=True)
@click.pass_obj
def list_contracts(call: Call, within: int | None, still_open: bool) -> None:
    found = call.engine().contracts.every(within_days=within, ended=not still_open)
    call.answer(plain_value(found), _listed(call, found))
    if not found:
        call.note(call.text("cli.contract.none"))
    for one in found:
        for warning in one.warnings:
            call.note(call.text("cli.contract.warned", contract=one.key, warning=_warning(call, warning)))


@contract.command("show")
@click.argument("contract")
@click.pass_obj
def show(call: Call, contract: str) -> None:
    found = call.engine().contracts.one(contract)
    call.answer(plain_value(found), _card(call, found))


@contract.command("change")
@click.argument("contract")
@_said(needed=False)
@click.pass_obj
def change(call: Call, /, contract: str, **said: Any) -> None:
    receipt = call.engine().contracts.change(contract, _terms(said), by=call.acting(), source=call.source())
    _told(call, receipt, call.text("cli.contract.changed", contract=contract))


@contract.command("renew")
@click.argument("contract")
@option("--end", metavar="DATE", required=True)
@option("--notice", metavar="DATE")
@option("--notice-days", metavar="N", type=_DAYS)
@click.pass_obj
def renew(call: Call, contract: str, end: str, notice: str | None, notice_days: int | None) -> None:
    by, contracts = call.acting(), call.engine().contracts
    receipt = contracts.renew(contract, end=end, notice=notice, notice_days=notice_days, by=by, source=call.source())
    _told(call, receipt, call.text("cli.contract.renewed", contract=contract, day=contracts.one(contract).end))


@contract.command("end")
@click.argument("contract")
@option("--on", metavar="DATE")
@option("--reason", metavar="TEXT", required=True)
@click.pass_obj
def end(call: Call, contract: str, on: str | None, reason: str) -> None:
    by, contracts = call.acting(), call.engine().contracts
    receipt = contracts.end(contract, on=on, reason=reason, by=by, source=call.source())
    _told(call, receipt, call.text("cli.contract.ended", contract=contract, day=contracts.one(contract).end))


def _terms(said: dict[str, Any]) -> ContractTerms:
    from flowgov.dossier.contracts import ContractTerms

    answers = {name: None if said[name] is None else said[name] == "yes" for name in ("reversibility", "personal_data")}
    assets = [key for key in said["assets"] if key] if said["assets"] else None
    return ContractTerms(**{**said, **answers, "assets": assets})


def _told(call: Call, receipt: Receipt, shown: str) -> None:
    found = call.engine().contracts.one(receipt.subject)
    lines = [safe(shown), *(f"  {_warning(call, warning)}" for warning in found.warnings)]
    call.answer({"receipt": plain_value(receipt), "contract": plain_value(found)}, lines)


def _listed(call: Call, found: Sequence[Contract]) -> Iterator[str]:
    names = ("contract", "supplier", "subject", "contract_owner", "renewal", "notice", "contract_end", "status")
    rows = [
        [
            call.style(one.key, "head"),
            call.kept(one.supplier),
            call.kept(one.subject),
            safe(one.owner),
            call.text(f"contract.renewal.{one.renewal}"),
            one.notice or "",
            one.end or "",
            _status(call, one),
        ]
        for one in found
    ]
    return table(call.heads(*names), rows, terminal_width())


def _status(call: Call, one: Contract) -> str:
    if one.late:
        return call.style(call.text("contract.status.late", day=one.due), "bad")
    return call.text(f"contract.status.{'ended' if one.ended else 'running'}")


def _card(call: Call, one: Contract) -> Iterator[str]:
    yield f"{call.style(one.key, 'head')}  {call.kept(one.supplier)}"
    yield from (f"  {call.pair(call.text(f'cli.head.{name}'), value)}" for name, value in _facts(call, one) if value)
    yield from (f"  {call.style(_warning(call, warning), 'bad')}" for warning in one.warnings)


def _facts(call: Call, one: Contract) -> Iterator[tuple[str, str]]:
    yield "subject", call.kept(one.subject)
    yield "status", _status(call, one)
    yield "contract_owner", safe(one.owner)
    yield "assets", safe(", ".join(one.assets))
    yield "contract_start", one.start
    yield "contract_end", one.end or ""
    notice = one.notice or ""
    yield "notice", call.text("cli.contract.days", day=notice, days=one.notice_days) if one.notice_days else notice
    yield "renewal", call.text(f"contract.renewal.{one.renewal}")
    yield "reversibility", call.yes_or_no(one.reversibility)
    yield "personal_data_clause", call.yes_or_no(one.personal_data)
    yield "link", safe(one.link)
    yield "reason", safe(one.reason)


def _warning(call: Call, warning: str) -> str:
    return call.text(f"contract.warning.{warning}")
