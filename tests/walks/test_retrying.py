"""Looking before acting, and calling again: versions and idempotency keys."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from tests.walks.company import open_crm, staffed_crm

from flowgov import BadInput, Conflict, Engine, FixedClock, IdempotencyMismatch
from flowgov.testing import assert_refused


def test_the_version_one_looked_at_is_the_one_that_moves(engine: Engine) -> None:
    staffed_crm(engine)
    seen = engine.project("CRM").version

    receipt = engine.move("CRM", "hold", by="kbenali", reason="Summer", expect_version=seen)

    assert receipt.version == seen + 1


@pytest.mark.parametrize("difference", [-1, 1])
def test_another_version_is_a_conflict_and_changes_nothing(engine: Engine, difference: int) -> None:
    staffed_crm(engine)
    before = engine.project("CRM")

    with pytest.raises(Conflict) as caught:
        engine.move("CRM", "hold", by="kbenali", reason="Summer", expect_version=before.version + difference)

    assert (caught.value.reason, caught.value.retryable, engine.project("CRM")) == ("version", True, before)


def test_every_change_makes_a_new_version(engine: Engine) -> None:
    staffed_crm(engine)
    seen = engine.project("CRM").version

    versions = [
        engine.add_evidence("CRM", "charter", by="kbenali", link="x").version,
        engine.approve("CRM", "validate_need", by="slegoff").version,
        engine.withdraw_approval("CRM", "validate_need", by="slegoff").version,
        engine.move("CRM", "hold", by="kbenali", reason="Summer").version,
    ]

    assert versions == [seen + 1, seen + 2, seen + 3, seen + 4]


def test_a_refused_attempt_makes_no_new_version(engine: Engine) -> None:
    staffed_crm(engine)
    seen = engine.project("CRM").version

    assert_refused(engine, "CRM", "hold", by="kbenali", codes={"reason_missing"})

    assert engine.project("CRM").version == seen


def test_a_retried_move_gets_the_first_receipt(engine: Engine, clock: FixedClock) -> None:
    staffed_crm(engine)
    first = engine.move("CRM", "hold", by="kbenali", reason="Summer", idempotency_key="k-1")
    clock.advance(hours=1)

    again = engine.move("CRM", "hold", by="kbenali", reason="Summer", idempotency_key="k-1")

    assert (again, len([*engine.log(event="project.moved")])) == (first, 1)


def test_a_retried_move_gets_the_first_receipt_even_when_the_project_went_on(engine: Engine) -> None:
    staffed_crm(engine)
    first = engine.move("CRM", "hold", by="kbenali", reason="Summer", idempotency_key="k-1")
    engine.move("CRM", "resume", by="slegoff")

    again = engine.move("CRM", "hold", by="kbenali", reason="Summer", idempotency_key="k-1")

    assert (again, engine.project("CRM").state.id) == (first, "need_expressed")


def test_a_retried_opening_gets_the_first_receipt(engine: Engine) -> None:
    arguments = {"workflow": "standard", "title": "CRM", "by": "ebihan", "idempotency_key": "k-1"}
    first = engine.open_project("CRM", **arguments)

    again = engine.open_project("CRM", **arguments)

    assert (again, len(engine.projects())) == (first, 1)


@pytest.mark.parametrize(
    "other", [{"reason": "Winter"}, {"by": "slegoff"}, {"transition": "cancel"}, {"key": "ERP"}, {"reason": None}]
)
def test_an_idempotency_key_is_bound_to_the_caller_and_the_arguments(engine: Engine, other: dict[str, str]) -> None:
    staffed_crm(engine)
    engine.open_project("ERP", workflow="standard", title="ERP", by="ebihan")
    call = {"key": "CRM", "transition": "hold", "by": "kbenali", "reason": "Summer"}
    engine.move(**call, idempotency_key="k-1")

    with pytest.raises(IdempotencyMismatch):
        engine.move(**{**call, **other}, idempotency_key="k-1")


@pytest.mark.parametrize(
    "other",
    [
        {"key": "ERP"},
        {"title": "Another"},
        {"workflow": "pme-light"},
        {"by": "kbenali"},
        {"personal_data": True},
        {"objective": "More sales"},
    ],
)
def test_the_idempotency_key_of_an_opening_is_bound_too(engine: Engine, other: dict[str, object]) -> None:
    call = {"key": "CRM", "workflow": "standard", "title": "CRM", "by": "ebihan"}
    engine.open_project(**call, idempotency_key="k-1")

    with pytest.raises(IdempotencyMismatch):
        engine.open_project(**{**call, **other}, idempotency_key="k-1")


def test_an_idempotency_key_of_an_opening_does_not_serve_for_a_move(engine: Engine) -> None:
    engine.open_project("CRM", workflow="standard", title="CRM", by="slegoff", idempotency_key="k-1")

    with pytest.raises(IdempotencyMismatch):
        engine.move("CRM", "hold", by="slegoff", reason="Summer", idempotency_key="k-1")


def test_a_refused_move_does_not_use_the_key_up(engine: Engine) -> None:
    staffed_crm(engine)
    assert_refused(engine, "CRM", "hold", by="jprigent", reason="Summer", codes={"role_missing"})
    engine.grant_role("sponsor", "jprigent", project="CRM", by="htallec")

    receipt = engine.move("CRM", "hold", by="jprigent", reason="Summer", idempotency_key="k-1")

    assert receipt.target == "on_hold"


@pytest.mark.parametrize("key", ["", "x" * 201, "order\x00", "line\nbreak"])
def test_a_key_that_is_none_is_refused(engine: Engine, key: str) -> None:
    staffed_crm(engine)

    with pytest.raises(BadInput) as caught:
        engine.move("CRM", "hold", by="kbenali", reason="Summer", idempotency_key=key)

    assert caught.value.reason == "bad_idempotency_key"


def test_another_process_that_retries_gets_the_first_receipt(url: str, engine: Engine) -> None:
    staffed_crm(engine)
    first = engine.move("CRM", "hold", by="kbenali", reason="Summer", idempotency_key="k-1")
    program = (
        "import sys; from flowgov import Engine\n"
        "with Engine.open(sys.argv[1]) as engine:\n"
        "    print(engine.move('CRM', 'hold', by='kbenali', reason='Summer', idempotency_key='k-1').hash)"
    )

    told = subprocess.run([sys.executable, "-c", program, url], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == first.hash


def test_the_key_is_in_the_record_that_used_it(engine: Engine) -> None:
    staffed_crm(engine)

    engine.move("CRM", "hold", by="kbenali", reason="Summer", idempotency_key="k-1")

    assert json.loads(json.dumps(engine.history("CRM")[-1].facts["idem"]))["key"] == "k-1"


def test_a_project_key_is_used_once(engine: Engine) -> None:
    open_crm(engine)

    with pytest.raises(BadInput) as caught:
        open_crm(engine)

    assert caught.value.reason == "project_exists"
