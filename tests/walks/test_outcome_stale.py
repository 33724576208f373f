"""Decided on what? An approval is stale once what it was given on has changed; reservations count as approval."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from tests.walks.company import codes, staffed_crm, walk_to

from flowgov import Engine, Refused
from flowgov.testing import assert_refused, ready


def approved(engine: Engine) -> None:
    """Everything for the validation is on the table and approved."""
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")


def new_evidence(engine: Engine) -> None:
    engine.add_evidence("CRM", "need_statement", by="ebihan", link="https://example.org/another")


def test_other_evidence_makes_an_approval_stale(engine: Engine) -> None:
    approved(engine)
    new_evidence(engine)

    decision = assert_refused(engine, "CRM", "validate_need", by="kbenali")

    stale = next(b for b in decision.blockers if b.code == "approval_stale")
    assert (stale.params["person"], stale.params["changed"], stale.command) == (
        "slegoff",
        ["evidence"],
        "flowgov approve CRM validate_need --as slegoff",
    )
    assert engine.verify().holds


def test_why_tells_which_piece_changed(engine: Engine) -> None:
    approved(engine)
    new_evidence(engine)

    decision = engine.explain("CRM", "validate_need", by="kbenali")

    stale = next(b for b in decision.blockers if b.code == "approval_stale")
    assert stale.params["pieces"] == ["need_statement"]
    assert "need_statement" in stale.message("en")
    assert "slegoff" in stale.message("fr")


def test_approving_again_replaces_it(engine: Engine) -> None:
    approved(engine)
    new_evidence(engine)

    engine.approve("CRM", "validate_need", by="slegoff")
    engine.move("CRM", "validate_need", by="kbenali")

    assert engine.verify().holds


def test_in_a_hosts_session_too(engine: Engine, url: str) -> None:
    approved(engine)
    database = create_engine(url)

    with Session(database) as session, session.begin():
        new = {"by": "ebihan", "link": "https://example.org/another", "session": session}
        engine.add_evidence("CRM", "need_statement", **new)  # type: ignore[arg-type]  # spelt out above
        with pytest.raises(Refused) as caught:
            engine.move("CRM", "validate_need", by="kbenali", session=session)
    database.dispose()

    assert "approval_stale" in codes(caught.value.decision)


def test_show_tells_what_changed_since_a_gate_was_passed(engine: Engine) -> None:
    staffed_crm(engine)
    walk_to(engine, "validate_need")
    new_evidence(engine)

    found = engine.changes_since_gates("CRM")

    assert [(c.gate, c.parts, c.pieces) for c in found] == [("validate_need", ("evidence",), ("need_statement",))]


def test_where_nothing_changed_nothing_is_told(engine: Engine) -> None:
    staffed_crm(engine)
    walk_to(engine, "approve_design")

    assert engine.changes_since_gates("CRM") == ()


# --- reservations -----------------------------------------------------------------------------------------------------


def reserved(engine: Engine) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")
    engine.withdraw_approval("CRM", "validate_need", by="slegoff")
    engine.approve("CRM", "validate_need", by="slegoff", reservation="The budget is tight")


def test_an_approval_with_a_reservation_counts(engine: Engine) -> None:
    reserved(engine)

    engine.move("CRM", "validate_need", by="kbenali")

    assert engine.approvals("CRM")[-1].reservation == "The budget is tight"
    assert engine.verify().holds


def test_the_move_says_which_approval_had_one(engine: Engine) -> None:
    reserved(engine)

    engine.move("CRM", "validate_need", by="kbenali")

    asked = {guard["n"]: guard for guard in engine.history("CRM")[-1].facts["guards"]}
    assert [c.get("reserved") for c in asked["approvals"]["counted"]] == [True]


def test_a_reservation_can_be_redacted(engine: Engine) -> None:
    reserved(engine)
    seq = engine.approvals("CRM")[-1].seq

    engine.redact("CRM", seq, "reservation", reason="It named a customer", by="htallec")

    assert engine.approvals("CRM")[-1].reservation == ""
    assert engine.verify().holds


Write = Callable[[Engine], None]
