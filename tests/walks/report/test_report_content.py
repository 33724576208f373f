"""What the audit report says about a year whose story is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from io import StringIO
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from tests.walks.report import year

from flowgov import AuditBroken, Engine, FixedClock
from flowgov.report.audit import write

Written = Callable[..., str]


@pytest.fixture
def dialect() -> str:
    """One database is enough: `test_report_golden` shows that both give the same report."""
    return "sqlite"


@pytest.fixture
def report(written: Written) -> Any:
    """The report on the year, as data."""
    return json.loads(written("json"))


def column(rows: list[dict[str, Any]], key: str) -> list[Any]:
    """One column of a table."""
    return [row[key] for row in rows]


def test_the_cover_names_the_definitions_by_their_hash(report: Any) -> None:
    definition = report["tables"]["definitions"][0]

    assert (definition["workflow"], definition["sha256"]) == ("small@1.0.0", year.lifecycle().hash)


def test_the_cover_tells_when_and_by_what_it_was_made(report: Any) -> None:
    cover = report["cover"]

    made = (cover["organisation"], cover["period"], cover["produced_at"], cover["produced_by"])
    period = {"start": "2026-02-01", "until": "2026-06-30"}
    assert made == ("Maison Tallec SAS", period, "2026-07-01T08:30:00.000000Z", "flowgov 0.1.0")


def test_the_log_is_verified(report: Any, lived: Engine) -> None:
    verdict = lived.verify()

    said = report["integrity"]

    assert (said["verdict"], said["records"], said["gaps"]) == ("holds", verdict.records, 0)
    assert (said["organisation_head"], said["heads_digest"]) == (verdict.heads.organisation, verdict.heads.digest)


def test_opening_and_created_and_reopened_minus_closed_is_closing(report: Any) -> None:
    total = report["tables"]["reconciliation"][-1]

    assert {**total, "workflow": None} == {
        "workflow": None,
        "opening": 1,
        "created": 2,
        "reopened": 1,
        "closed": 1,
        "closing": 3,
    }


def test_a_project_that_was_over_before_the_period_is_not_of_its_population(report: Any) -> None:
    assert column(report["tables"]["projects"], "project") == ["CRM", "FIX", "LOST", "SHOP"]


def test_states_are_those_at_the_end_of_the_period(report: Any, lived: Engine) -> None:
    assert lived.project("LOST").state.id == "agreed"

    states = {row["project"]: row["state"]["id"] for row in report["tables"]["projects"]}

    assert states == {"CRM": "done", "FIX": "live", "LOST": "asked", "SHOP": "live"}


def test_every_gate_passed_in_the_period_is_in_the_register(report: Any) -> None:
    gates = [(row["project"], row["gate"]["id"]) for row in report["tables"]["gates"]]

    assert gates == [
        ("CRM", "ship"),
        ("SHOP", "agree"),
        ("SHOP", "ship"),
        ("CRM", "finish"),
        ("FIX", "agree"),
        ("FIX", "rush"),
    ]


def test_the_register_tells_who_in_which_role_with_which_consent(report: Any) -> None:
    shipped = report["tables"]["gates"][0]

    approvals = [(a["person"]["login"], a["role"]["id"], a["at"]) for a in shipped["approvals"]]
    assert (shipped["person"]["login"], shipped["role"]["id"]) == ("ykerbrat", "maker")
    assert approvals == [("kbenali", "owner", "2026-02-10T10:00:00.000000Z")]


def test_an_approval_given_before_the_period_is_told_with_its_time(written: Written) -> None:
    shipped = json.loads(written("json", start=date(2026, 2, 11)))["tables"]["gates"][0]

    assert [approval["at"] for approval in shipped["approvals"]] == ["2026-02-10T10:00:00.000000Z"]


def test_the_register_names_the_evidence_by_its_hash(report: Any, lived: Engine) -> None:
    agreed = report["tables"]["gates"][1]

    pieces = [(piece["kind"]["id"], piece["sha256"]) for piece in agreed["evidence"]]

    assert pieces == [("need", lived.evidence("SHOP")[0].sha256)]


def test_the_register_counts_the_days_before_the_period_too(report: Any) -> None:
    assert column(report["tables"]["gates"], "days") == [37.2, 0.0, 1.0, 67.9, 0.0, 0.0]


def test_a_departure_names_the_exception_it_relied_on(report: Any) -> None:
    shipped = report["tables"]["gates"][2]

    departures = [(d["rule"], d["exception"]) for d in shipped["departure"]]
    assert departures == [("distinct_from", "EX-0019"), ("one_person_once", "EX-0019")]


def test_a_record_can_be_found_from_its_line(report: Any, lived: Engine) -> None:
    line = report["tables"]["gates"][0]

    record = lived.history("CRM")[line["record"]["seq"] - 1]

    assert (record.event, record.hash) == ("project.moved", line["record"]["hash"])


def test_refused_attempts_tell_every_blocker(report: Any) -> None:
    refused = [
        (row["project"], row["attempt"], [blocker["code"] for blocker in row["blockers"]])
        for row in report["tables"]["refused"]
    ]

    assert refused == [
        (
            "CRM",
            "project.move_refused",
            ["role_missing", "same_author", "approval_missing", "evidence_missing"],
        ),
        (None, "role.grant", ["not_administrator", "self_grant"]),
        (None, "workflow.register", ["not_administrator"]),
        ("LOST", "project.move_refused", ["reason_missing"]),
    ]


def test_an_exception_that_ended_in_the_period_is_listed_as_expired(report: Any) -> None:
    exception = report["tables"]["exceptions"][0]

    assert (exception["exception"], exception["condition"], exception["used"]) == ("EX-0019", "expired", 2)


def test_an_exception_was_active_at_the_end_of_a_period_that_it_outlasts(written: Written) -> None:
    report = json.loads(written("json", until=date(2026, 4, 30)))

    assert report["tables"]["exceptions"][0]["condition"] == "active"


def test_breaking_glass_is_listed_among_the_departures(report: Any) -> None:
    passages = [(row["project"], row["gate"]["id"]) for row in report["tables"]["departures"]]

    assert passages == [("SHOP", "ship"), ("FIX", "rush")]


def test_the_role_matrix_has_dates(report: Any) -> None:
    held = {
        (row["project"], row["role"]["id"], row["person"]["login"]): (row["until"], row["at_end"])
        for row in report["tables"]["roles"]
    }

    assert held["LOST", "maker", "ykerbrat"] == ("2026-04-20T14:00:00.000000Z", "not_held")
    assert held["SHOP", "owner", "ykerbrat"] == ("2026-05-01T00:00:00.000000Z", "not_held")
    assert held["everywhere", "administrator", "slegoff"] == (None, "held")


def test_a_role_revoked_after_the_period_was_held_in_it(written: Written) -> None:
    report = json.loads(written("json", until=date(2026, 3, 31)))

    held = {(row["project"], row["role"]["id"]): row["at_end"] for row in report["tables"]["roles"]}

    assert held["LOST", "maker"] == "held"


def test_every_chain_head_is_told(report: Any, lived: Engine) -> None:
    last = lived.history("SHOP")[-1]

    heads = {row["chain"]: (row["records"], row["head"]) for row in report["tables"]["heads"]}

    assert heads["SHOP"] == (last.seq, last.hash)


def test_a_period_that_is_not_over_says_so(written: Written) -> None:
    report = json.loads(written("json", until=date(2026, 12, 31)))

    assert report["cover"]["standing_at"] == "so_far"


def test_a_period_before_the_log_began_is_empty(written: Written) -> None:
    report = json.loads(written("json", start=date(2020, 1, 1), until=date(2020, 12, 31)))

    assert (report["tables"]["projects"], report["tables"]["gates"]) == ([], [])


def test_a_long_period_is_drawn_by_year(written: Written) -> None:
    report = json.loads(written("json", start=date(2020, 1, 1)))

    months = column(report["tables"]["activity"], "month")
    assert months == ["2020", "2021", "2022", "2023", "2024", "2025", "2026"]


def test_a_log_that_does_not_hold_is_reported_as_such(lived: Engine, empty_url: str) -> None:
    _sql(empty_url, "UPDATE flowgov_project SET state = 'asked' WHERE key = 'CRM'")
    stream = StringIO()

    verdict = write(lived, start=year.START, until=year.UNTIL, format="md", stream=stream)

    assert not verdict.holds
    assert "The audit log does not hold" in stream.getvalue()


def test_a_log_that_cannot_be_replayed_is_named_as_broken(lived: Engine, empty_url: str) -> None:
    _sql(
        empty_url,
        "INSERT INTO flowgov_record (stream, seq, body, event, outcome, actor, ts)"
        " SELECT 'prj:nobody', 1, body, 'project.moved', 'applied', actor, ts"
        " FROM flowgov_record WHERE event = 'project.moved' ORDER BY id LIMIT 1",
    )

    with pytest.raises(AuditBroken) as broken:
        write(lived, start=year.START, until=year.UNTIL, format="md", stream=StringIO())

    assert broken.value.reason == "verify"


def _sql(url: str, statement: str) -> None:
    """Change the database behind flowgov's back."""
    database = create_engine(url)
    with database.begin() as connection:
        connection.execute(text(statement))
    database.dispose()


def test_what_was_granted_on_a_project_that_the_clock_says_is_not_yet_open_is_left_out(
    engine: Engine, clock: FixedClock
) -> None:
    clock.advance(days=10)
    engine.open_project("CRM", workflow="standard", title="CRM", by="ebihan")
    clock.advance(days=-5)
    engine.grant_role("sponsor", "kbenali", project="CRM", by="htallec")
    terms = {"reason": "Few people", "compensating": "Review", "until": "2026-01-20"}
    engine.add_exception("CRM", rules=["procedure"], person="kbenali", **terms, by="htallec")
    told = StringIO()

    write(engine, start=date(2026, 1, 1), until=date(2026, 1, 12), format="json", stream=told)

    tables = json.loads(told.getvalue())["tables"]
    assert (column(tables["roles"], "project"), tables["exceptions"]) == (["everywhere"] * 2, [])
