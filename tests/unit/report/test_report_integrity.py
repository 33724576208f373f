"""How far the log can be relied on, as people and as programs read it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.report import seals

from flowgov.audit.notice import Notice
from flowgov.audit.verdict import Heads, Proved, Verdict
from flowgov.report.integrity import Age, LastGood, facts, front
from flowgov.report.values import data, plain

SEALED_TS = "2026-01-05T09:30:00.000000Z"
NOW = "2026-01-15T21:30:00.000000Z"
LOG = Proved(size=60, waiting=2)
SIGNED = replace(LOG, sealed=50, sealed_ts=SEALED_TS)
TRUSTED = replace(SIGNED, trusted=True)
ANCHORED = replace(TRUSTED, anchored=40)
WITNESSED = replace(ANCHORED, anchored_at=SEALED_TS, witnesses=2, witnessed=True)


def verdict(proved: Proved, count: int = 0, notices: tuple[Notice, ...] = (), redacted: int = 0) -> Verdict:
    """What a verification found."""
    return Verdict(62, 3, (), count, None, Heads("", 2, ""), proved, notices, redacted)


def said(verdict: Verdict, lang: str = "en", *, checkpoint: bool = True) -> dict[str, str]:
    """The integrity statement as people read it."""
    seal = seals.seal(confirmed=bool(verdict.proved.sealed)) if checkpoint else None
    return {fact.key: plain(fact.value, lang) for fact in facts(verdict, seal, NOW)}  # type: ignore[arg-type]  # a language


def told(verdict: Verdict) -> dict[str, Any]:
    """The same as programs read it."""
    return {fact.key: data(fact.value, "en") for fact in facts(verdict, seals.seal(), NOW)}


@pytest.mark.parametrize(
    ("found", "english", "french"),
    [
        (verdict(SIGNED, count=1), "L0 – does not hold", "L0 – pas intègre"),
        (verdict(SIGNED), "L1 – consistent but not anchored", "L1 – cohérent mais non ancré"),
        (verdict(TRUSTED), "L2 – signed", "L2 – signé"),
        (verdict(ANCHORED), "L3 – anchored", "L3 – ancré"),
        (verdict(WITNESSED), "L4 – witnessed", "L4 – attesté par des tiers"),
    ],
)
def test_the_level_has_a_number_and_a_name(found: Verdict, english: str, french: str) -> None:
    assert (said(found)["level"], said(found, "fr")["level"]) == (english, french)


def test_every_level_says_what_it_means() -> None:
    levels = [verdict(SIGNED, count=1), *map(verdict, (LOG, TRUSTED, ANCHORED, WITNESSED))]

    meanings = {said(found, lang)["meaning"] for found in levels for lang in ("en", "fr")}

    assert len({meaning for meaning in meanings if meaning.endswith(".")}) == 10


@pytest.mark.parametrize(("proved", "tails"), [(LOG, (62, 62)), (TRUSTED, (12, 62)), (ANCHORED, (12, 22))])
def test_what_is_not_signed_and_not_anchored_is_counted(proved: Proved, tails: tuple[int, int]) -> None:
    _, unsigned, unanchored = front(verdict(proved))

    assert (unsigned.value, unanchored.value) == tails


def test_the_newest_checkpoint_that_holds_is_told() -> None:
    found = told(verdict(TRUSTED))

    assert [found[key] for key in ("sealed", "sealed_root", "sealed_until", "sealed_key")] == [
        *(50, seals.encoded(seals.ROOT), SEALED_TS, seals.KEY)
    ]


def test_a_log_that_nobody_signed_says_so() -> None:
    found = said(verdict(LOG), checkpoint=False)

    assert (found["sealed"], found["sealed_root"], found["sealed_key"]) == ("none: nothing was signed", "", "")


def test_a_checkpoint_that_was_not_confirmed_is_not_told_as_one_that_holds() -> None:
    found = said(verdict(LOG))

    assert (found["sealed"], found["sealed_root"]) == ("none was confirmed", "")


def test_the_age_of_an_anchor_is_told_where_somebody_else_saw_it() -> None:
    assert said(verdict(WITNESSED))["anchored_at"] == "2026-01-05 09:30, 10.5 days before this report"


def test_an_anchor_that_nobody_else_saw_has_no_age() -> None:
    assert told(verdict(ANCHORED))["anchored_at"] == "no_trusted_time"


def test_without_an_anchor_there_is_no_age() -> None:
    found = said(verdict(TRUSTED))

    assert (found["anchored"], found["anchored_at"]) == ("none: no copy elsewhere was compared, or none agrees", "")


def test_somebody_elses_clock_that_is_ahead_makes_no_negative_age() -> None:
    assert Age(NOW, SEALED_TS).data("en") == {"at": NOW, "days": 0.0}


def test_a_log_that_does_not_hold_says_what_still_does() -> None:
    assert said(verdict(SIGNED, count=1), "fr")["last_good"] == (
        "Le dernier état dont la signature tient encore est celui des 50 premiers enregistrements de l’ordre"
        " global\u202f; le dernier d’entre eux date du 5 janvier 2026 à 9\u202fh\u202f30 UTC. Les anomalies nomment"
        " ceux d’entre eux qui ne sont plus ce qui a été signé."
    )


def test_a_large_number_of_records_is_readable() -> None:
    assert "first 1,234,567 records" in LastGood(1_234_567, SEALED_TS).plain("en")


def test_a_log_of_which_nothing_holds_says_so() -> None:
    assert told(verdict(LOG, count=1))["last_good"] == "nothing_good"


def test_a_log_that_holds_speaks_of_no_last_state() -> None:
    assert "last_good" not in told(verdict(TRUSTED))


def test_every_notice_is_a_sentence() -> None:
    notices = (Notice("REDACTED", 3), Notice("ARCHIVED", 8))

    found = verdict(TRUSTED, notices=notices, redacted=3)

    assert said(found)["notices"] == (
        "Texts redacted on record: 3.; Records in archives that were not given, and were not read: 8."
    )
    assert (told(found)["redacted"], told(found)["notices"][1]["code"]) == (3, "ARCHIVED")
