"""Plans, as people type and read them; the rules hold there too."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.walks.cli.conftest import Type

TODAY = date.today()
YESTERDAY, SOON = (TODAY - timedelta(days=1)).isoformat(), (TODAY + timedelta(days=100)).isoformat()
ADD = (
    'plan add emergency --title "Panne du CRM" --asset A-01 --decides "Karim Benali" --actions "Appeler l\'hébergeur" '
    '--actions "Prévenir les ventes" --contacts "Hébergeur : 02 98 00 00 00" --fallback "Bons sur papier" '
)


@pytest.fixture
def house(crm: Type) -> Type:
    """A-01 is ebihan's and held by nroussel, who have no role; ykerbrat speaks for the technical side."""
    assert crm("asset add --name CRM --owner ebihan --holder nroussel --as htallec").code == 0
    return crm


@pytest.fixture
def plan(house: Type) -> Type:
    """PL-01, which ykerbrat wrote, is whole."""
    assert house(f"{ADD} --as ykerbrat").code == 0
    return house


def refused(answer: object) -> list[str]:
    """The codes of what stood in the way."""
    error = answer.json["error"]  # type: ignore[attr-defined]  # an Answer
    return [blocker["code"] for blocker in error["data"]["blockers"]]


def test_a_plan_is_recorded_in_one_line_and_waits_for_its_approval(house: Type) -> None:
    answer = house(f"{ADD} --next-exercise {SOON} --as ykerbrat")

    assert answer.out == "PL-01 is recorded.\n"
    assert answer.err.endswith("with: flowgov plan approve PL-01 --edition 1\n")


def test_a_repeated_text_is_another_line(plan: Type) -> None:
    assert plan("plan show PL-01 --json").json["data"]["actions"] == "Appeler l'hébergeur\nPrévenir les ventes"


def test_what_was_read_is_approved(plan: Type) -> None:
    approved = plan("plan approve PL-01 --edition 1 --as kbenali")
    changed = plan("plan change PL-01 --contacts 'Hébergeur : 02 98 11 11 11' --as ykerbrat")
    late = plan("plan approve PL-01 --edition 1 --as kbenali --json")

    assert (approved.out, approved.err) == ("Edition 1 of PL-01 is approved.\n", "")
    assert changed.out == "PL-01 is now in edition 2.\n"
    assert (late.code, late.json["error"]["reason"]) == (5, "plan_changed")
    assert plan("plan show PL-01 --json").json["data"]["approval"] is None


def test_setting_the_next_exercise_keeps_the_approval(plan: Type) -> None:
    plan("plan approve PL-01 --as ebihan")

    answer = plan(f"plan change PL-01 --next-exercise {SOON} --as ykerbrat")

    assert (answer.out, answer.err) == (f"Next exercise of PL-01: {SOON}\n", "")
    assert plan("plan show PL-01 --json").json["data"]["approval"]["person"] == "ebihan"


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("plan change PL-01 --title Mine --as ebihan", ["plan_no_role"]),
        ("plan approve PL-01 --as ykerbrat", ["plan_author", "plan_not_approver"]),
        ("plan approve PL-01 --as htallec", ["plan_not_approver"]),
        ("plan approve PL-01 --as nroussel", ["plan_not_approver"]),
        (f"plan exercise PL-01 --on {YESTERDAY} --result passed --as jprigent", ["plan_not_concerned"]),
        ("plan retire PL-01 --reason No --as ykerbrat", ["plan_not_retirer"]),
    ],
)
def test_who_is_not_entitled_is_refused(plan: Type, line: str, codes: list[str]) -> None:
    answer = plan(f"{line} --json")

    assert (answer.code, refused(answer)) == (1, codes)
    assert plan("audit verify").code == 0


def test_a_delegate_of_the_author_is_refused(house: Type) -> None:
    house(f"{ADD} --as kbenali")
    house(f"role delegate business_owner jprigent --project CRM --until {(TODAY + timedelta(days=30))} --as kbenali")

    assert refused(house("plan approve PL-01 --as jprigent --json")) == ["plan_stands_in"]


def test_an_incomplete_emergency_plan_says_what_is_missing(house: Type) -> None:
    house("plan add emergency --title Panne --decides Karim --as ykerbrat")

    answer = house("plan approve PL-01 --as kbenali")

    assert "Missing: --actions, --contacts, --fallback" in answer.err
    assert "Manque : --actions" in house("plan approve PL-01 --as kbenali --lang fr").err


