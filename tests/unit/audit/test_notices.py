"""What is worth knowing though nothing is wrong: one notice of each kind, counted, in both languages."""

from __future__ import annotations

import pytest

from flowgov.audit.notice import NOTICES, Notice, NoticeCode, Notices
from flowgov.i18n import LANGUAGES, Language, catalogue

PARAMS = {"ts": "2027-01-01T00:00:00.000000Z", "days": 31, "minutes": 61, "key": "k", "size": 7, "place": "usb"}
SENTENCES: dict[NoticeCode, dict[Language, str]] = {
    "CLOCK_HELD": {
        "en": "The clock had gone back for some records (2, the first is CRM 3); their time is that of the record "
        "before.",
        "fr": "L'horloge avait reculé pour certains enregistrements (2, le premier est CRM 3) ; leur date est celle de "
        "l'enregistrement précédent.",
    },
    "CLOCK_BEHIND": {
        "en": "Records dated more than five minutes before one that was written earlier: 2, the first is CRM 3 (by 61 "
        "minutes). A clock had gone back, or lagged, or a transaction was long.",
        "fr": "Enregistrements datés de plus de cinq minutes avant un autre, pourtant écrit plus tôt : 2, le premier "
        "est CRM 3 (de 61 minutes). Une horloge avait reculé, ou retardait, ou une transaction a été longue.",
    },
    "FROM_THE_FUTURE": {
        "en": "Records from the future: 2, the first is CRM 3 (2027-01-01T00:00:00.000000Z).",
        "fr": "Enregistrements venus du futur : 2, le premier est CRM 3 (2027-01-01T00:00:00.000000Z).",
    },
    "LONG_GAP": {
        "en": "Silences of a month or more: 2, the first before CRM 3 (31 days).",
        "fr": "Silences d'un mois ou plus : 2, le premier avant CRM 3 (31 jours).",
    },
}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("code", NOTICES)
def test_every_notice_has_a_sentence(code: NoticeCode, lang: Language) -> None:
    said = Notice(code, 2, "CRM", 3, PARAMS).message(lang)

    assert said == said.strip()
    assert "{" not in said


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("code", SENTENCES)
def test_what_is_said_about_time(code: NoticeCode, lang: Language) -> None:
    assert Notice(code, 2, "CRM", 3, PARAMS).message(lang) == SENTENCES[code][lang]


def test_no_sentence_is_left_without_a_notice() -> None:
    keys = {key for key in catalogue("finding", "en") if key.startswith("finding.notice.")}

    assert keys == {f"finding.notice.{code.lower()}" for code in NOTICES}


def test_a_notice_about_no_record_names_none() -> None:
    assert Notice("NO_CHECKPOINT", 1).message().startswith("The log has a signing key")


def test_the_first_of_a_kind_is_kept_and_the_others_are_counted() -> None:
    notices = Notices()
    notices.add("LONG_GAP", "org", 4, days=31)
    notices.add("LONG_GAP", "org", 9, days=99)
    notices.add("LONG_GAP", "org", 12, count=3, days=50)

    [kept] = notices.kept()

    assert (kept.count, kept.stream, kept.seq, kept.params) == (5, "org", 4, {"days": 31})


def test_notices_are_in_a_fixed_order() -> None:
    notices = Notices()
    for code in reversed(NOTICES):
        notices.add(code)

    assert [notice.code for notice in notices.kept()] == [*NOTICES]


def test_streams_are_called_what_people_call_them() -> None:
    notices = Notices()
    notices.add("CLOCK_HELD", "prj:1", 3)
    notices.add("NO_CHECKPOINT")

    assert [n.stream for n in notices.kept({"prj:1": "CRM"}.__getitem__)] == ["CRM", None]


def test_notices_collected_apart_are_as_if_they_had_been_added_here() -> None:
    here, apart = Notices(), Notices()
    here.add("LONG_GAP", "org", 4, days=31)
    apart.add("LONG_GAP", "prj:1", 2, count=3, days=50)
    apart.add("CLOCK_HELD", "prj:1", 3)

    here.absorb(apart.kept())

    assert [(n.code, n.count, n.stream, n.seq, n.params) for n in here.kept()] == [
        ("CLOCK_HELD", 1, "prj:1", 3, {}),
        ("LONG_GAP", 4, "org", 4, {"days": 31}),
    ]
