"""Evidence: documents and links, by hash; present where the gate asks, and of this cycle where it says so."""

from __future__ import annotations

import os
import stat
from hashlib import sha256
from pathlib import Path

import pytest
from tests.walks.company import codes, open_crm, staffed_crm, walk_to

from flowgov import BadInput, Engine, IdempotencyMismatch, MoveRefused, NotFound, Piece, Refused
from flowgov.testing import assert_refused, pass_gate, ready


@pytest.fixture
def note(tmp_path: Path) -> Path:
    """A document of twelve bytes."""
    path = tmp_path / "Étude d'opportunité.pdf"
    path.write_bytes(b"%PDF-1.7 abc")
    return path


def test_a_gate_waits_for_every_piece_of_evidence(engine: Engine) -> None:
    staffed_crm(engine)
    engine.add_evidence("CRM", "need_statement", by="kbenali", link="https://example.org/need")
    engine.approve("CRM", "validate_need", by="slegoff")

    decision = assert_refused(engine, "CRM", "validate_need", by="kbenali", codes={"evidence_missing"})

    assert [blocker.params["kind"] for blocker in decision.blockers] == [
        "functional_requirements",
        "charter",
        "data_classification",
        "dpia_screening",
    ]


def test_a_file_is_known_by_its_hash_and_size(engine: Engine, note: Path) -> None:
    open_crm(engine)

    engine.add_evidence("CRM", "need_statement", by="ebihan", file=note)

    found = engine.evidence("CRM")[0]
    assert (found.sha256, found.size, found.label, found.stored) == (
        sha256(b"%PDF-1.7 abc").hexdigest(),
        12,
        "Étude d'opportunité.pdf",
        False,
    )


def test_a_link_is_kept_as_given(engine: Engine) -> None:
    open_crm(engine)

    engine.add_evidence("CRM", "need_statement", by="ebihan", link="https://intranet/need?v=2#p3")

    found = engine.evidence("CRM")[0]
    assert (found.label, found.sha256, found.size) == ("https://intranet/need?v=2#p3", None, None)


def test_a_copy_is_kept_by_its_hash_readable_by_its_owner_only(engine: Engine, note: Path, tmp_path: Path) -> None:
    open_crm(engine)

    engine.add_evidence("CRM", "need_statement", by="ebihan", file=note, store=tmp_path / "store")

    digest = sha256(b"%PDF-1.7 abc").hexdigest()
    copy = tmp_path / "store" / digest[:2] / digest
    assert (copy.read_bytes(), stat.S_IMODE(copy.stat().st_mode)) == (b"%PDF-1.7 abc", 0o400)


def test_the_same_document_is_stored_once(engine: Engine, note: Path, tmp_path: Path) -> None:
    open_crm(engine)
    for kind in ("need_statement", "charter"):
        engine.add_evidence("CRM", kind, by="ebihan", file=note, store=tmp_path / "store")

    assert len([path for path in (tmp_path / "store").rglob("*") if path.is_file()]) == 1


def test_an_empty_file_is_evidence_too(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    open_crm(engine)

    engine.add_evidence("CRM", "need_statement", by="ebihan", file=tmp_path / "empty")

    assert engine.evidence("CRM")[0].size == 0


def test_a_path_may_be_text(engine: Engine, note: Path) -> None:
    open_crm(engine)

    engine.add_evidence("CRM", "need_statement", by="ebihan", file=str(note))

    assert engine.evidence("CRM")[0].size == 12


def odd_file(kind: str, folder: Path, note: Path) -> Path:
    """A path that is no regular readable file."""
    path = folder / kind
    if kind == "symlink":
        path.symlink_to(note)
    elif kind == "dangling":
        path.symlink_to(folder / "nowhere")
    elif kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        return Path("/dev/zero")
    elif kind == "inside a file":
        return note / "page"
    elif kind == "nul":
        return Path("a\x00b")
    elif kind == "long":
        return folder / ("x" * 5000)
    return path


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("symlink", "unreadable_file"),
        ("dangling", "unreadable_file"),
        ("directory", "not_a_file"),
        ("fifo", "not_a_file"),
        ("device", "not_a_file"),
        ("missing", "unreadable_file"),
        ("inside a file", "unreadable_file"),
        ("nul", "unreadable_file"),
        ("long", "unreadable_file"),
    ],
)
@pytest.mark.parametrize("stored", [False, True])
def test_t17_malicious_evidence_file_is_refused(
    engine: Engine, tmp_path: Path, note: Path, kind: str, reason: str, stored: bool
) -> None:
    open_crm(engine)
    path = odd_file(kind, tmp_path, note)

    with pytest.raises(BadInput) as caught:
        engine.add_evidence(
            "CRM", "need_statement", by="ebihan", file=path, store=tmp_path / "store" if stored else None
        )

    assert (caught.value.reason, engine.evidence("CRM")) == (reason, ())


