"""Risks of a project: ``risk``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from flowgov.cli import complete
from flowgov.cli.call import Call
from flowgov.cli.commands import Group, option
from flowgov.cli.plain import plain_value
from flowgov.cli.table import safe, table, terminal_width
from flowgov.clock import last_day
from flowgov.dossier.risks import KINDS, SIDES, TREATMENTS
from flowgov.dossier.starters import STARTERS
from flowgov.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowgov.dossier.risks import Confirmation, Grid, Measure, Risk
    from flowgov.project import Receipt
    from flowgov.workflow.model import Side

_SHIPPED_SCALE = "4x4@"
"""The matrix whose steps have names."""
_THREE_GRADES = {1: "low", 2: "medium"}


def _said(command: Callable[..., None]) -> Callable[..., None]:
    """The options of what can be said of a risk."""
    options = (
        option("--kind", type=click.Choice(KINDS)),
        option("--asset", "assets", metavar="KEY", multiple=True),
        option("--residual", nargs=2, type=int, metavar="GRAVITY LIKELIHOOD"),
        option("--treatment", type=click.Choice(TREATMENTS)),
        option("--measure", "measures", nargs=3, multiple=True, metavar="OWNER DATE TEXT"),
        option("--owner", metavar="PERSON", shell_complete=complete.logins),
        option("--review", metavar="DATE"),
        option("--description", metavar="TEXT"),
        option("--vulnerabilities", metavar="TEXT"),
        option("--threat-source", metavar="TEXT"),
    )
    for decorate in reversed(options):
        command = decorate(command)
    return command


@click.group("risk", cls=Group)
def risk() -> None:
    """Help is in the catalogue."""


@risk.command("add")
@click.argument("key", shell_complete=complete.projects)
@option("--from", "starter", type=click.Choice([*STARTERS]))
@option("--title", metavar="TEXT")
@option("--gravity", type=int, metavar="N", required=True)
@option("--likelihood", type=int, metavar="N", required=True)
@option("--id", "entry", metavar="KEY")
@_said
@click.pass_obj
def add(call: Call, /, key: str, entry: str | None, **said: Any) -> None:
    receipt = call.engine().risks.record(
        key, by=call.acting(), key=entry, lang=call.lang, source=call.source(), **_given(said)
    )
    found = _of(receipt)
    _told(call, receipt, key, found, call.text("cli.risk.recorded", risk=found, project=key))


@risk.command("list")
@click.argument("key", shell_complete=complete.projects)
@option("--open/--all", "still_open", default=False)
@option("--high", is_flag=True)
@click.pass_obj
def list_risks(call: Call, key: str, still_open: bool, high: bool) -> None:
    every = call.engine().risks.of(key)
    found = [r for r in every if (r.status == "open" or not still_open) and (r.high or not high)]
    call.answer([_plain(r) for r in found], _listed(call, found))
    if not every:
        call.note(call.text("cli.risk.none", project=key))


@risk.command("show")
@click.argument("key", shell_complete=complete.projects)
@click.argument("risk")
@click.pass_obj
def show(call: Call, key: str, risk: str) -> None:
    found = call.engine().risks.one(key, risk)
    call.answer(_plain(found), _card(call, found))


@risk.command("change")
@click.argument("key", shell_complete=complete.projects)
@click.argument("risk")
@option("--title", metavar="TEXT")
@option("--gravity", type=int, metavar="N")
@option("--likelihood", type=int, metavar="N")
@_said
@click.pass_obj
def change(call: Call, /, key: str, risk: str, **said: Any) -> None:
    receipt = call.engine().risks.change(key, risk, by=call.acting(), source=call.source(), **_given(said))
    _told(call, receipt, key, risk, call.text("cli.risk.changed", risk=risk))


@risk.command("confirm")
@click.argument("key", shell_complete=complete.projects)
@click.argument("risks", nargs=-1)
@option("--side", type=click.Choice(SIDES))
@option("--expect", type=int, metavar="N")
@click.pass_obj
def confirm(call: Call, key: str, risks: tuple[str, ...], side: Side | None, expect: int | None) -> None:
    by, engine = call.acting(), call.engine()
    before = {r.key: r.n for r in engine.risks.of(key)}
    receipt = engine.risks.confirm(key, *risks, by=by, side=side, expect=expect, source=call.source())
    confirmed = [r for r in engine.risks.of(key) if (r.key in risks if risks else r.n != before.get(r.key))]
    shown = call.text("cli.risk.confirmed", project=key, role=receipt.role, risks=[r.key for r in confirmed])
    call.answer({"receipt": plain_value(receipt), "risks": [_plain(r) for r in confirmed]}, [shown])


@risk.command("measure")
@click.argument("key", shell_complete=complete.projects)
@click.argument("risk")
@option("--number", type=int, metavar="N")
@option("--on", metavar="DATE")
@click.pass_obj
def measure(call: Call, key: str, risk: str, number: int | None, on: str | None) -> None:
    receipt = call.engine().risks.measure_done(key, risk, number, by=call.acting(), on=on, source=call.source())
    level = _level(call, call.engine().risks.one(key, risk))
    _told(call, receipt, key, risk, call.text("cli.risk.measured", risk=risk, level=level))


@risk.command("accept")
@click.argument("key", shell_complete=complete.projects)
@click.argument("risk")
@option("--until", metavar="DATE")
@option("--withdraw", is_flag=True)
@option("--reason", metavar="TEXT")
@click.pass_obj
def accept(call: Call, key: str, risk: str, until: str | None, withdraw: bool, reason: str | None) -> None:
    by, risks = call.acting(), call.engine().risks
    if withdraw == (until is not None):
        raise BadInput("until_or_withdraw")
    if until is None:
        receipt = risks.withdraw_acceptance(key, risk, by=by, reason=reason, source=call.source())
        _told(call, receipt, key, risk, call.text("cli.risk.withdrawn", risk=risk))
    else:
        receipt = risks.accept(key, risk, until=until, by=by, reason=reason, source=call.source())
        _told(call, receipt, key, risk, call.text("cli.risk.accepted", risk=risk, until=until))


@risk.command("close")
@click.argument("key", shell_complete=complete.projects)
@click.argument("risk")
@option("--reason", metavar="TEXT", required=True)
@click.pass_obj
def close(call: Call, key: str, risk: str, reason: str) -> None:
    receipt = call.engine().risks.close(key, risk, reason=reason, by=call.acting(), source=call.source())
    _told(call, receipt, key, risk, call.text("cli.risk.closed", risk=risk))


@risk.command("reopen")
@click.argument("key", shell_complete=complete.projects)
@click.argument("risk")
@option("--reason", metavar="TEXT", required=True)
@click.pass_obj
def reopen(call: Call, key: str, risk: str, reason: str) -> None:
    receipt = call.engine().risks.reopen(key, risk, reason=reason, by=call.acting(), source=call.source())
    _told(call, receipt, key, risk, call.text("cli.risk.reopened", risk=risk))


@risk.command("matrix")
@click.argument("key", shell_complete=complete.projects)
@click.pass_obj
def matrix(call: Call, key: str) -> None:
    found = call.engine().risks.matrix(key)
    call.answer(plain_value(found), _grid(call, found))


@risk.command("suggest")
@option("--kind", type=click.Choice(KINDS))
@click.pass_obj
def suggest(call: Call, kind: Any) -> None:
    from flowgov.dossier.starters import suggestions

    found = suggestions(call.lang, kind)
    rows = [[one.id, call.text(f"risk.kind.{one.kind}"), one.title, one.measure] for one in found]
    call.answer(plain_value(found), table(call.heads("suggestion", "kind", "risk", "measure"), rows, terminal_width()))


def _given(said: dict[str, Any]) -> dict[str, Any]:
    """What was typed; lists that were not are left as they are."""
    return {name: value for name, value in said.items() if value not in (None, ())}


def _of(receipt: Receipt) -> str:
    return receipt.subject.rpartition(" ")[2]


def _told(call: Call, receipt: Receipt, key: str, risk: str, shown: str) -> None:
    found = call.engine().risks.one(key, risk)
    call.answer({"receipt": plain_value(receipt), "risk": _plain(found)}, [safe(shown)])


def _plain(risk: Risk) -> dict[str, Any]:
    return {**plain_value(risk), "agreed": risk.agreed, "untreated": risk.untreated}


def _listed(call: Call, risks: Sequence[Risk]) -> Iterator[str]:
    head = call.heads("risk", "title", "kind", "values", "level", "treatment", "measures", "confirmed", "status")
    rows = [
        [
            call.style(r.key, "head"),
            call.kept(r.title),
            call.text(f"risk.kind.{r.kind}"),
            call.text("cli.risk.values", gravity=r.gravity, likelihood=r.likelihood),
            call.style(_level(call, r), "bad") if r.untreated else _level(call, r),
            call.text(f"risk.treatment.{r.treatment}"),
            _progress(call, r.measures),
            call.text(f"cli.risk.sides_{_sides(r)}"),
            call.text(f"risk.status.{r.status}"),
        ]
        for r in risks
    ]
    return table(head, rows, terminal_width())


def _sides(risk: Risk) -> str:
    if risk.agreed:
        return "both"
    return "business" if risk.business else "technical" if risk.technical else "none"


def _progress(call: Call, measures: Sequence[Measure]) -> str:
    left = sorted(measure.due for measure in measures if not measure.done)
    if not measures:
        return ""
    counts: dict[str, object] = {"done": len(measures) - len(left), "count": len(measures)}
    if not left:
        return call.text("cli.risk.all_done", **counts)
    late = any(measure.overdue for measure in measures)
    return call.text("cli.risk.late" if late else "cli.risk.next_due", due=left[0], **counts)


def _level(call: Call, risk: Risk) -> str:
    if risk.high:
        return call.text("risk.grade.high")
    name = None if risk.matrix.startswith("own@") else _THREE_GRADES.get(risk.level)
    return call.text(f"risk.grade.{name}") if name else str(risk.level)


def _card(call: Call, risk: Risk) -> Iterator[str]:
    yield f"{call.style(risk.key, 'head')}  {call.kept(risk.title)}"
    yield from (f"  {call.pair(call.text(f'cli.head.{name}'), value)}" for name, value in _facts(call, risk) if value)
    if risk.measures:
        yield "  " + call.style(call.text("cli.head.measures"), "head")
        yield from (f"    {_measure(call, one)}" for one in risk.measures)


def _facts(call: Call, risk: Risk) -> Iterable[tuple[str, str]]:
    yield "status", call.text(f"risk.status.{risk.status}")
    yield "kind", call.text(f"risk.kind.{risk.kind}")
    yield "level", _level(call, risk)
    yield "gravity", _scale(call, risk, "gravity", risk.gravity)
    yield "likelihood", _scale(call, risk, "likelihood", risk.likelihood)
    yield "residual", call.text("cli.risk.values", gravity=risk.residual[0], likelihood=risk.residual[1])
    yield "treatment", call.text(f"risk.treatment.{risk.treatment}")
    yield "assets", safe(", ".join(risk.assets))
    yield "risk_owner", safe(risk.owner or "")
    yield "risk_review", risk.review or ""
    for name in ("description", "vulnerabilities", "threat_source"):
        yield name, safe(getattr(risk, name))
    yield "business", _consent(call, risk.business)
    yield "technical", _consent(call, risk.technical)
    if risk.acceptance:
        key = "cli.risk.accepted_by" if risk.acceptance.in_force else "cli.risk.accepted_by_expired"
        until = last_day(risk.acceptance.until)
        yield "acceptance", call.text(key, person=safe(risk.acceptance.person), role=risk.acceptance.role, until=until)
    yield "matrix", risk.matrix
    yield "recorded", call.text("cli.risk.times", n=risk.n, day=risk.recorded[:10])


def _scale(call: Call, risk: Risk, name: str, value: int) -> str:
    if not risk.matrix.startswith(_SHIPPED_SCALE):
        return str(value)
    return call.text("cli.risk.scale", value=value, label=call.text(f"risk.{name}.{value}"))


def _consent(call: Call, given: Confirmation | None) -> str:
    if given is None:
        return call.text("cli.risk.nobody")
    key = "cli.risk.confirmed_by_exception" if given.exception else "cli.risk.confirmed_by"
    values = {"role": given.role, "cycle": given.cycle, "exception": given.exception}
    person = given.person
    if given.delegator is not None:
        person = call.text("cli.on_behalf", person=person, delegator=given.delegator)
    return call.text(key, person=safe(person), **values)


def _measure(call: Call, measure: Measure) -> str:
    state = "measure_done" if measure.done else "measure_late" if measure.overdue else "measure"
    values = {"number": measure.n, "text": call.kept(measure.text), "owner": safe(measure.owner)}
    return call.text(f"cli.risk.{state}", due=measure.due, done=measure.done, **values)


def _grid(call: Call, found: Grid) -> Iterator[str]:
    """The highest gravity on top, the likelihoods from left to right."""
    yield call.text("cli.risk.matrix_likelihood")
    head = [call.text("cli.risk.matrix_gravity"), *(str(n) for n in range(1, len(found.levels[0]) + 1))]
    rows = []
    for gravity in range(len(found.levels), 0, -1):
        cells = zip(found.levels[gravity - 1], found.cells[gravity - 1], strict=True)
        shown = [_cell(level, keys, high=level >= found.high_from) for level, keys in cells]
        rows.append([str(gravity), *shown])
    yield from table(head, rows, terminal_width())
    yield call.text("cli.risk.matrix_legend", matrix=found.matrix)


def _cell(level: int, keys: Sequence[str], *, high: bool) -> str:
    graded = f"[{level}]" if high else f" {level} "
    return " ".join([graded, *keys])
