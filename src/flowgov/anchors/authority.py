"""A time-stamp authority: states, with a signature of its own, when it saw a checkpoint. Its tokens are kept here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from flowgov.anchors import disk, folder
from flowgov.anchors.copies import Copy, Damaged, checkpoint_to_put
from flowgov.anchors.folder import Folder
from flowgov.anchors.http import LARGEST_ANSWER, Address, post
from flowgov.anchors.timestamp import NONCE_BYTES, NotGenuine, Query, Verifier
from flowgov.clock import stamp
from flowgov.errors import AnchorFailed, BadInput

SUFFIX = ".tsr"

_MODE = 0o444
_HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
"""RFC 3161, section 3.4."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Tokens ``<checkpoint's name>.<authority>.tsr`` in a folder, each beside the checkpoint it is about."""

    folder: Path
    name: str
    ca: Path | None
    """Certificates of the authorities whose word is taken."""
    address: Address | None = None
    """Where tokens are asked for; without it they are only read."""
    entropy: Callable[[int], bytes] = field(default=bytes, repr=False)

    def put(self, note: str) -> str:
        checkpoint_to_put(note)
        if self.address is None:
            raise BadInput("anchor_read_only", place=self.name)
        verifier = self._verifier()
        kept = Folder(self.folder, self.name).keep(note)
        path = kept.with_name(f"{kept.stem}.{_file_name(self.address.host)}{SUFFIX}")
        if path.is_symlink() or path.exists():
            found = self._copy(path, verifier)
            if isinstance(found, Damaged):
                raise found.error
            return str(path)
        self._keep(path, self._token(self.address, note.encode(), verifier))
        return str(path)

    def copies(self) -> Iterator[Copy | Damaged]:
        verifier = self._verifier()
        ending = f".{_file_name(self.address.host)}{SUFFIX}" if self.address else SUFFIX
        with disk.reading(self.name):
            paths = sorted(path for path in self.folder.iterdir() if path.name.endswith(ending))
        for path in paths:
            yield self._copy(path, verifier)

    def _verifier(self) -> Verifier:
        if self.ca is None:
            raise BadInput("anchor_no_ca", place=self.name)
        return Verifier.trusting(self.ca)

    def _token(self, address: Address, content: bytes, verifier: Verifier) -> bytes:
        query = Query.about(content, self.entropy(NONCE_BYTES))
        answer = post(address, query.encode(), _HEADERS)
        try:
            verifier.time(answer, content, query=query)
        except NotGenuine as error:
            raise AnchorFailed("time_stamp", place=self.name, why=error.why) from error
        return answer

    def _keep(self, path: Path, token: bytes) -> None:
        with disk.writing(str(path)):
            try:
                disk.write_whole(path, token, mode=_MODE)
            except FileExistsError:
                # somebody was faster with the same checkpoint
                return

    def _copy(self, path: Path, verifier: Verifier) -> Copy | Damaged:
        beside = path.with_name(path.name.partition(".")[0] + folder.SUFFIX)
        found = folder.read(beside)
        if isinstance(found, Damaged):
            return replace(found, where=str(path))
        try:
            token = disk.content(path, str(path), LARGEST_ANSWER)
            time = verifier.time(token, found.note.encode())
        except NotGenuine as error:
            return Damaged(str(path), AnchorFailed("time_stamp", place=str(path), why=error.why))
        except AnchorFailed as error:
            return Damaged(str(path), error)
        return Copy(found.note, str(path), stamp(time))


def _file_name(host: str) -> str:
    return re.sub(r"[^a-z0-9.-]", "_", host)
