"""Turning a decision that blocks into an error for the caller and a record for the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowgov.acts.unit import Refusal, Unit
from flowgov.canonical import Json
from flowgov.errors import MoveRefused, Refused
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
    content = {**content, "cycle": facts.cycle, "version": facts.version, "blockers": blocked(decision.blockers)}

    def record(later: Unit) -> None:
        held = facts
        if later.connection is not unit.connection:
            found = gate.facts(later.connection, facts.key, decision.actor, later.now(), lock=True)
            assert found is not None, "neither projects nor persons are ever deleted"
            held = found
        sealed = later.scribe.seal(
            held.head, event, facts.actor, later.now(), content, unit.source, texts, outcome="refused"
        )
        projects.note(later.connection, held, sealed, changed=False)
        records.append(later.connection, sealed)

    error = MoveRefused if decision.kind == "move" else Refused
    return Refusal(error(readable(unit.connection, decision, facts.id, now)), record)


def refuse_administration(
    unit: Unit, actor: str, decision: Decision, content: Mapping[str, Any], now: str
) -> Refusal:
    """The refusal of an administrative act; its record goes into the organisation's chain."""
    content = {**content, "action": decision.action, "blockers": blocked(decision.blockers)}

    def record(later: Unit) -> None:
        head = people.lock_organisation(later.connection)
        sealed = later.scribe.seal(
            head, "administration.refused", actor, later.now(), content, unit.source, outcome="refused"
        )
        people.advance_organisation(later.connection, head, sealed)
        records.append(later.connection, sealed)

    return Refusal(Refused(readable(unit.connection, decision, None, now)), record)
