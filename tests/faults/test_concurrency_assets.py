"""T10: a gate that looks at the organisation's registers, and whoever writes in them at the same moment.

As in `test_concurrency_grants`: a second connection holds the decisive lock, and PostgreSQL says who waits.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from tests.faults.processes import started
from tests.faults.test_concurrency_grants import wait_until_somebody_waits
from tests.walks.continuity import asset, continuous_crm
from tests.walks.test_duties import problems

from flowgov import Engine

pytestmark = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)


@pytest.fixture
def live(url: str) -> Iterator[Engine]:
    """An engine whose clock runs, as the other process's does."""
    with Engine.open(url) as opened:
        yield opened


def secures(url: str) -> str:
    with Engine.open(url) as engine:
        return ",".join(told.code for told in engine.move("CRM", "secure", by="kbenali").told)


def writes_a_plan(url: str) -> str:
    with Engine.open(url) as engine:
        return engine.plans.record("recovery", "PRA", assets=["A-01"], link="x", by="ykerbrat").event


def touching(engine: Engine) -> None:
    """CRM touches an asset that nothing covers; where it stands, that is only told."""
    continuous_crm(engine, "warn")
    asset(engine, "A-01")
    engine.assets.touch("CRM", ["A-01"], by="kbenali")


def test_a_plan_that_is_being_written_is_waited_for_and_counts(live: Engine, url: str) -> None:
    touching(live)
    first = create_engine(url)

    with Session(first) as session:
        live.plans.record("recovery", "PRA", assets=["A-01"], link="x", by="ykerbrat", session=session)
        with started(secures, url) as answer:
            wait_until_somebody_waits(url)
            session.commit()
            told = answer()
    first.dispose()

    assert ("asset_plan_unapproved" in told, "asset_without_plan" in told, problems(live)) == (True, False, [])


def test_whoever_writes_a_plan_waits_for_the_move_that_looked(live: Engine, url: str) -> None:
    touching(live)
    first = create_engine(url)

    with Session(first) as session:
        told = live.move("CRM", "secure", by="kbenali", session=session).told
        with started(writes_a_plan, url) as answer:
            wait_until_somebody_waits(url)
            session.commit()
            event = answer()
    first.dispose()

    assert ("asset_without_plan" in {one.code for one in told}, event, problems(live)) == (True, "plan.recorded", [])
