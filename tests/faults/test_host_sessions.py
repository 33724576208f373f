"""Every writing method × (own transaction, the host commits, the host rolls back), on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy.orm import Session
from tests.faults.hosting import NEED, REFUSALS, WRITES, facts, log, orders, place_order, unbroken

from flowgov import Engine, MoveRefused, NotFound, Refused

writes = pytest.mark.parametrize("name", WRITES)
refusals = pytest.mark.parametrize("name", REFUSALS)


class HostsMind(Exception):
    """The host changes its mind."""


@writes
def test_a_write_in_its_own_transaction_is_there_at_once(company: Engine, company_url: str, name: str) -> None:
    before = log(company_url)

    receipt = WRITES[name](company, None)

    assert (log(company_url), unbroken(company_url)) == ([*before, (receipt.event, "applied")], True)


@writes
def test_after_the_hosts_commit_its_row_and_the_record_are_there(
    company: Engine, company_url: str, host: Database, name: str
) -> None:
    before = log(company_url)

    with Session(host) as session, session.begin():
        place_order(session)
        receipt = WRITES[name](company, session)

    assert (log(company_url), orders(company_url), unbroken(company_url)) == (
        [*before, (receipt.event, "applied")],
        1,
        True,
    )


@writes
def test_after_the_hosts_rollback_nothing_remains(company: Engine, company_url: str, host: Database, name: str) -> None:
    before = log(company_url), facts(company_url)

    with Session(host) as session, pytest.raises(HostsMind), session.begin():
        place_order(session)
        WRITES[name](company, session)
        raise HostsMind

    assert ((log(company_url), facts(company_url)), orders(company_url)) == (before, 0)


@refusals
def test_a_refusal_in_its_own_transaction_is_recorded(company: Engine, company_url: str, name: str) -> None:
    before = log(company_url)

    with pytest.raises(Refused):
        REFUSALS[name](company, None)

    assert ([o for _, o in log(company_url)[len(before) :]], unbroken(company_url)) == (["refused"], True)


@refusals
def test_a_refusal_is_recorded_when_the_host_commits_all_the_same(
    company: Engine, company_url: str, host: Database, name: str
) -> None:
    before = log(company_url)

    with Session(host) as session, session.begin():
        with pytest.raises(Refused):
            REFUSALS[name](company, session)
        place_order(session)

    assert ([o for _, o in log(company_url)[len(before) :]], orders(company_url), unbroken(company_url)) == (
        ["refused"],
        1,
        True,
    )


@refusals
def test_a_refusal_is_recorded_when_the_host_rolls_back(
    company: Engine, company_url: str, host: Database, name: str
) -> None:
    before = log(company_url)

    with Session(host) as session, pytest.raises(Refused), session.begin():
        place_order(session)
        REFUSALS[name](company, session)

    assert ([o for _, o in log(company_url)[len(before) :]], orders(company_url), unbroken(company_url)) == (
        ["refused"],
        0,
        True,
    )


def test_a_refusal_is_recorded_once_even_if_the_session_goes_on_with_other_transactions(
    company: Engine, company_url: str, host: Database
) -> None:
    before = log(company_url)

    with Session(host) as session:
        with pytest.raises(Refused), session.begin():
            REFUSALS["move"](company, session)
        with session.begin():
            place_order(session)

    assert len(log(company_url)) == len(before) + 1


def test_a_refusal_leaves_the_hosts_transaction_usable_for_the_next_move(
    company: Engine, company_url: str, host: Database
) -> None:
    with Session(host) as session, session.begin():
        with pytest.raises(Refused):
            REFUSALS["move"](company, session)
        WRITES["move"](company, session)

    assert (log(company_url)[-2:], unbroken(company_url)) == (
        [("project.moved", "applied"), ("project.move_refused", "refused")],
        True,
    )


def test_evidence_and_the_move_it_comes_with_are_the_hosts_to_commit(
    company: Engine, company_url: str, host: Database
) -> None:
    before = log(company_url)

    with Session(host) as session, session.begin():
        company.move("CRM", "validate_need", by="kbenali", evidence=[NEED, NEED], session=session)

    events = ["evidence.added", "evidence.added", "project.moved"]
    assert (log(company_url), unbroken(company_url)) == ([*before, *((e, "applied") for e in events)], True)


def test_a_refused_move_leaves_no_evidence_even_if_the_host_commits(
    company: Engine, company_url: str, host: Database
) -> None:
    before, lying = log(company_url), company.evidence("CRM")

    with Session(host) as session, session.begin(), pytest.raises(MoveRefused):
        company.move("CRM", "validate_need", by="nroussel", evidence=[NEED], session=session)

    assert (log(company_url), company.evidence("CRM"), unbroken(company_url)) == (
        [*before, ("project.move_refused", "refused")],
        lying,
        True,
    )


def test_a_refusal_after_a_move_that_the_host_rolls_back_is_recorded_where_the_project_really_stands(
    company: Engine, company_url: str, host: Database
) -> None:
    before = company.project("CRM")

    with Session(host) as session, pytest.raises(MoveRefused), session.begin():
        company.move("CRM", "validate_need", by="kbenali", session=session)
        company.move("CRM", "validate_need", by="kbenali", session=session)

    last = company.history("CRM")[-1]
    assert (last.event, last.facts["version"], last.facts["cycle"], company.project("CRM")) == (
        "project.move_refused",
        before.version,
        before.cycle,
        before,
    )


def test_a_refusal_on_a_project_that_the_rollback_took_away_is_dropped(
    company: Engine, company_url: str, host: Database
) -> None:
    before = log(company_url)

    with Session(host) as session, pytest.raises(MoveRefused), session.begin():
        company.open_project("NEW", workflow="pme-light", title="New", by="ebihan", session=session)
        company.move("NEW", "validate_need", by="nroussel", session=session)

    assert log(company_url) == before


def test_a_refusal_of_a_person_that_the_rollback_took_away_is_dropped(
    company: Engine, company_url: str, host: Database
) -> None:
    before = log(company_url)

    with Session(host) as session, pytest.raises(Refused), session.begin():
        company.add_person("mlebris", name="Maëlle Le Bris", by="htallec", session=session)
        company.add_person("other", name="Other", by="mlebris", session=session)

    assert log(company_url) == before


def test_bad_input_leaves_the_hosts_transaction_usable(company: Engine, company_url: str, host: Database) -> None:
    with Session(host) as session, session.begin():
        with pytest.raises(NotFound):
            company.move("CRM", "validate_need", by="nobody", session=session)
        place_order(session)
        WRITES["move"](company, session)

    assert (orders(company_url), company.project("CRM").state.id) == (1, "business_validated")


def test_several_moves_in_one_host_transaction_are_kept_together(
    company: Engine, company_url: str, host: Database
) -> None:
    with Session(host) as session, session.begin():
        company.move("CRM", "validate_need", by="kbenali", session=session)
        company.move("CRM", "approve_design", by="ykerbrat", session=session)
        company.move("PAY", "confirm_secured", by="ykerbrat", session=session)

    states = [company.project(key).state.id for key in ("CRM", "PAY")]
    assert (states, unbroken(company_url)) == (["technically_designed", "secured"], True)


def test_several_moves_in_one_host_transaction_vanish_together(
    company: Engine, company_url: str, host: Database
) -> None:
    before = log(company_url), facts(company_url)

    with Session(host) as session, pytest.raises(HostsMind), session.begin():
        company.move("CRM", "validate_need", by="kbenali", session=session)
        company.move("CRM", "approve_design", by="ykerbrat", session=session)
        company.move("PAY", "confirm_secured", by="ykerbrat", session=session)
        raise HostsMind

    assert (log(company_url), facts(company_url)) == before


def test_questions_in_the_hosts_transaction_see_its_own_moves(company: Engine, host: Database) -> None:
    with Session(host) as session, session.begin():
        company.move("CRM", "validate_need", by="kbenali", session=session)

        seen = company.project("CRM", session=session).state.id, company.transitions("CRM", session=session)[0]

        session.rollback()
    assert (seen, company.project("CRM").state.id) == (
        ("business_validated", "approve_design"),
        "need_expressed",
    )


def test_a_savepoint_rolled_back_takes_only_its_own_move_with_it(
    company: Engine, company_url: str, host: Database
) -> None:
    with Session(host) as session, session.begin():
        company.move("CRM", "validate_need", by="kbenali", session=session)
        with pytest.raises(HostsMind), session.begin_nested():
            company.move("CRM", "approve_design", by="ykerbrat", session=session)
            raise HostsMind
        place_order(session)

    assert (company.project("CRM").state.id, orders(company_url), unbroken(company_url)) == (
        "business_validated",
        1,
        True,
    )


def test_a_refusal_inside_a_savepoint_is_recorded_when_the_whole_transaction_is_over(
    company: Engine, company_url: str, host: Database
) -> None:
    with Session(host) as session, session.begin():
        company.move("CRM", "validate_need", by="kbenali", session=session)
        with pytest.raises(MoveRefused), session.begin_nested():
            company.move("CRM", "approve_design", by="kbenali", session=session)

    assert (log(company_url)[-2:], unbroken(company_url)) == (
        [("project.moved", "applied"), ("project.move_refused", "refused")],
        True,
    )


def test_an_idempotent_move_in_the_hosts_transaction_is_made_once(
    company: Engine, company_url: str, host: Database
) -> None:
    receipts = []
    for _ in range(2):
        with Session(host) as session, session.begin():
            receipts.append(
                company.move("CRM", "validate_need", by="kbenali", idempotency_key="order-1", session=session)
            )

    assert (receipts[0], log(company_url).count(("project.moved", "applied"))) == (receipts[1], 5)


def test_a_hosts_engine_can_be_the_engines_database(company_url: str, host: Database) -> None:
    with Engine.open(host) as engine:
        engine.move("CRM", "validate_need", by="kbenali")

    assert (log(company_url)[-1], unbroken(company_url)) == (("project.moved", "applied"), True)
