"""Removing what must not be kept: a free text, or an identity card. The records that were made stay as they are.

What is removed is bound to its record by a salted hash. The record of the removal says which text of which record
it was; verification then knows that the text is gone because somebody entitled to it said so.
"""

from __future__ import annotations

import json
from typing import Any

from flowgov.acts.administering import Desk, sit_down
from flowgov.acts.house import House, archived, known_project, unknown_person
from flowgov.acts.receipts import on_organisation
from flowgov.acts.unit import Unit
from flowgov.audit.hashing import leaf_hash
from flowgov.audit.record import ORGANISATION, project_stream
from flowgov.errors import BadInput, NotFound
from flowgov.guards import Blocker
from flowgov.log import warning
from flowgov.people import ADMINISTRATOR
from flowgov.project import Receipt
from flowgov.store import people, redacting
from flowgov.suggest import closest
from flowgov.text import LONGEST_TEXT, clean_text

CARD = ("login", "name", "email")
"""Texts of an identity card, which go together."""


def redact(unit: Unit, project: str | None, seq: int, field: str, reason: str, by: str) -> Receipt:
    """See `Engine.redact`."""
    reason = clean_text(reason, field="reason", limit=LONGEST_TEXT, multiline=True)
    desk = sit_down(unit, by)
    stream, subject = _stream(unit, project), f"{project or ORGANISATION}#{seq}"
    body = redacting.body_of(unit.connection, stream, seq)
    if body is None:
        raise NotFound("record", name=subject)
    document = json.loads(body)
    fields = list(document.get("c", ()))
    if field not in fields:
        raise NotFound("text", name=field, record=subject, known=fields, suggestions=closest(field, fields))
    target = {"stream": stream, "seq": seq, "hash": leaf_hash(body)}
    content = {"target": target, "field": field}
    desk.allow("text.redact", subject, content)
    if not redacting.is_there(unit.connection, stream, seq, field):
        raise BadInput("redacted_already", field=field, record=subject)
    if document["event"] == "person.added" and field in CARD:
        raise BadInput("identity_card", field=field, record=subject)
    sealed = desk.enter("text.redacted", content, {"reason": reason})
    redacting.remove(unit.connection, stream, seq, field)
    redacting.blank(unit.connection, stream, seq, document["event"], field)
    return on_organisation(sealed, subject)


def erase_person(unit: Unit, login: str, reason: str, by: str) -> Receipt:
    """See `Engine.erase_person`."""
    reason = clean_text(reason, field="reason", limit=LONGEST_TEXT, multiline=True)
    desk = sit_down(unit, by)
    # whoever acts holds his card: what he is doing now is recorded before, or finds him gone
    person = people.lock_person(unit.connection, login)
    if person is None:
        raise unknown_person(unit.connection, login)
    content = {"person": person.id}
    own = [Blocker("self_erasure", {"person": person.id}, (ADMINISTRATOR,))] if person.id == desk.actor else []
    desk.allow("people.erase", login, content, *own, *_still_holds(desk, person))
    added = people.added_at(unit.connection, person.id)
    sealed = desk.enter("person.erased", content, {"reason": reason})
    if added is not None:
        redacting.remove(unit.connection, ORGANISATION, added, *CARD)
    redacting.remove_os_users(unit.connection, person.id)
    people.blank_card(unit.connection, person.id)
    return on_organisation(sealed, str(person.id))


def leave_no_trace(house: House) -> None:
    """Once a removal is committed: let the database's file forget the text too, as far as can be done now."""
    if not redacting.scrub(house.database, rewrite=house.own):
        warning("stale_copies_possible", database=house.where)


def _stream(unit: Unit, project: str | None) -> str:
    if project is None:
        return ORGANISATION
    found = known_project(unit.connection, project)
    if found.archived is not None:
        raise archived(found)
    return project_stream(str(found.id))


def _still_holds(desk: Desk, person: Any) -> list[Blocker]:
    """Roles that the person holds, or will hold; each is revoked first, so that whoever relied on it knows."""
    held = people.held_from(desk.unit.connection, person.id, desk.now)
    found = []
    for role, project in dict.fromkeys((row.role, row.project_key) for row in held):
        where = f" --project {project}" if project else ""
        command = f"flowgov role revoke {role} {person.login}{where} --as {{holder}}"
        params = {"role": role, "person": person.id, "project": project or "*"}
        found.append(Blocker("still_holds", params, (ADMINISTRATOR,), command))
    return found
