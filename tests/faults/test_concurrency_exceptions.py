"""T9 and T10: a move that relies on an exception, and whoever ends or reviews it at the same moment.

As in `test_concurrency_grants`: a second connection holds the decisive lock, and PostgreSQL says who waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from tests.faults.processes import started
from tests.faults.test_concurrency_grants import wait_until_somebody_waits
from tests.walks.test_duties import permit, problems, twice

from flowgov import Engine, Refused

pytestmark = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)

RULE = "validator_design"


def ends(url: str, key: str) -> str:
    with Engine.open(url) as engine:
        return engine.exemptions.end(key, reason="Over", by="htallec").event


def finds_a_problem(url: str, key: str) -> str:
    with Engine.open(url) as engine:
        return engine.exemptions.review(key, result="problem", note="Nobody read it", by="slegoff").event


def moves(url: str, _key: str) -> str:
    with Engine.open(url) as engine:
        try:
            return engine.move("CRM", "design", by="kbenali").event
        except Refused as refused:
            return ",".join(sorted(blocker.code for blocker in refused.decision.blockers))


CRM = {"project": "CRM"}
EVERYWHERE = {"project": None, "control": "second_reading", "every_days": 10}
wherever = pytest.mark.parametrize("place", [CRM, EVERYWHERE], ids=["one project", "every project"])


def permitted(engine: Engine, place: dict[str, Any]) -> str:
    twice(engine, RULE, "exception")
    return permit(engine, RULE, until=date.today() + timedelta(days=30), reviewer="slegoff", **place)


@wherever
@pytest.mark.parametrize("deed", [ends, finds_a_problem])
def test_t10_whoever_takes_an_exception_away_waits_for_the_move_that_relies_on_it(
    live: Engine, url: str, deed: Callable[[str, str], str], place: dict[str, Any]
) -> None:
    key = permitted(live, place)
    first = create_engine(url)

    with Session(first) as session:
        live.move("CRM", "design", by="kbenali", session=session)
        with started(deed, url, key) as answer:
            wait_until_somebody_waits(url)
            session.commit()
            said = answer()
    first.dispose()

    assert (said in {"exception.ended", "exception.reviewed"}, problems(live)) == (True, [])


@wherever
def test_t9_a_move_that_waited_for_the_end_of_its_exception_is_refused(
    live: Engine, url: str, place: dict[str, Any]
) -> None:
    key = permitted(live, place)
    first = create_engine(url)

    with Session(first) as session:
        live.exemptions.end(key, reason="Over", by="htallec", session=session)
        with started(moves, url, key) as answer:
            wait_until_somebody_waits(url)
            session.commit()
            said = answer()
    first.dispose()

    assert (said, problems(live)) == ("own_duty", [])


@wherever
def test_t9_a_move_that_waited_for_a_problem_is_refused(live: Engine, url: str, place: dict[str, Any]) -> None:
    key = permitted(live, place)
    first = create_engine(url)

    with Session(first) as session:
        live.exemptions.review(key, result="problem", note="No", by="slegoff", session=session)
        with started(moves, url, key) as answer:
            wait_until_somebody_waits(url)
            session.commit()
            said = answer()
    first.dispose()

    assert (said, problems(live)) == ("exception_not_operating,own_duty", [])


@pytest.fixture
def live(url: str) -> Iterator[Engine]:
    """An engine on `url` with the machine's own clock, as the other processes have."""
    with Engine.open(url) as opened:
        yield opened
