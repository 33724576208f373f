"""A project with risks, whose records a test says one by one."""

from __future__ import annotations

from typing import Any

from tests.unit.audit import projects
from tests.unit.audit.projects import TS, Project, auth

MATRIX = "4x4@7e3f3de8c878"
ROLES = [
    {"id": "owner", "acts": True, "side": "business"},
    {"id": "checker", "acts": True, "side": "technical"},
    {"id": "dpo", "acts": True},
    {"id": "reader", "acts": False},
]
ASKED = {"priority": "must", "status": "open", "decided": None}
UNTIL = "2026-02-05T00:00:00.000000Z"


def consent(person: str, cycle: int = 1, exception: str | None = None) -> dict[str, Any]:
    return {"p": person, "role": projects.PEOPLE[person], "cycle": cycle, "exception": exception}


def measure(n: int = 1, owner: str = "bob", done: str | None = None) -> dict[str, Any]:
    return {"n": n, "owner": owner, "due": "2026-02-01", "done": done}


def facts(**changes: Any) -> dict[str, Any]:
    """A high risk that alice, who speaks for the business, has just recorded."""
    given: dict[str, Any] = {
        "kind": "technical",
        "assets": [],
        "gravity": 4,
        "likelihood": 3,
        "residual": [4, 2],
        "treatment": "reduce",
        "measures": [],
        "owner": None,
        "review": None,
        "status": "open",
        "confirmed": {"business": consent("alice"), "technical": None},
        "agreed": None,
        "acceptance": None,
        "matrix": MATRIX,
        "level": 3,
        "starter": None,
    }
    return {**given, **changes}


class Risky(Project):
    """CRM with risks; an act starts from the state the risk is in, and says what it changes."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**{"roles": ROLES, **more})

    def risk(self, act: str, actor: str | None = "alice", **changes: Any) -> int:
        held = self.replay.entries.get(("risk", "R-01"))
        said = {**(held.facts if held and act != "record" else facts()), **changes}
        given: dict[str, Any] = {"key": "R-01", "n": held.n + 1 if held else 1, "act": act, "facts": said}
        return self._enter("risk", given, actor)

    def enter(self, kind: str, act: str, said: dict[str, Any], actor: str = "alice", **changes: Any) -> int:
        key = changes.pop("key", "DPIA" if kind == "dpia" else "Q-01")
        held = self.replay.entries.get((kind, key))
        given: dict[str, Any] = {"key": key, "n": held.n + 1 if held else 1, "act": act, "facts": said}
        return self._enter(kind, {**given, "c": {"reason": "", "document": ""}, **changes}, actor)

    def _enter(self, kind: str, given: dict[str, Any], actor: str | None) -> int:
        acting = {"auth": auth(actor)} if actor and projects.PEOPLE[actor] != "reader" else {}
        if given["act"] in ("close", "reopen"):
            given = {"c": {"reason": ""}, **given}
        return self.say(f"{kind}.recorded", actor=actor, version=self.replay.version + 1, **acting, **given)

    def both(self, **changes: Any) -> int:
        """Carol confirms for the technical side what alice recorded."""
        held = self.replay.entries["risk", "R-01"].facts
        confirmed = {"business": held["confirmed"]["business"] or consent("alice"), "technical": consent("carol")}
        return self.risk(
            "confirm", "carol", **{"confirmed": confirmed, "agreed": [held["gravity"], held["likelihood"]], **changes}
        )

    @property
    def wrong(self) -> list[str | None]:
        """What the findings are about."""
        return [about for _, about, _ in self.found]


def accepted(**changes: Any) -> dict[str, Any]:
    return {"p": "alice", "role": "owner", "since": TS, "until": UNTIL, **changes}


def answered(status: str, person: str = "alice", **changes: Any) -> dict[str, Any]:
    decided = {"p": person, "role": projects.PEOPLE[person], "cycle": 1}
    return {**ASKED, "status": status, "decided": decided, **changes}


def stated(**changes: Any) -> dict[str, Any]:
    return {"required": True, "done": None, "p": "dora", "role": "dpo", **changes}
