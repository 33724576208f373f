"""Meetings, actions and signals, as people type and read them."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from icalendar import Calendar
from tests.walks.cli.conftest import Type

TODAY = date.today()
SOON = (TODAY + timedelta(days=14)).isoformat()


def day(ago: int) -> str:
    return (TODAY - timedelta(days=ago)).isoformat()


@pytest.fixture
def met(crm: Type) -> Type:
    """CRM meets every 14 days, and has met yesterday."""
    for line in (
        f"meeting plan CRM --every 14 --first {day(1)} --time 09:30 --place 'Salle A' --as kbenali",
        f'meeting hold CRM --on {day(1)} --present ykerbrat --decision "Demander l\'export" '
        f'--action "ykerbrat {SOON} L\'obtenir par écrit" --as kbenali',
    ):
        assert crm(line).code == 0, line
    return crm


def test_planning_says_from_when_and_who(crm: Type) -> None:
    answer = crm(f"meeting plan CRM --first {SOON} --as kbenali")

    assert answer.out.splitlines() == [
        f"The people of CRM meet every 30 days from {SOON} on.",
        "Participants: kbenali, ykerbrat",
    ]


def test_minutes_take_one_line(crm: Type) -> None:
    answer = crm(
        f'meeting hold CRM --present ykerbrat,ebihan --decision Yes --decision No --action "ykerbrat {SOON} Ask" '
        "--as kbenali"
    )

    assert answer.out.splitlines() == [
        f"M-01 of CRM, held on {TODAY.isoformat()}, is recorded; decisions: 2.",
        f"AC-01: Ask (ykerbrat, {SOON})",
    ]


def test_the_minutes_are_shown_and_written(met: Type) -> None:
    shown = met("meeting show CRM").out

    written = met("meeting minutes CRM M-01 -o minutes.html")

    assert (written.code, "<h1>" in Path("minutes.html").read_text(encoding="utf-8")) == (0, True)
    assert all(word in shown for word in ("M-01", "Karim Benali, Yann Kerbrat", "1. Demander l'export", "AC-01"))
    assert "is not the approval of a gate" in shown


def test_minutes_do_not_replace_a_file_unasked(met: Type) -> None:
    Path("minutes.html").write_text("mine", encoding="utf-8")

    assert met("meeting minutes CRM -o minutes.html").code == 2
    assert met("meeting minutes CRM -o minutes.html --force").code == 0


def test_the_agenda_is_read_in_both_languages(met: Type) -> None:
    english, french = met("meeting agenda CRM"), met("meeting agenda CRM --lang fr")

    assert (english.code, french.code) == (0, 0)
    assert all(word in english.out for word in ("Gates that wait", "Validate the need", "Open actions", "AC-01"))
    assert all(word in french.out for word in ("Jalons en attente", "Valider le besoin", "Actions ouvertes", "AC-01"))


@pytest.mark.parametrize(("format", "mark"), [("md", "# Agenda"), ("html", "<!doctype html>")])
def test_the_agenda_can_be_a_page(met: Type, format: str, mark: str) -> None:
    assert met(f"meeting agenda CRM --format {format}").out.startswith(mark)


def test_the_list_says_who_meets_how_often(met: Type) -> None:
    lines = met("meeting list").out.splitlines()

    assert (len(lines), lines[1].split()[:4]) == (2, ["CRM", "every", "14", "days"])


def test_the_list_of_a_project_says_when_it_met(met: Type) -> None:
    assert met("meeting list --project CRM").out.splitlines()[1].split()[:2] == ["M-01", day(1)]


def test_an_invitation_is_a_calendars_file(met: Type) -> None:
    written = met("meeting invite CRM -o crm.ics")

    (event,) = Calendar.from_ical(Path("crm.ics").read_bytes()).walk("VEVENT")
    assert (written.code, str(event["location"]), event["rrule"]["INTERVAL"]) == (0, "Salle A", [2])


def test_an_invitation_to_one_meeting_brings_the_agenda_along(met: Type) -> None:
    answer = met(f"meeting invite CRM --on {SOON} --time 14:00")

    (event,) = Calendar.from_ical(answer.out).walk("VEVENT")
    assert (event["dtstart"].dt.hour, "Gates that wait" in str(event["description"])) == (14, True)


def test_an_action_is_added_listed_and_done(met: Type) -> None:
    added = met(f"action add CRM 'Préparer la bascule' --owner ebihan --due {SOON} --as kbenali")
    done = met("action done CRM AC-02 --note Fait --as ebihan")

    listed = [line.split()[1] for line in met("action list").out.splitlines()[1:]]
    every = [line.split()[1] for line in met("action list --all").out.splitlines()[1:]]
    assert (added.out, done.out) == (
        f"AC-02: Préparer la bascule (ebihan, {SOON})\n",
        f"AC-02 of CRM was done on {TODAY.isoformat()}.\n",
    )
    assert (listed, every) == (["AC-01"], ["AC-01", "AC-02"])


def test_the_portfolio_meets_too(met: Type) -> None:
    held = met('meeting hold org --decision "CRM first" --as htallec')

    assert held.code == 0
    assert "CRM first" in met("meeting show org").out
    assert "Maison Tallec SAS" in met("meeting agenda org").out


def test_the_signals_are_on_the_board_the_card_and_the_list_of_what_waits(met: Type) -> None:
    met("role grant business_owner ykerbrat --project CRM --as htallec")

    board, card, todo = met("list").out, met("show CRM").out, met("todo --all").out

    assert ("✗ roles" in board, "✗ roles" in todo) == (True, True)
    assert "ykerbrat alone is business_owner, technical_owner, and no exception permits it." in card


def test_the_signals_are_in_json_with_their_reasons(met: Type) -> None:
    met("role grant business_owner ykerbrat --project CRM --as htallec")

    (project,) = met("list --json").json["data"]

    signals = project["health"]["signals"]
    assert (project["health"]["worst"], signals["roles"]["reasons"][0]["code"], signals["rhythm"]["level"]) == (
        "red",
        "two_hats",
        "green",
    )


WRONG = {
    "no such project": ("meeting plan CRN --as kbenali", 4, "Did you mean CRM"),
    "no such person": ("meeting hold CRM --present nobody --as kbenali", 4, "nobody"),
    "no such risk": ("meeting hold CRM --risks R-01 --as kbenali", 4, "R-01"),
    "no such meeting": ("meeting show CRM M-07", 4, "M-07"),
    "no such action": ("action done CRM AC-07 --as kbenali", 4, "AC-07"),
    "no series to invite to": ("meeting invite org", 4, "flowgov meeting plan org"),
    "no meeting yet": ("meeting show org", 4, "flowgov meeting hold org"),
    "another rhythm": ("meeting plan CRM --every 10 --as kbenali", 2, "14"),
    "no time of day": ("meeting plan CRM --time noon --as kbenali", 2, "09:30"),
    "no length": ("meeting plan CRM --minutes 0 --as kbenali", 2, "5"),
    "an action without a day": ('meeting hold CRM --action "ykerbrat Ask" --as kbenali', 2, "2026-12-01"),
    "an action due before": (f"action add CRM x --owner ykerbrat --due {day(3)} --as kbenali", 2, day(3)),
    "no day": ("meeting hold CRM --on yesterday --as kbenali", 2, "yesterday"),
    "a day to come": (f"meeting hold CRM --on {SOON} --as kbenali", 1, SOON),
    "too long ago": (f"meeting hold CRM --on {day(60)} --as kbenali", 1, "31 days"),
    "twice": (f"meeting hold CRM --on {day(1)} --as kbenali", 1, "M-01"),
    "nobody acts": ("meeting hold CRM", 2, "--as PERSON"),
    "no role here": ("meeting hold CRM --as htallec", 1, "role that acts"),
    "a bidi mark in a decision": ('meeting hold CRM --decision "a\u202eb" --as kbenali', 2, "U+202E"),
    "a time without a day": ("meeting invite CRM --time 14:00", 2, "--on"),
    "no time to invite for": (f"meeting invite CRM --on {SOON} --time 25:00", 2, "25:00"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_typed_wrong_is_told_and_changes_no_meeting(met: Type, name: str) -> None:
    line, code, told = WRONG[name]
    before = met("meeting list --project CRM --json").out

    answer = met(line)

    assert (answer.code, told in answer.err, answer.out, "Traceback" in answer.err) == (code, True, "", False)
    assert met("meeting list --project CRM --json").out == before


def test_how_far_back_minutes_go_is_a_setting(met: Type) -> None:
    Path("flowgov.toml").write_text("[meetings]\nbackdating_days = 90\n", encoding="utf-8")

    assert met(f"meeting hold CRM --on {day(60)} --as kbenali").code == 0
