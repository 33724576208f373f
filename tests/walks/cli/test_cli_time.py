"""Due times, dates, ticks and reminders, as people type them and read them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.unit.test_channels import Mailbox, mailbox  # noqa: F401 - a fixture
from tests.walks.cli.conftest import Type
from tests.walks.licence import LICENCE

from flowgov import Engine, FixedClock
from flowgov.workflow.load import load_text

DUE = """
id: hurried
version: 1.0.0
title: {en: Hurried, fr: Pressé}
separation: warn
roles:
  business_owner: {en: Business owner, fr: Responsable métiers}
states:
  asked: {kind: initial, stage: need_expressed, en: Asked, fr: Demandé}
  agreed: {kind: final, stage: business_validated, en: Agreed, fr: Accepté}
transitions:
  agree: {from: asked, to: agreed, kind: gate, fire: [business_owner], due: {days: 2}, en: Agree, fr: Accepter}
"""
TODAY = datetime.now(UTC).date()
"""Of the day the tests run: what is typed is dated by the computer's clock."""


def ahead(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


GIVE = (
    f"move LIC give --set authorisation_valid_until={ahead(365)} --set change_window_start={ahead(1)}"
    f" --set change_window_end={ahead(2)} --as kbenali"
)


@pytest.fixture
def licence(cli: Type, url: str) -> Type:
    """LIC, whose dates can be given; its business owner is kbenali."""
    with Engine.open(url) as engine:
        engine.register_workflow(load_text(LICENCE), by="htallec")
        engine.grant_role("business_owner", "kbenali", by="htallec")
        engine.open_project("LIC", workflow="licence", title="Licence", by="ebihan")
        engine.add_evidence("LIC", "test", by="kbenali", link="https://example.org/test")
    return cli


@pytest.fixture
def hurried(cli: Type, url: str) -> Type:
    """OLD, due two days after January 2026."""
    with Engine.open(url, clock=FixedClock(datetime(2026, 1, 6, 9, tzinfo=UTC))) as engine:
        engine.register_workflow(load_text(DUE), by="htallec")
        engine.grant_role("business_owner", "kbenali", by="htallec")
        engine.open_project("OLD", workflow="hurried", title="Old", by="ebihan")
    return cli


@pytest.fixture
def expired(cli: Type, url: str) -> Type:
    """LIC, authorised until a day that is over."""
    with Engine.open(url, clock=FixedClock(datetime(2026, 1, 6, 9, tzinfo=UTC))) as engine:
        document = LICENCE.replace("min_days: 180", "min_days: 1")
        engine.register_workflow(load_text(document), by="htallec")
        engine.grant_role("business_owner", "kbenali", by="htallec")
        engine.open_project("LIC", workflow="licence", title="Licence", by="ebihan")
        engine.add_evidence("LIC", "test", by="kbenali", link="https://example.org/test")
        dates = {
            "authorisation_valid_until": "2026-01-08",
            "change_window_start": "2026-01-07",
            "change_window_end": "2026-01-07",
        }
        engine.move("LIC", "give", by="kbenali", dates=dates)
    return cli


# --- due -------------------------------------------------------------------------------------------------------


def test_what_is_late_is_shown_with_for_whom(hurried: Type) -> None:
    answer = hurried("due")

    assert answer.out.splitlines() == ["OLD · Agree (agree) · late, was due by 2026-01-08", "  waits for kbenali"]


def test_lateness_can_be_asked_of_another_day(hurried: Type) -> None:
    assert "Agree (agree) · due by 2026-01-08" in hurried("due --at 2026-01-08").out


@pytest.mark.parametrize("line", ["show OLD", "why OLD --as kbenali", "todo --as kbenali"])
def test_other_commands_say_it_too(hurried: Type, line: str) -> None:
    assert "late, was due by 2026-01-08" in hurried(line).out


def test_the_board_marks_it(hurried: Type) -> None:
    assert "late" in hurried("list").out
    assert [project["late"] for project in hurried("list --json").json["data"]] == [True]


@pytest.mark.parametrize("line", ["show OLD", "todo --as kbenali", "why OLD --as kbenali"])
def test_machines_are_told_when_it_is_due(hurried: Type, line: str) -> None:
    data = hurried(f"{line} --json").json["data"]
    (step,) = data["transitions"] if isinstance(data, dict) else data

    assert (step["due"], step["late"]) == ("2026-01-08T23:00:00.000000Z", True)


def test_the_calendar_of_the_settings_counts(hurried: Type, url: str) -> None:
    Path("flowgov.toml").write_text('[calendar]\ntime_zone = "America/Guadeloupe"\n', encoding="utf-8")

    (gate,) = hurried("due --json").json["data"]["gates"]

    assert (gate["due"], gate["day"]) == ("2026-01-09T04:00:00.000000Z", "2026-01-08")


def test_nothing_due_is_said(licence: Type) -> None:
    answer = licence("due")

    assert (answer.code, answer.out, answer.err.strip()) == (0, "", "Nothing is due.")


def test_what_ends_soon_is_shown_beside_it(licence: Type) -> None:
    licence(GIVE)

    shown = licence("due --within 2").out

    assert f"LIC · the date 'change_window_end' · due by {ahead(2)}" in shown
    assert "authorisation_valid_until" not in shown


def test_it_speaks_french(hurried: Type) -> None:
    assert "Accepter (agree) · en retard, échéance au 2026-01-08" in hurried("due --lang fr").out


# --- dates -----------------------------------------------------------------------------------------------------


def test_dates_are_given_with_the_move_and_shown(licence: Type) -> None:
    assert licence(GIVE).code == 0

    assert f"Valid until (authorisation_valid_until): {ahead(365)}" in licence("show LIC").out
    assert licence("show LIC --json").json["data"]["dates"]["change_window_end"] == ahead(2)


def test_a_missing_date_is_told_with_the_whole_command(licence: Type) -> None:
    answer = licence("move LIC give --as kbenali")

    assert answer.code == 1
    assert "flowgov move LIC give --set authorisation_valid_until=YYYY-MM-DD --set change_window_start" in answer.err


def test_what_time_makes_is_shown_with_its_day(licence: Type) -> None:
    licence(GIVE)

    assert f"Expire (expire): made by time after {ahead(365)} ('authorisation_valid_until')" in licence("show LIC").out


def test_why_can_be_asked_with_dates(licence: Type) -> None:
    assert licence(GIVE.replace("move", "why")).code == 0


# --- ticks -----------------------------------------------------------------------------------------------------


def test_a_tick_makes_what_is_due_once(expired: Type) -> None:
    would, made, again = (expired(line) for line in ("tick --dry-run --as jprigent", *["tick --as jprigent"] * 2))

    assert (
        would.out
        == "LIC: Expire (expire) would be made by time ('authorisation_valid_until' was 2026-01-08), to 'Over'.\n"
    )
    assert made.out == "LIC: Expire (expire) made by time ('authorisation_valid_until' was 2026-01-08); now 'Over'.\n"
    assert (again.code, again.out, again.err.strip()) == (0, "", "Nothing's time has come.")


def test_machines_are_told_what_a_tick_made(expired: Type) -> None:
    (tick,) = expired("tick --as jprigent --json").json["data"]

    assert (tick["project"], tick["transition"], tick["receipt"]["event"], tick["error"]) == (
        "LIC",
        "expire",
        "project.moved",
        None,
    )


def test_nobody_makes_it_by_hand(expired: Type) -> None:
    answer = expired("move LIC expire --as htallec")

    assert (answer.code, "is made by time" in answer.err) == (1, True)


def test_history_and_verification_go_on(expired: Type) -> None:
    expired("tick --as jprigent")

    assert [expired(line).code for line in ("history LIC", "audit log", "audit verify", "show LIC")] == [0] * 4


# --- reminders -------------------------------------------------------------------------------------------------


def test_reminders_can_be_looked_at_without_a_channel(hurried: Type) -> None:
    answer = hurried("remind --print")

    assert answer.out.splitlines() == [
        "OLD: the gate 'agree' – still late, was due by 2026-01-08; waited for kbenali. [to htallec, slegoff]",
        "OLD: the gate 'agree' – late, was due by 2026-01-08; waits for kbenali. [to kbenali]",
    ]


def test_they_are_sent_once(hurried: Type, mailbox: Mailbox) -> None:  # noqa: F811
    first, again = (hurried("remind", FLOWGOV_NOTIFY=mailbox.url) for _ in range(2))

    assert (first.code, first.out) == (0, "json (1): 2 reminder(s) sent.\n")
    assert (again.code, again.out, again.err.strip()) == (0, "", "Nothing to send.")
    assert len(mailbox.received) == 1


def test_the_addresses_may_stand_in_the_settings(hurried: Type, mailbox: Mailbox) -> None:  # noqa: F811
    Path("flowgov.toml").write_text(f"[notify]\nurls = [{json.dumps(mailbox.url)}]\n", encoding="utf-8")

    assert (hurried("remind").code, Path("reminded.json").exists()) == (0, True)


def test_a_channel_that_fails_is_an_error_and_tried_again(hurried: Type, mailbox: Mailbox) -> None:  # noqa: F811
    mailbox.status = 503
    failed = hurried("remind -vv", FLOWGOV_NOTIFY=mailbox.url)
    mailbox.status = 200
    sent = hurried("remind", FLOWGOV_NOTIFY=mailbox.url)

    assert (failed.code, "json (1)" in failed.err, "tok3n" in failed.err + failed.out) == (5, True, False)
    assert sent.out == "json (1): 2 reminder(s) sent.\n"


def test_without_a_channel_one_is_told_where_to_name_it(hurried: Type) -> None:
    answer = hurried("remind")

    assert (answer.code, "FLOWGOV_NOTIFY" in answer.err) == (2, True)


def test_t26_secrets_in_logs_a_wrong_address_is_not_repeated(hurried: Type) -> None:
    answer = hurried("remind -vv", FLOWGOV_NOTIFY="nosuch://user:s3cret@host")

    assert (answer.code, "number 1" in answer.err, "s3cret" in answer.err + answer.out) == (2, True, False)


def test_reminders_speak_french(hurried: Type, mailbox: Mailbox) -> None:  # noqa: F811
    hurried("remind --lang fr", FLOWGOV_NOTIFY=mailbox.url)

    (message,) = mailbox.received
    assert message["title"] == "flowgov : 2 relance(s)"
    assert "OLD : le jalon « agree » – en retard, échéance au 2026-01-08 ; attend kbenali." in message["message"]
