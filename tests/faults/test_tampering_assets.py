"""Assets made harmless behind the log's back, and what another process changed between the look and the record."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import create_engine, text
from tests.faults.ownership import disarmed
from tests.faults.processes import together
from tests.walks.company import codes, refused
from tests.walks.continuity import asset, continuous_crm, kept

from flowgov import BadInput, Engine, MoveRefused, NotFound, Refused
from flowgov.dossier.assets import AssetDescription

ROUNDS = 6


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """The same database, without flowgov."""
    made = create_engine(url)
    yield made
    made.dispose()


@pytest.fixture
def touching(engine: Engine) -> Engine:
    """CRM is in service and touches A1, which needs A2; it was let off A3."""
    continuous_crm(engine, "warn")
    kept(engine, "A2", owner="slegoff")
    kept(engine, "A1", "A2")
    kept(engine, "A3")
    engine.assets.touch("CRM", ["A1", "A3"], by="kbenali")
    engine.assets.release("CRM", "A3", reason="Attendre", by="kbenali")
    for move in ("secure", "deploy"):
        engine.move("CRM", move, by="kbenali")
    return engine


@pytest.fixture
def other(engine: Engine, url: str) -> Iterator[Engine]:
    """Another process on the same database."""
    with Engine.open(url, clock=engine._house.clock) as opened:
        yield opened


# --- the tables -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "key", "changes"),
    [
        ("asset", "A1", {"criticality": 1}),
        ("asset", "A1", {"classification": "public"}),
        ("asset", "A1", {"personal_data": True}),
        ("asset", "A1", {"needs": []}),
        ("asset", "A1", {"owner": "somebody"}),
        ("asset", "A1", {"retired": True}),
        ("asset", "A1", {"test": {"on": "2026-01-05", "result": "passed"}}),
        ("asset", "A1", {"backup": {"frequency": "daily", "place": "offsite", "on": "2026-01-05"}}),
        ("touches", "A1", {"touched": False}),
        ("touches", "A1", {"deployed": None}),
        ("touches", "A1", {"deployed": "2026-01-01"}),
        ("touches", "A3", {"touched": True}),
    ],
)
def test_a_line_altered_in_the_table_is_found(
    touching: Engine, database: Database, kind: str, key: str, changes: dict[str, object]
) -> None:
    where = {"kind": kind, "key": key}
    with database.begin() as connection:
        statement = text("SELECT facts FROM flowgov_entry WHERE kind = :kind AND key = :key")
        (facts,) = connection.execute(statement, where).one()
        altered = {**where, "facts": json.dumps({**json.loads(facts), **changes})}
        connection.execute(text("UPDATE flowgov_entry SET facts = :facts WHERE kind = :kind AND key = :key"), altered)

    found = [(finding.code, finding.params.get("column")) for finding in touching.verify().findings]

    assert found == [("STATE_MISMATCH", "facts")]


@pytest.mark.parametrize(("kind", "key"), [("asset", "A1"), ("asset", "A3"), ("touches", "A1"), ("touches", "A3")])
def test_a_line_taken_out_of_the_table_is_found(touching: Engine, database: Database, kind: str, key: str) -> None:
    with database.begin() as connection:
        connection.execute(
            text("DELETE FROM flowgov_entry WHERE kind = :kind AND key = :key"), {"kind": kind, "key": key}
        )

    assert [finding.code for finding in touching.verify().findings] == ["STATE_MISMATCH"]


@pytest.mark.parametrize("kind", ["asset", "touches"])
def test_a_line_made_up_in_the_table_is_found(touching: Engine, database: Database, kind: str) -> None:
    with database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO flowgov_entry (scope, kind, key, n, seq, at, facts, texts) "
                "SELECT scope, kind, 'A9', n, seq, at, facts, texts FROM flowgov_entry "
                "WHERE kind = :kind AND key = 'A1'"
            ),
            {"kind": kind},
        )

    assert [finding.code for finding in touching.verify().findings] == ["STATE_MISMATCH"]


def test_a_reason_rewritten_in_the_table_is_found(touching: Engine, database: Database) -> None:
    with database.begin() as connection:
        connection.execute(
            text("UPDATE flowgov_entry SET texts = replace(texts, 'Attendre', 'Payer') WHERE kind = 'touches'")
        )

    assert [finding.code for finding in touching.verify().findings] == ["STATE_MISMATCH"]


def test_a_gate_that_a_lowered_line_let_through_is_found(engine: Engine, database: Database) -> None:
    continuous_crm(engine)
    asset(engine, "A1")
    engine.assets.touch("CRM", ["A1"], by="kbenali")
    with database.begin() as connection:
        connection.execute(
            text("UPDATE flowgov_entry SET facts = replace(facts, :high, :low) WHERE kind = 'asset'"),
            {"high": '"criticality":4', "low": '"criticality":1'},
        )
    engine.move("CRM", "secure", by="kbenali")

    found = {(f.params.get("about"), f.params.get("said")) for f in engine.verify().findings}

    assert {("guard", "asset_without_plan"), ("guard", "asset_never_restored")} <= found


def test_a_deployment_struck_out_of_the_table_does_not_hide_the_gate_it_let_through(
    engine: Engine, database: Database
) -> None:
    continuous_crm(engine)
    kept(engine, "A1", criticality=2)
    engine.assets.touch("CRM", ["A1"], by="kbenali")
    for move in ("secure", "deploy"):
        engine.move("CRM", move, by="kbenali")
    engine.assets.change("A1", AssetDescription(criticality=4), by="kbenali")
    with database.begin() as connection:
        connection.execute(
            text("UPDATE flowgov_entry SET facts = replace(facts, :day, 'null') WHERE kind = 'touches'"),
            {"day": '"2026-01-05"'},
        )
    engine.move("CRM", "review", by="kbenali")

    found = {(f.params.get("about"), f.params.get("said")) for f in engine.verify().findings}

    assert ("guard", "restore_test_due") in found


def test_where_records_of_assets_are_gone_no_gate_is_accused_for_it(touching: Engine, url: str) -> None:
    with disarmed(url) as db:
        db.run("DELETE FROM flowgov_record WHERE stream = 'org' AND event = 'asset.recorded'")

    findings = touching.verify().findings

    assert findings
    assert not [f for f in findings if f.params.get("about") in {"guard", "touches"}]


# --- meanwhile --------------------------------------------------------------------------------------------------------


def test_a_project_is_not_let_off_by_who_owned_the_asset_until_just_now(touching: Engine, other: Engine) -> None:
    assert touching.assets.one("A1").owner == "kbenali"
    other.assets.change("A1", AssetDescription(owner="slegoff"), by="htallec")

    met = refused(lambda: touching.assets.release("CRM", "A1", reason="x", by="kbenali"))
    lowered = refused(lambda: touching.assets.change("A1", AssetDescription(criticality=1), by="kbenali"))

    assert (met, lowered, touching.verify().holds) == ({"asset_not_owner"}, {"asset_lowered"}, True)


def test_an_asset_raised_after_the_look_stops_the_move(engine: Engine, other: Engine) -> None:
    continuous_crm(engine)
    asset(engine, "A1", criticality=1)
    engine.assets.touch("CRM", ["A1"], by="kbenali")
    seen = engine.explain("CRM", "secure", by="kbenali")
    other.assets.change("A1", AssetDescription(criticality=4), by="ykerbrat")

    with pytest.raises(MoveRefused) as caught:
        engine.move("CRM", "secure", by="kbenali")

    assert (seen.allowed, "asset_without_plan" in codes(caught.value.decision)) == (True, True)


def test_a_test_that_fails_after_the_look_stops_the_move(engine: Engine, other: Engine) -> None:
    continuous_crm(engine)
    kept(engine, "A1", criticality=2)
    engine.assets.touch("CRM", ["A1"], by="kbenali")
    for move in ("secure", "deploy"):
        engine.move("CRM", move, by="kbenali")
    engine.assets.change("A1", AssetDescription(criticality=4), by="kbenali")
    engine._house.clock.advance(days=2)  # type: ignore[attr-defined]  # a fixed clock
    engine.assets.test("A1", on="2026-01-07", result="passed", by="ykerbrat")
    seen = engine.explain("CRM", "review", by="kbenali")
    other.assets.test("A1", on="2026-01-07", result="failed", by="ykerbrat")

    with pytest.raises(MoveRefused):
        engine.move("CRM", "review", by="kbenali")

    assert (seen.allowed, engine.verify().holds) == (True, True)


def test_two_processes_do_not_make_a_loop_together(engine: Engine, other: Engine) -> None:
    continuous_crm(engine)
    asset(engine, "A1")
    asset(engine, "A2")
    other.assets.change("A1", AssetDescription(needs=["A2"]), by="kbenali")

    with pytest.raises(BadInput) as caught:
        engine.assets.change("A2", AssetDescription(needs=["A1"]), by="kbenali")

    assert caught.value.reason == "asset_loop"


def test_what_another_process_retired_is_neither_touched_nor_needed(touching: Engine, other: Engine) -> None:
    other.assets.retire("A3", reason="Gone", by="kbenali")

    with pytest.raises(NotFound):
        touching.assets.touch("CRM", ["A3"], by="kbenali")
    with pytest.raises(NotFound):
        touching.assets.change("A2", AssetDescription(needs=["A3"]), by="slegoff")
    with pytest.raises(Refused):
        touching.assets.back_up("A3", on="2026-01-05", by="ykerbrat")

    assert touching.verify().holds


# --- at the same moment -----------------------------------------------------------------------------------------------


def say_needs(url: str, key: str, needed: str) -> str:
    with Engine.open(url) as engine:
        try:
            engine.assets.change(key, AssetDescription(needs=[needed]), by="kbenali")
        except BadInput as problem:
            return problem.reason or ""
    return "done"


def raise_and_lower(url: str) -> int:
    with Engine.open(url) as engine:
        for criticality in (1, 4) * ROUNDS:
            engine.assets.change("A1", AssetDescription(criticality=criticality), by="kbenali")
        return 2 * ROUNDS


def go_round(url: str) -> int:
    with Engine.open(url) as engine:
        for move in ("secure", "deploy", "roll_back", "rework") * ROUNDS:
            engine.move("CRM", move, by="kbenali", reason="Again")
        return 4 * ROUNDS


def let_off_and_touch(url: str) -> int:
    with Engine.open(url) as engine:
        for _ in range(ROUNDS):
            engine.assets.release("CRM", "A2", reason="No", by="slegoff")
            engine.assets.touch("CRM", ["A2"], by="ykerbrat")
        return 2 * ROUNDS


def test_of_two_who_close_a_loop_at_once_one_learns_it(engine: Engine, url: str) -> None:
    continuous_crm(engine)
    asset(engine, "A1")
    asset(engine, "A2")

    answers = together(url, [(say_needs, ("A1", "A2")), (say_needs, ("A2", "A1"))])

    assert (sorted(answers), engine.verify().holds) == (["asset_loop", "done"], True)


def test_gates_passed_while_assets_change_are_what_verification_says_they_were(engine: Engine, url: str) -> None:
    continuous_crm(engine, "warn")
    asset(engine, "A2", owner="slegoff")
    asset(engine, "A1", "A2")
    engine.assets.touch("CRM", ["A1", "A2"], by="kbenali")

    answers = together(url, [(raise_and_lower, ()), (go_round, ()), (let_off_and_touch, ())])

    assert answers == [2 * ROUNDS, 4 * ROUNDS, 2 * ROUNDS]
    assert [finding.code for finding in engine.verify().findings] == []
