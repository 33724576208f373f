"""Who acts: believed by name in trusted mode, known by the operating system in system mode (T1)."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.walks.cli.conftest import Type

from flowgov.settings import os_user

MOVE = "move CRM hold --reason Holidays"


@pytest.fixture
def known(crm: Type) -> Type:
    """This system's user is kbenali, and nobody can say otherwise."""
    Path("flowgov.toml").write_text(
        f'[identity]\nmode = "system"\n\n[identity.users]\n"{os_user()}" = "kbenali"\n', encoding="utf-8"
    )
    return crm


def test_in_system_mode_the_system_s_user_acts(known: Type) -> None:
    known(MOVE)

    assert known("audit log --last 1 --json").json["data"][0]["actor"] == "kbenali"


def test_in_system_mode_the_record_says_that_nobody_was_believed(known: Type) -> None:
    known(MOVE)

    assert known("audit log --last 1 --json").json["data"][0]["facts"]["src"] == {"face": "cli", "trusted": False}


@pytest.mark.parametrize(("line", "environ"), [(f"{MOVE} --as ykerbrat", {}), (MOVE, {"FLOWGOV_AS": "ykerbrat"})])
def test_in_system_mode_nobody_acts_as_somebody_else(known: Type, line: str, environ: dict[str, str]) -> None:
    answer = known(line, **environ)

    assert (answer.code, "You are kbenali here" in answer.err) == (2, True)


def test_in_system_mode_one_may_say_who_one_is(known: Type) -> None:
    assert known(f"{MOVE} --as kbenali").code == 0


def test_in_system_mode_an_unmapped_user_acts_as_nobody(crm: Type) -> None:
    Path("flowgov.toml").write_text('[identity]\nmode = "system"\n', encoding="utf-8")

    answer = crm(f"{MOVE} --as kbenali")

    assert (answer.code, os_user() in answer.err) == (2, True)


def test_environment_variables_do_not_change_the_system_s_user(known: Type) -> None:
    assert known(MOVE, USER="ykerbrat", LOGNAME="ykerbrat").code == 0


def test_in_trusted_mode_the_environment_says_who_acts(crm: Type) -> None:
    assert crm(MOVE, FLOWGOV_AS="kbenali").code == 0


def test_the_option_wins_over_the_environment(crm: Type) -> None:
    crm(f"{MOVE} --as kbenali", FLOWGOV_AS="ykerbrat")

    assert crm("audit log --last 1 --json").json["data"][0]["actor"] == "kbenali"


def test_common_options_are_understood_before_and_after_the_command(crm: Type) -> None:
    assert crm("--as kbenali --json move CRM hold --reason x").json["ok"] is True


def test_malformed_settings_stop_every_command(crm: Type) -> None:
    Path("flowgov.toml").write_text("databse = 'x'\n", encoding="utf-8")

    answer = crm("list")

    assert (answer.code, "flowgov.toml:1" in answer.err, "Did you mean database" in answer.err) == (2, True, True)


def test_settings_choose_the_language(crm: Type) -> None:
    Path("flowgov.toml").write_text('language = "fr"\n', encoding="utf-8")

    assert "Besoin exprimé" in crm("list").out


def test_the_environment_s_language_wins_over_the_settings(crm: Type) -> None:
    Path("flowgov.toml").write_text('language = "fr"\n', encoding="utf-8")

    assert "Need expressed" in crm("list", FLOWGOV_LANG="en").out
