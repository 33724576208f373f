"""What the audit report tells of the outcomes of gates."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

from tests.walks.company import staffed_crm

from flowgov import Engine, FixedClock
from flowgov.report.audit import write


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
