"""The audit log: ``audit log|verify``, and ``history`` of one project."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flowgov.cli import complete
from flowgov.cli.call import SHAPE, Call
from flowgov.cli.commands import Command, Group, option
from flowgov.cli.plain import plain_entry, plain_value, plain_verdict
from flowgov.cli.sure import must_be_sure
from flowgov.cli.table import safe, safe_json
from flowgov.clock import end_of, start_of
from flowgov.errors import AuditBroken, BadInput
from flowgov.i18n import has

if TYPE_CHECKING:
    from flowgov.audit.verdict import Verdict
    from flowgov.store.entries import Entry
    from flowgov.workflow.model import Workflow

ORGANISATION = "org"
"""What is typed for the organisation's chain, in place of a project's key."""
_TOLD = ("action", "t", "kind", "role", "key")
"""Facts of a record that say what it is about."""


@click.command("history", cls=Command)
@click.argument("key", shell_complete=complete.projects)
@click.pass_obj
def history(call: Call, key: str) -> None:
    engine = call.engine()
    found, workflow = engine.history(key), engine.project(key).workflow
    call.answer([plain_entry(entry) for entry in found], _lines(call, found, workflow))


@click.group("audit", cls=Group)
def audit() -> None:
    """Help is in the catalogue."""


@audit.command("log")
@option("--project", metavar="KEY", shell_complete=complete.projects)
@option("--person", metavar="PERSON", shell_complete=complete.logins)
@option("--event", metavar="EVENT")
@option("--refused", is_flag=True)
@option("--from", "start", metavar="DATE")
@option("--until", "--to", "until", metavar="DATE")
@option("--last", metavar="N", type=click.IntRange(min=1))
@click.pass_obj
def log(
    call: Call,
    project: str | None,
    person: str | None,
    event: str | None,
    refused: bool,
    start: str | None,
    until: str | None,
    last: int | None,
) -> None:
    if start and until and end_of(until) <= start_of(start):
        raise BadInput("report_period", start=start, until=until)
    found = call.engine().log(
        project=project,
        person=person,
        event=event,
        outcome="refused" if refused else None,
        start=start,
        until=until,
        newest=last,
    )
    first = next(found, None)
    every = chain([first], found) if first else found
    if call.json:
        _stream(call, every)
        return
    for line in _lines(call, every):
        call.begun = True
        call.print(line)
    if first is None:
        call.note(call.text("cli.log.none"))


_ASKED = ("L2", "L3", "L4")
"""Levels that somebody can insist on: what is lower is either always reached or fails anyway."""


@audit.command("verify")
@option("--since", metavar="last|SIZE|FILE")
@option("--anchor", "anchors", metavar="PLACE", multiple=True)
@option("--no-anchors", "alone", is_flag=True)
@option("--trust", metavar="VKEY", multiple=True)
@option("--witness", "witnesses", metavar="VKEY", multiple=True)
@option("--archive", "archives", metavar="FILE", multiple=True, type=click.Path())
@option("--at-least", "least", type=click.Choice(_ASKED))
@option("--jobs", metavar="N", type=click.IntRange(min=1))
@click.pass_obj
def verify(
    call: Call,
    since: str | None,
    anchors: tuple[str, ...],
    alone: bool,
    trust: tuple[str, ...],
    witnesses: tuple[str, ...],
    archives: tuple[str, ...],
    least: str | None,
    jobs: int | None,
) -> int:
    from flowgov.cli.outside import keep_verified, note_of, outside

    engine = call.engine()
    with call.progress("cli.verify.progress") as progress:
        verdict = engine.verify(
            outside=outside(call, anchors=anchors, trust=trust, witnesses=witnesses, configured=not alone),
            since=note_of(call, since) if since else None,
            store=call.settings().store,
            archives=[Path(archive) for archive in archives],
            progress=progress,
            jobs=jobs,
        )
    keep_verified(call, verdict)
    call.answer(plain_verdict(verdict, call.lang), _verdict_shown(call, verdict))
    if least and verdict.holds and verdict.assurance < least:
        call.note(call.text("cli.verify.too_little", level=verdict.assurance, asked=least))
        return AuditBroken.exit_code
    return 0 if verdict.holds else AuditBroken.exit_code


def _verdict_shown(call: Call, verdict: Verdict) -> Iterator[str]:
    level = call.text("cli.verify.level", level=verdict.assurance)
    yield call.style(f"{level} {safe(verdict.summary(call.lang))}", "good" if verdict.holds else "bad")
    for remark in verdict.remarks(call.lang):
        yield safe(remark)
    if verdict.first:
        yield call.text("cli.verify.first", finding=safe(verdict.first.message(call.lang)))
    for finding in verdict.findings:
        yield f"  • {safe(finding.message(call.lang))}"


@audit.command("redact")
@click.argument("key", shell_complete=complete.chains)
@click.argument("seq", type=click.IntRange(min=1))
@click.argument("field", shell_complete=complete.texts)
@option("--reason", metavar="TEXT", required=True)
@option("--yes", is_flag=True)
@click.pass_obj
def redact(call: Call, key: str, seq: int, field: str, reason: str, yes: bool) -> None:
    by = call.acting()
    must_be_sure(call, call.text("cli.redact.ask", field=safe(field), record=safe(f"{key}#{seq}")), yes=yes)
    project = None if key == ORGANISATION else key
    receipt = call.engine().redact(project, seq, field, reason=reason, by=by, source=call.source())
    shown = call.text("cli.redact.done", field=safe(field), record=safe(receipt.subject))
    call.answer({"receipt": plain_value(receipt)}, [shown])


def _stream(call: Call, found: Iterable[Entry]) -> None:
    """One document, written as the records come: the log may not fit into memory."""
    call.begun = True
    call.print(f'{{"flowgov": {SHAPE}, "ok": true, "data": [')
    separator = "  "
    for entry in found:
        call.print(separator + safe_json(json.dumps(plain_entry(entry), ensure_ascii=True)))
        separator = ", "
    call.print("]}")


def _lines(call: Call, found: Iterable[Entry], workflow: Workflow | None = None) -> Iterator[str]:
    names = _Names(call)
    for entry in found:
        where = entry.project or entry.stream
        outcome = call.style(call.text("cli.log.refused"), "bad") if entry.outcome == "refused" else ""
        parts = [
            entry.at[:19].replace("T", " "),
            f"{safe(where)}#{entry.seq}",
            call.style(entry.event, "head"),
            _doer(call, entry),
            outcome,
            _detail(call, entry, workflow, names),
        ]
        yield "  ".join(part for part in parts if part)


def _doer(call: Call, entry: Entry) -> str:
    if entry.on_behalf_of is None:
        return safe(entry.actor)
    return call.text("cli.on_behalf", person=safe(entry.actor), delegator=safe(entry.on_behalf_of))


class _Names:
    """Logins and project keys for the ids in records; looked up when a record first asks."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def about(self, entry: Entry) -> list[str]:
        """Whom and which project a record of the organisation's chain is about."""
        facts = entry.facts
        if entry.project or "login" in entry.texts or "person" not in facts or facts.get("action") == "people.add":
            return []
        person = self._logins.get(str(facts["person"]), str(facts["person"]))
        if "project" not in facts:
            return [safe(person)]
        project = facts["project"] and self._keys.get(str(facts["project"]), str(facts["project"]))
        return [safe(person), safe(project or self._call.text("cli.everywhere"))]

    def target(self, target: dict[str, object], field: str) -> str:
        """Which text of which record was removed."""
        stream = str(target["stream"])
        chain = self._keys.get(stream.removeprefix("prj:"), stream)
        return self._call.pair(safe(f"{chain}#{target['seq']}"), safe(_text_label(self._call, field)))

    @cached_property
    def _logins(self) -> dict[str, str]:
        return {person.id: person.login for person in self._call.engine().people()}

    @cached_property
    def _keys(self) -> dict[str, str]:
        return {project.id: project.key for project in self._call.engine().projects()}


