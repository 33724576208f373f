"""Making a project move: ``open``, ``move``, ``why``, ``approve``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flowgov.cli import complete
from flowgov.cli.ahead import Ahead, ahead_of, ahead_shown, in_force, plain_ahead
from flowgov.cli.call import Call
from flowgov.cli.commands import Command, F, option
from flowgov.cli.dossier import piece_told, pieces_given
from flowgov.cli.failing import blocker_shown
from flowgov.cli.late import due_now, due_said, plain_due
from flowgov.cli.outcomes import condition_told, conditions_given, warned_told
from flowgov.cli.plain import plain_decision, plain_project, plain_value
from flowgov.cli.table import safe
from flowgov.errors import BadInput
from flowgov.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowgov.dossier.deadlines import GateDue
    from flowgov.guards import Decision
    from flowgov.project import Project, Receipt


def _evidence(command: F) -> F:
    """The options of a decision that brings its evidence along."""
    words = {"nargs": 2, "multiple": True, "metavar": "KIND FILE_OR_LINK"}
    brought = option("--evidence", "pieces", shell_complete=complete.pieces, **words)
    return brought(option("--store", "stored", is_flag=True)(command))


@click.command("open", cls=Command)
@click.argument("key")
@option("--workflow", metavar="NAME", required=True, shell_complete=complete.workflows)
@option("--title", metavar="TEXT", required=True)
@option("--objective", metavar="TEXT")
@option("--personal-data", is_flag=True)
@option("--idempotency-key", metavar="TEXT")
@click.pass_obj
def open_project(
    call: Call,
    key: str,
    workflow: str,
    title: str,
    objective: str | None,
    personal_data: bool,
    idempotency_key: str | None,
) -> None:
    by = call.acting()
    receipt = call.engine().open_project(
        key,
        workflow=workflow,
        title=title,
        by=by,
        personal_data=personal_data,
        objective=objective,
        idempotency_key=idempotency_key,
        source=call.source(),
    )
    _tell(call, receipt, key, "cli.open.done")


@click.command("move", cls=Command)
@click.argument("key", shell_complete=complete.projects)
@click.argument("transition", shell_complete=complete.transitions)
@option("--reason", metavar="TEXT")
@_evidence
@option("--condition", "conditions", metavar="TEXT", multiple=True)
@option("--verbal", is_flag=True)
@option("--occurred", metavar="DATE")
@option("--set", "dates", metavar="NAME=DATE", multiple=True)
@option("--expect-version", metavar="N", type=click.IntRange(min=1))
@option("--idempotency-key", metavar="TEXT")
@click.pass_obj
def move(
    call: Call,
    key: str,
    transition: str,
    reason: str | None,
    pieces: tuple[tuple[str, str], ...],
    stored: bool,
    conditions: tuple[str, ...],
    verbal: bool,
    occurred: str | None,
    dates: tuple[str, ...],
    expect_version: int | None,
    idempotency_key: str | None,
) -> None:
    by, given = call.acting(), _dates(dates)
    receipt = call.engine().move(
        key,
        transition,
        by=by,
        reason=reason,
        evidence=pieces_given(call, pieces, stored=stored),
        conditions=conditions_given(conditions),
        verbal=verbal,
        occurred=occurred,
        dates=given,
        expect_version=expect_version,
        idempotency_key=idempotency_key,
        source=call.source(),
    )
    _tell(call, receipt, key, "cli.move.done")
    _tell_evidence(call, key, receipt, len(pieces))
    if receipt.on_behalf_of:
        call.note(_doer(call, by, receipt))
    for condition in call.engine().conditions.of(key) if conditions or verbal else ():
        if condition.move == receipt.seq:
            call.note(condition_told(call, condition))
    for name in receipt.exceptions:
        call.note(call.text("cli.move.exception", name=name))
    for rule in receipt.warnings:
        call.note(call.text("cli.move.warning", rule=rule))
    for told in warned_told(call, receipt.told):
        call.note(call.text("cli.move.told", what=told))


@click.command("why", cls=Command)
@click.argument("key", shell_complete=complete.projects)
@click.argument("transition", required=False, shell_complete=complete.transitions)
@option("--reason", metavar="TEXT")
@option("--set", "dates", metavar="NAME=DATE", multiple=True)
@option("--verbal", is_flag=True)
@click.pass_obj
def why(call: Call, key: str, transition: str | None, reason: str | None, dates: tuple[str, ...], verbal: bool) -> int:
    by, engine, given = call.acting(), call.engine(), _dates(dates)
    names = [transition] if transition else engine.transitions(key)
    project = engine.project(key)
    decisions = [engine.explain(key, name, by=by, reason=reason, dates=given, verbal=verbal) for name in names]
    gates = due_now(call, key)
    data = [{**plain_decision(d, call.lang), **plain_due(gates.get((key, d.action)))} for d in decisions]
    shown = [line for d in decisions for line in _decision_shown(call, project, d, gates.get((key, d.action)))]
    call.answer(data, shown or [call.text("cli.why.ended", key=key)])
    return 0 if any(decision.allowed for decision in decisions) else 1


@click.command("approve", cls=Command)
@click.argument("key", shell_complete=complete.projects)
@click.argument("transition", shell_complete=complete.transitions)
@option("--role", metavar="ROLE", shell_complete=complete.roles)
@option("--comment", metavar="TEXT")
@option("--reservation", metavar="TEXT")
@_evidence
@option("--occurred", metavar="DATE")
@option("--withdraw", is_flag=True)
@click.pass_obj
def approve(
    call: Call,
    key: str,
    transition: str,
    role: str | None,
    comment: str | None,
    reservation: str | None,
    pieces: tuple[tuple[str, str], ...],
    stored: bool,
    occurred: str | None,
    withdraw: bool,
) -> None:
    by, engine = call.acting(), call.engine()
    if withdraw:
        receipt = engine.withdraw_approval(key, transition, by=by, comment=comment, source=call.source())
    else:
        receipt = engine.approve(
            key,
            transition,
            by=by,
            role=role,
            comment=comment,
            reservation=reservation,
            evidence=pieces_given(call, pieces, stored=stored),
            occurred=occurred,
            source=call.source(),
        )
    done = "cli.approve.withdrawn" if withdraw else "cli.approve.done"
    shown = call.text(done, key=key, transition=transition, person=_doer(call, by, receipt), role=receipt.role or "")
    call.answer({"receipt": plain_value(receipt)}, [call.style(shown, "good")])
    _tell_evidence(call, key, receipt, len(pieces))
    if not call.quiet and not call.json:
        project = engine.project(key)
        _tell_next(call, project, _gates(call, project))


def _doer(call: Call, by: str, receipt: Receipt) -> str:
    """Who did it, and for whom."""
    if receipt.on_behalf_of is None:
        return by
    return call.text("cli.on_behalf", person=by, delegator=receipt.on_behalf_of)


def _tell(call: Call, receipt: Receipt, key: str, done: str) -> None:
    project = call.engine().project(key)
    ahead = [] if call.quiet else _gates(call, project)
    data = {
        "receipt": plain_value(receipt),
        "project": plain_project(project, call.lang),
        "next": [plain_ahead(call, step) for step in ahead],
    }
    state = call.named(project.state.label[call.lang], project.state.id)
    call.answer(data, [call.text(done, key=call.style(key, "head"), state=state, version=project.version)])
    _tell_next(call, project, ahead)


def _tell_evidence(call: Call, key: str, receipt: Receipt, count: int) -> None:
    """The pieces of evidence that a decision brought along lie right before it in the chain."""
    for piece in call.engine().evidence(key) if count else ():
        if receipt.seq - count <= piece.seq < receipt.seq:
            for line in piece_told(call, key, piece):
                call.note(line)


def _gates(call: Call, project: Project) -> list[Ahead]:
    return [s for s in ahead_of(call, project, in_force(call, project.key)) if s.transition.kind == "gate"]


def _tell_next(call: Call, project: Project, ahead: list[Ahead]) -> None:
    if ahead:
        call.note(call.text("cli.next"))
    for step in ahead:
        for line in ahead_shown(call, step, project):
            call.note(line)


def _dates(written: tuple[str, ...]) -> dict[str, str]:
    """The dates given with ``--set``.

    Raises:
        BadInput: one is not written ``NAME=DATE``, or given twice.
    """
    found: dict[str, str] = {}
    for one in written:
        name, sign, day = one.partition("=")
        if not sign:
            raise BadInput("date_given", value=visible(one))
        if name in found:
            raise BadInput("date_given_twice", name=visible(name))
        found[name] = day
    return found


def _decision_shown(call: Call, project: Project, decision: Decision, due: GateDue | None) -> Iterator[str]:
    known = project.workflow.transitions.get(decision.action)
    name = (call.named(known.label[call.lang], known.id) if known else safe(decision.action)) + due_said(call, due)
    if decision.allowed:
        yield call.pair(name, call.style(call.text("cli.why.allowed", person=decision.actor), "good"))
        for departure in decision.departures:
            yield f"  • {call.text('cli.why.departure', rule=departure.rule, by=departure.exception or 'warn')}"
        yield from (f"  • {line}" for line in warned_told(call, decision.told))
        return
    yield call.pair(name, call.style(call.text("cli.why.blocked", person=decision.actor), "bad"))
    for blocker in decision.blockers:
        yield from blocker_shown(call, blocker)
