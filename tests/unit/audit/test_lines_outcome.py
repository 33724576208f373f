"""Conditions, waivers and corrections, record by record: each was permitted when it was made."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.audit.lifecycles import document
from tests.unit.audit.projects import LATER, TS, Project, asked, auth, counted

from flowgov.audit.bases import basis_of
from flowgov.audit.definition import ALWAYS, LAST

DUE, OVER = "2026-01-20T00:00:00.000000Z", "2026-01-21T00:00:00.000000Z"
A_YEAR, LONGER = "2027-01-07T00:00:00.000000Z", "2027-01-08T00:00:00.000000Z"


def lenient(**more: Any) -> Project:
    """A project whose gates have a waiver's authority, and may be authorised by word of mouth."""
    transitions = document()["transitions"]
    for transition in transitions:
        transition.update({"waive_by": ["checker"], "verbal": True})
    return Project(transitions=transitions, **more)


def submitted(**more: Any) -> Project:
    """That carol approved and alice submitted: records 2 and 3."""
    project = lenient(**more)
    seq = project.approve("carol")
    project.move("submit", guards=asked(*ALWAYS, counted=counted(("carol", seq))))
    return project


def enter(on: Project, kind: str, act: str, facts: dict[str, Any], n: int = 1, **changes: Any) -> int:
    """A record of a line."""
    given: dict[str, Any] = {"key": "C-01", "n": n, "act": act, "facts": facts, "c": {"wording": ""}}
    return on.say(f"{kind}.recorded", version=on.replay.version + 1, **{**given, **changes})


def about(project: Project) -> list[str | None]:
    return [what for _, what, _ in project.found]


def judged(on: Project, name: str, actor: str = "alice", **more: Any) -> list[str | None]:
    """What is found of a move that says what it was decided on."""
    saw = more.pop("saw", {})
    guards = asked(*on.register.definitions["aa"].steps[name].asked, *LAST)
    for guard in guards:
        guard.update(saw.get(guard["n"], {}))
    before = len(on.found)
    basis = basis_of(on.replay, on.register.definitions["aa"].steps[name].evidence)
    on.move(name, actor, guards=guards, basis=basis, **more)
    return about(on)[before:]


# --- conditions ------------------------------------------------------------------------------------------------------


def condition(**changes: Any) -> dict[str, Any]:
    facts = {"gate": "submit", "move": 3, "by": "alice", "owner": "bob", "due": DUE}
    return {**facts, "blocks": ["deploy"], "evidence": None, "status": "open", **changes}


def on_condition(**more: Any) -> Project:
    project = submitted(**more)
    enter(project, "condition", "set", condition(), auth=auth("alice"))
    return project


def test_a_condition_is_set_right_after_the_gate_by_who_passed_it() -> None:
    assert on_condition().found == []


@pytest.mark.parametrize(
    ("changes", "more", "found"),
    [
        ({"by": "bob"}, {}, "entry_follows"),
        ({"status": "done"}, {}, "entry_follows"),
        ({"gate": "deploy"}, {}, "condition_gate"),
        ({"move": 2}, {}, "condition_gate"),
        ({"by": "bob"}, {"actor": "bob", "auth": auth("bob")}, "condition_gate"),
        ({"blocks": ["teleport"]}, {}, "condition_blocks"),
        ({"due": TS}, {}, "condition_due"),
        ({"owner": "mallory"}, {}, "condition_owner"),
        ({}, {"c": {}}, "condition_wording"),
    ],
)
def test_nothing_else_sets_a_condition(changes: dict[str, Any], more: dict[str, Any], found: str) -> None:
    project = submitted()
    enter(project, "condition", "set", condition(**changes), **{"auth": auth("alice"), **more})

    assert about(project) == [found]


def test_a_condition_is_set_once() -> None:
    project = on_condition()
    enter(project, "condition", "set", condition(), 2, auth=auth("alice"))

    assert about(project) == ["entry_follows"]


def test_a_condition_of_an_earlier_gate_is_not_set_later() -> None:
    project = submitted()
    project.move("deploy", "bob")
    enter(project, "condition", "set", condition(), auth=auth("alice"))

    assert about(project) == ["condition_gate"]


def test_a_clock_that_was_held_does_not_say_when_a_condition_is_due() -> None:
    project = submitted()
    enter(project, "condition", "set", condition(due=TS), auth=auth("alice"), clock="held")

    assert project.found == []


def test_without_its_definition_the_gates_a_condition_blocks_are_not_known() -> None:
    project = submitted()
    project.replay.definition = None
    enter(project, "condition", "set", condition(blocks=["teleport"]), auth=auth("alice"))

    assert project.found == []