def _detail(call: Call, entry: Entry, workflow: Workflow | None, names: _Names) -> str:
    facts = entry.facts
    told = [facts[name] for name in _TOLD if isinstance(facts.get(name), str)]
    said = [_label(call, name, workflow) for name in told if name != facts["actor"]]  # who signs for himself is named
    said += names.about(entry)
    if isinstance(facts.get("target"), dict):
        said.append(names.target(facts["target"], str(facts.get("field"))))
    if facts.get("from") and facts.get("to"):
        states = (_label(call, str(facts[name]), workflow) for name in ("from", "to"))
        said.append(" → ".join(states))
    if isinstance(facts.get("wf"), dict) and entry.stream == "org":
        said.append(safe(f"{facts['wf'].get('id')}@{facts['wf'].get('ver')}"))
    said += [
        call.pair(_text_label(call, name), call.kept(" ".join(value.split())))
        for name, value in _texts(entry)
        if name != "os_user"
    ]
    return " · ".join(said)


def _texts(entry: Entry) -> Iterator[tuple[str, str]]:
    """Every text the record was written with; nothing for those that were removed since."""
    yield from entry.texts.items()
    committed: dict[str, str] = entry.facts.get("c", {})
    yield from ((name, "") for name in committed if name not in entry.texts)


def _text_label(call: Call, name: str) -> str:
    key = f"cli.log.text.{name}"
    return call.text(key) if has(key, call.lang) else name


def _label(call: Call, name: str, workflow: Workflow | None) -> str:
    """The label people know *name* by, in one project's workflow; the bare name across several."""
    if workflow is None:
        return safe(name)
    for labelled in (workflow.transitions, workflow.states, workflow.roles):
        if name in labelled:
            return call.named(labelled[name].label[call.lang], name)
    return call.named(workflow.evidence[name][call.lang], name) if name in workflow.evidence else safe(name)
