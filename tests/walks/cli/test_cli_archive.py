"""What people type to close a period, and what they then read of the projects that were archived."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from tests.walks.cli.conftest import Answer, Type

SQLITE = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
ARCHIVE = 'audit archive --until 2099-12-31 -o old.fgev --reason "Kept long enough" --as htallec --yes'
SENTENCE = "The records of CRM were moved to an archive; nothing can be added to it any more."


@pytest.fixture
def ended(signed: Type) -> Type:
    """CRM was cancelled; ERP goes on."""
    signed('open ERP --workflow pme-light --title "ERP" --as ebihan')
    assert signed('move CRM cancel --reason "No budget" --as kbenali').code == 0
    return signed


@pytest.fixture
def archived(ended: Type) -> Type:
    """CRM is in ``old.fgev``."""
    answer = ended(ARCHIVE)
    assert answer.code == 0, answer.err
    return ended


def test_archiving_names_the_projects_and_what_to_do_with_the_file(ended: Type) -> None:
    answer = ended(ARCHIVE)

    assert (answer.code, answer.out) == (0, "Archived in old.fgev: CRM.\n")
    assert "flowgov audit verify --archive old.fgev" in answer.err


@SQLITE
def test_archiving_in_json(ended: Type) -> None:
    data = ended(f"{ARCHIVE} --json").json["data"]

    assert (data["receipt"]["event"], data["output"]) == ("log.archived", "old.fgev")
    assert data["checkpoint"]["size"] > data["receipt"]["seq"]


@SQLITE
def test_nothing_is_archived_without_a_yes(ended: Type, tmp_path: Path) -> None:
    answer = ended(ARCHIVE.removesuffix(" --yes"))

    assert (answer.code, "--yes" in answer.err, Path("old.fgev").exists()) == (2, True, False)


@SQLITE
def test_who_is_no_administrator_archives_nothing(ended: Type) -> None:
    answer = ended(ARCHIVE.replace("htallec", "kbenali"))

    assert (answer.code, Path("old.fgev").exists(), ended("history CRM").code) == (1, False, 0)


@SQLITE
def test_where_nothing_ended_that_is_said(signed: Type) -> None:
    answer = signed(ARCHIVE)

    assert (answer.code, "had ended by then" in answer.err, Path("old.fgev").exists()) == (4, True, False)


@SQLITE
def test_without_the_key_nothing_is_archived(ended: Type, tmp_path: Path) -> None:
    answer = ended(ARCHIVE, FLOWGOV_VAULT=str(tmp_path / "nowhere"))

    assert (answer.code, Path("old.fgev").exists(), ended("history CRM").code) == (2, False, 0)


@SQLITE
def test_a_file_that_is_there_is_never_replaced(ended: Type) -> None:
    Path("old.fgev").write_text("mine", encoding="utf-8")

    answer = ended(ARCHIVE)

    assert (answer.code, "--force" in answer.err, Path("old.fgev").read_text(encoding="utf-8")) == (2, False, "mine")


@SQLITE
def test_a_folder_that_is_not_there_leaves_everything_as_it_was(ended: Type) -> None:
    answer = ended(ARCHIVE.replace("old.fgev", "no/such/old.fgev"))

    assert (answer.code, sorted(os.listdir()), ended("history CRM").code) == (2, ["seen.txt"], 0)


@pytest.mark.parametrize(
    "line",
    [
        "move CRM cancel --reason Again --as kbenali",
        "why CRM cancel --as kbenali",
        "approve CRM deploy --as kbenali",
        "approve CRM deploy --withdraw --as kbenali",
        "evidence add CRM charter https://example.org --as kbenali",
        "role grant sponsor jprigent --project CRM --as htallec",
        "exception add CRM --rule procedure --for kbenali --until 2027-01-01 --reason r --compensating c --as htallec",
        "audit export --project CRM -o crm.fgev",
    ],
)
@SQLITE
def test_every_act_on_an_archived_project_is_answered_with_one_sentence(archived: Type, line: str) -> None:
    answer = archived(line)

    assert (answer.code, answer.out, answer.err) == (2, "", f"Error: {SENTENCE}\n")


@pytest.mark.parametrize("line", ["history CRM", "audit prove CRM", "audit prove CRM 1", "audit log --project CRM"])
@SQLITE
def test_who_looks_for_the_records_is_told_where_they_are(archived: Type, line: str) -> None:
    answer = archived(line)

    assert (answer.code, "moved to an archive" in answer.err, "unzip -p FILE" in answer.err) == (4, True, True)


def test_an_archived_project_is_still_shown_and_listed(archived: Type) -> None:
    shown, listed = archived("show CRM"), archived("list --all")

    assert ("Its records were moved to an archive" in shown.out, "CRM" in listed.out) == (True, True)
    assert archived("show CRM --json").json["data"]["project"]["archived"] is not None


@SQLITE
def test_what_is_shown_in_french(archived: Type) -> None:
    assert "Ses enregistrements sont partis dans une archive" in archived("show CRM", FLOWGOV_LANG="fr").out


@pytest.mark.parametrize("format", ["md", "html", "json", "csv"])
@SQLITE
def test_the_report_is_still_written(archived: Type, format: str) -> None:
    answer = archived(f"report audit --from 2026-01-01 --to 2026-12-31 --format {format}")

    assert (answer.code, answer.out != "") == (0, True)


@SQLITE
def test_what_is_asked_of_everything_leaves_the_archived_out(archived: Type) -> None:
    assert [archived(line).code for line in ("todo --all", "audit log", "role list", "exception list")] == [0] * 4


def _told(answer: Answer) -> tuple[int, str, bool]:
    data = answer.json["data"]
    return answer.code, data["assurance"], "ARCHIVED" in {notice["code"] for notice in data["notices"]}


def test_verification_without_the_archive_and_with_it(archived: Type) -> None:
    without, within = archived("audit verify --json"), archived("audit verify --archive old.fgev --json")

    assert (_told(without), _told(within)) == ((0, "L2", True), (0, "L2", False))
    assert without.json["data"]["records"] < within.json["data"]["records"]


@pytest.mark.parametrize(("name", "code"), [("nowhere.fgev", 2), ("seen.txt", 2), ("pay.fgev", 2)])
@SQLITE
def test_what_is_no_archive_cannot_be_verified_with(archived: Type, name: str, code: int) -> None:
    archived("audit export --project ERP -o pay.fgev")

    answer = archived(f"audit verify --archive {name}")

    assert (answer.code, name in answer.err) == (code, True)


@SQLITE
def test_another_archive_is_a_finding(archived: Type) -> None:
    with zipfile.ZipFile("old.fgev", "a") as bundle:
        bundle.comment = b"touched"

    answer = archived("audit verify --archive old.fgev")

    assert (answer.code, "no record of this log describes this archive" in answer.out) == (6, True)


@SQLITE
def test_a_whole_export_says_why_it_cannot_be_any_more(archived: Type) -> None:
    answer = archived("audit export -o all.fgev")

    assert (answer.code, "--project" in answer.err, Path("all.fgev").exists()) == (2, True, False)
