"""Delegations, departures and charters under attack: by SQL, and by another process between the check and the move."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import create_engine
from tests.faults.hosting import log, unbroken
from tests.faults.ownership import disarmed
from tests.faults.processes import Call
from tests.faults.test_concurrency_grants import interleaved

from flowgov import Engine, SystemClock
from flowgov.workflow.model import build
from flowgov.workflow.shipped import load_shipped

postgresql = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)

MOVE: Call = ("move", ("CRM", "validate_need"), {"by": "ebihan"})
REVOKE: Call = ("revoke_role", ("business_owner", "kbenali"), {"by": "htallec"})
UNDELEGATE: Call = ("undelegate_role", ("business_owner", "ebihan"), {"by": "kbenali"})
END_DELEGATE: Call = ("end_person", ("ebihan",), {"by": "htallec"})
END_DELEGATOR: Call = ("end_person", ("kbenali",), {"by": "htallec"})


@pytest.fixture
def first(company_url: str) -> Iterator[Database]:
    made = create_engine(company_url)
    yield made
    made.dispose()


@pytest.fixture
def lending(company_url: str) -> Iterator[Engine]:
    """The company at work today, as other processes are, where kbenali has lent the business owner's role to ebihan."""
    with Engine.open(company_url) as engine:
        until = SystemClock().now() + timedelta(days=30)
        engine.delegate_role("business_owner", "ebihan", until=until, by="kbenali")
        yield engine


@postgresql
@pytest.mark.parametrize("ending", [REVOKE, UNDELEGATE, END_DELEGATOR], ids=lambda call: call[0])
def test_t10_whoever_ends_a_delegation_waits_for_the_move_that_relies_on_it(
    lending: Engine, company_url: str, first: Database, ending: Call
) -> None:
    answer = interleaved(lending, company_url, first, MOVE, ending)

    order = [event for event, _ in log(company_url)[-2:]]
    assert (answer[:4], order[0], unbroken(company_url)) == ("done", "project.moved", True)


@postgresql
@pytest.mark.parametrize("ending", [REVOKE, UNDELEGATE, END_DELEGATOR], ids=lambda call: call[0])
def test_t9_a_move_that_waited_for_the_end_of_its_delegation_is_refused(
    lending: Engine, company_url: str, first: Database, ending: Call
) -> None:
    answer = interleaved(lending, company_url, first, ending, MOVE)

    assert (answer, unbroken(company_url)) == ("role_missing", True)


@postgresql
def test_t9_whoever_waited_for_his_own_departure_does_nothing(
    lending: Engine, company_url: str, first: Database
) -> None:
    answer = interleaved(lending, company_url, first, END_DELEGATE, MOVE)

    assert (answer, log(company_url)[-1][0]) == ("not_found.person_ended", "person.ended")


# --- by SQL ---------------------------------------------------------------------------------------------------------

ATTACKS = {
    "a delegation that nobody made": (
        "UPDATE flowgov_assignment SET delegator = granted_by, base = id WHERE role = 'technical_owner'",
        "STATE_MISMATCH",
    ),
    "a delegation made one's own": (
        "UPDATE flowgov_assignment SET delegator = NULL, base = NULL WHERE base IS NOT NULL",
        "STATE_MISMATCH",
    ),
    "a delegation made longer": (
        "UPDATE flowgov_assignment SET until = '2027-01-31T00:00:00.000000Z' WHERE base IS NOT NULL",
        "STATE_MISMATCH",
    ),
    "a departure undone": ("UPDATE flowgov_person SET ended = NULL WHERE ended IS NOT NULL", "STATE_MISMATCH"),
    "a program made a person": ("UPDATE flowgov_person SET service = false WHERE service", "STATE_MISMATCH"),
    "a charter changed": (
        "UPDATE flowgov_entry SET facts = replace(facts, '\"A\"', '\"C\"') WHERE kind = 'charter'",
        "STATE_MISMATCH",
    ),
    "an acknowledgement added": (
        "INSERT INTO flowgov_entry SELECT scope, kind, 'u9', n, seq, at, facts, texts FROM flowgov_entry "
        "WHERE kind = 'acknowledgement'",
        "STATE_MISMATCH",
    ),
    "an acknowledgement removed": ("DELETE FROM flowgov_entry WHERE kind = 'acknowledgement'", "STATE_MISMATCH"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_t1_what_is_changed_behind_the_logs_back_is_found(lending: Engine, company_url: str, attack: str) -> None:
    statement, code = ATTACKS[attack]
    lending.add_person("ci-bot", name="CI", service=True, by="htallec")
    lending.charters.issue("CRM", by="kbenali")
    lending.charters.acknowledge("CRM", by="kbenali")
    lending.end_person("jprigent", by="htallec")
    assert lending.verify().holds

    with disarmed(company_url) as db:
        db.run(statement)

    assert code in {finding.code for finding in lending.verify().findings}


# --- the charter, meanwhile -----------------------------------------------------------------------------------------


@postgresql
def test_t10_a_grant_waits_for_the_gate_that_looked_at_the_charter(
    company: Engine, company_url: str, first: Database
) -> None:
    document = {**json.loads(load_shipped("pme-light").body), "id": "chartered"}
    document["transitions"][0].update(guards=["charter_acknowledged"], evidence=[])
    company.register_workflow(build(document), by="htallec")
    company.open_project("NEW", workflow="chartered", title="New", by="ebihan")
    company.charters.issue("NEW", by="kbenali")
    for login in company.charters.of("NEW").missing:
        company.charters.acknowledge("NEW", by=login)
    move: Call = ("move", ("NEW", "validate_need"), {"by": "kbenali"})
    grant: Call = ("grant_role", ("sponsor", "nroussel"), {"by": "htallec"})

    answer = interleaved(company, company_url, first, move, grant)

    order = [event for event, _ in log(company_url)[-2:]]
    assert (answer[:4], order, unbroken(company_url)) == ("done", ["project.moved", "role.granted"], True)


@postgresql
def test_t9_a_gate_that_waited_for_a_grant_sees_that_the_charter_is_outdated(
    company: Engine, company_url: str, first: Database
) -> None:
    document = {**json.loads(load_shipped("pme-light").body), "id": "chartered"}
    document["transitions"][0].update(guards=["charter_acknowledged"], evidence=[])
    company.register_workflow(build(document), by="htallec")
    company.open_project("NEW", workflow="chartered", title="New", by="ebihan")
    company.charters.issue("NEW", by="kbenali")
    for login in company.charters.of("NEW").missing:
        company.charters.acknowledge("NEW", by=login)
    move: Call = ("move", ("NEW", "validate_need"), {"by": "kbenali"})
    grant: Call = ("grant_role", ("sponsor", "nroussel"), {"by": "htallec"})

    answer = interleaved(company, company_url, first, grant, move)

    assert (answer, unbroken(company_url)) == ("charter_outdated", True)
