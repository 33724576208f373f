"""Takes bundles apart, puts them together again, and asks both verifiers about them."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from flowgov.audit import offline
from flowgov.canonical import canonical

OTHER = Path(__file__).parent / "verify.mjs"
Files = dict[str, bytes]


@dataclass(frozen=True)
class Said:
    """What a verifier said."""

    exit: int
    level: str
    codes: frozenset[str]
    findings: Sequence[dict[str, str]]
    checked: dict[str, int]

    def messages(self, code: str) -> list[str]:
        return [f"{one['where']}: {one['message']}" for one in self.findings if one["code"] == code]


def taken_apart(bundle: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: Files, *, with_manifest: bool = True) -> bytes:
    """A ZIP of these files; as a forger would, with a manifest that fits them."""
    if with_manifest:
        manifest = json.loads(files["manifest.json"])
        manifest["files"] = {n: fingerprint(d) for n, d in files.items() if n != "manifest.json"}
        files = {**files, "manifest.json": canonical(manifest)}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return file.getvalue()


def fingerprint(data: bytes) -> dict[str, Any]:
    return {"sha256": sha256(data).hexdigest(), "size": len(data)}


def altered(bundle: bytes, change: Callable[[Files], object]) -> bytes:
    """The bundle after a forger's change."""
    files = taken_apart(bundle)
    change(files)
    return packed(files)


def lines(files: Files, name: str) -> list[bytes]:
    return files[name].split(b"\n")[:-1]


def put(files: Files, name: str, changed: Sequence[bytes]) -> None:
    files[name] = b"".join(line + b"\n" for line in changed)


def swapped(line: bytes, **values: Any) -> bytes:
    """A line of JSON that says something else, in canonical form."""
    return canonical({**json.loads(line), **values})


def other_hash(text: str) -> str:
    """Base64 of the same length that says something else."""
    data = b64decode(text)
    return b64encode(bytes([data[0] ^ 1]) + data[1:]).decode()


def said(path: Path, bundle: bytes, keys: Sequence[object] = (), witnesses: Sequence[object] = ()) -> Said:
    """What the verifier that ships says about a bundle."""
    path.write_bytes(bundle)
    output = io.StringIO()
    with redirect_stdout(output):
        code = offline.main([str(path), "--json", *_options(keys, witnesses)])
    verdict = json.loads(output.getvalue())
    assert code == verdict["exit"]
    codes = frozenset(one["code"] for one in verdict["findings"])
    return Said(code, verdict["level"].partition(":")[0], codes, verdict["findings"], verdict["checked"])


def agreed(path: Path, bundle: bytes, keys: Sequence[object] = (), witnesses: Sequence[object] = ()) -> Said:
    """What both verifiers say; that they say the same is asserted."""
    ours, theirs = said(path, bundle, keys, witnesses), other_said(path, bundle, keys, witnesses)
    assert (theirs.exit, theirs.level, set(theirs.codes)) == (ours.exit, ours.level, set(ours.codes)), theirs.checked
    return ours


def other_said(path: Path, bundle: bytes, keys: Sequence[object] = (), witnesses: Sequence[object] = ()) -> Said:
    """What the second implementation says about a bundle; one process answers for all tests."""
    path.write_bytes(bundle)
    process = other()
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps([str(path), *_options(keys, witnesses)]) + "\n")
    process.stdin.flush()
    verdict = json.loads(process.stdout.readline())
    return Said(verdict["exit"], verdict["level"], frozenset(verdict["codes"]), (), verdict["checked"])


@cache
def other() -> subprocess.Popen[str]:
    """The second implementation, which waits for bundles; `conftest.py` ends it."""
    command = [node(), str(OTHER), "--many"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def node() -> str:
    """Node runs the second implementation; where it is not installed the test is skipped, but never in CI."""
    found = shutil.which("node")
    if found is None and not os.environ.get("CI"):
        pytest.skip("node is not installed")
    assert found, "node is not installed, and CI does without nothing"
    return found


def _options(keys: Sequence[object], witnesses: Sequence[object]) -> list[str]:
    return [*(o for k in keys for o in ("--key", str(k))), *(o for w in witnesses for o in ("--witness", str(w)))]
