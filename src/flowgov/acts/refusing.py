"""Turning a decision that blocks into an error for the caller and a record for the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowgov.acts.unit import Refusal, Unit
from flowgov.canonical import Json
from flowgov.errors import Conflict, MoveRefused, Refused
from flowgov.guards import Blocker, Decision, named
from flowgov.store import gate, people, projects, records


def readable(unit_connection: Any, decision: Decision, project_id: str | None, now: str) -> Decision:
    """*decision* with logins for ids and the present holders of the roles that can lift each blocker."""
    holders = projects.roles_on(unit_connection, project_id or "", now)
    return named(decision, people.logins(unit_connection), holders)


def blocked(blockers: tuple[Blocker, ...]) -> list[Json]:
    """Blockers as they stand in a record: codes and values, no sentences."""
    return [{"code": blocker.code, "params": dict(blocker.params)} for blocker in blockers]


def refuse_on_project(
    unit: Unit,
    facts: gate.Facts,
    decision: Decision,
    event: str,
    content: Mapping[str, Any],
    texts: Mapping[str, str | None],
    now: str,
) -> Refusal:
    """The refusal of an act on a project; its record goes into the project's chain."""
    content = {**content, "blockers": blocked(decision.blockers)}

    def record(later: Unit) -> None:
        held = facts if later.connection is unit.connection else _again(later, facts, decision.actor)
        standing = {**content, "cycle": held.cycle, "version": held.version}
        sealed = later.scribe.seal(
            held.head, event, held.actor, later.now(), standing, unit.source, texts, outcome="refused"
        )
        projects.note(later.connection, held, sealed, changed=False)

    error = MoveRefused if decision.kind == "move" else Refused
    return Refusal(error(readable(unit.connection, decision, facts.id, now)), record)


def refuse_administration(unit: Unit, actor: str, decision: Decision, content: Mapping[str, Any], now: str) -> Refusal:
    """The refusal of an administrative act; its record goes into the organisation's chain."""
    content = {**content, "action": decision.action, "blockers": blocked(decision.blockers)}

    def record(later: Unit) -> None:
        if actor not in people.living(later.connection):
            # the host's rollback took the person with it, or he was erased meanwhile
            raise Conflict("moved_meanwhile")
        head = people.lock_organisation(later.connection)
        sealed = later.scribe.seal(
            head, "administration.refused", actor, later.now(), content, unit.source, outcome="refused"
        )
        people.advance_organisation(later.connection, head, sealed)
        records.append(later.connection, sealed)

    return Refusal(Refused(readable(unit.connection, decision, None, now)), record)


def _again(later: Unit, facts: gate.Facts, login: str) -> gate.Facts:
    found = gate.facts(later.connection, facts.key, login, later.now, lock=True)
    if found is None or (found.id, found.actor) != (facts.id, facts.actor):
        # the host's rollback took the project or the person with it
        raise Conflict("moved_meanwhile")
    return found
