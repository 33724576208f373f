"""A newcomer's first project, from nothing to reviewed, in the words of the help."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.walks.cli.conftest import Type

SETTING_UP = [
    'people add kbenali --name "Karim Benali" --email kbenali@example.org --as htallec',
    'people add ykerbrat --name "Yann Kerbrat" --as htallec',
    'people add ebihan --name "Erwan Bihan" --as htallec',
    'open CRM --workflow pme-light --title "A CRM for the sales team" --as ebihan',
    "role grant business_owner kbenali --project CRM --as htallec",
    "role grant technical_owner ykerbrat --project CRM --as htallec",
]
MOVING = [
    "evidence add CRM need_statement need.txt --store --as ebihan",
    "evidence add CRM charter https://example.org/charter --as kbenali",
    "move CRM validate_need --as kbenali",
    "evidence add CRM solution_note https://example.org/solution --as ykerbrat",
    "move CRM approve_design --as ykerbrat",
    *(
        f"evidence add CRM {kind} https://example.org/{kind} --as ykerbrat"
        for kind in ("access_list", "backup_check", "emergency_plan")
    ),
    "risk add CRM --from service_interruption --gravity 2 --likelihood 2 --as kbenali",
    "risk confirm CRM --as ykerbrat",
    "approve CRM confirm_secured --as kbenali",
    "move CRM confirm_secured --as ykerbrat",
    "evidence add CRM go_decision https://example.org/go --as kbenali",
    "evidence add CRM rollback_note https://example.org/back --as ykerbrat",
    'approve CRM deploy --comment "Agreed on Monday" --as kbenali',
    "move CRM deploy --as ykerbrat --expect-version 16",
    "evidence add CRM review_note https://example.org/review --as kbenali",
    "approve CRM review --as ykerbrat",
    "move CRM review --as kbenali --idempotency-key review-1",
]


@pytest.fixture
def begun(typed: Type, empty_url: str) -> Type:
    init = typed(
        [
            "init",
            "--organisation",
            "Maison Tallec SAS",
            "--admin",
            "htallec",
            "--name",
            "Hélène Tallec",
            "--db",
            empty_url,
        ]
    )
    assert init.code == 0, init.err
    Path("need.txt").write_text("We lose track of customers.", encoding="utf-8")
    return typed


def test_a_newcomer_brings_a_project_from_its_need_to_its_review(begun: Type) -> None:
    answers = [begun(line) for line in SETTING_UP + MOVING]

    assert [answer.err for answer in answers if answer.code] == []
    assert "Reviewed" in begun("show CRM").out


def test_the_history_of_that_project_tells_every_step(begun: Type) -> None:
    for line in SETTING_UP + MOVING:
        begun(line)

    events = [entry["event"] for entry in begun("history CRM --json").json["data"]]

    assert events.count("project.moved") == 5
    assert events.count("approval.given") == 3


def test_a_retried_move_with_the_same_key_is_done_once(begun: Type) -> None:
    for line in SETTING_UP + MOVING:
        begun(line)
    before = begun("show CRM --json").json["data"]["project"]["version"]

    again = begun("move CRM review --as kbenali --idempotency-key review-1")

    assert (again.code, begun("show CRM --json").json["data"]["project"]["version"]) == (0, before)


def test_the_verified_log_of_that_project_holds(begun: Type) -> None:
    for line in SETTING_UP + MOVING:
        begun(line)

    assert begun("audit verify").code == 0


def test_the_reader_of_a_folder_below_finds_the_settings(begun: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("deep/er").mkdir(parents=True)
    monkeypatch.chdir("deep/er")

    assert begun("db status").code == 0


def test_after_a_move_the_next_step_is_told_with_its_command(validated: Type) -> None:
    validated("evidence add CRM solution_note https://example.org/solution --as ykerbrat")

    moved = validated("move CRM approve_design --as ykerbrat")

    assert "flowgov approve CRM confirm_secured --as kbenali" in moved.err
    assert moved.out == "CRM is now: Technically designed (technically_designed), version 6.\n"


def test_quiet_says_nothing_but_the_result(validated: Type) -> None:
    validated("evidence add CRM solution_note https://example.org/solution --as ykerbrat")

    assert validated("move CRM approve_design --as ykerbrat --quiet").err == ""


def test_todo_tells_each_person_what_waits(validated: Type) -> None:
    assert "flowgov move CRM approve_design --as ykerbrat" in validated("todo --as ykerbrat").out


def test_todo_is_empty_for_somebody_who_has_nothing_to_do(validated: Type) -> None:
    answer = validated("todo --as jprigent")

    assert (answer.out, answer.err) == ("", "Nothing waits.\n")


def test_the_board_goes_by_stage(validated: Type) -> None:
    validated('open ERP --workflow pme-light --title "An ERP" --as ebihan')

    keys = [project["key"] for project in validated("list --json").json["data"]]

    assert keys == ["ERP", "CRM"]


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        ("--stage business_validated", ["CRM"]),
        ("--state need_expressed", ["ERP"]),
        ("--workflow standard", []),
        ("--workflow pme-light@1.1.0", ["ERP", "CRM"]),
        ("--open", ["ERP", "CRM"]),
        ("--all", ["ERP", "CRM", "OLD"]),
    ],
)
def test_the_board_can_be_filtered(validated: Type, filters: str, keys: list[str]) -> None:
    validated('open ERP --workflow pme-light --title "An ERP" --as ebihan')
    validated('open OLD --workflow pme-light --title "Given up" --as ebihan')
    validated("role grant sponsor jprigent --project OLD --as htallec")
    validated('move OLD cancel --reason "No budget" --as jprigent')

    found = [project["key"] for project in validated(f"list --json {filters}").json["data"]]

    assert found == keys


def test_show_marks_where_the_project_stands(validated: Type) -> None:
    assert "▶ Validated by business" in validated("show CRM").out


def test_show_lists_what_the_next_gate_lacks_and_who_can_help(validated: Type) -> None:
    shown = validated("show CRM").out

    assert "flowgov evidence add CRM solution_note FILE --as ykerbrat" in shown


def test_labels_are_in_the_language_asked_for(validated: Type) -> None:
    assert "Validé par le métier (business_validated)" in validated("list --lang fr").out


def test_the_drawing_marks_where_a_project_stands(validated: Type) -> None:
    assert "class s_business_validated current" in validated("workflow draw --project CRM").out


def test_the_drawing_is_made_for_graphviz_too(validated: Type) -> None:
    assert validated("workflow draw pme-light --format dot").out.startswith('digraph "pme-light" {')


def test_evidence_is_kept_by_its_hash(crm: Type) -> None:
    Path("need.txt").write_text("hi\n", encoding="utf-8")

    answer = crm("evidence add CRM need_statement need.txt --store --as kbenali --json")

    sha256 = answer.json["data"][0]["evidence"]["sha256"]
    assert Path("evidence", sha256[:2], sha256).read_text(encoding="utf-8") == "hi\n"


def test_an_approval_can_be_withdrawn(validated: Type) -> None:
    validated("evidence add CRM solution_note https://example.org/solution --as ykerbrat")
    validated("move CRM approve_design --as ykerbrat")
    validated("approve CRM confirm_secured --as kbenali")

    assert validated("approve CRM confirm_secured --withdraw --as kbenali").code == 0


def test_a_registered_definition_is_listed(cli: Type) -> None:
    from flowgov.workflow.shipped import shipped_text

    changed = shipped_text("pme-light").replace("version: 1.1.0", "version: 1.2.0")
    Path("mine.yaml").write_text(changed, encoding="utf-8")
    cli("workflow register mine.yaml --as htallec")

    assert "pme-light@1.2.0" in cli("workflow list").out


def test_the_log_can_be_asked_for_refusals_only(crm: Type) -> None:
    crm("move CRM validate_need --as jprigent")

    found = crm("audit log --refused --json").json["data"]

    assert [(entry["event"], entry["actor"]) for entry in found] == [("project.move_refused", "jprigent")]


@pytest.mark.parametrize(
    ("filters", "events"),
    [
        ("--project CRM", ["project.opened"]),
        ("--event role", ["role.granted", "role.granted", "role.granted", "role.granted"]),
        ("--person ebihan", ["project.opened"]),
        ("--last 1", ["role.granted"]),
        ("--from 2026-01-06 --event role", ["role.granted", "role.granted"]),
        ("--until 2026-01-05 --event project", []),
    ],
)
def test_the_log_can_be_filtered(crm: Type, filters: str, events: list[str]) -> None:
    assert [entry["event"] for entry in crm(f"audit log --json {filters}").json["data"]] == events


def test_the_log_says_who_got_a_role_and_where(crm: Type) -> None:
    crm("role grant sponsor nroussel --project CRM --as htallec")

    assert "sponsor · nroussel · CRM" in crm("audit log --last 1").out


def test_the_record_says_which_system_user_typed_and_that_he_was_believed(crm: Type) -> None:
    from flowgov.settings import os_user

    entry = crm("audit log --project CRM --json").json["data"][0]

    assert (entry["texts"]["os_user"], entry["facts"]["src"]) == (os_user(), {"face": "cli", "trusted": True})
