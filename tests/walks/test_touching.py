"""What projects touch, who says so and who lets them off; assets of people who go, and inside a host's transaction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from tests.walks.company import holds, refused
from tests.walks.continuity import SHOP, asset, kept
from tests.walks.test_assets import absent, shop, strangers, wrong

from flowgov import Engine, FixedClock, Refused
from flowgov.dossier.assets import AssetDescription

# --- what projects touch ----------------------------------------------------------------------------------------------


def touched(engine: Engine) -> list[str]:
    """Keys of what CRM is said to touch."""
    return [touch.asset for touch in engine.assets.touched("CRM") if touch.touched]


@pytest.mark.parametrize("by", ["kbenali", "ykerbrat", "ebihan"])
def test_who_acts_on_a_project_or_opened_it_says_what_it_touches(engine: Engine, by: str) -> None:
    shop(engine)

    receipt = engine.assets.touch("CRM", ["A2", "A1", "A1"], by=by)

    assert (touched(engine), receipt.version, holds(engine)) == (["A1", "A2"], 3, True)


@pytest.mark.parametrize("by", ["htallec", "jprigent", "nroussel", "robot"])
def test_strangers_to_a_project_do_not_administrators_and_holders_included(engine: Engine, by: str) -> None:
    shop(engine)
    strangers(engine)

    met = [
        refused(lambda: engine.assets.touch("CRM", ["A1"], by=by)),
        refused(lambda: engine.assets.touch_none("CRM", reason="None", by=by)),
    ]

    assert (met, touched(engine), holds(engine)) == ([{"touch_no_role"}] * 2, [], True)


def test_only_what_is_new_is_said(engine: Engine) -> None:
    shop(engine)
    engine.assets.touch("CRM", ["A1"], by="kbenali")

    again = wrong(lambda: engine.assets.touch("CRM", ["A1"], by="kbenali"))
    none = wrong(lambda: engine.assets.touch("CRM", [], by="kbenali"))
    engine.assets.touch("CRM", ["A1", "A2"], by="kbenali")

    assert (again, none, touched(engine)) == ("nothing_to_touch", "nothing_to_touch", ["A1", "A2"])
    assert holds(engine)


def test_that_none_is_touched_has_a_reason_and_is_taken_back_by_naming_one(engine: Engine) -> None:
    shop(engine)
    silent = wrong(lambda: engine.assets.touch_none("CRM", reason=" ", by="kbenali"))
    engine.assets.touch_none("CRM", reason="Only tests", by="kbenali")
    said = [(touch.asset, touch.reason) for touch in engine.assets.touched("CRM")]

    engine.assets.touch("CRM", ["A1"], by="ykerbrat")

    assert (silent, said, touched(engine)) == ("text_empty", [("NONE", "Only tests")], ["A1"])
    assert holds(engine)


def test_that_none_is_touched_is_not_said_of_a_project_that_touches_some(engine: Engine) -> None:
    shop(engine)
    engine.assets.touch("CRM", ["A1"], by="kbenali")

    assert wrong(lambda: engine.assets.touch_none("CRM", reason="None", by="kbenali")) == "touches_some"
    assert wrong(lambda: engine.assets.touch("CRM", ["A1"], by="kbenali")) == "nothing_to_touch"


def test_none_is_no_asset_that_can_be_named(engine: Engine) -> None:
    shop(engine)

    assert absent(lambda: engine.assets.touch("CRM", ["NONE"], by="kbenali")) == ("asset", "NONE")


@pytest.mark.parametrize("by", ["ykerbrat", "ebihan", "nroussel", "htallec"])
def test_only_its_owner_lets_a_project_off(engine: Engine, by: str) -> None:
    shop(engine)
    engine.assets.touch("CRM", ["A1"], by="kbenali")

    with pytest.raises(Refused) as caught:
        engine.assets.release("CRM", "A1", reason="Not after all", by=by)

    (blocker,) = caught.value.decision.blockers
    assert (blocker.code, blocker.params["person"], touched(engine)) == ("asset_not_owner", "kbenali", ["A1"])
    assert holds(engine)


def test_an_owner_without_a_role_on_the_project_lets_it_off_for_a_reason(engine: Engine) -> None:
    shop(engine)
    engine.assets.touch("CRM", ["A1", "A2"], by="kbenali")
    silent = wrong(lambda: engine.assets.release("CRM", "A2", reason="", by="slegoff"))

    receipt = engine.assets.release("CRM", "A2", reason="Payments stay", by="slegoff")

    line = next(touch for touch in engine.assets.touched("CRM") if touch.asset == "A2")
    assert (silent, receipt.role, line.touched, line.reason) == ("text_empty", None, False, "Payments stay")
    assert (touched(engine), holds(engine)) == (["A1"], True)


def test_a_project_is_let_off_only_what_it_touches(engine: Engine) -> None:
    shop(engine)
    engine.assets.touch_none("CRM", reason="None", by="kbenali")

    for key in ("A1", "NONE", "A9"):
        assert absent(lambda key=key: engine.assets.release("CRM", key, reason="x", by="kbenali")) == (  # type: ignore[misc]
            "touch",
            key,
        )


def test_a_project_that_was_let_off_can_be_named_again(engine: Engine) -> None:
    shop(engine)
    engine.assets.touch("CRM", ["A1"], by="kbenali")
    engine.assets.release("CRM", "A1", reason="No", by="kbenali")

    engine.assets.touch("CRM", ["A1"], by="ykerbrat")

    (line,) = engine.assets.touched("CRM")
    assert (line.touched, line.reason, holds(engine)) == (True, "", True)


def test_nothing_more_is_said_of_a_project_that_ended(engine: Engine) -> None:
    shop(engine)
    engine.assets.touch("CRM", ["A1"], by="kbenali")
    engine.move("CRM", "drop", by="kbenali", reason="No budget")

    met = [
        refused(lambda: engine.assets.touch("CRM", ["A2"], by="kbenali")),
        refused(lambda: engine.assets.release("CRM", "A1", reason="x", by="kbenali")),
    ]

    assert (met, holds(engine)) == ([{"project_closed"}] * 2, True)


def test_of_a_project_that_is_not_there_nothing_is_said(engine: Engine) -> None:
    shop(engine)

    assert absent(lambda: engine.assets.touch("ERP", ["A1"], by="kbenali")) == ("project", "ERP")
    assert absent(lambda: engine.assets.touched("ERP")) == ("project", "ERP")


# --- people who go ----------------------------------------------------------------------------------------------------


def test_who_leaves_is_told_as_owner_and_another_is_named_by_an_administrator(engine: Engine) -> None:
    shop(engine)

    left = engine.end_person("kbenali", by="htallec")

    named = [(one.kind, one.key, one.fields) for one in left.named]
    assert named == [("asset", "A1", ("owner",))]
    assert refused(lambda: engine.assets.change("A1", AssetDescription(owner="ykerbrat"), by="ykerbrat")) == {
        "asset_lowered"
    }
    engine.assets.change("A1", AssetDescription(owner="slegoff"), by="htallec")
    assert (engine.assets.one("A1").owner, holds(engine)) == ("slegoff", True)


def test_who_left_neither_acts_nor_is_named(engine: Engine) -> None:
    shop(engine)
    engine.end_person("kbenali", by="htallec")

    found = [
        absent(lambda: engine.assets.change("A1", AssetDescription(criticality=1), by="kbenali")),
        absent(lambda: engine.assets.release("CRM", "A1", reason="x", by="kbenali")),
        absent(lambda: engine.assets.record(SHOP, by="htallec")),
        absent(lambda: engine.assets.change("A2", AssetDescription(holder="kbenali"), by="htallec")),
    ]

    assert found[0] == ("person_ended", "kbenali")
    assert {name for _, name in found[2:]} == {"kbenali"}
    assert holds(engine)


def test_what_is_retired_needs_nobody_in_a_leavers_place(engine: Engine) -> None:
    shop(engine)
    engine.assets.retire("A1", reason="Replaced", by="kbenali")

    assert engine.end_person("kbenali", by="htallec").named == ()


def test_who_was_erased_is_shown_by_his_pseudonym_and_the_log_holds(engine: Engine) -> None:
    shop(engine)
    kept(engine, "A3", holder="nroussel")
    engine.end_person("nroussel", by="htallec")
    engine.erase_person("nroussel", reason="Asked for it", by="htallec")

    holders = {engine.assets.one(key).holder for key in ("A1", "A3")}

    assert "nroussel" not in holders
    assert (None in holders, holds(engine)) == (False, True)


def test_a_reason_given_for_touching_none_can_be_redacted(engine: Engine) -> None:
    shop(engine)
    receipt = engine.assets.touch_none("CRM", reason="Because of Jean", by="kbenali")

    engine.redact("CRM", receipt.seq, "reason", reason="A name", by="htallec")

    (line,) = engine.assets.touched("CRM")
    assert (line.touched, line.reason, holds(engine)) == (True, "", True)


# --- within a host's transaction --------------------------------------------------------------------------------------


@pytest.fixture
def host(url: str) -> Iterator[Database]:
    """The database, as a host opens it."""
    made = create_engine(url)
    yield made
    made.dispose()


def test_what_a_host_rolls_back_was_never_recorded(engine: Engine, host: Database) -> None:
    shop(engine)

    with Session(host) as session, session.begin() as transaction:
        engine.assets.record(SHOP, key="A3", by="kbenali", session=session)
        engine.assets.touch("CRM", ["A3"], by="kbenali", session=session)
        inside = [touch.asset for touch in engine.assets.touched("CRM", session=session)]
        transaction.rollback()

    assert (inside, touched(engine), "A3" in {one.key for one in engine.assets.every()}) == (["A3"], [], False)
    assert holds(engine)


def test_what_a_host_commits_is_recorded(engine: Engine, host: Database) -> None:
    shop(engine)

    with Session(host) as session, session.begin():
        engine.assets.record(SHOP, key="A3", by="kbenali", session=session)
        engine.assets.change("A3", AssetDescription(frequency="daily", place="offline"), by="kbenali", session=session)
        engine.assets.back_up("A3", on="2026-01-04", by="kbenali", session=session)
        engine.assets.test("A3", on="2026-01-04", result="passed", by="kbenali", session=session)
        engine.assets.touch("CRM", ["A3"], by="kbenali", session=session)
        engine.assets.release("CRM", "A3", reason="No", by="kbenali", session=session)
        engine.assets.touch_none("CRM", reason="None", by="kbenali", session=session)
        engine.assets.retire("A3", reason="Gone", by="kbenali", session=session)
        seen = engine.assets.one("A3", session=session).retired

    assert (seen, engine.assets.one("A3").retired, touched(engine), holds(engine)) == (True, True, ["NONE"], True)


def test_what_is_refused_in_a_hosts_transaction_is_refused(engine: Engine, host: Database) -> None:
    shop(engine)

    with Session(host) as session, session.begin():
        met = refused(
            lambda: engine.assets.change("A1", AssetDescription(criticality=1), by="ykerbrat", session=session)
        )

    assert (met, engine.assets.one("A1").criticality, holds(engine)) == ({"asset_lowered"}, 4, True)


def test_an_asset_is_recorded_at_the_engines_hour(engine: Engine, clock: FixedClock) -> None:
    clock.set(datetime(2026, 3, 1, 23, 59, tzinfo=UTC))

    asset(engine, "A1", by="htallec")

    assert engine.assets.one("A1").recorded[:10] == "2026-03-01"