def test_t17_malicious_evidence_file_leaves_nothing_in_the_store(engine: Engine, note: Path, tmp_path: Path) -> None:
    open_crm(engine)

    with pytest.raises(BadInput) as caught:
        engine.add_evidence("CRM", "need_statement", by="ebihan", file=note, store=tmp_path / "store", largest=11)

    left = [path for path in (tmp_path / "store").rglob("*") if path.is_file()]
    assert (caught.value.reason, left) == ("file_too_large", [])


def test_t17_malicious_evidence_file_too_large_is_refused_without_reading_it(engine: Engine, tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    open_crm(engine)

    with pytest.raises(BadInput) as caught:
        engine.add_evidence("CRM", "need_statement", by="ebihan", file=tmp_path / "sparse")

    assert (caught.value.reason, caught.value.data["limit"]) == ("file_too_large", 100 * 1024 * 1024)


def test_t18_path_traversal_the_store_is_named_by_the_hash_not_by_the_file(
    engine: Engine, tmp_path: Path, note: Path
) -> None:
    (tmp_path / "in").mkdir()
    evil = tmp_path / "in" / "..%2f..%2fetc"
    evil.write_bytes(note.read_bytes())
    open_crm(engine)

    engine.add_evidence("CRM", "need_statement", by="ebihan", file=evil, store=tmp_path / "store")

    digest = sha256(b"%PDF-1.7 abc").hexdigest()
    kept = [path.relative_to(tmp_path / "store") for path in (tmp_path / "store").rglob("*") if path.is_file()]
    assert kept == [Path(digest[:2]) / digest]


def test_a_file_whose_name_hides_something_is_refused(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "note\u202efdp.exe"
    path.write_bytes(b"x")
    open_crm(engine)

    with pytest.raises(BadInput) as caught:
        engine.add_evidence("CRM", "need_statement", by="ebihan", file=path)

    assert caught.value.reason == "text_character"


def test_a_store_that_cannot_be_written_is_told(engine: Engine, tmp_path: Path, note: Path) -> None:
    open_crm(engine)

    with pytest.raises(BadInput) as caught:
        engine.add_evidence("CRM", "need_statement", by="ebihan", file=note, store=note / "store")

    assert caught.value.reason == "store_failed"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "file_or_link"),
        ({"file": "a", "link": "b"}, "file_or_link"),
        ({"link": "b", "store": "s"}, "link_not_stored"),
        ({"link": ""}, "text_empty"),
        ({"link": "  "}, "text_empty"),
        ({"link": "x" * 3000}, "text_too_long"),
        ({"link": "a\nb"}, "text_character"),
    ],
)
def test_evidence_is_either_a_file_or_a_link(engine: Engine, given: dict[str, str], reason: str) -> None:
    open_crm(engine)

    with pytest.raises(BadInput) as caught:
        engine.add_evidence("CRM", "need_statement", by="ebihan", **given)

    assert caught.value.reason == reason


def test_a_kind_that_the_workflow_does_not_declare_is_told_with_the_one_meant(engine: Engine) -> None:
    open_crm(engine)

    with pytest.raises(NotFound) as caught:
        engine.add_evidence("CRM", "need_statment", by="ebihan", link="x")

    assert (caught.value.reason, caught.value.data["suggestions"]) == ("evidence_kind", ("need_statement",))


