"""The organisation's chain, record by record: roles that are lent, people who leave, and service accounts."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.audit.house import LAST, LATER, TS, House
from tests.unit.audit.lifecycles import body, document

from flowgov.audit import register
from flowgov.audit.definition import Definition, parse

Found = list[tuple[str, str, int | None]]


def lending(**changes: Any) -> House:
    """u2 holds the sponsor's role by record 5; u3 is known. *changes* are of that record."""
    house = House()
    house.say("person.added")
    house.say("role.granted", **changes)
    house.say("person.added", person="u3")
    return house


def lend(house: House, **changes: Any) -> int:
    """u2 lends it to u3."""
    given: dict[str, Any] = {"actor": "u2", "auth": {"role": "sponsor", "grant": "h5"}}
    return house.say("role.delegated", **{**given, **changes})


def lent(**changes: Any) -> Found:
    """What is found about a delegation: record 7."""
    house = lending()
    lend(house, **changes)
    return house.found


def test_a_holder_lends_his_role() -> None:
    house = lending()
    lend(house)

    grant = house.register.grants["g7"]
    assert house.found == []
    assert (grant.person, grant.delegator, grant.base, grant.lender) == ("u3", "u2", "g5", house.register.grants["g5"])


def test_it_is_held_as_long_as_its_base() -> None:
    house = lending(until=LATER)
    lend(house, until=LATER)
    grant = house.register.grants["g7"]

    held = [grant.held_at(ts, 9) for ts in (TS, LATER)]
    house.register.grants["g5"].revoked = TS

    assert (held, grant.held_at(TS, 9), grant.held_after(TS)) == ([True, False], False, False)


@pytest.mark.parametrize(
    ("changes", "code", "about"),
    [
        ({"auth": {"role": "sponsor", "grant": "h3"}}, "ROLE_VIOLATION", "not_held"),
        ({"auth": {"role": "board", "grant": "h5"}}, "ROLE_VIOLATION", "not_held"),
        ({"role": "board"}, "ROLE_VIOLATION", "not_held"),
        ({"actor": "u1"}, "ROLE_VIOLATION", "not_held"),
        ({"ts": "2026-01-05T08:59:59.000000Z"}, "ROLE_VIOLATION", "not_held"),
        ({"auth": {"role": "sponsor", "grant": "h99"}}, "ROLE_VIOLATION", "unknown_grant"),
        ({"base": "g3"}, "ROLE_VIOLATION", "lends_more"),
        ({"person": "u2"}, "ROLE_VIOLATION", "lent_to"),
        ({"person": "u9"}, "ROLE_VIOLATION", "stranger"),
        ({"until": "2026-04-07T09:00:00.000001Z"}, "RULE_VIOLATION", "delegation"),
        ({"until": TS}, "RULE_VIOLATION", "period"),
        ({"grant": "g5"}, "RULE_VIOLATION", "again"),
    ],
)
def test_what_cannot_be_lent_like_this_is_found(changes: dict[str, Any], code: str, about: str) -> None:
    assert (code, about, 7) in lent(**changes)


def test_92_days_can_be_lent() -> None:
    assert lent(until="2026-04-07T09:00:00.000000Z") == []


@pytest.mark.parametrize(
    ("held", "given", "found"),
    [
        ({"project": "1"}, {"project": "1"}, []),
        ({"project": None}, {"project": "1"}, []),
        ({"project": "1"}, {"project": None}, [("ROLE_VIOLATION", "lends_more", 7)]),
        ({"project": "1"}, {"project": "2"}, [("ROLE_VIOLATION", "lends_more", 7)]),
        ({"until": LATER}, {"until": LATER}, []),
        ({"until": LATER}, {"until": LAST}, [("ROLE_VIOLATION", "lends_more", 7)]),
    ],
)
def test_nobody_lends_more_than_he_holds(held: dict[str, Any], given: dict[str, Any], found: Found) -> None:
    house = lending(**held)
    lend(house, **given)

    assert house.found == found


def test_the_administrators_role_is_not_lent() -> None:
    house = House()
    house.say("person.added")
    house.say("role.delegated", person="u2", role="administrator", base="g3")

    assert house.found == [("RULE_VIOLATION", "delegation", 5)]


