"""What a verification compares the log with: everything that lies outside the database, gathered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from flowgov.anchors.copies import Copy, Damaged, Place
from flowgov.anchors.vault import Vault
from flowgov.audit import seals
from flowgov.audit.seals import Outside


def gather(
    vault: Path | None,
    places: Sequence[Place],
    *,
    keys: Sequence[str] = (),
    configured: Sequence[Place] = (),
    witnesses: Sequence[str] = (),
    quorum: int = 1,
) -> Outside:
    """Every copy in *places*, and the vault's key and memory where there is a vault.

    Args:
        places: places that were named; each must hold something of the log.
        configured: places to look at as well, in which nothing may have been put yet.
        keys: verifier keys that are trusted besides the vault's.
        quorum: how many of *witnesses* must have signed.

    Raises:
        AnchorFailed: a place cannot be read.
        BadInput: nothing can be read back from a place, or the vault is open to others.
        MissingExtra: the vault's key cannot be used without an optional part.
    """
    copies = [_copy(place.name, found) for place in (*places, *configured) for found in place.copies()]
    memory = None
    if vault is not None and vault.is_dir():
        opened = Vault.open(vault)
        memory = str(vault)
        copies += [_copy(memory, found) for found in opened.copies()]
        keys = [*keys, *_key_of(opened)]
    return Outside(
        keys=tuple(dict.fromkeys(keys)),
        copies=tuple(copies),
        places=tuple(place.name for place in places),
        configured=tuple(place.name for place in configured),
        memory=memory,
        witnesses=tuple(witnesses),
        quorum=quorum,
    )


def _key_of(vault: Vault) -> Iterator[str]:
    if vault.has_key():
        yield str(vault.signer().key)


def _copy(place: str, found: Copy | Damaged) -> seals.Copy:
    if isinstance(found, Damaged):
        return seals.Copy(None, place, found.where, why=found.error.message(), cut=found.error.reason == "cut")
    return seals.Copy(found.note, place, found.where, found.at)
