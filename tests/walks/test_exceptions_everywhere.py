"""An exception for every project: what it permits, what it has to say for that, and no way to get it for less."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from tests.walks.closing import verified
from tests.walks.company import codes, give
from tests.walks.duties import at_work, by_sql, pass_before
from tests.walks.risky import risky_crm
from tests.walks.test_duties import permit, problems
from tests.walks.test_exemptions import on
from tests.walks.test_health import both_owners, flow_on

from flowgov import BadInput, Engine, FixedClock, Refused
from flowgov.report.audit import write
from flowgov.testing import assert_refused, pass_gate
from flowgov.testing import vault as vault_for

RULE = "validator_design"
TERMS: dict[str, Any] = {"project": None, "control": "second_reading", "reviewer": "slegoff", "every_days": 30}
"""What one for every project has to say besides."""


def everywhere(engine: Engine, rule: str = RULE, **other: Any) -> str:
    """An exception for kbenali on every project, which slegoff reviews every 30 days."""
    return permit(engine, rule, **{**TERMS, **other})


def another(engine: Engine, key: str = "VPN") -> None:
    """Another project of that lifecycle, whose need kbenali validated."""
    engine.open_project(key, workflow="duties", title=key, by="ebihan")
    for login in ("kbenali", "ykerbrat"):
        engine.grant_role("worker", login, project=key, by="htallec")
    engine.move(key, "express", by="ykerbrat")
    engine.move(key, "validate", by="kbenali")


@pytest.fixture
def two(engine: Engine) -> Engine:
    """CRM and VPN wait for their design, which kbenali may not approve: he validated the needs."""
    at_work(engine, "exception")
    pass_before(engine, "design", "kbenali")
    another(engine)
    return engine


# --- what it permits --------------------------------------------------------------------------------------------------


def test_it_permits_on_every_project(two: Engine) -> None:
    key = everywhere(two)

    receipts = [two.move(project, "design", by="kbenali") for project in ("CRM", "VPN")]

    assert ([r.exceptions for r in receipts], problems(two)) == ([(key,), (key,)], [])


def test_also_on_one_that_is_opened_later(two: Engine) -> None:
    key = everywhere(two)
    another(two, "ERP")

    assert (two.move("ERP", "design", by="kbenali").exceptions, problems(two)) == ((key,), [])


def test_one_for_a_project_permits_nothing_on_another(two: Engine) -> None:
    permit(two, RULE)

    assert_refused(two, "VPN", "design", by="kbenali", codes={"own_duty"})
    assert two.move("CRM", "design", by="kbenali").exceptions != ()


def test_it_permits_nobody_else_anything(two: Engine) -> None:
    everywhere(two, person="ykerbrat")

    assert_refused(two, "VPN", "design", by="kbenali", codes={"own_duty"})


def test_while_its_review_is_due_it_permits_nothing_anywhere(two: Engine, clock: FixedClock) -> None:
    key = everywhere(two)
    on(clock, 2, 5)

    for project in ("CRM", "VPN"):
        assert_refused(two, project, "design", by="kbenali", codes={"own_duty", "exception_not_operating"})

    two.exemptions.review(key, result="ok", by="slegoff")
    assert [two.move(p, "design", by="kbenali").exceptions for p in ("CRM", "VPN")] == [(key,), (key,)]
    assert problems(two) == []


def test_a_problem_found_on_one_project_stops_it_on_all(two: Engine) -> None:
    key = everywhere(two)
    two.move("CRM", "design", by="kbenali")
    two.exemptions.review(key, result="problem", note="Nobody read the design of CRM", by="slegoff")

    assert_refused(two, "VPN", "design", by="kbenali", codes={"own_duty", "exception_not_operating"})
    assert problems(two) == []


def test_once_ended_it_permits_nothing_anywhere(two: Engine) -> None:
    key = everywhere(two)
    two.move("CRM", "design", by="kbenali")
    two.exemptions.end(key, reason="A second designer joined", by="htallec")

    assert_refused(two, "VPN", "design", by="kbenali", codes={"own_duty"})
    assert problems(two) == []


def test_it_lets_one_person_confirm_a_risk_for_both_sides(engine: Engine) -> None:
    risky_crm(engine)
    pass_gate(engine, "CRM", "validate_need", by="kbenali")
    give(engine, "technical_owner", "kbenali")
    key = everywhere(engine, "one_person_once")
    engine.risks.record("CRM", title="x", gravity=1, likelihood=1, by="kbenali")
    engine.risks.confirm("CRM", "R-01", by="kbenali")

    technical = engine.risks.one("CRM", "R-01").technical
    assert (technical and technical.exception, problems(engine)) == (key, [])


# --- what it has to say -----------------------------------------------------------------------------------------------


def test_its_record_names_no_project(two: Engine) -> None:
    key = everywhere(two)

    (entry,) = two.log(event="exception.granted")
    assert (entry.facts["project"], two.exemptions.get(key).project) == (None, None)


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"control": None}, "everywhere_unreviewed"),
        ({"every_days": None}, "everywhere_unreviewed"),
        ({"reviewer": None}, "everywhere_unreviewed"),
        ({"reviewer": None, "every_days": None, "control": None}, "everywhere_unreviewed"),
        ({"until": "2026-02-03"}, "everywhere_review_too_late"),
        ({"every_days": 366}, "everywhere_review_too_late"),
        ({"every_days": 0}, "bad_every_days"),
        ({"every_days": 367}, "bad_every_days"),
        ({"control": ""}, "bad_control"),
        ({"control": "trust"}, "bad_control"),
        ({"reviewer": "kbenali"}, "own_review"),
        ({"compensating": " "}, "text_empty"),
        ({"until": "2027-02-01"}, "exception_too_long"),
    ],
)
def test_it_says_what_makes_up_for_it_and_who_reviews_that(two: Engine, terms: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadInput) as wrong:
        everywhere(two, **terms)

    assert (wrong.value.reason, two.exceptions()) == (reason, ())


def test_what_it_lacks_is_told_with_the_options_that_add_it(two: Engine) -> None:
    with pytest.raises(BadInput) as wrong:
        everywhere(two, control=None)

    assert all(option in str(wrong.value.hint()) for option in ("--control", "--every", "--reviewer"))


def test_a_first_review_on_its_last_day_is_in_time(two: Engine) -> None:
    key = everywhere(two, until="2026-02-04")

    assert (two.exemptions.get(key).due, problems(two)) == ("2026-02-04T09:00:00.000000Z", [])


def test_one_for_a_single_project_need_not_say_as_much(two: Engine) -> None:
    assert (two.exemptions.get(permit(two, RULE)).control, problems(two)) == (None, [])


@pytest.mark.parametrize(
    ("by", "told"), [("htallec", {"own_exception"}), ("ykerbrat", {"not_administrator"})], ids=["himself", "anybody"]
)
def test_nobody_gets_it_from_himself_or_from_who_is_no_administrator(two: Engine, by: str, told: set[str]) -> None:
    with pytest.raises(Refused) as refused:
        everywhere(two, person="htallec", by=by)

    assert (codes(refused.value.decision), two.exceptions(), problems(two)) == (told, (), [])


def test_nor_inside_a_hosts_own_transaction(two: Engine, url: str) -> None:
    host = create_engine(url)
    with Session(host) as session, pytest.raises(Refused):
        everywhere(two, person="htallec", session=session)
    host.dispose()

    assert two.exceptions() == ()


# --- where it is shown ------------------------------------------------------------------------------------------------


def test_a_project_has_its_own_exceptions_and_those_for_every_project(two: Engine) -> None:
    general, own = everywhere(two), permit(two, "procedure")

    found = {project: [e.key for e in two.exceptions(project=project)] for project in ("CRM", "VPN", "NONE")}
    assert found == {"CRM": [general, own], "VPN": [general], "NONE": []}


@pytest.mark.parametrize("over", ["ended", "expired"])
def test_but_not_those_that_were_over_when_it_was_opened(two: Engine, clock: FixedClock, over: str) -> None:
    key = everywhere(two)
    if over == "ended":
        two.exemptions.end(key, reason="A second designer joined", by="htallec")
    clock.set(datetime(2027, 1, 5, 9, tzinfo=UTC) if over == "expired" else datetime(2026, 1, 6, 9, tzinfo=UTC))
    another(two, "ERP")

    assert ([e.key for e in two.exceptions(project="CRM")], two.exceptions(project="ERP")) == ([key], ())


def test_its_end_and_its_review_are_the_organisations(two: Engine) -> None:
    key = everywhere(two)

    ours = [(d.kind, d.project, d.key, d.day, d.persons) for d in two.deadlines(within_days=400)]
    assert ours == [
        ("exception_review", None, key, "2026-02-04", ("slegoff",)),
        ("exception", None, key, "2026-12-31", ("kbenali",)),
    ]
    assert two.deadlines(within_days=400, project="CRM") == ()


def test_the_portfolios_agenda_has_its_review(two: Engine) -> None:
    key = everywhere(two)

    assert [(d.kind, d.key) for d in two.meetings.agenda("org").ending] == [("exception_review", key)]


def test_it_makes_two_hats_green_on_every_project(engine: Engine, clock: FixedClock) -> None:
    both_owners(flow_on(engine))
    engine.open_project("VPN", workflow="small", title="VPN", by="ebihan")
    for role in ("business_owner", "technical_owner", "sponsor"):
        engine.grant_role(role, "ykerbrat", project="VPN", by="htallec")
    key = everywhere(engine, "one_person_once", person="ykerbrat")
    green = {signal.roles.level for signal in (engine.health("CRM"), engine.health("VPN"))}

    on(clock, 2, 5)

    reasons = [engine.health(project).roles.reasons[0] for project in ("CRM", "VPN")]
    assert green == {"green"}
    assert [(r.code, r.params["exception"]) for r in reasons] == [("two_hats_idle", key)] * 2


def test_the_signals_of_one_project_are_those_of_all(engine: Engine, clock: FixedClock) -> None:
    both_owners(flow_on(engine))
    key = everywhere(engine, "one_person_once", person="ykerbrat")
    engine.exemptions.end(key, reason="Over", by="htallec")
    clock.advance(days=1)
    engine.open_project("VPN", workflow="small", title="VPN", by="ebihan")
    for role in ("business_owner", "technical_owner", "sponsor"):
        engine.grant_role(role, "ykerbrat", project="VPN", by="htallec")

    told = {project: engine.health(project).roles.reasons[0].code for project in ("CRM", "VPN")}
    assert told == {"CRM": "two_hats_idle", "VPN": "two_hats"}
    assert {p: found.roles.reasons[0].code for p, found in engine.healths().items()} == told


def test_the_report_lists_it_and_counts_how_often_it_was_relied_on(two: Engine, clock: FixedClock) -> None:
    key = everywhere(two)
    for project in ("CRM", "VPN"):
        two.move(project, "design", by="kbenali")
    on(clock, 1, 20)
    told = StringIO()

    write(two, start=date(2026, 1, 1), until=date(2026, 1, 15), format="json", stream=told)

    (row,) = json.loads(told.getvalue())["tables"]["exceptions"]
    assert (row["exception"], row["project"], row["used"]) == (key, "everywhere", 2)


@pytest.mark.parametrize("format_", ["html", "md", "csv"])
def test_it_does_so_on_paper_too(two: Engine, clock: FixedClock, format_: Any) -> None:
    key = everywhere(two)
    on(clock, 1, 20)
    told = StringIO()

    period = {"start": date(2026, 1, 1), "until": date(2026, 1, 15)}
    write(two, **period, format=format_, lang="fr", table="exceptions", stream=told)

    row = told.getvalue().partition(key)[2].partition("Karim Benali")[0]
    assert "partout" in row


# --- what stays, what goes --------------------------------------------------------------------------------------------


def test_its_texts_can_be_redacted(two: Engine) -> None:
    key = everywhere(two, risk="Karim could hide a mistake")
    for field in ("reason", "compensating", "risk"):
        two.redact(None, int(key.removeprefix("EX-")), field, reason="Names somebody", by="htallec")

    found = two.exemptions.get(key)
    assert ((found.reason, found.compensating, found.risk), problems(two)) == (("", "", ""), [])


def test_whom_it_was_for_can_be_erased(two: Engine) -> None:
    key = everywhere(two, person="jprigent")
    two.erase_person("jprigent", reason="Asked to be forgotten", by="htallec")

    assert (two.exemptions.get(key).person == "jprigent", problems(two)) == (False, [])


def test_the_archive_of_a_project_does_not_take_it_along(two: Engine, clock: FixedClock, tmp_path: Path) -> None:
    key = everywhere(two)
    two.move("CRM", "design", by="kbenali")
    gates = ("advise", "authorise", "accept_change", "deploy", "review")
    for number, gate in enumerate(gates):
        two.move("CRM", gate, by="kbenali" if number % 2 else "ykerbrat")
    on(clock, 1, 20)
    vault, closed = vault_for(two, tmp_path / "vault", by="htallec"), tmp_path / "2026.fgev"

    two.archive(closed, until="2026-01-10", reason="Closed", vault=vault, by="htallec")

    assert [project.key for project in two.projects() if project.archived] == ["CRM"]
    assert two.move("VPN", "design", by="kbenali").exceptions == (key,)
    two.checkpoint(vault)
    assert [verified(two, vault, *archives).holds for archives in ((), (closed,))] == [True, True]
    assert [e.key for e in two.exceptions(project="CRM")] == [key]


# --- who writes to the database ---------------------------------------------------------------------------------------


def test_one_widened_to_every_project_is_found_and_so_is_the_move_that_relies_on_it(two: Engine, url: str) -> None:
    key = permit(two, RULE)
    by_sql(url, "UPDATE flowgov_exception SET project_id = NULL WHERE key = :key", key=key)
    two.move("VPN", "design", by="kbenali")

    assert {(f.code, f.project) for f in two.verify().findings} == {("STATE_MISMATCH", None), ("RULE_VIOLATION", "VPN")}


def test_one_narrowed_to_a_project_is_found(two: Engine, url: str) -> None:
    key = everywhere(two)
    narrow = "UPDATE flowgov_exception SET project_id = (SELECT id FROM flowgov_project WHERE key = 'CRM')"
    by_sql(url, f"{narrow} WHERE key = :key", key=key)

    assert [f.code for f in two.verify().findings] == ["STATE_MISMATCH"]
