"""A project on a small lifecycle, whose records a test says one by one."""

from __future__ import annotations

from typing import Any

from tests.unit.audit.lifecycles import body, document, usual

from flowgov.audit.chain import Chain
from flowgov.audit.definition import ALWAYS, parse
from flowgov.audit.finding import Findings
from flowgov.audit.register import Register
from flowgov.audit.replay import Replay
from flowgov.audit.standing import Card, Grant, Registered

TS, LATER = "2026-01-05T09:00:00.000000Z", "2026-02-05T09:00:00.000000Z"
LONG_AGO = "2025-01-05T09:00:00.000000Z"
WF = {"id": "small", "ver": "1", "sha256": "aa"}
PEOPLE = {"requester": "reader", "alice": "owner", "bob": "owner", "carol": "checker", "dora": "dpo", "dan": "dpo"}
"""Who holds which role, everywhere."""


class Project:
    """A project that requester opened; a test may alter the lifecycle first."""

    def __init__(self, *, personal_data: bool = False, opened: bool = True, **lifecycle: Any) -> None:
        self.findings, self.register = Findings(), Register()
        self.register.complete = True
        self.register.people = {person: Card(1, None, None, None) for person in PEOPLE}
        self.register.workflows["aa"] = Registered("small", "1", 3)
        definition = parse(body({**document(), **lifecycle}))
        assert definition is not None
        self.register.definitions["aa"] = definition
        for person, role in PEOPLE.items():
            self.grant(person, role)
        self.chain = Chain("prj:1", 2, None, self.findings)
        self.replay = Replay("1", self.register)
        if opened:
            self.say("project.opened", personal_data=personal_data)

    def grant(self, person: str, role: str, **changes: Any) -> None:
        given: dict[str, Any] = {
            "project": None,
            "start": LONG_AGO,
            "until": None,
            "by": "u1",
            "seq": 4,
            "original": "",
        }
        grant = Grant(**{"id": f"{person} {role}", "person": person, "role": role, "hash": "", **given, **changes})
        self.register.by_hash[f"{person} {role}"] = grant
        self.register._held.setdefault((person, role), []).append(grant)

    def say(self, event: str, texts: dict[str, str] | None = None, **changes: Any) -> int:
        """The next record; where it stands in the chain."""
        seq = self.chain.seq = self.chain.seq + 1
        self.chain.idx = 100 + seq
        given: dict[str, Any] = {"actor": "alice", "ts": TS, "wf": WF, "cycle": self.replay.cycle}
        given |= {"version": self.replay.version + (event in APPLIED), **usual(event, DEFAULTS)}
        found = {"event": event, "seq": seq, **given, **changes}
        self.replay.apply(self.chain, found, {f: (b"", v) for f, v in (texts or {}).items()})
        return seq

    def move(self, name: str, actor: str = "alice", **changes: Any) -> int:
        """A move along a transition, as its gate would record it."""
        step = self.register.definitions["aa"].steps[name]
        to = step.targets[0] if not step.to_previous else self.replay.previous
        given: dict[str, Any] = {"t": name, "kind": step.kind, "from": self.replay.state, "to": to, "actor": actor}
        given["auth"] = auth(actor)
        given["cycle"] = self.replay.cycle + step.next_cycle
        given["guards"] = asked(*step.asked)
        given |= {"c": {"reason": ""}} if step.reason else {}
        return self.say("project.moved", **{**given, **changes})

    def approve(self, actor: str, name: str = "submit", **changes: Any) -> int:
        return self.say("approval.given", **{"actor": actor, "auth": auth(actor), "t": name, **changes})

    def add(self, kind: str = "note", **changes: Any) -> int:
        return self.say("evidence.added", kind=kind, **changes)

    @property
    def found(self) -> list[tuple[str, str | None, int | None]]:
        """Code, what it is about, and record of every finding."""
        return [(f.code, f.params.get("about"), f.seq) for f in self.findings.kept]


APPLIED = frozenset(
    {
        "project.opened",
        "project.moved",
        "approval.given",
        "approval.withdrawn",
        "gate.withdrawn",
        "evidence.added",
    }
)
DEFAULTS: dict[str, dict[str, Any]] = {
    "project.opened": {
        "key": "CRM",
        "to": "draft",
        "personal_data": False,
        "cycle": 1,
        "version": 1,
        "actor": "requester",
    },
    "project.moved": {},
    "project.move_refused": {"t": "submit", "blockers": [{}], "from": "draft", "guards": []},
    "approval.given": {},
    "approval.withdrawn": {"t": "submit", "withdrawn": []},
    "gate.withdrawn": {"t": "submit", "withdrawn": []},
    "approval.refused": {"t": "submit", "blockers": [{}]},
    "evidence.added": {"kind": "note", "sha256": None, "size": None, "stored": False},
    "evidence.refused": {"kind": "note", "blockers": [{}]},
}


def auth(actor: str, role: str | None = None) -> dict[str, str]:
    role = role or PEOPLE[actor]
    return {"role": role, "grant": f"{actor} {role}"}


def asked(*names: str, counted: Any = (), pieces: Any = (), ok: bool = True) -> list[dict[str, Any]]:
    """The guards of a gate, in their order, with what two of them saw."""
    saw: dict[str, dict[str, Any]] = {"approvals": {"counted": counted}, "evidence": {"pieces": pieces}}
    return [{"n": name, "ok": ok, **saw.get(name, {})} for name in names]


def counted(*seats: tuple[str, int], role: str = "checker") -> list[dict[str, Any]]:
    return [{"p": person, "role": PEOPLE.get(person, role), "seq": seq} for person, seq in seats]


def checked(**more: Any) -> Project:
    """A project that carol approved and alice submitted: records 2 and 3."""
    project = Project(**more)
    seq = project.approve("carol")
    project.move("submit", guards=asked(*ALWAYS, counted=counted(("carol", seq))))
    return project
