"""The organisation's chain, record by record: definitions, exceptions, keys, erasures and archives."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.audit.house import LAST, LATER, TS, House, said

from flowgov.audit.permits import Permission
from flowgov.audit.standing import Archived, Card, Tombstone

# --- definitions and exceptions -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wf", "again"),
    [
        ({"id": "standard", "ver": "1", "sha256": "bb"}, True),
        ({"id": "other", "ver": "1", "sha256": "aa"}, True),
        ({"id": "standard", "ver": "2", "sha256": "bb"}, False),
        ({"id": "other", "ver": "1", "sha256": "bb"}, False),
    ],
)
def test_a_definition_is_registered_once(wf: dict[str, str], again: bool) -> None:
    house = House()
    house.say("workflow.registered")
    house.say("workflow.registered", wf=wf)

    assert house.found == ([("RULE_VIOLATION", "again", 5)] if again else [])
    assert house.register.workflows[wf["sha256"]].seq == 5


def test_an_exception_is_taken_in_as_it_was_recorded() -> None:
    house = House()
    texts = {"reason": "One person only", "compensating": "Reviewed monthly"}
    house.say("exception.granted", texts, reviewer="u1", rules=["procedure", "distinct_from"])

    assert house.found == []
    assert house.register.permissions["EX-0004"] == Permission(
        "EX-0004", ("procedure", "distinct_from"), "u2", "1", TS, LATER, "u1", "u1", 4, *texts.values()
    )


@pytest.mark.parametrize(
    ("changes", "code", "about"),
    [
        ({"person": "u1"}, "ROLE_VIOLATION", "own_exception"),
        ({"key": "EX-0004"}, "RULE_VIOLATION", "exception"),
        ({"rules": []}, "RULE_VIOLATION", "exception"),
        ({"rules": ["procedure", "everything"]}, "RULE_VIOLATION", "exception"),
        ({"reviewer": "u2"}, "RULE_VIOLATION", "exception"),
        ({"until": TS}, "RULE_VIOLATION", "exception"),
        ({"until": "2027-01-06T09:00:00.000001Z"}, "RULE_VIOLATION", "exception"),
    ],
)
def test_an_exception_that_cannot_be_granted_like_this_is_found(changes: dict[str, Any], code: str, about: str) -> None:
    assert said("exception.granted", **changes) == [(code, about, 5)]


@pytest.mark.parametrize("until", ["2026-01-05T09:00:00.000001Z", "2027-01-06T09:00:00.000000Z"])
def test_an_exception_lasts_up_to_a_year(until: str) -> None:
    assert said("exception.granted", until=until, rules=["procedure", "one_person_once", "distinct_from"]) == []


@pytest.mark.parametrize(
    ("target", "field", "kept"),
    [
        ({}, "reason", ("", "Reviewed")),
        ({}, "compensating", ("Alone", "")),
        ({}, "os_user", ("Alone", "Reviewed")),
        ({"stream": "prj:1"}, "reason", ("Alone", "Reviewed")),
        ({"seq": 3}, "reason", ("Alone", "Reviewed")),
        ({"seq": 3}, "compensating", ("Alone", "Reviewed")),
    ],
)
def test_a_redacted_text_of_an_exception_is_empty_in_its_row(
    target: dict[str, Any], field: str, kept: tuple[str, str]
) -> None:
    house = House()
    house.say("exception.granted", {"reason": "Alone", "compensating": "Reviewed"})
    house.say("text.redacted", target={"stream": "org", "seq": 4, "hash": "ab", **target}, field=field)

    permission = house.register.permissions["EX-0004"]
    assert (permission.reason, permission.compensating) == kept


def test_an_exception_whose_texts_are_gone_has_empty_ones_as_in_its_row() -> None:
    house = House()
    house.say("exception.granted")

    permission = house.register.permissions["EX-0004"]
    assert (permission.reason, permission.compensating) == ("", "")


def test_a_redaction_is_handed_to_whoever_judges_it() -> None:
    house = House()
    house.say("text.redacted")

    house.chain.redactions.close(())

    assert house.found == [("RULE_VIOLATION", "redacts_nothing", 4)]
    assert house.findings.kept[0].params == {"about": "redacts_nothing", "target": "org 4", "field": "reason"}


# --- keys -----------------------------------------------------------------------------------------------------------


def test_keys_take_over_one_after_the_other() -> None:
    house = House()
    assert house.register.key is None
    house.say("key.registered")
    house.say("key.rotated")
    house.say("key.replaced", old="k2", new="k3")

    assert (house.found, house.register.key) == ([], "k3")
    assert [(k.seq, k.key, k.idx, k.old, k.rotated, k.vouched) for k in house.register.keys] == [
        (4, "k1", 4, None, False, None),
        (5, "k2", 5, "k1", True, None),
        (6, "k3", 6, "k2", False, 7),
    ]


@pytest.mark.parametrize(
    ("event", "changes"),
    [
        ("key.registered", {"key": "k2"}),
        ("key.rotated", {"old": "k0"}),
        ("key.rotated", {"new": "k1"}),
        ("key.replaced", {"old": "k0"}),
        ("key.replaced", {"new": "k1"}),
    ],
)
def test_a_key_takes_over_from_the_one_in_force(event: str, changes: dict[str, Any]) -> None:
    house = House()
    house.say("key.registered")
    house.say(event, **changes)

    assert house.found == [("RULE_VIOLATION", "key", 5)]


@pytest.mark.parametrize("event", ["key.rotated", "key.replaced"])
def test_a_key_cannot_take_over_from_none(event: str) -> None:
    house = House()
    house.say(event)

    assert house.found == [("RULE_VIOLATION", "key", 4)]


@pytest.mark.parametrize("event", ["key.registered", "key.rotated", "key.replaced"])
def test_where_records_are_missing_a_key_may_be_among_them(event: str) -> None:
    house = House()
    house.say("key.registered", key="k0")
    house.lost()
    house.say(event)

    assert house.found == []


# --- erasure --------------------------------------------------------------------------------------------------------


def test_an_erased_person_is_known_by_the_pseudonym_alone() -> None:
    house = House()
    house.say("person.added", {"login": "bob", "name": "Bob", "email": "b@example.org"})
    house.say("person.erased")

    assert (house.found, house.register.people["u2"]) == ([], Card(4, "u2", "", None))


@pytest.mark.parametrize(
    ("changes", "code", "about"),
    [({"person": "u9"}, "RULE_VIOLATION", "erases_nobody"), ({"actor": "u2"}, "ROLE_VIOLATION", "self_erasure")],
)
def test_an_erasure_that_cannot_be_is_found(changes: dict[str, Any], code: str, about: str) -> None:
    assert (code, about, 5) in said("person.erased", **changes)


def test_a_person_is_erased_once() -> None:
    house = House()
    house.say("person.added")
    house.say("person.erased")
    house.say("person.erased")

    assert house.found == [("RULE_VIOLATION", "erases_nobody", 6)]


@pytest.mark.parametrize(
    ("until", "ts", "holds"), [(None, LAST, True), (LATER, TS, True), (LATER, LATER, False), (LATER, LAST, False)]
)
def test_whoever_holds_a_role_is_not_erased(until: str | None, ts: str, holds: bool) -> None:
    house = House()
    house.say("person.added")
    house.say("role.granted", until=until)
    house.say("person.erased", ts=ts)

    assert house.found == ([("RULE_VIOLATION", "still_holds", 6)] if holds else [])


def test_whoever_held_a_role_that_was_revoked_is_erased() -> None:
    house = House()
    house.say("person.added")
    house.say("role.granted")
    house.say("role.revoked", grants=["g5"])
    house.say("person.erased")

    assert house.found == []


def test_an_erased_person_does_nothing_and_gets_nothing_any_more() -> None:
    house = House()
    house.say("person.added")
    house.say("person.erased")
    house.say("administration.refused", auth=None, actor="u2")
    house.say("role.granted")

    assert house.found == [("ROLE_VIOLATION", "erased", 6), ("ROLE_VIOLATION", "erased", 7)]


def test_where_records_are_missing_a_person_may_be_among_them() -> None:
    house = House()
    house.lost()
    house.say("person.erased", person="u9")

    assert (house.found, "u9" in house.register.people) == ([], False)


# --- archives -------------------------------------------------------------------------------------------------------


def test_an_archive_is_taken_in_as_it_was_recorded() -> None:
    house = House()
    house.say("log.archived")
    house.say("project.archived", {"title": "CRM", "objective": "Sell"})
    house.say("project.archived", {}, project="2")

    assert (house.found, house.register.tombstones) == ([], {4: Tombstone(4, "ff", 3, "00", 1)})
    assert house.register.archived == {
        "1": Archived(5, 9, "hh", "rr", 4, "CRM", "Sell"),
        "2": Archived(6, 9, "hh", "rr", 4, "", None),
    }


@pytest.mark.parametrize("changes", [{"archive": 3}, {"project": "0"}])
def test_a_project_is_archived_once_and_in_an_archive(changes: dict[str, Any]) -> None:
    house = House()
    house.say("log.archived")
    house.say("project.archived", project="0")
    house.say("project.archived", **changes)

    assert house.found == [("RULE_VIOLATION", "archive", 6)]


def test_where_records_are_missing_an_archive_may_be_among_them() -> None:
    house = House()
    house.lost()
    house.say("project.archived", archive=99)

    assert house.found == []


def test_a_refusal_has_a_reason() -> None:
    assert said("administration.refused", blockers=[]) == [("RULE_VIOLATION", "refused_for_nothing", 5)]
