"""Evidence bundles: written from the database, and checked by the program inside them, without flowgov."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.walks.closing import archive

from flowgov import AuditBroken, BadInput, Engine, FlowgovError, NotFound
from flowgov.anchors.vault import Vault
from flowgov.audit.bundle import IDENTITY
from flowgov.audit.signing import Signer
from flowgov.testing import seeded

PYTHON = getattr(sys, "_base_executable", sys.executable)
"""Python as the system has it, without the packages that flowgov needs."""
NAMES = ("Erwan Bihan", "Karim Benali", "kbenali")


class Said(NamedTuple):
    """What the program inside a bundle answered."""

    code: int
    level: str
    codes: list[str]
    checked: dict[str, int]


def check(path: Path, *keys: str) -> Said:
    """Take the program out of a bundle and run it with nothing of flowgov in reach."""
    program = path.with_suffix(".py")
    with zipfile.ZipFile(path) as bundle:
        program.write_bytes(bundle.read("verify.py"))
    words = [PYTHON, "-I", str(program), str(path), *(word for key in keys for word in ("--key", key)), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=path.parent)
    assert done.stdout, done.stderr
    said = json.loads(done.stdout)
    return Said(done.returncode, said["level"][:2], [f["code"] for f in said["findings"]], said["checked"])


def key_of(vault: Vault) -> str:
    """The verifier key, as somebody who trusts it would have written it down."""
    return str(vault.signer().key)


def content(path: Path) -> bytes:
    """Everything in a bundle, one file after the other."""
    with zipfile.ZipFile(path) as bundle:
        return b"\n".join(bundle.read(name) for name in bundle.namelist())


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.fgev"


def test_the_program_runs_where_flowgov_is_not(tmp_path: Path) -> None:
    done = subprocess.run([PYTHON, "-I", "-c", "import flowgov"], capture_output=True, check=False, cwd=tmp_path)

    assert done.returncode == 1


# --- what is in a bundle ------------------------------------------------------------------------------------------


def test_the_whole_log_is_checked_by_the_program_inside(flow: Engine, vault: Vault, out: Path) -> None:
    manifest = flow.export(out, vault=vault)

    said = check(out, key_of(vault))
    records = len(list(flow.log()))
    assert (said.code, said.level, said.codes, said.checked["records"]) == (0, "L2", [], records)
    assert (manifest.scope, manifest.size) == ("log", records)


def test_one_project_is_checked_by_the_program_inside(flow: Engine, vault: Vault, out: Path) -> None:
    manifest = flow.export(out, project="ERP", vault=vault)

    said = check(out, key_of(vault))
    records = len(flow.history("ERP")) + len(list(flow.log(project="org")))
    assert (said.code, said.level, said.checked["records"]) == (0, "L2", records)
    assert manifest.scope == "project"


def test_of_other_projects_nothing_is_in_the_bundle_of_one(flow: Engine, vault: Vault, out: Path) -> None:
    flow.export(out, project="ERP", vault=vault)

    assert (b"Projet ERP" in content(out), b"Projet CRM" in content(out)) == (True, False)


def test_without_the_key_the_program_says_that_it_is_only_the_bundle_s_word(
    flow: Engine, vault: Vault, out: Path
) -> None:
    flow.export(out, vault=vault)

    assert check(out)[:2] == (0, "L1")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_another_key_is_a_finding(flow: Engine, vault: Vault, out: Path) -> None:
    flow.export(out, vault=vault)

    another = Signer.generate(flow.origin(), seeded(7))
    assert (check(out, str(another.key)).code, set(check(out, str(another.key)).codes)) == (1, {"KEY_UNAUTHORISED"})


def test_persons_are_pseudonyms_unless_asked(flow: Engine, vault: Vault, out: Path) -> None:
    flow.export(out, vault=vault)

    assert [name for name in NAMES if name.encode() in content(out)] == []


def test_identities_go_in_if_asked(flow: Engine, vault: Vault, out: Path) -> None:
    flow.export(out, vault=vault, identities=True)

    assert [name for name in NAMES if name.encode() in content(out)] == list(NAMES)
    assert check(out, key_of(vault)).code == 0


def test_what_was_redacted_is_not_in_it_and_counted_as_redacted(flow: Engine, vault: Vault, out: Path) -> None:
    flow.redact("ERP", 1, "title", reason="Un nom", by="htallec")

    flow.export(out, vault=vault, identities=True)

    said = check(out, key_of(vault))
    assert (b"Projet ERP" in content(out), said.code, said.checked["texts redacted"]) == (False, 0, 1)


def test_who_was_erased_is_not_in_it(flow: Engine, vault: Vault, out: Path) -> None:
    flow.erase_person("ebihan", reason="Demandé", by="htallec")

    flow.export(out, vault=vault, identities=True)

    said = check(out, key_of(vault))
    assert (b"Erwan Bihan" in content(out), said.code, said.checked["texts redacted"]) == (False, 0, 2)


@pytest.mark.parametrize("project", [None, "VPN"])
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_evidence_goes_in_if_asked(flow: Engine, vault: Vault, out: Path, tmp_path: Path, project: str | None) -> None:
    digest = _with_a_document(flow, tmp_path)

    flow.export(out, project=project, vault=vault, store=tmp_path / "store")

    with zipfile.ZipFile(out) as bundle:
        assert bundle.read(f"evidence/{digest}") == b"Note d'architecture"
    assert check(out, key_of(vault)).code == 0


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_evidence_of_another_project_does_not(flow: Engine, vault: Vault, out: Path, tmp_path: Path) -> None:
    _with_a_document(flow, tmp_path)

    flow.export(out, project="ERP", vault=vault, store=tmp_path / "store")

    with zipfile.ZipFile(out) as bundle:
        assert [name for name in bundle.namelist() if name.startswith("evidence/")] == []


def _with_a_document(flow: Engine, folder: Path) -> str:
    """Put a document, of which a copy is kept, on a project; its hash."""
    note = folder / "note.txt"
    note.write_text("Note d'architecture", encoding="utf-8")
    flow.open_project("VPN", workflow="pme-light", title="VPN", by="ebihan")
    flow.add_evidence("VPN", "solution_note", file=note, store=folder / "store", by="ebihan")
    return sha256(note.read_bytes()).hexdigest()


# --- keys and checkpoints -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("project", [None, "ERP"])
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_who_kept_the_first_key_can_check_a_bundle_after_its_rotation(
    flow: Engine, vault: Vault, out: Path, project: str | None
) -> None:
    first = key_of(vault)
    flow.checkpoint(vault)
    flow.rotate_key(vault, Signer.generate(flow.origin(), seeded(2)), reason="Chaque année", by="htallec")

    flow.export(out, project=project, vault=vault)

    assert [check(out, key)[:2] for key in (first, key_of(vault))] == [(0, "L2"), (0, "L2")]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_who_kept_a_stolen_key_is_told(flow: Engine, vault: Vault, out: Path) -> None:
    first = key_of(vault)
    flow.checkpoint(vault)
    new = Signer.generate(flow.origin(), seeded(2))
    flow.replace_key(vault, new, cause="stolen", reason="Cambriolage", by="htallec")

    flow.export(out, vault=vault)

    assert [(check(out, key).code, check(out, key).codes[:1]) for key in (first, key_of(vault))] == [
        (1, ["KEY_UNAUTHORISED"]),
        (0, []),
    ]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_without_a_vault_the_newest_checkpoint_is_what_counts(flow: Engine, vault: Vault, out: Path) -> None:
    size = flow.checkpoint(vault).size
    flow.open_project("VPN", workflow="pme-light", title="VPN", by="ebihan")

    manifest = flow.export(out)

    assert (manifest.size, check(out, key_of(vault)).code, len(list(flow.log()))) == (size, 0, size + 1)


def test_an_archive_is_checked_by_the_program_inside(flow: Engine, vault: Vault, out: Path) -> None:
    archive(flow, vault, out)

    assert check(out, key_of(vault))[:3] == (0, "L2", [])


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_project_that_stayed_is_exported_after_an_archive(
    flow: Engine, vault: Vault, out: Path, tmp_path: Path
) -> None:
    archive(flow, vault, tmp_path / "closed.fgev")

    flow.export(out, project="PAY", vault=vault)

    assert check(out, key_of(vault)).code == 0


# --- what cannot be written ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_without_a_checkpoint_there_is_nothing_to_export(flow: Engine, out: Path) -> None:
    with pytest.raises(NotFound, match="flowgov audit checkpoint"):
        flow.export(out)

    assert list(out.parent.glob("*out*")) == []


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_an_unknown_project_is_suggested(flow: Engine, vault: Vault, out: Path) -> None:
    with pytest.raises(NotFound, match="CRM"):
        flow.export(out, project="CRN", vault=vault)

    assert not out.exists()


def _no_copy(store: Path) -> None:
    for path in store.rglob("*"):
        if path.is_file():
            path.unlink()


def _another_copy(store: Path) -> None:
    for path in store.rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_text("Autre chose", encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "kind", "reason"), [(_no_copy, BadInput, "evidence_gone"), (_another_copy, AuditBroken, "evidence")]
)
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_evidence_that_is_not_what_was_recorded_is_not_exported(
    flow: Engine,
    vault: Vault,
    out: Path,
    tmp_path: Path,
    spoil: Callable[[Path], None],
    kind: type[FlowgovError],
    reason: str,
) -> None:
    _with_a_document(flow, tmp_path)
    spoil(tmp_path / "store")

    with pytest.raises(kind) as caught:
        flow.export(out, vault=vault, store=tmp_path / "store")

    assert (caught.value.reason, out.exists(), list(tmp_path.glob(".flowgov-*"))) == (reason, False, [])


@pytest.mark.parametrize("where", ["no/such/folder/out.fgev", "."])
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_bundle_that_cannot_be_written_leaves_nothing(flow: Engine, vault: Vault, tmp_path: Path, where: str) -> None:
    with pytest.raises(BadInput):
        flow.export(tmp_path / where, vault=vault)

    assert list(tmp_path.glob("**/*.part")) == []


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_what_fails_on_the_way_leaves_the_former_bundle(
    flow: Engine, vault: Vault, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow.export(out, vault=vault)
    before = out.read_bytes()
    monkeypatch.setattr("flowgov.acts.exporting.steps", _crash)

    with pytest.raises(ZeroDivisionError):
        flow.export(out, project="ERP")

    assert (out.read_bytes() == before, list(out.parent.glob(".flowgov-*"))) == (True, [])


def _crash(*_: object) -> Any:
    raise ZeroDivisionError


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_the_same_moment_gives_the_same_bytes(flow: Engine, vault: Vault, out: Path, tmp_path: Path) -> None:
    flow.export(out, vault=vault)
    flow.export(tmp_path / "again.fgev", vault=vault)

    assert out.read_bytes() == (tmp_path / "again.fgev").read_bytes()


def test_every_name_is_left_out_by_the_fields_that_tell_who_somebody_is() -> None:
    assert {"login", "name", "email", "os_user"} == IDENTITY
