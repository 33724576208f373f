"""Records of charters and acknowledgements: what followed from the assignments, and each for himself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.audit.lifecycles import document, transition
from tests.unit.audit.projects import LATER, TS, Project, asked, auth

from flowgov.audit.bases import basis_of
from flowgov.audit.definition import ALWAYS, LAST
from flowgov.audit.entries_people import SHAPES, charter_of
from flowgov.audit.kinds import fits

Found = list[tuple[str, str | None, int | None]]


@pytest.fixture
def crm() -> Project:
    """alice and bob own it; carol checks, dora and dan protect data, the requester reads."""
    gates = [t for t in document()["transitions"] if t["id"] != "submit"]
    submit = transition("submit", ["draft"], "checked", guards=["charter_acknowledged"])
    found = Project(transitions=[submit, *gates])
    found.register.grants = {grant.id: grant for grants in found.register._held.values() for grant in grants}
    return found


def holders(crm: Project, ts: str = TS) -> dict[str, list[str]]:
    return crm.register.holders("1", ts, crm.chain.place + 1)


def facts(crm: Project) -> dict[str, Any]:
    definition = crm.register.definitions["aa"]
    return charter_of(definition, "aa", holders(crm), personal_data=False)


def issue(crm: Project, n: int = 1, **changes: Any) -> int:
    given: dict[str, Any] = {"key": "CHARTER", "n": n, "act": "issue", "facts": facts(crm), "auth": auth("alice")}
    return crm.say("charter.recorded", version=crm.replay.version + 1, **{**given, **changes})


def sign(crm: Project, person: str, **changes: Any) -> int:
    issued = crm.replay.entries.get(("charter", "CHARTER"))
    signed = {"charter": issued.n, "sha256": issued.facts["sha256"]} if issued else {"charter": 1, "sha256": "ab" * 32}
    given: dict[str, Any] = {"key": person, "n": 1, "act": "acknowledge", "facts": signed, "auth": auth(person)}
    return crm.say("acknowledgement.recorded", actor=person, version=crm.replay.version + 1, **{**given, **changes})


def everybody(crm: Project, *but: str) -> None:
    for person in ("alice", "bob", "carol", "dan", "dora"):
        if person not in but:
            sign(crm, person)


def test_a_charter_says_what_follows_from_the_assignments(crm: Project) -> None:
    issue(crm)

    assert crm.found == []


def test_the_letters_are_those_of_each_gate(crm: Project) -> None:
    crm.register.definitions["aa"] = replace(
        crm.register.definitions["aa"],
        steps={
            **crm.register.definitions["aa"].steps,
            "renew": replace(
                crm.register.definitions["aa"].steps["renew"],
                demands=Project().register.definitions["aa"].steps["submit"].demands,
            ),
        },
    )
    definition = crm.register.definitions["aa"]

    found = charter_of(definition, "aa", holders(crm), personal_data=True)
    plain = charter_of(definition, "aa", {}, personal_data=False)

    lines = {gate["t"]: {part["role"]: part["does"] for part in gate["parts"]} for gate in found["gates"]}
    assert sorted(lines) == ["attest", "deploy", "renew", "submit"]
    assert lines["submit"] == {"owner": "AR", "checker": "I", "dpo": "I", "reader": "I"}
    assert lines["renew"] == {"owner": "R", "checker": "A", "dpo": "C", "reader": "I"}
    assert {tuple(part.values()) for part in plain["gates"][0]["parts"]} == {("owner", "AR")}


@pytest.mark.parametrize(
    ("changes", "about"),
    [
        ({"key": "OTHER"}, "charter_key"),
        ({"facts": {"wf": "aa", "roles": [], "gates": [], "sha256": "ab" * 32}}, "charter_content"),
        ({"actor": "stranger", "auth": None}, "charter_issuer"),
    ],
)
def test_another_charter_is_found(crm: Project, changes: dict[str, Any], about: str) -> None:
    crm.register.people["stranger"] = crm.register.people["alice"]
    given = dict(changes)
    if given.get("auth", "") is None:
        crm.register.people["stranger"] = crm.register.people["alice"]
        seq = unsigned(crm, given["actor"])
    else:
        seq = issue(crm, **given)

    assert ("RULE_VIOLATION", about, seq) in crm.found


def unsigned(crm: Project, actor: str) -> int:
    """A charter that was issued on no role's authority."""
    return crm.say(
        "charter.recorded",
        actor=actor,
        key="CHARTER",
        n=1,
        act="issue",
        facts=facts(crm),
        version=crm.replay.version + 1,
    )


def test_who_opened_the_project_and_administrators_issue_it_without_a_role(crm: Project) -> None:
    unsigned(crm, "requester")
    crm.grant("zoe", "administrator")
    crm.register.people["zoe"] = crm.register.people["alice"]
    crm.say(
        "charter.recorded",
        actor="zoe",
        key="CHARTER",
        n=2,
        act="issue",
        facts=facts(crm),
        version=crm.replay.version + 1,
    )

    assert crm.found == []


def test_where_the_organisations_records_are_missing_the_content_proves_nothing(crm: Project) -> None:
    crm.register.complete = False
    issue(crm, facts={"wf": "aa", "roles": [], "gates": [], "sha256": "ab" * 32})

    assert crm.found == []


