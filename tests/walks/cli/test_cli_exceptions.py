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


# --- for every project ------------------------------------------------------------------------------------------------

EVERYWHERE = "--control second_reading --reviewer slegoff --every 10"


def added(crm: Type) -> str:
    """An exception for kbenali on every project."""
    line = f"exception add org --rule distinct_from --for kbenali {EXCEPTION} {EVERYWHERE} --json"
    return str(crm(line).json["data"]["receipt"]["subject"])


def test_org_in_place_of_a_key_is_every_project(crm: Type) -> None:
    said = crm(f"exception add org --rule distinct_from --for kbenali {EXCEPTION} {EVERYWHERE}").out

    assert "kbenali may depart from distinct_from on every project." in said
    assert [e["project"] for e in crm("exception list --json").json["data"]] == [None]


@pytest.mark.parametrize(("lang", "word"), [("en", "everywhere"), ("fr", "partout")])
@pytest.mark.parametrize("line", ["exception list", "exception show {key}", "audit log --event exception.granted"])
def test_it_is_said_to_be_everywhere(crm: Type, lang: str, word: str, line: str) -> None:
    key = added(crm)

    out = crm(f"{line.format(key=key)} --lang {lang}", COLUMNS="300").out
    told = out if "exception show" in line else next(one for one in out.splitlines() if "kbenali" in one)

    assert word in told


def test_a_project_shows_it_among_its_own(crm: Type) -> None:
    key = added(crm)

    (line,) = (one for one in crm("show CRM", COLUMNS="300").out.splitlines() if key in one)
    assert line.endswith("everywhere")

    shown = crm("show CRM --json").json["data"]["exceptions"]
    listed = crm("exception list --project CRM --json").json["data"]
    assert [(e["key"], e["project"]) for e in (*shown, *listed)] == [(key, None)] * 2


@pytest.mark.parametrize("missing", ["--control second_reading", "--reviewer slegoff", "--every 10", EVERYWHERE])
def test_without_what_makes_up_for_it_nothing_is_granted(crm: Type, missing: str) -> None:
    terms = EVERYWHERE.replace(missing, "").strip()
    answer = crm(f"exception add org --rule distinct_from --for kbenali {EXCEPTION} {terms}")

    assert (answer.code, "--control, --every and --reviewer" in answer.err) == (2, True)
    assert crm("exception list --json").json["data"] == []


def test_nor_where_it_would_end_before_its_first_review(crm: Type) -> None:
    terms = EVERYWHERE.replace("--every 10", "--every 366")
    answer = crm(f"exception add org --rule distinct_from --for kbenali {EXCEPTION} {terms} --lang fr")

    assert (answer.code, "--every, ou une fin plus lointaine" in answer.err) == (2, True)


def test_nobody_grants_it_to_himself(crm: Type) -> None:
    line = f"exception add org --rule distinct_from --for htallec {EXCEPTION} {EVERYWHERE} --json"

    assert _codes(crm(line)) == ["own_exception"]
    assert "everywhere" in crm("audit log --refused", COLUMNS="300").out


def test_a_review_at_the_keyboard_stops_it_on_every_project(crm: Type) -> None:
    key = added(crm)
    crm(f'exception review {key} --result problem --note "Nobody read it" --as slegoff')

    assert crm("exception list --project CRM --json").json["data"][0]["status"] == "not_operating"


def test_the_shell_proposes_org(crm: Type) -> None:
    words = crm("", _FLOWGOV_COMPLETE="bash_complete", COMP_WORDS="flowgov exception add o", COMP_CWORD="3").out

    assert "org" in words
