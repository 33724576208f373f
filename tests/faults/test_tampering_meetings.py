"""Minutes, series and actions altered behind the log's back; and a role revoked between the look and the record."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import create_engine, text
from tests.walks.company import codes, staffed_crm

from flowgov import Engine, Refused
from flowgov.dossier.meetings import PORTFOLIO, NewAction


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """The same database, without flowgov."""
    made = create_engine(url)
    yield made
    made.dispose()


@pytest.fixture
def met(engine: Engine) -> Engine:
    """CRM has a series, a meeting and an action; so has the portfolio."""
    staffed_crm(engine, "pme-light")
    for key, by in (("CRM", "kbenali"), (PORTFOLIO, "htallec")):
        engine.meetings.plan(key, by=by)
        action = NewAction("ykerbrat", "2026-01-19", "Demander")
        engine.meetings.hold(key, decisions=["Attendre"], actions=[action], by=by)
    return engine


@pytest.mark.parametrize("prefix", ["", "portfolio_"])
@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("series", {"every": 30}),
        ("meeting", {"held": "2026-01-04"}),
        ("meeting", {"present": []}),
        ("action", {"done": "2026-01-05"}),
        ("action", {"due": "2027-01-19"}),
    ],
)
def test_a_line_altered_in_the_table_is_found(
    met: Engine, database: Database, prefix: str, kind: str, changes: dict[str, object]
) -> None:
    where = {"kind": f"{prefix}{kind}"}
    with database.begin() as connection:
        (facts,) = connection.execute(text("SELECT facts FROM flowgov_entry WHERE kind = :kind"), where).one()
        where["facts"] = json.dumps({**json.loads(facts), **changes})
        connection.execute(text("UPDATE flowgov_entry SET facts = :facts WHERE kind = :kind"), where)

    found = [(finding.code, finding.params.get("column")) for finding in met.verify().findings]

    assert found == [("STATE_MISMATCH", "facts")]


@pytest.mark.parametrize("kind", ["series", "meeting", "action", "portfolio_meeting"])
def test_a_line_taken_out_of_the_table_is_found(met: Engine, database: Database, kind: str) -> None:
    with database.begin() as connection:
        connection.execute(text("DELETE FROM flowgov_entry WHERE kind = :kind"), {"kind": kind})

    assert [finding.code for finding in met.verify().findings] == ["STATE_MISMATCH"]


def test_a_decision_rewritten_in_the_table_is_found(met: Engine, database: Database) -> None:
    with database.begin() as connection:
        connection.execute(
            text("UPDATE flowgov_entry SET texts = replace(texts, 'Attendre', 'Payer') WHERE kind = 'meeting'")
        )

    assert [finding.code for finding in met.verify().findings] == ["STATE_MISMATCH"]


def test_a_meeting_made_up_in_the_table_is_found(met: Engine, database: Database) -> None:
    with database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO flowgov_entry (scope, kind, key, n, seq, at, facts, texts) "
                "SELECT scope, kind, 'M-02', n, seq, at, facts, texts FROM flowgov_entry WHERE kind = 'meeting'"
            )
        )

    assert [finding.code for finding in met.verify().findings] == ["STATE_MISMATCH"]


def test_a_role_revoked_by_another_process_records_no_minutes(met: Engine, url: str) -> None:
    assert met.meetings.agenda("CRM").series is not None
    with Engine.open(url, clock=met._house.clock) as other:
        other.revoke_role("technical_owner", "ykerbrat", project="CRM", by="htallec")

    with pytest.raises(Refused) as caught:
        met.meetings.plan("CRM", every=30, by="ykerbrat")

    assert (codes(caught.value.decision), met.verify().holds) == ({"no_role_to_meet"}, True)


def test_an_action_done_by_another_process_is_not_done_again(met: Engine, url: str) -> None:
    with Engine.open(url, clock=met._house.clock) as other:
        other.meetings.finish_action("CRM", "AC-01", by="ykerbrat")

    with pytest.raises(Refused) as caught:
        met.meetings.finish_action("CRM", "AC-01", by="ykerbrat")

    assert codes(caught.value.decision) == {"action_done"}


def test_a_decision_can_be_redacted_and_its_meeting_is_kept(met: Engine) -> None:
    meeting = met.meetings.of("CRM").meetings[0]

    met.redact("CRM", meeting.seq, "decision_01", reason="A name in it", by="htallec")

    kept = met.meetings.of("CRM").meetings[0]
    assert (kept.held, kept.decisions, met.verify().holds) == ("2026-01-05", (None,), True)
