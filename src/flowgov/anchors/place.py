"""From what people write to the place they mean: ``file:PATH``, a folder, ``git:PATH``, ``tsa:URL``, a webhook."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from flowgov.anchors.authority import Authority
from flowgov.anchors.copies import Place
from flowgov.anchors.file import File
from flowgov.anchors.folder import Folder
from flowgov.anchors.git import Git
from flowgov.anchors.http import Address
from flowgov.anchors.webhook import SECRET, Webhook, secret_from
from flowgov.clock import Clock, SystemClock
from flowgov.errors import BadInput
from flowgov.suggest import closest

TOKENS = "timestamps"
"""The folder of the vault where tokens are kept."""
KINDS = ("file", "git", "tsa", "https", "http")

_KIND = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(.*)")
"""Two letters at least: one letter is a drive."""


def place(
    text: str,
    *,
    vault: Path | None,
    ca: Path | None,
    clock: Clock | None = None,
    environ: Mapping[str, str] | None = None,
    entropy: Callable[[int], bytes] = os.urandom,
) -> Place:
    """The place that *text* names.

    Args:
        vault: where tokens of a time-stamp authority are kept.
        ca: certificates, in PEM, of the time-stamp authorities whose word is taken.
        clock: tells a webhook's receiver when it was sent.

    Raises:
        BadInput: it names no place, or one that lacks something.
    """
    if not text.strip() or not text.isprintable():
        raise BadInput("anchor_place")
    environ = os.environ if environ is None else environ
    kind, rest = _split(text)
    if kind in {"http", "https"}:
        return Webhook(Address.parse(text), clock or SystemClock(), secret_from(environ.get(SECRET)))
    if kind == "tsa":
        return _authority(rest, vault, ca, entropy)
    if kind == "git":
        return Git(_path(rest), f"git:{rest}", environ)
    return _on_disk(rest)


def _split(text: str) -> tuple[str, str]:
    found = _KIND.fullmatch(text)
    if found is None:
        return "file", text
    kind = found[1].lower()
    if kind not in KINDS:
        raise BadInput("anchor_kind", kind=kind, known=KINDS, suggestions=closest(kind, KINDS))
    return kind, found[2]


def _on_disk(rest: str) -> Place:
    path = _path(rest)
    if rest.endswith(("/", os.sep)) or path.is_dir():
        return Folder(path, str(path))
    return File(path, str(path))


def _authority(rest: str, vault: Path | None, ca: Path | None, entropy: Callable[[int], bytes]) -> Authority:
    if not rest.lower().startswith(("http:", "https:")):
        return Authority(_path(rest), f"tsa:{rest}", ca)
    address = Address.parse(rest)
    if vault is None:
        raise BadInput("anchor_no_vault", place=f"tsa:{address.shown}")
    return Authority(vault / TOKENS, f"tsa:{address.shown}", ca, address, entropy)


def _path(text: str) -> Path:
    """A path, or that of a ``file:`` URL without a host (RFC 8089)."""
    path = text[2:] if text.startswith("///") else text
    # other URLs are not repeated either: a password could stand in them
    if not path or path.startswith("//") or "://" in path:
        raise BadInput("anchor_place")
    return Path(path)