def test_where_records_of_the_organisation_are_missing_an_owner_may_be_known() -> None:
    project = submitted()
    project.register.complete = False
    enter(project, "condition", "set", condition(owner="mallory"), auth=auth("alice"))

    assert project.found == []


def test_its_owner_fulfils_a_condition() -> None:
    project = on_condition()
    enter(project, "condition", "done", condition(status="done"), 2, actor="bob")

    assert project.found == []


def test_nobody_else_fulfils_it() -> None:
    project = on_condition()
    enter(project, "condition", "done", condition(status="done"), 2, actor="alice")

    assert about(project) == ["condition_owner"]


@pytest.mark.parametrize("changes", [{"status": "lifted"}, {"status": "done", "due": OVER}])
def test_nothing_else_of_it_changes_with_that(changes: dict[str, Any]) -> None:
    project = on_condition()
    enter(project, "condition", "done", condition(**changes), 2, actor="bob")

    assert about(project) == ["entry_follows"]


def test_a_condition_that_was_never_set_is_not_fulfilled() -> None:
    project = submitted()
    enter(project, "condition", "done", condition(status="done"), actor="bob")

    assert about(project) == ["entry_follows"]


def test_a_condition_is_fulfilled_once() -> None:
    project = on_condition()
    for n in (2, 3):
        enter(project, "condition", "done", condition(status="done"), n, actor="bob")

    assert about(project) == ["entry_follows"]


@pytest.mark.parametrize(("add", "found"), [(True, []), (False, ["condition_evidence"])])
def test_only_a_later_paper_fulfils_one_that_asks_for_a_paper(add: bool, found: list[str]) -> None:
    project = lenient()
    project.add("note")
    seq = project.approve("carol")
    project.move("submit", guards=asked(*ALWAYS, counted=counted(("carol", seq))))
    asks = condition(move=4, evidence="note")
    enter(project, "condition", "set", asks, auth=auth("alice"))
    if add:
        project.add("note")
    enter(project, "condition", "done", {**asks, "status": "done"}, 2, actor="bob")

    assert about(project) == found


def test_who_may_make_the_decision_lets_go_of_a_condition() -> None:
    project = on_condition()
    enter(project, "condition", "lift", condition(status="lifted"), 2, actor="alice", auth=auth("alice"))

    assert project.found == []


@pytest.mark.parametrize(
    ("actor", "more"), [("bob", {"auth": auth("bob")}), ("carol", {"auth": auth("carol")}), ("alice", {})]
)
def test_neither_its_owner_nor_anybody_else_does(actor: str, more: dict[str, Any]) -> None:
    project = on_condition()
    enter(project, "condition", "lift", condition(status="lifted"), 2, actor=actor, **more)

    assert about(project) == ["condition_lifted"]


def test_the_gate_of_a_condition_must_be_one() -> None:
    project = on_condition()
    odd = condition(status="lifted", gate="teleport")
    enter(project, "condition", "lift", odd, 2, actor="alice", auth=auth("alice"))

    assert about(project) == ["entry_follows", "condition_lifted"]


def test_without_its_definition_the_role_that_lets_go_is_not_judged() -> None:
    project = on_condition()
    project.replay.definition = None
    enter(project, "condition", "lift", condition(status="lifted"), 2, actor="carol", auth=auth("carol"))

    assert project.found == []


@pytest.mark.parametrize(
    ("ts", "more", "found"),
    [(TS, {}, []), (LATER, {}, ["guard"]), (LATER, {"clock": "held"}, [])],
)
def test_a_late_condition_blocks_the_gate_it_names(ts: str, more: dict[str, Any], found: list[str]) -> None:
    project = on_condition()

    assert judged(project, "deploy", "bob", ts=ts, **more) == found


def test_neither_another_gate_nor_after_it_was_fulfilled() -> None:
    project = on_condition()
    enter(project, "condition", "done", condition(status="done"), 2, actor="bob")

    assert judged(project, "deploy", "bob", ts=LATER) == []
    assert judged(on_condition(), "suspend", ts=LATER) == []


# --- waivers ---------------------------------------------------------------------------------------------------------


def waiver(**changes: Any) -> dict[str, Any]:
    facts = {"gate": "attest", "item": "evidence", "name": "test", "cycle": 1, "until": DUE}
    return {**facts, "by": "carol", "role": "checker", "status": "granted", **changes}


def waived(*, key: str = "W-01", on: Project | None = None, **changes: Any) -> Project:
    project = on or submitted()
    enter(project, "waiver", "grant", waiver(**changes), key=key, actor="carol", auth=auth("carol"))
    return project


