"""Risks: assessed by both sides, treated or accepted before a gate, and no way round it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from tests.walks.company import codes, give, holds, refused
from tests.walks.risky import assessed, designed, risky_crm

from flowgov import BadInput, Engine, FixedClock, NotFound
from flowgov.testing import assert_refused, pass_gate, ready

# --- recording --------------------------------------------------------------------------------------------------------


def test_a_risk_is_as_it_was_recorded(engine: Engine) -> None:
    risky_crm(engine)

    engine.risks.record(
        "CRM",
        title="Accounts taken over",
        kind="technical",
        gravity=3,
        likelihood=3,
        residual=(3, 1),
        measures=[("ykerbrat", "2026-05-15", "Second factor")],
        owner="kbenali",
        review="2026-09-01",
        description="Phishing",
        by="ykerbrat",
    )

    risk = engine.risks.one("CRM", "R-01")
    measure = risk.measures[0]
    assert (risk.title, risk.kind, risk.gravity, risk.likelihood, risk.residual) == (
        "Accounts taken over",
        "technical",
        3,
        3,
        (3, 1),
    )
    assert (risk.level, risk.high, risk.status, risk.owner, risk.review, risk.description) == (
        3,
        True,
        "open",
        "kbenali",
        "2026-09-01",
        "Phishing",
    )
    assert (measure.n, measure.text, measure.owner, measure.due, measure.done, measure.overdue) == (
        1,
        "Second factor",
        "ykerbrat",
        "2026-05-15",
        None,
        False,
    )
    assert holds(engine)


def test_who_speaks_for_a_side_has_confirmed_what_he_records(engine: Engine) -> None:
    risky_crm(engine)

    engine.risks.record("CRM", starter="ransomware", gravity=4, likelihood=2, by="nroussel")

    risk = engine.risks.one("CRM", "R-01")
    assert (risk.business, risk.technical and risk.technical.person, risk.starter) == (None, "nroussel", "ransomware")


def test_the_one_who_opened_the_project_may_record_a_risk_and_confirms_for_nobody(engine: Engine) -> None:
    risky_crm(engine)

    engine.risks.record("CRM", title="Nobody uses it", gravity=2, likelihood=2, by="ebihan")

    risk = engine.risks.one("CRM", "R-01")
    assert (risk.business, risk.technical) == (None, None)
    assert holds(engine)


def test_a_stranger_to_the_project_records_no_risk_administrators_included(engine: Engine) -> None:
    risky_crm(engine)

    met = refused(lambda: engine.risks.record("CRM", title="x", gravity=1, likelihood=1, by="htallec"))

    assert (met, engine.risks.of("CRM")) == ({"risk_no_role"}, ())


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"gravity": 5}, "off_the_scales"),
        ({"likelihood": 0}, "off_the_scales"),
        ({"residual": (4, 9)}, "off_the_scales"),
        ({"residual": (4, 4)}, "residual_worse"),
        ({"title": None}, "risk_incomplete"),
        ({"kind": "other"}, "no_choice"),
        ({"treatment": "hope"}, "no_choice"),
        ({"key": "r 1"}, "bad_entry_key"),
        ({"review": "soon"}, "bad_date"),
        ({"title": "x" * 121}, "text_too_long"),
        ({"measures": [("kbenali", "2026-05-01", "x")] * 21}, "too_many_measures"),
    ],
)
def test_wrong_input_is_told_and_nothing_is_recorded(engine: Engine, said: dict[str, Any], reason: str) -> None:
    risky_crm(engine)

    with pytest.raises(BadInput) as caught:
        engine.risks.record("CRM", **{"title": "x", "gravity": 2, "likelihood": 2, "by": "kbenali", **said})

    assert (caught.value.reason, engine.risks.of("CRM")) == (reason, ())


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"assets": ["A9"]}, "asset"),
        ({"owner": "nobody"}, "person"),
        ({"measures": [("nobody", "2026-05-01", "x")]}, "person"),
        ({"starter": "fire"}, "starter_risk"),
    ],
)
def test_what_is_not_there_is_told(engine: Engine, said: dict[str, Any], reason: str) -> None:
    risky_crm(engine)

    with pytest.raises(NotFound) as caught:
        engine.risks.record("CRM", **{"title": "x", "gravity": 2, "likelihood": 2, "by": "kbenali", **said})

    assert caught.value.reason == reason


def test_a_key_is_taken_once(engine: Engine) -> None:
    risky_crm(engine)
    engine.risks.record("CRM", title="x", key="R-06", gravity=1, likelihood=1, by="kbenali")

    with pytest.raises(BadInput) as caught:
        engine.risks.record("CRM", title="y", key="R-06", gravity=1, likelihood=1, by="kbenali")

    engine.risks.record("CRM", title="z", gravity=1, likelihood=1, by="kbenali")
    assert (caught.value.reason, [r.key for r in engine.risks.of("CRM")]) == ("risk_taken", ["R-06", "R-07"])


# --- high risks -------------------------------------------------------------------------------------------------------


def at_the_security_gate(engine: Engine, **risk: Any) -> None:
    """CRM before `confirm_secured`, with a risk both sides have confirmed as high."""
    risky_crm(engine)
    assessed(engine, 4, 3, **risk)
    designed(engine)


def test_a_high_risk_blocks(engine: Engine) -> None:
    at_the_security_gate(engine)

    blocker = next(b for b in engine.explain("CRM", "confirm_secured", by="nroussel").blockers if "risk" in b.code)

    assert (blocker.code, blocker.params, blocker.holders) == (
        "high_risk",
        {"risk": "R-01", "gravity": 4, "likelihood": 3},
        ("kbenali", "slegoff"),
    )


def test_an_overdue_measure_is_named(engine: Engine, clock: FixedClock) -> None:
    at_the_security_gate(engine, residual=(4, 2), measures=[("ykerbrat", "2026-11-15", "Hosted page")])
    clock.set(datetime(2026, 11, 17, 9, tzinfo=UTC))

    blocker = next(b for b in engine.explain("CRM", "confirm_secured", by="nroussel").blockers if "risk" in b.code)

    assert (blocker.code, blocker.params["person"], blocker.params["due"], blocker.params["measure"]) == (
        "high_risk_overdue",
        "ykerbrat",
        "2026-11-15",
        1,
    )


def test_a_measure_is_not_late_on_its_day(engine: Engine, clock: FixedClock) -> None:
    at_the_security_gate(engine, residual=(4, 2), measures=[("ykerbrat", "2026-11-15", "Hosted page")])
    clock.set(datetime(2026, 11, 15, 23, 59, tzinfo=UTC))

    assert "high_risk" in codes(engine.explain("CRM", "confirm_secured", by="nroussel"))


def test_residual_values_count_once_every_measure_is_done(engine: Engine) -> None:
    two = [("ykerbrat", "2026-02-01", "One"), ("kbenali", "2026-02-01", "Two")]
    at_the_security_gate(engine, residual=(4, 2), measures=two)

    engine.risks.measure_done("CRM", "R-01", 1, by="ykerbrat")
    after_one = engine.risks.one("CRM", "R-01").high
    engine.risks.measure_done("CRM", "R-01", by="kbenali")
    pass_gate(engine, "CRM", "confirm_secured", by="nroussel")

    assert (after_one, engine.risks.one("CRM", "R-01").high) == (True, False)
    assert holds(engine)


def test_lower_values_do_not_count_until_both_sides_have_confirmed_them(engine: Engine) -> None:
    at_the_security_gate(engine)

    engine.risks.change("CRM", "R-01", gravity=1, likelihood=1, by="ykerbrat")
    alone = codes(engine.explain("CRM", "confirm_secured", by="nroussel"))
    engine.risks.confirm("CRM", "R-01", by="kbenali")
    together = codes(engine.explain("CRM", "confirm_secured", by="nroussel"))

    assert ("high_risk" in alone, "high_risk" in together) == (True, False)
    assert holds(engine)


def test_dropping_the_measure_that_is_left_lowers_nothing(engine: Engine) -> None:
    two = [("ykerbrat", "2026-02-01", "One"), ("kbenali", "2026-02-01", "Two")]
    at_the_security_gate(engine, residual=(4, 2), measures=two)
    engine.risks.measure_done("CRM", "R-01", 1, by="ykerbrat")

    engine.risks.change("CRM", "R-01", measures=[], by="ykerbrat")

    risk = engine.risks.one("CRM", "R-01")
    assert (risk.high, [m.n for m in risk.measures]) == (True, [1])
    assert holds(engine)


def test_a_high_risk_cannot_be_closed_away(engine: Engine) -> None:
    at_the_security_gate(engine)

    assert refused(lambda: engine.risks.close("CRM", "R-01", reason="x", by="ykerbrat")) == {"risk_still_high"}


def test_nor_can_it_be_lowered_and_closed_by_one_side(engine: Engine) -> None:
    at_the_security_gate(engine)
    engine.risks.change("CRM", "R-01", gravity=1, likelihood=1, by="ykerbrat")

    assert refused(lambda: engine.risks.close("CRM", "R-01", reason="x", by="ykerbrat")) == {"risk_still_high"}


def test_an_accepted_risk_lets_pass_until_the_acceptance_expires(engine: Engine, clock: FixedClock) -> None:
    at_the_security_gate(engine)
    engine.risks.accept("CRM", "R-01", until="2026-02-28", reason="Replaced in March", by="kbenali")
    accepted = codes(engine.explain("CRM", "confirm_secured", by="nroussel"))
    clock.set(datetime(2026, 3, 1, tzinfo=UTC))

    blocker = next(b for b in engine.explain("CRM", "confirm_secured", by="nroussel").blockers if "risk" in b.code)

    assert ("high_risk" in accepted, blocker.code, blocker.params["until"]) == (
        False,
        "high_risk_expired",
        "2026-03-01",
    )


@pytest.mark.parametrize("by", ["ykerbrat", "nroussel", "jprigent", "htallec", "ebihan"])
def test_only_the_business_accepts(engine: Engine, by: str) -> None:
    at_the_security_gate(engine)

    assert refused(lambda: engine.risks.accept("CRM", "R-01", until="2026-02-28", by=by)) == {"role_missing"}


def test_where_there_is_a_risk_owner_only_he_accepts(engine: Engine) -> None:
    import json

    from tests.walks import risky

    roles = json.loads(risky.definition().body)["roles"]
    risky_crm(engine, roles=[*roles, {"id": "risk_owner", "en": "Risk owner", "fr": "Propriétaire", "acts": True}])
    give(engine, "risk_owner", "slegoff")
    assessed(engine, 4, 4)

    met = refused(lambda: engine.risks.accept("CRM", "R-01", until="2026-02-28", by="kbenali"))
    engine.risks.accept("CRM", "R-01", until="2026-02-28", by="slegoff")

    acceptance = engine.risks.one("CRM", "R-01").acceptance
    assert (met, acceptance and acceptance.role) == ({"role_missing"}, "risk_owner")
    assert holds(engine)


@pytest.mark.parametrize(
    ("until", "reason"), [("2026-01-04", "acceptance_past"), ("2027-02-01", "acceptance_too_long")]
)
def test_an_acceptance_ends_on_a_day_that_is_to_come_and_not_too_far(engine: Engine, until: str, reason: str) -> None:
    risky_crm(engine)
    assessed(engine)

    with pytest.raises(BadInput) as caught:
        engine.risks.accept("CRM", "R-01", until=until, by="kbenali")

    assert caught.value.reason == reason


def test_what_both_sides_do_not_see_alike_is_not_accepted(engine: Engine) -> None:
    risky_crm(engine)
    engine.risks.record("CRM", title="x", gravity=4, likelihood=4, by="kbenali")

    assert refused(lambda: engine.risks.accept("CRM", "R-01", until="2026-02-28", by="kbenali")) == {"risk_not_agreed"}


def test_an_acceptance_ends_with_the_values_it_was_made_on_and_can_be_withdrawn(engine: Engine) -> None:
    risky_crm(engine)
    for _ in range(2):
        assessed(engine, 4, 4)
    for key in ("R-01", "R-02"):
        engine.risks.accept("CRM", key, until="2026-02-28", by="kbenali")

    engine.risks.change("CRM", "R-01", gravity=3, by="kbenali")
    engine.risks.withdraw_acceptance("CRM", "R-02", by="slegoff")

    assert [risk.acceptance for risk in engine.risks.of("CRM")] == [None, None]
    assert refused(lambda: engine.risks.withdraw_acceptance("CRM", "R-02", by="slegoff")) == {"risk_not_accepted"}
    assert holds(engine)


# --- measures, closing ------------------------------------------------------------------------------------------------


def test_a_measure_is_done_by_its_owner_without_any_role(engine: Engine) -> None:
    risky_crm(engine)
    assessed(engine, measures=[("ebihan", "2026-02-01", "One")])

    engine.risks.measure_done("CRM", "R-01", on="2026-01-05", by="ebihan")

    assert engine.risks.one("CRM", "R-01").measures[0].done == "2026-01-05"
    assert holds(engine)


def test_a_measure_is_not_done_by_somebody_else_without_a_role(engine: Engine) -> None:
    risky_crm(engine)
    assessed(engine, measures=[("ykerbrat", "2026-02-01", "One")])

    assert refused(lambda: engine.risks.measure_done("CRM", "R-01", by="htallec")) == {"measure_not_yours"}


def test_a_measure_is_done_once_and_not_tomorrow(engine: Engine) -> None:
    risky_crm(engine)
    assessed(engine, measures=[("ykerbrat", "2026-02-01", "One")])

    with pytest.raises(BadInput) as caught:
        engine.risks.measure_done("CRM", "R-01", on="2026-01-06", by="ykerbrat")
    engine.risks.measure_done("CRM", "R-01", by="ykerbrat")

    assert caught.value.reason == "day_to_come"
    assert refused(lambda: engine.risks.measure_done("CRM", "R-01", 1, by="ykerbrat")) == {"measure_done_already"}


def test_a_closed_risk_stays_as_it_is_until_it_is_reopened(engine: Engine) -> None:
    risky_crm(engine)
    assessed(engine)
    engine.risks.close("CRM", "R-01", reason="Gone", by="kbenali")

    met = [
        refused(lambda: engine.risks.change("CRM", "R-01", gravity=1, by="kbenali")),
        refused(lambda: engine.risks.confirm("CRM", "R-01", by="nroussel")),
        refused(lambda: engine.risks.accept("CRM", "R-01", until="2026-02-01", by="kbenali")),
        refused(lambda: engine.risks.close("CRM", "R-01", reason="x", by="kbenali")),
    ]
    engine.risks.reopen("CRM", "R-01", reason="Back", by="kbenali")

    risk = engine.risks.one("CRM", "R-01")
    assert (met, risk.status, risk.agreed) == ([{"risk_closed"}] * 4, "open", False)
    assert refused(lambda: engine.risks.reopen("CRM", "R-01", reason="x", by="kbenali")) == {"risk_open"}
    assert holds(engine)


def test_a_closed_project_changes_no_more(engine: Engine) -> None:
    risky_crm(engine)
    assessed(engine)
    engine.move("CRM", "cancel", by="slegoff", reason="No budget")

    met = refused(lambda: engine.risks.change("CRM", "R-01", gravity=1, by="kbenali"))

    assert met == {"project_closed"}


def test_an_approval_of_other_risks_no_longer_counts(engine: Engine) -> None:
    risky_crm(engine)
    assessed(engine)
    pass_gate(engine, "CRM", "validate_need", by="kbenali")
    ready(engine, "CRM", "approve_design", by="ykerbrat")

    engine.risks.record("CRM", title="New", gravity=4, likelihood=4, by="ykerbrat")

    assert_refused(
        engine,
        "CRM",
        "approve_design",
        by="ykerbrat",
        codes={"approval_stale", "approval_missing", "risk_unconfirmed_business"},
    )


# --- the matrix -------------------------------------------------------------------------------------------------------


def test_the_grid_shows_open_risks_where_they_were_assessed(engine: Engine) -> None:
    risky_crm(engine)
    assessed(engine, 4, 3)
    assessed(engine, 3, 2)
    engine.risks.close("CRM", "R-02", reason="Gone", by="kbenali")

    grid = engine.risks.matrix("CRM")

    assert (grid.cells[3][2], grid.cells[2][1], grid.levels[3][2], grid.high_from) == (("R-01",), (), 3, 3)


def test_a_workflow_has_its_own_matrix(engine: Engine) -> None:
    risky_crm(engine, risks={"levels": [[1, 2], [2, 5]], "high_from": 5, "acceptance_days": 10})
    key = assessed(engine, 2, 2)

    risk = engine.risks.one("CRM", key)

    with pytest.raises(BadInput):
        engine.risks.record("CRM", title="x", gravity=3, likelihood=1, by="kbenali")
    with pytest.raises(BadInput):
        engine.risks.accept("CRM", key, until="2026-01-20", by="kbenali")
    assert (risk.level, risk.high, risk.matrix[:4]) == (5, True, "own@")
    assert holds(engine)


# --- inside a host's transaction --------------------------------------------------------------------------------------


@pytest.fixture
def host(url: str) -> Iterator[Database]:
    """A host's own engine on the same database."""
    database = create_engine(url)
    yield database
    database.dispose()