def test_who_has_nothing_to_do_with_the_project_puts_nothing_on_it(engine: Engine) -> None:
    staffed_crm(engine)

    with pytest.raises(Refused) as caught:
        engine.add_evidence("CRM", "need_statement", by="htallec", link="x")

    last = engine.history("CRM")[-1]
    assert (codes(caught.value.decision), last.event, last.outcome) == ({"no_role_here"}, "evidence.refused", "refused")


def test_who_only_reads_puts_nothing_on_it(engine: Engine) -> None:
    staffed_crm(engine, auditor="htallec")

    with pytest.raises(Refused) as caught:
        engine.add_evidence("CRM", "need_statement", by="htallec", link="x")

    assert codes(caught.value.decision) == {"no_role_here"}


def test_nothing_is_put_on_a_closed_project(engine: Engine) -> None:
    staffed_crm(engine)
    engine.move("CRM", "cancel", by="slegoff", reason="No budget")

    with pytest.raises(Refused) as caught:
        engine.add_evidence("CRM", "need_statement", by="kbenali", link="x")

    assert codes(caught.value.decision) == {"project_closed"}


# --- of this cycle ---------------------------------------------------------------------------------------------


def rolled_back(engine: Engine) -> None:
    """Given: the CRM was deployed, rolled back and secured again, in its second cycle."""
    staffed_crm(engine)
    walk_to(engine, "deploy")
    engine.add_evidence("CRM", "rollback_report", by="jprigent", link="x")
    engine.move("CRM", "roll_back", by="jprigent", reason="Calendars were lost")
    engine.move("CRM", "resecure", by="ykerbrat", reason="Repair the import")
    pass_gate(engine, "CRM", "confirm_secured", by="nroussel")


def test_where_the_gate_says_so_evidence_of_an_earlier_cycle_is_stale(engine: Engine) -> None:
    rolled_back(engine)
    engine.approve("CRM", "deploy", by="kbenali")

    decision = assert_refused(engine, "CRM", "deploy", by="jprigent", codes={"evidence_stale"})

    assert {blocker.params["kind"] for blocker in decision.blockers} == {
        "go_no_go",
        "deployment_plan",
        "rollback_plan",
        "user_communication",
    }


def test_put_on_the_project_anew_it_counts(engine: Engine) -> None:
    rolled_back(engine)

    pass_gate(engine, "CRM", "deploy", by="jprigent")

    assert engine.project("CRM").state.id == "deployed"


def test_where_the_gate_does_not_say_so_evidence_of_an_earlier_cycle_counts(engine: Engine) -> None:
    staffed_crm(engine)
    walk_to(engine, "approve_design")
    engine.move("CRM", "return_to_design", by="nroussel", reason="No access log")

    decision = engine.explain("CRM", "approve_design", by="ykerbrat")

    assert codes(decision) == {"approval_missing"}


def test_t12_approval_of_content_later_changed_the_record_binds_what_was_counted(
    engine: Engine, tmp_path: Path
) -> None:
    staffed_crm(engine, "pme-light")
    for version in (b"first", b"second"):
        (tmp_path / "note").write_bytes(version)
        engine.add_evidence("CRM", "need_statement", by="kbenali", file=tmp_path / "note")
    ready(engine, "CRM", "validate_need", by="kbenali")

    engine.move("CRM", "validate_need", by="kbenali")

    asked = {guard["n"]: guard for guard in engine.history("CRM")[-1].facts["guards"]}
    pieces = {piece["kind"]: piece["sha256"] for piece in asked["evidence"]["pieces"]}
    assert pieces["need_statement"] == sha256(b"second").hexdigest()


# --- with the decision that asks for it -----------------------------------------------------------------------------

NEED = Piece("need_statement", link="https://example.org/need")
CHARTER = Piece("charter", link="https://example.org/charter")


def light(engine: Engine) -> None:
    staffed_crm(engine, "pme-light")


def events(engine: Engine) -> list[str]:
    return [entry.event for entry in engine.history("CRM")]


def test_a_move_brings_its_evidence_along(engine: Engine, note: Path) -> None:
    light(engine)

    receipt = engine.move("CRM", "validate_need", by="kbenali", evidence=[Piece("need_statement", file=note), CHARTER])

    found = engine.evidence("CRM")
    assert [(piece.kind, piece.seq - receipt.seq, piece.added_by) for piece in found] == [
        ("need_statement", -2, "kbenali"),
        ("charter", -1, "kbenali"),
    ]
    assert (receipt.version, engine.project("CRM").version, engine.verify().findings) == (4, 4, ())


