"""One call of the command line: what was asked on it, on which database, by whom, and how it answers."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from flowgov.cli.table import safe, safe_json
from flowgov.errors import BadInput, DatabaseError, FlowgovError
from flowgov.i18n import Language, language, text
from flowgov.settings import Settings, from_folder, load, os_user

if TYPE_CHECKING:
    from flowgov.audit.record import Source
    from flowgov.dossier.working_days import Calendar
    from flowgov.engine import Engine

SHAPE = 1
"""Version of the JSON shape."""
_STYLES: dict[str, dict[str, Any]] = {
    "good": {"fg": "green"},
    "bad": {"fg": "red"},
    "warn": {"fg": "yellow"},
    "head": {"bold": True},
    "faint": {"dim": True},
    "here": {"fg": "cyan", "bold": True},
}


@dataclass(slots=True)
class Call:
    """What every command is handed."""

    lang: Language = "en"
    json: bool = False
    quiet: bool = False
    loud: int = 0
    colour: bool | None = None
    """None: colour on a terminal only."""
    asked: str | None = None
    """The login given with ``--as``."""
    url: str | None = None
    """The database given with ``--db``."""
    begun: bool = False
    """Whether part of the answer is out already, so that an error must not be mixed into it."""
    _lang_fixed: bool = False
    _settings: Settings | None = None
    _engine: Engine | None = field(default=None, repr=False)

    @classmethod
    def from_words(cls, words: Sequence[str]) -> Call:
        """What must be known of the command line before it is parsed: the language and the form of errors."""
        wanted = _value_of("--lang", words)
        given = [*words[: words.index("--")]] if "--" in words else [*words]
        fixed = bool(wanted or os.environ.get("FLOWGOV_LANG"))
        return cls(lang=language(wanted), json="--json" in given, _lang_fixed=fixed)

    def speak(self, lang: Language) -> None:
        """Answer in *lang* from now on."""
        self.lang, self._lang_fixed = lang, True

    def text(self, key: str, /, **params: object) -> str:
        """The sentence *key* in the language of the call."""
        return text(key, self.lang, **params)

    # --- what it works on -------------------------------------------------------------------------------------

    def settings(self) -> Settings:
        """The settings in force here.

        Raises:
            BadInput: ``flowgov.toml`` is not usable.
        """
        if self._settings is None:
            self._settings = load(Path.cwd())
            if self._settings.language and not self._lang_fixed:
                self.lang = self._settings.language
        return self._settings

    def database(self) -> str | None:
        """The URL of the database: ``--db``, else ``FLOWGOV_DB``, else the settings'."""
        named = self.url or os.environ.get("FLOWGOV_DB")
        return from_folder(named, Path.cwd()) if named else self.settings().database

    def engine(self) -> Engine:
        """The engine on the call's database.

        Raises:
            BadInput: no database is named, or its URL is malformed.
            DatabaseError: there is none at that place.
        """
        if self._engine is None:
            self.settings()
            url = self.database()
            if url is None:
                raise BadInput("no_database")
            from flowgov.engine import Engine
            from flowgov.store.database import is_new_file

            if "uri=true" not in url and is_new_file(url):
                # looking must not leave an empty file behind
                raise DatabaseError("not_flowgov", database=url)
            back = self.settings().occurred_days
            self._engine = Engine.open(url, calendar=self.calendar(), backdating_days=back)
        return self._engine

    def calendar(self) -> Calendar:
        """Where the organisation is, as far as the settings say it."""
        from flowgov.dossier.working_days import COUNTRY, TIME_ZONE, Calendar

        told = self.settings()
        return Calendar(told.country or COUNTRY, told.subdivision, told.time_zone or TIME_ZONE)

    def acting(self) -> str:
        """Login of who acts.

        Raises:
            BadInput: it is not said, or the settings do not allow it.
        """
        return self.settings().acting(self.asked or os.environ.get("FLOWGOV_AS"), os_user())

    def source(self) -> Source:
        """How the records of this call say where they came from."""
        from flowgov.audit.record import Source

        return Source(face="cli", os_user=os_user(), trusted=self.settings().mode == "trusted")

    def close(self) -> None:
        """Let go of the database."""
        if self._engine is not None:
            try:
                self._engine.keep_up()
            except FlowgovError as error:
                # what was asked is done; that the log does not hold must be heard all the same
                self.note(safe(error.message(self.lang)))
            self._engine.close()
            self._engine = None

    # --- how it answers ---------------------------------------------------------------------------------------

    def answer(self, data: object, shown: Iterable[str]) -> None:
        """The result, on standard output: *data* for machines, or *shown* for people."""
        if self.json:
            self.print_json({"flowgov": SHAPE, "ok": True, "data": data})
            return
        for line in shown:
            self.print(line)

    def print(self, line: str) -> None:
        """One line of the result. What people wrote must have gone through `safe`."""
        click.echo(line, color=self.coloured(sys.stdout))

    def print_json(self, document: object) -> None:
        """A JSON document on standard output."""
        click.echo(safe_json(json.dumps(document, ensure_ascii=not _unicode(sys.stdout), indent=2)))

    def note(self, line: str) -> None:
        """Talk, on standard error: for people, and not part of the result."""
        if not self.quiet and not self.json:
            click.echo(line, err=True, color=self.coloured(sys.stderr))

    @contextmanager
    def progress(self, label: str) -> Iterator[Callable[[int, int], None] | None]:
        """A bar on standard error while something long is done; nothing where no person watches."""
        if self.quiet or self.json or not sys.stderr.isatty():
            yield None
            return
        with click.progressbar(length=1, label=self.text(label), file=sys.stderr) as bar:

            def advance(done: int, total: int) -> None:
                bar.length = max(total, 1)
                bar.update(done - bar.pos)

            yield advance

    def complain(self, line: str) -> None:
        """An error, on standard error."""
        click.echo(line, err=True, color=self.coloured(sys.stderr))

    def style(self, shown: str, name: str) -> str:
        """*shown* in the colour that *name* stands for; taken off again where there is no colour."""
        return click.style(shown, **_STYLES[name])

    def coloured(self, stream: TextIO) -> bool:
        """Whether *stream* gets colour. click does not know NO_COLOR and FORCE_COLOR."""
        if self.colour is not None:
            return self.colour
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR", "0") != "0":
            return True
        return stream.isatty() and os.environ.get("TERM") != "dumb"

    def named(self, label: str, name: str) -> str:
        """What people read, and beside it what they type."""
        return f"{safe(label)} {self.style(f'({safe(name)})', 'faint')}"

    def kept(self, value: str | None) -> str:
        """What somebody wrote, or the word that stands where it was removed."""
        return safe(value) if value else self.text("cli.redacted")

    def number(self, decimal: str) -> str:
        """A decimal number, with the point or the comma of the language."""
        return decimal.replace(".", ",") if self.lang == "fr" else decimal

    def heads(self, *names: str) -> list[str]:
        """The heads of a table's columns."""
        return [self.text(f"cli.head.{name}") for name in names]

    def yes_or_no(self, value: object) -> str:
        """Whether something is so, in a word."""
        return self.text("cli.yes" if value else "cli.no")

    def pair(self, label: str, value: str) -> str:
        """A label and its value, punctuated as the language does."""
        return self.text("cli.pair", label=label, value=value)


def _value_of(option: str, words: Sequence[str]) -> str | None:
    for position, word in enumerate(words):
        if word == "--":
            return None
        if word == option:
            return words[position + 1] if position + 1 < len(words) else None
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return None


def _unicode(stream: TextIO) -> bool:
    return (stream.encoding or "").lower().replace("-", "").startswith("utf")
