"""Exceptions at the keyboard: what they say, their reviews, and their end."""

from __future__ import annotations

import pytest
from tests.walks.cli.conftest import Type
from tests.walks.cli.test_cli_rules import EXCEPTION, _codes

FULL = (
    "--control second_reading --reviewer slegoff --every 30 --role business_owner --role technical_owner "
    '--risk "A bad design goes through"'
)


@pytest.fixture
def key(crm: Type) -> str:
    """An exception for kbenali on CRM that slegoff reviews."""
    line = f"exception add CRM --rule distinct_from --rule validator_design --for kbenali {EXCEPTION} {FULL} --json"
    return str(crm(line).json["data"]["receipt"]["subject"])


def test_show_tells_everything(crm: Type, key: str) -> None:
    answer = crm(f"exception show {key}")

    said = ("operating", "kbenali", "distinct_from, validator_design", "business_owner, technical_owner", "slegoff")
    assert (answer.code, [word for word in (*said, "second reading", "A bad design") if word not in answer.out]) == (
        0,
        [],
    )


def test_show_speaks_french(crm: Type, key: str) -> None:
    answer = crm(f"exception show {key} --lang fr")

    assert [word for word in ("opérante", "seconde lecture", "Prochaine revue") if word not in answer.out] == []


def test_the_list_says_which_operate(crm: Type, key: str) -> None:
    crm(f'exception review {key} --result problem --note "Nobody read it" --as slegoff')

    found = crm("exception list --json").json["data"]

    assert [(e["key"], e["status"], e["result"]) for e in found] == [(key, "not_operating", "problem")]
    assert "not operating" in crm("exception list", COLUMNS="300").out


def test_only_the_reviewer_reviews(crm: Type, key: str) -> None:
    assert _codes(crm(f"exception review {key} --result ok --as kbenali --json")) == ["not_the_reviewer"]


def test_a_review_says_when_the_next_one_is_due(crm: Type, key: str) -> None:
    answer = crm(f'exception review {key} --result ok --note "Read it" --as slegoff')

    assert (answer.code, "the next review is due on" in answer.out) == (0, True)


def test_an_administrator_ends_it(crm: Type, key: str) -> None:
    answer = crm(f'exception end {key} --reason "A second developer joined" --as htallec')

    assert (answer.code, crm(f"exception show {key} --json").json["data"]["status"]) == (0, "ended")


def test_nobody_else_does(crm: Type, key: str) -> None:
    assert _codes(crm(f"exception end {key} --reason Over --as kbenali --json")) == ["not_administrator"]


def test_an_old_one_says_that_no_review_is_planned(crm: Type) -> None:
    crm(f"exception add CRM --rule distinct_from --for kbenali {EXCEPTION}")

    assert "no review planned" in crm("exception list", COLUMNS="300").out
