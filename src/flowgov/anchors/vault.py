"""The signer's own folder, outside the database: its key, and its memory of what it has signed."""

from __future__ import annotations

import os
import re
import shlex
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from flowgov.anchors import disk
from flowgov.anchors.copies import Copy, Damaged
from flowgov.anchors.file import File
from flowgov.audit.note import LARGEST_NOTE, NoteError
from flowgov.audit.signing import Signer
from flowgov.errors import AnchorFailed, BadInput

KEY = "FLOWGOV_SIGNING_KEY"
"""The environment variable that holds the key where there is no file for it."""
KEY_FILE = "signing.key"
NEXT_KEY_FILE = "signing.key.next"
MEMORY = "checkpoints"
VERIFIED = "verified"
TOKENS = "timestamps"
"""The folder of the vault where tokens are kept."""

_WINDOWS = os.name == "nt"
_LARGEST_KEY = 4096
_LARGEST_TOKEN = 1_048_576
_KEY_MODES = (0o600, 0o400)
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_ORIGIN = re.compile(r"flowgov/([0-9a-f]{16})")


@dataclass(frozen=True, slots=True)
class Vault:
    """A folder only the signer's user can write to. `create` makes one, `open` finds it."""

    folder: Path
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    @classmethod
    def create(cls, folder: Path, signer_text: str, environ: Mapping[str, str] | None = None) -> Vault:
        """Make the folder with a key in it.

        Args:
            signer_text: the private key, as `Signer.encode` writes it.

        Raises:
            BadInput: there is a key already, or the folder is open to others.
            AnchorFailed: it could not be written.
        """
        vault = cls(folder, os.environ if environ is None else environ)
        _parsed(signer_text, KEY_FILE)
        with disk.writing(str(folder)):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        vault._check_folder()
        with disk.writing(str(vault._key)):
            try:
                disk.write_whole(vault._key, _as_file(signer_text), mode=0o600)
            except FileExistsError:
                raise BadInput("vault_exists", path=str(vault._key)) from None
        return vault

    @classmethod
    def open(cls, folder: Path, environ: Mapping[str, str] | None = None) -> Vault:
        """The vault in *folder*.

        Raises:
            BadInput: there is none, or it is open to others.
        """
        vault = cls(folder, os.environ if environ is None else environ)
        vault._check_folder()
        return vault

    @classmethod
    def made(cls, folder: Path, environ: Mapping[str, str] | None = None) -> Vault:
        """The vault in *folder*, which is made if it is not there; for a key that is about to be put in.

        Raises:
            BadInput: the folder is open to others.
            AnchorFailed: it could not be made.
        """
        vault = cls(folder, os.environ if environ is None else environ)
        with disk.writing(str(folder)):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        vault._check_folder()
        return vault

    def signer(self, expected: str | None = None) -> Signer:
        """Whoever signs: the key in the environment, else the one in the folder.

        Args:
            expected: the verifier key that the log names. If a key was about to take over when everything stopped,
                and the log already names it, it takes over now.

        Raises:
            BadInput: there is none, others could read it, or it is not a key.
            MissingExtra: the package that signs is not installed.
        """
        given = self.environ.get(KEY)
        if given:
            return _parsed(given, KEY)
        if expected is not None and os.path.lexists(self._next):
            coming = _parsed(self._key_text(self._next), str(self._next))
            if str(coming.key) == expected:
                self.replace_key(coming.encode())
                return coming
        return _parsed(self._key_text(self._key), str(self._key))

    def has_key(self) -> bool:
        """Whether there is a key to sign with."""
        return bool(self.environ.get(KEY)) or os.path.lexists(self._key)

    def prepare_key(self, signer_text: str) -> None:
        """Put a key aside that is about to take over: it must not be lost once the log names it.

        Raises:
            BadInput: the key in use is in the environment.
            AnchorFailed: it could not be written.
        """
        if self.environ.get(KEY):
            raise BadInput("key_in_environment", variable=KEY)
        with disk.writing(str(self._next)):
            disk.write_whole(self._next, _as_file(signer_text), mode=0o600, replace=True)

    def tokens(self) -> dict[str, bytes]:
        """The tokens of time-stamp authorities that are kept here, by file name."""
        folder = self.folder / TOKENS
        names = sorted(path.name for path in folder.glob("*.tsr")) if folder.is_dir() else []
        return {name: disk.content(folder / name, str(folder / name), _LARGEST_TOKEN) for name in names}

    def remember(self, note: str) -> None:
        """Keep what is about to leave the house, so that nothing that contradicts it is ever signed.

        Raises:
            AnchorFailed: it could not be kept; then it must not be published.
        """
        self._memory.put(note)

    def verified(self) -> str | None:
        """The newest checkpoint up to which the log was verified, or None before any was.

        Raises:
            AnchorFailed: what is kept cannot be read.
        """
        if not os.path.lexists(self._verified):
            return None
        return disk.content(self._verified, str(self._verified), LARGEST_NOTE).decode("utf-8", "replace")

    def keep_verified(self, note: str) -> None:
        """Keep the checkpoint up to which the log was verified: the next verification may go on from there.

        Raises:
            AnchorFailed: it could not be kept.
        """
        with disk.writing(str(self._verified)):
            disk.write_whole(self._verified, note.encode(), mode=0o600, replace=True)

    def newest(self) -> str | None:
        """The note remembered last, or None before any was."""
        return self._memory.last()

    def copies(self) -> Iterator[Copy | Damaged]:
        """Everything remembered; nothing before anything was."""
        return self._memory.copies() if os.path.lexists(self._memory.path) else iter(())

    def replace_key(self, signer_text: str) -> Path | None:
        """Sign with another key from now on.

        Returns:
            the file in which the former key is kept; None where there was none.

        Raises:
            BadInput: the key in use is in the environment, or cannot be read safely.
            AnchorFailed: it could not be written; the former key stays in use.
        """
        if self.environ.get(KEY):
            raise BadInput("key_in_environment", variable=KEY)
        _parsed(signer_text, KEY_FILE)
        former = self._put_aside() if os.path.lexists(self._key) else None
        with disk.writing(str(self._key)):
            disk.write_whole(self._key, _as_file(signer_text), mode=0o600, replace=True)
            self._next.unlink(missing_ok=True)
        return former

    @property
    def _key(self) -> Path:
        return self.folder / KEY_FILE

    @property
    def _next(self) -> Path:
        return self.folder / NEXT_KEY_FILE

    @property
    def _verified(self) -> Path:
        return self.folder / VERIFIED

    @property
    def _memory(self) -> File:
        return File(self.folder / MEMORY, str(self.folder / MEMORY))

    def _put_aside(self) -> Path:
        text = self._key_text(self._key)
        path = self.folder / f"signing-{_parsed(text, str(self._key)).key.key_id.hex()}.key.old"
        with disk.writing(str(path)):
            try:
                disk.write_whole(path, _as_file(text), mode=0o400)
            except FileExistsError:
                if disk.content(path, str(path), _LARGEST_KEY) != _as_file(text):
                    raise AnchorFailed("taken", place=str(path)) from None
        return path

    def _key_text(self, path: Path) -> str:
        try:
            with disk.reading(str(path)), disk.regular(path, disk.READ, str(path)) as descriptor:
                _check_key(os.fstat(descriptor), path)
                return os.read(descriptor, _LARGEST_KEY).decode("utf-8", "replace").strip()
        except AnchorFailed as error:
            if error.reason == "not_a_file":
                raise BadInput("key_not_a_file", path=str(path)) from error
            if isinstance(error.__cause__, FileNotFoundError):
                raise BadInput("key_missing", path=str(path), variable=KEY) from error
            raise

    def _check_folder(self) -> None:
        try:
            found = self.folder.lstat()
        except OSError as error:
            raise BadInput("vault_missing", path=str(self.folder)) from error
        if not stat.S_ISDIR(found.st_mode):
            raise BadInput("vault_missing", path=str(self.folder))
        _check_owner(found, self.folder)
        if not _WINDOWS and found.st_mode & _WRITABLE_BY_OTHERS:
            raise BadInput("vault_open", path=str(self.folder), command=f"chmod 700 {shlex.quote(str(self.folder))}")


