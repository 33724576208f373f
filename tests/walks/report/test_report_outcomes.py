"""What the audit report tells of the outcomes of gates."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

from tests.walks.company import staffed_crm
from tests.walks.outcomes import secured, started

from flowgov import Condition, Engine, FixedClock
from flowgov.report.audit import write
from flowgov.testing import ready


def tables(engine: Engine) -> dict[str, Any]:
    """The tables of the report on January, as programs read them."""
    out = io.StringIO()
    write(engine, start=date(2026, 1, 1), until=date(2026, 1, 31), format="json", stream=out)
    found: dict[str, Any] = json.loads(out.getvalue())["tables"]
    return found


def test_what_was_recorded_after_it_had_happened_is_listed(engine: Engine, clock: FixedClock) -> None:
    staffed_crm(engine)
    engine.add_evidence("CRM", "need_statement", by="ebihan", link="https://example.org/n", occurred="2026-01-02")
    engine.add_evidence("CRM", "charter", by="ebihan", link="https://example.org/c")
    engine.approve("CRM", "validate_need", by="slegoff", occurred="2026-01-05T08:00:00+00:00")
    clock.advance(hours=1)

    rows = tables(engine)["backdated"]

    told = [(row["occurred_at"], row["deed"], row["object"]["id"], row["person"]["login"]) for row in rows]
    assert told == [
        ("2026-01-02", "evidence.added", "need_statement", "ebihan"),
        ("2026-01-05T08:00:00.000000Z", "approval.given", "validate_need", "slegoff"),
    ]


def test_time_on_hold_is_apart_from_lead_time(engine: Engine, clock: FixedClock) -> None:
    staffed_crm(engine)
    clock.advance(days=2)
    engine.move("CRM", "hold", by="kbenali", reason="Gel")
    clock.advance(days=5)

    row = tables(engine)["projects"][0]

    assert (row["lead_days"], row["hold_days"]) == (2.0, 5.0)


def test_waivers_stand_among_the_exceptions(engine: Engine, clock: FixedClock) -> None:
    secured(engine)
    for name, until in (("rollback_plan", "2026-01-10"), ("go_no_go", "2026-12-31"), ("deployment_plan", "2026-12-31")):
        given = {"until": until, "reason": "Nothing to roll back", "by": "slegoff"}
        engine.waivers.grant("CRM", "deploy", "evidence", name, **given)  # type: ignore[arg-type]  # spelt out above
    engine.waivers.end("CRM", "W-03", reason="Needed after all", by="slegoff")
    clock.advance(days=20)

    rows = tables(engine)["waivers"]

    told = [(row["waiver"], row["item"]["id"], row["condition"], row["granted_by"]["login"]) for row in rows]
    assert told == [
        ("W-01", "rollback_plan", "expired", "slegoff"),
        ("W-02", "go_no_go", "active", "slegoff"),
        ("W-03", "deployment_plan", "ended", "slegoff"),
    ]
    assert {row["reason"] for row in rows} == {"Nothing to roll back"}


def test_an_approval_with_a_reservation_says_so_and_conditions_are_listed(engine: Engine, clock: FixedClock) -> None:
    started(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")
    engine.withdraw_approval("CRM", "validate_need", by="slegoff")
    engine.approve("CRM", "validate_need", by="slegoff", reservation="The budget is tight")
    late = Condition("ykerbrat", "2026-01-10", "deploy", "Encrypt the export")
    open_ = Condition("nroussel", "2026-12-31", "deploy", "Test the restore")
    engine.move("CRM", "validate_need", by="kbenali", conditions=[late, open_])
    clock.advance(days=20)

    found = tables(engine)

    assert found["gates"][0]["approvals"][0]["reservation"] == "The budget is tight"
    told = [
        (row["condition_key"], row["wording"], row["owner"]["login"], row["condition"]) for row in found["conditions"]
    ]
    assert told == [
        ("C-01", "Encrypt the export", "ykerbrat", "late"),
        ("C-02", "Test the restore", "nroussel", "open"),
    ]


def test_what_was_redacted_is_told_as_removed(engine: Engine, clock: FixedClock) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")
    engine.withdraw_approval("CRM", "validate_need", by="slegoff")
    seq = engine.approve("CRM", "validate_need", by="slegoff", reservation="Mrs Martin is tight").seq
    engine.move("CRM", "validate_need", by="kbenali")
    engine.redact("CRM", seq, "reservation", reason="A name", by="htallec")
    clock.advance(hours=1)

    out = io.StringIO()
    write(engine, start=date(2026, 1, 1), until=date(2026, 1, 31), format="md", lang="fr", stream=out)

    assert "avec une réserve" in out.getvalue()
    assert "Martin" not in out.getvalue()
