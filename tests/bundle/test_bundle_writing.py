"""What is written into a bundle, and what is read back from one."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from tests.bundle.checking import Files, agreed, altered, packed, said, taken_apart
from tests.bundle.logs import MADE, PAPER, Log, signer

from flowgov.audit import bundle as bundles
from flowgov.audit import offline
from flowgov.audit.bundle import Beside, Contents, Entry, opened, write
from flowgov.audit.hashing import leaf_digest
from flowgov.audit.note import Checkpoint, Note
from flowgov.audit.proof import Frontier
from flowgov.errors import AuditBroken, BadInput, FlowgovError

# --- writing ---------------------------------------------------------------------------------------------------


def test_the_same_contents_give_the_same_bytes(log: Log) -> None:
    assert log.bundle("project") == log.bundle("project")


def test_the_files_are_in_their_order_and_of_no_day(whole: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        entries = archive.infolist()

    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert [entry.filename.partition("/")[0] for entry in entries] == [
        "README.txt",
        "verify.py",
        "checkpoint",
        "checkpoints",
        "checkpoints",
        "checkpoints",
        "records.jsonl",
        "texts.jsonl",
        "workflows",
        "evidence",
        "anchors",
        "manifest.json",
    ]


def test_the_verifier_in_a_bundle_is_the_one_that_is_tested(whole: bytes) -> None:
    assert taken_apart(whole)["verify.py"] == Path(offline.__file__).read_bytes()


def test_the_readme_speaks_both_languages(whole: bytes, log: Log) -> None:
    readme = taken_apart(whole)["README.txt"].decode()

    assert ("EVIDENCE BUNDLE" in readme, "DOSSIER DE PREUVES" in readme) == (True, True)
    assert readme.count(log.origin) == 2


def test_a_bundle_is_written_where_one_cannot_seek(log: Log, place: Path) -> None:
    class Pipe(io.RawIOBase):
        written = b""

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            Pipe.written += bytes(data)  # type: ignore[call-overload]  # a buffer
            return len(bytes(data))  # type: ignore[call-overload]  # as above

    write(Pipe(), log.contents("project"))  # type: ignore[arg-type]  # as good as a BinaryIO

    assert agreed(place, Pipe.written).exit == 0


def test_identities_go_in_only_if_asked_for(log: Log) -> None:
    written = taken_apart(log.bundle(identities=False))["texts.jsonl"].decode()

    assert {json.loads(line)["field"] for line in written.splitlines()} & bundles.IDENTITY == set()
    assert ("title" in written, "kbenali" in written, "business_owner" in written) == (True, False, False)


def test_evidence_that_is_another_by_now_is_not_exported(log: Log, tmp_path: Path) -> None:
    changed = tmp_path / "paper.txt"
    changed.write_bytes(PAPER + b"!")

    with pytest.raises(AuditBroken) as caught:
        log.bundle(evidence={sha256(PAPER).hexdigest(): changed})

    assert caught.value.reason == "evidence"


@pytest.mark.parametrize(
    "entries",
    [
        lambda found: found[:-1],
        lambda found: [found[0], *found],
        lambda found: [*found[:3], *found[4:]],
        lambda found: [*found, Entry(len(found), b"{}")],
    ],
    ids=["too few", "twice", "one left out", "too many"],
)
def test_a_whole_log_that_is_not_whole_is_a_bug(log: Log, entries: object) -> None:
    contents = log.contents()
    wrong = replace(contents, entries=entries(list(contents.entries)))  # type: ignore[operator]  # a lambda

    with pytest.raises(AssertionError):
        write(io.BytesIO(), wrong)


COUNT = 1_500
PADDING = "x" * 25_000


def many(origin: str, key: str) -> Iterator[Entry]:
    """A long chain, made as it is asked for."""
    head, former = "", {"event": "role.revoked", "actor": "u1", "log": origin, "stream": "org", "v": "flowgov.audit/1"}
    for idx in range(COUNT):
        event = {"event": "key.registered", "key": key} if idx == 0 else {"event": "role.revoked"}
        place = {"seq": idx + 1, "prev": head, "ts": MADE, "padding": PADDING}
        body = json.dumps({**former, **event, **place}, sort_keys=True, separators=(",", ":")).encode()
        head = leaf_digest(body).hex()
        yield Entry(idx, body, texts=[Beside("org", idx + 1, "reason", b"\0" * 32, PADDING)])


def test_memory_does_not_grow_with_the_records(place: Path) -> None:
    """75 MB of records and texts go through; what stays in memory is a fraction of it, for writer and verifier."""
    key = signer("flowgov/0123456789abcdef")
    frontier = Frontier()
    for entry in many(key.name, str(key.key)):
        frontier.push(leaf_digest(entry.body))
    text = Checkpoint(key.name, COUNT, frontier.root()).text()
    note = str(Note(text, (key.sign(text),)))
    contents = Contents(key.name, "log", MADE, [note], many(key.name, str(key.key)))

    tracemalloc.start()
    with place.open("wb") as file:
        write(file, contents)
    written = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    code = offline.main([str(place), "--json"])
    checked = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (written < 24_000_000, checked < 8_000_000) == (True, True), (written, checked)
    assert code == 1  # the texts stand beside records that do not know them


# --- reading ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["log", "project", "archive"])
def test_a_bundle_is_read_back_as_it_was_written(log: Log, place: Path, paper: dict[str, Path], scope: str) -> None:
    contents = log.contents(scope, evidence=paper, anchors={"a.tsr": b"token"})  # type: ignore[arg-type]  # a scope
    entries, steps = list(contents.entries), list(contents.steps)
    contents = replace(contents, entries=entries, steps=steps)
    with place.open("wb") as file:
        manifest = write(file, contents)

    with opened(place) as bundle:
        assert bundle.manifest == manifest
        assert [*bundle.notes()] == [*contents.notes]
        assert bundle.checkpoint() == contents.notes[-1]
        assert [(one.idx, one.body) for one in bundle.records()] == [(one.idx, one.body) for one in entries]
        assert [one.path for one in bundle.records()] == [() if scope == "log" else list(one.path) for one in entries]
        assert [*bundle.steps()] == ([] if scope == "log" else steps)
        assert sorted(bundle.texts()) == sorted(text for one in entries for text in one.texts)
        assert dict(bundle.workflows()) == {sha256(body).hexdigest(): body for body in log.workflows}
        assert dict(bundle.anchors()) == {"a.tsr": b"token"}
        assert [*bundle.evidence()] == [*paper]


def test_a_document_is_read_back(whole: bytes, place: Path) -> None:
    place.write_bytes(whole)
    target = io.BytesIO()

    with opened(place) as bundle:
        bundle.copy_evidence(next(bundle.evidence()), target)

    assert target.getvalue() == PAPER


def everything(place: Path) -> None:
    """Read all there is."""
    with opened(place) as bundle:
        for part in (bundle.notes, bundle.records, bundle.steps, bundle.texts, bundle.workflows, bundle.anchors):
            list(part())
        bundle.checkpoint()
        for one in bundle.evidence():
            bundle.copy_evidence(one, io.BytesIO())


def refused(place: Path, bundle: bytes) -> FlowgovError:
    place.write_bytes(bundle)
    with pytest.raises((BadInput, AuditBroken)) as caught:
        everything(place)
    assert caught.value.message("fr")
    assert caught.value.hint("fr")
    return caught.value


def test_a_file_that_was_changed_is_told_when_its_end_is_reached(one_project: bytes, place: Path) -> None:
    files = taken_apart(one_project)
    reasons = {
        name: refused(place, packed({**files, name: data + b"\n"}, with_manifest=False)).reason
        for name, data in files.items()
        if name not in {"README.txt", "verify.py", "manifest.json"}
    }

    assert set(reasons.values()) == {"bundle_file"}


@pytest.mark.parametrize("name", ["../../etc/cron.d/job", "/etc/passwd", "anchors/..", "evidence/x", "texts.jsonl "])
def test_t18_path_traversal_a_name_that_leads_elsewhere_is_refused(whole: bytes, place: Path, name: str) -> None:
    error = refused(place, altered(whole, lambda files: files.update({name: b""})))

    assert (error.reason, error.data["name"]) == ("bundle_name", name)


def test_a_name_that_occurs_twice_is_refused(whole: bytes, place: Path) -> None:
    file = io.BytesIO(whole)
    with zipfile.ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(zipfile.ZipInfo("texts.jsonl"), b"")

    assert refused(place, file.getvalue()).reason == "bundle_name"


def test_a_bomb_is_refused(whole: bytes, place: Path) -> None:
    at = whole.rindex(b"texts.jsonl") - 46
    error = refused(place, whole[: at + 24] + b"\xff\xff\xff\xfe" + whole[at + 28 :])

    assert error.reason == "bundle_too_large"


def without_a_file(files: Files) -> None:
    del files["proofs.jsonl"]


def with_half_a_proof(files: Files) -> None:
    files["proofs.jsonl"] = b'{"idx":0}\n'


def with_a_proof_too_few(files: Files) -> None:
    files["proofs.jsonl"] = b"\n".join(files["proofs.jsonl"].split(b"\n")[:-2]) + b"\n"


def with_a_text_of_another_shape(files: Files) -> None:
    files["texts.jsonl"] = b'{"field":"name"}\n'


def with_an_endless_line(files: Files) -> None:
    files["texts.jsonl"] = b"x" * (2**20 + 1)


@pytest.mark.parametrize(
    "change",
    [without_a_file, with_half_a_proof, with_a_proof_too_few, with_a_text_of_another_shape, with_an_endless_line],
)
def test_what_cannot_be_understood_is_told(one_project: bytes, place: Path, change: object) -> None:
    assert refused(place, altered(one_project, change)).reason == "bundle_file"  # type: ignore[arg-type]  # a change


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"v":"flowgov.bundle/2"}', b"\xff"])
def test_a_manifest_of_another_kind_is_told(whole: bytes, place: Path, body: bytes) -> None:
    files = {**taken_apart(whole), "manifest.json": body}

    assert refused(place, packed(files, with_manifest=False)).reason in {"bundle_version", "bundle_unreadable"}


@pytest.mark.parametrize("kept", [0, 10, 5_000])
def test_what_is_no_bundle_is_told(whole: bytes, place: Path, kept: int) -> None:
    assert refused(place, whole[:kept]).reason == "bundle_unreadable"


def test_what_goes_wrong_in_the_callers_code_stays_the_callers(whole: bytes, place: Path) -> None:
    place.write_bytes(whole)

    with pytest.raises(OSError, match="disk full"), opened(place):
        raise OSError("disk full")


# --- the program in the bundle ---------------------------------------------------------------------------------


def run(folder: Path, bundle: bytes, *options: str, isolated: bool = False, path: str | None = None) -> tuple[int, str]:
    """Unpack the verifier from the bundle and run it, as an auditor would; *isolated* is without other packages."""
    (folder / "evidence.fgev").write_bytes(bundle)
    (folder / "verify.py").write_bytes(taken_apart(bundle)["verify.py"])
    flags = ["-I", "-S"] if isolated else ["-I"]
    environment = None if path is None else {"PATH": path}
    command = [sys.executable, *flags, "verify.py", "evidence.fgev", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_an_auditor_is_told_what_was_checked_and_what_was_not(whole: bytes, log: Log, tmp_path: Path) -> None:
    code, told = run(tmp_path, whole, "--key", str(log.key.key))

    assert code == 0
    assert "27 records" in told
    assert "Level L2: sealed by a key you named." in told
    assert "- that the rules were kept, which are not replayed here" in told


def test_openssl_will_do_for_signatures(whole: bytes, log: Log, tmp_path: Path) -> None:
    good, _ = run(tmp_path, whole, "--key", str(log.key.key), isolated=True)
    forged = log.copy()
    forged.notes[0] = forged.notes[0][:-8] + "AAAA" + forged.notes[0][-4:]
    bad, told = run(tmp_path, forged.bundle(), isolated=True)

    assert (good, bad, "CHECKPOINT_INVALID checkpoint 22" in told) == (0, 1, True)


def test_signatures_that_nothing_can_check_are_never_taken_for_good(whole: bytes, tmp_path: Path) -> None:
    code, told = run(tmp_path, whole, isolated=True, path=str(tmp_path))

    assert (code, "SIGNATURES_UNCHECKED" in told, "Level L0" in told) == (2, True, True)


def test_a_finding_counts_more_than_what_could_not_be_checked(whole: bytes, tmp_path: Path) -> None:
    def change(files: Files) -> None:
        files["texts.jsonl"] = files["texts.jsonl"].replace(b"Projet CRM", b"Projet DRM")

    code, _ = run(tmp_path, altered(whole, change), isolated=True, path=str(tmp_path))

    assert code == 1


def test_t27_terminal_injection_a_bundle_does_not_write_to_the_terminal_what_it_likes(
    whole: bytes, tmp_path: Path
) -> None:
    bundle = altered(whole, lambda files: files.update({"\x1b[2Jforged": b""}))

    _, told = run(tmp_path, bundle)

    assert ("\x1b" in told, "?[2Jforged" in told) == (False, True)


def test_the_verifier_is_small_enough_to_be_read() -> None:
    lines = Path(offline.__file__).read_text(encoding="utf-8").splitlines()

    assert (len(lines) < 300, max(map(len, lines)) <= 120) == (True, True)


def test_the_verifier_imports_nothing_but_the_standard_library() -> None:
    import ast

    tree = ast.parse(Path(offline.__file__).read_text(encoding="utf-8"), feature_version=(3, 9))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    foreign = {name for name in names if name.partition(".")[0] not in sys.stdlib_module_names}
    assert {name.partition(".")[0] for name in foreign} == {"cryptography"}


def test_json_and_text_tell_the_same(whole: bytes, place: Path) -> None:
    verdict = said(place, altered(whole, lambda files: files.update({"x": b""})))

    assert (verdict.exit, verdict.level, len(verdict.findings)) == (1, "L0", 1)