def test_a_waiver_is_granted_by_whom_the_gate_names() -> None:
    assert waived(until=A_YEAR).found == []


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"by": "alice"}, "entry_follows"),
        ({"role": "owner"}, "entry_follows"),
        ({"cycle": 2}, "entry_follows"),
        ({"status": "ended"}, "entry_follows"),
        ({"until": TS}, "waiver_until"),
        ({"until": LONGER}, "waiver_until"),
        ({"name": "poem"}, "waiver_item"),
        ({"item": "approval"}, "waiver_item"),
        ({"gate": "submit", "item": "approval", "name": "checker"}, "waiver_own"),
    ],
)
def test_a_waiver_says_what_and_how_long(changes: dict[str, Any], found: str) -> None:
    assert about(waived(**changes)) == [found]


def test_an_approval_that_one_cannot_give_is_waived() -> None:
    assert waived(gate="submit", item="approval", name="dpo").found == []


@pytest.mark.parametrize("item", [{"until": TS}, {"gate": "submit", "item": "approval", "name": "checker"}])
def test_a_clock_that_was_held_says_neither_when_it_ends_nor_who_could_approve(item: dict[str, Any]) -> None:
    project = submitted()
    enter(project, "waiver", "grant", waiver(**item), actor="carol", auth=auth("carol"), clock="held")

    assert project.found == []


def test_where_records_of_the_organisation_are_missing_nobody_is_said_to_waive_his_own() -> None:
    project = submitted()
    project.register.complete = False
    waived(on=project, gate="submit", item="approval", name="checker")

    assert project.found == []


@pytest.mark.parametrize(("actor", "more"), [("alice", {"auth": auth("alice")}), ("carol", {})])
def test_nobody_else_grants_one(actor: str, more: dict[str, Any]) -> None:
    project = submitted()
    role = more.get("auth", {}).get("role")
    enter(project, "waiver", "grant", waiver(by=actor, role=role), actor=actor, **more)

    assert about(project) == ["waiver_role"]


def test_a_waiver_is_of_a_gate() -> None:
    assert about(waived(gate="teleport")) == ["waiver_role"]


def test_a_waiver_is_ended_by_whom_the_gate_names() -> None:
    project = waived()
    enter(project, "waiver", "end", waiver(status="ended"), 2, key="W-01", actor="carol", auth=auth("carol"))

    assert project.found == []


@pytest.mark.parametrize("changes", [{"status": "granted"}, {"status": "ended", "until": A_YEAR}])
def test_nothing_else_of_it_changes(changes: dict[str, Any]) -> None:
    project = waived()
    enter(project, "waiver", "end", waiver(**changes), 2, key="W-01", actor="carol", auth=auth("carol"))

    assert about(project) == ["entry_follows"]


def test_a_waiver_that_was_never_granted_is_not_ended() -> None:
    project = submitted()
    enter(project, "waiver", "end", waiver(status="ended"), key="W-01", actor="carol", auth=auth("carol"))

    assert about(project) == ["entry_follows"]


def test_a_waiver_is_ended_once() -> None:
    project = waived()
    for n in (2, 3):
        enter(project, "waiver", "end", waiver(status="ended"), n, key="W-01", actor="carol", auth=auth("carol"))

    assert about(project) == ["entry_follows"]


RELIED = {"scope": "prj", "kind": "waiver", "key": "W-01", "n": 1}


def attested(project: Project, actor: str = "alice", **more: Any) -> list[str | None]:
    """The gate that asks for a note and a test, of which only the note is there."""
    seq = project.add("note", sha256="ab")
    pieces = [{"kind": "note", "seq": seq, "sha256": "ab"}]
    return judged(project, "attest", actor, saw={"evidence": {"pieces": pieces, "relied": [RELIED]}}, **more)


def test_a_gate_is_passed_without_what_was_waived() -> None:
    assert attested(waived()) == []


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        ({"gate": "renew"}, {}),
        ({"name": "note"}, {}),
        ({}, {"ts": LATER}),
    ],
)
def test_not_without_anything_else(changes: dict[str, Any], more: dict[str, Any]) -> None:
    assert attested(waived(**changes), **more) == ["evidence"]


def test_a_clock_that_was_held_does_not_say_that_it_was_over() -> None:
    assert attested(waived(), ts=LATER, clock="held") == []


def test_a_waiver_does_not_count_for_who_granted_it() -> None:
    project = submitted()
    project.grant("carol", "owner")
    waived(on=project)

    assert attested(project, "carol", auth={"role": "owner", "grant": "carol owner"}) == ["evidence"]


def test_a_waiver_that_is_nowhere_spares_nothing() -> None:
    assert attested(submitted()) == ["evidence", "relied"]


