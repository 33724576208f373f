"""Removing a text, or an identity card, from the command line."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.walks.cli.conftest import Type

REDACT = "audit redact CRM 1 title --reason Asked --as htallec"
ERASE = "people erase ebihan --reason Asked --as htallec"


@pytest.fixture
def redacted(crm: Type) -> Type:
    """CRM without its title, its reason to be held, or the card of ebihan, who opened it."""
    for line in (
        'move CRM hold --reason "Secret reason" --as kbenali',
        f"{REDACT} --yes",
        "audit redact CRM 2 reason --reason Asked --yes --as htallec",
        f"{ERASE} --yes",
    ):
        assert crm(line).code == 0
    return crm


def test_a_redaction_says_what_is_gone(crm: Type) -> None:
    answer = crm(f"{REDACT} --yes")

    assert (answer.code, answer.out) == (0, "The text 'title' of CRM#1 is gone; the log says so.\n")


def test_an_erasure_says_what_the_log_knows_instead(crm: Type) -> None:
    answer = crm(f"{ERASE} --yes --json")

    pseudonym = answer.json["data"]["receipt"]["subject"]
    assert (answer.code, pseudonym[0], len(pseudonym)) == (0, "u", 21)


def test_a_text_of_the_organisation_is_redacted_under_org(crm: Type) -> None:
    assert crm("role revoke business_owner kbenali --project CRM --reason Secret --as htallec").code == 0
    revoked = crm("audit log --event role.revoked --json").json["data"][-1]["seq"]

    assert crm(f"audit redact org {revoked} reason --reason Asked --yes --as htallec").code == 0
    assert "Secret" not in crm("audit log").out


@pytest.mark.parametrize("line", [REDACT, ERASE])
def test_without_a_terminal_nothing_is_destroyed_unless_it_is_said(
    crm: Type, line: str, records: Callable[[], int]
) -> None:
    before = records()

    answer = crm(line)

    assert (answer.code, "--yes" in answer.err, records()) == (2, True, before)


@pytest.mark.parametrize(
    ("answered", "lang", "code", "gone"),
    [
        ("yes", "en", 0, True),
        ("y", "en", 0, True),
        ("oui", "fr", 0, True),
        ("no", "en", 130, False),
        ("", "en", 130, False),
        ("non", "fr", 130, False),
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_at_a_terminal_it_is_asked_first(
    crm: Type, url: str, tmp_path: Path, answered: str, lang: str, code: int, gone: bool
) -> None:
    us, terminal = pty.openpty()
    os.write(us, f"{answered}\n".encode())

    done = subprocess.run(
        [sys.executable, "-m", "flowgov", "--lang", lang, *REDACT.split()],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=terminal,
        cwd=tmp_path,
        env={**os.environ, "FLOWGOV_DB": url},
        check=False,
    )

    os.close(us)
    os.close(terminal)
    assert (done.returncode, crm("show CRM --json").json["data"]["project"]["title"] == "") == (code, gone)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("list --all", "(redacted)"),
        ("show CRM", "CRM  (redacted)"),
        ("history CRM", "reason: (redacted)"),
        ("people list", "(redacted)"),
        ("audit log", "CRM#1: title"),
        ("audit verify", "Texts redacted on record: 5."),
    ],
)
def test_what_was_removed_is_named_where_it_was(redacted: Type, line: str, shown: str) -> None:
    assert shown in redacted(line).out


def test_what_was_removed_is_named_in_french(redacted: Type) -> None:
    assert "(expurgé)" in redacted("show CRM", FLOWGOV_LANG="fr").out


@pytest.mark.parametrize("line", ["list --all", "show CRM", "history CRM", "audit log", "people list", "role list"])
def test_nothing_that_was_removed_is_shown(redacted: Type, line: str) -> None:
    out = redacted(f"{line} --json").out

    assert [word for word in ("Déploiement", "Secret reason", "ebihan", "Erwan") if word in out] == []


def test_verification_counts_what_was_removed_and_holds(redacted: Type) -> None:
    answer = redacted("audit verify --json")

    data = answer.json["data"]
    assert (answer.code, data["holds"], data["count"]) == (0, True, 0)
    # a title, a reason; login, name and system user of ebihan
    assert data["redacted"] == 5


def test_verification_is_silent_where_nothing_was_removed(crm: Type) -> None:
    assert "redacted" not in crm("audit verify").out


def test_a_refused_removal_exits_like_every_refusal(crm: Type) -> None:
    answer = crm("people erase kbenali --reason Asked --yes --as htallec")

    assert answer.code == 1
    assert "flowgov role revoke business_owner kbenali --project CRM --as htallec" in answer.err


def test_nobody_acts_under_a_pseudonym(redacted: Type) -> None:
    pseudonym = redacted("show CRM --json").json["data"]["project"]["creator"]

    assert redacted(f"move CRM resume --as {pseudonym}").code == 4
    assert redacted(f"role grant sponsor {pseudonym} --as htallec").code == 4


def test_a_pseudonym_is_not_proposed(redacted: Type) -> None:
    pseudonym = redacted("show CRM --json").json["data"]["project"]["creator"]
    asked = {"_FLOWGOV_COMPLETE": "bash_complete", "COMP_WORDS": "flowgov people erase ", "COMP_CWORD": "3"}

    proposed = redacted("", **asked).out

    assert ("kbenali" in proposed, pseudonym in proposed) == (True, False)
