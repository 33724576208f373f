"""What can stand in a cell of a report: a value that knows how it reads, and how programs read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from flowgov.clock import moment
from flowgov.guards import Blocker
from flowgov.i18n import Language, has, text
from flowgov.report import wording
from flowgov.store.reporting import Card
from flowgov.workflow.model import Label

if TYPE_CHECKING:
    from flowgov.report.seal import Seal

_MIDNIGHT = "T00:00:00.000000Z"


class Shown(Protocol):
    """A value that is more than a text or a number."""

    def plain(self, lang: Language, /) -> str:
        """As people read it."""

    def data(self, lang: Language, /) -> Any:
        """As JSON."""


Value: TypeAlias = "str | int | Shown | tuple[Value, ...] | None"
Row: TypeAlias = "tuple[Value, ...]"


@dataclass(frozen=True, slots=True)
class Moment:
    """A stamp, read to the minute."""

    stamp: str

    def plain(self, lang: Language) -> str:
        return wording.minute(self.stamp, lang)

    def data(self, _lang: Language) -> str:
        return self.stamp


@dataclass(frozen=True, slots=True)
class Since(Moment):
    """The beginning of a period of validity: a day where it begins with the day."""

    def plain(self, lang: Language) -> str:
        whole = self.stamp.endswith(_MIDNIGHT)
        return wording.day(self.stamp, lang) if whole else wording.minute(self.stamp, lang)


@dataclass(frozen=True, slots=True)
class Until(Moment):
    """The end of a period of validity (exclusive): the last day, where it ends with a day."""

    def plain(self, lang: Language) -> str:
        if not self.stamp.endswith(_MIDNIGHT):
            return wording.minute(self.stamp, lang)
        last = moment(self.stamp).date() - timedelta(days=1)
        return wording.day(last.isoformat(), lang)


@dataclass(frozen=True, slots=True)
class Span:
    """From a day to a day, both included."""

    start: date
    until: date

    def plain(self, lang: Language) -> str:
        start, until = (wording.long_day(day, lang) for day in (self.start, self.until))
        return text("report.period", lang, start=start, until=until)

    def data(self, _lang: Language) -> dict[str, str]:
        return {"start": self.start.isoformat(), "until": self.until.isoformat()}


@dataclass(frozen=True, slots=True)
class Month:
    """A month, or a whole year where the period is long: ``2026-01``, ``2026``."""

    iso: str

    def plain(self, lang: Language) -> str:
        year, _, month = self.iso.partition("-")
        return f"{text(f'report.month.{month}', lang)} {year}" if month else year

    def data(self, _lang: Language) -> str:
        return self.iso


@dataclass(frozen=True, slots=True)
class Days:
    """A duration in tenths of a day."""

    tenths: int

    def plain(self, lang: Language) -> str:
        return wording.decimal(self.tenths, lang)

    def data(self, _lang: Language) -> float:
        return self.tenths / 10


@dataclass(frozen=True, slots=True)
class Named:
    """Something a definition names: its id, and what people call it."""

    id: str
    label: Label | None = None

    def plain(self, lang: Language) -> str:
        return self.label[lang] if self.label else self.id

    def data(self, lang: Language) -> dict[str, str]:
        return {"id": self.id, "label": self.plain(lang)}


@dataclass(frozen=True, slots=True)
class Mark:
    """One of a few codes, with a word for each in the catalogue."""

    code: str
    kind: str = "mark"

    def plain(self, lang: Language) -> str:
        key = f"report.{self.kind}.{self.code}"
        return text(key, lang) if has(key, lang) else self.code

    def data(self, _lang: Language) -> str:
        return self.code


@dataclass(frozen=True, slots=True)
class Removed:
    """A text that is not there any more: redacted, as the record says that there was one."""

    def plain(self, lang: Language) -> str:
        return text("report.redacted", lang)

    def data(self, _lang: Language) -> None:
        return None


REMOVED = Removed()


@dataclass(frozen=True, slots=True)
class Who:
    """A person; the pseudonym where the identity card was erased."""

    card: Card
    delegator: Card | None = None
    """For whom he acted, if for somebody else."""

    def plain(self, lang: Language) -> str:
        if self.delegator is None:
            return _shown(self.card)
        return text("report.on_behalf", lang, person=_shown(self.card), delegator=_shown(self.delegator))

    def data(self, _lang: Language) -> dict[str, Any]:
        found = _card(self.card)
        return {**found, "on_behalf_of": _card(self.delegator)} if self.delegator else found


def _shown(card: Card) -> str:
    return f"{card.name} ({card.login})" if card.name else card.login or card.id


def _card(card: Card) -> dict[str, Any]:
    return {"id": card.id, "login": card.login, "name": card.name}


@dataclass(frozen=True, slots=True)
class Code:
    """A hash: whole for programs, its first twelve digits for people."""

    hex: str

    def plain(self, _lang: Language) -> str:
        return self.hex[:12]

    def data(self, _lang: Language) -> str:
        return self.hex


@dataclass(frozen=True, slots=True)
class WholeCode(Code):
    """A hash that people need whole, to compare it with another."""

    def plain(self, _lang: Language) -> str:
        return self.hex


@dataclass(frozen=True, slots=True)
class Source:
    """Which record a line was read from: its position in its chain, and its hash."""

    seq: int
    hash: str

    def plain(self, _lang: Language) -> str:
        return f"{self.seq} · {self.hash[:12]}"

    def data(self, _lang: Language) -> dict[str, Any]:
        return {"seq": self.seq, "hash": self.hash}


@dataclass(frozen=True, slots=True)
class Given:
    """An approval that a gate counted."""

    who: Who
    role: Named
    at: Moment | None

    def plain(self, lang: Language) -> str:
        parts = [self.who.plain(lang), self.role.plain(lang)]
        return ", ".join([*parts, self.at.plain(lang)] if self.at else parts)

    def data(self, lang: Language) -> dict[str, Any]:
        at = self.at.stamp if self.at else None
        return {"person": self.who.data(lang), "role": self.role.data(lang), "at": at}


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of evidence that a gate counted: a file by its hash, or a link."""

    kind: Named
    sha256: str | None

    def plain(self, lang: Language) -> str:
        what = self.sha256[:12] if self.sha256 else text("report.link", lang)
        return f"{self.kind.plain(lang)} · {what}"

    def data(self, lang: Language) -> dict[str, Any]:
        return {"kind": self.kind.data(lang), "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class Departed:
    """A separation rule not kept, with the exception that permitted it, or in warn mode."""

    rule: str
    who: Who
    exception: str | None

    def plain(self, lang: Language) -> str:
        by = self.exception or text("report.warned", lang)
        return f"{by} · {Mark(self.rule, 'rule').plain(lang)} · {self.who.plain(lang)}"

    def data(self, lang: Language) -> dict[str, Any]:
        return {"rule": self.rule, "person": self.who.data(lang), "exception": self.exception}


@dataclass(frozen=True, slots=True)
class Blocked:
    """One reason for a refusal."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, Value] = field(default_factory=dict)
    """What people call the things that some parameters name."""

    def plain(self, lang: Language) -> str:
        known = has(f"blocker.{self.code}", lang)
        named: dict[str, Any] = {name: _named(value, lang) for name, value in self.names.items()}
        message = Blocker(self.code, {**self.params, **named}).message(lang) if known else ""
        return f"{message} [{self.code}]" if message else f"[{self.code}]"

    def data(self, lang: Language) -> dict[str, Any]:
        return {"code": self.code, "message": self.plain(lang), "params": dict(self.params)}


def _named(value: Value, lang: Language) -> list[str] | str:
    return [plain(item, lang) for item in value] if isinstance(value, tuple) else plain(value, lang)


def plain(value: Value, lang: Language) -> str:
    """*value* as people read it, on one line but for free texts; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return wording.number(value, lang)
    if isinstance(value, tuple):
        return wording.listed([plain(item, lang) for item in value], lang)
    return value.plain(lang)


def data(value: Value, lang: Language) -> Any:
    """*value* as JSON."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, tuple):
        return [data(item, lang) for item in value]
    return value.data(lang)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; its heading is ``report.column.<key>``."""

    key: str
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns. The rows can be gone through once; long ones are read while they are written."""

    id: str
    """Its caption is ``report.table.<id>``."""
    columns: tuple[Column, ...]
    rows: Iterable[Row]


@dataclass(frozen=True, slots=True)
class Chart:
    """Numbers to be drawn; the table beside it says the same."""

    id: str
    labels: tuple[Value, ...]
    series: tuple[tuple[str, tuple[int, ...]], ...]
    """Catalogue key of the name, and a value for each label."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a list of facts; its name is ``report.fact.<key>``."""

    key: str
    value: Value


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter; its heading is ``report.section.<id>``."""

    id: str
    facts: tuple[Fact, ...] = ()
    chart: Chart | None = None
    seal: Seal | None = None
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report, apart from how it looks."""

    lang: Language
    organisation: str
    period: tuple[str, str]
    """First and last day, ISO."""
    holds: bool
    """Whether the audit log was found intact."""
    figures: tuple[Fact, ...]
    """The few numbers to see first."""
    sections: tuple[Section, ...]
    front: tuple[Fact, ...] = ()
    """How far the log can be relied on; it stands before everything else."""

    def seal(self) -> Seal | None:
        """The signed checkpoint that is printed, if there is one."""
        return next((section.seal for section in self.sections if section.seal), None)

    def tables(self) -> Iterator[Table]:
        """Every table, in order."""
        for section in self.sections:
            yield from section.tables


def columns(*keys: str) -> tuple[Column, ...]:
    """Columns by their keys; a leading ``#`` makes one numeric."""
    return tuple(Column(key.removeprefix("#"), numeric=key.startswith("#")) for key in keys)
