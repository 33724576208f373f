"""What stands in a report's cells, as people and as programs read it."""

from __future__ import annotations

from datetime import date

import pytest

from flowgov.i18n import catalogue
from flowgov.report import wording
from flowgov.report.values import (
    Blocked,
    Code,
    Days,
    Departed,
    Given,
    Mark,
    Moment,
    Month,
    Named,
    Piece,
    Shown,
    Since,
    Source,
    Span,
    Until,
    Who,
    WholeCode,
    data,
    plain,
)
from flowgov.store.reporting import Card
from flowgov.workflow.model import Label

NEW_YEAR = date(2026, 1, 1)
NINE = "2026-01-05T09:30:00.000000Z"
MIDNIGHT = "2026-03-01T00:00:00.000000Z"
KARIM = Who(Card("u1", "kbenali", "Karim Benali"))
OWNER = Named("owner", Label(en="Business owner", fr="Responsable métiers"))
HASH = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        (Moment(NINE), "2026-01-05 09:30", "05/01/2026 09:30"),
        (Since(MIDNIGHT), "2026-03-01", "01/03/2026"),
        (Since(NINE), "2026-01-05 09:30", "05/01/2026 09:30"),
        (Until(MIDNIGHT), "2026-02-28", "28/02/2026"),
        (Until(NINE), "2026-01-05 09:30", "05/01/2026 09:30"),
        (Span(NEW_YEAR, NEW_YEAR), "from 1 January 2026 to 1 January 2026", "du 1er janvier 2026 au 1er janvier 2026"),
        (Month("2026-08"), "August 2026", "août 2026"),
        (Month("2026"), "2026", "2026"),
        (Days(12345), "1,234.5", "1\u202f234,5"),
        (OWNER, "Business owner", "Responsable métiers"),
        (Named("unknown"), "unknown", "unknown"),
        (Mark("expired"), "expired", "expirée"),
        (Mark("never_heard_of"), "never_heard_of", "never_heard_of"),
        (KARIM, "Karim Benali (kbenali)", "Karim Benali (kbenali)"),
        (Code(HASH), "0123456789ab", "0123456789ab"),
        (WholeCode(HASH), HASH, HASH),
        (Source(7, HASH), "7 · 0123456789ab", "7 · 0123456789ab"),
        (
            Given(KARIM, OWNER, None),
            "Karim Benali (kbenali), Business owner",
            "Karim Benali (kbenali), Responsable métiers",
        ),
        (Piece(OWNER, None), "Business owner · link", "Responsable métiers · lien"),
        (
            Departed("distinct_from", KARIM, None),
            "without an exception (warn mode) · separation of duties · Karim Benali (kbenali)",
            "sans dérogation (mode avertissement) · séparation des tâches · Karim Benali (kbenali)",
        ),
        (Blocked("reason_missing"), "A reason is required. [reason_missing]", "Un motif est exigé. [reason_missing]"),
        (Blocked("of_a_later_version"), "[of_a_later_version]", "[of_a_later_version]"),
    ],
)  # fmt: skip
def test_a_value_reads_in_both_languages(value: Shown, english: str, french: str) -> None:
    assert (value.plain("en"), value.plain("fr")) == (english, french)


def test_an_erased_identity_card_leaves_the_pseudonym() -> None:
    erased = Who(Card("u0badc0ffee"))

    assert erased.plain("fr") == "u0badc0ffee"
    assert erased.data("fr") == {"id": "u0badc0ffee", "login": None, "name": None}


def test_a_blocker_names_things_as_people_do() -> None:
    blocked = Blocked("role_missing", {"roles": ["owner"]}, {"roles": (OWNER,)})

    assert blocked.plain("fr") == "Aucun de ces rôles n'est tenu : Responsable métiers. [role_missing]"


def test_several_values_stand_on_one_line() -> None:
    assert (plain((KARIM, 1200, None, "x"), "en")) == "Karim Benali (kbenali); 1,200; ; x"


def test_programs_read_codes_not_words() -> None:
    assert data((Mark("expired"), Moment(NINE), Days(15), None), "fr") == ["expired", NINE, 1.5, None]


def test_a_moment_in_words_is_written_as_the_french_do() -> None:
    assert wording.long_moment(NINE, "fr") == "5 janvier 2026 à 9\u202fh\u202f30 UTC"


def test_both_catalogues_say_the_same_things() -> None:
    assert catalogue("report", "en").keys() == catalogue("report", "fr").keys()


def test_every_blocker_has_a_short_name_in_the_table_of_causes() -> None:
    blockers = {key.removeprefix("blocker.") for key in catalogue("blocker", "en")}
    sentences = {code for code in blockers if not code.startswith("remedy")}

    named = {key.removeprefix("report.cause.") for key in catalogue("report", "en") if ".cause." in key}

    assert named == sentences


def test_french_keeps_high_punctuation_with_its_word() -> None:
    loose = [
        s for s in catalogue("report", "fr").values() if any(mark in s for mark in (" :", " ;", " ?", " !", " »", "« "))
    ]

    assert loose == []