def default_vault(origin: str, environ: Mapping[str, str]) -> Path:
    """Where the vault of a log is, unless told otherwise: where the user's own data is (XDG base directories).

    Args:
        origin: the log's name; each log has a vault of its own.
    """
    found = _ORIGIN.fullmatch(origin)
    name = found[1] if found else sha256(origin.encode()).hexdigest()[:16]
    return _data_home(environ) / "flowgov" / name


def _data_home(environ: Mapping[str, str]) -> Path:
    home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    if _WINDOWS:
        return Path(environ["LOCALAPPDATA"]) if environ.get("LOCALAPPDATA") else home / "AppData" / "Local"
    chosen = Path(environ.get("XDG_DATA_HOME", ""))
    # the specification has relative paths ignored
    return chosen if chosen.is_absolute() else home / ".local" / "share"


def _check_key(found: os.stat_result, path: Path) -> None:
    _check_owner(found, path)
    if not _WINDOWS and stat.S_IMODE(found.st_mode) not in _KEY_MODES:
        raise BadInput("key_open", path=str(path), command=f"chmod 600 {shlex.quote(str(path))}")


def _check_owner(found: os.stat_result, path: Path) -> None:
    if not _WINDOWS and found.st_uid != os.geteuid():
        raise BadInput("not_ours", path=str(path))


def _parsed(text: str, place: str) -> Signer:
    try:
        return Signer.parse(text.strip())
    except NoteError as error:
        raise BadInput("not_a_key", place=place, why=error.reason) from error


def _as_file(signer_text: str) -> bytes:
    return f"{signer_text.strip()}\n".encode()
