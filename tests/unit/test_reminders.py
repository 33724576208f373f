"""What there is to remind of, and when it goes on to others."""

from __future__ import annotations

import pytest

from flowgov.dossier.deadlines import Deadline, GateDue
from flowgov.i18n import Language
from flowgov.reminding.reminder import Reminder, reminders
from flowgov.settings import Remind

RULES = Remind(before_days=3, escalate_after_days=7)
GATE = GateDue(
    project="CRM",
    title="A CRM",
    transition="review",
    state="deployed",
    since="2026-08-01T08:00:00.000000Z",
    due="2026-11-20T23:00:00.000000Z",
    day="2026-11-20",
    late=True,
    holders=("kbenali",),
    approvers=("ykerbrat", "kbenali"),
)


def others(project: str | None) -> tuple[str, ...]:
    return (f"boss of {project}",)


def at(now: str, *gates: GateDue) -> list[tuple[str, tuple[str, ...]]]:
    found = reminders(gates or (GATE,), (), f"{now}.000000Z", RULES, others)
    return [(reminder.level, reminder.persons) for reminder in found]


@pytest.mark.parametrize(
    ("now", "levels"),
    [
        ("2026-11-17T22:59:59", []),
        ("2026-11-17T23:00:00", ["soon"]),
        ("2026-11-20T22:59:59", ["soon"]),
        ("2026-11-20T23:00:00", ["late"]),
        ("2026-11-27T22:59:59", ["late"]),
        ("2026-11-27T23:00:00", ["escalated", "late"]),
    ],
)
def test_reminders_begin_before_and_escalate_afterwards(now: str, levels: list[str]) -> None:
    assert [level for level, _ in at(now)] == levels


def test_the_first_reminder_goes_to_whom_it_waits_for_and_the_next_to_others() -> None:
    assert at("2026-12-01T08:00:00") == [
        ("escalated", ("boss of CRM",)),
        ("late", ("ykerbrat", "kbenali")),
    ]


def test_what_waits_for_nobody_is_told_to_others_at_once() -> None:
    orphan = GateDue(**{f: getattr(GATE, f) for f in GATE.__slots__} | {"holders": (), "approvers": ()})

    assert at("2026-11-19T08:00:00", orphan) == [("soon", ("boss of CRM",))]


def test_another_due_time_is_another_reminder() -> None:
    later = GateDue(**{f: getattr(GATE, f) for f in GATE.__slots__} | {"due": "2026-11-21T23:00:00.000000Z"})

    found = reminders((GATE, later), (), "2026-11-22T08:00:00.000000Z", RULES, others)

    assert len({reminder.about for reminder in found}) == 2


@pytest.mark.parametrize(("now", "level"), [("2026-11-30T23:59:59", "soon"), ("2026-12-01T00:00:00", "late")])
def test_a_deadline_is_late_once_its_day_is_over(now: str, level: str) -> None:
    deadline = Deadline("contract", None, "K-01", "2026-11-30", late=False, persons=("htallec",))

    found = reminders((), (deadline,), f"{now}.000000Z", RULES, others)

    assert [(reminder.level, reminder.persons) for reminder in found] == [(level, ("htallec",))]


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "CRM: the gate 'review' – late, was due by 2026-11-20; waits for ykerbrat, kbenali."),
        ("fr", "CRM : le jalon « review » – en retard, échéance au 2026-11-20 ; attend ykerbrat, kbenali."),
    ],
)
def test_a_reminder_is_one_sentence(lang: Language, sentence: str) -> None:
    (reminder,) = reminders((GATE,), (), "2026-11-22T08:00:00.000000Z", RULES, others)

    assert reminder.line(lang) == sentence


def test_a_reminder_of_something_that_waits_for_nobody_says_so() -> None:
    reminder = Reminder("x", "late", "contract", None, "K-01", "", "2026-11-30", (), ())

    assert reminder.line() == "the organisation: the contract K-01 – late, was due by 2026-11-30; waits for nobody."