def test_an_exercise_says_what_it_showed(plan: Type) -> None:
    silent = plan(f"plan exercise PL-01 --on {YESTERDAY} --result failed --as nroussel")
    told = plan(f"plan exercise PL-01 --on {YESTERDAY} --result failed --findings Muet --next {SOON} --as nroussel")

    assert (silent.code, "findings" in silent.err) == (2, True)
    assert told.out == f"The exercise of PL-01 is recorded; the next: {SOON}\n"
    assert f"{YESTERDAY}: failed" in plan("plan show PL-01").out


def test_the_list_shows_what_is_approved_and_what_is_late(plan: Type) -> None:
    plan(f"plan add recovery --title Reprise --link https://e.org/p --next-exercise {YESTERDAY} --as ykerbrat")
    plan("plan approve PL-02 --as kbenali")

    lines = plan("plan list", COLUMNS="200").out.splitlines()
    late = plan("plan list --overdue", COLUMNS="200").out.splitlines()

    assert (len(lines), "NOT APPROVED" in lines[1], "A-01" in lines[1]) == (3, True, True)
    assert [line.split()[0] for line in (*lines, *late)] == ["Plan", "PL-01", "PL-02", "Plan", "PL-02"]
    assert (f"kbenali, {TODAY.isoformat()}" in late[1], f"{YESTERDAY} (late)" in late[1]) == (True, True)
    assert "PL-02" in plan("due --within 30").out


def test_where_nothing_is_recorded_or_late_the_list_says_so(plan: Type, cli: Type) -> None:
    assert plan("plan list --overdue").err == "No exercise is overdue.\n"
    plan("plan retire PL-01 --reason Fini --as kbenali")
    assert "retired" in plan("plan list", COLUMNS="200").out


def test_no_plan_at_all_is_said(cli: Type) -> None:
    assert cli("plan list").err == "No plan is recorded.\n"


@pytest.mark.parametrize(("lang", "mark", "owner"), [("en", "NOT APPROVED", "Owner"), ("fr", "NON APPROUVÉ", "Propri")])
def test_the_printed_plan_says_what_to_do_and_that_nobody_approved_it(
    plan: Type, lang: str, mark: str, owner: str
) -> None:
    pages = [plan(f"plan print PL-01 --format {form} --lang {lang}").out for form in ("text", "md", "html")]

    for page in pages:
        assert mark in page.splitlines()[0] or f"{mark}</bdi></h1>" in page or f"{mark}</title>" in page
        assert all(word in page for word in (owner, "Erwan Bihan", "Nadia Roussel", "Bons sur papier", "Yann Kerbrat"))
    plan("plan approve PL-01 --as kbenali")
    assert mark not in plan(f"plan print PL-01 --format html --lang {lang}").out


def test_what_people_wrote_is_no_markup_on_the_page(house: Type) -> None:
    house("plan add emergency --title '<script>x</script>' --contacts '**<b>Y</b>**' --as ykerbrat")

    page = house("plan print PL-01 --format html").out

    assert ("<script>" in page, "&lt;script&gt;x" in page, "<b>" in page) == (False, True, False)
    assert "\\*\\*" in house("plan print PL-01 --format md").out


def test_an_emergency_plan_shows_what_is_missing(house: Type) -> None:
    house("plan add emergency --title Panne --as ykerbrat")

    assert house("plan print PL-01").out.count("MISSING") == 4


def test_a_retired_plan_says_so_on_its_page(plan: Type) -> None:
    plan("plan retire PL-01 --reason 'Le CRM a changé' --as kbenali")

    shown = plan("plan print PL-01").out

    assert ("RETIRED" in shown.splitlines()[0], "Le CRM a changé" in shown) == (True, True)


def test_a_page_goes_to_a_file_that_is_not_replaced_unasked(plan: Type) -> None:
    assert plan("plan print PL-01 --format html -o PL-01.html").code == 0
    assert Path("PL-01.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert plan("plan print PL-01 --format html -o PL-01.html").code == 2
    assert plan("plan print PL-01 --format html -o PL-01.html --force").code == 0


def test_assets_can_all_be_taken_off(plan: Type) -> None:
    plan("plan change PL-01 --asset '' --as ykerbrat")

    assert plan("plan show PL-01 --json").json["data"]["assets"] == []


def test_an_unknown_plan_is_told(plan: Type) -> None:
    answer = plan("plan show PL-1")

    assert (answer.code, "PL-01" in answer.err) == (4, True)
