"""The conditions that a gate is passed on, recorded right after it in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowgov.acts.administering import known_person
from flowgov.acts.entering import Folder, next_key
from flowgov.clock import end_of
from flowgov.dossier.outcomes import VERBAL_HOURS, Condition
from flowgov.dossier.working_days import deadline
from flowgov.errors import BadInput, NotFound
from flowgov.suggest import closest
from flowgov.text import clean_text
from flowgov.workflow.model import GATES, Due, Transition, Workflow

if TYPE_CHECKING:
    from flowgov.acts.following import MoveMade
    from flowgov.acts.unit import Unit

LONGEST_WORDING = 2_000


@dataclass(frozen=True, slots=True)
class Prepared:
    """A condition that makes sense, before the move it comes with; nothing can be wrong with it afterwards."""

    owner: str
    """Person id."""
    due: str
    blocks: tuple[str, ...]
    wording: str


def prepare(
    unit: Unit, workflow: Workflow, transition: Transition, now: str, conditions: Sequence[Condition]
) -> tuple[Prepared, ...]:
    """
    Raises:
        BadInput: the move is no gate, or a date or a wording makes no sense.
        NotFound: there is no such person or gate.
    """
    if conditions and transition.kind not in GATES:
        raise BadInput("condition_gate", transition=transition.id)
    return tuple(_prepared(unit, workflow, now, condition) for condition in conditions)


def set_conditions(folder: Folder, made: MoveMade) -> None:
    """Enter the conditions that came with a move, and those that a verbal authorisation leaves."""
    grant = folder.holds(*made.request.transition.fire)
    given: Sequence[Prepared] = made.request.given.conditions
    asked = [(_facts(made, c.owner, c.due, c.blocks, None), {"wording": c.wording}) for c in given]
    for facts, texts in [*asked, *_promised(folder, made)]:
        key = next_key(folder.entries("condition"), "C-")
        folder.enter("condition", key, "set", facts, texts, grant)


def _prepared(unit: Unit, workflow: Workflow, now: str, condition: Condition) -> Prepared:
    blocks = (condition.blocks,) if isinstance(condition.blocks, str) else tuple(condition.blocks)
    known = workflow.transitions
    for name in blocks:
        if name not in known:
            said = {"workflow": workflow.name, "known": [*known], "suggestions": closest(name, known)}
            raise NotFound("transition", name=name, **said)
    due = end_of(condition.due)
    if due <= now:
        raise BadInput("condition_due", due=str(condition.due))
    wording = clean_text(condition.wording, field="wording", limit=LONGEST_WORDING, multiline=True)
    return Prepared(known_person(unit, condition.owner), due, blocks, wording)


def _promised(folder: Folder, made: MoveMade) -> list[tuple[dict[str, Any], dict[str, str]]]:
    """What a verbal authorisation went without is due soon, and blocks every gate ahead once it is late."""
    if not made.promised:
        return []
    due, workflow = made.request.transition.due, folder.lifecycle.workflow
    until = deadline(folder.unit.house.calendar, made.sealed.ts, due or Due(VERBAL_HOURS, "hours"))
    ahead = tuple(n for n in folder.lifecycle.leaving(made.target) if workflow.transitions[n].kind in GATES)
    return [(_facts(made, folder.actor, until, ahead, kind), {}) for kind in made.promised]


def _facts(made: MoveMade, owner: str, due: str, blocks: tuple[str, ...], kind: str | None) -> dict[str, Any]:
    return {
        "gate": made.request.transition.id,
        "move": made.sealed.seq,
        "by": made.request.actor,
        "owner": owner,
        "due": due,
        "blocks": [*blocks],
        "evidence": kind,
        "status": "open",
    }
