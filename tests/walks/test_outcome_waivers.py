"""One missing item of a gate, waived by a named authority until a date; never a role, a reason or separation."""

from __future__ import annotations

from typing import Any

import pytest
from tests.walks.company import codes, give
from tests.walks.outcomes import secured

from flowgov import BadInput, Engine, FixedClock, NotFound, Refused
from flowgov.testing import assert_refused, pass_gate, ready

UNTIL = "2026-03-31"


def almost(engine: Engine, *missing: str) -> None:
    """Everything the deployment asks for is on the table, but for some kinds of evidence."""
    secured(engine)
    for kind in engine.project("CRM").workflow.transitions["deploy"].evidence:
        if kind not in missing:
            engine.add_evidence("CRM", kind, by="jprigent", link=f"https://example.org/{kind}")
    engine.approve("CRM", "deploy", by="kbenali")


def waive(engine: Engine, name: str = "rollback_plan", *, by: str = "slegoff", **more: Any) -> None:
    given = {"item": "evidence", "until": UNTIL, "reason": "Nothing to roll back", **more}
    item, until, reason = given["item"], given["until"], given["reason"]
    engine.waivers.grant("CRM", "deploy", item, name, until=until, reason=reason, by=by)


def refused(engine: Engine, name: str = "rollback_plan", **more: Any) -> set[str]:
    with pytest.raises(Refused) as caught:
        waive(engine, name, **more)
    return codes(caught.value.decision)


def test_a_missing_piece_is_waived_by_who_may(engine: Engine) -> None:
    almost(engine, "rollback_plan")

    waive(engine)
    engine.move("CRM", "deploy", by="jprigent")

    seen = next(g for g in engine.history("CRM")[-1].facts["guards"] if g["n"] == "evidence")
    assert seen["relied"] == [{"scope": "prj", "kind": "waiver", "key": "W-01", "n": 1}]
    assert engine.verify().holds


def test_a_missing_approval_is_waived_by_who_may(engine: Engine) -> None:
    almost(engine)
    engine.withdraw_approval("CRM", "deploy", by="kbenali")

    waive(engine, "business_owner", item="approval")
    engine.move("CRM", "deploy", by="jprigent")

    assert engine.verify().holds


def test_it_spares_that_one_item_only(engine: Engine) -> None:
    almost(engine, "rollback_plan", "go_no_go")

    waive(engine)

    assert codes(engine.explain("CRM", "deploy", by="jprigent")) == {"evidence_missing"}


@pytest.mark.parametrize("by", ["kbenali", "jprigent", "htallec"])
def test_nobody_else_waives_not_even_an_administrator(engine: Engine, by: str) -> None:
    almost(engine, "rollback_plan")

    assert refused(engine, by=by) == {"role_missing"}
    assert engine.history("CRM")[-1].event == "entry.refused"


def test_where_the_definition_names_nobody_nothing_is_waived(engine: Engine) -> None:
    secured(engine)

    with pytest.raises(Refused) as caught:
        engine.waivers.grant("CRM", "review", "evidence", "benefits_check", until=UNTIL, reason="No", by="slegoff")

    assert codes(caught.value.decision) == {"not_waivable"}


def test_it_does_not_count_for_who_granted_it(engine: Engine) -> None:
    almost(engine, "rollback_plan")
    give(engine, "operations", "slegoff")
    waive(engine)

    assert_refused(engine, "CRM", "deploy", by="slegoff", codes={"evidence_missing", "waiver_of_mover"})
    assert engine.explain("CRM", "deploy", by="jprigent").allowed


def test_who_could_approve_does_not_waive_his_own_approval(engine: Engine) -> None:
    almost(engine)
    give(engine, "business_owner", "slegoff")

    assert refused(engine, "business_owner", item="approval") == {"own_waiver"}


def test_it_ends_with_its_date(engine: Engine, clock: FixedClock) -> None:
    almost(engine, "rollback_plan")
    waive(engine)
    clock.advance(days=90)

    assert_refused(engine, "CRM", "deploy", by="jprigent", codes={"evidence_missing"})


def test_it_is_ended_before(engine: Engine) -> None:
    almost(engine, "rollback_plan")
    waive(engine)

    engine.waivers.end("CRM", "W-01", reason="The plan is needed after all", by="slegoff")

    assert engine.waivers.of("CRM")[0].status == "ended"
    assert_refused(engine, "CRM", "deploy", by="jprigent", codes={"evidence_missing"})
    assert engine.verify().holds


@pytest.mark.parametrize("by", ["jprigent", "htallec"])
def test_only_who_may_waive_ends_it(engine: Engine, by: str) -> None:
    almost(engine, "rollback_plan")
    waive(engine)

    with pytest.raises(Refused) as caught:
        engine.waivers.end("CRM", "W-01", reason="No", by=by)

    assert codes(caught.value.decision) == {"role_missing"}


def test_it_is_ended_once(engine: Engine) -> None:
    almost(engine, "rollback_plan")
    waive(engine)
    engine.waivers.end("CRM", "W-01", reason="Over", by="slegoff")

    with pytest.raises(Refused) as caught:
        engine.waivers.end("CRM", "W-01", reason="Over", by="slegoff")

    assert codes(caught.value.decision) == {"waiver_ended"}


def test_rework_takes_it_away_with_its_cycle(engine: Engine) -> None:
    almost(engine, "rollback_plan")
    waive(engine)
    engine.move("CRM", "return_to_security", by="nroussel", reason="A new flaw")
    pass_gate(engine, "CRM", "confirm_secured", by="nroussel")

    decision = engine.explain("CRM", "deploy", by="jprigent")

    assert "rollback_plan" in {b.params.get("kind") for b in decision.blockers if b.code == "evidence_missing"}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"until": "2026-01-04"}, "waiver_over"),
        ({"until": "2027-01-07"}, "waiver_too_long"),
        ({"item": "role"}, "waiver_item"),
        ({"reason": ""}, "text_empty"),
    ],
)
def test_a_waiver_that_makes_no_sense_is_not_recorded(engine: Engine, more: dict[str, Any], reason: str) -> None:
    secured(engine)

    with pytest.raises(BadInput) as caught:
        waive(engine, **more)

    assert (caught.value.reason, engine.waivers.of("CRM")) == (reason, ())


@pytest.mark.parametrize(("item", "name"), [("evidence", "rollback_pln"), ("approval", "operations")])
def test_only_what_the_gate_asks_for_is_waived(engine: Engine, item: str, name: str) -> None:
    secured(engine)

    with pytest.raises(NotFound) as caught:
        waive(engine, name, item=item)

    assert caught.value.reason == "waiver_item"


def test_neither_role_nor_reason_nor_separation_can_be_waived(engine: Engine) -> None:
    secured(engine)
    ready(engine, "CRM", "deploy", by="jprigent")

    for name in ("role", "reason", "separation", "distinct_from"):
        with pytest.raises(NotFound):
            waive(engine, name)
