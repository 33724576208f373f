"""What ends or has to be done, as the lines of registers say it."""

from __future__ import annotations

from typing import Any

import pytest

from flowgov.dossier.deadlines import KINDS, of_entry
from flowgov.dossier.entry import Entry
from flowgov.i18n import LANGUAGES, Language, has

NAMES = {"u1": "kbenali", "u2": "ykerbrat"}


def found(kind: str, facts: dict[str, Any], **texts: str) -> list[tuple[str, str, tuple[str, ...], str]]:
    entry = Entry("p1", kind, "X-01", 1, 7, facts, texts=texts)
    deadlines = of_entry(entry, "CRM", lambda person: NAMES[str(person)])
    return [(d.kind, d.day, d.persons, d.title) for d in deadlines]


RISK = {
    "status": "open",
    "owner": "u1",
    "review": "2026-12-01",
    "acceptance": {"p": "u1", "until": "2027-01-01T00:00:00.000000Z"},
    "measures": [
        {"n": 1, "owner": "u2", "due": "2026-11-15", "done": None},
        {"n": 2, "owner": "u2", "due": "2026-11-16", "done": "2026-11-10"},
    ],
}


def test_a_risk_is_reviewed_its_acceptance_ends_and_its_measures_are_due() -> None:
    assert found("risk", RISK, title="Outage") == [
        ("review", "2026-12-01", ("kbenali",), "Outage"),
        ("acceptance", "2026-12-31", ("kbenali",), "Outage"),
        ("measure", "2026-11-15", ("ykerbrat", "kbenali"), "Outage"),
    ]


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("risk", {**RISK, "status": "closed"}),
        ("risk", {"status": "open", "acceptance": None, "measures": [], "review": None}),
        ("contract", {"end": "2026-12-31", "notice_days": 90, "ended": True}),
        ("contract", {"end": None, "notice_days": 90}),
        ("plan", {"next_exercise": "2026-12-01", "retired": True}),
        ("plan", {"next_exercise": None}),
        ("access", {"rights": [{"group": "COMPTA", "right": "read"}], "reviewed": None}),
        ("access", {"rights": [], "reviewed": "2026-12-01"}),
        ("action", {"due": "2026-12-01", "done": "2026-11-20"}),
        ("condition", {"due": "2026-12-01T00:00:00.000000Z", "status": "done"}),
        ("waiver", {"until": "2026-12-01T00:00:00.000000Z", "status": "ended"}),
        ("meeting", {"held": "2026-12-01"}),
        ("date", {}),
    ],
)
def test_what_is_over_or_was_never_set_is_no_deadline(kind: str, facts: dict[str, Any]) -> None:
    assert found(kind, facts) == []


@pytest.mark.parametrize(
    ("kind", "facts", "expected"),
    [
        (
            "contract",
            {"end": "2026-12-31", "notice": None, "notice_days": 90, "owner": "u1"},
            [("contract", "2026-12-31", ("kbenali",), ""), ("notice", "2026-10-02", ("kbenali",), "")],
        ),
        (
            "contract",
            {"end": None, "notice": "2026-10-01", "owner": "u1"},
            [("notice", "2026-10-01", ("kbenali",), "")],
        ),
        ("plan", {"next_exercise": "2026-12-01", "author": "u2"}, [("exercise", "2026-12-01", ("ykerbrat",), "")]),
        (
            "access",
            {"rights": [{"group": "COMPTA", "right": "read"}], "reviewed": "2026-01-05", "reviewer": "u1"},
            [("access_review", "2027-01-06", ("kbenali",), "")],
        ),
        ("action", {"due": "2026-12-01", "owner": "u2"}, [("action", "2026-12-01", ("ykerbrat",), "")]),
        ("portfolio_action", {"due": "2026-12-01", "owner": "u2"}, [("action", "2026-12-01", ("ykerbrat",), "")]),
        (
            "condition",
            {"due": "2026-12-02T00:00:00.000000Z", "owner": "u2", "status": "open"},
            [("condition", "2026-12-01", ("ykerbrat",), "")],
        ),
        (
            "waiver",
            {"until": "2026-12-02T00:00:00.000000Z", "by": "u1", "status": "granted"},
            [("waiver", "2026-12-01", ("kbenali",), "")],
        ),
        ("date", {"day": "2026-12-01"}, [("date", "2026-12-01", (), "")]),
    ],
)
def test_every_register_says_when_and_whose_matter_it_is(
    kind: str, facts: dict[str, Any], expected: list[tuple[str, str, tuple[str, ...], str]]
) -> None:
    assert found(kind, facts) == expected


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_kind_of_deadline_has_words(lang: Language) -> None:
    kinds = {
        "exception",
        "exception_review",
        "evidence",
        "review",
        "measure",
        "acceptance",
        "notice",
        "exercise",
        "gate",
    }

    kinds |= {"contract", "action", "condition", "waiver", "restore_test", "access_review"}
    assert [kind for kind in kinds if not has(f"time.due.{kind}", lang)] == []
    assert len(KINDS) == 9
