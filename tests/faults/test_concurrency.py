"""Several people at once, in processes of their own: one wins, the others learn what is now true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import create_engine, text
from tests.faults.hosting import log, orders, unbroken
from tests.faults.processes import Call, at_once, tried

from flowgov import Conflict, Engine

HOLD: Call = ("move", ("CRM", "hold"), {"by": "kbenali", "reason": "Wait for the budget"})
HOLD_TOO: Call = ("move", ("CRM", "hold"), {"by": "ykerbrat", "reason": "Wait for the server"})
RESUME: Call = ("move", ("CRM", "resume"), {"by": "kbenali"})
RESUME_TOO: Call = ("move", ("CRM", "resume"), {"by": "ykerbrat"})
ROUNDS = 15


def test_two_people_move_the_same_project_at_once_and_exactly_one_wins(company_url: str) -> None:
    mine, yours = at_once(company_url, [[HOLD, RESUME] * ROUNDS, [HOLD_TOO, RESUME_TOO] * ROUNDS])

    outcomes = [sorted(answer.partition(":")[0] for answer in both) for both in zip(mine, yours, strict=True)]
    assert (outcomes, unbroken(company_url)) == ([["done", "not_from_here"]] * (2 * ROUNDS), True)


def test_two_hosts_with_the_drivers_default_settings_never_move_a_project_twice(company_url: str) -> None:
    mine, yours = at_once(company_url, [[HOLD, RESUME] * 4, [HOLD_TOO, RESUME_TOO] * 4], embedded=True)

    won = [sum(answer.startswith("done") for answer in both) for both in zip(mine, yours, strict=True)]
    assert (won, orders(company_url), unbroken(company_url)) == ([1] * 8, 8, True)


def test_of_two_people_who_looked_before_only_the_first_moves(company: Engine, company_url: str) -> None:
    seen = company.project("CRM").version
    mine: Call = (*HOLD[:2], {**HOLD[2], "expect_version": seen})
    yours: Call = (*HOLD_TOO[:2], {**HOLD_TOO[2], "expect_version": seen})

    answers = at_once(company_url, [[mine], [yours]])

    assert sorted(answer.partition(":")[0] for (answer,) in answers) == ["conflict.version", "done"]


def test_eight_processes_on_eight_projects_never_hinder_one_another(company: Engine, company_url: str) -> None:
    keys = [f"P-{number}" for number in range(8)]
    for key in keys:
        company.open_project(key, workflow="pme-light", title=key, by="ebihan")
    callers = [
        [(name, (key, t), named) for name, (_, t), named in (HOLD, RESUME) for _ in range(1)] * 5 for key in keys
    ]

    answers = at_once(company_url, callers)

    assert ({a.partition(":")[0] for caller in answers for a in caller}, unbroken(company_url)) == ({"done"}, True)


def test_eight_processes_on_one_project_leave_one_chain(company_url: str) -> None:
    callers = [[HOLD, RESUME] * 5, [HOLD_TOO, RESUME_TOO] * 5] * 4

    answers = at_once(company_url, callers)

    by_round = [Counter(a.partition(":")[0] for a in round_) for round_ in zip(*answers, strict=True)]
    assert (by_round, unbroken(company_url)) == ([Counter({"not_from_here": 7, "done": 1})] * 10, True)


def test_no_act_is_lost_and_none_happens_twice_when_everybody_does_everything(company_url: str) -> None:
    before = len(log(company_url))
    callers: list[list[Call]] = [
        [HOLD, RESUME] * 4,
        [("add_person", (f"mover{n}",), {"name": "Mover", "by": "htallec"}) for n in range(8)],
        [("grant_role", ("sponsor", who), {"by": "slegoff"}) for who in ("ebihan", "jprigent")] * 4,
        [("add_evidence", ("CRM", "charter"), {"by": "kbenali", "link": "https://example.org"})] * 8,
    ]

    answers = at_once(company_url, callers)

    # a role that is held already is bad input, which is not recorded; everything else is
    recorded = [a for caller in answers for a in caller if a != "bad_input.overlap"]
    assert (len(log(company_url)) - before, unbroken(company_url)) == (len(recorded), True)


def test_two_processes_open_the_same_project_and_it_exists_once(company_url: str) -> None:
    call: Call = ("open_project", ("NEW",), {"workflow": "pme-light", "title": "New", "by": "ebihan"})

    answers = at_once(company_url, [[call], [call]])

    assert sorted(answer for (answer,) in answers) == ["bad_input.project_exists", "done:1"]


@pytest.mark.parametrize(
    "call",
    [
        (*HOLD[:2], {**HOLD[2], "idempotency_key": "order-1"}),
        ("open_project", ("NEW",), {"workflow": "pme-light", "title": "N", "by": "ebihan", "idempotency_key": "o"}),
    ],
)
def test_an_idempotency_key_used_by_several_processes_gives_one_receipt(company_url: str, call: Call) -> None:
    before = len(log(company_url))

    answers = at_once(company_url, [[call]] * 4)

    assert (len({answer for (answer,) in answers}), answers[0][0][:4], len(log(company_url)) - before) == (
        1,
        "done",
        1,
    )


def test_an_idempotency_key_used_for_two_projects_at_once_moves_only_one(company_url: str) -> None:
    keyed = {"by": "kbenali", "reason": "Wait", "idempotency_key": "order-1"}

    answers = at_once(company_url, [[("move", ("CRM", "hold"), keyed)], [("move", ("ERP", "hold"), keyed)]])

    assert (sorted(a.partition(":")[0] for (a,) in answers), unbroken(company_url)) == (
        ["done", "idempotency_mismatch.None"],
        True,
    )


def test_two_processes_withdraw_the_last_administrators_and_one_remains(company_url: str) -> None:
    callers: list[list[Call]] = [
        [("revoke_role", ("administrator", "htallec"), {"by": "slegoff"})],
        [("revoke_role", ("administrator", "slegoff"), {"by": "htallec"})],
    ]

    answers = at_once(company_url, callers)

    assert sum(answer.startswith("done") for (answer,) in answers) == 1


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_t29_a_writer_that_waits_too_long_learns_that_the_database_is_busy(
    company_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowgov.store.database.BUSY_MILLISECONDS", 50)
    other = create_engine(company_url, connect_args={"isolation_level": None})

    with Engine.open(company_url) as engine, other.connect() as holder, pytest.raises(Conflict) as refused:
        holder.execute(text("BEGIN IMMEDIATE"))
        engine.move("CRM", "validate_need", by="kbenali")

    other.dispose()
    assert refused.value.reason == "busy"


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_t29_a_mover_that_waits_too_long_learns_that_the_project_is_busy(
    company_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowgov.store.database.BUSY_MILLISECONDS", 50)
    other = create_engine(company_url)

    with Engine.open(company_url) as engine, other.connect() as holder, pytest.raises(Conflict) as refused:
        holder.execute(text("SELECT 1 FROM flowgov_project WHERE key = 'CRM' FOR UPDATE"))
        engine.move("CRM", "validate_need", by="kbenali")

    other.dispose()
    assert refused.value.reason == "busy"


def test_a_writer_who_comes_in_between_asking_the_time_and_reading_does_not_look_like_a_clock_that_went_back(
    company: Engine, company_url: str
) -> None:
    last = datetime.fromisoformat(company.history("CRM")[-1].at)
    stamps = iter([last - timedelta(seconds=1), last + timedelta(seconds=1), last + timedelta(seconds=2)])

    with Engine.open(company_url, clock=Passing(stamps)) as engine:
        receipt = engine.move("CRM", "validate_need", by="kbenali")

    assert (receipt.at > company.history("CRM")[-2].at, unbroken(company_url)) == (True, True)


class Passing:
    """A clock that shows one moment after the other."""

    def __init__(self, stamps: Iterator[datetime]) -> None:
        self.stamps = stamps

    def now(self) -> datetime:
        return next(self.stamps)


def test_threads_may_share_an_engine(company: Engine, company_url: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda call: tried(company, call), [HOLD, HOLD_TOO] * 8))

    assert (sorted({a.partition(":")[0] for a in answers}), unbroken(company_url)) == (
        ["done", "not_from_here"],
        True,
    )
