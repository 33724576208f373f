"""Lines of registers as verification knows them: what a record of one looks like, and the newest state of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowgov.audit.kinds import Kind

if TYPE_CHECKING:
    from flowgov.audit.chain import Chain, Document, Texts
    from flowgov.audit.definition import Definition, Step
    from flowgov.audit.register import Register
    from flowgov.audit.replay import Replay


@dataclass(frozen=True, slots=True)
class EntryShape:
    """What a record of one register looks like."""

    chain: str
    """``org`` or ``prj``."""
    facts: Kind
    acts: tuple[str, ...]
    texts: tuple[str, ...] = ()
    """Texts that may lie beside it."""
    texts_required: tuple[str, ...] = ()
    anybody: bool = False
    """Whether somebody may record without any role, of the organisation's: the register's rule says who."""


@dataclass(frozen=True, slots=True)
class Held:
    """A line as a record says it is."""

    kind: str
    key: str
    n: int
    seq: int
    at: str
    place: int
    """Where the record stands among all records."""
    facts: dict[str, Any]
    texts: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    """Position of the record that each text lies beside, and the text; without those that were redacted."""
    actor: str = ""
    said: frozenset[str] = frozenset()
    """Names of the texts it was given and that were not cleared, those that were redacted since among them."""


@dataclass(frozen=True, slots=True)
class EntryCheck:
    """A record of a line, to be judged by the rule of its register."""

    chain: Chain
    document: Document
    former: Held | None
    """The line as it stood before; None for a new one."""
    texts: Texts
    register: Register
    replay: Replay | None
    """The project; None for a register of the organisation."""

    @property
    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = self.document["facts"]
        return found

    @property
    def act(self) -> str:
        return str(self.document["act"])

    @property
    def role(self) -> str | None:
        """By which role somebody says he may; that he holds it, and that it acts, is judged elsewhere."""
        role: str | None = self.document.get("auth", {}).get("role")
        return role

    @property
    def said(self) -> frozenset[str]:
        """Names of the texts that lie beside it, but for what every record may have."""
        return frozenset(self.document.get("c", ())) - {"os_user"}

    @property
    def cleared(self) -> frozenset[str]:
        """Names of the texts that it takes away."""
        return frozenset(self.document.get("cleared", ()))

    def says(self, text: str) -> bool:
        """Whether it brings a text."""
        return text in self.said and text not in self.cleared

    def find(self, about: str, **params: Any) -> None:
        """Note that the rules did not permit it."""
        self.chain.find("RULE_VIOLATION", self.document["seq"], about=about, name=self.document["key"], **params)


@dataclass(frozen=True, slots=True)
class Judged:
    """A move, to be judged by what a guard asks for."""

    register: Register
    replay: Replay
    document: Document
    step: Step
    definition: Definition
    place: int

    @property
    def ts(self) -> str:
        return str(self.document["ts"])

    def entries(self, kind: str) -> dict[str, Held]:
        """The project's lines of a register as they stood."""
        return {key: held for (of, key), held in self.replay.entries.items() if of == kind}

    def shared(self, kind: str) -> dict[str, Held]:
        """The organisation's lines of a register as they stood when the move was recorded."""
        return self.register.entries_at(kind, self.place)

    def saw(self, guard: str) -> dict[str, Any]:
        """What the guard is recorded to have seen."""
        return next((dict(g) for g in self.document["guards"] if g["n"] == guard), {})


Rule = Callable[[EntryCheck], None]
Judge = Callable[[Judged], Sequence[str]]
"""Codes of what stood in the way."""


def take_in(check: EntryCheck) -> Held:
    """The line as its newest record says it is; how its number follows is noted."""
    document, former = check.document, check.former
    if document["n"] != (former.n + 1 if former else 1) and not check.chain.lost:
        check.find("entry_number")
    texts = dict(former.texts) if former else {}
    said = (former.said if former else frozenset()).difference(document.get("cleared", ()))
    for name in document.get("cleared", ()):
        texts.pop(name, None)
    for name in document.get("c", {}):
        if name == "os_user":
            continue
        texts.pop(name, None)
        if name in check.texts:
            texts[name] = (document["seq"], check.texts[name][1])
    return Held(
        kind=document["event"].partition(".")[0],
        key=document["key"],
        n=document["n"],
        seq=document["seq"],
        at=document["ts"],
        place=check.chain.place,
        facts=document["facts"],
        texts=texts,
        actor=document["actor"],
        said=said.union(document.get("c", ())) - {"os_user"},
    )
