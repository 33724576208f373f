"""kill -9 around every statement of an act: after a restart either nothing of it is there, or everything."""

from __future__ import annotations

import os
from itertools import count
from typing import Any

import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session
from tests.faults.hosting import WRITES, facts, log, orders, place_order, unbroken
from tests.faults.processes import exit_code

from flowgov import Engine

KILLED = 9
ENOUGH = 6
"""Every act has at least so many moments to die at: around its reads, its writes, its commit."""


def die_at(url: str, act: str, name: str, number: int) -> None:
    """Make an act and die without goodbye at its moment *number*: around a statement or the commit."""
    moments = count(1)

    def die(*_: Any) -> None:
        if next(moments) == number:
            os._exit(KILLED)

    host = create_engine(url)
    with Engine.open(url) as engine:
        engine.organisation()
        database = engine._house.database if act == "own" else host
        for moment in ("before_cursor_execute", "after_cursor_execute", "commit", "reset"):
            event.listen(database, moment, die)
        if act == "own":
            WRITES[name](engine, None)
            return
        with Session(host) as session, session.begin():
            place_order(session)
            WRITES[name](engine, session)


def die_everywhere(url: str, act: str, name: str) -> tuple[int, int]:
    """Die at the first moment, then at the second, and so on, until something of the act stays.

    Returns:
        How often it died without a trace, and how many records stayed at last.
    """
    before = log(url), facts(url), orders(url)
    for number in count(1):
        assert exit_code(die_at, url, act, name, number) == KILLED, "the act came to its end and left nothing"
        if (log(url), facts(url), orders(url)) != before:
            return number - 1, len(log(url)) - len(before[0])
    raise AssertionError("counting never ends")


@pytest.mark.parametrize("name", ["move", "approve", "grant_role", "open_project"])
def test_a_process_killed_at_any_statement_of_an_act_leaves_nothing_or_everything(company_url: str, name: str) -> None:
    deaths, records = die_everywhere(company_url, "own", name)

    assert (deaths >= ENOUGH, records, unbroken(company_url)) == (True, 1, True)


def test_a_host_killed_at_any_statement_keeps_its_row_and_the_record_together(company_url: str) -> None:
    deaths, records = die_everywhere(company_url, "host", "approve")

    assert (deaths >= ENOUGH, records, orders(company_url), unbroken(company_url)) == (True, 1, 1, True)


def test_the_project_moves_on_after_a_crash(company: Engine, company_url: str) -> None:
    assert exit_code(die_at, company_url, "own", "move", ENOUGH) == KILLED

    receipt = company.move("CRM", "validate_need", by="kbenali")

    assert (receipt.target, unbroken(company_url)) == ("business_validated", True)