def test_a_risk_recorded_in_a_hosts_transaction_goes_with_it(engine: Engine, host: Database) -> None:
    risky_crm(engine)
    with Session(host) as session, session.begin() as transaction:
        engine.risks.record("CRM", title="x", gravity=1, likelihood=1, by="kbenali", session=session)
        transaction.rollback()

    assert engine.risks.of("CRM") == ()
    assert holds(engine)


def test_a_refusal_in_a_hosts_transaction_is_recorded_all_the_same(engine: Engine, host: Database) -> None:
    risky_crm(engine)
    assessed(engine)
    with Session(host) as session, session.begin():
        met = refused(lambda: engine.risks.confirm("CRM", "R-01", by="jprigent", session=session))

    last = engine.history("CRM")[-1]
    assert (met, last.event, last.facts["act"]) == ({"role_missing"}, "entry.refused", "confirm")
    assert holds(engine)


# --- in hosts' tests --------------------------------------------------------------------------------------------------


def test_a_host_that_makes_a_gate_ready_has_its_risks_reviewed(engine: Engine) -> None:
    risky_crm(engine)
    pass_gate(engine, "CRM", "validate_need", by="kbenali")

    pass_gate(engine, "CRM", "approve_design", by="ykerbrat")

    assert [(risk.level, risk.agreed) for risk in engine.risks.of("CRM")] == [(1, True)]


def test_but_a_high_risk_is_not_made_ready(engine: Engine) -> None:
    at_the_security_gate(engine)

    with pytest.raises(AssertionError, match="high_risk"):
        ready(engine, "CRM", "confirm_secured", by="nroussel")
