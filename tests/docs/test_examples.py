"""The examples of the documentation do what they say."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from fastapi.testclient import TestClient

from flowgov import Engine

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"

TOLD = """\
CRM: need_expressed -> business_validated, record 4 of its chain
'approve_design' is refused for CRM.
"""


@pytest.fixture
def shop(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The FastAPI example, on a database where CRM has all its evidence but the charter."""
    with Engine.open(url) as engine:
        engine.grant_role("business_owner", "kbenali", by="htallec")
        engine.open_project("CRM", workflow="pme-light", title="CRM", by="ebihan")
        engine.add_evidence("CRM", "need_statement", by="kbenali", link="https://example.org/need")
    monkeypatch.setenv("ORDERS_DATABASE", url)
    specification = importlib.util.spec_from_file_location("fastapi_orders", EXAMPLES / "fastapi_orders.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    monkeypatch.setitem(sys.modules, "fastapi_orders", module)
    specification.loader.exec_module(module)
    module.Base.metadata.create_all(module.database)
    yield module
    module.governance.close()
    module.database.dispose()


@pytest.fixture
def client(shop: ModuleType) -> Iterator[TestClient]:
    with TestClient(shop.app) as opened:
        opened.post("/orders", params={"project": "CRM", "item": "40 licences"})
        yield opened


def approve(client: TestClient, user: str = "kbenali", number: int = 1) -> tuple[int, dict[str, object]]:
    answer = client.post(f"/orders/{number}/approve", headers={"X-User": user})
    return answer.status_code, answer.json()


def test_the_script_runs_as_it_is(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", str(EXAMPLES / "script.py")]

    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (run.stderr, run.stdout[: len(TOLD)], run.stdout.splitlines()[-1]) == (
        "",
        TOLD,
        "7 project.moved applied ykerbrat",
    )


def test_the_script_is_short() -> None:
    assert len((EXAMPLES / "script.py").read_text(encoding="utf-8").splitlines()) < 80


def test_an_order_and_its_project_are_approved_together(shop: ModuleType, client: TestClient) -> None:
    shop.governance.add_evidence("CRM", "charter", by="kbenali", link="https://example.org/charter")

    status, answer = approve(client)

    order = client.get("/orders/1").json()
    assert (status, answer["state"], order["status"], shop.governance.project("CRM").state.id) == (
        200,
        "business_validated",
        "approved",
        "business_validated",
    )


def test_a_refusal_is_a_conflict_that_lists_every_blocker(client: TestClient) -> None:
    status, answer = approve(client, user="nroussel")

    codes = [blocker["code"] for blocker in answer["blockers"]]  # type: ignore[attr-defined]  # JSON
    assert (status, answer["error"], codes) == (409, "move_refused", ["role_missing", "evidence_missing"])


def test_after_a_refusal_the_order_is_not_approved_and_the_attempt_is_recorded(
    shop: ModuleType, client: TestClient
) -> None:
    approve(client)

    last = shop.governance.history("CRM")[-1]
    assert (client.get("/orders/1").json()["status"], last.event, last.outcome) == (
        "requested",
        "project.move_refused",
        "refused",
    )


@pytest.mark.parametrize(("user", "number"), [("nobody", 1), ("kbenali", 99)])
def test_an_unknown_person_or_order_is_not_found(client: TestClient, user: str, number: int) -> None:
    status, answer = approve(client, user, number)

    assert (status, answer["error"]) == (404, "not_found")


def test_an_order_for_an_unknown_project_is_not_found(client: TestClient) -> None:
    answer = client.post("/orders", params={"project": "XYZ", "item": "Nothing"})

    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
