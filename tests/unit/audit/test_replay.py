"""A log rewritten so that every hash agrees must still have been permitted, step by step."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.audit.shelves import FrozenShelf

from flowgov.audit.standing import Grant
from flowgov.audit.verify import verify

NOBODY = "u00000000000000000000"
NO_HASH = "0" * 64


def content(shelf: FrozenShelf, event: str, number: int = 1) -> dict[str, Any]:
    """What the n-th record of an event says."""
    document: dict[str, Any] = json.loads(shelf.records[shelf.place(event, number)][3])
    return document


def guards(shelf: FrozenShelf, number: int, **saw: Any) -> list[dict[str, Any]]:
    """The guards of the n-th move, with other values seen."""
    asked: list[dict[str, Any]] = content(shelf, "project.moved", number)["guards"]
    return [{**guard, **{key: value for key, value in saw.items() if key in guard}} for guard in asked]


def rewritten(event: str, number: int, **changes: Any) -> tuple[FrozenShelf, int]:
    """The frozen log with one record that says something else, every link and head made to agree."""
    shelf = FrozenShelf()
    place = shelf.place(event, number)
    given = {key: value(shelf) if callable(value) else value for key, value in changes.items()}
    shelf.rewrite(place, **given)
    shelf.relink(place)
    return shelf, int(shelf.records[place][2])


def told(shelf: FrozenShelf) -> set[tuple[str, str | None, int | None]]:
    """Code, what about, and record of every finding."""
    return {(f.code, f.params.get("about"), f.seq) for f in verify(shelf).findings}


def somebody_else(shelf: FrozenShelf) -> str:
    return str(content(shelf, "project.opened")["actor"])


def the_mover(shelf: FrozenShelf) -> str:
    return str(content(shelf, "project.moved")["actor"])


MOVES = [
    ("project.moved", 1, {"actor": somebody_else}, "ROLE_VIOLATION", "not_held"),
    ("project.moved", 1, {"actor": NOBODY}, "ROLE_VIOLATION", "stranger"),
    ("project.moved", 1, {"auth": {"role": "business_owner", "grant": NO_HASH}}, "ROLE_VIOLATION", "unknown_grant"),
    (
        "project.moved",
        1,
        {"auth": lambda s: {**content(s, "project.moved")["auth"], "role": "sponsor"}},
        "ROLE_VIOLATION",
        "not_entitled",
    ),
    ("project.moved", 1, {"to": "deployed"}, "RULE_VIOLATION", "to"),
    ("project.moved", 1, {"kind": "rework"}, "RULE_VIOLATION", "to"),
    ("project.moved", 1, {"from": "secured"}, "RULE_VIOLATION", "from"),
    ("project.moved", 1, {"version": 99}, "RULE_VIOLATION", "version"),
    ("project.moved", 1, {"cycle": 2}, "RULE_VIOLATION", "version"),
    ("project.moved", 1, {"t": "teleport"}, "RULE_VIOLATION", "transition"),
    ("project.moved", 1, {"t": "approve_design"}, "RULE_VIOLATION", "from"),
    ("project.moved", 1, {"guards": []}, "RULE_VIOLATION", "guards"),
    ("project.moved", 1, {"guards": lambda s: guards(s, 1, ok=False)}, "RULE_VIOLATION", "guards"),
    ("project.moved", 1, {"guards": lambda s: guards(s, 1, counted=[])}, "RULE_VIOLATION", "approvals_missing"),
    ("project.moved", 1, {"guards": lambda s: guards(s, 1, pieces=[])}, "RULE_VIOLATION", "evidence"),
    (
        "project.moved",
        1,
        {"guards": lambda s: guards(s, 1, counted=[{"p": the_mover(s), "role": "sponsor", "seq": 7}])},
        "RULE_VIOLATION",
        "counted_twice",
    ),
    (
        "project.moved",
        1,
        {"wf": lambda s: {**content(s, "project.moved")["wf"], "sha256": NO_HASH}},
        "RULE_VIOLATION",
        "definition",
    ),
    ("project.moved", 2, {"c": {}}, "RULE_VIOLATION", "reason"),
    ("project.moved", 3, {"to": "secured"}, "RULE_VIOLATION", "to"),
    ("project.moved", 7, {"departures": []}, "RULE_VIOLATION", "same_author"),
    ("project.moved", 8, {"departures": []}, "RULE_VIOLATION", "counted_twice"),
    (
        "project.moved",
        7,
        {"departures": lambda s: [{**content(s, "project.moved", 7)["departures"][0], "exception": "EX-9999"}]},
        "RULE_VIOLATION",
        "departure",
    ),
    (
        "project.moved",
        7,
        {"departures": lambda s: [{**content(s, "project.moved", 7)["departures"][0], "exception": None}]},
        "RULE_VIOLATION",
        "departure",
    ),
    ("project.moved", 8, {"ts": "2027-06-01T00:00:00.000000Z"}, "RULE_VIOLATION", "departure"),
    ("project.opened", 1, {"to": "secured"}, "RULE_VIOLATION", "beginning"),
    (
        "project.opened",
        1,
        {"wf": lambda s: {**content(s, "project.opened")["wf"], "sha256": NO_HASH}},
        "WORKFLOW_UNPUBLISHED",
        None,
    ),
    ("project.move_refused", 1, {"blockers": []}, "RULE_VIOLATION", "refused_for_nothing"),
    ("approval.given", 1, {"t": "deploy"}, "RULE_VIOLATION", "approval_not_asked"),
    ("approval.given", 1, {"actor": somebody_else}, "ROLE_VIOLATION", "not_held"),
    ("approval.withdrawn", 1, {"withdrawn": [1]}, "RULE_VIOLATION", "withdrawal"),
    ("evidence.added", 1, {"kind": "poem"}, "RULE_VIOLATION", "evidence_not_asked"),
    ("evidence.added", 1, {"actor": NOBODY}, "ROLE_VIOLATION", "no_role_here"),
]
HOUSE = [
    ("organisation.created", 1, {"actor": NOBODY}, "RULE_VIOLATION", "beginning"),
    ("person.added", 3, {"actor": NOBODY}, "ROLE_VIOLATION", "not_held"),
    ("person.added", 3, {"person": lambda s: content(s, "person.added")["person"]}, "RULE_VIOLATION", "again"),
    ("role.granted", 3, {"person": lambda s: content(s, "role.granted", 3)["actor"]}, "ROLE_VIOLATION", "self_grant"),
    ("role.granted", 3, {"person": NOBODY}, "ROLE_VIOLATION", "stranger"),
    ("role.granted", 3, {"until": "2026-01-01T00:00:00.000000Z"}, "RULE_VIOLATION", "period"),
    ("role.granted", 6, {"role": "administrator"}, "RULE_VIOLATION", "administrator_on_project"),
    ("role.revoked", 1, {"grants": ["019b8d65-39a0-7c21-81d6-54891eca13ae"]}, "RULE_VIOLATION", "nothing_to_revoke"),
    ("role.revoked", 1, {"role": "auditor"}, "RULE_VIOLATION", "nothing_to_revoke"),
    ("workflow.registered", 2, {"wf": lambda s: content(s, "workflow.registered")["wf"]}, "RULE_VIOLATION", "again"),
    (
        "exception.granted",
        1,
        {"actor": lambda s: content(s, "exception.granted")["person"]},
        "ROLE_VIOLATION",
        "own_exception",
    ),
    ("exception.granted", 1, {"key": "EX-0001"}, "RULE_VIOLATION", "exception"),
    ("exception.granted", 1, {"rules": ["everything"]}, "RULE_VIOLATION", "exception"),
    ("exception.granted", 1, {"until": "2030-01-01T00:00:00.000000Z"}, "RULE_VIOLATION", "exception"),
    (
        "exception.granted",
        1,
        {"reviewer": lambda s: content(s, "exception.granted")["person"]},
        "RULE_VIOLATION",
        "exception",
    ),
    ("administration.refused", 1, {"blockers": []}, "RULE_VIOLATION", "refused_for_nothing"),
]


@pytest.mark.parametrize(("event", "number", "changes", "code", "about"), [*MOVES, *HOUSE])
def test_what_was_not_permitted_is_found_though_every_hash_agrees(
    event: str, number: int, changes: dict[str, Any], code: str, about: str
) -> None:
    shelf, seq = rewritten(event, number, **changes)

    assert (code, about, seq) in told(shelf)


def test_a_record_without_authority_is_found() -> None:
    shelf = FrozenShelf()
    place = shelf.place("person.added", 3)
    document = content(shelf, "person.added", 3)
    del document["auth"]
    body = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    shelf.records[place] = (*shelf.records[place][:3], body, *shelf.records[place][4:])

    found = told(shelf)

    assert ("ROLE_VIOLATION", "no_authority", shelf.records[place][2]) in found


def test_the_revocation_of_the_last_administrator_is_found() -> None:
    shelf = FrozenShelf()
    first, second = content(shelf, "role.granted", 1), content(shelf, "role.granted", 2)
    shelf.rewrite(shelf.place("role.granted", 2), until="2027-01-01T00:00:00.000000Z")
    place = shelf.place("role.revoked")
    shelf.rewrite(place, grants=[first["grant"]], person=first["person"], role="administrator", project=None)

    found = told(shelf)

    assert second["role"] == "administrator"
    assert ("RULE_VIOLATION", "last_administrator", shelf.records[place][2]) in found


def test_stale_evidence_does_not_pass_a_gate_that_asks_for_current_evidence() -> None:
    """`deploy` of the standard lifecycle asks for it; the frozen log is made to move there by hand."""
    from flowgov.audit.chain import Chain
    from flowgov.audit.definition import parse
    from flowgov.audit.finding import Findings
    from flowgov.audit.register import Register
    from flowgov.audit.replay import Piece, Replay

    shelf, findings, register = FrozenShelf(), Findings(), Register()
    replay = Replay("p", register)
    replay.definition = parse(next(row[4] for row in shelf.tables["workflow"] if row[1] == "standard"))
    assert replay.definition is not None
    step = replay.definition.steps["deploy"]
    replay.newest = {kind: Piece(1, kind, None, None, None, 1, "u1", "", False) for kind in step.evidence}
    pieces = [{"kind": kind, "seq": 1, "sha256": None} for kind in step.evidence]
    document = {"seq": 9, "t": "deploy", "guards": [{"n": "evidence", "ok": True, "pieces": pieces}]}

    replay._evidence(Chain("prj:p", 1, None, findings), document, step, cycle=2)

    assert {f.params["about"] for f in findings.kept} == {"evidence_stale"}


def test_an_administrators_role_on_one_project_is_no_authority() -> None:
    shelf = FrozenShelf()
    shelf.rewrite(shelf.place("role.granted", 2), project="019b8d65-39a0-7c21-81d6-54891eca13ae")
    relying = shelf.records[shelf.place("role.granted", 6)][2]

    assert ("ROLE_VIOLATION", "not_held", relying) in told(shelf)


def test_an_organisation_is_not_founded_twice() -> None:
    shelf = FrozenShelf()
    place = shelf.place("person.added", 4)
    again = {**content(shelf, "organisation.created"), "seq": shelf.records[place][2]}
    body = json.dumps(again, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    shelf.records[place] = (*shelf.records[place][:3], body, *shelf.records[place][4:])

    assert ("RULE_VIOLATION", "beginning", shelf.records[place][2]) in told(shelf)


@pytest.mark.parametrize(
    ("ts", "late", "held"),
    [
        ("2026-01-01", False, False),
        ("2026-02-01", False, True),
        ("2026-02-15", False, True),
        ("2026-03-01", False, False),
        ("2026-01-01", True, False),
        ("2026-03-01", True, True),
    ],
)
def test_a_role_is_held_from_its_start_to_just_before_its_end(ts: str, late: bool, held: bool) -> None:
    assert granted(until="2026-03-01").held_at(ts, 8, late=late) is held


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(
    ("ts", "place", "held"),
    [
        ("2026-01-01", 6, False),
        ("2026-02-15", 6, True),
        ("2026-03-01", 6, True),
        ("2026-03-01", 8, False),
        ("2026-03-15", 6, True),
        ("2026-03-15", 8, False),
    ],
)
def test_a_role_is_held_until_its_revocation_was_written(ts: str, place: int, held: bool, late: bool) -> None:
    assert granted(revoked="2026-03-01", revoked_place=7).held_at(ts, place, late=late) is held


def granted(**ends: Any) -> Grant:
    return Grant(
        "g", "u1", "sponsor", None, "2026-02-01", by="u2", seq=1, hash="", original="", **{"until": None, **ends}
    )
