"""Guards about what earlier decisions left open."""

from __future__ import annotations

from flowgov.canonical import Json
from flowgov.dossier.entry import Entry, relied
from flowgov.guards import Blocker, Guard, Verdict
from flowgov.request import Request
from flowgov.sparing import open_conditions


def conditions(request: Request) -> Verdict:
    """No condition of an earlier decision that blocks this gate is late; those still open are told."""
    found = open_conditions(request)
    if not found:
        return Verdict("conditions")
    late = [entry for entry in found if entry.facts["due"] <= request.now]
    saw: dict[str, Json] = {"relied": [*relied(*found)]}
    if len(late) < len(found):
        saw["warned"] = ["condition_open"]
    return Verdict("conditions", tuple(_overdue(request, entry) for entry in late), saw)


def _overdue(request: Request, entry: Entry) -> Blocker:
    params: dict[str, Json] = {
        "condition": entry.key,
        "person": entry.facts["owner"],
        "due": entry.facts["due"],
    }
    command = f'flowgov condition done {request.key} {entry.key} --note "…" --as {{holder}}'
    return Blocker("condition_overdue", params, command=command)


GUARDS: tuple[Guard, ...] = ()
LAST: tuple[Guard, ...] = (Guard("conditions", conditions, kinds=("condition",)),)
"""Asked at every gate, after those that it names."""
