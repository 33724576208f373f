"""Delegation: who holds a role lends it to somebody for some weeks. The delegate acts for the delegator.

Only an assignment of one's own can be lent, so there are no chains; and nobody lends a role to whoever lends him the
same one. A delegation lasts no longer than the assignment it stands on, whatever becomes of that one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from flowgov.acts.administering import (
    Day,
    Desk,
    assignment_values,
    known_person,
    known_project_id,
    known_role,
    period,
    sit_down,
)
from flowgov.acts.receipts import on_organisation
from flowgov.acts.unit import Unit
from flowgov.audit.record import uuid7
from flowgov.clock import moment
from flowgov.errors import BadInput, NotFound
from flowgov.guards import Blocker
from flowgov.people import ADMINISTRATOR, LONGEST_DELEGATION
from flowgov.project import Receipt
from flowgov.store import people


def delegate(unit: Unit, role: str, login: str, project: str | None, start: Day | None, until: Day, by: str) -> Receipt:
    """See `Engine.delegate_role`."""
    if role == ADMINISTRATOR:
        raise BadInput("administrator_not_lent")
    desk = sit_down(unit, by)
    person = known_person(unit, login)
    project_id = known_project_id(unit, project, archived=False)
    known_role(unit, role, project)
    begins, ends = period(desk.now, start, until)
    assert ends is not None, "a delegation has an end"
    if moment(ends) - moment(begins) > timedelta(days=LONGEST_DELEGATION):
        raise BadInput("delegation_too_long", days=LONGEST_DELEGATION)
    content: dict[str, Any] = {
        "grant": uuid7(desk.now, unit.house.entropy),
        "person": person,
        "role": role,
        "project": project_id,
        "start": begins,
        "until": ends,
    }
    own = _own(desk, role, project_id)
    desk.stop("role.delegate", login, content, *_not_his(desk, own, role), *_not_to(desk, role, person, login))
    base = _lasting(own, ends)
    _not_held_already(desk, content, login)
    content["base"] = base.id
    sealed = desk.enter("role.delegated", content, auth={"role": role, "grant": base.record})
    people.grant(unit.connection, assignment_values(content, desk.actor, sealed))
    return on_organisation(sealed, login)


def undelegate(unit: Unit, role: str, login: str, project: str | None, by: str, reason: str | None) -> Receipt:
    """See `Engine.undelegate_role`."""
    desk = sit_down(unit, by)
    person, project_id = known_person(unit, login), known_project_id(unit, project)
    # locked first: whoever relies on it now is waited for
    people.lock_assignments(unit.connection, person, role, project_id)
    held = _lent(desk, role, person, project_id)
    if not held:
        raise NotFound("delegation", name=login, role=role, project=project or "*")
    desk = desk.once_more()
    mine = [row for row in held if row.delegator == desk.actor]
    ended, auth = (mine, {"role": role, "grant": mine[0].base_record}) if mine else (held, None)
    content = {"grants": [row.id for row in ended], "person": person, "role": role, "project": project_id}
    if auth is None:
        desk.allow("role.undelegate", login, content)
    sealed = desk.enter("role.undelegated", content, {"reason": reason}, auth)
    for row in ended:
        people.revoke(unit.connection, row.id, sealed.ts)
    return on_organisation(sealed, login)


def _own(desk: Desk, role: str, project_id: str | None) -> list[Row[Any]]:
    """The actor's own assignments, in force now, that cover the project (or everything)."""
    rows = people.lock_own(desk.unit.connection, desk.actor, role, desk.now)
    return [row for row in rows if row.start <= desk.now and row.project_id in (None, project_id)]


def _not_his(desk: Desk, own: Sequence[Row[Any]], role: str) -> list[Blocker]:
    if own:
        return []
    chained = any(row.person_id == desk.actor for row in people.lent(desk.unit.connection, role, desk.now))
    return [Blocker("delegation_chain" if chained else "not_his_to_lend", {"role": role, "person": desk.actor})]


def _not_to(desk: Desk, role: str, person: str, login: str) -> list[Blocker]:
    params: Mapping[str, str] = {"role": role, "person": person}
    found = [Blocker("self_delegation", params)] if person == desk.actor else []
    lent = people.lent(desk.unit.connection, role, desk.now)
    if any((row.delegator, row.person_id) == (person, desk.actor) for row in lent):
        found.append(Blocker("delegation_loop", params))
    delegate_ = people.find_person(desk.unit.connection, login)
    assert delegate_ is not None, "he was found before, under the same lock"
    return [*found, Blocker("delegate_service", params)] if delegate_.service else found


def _lasting(own: Sequence[Row[Any]], ends: str) -> Row[Any]:
    """The assignment to lend: one that lasts until the delegation ends.

    Raises:
        BadInput: none does.
    """
    found = next((row for row in own if row.until is None or ends <= row.until), None)
    if found is None:
        raise BadInput("delegation_outlasts", role=own[-1].role, until=own[-1].until)
    return found


def _lent(desk: Desk, role: str, person: str, project_id: str | None) -> list[Row[Any]]:
    rows = people.lent(desk.unit.connection, role, desk.now)
    return [row for row in rows if (row.person_id, row.project_id) == (person, project_id)]


def _not_held_already(desk: Desk, new: Mapping[str, Any], login: str) -> None:
    """
    Raises:
        BadInput: the delegate holds the role in that period already, himself or for somebody.
    """
    rows = people.lock_assignments(desk.unit.connection, new["person"], new["role"], new["project"])
    lent = {row.id for row in _lent(desk, new["role"], new["person"], new["project"])}
    for row in rows:
        lapsed = row.base is not None and row.id not in lent
        apart = (row.until is not None and row.until <= new["start"]) or new["until"] <= row.start
        if not (lapsed or apart):
            raise BadInput("overlap", person=login, role=new["role"], start=row.start, until=row.until or "…")
