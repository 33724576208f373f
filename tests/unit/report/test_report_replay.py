"""Counting projects in and out of a period, from plain records."""

from __future__ import annotations

from typing import Any

import pytest

from flowgov.report.population import Flow, reconciliation
from flowgov.report.replay import History, Period
from flowgov.workflow.model import build

JANUARY, MARCH, MAY = (f"2026-0{month}-15T00:00:00.000000Z" for month in (1, 3, 5))
PERIOD = Period("2026-02-01T00:00:00.000000Z", "2026-04-01T00:00:00.000000Z")
DEFINITION = build(
    {
        "id": "w",
        "version": "1",
        "title": {"en": "W", "fr": "W"},
        "separation": "block",
        "roles": [],
        "evidence": [],
        "states": [
            {"id": "on", "en": "On", "fr": "On", "stage": None, "kind": "initial"},
            {"id": "off", "en": "Off", "fr": "Off", "stage": None, "kind": "final"},
        ],
        "transitions": [],
    }
)


def history(*records: tuple[str, str]) -> History:
    """A history of one project: opened, then moved on and off at these times."""
    told = History(PERIOD, {DEFINITION.hash: DEFINITION}, registered=[DEFINITION.hash])
    for seq, (ts, state) in enumerate(records, start=1):
        facts: dict[str, Any] = {"t": "switch", "kind": "cancel", "to": state, "cycle": 1}
        opening = {"key": "CRM", "wf": {"sha256": DEFINITION.hash}, "to": state, "personal_data": False}
        event = "project.opened" if seq == 1 else "project.moved"
        told.read("prj:1", seq, event, "u1", ts, opening if seq == 1 else facts)
    told.close()
    return told


@pytest.mark.parametrize(
    ("records", "flow"),
    [
        ([(JANUARY, "on")], Flow(opening=1, closing=1)),
        ([(MARCH, "on")], Flow(created=1, closing=1)),
        ([(JANUARY, "on"), (JANUARY, "off")], Flow()),
        ([(JANUARY, "on"), (MARCH, "off")], Flow(opening=1, closed=1)),
        ([(MARCH, "on"), (MARCH, "off")], Flow(created=1, closed=1)),
        ([(JANUARY, "on"), (JANUARY, "off"), (MARCH, "on")], Flow(reopened=1, closing=1)),
        ([(JANUARY, "on"), (MARCH, "off"), (MARCH, "on")], Flow(opening=1, reopened=1, closed=1, closing=1)),
        ([(JANUARY, "on"), (MARCH, "off"), (MARCH, "on"), (MARCH, "off")], Flow(1, 0, 1, 2, 0)),
    ],
)
def test_every_project_is_counted_in_and_out(records: list[tuple[str, str]], flow: Flow) -> None:
    assert reconciliation(history(*records))[1] == flow


def test_numbers_that_do_not_meet_are_a_bug() -> None:
    with pytest.raises(AssertionError, match="opening"):
        Flow(opening=1, closing=2).reconciled()


@pytest.mark.parametrize(
    ("records", "of_the_period"),
    [
        ([(JANUARY, "on"), (JANUARY, "off")], False),
        ([(JANUARY, "on"), (JANUARY, "off"), (MARCH, "on")], True),
        ([(MARCH, "on"), (MARCH, "off")], True),
    ],
)
def test_the_population_was_open_at_some_time_in_the_period(
    records: list[tuple[str, str]], of_the_period: bool
) -> None:
    assert bool([*history(*records).population()]) is of_the_period
