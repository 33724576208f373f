"""Requirements answered by the business, and the statement on the impact assessment."""

from __future__ import annotations

import pytest
from tests.walks.company import codes, give, holds, refused
from tests.walks.risky import assessed, designed, risky_crm

from flowgov import BadInput, Engine, NotFound
from flowgov.testing import pass_gate


def reviewed(engine: Engine) -> None:
    """CRM before its review."""
    risky_crm(engine)
    assessed(engine)
    designed(engine)
    pass_gate(engine, "CRM", "confirm_secured", by="nroussel")
    pass_gate(engine, "CRM", "deploy", by="jprigent")


def test_a_review_wants_every_requirement_answered(engine: Engine) -> None:
    reviewed(engine)
    before = codes(engine.explain("CRM", "review", by="kbenali"))
    for title, priority in (("Export", "must"), ("Dark mode", "could")):
        engine.requirements.record("CRM", title, priority=priority, by="ebihan")
    unanswered = codes(engine.explain("CRM", "review", by="kbenali"))

    engine.requirements.accept("CRM", "Q-02", by="kbenali")
    engine.requirements.refuse("CRM", "Q-01", reason="Not delivered", by="kbenali")
    pass_gate(engine, "CRM", "review", by="kbenali")

    guards = {g["n"]: g for g in engine.history("CRM")[-1].facts["guards"]}
    assert ("requirement_none" in before, "requirement_open" in unanswered) == (True, True)
    assert guards["requirements_reviewed"]["warned"] == ["requirement_refused"]
    assert [(r.status, r.decided_by, r.reason) for r in engine.requirements.of("CRM")] == [
        ("refused", "kbenali", "Not delivered"),
        ("accepted", "kbenali", ""),
    ]
    assert holds(engine)


@pytest.mark.parametrize("by", ["ykerbrat", "jprigent", "htallec", "ebihan"])
def test_only_the_business_answers(engine: Engine, by: str) -> None:
    risky_crm(engine)
    engine.requirements.record("CRM", "Export", priority="must", by="kbenali")

    assert refused(lambda: engine.requirements.accept("CRM", "Q-01", by=by)) == {"role_missing"}


def test_a_stranger_records_no_requirement_and_wrong_input_is_told(engine: Engine) -> None:
    risky_crm(engine)

    assert refused(lambda: engine.requirements.record("CRM", "x", priority="must", by="htallec")) == {
        "requirement_no_role"
    }
    with pytest.raises(BadInput):
        engine.requirements.record("CRM", "x", priority="soon", by="kbenali")
    with pytest.raises(NotFound):
        engine.requirements.accept("CRM", "Q-09", by="kbenali")


def test_a_requirement_has_its_key_once_and_is_refused_for_a_reason(engine: Engine) -> None:
    risky_crm(engine)
    engine.requirements.record("CRM", "x", priority="must", key="Q-07", by="kbenali")

    with pytest.raises(BadInput) as taken:
        engine.requirements.record("CRM", "y", priority="must", key="Q-07", by="kbenali")
    with pytest.raises(BadInput) as silent:
        engine.requirements.refuse("CRM", "Q-07", reason=" ", by="kbenali")

    assert (taken.value.reason, silent.value.reason) == ("requirement_taken", "refusal_reason")


# --- impact assessment ------------------------------------------------------------------------------------------------


def test_personal_data_ask_for_a_statement_and_then_for_the_assessment(engine: Engine) -> None:
    risky_crm(engine, personal_data=True)
    give(engine, "dpo", "nroussel")
    assessed(engine)
    designed(engine)
    give(engine, "security_officer", "jprigent")

    seen = [{c for c in codes(engine.explain("CRM", "confirm_secured", by="nroussel")) if c.startswith("dpia")}]
    engine.dpia.record("CRM", required=True, by="nroussel")
    seen.append({c for c in codes(engine.explain("CRM", "confirm_secured", by="nroussel")) if c.startswith("dpia")})
    engine.dpia.record("CRM", required=True, done="2026-01-04", document="https://e.org/dpia", by="nroussel")
    seen.append({c for c in codes(engine.explain("CRM", "confirm_secured", by="nroussel")) if c.startswith("dpia")})

    stated = engine.dpia.of("CRM")
    assert seen == [{"dpia_unknown"}, {"dpia_missing"}, set()]
    assert stated is not None and (stated.document, stated.stated_by) == ("https://e.org/dpia", "nroussel")
    assert holds(engine)


def test_that_none_is_required_lets_pass_with_a_reason(engine: Engine) -> None:
    risky_crm(engine, personal_data=True)
    give(engine, "dpo", "nroussel")

    engine.dpia.record("CRM", required=False, reason="No criterion is met", by="nroussel")

    assert "dpia_unknown" not in codes(engine.explain("CRM", "confirm_secured", by="nroussel"))
    assert holds(engine)


@pytest.mark.parametrize("by", ["kbenali", "ykerbrat", "htallec", "ebihan"])
def test_where_there_is_a_data_protection_officer_nobody_else_states_it(engine: Engine, by: str) -> None:
    risky_crm(engine, personal_data=True)

    assert refused(lambda: engine.dpia.record("CRM", required=False, reason="x", by=by)) == {"role_missing"}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"required": False}, "dpia_reason"),
        ({"required": False, "reason": "x", "done": "2026-01-01", "document": "d"}, "dpia_not_required"),
        ({"required": True, "done": "2026-01-01"}, "dpia_document"),
        ({"required": True, "done": "2026-01-06", "document": "d"}, "day_to_come"),
    ],
)
def test_what_does_not_go_together_is_told(engine: Engine, said: dict[str, object], reason: str) -> None:
    risky_crm(engine, personal_data=True)
    give(engine, "dpo", "nroussel")

    with pytest.raises(BadInput) as caught:
        engine.dpia.record("CRM", by="nroussel", **said)  # type: ignore[arg-type]  # a table

    assert (caught.value.reason, engine.dpia.of("CRM")) == (reason, None)


def test_rule_12_a_program_records_requirements_and_answers_none(engine: Engine) -> None:
    risky_crm(engine)
    engine.add_person("tracker", name="Ticket tracker", service=True, by="htallec")
    give(engine, "business_owner", "tracker")
    give(engine, "dpo", "tracker")
    engine.requirements.record("CRM", "Export", priority="must", by="tracker")

    for answer in (
        lambda: engine.requirements.accept("CRM", "Q-01", by="tracker"),
        lambda: engine.requirements.refuse("CRM", "Q-01", reason="No", by="tracker"),
        lambda: engine.dpia.record("CRM", required=False, reason="No criterion is met", by="tracker"),
    ):
        assert refused(answer) == {"service_approves"}
    assert (engine.requirements.of("CRM")[0].status, engine.dpia.of("CRM")) == ("open", None)
    assert holds(engine)
