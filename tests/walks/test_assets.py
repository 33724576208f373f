"""The register of assets: who may say what of them, and what may not be lowered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.walks.company import give, holds, refused
from tests.walks.continuity import SHOP, asset, continuous_crm

from flowgov import BadInput, Engine, NotFound, Refused
from flowgov.dossier.assets import AssetDescription, Backup, RestoreTest

Said = Callable[[Engine, str], object]
SAID: dict[str, Said] = {
    "change": lambda e, by: e.assets.change("A1", AssetDescription(supplier="Ovh"), by=by),
    "backup": lambda e, by: e.assets.back_up("A1", on="2026-01-04", by=by),
    "test": lambda e, by: e.assets.test("A1", on="2026-01-04", result="passed", by=by),
}
"""What counts an asset for no less."""
LOWERED = {
    "criticality": {"criticality": 3},
    "classification": {"classification": "internal"},
    "personal_data": {"personal_data": False},
    "needs": {"needs": ()},
    "owner": {"owner": "ykerbrat"},
}
"""What makes an asset count for less, and what says so."""


def shop(engine: Engine) -> None:
    """CRM is open; A1 is kbenali's, nroussel operates it, and it needs A2."""
    continuous_crm(engine)
    asset(engine, "A2", owner="slegoff")
    asset(engine, "A1", "A2", holder="nroussel", personal_data=True, frequency="daily", place="offsite")


def wrong(deed: Callable[[], object]) -> str:
    """Why *deed* is bad input."""
    with pytest.raises(BadInput) as caught:
        deed()
    return str(caught.value.reason)


def absent(deed: Callable[[], object]) -> tuple[str, str]:
    """What *deed* did not find."""
    with pytest.raises(NotFound) as caught:
        deed()
    return str(caught.value.reason), str(caught.value.data["name"])


def count(engine: Engine) -> int:
    """Records in the log."""
    return len(list(engine.log()))


def role(engine: Engine) -> str | None:
    """By which role the newest record was made; None where it needed none."""
    found: str | None = list(engine.log())[-1].facts.get("auth", {}).get("role")
    return found


def strangers(engine: Engine) -> None:
    """jprigent only reads; the robot is a service account; ebihan holds nothing and opened CRM."""
    engine.add_person("robot", name="Robot", service=True, by="htallec")
    give(engine, "auditor", "jprigent")


# --- recording --------------------------------------------------------------------------------------------------------


def test_an_asset_is_as_it_was_recorded(engine: Engine) -> None:
    continuous_crm(engine)
    asset(engine, "A2")

    receipt = engine.assets.record(
        AssetDescription(
            name="Online shop",
            type="support",
            classification="secret",
            criticality=3,
            personal_data=True,
            owner="kbenali",
            holder="ykerbrat",
            supplier=" Ovh ",
            needs=["A2", "A2"],
            single=True,
            rto=4,
            rpo=0,
            frequency="hourly",
            place="provider",
        ),
        by="ykerbrat",
    )

    found = engine.assets.one("A-01")
    assert (receipt.subject, role(engine), found.n, found.name, found.type) == (
        "A-01",
        "technical_owner",
        1,
        "Online shop",
        "support",
    )
    assert (found.classification, found.criticality, found.personal_data, found.owner, found.holder) == (
        "secret",
        3,
        True,
        "kbenali",
        "ykerbrat",
    )
    assert (found.supplier, found.needs, found.single, found.rto, found.rpo) == ("Ovh", ("A2",), True, 4, 0)
    assert (found.backup, found.test, found.retired) == (
        Backup("hourly", "provider", None),
        RestoreTest(None, "never"),
        False,
    )
    assert holds(engine)


def test_what_nobody_says_is_the_worst(engine: Engine) -> None:
    engine.assets.record(SHOP, by="htallec")

    found = engine.assets.one("A-01")

    assert (found.criticality, found.classification, found.backup.frequency, found.test.result) == (
        4,
        "confidential",
        "none",
        "never",
    )
    assert holds(engine)


