"""Guards about dates and time, from plain values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flowgov.dossier.entry import Entry
from flowgov.dossier.given import Given
from flowgov.guarding import times
from flowgov.guards import Verdict
from flowgov.request import GivenEvidence, Grant, Request
from flowgov.workflow.load import load_text

NOW = "2026-11-20T09:00:00.000000Z"
WORKFLOW = load_text(
    """
id: licence
version: 1.0.0
title: {en: Licence, fr: Licence}
separation: warn
roles:
  owner: {en: Owner, fr: Responsable}
evidence:
  test: {en: Test, fr: Test, valid_days: 30}
  plan: {en: Plan, fr: Plan, valid_days: 366}
  note: {en: Note, fr: Note}
dates:
  authorisation_valid_until: {en: Until, fr: Jusqu'au, min_days: 180, max_days: 1096}
  change_window_start: {en: From, fr: Du}
  change_window_end: {en: To, fr: Au, min_days: 1}
states:
  asked: {kind: initial, en: Asked, fr: Demandée}
  given: {en: Given, fr: Donnée}
  over: {kind: recovery, en: Over, fr: Échue}
  paused: {kind: suspended, en: Paused, fr: Suspendue}
transitions:
  give:
    {from: asked, to: given, kind: gate, fire: [owner], evidence: [test, note],
     sets: [authorisation_valid_until, change_window_start, change_window_end], guards: [evidence_not_expired],
     en: Give, fr: Donner}
  use:
    {from: given, to: over, kind: gate, fire: [owner], guards: [authorisation_in_force, within_change_window],
     evidence: [plan], en: Use, fr: Utiliser}
  expire:
    {from: given, to: over, kind: timer, fire: [$system],
     timer: {date: authorisation_valid_until, before_days: 30}, en: Expire, fr: Échoir}
  again: {from: over, to: asked, kind: rework, fire: [owner], en: Again, fr: Reprendre}
  pause: {from: [asked, given], to: paused, kind: suspend, fire: [owner], en: Pause, fr: Suspendre}
  resume:
    {from: paused, to: $previous, kind: resume, fire: [owner], guards: [evidence_not_expired],
     en: Resume, fr: Reprendre}
"""
)
GOOD = {
    "authorisation_valid_until": "2027-11-20",
    "change_window_start": "2026-12-01",
    "change_window_end": "2026-12-02",
}


def request(transition: str, **facts: Any) -> Request:
    asked = Request(
        workflow=WORKFLOW,
        transition=WORKFLOW.transitions[transition],
        now=NOW,
        actor="ada",
        key="LIC",
        state="asked",
        previous=None,
        cycle=1,
        creator="eve",
        personal_data=False,
        passages={},
        grants=[Grant("ada", "owner", "0" * 64)],
    )
    return replace(asked, **facts)


def entry(name: str, day: str, n: int = 1) -> Entry:
    return Entry("p1", "date", name, n, 7, {"day": day, "t": "give", "move": 6})


def dossier(**days: str) -> dict[str, dict[str, Entry]]:
    return {"date": {name: entry(name, day) for name, day in days.items()}}


def piece(kind: str, day: str) -> GivenEvidence:
    return GivenEvidence(kind, 1, 3, "f" * 64, f"{day}T15:00:00.000000Z")


def codes(verdict: Verdict) -> list[str]:
    return [blocker.code for blocker in verdict.blockers]


# --- dates that gates set --------------------------------------------------------------------------------------


def test_the_dates_of_a_gate_come_with_the_move() -> None:
    assert codes(times.dates(request("give", given=Given(dates=GOOD)))) == []


def test_every_date_that_is_missing_is_told_with_the_command() -> None:
    blockers = times.dates(request("give")).blockers

    assert [(b.code, b.params["name"]) for b in blockers] == [("date_missing", name) for name in GOOD]
    assert {b.command for b in blockers} == {
        "flowgov move LIC give --set authorisation_valid_until=YYYY-MM-DD --set change_window_start=YYYY-MM-DD"
        " --set change_window_end=YYYY-MM-DD --as {holder}"
    }


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2027-05-18", ["date_out_of_range"]),
        ("2027-05-19", []),  # 180 days
        ("2029-11-20", []),  # 1096 days
        ("2029-11-21", ["date_out_of_range"]),
    ],
)
def test_an_authorisation_is_good_for_six_months_to_three_years(day: str, expected: list[str]) -> None:
    given = Given(dates={**GOOD, "authorisation_valid_until": day})

    assert codes(times.dates(request("give", given=given))) == expected


def test_the_command_asks_for_another_day_in_the_place_of_a_wrong_one() -> None:
    given = Given(dates={**GOOD, "authorisation_valid_until": "2027-01-01"})

    (blocker,) = times.dates(request("give", given=given)).blockers

    assert "--set authorisation_valid_until=YYYY-MM-DD --set change_window_start=2026-12-01" in str(blocker.command)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-11-19", "2026-12-02", ["date_too_early"]),
        ("2026-11-20", "2026-11-21", []),
        ("2026-11-20", "2026-11-20", ["date_too_early"]),
        ("2026-12-03", "2026-12-02", ["dates_in_disorder"]),
        ("2026-12-02", "2026-12-02", []),
    ],
)
def test_a_window_lies_ahead_and_ends_after_it_starts(start: str, end: str, expected: list[str]) -> None:
    given = Given(dates={**GOOD, "change_window_start": start, "change_window_end": end})

    assert codes(times.dates(request("give", given=given))) == expected


def test_a_date_that_the_gate_does_not_set_is_refused() -> None:
    assert codes(times.dates(request("use", given=Given(dates={"contract_end": "2027-01-01"})))) == ["date_unknown"]


# --- guards that look at dates ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2026-11-19", ["authorisation_over"]), ("2026-11-20", []), ("2026-11-21", [])],
)
def test_an_authorisation_is_in_force_on_its_last_day(day: str, expected: list[str]) -> None:
    verdict = times.authorisation_in_force(request("use", dossier=dossier(authorisation_valid_until=day)))

    assert codes(verdict) == expected
    assert verdict.saw == {"relied": [{"scope": "prj", "kind": "date", "key": "authorisation_valid_until", "n": 1}]}


def test_without_an_authorisation_nothing_is_in_force() -> None:
    (blocker,) = times.authorisation_in_force(request("use")).blockers

    assert (blocker.code, blocker.roles) == ("not_authorised", ("owner",))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-11-21", "2026-11-22", ["outside_change_window"]),
        ("2026-11-20", "2026-11-22", []),
        ("2026-11-18", "2026-11-20", []),
        ("2026-11-18", "2026-11-19", ["outside_change_window"]),
    ],
)
def test_a_change_is_made_in_its_window(start: str, end: str, expected: list[str]) -> None:
    asked = request("use", dossier=dossier(change_window_start=start, change_window_end=end))

    assert codes(times.within_change_window(asked)) == expected


@pytest.mark.parametrize(
    ("known", "name"), [({}, "change_window_start"), ({"change_window_start": "2026-11-20"}, "change_window_end")]
)
def test_without_a_window_no_change_is_made(known: dict[str, str], name: str) -> None:
    (blocker,) = times.within_change_window(request("use", dossier=dossier(**known))).blockers

    assert (blocker.code, blocker.params) == ("no_change_window", {"name": name})


@pytest.mark.parametrize(("added", "expected"), [("2026-10-20", ["evidence_expired"]), ("2026-10-21", [])])
def test_evidence_is_good_for_the_days_of_its_kind(added: str, expected: list[str]) -> None:
    verdict = times.evidence_not_expired(request("give", evidence=[piece("test", added), piece("note", "2020-01-01")]))

    assert codes(verdict) == expected
    assert verdict.saw == {"pieces": [{"kind": "test", "seq": 3, "sha256": "f" * 64}]}


def test_a_gate_looks_at_the_evidence_it_asks_for() -> None:
    assert codes(times.evidence_not_expired(request("give", evidence=[piece("plan", "2020-01-01")]))) == []


def test_who_comes_back_from_a_hold_looks_at_everything_that_expired_meanwhile() -> None:
    asked = request(
        "resume",
        evidence=[piece("plan", "2020-01-01"), piece("test", "2026-11-01")],
        dossier=dossier(authorisation_valid_until="2026-11-19", change_window_start="2026-11-20"),
    )

    verdict = times.evidence_not_expired(asked)

    assert [(b.code, b.params["kind"]) for b in verdict.blockers] == [("evidence_expired", "plan")]
    assert (verdict.saw["warned"], verdict.saw["relied"]) == (
        ["date_over"],
        [{"scope": "prj", "kind": "date", "key": "authorisation_valid_until", "n": 1}],
    )


# --- transitions that time makes -------------------------------------------------------------------------------

BY_TIME = Given(by_time=True)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-12-19", []),  # thirty days before: 19 November, which is over
        ("2026-12-20", ["not_yet"]),
        ("2020-01-01", []),
    ],
)
def test_time_makes_a_transition_once_its_day_is_over(day: str, expected: list[str]) -> None:
    asked = request("expire", given=BY_TIME, dossier=dossier(authorisation_valid_until=day))

    assert codes(times.the_time_has_come(asked)) == expected


def test_nobody_makes_it_by_hand() -> None:
    asked = request("expire", dossier=dossier(authorisation_valid_until="2020-01-01"))

    assert codes(times.the_time_has_come(asked)) == ["reserved_to_time"]


def test_a_date_that_was_never_set_never_comes() -> None:
    assert codes(times.the_time_has_come(request("expire", given=BY_TIME))) == ["date_never_set"]


def test_it_says_on_which_date_it_was_made() -> None:
    asked = request("expire", given=BY_TIME, dossier=dossier(authorisation_valid_until="2026-12-01"))

    assert times.the_time_has_come(asked).saw == {
        "relied": [{"scope": "prj", "kind": "date", "key": "authorisation_valid_until", "n": 1}]
    }
