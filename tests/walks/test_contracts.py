"""Contracts: who keeps them, what is due first, and nobody who gets round the rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from tests.walks.company import codes, open_crm

from flowgov import BadInput, Engine, FixedClock, NotFound, Refused
from flowgov.acts.entering import go_in
from flowgov.acts.unit import Unit, write
from flowgov.dossier.assets import AssetDescription
from flowgov.dossier.contracts import ContractTerms
from flowgov.keeper import LIBRARY

HOSTING = ContractTerms(
    supplier="Nuage SARL",
    subject="Hébergement du CRM",
    owner="kbenali",
    start="2026-01-01",
    end="2026-12-31",
    notice_days=90,
    renewal="tacit",
)
ENTITLED = ["htallec", "kbenali", "ykerbrat"]
"""The administrator, the owner, and somebody with a role that acts."""


@pytest.fixture
def kept(engine: Engine) -> Engine:
    """CT-01 belongs to kbenali, who holds no role; ykerbrat holds one that acts. A1 has personal data, A2 has none."""
    open_crm(engine, "pme-light")
    engine.grant_role("technical_owner", "ykerbrat", project="CRM", by="htallec")
    for key, personal in (("A1", True), ("A2", False)):
        engine.assets.record(AssetDescription(name=key, owner="kbenali", personal_data=personal), key=key, by="htallec")
    engine.contracts.record(HOSTING, by="htallec")
    return engine


def refused(attempt: Callable[[], object]) -> set[str]:
    """What stands in the way of an attempt."""
    with pytest.raises(Refused) as caught:
        attempt()
    return codes(caught.value.decision)


def wrong(attempt: Callable[[], object]) -> str | None:
    """Why an attempt is not usable."""
    with pytest.raises(BadInput) as caught:
        attempt()
    return caught.value.reason


def on(clock: FixedClock, day: str) -> None:
    clock.set(datetime.fromisoformat(f"{day}T09:00:00+00:00"))


def forged(engine: Engine, act: str, by: str, facts: dict[str, Any], texts: dict[str, str] | None = None) -> set[Any]:
    """What verification finds once somebody wrote a record past the rules."""

    def enter(unit: Unit) -> None:
        office = go_in(unit, by)
        before = office.entries("contract")["CT-01"].facts
        facts_, grant = {**before, **facts}, office.administrator or office.acting()
        office.enter("contract", "CT-01", act, facts_, texts, grant)

    write(engine._house, enter, LIBRARY)
    return {finding.params.get("about") for finding in engine.verify().findings}


# --- recording --------------------------------------------------------------------------------------------------------


def test_a_contract_says_until_when_notice_can_be_given(kept: Engine) -> None:
    one = kept.contracts.one("CT-01")

    assert (one.supplier, one.subject, one.owner, one.renewal) == (
        "Nuage SARL",
        "Hébergement du CRM",
        "kbenali",
        "tacit",
    )
    assert (one.notice, one.due, one.late, one.ended) == ("2026-10-02", "2026-10-02", False, False)
    assert kept.verify().holds


@pytest.mark.parametrize("by", ["htallec", "ykerbrat"], ids=["administrator", "acting"])
def test_a_contract_is_recorded_by_an_administrator_or_a_role_that_acts(kept: Engine, by: str) -> None:
    receipt = kept.contracts.record(HOSTING, by=by)

    assert (receipt.subject, kept.verify().holds) == ("CT-02", True)


@pytest.mark.parametrize("by", ["kbenali", "nroussel", "ebihan"])
def test_nobody_else_records_one_not_even_for_himself(kept: Engine, by: str) -> None:
    assert refused(lambda: kept.contracts.record(HOSTING, by=by)) == {"contract_no_role"}
    assert [e.event for e in kept.log()][-1] == "administration.refused"


def test_a_role_that_only_reads_records_nothing(kept: Engine) -> None:
    kept.grant_role("auditor", "nroussel", project="CRM", by="htallec")

    assert refused(lambda: kept.contracts.record(HOSTING, by="nroussel")) == {"contract_no_role"}


@pytest.mark.parametrize("part", ["supplier", "subject", "owner", "start", "renewal"])
def test_a_contract_needs_its_parts(kept: Engine, part: str) -> None:
    said = replace(HOSTING, **{part: None})

    assert wrong(lambda: kept.contracts.record(said, by="htallec")) == "contract_incomplete"


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an empty supplier": ({"supplier": " "}, "text_empty"),
    "a hidden character": ({"subject": "CRM\u202e"}, "text_character"),
    "no such renewal": ({"renewal": "maybe"}, "no_choice"),
    "no such day": ({"start": "2026-02-30"}, "bad_date"),
    "an end before the start": ({"end": "2025-12-31", "notice_days": None}, "contract_end_first"),
    "a notice without an end": ({"end": None}, "contract_notice_endless"),
    "a day of notice without an end": (
        {"end": None, "notice_days": None, "notice": "2026-10-01"},
        "contract_notice_endless",
    ),
    "a notice after the end": ({"notice_days": None, "notice": "2027-01-01"}, "contract_notice_day"),
    "a notice before the start": ({"notice_days": None, "notice": "2025-12-31"}, "contract_notice_day"),
    "a notice longer than the contract": ({"notice_days": 365}, "contract_notice_long"),
    "a notice of no days": ({"notice_days": 0}, "contract_notice_days"),
    "a notice of ever so many days": ({"notice_days": 10**9}, "contract_notice_days"),
    "two notices": ({"notice": "2026-10-01"}, "contract_two_notices"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_makes_no_sense_is_told_and_not_recorded(kept: Engine, what: str) -> None:
    said, reason = WRONG[what]

    assert wrong(lambda: kept.contracts.record(replace(HOSTING, **said), by="htallec")) == reason
    assert [one.key for one in kept.contracts.every()] == ["CT-01"]


def test_a_program_owns_no_contract(kept: Engine) -> None:
    kept.add_person("robot", name="Robot", service=True, by="htallec")

    assert wrong(lambda: kept.contracts.record(replace(HOSTING, owner="robot"), by="htallec")) == "owner_is_service"


@pytest.mark.parametrize("said", [{"owner": "nobody"}, {"assets": ["A8"]}], ids=str)
def test_owners_and_assets_are_there(kept: Engine, said: dict[str, Any]) -> None:
    with pytest.raises(NotFound):
        kept.contracts.record(replace(HOSTING, **said), by="htallec")


def test_a_retired_asset_takes_no_new_contract_and_stays_on_the_old_one(kept: Engine) -> None:
    kept.contracts.change("CT-01", ContractTerms(assets=["A2"]), by="kbenali")
    kept.assets.retire("A2", reason="Replaced", by="kbenali")

    with pytest.raises(NotFound):
        kept.contracts.record(replace(HOSTING, assets=["A2"]), by="htallec")
    kept.contracts.change("CT-01", ContractTerms(reversibility=True), by="kbenali")

    assert (kept.contracts.one("CT-01").assets, kept.verify().holds) == (("A2",), True)


def test_a_contract_has_its_key_once(kept: Engine) -> None:
    kept.contracts.record(HOSTING, key="CT-07", by="htallec")

    assert wrong(lambda: kept.contracts.record(HOSTING, key="CT-07", by="htallec")) == "contract_taken"
    assert kept.contracts.record(HOSTING, by="htallec").subject == "CT-08"


# --- changing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ENTITLED)
def test_a_contract_is_changed_by_its_owner_or_by_a_role(kept: Engine, by: str) -> None:
    kept.contracts.change("CT-01", ContractTerms(reversibility=True, link="https://e.org/ct"), by=by)

    one = kept.contracts.one("CT-01")
    assert (one.reversibility, one.link, one.supplier, one.n) == (True, "https://e.org/ct", "Nuage SARL", 2)
    assert kept.verify().holds


def test_what_is_said_as_nothing_is_taken_away(kept: Engine) -> None:
    kept.contracts.change("CT-01", ContractTerms(assets=["A2", "A1"], link="x", notice="2026-09-30"), by="kbenali")
    before = kept.contracts.one("CT-01")
    kept.contracts.change("CT-01", ContractTerms(assets=[], link="", notice="", end=""), by="kbenali")

    one = kept.contracts.one("CT-01")
    assert (before.assets, before.notice, before.notice_days) == (("A1", "A2"), "2026-09-30", None)
    assert (one.assets, one.link, one.notice, one.end, one.due) == ((), "", None, None, None)
    assert kept.verify().holds


@pytest.mark.parametrize("by", ["nroussel", "ebihan"])
def test_nobody_else_changes_or_renews_a_contract(kept: Engine, by: str) -> None:
    assert refused(lambda: kept.contracts.change("CT-01", ContractTerms(renewal="express"), by=by)) == {
        "contract_not_yours"
    }
    assert refused(lambda: kept.contracts.renew("CT-01", end="2027-12-31", by=by)) == {"contract_not_yours"}


def test_a_role_that_is_over_changes_nothing(kept: Engine) -> None:
    kept.revoke_role("technical_owner", "ykerbrat", project="CRM", by="htallec")

    assert refused(lambda: kept.contracts.change("CT-01", ContractTerms(end="2027-12-31"), by="ykerbrat")) == {
        "contract_not_yours"
    }


@pytest.mark.parametrize("by", ["htallec", "kbenali"], ids=["administrator", "owner"])
def test_another_owner_is_named_by_the_owner_or_an_administrator(kept: Engine, by: str) -> None:
    kept.contracts.change("CT-01", ContractTerms(owner="nroussel"), by=by)

    assert (kept.contracts.one("CT-01").owner, kept.verify().holds) == ("nroussel", True)


@pytest.mark.parametrize("owner", ["ykerbrat", "nroussel"], ids=["himself", "somebody else"])
def test_a_role_that_acts_gives_no_contract_away(kept: Engine, owner: str) -> None:
    said = ContractTerms(owner=owner, reversibility=True)

    assert refused(lambda: kept.contracts.change("CT-01", said, by="ykerbrat")) == {"contract_owner_change"}
    assert kept.contracts.one("CT-01").owner == "kbenali"


def test_who_gave_a_contract_away_has_no_say_any_more(kept: Engine) -> None:
    kept.contracts.change("CT-01", ContractTerms(owner="nroussel"), by="kbenali")

    assert refused(lambda: kept.contracts.end("CT-01", reason="Mine", by="kbenali")) == {"contract_end_not_yours"}


def test_something_has_to_be_said_and_has_to_make_sense(kept: Engine) -> None:
    assert wrong(lambda: kept.contracts.change("CT-01", ContractTerms(), by="kbenali")) == "nothing_to_change"
    assert (
        wrong(lambda: kept.contracts.change("CT-01", ContractTerms(end="2026-01-31"), by="kbenali"))
        == "contract_notice_long"
    )
    with pytest.raises(NotFound):
        kept.contracts.change("CT-09", ContractTerms(end="2026-01-31"), by="kbenali")


# --- renewing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ENTITLED)
def test_a_contract_goes_on_and_its_notice_with_it(kept: Engine, by: str) -> None:
    kept.contracts.renew("CT-01", end="2027-12-31", by=by)

    one = kept.contracts.one("CT-01")
    assert (one.end, one.notice, kept.verify().holds) == ("2027-12-31", "2027-10-02", True)


@pytest.mark.parametrize("end", ["2026-12-31", "2026-06-30", ""])
def test_it_goes_on_until_a_later_day(kept: Engine, end: str) -> None:
    assert wrong(lambda: kept.contracts.renew("CT-01", end=end, by="kbenali")) == "contract_not_later"


def test_a_contract_without_an_end_cannot_go_on(kept: Engine) -> None:
    kept.contracts.change("CT-01", ContractTerms(end="", notice=""), by="kbenali")

    assert wrong(lambda: kept.contracts.renew("CT-01", end="2027-12-31", by="kbenali")) == "contract_endless"


def test_the_day_to_give_notice_is_said_anew(kept: Engine) -> None:
    kept.contracts.change("CT-01", ContractTerms(notice="2026-09-30"), by="kbenali")

    former = wrong(lambda: kept.contracts.renew("CT-01", end="2027-12-31", by="kbenali"))
    again = wrong(lambda: kept.contracts.renew("CT-01", end="2027-12-31", notice="2026-09-30", by="kbenali"))
    kept.contracts.renew("CT-01", end="2027-12-31", notice="2027-09-30", by="kbenali")
    kept.contracts.renew("CT-01", end="2028-12-31", notice="", by="kbenali")

    assert (former, again) == ("contract_former_notice", "contract_former_notice")
    assert (kept.contracts.one("CT-01").notice, kept.verify().holds) == (None, True)


# --- ending -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["htallec", "kbenali"], ids=["administrator", "owner"])
def test_notice_was_given_and_nothing_is_due_any_more(kept: Engine, by: str) -> None:
    kept.contracts.end("CT-01", on="2026-12-31", reason="Trop cher", by=by)

    one = kept.contracts.one("CT-01")
    assert (one.ended, one.end, one.due, one.reason, one.warnings) == (True, "2026-12-31", None, "Trop cher", ())
    assert (kept.contracts.every(), kept.deadlines(within_days=3000), kept.verify().holds) == ((), (), True)


def test_a_contract_ends_today_where_no_day_is_said(kept: Engine) -> None:
    kept.contracts.end("CT-01", reason="Faillite", by="kbenali")

    assert (kept.contracts.one("CT-01").end, [one.key for one in kept.contracts.every(ended=True)]) == (
        "2026-01-05",
        ["CT-01"],
    )


@pytest.mark.parametrize("by", ["ykerbrat", "nroussel"], ids=["acting", "nobody"])
def test_nobody_else_ends_a_contract(kept: Engine, by: str) -> None:
    assert refused(lambda: kept.contracts.end("CT-01", reason="No", by=by)) == {"contract_end_not_yours"}


def test_an_end_has_a_reason(kept: Engine) -> None:
    assert wrong(lambda: kept.contracts.end("CT-01", reason=" ", by="kbenali")) == "text_empty"


@pytest.mark.parametrize("by", ["htallec", "kbenali"])
def test_nothing_follows_on_an_end(kept: Engine, by: str) -> None:
    kept.contracts.end("CT-01", reason="Over", by=by)

    found = [
        refused(lambda: kept.contracts.change("CT-01", ContractTerms(owner="nroussel"), by=by)),
        refused(lambda: kept.contracts.renew("CT-01", end="2028-12-31", by=by)),
        refused(lambda: kept.contracts.end("CT-01", reason="Again", by=by)),
    ]
    assert found == [{"contract_ended"}] * 3


# --- what is due ------------------------------------------------------------------------------------------------------


def test_what_is_due_first_comes_first(kept: Engine) -> None:
    for key, end, notice in (("LATE", "2027-01-31", 30), ("SOON", "2026-03-31", None), ("OPEN", None, None)):
        said = replace(HOSTING, end=end, notice_days=notice, renewal="express")
        kept.contracts.record(said, key=key, by="htallec")

    every = [(one.key, one.due) for one in kept.contracts.every()]
    within = [one.key for one in kept.contracts.every(within_days=90)]

    assert every == [("SOON", "2026-03-31"), ("CT-01", "2026-10-02"), ("LATE", "2027-01-01"), ("OPEN", None)]
    assert within == ["SOON"]


@pytest.mark.parametrize(("day", "late"), [("2026-10-02", False), ("2026-10-03", True)])
def test_a_notice_that_passed_is_late(kept: Engine, clock: FixedClock, day: str, late: bool) -> None:
    on(clock, day)

    assert [(one.key, one.late) for one in kept.contracts.every(within_days=1)] == [("CT-01", late)]


def test_what_is_due_is_told_with_everything_else(kept: Engine, clock: FixedClock) -> None:
    on(clock, "2026-10-05")

    found = [(d.kind, d.key, d.day, d.late, d.persons, d.title) for d in kept.deadlines(within_days=90)]

    assert ("notice", "CT-01", "2026-10-02", True, ("kbenali",), "Nuage SARL") in found
    assert ("contract", "CT-01", "2026-12-31", False, ("kbenali",), "Nuage SARL") in found


@pytest.mark.parametrize(
    ("said", "warned"),
    [
        (ContractTerms(assets=["A1"]), ("no_reversibility", "no_personal_data_clause")),
        (ContractTerms(assets=["A2"]), ("no_reversibility",)),
        (ContractTerms(assets=["A1", "A2"], personal_data=True, reversibility=True), ()),
        (ContractTerms(reversibility=True, notice=""), ("tacit_without_notice",)),
        (ContractTerms(reversibility=True, notice="", renewal="express"), ()),
    ],
)
def test_a_contract_tells_what_it_lacks(kept: Engine, said: ContractTerms, warned: tuple[str, ...]) -> None:
    kept.contracts.change("CT-01", said, by="kbenali")

    assert kept.contracts.one("CT-01").warnings == warned


def test_whoever_leaves_leaves_his_contracts_behind_which_is_told(kept: Engine) -> None:
    left = kept.end_person("kbenali", by="htallec")

    assert ("contract", "CT-01", ("owner",)) in [(one.kind, one.key, one.fields) for one in left.named]
    assert refused(lambda: kept.contracts.end("CT-01", reason="No", by="ykerbrat")) == {"contract_end_not_yours"}
    with pytest.raises(NotFound):
        kept.contracts.change("CT-01", ContractTerms(owner="kbenali"), by="htallec")


# --- written past the rules -------------------------------------------------------------------------------------------

FORGED: dict[str, tuple[str, str, dict[str, Any], dict[str, str], str]] = {
    "changed by a stranger": ("change", "nroussel", {"reversibility": True}, {}, "contract"),
    "renewed by a stranger": ("renew", "nroussel", {"end": "2027-12-31"}, {}, "contract"),
    "renewed until an earlier day": ("renew", "kbenali", {"end": "2026-11-30"}, {}, "contract"),
    "ended by who may only act": ("end", "ykerbrat", {"ended": True}, {"reason": "x"}, "contract"),
    "ended for no reason": ("end", "kbenali", {"ended": True}, {}, "contract"),
    "ended by a change": ("change", "kbenali", {"ended": True}, {}, "contract"),
    "recorded again": ("record", "htallec", {}, {"supplier": "x", "subject": "y"}, "contract"),
    "its supplier taken away": ("change", "kbenali", {}, {"supplier": ""}, "contract"),
    "a notice after the end": ("change", "kbenali", {"notice_days": None, "notice": "2027-03-01"}, {}, "contract_days"),
    "a notice without an end": ("change", "kbenali", {"end": None}, {}, "contract_days"),
    "assets that are not there": ("change", "kbenali", {"assets": ["A8"]}, {}, "contract_assets"),
    "an owner whom nobody knows": ("change", "kbenali", {"owner": "nobody"}, {}, "contract_owner"),
}


@pytest.mark.parametrize("what", FORGED)
def test_a_record_written_past_the_rules_is_found(kept: Engine, what: str) -> None:
    act, by, facts, texts, about = FORGED[what]

    assert forged(kept, act, by, facts, texts) == {about}


def test_a_contract_taken_by_a_role_that_acts_is_found(kept: Engine) -> None:
    def enter(unit: Unit) -> None:
        office = go_in(unit, "ykerbrat")
        facts = {**office.entries("contract")["CT-01"].facts, "owner": office.actor}
        office.enter("contract", "CT-01", "change", facts, {}, office.acting())

    write(kept._house, enter, LIBRARY)

    assert {finding.params.get("about") for finding in kept.verify().findings} == {"contract_owner"}


def test_a_line_altered_in_the_table_is_found(kept: Engine, url: str) -> None:
    database = create_engine(url)
    with database.begin() as connection:
        connection.execute(text("UPDATE flowgov_entry SET facts = replace(facts, 'tacit', 'express')"))
    database.dispose()

    assert [finding.code for finding in kept.verify().findings] == ["STATE_MISMATCH"]


def test_a_supplier_can_be_removed_for_ever_and_the_contract_stays(kept: Engine) -> None:
    seq = next(e.seq for e in kept.log() if e.event == "contract.recorded")

    kept.redact(None, seq, "supplier", reason="A person's name", by="htallec")

    assert (kept.contracts.one("CT-01").supplier, kept.verify().holds) == ("", True)
