"""How long a project has taken, read from its moves."""

from __future__ import annotations

import json

from sqlalchemy import Connection

from flowgov.acts.house import House, archived, known_project
from flowgov.audit.record import project_stream
from flowgov.dossier.lead_time import LeadTime, Stopwatch
from flowgov.store import records


def lead_time(house: House, connection: Connection, key: str) -> LeadTime:
    """See `Reader.lead_time`."""
    row = known_project(connection, key)
    if row.archived is not None:
        raise archived(row)
    states = house.lifecycle(connection, row.workflow).workflow.states
    watch = Stopwatch(row.opened)
    moves = records.Filter(stream=project_stream(row.id), events=("project.moved",))
    for move in records.walk(connection, moves):
        watch.enter(move.ts, states[json.loads(move.body)["to"]])
    return watch.read(house.now())
