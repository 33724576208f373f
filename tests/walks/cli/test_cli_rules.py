"""Every rule, tried with what a person at the keyboard can type."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.walks.cli.conftest import Answer, Type

from flowgov.workflow.shipped import shipped_text

SOON = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
EXCEPTION = f'--until {SOON} --reason "Team of two" --compensating "Monthly review" --as htallec'


def _codes(answer: Answer) -> list[str]:
    return [blocker["code"] for blocker in answer.json["error"]["data"]["blockers"]]


# --- who may move -------------------------------------------------------------------------------------------------


def test_nobody_moves_without_a_role(crm: Type) -> None:
    answer = crm("move CRM validate_need --as jprigent --json")

    assert (answer.code, "role_missing" in _codes(answer)) == (1, True)


def test_an_administrator_has_no_exemption_in_a_gate(crm: Type) -> None:
    assert "role_missing" in _codes(crm("move CRM validate_need --as htallec --json"))


def test_a_refusal_tells_every_blocker_who_can_lift_it_and_the_command(crm: Type) -> None:
    answer = crm("move CRM validate_need --as jprigent")

    assert answer.err.splitlines() == [
        "Error: 'validate_need' is refused for CRM.",
        "  • None of these roles is held: business_owner.",
        "    Can be lifted by kbenali.",
        "    flowgov move CRM validate_need --as kbenali",
        "  • The evidence 'need_statement' is missing.",
        "    Can be lifted by kbenali.",
        "    flowgov evidence add CRM need_statement FILE --as kbenali",
        "  • The evidence 'charter' is missing.",
        "    Can be lifted by kbenali.",
        "    flowgov evidence add CRM charter FILE --as kbenali",
    ]


def test_a_refused_attempt_is_in_the_log(crm: Type) -> None:
    crm("move CRM validate_need --as jprigent")

    assert "REFUSED" in crm("history CRM").out


def test_a_role_of_another_time_is_no_role(crm: Type) -> None:
    crm(f"role grant sponsor jprigent --project CRM --from {SOON} --as htallec")

    assert "role_missing" in _codes(crm("move CRM cancel --reason x --as jprigent --json"))


def test_a_revoked_role_is_no_role(crm: Type) -> None:
    crm("role revoke business_owner kbenali --project CRM --as htallec")

    assert "role_missing" in _codes(crm("move CRM validate_need --as kbenali --json"))


def test_missing_evidence_blocks(crm: Type) -> None:
    assert _codes(crm("move CRM validate_need --as kbenali --json")) == ["evidence_missing", "evidence_missing"]


def test_a_missing_reason_blocks(crm: Type) -> None:
    assert _codes(crm("move CRM hold --as kbenali --json")) == ["reason_missing"]


def test_a_missing_approval_blocks(validated: Type) -> None:
    _to_design(validated)

    assert "approval_missing" in _codes(validated("move CRM confirm_secured --as ykerbrat --json"))


def test_who_holds_no_role_of_the_gate_cannot_approve(validated: Type) -> None:
    _to_design(validated)

    assert validated("approve CRM confirm_secured --as jprigent").code == 1


def test_nothing_given_nothing_withdrawn(validated: Type) -> None:
    _to_design(validated)

    assert _codes(validated("approve CRM confirm_secured --withdraw --as kbenali --json")) == ["nothing_to_withdraw"]


def test_who_has_no_role_puts_no_evidence(crm: Type) -> None:
    assert _codes(crm("evidence add CRM charter https://e.org --as jprigent --json")) == ["no_role_here"]


# --- why ----------------------------------------------------------------------------------------------------------


def test_why_exits_0_when_the_move_is_allowed(crm: Type) -> None:
    assert crm("why CRM hold --reason Holidays --as kbenali").code == 0


def test_why_exits_1_and_tells_what_blocks(crm: Type) -> None:
    answer = crm("why CRM validate_need --as jprigent")

    assert (answer.code, answer.err, "None of these roles is held" in answer.out) == (1, "", True)


def test_why_without_a_transition_looks_at_every_one_that_starts_here(crm: Type) -> None:
    found = [decision["transition"] for decision in crm("why CRM --as kbenali --json").json["data"]]

    assert found == ["validate_need", "reject_need", "hold", "cancel"]


# --- separation of duties, in its three modes ---------------------------------------------------------------------


def test_in_exception_mode_the_same_author_is_refused(both_hats: Type) -> None:
    assert _codes(both_hats("move CRM approve_design --as kbenali --json")) == ["own_duty"]


def test_in_exception_mode_a_recorded_exception_permits_it(both_hats: Type) -> None:
    both_hats(f"exception add CRM --rule validator_design --for kbenali {EXCEPTION}")

    answer = both_hats("move CRM approve_design --as kbenali")

    assert (answer.code, "Relied on the exception EX-" in answer.err) == (0, True)


def test_in_exception_mode_one_person_counts_once(both_hats: Type) -> None:
    both_hats(f"exception add CRM --rule validator_design --for kbenali {EXCEPTION}")
    both_hats("move CRM approve_design --as kbenali")
    for kind in ("access_list", "backup_check", "emergency_plan"):
        both_hats(f"evidence add CRM {kind} https://e.org --as kbenali")
    both_hats("approve CRM confirm_secured --as kbenali")

    assert "counts_once" in _codes(both_hats("move CRM confirm_secured --as kbenali --json"))


@pytest.mark.parametrize(
    ("mode", "code", "said"), [("block", 1, "somebody else makes this move"), ("warn", 0, "Warning")]
)
def test_the_other_modes(cli: Type, mode: str, code: int, said: str) -> None:
    changed = shipped_text("pme-light").replace("separation: exception", f"separation: {mode}")
    Path("mine.yaml").write_text(changed.replace("id: pme-light", "id: mine"), encoding="utf-8")
    cli("workflow register mine.yaml --as htallec")
    cli('open CRM --workflow mine --title "CRM" --as ebihan')
    _both_hats(cli)

    answer = cli("move CRM approve_design --as kbenali")

    assert (answer.code, said in answer.err) == (code, True), answer.err


# --- administering ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        'people add newcomer --name "New Comer" --as kbenali',
        "role grant sponsor jprigent --as kbenali",
        "role revoke administrator slegoff --as kbenali",
        f"exception add CRM --rule procedure --for jprigent --until {SOON} --reason r --compensating c --as kbenali",
    ],
)
def test_only_administrators_administer(crm: Type, line: str) -> None:
    answer = crm(f"{line} --json")

    assert (answer.code, _codes(answer)) == (1, ["not_administrator"])


def test_only_administrators_register_workflows(cli: Type) -> None:
    Path("mine.yaml").write_text(shipped_text("pme-light").replace("id: pme-light", "id: mine"), encoding="utf-8")

    assert _codes(cli("workflow register mine.yaml --as kbenali --json")) == ["not_administrator"]


def test_nobody_grants_a_role_to_himself(crm: Type) -> None:
    assert _codes(crm("role grant sponsor htallec --project CRM --as htallec --json")) == ["self_grant"]


def test_the_last_administrator_stays(cli: Type) -> None:
    cli("role revoke administrator slegoff --as htallec")

    assert _codes(cli("role revoke administrator htallec --as htallec --json")) == ["last_administrator"]


def test_nobody_approves_his_own_exception(crm: Type) -> None:
    answer = crm(f"exception add CRM --rule distinct_from --for htallec {EXCEPTION} --json")

    assert _codes(answer) == ["own_exception"]


def test_a_registered_version_never_changes(cli: Type) -> None:
    changed = shipped_text("pme-light").replace("en: Roll back\n", "en: Go back\n")
    Path("mine.yaml").write_text(changed, encoding="utf-8")

    answer = cli("workflow register mine.yaml --as htallec")

    assert (answer.code, "raise the version" in answer.err) == (2, True)


@pytest.fixture
def both_hats(crm: Type) -> Type:
    """kbenali owns both sides of CRM, and has validated its need."""
    return _both_hats(crm)


def _both_hats(cli: Type) -> Type:
    for line in (
        "role grant business_owner kbenali --as htallec",
        "role grant technical_owner kbenali --project CRM --as htallec",
        "evidence add CRM need_statement https://e.org --as kbenali",
        "evidence add CRM charter https://e.org --as kbenali",
        "move CRM validate_need --as kbenali",
        "evidence add CRM solution_note https://e.org --as kbenali",
    ):
        assert cli(line).code == 0
    return cli


def _to_design(cli: Type) -> None:
    for line in (
        "evidence add CRM solution_note https://e.org --as ykerbrat",
        "move CRM approve_design --as ykerbrat",
    ):
        assert cli(line).code == 0
