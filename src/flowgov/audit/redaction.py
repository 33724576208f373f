"""What was removed on record: texts that were redacted, and identity cards that were erased.

The organisation's chain says so, and is walked before the projects'. A project's record is judged when it comes;
the organisation's own, which come before their redaction, when that chain has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from typing import Any

from flowgov.audit.finding import Code, Findings

CARD = frozenset({"login", "name", "email"})
"""Texts of an identity card: they go together, by its erasure."""

Target = tuple[str, int]
"""Stream and position of a record whose text was removed."""
Find = Callable[..., None]
"""Notes a finding about the record judged."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A record says that a text was removed."""

    seq: int
    """Position of that record in the organisation's chain."""
    place: int
    hash: str
    """Of the record whose text it was."""
    field: str


@dataclass(frozen=True, slots=True)
class Beside:
    """A record that has, or had, texts beside it."""

    stream: str
    seq: int
    hash: str
    place: int
    actor: str
    card: str | None
    """Whose identity card it is."""
    fields: frozenset[str]
    """Texts it is committed to."""
    there: frozenset[str]
    """Those that are still there."""


class Redactions:
    """Every removal on record; grows with the organisation's chain."""

    def __init__(self, findings: Findings) -> None:
        self.count = 0
        """Texts that are gone, and a record says so."""
        self._findings = findings
        self._organisation = 0
        self._claims: dict[Target, list[Claim]] = {}
        self._erased: dict[str, int] = {}
        self._waiting: list[Beside] = []
        self._lost: set[str] = set()

    def share(self, findings: Findings) -> Redactions:
        """The same removals, to judge some of the chains apart, once the organisation's has ended."""
        apart = Redactions(findings)
        apart._organisation, apart._claims, apart._erased = self._organisation, dict(self._claims), self._erased
        return apart

    def judged(self, whole: Redactions) -> tuple[frozenset[Target], frozenset[Target]]:
        """Of the claims of *whole*, of which this is a share: those judged here, and those that cannot be."""
        open_ = self._claims.keys()
        return frozenset(whole._claims.keys() - open_), frozenset(target for target in open_ if target[0] in self._lost)

    def join(self, judged: Iterable[Target], lost: Iterable[Target], count: int) -> None:
        """Take in what a share came to."""
        self.count += count
        self._lost |= {stream for stream, _ in lost}
        for target in judged:
            self._claims.pop(target, None)

    def claim(self, number: int, target: dict[str, Any], claim: Claim) -> None:
        """Take in a ``text.redacted`` record of the organisation's chain, which is the *number*-th of the walk."""
        self._organisation = number
        self._claims.setdefault((target["stream"], target["seq"]), []).append(claim)

    def erase(self, person: str, place: int) -> None:
        """Take in a ``person.erased`` record."""
        self._erased.setdefault(person, place)

    def erased(self, person: str, place: int) -> bool:
        """Whether a person was erased before the record that stands at *place* among all records."""
        return person in self._erased and self._erased[person] < place

    def wait(self, beside: Beside) -> None:
        """Keep a record of the organisation's chain until the chain has ended."""
        self._waiting.append(beside)

    def settle(self, find: Callable[..., None]) -> None:
        """The organisation's chain has ended: judge its own records."""
        waiting, self._waiting = self._waiting, []
        for beside in waiting:
            self.judge(beside, find)

    def judge(self, beside: Beside, find: Find) -> None:
        """Every text of a record is there, or a record says that it was removed; never both."""
        removed = self._by_erasure(beside)
        for claim in self._claims.pop((beside.stream, beside.seq), ()):
            about = _flaw(claim, beside, removed)
            if about is None:
                removed[claim.field] = claim.place
            else:
                self._object(claim, beside.stream, beside.seq, about)
        for field in sorted(beside.fields):
            if field in beside.there:
                if field in removed:
                    find("DISCLOSURE_ORPHAN", beside.seq, about="redacted", field=field)
            elif field in removed:
                self.count += 1
            else:
                find("UNLOGGED_ERASURE", beside.seq, field=field)

    def forgive(self, stream: str) -> None:
        """Records of this chain are missing: what was removed beside them cannot be judged."""
        self._lost.add(stream)

    def close(self, archived: Container[str]) -> None:
        """Every chain has ended: what is claimed of a record that never came, but for those of *archived* projects."""
        for (stream, seq), claims in self._claims.items():
            if stream in self._lost or stream.removeprefix("prj:") in archived:
                continue
            for claim in claims:
                self._object(claim, stream, seq, "redacts_nothing")

    def _by_erasure(self, beside: Beside) -> dict[str, int]:
        """Texts that the erasure of a person removed, and where it stands among all records."""
        removed: dict[str, int] = {}
        if beside.card in self._erased:
            removed.update(dict.fromkeys(CARD, self._erased[beside.card]))
        erased = self._erased.get(beside.actor)
        if erased is not None and beside.place < erased:
            removed["os_user"] = erased
        return removed

    def _object(self, claim: Claim, stream: str, seq: int, about: str) -> None:
        code: Code = "RULE_VIOLATION"
        params: dict[str, Any] = {"about": about, "target": f"{stream} {seq}", "field": claim.field}
        self._findings.add(code, "org", claim.seq, None, self._organisation, **params)


def _flaw(claim: Claim, beside: Beside, removed: dict[str, int]) -> str | None:
    """What is wrong with a redaction."""
    if claim.hash != beside.hash:
        return "redacts_another"
    if claim.field not in beside.fields:
        return "redacts_nothing"
    if beside.card is not None and claim.field in CARD:
        return "redacts_card"
    if removed.get(claim.field, claim.place) < claim.place:
        return "redacted_twice"
    return None
