"""What a gate can decide besides yes and no: ``withdraw``, ``condition``, ``waiver``, ``correct``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flowgov.cli import complete
from flowgov.cli.call import Call
from flowgov.cli.commands import Command, Group, option
from flowgov.cli.plain import plain_value
from flowgov.cli.table import safe, table, terminal_width
from flowgov.clock import SystemClock, last_day, stamp
from flowgov.errors import BadInput
from flowgov.i18n import has

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from flowgov.acts.reading import Todo
    from flowgov.dossier.evidence import Approval
    from flowgov.dossier.outcomes import Condition, GateChange, Item, Waiver
    from flowgov.project import Project, Receipt, Told

_WORDS = 4
"""Of a condition: owner, date, gate, and what is asked."""


@click.command("withdraw", cls=Command)
@click.argument("key", shell_complete=complete.projects)
@click.argument("transition", shell_complete=complete.transitions)
@option("--reason", metavar="TEXT", required=True)
@click.pass_obj
def withdraw(call: Call, key: str, transition: str, reason: str) -> None:
    by = call.acting()
    receipt = call.engine().withdraw_gate(key, transition, by=by, reason=reason, source=call.source())
    _done(call, receipt, "cli.withdraw.done", key=key, transition=transition, person=by)


@click.command("correct", cls=Command)
@click.argument("key", shell_complete=complete.projects)
@click.argument("seq", type=click.IntRange(min=1))
@click.argument("wording", metavar="TEXT")
@option("--reason", metavar="TEXT", required=True)
@option("--field", metavar="FIELD")
@click.pass_obj
def correct(call: Call, key: str, seq: int, wording: str, reason: str, field: str | None) -> None:
    by = call.acting()
    receipt = call.engine().corrections.make(
        key, seq, field=field, wording=wording, reason=reason, by=by, source=call.source()
    )
    _done(call, receipt, "cli.correct.done", place=f"{key}#{seq}", key=key)


# --- conditions ------------------------------------------------------------------------------------------------------


@click.group("condition", cls=Group)
def condition() -> None:
    """Help is in the catalogue."""


@condition.command("list")
@click.argument("key", shell_complete=complete.projects)
@option("--all", "closed", is_flag=True)
@click.pass_obj
def list_conditions(call: Call, key: str, closed: bool) -> None:
    every = call.engine().conditions.of(key)
    found = [c for c in every if closed or c.status == "open"]
    now = stamp(SystemClock().now())
    names = ("condition", "wording", "owner", "due", "blocks", "set_by", "status")
    rows = [
        [
            c.key,
            call.kept(c.evidence or c.wording),
            safe(c.owner),
            last_day(str(c.due)),
            safe(", ".join(c.blocks)),
            f"{safe(c.set_by)}, {safe(c.gate)}",
            _status(call, c, now),
        ]
        for c in found
    ]
    call.answer(plain_value(found), table(call.heads(*names), rows, terminal_width()))
    if not found:
        call.note(call.text("cli.condition.none", key=key))


@condition.command("done")
@click.argument("key", shell_complete=complete.projects)
@click.argument("name", metavar="CONDITION")
@option("--note", metavar="TEXT", required=True)
@click.pass_obj
def fulfil(call: Call, key: str, name: str, note: str) -> None:
    by = call.acting()
    receipt = call.engine().conditions.done(key, name, note=note, by=by, source=call.source())
    _done(call, receipt, "cli.condition.done", name=name, key=key, person=by)


@condition.command("lift")
@click.argument("key", shell_complete=complete.projects)
@click.argument("name", metavar="CONDITION")
@option("--reason", metavar="TEXT", required=True)
@click.pass_obj
def lift(call: Call, key: str, name: str, reason: str) -> None:
    by = call.acting()
    receipt = call.engine().conditions.lift(key, name, reason=reason, by=by, source=call.source())
    _done(call, receipt, "cli.condition.lifted", name=name, key=key, person=by)


def conditions_given(written: Iterable[str]) -> Sequence[Condition]:
    """The conditions that were typed: ``OWNER DATE GATE what is asked``.

    Raises:
        BadInput: one of them lacks a part.
    """
    from flowgov.dossier.outcomes import Condition

    found = []
    for words in written:
        parts = words.split(None, _WORDS - 1)
        if len(parts) < _WORDS:
            raise BadInput("bad_condition", value=words)
        owner, due, gate, wording = parts
        found.append(Condition(owner, due, gate, wording))
    return found


def condition_told(call: Call, found: Condition) -> str:
    """A condition in one sentence."""
    wording = found.evidence or found.wording
    due = last_day(str(found.due))
    return call.text("cli.condition.set", name=found.key, person=safe(found.owner), due=due, wording=call.kept(wording))


def condition_to_fulfil(call: Call, item: Todo, gate: str) -> Iterator[str]:
    """A condition that waits for its owner."""
    due = last_day(item.since)
    told = call.text("cli.todo.condition", name=item.condition, gate=gate, due=due)
    yield f"  {safe(item.person)} · {call.text('cli.deed.condition')} · {told}"
    yield f"    {safe(f'flowgov condition done {item.project} {item.condition} --note … --as {item.person}')}"


def reservation_told(call: Call, approval: Approval) -> str:
    """What an approval was given with a reservation about."""
    return call.pair(call.text("cli.show.reserved"), call.kept(approval.reservation))


def warned_told(call: Call, told: Iterable[Told]) -> Iterator[str]:
    """What guards found wanting although they let the move pass."""
    for one in told:
        key = f"cli.why.warned.{one.code}"
        yield call.text(key, assets=safe(", ".join(one.assets))) if has(key, call.lang) else safe(one.code)


def outcomes_shown(
    call: Call,
    project: Project,
    conditions: Sequence[Condition],
    waivers: Sequence[Waiver],
    changes: Sequence[GateChange],
) -> Iterator[str]:
    """What earlier gates left open, what gates are spared, and what has changed since they were passed."""
    now = stamp(SystemClock().now())
    still = [f"{condition_told(call, c)} – {_status(call, c, now)}" for c in conditions if c.status == "open"]
    spared = [
        call.pair(w.key, f"{safe(w.gate)}, {safe(w.name)}, → {last_day(w.until)}, {safe(w.granted_by)}")
        for w in waivers
        if w.holds_at(project.cycle, now)
    ]
    told = [call.text("cli.show.changed", gate=safe(c.gate), details=_details(c)) for c in changes]
    for title, lines in (("conditions", still), ("waivers", spared), ("changes", told)):
        if lines:
            yield ""
            yield call.style(call.text(f"cli.show.{title}"), "head")
            yield from (f"  {line}" for line in lines)


def _details(change: GateChange) -> str:
    whole = [part for part in change.parts if part in ("project", "charter")]
    return safe(", ".join([*whole, *change.pieces, *change.risks]))


def _status(call: Call, found: Condition, now: str) -> str:
    if found.overdue(now):
        return call.style(call.text("cli.condition.overdue"), "bad")
    return call.text(f"cli.condition.{found.status}.short")


# --- waivers ---------------------------------------------------------------------------------------------------------


@click.group("waiver", cls=Group)
def waiver() -> None:
    """Help is in the catalogue."""


@waiver.command("grant")
@click.argument("key", shell_complete=complete.projects)
@click.argument("transition", shell_complete=complete.transitions)
@option("--evidence", metavar="KIND", shell_complete=complete.kinds)
@option("--approval", metavar="ROLE", shell_complete=complete.roles)
@option("--until", metavar="DATE", required=True)
@option("--reason", metavar="TEXT", required=True)
@click.pass_obj
def grant_waiver(
    call: Call, key: str, transition: str, evidence: str | None, approval: str | None, until: str, reason: str
) -> None:
    by = call.acting()
    if (evidence is None) == (approval is None):
        raise BadInput("evidence_or_approval")
    item: Item = "evidence" if evidence else "approval"
    name = str(evidence or approval)
    receipt = call.engine().waivers.grant(
        key, transition, item, name, until=until, reason=reason, by=by, source=call.source()
    )
    _done(call, receipt, "cli.waiver.granted", item=name, transition=transition, key=key, person=by)


@waiver.command("end")
@click.argument("key", shell_complete=complete.projects)
@click.argument("name", metavar="WAIVER")
@option("--reason", metavar="TEXT", required=True)
@click.pass_obj
def end_waiver(call: Call, key: str, name: str, reason: str) -> None:
    by = call.acting()
    receipt = call.engine().waivers.end(key, name, reason=reason, by=by, source=call.source())
    _done(call, receipt, "cli.waiver.ended", name=name, key=key, person=by)


@waiver.command("list")
@click.argument("key", shell_complete=complete.projects)
@click.pass_obj
def list_waivers(call: Call, key: str) -> None:
    found = call.engine().waivers.of(key)
    names = ("waiver", "gate", "item", "cycle", "until", "granted_by", "status", "reason")
    rows = [
        [
            w.key,
            safe(w.gate),
            safe(w.name),
            str(w.cycle),
            last_day(w.until),
            f"{safe(w.granted_by)} ({safe(w.role)})",
            call.text(f"cli.waiver.{w.status}.short"),
            call.kept(w.reason),
        ]
        for w in found
    ]
    call.answer(plain_value(found), table(call.heads(*names), rows, terminal_width()))
    if not found:
        call.note(call.text("cli.waiver.none", key=key))


def _done(call: Call, receipt: Receipt, said: str, **params: str) -> None:
    shown = call.text(said, **{name: safe(value) for name, value in params.items()})
    call.answer({"receipt": plain_value(receipt)}, [call.style(shown, "good")])
