"""The joint assessment: two sides, two persons, the same values, in this cycle; and no way round it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.walks.company import codes, give, holds, refused
from tests.walks.risky import assessed, designed, risky_crm

from flowgov import BadInput, Conflict, Engine, FixedClock, Refused
from flowgov.testing import pass_gate, ready


def test_both_sides_confirm_the_same_values(engine: Engine) -> None:
    risky_crm(engine)
    key = assessed(engine)

    risk = engine.risks.one("CRM", key)

    assert (risk.agreed, risk.business and risk.business.person, risk.technical and risk.technical.person) == (
        True,
        "kbenali",
        "ykerbrat",
    )


def test_other_values_drop_both_confirmations(engine: Engine) -> None:
    risky_crm(engine)
    key = assessed(engine)

    engine.risks.change("CRM", key, gravity=2, by="ebihan")

    risk = engine.risks.one("CRM", key)
    assert (risk.business, risk.technical, risk.residual) == (None, None, (2, 2))
    assert holds(engine)


def test_a_design_is_not_approved_without_risks(engine: Engine) -> None:
    risky_crm(engine)
    pass_gate(engine, "CRM", "validate_need", by="kbenali")

    met = codes(engine.explain("CRM", "approve_design", by="ykerbrat"))

    assert "risk_none" in met


def test_each_side_that_has_not_confirmed_is_told_with_its_risks(engine: Engine) -> None:
    risky_crm(engine)
    pass_gate(engine, "CRM", "validate_need", by="kbenali")
    engine.risks.record("CRM", title="x", gravity=1, likelihood=1, by="kbenali")
    engine.risks.record("CRM", title="y", gravity=1, likelihood=1, by="nroussel")

    found = {b.code: b for b in engine.explain("CRM", "approve_design", by="ykerbrat").blockers}

    business, technical = found["risk_unconfirmed_business"], found["risk_unconfirmed_technical"]
    assert (business.params["risks"], technical.params["risks"]) == (["R-02"], ["R-01"])
    assert technical.command == "flowgov risk confirm CRM R-01 --as ykerbrat"


def test_once_both_confirmed_the_design_can_be_approved_and_the_record_names_the_risks(engine: Engine) -> None:
    risky_crm(engine)
    assessed(engine)
    designed(engine)

    guards = {g["n"]: g for g in engine.history("CRM")[-1].facts["guards"]}

    seen = guards["joint_risk_review"]
    assert seen["relied"] == [{"scope": "prj", "kind": "risk", "key": "R-01", "n": 2}]
    assert seen["values"]["matrix"].startswith("4x4@")
    assert holds(engine)


def test_confirmations_of_an_earlier_cycle_do_not_count(engine: Engine) -> None:
    risky_crm(engine)
    assessed(engine)
    designed(engine)
    engine.move("CRM", "return_to_design", by="ykerbrat", reason="Again")

    met = codes(engine.explain("CRM", "approve_design", by="ykerbrat"))

    assert {"risk_unconfirmed_business", "risk_unconfirmed_technical"} <= met


def test_all_that_waits_is_confirmed_at_once(engine: Engine) -> None:
    risky_crm(engine)
    for name in ("ransomware", "single_person", "data_migration"):
        engine.risks.record("CRM", starter=name, gravity=2, likelihood=2, by="kbenali")

    engine.risks.confirm("CRM", by="ykerbrat")

    assert [risk.agreed for risk in engine.risks.of("CRM")] == [True, True, True]
    assert refused(lambda: engine.risks.confirm("CRM", by="ykerbrat")) == {"risk_nothing_to_confirm"}


def test_who_speaks_for_no_side_confirms_nothing(engine: Engine) -> None:
    risky_crm(engine)
    engine.risks.record("CRM", title="x", gravity=1, likelihood=1, by="kbenali")

    met = [refused(lambda who=who: engine.risks.confirm("CRM", "R-01", by=who)) for who in ("jprigent", "htallec")]

    assert met == [{"role_missing"}, {"role_missing"}]


def test_the_business_does_not_confirm_for_the_technical_side(engine: Engine) -> None:
    risky_crm(engine)
    engine.risks.record("CRM", title="x", gravity=1, likelihood=1, by="ykerbrat")

    assert refused(lambda: engine.risks.confirm("CRM", "R-01", by="kbenali", side="technical")) == {"role_missing"}


def test_a_side_that_confirmed_does_not_confirm_twice(engine: Engine) -> None:
    risky_crm(engine)
    key = assessed(engine)

    assert refused(lambda: engine.risks.confirm("CRM", key, by="ykerbrat")) == {"risk_confirmed_already"}


def test_only_what_was_seen_is_confirmed(engine: Engine) -> None:
    risky_crm(engine)
    engine.risks.record("CRM", title="x", gravity=1, likelihood=1, by="kbenali")
    engine.risks.change("CRM", "R-01", gravity=2, by="kbenali")

    with pytest.raises(Conflict):
        engine.risks.confirm("CRM", "R-01", by="ykerbrat", expect=1)

    assert engine.risks.one("CRM", "R-01").technical is None


@pytest.mark.parametrize("separation", ["exception", "block"])
def test_one_person_does_not_confirm_for_both_sides(engine: Engine, separation: str) -> None:
    risky_crm(engine, separation)
    give(engine, "technical_owner", "kbenali")
    engine.risks.record("CRM", title="x", gravity=1, likelihood=1, by="kbenali")

    met = refused(lambda: engine.risks.confirm("CRM", "R-01", by="kbenali", side="technical"))

    assert met == {"risk_one_person"}


def lent(engine: Engine, separation: str = "exception") -> None:
    """kbenali speaks for both sides, and lends the technical role to jprigent, who speaks for none himself."""
    risky_crm(engine, separation)
    give(engine, "technical_owner", "kbenali")
    engine.delegate_role("technical_owner", "jprigent", project="CRM", until="2026-03-01", by="kbenali")


def permit(engine: Engine, person: str) -> str:
    terms = {"reason": "Two people left", "compensating": "Monthly review", "until": "2026-02-28", "by": "htallec"}
    return engine.add_exception("CRM", rules=["one_person_once"], person=person, **terms).subject


@pytest.mark.parametrize("separation", ["exception", "block"])
def test_rule_8_who_confirms_for_somebody_is_no_second_person(engine: Engine, separation: str) -> None:
    lent(engine, separation)
    engine.risks.record("CRM", title="x", gravity=1, likelihood=1, by="kbenali")

    with pytest.raises(Refused) as caught:
        engine.risks.confirm("CRM", "R-01", by="jprigent")

    blocker = caught.value.decision.blockers[0]
    assert (blocker.code, blocker.params["person"], blocker.params["other"], blocker.holders) == (
        "risk_delegate_once",
        "jprigent",
        "kbenali",
        ("ykerbrat", "nroussel"),
    )
    assert holds(engine)


def test_rule_8_nor_is_who_confirms_after_somebody_did_so_for_him(engine: Engine) -> None:
    lent(engine)
    engine.risks.record("CRM", title="x", gravity=1, likelihood=1, by="jprigent")

    given = engine.risks.one("CRM", "R-01").technical

    assert given is not None
    assert (given.person, given.delegator) == ("jprigent", "kbenali")
    assert refused(lambda: engine.risks.confirm("CRM", "R-01", by="kbenali", side="business")) == {"risk_delegate_once"}


def test_rule_8_two_who_act_for_one_are_one(engine: Engine) -> None:
    lent(engine)
    engine.delegate_role("business_owner", "ebihan", project="CRM", until="2026-03-01", by="kbenali")
    engine.risks.record("CRM", title="x", gravity=1, likelihood=1, by="jprigent")

    assert refused(lambda: engine.risks.confirm("CRM", "R-01", by="ebihan")) == {"risk_delegate_once"}


def test_who_confirms_for_somebody_is_a_second_person_to_everybody_else(engine: Engine) -> None:
    lent(engine)
    engine.risks.record("CRM", title="x", gravity=1, likelihood=1, by="slegoff")
    engine.risks.confirm("CRM", "R-01", by="jprigent")
    pass_gate(engine, "CRM", "validate_need", by="kbenali")

    assert engine.risks.one("CRM", "R-01").agreed
    assert pass_gate(engine, "CRM", "approve_design", by="ykerbrat").target == "technically_designed"
    assert holds(engine)


def test_rule_8_at_the_gate_each_of_the_two_needs_a_permission(engine: Engine) -> None:
    lent(engine)
    pass_gate(engine, "CRM", "validate_need", by="kbenali")
    first = permit(engine, "jprigent")
    engine.risks.record("CRM", title="x", gravity=1, likelihood=1, by="kbenali")
    engine.risks.confirm("CRM", "R-01", by="jprigent")

    assert "risk_delegate_once" in codes(engine.explain("CRM", "approve_design", by="ykerbrat"))

    second = permit(engine, "kbenali")
    receipt = pass_gate(engine, "CRM", "approve_design", by="ykerbrat")

    assert {*receipt.exceptions} == {first, second}
    assert holds(engine)


def test_rule_8_in_warn_mode_both_are_named(engine: Engine) -> None:
    lent(engine, "warn")
    pass_gate(engine, "CRM", "validate_need", by="kbenali")
    engine.risks.record("CRM", title="x", gravity=1, likelihood=1, by="kbenali")
    engine.risks.confirm("CRM", "R-01", by="jprigent")

    receipt = pass_gate(engine, "CRM", "approve_design", by="ykerbrat")

    assert receipt.warnings.count("one_person_once") == 2
    assert holds(engine)


def scanned(engine: Engine, *roles: str) -> None:
    """scanner, a program, holds *roles* on CRM."""
    risky_crm(engine)
    engine.add_person("scanner", name="Vulnerability scanner", service=True, by="htallec")
    for role in roles:
        give(engine, role, "scanner")


def test_rule_12_a_program_records_risks_and_confirms_none(engine: Engine) -> None:
    scanned(engine, "technical_owner")

    engine.risks.record("CRM", title="An open port", gravity=1, likelihood=1, by="scanner")
    engine.risks.change("CRM", "R-01", likelihood=2, by="scanner")

    assert engine.risks.one("CRM", "R-01").technical is None
    assert refused(lambda: engine.risks.confirm("CRM", "R-01", by="scanner")) == {"service_approves"}
    assert holds(engine)


def test_rule_12_a_program_accepts_no_risk(engine: Engine) -> None:
    scanned(engine, "business_owner")
    key = assessed(engine)

    assert refused(lambda: engine.risks.accept("CRM", key, until="2026-06-30", by="scanner")) == {"service_approves"}
    assert holds(engine)


def test_an_exception_lets_one_person_confirm_for_both_and_is_named_in_every_record(engine: Engine) -> None:
    risky_crm(engine)
    pass_gate(engine, "CRM", "validate_need", by="kbenali")
    give(engine, "technical_owner", "kbenali")
    exception = engine.add_exception(
        "CRM",
        rules=["one_person_once"],
        person="kbenali",
        until="2026-02-28",
        reason="Two people left",
        compensating="Monthly review",
        by="htallec",
    ).subject
    engine.risks.record("CRM", title="x", gravity=1, likelihood=1, by="kbenali")
    engine.risks.confirm("CRM", "R-01", by="kbenali")
    ready(engine, "CRM", "approve_design", by="ykerbrat")

    receipt = engine.move("CRM", "approve_design", by="ykerbrat")

    risk = engine.risks.one("CRM", "R-01")
    assert (risk.technical and risk.technical.exception, receipt.exceptions) == (exception, (exception,))
    assert holds(engine)


def test_the_exception_must_still_be_in_force_at_the_gate(engine: Engine, clock: FixedClock) -> None:
    risky_crm(engine)
    pass_gate(engine, "CRM", "validate_need", by="kbenali")
    give(engine, "technical_owner", "kbenali")
    engine.add_exception(
        "CRM",
        rules=["one_person_once"],
        person="kbenali",
        until="2026-01-31",
        reason="r",
        compensating="c",
        by="htallec",
    )
    engine.risks.record("CRM", title="x", gravity=1, likelihood=1, by="kbenali")
    engine.risks.confirm("CRM", "R-01", by="kbenali")
    clock.set(datetime(2026, 2, 1, 9, tzinfo=UTC))

    met = codes(engine.explain("CRM", "approve_design", by="ykerbrat"))

    assert "risk_one_person" in met


def test_in_warn_mode_it_is_allowed_and_shown(engine: Engine) -> None:
    risky_crm(engine, "warn")
    pass_gate(engine, "CRM", "validate_need", by="kbenali")
    give(engine, "technical_owner", "kbenali")
    engine.risks.record("CRM", title="x", gravity=1, likelihood=1, by="kbenali")
    engine.risks.confirm("CRM", "R-01", by="kbenali")
    ready(engine, "CRM", "approve_design", by="ykerbrat")

    receipt = engine.move("CRM", "approve_design", by="ykerbrat")

    assert receipt.warnings == ("one_person_once",)
    assert holds(engine)


def test_without_sides_in_the_definition_nobody_can_confirm(engine: Engine) -> None:
    risky_crm(engine, sides={})
    engine.risks.record("CRM", title="x", gravity=1, likelihood=1, by="kbenali")

    with pytest.raises(BadInput) as caught:
        engine.risks.confirm("CRM", "R-01", by="ykerbrat")

    assert caught.value.reason == "no_sides"
