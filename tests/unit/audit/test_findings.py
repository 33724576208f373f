"""Findings are told in both languages, whatever they are about, and a verdict counts them."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
from tests.unit.audit.shelves import FrozenShelf

import flowgov.audit
import flowgov.store
from flowgov.audit.finding import CODES, MOST_KEPT, Finding, Findings
from flowgov.audit.verify import verify
from flowgov.i18n import LANGUAGES, Language, catalogue

SOURCES = [
    path.read_text(encoding="utf-8")
    for package in (flowgov.audit, flowgov.store)
    for path in Path(package.__path__[0]).glob("*.py")
]
ABOUT = sorted(
    {
        f"finding.{code.lower()}.{about}"
        for source in SOURCES
        for code, about in re.findall(r'"([A-Z_]+)"[^()]*?about="(\w+)"', source)
    }
    | {f"finding.rule_violation.{about}" for source in SOURCES for about in re.findall(r'check\.find\("(\w+)"', source)}
)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_code_has_a_sentence(code: str, lang: Language) -> None:
    assert f"finding.{code.lower()}" in catalogue("finding", lang)


@pytest.mark.parametrize("key", ABOUT)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_everything_a_finding_can_be_about_has_a_sentence(key: str, lang: Language) -> None:
    assert key in catalogue("finding", lang)


@pytest.mark.parametrize("key", sorted(catalogue("finding", "en")))
def test_both_languages_speak_of_the_same_values(key: str) -> None:
    english, french = (
        {name for _, name, _, _ in string.Formatter().parse(catalogue("finding", lang)[key]) if name}
        for lang in LANGUAGES
    )

    assert english == french


def test_a_finding_says_which_record_of_which_project() -> None:
    finding = Finding("RECORD_MODIFIED", "prj:1", "CRM", 17, {"successor": 18})

    assert finding.message() == "Record 17 of CRM: it was altered: record 18, which holds, names another hash for it."


def test_a_finding_speaks_french() -> None:
    finding = Finding("GUARD_MISSING", None, None, None, {"trigger": "t"})

    assert finding.message("fr").startswith("Base de données : le déclencheur « t »")


def test_the_first_finding_is_the_earliest_record_not_the_earliest_noted() -> None:
    findings = Findings()
    findings.add("GUARD_MISSING", trigger="t")
    findings.add("CHAIN_BROKEN", "prj:1", 9, chain=2, former=8)
    findings.add("TIME_BACKWARDS", "org", 12, chain=1, ts="", former="")
    findings.add("CHAIN_BROKEN", "org", 11, chain=1, former=10)

    assert findings.first is not None
    assert (findings.first.stream, findings.first.seq) == ("org", 11)


def test_a_problem_with_the_triggers_is_a_finding() -> None:
    shelf = FrozenShelf()
    shelf.problems.append(("GUARD_MISSING", {"trigger": "flowgov_record_update"}))

    verdict = verify(shelf)

    assert [(f.code, f.seq) for f in verdict.findings] == [("GUARD_MISSING", None)]


def test_a_verdict_with_findings_is_broken_in_words() -> None:
    shelf = FrozenShelf()
    shelf.tables["person"].pop()

    assert "does not hold: 1 findings" in verify(shelf).summary()


def test_a_row_the_log_knows_nothing_of_is_found() -> None:
    shelf = FrozenShelf()
    shelf.tables["project"].append(["stray", *shelf.tables["project"][0][1:]])

    found = verify(shelf).findings

    assert [(f.code, f.stream) for f in found] == [("PROJECT_MISSING", "prj:stray")]


def test_a_chain_of_no_known_kind_is_reported() -> None:
    shelf = FrozenShelf()
    last = shelf.records[-1]
    shelf.records.append((999, "zzz", 1, *last[3:]))

    assert "RECORD_MALFORMED" in {f.code for f in verify(shelf).findings}


def test_a_log_without_records_is_truncated() -> None:
    shelf = FrozenShelf()
    shelf.records.clear()
    shelf.texts.clear()

    assert ("TRUNCATED", "org", 1) in {(f.code, f.stream, f.seq) for f in verify(shelf).findings}


@pytest.mark.parametrize(
    ("finding", "where"),
    [
        (Finding("SEQ_GAP", "prj:1", "CRM", 3, {"until": 4}), "Record 3 of CRM: "),
        (Finding("SEQ_GAP", "prj:1", None, 3, {"until": 4}), "Record 3 of prj:1: "),
        (Finding("PROJECT_MISSING", "prj:1", None, None, {"about": "row"}), "prj:1: "),
        (Finding("FORKED", None, None, None, {"place": "usb", "size": 3}), "usb: "),
        (Finding("GUARD_MISSING", None, None, None, {"trigger": "t"}), "Database: "),
        (Finding("ROLLED_BACK", None, None, None, {"checkpoint": 7, "size": 3}), "7"),
        (Finding("LEAF_MISSING", None, None, None, {"about": "gap", "idx": 41}), "41"),
    ],
)
def test_a_finding_says_where(finding: Finding, where: str) -> None:
    assert where in finding.message()


def test_a_finding_about_something_special_has_a_sentence_of_its_own() -> None:
    general, special, unheard = (
        Finding("FORKED", None, None, None, {"place": "usb", "size": 3}),
        Finding("ROOT_MISMATCH", "org", None, 3, {"about": "archive"}),
        Finding("FORKED", None, None, None, {"place": "usb", "size": 3, "about": "unheard of"}),
    )

    assert "the leaves of the archive" in special.message()
    assert unheard.message() == general.message()


def many(count: int, **place: int) -> Findings:
    findings = Findings()
    for _ in range(count):
        findings.add("SEQ_GAP", "prj:1", 3, until=4, **place)
    return findings


@pytest.mark.parametrize(("count", "kept"), [(MOST_KEPT - 1, MOST_KEPT - 1), (MOST_KEPT + 7, MOST_KEPT)])
def test_a_thousand_findings_are_kept_and_the_others_counted(count: int, kept: int) -> None:
    findings = many(count)

    assert (findings.count, len(findings.kept), MOST_KEPT) == (count, kept, 1_000)


@pytest.mark.parametrize(("before", "after"), [(0, 3), (2, 3), (MOST_KEPT - 1, 3), (MOST_KEPT + 2, 3), (2, 1_200)])
def test_findings_collected_apart_are_as_if_they_had_been_noted_here(before: int, after: int) -> None:
    apart, at_once = many(before, chain=2, position=7), many(before + after, chain=2, position=7)

    apart.absorb(many(after, chain=2, position=7))

    assert apart == at_once


@pytest.mark.parametrize(("chains", "first"), [((2, 1), 1), ((1, 2), 1)])
def test_the_first_of_findings_collected_apart_is_the_earliest(chains: tuple[int, int], first: int) -> None:
    findings = many(1, chain=chains[0])

    findings.absorb(many(1, chain=chains[1]))

    assert findings.first_place == (first, 3)


def test_of_findings_about_one_record_the_first_noted_is_the_first() -> None:
    findings = Findings()
    findings.add("SEQ_GAP", "org", 3, until=4)
    findings.add("BAD_TYPE", "org", 3, field="ts")

    assert findings.first == findings.kept[0]
    assert findings.first_place == (0, 3)


def test_findings_about_no_record_have_no_first() -> None:
    findings = Findings()
    findings.add("GUARD_MISSING", trigger="t")
    findings.absorb(Findings([*findings.kept], 1))

    assert (findings.count, findings.first, findings.first_place, findings.lowest) == (2, None, None, None)


@pytest.mark.parametrize(
    ("positions", "lowest"), [((None, 7), 7), ((7, 9), 7), ((9, 7), 7), ((0, 7), 0), ((7, None), 7)]
)
def test_the_lowest_position_is_remembered(positions: tuple[int | None, ...], lowest: int) -> None:
    findings = Findings()
    for position in positions:
        findings.add("SEQ_GAP", "prj:1", 3, position=position, until=4)

    assert findings.lowest == lowest
