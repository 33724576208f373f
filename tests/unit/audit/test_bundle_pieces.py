"""A bundle of two records, written and read back; what is wrong with one is told before it is believed."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from flowgov.audit import bundle as bundles
from flowgov.audit.bundle import Beside, Bundle, Contents, Entry, File, Manifest, Scope, Step, opened, write
from flowgov.audit.hashing import leaf_digest, node_hash
from flowgov.audit.note import Checkpoint, Note, Signature
from flowgov.canonical import canonical
from flowgov.errors import AuditBroken, BadInput, FlowgovError

LOG, MADE = "flowgov/0123456789abcdef", "2026-01-05T09:00:00.000000Z"
BODIES = (b'{"seq":1}', b'{"seq":2}')
LEAVES = [leaf_digest(body) for body in BODIES]
PAPER = b"A paper"
DIGEST = sha256(PAPER).hexdigest()
WORKFLOW = b'{"id":"small"}'
Change = Callable[[dict[str, Any]], object]


def note(size: int) -> str:
    root = LEAVES[0] if size == 1 else node_hash(*LEAVES)
    return str(Note(Checkpoint(LOG, size, root).text(), (Signature(LOG, b"keys", b"x" * 64),)))


def text(seq: int, field: str) -> Beside:
    return Beside("org", seq, field, b"s" * 32, f"a {field}")


ENTRIES = (
    Entry(0, BODIES[0], LEAVES[1:], (text(1, "reason"), text(1, "name"), text(1, "comment"))),
    Entry(1, BODIES[1], LEAVES[:1]),
)


def contents(scope: Scope = "project", **changes: Any) -> Contents:
    given: dict[str, Any] = {"entries": ENTRIES, "workflows": [WORKFLOW, WORKFLOW], "notes": [note(1), note(2)]}
    given |= {"steps": [Step(1, 2, LEAVES[1:])], "anchors": {"000000000002.tsr": b"a token"}}
    return Contents(log=LOG, scope=scope, made=MADE, **{**given, **changes})


def written(scope: Scope = "project", **changes: Any) -> bytes:
    file = io.BytesIO()
    write(file, contents(scope, **changes))
    return file.getvalue()


@pytest.fixture
def paper(tmp_path: Path) -> Mapping[str, Path]:
    """A document, by its hash."""
    path = tmp_path / "paper.txt"
    path.write_bytes(PAPER)
    return {DIGEST: path}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "test.fgev"


def everything(bundle: Bundle) -> dict[str, Any]:
    """All that can be read from a bundle."""
    documents = {}
    for name in bundle.evidence():
        file = io.BytesIO()
        bundle.copy_evidence(name, file)
        documents[name] = file.getvalue()
    return {
        "checkpoint": bundle.checkpoint(),
        "notes": [*bundle.notes()],
        "records": [*bundle.records()],
        "steps": [*bundle.steps()],
        "texts": [*bundle.texts()],
        "workflows": [*bundle.workflows()],
        "anchors": [*bundle.anchors()],
        "evidence": documents,
    }


# --- what is written is read back -----------------------------------------------------------------------------------


def test_a_part_of_a_log_is_read_back_with_its_proofs(place: Path, paper: Mapping[str, Path]) -> None:
    place.write_bytes(written(evidence=paper))

    with opened(place) as bundle:
        found = everything(bundle)

    assert found == {
        "checkpoint": note(2),
        "notes": [note(1), note(2)],
        "records": [Entry(0, BODIES[0], LEAVES[1:]), Entry(1, BODIES[1], LEAVES[:1])],
        "steps": [Step(1, 2, LEAVES[1:])],
        "texts": [text(1, "comment"), text(1, "reason")],
        "workflows": [(sha256(WORKFLOW).hexdigest(), WORKFLOW)],
        "anchors": [("000000000002.tsr", b"a token")],
        "evidence": {DIGEST: PAPER},
    }


def test_a_whole_log_needs_no_proofs(place: Path) -> None:
    place.write_bytes(written("log", steps=()))

    with opened(place) as bundle:
        found = everything(bundle)

    assert (found["records"], found["steps"]) == ([Entry(0, BODIES[0]), Entry(1, BODIES[1])], [])


def test_a_bundle_says_what_it_is(place: Path) -> None:
    place.write_bytes(written("archive"))

    with opened(place) as bundle:
        said = bundle.manifest

    assert (said.log, said.scope, said.size, said.made) == (LOG, "archive", 2, MADE)
    assert said.files["checkpoint"] == File(sha256(note(2).encode()).hexdigest(), len(note(2).encode()))
    assert "manifest.json" not in said.files


def test_who_somebody_is_goes_in_only_if_asked_for(place: Path) -> None:
    place.write_bytes(written(identities=True))

    with opened(place) as bundle:
        assert [beside.field for beside in bundle.texts()] == ["comment", "name", "reason"]


def test_the_names_of_evidence_are_in_order(place: Path, tmp_path: Path) -> None:
    papers = {}
    for number in range(5):
        path = tmp_path / str(number)
        path.write_bytes(b"%d" % number)
        papers[sha256(b"%d" % number).hexdigest()] = path
    place.write_bytes(written(evidence=papers))

    with opened(place) as bundle:
        assert [*bundle.evidence()] == sorted(papers)


# --- a bug in whoever writes ------------------------------------------------------------------------------------------

BUGS: dict[str, tuple[Scope, dict[str, Any]]] = {
    "a record twice": ("project", {"entries": [ENTRIES[0], ENTRIES[0]]}),
    "records in another order": ("project", {"entries": ENTRIES[::-1]}),
    "a record that is not covered": ("project", {"entries": [Entry(2, b"{}")]}),
    "a record left out": ("log", {"entries": ENTRIES[1:]}),
    "the last record left out": ("log", {"entries": ENTRIES[:1]}),
    "notes in another order": ("project", {"notes": [note(2), note(1)]}),
    "the same note twice": ("project", {"notes": [note(2), note(2)]}),
    "an anchor in a folder of its own": ("project", {"anchors": {"a/b": b""}}),
}


@pytest.mark.parametrize("bug", BUGS)
def test_contents_that_cannot_be_are_a_bug(bug: str) -> None:
    scope, changes = BUGS[bug]

    with pytest.raises(AssertionError):
        written(scope, **changes)


def test_a_document_that_is_another_by_now_is_not_written(paper: Mapping[str, Path]) -> None:
    paper[DIGEST].write_bytes(b"Another paper")

    with pytest.raises(AuditBroken) as caught:
        written(evidence=paper)

    assert (caught.value.reason, caught.value.data["sha256"]) == ("evidence", DIGEST)


# --- what is no bundle ------------------------------------------------------------------------------------------------


def taken_apart(bundle: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def refitted(**changed: bytes) -> bytes:
    """A bundle with other files, and a manifest that fits them; a word for a file without its ending."""
    files = taken_apart(written())
    files |= {next(name for name in files if name.startswith(word)): data for word, data in changed.items()}
    fitting = {n: {"sha256": sha256(d).hexdigest(), "size": len(d)} for n, d in files.items() if n != "manifest.json"}
    manifest = {**json.loads(files["manifest.json"]), "files": fitting}
    return packed({**files, "manifest.json": canonical(manifest)})


def with_manifest(change: Change) -> bytes:
    files = taken_apart(written())
    manifest = json.loads(files["manifest.json"])
    change(manifest)
    return packed({**files, "manifest.json": json.dumps(manifest).encode()})


def refused(place: Path, bundle: bytes) -> FlowgovError:
    place.write_bytes(bundle)
    with pytest.raises((BadInput, AuditBroken)) as caught, opened(place) as found:
        everything(found)
    return caught.value


def encrypted() -> bytes:
    """A bundle in which a file claims to be encrypted, in the directory that is read."""
    bundle = bytearray(written())
    bundle[bundle.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(bundle)


@pytest.mark.parametrize(
    "bundle",
    [
        b"",
        written()[:-30],
        encrypted(),
        packed(taken_apart(written()), zipfile.ZIP_LZMA),
        packed({name: data for name, data in taken_apart(written()).items() if name != "manifest.json"}),
        packed({**taken_apart(written()), "manifest.json": b"{"}),
        with_manifest(lambda manifest: manifest.pop("size")),
        with_manifest(lambda manifest: manifest.update(more=1)),
        with_manifest(lambda manifest: manifest.pop("files")),
        with_manifest(lambda manifest: manifest.update(files=[])),
        with_manifest(lambda manifest: manifest["files"].update(x={"size": 1})),
        with_manifest(lambda manifest: manifest["files"].update(x=1)),
    ],
    ids=[
        "nothing",
        "cut",
        "encrypted",
        "another compression",
        "no manifest",
        "half a manifest",
        "no size",
        "something more",
        "no files",
        "files in no order",
        "a file without a hash",
        "a file that is a number",
    ],
)
def test_what_is_no_bundle_cannot_be_read(place: Path, bundle: bytes) -> None:
    error = refused(place, bundle)

    assert (type(error), error.reason) == (BadInput, "bundle_unreadable")


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: manifest.pop("v"),
        lambda manifest: manifest.update(v="flowgov.bundle/99"),
        lambda manifest: manifest.update(scope="everything"),
        lambda manifest: manifest.pop("scope"),
    ],
)
def test_a_bundle_of_another_version_or_scope_is_refused(
    place: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    assert refused(place, with_manifest(change)).reason == "bundle_version"


def test_a_manifest_that_is_no_object_is_of_no_version(place: Path) -> None:
    assert refused(place, packed({"manifest.json": b"[]"})).reason == "bundle_version"


@pytest.mark.parametrize("name", ["../x", "evidence/x", "records.json", "checkpoint\n", "anchors/.x"])
def test_a_file_that_a_bundle_has_no_place_for_is_refused(place: Path, name: str) -> None:
    error = refused(place, packed({**taken_apart(written()), name: b""}))

    assert (error.reason, error.data["name"]) == ("bundle_name", ascii(name)[1:-1])


def test_a_name_that_occurs_twice_is_refused(place: Path) -> None:
    file = io.BytesIO(written())
    with zipfile.ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("texts.jsonl", b"")

    assert refused(place, file.getvalue()).reason == "bundle_name"


def test_a_bomb_is_refused_before_it_is_unpacked(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "MOST_UNPACKED", 10)
    monkeypatch.setattr(bundles, "MOST_RATIO", 0)

    assert refused(place, written()).reason == "bundle_too_large"


def test_what_is_small_enough_is_no_bomb_however_well_it_packs(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked = sum(map(len, taken_apart(written()).values()))
    monkeypatch.setattr(bundles, "MOST_UNPACKED", unpacked)
    monkeypatch.setattr(bundles, "MOST_RATIO", 0)
    place.write_bytes(written())

    with opened(place) as bundle:
        assert everything(bundle)


def test_what_is_read_in_one_piece_is_not_too_large(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write_bytes(written())

    with opened(place) as bundle:
        monkeypatch.setattr(bundles, "LARGEST_FILE", len(note(2).encode()))
        assert bundle.checkpoint() == note(2)
        monkeypatch.setattr(bundles, "LARGEST_FILE", len(note(2).encode()) - 1)
        with pytest.raises(BadInput) as caught:
            bundle.checkpoint()

    assert (caught.value.reason, caught.value.data["size"]) == ("bundle_too_large", len(note(2).encode()))


# --- what is not what it says it is ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bundle",
    [
        packed({name: data for name, data in taken_apart(written()).items() if name != "proofs.jsonl"}),
        packed({**taken_apart(written()), "evidence/" + "0" * 64: b""}),
        with_manifest(lambda manifest: manifest["files"].pop("proofs.jsonl")),
        with_manifest(lambda manifest: manifest["files"].update({"evidence/" + "0" * 64: {"sha256": "", "size": 0}})),
        with_manifest(lambda manifest: manifest["files"]["records.jsonl"].update(size=1)),
        with_manifest(lambda manifest: manifest["files"]["checkpoint"].update(sha256="00")),
        packed({**taken_apart(written()), "texts.jsonl": b""}),
        refitted(records=BODIES[0]),
        refitted(records=BODIES[0] + b"\n"),
        refitted(proofs=b'{"idx":0,"path":[]}\n'),
        refitted(proofs=b'{"idx":0,"path":["!"]}\n' * 2),
        refitted(proofs=b"[" * 100_000 + b"\n"),
        refitted(consistency=b'{"old":1}\n'),
        refitted(texts=b'{"field":"name"}\n'),
        refitted(texts=b"{\n"),
        refitted(texts=b"x" * (2**20) + b"\n"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_told(place: Path, bundle: bytes) -> None:
    error = refused(place, bundle)

    assert (type(error), error.reason) == (AuditBroken, "bundle_file")


def test_a_line_of_a_megabyte_is_read(place: Path) -> None:
    longest = b"x" * (2**20 - 1)
    place.write_bytes(written(entries=[Entry(0, longest)]))

    with opened(place) as bundle:
        assert [entry.body for entry in bundle.records()] == [longest]


def test_whatever_is_read_first_the_manifest_is_read_once(place: Path) -> None:
    place.write_bytes(written())

    with opened(place) as bundle:
        assert isinstance(bundle.manifest, Manifest)
        assert everything(bundle) == everything(bundle)


def test_a_whole_log_must_have_no_proofs(place: Path) -> None:
    files = taken_apart(written("log", steps=()))

    with_proofs = packed({**files, "proofs.jsonl": b""})

    assert refused(place, with_proofs).reason == "bundle_file"
