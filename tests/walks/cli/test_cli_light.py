"""The light workflow stays light: docs/light.md is played as it stands, and counted."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tests.walks.cli.conftest import Answer, Type

PAGE = Path(__file__).resolve().parents[3] / "docs" / "light.md"
LINES = re.findall(r"^\|[^|]*\| `flowgov ([^`]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
COMMANDS, WORDS = 12, 105
BEFORE = {"risk_review"}
"""Kinds of evidence that the workflow asked for although the registers say the same."""


@pytest.fixture
def opened(cli: Type) -> Type:
    """The project CRM, opened by somebody who holds no role on it."""
    assert cli('open CRM --workflow pme-light --title "A CRM for sales" --as ebihan').code == 0
    return cli


@pytest.fixture
def chartered(opened: Type) -> Type:
    """The same once its three people have their roles."""
    assert opened(LINES[0]).code == 0
    return opened


def state(cli: Type) -> str:
    return str(cli("show CRM --json").json["data"]["project"]["state"])


def kinds(cli: Type) -> list[str]:
    return [piece["kind"] for piece in cli("evidence list CRM --json").json["data"]]


def codes(answer: Answer) -> list[str]:
    return [blocker["code"] for blocker in answer.json["error"]["data"]["blockers"]]


# --- the page -------------------------------------------------------------------------------------------------------


def test_the_page_brings_a_project_from_its_need_to_its_review(opened: Type) -> None:
    answers = [opened(line) for line in LINES]

    assert ([answer.err for answer in answers if answer.code], state(opened)) == ([], "reviewed")
    assert opened("audit verify").code == 0


def test_no_more_is_typed_than_the_page_says() -> None:
    counted = (len(LINES), sum(1 + len(shlex.split(line)) for line in LINES))

    assert counted == (COMMANDS, WORDS)
    assert f"**{COMMANDS} commands, {WORDS} words**" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("left_out", LINES)
def test_none_of_its_commands_can_be_left_out(opened: Type, left_out: str) -> None:
    for line in LINES:
        if line != left_out:
            opened(line)

    assert state(opened) != "reviewed"


def test_every_piece_of_evidence_is_a_record_of_its_own(opened: Type) -> None:
    for line in LINES:
        opened(line)

    events = [entry["event"] for entry in opened("history CRM --json").json["data"]]
    workflow = opened("workflow show pme-light --json").json["data"]
    asked = {kind for transition in workflow["transitions"] for kind in transition["evidence"]}
    assert (events.count("evidence.added"), set(kinds(opened))) == (len(asked), asked)
    assert not asked & BEFORE


# --- getting round it -----------------------------------------------------------------------------------------------


def test_a_refused_move_puts_nothing_on_the_project(opened: Type) -> None:
    opened("role grant business_owner kbenali --project CRM --as htallec")

    answer = opened("move CRM validate_need --evidence need_statement https://crm/need --as kbenali --json")

    assert (answer.code, codes(answer), kinds(opened)) == (1, ["evidence_missing"], [])
    assert opened("audit verify").code == 0


def test_the_refused_move_says_what_was_offered(opened: Type) -> None:
    opened("move CRM validate_need --evidence need_statement https://crm/need --as kbenali")

    last = opened("history CRM --json").json["data"][-1]

    assert (last["event"], last["facts"]["offered"]) == ("project.move_refused", ["need_statement"])


def test_nobody_puts_evidence_there_with_a_move_that_he_may_not_make(chartered: Type) -> None:
    answer = chartered("move CRM validate_need --evidence need_statement https://crm/need --as nroussel --json")

    assert (answer.code, "role_missing" in codes(answer), kinds(chartered)) == (1, True, ["charter"])


def test_nobody_puts_evidence_there_with_an_approval_that_he_may_not_give(chartered: Type) -> None:
    for line in LINES[1:8]:
        assert chartered(line).code == 0

    answer = chartered("approve CRM deploy --evidence go_decision https://crm/go --as slegoff --json")

    assert (answer.code, codes(answer), "go_decision" in kinds(chartered)) == (1, ["role_missing"], False)
    assert chartered("history CRM --json").json["data"][-1]["facts"]["offered"] == ["go_decision"]


def test_evidence_that_comes_after_the_approval_makes_it_stale(opened: Type) -> None:
    for line in LINES[:9]:
        assert opened(line).code == 0

    answer = opened("move CRM deploy --evidence rollback_note https://crm/other --as ykerbrat --json")

    assert (answer.code, codes(answer)[0], state(opened)) == (1, "approval_stale", "secured")


def test_several_pieces_are_put_there_or_none(chartered: Type) -> None:
    answer = chartered("evidence add CRM need_statement https://crm/need solution https://crm/s --as kbenali --json")

    assert (answer.code, answer.json["error"]["reason"], kinds(chartered)) == (4, "evidence_kind", ["charter"])


def test_a_kind_without_a_document_is_told(chartered: Type) -> None:
    answer = chartered("evidence add CRM need_statement https://crm/need solution_note --as kbenali")

    assert (answer.code, "'solution_note' has neither a file nor a link" in answer.err) == (2, True)


def test_a_move_with_a_file_can_keep_a_copy(chartered: Type) -> None:
    Path("need.txt").write_text("We lose track of customers.", encoding="utf-8")

    answer = chartered("move CRM validate_need --evidence need_statement need.txt --store --as kbenali")

    sha256 = chartered("evidence list CRM --json").json["data"][-1]["sha256"]
    assert (answer.code, "need.txt" in answer.err, Path("evidence", sha256[:2], sha256).is_file()) == (0, True, True)
