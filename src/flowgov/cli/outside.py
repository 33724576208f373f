"""What a call brings along from outside the database: the vault, places, keys and witnesses it is told of."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from flowgov.cli.call import Call
from flowgov.cli.keyring import VAULT
from flowgov.errors import AnchorFailed, BadInput, NotFound

if TYPE_CHECKING:
    from flowgov.anchors.copies import Place
    from flowgov.anchors.vault import Vault
    from flowgov.audit.note import VerifierKey
    from flowgov.audit.seals import Outside
    from flowgov.audit.verdict import Verdict


LAST = "last"
"""Stands for the checkpoint up to which the log was verified last."""


def vault_folder(call: Call) -> Path:
    """Where the signing key is: ``FLOWGOV_VAULT``, else the settings' folder, else one in the user's own data."""
    from flowgov.anchors.vault import default_vault

    named = os.environ.get(VAULT)
    if named:
        return Path(named)
    return call.settings().vault or default_vault(call.engine().origin(), os.environ)


def opened_vault(call: Call) -> Vault:
    """
    Raises:
        BadInput: there is none, or others could use its key.
    """
    from flowgov.anchors.vault import Vault

    folder = vault_folder(call)
    if not folder.is_dir() and not call.engine().signing_keys():
        raise BadInput("no_key")
    return Vault.open(folder)


def found_vault(call: Call) -> Vault | None:
    """The vault, where there is one and it may be used."""
    return opened_vault(call) if vault_folder(call).is_dir() else None


def places(call: Call, named: Sequence[str], *, configured: bool = True) -> list[Place]:
    """The places named on the command line, and those of the settings.

    Raises:
        BadInput: one of them is no place.
    """
    from flowgov.anchors.place import place

    settings = call.settings()
    every = dict.fromkeys([*(settings.anchors if configured else ()), *named])
    if not every:
        return []
    folder = vault_folder(call)
    return [place(text, vault=folder, ca=settings.timestamp_ca) for text in every]


def witness_keys(call: Call, named: Sequence[str]) -> list[VerifierKey]:
    """The witnesses named on the command line, and those of the settings.

    Raises:
        BadInput: one of them is no verifier key.
    """
    return [_key(text) for text in dict.fromkeys([*call.settings().witnesses, *named])]


def outside(
    call: Call, *, anchors: Sequence[str], trust: Sequence[str], witnesses: Sequence[str], configured: bool
) -> Outside:
    """What a verification compares the log with.

    Raises:
        AnchorFailed: a place cannot be read.
        BadInput: a place, or a key, is none.
    """
    from flowgov.anchors.gathering import gather

    settings = call.settings()
    keys = [str(_key(text)) for text in dict.fromkeys([*settings.trust, *trust])]
    named = places(call, anchors, configured=False)
    others = [place for place in _read_back(places(call, (), configured=configured)) if place not in named]
    trusted = [str(key) for key in witness_keys(call, witnesses)]
    return gather(vault_folder(call), named, configured=others, keys=keys, witnesses=trusted, quorum=settings.quorum)


def _read_back(every: Sequence[Place]) -> list[Place]:
    """Those from which copies can be read back: a webhook only takes them."""
    from flowgov.anchors.webhook import Webhook

    return [place for place in every if not isinstance(place, Webhook)]


def note_of(call: Call, named: str) -> str:
    """The checkpoint that *named* stands for: the last one verified, a file, or the size of one that is remembered.

    Raises:
        BadInput: the file cannot be read.
        NotFound: there is no checkpoint of that size, or none was verified yet.
    """
    if named == LAST:
        vault = found_vault(call)
        note = vault.verified() if vault else None
        if note is None:
            raise NotFound("nothing_verified")
        return note
    if not named.isdecimal():
        return read_note(Path(named))
    remembered = _remembered(vault_folder(call), int(named))
    return remembered or call.engine().checkpoint_of(int(named))


def keep_verified(call: Call, verdict: Verdict) -> None:
    """Remember in the vault up to where the log was verified, if it holds and its signature is trusted."""
    vault = found_vault(call)
    if vault is None or not (verdict.holds and verdict.proved.trusted and verdict.proved.sealed):
        return
    with suppress(AnchorFailed):  # an auditor may only read there
        vault.keep_verified(call.engine().checkpoint_of(verdict.proved.sealed))


def read_note(path: Path) -> str:
    """The content of a file that should be a signed note.

    Raises:
        BadInput: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "UTF-8"
        raise BadInput("unreadable_file", path=str(path), why=why) from error


def _remembered(folder: Path, size: int) -> str | None:
    from flowgov.anchors.copies import Copy, checkpoint_in
    from flowgov.anchors.vault import Vault

    if not folder.is_dir():
        return None
    copies = (copy for copy in Vault.open(folder).copies() if isinstance(copy, Copy))
    return next((copy.note for copy in copies if checkpoint_in(copy.note).size == size), None)


def _key(text: str) -> VerifierKey:
    from flowgov.audit.note import NoteError, VerifierKey

    try:
        return VerifierKey.parse(text.strip())
    except NoteError as error:
        # Whoever mixes the two up must not see the secret printed.
        shown = "PRIVATE+KEY…" if "PRIVATE" in text else text
        raise BadInput("not_a_verifier_key", key=shown, why=error.reason) from None
