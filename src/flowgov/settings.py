"""What an installation is told once: ``flowgov.toml``, found by walking up from where one stands."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

from flowgov.errors import BadInput
from flowgov.i18n import LANGUAGES, Language
from flowgov.suggest import closest

FILE = "flowgov.toml"
LARGEST_EVIDENCE = 100 * 1024 * 1024
"""Bytes; larger documents belong behind a link."""

IdentityMode = Literal["trusted", "system"]

_KEYS: Mapping[str, tuple[str, ...]] = {
    "": (
        "database",
        "organisation",
        "language",
        "evidence",
        "identity",
        "audit",
        "calendar",
        "notify",
        "remind",
        "meetings",
    ),
    "evidence": ("store", "largest"),
    "identity": ("mode", "users"),
    "calendar": ("country", "subdivision", "time_zone"),
    "notify": ("urls",),
    "meetings": ("backdating_days",),
    "remind": ("before_days", "escalate_after_days", "escalate_to", "memory"),
    "audit": ("vault", "anchors", "trust", "witnesses", "quorum", "timestamp_ca"),
}
_RELATIVE_FILE = re.compile(r"(sqlite(?:\+\w+)?:///)(?!/|file:|:memory:)(?![A-Za-z]:)(.+)")
_LINE = re.compile(r"at line (\d+), column (\d+)")


@dataclass(frozen=True, slots=True)
class Remind:
    """When reminders are sent, and to whom they go on."""

    before_days: int = 3
    """How many days before something is due its first reminder is sent."""
    escalate_after_days: int = 7
    """How many days something is late before others are told."""
    escalate_to: tuple[str, ...] = ("sponsor",)
    """Whose holders are told then; the administrators where a project has none."""
    memory: Path = Path("reminded.json")
    """The file that says what was sent already."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What `FILE` says, or what holds without one."""

    path: Path | None = None
    """Where it was read; None without a file."""
    database: str | None = None
    """URL; a relative SQLite path was made absolute from the file's folder."""
    organisation: str | None = None
    language: Language | None = None
    store: Path = Path("evidence")
    """Folder where copies of evidence are kept."""
    largest: int = LARGEST_EVIDENCE
    """Bytes of the largest evidence file accepted."""
    mode: IdentityMode = "trusted"
    """``trusted``: the name given with ``--as`` is believed. ``system``: a person is an operating-system user."""
    users: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Logins by operating-system user."""
    vault: Path | None = None
    """Folder of the signing key and of what was signed; None for the one in the user's own data."""
    anchors: tuple[str, ...] = ()
    """Places where checkpoints are put, and compared with."""
    trust: tuple[str, ...] = ()
    """Verifier keys that are trusted besides the vault's."""
    witnesses: tuple[str, ...] = ()
    """Verifier keys of the witnesses that are trusted."""
    quorum: int = 1
    """How many witnesses must have signed a checkpoint for it to count as witnessed."""
    timestamp_ca: Path | None = None
    """Certificates of the time-stamp authorities that are trusted, PEM."""
    time_zone: str | None = None
    """Where the organisation's days begin, such as ``Europe/Paris``, which holds where nothing is said."""
    country: str | None = None
    """Whose public holidays count, in two letters; France's where nothing is said."""
    subdivision: str | None = None
    """A part of that country with public holidays of its own."""
    notify: tuple[str, ...] = field(default=(), repr=False)
    """Where reminders go, as Apprise writes addresses; there may be secrets in them."""
    remind: Remind = field(default_factory=Remind)
    backdating_days: int = 31
    """How many days after a meeting its minutes can be recorded."""

    def acting(self, asked: str | None, os_user: str) -> str:
        """The login of who acts, when *os_user* sits at the keyboard and says he is *asked*.

        Raises:
            BadInput: nobody is named, or somebody whom *os_user* is not.
        """
        mapped = self.users.get(os_user)
        if self.mode == "trusted":
            if not asked and not mapped:
                raise BadInput("nobody_acts")
            return asked or str(mapped)
        if mapped is None:
            raise BadInput("unmapped_user", os_user=os_user)
        if asked and asked != mapped:
            raise BadInput("not_yourself", person=asked, own=mapped)
        return mapped


def load(folder: Path) -> Settings:
    """The settings in force in *folder*: those of the nearest `FILE` in it or above it.

    Raises:
        BadInput: the file cannot be read, or says something that is not understood.
    """
    path = find(folder)
    return read(path) if path else Settings()


def find(folder: Path) -> Path | None:
    """The nearest `FILE` in *folder* or above it."""
    return next((place / FILE for place in (folder, *folder.parents) if (place / FILE).is_file()), None)