def test_keys_are_given_in_order_and_once(engine: Engine) -> None:
    for key in ("A-07", None, "ERP", None):
        engine.assets.record(SHOP, key=key, by="htallec")

    assert {one.key for one in engine.assets.every()} == {"A-07", "A-08", "ERP", "A-09"}
    assert wrong(lambda: engine.assets.record(SHOP, key="ERP", by="htallec")) == "asset_taken"
    assert wrong(lambda: engine.assets.record(SHOP, key="NONE", by="htallec")) == "asset_taken"
    assert wrong(lambda: engine.assets.record(SHOP, key="a 1", by="htallec")) == "bad_entry_key"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"name": None}, "asset_incomplete"),
        ({"owner": None}, "asset_incomplete"),
        ({"name": " "}, "text_empty"),
        ({"name": "x" * 121}, "text_too_long"),
        ({"supplier": "x" * 121}, "text_too_long"),
        ({"criticality": 0}, "criticality"),
        ({"criticality": 5}, "criticality"),
        ({"classification": "hidden"}, "no_choice"),
        ({"type": "other"}, "no_choice"),
        ({"rto": -1}, "hours"),
        ({"rpo": 8_785}, "hours"),
        ({"frequency": "sometimes", "place": "onsite"}, "no_choice"),
        ({"frequency": "daily", "place": "moon"}, "no_choice"),
        ({"frequency": "daily"}, "backup_place_missing"),
        ({"place": "onsite"}, "backup_place"),
        ({"frequency": "none", "place": "onsite"}, "backup_place"),
        ({"owner": "robot"}, "owner_is_service"),
    ],
)
def test_wrong_input_is_told_and_nothing_is_recorded(engine: Engine, said: dict[str, Any], reason: str) -> None:
    engine.add_person("robot", name="Robot", service=True, by="htallec")
    before = count(engine)

    met = wrong(
        lambda: engine.assets.record(AssetDescription(**{"name": "x", "owner": "kbenali", **said}), by="htallec")
    )

    assert (met, count(engine)) == (reason, before)


@pytest.mark.parametrize(
    "said", [{"criticality": True}, {"rto": True}, {"rpo": 1.5}, {"personal_data": "yes"}, {"single": 0}]
)
def test_what_verification_would_not_accept_is_not_recorded(engine: Engine, said: dict[str, Any]) -> None:
    met = wrong(
        lambda: engine.assets.record(AssetDescription(**{"name": "x", "owner": "kbenali", **said}), by="htallec")
    )

    assert (met, engine.assets.every(), holds(engine)) == ("facts_of_another_type", (), True)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"owner": "nobody"}, ("person", "nobody")),
        ({"holder": "nobody"}, ("person", "nobody")),
        ({"needs": ["A9"]}, ("asset", "A9")),
    ],
)
def test_what_is_not_there_is_told(engine: Engine, said: dict[str, Any], found: tuple[str, str]) -> None:
    described = AssetDescription(**{"name": "x", "owner": "kbenali", **said})

    assert absent(lambda: engine.assets.record(described, by="htallec")) == found


def test_what_is_done_to_an_asset_that_is_not_there_is_told(engine: Engine) -> None:
    shop(engine)

    for deed in (
        lambda: engine.assets.change("A9", SHOP, by="htallec"),
        lambda: engine.assets.back_up("A9", on="2026-01-04", by="htallec"),
        lambda: engine.assets.test("A9", on="2026-01-04", result="passed", by="htallec"),
        lambda: engine.assets.retire("A9", reason="x", by="htallec"),
        lambda: engine.assets.one("A9"),
        lambda: engine.assets.touch("CRM", ["A1", "A9"], by="kbenali"),
        lambda: engine.assets.change("A1", AssetDescription(needs=["A2", "A9"]), by="kbenali"),
    ):
        assert absent(deed) == ("asset", "A9")
    assert engine.assets.touched("CRM") == ()


def test_a_change_says_something_and_leaves_the_rest_as_it_is(engine: Engine) -> None:
    shop(engine)
    before = engine.assets.one("A1")

    nothing = wrong(lambda: engine.assets.change("A1", AssetDescription(), by="kbenali"))
    engine.assets.change("A1", AssetDescription(holder="", frequency="weekly", rto=8), by="ykerbrat")

    after = engine.assets.one("A1")
    assert nothing == "nothing_to_change"
    assert (after.holder, after.backup.frequency, after.backup.place, after.rto) == (None, "weekly", "offsite", 8)
    assert (after.n, after.name, after.owner, after.needs, after.criticality) == (
        before.n + 1,
        before.name,
        before.owner,
        before.needs,
        before.criticality,
    )
    assert holds(engine)


def test_a_supplier_can_be_taken_away_again(engine: Engine) -> None:
    shop(engine)
    engine.assets.change("A1", AssetDescription(supplier="Ovh"), by="kbenali")

    engine.assets.change("A1", AssetDescription(supplier=" "), by="kbenali")

    assert (engine.assets.one("A1").supplier, holds(engine)) == ("", True)


