"""Plans altered behind the log's back; and a role, an edition or an asset that changed between the look and the act."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import create_engine, text
from tests.walks.company import codes
from tests.walks.planned import planned, prepared

from flowgov import Conflict, Engine, Refused
from flowgov.dossier.assets import AssetDescription


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """The same database, without flowgov."""
    made = create_engine(url)
    yield made
    made.dispose()


@pytest.fixture
def plan(engine: Engine) -> Engine:
    """PL-01 was written by ykerbrat and approved by kbenali."""
    prepared(engine)
    planned(engine, next_exercise="2026-06-01")
    engine.plans.approve("PL-01", by="kbenali")
    return engine


@pytest.mark.parametrize(
    "changes", [{"approved": None}, {"edition": 2}, {"next_exercise": None}, {"retired": True}, {"assets": ["A-01"]}]
)
def test_a_plan_altered_in_the_table_is_found(plan: Engine, database: Database, changes: dict[str, object]) -> None:
    with database.begin() as connection:
        (facts,) = connection.execute(text("SELECT facts FROM flowgov_entry WHERE kind = 'plan'")).one()
        altered = json.dumps({**json.loads(facts), **changes})
        connection.execute(text("UPDATE flowgov_entry SET facts = :f WHERE kind = 'plan'"), {"f": altered})

    found = [(finding.code, finding.params.get("column")) for finding in plan.verify().findings]

    assert found == [("STATE_MISMATCH", "facts")]


def test_a_contact_rewritten_under_an_approval_is_found(plan: Engine, database: Database) -> None:
    with database.begin() as connection:
        connection.execute(
            text("UPDATE flowgov_entry SET texts = replace(texts, '02 98', '09 66') WHERE kind = 'plan'")
        )

    assert [finding.code for finding in plan.verify().findings] == ["STATE_MISMATCH"]


def test_a_role_revoked_by_another_process_approves_nothing(plan: Engine, url: str) -> None:
    plan.plans.change("PL-01", title="Otherwise", by="ykerbrat")
    assert plan.plans.one("PL-01").approval is None
    with Engine.open(url, clock=plan._house.clock) as other:
        other.revoke_role("business_owner", "kbenali", project="CRM", by="htallec")

    with pytest.raises(Refused) as caught:
        plan.plans.approve("PL-01", by="kbenali")

    assert (codes(caught.value.decision), plan.verify().holds) == ({"plan_not_approver"}, True)


def test_an_asset_given_away_by_another_process_entitles_nobody(plan: Engine, url: str) -> None:
    with Engine.open(url, clock=plan._house.clock) as other:
        other.assets.change("A-01", AssetDescription(owner="mlebris"), by="ebihan")

    with pytest.raises(Refused) as caught:
        plan.plans.approve("PL-01", by="ebihan")

    assert codes(caught.value.decision) == {"plan_not_approver"}


def test_an_edition_written_by_another_process_is_not_approved_unread(plan: Engine, url: str) -> None:
    read = plan.plans.one("PL-01").edition
    with Engine.open(url, clock=plan._house.clock) as other:
        other.plans.change("PL-01", contacts="Somebody else", by="ykerbrat")

    with pytest.raises(Conflict):
        plan.plans.approve("PL-01", edition=read, by="kbenali")
