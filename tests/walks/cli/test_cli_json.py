"""``--json``: every command answers in the one documented shape."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.walks.cli.conftest import WITNESS, Type
from tests.walks.cli.test_cli_help import PATHS
from tests.walks.cli.test_cli_rules import EXCEPTION

from flowgov.workflow.shipped import shipped_text

LINES = {
    ("open",): 'open ERP --workflow pme-light --title "ERP" --as ebihan',
    ("move",): "move CRM hold --reason Holidays --as kbenali",
    ("why",): "why CRM --as kbenali",
    ("approve",): "approve CRM confirm_secured --as kbenali",
    ("withdraw",): "withdraw CRM approve_design --reason Early --as kbenali",
    ("condition", "list"): "condition list CRM",
    ("condition", "done"): "condition done CRM C-01 --note Done --as ykerbrat",
    ("condition", "lift"): "condition lift CRM C-01 --reason Gone --as kbenali",
    ("waiver", "grant"): "waiver grant CRM deploy --evidence rollback_note --until 2026-12-31 --reason No --as htallec",
    ("waiver", "end"): "waiver end CRM W-01 --reason Over --as htallec",
    ("waiver", "list"): "waiver list CRM",
    ("correct",): "correct CRM 1 Otherwise --reason Misheard --as kbenali",
    ("show",): "show CRM",
    ("list",): "list",
    ("history",): "history CRM",
    ("todo",): "todo --all",
    ("due",): "due --within 30",
    ("tick",): "tick --as htallec",
    ("remind",): "remind --print",
    ("evidence", "add"): "evidence add CRM solution_note https://e.org --as ykerbrat",
    ("evidence", "list"): "evidence list CRM",
    ("risk", "add"): "risk add CRM --from ransomware --gravity 2 --likelihood 2 --as kbenali",
    ("risk", "list"): "risk list CRM",
    ("risk", "show"): "risk show CRM R-01",
    ("risk", "change"): "risk change CRM R-01 --gravity 1 --as kbenali",
    ("risk", "confirm"): "risk confirm CRM --as kbenali",
    ("risk", "measure"): "risk measure CRM R-01 --as kbenali",
    ("risk", "accept"): "risk accept CRM R-01 --withdraw --as kbenali",
    ("risk", "close"): "risk close CRM R-01 --reason Gone --as kbenali",
    ("risk", "reopen"): "risk reopen CRM R-01 --reason Back --as kbenali",
    ("risk", "matrix"): "risk matrix CRM",
    ("risk", "suggest"): "risk suggest",
    ("requirement", "add"): 'requirement add CRM --title "Export" --priority must --as kbenali',
    ("requirement", "list"): "requirement list CRM",
    ("requirement", "accept"): "requirement accept CRM Q-01 --as kbenali",
    ("requirement", "refuse"): "requirement refuse CRM Q-01 --reason No --as kbenali",
    ("plan", "add"): "plan add recovery --title X --link https://e.org/p --as ykerbrat",
    ("plan", "change"): "plan change PL-01 --title Y --as ykerbrat",
    ("plan", "approve"): "plan approve PL-01 --edition 1 --as kbenali",
    ("plan", "exercise"): "plan exercise PL-01 --on 2026-01-05 --result passed --as ykerbrat",
    ("plan", "retire"): "plan retire PL-01 --reason Gone --as kbenali",
    ("plan", "list"): "plan list",
    ("plan", "show"): "plan show PL-01",
    ("plan", "print"): "plan print PL-01 --format md",
    ("dpia", "record"): "dpia record CRM --required yes --as kbenali",
    ("dpia", "show"): "dpia show CRM",
    ("people", "add"): 'people add newcomer --name "New Comer" --as htallec',
    ("people", "list"): "people list",
    ("people", "erase"): "people erase jprigent --reason Left --as htallec --yes",
    ("charter", "start"): "charter start CRM --business kbenali --technical ykerbrat --arbiter slegoff --as htallec",
    ("charter", "issue"): "charter issue CRM --as kbenali",
    ("charter", "acknowledge"): "charter acknowledge CRM --as kbenali",
    ("charter", "show"): "charter show CRM",
    ("charter", "print"): "charter print CRM",
    ("people", "end"): "people end jprigent --reason Left --as htallec --yes",
    ("role", "delegate"): "role delegate business_owner jprigent --project CRM --until 2999-01-01 --as kbenali",
    ("role", "undelegate"): "role undelegate business_owner jprigent --project CRM --as kbenali",
    ("role", "grant"): "role grant sponsor jprigent --as htallec",
    ("role", "revoke"): "role revoke business_owner kbenali --project CRM --as htallec",
    ("role", "list"): "role list",
    ("asset", "add"): "asset add --name Shop --owner kbenali --as kbenali",
    ("asset", "starter"): "asset starter --owner kbenali --as htallec",
    ("asset", "change"): "asset change A-01 --supplier S --as kbenali",
    ("asset", "backup"): "asset backup A-01 --on 2026-01-05 --as kbenali",
    ("asset", "test"): "asset test A-01 --on 2026-01-05 --result passed --as kbenali",
    ("asset", "retire"): "asset retire A-01 --reason Gone --as kbenali",
    ("asset", "list"): "asset list --all",
    ("asset", "show"): "asset show A-01",
    ("asset", "touch"): "asset touch CRM --none --reason Tests --as kbenali",
    ("asset", "release"): "asset release CRM A-01 --reason No --as kbenali",
    ("asset", "touched"): "asset touched CRM",
    ("asset", "due"): "asset due --at 2026-12-31",
    ("contract", "add"): "contract add --supplier S --subject T --owner kbenali --start 2026-01-01 --renewal tacit "
    "--as htallec",
    ("contract", "list"): "contract list --all",
    ("contract", "show"): "contract show CT-01",
    ("contract", "change"): "contract change CT-01 --link x --as kbenali",
    ("contract", "renew"): "contract renew CT-01 --end 2027-12-31 --as kbenali",
    ("contract", "end"): "contract end CT-01 --reason Over --as kbenali",
    ("access", "set"): "access set A1 COMPTA read --as htallec",
    ("access", "remove"): "access remove A1 COMPTA --as htallec",
    ("access", "review"): "access review A1 --as kbenali",
    ("access", "list"): "access list",
    ("access", "show"): "access show A1",
    ("meeting", "plan"): "meeting plan CRM --as kbenali",
    ("meeting", "hold"): "meeting hold CRM --decision Yes --as kbenali",
    ("meeting", "agenda"): "meeting agenda CRM",
    ("meeting", "list"): "meeting list",
    ("meeting", "show"): "meeting show CRM",
    ("meeting", "minutes"): "meeting minutes CRM -o minutes.html",
    ("meeting", "invite"): "meeting invite CRM -o crm.ics",
    ("action", "add"): "action add CRM Ask --owner kbenali --due 2026-12-01 --as kbenali",
    ("action", "list"): "action list",
    ("action", "done"): "action done CRM AC-01 --as kbenali",
    ("exception", "add"): f"exception add CRM --rule distinct_from --for kbenali {EXCEPTION}",
    ("exception", "list"): "exception list",
    ("exception", "show"): "exception show EX-0042",
    ("exception", "review"): "exception review EX-0042 --result ok --as slegoff",
    ("exception", "end"): "exception end EX-0042 --reason Over --as htallec",
    ("workflow", "list"): "workflow list",
    ("workflow", "show"): "workflow show pme-light",
    ("workflow", "check"): "workflow check mine.yaml",
    ("workflow", "draw"): "workflow draw pme-light",
    ("workflow", "schema"): "workflow schema",
    ("workflow", "register"): "workflow register mine.yaml --as htallec",
    ("audit", "log"): "audit log",
    ("audit", "verify"): "audit verify",
    ("audit", "redact"): 'audit redact CRM 1 title --reason "A name" --as htallec --yes',
    ("audit", "checkpoint"): "audit checkpoint --anchor kept/",
    ("audit", "anchor"): "audit anchor kept/",
    ("audit", "prove"): "audit prove CRM 1",
    ("audit", "export"): "audit export -o all.fgev",
    ("audit", "archive"): "audit archive --until 2026-12-31 -o old.fgev --reason Old --as htallec --yes",
    ("audit", "cosign"): f"audit cosign seen.txt --witness {WITNESS.witness_key}",
    ("audit", "key", "show"): "audit key show",
    ("audit", "key", "new"): "audit key new --as htallec",
    ("audit", "key", "rotate"): 'audit key rotate --reason "Every year" --as htallec',
    ("audit", "key", "replace"): 'audit key replace --cause lost --reason "It broke" --as htallec',
    ("report", "audit"): "report audit --from 2026-01-01 --to 2026-01-31 --format md",
    ("init",): "init --organisation X --admin htallec --name H --db sqlite:///new.db",
    ("db", "upgrade"): "db upgrade",
    ("db", "status"): "db status",
    ("db", "grants"): "db grants --db postgresql://db.example.org/governance",
    ("completion",): "completion bash",
    ("demo",): "demo --output played",
}
GROUPS = {path[:-1] for path in PATHS if path}
LEAVES = [path for path in PATHS if path not in GROUPS]


def test_every_command_is_in_the_table_below() -> None:
    assert sorted(LINES) == sorted(LEAVES)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_a_result_has_the_shape_and_no_talk_around_it(signed: Type, path: tuple[str, ...]) -> None:
    Path("mine.yaml").write_text(shipped_text("pme-light").replace("id: pme-light", "id: mine"), encoding="utf-8")

    # the demo types commands of its own, on the database it has made
    environ = {"FLOWGOV_DB": ""} if path == ("demo",) else {}

    answer = signed(f"{LINES[path]} --json", **environ)

    ok = answer.json["ok"]
    shape = (answer.json["flowgov"], sorted(answer.json), answer.err)
    assert shape == (1, ["data" if ok else "error", "flowgov", "ok"], "")


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_an_error_has_the_shape(typed: Type, path: tuple[str, ...]) -> None:
    answer = typed([*path, "--nonsense", "--json"])

    assert (answer.code, answer.json["ok"], answer.json["error"]["code"], answer.json["error"]["reason"]) == (
        2,
        False,
        "usage",
        "no_such_option",
    )


def test_a_refusal_carries_its_blockers(crm: Type) -> None:
    blocker = crm("move CRM hold --as kbenali --json").json["error"]["data"]["blockers"][0]

    assert blocker == {
        "code": "reason_missing",
        "message": "A reason is required.",
        "params": {},
        "roles": ["business_owner", "technical_owner", "sponsor"],
        "holders": ["kbenali", "ykerbrat"],
        "remedy": "Can be lifted by kbenali, ykerbrat.",
        "command": 'flowgov move CRM hold --reason "…"',
    }


def test_mistakes_of_a_definition_carry_their_places(typed: Type) -> None:
    Path("a.yaml").write_text("id: a\nnonsense: 1\n", encoding="utf-8")

    mistakes = typed("workflow check a.yaml --json").json["error"]["data"]["mistakes"]

    assert ("unknown_key", "a.yaml", 2, 1) in [(m["code"], m["file"], m["line"], m["column"]) for m in mistakes]


def test_the_language_of_sentences_can_be_chosen(crm: Type) -> None:
    error = crm("show CRN --json --lang fr").json["error"]

    assert (error["code"], error["message"]) == ("not_found", "Il n'y a pas de projet « CRN ».")
