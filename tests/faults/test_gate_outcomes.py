"""Conditions, waivers and requests in other hands: what the database's owner alters, and what another process takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from tests.faults.hosting import log
from tests.faults.ownership import disarmed
from tests.faults.processes import Call, started
from tests.faults.test_concurrency_grants import interleaved, second, wait_until_somebody_waits
from tests.walks.outcomes import secured
from tests.walks.outcomes import started as opened

from flowgov import Condition, Engine, Refused
from flowgov.testing import ready

postgresql = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)


def worth_altering(engine: Engine) -> None:
    """CRM, validated on a condition, with a waiver and a correction."""
    opened(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")
    engine.withdraw_approval("CRM", "validate_need", by="slegoff")
    engine.approve("CRM", "validate_need", by="slegoff", reservation="Tight")
    asked = Condition("ykerbrat", "2026-01-20", "confirm_secured", "Encrypt the export")
    engine.move("CRM", "validate_need", by="kbenali", conditions=[asked])
    given = {"until": "2026-03-31", "reason": "Nothing to roll back", "by": "slegoff"}
    engine.waivers.grant("CRM", "deploy", "evidence", "rollback_plan", **given)  # type: ignore[arg-type]  # spelt out
    engine.corrections.make("CRM", 1, wording="Erwan's idea", reason="For the file", by="ykerbrat")


ALTERATIONS = {
    "a condition said to be fulfilled": """UPDATE flowgov_entry SET facts = replace(facts, '"open"', '"done"')
        WHERE kind = 'condition'""",
    "a condition put off": "UPDATE flowgov_entry SET facts = replace(facts, '2026-01-21', '2027-01-21')"
    " WHERE kind = 'condition'",
    "a condition that is gone": "DELETE FROM flowgov_entry WHERE kind = 'condition'",
    "a condition with another wording": "UPDATE flowgov_entry SET texts = replace(texts, 'Encrypt', 'Delete')"
    " WHERE kind = 'condition'",
    "a waiver that lasts longer": "UPDATE flowgov_entry SET facts = replace(facts, '2026-04-01', '2030-04-01')"
    " WHERE kind = 'waiver'",
    "a waiver of something else": "UPDATE flowgov_entry SET facts = replace(facts, 'rollback_plan', 'go_no_go')"
    " WHERE kind = 'waiver'",
    "a waiver nobody granted": """INSERT INTO flowgov_entry (scope, kind, key, n, seq, at, facts, texts)
        SELECT scope, kind, 'W-09', n, seq, at, facts, texts FROM flowgov_entry WHERE kind = 'waiver'""",
    "a correction of another record": """UPDATE flowgov_entry SET facts = replace(facts, '"seq":1', '"seq":2')
        WHERE kind = 'correction'""",
    "an approval without its reservation": "UPDATE flowgov_approval SET reservation = 'None at all'",
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_what_the_owner_alters_in_the_tables_is_found(engine: Engine, url: str, name: str) -> None:
    worth_altering(engine)
    assert engine.verify().holds

    with disarmed(url) as db:
        assert db.run(ALTERATIONS[name].replace(":1", r"\:1").replace(":2", r"\:2")) > 0

    found = {(f.code, f.project) for f in engine.verify().findings}
    assert found == {("STATE_MISMATCH", "CRM")}


@pytest.fixture
def first(url: str) -> Iterator[Database]:
    """Who comes first: a connection whose transaction the test ends when it wants."""
    made = create_engine(url)
    yield made
    made.dispose()


@postgresql
def test_a_waiver_that_is_ended_between_the_check_and_the_move_does_not_count(
    engine: Engine, url: str, first: Database
) -> None:
    secured(engine)
    for kind in engine.project("CRM").workflow.transitions["deploy"].evidence:
        if kind != "rollback_plan":
            engine.add_evidence("CRM", kind, by="jprigent", link=f"https://example.org/{kind}")
    engine.approve("CRM", "deploy", by="kbenali")
    given = {"until": "2026-12-31", "reason": "Nothing to roll back", "by": "slegoff"}
    engine.waivers.grant("CRM", "deploy", "evidence", "rollback_plan", **given)  # type: ignore[arg-type]  # spelt out
    assert engine.explain("CRM", "deploy", by="jprigent").allowed

    with Session(first) as session:
        engine.waivers.end("CRM", "W-01", reason="Needed after all", by="slegoff", session=session)
        move: Call = ("move", ("CRM", "deploy"), {"by": "jprigent"})
        with started(second, url, move) as answer:
            wait_until_somebody_waits(url)
            session.commit()
            assert answer() == "evidence_missing"


@postgresql
def test_a_request_that_is_withdrawn_meanwhile_lets_nobody_pass(company: Engine, company_url: str) -> None:
    recall: Call = ("withdraw_gate", ("PAY", "confirm_secured"), {"by": "ebihan", "reason": "Later"})
    move: Call = ("move", ("PAY", "confirm_secured"), {"by": "ykerbrat"})
    made = create_engine(company_url)

    answer = interleaved(company, company_url, made, recall, move)
    made.dispose()

    assert (answer, company.project("PAY").state.id) == ("approval_missing", "technically_designed")


@pytest.mark.parametrize("ends", ["commit", "rollback"])
def test_a_refused_entry_in_a_hosts_session_is_recorded_whichever_way_it_ends(
    engine: Engine, url: str, first: Database, ends: str
) -> None:
    worth_altering(engine)

    with Session(first) as session:
        with suppress(Refused):
            engine.conditions.done("CRM", "C-01", note="Fine", by="htallec", session=session)
        getattr(session, ends)()

    assert log(url)[-1] == ("entry.refused", "refused")
    assert engine.conditions.of("CRM")[0].status == "open"
    assert engine.verify().holds


def test_what_the_host_rolls_back_was_never_granted(engine: Engine, first: Database) -> None:
    worth_altering(engine)

    with Session(first) as session:
        given = {"until": "2026-03-31", "reason": "No", "by": "slegoff", "session": session}
        engine.waivers.grant("CRM", "deploy", "evidence", "go_no_go", **given)  # type: ignore[arg-type]  # spelt out
        session.rollback()

    assert [w.name for w in engine.waivers.of("CRM")] == ["rollback_plan"]
    assert engine.verify().holds
