"""``charter``, delegations and departures, as people type and read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.walks.cli.conftest import Type

START = "charter start CRM --business kbenali --technical ykerbrat --arbiter slegoff --as htallec"
SOON = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()


def test_three_answers_make_a_charter_and_tell_who_acknowledges_it(crm: Type) -> None:
    answer = crm(START)

    assert (answer.code, answer.out) == (0, "Version 1 of the charter of CRM is issued.\n")
    assert "Yet to acknowledge it: kbenali, slegoff, ykerbrat" in answer.err


def test_the_charter_is_read_at_the_terminal(crm: Type) -> None:
    crm(START)

    shown = crm("charter show CRM").out

    assert [words in shown for words in ("Accountable", "Business owner (kbenali)", "kbenali: not yet")] == [True] * 3


def test_in_french_too(crm: Type) -> None:
    crm(START)

    shown = crm("charter show CRM", FLOWGOV_LANG="fr").out

    assert [words in shown for words in ("Décide et en répond", "Responsable métiers (kbenali)")] == [True] * 2


def test_each_acknowledges_it(crm: Type) -> None:
    crm(START)

    assert "has acknowledged version 1" in crm("charter acknowledge CRM --as kbenali").out
    assert crm("charter acknowledge CRM --as kbenali").code == 2
    assert crm("charter acknowledge CRM --as ebihan").code == 1


def test_what_does_not_fit_is_listed(crm: Type) -> None:
    crm("role grant business_owner nroussel --project CRM --as htallec")

    shown = crm("charter show CRM").out

    assert "Deploy: several persons answer for it as 'Business owner': kbenali, nroussel." in shown


def test_it_is_printed_on_one_page(crm: Type) -> None:
    crm(START)

    assert crm("charter print CRM --format html -o page.html").code == 0
    page = Path("page.html").read_text(encoding="utf-8")
    assert ("<script" in page, "Charter of CRM" in page, "default-src 'none'" in page) == (False, True, True)
    assert crm("charter print CRM -o page.html").code == 2
    assert crm("charter print CRM").out.startswith("# Charter of CRM\n")


def test_what_people_wrote_is_no_markup_on_the_page(cli: Type) -> None:
    cli(["open", "X", "--workflow", "pme-light", "--title", "<b>|*X*", "--as", "ebihan"])

    html, markdown = (cli(f"charter print X --format {name}").out for name in ("html", "md"))

    assert ("<b>" in html, "<b>" in markdown, "&lt;b&gt;" in html) == (False, False, True)


def test_who_acts_for_whom_is_told_everywhere(crm: Type) -> None:
    crm(f"role delegate business_owner jprigent --project CRM --until {SOON} --as kbenali")
    for kind in ("need_statement", "charter"):
        crm(f"evidence add CRM {kind} https://example.org/{kind} --as kbenali")
    moved = crm("move CRM validate_need --as jprigent")

    assert "jprigent for kbenali" in moved.err
    assert "jprigent for kbenali" in crm("history CRM").out
    assert "jprigent for kbenali" in crm("role list --project CRM").out
    assert crm("move CRM hold --reason x --as jprigent --json").json["data"]["receipt"]["on_behalf_of"] == "kbenali"


def test_an_approval_for_somebody_is_told(validated: Type) -> None:
    validated(f"role delegate business_owner jprigent --project CRM --until {SOON} --as kbenali")

    refused = validated("approve CRM confirm_secured --as jprigent")

    assert (refused.code, "not_from_here" in refused.err or "does not start" in refused.err) == (1, True)


def test_the_report_tells_who_acted_for_whom(crm: Type) -> None:
    crm(f"role delegate business_owner jprigent --project CRM --until {SOON} --as kbenali")
    for kind in ("need_statement", "charter"):
        crm(f"evidence add CRM {kind} https://example.org/{kind} --as kbenali")
    crm("move CRM validate_need --as jprigent")
    today = datetime.now(UTC).date().isoformat()

    report = crm(f"report audit --from {today} --to {today} --format md").out

    assert "Julien Prigent (jprigent) for Karim Benali (kbenali)" in report


def test_a_departure_tells_what_is_left_without_a_holder(crm: Type) -> None:
    answer = crm("people end ykerbrat --as htallec --yes")

    assert answer.out.splitlines() == [
        "ykerbrat has left. Roles that ended: 1.",
        "  'technical_owner' of ykerbrat (CRM)",
        "Left without a holder:",
        "  CRM: 'technical_owner', needed at approve_design, confirm_secured, deploy, review",
    ]
    assert "flowgov role grant technical_owner PERSON --project CRM" in answer.err
    assert "left 20" in crm("people list").out
    assert "ykerbrat left on" in crm("move CRM validate_need --as ykerbrat").err


def test_a_departure_is_not_typed_by_mistake(crm: Type) -> None:
    assert crm("people end ykerbrat --as htallec").code == 2


def test_a_service_account_shows(cli: Type) -> None:
    cli('people add ci-bot --name "CI" --service --as htallec')

    assert "service account" in cli("people list").out