def test_whoever_issues_it_lays_it_on_the_table(crm: Project) -> None:
    unsigned(crm, "requester")
    crm.replay.creator = "somebody"
    definition = crm.register.definitions["aa"]
    crm.replay.definition = replace(definition, evidence=definition.evidence | {"charter"})
    sha256 = facts(crm)["sha256"]
    crm.add("charter", actor="requester", sha256=sha256)
    other = crm.add("charter", actor="requester", sha256="cd" * 32)
    strange = crm.add("note", actor="requester")

    assert crm.found == [("ROLE_VIOLATION", "no_role_here", other), ("ROLE_VIOLATION", "no_role_here", strange)]


# --- acknowledgements -----------------------------------------------------------------------------------------------


def test_everybody_acknowledges_it_for_himself(crm: Project) -> None:
    issue(crm)
    everybody(crm)

    assert crm.found == []


@pytest.mark.parametrize(
    ("person", "changes", "about"),
    [
        ("carol", {"key": "alice"}, "acknowledges_for_another"),
        ("carol", {"facts": {"charter": 2, "sha256": "ab" * 32}}, "acknowledges_another"),
        ("requester", {"auth": auth("alice")}, "acknowledges_unasked"),
    ],
)
def test_an_acknowledgement_of_something_else_is_found(
    crm: Project, person: str, changes: dict[str, Any], about: str
) -> None:
    issue(crm)
    seq = sign(crm, person, **changes)

    assert ("RULE_VIOLATION", about, seq) in crm.found


def test_there_must_have_been_a_charter_to_acknowledge(crm: Project) -> None:
    seq = sign(crm, "carol")

    assert crm.found == [("RULE_VIOLATION", "acknowledges_another", seq)]


def test_rule_12_a_service_account_acknowledges_nothing(crm: Project) -> None:
    crm.register.people["carol"] = replace(crm.register.people["carol"], service=True)
    issue(crm)
    seq = sign(crm, "carol")

    assert crm.found == [("RULE_VIOLATION", "acknowledges_unasked", seq)]


def test_without_the_definition_who_is_asked_cannot_be_said(crm: Project) -> None:
    issue(crm)
    crm.replay.definition = None
    sign(crm, "requester", auth=auth("requester"))
    issue(crm, 2, facts={"wf": "aa", "roles": [], "gates": [], "sha256": "ab" * 32})

    assert crm.found == []


# --- the guard ------------------------------------------------------------------------------------------------------


def submit(crm: Project) -> int:
    names = (*ALWAYS, "charter_acknowledged", *LAST)
    return crm.move("submit", guards=asked(*names), basis=basis_of(crm.replay, ()))


def test_a_gate_that_asked_for_it_finds_it_acknowledged(crm: Project) -> None:
    issue(crm)
    everybody(crm)
    submit(crm)

    assert crm.found == []


@pytest.mark.parametrize("why", ["missing", "outdated", "unacknowledged", "another version"])
def test_a_gate_passed_without_it_is_found(crm: Project, why: str) -> None:
    if why != "missing":
        issue(crm)
        everybody(crm, *(("dan",) if why == "unacknowledged" else ()))
    if why == "outdated":
        crm.register.grants["dan dpo"].revoked = TS
    if why == "another version":
        issue(crm, 2)
    seq = submit(crm)

    assert crm.found == [("RULE_VIOLATION", "guard", seq)]
    assert crm.findings.kept[0].params["said"].startswith("charter_")


def test_a_role_granted_afterwards_does_not_outdate_it(crm: Project) -> None:
    issue(crm)
    everybody(crm)
    crm.grant("erin", "owner", place=10_000)
    crm.register.grants["erin owner"] = crm.register.by_hash["erin owner"]
    submit(crm)

    assert crm.found == []


def test_where_the_organisations_records_are_missing_it_is_believed(crm: Project) -> None:
    issue(crm)
    crm.register.complete = False
    submit(crm)

    assert crm.found == []


def test_a_role_that_was_lent_is_not_in_it(crm: Project) -> None:
    crm.grant("erin", "owner", delegator="alice")
    crm.register.grants["erin owner"] = crm.register.by_hash["erin owner"]
    crm.register.grants["dan dpo"].until = LATER

    assert (holders(crm)["owner"], holders(crm)["dpo"], holders(crm, LATER)["dpo"]) == (
        ["alice", "bob"],
        ["dan", "dora"],
        ["dora"],
    )


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("charter", {"wf": "x"}),
        ("charter", {"roles": [{"role": "owner", "p": "alice"}]}),
        ("charter", {"gates": [{"t": "submit", "parts": [{"role": "owner", "does": "X"}]}]}),
        ("acknowledgement", {"charter": "1"}),
        ("acknowledgement", {"more": 1}),
    ],
)
def test_their_shapes_are_exact(crm: Project, kind: str, wrong: dict[str, Any]) -> None:
    good = {**facts(crm), "wf": "ab" * 32} if kind == "charter" else {"charter": 1, "sha256": "ab" * 32}

    assert (fits(good, SHAPES[kind].facts), fits({**good, **wrong}, SHAPES[kind].facts)) == (True, False)