# --- who may do what --------------------------------------------------------------------------------------------------


def test_whoever_acts_anywhere_and_whoever_administers_records(engine: Engine) -> None:
    continuous_crm(engine)

    roles = []
    for by in ("kbenali", "ykerbrat", "htallec"):
        engine.assets.record(SHOP, by=by)
        roles.append(role(engine))

    assert roles == ["business_owner", "technical_owner", "administrator"]
    assert holds(engine)


@pytest.mark.parametrize("by", ["jprigent", "ebihan", "robot", "nroussel"])
def test_who_acts_nowhere_records_no_asset_not_even_his_own(engine: Engine, by: str) -> None:
    shop(engine)
    strangers(engine)
    before = len(engine.assets.every())

    met = refused(lambda: engine.assets.record(AssetDescription(name="x", owner="nroussel"), by=by))

    assert (met, len(engine.assets.every()), holds(engine)) == ({"asset_no_role"}, before, True)


@pytest.mark.parametrize("deed", SAID)
@pytest.mark.parametrize("by", ["htallec", "ykerbrat", "kbenali", "nroussel"])
def test_more_is_said_by_administrators_whoever_acts_its_owner_and_its_holder(
    engine: Engine, deed: str, by: str
) -> None:
    shop(engine)

    SAID[deed](engine, by)

    assert (engine.assets.one("A1").n, holds(engine)) == (2, True)


@pytest.mark.parametrize("deed", SAID)
@pytest.mark.parametrize("by", ["jprigent", "ebihan", "robot"])
def test_strangers_say_nothing_and_that_they_tried_is_recorded(engine: Engine, deed: str, by: str) -> None:
    shop(engine)
    strangers(engine)

    met = refused(lambda: SAID[deed](engine, by))

    last = list(engine.log())[-1]
    assert (met, engine.assets.one("A1").n) == ({"asset_no_role"}, 1)
    assert (last.event, last.actor, last.facts["action"], last.facts["key"]) == (
        "administration.refused",
        by,
        f"asset.{deed}",
        "A1",
    )
    assert holds(engine)


def test_owner_and_holder_need_no_role_and_their_records_name_none(engine: Engine) -> None:
    shop(engine)
    engine.assets.change("A1", AssetDescription(owner="jprigent"), by="htallec")

    roles: list[str | None] = []
    for by in ("jprigent", "nroussel"):
        SAID["change"](engine, by)
        roles.append(role(engine))

    assert roles == [None, None]
    assert holds(engine)


def test_a_service_account_that_acts_records_backups_and_owns_nothing(engine: Engine) -> None:
    shop(engine)
    engine.add_person("robot", name="Robot", service=True, by="htallec")
    give(engine, "technical_owner", "robot")

    engine.assets.back_up("A1", on="2026-01-05", by="robot")

    assert engine.assets.one("A1").backup.last == "2026-01-05"
    assert (
        wrong(lambda: engine.assets.change("A1", AssetDescription(owner="robot"), by="kbenali")) == "owner_is_service"
    )
    assert holds(engine)


def test_a_role_that_ended_says_nothing_more(engine: Engine) -> None:
    shop(engine)
    engine.revoke_role("technical_owner", "ykerbrat", project="CRM", by="htallec")

    assert refused(lambda: SAID["test"](engine, "ykerbrat")) == {"asset_no_role"}


def test_whoever_stands_in_for_somebody_acts_for_him(engine: Engine) -> None:
    shop(engine)
    engine.delegate_role("technical_owner", "jprigent", project="CRM", until="2026-01-31", by="ykerbrat")

    engine.assets.back_up("A1", on="2026-01-04", by="jprigent")

    assert (role(engine), holds(engine)) == ("technical_owner", True)


# --- what makes it count for less -------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", LOWERED)
@pytest.mark.parametrize("by", ["ykerbrat", "nroussel", "ebihan"])
def test_nobody_else_lowers_an_asset_not_even_who_acts_or_holds_it(engine: Engine, field: str, by: str) -> None:
    shop(engine)
    said = AssetDescription(**LOWERED[field])  # type: ignore[arg-type]  # a table

    with pytest.raises(Refused) as caught:
        engine.assets.change("A1", said, by=by)

    (blocker,) = caught.value.decision.blockers
    assert (blocker.code, blocker.params["fields"], blocker.params["person"]) == ("asset_lowered", [field], "kbenali")
    assert (engine.assets.one("A1").n, holds(engine)) == (1, True)


