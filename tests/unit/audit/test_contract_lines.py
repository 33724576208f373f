"""Contracts and rights of access in the log: what the rules did not permit is found."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.audit.house import TS, House

from flowgov.audit.entries_contract import SHAPES
from flowgov.audit.held import Held
from flowgov.audit.kinds import fits

CONTRACT = {
    "assets": ["A1"],
    "owner": "u2",
    "start": "2026-01-01",
    "end": "2026-12-31",
    "notice": None,
    "notice_days": 90,
    "renewal": "tacit",
    "reversibility": False,
    "personal_data": False,
    "ended": False,
}
NEW = {"supplier": "", "subject": ""}
READ, WRITE = {"group": "COMPTA", "right": "read"}, {"group": "COMPTA", "right": "write"}
ACCESS = {"rights": [READ], "reviewed": None, "reviewer": None}
REVIEWED = {**ACCESS, "reviewed": TS[:10], "reviewer": "u2"}


class Office(House):
    """u1 administers, u2 owns what there is, u3 holds it, u4 holds a role that acts, u5 none; p1 is a program."""

    def __init__(self) -> None:
        super().__init__()
        for person in ("u2", "u3", "u4", "u5"):
            self.say("person.added", person=person)
        self.say("person.added", person="p1", service=True)
        self.register.complete = True
        for key, owner, retired in (("A1", "u2", False), ("A2", "u2", False), ("A9", "u2", True), ("P1", "p1", False)):
            facts = {"owner": owner, "holder": "u3", "retired": retired}
            self.register.entries["asset", key] = [Held("asset", key, 1, 1, TS, 1, facts)]
        self.admin = self._authority

    def contract(self, act: str, by: str, facts: dict[str, Any] | None = None, **changes: Any) -> list[str]:
        """What is found about a record of the contract."""
        former = self.register.entries.get(("contract", "CT-01"), [])
        before = former[-1].facts if former else CONTRACT
        return self._enter("contract", "CT-01", act, by, {**before, **(facts or {})}, changes)

    def access(self, act: str, by: str, facts: dict[str, Any], key: str = "A1", **changes: Any) -> list[str]:
        """What is found about a record of the rights to an asset."""
        return self._enter("access", key, act, by, facts, changes)

    def _enter(
        self, kind: str, key: str, act: str, by: str, facts: dict[str, Any], changes: dict[str, Any]
    ) -> list[str]:
        before, n = len(self.found), len(self.register.entries.get((kind, key), []))
        role = {"u1": "administrator", "u4": "business_owner"}.get(by)
        given = {"auth": {"role": role, "grant": self.admin} if role else None, **changes}
        self.say(f"{kind}.recorded", actor=by, key=key, n=n + 1, act=act, facts=facts, **given)
        return [about for code, about, _ in self.found[before:] if code == "RULE_VIOLATION"]


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Office:
    return Office()


@pytest.fixture
def agreed(house: Office) -> Office:
    """`house` with a contract that u2 owns."""
    assert house.contract("record", "u1", c=NEW) == []
    return house


@pytest.fixture
def given(house: Office) -> Office:
    """`house`, where COMPTA may read A1."""
    assert house.access("set", "u2", ACCESS) == []
    return house


# --- contracts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["u1", "u4"], ids=["administrator", "acting"])
def test_a_contract_is_recorded_by_an_administrator_or_a_role_that_acts(house: Office, by: str) -> None:
    assert house.contract("record", by, c=NEW) == []


@pytest.mark.parametrize("by", ["u2", "u5"], ids=["owner to be", "nobody"])
def test_without_a_role_nobody_records_a_contract_not_even_its_owner(house: Office, by: str) -> None:
    assert house.contract("record", by, c=NEW) == ["contract"]


@pytest.mark.parametrize("texts", [{"supplier": ""}, {"subject": ""}, {}])
def test_a_contract_names_its_supplier_and_its_subject(house: Office, texts: dict[str, str]) -> None:
    assert house.contract("record", "u1", c=texts) == ["contract"]


def test_a_contract_begins_once_and_not_ended(agreed: Office) -> None:
    again = agreed.contract("record", "u1", c=NEW)
    other = Office().contract("record", "u1", {"ended": True}, c=NEW)

    assert (again, other) == (["contract"], ["contract"])


@pytest.mark.parametrize(
    "facts",
    [
        {"end": "2025-12-31", "notice_days": None},
        {"end": None},
        {"end": None, "notice_days": None, "notice": "2026-10-02"},
        {"notice": "2026-10-02"},
        {"notice_days": 365},
        {"notice_days": None, "notice": "2027-01-01"},
        {"notice_days": None, "notice": "2025-12-31"},
        {"start": "0001-01-01", "end": "0001-01-05", "notice_days": 3660},
    ],
)
@pytest.mark.parametrize("act", ["record", "change"])
def test_start_notice_and_end_follow_one_another(house: Office, act: str, facts: dict[str, Any]) -> None:
    house.contract("record", "u1", c=NEW) if act == "change" else None

    assert house.contract(act, "u1", facts, c=NEW) == ["contract_days"]


@pytest.mark.parametrize(
    "facts",
    [
        {"end": None, "notice_days": None},
        {"notice_days": None},
        {"notice_days": 364},
        {"notice_days": None, "notice": "2026-01-01"},
        {"notice_days": None, "notice": "2026-12-31"},
        {"end": "2026-01-01", "notice_days": None},
    ],
)
def test_days_that_follow_one_another_are_permitted(house: Office, facts: dict[str, Any]) -> None:
    assert house.contract("record", "u1", facts, c=NEW) == []


@pytest.mark.parametrize("by", ["u1", "u2", "u4"], ids=["administrator", "owner", "acting"])
def test_a_contract_is_changed_by_its_owner_or_by_a_role(agreed: Office, by: str) -> None:
    assert agreed.contract("change", by, {"reversibility": True}) == []


def test_nobody_else_changes_a_contract(agreed: Office) -> None:
    assert agreed.contract("change", "u5", {"reversibility": True}) == ["contract"]


@pytest.mark.parametrize("text", ["supplier", "subject"])
def test_a_contract_never_loses_its_supplier_or_its_subject(agreed: Office, text: str) -> None:
    assert agreed.contract("change", "u2", cleared=[text]) == ["contract"]


@pytest.mark.parametrize("act", ["change", "renew", "end"])
def test_what_was_never_recorded_is_not_changed(house: Office, act: str) -> None:
    assert house.contract(act, "u1", c={"reason": ""}) == ["contract"]


def test_a_contract_is_not_ended_by_changing_it(agreed: Office) -> None:
    assert agreed.contract("change", "u1", {"ended": True}) == ["contract"]


@pytest.mark.parametrize(("by", "found"), [("u1", []), ("u2", []), ("u4", ["contract_owner"])])
def test_another_owner_is_named_by_the_owner_or_an_administrator(agreed: Office, by: str, found: list[str]) -> None:
    assert agreed.contract("change", by, {"owner": "u5"}) == found


def test_somebody_who_takes_a_contract_over_does_not_make_himself_its_owner(agreed: Office) -> None:
    assert agreed.contract("change", "u5", {"owner": "u5"}) == ["contract", "contract_owner"]


@pytest.mark.parametrize("owner", ["u9", "p1"], ids=["a stranger", "a program"])
def test_a_contract_belongs_to_a_person_who_is_here(house: Office, owner: str) -> None:
    assert house.contract("record", "u1", {"owner": owner}, c=NEW) == ["contract_owner"]


def test_a_contract_is_given_to_nobody_who_left_but_stays_with_whom_it_was(agreed: Office) -> None:
    agreed.say("person.ended", person="u2")
    agreed.say("person.ended", person="u3")

    found = [agreed.contract("change", "u1", {"owner": owner}) for owner in ("u2", "u3")]

    assert found == [[], ["contract_owner"]]


def test_a_contract_is_given_to_nobody_who_was_erased(agreed: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreed.chain.redactions, "erased", lambda person, _: person == "u3")

    assert agreed.contract("change", "u1", {"owner": "u3"}) == ["contract_owner"]


@pytest.mark.parametrize("assets", [["A8"], ["A9"], ["A2", "A1"], ["A1", "A1"]])
def test_a_contract_is_about_assets_in_use(house: Office, assets: list[str]) -> None:
    assert house.contract("record", "u1", {"assets": assets}, c=NEW) == ["contract_assets"]


def test_an_asset_that_was_retired_since_may_stay_on_its_contract(agreed: Office) -> None:
    held = agreed.register.entries["asset", "A1"][-1]
    held.facts["retired"] = True

    assert agreed.contract("change", "u2", {"reversibility": True}) == []


@pytest.mark.parametrize("by", ["u1", "u2", "u4"], ids=["administrator", "owner", "acting"])
def test_a_contract_is_renewed_until_a_later_day(agreed: Office, by: str) -> None:
    assert agreed.contract("renew", by, {"end": "2027-12-31"}) == []


@pytest.mark.parametrize(
    ("by", "facts"),
    [
        ("u5", {"end": "2027-12-31"}),
        ("u2", {"end": "2026-12-31"}),
        ("u2", {"end": "2026-12-30"}),
        ("u2", {"end": None, "notice_days": None}),
        ("u2", {"end": "2027-12-31", "renewal": "express"}),
        ("u2", {"end": "2027-12-31", "ended": True}),
    ],
)
def test_what_is_no_renewal_is_found(agreed: Office, by: str, facts: dict[str, Any]) -> None:
    assert agreed.contract("renew", by, facts) == ["contract"]


def test_a_contract_without_an_end_is_not_renewed(house: Office) -> None:
    house.contract("record", "u1", {"end": None, "notice_days": None}, c=NEW)

    assert house.contract("renew", "u1", {"end": "2027-12-31"}) == ["contract"]


@pytest.mark.parametrize(("notice", "found"), [("2026-10-02", ["contract"]), ("2027-10-02", []), (None, [])])
def test_the_day_to_give_notice_is_said_anew(house: Office, notice: str | None, found: list[str]) -> None:
    house.contract("record", "u1", {"notice": "2026-10-02", "notice_days": None}, c=NEW)

    assert house.contract("renew", "u2", {"end": "2027-12-31", "notice": notice}) == found


@pytest.mark.parametrize(("by", "found"), [("u1", []), ("u2", []), ("u4", ["contract"]), ("u5", ["contract"])])
def test_a_contract_is_ended_by_its_owner_or_an_administrator(agreed: Office, by: str, found: list[str]) -> None:
    assert agreed.contract("end", by, {"ended": True, "end": "2026-06-30"}, c={"reason": ""}) == found


@pytest.mark.parametrize(
    ("facts", "texts"),
    [
        ({"ended": True}, {}),
        ({"ended": False}, {"reason": ""}),
        ({"ended": True, "end": None}, {"reason": ""}),
        ({"ended": True, "renewal": "express"}, {"reason": ""}),
    ],
)
def test_what_is_no_end_is_found(agreed: Office, facts: dict[str, Any], texts: dict[str, str]) -> None:
    assert agreed.contract("end", "u2", facts, c=texts) == ["contract"]


def test_the_reason_of_an_end_is_not_taken_away_by_it(agreed: Office) -> None:
    found = agreed.contract("end", "u2", {"ended": True}, c={"reason": ""}, cleared=["reason"])

    assert found == ["contract"]


@pytest.mark.parametrize(
    ("act", "facts"),
    [
        ("change", {"ended": False}),
        ("renew", {"end": "2028-12-31"}),
        ("end", {}),
        ("renew", {"end": "2028-12-31", "ended": False}),
    ],
)
def test_nothing_follows_on_the_end_of_a_contract(agreed: Office, act: str, facts: dict[str, Any]) -> None:
    agreed.contract("end", "u2", {"ended": True}, c={"reason": ""})

    assert agreed.contract(act, "u1", facts, c={"reason": ""}) == ["contract"]


# --- rights of access -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["u1", "u2", "u3", "u4"], ids=["administrator", "owner", "holder", "acting"])
def test_rights_are_given_and_taken_by_whom_the_asset_concerns_or_by_a_role(house: Office, by: str) -> None:
    first = house.access("set", by, ACCESS)
    more = house.access("set", by, {**ACCESS, "rights": [READ, WRITE]})
    less = house.access("remove", by, ACCESS)
    none = house.access("remove", by, {**ACCESS, "rights": []})

    assert (first, more, less, none) == ([], [], [], [])


@pytest.mark.parametrize("act", ["set", "remove"])
def test_nobody_else_changes_rights(given: Office, act: str) -> None:
    rights = [READ, WRITE] if act == "set" else []

    assert given.access(act, "u5", {**ACCESS, "rights": rights}) == ["access"]


@pytest.mark.parametrize(
    ("act", "rights"),
    [
        ("set", [READ]),
        ("set", []),
        ("set", [WRITE]),
        ("set", [READ, READ]),
        ("set", [READ, WRITE, {"group": "COMPTA", "right": "admin"}]),
        ("remove", [READ]),
        ("remove", [READ, WRITE]),
    ],
)
def test_an_act_gives_one_right_or_takes_those_of_one_group(
    given: Office, act: str, rights: list[dict[str, str]]
) -> None:
    assert given.access(act, "u2", {**ACCESS, "rights": rights}) == ["access"]


def test_rights_of_two_groups_are_not_taken_at_once(given: Office) -> None:
    given.access("set", "u2", {**ACCESS, "rights": [READ, {"group": "direction", "right": "read"}]})

    assert given.access("remove", "u2", {**ACCESS, "rights": []}) == ["access"]


@pytest.mark.parametrize("left", [{"reviewed": TS[:10], "reviewer": "u2"}, {"reviewed": TS[:10]}, {"reviewer": "u2"}])
@pytest.mark.parametrize("act", ["set", "remove"])
def test_rights_that_were_changed_are_no_longer_reviewed(given: Office, act: str, left: dict[str, str]) -> None:
    given.access("review", "u2", REVIEWED)
    rights = [READ, WRITE] if act == "set" else []

    assert given.access(act, "u2", {**ACCESS, "rights": rights, **left}) == ["access"]


def test_a_group_has_one_spelling_in_the_whole_matrix(given: Office) -> None:
    here = given.access("set", "u2", {**ACCESS, "rights": [READ, {"group": "compta", "right": "write"}]})
    there = given.access("set", "u2", {**ACCESS, "rights": [{"group": "Compta", "right": "read"}]}, key="A2")

    assert (here, there) == (["access"], ["access"])


@pytest.mark.parametrize("key", ["A8", "A9"], ids=["unknown", "retired"])
@pytest.mark.parametrize("act", ["set", "remove", "review"])
def test_rights_are_to_an_asset_in_use(house: Office, act: str, key: str) -> None:
    assert house.access(act, "u1", ACCESS, key=key) == ["access_asset"]


def test_the_owner_of_an_asset_reviews_the_rights_to_it(given: Office) -> None:
    assert given.access("review", "u2", REVIEWED) == []


@pytest.mark.parametrize("by", ["u1", "u3", "u4", "u5"], ids=["administrator", "holder", "acting", "nobody"])
def test_nobody_else_reviews_them(given: Office, by: str) -> None:
    assert given.access("review", by, {**REVIEWED, "reviewer": by}) == ["access_review"]


@pytest.mark.parametrize(
    "facts",
    [
        {"reviewer": "u3"},
        {"reviewer": None},
        {"reviewed": None},
        {"reviewed": "2026-01-04"},
        {"reviewed": "2026-01-06"},
        {"rights": [READ, WRITE]},
    ],
)
def test_a_review_says_who_looked_that_very_day_and_changes_nothing(given: Office, facts: dict[str, Any]) -> None:
    assert given.access("review", "u2", {**REVIEWED, **facts}) == ["access_review"]


@pytest.mark.parametrize(
    ("day", "found"), [("2026-01-04", []), ("2026-01-06", ["access_review"]), (None, ["access_review"])]
)
def test_where_the_clock_was_held_a_review_may_be_of_the_day_before(
    given: Office, day: str | None, found: list[str]
) -> None:
    assert given.access("review", "u2", {**REVIEWED, "reviewed": day}, clock="held") == found


def test_a_program_reviews_nothing_even_what_it_owns(house: Office) -> None:
    house.access("set", "u1", ACCESS, key="P1")

    assert house.access("review", "p1", {**REVIEWED, "reviewer": "p1"}, key="P1") == ["access_review"]


def test_what_was_never_given_is_neither_reviewed_nor_taken(house: Office) -> None:
    reviewed = house.access("review", "u2", REVIEWED)
    taken = Office().access("remove", "u2", {**ACCESS, "rights": []})

    assert (reviewed, taken) == (["access_review"], ["access"])


# --- shapes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "facts", "good"),
    [
        ("contract", CONTRACT, True),
        ("contract", {**CONTRACT, "renewal": "maybe"}, False),
        ("contract", {**CONTRACT, "notice_days": 0}, False),
        ("contract", {**CONTRACT, "notice_days": 3661}, False),
        ("contract", {**CONTRACT, "end": "soon"}, False),
        ("contract", {**CONTRACT, "owner": None}, False),
        ("access", ACCESS, True),
        ("access", REVIEWED, True),
        ("access", {**ACCESS, "rights": [{"group": "COMPTA", "right": "all"}]}, False),
        ("access", {**ACCESS, "rights": [{"group": "kb@nali", "right": "read"}]}, False),
        ("access", {**ACCESS, "rights": [{"group": "-x", "right": "read"}]}, False),
        ("access", {**ACCESS, "rights": [{"group": "x" * 41, "right": "read"}]}, False),
        ("access", {**ACCESS, "rights": [{"group": 7, "right": "read"}]}, False),
    ],
)
def test_the_facts_of_a_line_have_their_shape(kind: str, facts: dict[str, Any], good: bool) -> None:
    assert fits(facts, SHAPES[kind].facts) is good
