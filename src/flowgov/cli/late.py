"""Marks lateness in what other commands show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from flowgov.cli.call import Call
from flowgov.cli.table import safe
from flowgov.errors import MissingExtra

if TYPE_CHECKING:
    from flowgov.dossier.deadlines import GateDue

Gates = Mapping[tuple[str, str], "GateDue"]
"""Due times by project and transition."""


def due_now(call: Call, project: str | None = None) -> Gates:
    """The due times of a project, or of all; none, and a note, where working days cannot be counted here."""
    try:
        found = call.engine().due(project=project, whom=False)
    except MissingExtra as error:
        call.note(call.text("cli.due.unknown", why=safe(error.message(call.lang))))
        found = ()
    return {(gate.project, gate.transition): gate for gate in found}


def due_said(call: Call, gate: GateDue | None) -> str:
    """Until when, or since when; nothing for a gate that is not due."""
    if gate is None:
        return ""
    said = call.text("cli.due.since" if gate.late else "cli.due.until", day=gate.day)
    return " · " + call.style(said, "bad" if gate.late else "faint")


def is_late(gates: Gates, project: str) -> bool:
    """Whether some gate of the project is late."""
    return any(gate.late for (key, _), gate in gates.items() if key == project)


def plain_due(gate: GateDue | None) -> dict[str, Any]:
    """For ``--json``: when a gate is due, and whether it is late."""
    return {"due": gate.due if gate else None, "late": gate.late if gate else False}


def dates_shown(call: Call, key: str) -> Iterator[str]:
    """The dates that gates set on a project."""
    labels = call.engine().project(key).workflow.dates
    for name, day in call.engine().dates(key).items():
        yield call.pair(call.named(labels[name].label[call.lang], name), day)
