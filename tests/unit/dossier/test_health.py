"""The three signals of a project, from plain values."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from flowgov.dossier.health import (
    LEVELS,
    Charter,
    Gap,
    Hat,
    Health,
    Signal,
    Threats,
    judge_rhythm,
    judge_risks,
    judge_roles,
)
from flowgov.dossier.rhythm import Rhythm
from flowgov.i18n import LANGUAGES, Language

RHYTHM = Rhythm(every=14, planned=True, last=date(2026, 10, 19), missed=0, frozen=False, next=date(2026, 11, 30))


def seen(signal: Signal) -> tuple[str, list[str]]:
    return signal.level, [reason.code for reason in signal.reasons]


@pytest.mark.parametrize(
    ("missed", "expected"),
    [
        (0, ("green", [])),
        (1, ("green", [])),
        (2, ("amber", ["missed"])),
        (3, ("red", ["missed"])),
        (9, ("red", ["missed"])),
    ],
)
def test_two_points_missed_in_a_row_are_amber_and_three_red(missed: int, expected: tuple[str, list[str]]) -> None:
    assert seen(judge_rhythm(replace(RHYTHM, missed=missed))) == expected


def test_who_never_met_is_told_so() -> None:
    assert seen(judge_rhythm(replace(RHYTHM, missed=2, last=None))) == ("amber", ["never_met"])


@pytest.mark.parametrize(("rhythm", "code"), [(None, "no_rhythm"), (replace(RHYTHM, missed=5, frozen=True), "frozen")])
def test_where_no_meeting_is_expected_there_is_nothing_to_say(rhythm: Rhythm | None, code: str) -> None:
    assert seen(judge_rhythm(rhythm)) == ("none", [code])


def test_a_gate_without_a_holder_is_red() -> None:
    assert seen(judge_roles([Gap("deploy", ("operations",))], [], None, warn=False)) == ("red", ["no_holder"])


@pytest.mark.parametrize(
    ("hat", "warn", "expected"),
    [
        (Hat("ykerbrat", ("a", "b"), None), False, ("red", ["two_hats"])),
        (Hat("ykerbrat", ("a", "b"), None), True, ("amber", ["two_hats"])),
        (Hat("ykerbrat", ("a", "b"), None, idle="EX-0001"), False, ("red", ["two_hats_idle"])),
        (Hat("ykerbrat", ("a", "b"), "EX-0001"), False, ("green", [])),
    ],
    ids=["nothing permits it", "the workflow only warns", "the exception has expired", "an exception permits it"],
)
def test_one_person_on_both_sides_needs_an_exception_that_operates(
    hat: Hat, warn: bool, expected: tuple[str, list[str]]
) -> None:
    assert seen(judge_roles([], [hat], None, warn=warn)) == expected


@pytest.mark.parametrize(
    ("charter", "expected"),
    [
        (None, ("green", [])),
        ("current", ("green", [])),
        ("absent", ("amber", ["charter_absent"])),
        ("outdated", ("amber", ["charter_outdated"])),
        ("unacknowledged", ("amber", ["charter_unacknowledged"])),
    ],
)
def test_a_charter_that_is_not_current_is_amber(charter: Charter | None, expected: tuple[str, list[str]]) -> None:
    assert seen(judge_roles([], [], charter, warn=False)) == expected


@pytest.mark.parametrize(
    ("threats", "expected"),
    [
        (Threats(0), ("green", [])),
        (Threats(3), ("green", [])),
        (Threats(3, high=("R-06",)), ("red", ["high_risks"])),
        (Threats(3, unconfirmed=("R-01",)), ("amber", ["unconfirmed_risks"])),
        (Threats(3, late=("R-09",)), ("amber", ["late_measures"])),
        (Threats(3, late=("R-09",), high=("R-06",)), ("red", ["high_risks", "late_measures"])),
    ],
)
def test_what_is_high_and_untreated_is_red_what_is_unfinished_amber(
    threats: Threats, expected: tuple[str, list[str]]
) -> None:
    assert seen(judge_risks(threats)) == expected


def test_a_signal_is_as_bad_as_its_worst_reason_which_comes_first() -> None:
    found = judge_roles([Gap("deploy", ("operations",))], [], "outdated", warn=False)

    assert seen(found) == ("red", ["no_holder", "charter_outdated"])


@pytest.mark.parametrize("worst", LEVELS)
def test_a_project_is_as_bad_as_its_worst_signal(worst: str) -> None:
    health = Health(
        "CRM",
        "2026-11-20",
        Signal("roles", "none"),
        Signal("rhythm", worst),
        Signal("risks", "none"),  # type: ignore[arg-type]
    )

    assert (health.worst, [signal.name for signal in health.signals]) == (worst, ["roles", "rhythm", "risks"])


def test_a_signal_is_said_in_two_words() -> None:
    assert (Signal("roles", "green").said("fr"), Signal("risks", "none").said()) == ("rôles vert", "risks –")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_reason_is_a_sentence_in_both_languages(lang: Language) -> None:
    hats = [Hat("ykerbrat", ("a", "b"), None), Hat("ykerbrat", ("a", "b"), None, "EX-0001")]
    charters: list[Charter] = ["absent", "outdated", "unacknowledged"]
    signals = [
        *(judge_roles([Gap("deploy", ("operations",))], hats, charter, warn=False) for charter in charters),
        judge_rhythm(None),
        *(judge_rhythm(replace(RHYTHM, missed=3, **more)) for more in ({}, {"last": None}, {"frozen": True})),
        judge_risks(Threats(3, ("R-06",), ("R-01",), ("R-09",))),
    ]

    said = [reason.message(lang) for signal in signals for reason in signal.reasons]

    assert [sentence for sentence in said if not sentence.endswith(".") or "{" in sentence] == []