@pytest.mark.parametrize("field", LOWERED)
@pytest.mark.parametrize("by", ["kbenali", "htallec"])
def test_its_owner_and_administrators_lower_it(engine: Engine, field: str, by: str) -> None:
    shop(engine)

    engine.assets.change("A1", AssetDescription(**LOWERED[field]), by=by)  # type: ignore[arg-type]  # a table

    assert (engine.assets.one("A1").n, holds(engine)) == (2, True)


def test_an_owner_without_any_role_lowers_his_own_and_nobody_elses(engine: Engine) -> None:
    shop(engine)
    engine.assets.change("A1", AssetDescription(owner="ebihan"), by="kbenali")

    engine.assets.change("A1", AssetDescription(criticality=1), by="ebihan")
    by_role = role(engine)

    met = refused(lambda: engine.assets.change("A2", AssetDescription(criticality=1), by="ebihan"))
    assert (by_role, met, holds(engine)) == (None, {"asset_lowered"}, True)


def test_who_owned_it_lowers_it_no_more(engine: Engine) -> None:
    shop(engine)
    engine.assets.change("A1", AssetDescription(owner="slegoff"), by="kbenali")

    assert refused(lambda: engine.assets.change("A1", AssetDescription(criticality=1), by="kbenali")) == {
        "asset_lowered"
    }


def test_lowering_is_not_hidden_among_what_anybody_says(engine: Engine) -> None:
    shop(engine)
    said = AssetDescription(
        name="Shop", criticality=2, needs=("A2",), personal_data=False, classification="secret", rto=1
    )

    met = refused(lambda: engine.assets.change("A1", said, by="ykerbrat"))

    assert (met, engine.assets.one("A1").name) == ({"asset_lowered"}, "A1")


def test_a_dependency_is_not_swapped_for_another(engine: Engine) -> None:
    shop(engine)
    asset(engine, "A3")

    met = refused(lambda: engine.assets.change("A1", AssetDescription(needs=["A3"]), by="ykerbrat"))
    engine.assets.change("A1", AssetDescription(needs=["A3", "A2"]), by="ykerbrat")

    assert (met, engine.assets.one("A1").needs, holds(engine)) == ({"asset_lowered"}, ("A2", "A3"), True)


def test_what_makes_it_count_for_more_is_for_whoever_acts(engine: Engine) -> None:
    shop(engine)
    asset(engine, "A5", criticality=1, classification="public")

    said = AssetDescription(criticality=4, classification="secret", personal_data=True, needs=["A1"])
    engine.assets.change("A5", said, by="ykerbrat")

    assert (engine.assets.one("A5").criticality, holds(engine)) == (4, True)


# --- backups and restore tests ----------------------------------------------------------------------------------------


def test_a_backup_and_a_test_are_of_their_day(engine: Engine) -> None:
    shop(engine)

    engine.assets.back_up("A1", on=datetime(2026, 1, 5, 8, tzinfo=UTC), by="ykerbrat")
    engine.assets.test("A1", on="2026-01-02", result="passed", rto=6, rpo=1, evidence="https://e.org", by="ykerbrat")

    found = engine.assets.one("A1")
    assert (found.backup.last, found.test, found.rto_proved, found.rpo_proved, found.evidence) == (
        "2026-01-05",
        RestoreTest("2026-01-02", "passed"),
        6,
        1,
        "https://e.org",
    )
    assert holds(engine)


@pytest.mark.parametrize("day", ["2026-01-06", "2027-01-01"])
def test_days_to_come_prove_nothing(engine: Engine, day: str) -> None:
    shop(engine)

    met = [
        wrong(lambda: engine.assets.back_up("A1", on=day, by="kbenali")),
        wrong(lambda: engine.assets.test("A1", on=day, result="passed", by="kbenali")),
    ]

    assert met == ["day_to_come", "day_to_come"]


@pytest.mark.parametrize("day", ["soon", "2026-02-30", ""])
def test_what_is_no_day_is_told(engine: Engine, day: str) -> None:
    shop(engine)

    assert wrong(lambda: engine.assets.back_up("A1", on=day, by="kbenali")) == "bad_date"


def test_a_backup_and_a_test_are_of_today_where_nobody_says_another_day(engine: Engine) -> None:
    shop(engine)

    engine.assets.back_up("A1", by="nroussel")
    engine.assets.test("A1", result="passed", by="nroussel")

    found = engine.assets.one("A1")
    assert (found.backup.last, found.test.on) == ("2026-01-05", "2026-01-05")


