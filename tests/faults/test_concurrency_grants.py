"""T9 and T10: what a move relies on is read under the lock that taking it away takes.

Each interleaving is made by a second connection that holds the decisive lock; the other side is known to wait
when PostgreSQL says so. On SQLite there is one writer at a time and nothing to interleave.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from tests.faults.hosting import log, unbroken
from tests.faults.processes import Call, started, tried

from flowgov import Conflict, Engine

pytestmark = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)

MOVE: Call = ("move", ("CRM", "validate_need"), {"by": "kbenali"})
MOVE_APPROVED: Call = ("move", ("PAY", "confirm_secured"), {"by": "ykerbrat"})
REVOKE: Call = ("revoke_role", ("business_owner", "kbenali"), {"by": "htallec"})
ERASE: Call = ("erase_person", ("ebihan",), {"reason": "Asked for it", "by": "htallec"})
DEEDS: list[Call] = [
    ("open_project", ("NEW",), {"workflow": "pme-light", "title": "New", "by": "ebihan"}),
    ("add_evidence", ("CRM", "charter"), {"link": "https://example.org/9", "by": "ebihan"}),
    ("move", ("CRM", "validate_need"), {"by": "ebihan"}),
    ("grant_role", ("sponsor", "kbenali"), {"by": "ebihan"}),
]
WITHDRAW: Call = ("withdraw_approval", ("PAY", "confirm_secured"), {"by": "kbenali"})


@pytest.fixture
def first(company_url: str) -> Iterator[Database]:
    """Who comes first: a connection whose transaction the test ends when it wants."""
    made = create_engine(company_url)
    yield made
    made.dispose()


def second(url: str, call: Call) -> str:
    """Who comes second: a process of its own."""
    with Engine.open(url) as engine:
        return tried(engine, call)


def wait_until_somebody_waits(url: str) -> None:
    """Until a transaction waits for another one's lock."""
    made = create_engine(url, isolation_level="AUTOCOMMIT")
    waiting = text(
        "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
        "WHERE NOT l.granted AND a.datname = current_database()"
    )
    with made.connect() as connection:
        while not connection.scalar(waiting):
            pass
    made.dispose()


def interleaved(company: Engine, url: str, first: Database, mine: Call, yours: Call) -> str:
    """Make *mine* in a transaction, start *yours*, commit once it waits; what became of *yours*."""
    with Session(first) as session:
        name, arguments, named = mine
        getattr(company, name)(*arguments, **named, session=session)
        with started(second, url, yours) as answer:
            wait_until_somebody_waits(url)
            session.commit()
            return str(answer())


def test_t10_a_revocation_waits_for_the_move_that_relies_on_the_grant(
    company: Engine, company_url: str, first: Database
) -> None:
    answer = interleaved(company, company_url, first, MOVE, REVOKE)

    order = [event for event, _ in log(company_url)[-2:]]
    assert (answer[:4], order, unbroken(company_url)) == ("done", ["project.moved", "role.revoked"], True)


def test_t9_a_move_that_waited_for_the_revocation_of_its_role_is_refused(
    company: Engine, company_url: str, first: Database
) -> None:
    answer = interleaved(company, company_url, first, REVOKE, MOVE)

    assert (answer, company.project("CRM").state.id) == ("role_missing", "need_expressed")


def test_t9_a_move_whose_revocation_is_rolled_back_is_made(company: Engine, company_url: str, first: Database) -> None:
    with Session(first) as session:
        company.revoke_role("business_owner", "kbenali", by="htallec", session=session)
        with started(second, company_url, MOVE) as answer:
            wait_until_somebody_waits(company_url)
            session.rollback()

            assert answer()[:4] == "done"


def test_t10_a_revocation_waits_for_the_move_that_relies_on_an_approval_given_in_that_role(
    company: Engine, company_url: str, first: Database
) -> None:
    answer = interleaved(company, company_url, first, MOVE_APPROVED, REVOKE)

    order = [event for event, _ in log(company_url)[-2:]]
    assert (answer[:4], order) == ("done", ["project.moved", "role.revoked"])


def test_t9_an_approval_does_not_count_if_the_role_it_was_given_in_is_revoked_meanwhile(
    company: Engine, company_url: str, first: Database
) -> None:
    answer = interleaved(company, company_url, first, REVOKE, MOVE_APPROVED)

    assert (answer, company.project("PAY").state.id) == ("approval_missing", "technically_designed")


