"""The first records of a log: the organisation, its first administrator, the definitions that ship."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flowgov.acts.administering import Desk, assignment_values, new_person_id, workflow_values
from flowgov.acts.house import House
from flowgov.acts.receipts import on_organisation
from flowgov.acts.unit import Unit
from flowgov.audit.note import VerifierKey
from flowgov.audit.record import Head, Scribe, Sealed, Source, uuid7
from flowgov.errors import BadInput
from flowgov.people import ADMINISTRATOR, clean_email
from flowgov.project import Receipt
from flowgov.store import people, records
from flowgov.store.database import place, writing
from flowgov.store.failures import translated
from flowgov.text import clean_login, clean_text
from flowgov.workflow.model import Workflow


def found(
    house: House,
    organisation: str,
    login: str,
    name: str,
    email: str | None,
    workflows: Sequence[Workflow],
    key: Callable[[str], VerifierKey] | None,
    source: Source,
) -> Receipt:
    """Begin the log of a freshly migrated database. See `Engine.init`."""
    organisation = clean_text(organisation, field="organisation", limit=200)
    login, name = clean_login(login), clean_text(name, field="name", limit=200)
    email = clean_email(email) if email else None
    with translated(place(house.database)), writing(house.database) as connection:
        if people.read_organisation(connection) is not None:
            raise BadInput("already_initialised", database=place(house.database))
        log = f"flowgov/{house.entropy(8).hex()}"
        unit = Unit(house, connection, Scribe(log, house.entropy), source)
        head = people.found_organisation(connection, log, organisation)
        house.wrote = True
        return _first_records(unit, head, organisation, (login, name, email), workflows, key)


def _first_records(
    unit: Unit,
    head: Head,
    organisation: str,
    card: tuple[str, str, str | None],
    workflows: Sequence[Workflow],
    key: Callable[[str], VerifierKey] | None,
) -> Receipt:
    now, admin = unit.now(), new_person_id(unit)
    login, name, email = card
    first = _enter(unit, head, now, admin, "organisation.created", {"name": organisation, "administrator": admin})
    added = _enter(
        unit,
        first.head,
        now,
        admin,
        "person.added",
        {"person": admin},
        {"login": login, "name": name, "email": email},
    )
    people.add_person(unit.connection, {"id": admin, "login": login, "name": name, "email": email})
    content: dict[str, Any] = {
        "grant": uuid7(now, unit.house.entropy),
        "person": admin,
        "role": ADMINISTRATOR,
        "project": None,
        "start": now,
        "until": None,
    }
    granted = _enter(unit, added.head, now, admin, "role.granted", content)
    people.grant(unit.connection, assignment_values(content, admin, granted))
    head = granted.head
    if key is not None:
        signs = str(key(unit.scribe.log))
        desk = Desk(unit, head, now, admin, login, granted.hash)
        head = desk.enter("key.registered", {"key": signs}).head
        people.set_signing_key(unit.connection, signs)
    for workflow in workflows:
        desk = Desk(unit, head, now, admin, login, granted.hash)
        registered = {"wf": {"id": workflow.id, "ver": workflow.version, "sha256": workflow.hash}}
        sealed = desk.enter("workflow.registered", registered)
        people.add_workflow(unit.connection, workflow_values(workflow, sealed))
        head = sealed.head
    return on_organisation(first, organisation)


def _enter(
    unit: Unit,
    head: Head,
    now: str,
    admin: str,
    event: str,
    content: Mapping[str, Any],
    texts: Mapping[str, str | None] | None = None,
) -> Sealed:
    sealed = unit.scribe.seal(head, event, admin, now, content, unit.source, texts)
    people.advance_organisation(unit.connection, head, sealed)
    records.append(unit.connection, sealed)
    return sealed
