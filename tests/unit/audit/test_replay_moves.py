"""One project's chain, record by record: moves that were not permitted are found."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.audit.lifecycles import document
from tests.unit.audit.projects import TS, WF, Project, asked, auth, checked, counted

from flowgov.audit.definition import ALWAYS
from flowgov.audit.replay import Consent, Piece
from flowgov.audit.standing import Card

# --- opening --------------------------------------------------------------------------------------------------------


def test_a_project_begins_as_its_first_record_says() -> None:
    project = Project(opened=False)
    project.say("project.opened", {"title": "CRM", "objective": "Sell"}, personal_data=True)

    replay = project.replay
    assert project.found == []
    assert (replay.key, replay.title, replay.objective, replay.workflow) == ("CRM", "CRM", "Sell", "aa")
    assert (replay.state, replay.previous, replay.cycle, replay.version) == ("draft", None, 1, 1)
    assert (replay.creator, replay.personal_data, replay.opened, replay.entered) == ("requester", True, TS, TS)


def test_a_redacted_title_is_empty_and_a_redacted_objective_nothing() -> None:
    assert (Project().replay.title, Project().replay.objective) == ("", None)


@pytest.mark.parametrize("changes", [{"to": "checked"}, {"cycle": 2}, {"version": 2}])
def test_a_project_begins_at_the_beginning(changes: dict[str, Any]) -> None:
    project = Project(opened=False)
    project.say("project.opened", **changes)

    assert project.found == [("RULE_VIOLATION", "beginning", 1)]


def test_a_project_is_opened_once() -> None:
    project = Project()
    project.say("project.opened")

    assert project.found == [("RULE_VIOLATION", "beginning", 2)]


@pytest.mark.parametrize(("lost", "found"), [(False, [("RULE_VIOLATION", "beginning", 1)]), (True, [])])
def test_a_project_that_was_not_opened_is_told_once(lost: bool, found: list[Any]) -> None:
    project = Project(opened=False)
    project.chain.lost = lost
    project.add()
    project.add()

    assert (project.found, project.chain.lost) == (found, True)


def test_a_project_is_on_a_definition_that_was_registered() -> None:
    project = Project(opened=False)
    project.say("project.opened", wf={**WF, "sha256": "bb"})

    assert project.found == [("WORKFLOW_UNPUBLISHED", None, 1)]
    assert project.findings.kept[0].params == {"name": "small@1", "hash": "bb"}


def test_where_records_of_the_organisation_are_missing_a_definition_may_be_among_them() -> None:
    project = Project(opened=False)
    project.register.complete = False
    project.say("project.opened", wf={**WF, "sha256": "bb"})

    assert project.found == []


@pytest.mark.parametrize("changes", [{"id": "other"}, {"ver": "2"}])
def test_a_definition_is_called_what_it_was_registered_as(changes: dict[str, str]) -> None:
    project = Project(opened=False)
    project.say("project.opened", wf={**WF, **changes})

    assert project.found == [("RULE_VIOLATION", "definition", 1)]


def test_without_its_definition_a_project_is_followed_but_its_gates_cannot_be_judged() -> None:
    project = Project(opened=False)
    project.register.definitions.clear()
    project.say("project.opened", to="anywhere")
    project.say("project.moved", t="unheard", kind="?", to="elsewhere", guards=[], auth=auth("alice"), **{"from": "x"})
    project.add("poem")
    project.say("evidence.refused")

    assert (project.found, project.replay.state, project.replay.version) == ([], "elsewhere", 3)


def test_every_record_is_on_the_projects_own_definition() -> None:
    project = Project()
    project.add(wf={**WF, "sha256": "bb"})

    assert project.found == [("RULE_VIOLATION", "definition", 2)]


# --- who ------------------------------------------------------------------------------------------------------------


def test_a_stranger_does_nothing() -> None:
    project = Project()
    project.say("approval.refused", actor="mallory")

    assert project.found == [("ROLE_VIOLATION", "stranger", 2)]


def test_somebody_erased_does_nothing() -> None:
    project = Project()
    project.chain.redactions.erase("alice", 50)
    project.say("approval.refused")

    assert project.found == [("ROLE_VIOLATION", "erased", 2)]


@pytest.mark.parametrize(
    ("changes", "about"),
    [
        ({"auth": {"role": "checker", "grant": "unknown"}}, "unknown_grant"),
        ({"auth": auth("alice")}, "not_held"),
        ({"auth": {"role": "owner", "grant": "carol checker"}}, "not_held"),
        ({"actor": "alice"}, "not_held"),
        ({"ts": "2024-01-05T09:00:00.000000Z"}, "not_held"),
    ],
)
def test_whoever_acts_relies_on_a_grant_of_his_own_in_force(changes: dict[str, Any], about: str) -> None:
    project = checked()
    given = {"actor": "carol", "auth": auth("carol"), "t": "rework", **changes}
    approved = project.say("approval.given", **{**given, "t": "deploy"})
    moved = project.say(
        "project.moved", **{**given, "kind": "rework", "from": "checked", "to": "draft", "cycle": 2, "guards": []}
    )

    found = [seq for code, what, seq in project.found if (code, what) == ("ROLE_VIOLATION", about)]
    assert found == [approved, moved]


@pytest.mark.parametrize(("on", "holds"), [(None, True), ("1", True), ("2", False)])
def test_a_role_on_another_project_is_none_here(on: str | None, holds: bool) -> None:
    project = Project()
    project.grant("bob", "checker", project=on)
    project.say("approval.given", actor="bob", auth=auth("bob", "checker"), t="submit")

    assert project.found == ([] if holds else [("ROLE_VIOLATION", "not_held", 2)])


@pytest.mark.parametrize(("clock", "holds"), [({}, False), ({"clock": "held"}, True)])
def test_the_end_of_a_role_is_not_judged_by_a_clock_that_was_held(clock: dict[str, str], holds: bool) -> None:
    project = Project()
    project.grant("bob", "checker", until=TS)
    project.say("approval.given", actor="bob", auth=auth("bob", "checker"), t="submit", **clock)

    assert project.found == ([] if holds else [("ROLE_VIOLATION", "not_held", 2)])


def test_where_records_of_the_organisation_are_missing_nobody_is_a_stranger() -> None:
    project = Project()
    project.register.complete = False
    project.say("approval.given", actor="mallory", auth={"role": "checker", "grant": "unknown"}, t="submit")
    project.add(actor="mallory")

    assert project.found == []


# --- moves ----------------------------------------------------------------------------------------------------------


def test_a_move_that_was_permitted_is_followed() -> None:
    project = checked()

    replay = project.replay
    assert project.found == []
    assert (replay.state, replay.version, replay.cycle, replay.entered) == ("checked", 3, 1, TS)
    assert (replay.passages, replay.previous) == ({"submit": ["alice", 3]}, None)


@pytest.mark.parametrize("changes", [{"version": 3}, {"version": 5}, {"cycle": 2}, {"cycle": 0}])
def test_version_and_cycle_follow(changes: dict[str, int]) -> None:
    project = checked()
    project.move("suspend", **changes)

    assert project.found == [("RULE_VIOLATION", "version", 4)]


@pytest.mark.parametrize("cycle", [1, 3])
def test_rework_starts_the_next_cycle(cycle: int) -> None:
    project = checked()
    project.move("rework", "carol", cycle=cycle)

    assert project.found == [("RULE_VIOLATION", "version", 4)]


def test_after_a_record_that_does_not_hold_the_next_ones_word_is_taken() -> None:
    project = checked()
    project.chain.shaken = True
    project.move("suspend", version=9, cycle=4, **{"from": "draft"})

    assert (project.found, project.replay.version, project.replay.cycle) == ([], 9, 4)


def test_a_transition_that_the_lifecycle_does_not_have_is_found() -> None:
    project = Project()
    for event in ("project.move_refused", "approval.refused"):
        project.say(event, t="teleport")
    project.say("approval.given", actor="carol", auth=auth("carol"), t="teleport")

    project.say("project.moved", t="teleport", kind="?", to="live", guards=[], auth=auth("alice"), **{"from": "draft"})

    assert project.found == [("RULE_VIOLATION", "transition", seq) for seq in (2, 3, 4, 5)]


@pytest.mark.parametrize(
    ("name", "changes", "about"),
    [
        ("deploy", {"from": "draft"}, "from"),
        ("submit", {}, "from"),
        ("deploy", {"to": "draft"}, "to"),
        ("deploy", {"kind": "rework"}, "to"),
    ],
)
def test_a_move_leads_from_where_the_project_is_to_where_its_transition_leads(
    name: str, changes: dict[str, Any], about: str
) -> None:
    project = checked()
    project.move(name, "bob", **changes)

    assert ("RULE_VIOLATION", about, 4) in project.found


def test_only_some_roles_may_make_a_move() -> None:
    project = checked()
    project.move("deploy", "carol")

    assert project.found == [("ROLE_VIOLATION", "not_entitled", 4)]


def test_a_suspended_project_resumes_where_it_was() -> None:
    project = checked()
    project.move("suspend")
    assert (project.replay.state, project.replay.previous) == ("hold", "checked")
    project.move("resume")

    assert (project.found, project.replay.state, project.replay.previous) == ([], "checked", None)


@pytest.mark.parametrize(
    ("to", "lost", "found"), [("draft", False, True), ("draft", True, False), ("live", True, True)]
)
def test_a_suspended_project_resumes_nowhere_else(to: str, lost: bool, found: int) -> None:
    project = checked()
    project.move("suspend")
    project.chain.lost = lost
    project.move("resume", to=to)

    assert project.found.count(("RULE_VIOLATION", "to", 5)) == found


def test_a_project_that_is_suspended_again_remembers_where_it_first_was() -> None:
    transitions = document()["transitions"]
    transitions[6]["from"] = ["draft", "checked", "hold"]
    project = checked(transitions=transitions)
    project.move("suspend")
    project.move("suspend")

    assert project.replay.previous == "checked"


@pytest.mark.parametrize(
    "guards", [[], asked(*ALWAYS[:-1]), asked(*reversed(ALWAYS)), asked(*ALWAYS, "more"), asked(*ALWAYS, ok=False)]
)
def test_every_guard_was_asked_in_its_order_and_none_objected(guards: list[dict[str, Any]]) -> None:
    project = checked()
    project.move("suspend", guards=guards)

    assert project.found == [("RULE_VIOLATION", "guards", 4)]


@pytest.mark.parametrize("c", [{}, {"comment": ""}])
def test_a_move_that_needs_a_reason_has_one(c: dict[str, str]) -> None:
    project = checked()
    project.move("rework", "carol", c=c)

    assert project.found == [("RULE_VIOLATION", "reason", 4)]


def test_where_records_are_missing_what_a_gate_saw_is_not_judged() -> None:
    project = checked()
    project.chain.lost = True
    project.move("rework", "carol", guards=[], c={})
    project.add("poem")

    assert project.found == []


# --- evidence -------------------------------------------------------------------------------------------------------


def test_a_piece_of_evidence_is_kept_as_it_was_added() -> None:
    project = Project()
    project.add("note", sha256="ff", size=7, stored=True)
    project.say("evidence.added", {"label": "The note"}, kind="test")

    assert project.replay.pieces == [
        Piece(2, "note", "", "ff", 7, 1, "alice", TS, True),
        Piece(3, "test", "The note", None, None, 1, "alice", TS, False),
    ]
    assert project.replay.newest == {"note": project.replay.pieces[0], "test": project.replay.pieces[1]}


@pytest.mark.parametrize(("kind", "state"), [("poem", "draft"), ("note", "nowhere")])
def test_evidence_is_added_where_it_is_asked_for(kind: str, state: str) -> None:
    project = Project()
    project.replay.state = state
    project.add(kind)

    assert project.found == [("RULE_VIOLATION", "evidence_not_asked", 2)]


@pytest.mark.parametrize(("actor", "may"), [("alice", True), ("requester", True), ("ruth", False)])
def test_evidence_is_added_by_whoever_acts_or_opened_the_project(actor: str, may: bool) -> None:
    project = Project()
    project.register.people["ruth"] = Card(1, None, None, None)
    project.grant("ruth", "reader")
    project.add(actor=actor)

    assert project.found == ([] if may else [("ROLE_VIOLATION", "no_role_here", 2)])


@pytest.mark.parametrize(("clock", "may"), [({}, False), ({"clock": "held"}, True)])
def test_the_end_of_a_role_does_not_keep_evidence_out_if_the_clock_was_held(clock: dict[str, str], may: bool) -> None:
    project = Project()
    project.register.people["ruth"] = Card(1, None, None, None)
    project.grant("ruth", "dpo", until=TS)
    project.add(actor="ruth", **clock)

    assert (project.found == []) is may


def attested(name: str, project: Project, **seen: Any) -> list[str | None]:
    """What is found about a move that looked at the newest pieces, or says that it did."""
    pieces = [
        {"kind": kind, "seq": piece.seq, "sha256": piece.sha256, **seen}
        for kind, piece in project.replay.newest.items()
    ]
    step = project.register.definitions["aa"].steps[name]
    before = len(project.found)
    project.move(name, "bob", guards=asked(*step.asked, pieces=pieces))
    assert {code for code, *_ in project.found[before:]} <= {"RULE_VIOLATION"}
    return [about for _, about, _ in project.found[before:]]


def test_a_gate_looks_at_the_newest_piece_of_every_kind() -> None:
    project = checked()
    project.add("note")
    project.add("note")
    project.add("test")

    assert attested("attest", project) == []


@pytest.mark.parametrize("seen", [{"seq": 1}, {"sha256": "00"}, {"kind": "poem"}])
def test_a_gate_that_looked_at_something_else_is_found(seen: dict[str, Any]) -> None:
    project = checked()
    project.add("note")
    project.add("test")

    assert attested("attest", project, **seen) == ["evidence", "evidence"]


def test_a_gate_that_looked_at_what_nobody_added_is_found() -> None:
    project = checked()
    step = project.register.definitions["aa"].steps["attest"]
    pieces = [{"kind": kind, "seq": 1, "sha256": None} for kind in step.evidence]
    project.move("attest", "bob", guards=asked(*step.asked, pieces=pieces))

    assert project.found == [("RULE_VIOLATION", "evidence", 4)] * 2


def test_a_gate_without_all_its_evidence_is_found() -> None:
    project = checked()
    project.add("note")

    assert attested("attest", project) == ["evidence"]


@pytest.mark.parametrize(("name", "stale"), [("attest", []), ("renew", ["evidence_stale", "evidence_stale"])])
def test_a_gate_may_ask_for_evidence_of_the_present_cycle(name: str, stale: list[str]) -> None:
    project = Project()
    project.add("note")
    project.add("test")
    project.move("submit", guards=asked(*ALWAYS, counted=counted(("carol", project.approve("carol")))))
    project.move("rework", "carol")
    project.move("submit", guards=asked(*ALWAYS, counted=counted(("carol", project.approve("carol")))))
    assert project.found == []

    assert attested(name, project) == stale


def test_evidence_added_since_the_gate_was_last_passed_is_current() -> None:
    transitions = document()["transitions"]
    transitions[4]["kind"] = "reject"
    transitions[4]["to"] = "checked"
    project = checked(transitions=transitions)
    project.add("note")
    project.add("test")
    assert attested("renew", project) == []
    project.move("rework", "carol")
    project.add("note")

    assert attested("renew", project) == ["evidence_stale"]


def test_a_refusal_has_a_reason() -> None:
    project = Project()
    for event in ("project.move_refused", "approval.refused", "evidence.refused"):
        project.say(event, blockers=[])

    assert project.found == [("RULE_VIOLATION", "refused_for_nothing", seq) for seq in (2, 3, 4)]


def test_a_refusal_changes_nothing() -> None:
    project = Project()
    project.say("project.move_refused", version=7, cycle=9)

    assert (project.found, project.replay.version, project.replay.state) == ([], 1, "draft")


@pytest.mark.parametrize(("cycle", "found"), [(1, []), (2, ["approval", "evidence_stale"])])
def test_a_move_that_starts_a_cycle_is_judged_by_the_one_that_ends(cycle: int, found: list[str]) -> None:
    project = checked()
    project.move("deploy", "bob")
    note = project.add("note", cycle=cycle, version=5)
    project.replay.cycle = 1
    project.replay.state = "live"
    project.replay.consents[99] = Consent(99, "reopen", cycle, "carol", "checker", TS)
    del project.findings.kept[:]
    step = project.register.definitions["aa"].steps["reopen"]
    pieces = [{"kind": "note", "seq": note, "sha256": None}]
    project.move("reopen", guards=asked(*step.asked, counted=counted(("carol", 99)), pieces=pieces))

    assert [about for _, about, _ in project.found] == found
