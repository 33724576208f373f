"""Restore tests that deployments made due: what they touched, and whether restoring it was tried with success since."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import Connection

from flowgov.acts.house import House
from flowgov.dossier.assets import RESTORE_TEST_DAYS, TestDue, tested_since
from flowgov.dossier.entry import ORGANISATION
from flowgov.store import entries_of, people, projects


def tests_due(house: House, connection: Connection, at: str) -> tuple[TestDue, ...]:
    """See `flowgov.registers.assets.Assets.due`.

    Args:
        at: the stamp from which they are looked at.
    """
    return tuple(sorted(_all(house, connection, at[:10]), key=lambda test: (test.due, test.project, test.asset)))


def _all(house: House, connection: Connection, today: str) -> Iterator[TestDue]:
    """Of projects that ended, too: what they put into service is still there."""
    assets = {entry.key: entry for entry in entries_of.of_scope(connection, ORGANISATION, "asset")}
    by_id = {row.id: row for row in projects.every(connection) if row.archived is None}
    logins = people.logins(connection)
    for line in entries_of.of_kind(connection, "touches"):
        row, asset, deployed = by_id.get(line.scope), assets.get(line.key), line.facts["deployed"]
        if row is None or asset is None or not (line.facts["touched"] and deployed) or asset.facts["retired"]:
            continue
        continuity = house.lifecycle(connection, row.workflow).workflow.continuity
        if asset.facts["criticality"] < continuity.critical_from or tested_since(asset.facts, deployed):
            continue
        due = (date.fromisoformat(deployed) + timedelta(days=RESTORE_TEST_DAYS)).isoformat()
        asked = (asset.facts["holder"], asset.facts["owner"])
        who = tuple(dict.fromkeys(logins.get(person, person) for person in asked if person))
        yield TestDue(row.key, line.key, asset.texts.get("name", ""), deployed, due, who, late=due < today)