def test_what_was_lent_is_not_lent_on() -> None:
    house = lending()
    house.say("person.added", person="u4")
    lend(house)
    auth = {"role": "sponsor", "grant": "h8"}
    house.say("role.delegated", actor="u3", person="u4", auth=auth, base="g8")

    assert house.found == [("ROLE_VIOLATION", "chained", 9)]


@pytest.mark.parametrize(("until", "found"), [(LATER, [("ROLE_VIOLATION", "lent_to", 9)]), (LAST, [])])
def test_a_role_is_not_lent_back_while_it_is_lent(until: str, found: Found) -> None:
    house = lending()
    lend(house, until=LATER)
    house.say("role.granted", person="u3", grant="g8")
    ts = TS if until == LATER else LATER
    auth = {"role": "sponsor", "grant": "h8"}
    house.say("role.delegated", actor="u3", person="u2", auth=auth, base="g8", ts=ts, start=ts, until=LAST)

    assert house.found == found


def test_a_role_is_not_lent_to_a_service_account() -> None:
    house = lending()
    house.say("person.added", person="u4", service=True)
    lend(house, person="u4")

    assert house.found == [("ROLE_VIOLATION", "lent_to", 8)]


def test_where_records_are_missing_the_lenders_grant_may_be_among_them() -> None:
    house = lending()
    house.lost()
    house.say("person.added", person="u4")
    lend(house, auth={"role": "sponsor", "grant": "h99"}, base="g99")

    grant = house.register.grants["g8"]
    assert (house.found, grant.lender, grant.base, grant.held_at(TS, 9)) == ([], None, "g99", True)


# --- taken back -----------------------------------------------------------------------------------------------------


def back(house: House, **changes: Any) -> int:
    """u2 takes back what he lent by record 7."""
    given: dict[str, Any] = {"actor": "u2", "person": "u3", "auth": {"role": "sponsor", "grant": "h5"}}
    return house.say("role.undelegated", **{**given, "grants": ["g7"], **changes})


def test_the_lender_takes_it_back() -> None:
    house = lending()
    lend(house)
    back(house, ts=LATER)

    assert (house.found, house.register.grants["g7"].revoked) == ([], LATER)


def test_an_administrator_takes_it_back() -> None:
    house = lending()
    lend(house)
    house.say("role.undelegated", person="u3", grants=["g7"])

    assert (house.found, house.register.grants["g7"].revoked) == ([], TS)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"grants": ["g5"], "person": "u2"}, [("ROLE_VIOLATION", "not_his", 8)]),
        ({"grants": ["g99"]}, [("RULE_VIOLATION", "nothing_to_revoke", 8)]),
        ({"auth": {"role": "sponsor", "grant": "h3"}}, [("ROLE_VIOLATION", "not_held", 8)]),
    ],
)
def test_nobody_takes_back_what_is_not_his(changes: dict[str, Any], found: Found) -> None:
    house = lending()
    lend(house)
    back(house, **changes)

    assert house.found == found


def test_a_holder_does_not_end_what_another_lent() -> None:
    house = lending()
    lend(house)
    house.say("role.granted", person="u3")
    back(house, actor="u3", auth={"role": "sponsor", "grant": "h8"})

    assert house.found == [("ROLE_VIOLATION", "not_his", 9)]


def test_an_administrator_ends_only_what_was_lent_by_that_record() -> None:
    house = lending()
    house.say("role.undelegated", grants=["g5"])

    assert house.found == [("ROLE_VIOLATION", "not_his", 7)]


# --- leavers --------------------------------------------------------------------------------------------------------


def test_a_departure_ends_what_was_held_and_lent() -> None:
    house = lending()
    lend(house)
    house.say("person.ended", grants=["g5", "g7"], ts=LATER)

    grants = house.register.grants
    assert (house.found, grants["g5"].revoked, grants["g7"].revoked) == ([], LATER, LATER)
    assert (house.register.people["u2"].ended, house.register.left("u2", 8), house.register.left("u2", 9)) == (
        LATER,
        False,
        True,
    )