def read(path: Path) -> Settings:
    """
    Raises:
        BadInput: the file cannot be read, or says something that is not understood.
    """
    document = _parsed(path)
    _known(document, "", path)
    evidence, identity, audit = (_table(document, name, path) for name in ("evidence", "identity", "audit"))
    calendar, notify = _table(document, "calendar", path), _table(document, "notify", path)
    users = _table(identity, "users", path)
    for name in users:
        _text(users, name, path)
    database, store = _text(document, "database", path), _text(evidence, "store", path)
    return Settings(
        path=path,
        database=from_folder(database, path.parent) if database else None,
        organisation=_text(document, "organisation", path),
        language=_choice(document, "language", LANGUAGES, path),
        store=path.parent / (store or "evidence"),
        largest=_size(evidence, "largest", LARGEST_EVIDENCE, path),
        mode=_choice(identity, "mode", get_args(IdentityMode), path) or "trusted",
        users=MappingProxyType(dict(users)),
        vault=_path(audit, "vault", path),
        anchors=_texts(audit, "anchors", path),
        trust=_texts(audit, "trust", path),
        witnesses=_texts(audit, "witnesses", path),
        quorum=_size(audit, "quorum", 1, path),
        timestamp_ca=_path(audit, "timestamp_ca", path),
        time_zone=_text(calendar, "time_zone", path),
        country=_text(calendar, "country", path),
        subdivision=_text(calendar, "subdivision", path),
        notify=_texts(notify, "urls", path),
        remind=_remind(_table(document, "remind", path), path),
        backdating_days=_size(_table(document, "meetings", path), "backdating_days", 31, path),
    )


def from_folder(url: str, folder: Path) -> str:
    """*url*, a relative SQLite path in it taken from *folder*."""
    relative = _RELATIVE_FILE.fullmatch(url)
    return f"{relative[1]}{folder.resolve() / relative[2]}" if relative else url


def os_user() -> str:
    """The operating system's name of who runs this process; environment variables are not asked."""
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        return _unnamed_user()


def _unnamed_user() -> str:
    if hasattr(os, "getuid"):
        return str(os.getuid())
    import getpass

    return getpass.getuser()


def _parsed(path: Path) -> dict[str, Any]:
    import tomllib

    content = ""
    try:
        content = path.read_bytes().decode("utf-8")
        return tomllib.loads(content)
    except OSError as error:
        raise BadInput("settings_unreadable", place=str(path), why=error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise BadInput("settings_unreadable", place=str(path), why="UTF-8") from error
    except (ValueError, RecursionError) as error:  # tomllib lets through: too deep, a number with too many digits
        found = _LINE.search(str(error))
        place = f"{path}:{found[1]}:{found[2]}" if found else f"{path}:{len(content.splitlines())}"
        raise BadInput("settings_malformed", place=place) from error


def _known(document: Mapping[str, Any], section: str, path: Path) -> None:
    known = _KEYS[section]
    for name in document:
        if name not in known:
            shown = f"{section}.{name}" if section else name
            raise BadInput(
                "unknown_setting",
                place=_place(path, name),
                name=shown,
                known=list(known),
                suggestions=closest(name, known),
            )


def _table(document: Mapping[str, Any], name: str, path: Path) -> Mapping[str, Any]:
    found = document.get(name, {})
    if not isinstance(found, dict):
        raise _wrong(name, path, f"[{name}]")
    if name in _KEYS:
        _known(found, name, path)
    return found


def _text(document: Mapping[str, Any], name: str, path: Path) -> str | None:
    found = document.get(name)
    if found is not None and (not isinstance(found, str) or not found):
        raise _wrong(name, path, '"…"')
    return found


def _path(document: Mapping[str, Any], name: str, path: Path) -> Path | None:
    """A relative path starts from the file's folder; ``~`` is the user's home."""
    found = _text(document, name, path)
    return path.parent / Path(found).expanduser() if found else None


def _texts(document: Mapping[str, Any], name: str, path: Path) -> tuple[str, ...]:
    found = document.get(name, [])
    if not isinstance(found, list) or not all(isinstance(item, str) and item for item in found):
        raise _wrong(name, path, '["…"]')
    return tuple(found)


def _remind(document: Mapping[str, Any], path: Path) -> Remind:
    usual = Remind()
    return Remind(
        before_days=_size(document, "before_days", usual.before_days, path),
        escalate_after_days=_size(document, "escalate_after_days", usual.escalate_after_days, path),
        escalate_to=_texts(document, "escalate_to", path) or usual.escalate_to,
        memory=_path(document, "memory", path) or path.parent / usual.memory,
    )


def _choice(document: Mapping[str, Any], name: str, choices: tuple[Any, ...], path: Path) -> Any:
    found = document.get(name)
    if found is not None and found not in choices:
        raise _wrong(name, path, " | ".join(f'"{choice}"' for choice in choices))
    return found


def _size(document: Mapping[str, Any], name: str, usual: int, path: Path) -> int:
    found = document.get(name, usual)
    if not isinstance(found, int) or isinstance(found, bool) or found <= 0:
        raise _wrong(name, path, str(usual))
    return found


def _wrong(name: str, path: Path, wanted: str) -> BadInput:
    return BadInput("bad_setting", place=_place(path, name), name=name, wanted=wanted)


def _place(path: Path, name: str) -> str:
    """The file, and the line where the key *name* is, as far as a search can tell."""
    written = re.compile(rf"""\s*\[?(?:\w+\.)?["']?{re.escape(name)}["']?\s*[\]=]""")
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if written.match(line):
            return f"{path}:{number}"
    return str(path)