def test_a_failed_test_is_not_hidden_by_an_older_one_that_passed(engine: Engine) -> None:
    shop(engine)
    engine.assets.test("A1", on="2026-01-03", result="failed", by="ykerbrat")

    met = wrong(lambda: engine.assets.test("A1", on="2026-01-02", result="passed", by="ykerbrat"))

    assert (met, engine.assets.one("A1").test) == ("day_before_last", RestoreTest("2026-01-03", "failed"))


def test_a_test_may_be_tried_again_on_the_same_day(engine: Engine) -> None:
    shop(engine)
    engine.assets.test("A1", on="2026-01-03", result="failed", by="ykerbrat")

    engine.assets.test("A1", on="2026-01-03", result="passed", by="ykerbrat")

    assert (engine.assets.one("A1").test.result, holds(engine)) == ("passed", True)


def test_a_backup_is_not_older_than_the_last(engine: Engine) -> None:
    shop(engine)
    engine.assets.back_up("A1", on="2026-01-03", by="ykerbrat")

    assert wrong(lambda: engine.assets.back_up("A1", on="2026-01-02", by="ykerbrat")) == "day_before_last"


@pytest.mark.parametrize("proved", [{"rto": 1}, {"rpo": 0}])
def test_a_failed_test_proves_nothing(engine: Engine, proved: dict[str, Any]) -> None:
    shop(engine)

    met = wrong(lambda: engine.assets.test("A1", on="2026-01-03", result="failed", by="ykerbrat", **proved))

    assert (met, engine.assets.one("A1").n) == ("failed_test_proves", 1)


def test_what_an_earlier_test_proved_counts_no_more_after_a_failed_one(engine: Engine) -> None:
    shop(engine)
    engine.assets.change("A1", AssetDescription(rto=4), by="kbenali")
    engine.assets.test("A1", on="2026-01-03", result="passed", rto=6, evidence="https://e.org", by="ykerbrat")
    slow = engine.assets.one("A1").slower_than_wanted

    engine.assets.test("A1", on="2026-01-04", result="failed", by="ykerbrat")

    found = engine.assets.one("A1")
    assert (slow, found.rto_proved, found.evidence, found.slower_than_wanted) == (True, None, "", False)
    assert holds(engine)


@pytest.mark.parametrize("said", [{"result": "never"}, {"result": "perhaps"}, {"rto": -1}, {"rpo": 9_000}])
def test_wrong_results_are_told(engine: Engine, said: dict[str, Any]) -> None:
    shop(engine)

    given_ = {"on": "2026-01-03", "result": "passed", "by": "ykerbrat", **said}
    assert wrong(lambda: engine.assets.test("A1", **given_)) in {"no_choice", "hours"}


def test_what_is_not_backed_up_has_no_backups(engine: Engine) -> None:
    shop(engine)
    engine.assets.back_up("A1", on="2026-01-03", by="ykerbrat")

    engine.assets.change("A1", AssetDescription(frequency="none"), by="ykerbrat")

    assert engine.assets.one("A1").backup == Backup("none", None, None)
    assert wrong(lambda: engine.assets.back_up("A1", on="2026-01-04", by="ykerbrat")) == "asset_not_backed_up"
    assert holds(engine)


# --- loops ------------------------------------------------------------------------------------------------------------


def test_an_asset_does_not_depend_on_itself(engine: Engine) -> None:
    shop(engine)
    asset(engine, "A3", "A1")

    met = [
        wrong(lambda: engine.assets.change("A2", AssetDescription(needs=["A2"]), by="htallec")),
        wrong(lambda: engine.assets.change("A2", AssetDescription(needs=["A1"]), by="htallec")),
        wrong(lambda: engine.assets.change("A2", AssetDescription(needs=["A3"]), by="htallec")),
    ]

    assert met == ["asset_loop"] * 3


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(st.tuples(st.integers(0, 4), st.lists(st.integers(0, 4), max_size=3)), max_size=14))
def test_whatever_is_said_no_asset_depends_on_itself(engine: Engine, said: list[tuple[int, list[int]]]) -> None:
    start = len(engine.assets.every())
    keys = [asset(engine, f"X{start + n}", by="htallec") for n in range(5)]

    for one, needs in said:
        wanted = AssetDescription(needs=[keys[n] for n in needs])
        try:
            engine.assets.change(keys[one], wanted, by="htallec")
        except BadInput as problem:
            assert problem.reason == "asset_loop"

    graph = {one.key: one.needs for one in engine.assets.every() if one.key in keys}
    assert not [key for key in keys if key in _below(key, graph)]
    assert holds(engine)


