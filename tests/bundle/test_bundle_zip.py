"""A bundle as a file: its ZIP, its manifest, its lines; both verifiers say the same."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.bundle.checking import (
    Files,
    agreed,
    altered,
    other_said,
    packed,
    said,
    swapped,
    taken_apart,
)

Change = Callable[[Files], object]


def extra_file(files: Files) -> None:
    files["evidence/readme.md"] = b""


def file_outside(files: Files) -> None:
    files["../../etc/cron.d/job"] = b""


def proofs_of_a_whole_log(files: Files) -> None:
    files["proofs.jsonl"] = b""


@pytest.mark.parametrize("change", [extra_file, file_outside, proofs_of_a_whole_log])
def test_a_file_that_a_bundle_has_no_place_for_is_found(whole: bytes, place: Path, change: Change) -> None:
    verdict = agreed(place, altered(whole, change))

    assert (verdict.exit, verdict.codes) == (1, {"MANIFEST_MISMATCH"})


@pytest.mark.parametrize("name", ["README.txt", "verify.py", "texts.jsonl", "anchors/000000000027.tsr", "checkpoint"])
def test_a_file_that_is_missing_or_another_is_found(whole: bytes, place: Path, name: str) -> None:
    files = taken_apart(whole)

    missing = agreed(place, packed({n: d for n, d in files.items() if n != name}, with_manifest=False))
    changed = agreed(place, packed({**files, name: files[name] + b"\n"}, with_manifest=False))

    assert ("MANIFEST_MISMATCH" in missing.codes, "MANIFEST_MISMATCH" in changed.codes) == (True, True)
    assert (missing.exit, changed.exit) == (1, 1)


@pytest.mark.parametrize(
    "edit",
    [
        lambda m: m.update(size=26),
        lambda m: m.update(log="flowgov/0000000000000000"),
        lambda m: m.update(scope="project"),
        lambda m: m["files"].pop("verify.py"),
        lambda m: m["files"].update({"extra": {"sha256": "", "size": 0}}),
        lambda m: m["files"]["records.jsonl"].update(size=1),
    ],
    ids=["size", "log", "scope", "a file less", "a file more", "a size"],
)
def test_an_edited_manifest_is_found(whole: bytes, place: Path, edit: Callable[[dict[str, object]], object]) -> None:
    files = taken_apart(whole)
    manifest = json.loads(files["manifest.json"])
    edit(manifest)
    files["manifest.json"] = swapped(b"{}", **manifest)

    assert agreed(place, packed(files, with_manifest=False)).exit == 1


@pytest.mark.parametrize(
    "edit",
    [
        lambda m: m.update(v="flowgov.bundle/2"),
        lambda m: m.update(scope="everything"),
        lambda m: m.update(more="of it"),
        lambda m: m.pop("made"),
        lambda m: m.update(size="27"),
    ],
    ids=["version", "scope", "a key more", "a key less", "a type"],
)
def test_a_manifest_that_is_not_understood_is_not_verified(
    whole: bytes, place: Path, edit: Callable[[dict[str, object]], object]
) -> None:
    files = taken_apart(whole)
    manifest = json.loads(files["manifest.json"])
    edit(manifest)
    files["manifest.json"] = swapped(b"{}", **manifest)

    assert agreed(place, packed(files, with_manifest=False)).exit == 2


def test_a_manifest_in_another_form_is_not_verified(whole: bytes, place: Path) -> None:
    files = taken_apart(whole)
    files["manifest.json"] = json.dumps(json.loads(files["manifest.json"])).encode()

    assert agreed(place, packed(files, with_manifest=False)).exit == 2


def test_a_name_that_occurs_twice_is_found(whole: bytes, place: Path) -> None:
    file = io.BytesIO(whole)
    with zipfile.ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(zipfile.ZipInfo("texts.jsonl"), b"")

    verdict = agreed(place, file.getvalue())

    assert (verdict.exit, verdict.codes) == (2, {"BUNDLE_UNREADABLE"})


def test_a_name_that_ends_at_a_zero_byte_is_another_name(whole: bytes, place: Path) -> None:
    file = io.BytesIO(whole)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(zipfile.ZipInfo("texts.jsonlX"), b"")
    forged = file.getvalue().replace(b"texts.jsonlX", b"texts.jsonl\0")

    assert said(place, forged).exit == 1


@pytest.mark.parametrize("kept", [0, 1, 100, 3_000, -1, -22])
def test_a_truncated_file_is_not_verified(whole: bytes, place: Path, kept: int) -> None:
    verdict = agreed(place, whole[:kept])

    assert (verdict.exit, verdict.codes) == (2, {"BUNDLE_UNREADABLE"})


def test_what_is_not_there_is_not_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from flowgov.audit import offline

    assert offline.main([str(tmp_path / "absent.fgev")]) == 2


def test_a_bomb_is_refused_unread(whole: bytes, place: Path) -> None:
    """The directory declares more than a bundle can hold; nothing of it is unpacked."""
    at = whole.rindex(b"texts.jsonl") - 46
    bomb = whole[: at + 24] + struct.pack("<I", 3 * 2**30) + whole[at + 28 :]

    verdict = agreed(place, bomb)

    assert (verdict.exit, verdict.codes) == (2, {"BUNDLE_UNREADABLE"})
    assert "far too much" in verdict.messages("BUNDLE_UNREADABLE")[0]


def test_a_file_that_unpacks_to_more_than_it_declares_is_not_read_on(whole: bytes, place: Path) -> None:
    files = taken_apart(whole)
    honest = packed(files, with_manifest=False)
    more = files["texts.jsonl"] + b"\n" * 5_000_000
    files["texts.jsonl"] = more
    bomb = bytearray(packed(files, with_manifest=False))
    at = bomb.rindex(b"texts.jsonl") - 46
    original = taken_apart(honest)["texts.jsonl"]
    bomb[at + 16 : at + 20] = struct.pack("<I", zlib.crc32(original))
    bomb[at + 24 : at + 28] = struct.pack("<I", len(original))

    # Python reads as much as is declared, and that much is the file; the other one sees that there is more
    assert (said(place, bytes(bomb)).exit, other_said(place, bytes(bomb)).exit) == (0, 2)


@pytest.mark.parametrize(("method", "flags"), [(12, 0), (14, 0), (8, 1)], ids=["bzip2", "lzma", "encrypted"])
def test_another_packing_is_not_verified(whole: bytes, place: Path, method: int, flags: int) -> None:
    at = whole.rindex(b"verify.py") - 46
    changed = bytearray(whole)
    changed[at + 8] |= flags
    changed[at + 10 : at + 12] = struct.pack("<H", method)

    assert agreed(place, bytes(changed)).exit == 2


def test_what_only_some_can_unpack_is_not_verified(whole: bytes, place: Path) -> None:
    """Python reads bzip2 as well; a bundle must say the same to everybody."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_BZIP2) as archive:
        for name, data in taken_apart(whole).items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_BZIP2)

    assert agreed(place, file.getvalue()).exit == 2


def test_a_line_without_an_end_is_not_verified(whole: bytes, place: Path) -> None:
    bundle = altered(whole, lambda files: files.update({"texts.jsonl": files["texts.jsonl"][:-1]}))

    assert agreed(place, bundle).exit == 2


def test_a_line_that_is_too_long_is_not_verified(whole: bytes, place: Path) -> None:
    bundle = altered(whole, lambda files: files.update({"texts.jsonl": b" " * 2**20 + b"\n"}))

    assert agreed(place, bundle).exit == 2