def test_a_refused_move_names_what_was_offered_and_only_what_lies_there(engine: Engine) -> None:
    light(engine)
    engine.add_evidence("CRM", "charter", by="kbenali", link="https://example.org/charter")

    with pytest.raises(MoveRefused):
        engine.move("CRM", "validate_need", by="ykerbrat", evidence=[NEED])

    facts = engine.history("CRM")[-1].facts
    looked_at = next(guard for guard in facts["guards"] if guard["n"] == "evidence")
    assert (facts["offered"], [piece["kind"] for piece in looked_at["pieces"]]) == (["need_statement"], ["charter"])
    assert ([piece.kind for piece in engine.evidence("CRM")], engine.verify().findings) == (["charter"], ())


def test_a_kind_that_the_workflow_does_not_know_comes_with_no_decision(engine: Engine) -> None:
    light(engine)
    before = events(engine)

    with pytest.raises(NotFound):
        engine.move(
            "CRM", "validate_need", by="kbenali", evidence=[NEED, CHARTER, Piece("chart", link="https://e.org")]
        )
    with pytest.raises(NotFound):
        engine.approve("CRM", "deploy", by="kbenali", evidence=[Piece("chart", link="https://e.org")])

    assert events(engine) == before


def test_a_retried_move_puts_its_evidence_there_once(engine: Engine) -> None:
    light(engine)
    call = {"by": "kbenali", "evidence": [NEED, CHARTER], "idempotency_key": "k-1"}
    first = engine.move("CRM", "validate_need", **call)  # type: ignore[arg-type]

    again = engine.move("CRM", "validate_need", **call)  # type: ignore[arg-type]

    assert (again, len(engine.evidence("CRM"))) == (first, 2)
    with pytest.raises(IdempotencyMismatch):
        engine.move("CRM", "validate_need", by="kbenali", evidence=[NEED], idempotency_key="k-1")


def test_an_approval_rests_on_the_evidence_that_it_brings(engine: Engine) -> None:
    staffed_crm(engine)
    kinds = engine.project("CRM").workflow.transitions["validate_need"].evidence
    brought = [Piece(kind, link="https://example.org") for kind in kinds]

    engine.approve("CRM", "validate_need", by="slegoff", evidence=brought)

    assert engine.move("CRM", "validate_need", by="kbenali").target == "business_validated"
    assert engine.verify().findings == ()


def test_evidence_that_the_move_adds_to_what_was_approved_makes_the_approval_stale(engine: Engine) -> None:
    staffed_crm(engine)
    ready(engine, "CRM", "validate_need", by="kbenali")

    with pytest.raises(MoveRefused) as caught:
        engine.move("CRM", "validate_need", by="kbenali", evidence=[NEED])

    assert "approval_stale" in codes(caught.value.decision)


def test_a_refused_approval_puts_nothing_there(engine: Engine) -> None:
    staffed_crm(engine)

    with pytest.raises(Refused):
        engine.approve("CRM", "validate_need", by="ebihan", evidence=[NEED])

    assert (engine.evidence("CRM"), engine.history("CRM")[-1].facts["offered"]) == ((), ["need_statement"])


def test_several_pieces_are_records_of_their_own(engine: Engine) -> None:
    light(engine)

    receipts = engine.add_pieces("CRM", [NEED, CHARTER], by="kbenali")

    assert [(r.event, r.seq, r.version) for r in receipts] == [("evidence.added", 2, 2), ("evidence.added", 3, 3)]


def test_no_piece_at_all_is_bad_input(engine: Engine) -> None:
    light(engine)

    with pytest.raises(BadInput):
        engine.add_pieces("CRM", [], by="kbenali")


def test_several_pieces_that_are_refused_are_refused_together(engine: Engine) -> None:
    light(engine)

    with pytest.raises(Refused):
        engine.add_pieces("CRM", [NEED, CHARTER], by="nroussel")

    last = engine.history("CRM")[-1]
    assert (last.facts["kind"], last.facts["offered"], engine.evidence("CRM")) == ("need_statement", ["charter"], ())
