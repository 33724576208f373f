"""Closing a period: what leaves the database, what stays, and how anybody can tell that it was not simply deleted."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from tests.walks.closing import archive, verified

from flowgov import (
    BadInput,
    Engine,
    FixedClock,
    FlowgovError,
    NotFound,
    OutcomeUnknown,
)
from flowgov.acts import archiving
from flowgov.anchors.vault import Vault
from flowgov.audit import bundle
from flowgov.audit.hashing import leaf_digest
from flowgov.report import audit as report
from flowgov.testing import engine as new_engine
from flowgov.testing import vault as vault_for


def standing(engine: Engine) -> tuple[int, list[str]]:
    """How many records there are, and which projects are archived."""
    return len(list(engine.log())), [project.key for project in engine.projects() if project.archived]


def only(engine: Engine, event: str) -> Any:
    """The one record of an event."""
    (entry,) = engine.log(event=event)
    return entry


# --- what leaves, and what stays ----------------------------------------------------------------------------------


def test_nothing_is_deleted_by_default(flow: Engine, vault: Vault) -> None:
    before, _ = standing(flow)

    flow.checkpoint(vault)

    assert standing(flow) == (before, [])


def test_projects_that_ended_by_the_date_are_archived_and_all_others_stay(archived: Engine) -> None:
    assert standing(archived)[1] == ["CRM", "ERP"]


def test_a_project_that_can_be_reopened_has_not_ended(flow: Engine, vault: Vault, closed: Path) -> None:
    archive(flow, vault, closed, until="2026-01-31")

    assert standing(flow)[1] == ["CRM", "ERP", "NEW"]


@pytest.mark.parametrize(
    ("until", "ended"),
    [("2026-01-05", ["CRM", "ERP"]), ("2026-01-20", ["CRM", "ERP", "NEW"]), ("2026-01-05T10:00:00Z", ["CRM"])],
)
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_the_last_record_counts_and_the_last_day_is_included(
    flow: Engine, vault: Vault, closed: Path, until: str, ended: list[str]
) -> None:
    archive(flow, vault, closed, until=until)

    assert standing(flow)[1] == ended


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_where_nothing_ended_nothing_is_written(flow: Engine, vault: Vault, closed: Path) -> None:
    with pytest.raises(NotFound, match="had ended by then"):
        archive(flow, vault, closed, until="2026-01-04")

    assert not closed.exists()


def test_records_texts_approvals_and_evidence_of_archived_projects_are_gone(archived: Engine, year_url: str) -> None:
    ids = {project.id for project in archived.projects() if project.archived}
    database = create_engine(year_url)
    with database.connect() as connection:
        streams = set(connection.execute(text("SELECT stream FROM flowgov_record")).scalars())
        streams |= set(connection.execute(text("SELECT stream FROM flowgov_text")).scalars())
        of = set(connection.execute(text("SELECT project_id FROM flowgov_approval")).scalars())
        of |= set(connection.execute(text("SELECT project_id FROM flowgov_evidence")).scalars())
    database.dispose()

    assert ids & ({stream.removeprefix("prj:") for stream in streams} | of) == set()


def test_the_organisation_s_chain_stays_whole(flow: Engine, vault: Vault, closed: Path) -> None:
    flow.checkpoint(vault)
    before = [entry.hash for entry in flow.log(project="org")]

    archive(flow, vault, closed)

    now = list(flow.log(project="org"))
    assert [entry.hash for entry in now[: len(before)]] == before
    assert [entry.event for entry in now[len(before) :]] == ["log.archived", "project.archived", "project.archived"]


def test_exceptions_and_assignments_remain(archived: Engine) -> None:
    assert (len(archived.exceptions(project="CRM")), [a.person for a in archived.assignments(project="CRM")]) == (
        1,
        ["jprigent"],
    )


def test_what_was_given_on_an_archived_project_can_be_taken_back(archived: Engine, vault: Vault) -> None:
    archived.revoke_role("sponsor", "jprigent", project="CRM", by="htallec")

    assert verified(archived, vault).holds


# --- the tombstone ------------------------------------------------------------------------------------------------


def test_the_tombstone_says_what_the_archive_holds(archived: Engine, closed: Path) -> None:
    with bundle.opened(closed) as opened:
        theirs = [e.body for e in opened.records() if json.loads(e.body)["stream"] != "org"]
    times = [json.loads(body)["ts"] for body in theirs]

    facts = only(archived, "log.archived").facts

    assert (facts["file"], facts["count"], facts["projects"], facts["since"], facts["until"]) == (
        sha256(closed.read_bytes()).hexdigest(),
        len(theirs),
        2,
        min(times),
        max(times),
    )
    assert facts["root"] == archiving.merkle.root_of([leaf_digest(body) for body in theirs]).hex()


def test_the_next_checkpoint_signs_the_tombstone(archived: Engine) -> None:
    proof = archived.prove(None, only(archived, "log.archived").seq)

    assert proof.index < proof.size


def test_the_receipt_names_the_projects_and_the_record(flow: Engine, vault: Vault, closed: Path) -> None:
    receipt = archive(flow, vault, closed)

    assert (receipt.event, receipt.subject, receipt.seq) == (
        "log.archived",
        "CRM, ERP",
        only(flow, "log.archived").seq,
    )


# --- verification -------------------------------------------------------------------------------------------------


def test_without_the_archive_the_log_holds_and_it_is_said_how_much_was_not_read(archived: Engine, vault: Vault) -> None:
    verdict = verified(archived, vault)

    gone = only(archived, "log.archived").facts["count"]
    assert (verdict.assurance, f"not read: {gone}." in verdict.remarks()[-1]) == ("L2", True)


def test_with_the_archive_its_records_are_read_and_replayed(archived: Engine, vault: Vault, closed: Path) -> None:
    without, verdict = verified(archived, vault), verified(archived, vault, closed)

    gone = only(archived, "log.archived").facts["count"]
    assert (verdict.holds, verdict.records, verdict.chains) == (True, without.records + gone, without.chains + 2)
    assert not [notice for notice in verdict.notices if notice.code == "ARCHIVED"]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_an_archive_given_twice_is_read_once(archived: Engine, vault: Vault, closed: Path) -> None:
    assert verified(archived, vault, closed, closed) == verified(archived, vault, closed)


def test_two_archives_one_after_the_other(flow: Engine, vault: Vault, closed: Path, tmp_path: Path) -> None:
    archive(flow, vault, closed)
    archive(flow, vault, tmp_path / "second.fgev", until="2026-01-31")

    assert standing(flow)[1] == ["CRM", "ERP", "NEW"]
    assert verified(flow, vault).holds
    assert verified(flow, vault, tmp_path / "second.fgev", closed).holds


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_one_archive_of_two_leaves_the_other_s_records_unread(
    archived: Engine, vault: Vault, closed: Path, tmp_path: Path
) -> None:
    archive(archived, vault, tmp_path / "second.fgev", until="2026-01-31")
    of_first = next(entry.facts["count"] for entry in archived.log(event="log.archived"))

    verdict = verified(archived, vault, tmp_path / "second.fgev")

    assert (verdict.holds, verdict.remarks()[-1].endswith(f" {of_first}.")) == (True, True)


def test_a_verification_since_a_checkpoint_goes_on_over_an_archive(archived: Engine, vault: Vault) -> None:
    before = archived.newest_checkpoint()
    archived.open_project("VPN", workflow="pme-light", title="VPN", by="ebihan")
    archived.checkpoint(vault)

    assert verified(archived, vault, since=before).holds


def test_the_log_goes_on_after_an_archive(archived: Engine, vault: Vault) -> None:
    archived.open_project("VPN", workflow="pme-light", title="VPN", by="ebihan")
    archived.move("PAY", "cancel", by="kbenali", reason="Trop tard")
    archived.checkpoint(vault)

    assert verified(archived, vault).holds


def _flipped(path: Path) -> None:
    """One letter of one record is another; the manifest does not know."""
    _repacked(path, lambda name, data: data.replace(b"cancel", b"concel", 1) if name == "records.jsonl" else data)


def _shortened(path: Path) -> None:
    """The last record is missing."""
    _repacked(path, lambda name, data: b"".join(data.splitlines(True)[:-1]) if name == "records.jsonl" else data)


def _repacked(path: Path, change: Callable[[str, bytes], bytes]) -> None:
    with zipfile.ZipFile(path) as old:
        files = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w") as new:
        for name, data in files.items():
            new.writestr(name, change(name, data))


@pytest.mark.parametrize("alter", [_flipped, _shortened])
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_an_altered_archive_is_not_the_one_recorded(
    archived: Engine, vault: Vault, closed: Path, alter: Callable[[Path], None]
) -> None:
    alter(closed)

    verdict = verified(archived, vault, closed)

    assert [finding.code for finding in verdict.findings] == ["ARCHIVE_MISMATCH"]
    assert "no record of this log describes this archive" in verdict.findings[0].message()


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_an_archive_that_was_cut_is_a_clear_error(archived: Engine, vault: Vault, closed: Path) -> None:
    closed.write_bytes(closed.read_bytes()[:-200])

    with pytest.raises(BadInput) as caught:
        verified(archived, vault, closed)

    assert (caught.value.reason, caught.value.data["path"]) == ("bundle_unreadable", str(closed))


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_an_archive_that_is_not_there_is_a_clear_error(archived: Engine, vault: Vault, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nowhere"):
        verified(archived, vault, tmp_path / "nowhere.fgev")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_an_export_is_no_archive(archived: Engine, vault: Vault, tmp_path: Path) -> None:
    archived.export(tmp_path / "pay.fgev", project="PAY")

    with pytest.raises(BadInput, match="not an archive"):
        verified(archived, vault, tmp_path / "pay.fgev")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_an_archive_of_another_log_is_not_the_one_recorded(archived: Engine, vault: Vault, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with new_engine(tmp_path / "other", clock=FixedClock()) as other:
        other.open_project("CRM", workflow="pme-light", title="CRM", by="requester")
        other.move("CRM", "cancel", by="business_owner", reason="No")
        archive(other, vault_for(other, tmp_path / "theirs"), tmp_path / "theirs.fgev", by="admin")

    assert [f.code for f in verified(archived, vault, tmp_path / "theirs.fgev").findings] == ["ARCHIVE_MISMATCH"]


def _unknown(*_: object) -> None:
    raise OutcomeUnknown(database="x")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_an_archive_that_was_never_recorded_is_not_the_one_recorded(
    flow: Engine, vault: Vault, closed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(archiving, "bury", _unknown)
        with pytest.raises(OutcomeUnknown):
            archive(flow, vault, closed)

    assert [f.code for f in verified(flow, vault, closed).findings] == ["ARCHIVE_MISMATCH"]


def test_the_program_that_an_archive_carries_finds_nothing_wrong_with_it(
    archived: Engine, vault: Vault, closed: Path
) -> None:
    assert archiving.checked(closed, str(vault.signer().key)) == only(archived, "log.archived").facts["file"]


# --- an archived project ------------------------------------------------------------------------------------------

ACTS: dict[str, Callable[[Engine], object]] = {
    "move": lambda flow: flow.move("CRM", "cancel", by="kbenali", reason="Encore"),
    "explain": lambda flow: flow.explain("CRM", "cancel", by="kbenali"),
    "approve": lambda flow: flow.approve("CRM", "deploy", by="kbenali"),
    "withdraw_approval": lambda flow: flow.withdraw_approval("CRM", "deploy", by="kbenali"),
    "add_evidence": lambda flow: flow.add_evidence("CRM", "charter", link="https://example.org", by="kbenali"),
    "grant_role": lambda flow: flow.grant_role("sponsor", "nroussel", project="CRM", by="htallec"),
    "add_exception": lambda flow: flow.add_exception(
        "CRM", rules=["procedure"], person="kbenali", until="2026-06-30", reason="r", compensating="c", by="htallec"
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_an_archived_project_refuses_every_act_with_one_sentence(archived: Engine, act: str) -> None:
    before = standing(archived)

    with pytest.raises(BadInput) as caught:
        ACTS[act](archived)

    said = "The records of CRM were moved to an archive; nothing can be added to it any more."
    assert (caught.value.reason, str(caught.value), standing(archived)) == ("project_archived", said, before)


QUESTIONS: dict[str, Callable[[Engine], object]] = {
    "history": lambda flow: flow.history("CRM"),
    "log": lambda flow: list(flow.log(project="CRM")),
    "prove": lambda flow: flow.prove("CRM", 1),
    "redact": lambda flow: flow.redact("CRM", 1, "title", reason="Un nom", by="htallec"),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_who_asks_for_archived_records_is_told_where_they_are(archived: Engine, question: str) -> None:
    with pytest.raises(NotFound) as caught:
        QUESTIONS[question](archived)

    where = archived.project("CRM").archived
    assert (caught.value.reason, caught.value.data) == ("archived", {"name": "CRM", "record": where})


def test_an_archived_project_is_still_shown_as_it_stood(archived: Engine) -> None:
    project = archived.project("CRM")

    assert (project.title, project.state.id, project.objective, archived.transitions("CRM")) == (
        "Projet CRM",
        "cancelled",
        "Vendre",
        (),
    )


def test_nothing_waits_on_an_archived_project(archived: Engine) -> None:
    assert {item.project for item in archived.todo()} == {"PAY"}


def test_the_key_of_an_archived_project_stays_taken(archived: Engine) -> None:
    with pytest.raises(BadInput, match="taken"):
        archived.open_project("CRM", workflow="pme-light", title="Encore", by="ebihan")


@pytest.mark.parametrize("format", report.FORMATS)
def test_the_audit_report_is_still_written(archived: Engine, format: report.Format) -> None:
    out = StringIO()

    verdict = report.write(
        archived, start=date(2026, 1, 1), until=date(2026, 12, 31), format=format, stream=out, table="heads"
    )

    assert (verdict.holds, "PAY" in out.getvalue()) == (True, True)


@pytest.mark.parametrize(("field", "left"), [("title", ("", "Vendre")), ("objective", ("Projet CRM", None))])
def test_a_text_kept_for_an_archived_project_can_be_redacted(
    archived: Engine, vault: Vault, closed: Path, field: str, left: tuple[str, str | None]
) -> None:
    where = archived.project("CRM").archived
    assert where is not None

    archived.redact(None, where, field, reason="Un nom", by="htallec")

    project, verdict = archived.project("CRM"), verified(archived, vault, closed)
    assert ((project.title, project.objective), verdict.holds, verdict.redacted) == (left, True, 1)
    assert archived.project("ERP").title == "Projet ERP"


def test_a_text_redacted_before_is_not_in_the_archive(flow: Engine, vault: Vault, closed: Path) -> None:
    flow.redact("CRM", 1, "title", reason="Un nom", by="htallec")

    archive(flow, vault, closed)

    with bundle.opened(closed) as opened:
        disclosed = {beside.value for beside in opened.texts()}
    assert ("Projet CRM" in disclosed, "Projet ERP" in disclosed) == (False, True)
    assert verified(flow, vault, closed).holds


def test_a_person_can_be_erased_after_having_acted_on_an_archived_project(
    archived: Engine, vault: Vault, closed: Path
) -> None:
    archived.erase_person("ebihan", reason="Demandé", by="htallec")

    assert verified(archived, vault, closed).holds


# --- evidence and exports -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_kept_copies_of_evidence_go_into_the_archive_if_asked(
    flow: Engine, vault: Vault, closed: Path, tmp_path: Path
) -> None:
    hashes = _stored_on_vpn(flow, tmp_path)

    archive(flow, vault, closed, until="2026-02-02", store=tmp_path / "store")

    with bundle.opened(closed) as opened:
        assert list(opened.evidence()) == hashes
    assert verified(flow, vault, closed).holds


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_without_a_kept_copy_nothing_is_archived_with_evidence(
    flow: Engine, vault: Vault, closed: Path, tmp_path: Path
) -> None:
    (digest,) = _stored_on_vpn(flow, tmp_path)
    next((tmp_path / "store").rglob(f"*{digest[2:]}*")).unlink()

    with pytest.raises(BadInput) as caught:
        archive(flow, vault, closed, until="2026-02-02", store=tmp_path / "store")

    assert (caught.value.reason, standing(flow)[1], closed.exists()) == ("evidence_gone", [], False)


def _stored_on_vpn(flow: Engine, folder: Path) -> list[str]:
    """A project that ended, with a document of which a copy is kept; the document's hash."""
    note = folder / "note.txt"
    note.write_text("Note d'architecture", encoding="utf-8")
    flow.open_project("VPN", workflow="pme-light", title="VPN", by="ebihan")
    flow.add_evidence("VPN", "solution_note", file=note, store=folder / "store", by="ebihan")
    flow.move("VPN", "cancel", by="kbenali", reason="Fini")
    return [sha256(note.read_bytes()).hexdigest()]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_an_archive_names_nobody(archived: Engine, closed: Path) -> None:
    with bundle.opened(closed) as opened:
        assert {beside.field for beside in opened.texts()} & bundle.IDENTITY == set()


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_the_whole_log_cannot_be_exported_any_more_but_single_projects_can(archived: Engine, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="were moved to archives") as caught:
        archived.export(tmp_path / "all.fgev")
    manifest = archived.export(tmp_path / "pay.fgev", project="PAY")

    assert (caught.value.reason, (tmp_path / "all.fgev").exists(), manifest.scope) == (
        "archived_records",
        False,
        "project",
    )


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_an_archived_project_cannot_be_exported(archived: Engine, tmp_path: Path) -> None:
    with pytest.raises(FlowgovError) as caught:
        archived.export(tmp_path / "crm.fgev", project="CRM")

    assert (caught.value.reason, (tmp_path / "crm.fgev").exists()) == ("project_archived", False)


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_second_archive_with_nothing_left_says_so(archived: Engine, vault: Vault, tmp_path: Path, lang: Any) -> None:
    with pytest.raises(NotFound) as caught:
        archive(archived, vault, tmp_path / "again.fgev")

    assert re.search(r"archiv", caught.value.message(lang))
