"""What a gate can decide besides yes and no, as people type it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.walks.cli.conftest import Type


@pytest.fixture
def asked(validated: Type) -> Type:
    """CRM at the gate ``confirm_secured``, which the business owner has approved."""
    for line in (
        "evidence add CRM solution_note https://e.org --as ykerbrat",
        "move CRM approve_design --as ykerbrat",
        "approve CRM confirm_secured --as kbenali",
    ):
        assert validated(line).code == 0
    return validated


def test_a_request_is_withdrawn(asked: Type) -> None:
    answer = asked('withdraw CRM confirm_secured --reason "Trop tôt" --as ykerbrat')

    assert answer.code == 0
    assert "ykerbrat withdrew the request for 'confirm_secured' of CRM" in answer.out
    assert "Trop tôt" in asked("history CRM").out


def test_not_by_anybody(asked: Type) -> None:
    answer = asked('withdraw CRM confirm_secured --reason "Non" --as nroussel --lang fr')

    assert answer.code == 1
    assert "peut en retirer la demande" in answer.err


def test_what_happened_before_is_flagged(asked: Type) -> None:
    yesterday = _days_ago(1)

    assert asked(f"move CRM hold --reason Gel --occurred {yesterday} --as kbenali").code == 0
    assert f"happened on {yesterday}" in asked("history CRM").out
    assert f"a eu lieu le {yesterday}" in asked("audit log --lang fr").out


def test_how_far_back_is_a_setting(asked: Type) -> None:
    Path("flowgov.toml").write_text("[audit]\nbackdating_days = 0\n", encoding="utf-8")

    answer = asked(f"move CRM hold --reason Gel --occurred {_days_ago(1)} --as kbenali")

    assert (answer.code, "backdating_days" in answer.err) == (2, True)


@pytest.mark.parametrize("value", ["32", "-1", "true", '"7"'])
def test_the_setting_is_a_number_of_days(asked: Type, value: str) -> None:
    Path("flowgov.toml").write_text(f"[audit]\nbackdating_days = {value}\n", encoding="utf-8")

    answer = asked("show CRM")

    assert (answer.code, "0 … 31" in answer.err) == (2, True)


def test_show_keeps_time_on_hold_apart(asked: Type) -> None:
    assert "Under way: 0.0 days; on hold: 0.0 days" in asked("show CRM").out
    assert "En cours : 0,0 jours" in asked("show CRM --lang fr").out


def _days_ago(days: int) -> str:
    from datetime import UTC, datetime, timedelta

    return (datetime.now(UTC) - timedelta(days=days)).date().isoformat()