def test_what_else_a_guard_relied_on_spares_nothing() -> None:
    project = submitted()
    project.add("note")
    saw = {"evidence": {"relied": [{**RELIED, "kind": "condition"}]}}

    assert judged(project, "attest", saw=saw) == ["evidence", "evidence", "relied"]


def test_a_gate_is_passed_without_an_approval_that_was_waived() -> None:
    project = lenient(personal_data=True)
    waived(on=project, gate="submit", item="approval", name="dpo")
    seqs = [("carol", project.approve("carol")), ("dora", project.approve("dora"))]
    saw = {"approvals": {"counted": counted(*seqs), "relied": [RELIED]}}

    assert judged(project, "submit", saw=saw) == []


def test_one_waiver_spares_one_approval() -> None:
    project = lenient(personal_data=True)
    waived(on=project, gate="submit", item="approval", name="dpo")
    seqs = [("carol", project.approve("carol"))]
    saw = {"approvals": {"counted": counted(*seqs), "relied": [RELIED, RELIED]}}

    assert judged(project, "submit", saw=saw) == ["approvals_missing"]


# --- by word of mouth ------------------------------------------------------------------------------------------------


PROMISED = {"evidence": {"promised": ["note", "test"]}}


def promised(kind: str) -> dict[str, Any]:
    return condition(gate="attest", move=4, evidence=kind, blocks=["rework"])


def spoken(project: Project, **more: Any) -> list[str | None]:
    return judged(project, "attest", saw=PROMISED, **{"verbal": True, **more})


def test_what_a_verbal_authorisation_went_without_is_asked_for_by_conditions() -> None:
    project = submitted()
    found = spoken(project)
    for key, kind in (("C-01", "note"), ("C-02", "test")):
        enter(project, "condition", "set", promised(kind), key=key, auth=auth("alice"), c={})

    assert (found, judged(project, "rework", "carol"), project.found) == ([], [], [])


def test_what_nobody_asks_for_is_found_with_the_next_record() -> None:
    project = submitted()
    spoken(project)
    enter(project, "condition", "set", promised("note"), auth=auth("alice"), c={})
    for _ in range(2):
        project.say("project.move_refused", t="rework")

    assert about(project) == ["promise"]


def test_without_the_definitions_leave_there_is_no_word_of_mouth() -> None:
    project = submitted()
    project.register.definitions["aa"].steps["attest"].entry["verbal"] = False  # type: ignore[index]  # a dict

    assert spoken(project) == ["verbal", "evidence", "evidence"]


def test_nothing_is_promised_in_writing() -> None:
    assert spoken(submitted(), verbal=False) == ["verbal", "evidence", "evidence"]


# --- reservations ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("committed", "said", "seat", "found"),
    [
        (True, "Tight", True, []),
        (True, None, True, []),
        (True, "Tight", False, ["approval"]),
        (False, None, True, ["approval"]),
    ],
)
def test_a_move_says_which_approvals_had_a_reservation(
    committed: bool, said: str | None, seat: bool, found: list[str]
) -> None:
    project = lenient()
    texts = {"reservation": said} if said else None
    more = {"c": {"reservation": ""}} if committed else {}
    seq = project.say("approval.given", texts, actor="carol", auth=auth("carol"), t="submit", **more)
    counted_ = [{**counted(("carol", seq))[0], **({"reserved": True} if seat else {})}]
    project.move("submit", guards=asked(*ALWAYS, counted=counted_))

    assert about(project) == found
    assert project.replay.consents[seq].reservation == ((said or "") if committed else None)


# --- corrections -----------------------------------------------------------------------------------------------------


def correction(**changes: Any) -> dict[str, Any]:
    return {"seq": 1, "hash": "h1", "field": None, "by": "alice", **changes}


def corrected(**changes: Any) -> Project:
    project = lenient(opened=False)
    project.chain.head = "h1"
    project.say("project.opened", personal_data=False)
    project.chain.head = "h2"
    more = changes.pop("more", {"auth": auth("alice")})
    enter(project, "correction", "make", correction(**changes), key="K-01", **more)
    return project


def test_a_correction_points_to_an_earlier_record() -> None:
    assert corrected().found == []


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"hash": "h2"}, "correction_record"),
        ({"seq": 2, "hash": "h2"}, "correction_record"),
        ({"seq": 9}, "correction_record"),
        ({"by": "bob"}, "entry_follows"),
        ({"more": {}}, "correction_role"),
    ],
)
def test_nothing_else_does(changes: dict[str, Any], found: str) -> None:
    assert about(corrected(**changes)) == [found]


def test_a_correction_is_made_once() -> None:
    project = corrected()
    enter(project, "correction", "make", correction(), 2, key="K-01", auth=auth("alice"))

    assert about(project) == ["entry_follows"]
