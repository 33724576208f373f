"""An organisation's chain, whose records a test says one by one."""

from __future__ import annotations

from typing import Any

from tests.unit.audit.lifecycles import usual

from flowgov.audit.chain import Chain
from flowgov.audit.finding import Findings
from flowgov.audit.register import Register

TS = "2026-01-05T09:00:00.000000Z"
LATER, LAST = "2026-02-05T09:00:00.000000Z", "2026-03-05T09:00:00.000000Z"
DEFAULTS: dict[str, dict[str, Any]] = {
    "organisation.created": {"name": "Maison Tallec", "administrator": "u1"},
    "person.added": {"person": "u2"},
    "role.granted": {"person": "u2", "role": "sponsor", "project": None, "start": TS, "until": None},
    "role.revoked": {"grants": [], "person": "u2", "role": "sponsor", "project": None},
    "role.delegated": {
        "person": "u3",
        "role": "sponsor",
        "project": None,
        "start": TS,
        "until": LATER,
        "base": "g5",
    },
    "role.undelegated": {"grants": [], "person": "u2", "role": "sponsor", "project": None},
    "person.ended": {"person": "u2", "grants": []},
    "workflow.registered": {"wf": {"id": "standard", "ver": "1", "sha256": "aa"}},
    "exception.granted": {
        "rules": ["procedure"],
        "person": "u2",
        "project": "1",
        "start": TS,
        "until": LATER,
        "reviewer": None,
    },
    "exception.reviewed": {"key": "EX-0005", "result": "ok"},
    "exception.ended": {"key": "EX-0005"},
    "key.registered": {"key": "k1"},
    "key.rotated": {"old": "k1", "new": "k2"},
    "key.replaced": {"old": "k1", "new": "k2", "size": 7},
    "text.redacted": {"target": {"stream": "org", "seq": 4, "hash": "ab"}, "field": "reason"},
    "person.erased": {"person": "u2"},
    "log.archived": {"file": "ff", "count": 3, "root": "00", "projects": 1},
    "project.archived": {"project": "1", "last": 9, "head": "hh", "row": "rr", "archive": 4},
    "administration.refused": {"blockers": [{}]},
}


class House:
    """An organisation that u1 founded and administers; every record stands at the position of its seq."""

    def __init__(self, *, founded: bool = True) -> None:
        self.findings, self.register = Findings(), Register()
        self.chain = Chain("org", 1, None, self.findings)
        self._authority: str | None = None
        if founded:
            self.say("organisation.created", auth=None)
            self.say("person.added", person="u1", auth=None)
            self.say("role.granted", person="u1", role="administrator", grant="g3", auth=None)
            self._authority = self.chain.head

    def say(self, event: str, texts: dict[str, str] | None = None, **changes: Any) -> int:
        """The next record; where it stands in the chain."""
        seq = self.chain.seq + 1
        self.chain.seq, self.chain.idx, self.chain.head = seq, seq, f"h{seq}"
        given: dict[str, Any] = {"event": event, "seq": seq, "actor": "u1", "ts": TS, **usual(event, DEFAULTS)}
        given |= {"grant": f"g{seq}"} if event in ("role.granted", "role.delegated") else {}
        given |= {"key": f"EX-{seq:04d}"} if event == "exception.granted" else {}
        given |= {"auth": {"role": "administrator", "grant": self._authority}}
        document = {key: value for key, value in {**given, **changes}.items() if key != "auth" or value is not None}
        self.register.apply(self.chain, document, {f: (b"", v) for f, v in (texts or {}).items()})
        return seq

    def lost(self) -> None:
        """A record is missing from here on."""
        self.chain.lost = True

    @property
    def found(self) -> list[tuple[str, str, int | None]]:
        """Code, what it is about, and record of every finding."""
        return [(f.code, f.params["about"], f.seq) for f in self.findings.kept]


def said(event: str, **changes: Any) -> list[tuple[str, str, int | None]]:
    """What is found about one record after the founding, u2 being known."""
    house = House()
    house.say("person.added")
    house.say(event, **changes)
    return house.found