def _below(key: str, graph: dict[str, tuple[str, ...]]) -> set[str]:
    """All that an asset depends on, in any number of steps."""
    found: set[str] = set()
    for _ in graph:
        found |= {below for one in {*graph[key], *found} for below in (one, *graph[one])}
    return found


# --- retiring ---------------------------------------------------------------------------------------------------------


def test_an_asset_that_is_needed_is_not_retired(engine: Engine) -> None:
    shop(engine)

    with pytest.raises(Refused) as caught:
        engine.assets.retire("A2", reason="Gone", by="slegoff")

    (blocker,) = caught.value.decision.blockers
    assert (blocker.code, blocker.params["assets"], engine.assets.one("A2").retired) == (
        "asset_needed",
        ["A1"],
        False,
    )
    assert holds(engine)


def test_it_is_retired_once_what_needed_it_is(engine: Engine) -> None:
    shop(engine)

    engine.assets.retire("A1", reason="Replaced", by="kbenali")
    engine.assets.retire("A2", reason="Replaced", by="slegoff")

    assert (engine.assets.every(), [one.key for one in engine.assets.every(retired=True)]) == ((), ["A1", "A2"])
    assert holds(engine)


@pytest.mark.parametrize("by", ["ykerbrat", "nroussel", "ebihan"])
def test_nobody_else_retires_an_asset(engine: Engine, by: str) -> None:
    shop(engine)

    assert refused(lambda: engine.assets.retire("A1", reason="Gone", by=by)) == {"asset_lowered"}


def test_a_retirement_has_a_reason(engine: Engine) -> None:
    shop(engine)

    assert wrong(lambda: engine.assets.retire("A1", reason=" ", by="kbenali")) == "text_empty"


def test_what_is_retired_is_said_no_more_of_and_is_not_taken_up_again(engine: Engine) -> None:
    shop(engine)
    engine.assets.retire("A1", reason="Replaced", by="kbenali")

    met = [refused(lambda deed=deed: deed(engine, "htallec")) for deed in SAID.values()]  # type: ignore[misc]

    assert met == [{"asset_retired"}] * 3
    assert refused(lambda: engine.assets.retire("A1", reason="Again", by="htallec")) == {"asset_retired"}
    assert wrong(lambda: engine.assets.record(SHOP, key="A1", by="htallec")) == "asset_taken"
    assert absent(lambda: engine.assets.touch("CRM", ["A1"], by="kbenali")) == ("asset", "A1")
    assert absent(lambda: engine.assets.change("A2", AssetDescription(needs=["A1"]), by="slegoff")) == ("asset", "A1")
    assert holds(engine)


# --- starters ---------------------------------------------------------------------------------------------------------


def test_starters_are_recorded_once(engine: Engine) -> None:
    first = engine.assets.starters(owner="kbenali", by="htallec", lang="fr")

    again = engine.assets.starters(owner="kbenali", by="htallec", lang="fr")

    assert ([receipt.subject for receipt in first], again) == (["A-01", "A-02"], ())
    assert {(one.name, one.criticality, one.owner) for one in engine.assets.every()} == {
        ("Données clients", 4, "kbenali"),
        ("Système de paiement", 4, "kbenali"),
    }
    assert holds(engine)


def test_only_what_is_missing_of_the_starters_is_recorded(engine: Engine) -> None:
    engine.assets.record(AssetDescription(name="Payment system", owner="kbenali"), by="htallec")

    receipts = engine.assets.starters(owner="kbenali", by="htallec")

    assert [engine.assets.one(receipt.subject).name for receipt in receipts] == ["Customer data"]


def test_starters_are_not_recorded_again_in_another_language(engine: Engine) -> None:
    engine.assets.starters(owner="kbenali", by="htallec", lang="en")

    assert (engine.assets.starters(owner="kbenali", by="htallec", lang="fr"), len(engine.assets.every())) == ((), 2)


def test_a_stranger_records_no_starters(engine: Engine) -> None:
    met = refused(lambda: engine.assets.starters(owner="kbenali", by="ebihan"))

    assert (met, engine.assets.every(), holds(engine)) == ({"asset_no_role"}, (), True)
