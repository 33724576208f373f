"""The organisation's chain, record by record: what nobody was entitled to is found, and everything is taken in."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.audit.house import LAST, LATER, TS, House, said

from flowgov.audit.standing import Card

# --- authority ------------------------------------------------------------------------------------------------------


def test_the_founding_stands_on_nobodys_authority() -> None:
    assert House().found == []


@pytest.mark.parametrize(
    ("event", "changes"),
    [
        ("person.added", {"person": "u1", "actor": "u1"}),
        ("role.granted", {"person": "u1", "role": "administrator"}),
        ("workflow.registered", {}),
    ],
)
def test_a_later_record_does(event: str, changes: dict[str, Any]) -> None:
    assert ("ROLE_VIOLATION", "no_authority", 5) in said(event, auth=None, **changes)


@pytest.mark.parametrize(
    ("event", "changes"),
    [
        ("person.added", {"person": "u9"}),
        ("person.added", {"person": "u9", "actor": "u9"}),
        ("workflow.registered", {}),
    ],
)
def test_the_second_record_makes_the_founder_known(event: str, changes: dict[str, Any]) -> None:
    house = House(founded=False)
    house.say("organisation.created", auth=None)
    house.say(event, auth=None, **changes)

    assert house.found == [("ROLE_VIOLATION", "no_authority", 2)]


@pytest.mark.parametrize("changes", [{"role": "sponsor"}, {"project": "1"}, {"person": "u2"}])
def test_the_third_record_makes_the_founder_administrator(changes: dict[str, Any]) -> None:
    house = House(founded=False)
    house.say("organisation.created", auth=None)
    house.say("person.added", person="u1", auth=None)
    house.say("role.granted", **{"person": "u1", "role": "administrator", "auth": None, **changes})

    assert ("ROLE_VIOLATION", "no_authority", 3) in house.found


def test_nothing_is_revoked_in_its_stead() -> None:
    house = House(founded=False)
    house.say("organisation.created", auth=None)
    house.say("person.added", person="u1", auth=None)
    house.say("role.revoked", person="u1", role="administrator", auth=None)

    assert ("ROLE_VIOLATION", "no_authority", 3) in house.found


def test_a_role_granted_before_the_founder_is_known_has_no_authority() -> None:
    house = House(founded=False)
    house.say("organisation.created", auth=None)
    house.say("role.granted", person="u1", role="administrator", auth=None)

    assert ("ROLE_VIOLATION", "no_authority", 2) in house.found


def test_where_records_are_missing_authority_may_be_among_them() -> None:
    house = House()
    house.lost()
    house.say("workflow.registered", auth=None)
    house.say("person.added", auth={"role": "administrator", "grant": "unknown"})
    house.say("role.granted", actor="u9", person="u8", auth=None)

    assert house.found == []


def test_a_grant_that_was_never_recorded_is_no_authority() -> None:
    assert said("log.archived", auth={"role": "administrator", "grant": "unknown"}) == [
        ("ROLE_VIOLATION", "unknown_grant", 5)
    ]


@pytest.mark.parametrize(
    ("grant", "changes"),
    [
        ({"role": "sponsor"}, {}),
        ({"role": "sponsor"}, {"role": "sponsor"}),
        ({}, {"role": "sponsor"}),
        ({}, {"actor": "u1"}),
        ({"project": "1"}, {}),
        ({"start": LATER}, {}),
        ({"until": TS}, {}),
    ],
)
def test_only_an_administrators_own_grant_in_force_everywhere_is_authority(
    grant: dict[str, Any], changes: dict[str, Any]
) -> None:
    house = House()
    house.say("person.added")
    house.say("role.granted", **{"role": "administrator", **grant})
    before = len(house.found)
    auth = {"role": changes.pop("role", "administrator"), "grant": house.chain.head}
    house.say("log.archived", **{"actor": "u2", "auth": auth, **changes})

    assert house.found[before:] == [("ROLE_VIOLATION", "not_held", 6)]


@pytest.mark.parametrize(("clock", "found"), [({}, True), ({"clock": "held"}, False)])
def test_the_end_of_a_grant_is_not_judged_by_a_clock_that_was_held(clock: dict[str, str], found: bool) -> None:
    house = House()
    house.say("person.added")
    house.say("role.granted", role="administrator", until=LATER)
    auth = {"role": "administrator", "grant": house.chain.head}
    house.say("log.archived", actor="u2", ts=LATER, auth=auth, **clock)

    assert (("ROLE_VIOLATION", "not_held", 6) in house.found) is found


def test_a_refusal_needs_no_authority() -> None:
    assert said("administration.refused", auth=None, actor="u2") == []


def test_a_stranger_cannot_even_be_refused() -> None:
    assert said("administration.refused", auth=None, actor="u9") == [("ROLE_VIOLATION", "stranger", 5)]


def test_a_grant_whose_record_was_altered_is_relied_on_under_its_original_hash() -> None:
    house = House()
    house.say("person.added")
    house.say("role.granted", role="administrator")
    house.chain.former = "original"
    house.say("workflow.registered")
    house.chain.former = ""
    auth = {"role": "administrator", "grant": "original"}
    house.say("log.archived", actor="u2", auth=auth)

    assert (house.found, house.register.grants["g5"].original) == ([], "original")


def test_the_original_hash_is_that_of_the_record_right_before() -> None:
    house = House()
    house.say("role.granted", person="u1", actor="u9")
    house.say("workflow.registered")
    house.chain.former = "original"
    house.say("log.archived")

    assert "original" not in house.register.by_hash
    assert house.register.grants["g4"].original == "h4"


def test_before_anything_was_read_the_register_is_incomplete() -> None:
    assert not House(founded=False).register.complete


def test_a_record_that_cannot_be_read_leaves_the_register_incomplete() -> None:
    house = House()
    assert house.register.complete
    house.lost()

    house.register.apply(house.chain, None, {})

    assert not house.register.complete


# --- people and roles -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seq", [1, 4])
def test_an_organisation_begins_with_its_founding_once(seq: int) -> None:
    house = House(founded=seq == 4)
    house.say("organisation.created" if seq == 4 else "administration.refused", auth=None)

    assert ("RULE_VIOLATION", "beginning", seq) in house.found


def test_an_organisation_is_founded_by_its_administrator() -> None:
    house = House(founded=False)
    house.say("organisation.created", actor="u9")

    assert house.found == [("RULE_VIOLATION", "beginning", 1)]
    assert (house.register.name, house.register.administrator) == ("Maison Tallec", "u1")


def test_a_person_has_the_texts_beside_the_record() -> None:
    house = House()
    house.say("person.added", {"login": "bob", "name": "Bob", "email": "b@example.org"})
    house.say("person.added", {}, person="u3")

    assert house.register.people["u2"] == Card(4, "bob", "Bob", "b@example.org")
    assert house.register.people["u3"] == Card(5, None, None, None)


def test_a_person_is_added_once() -> None:
    assert said("person.added") == [("RULE_VIOLATION", "again", 5)]


def test_a_grant_is_taken_in_as_it_was_recorded() -> None:
    house = House()
    house.say("person.added")
    house.say("role.granted", project="1", until=LATER)

    grant = house.register.grants["g5"]
    assert house.found == []
    assert (grant.person, grant.role, grant.project, grant.start, grant.until) == ("u2", "sponsor", "1", TS, LATER)
    assert (grant.by, grant.seq, grant.hash, grant.original, grant.revoked) == ("u1", 5, "h5", "h5", None)


@pytest.mark.parametrize(
    ("changes", "code", "about"),
    [
        ({"person": "u1"}, "ROLE_VIOLATION", "self_grant"),
        ({"grant": "g3"}, "RULE_VIOLATION", "again"),
        ({"person": "u9"}, "ROLE_VIOLATION", "stranger"),
        ({"role": "administrator", "project": "1"}, "RULE_VIOLATION", "administrator_on_project"),
        ({"until": TS}, "RULE_VIOLATION", "period"),
        ({"start": LATER, "until": TS}, "RULE_VIOLATION", "period"),
    ],
)
def test_a_role_that_cannot_be_granted_like_this_is_found(changes: dict[str, Any], code: str, about: str) -> None:
    assert said("role.granted", **changes) == [(code, about, 5)]


@pytest.mark.parametrize(
    ("role", "person", "project", "held"),
    [
        ("sponsor", "u2", "1", True),
        ("sponsor", "u2", "2", False),
        ("sponsor", "u1", "1", False),
        ("auditor", "u2", "1", False),
        ("auditor", "u3", "2", True),
    ],
)
def test_a_role_is_held_on_its_project_or_everywhere(role: str, person: str, project: str, held: bool) -> None:
    house = House()
    house.say("role.granted", project="1")
    house.say("role.granted", person="u3", role="auditor")

    assert house.register.holding(person, role, project, TS, 9) is held


def test_of_two_grants_one_in_force_is_enough() -> None:
    house = House()
    house.say("role.granted", start=LATER)
    house.say("role.granted", until=LATER)

    assert house.register.holding("u2", "sponsor", "1", TS, 9)


@pytest.mark.parametrize(("ts", "held"), [(TS, True), (LATER, False)])
def test_a_role_is_not_held_after_its_end(ts: str, held: bool) -> None:
    house = House()
    house.say("role.granted", until=LATER)

    assert house.register.holding("u2", "sponsor", "1", ts, 9) is held


def test_a_revocation_ends_the_grants_that_it_names() -> None:
    house = House()
    house.say("person.added")
    house.say("role.granted")
    house.say("role.revoked", grants=["g5"], ts=LATER)

    grant = house.register.grants["g5"]
    assert (house.found, grant.revoked, grant.revoked_place) == ([], LATER, 6)


@pytest.mark.parametrize(
    "changes", [{"grants": ["g9"]}, {"person": "u1"}, {"role": "auditor"}, {"project": "1"}, {"grants": ["g5", "g5"]}]
)
def test_a_revocation_of_something_else_is_found(changes: dict[str, Any]) -> None:
    house = House()
    house.say("person.added")
    house.say("role.granted")
    house.say("role.revoked", **{"grants": ["g5"], **changes})

    assert house.found == [("RULE_VIOLATION", "nothing_to_revoke", 6)]


def test_a_second_revocation_changes_nothing() -> None:
    house = House()
    house.say("role.granted")
    house.say("role.revoked", grants=["g4"], ts=TS)
    house.say("role.revoked", grants=["g4"], ts=LATER)

    assert (house.register.grants["g4"].revoked, house.register.grants["g4"].revoked_place) == (TS, 5)


def test_where_records_are_missing_a_grant_may_be_among_them() -> None:
    house = House()
    house.say("person.added")
    house.say("role.granted")
    house.lost()
    house.say("role.revoked", grants=["g9", "g5"])
    house.say("role.granted", person="u9")

    assert (house.found, house.register.grants["g5"].revoked) == ([], TS)


@pytest.mark.parametrize(
    ("other", "left"),
    [
        (None, False),
        ({}, True),
        ({"until": LAST}, False),
        ({"start": LAST}, False),
        ({"start": LATER}, True),
        ({"role": "sponsor"}, False),
        ({"project": "1"}, False),
    ],
)
def test_the_last_administrator_cannot_be_revoked(other: dict[str, Any] | None, left: bool) -> None:
    house = House()
    house.say("person.added")
    if other is not None:
        house.say("role.granted", **{"role": "administrator", **other})
    seq = house.say("role.revoked", grants=["g3"], person="u1", role="administrator", ts=LATER)

    assert (("RULE_VIOLATION", "last_administrator", seq) not in house.found) is left


def test_that_nobody_administers_is_told_where_it_happened() -> None:
    house = House()
    house.say("role.granted")
    house.say("role.revoked", grants=["g3"], person="u1", role="administrator")
    house.say("role.revoked", grants=["g4"])

    assert [seq for _, about, seq in house.found if about == "last_administrator"] == [5]


def test_where_records_are_missing_there_may_be_another_administrator() -> None:
    house = House()
    house.lost()
    house.say("role.revoked", grants=["g3"], person="u1", role="administrator")

    assert house.found == []
