"""A risk made harmless behind the log's back, and a role or risk that changed between the check and the move."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import create_engine, text
from tests.walks.company import codes
from tests.walks.risky import assessed, designed, risky_crm

from flowgov import Engine, MoveRefused
from flowgov.testing import ready


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """The same database, without flowgov."""
    made = create_engine(url)
    yield made
    made.dispose()


@pytest.mark.parametrize(
    "changes",
    [
        {"gravity": 1, "likelihood": 1},
        {"status": "closed"},
        {"acceptance": {"p": "x", "role": "business_owner", "since": "", "until": "2999"}},
        {"level": 1},
    ],
)
def test_a_risk_lowered_in_the_table_is_found(engine: Engine, database: Database, changes: dict[str, object]) -> None:
    risky_crm(engine)
    assessed(engine, 4, 4)
    with database.begin() as connection:
        (facts,) = connection.execute(text("SELECT facts FROM flowgov_entry WHERE kind = 'risk'")).one()
        altered = json.dumps({**json.loads(facts), **changes})
        connection.execute(text("UPDATE flowgov_entry SET facts = :facts WHERE kind = 'risk'"), {"facts": altered})

    verdict = engine.verify()

    found = [(f.code, f.params.get("column")) for f in verdict.findings]
    assert ("STATE_MISMATCH", "facts") in found


def test_a_risk_taken_out_of_the_table_is_found_with_the_move_it_let_through(
    engine: Engine, database: Database
) -> None:
    risky_crm(engine)
    assessed(engine, 1, 1)
    designed(engine)
    engine.risks.record("CRM", title="High", gravity=4, likelihood=4, by="kbenali")
    with database.begin() as connection:
        connection.execute(text("DELETE FROM flowgov_entry WHERE key = 'R-02'"))
    ready(engine, "CRM", "confirm_secured", by="nroussel")
    engine.move("CRM", "confirm_secured", by="nroussel")

    abouts = {f.params.get("about") for f in engine.verify().findings}

    assert {"guard", "basis", "missing"} <= abouts


def test_a_risk_recorded_by_another_process_after_the_check_stops_the_move(engine: Engine, url: str) -> None:
    risky_crm(engine)
    assessed(engine, 1, 1)
    designed(engine)
    seen = ready(engine, "CRM", "confirm_secured", by="nroussel")
    with Engine.open(url, clock=engine._house.clock) as other:
        other.risks.record("CRM", title="High", gravity=4, likelihood=4, by="kbenali")

    with pytest.raises(MoveRefused) as caught:
        engine.move("CRM", "confirm_secured", by="nroussel")

    assert seen.allowed
    assert "high_risk" in codes(caught.value.decision)


def test_a_role_revoked_by_another_process_confirms_and_accepts_no_more(engine: Engine, url: str) -> None:
    from flowgov import Refused

    risky_crm(engine)
    assessed(engine, 4, 4)
    with Engine.open(url, clock=engine._house.clock) as other:
        other.revoke_role("business_owner", "kbenali", project="CRM", by="htallec")

    with pytest.raises(Refused) as caught:
        engine.risks.accept("CRM", "R-01", until="2026-02-01", by="kbenali")

    assert codes(caught.value.decision) == {"role_missing"}
    assert engine.verify().holds
