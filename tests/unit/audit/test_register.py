"""The organisation's chain, record by record: what nobody was entitled to is found, and everything is taken in."""

from __future__ import annotations

from typing import Any

import pytest

from flowgov.audit.chain import Chain
from flowgov.audit.finding import Findings
from flowgov.audit.register import Archived, Card, Permission, Register, Tombstone

TS = "2026-01-05T09:00:00.000000Z"
LATER, LAST = "2026-02-05T09:00:00.000000Z", "2026-03-05T09:00:00.000000Z"
DEFAULTS: dict[str, dict[str, Any]] = {
    "organisation.created": {"name": "Maison Tallec", "administrator": "u1"},
    "person.added": {"person": "u2"},
    "role.granted": {"person": "u2", "role": "sponsor", "project": None, "start": TS, "until": None},
    "role.revoked": {"grants": [], "person": "u2", "role": "sponsor", "project": None},
    "workflow.registered": {"wf": {"id": "standard", "ver": "1", "sha256": "aa"}},
    "exception.granted": {
        "rules": ["procedure"],
        "person": "u2",
        "project": "1",
        "start": TS,
        "until": LATER,
        "reviewer": None,
    },
    "key.registered": {"key": "k1"},
    "key.rotated": {"old": "k1", "new": "k2"},
    "key.replaced": {"old": "k1", "new": "k2", "size": 7},
    "text.redacted": {"target": {"stream": "org", "seq": 4, "hash": "ab"}, "field": "reason"},
    "person.erased": {"person": "u2"},
    "log.archived": {"file": "ff", "count": 3, "root": "00", "projects": 1},
    "project.archived": {"project": "1", "last": 9, "head": "hh", "row": "rr", "archive": 4},
    "administration.refused": {"blockers": [{}]},
}


class House:
    """An organisation that u1 founded and administers; every record stands at the position of its seq."""

    def __init__(self, *, founded: bool = True) -> None:
        self.findings, self.register = Findings(), Register()
        self.chain = Chain("org", 1, None, self.findings)
        self._authority: str | None = None
        if founded:
            self.say("organisation.created", auth=None)
            self.say("person.added", person="u1", auth=None)
            self.say("role.granted", person="u1", role="administrator", grant="g3", auth=None)
            self._authority = self.chain.head

    def say(self, event: str, texts: dict[str, str] | None = None, **changes: Any) -> int:
        """The next record; where it stands in the chain."""
        seq = self.chain.seq + 1
        self.chain.seq, self.chain.idx, self.chain.head = seq, seq, f"h{seq}"
        given: dict[str, Any] = {"event": event, "seq": seq, "actor": "u1", "ts": TS, **DEFAULTS[event]}
        given |= {"grant": f"g{seq}"} if event == "role.granted" else {}
        given |= {"key": f"EX-{seq:04d}"} if event == "exception.granted" else {}
        given |= {"auth": {"role": "administrator", "grant": self._authority}}
        document = {key: value for key, value in {**given, **changes}.items() if key != "auth" or value is not None}
        self.register.apply(self.chain, document, {f: (b"", v) for f, v in (texts or {}).items()})
        return seq

    def lost(self) -> None:
        """A record is missing from here on."""
        self.chain.lost = True

    @property
    def found(self) -> list[tuple[str, str, int | None]]:
        """Code, what it is about, and record of every finding."""
        return [(f.code, f.params["about"], f.seq) for f in self.findings.kept]


def said(event: str, **changes: Any) -> list[tuple[str, str, int | None]]:
    """What is found about one record after the founding, u2 being known."""
    house = House()
    house.say("person.added")
    house.say(event, **changes)
    return house.found


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
    ],
)
def test_the_last_administrator_cannot_be_revoked(other: dict[str, Any] | None, left: bool) -> None:
    house = House()
    house.say("person.added")
    if other is not None:
        house.say("role.granted", **{"role": "administrator", **other})
    seq = house.say("role.revoked", grants=["g3"], person="u1", role="administrator", ts=LATER)

    assert (("RULE_VIOLATION", "last_administrator", seq) not in house.found) is left


def test_where_records_are_missing_there_may_be_another_administrator() -> None:
    house = House()
    house.lost()
    house.say("role.revoked", grants=["g3"], person="u1", role="administrator")

    assert house.found == []


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
