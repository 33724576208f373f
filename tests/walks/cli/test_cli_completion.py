"""What the shell proposes when somebody presses TAB."""

from __future__ import annotations

import pytest
from tests.walks.cli.conftest import Type


def _proposals(cli: Type, words: str, **environ: str) -> list[str]:
    count = len(words.split(" ")) - 1
    asked = {"_FLOWGOV_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(count)}
    return [line.partition(",")[2] for line in cli("", **asked, **environ).out.split()]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_names_the_shell_s_own_function(typed: Type, shell: str) -> None:
    answer = typed(["completion", shell])

    assert (answer.code, f"_FLOWGOV_COMPLETE={shell}_complete" in answer.out) == (0, True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_for_the_program_people_type(typed: Type, shell: str) -> None:
    assert "flowgov" in typed(["completion", shell]).out


@pytest.mark.parametrize(
    ("words", "proposed"),
    [
        ("flowgov mo", ["move"]),
        ("flowgov role ", ["grant", "revoke", "delegate", "undelegate", "list"]),
        ("flowgov move C", ["CRM"]),
        ("flowgov move CRM ", ["validate_need", "reject_need", "hold", "cancel"]),
        ("flowgov why CRM v", ["validate_need"]),
        ("flowgov evidence add CRM need", ["need_statement"]),
        ("flowgov role grant business", ["business_owner"]),
        ("flowgov role grant sponsor kb", ["kbenali"]),
        ("flowgov move CRM hold --as yk", ["ykerbrat"]),
        ("flowgov open ERP --workflow pme", ["pme-light"]),
        ("flowgov list --sta", ["--stage", "--state"]),
        ("flowgov list --stage dep", ["deployed"]),
        ("flowgov --lang f", ["fr"]),
        ("flowgov audit redact o", ["org"]),
        ("flowgov audit redact CRM 1 ti", ["title"]),
        ("flowgov audit redact org 2 lo", ["login"]),
        ("flowgov people erase kb", ["kbenali"]),
        ("flowgov audit c", ["checkpoint", "cosign"]),
        ("flowgov audit prove ", ["org", "CRM"]),
        ("flowgov audit export --project C", ["CRM"]),
        ("flowgov audit verify --ar", ["--archive"]),
        ("flowgov audit key ro", ["rotate"]),
        ("flowgov audit key replace --cause ", ["lost", "stolen"]),
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_values_of_the_database_are_proposed(crm: Type, words: str, proposed: list[str]) -> None:
    assert _proposals(crm, words) == proposed


@pytest.mark.parametrize("words", ["flowgov move C", "flowgov move CRM ", "flowgov role grant x "])
def test_without_a_database_nothing_is_proposed_and_nothing_is_said(typed: Type, words: str) -> None:
    assert _proposals(typed, words) == []
