"""Dates in a replay: given by moves, recorded after them, looked at by guards; and the moves that time makes."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.audit.lifecycles import document, transition
from tests.unit.audit.projects import WF, Project, asked

from flowgov.audit.bases import basis_of
from flowgov.audit.definition import LAST
from flowgov.audit.entries_time import SHAPES
from flowgov.audit.judge_time import dates_in
from flowgov.audit.kinds import fits

DAYS = {
    "authorisation_valid_until": "2026-11-20",
    "change_window_start": "2026-01-12",
    "change_window_end": "2026-01-16",
}
IN_WINDOW, EXPIRED = "2026-01-12T00:00:00.000000Z", "2026-11-21T00:00:00.000000Z"
LOOKING = ["authorisation_in_force", "within_change_window"]


@pytest.fixture
def licence() -> Project:
    return opened()


@pytest.fixture
def given(licence: Project) -> Project:
    """The project once its dates were given: records 2 to 5."""
    give(licence)
    return licence


def opened(*, transitions: tuple[dict[str, Any], ...] = (), **changes: Any) -> Project:
    """A project on a lifecycle with dates, evidence that expires, and a timer."""
    known = document()
    ours = (
        transition("give", ["draft"], "checked", sets=[*DAYS]),
        transition("use", ["checked"], "live", guards=LOOKING),
        transition("show", ["checked"], "live", evidence=["note", "test"], guards=["evidence_not_expired"]),
        transition("back", ["hold"], "$previous", kind="resume", guards=["evidence_not_expired"]),
        transition(
            "expire",
            ["checked"],
            "draft",
            kind="timer",
            fire=["$system"],
            timer={"date": "authorisation_valid_until", "before_days": 0},
        ),
    )
    dates = [{"id": name, "en": "", "fr": ""} for name in DAYS]
    dates[0] |= {"min_days": 180, "max_days": 1096}  # type: ignore[dict-item]
    evidence = [{"id": "note", "valid_days": 30}, {"id": "test"}]
    lifecycle = {"dates": dates, "evidence": evidence, "transitions": [*known["transitions"], *ours, *transitions]}
    return Project(**{**lifecycle, **changes})


def make(project: Project, name: str, saw: dict[str, dict[str, Any]] | None = None, **changes: Any) -> int:
    """A move as it is recorded now, with what its guards saw."""
    step = project.register.definitions["aa"].steps[name]
    guards = [{**guard, **(saw or {}).get(guard["n"], {})} for guard in asked(*step.asked, *LAST)]
    return project.move(name, **{"guards": guards, "basis": basis_of(project.replay, step.evidence), **changes})


def give(project: Project, days: dict[str, Any] | None = None, recorded: bool = True, **changes: Any) -> int:
    """The move that sets dates, and the records of them."""
    values = DAYS if days is None else days
    seq = make(project, "give", {"dates": {"values": values}}, **changes)
    for name, day in values.items() if recorded else ():
        write(project, name, day, seq)
    return seq


def write(project: Project, name: str, day: str, move: int, **changes: Any) -> int:
    """The record of a date."""
    facts = {"day": day, "t": "give", "move": move}
    number = project.replay.entries[("date", name)].n + 1 if ("date", name) in project.replay.entries else 1
    said = {"key": name, "n": number, "act": "set", "facts": facts, "version": project.replay.version + 1}
    return project.say("date.recorded", **{**said, **changes})


def without_auth(project: Project, name: str, **changes: Any) -> int:
    """A move whose record names no role."""
    step = project.register.definitions["aa"].steps[name]
    said = {
        "t": name,
        "kind": step.kind,
        "from": project.replay.state,
        "to": step.targets[0],
        "actor": "alice",
        "guards": asked(*step.asked, *LAST),
        "basis": basis_of(project.replay, step.evidence),
        "ts": EXPIRED,
    }
    return project.say("project.moved", **{**said, **changes})


# --- dates -----------------------------------------------------------------------------------------------------


def test_dates_are_recorded_after_the_move_that_gave_them(given: Project) -> None:
    assert given.found == []
    assert {key: held.facts["day"] for (_, key), held in given.replay.entries.items()} == DAYS


@pytest.mark.parametrize(
    ("days", "code"),
    [
        ({}, "date_missing"),
        ({"authorisation_valid_until": "2026-11-20"}, "date_missing"),
        ({**DAYS, "contract_end": "2027-01-01"}, "date_missing"),
        ({**DAYS, "change_window_end": "soon"}, "date_missing"),
        ({**DAYS, "change_window_end": 7}, "date_missing"),
        ({**DAYS, "authorisation_valid_until": "2026-07-03"}, "date_out_of_range"),
        ({**DAYS, "authorisation_valid_until": "2029-01-06"}, "date_out_of_range"),
        ({**DAYS, "change_window_start": "2026-01-04"}, "date_out_of_range"),
        ({**DAYS, "change_window_start": "2026-01-17"}, "dates_in_disorder"),
    ],
)
def test_a_gate_that_gave_other_dates_than_it_may_was_not_permitted(
    licence: Project, days: dict[str, Any], code: str
) -> None:
    seq = give(licence, days, recorded=False)

    assert licence.found == [("RULE_VIOLATION", "guard", seq)]
    assert licence.findings.kept[0].params["said"] == code


@pytest.mark.parametrize("last", ["2026-07-04", "2029-01-05"])
def test_the_first_and_the_last_day_are_in_range(licence: Project, last: str) -> None:
    give(licence, {**DAYS, "authorisation_valid_until": last})

    assert licence.found == []


def test_what_is_no_dates_gives_none(licence: Project) -> None:
    make(licence, "give", {"dates": {"values": [1]}})

    assert [f.params["said"] for f in licence.findings.kept] == ["date_missing"]
    assert dates_in({"guards": [{"n": "role", "ok": True}]}) == {}


def test_a_date_is_not_recorded_without_a_move(licence: Project) -> None:
    seq = write(licence, "change_window_end", "2026-01-16", 1)

    assert licence.found == [("RULE_VIOLATION", "date_without_move", seq), ("RULE_VIOLATION", "date_not_given", seq)]


def test_a_date_is_not_recorded_by_somebody_else(licence: Project) -> None:
    move = give(licence, recorded=False)
    seq = write(licence, "change_window_end", "2026-01-16", move, actor="bob")

    assert licence.found == [("RULE_VIOLATION", "date_without_move", seq)]


def test_somebody_who_stands_in_for_another_records_his_dates_himself(licence: Project) -> None:
    move = give(licence, recorded=False)
    licence.replay.passages["give"].append("bob")
    write(licence, "change_window_end", "2026-01-16", move)

    assert licence.found == []


@pytest.mark.parametrize(("name", "day"), [("change_window_end", "2027-01-16"), ("other", "2026-01-16")])
def test_a_date_is_recorded_as_it_was_given(licence: Project, name: str, day: str) -> None:
    move = give(licence, recorded=False)
    seq = write(licence, name, day, move)

    assert licence.found == [("RULE_VIOLATION", "date_not_given", seq)]


def test_a_date_is_recorded_once(given: Project) -> None:
    seq = write(given, "change_window_end", "2026-01-16", 2)

    assert given.found == [("RULE_VIOLATION", "date_not_given", seq)]


def test_a_date_that_was_given_and_not_recorded_is_missed_by_the_next_record(licence: Project) -> None:
    move = give(licence, recorded=False)
    write(licence, "change_window_end", DAYS["change_window_end"], move)
    seq = licence.say("evidence.added", kind="note")
    licence.say("evidence.added", kind="note")

    assert licence.found == [("RULE_VIOLATION", "date_not_recorded", seq)]
    assert licence.findings.kept[0].params["name"] == "authorisation_valid_until"


def test_where_records_are_missing_no_date_is_missed(licence: Project) -> None:
    give(licence, recorded=False)
    licence.chain.lost = True
    licence.say("evidence.added", kind="note")

    assert licence.found == []


def test_a_move_that_sets_dates_says_what_it_was_decided_on(licence: Project) -> None:
    step = licence.register.definitions["aa"].steps["give"]
    seq = licence.move("give", guards=asked(*step.asked))

    assert licence.found == [("RULE_VIOLATION", "basis_missing", seq)]


@pytest.mark.parametrize(
    ("facts", "right"),
    [
        ({"day": "2026-01-16", "t": "give", "move": 2}, True),
        ({"day": "2026-02-30", "t": "give", "move": 2}, False),
        ({"day": "2026-01-16", "t": "give"}, False),
        ({"day": "2026-01-16", "t": "give", "move": "2"}, False),
        ({"day": "2026-01-16", "t": "give", "move": 2, "more": 1}, False),
    ],
)
def test_the_record_of_a_date_has_its_shape(facts: dict[str, Any], right: bool) -> None:
    assert fits(facts, SHAPES["date"].facts) is right


# --- guards that look at dates ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ts", "said"),
    [
        (IN_WINDOW, []),
        ("2026-01-16T23:59:59.000000Z", []),
        ("2026-01-11T23:59:59.000000Z", ["outside_change_window"]),
        ("2026-01-17T00:00:00.000000Z", ["outside_change_window"]),
        (EXPIRED, ["authorisation_over", "outside_change_window"]),
    ],
)
def test_a_gate_was_passed_while_its_dates_allowed_it(given: Project, ts: str, said: list[str]) -> None:
    make(given, "use", ts=ts)

    assert [f.params["said"] for f in given.findings.kept] == said


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({}, ["not_authorised", "no_change_window"]),
        ({"authorisation_valid_until": "2026-11-20"}, ["no_change_window"]),
        ({"authorisation_valid_until": "2026-11-20", "change_window_start": "2026-01-12"}, ["no_change_window"]),
    ],
)
def test_a_gate_that_looks_at_dates_needs_them(licence: Project, known: dict[str, str], said: list[str]) -> None:
    give(licence, recorded=False)
    licence.replay.owed.dates = {}
    for name, day in known.items():
        licence.replay.owed.dates = {name: day}
        write(licence, name, day, 2)

    make(licence, "use", ts=IN_WINDOW)

    assert [f.params["said"] for f in licence.findings.kept] == said


# --- evidence that expires -------------------------------------------------------------------------------------


def shown(project: Project, name: str, *pieces: int, warned: bool = False, **changes: Any) -> int:
    """A move whose guard looked at these pieces of the note."""
    saw: dict[str, Any] = {"pieces": [{"kind": "note", "seq": seq, "sha256": None} for seq in pieces]}
    saw |= {"warned": ["date_over"]} if warned else {}
    asked_for = project.register.definitions["aa"].steps[name].evidence
    newest = project.replay.newest
    seen = [{"kind": k, "seq": newest[k].seq, "sha256": newest[k].sha256} for k in asked_for if k in newest]
    return make(project, name, {"evidence_not_expired": saw, "evidence": {"pieces": seen}}, **changes)


@pytest.mark.parametrize(
    ("ts", "said"), [("2026-02-04T09:00:00.000000Z", []), ("2026-02-05T00:00:00.000000Z", ["evidence_expired"])]
)
def test_evidence_was_good_when_it_was_counted(given: Project, ts: str, said: list[str]) -> None:
    note = given.add("note")
    given.add("test")

    shown(given, "show", note, ts=ts)

    assert [f.params["said"] for f in given.findings.kept] == said


def test_the_guard_looked_at_the_pieces_that_were_there(given: Project) -> None:
    given.add("note")
    given.add("test")

    shown(given, "show", ts=IN_WINDOW)

    assert [f.params["said"] for f in given.findings.kept] == ["evidence_seen"]


@pytest.mark.parametrize(
    ("warned", "ts", "said"),
    [
        (False, IN_WINDOW, []),
        (True, IN_WINDOW, ["dates_seen"]),
        (True, "2026-01-17T00:00:00.000000Z", []),
        (False, "2026-01-17T00:00:00.000000Z", ["dates_seen"]),
    ],
)
def test_on_a_return_from_hold_everything_is_looked_at(given: Project, warned: bool, ts: str, said: list[str]) -> None:
    note = given.add("note")
    make(given, "suspend", ts=IN_WINDOW)

    shown(given, "back", note, warned=warned, ts=ts)

    assert [f.params["said"] for f in given.findings.kept] == said


def test_evidence_that_the_gate_does_not_ask_for_is_not_looked_at(licence: Project) -> None:
    licence = opened(transitions=(transition("look", ["checked"], "live", guards=["evidence_not_expired"]),))
    give(licence)
    licence.add("note")

    make(licence, "look", ts="2026-06-01T00:00:00.000000Z")

    assert licence.found == []


# --- moves that time makes -------------------------------------------------------------------------------------


def test_time_makes_a_move_once_its_date_has_passed(given: Project) -> None:
    without_auth(given, "expire", fired_by_time=True)

    assert (given.found, given.replay.state) == ([], "draft")


@pytest.mark.parametrize("ts", ["2026-11-20T23:59:59.000000Z", IN_WINDOW])
def test_not_before(given: Project, ts: str) -> None:
    without_auth(given, "expire", fired_by_time=True, ts=ts)

    assert [f.params["said"] for f in given.findings.kept] == ["not_yet"]


def test_not_without_a_date(licence: Project) -> None:
    give(licence, recorded=False)
    licence.replay.owed.dates = {}

    without_auth(licence, "expire", fired_by_time=True)

    assert [f.params["said"] for f in licence.findings.kept] == ["date_never_set"]


def test_what_is_reserved_to_time_is_made_by_nobody(given: Project) -> None:
    seq = make(given, "expire", ts=EXPIRED)

    assert given.found == [
        ("ROLE_VIOLATION", "by_time", seq),
        ("ROLE_VIOLATION", "not_entitled", seq),
    ]


@pytest.mark.parametrize("changes", [{}, {"fired_by_time": True}], ids=["nobody", "time"])
def test_no_other_move_is_made_without_a_role(given: Project, changes: dict[str, Any]) -> None:
    seq = without_auth(given, "deploy", **changes)

    assert given.found == [("ROLE_VIOLATION", "by_time", seq)]


def test_a_move_is_not_made_both_in_a_role_and_by_time(given: Project) -> None:
    seq = make(given, "deploy", fired_by_time=True, ts=EXPIRED)

    assert given.found == [("ROLE_VIOLATION", "by_time", seq)]


def test_a_move_by_time_says_what_it_was_decided_on(given: Project) -> None:
    step = given.register.definitions["aa"].steps["expire"]
    said = {"t": "expire", "kind": "timer", "from": "checked", "to": "draft", "actor": "alice", "ts": EXPIRED}
    seq = given.say("project.moved", **said, guards=asked(*step.asked), fired_by_time=True)

    assert {about for _, about, _ in given.found} == {"basis_missing"}
    assert {where for *_, where in given.found} == {seq}


def test_without_the_definition_a_move_by_time_is_taken_for_one(given: Project) -> None:
    given.replay.definition = None
    said = {"t": "expire", "kind": "timer", "from": "checked", "to": "draft", "actor": "alice", "wf": WF}

    given.say("project.moved", **said, guards=[], fired_by_time=True, basis={}, ts=EXPIRED)

    assert given.found == []