@pytest.mark.parametrize("grants", [[], ["g5"], ["g7"], ["g3", "g5", "g7"], ["g5", "g7", "g99"]])
def test_it_ends_exactly_that(grants: list[str]) -> None:
    house = lending()
    lend(house)
    house.say("person.ended", grants=grants)

    assert house.found == [("RULE_VIOLATION", "ends_not_all", 8)]


def test_what_is_over_need_not_be_ended() -> None:
    house = lending(until=LATER)
    house.say("person.ended", grants=[], ts=LATER)

    assert house.found == []


def test_nobody_ends_himself() -> None:
    house = lending()
    house.say("role.granted", person="u2", role="administrator")
    house.say("person.ended", person="u1", grants=["g3"])

    assert house.found == [("ROLE_VIOLATION", "self_ending", 8)]


def test_the_last_administrator_does_not_leave() -> None:
    house = lending()
    house.say("role.granted", person="u2", role="administrator", until=LAST)
    house.say("person.ended", person="u1", actor="u2", grants=["g3"], auth={"role": "administrator", "grant": "h7"})

    assert house.found == [("RULE_VIOLATION", "last_administrator", 8)]


@pytest.mark.parametrize(("person", "seq"), [("u9", 4), ("u2", 6)])
def test_who_is_not_there_does_not_leave(person: str, seq: int) -> None:
    house = House()
    if person == "u2":
        house.say("person.added")
        house.say("person.ended", grants=[])
    house.say("person.ended", person=person, grants=[])

    assert house.found == [("RULE_VIOLATION", "ends_nobody", seq)]


def test_where_records_are_missing_what_a_departure_ends_cannot_be_judged() -> None:
    house = House()
    house.lost()
    house.say("person.ended", grants=["g99"])

    assert house.found == []


@pytest.mark.parametrize(
    ("event", "changes"),
    [
        ("role.granted", {"person": "u2"}),
        ("workflow.registered", {"actor": "u2", "auth": {"role": "administrator", "grant": "h5"}}),
    ],
)
def test_whoever_left_does_and_gets_nothing(event: str, changes: dict[str, Any]) -> None:
    house = House()
    house.say("person.added")
    house.say("role.granted", role="administrator")
    house.say("person.ended", grants=["g5"])
    house.say(event, **changes)

    assert ("ROLE_VIOLATION", "ended", 7) in house.found


def test_the_card_of_whoever_left_can_be_erased() -> None:
    house = lending()
    house.say("person.ended", grants=["g5"])
    house.say("person.erased")

    card = house.register.people["u2"]
    assert (house.found, card.login, card.ended) == ([], "u2", TS)


# --- lines of registers ---


def test_a_line_entered_for_somebody_names_him(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "RULES", {})
    house = lending()
    house.register.definitions["aa"] = sponsors()
    lend(house)
    found = []
    for n, auth in enumerate(({"for": "u2"}, {}, {"for": "u1"}), 1):
        by = {"role": "sponsor", "grant": "h7", **auth}
        house.say("plan.recorded", actor="u3", key="P-1", n=n, act="record", facts={}, auth=by)
        found.append([what for what in house.found if what[1] == "on_behalf"])

    assert found == [[], [("ROLE_VIOLATION", "on_behalf", 9)], [("ROLE_VIOLATION", "on_behalf", s) for s in (9, 10)]]


def sponsors() -> Definition:
    """A definition in which the sponsor acts."""
    found = parse(body({**document(), "roles": [{"id": "sponsor", "acts": True}]}))
    assert found is not None
    return found


# --- service accounts -----------------------------------------------------------------------------------------------


def test_a_service_account_does_not_approve_an_exception() -> None:
    house = House()
    house.say("person.added")
    house.say("person.added", person="u3", service=True)
    house.say("role.granted", person="u3", role="administrator")
    house.say("exception.granted", actor="u3", auth={"role": "administrator", "grant": "h6"})

    assert house.found == [("ROLE_VIOLATION", "service_approves", 7)]
    assert (house.register.is_service("u3"), house.register.is_service("u2")) == (True, False)
