"""Opening a project: the need is expressed, and the project is pinned to a definition."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from flowgov.acts.entering import definition
from flowgov.acts.house import House, unknown_person
from flowgov.acts.retrying import earlier, fingerprint
from flowgov.acts.unit import Unit
from flowgov.audit.record import Head, project_stream, uuid7
from flowgov.errors import BadInput, NotFound
from flowgov.machine import Lifecycle
from flowgov.project import Receipt
from flowgov.store import people, projects, records
from flowgov.suggest import closest
from flowgov.text import clean_project_key, clean_text

LONGEST_TITLE = 200
LONGEST_OBJECTIVE = 4_000


def open_project(
    unit: Unit, key: str, workflow: str, title: str, by: str, personal_data: bool, objective: str | None
) -> Receipt:
    """Insert the project at its initial state and begin its chain. See `Engine.open_project`."""
    key = clean_project_key(key)
    title = clean_text(title, field="title", limit=LONGEST_TITLE)
    if objective:
        objective = clean_text(objective, field="objective", limit=LONGEST_OBJECTIVE, multiline=True)
    creator = people.find_person(unit.connection, by, hold=True)
    if creator is None:
        raise unknown_person(unit.connection, by)
    mark = None
    if unit.idempotency_key:
        arguments = {
            "key": key,
            "workflow": workflow,
            "title": title,
            "personal_data": personal_data,
            "objective": objective or None,
        }
        mark = fingerprint("open", creator.id, arguments)
    taken = projects.workflow_of(unit.connection, key) is not None
    # asked after: the same call, made twice at once, finds its own project taken
    done = earlier(unit, mark, key)
    if done:
        return done
    if taken:
        raise BadInput("project_exists", key=key)
    lifecycle = find_lifecycle(unit.house, unit.connection, workflow)
    return _insert(unit, key, lifecycle, title, creator.id, personal_data, objective, mark)


def find_lifecycle(house: House, connection: Connection, workflow: str) -> Lifecycle:
    """The newest registered version of *workflow*, or the one named as ``id@version``.

    Raises:
        NotFound: no such definition is registered.
    """
    name, _, version = workflow.partition("@")
    rows = people.every_workflow(connection)
    fitting = [row for row in rows if row.name == name and version in ("", row.version)]
    if not fitting:
        known = sorted({row.name for row in rows} | {f"{row.name}@{row.version}" for row in rows if version})
        raise NotFound("workflow", name=workflow, known=known, suggestions=closest(workflow, known))
    return house.lifecycle(connection, fitting[-1].hash)


def _insert(
    unit: Unit,
    key: str,
    lifecycle: Lifecycle,
    title: str,
    creator: str,
    personal_data: bool,
    objective: str | None,
    mark: str | None,
) -> Receipt:
    now = unit.now()
    project_id = uuid7(now, unit.house.entropy)
    initial = lifecycle.workflow.initial.id
    content: dict[str, Any] = {
        "key": key,
        "wf": definition(lifecycle),
        "to": initial,
        "cycle": 1,
        "version": 1,
        "personal_data": personal_data,
    }
    if mark:
        content["idem"] = {"key": unit.idempotency_key, "args": mark}
    head = Head(project_stream(project_id), 0, "", "")
    texts = {"title": title, "objective": objective}
    sealed = unit.scribe.seal(head, "project.opened", creator, now, content, unit.source, texts)
    values = {
        "id": project_id,
        "key": key,
        "title": title,
        "objective": objective or None,
        "workflow": lifecycle.workflow.hash,
        "state": initial,
        "previous": None,
        "cycle": 1,
        "version": 1,
        "creator": creator,
        "personal_data": personal_data,
        "passages": "{}",
        "opened": sealed.ts,
        "entered": sealed.ts,
    }
    projects.add(unit.connection, values, sealed.head)
    records.append(unit.connection, sealed, unit.idempotency_key)
    return Receipt(
        sealed.event, sealed.stream, sealed.seq, sealed.hash, sealed.ts, key, version=1, target=initial, cycle=1
    )
