"""Whatever byte is altered: the verdict is not "clean", or nothing that the bundle says has changed."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from tests.bundle.checking import other_said, packed, said, taken_apart
from tests.bundle.conftest import WITNESS
from tests.bundle.logs import Log

UNSIGNED = {"README.txt", "verify.py", "anchors/000000000027.tsr", "manifest.json"}
"""Files that rest on nothing but the manifest, which nobody signs."""
MANY = settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
FEW = settings(MANY, max_examples=25)


def same(bundle: bytes, other: bytes) -> bool:
    """Whether two ZIPs hold the same files."""
    try:
        return taken_apart(bundle) == taken_apart(other)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, ValueError, EOFError):
        return False


@pytest.mark.parametrize("scope", ["whole", "one_project"])
def test_a_byte_of_the_zip_is_altered(request: pytest.FixtureRequest, place: Path, scope: str) -> None:
    bundle: bytes = request.getfixturevalue(scope)

    @MANY
    @given(some.integers(0, len(bundle) - 1), some.integers(1, 255))
    def holds(at: int, mask: int) -> None:
        damaged = bundle[:at] + bytes([bundle[at] ^ mask]) + bundle[at + 1 :]
        assert said(place, damaged).exit != 0 or same(damaged, bundle)

    holds()


def test_a_byte_of_the_zip_is_altered_and_the_second_implementation_looks(whole: bytes, place: Path) -> None:
    @FEW
    @given(some.integers(0, len(whole) - 1), some.integers(1, 255))
    def holds(at: int, mask: int) -> None:
        damaged = whole[:at] + bytes([whole[at] ^ mask]) + whole[at + 1 :]
        assert other_said(place, damaged).exit != 0 or same(damaged, whole)

    holds()


@pytest.mark.parametrize("scope", ["whole", "one_project"])
def test_a_byte_of_a_file_is_altered_and_the_manifest_fixed(
    request: pytest.FixtureRequest, place: Path, log: Log, scope: str
) -> None:
    """A forger's way: everything in the ZIP is in order. Files that are signed or bound to records tell."""
    files = taken_apart(request.getfixturevalue(scope))

    @MANY
    @given(some.sampled_from(sorted(files.keys() - UNSIGNED)), some.integers(0), some.integers(1, 255))
    def holds(name: str, place_in: int, mask: int) -> None:
        at = place_in % len(files[name])
        changed = files[name][:at] + bytes([files[name][at] ^ mask]) + files[name][at + 1 :]
        verdict = said(place, packed({**files, name: changed}), [log.key.key], [WITNESS.witness_key])
        assert verdict.exit != 0

    holds()


@pytest.mark.parametrize("scope", ["whole", "one_project"])
def test_a_byte_of_a_file_is_altered_and_the_manifest_not(
    request: pytest.FixtureRequest, place: Path, scope: str
) -> None:
    files = taken_apart(request.getfixturevalue(scope))

    @MANY
    @given(some.sampled_from(sorted(files.keys() - {"manifest.json"})), some.integers(0), some.integers(1, 255))
    def holds(name: str, place_in: int, mask: int) -> None:
        at = place_in % len(files[name])
        changed = files[name][:at] + bytes([files[name][at] ^ mask]) + files[name][at + 1 :]
        assert said(place, packed({**files, name: changed}, with_manifest=False)).exit != 0

    holds()


def test_a_byte_of_the_manifest_is_altered(whole: bytes, place: Path) -> None:
    """What it says of when and by which version it was made is nobody's word; all else must fit."""
    files = taken_apart(whole)
    manifest = files["manifest.json"]
    said_only = [manifest.index(b'"made":'), manifest.index(b'"flowgov":')]
    free = {at for start in said_only for at in range(start, manifest.index(b",", start))}

    @MANY
    @given(some.integers(0, len(manifest) - 1).filter(lambda at: at not in free), some.integers(1, 255))
    def holds(at: int, mask: int) -> None:
        changed = manifest[:at] + bytes([manifest[at] ^ mask]) + manifest[at + 1 :]
        assert said(place, packed({**files, "manifest.json": changed}, with_manifest=False)).exit != 0

    holds()