def test_t10_an_approval_withdrawn_meanwhile_does_not_count(company: Engine, company_url: str, first: Database) -> None:
    answer = interleaved(company, company_url, first, WITHDRAW, MOVE_APPROVED)

    assert (answer, company.project("PAY").state.id) == ("approval_missing", "technically_designed")


def test_t10_an_approval_cannot_be_withdrawn_once_the_move_it_served_is_made(
    company: Engine, company_url: str, first: Database
) -> None:
    answer = interleaved(company, company_url, first, MOVE_APPROVED, WITHDRAW)

    assert (answer, unbroken(company_url)) == ("nothing_to_withdraw", True)


def test_t9_an_administrator_whose_role_is_revoked_meanwhile_cannot_grant(
    company: Engine, company_url: str, first: Database
) -> None:
    revoke: Call = ("revoke_role", ("administrator", "slegoff"), {"by": "htallec"})
    grant: Call = ("grant_role", ("sponsor", "ebihan"), {"by": "slegoff"})

    answer = interleaved(company, company_url, first, revoke, grant)

    assert (answer, log(company_url)[-1]) == ("not_administrator", ("administration.refused", "refused"))


def test_the_second_of_two_movers_sees_where_the_first_has_left_the_project(
    company: Engine, company_url: str, first: Database
) -> None:
    answer = interleaved(company, company_url, first, MOVE, MOVE)

    assert (answer, unbroken(company_url)) == ("not_from_here", True)


def test_the_second_of_two_movers_makes_the_move_that_the_first_rolled_back(
    company: Engine, company_url: str, first: Database
) -> None:
    with Session(first) as session:
        company.move("CRM", "validate_need", by="kbenali", session=session)
        with started(second, company_url, MOVE) as answer:
            wait_until_somebody_waits(company_url)
            session.rollback()

            assert answer()[:4] == "done"


def test_a_waiting_mover_records_the_moment_at_which_it_was_let_through(
    company: Engine, company_url: str, first: Database
) -> None:
    """Not the moment at which it began to wait: that would look as if the clock had run backwards."""
    interleaved(company, company_url, first, MOVE, ("move", ("CRM", "approve_design"), {"by": "ykerbrat"}))

    assert "clock" not in company.history("CRM")[-1].facts


def test_the_victim_of_a_deadlock_is_tried_again_and_succeeds(
    company: Engine, company_url: str, first: Database
) -> None:
    """The host holds the grant and wants the project; the mover holds the project and wants the grant."""
    with Session(first) as session:
        company.revoke_role("business_owner", "kbenali", by="htallec", session=session)
        with started(second, company_url, MOVE) as answer:
            wait_until_somebody_waits(company_url)
            # the host is patient, so that PostgreSQL makes the mover the victim
            session.execute(text("SET LOCAL deadlock_timeout = '10s'"))
            session.execute(text("SELECT 1 FROM flowgov_project WHERE key = 'CRM' FOR UPDATE"))
            session.commit()

            assert answer() == "role_missing"


def test_an_act_that_is_a_victim_every_time_is_given_up_after_a_few_attempts(
    company: Engine, company_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = []

    def victim(*_: object, **__: object) -> None:
        attempts.append(1)
        raise Conflict("deadlock")

    monkeypatch.setattr("flowgov.store.gate.facts", victim)

    with pytest.raises(Conflict):
        company.move("CRM", "validate_need", by="kbenali")

    assert len(attempts) == 3


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed[0])
def test_t32_whoever_waited_for_his_own_erasure_does_nothing(
    company: Engine, company_url: str, first: Database, deed: Call
) -> None:
    """The deeds of whoever is erased are recorded before, or not at all: no trace of him comes after."""
    with Session(first) as session:
        company.erase_person("ebihan", reason="Asked for it", by="htallec", session=session)
        with started(second, company_url, deed) as answer:
            wait_until_somebody_waits(company_url)
            session.commit()

            assert answer() == "not_found.person"
    assert (log(company_url)[-1][0], unbroken(company_url)) == ("person.erased", True)


@pytest.mark.parametrize("deed", DEEDS[:2], ids=lambda deed: deed[0])
def test_t32_an_erasure_waits_for_what_the_person_is_doing(
    company: Engine, company_url: str, first: Database, deed: Call
) -> None:
    answer = interleaved(company, company_url, first, deed, ERASE)

    assert (answer[:4], log(company_url)[-1][0], unbroken(company_url)) == ("done", "person.erased", True)
