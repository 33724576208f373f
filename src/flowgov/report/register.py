"""The long tables, read from the log while they are written: gates passed, attempts refused, departures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowgov.audit.hashing import leaf_hash
from flowgov.clock import moment
from flowgov.people import ADMINISTRATOR
from flowgov.report.replay import MOVES, REFUSALS, Facts, History, Standing, Track, is_departure
from flowgov.report.values import (
    REMOVED,
    Blocked,
    Days,
    Departed,
    Given,
    Mark,
    Moment,
    Named,
    Piece,
    Row,
    Source,
    Value,
    Who,
    WholeCode,
)
from flowgov.store.reporting import Card, Place, Snapshot
from flowgov.workflow.model import GATES, Label, Workflow

_TENTHS_A_DAY = 10 / 86_400
_NAMING = frozenset({"person", "author", "other", "role", "roles", "kind", "state", "transition", "available"})
"""Parameters of a blocker that name something a definition, or an identity card, has a better name for."""
_ADMINISTRATOR = Label(en="Administrator", fr="Administrateur")


@dataclass(frozen=True, slots=True)
class Book:
    """What the long tables are written from."""

    snapshot: Snapshot
    history: History
    cards: Mapping[str, Card]

    def who(self, person: str, delegator: str | None = None) -> Who:
        """The person with this id, and for whom he acted."""
        return Who(self._card(person), self._card(delegator) if delegator else None)

    def _card(self, person: str) -> Card:
        return self.cards.get(person, Card(person))

    def role(self, name: str, workflow: Workflow | None) -> Named:
        """A role by the name its definition gives it, or the newest definition that knows it."""
        if name == ADMINISTRATOR:
            return Named(name, _ADMINISTRATOR)
        definitions = [workflow] if workflow else [*self.history.definitions.values()][::-1]
        found = next((d.roles[name] for d in definitions if name in d.roles), None)
        return Named(name, found.label if found else None)

    def gates(self) -> Iterator[Row]:
        """A row for each gate passed in the period, in the order written."""
        period = self.history.period
        standings: dict[str, Standing] = {}
        written = 0
        for page in self.snapshot.pages(MOVES, start=period.start, until=period.until):
            records = [(row, json.loads(row.body)) for row in page]
            passed = [(row, facts) for row, facts in records if facts.get("kind") in GATES]
            reasons = self.snapshot.texts(_places(passed))
            for row, facts in records:
                standing = standings.get(row.stream)
                if standing is None:
                    at_start = self.history.tracks[row.stream].at_start
                    standing = standings[row.stream] = at_start.copy() if at_start else Standing(row.ts)
                if facts.get("kind") in GATES:
                    written += 1
                    yield self._gate(row, facts, standing, reasons)
                standing.apply(row.event, row.seq, row.ts, facts)
        assert written == self.history.gates.total(), "every gate that was counted stands in the register"

    def refused(self) -> Iterator[Row]:
        """A row for each refused attempt of the period, in the order written."""
        period, written = self.history.period, 0
        for page in self.snapshot.pages(REFUSALS, start=period.start, until=period.until):
            for row in page:
                written += 1
                yield self._refusal(row, json.loads(row.body))
        assert written == self.history.refused.total(), "every refusal that was counted is listed"

    def departures(self) -> Iterator[Row]:
        """A row for each gate passed by breaking glass, or with a departure from a rule."""
        if not self.history.departures:
            return
        period = self.history.period
        for page in self.snapshot.pages(("project.moved",), start=period.start, until=period.until):
            # the bytes are canonical: what is not in them need not be parsed
            likely = [r for r in page if b'"departures":' in r.body or b'"kind":"break_glass"' in r.body]
            records = [(row, json.loads(row.body)) for row in likely]
            reasons = self.snapshot.texts(_places(records))
            for row, facts in records:
                if facts["kind"] in GATES and is_departure(facts):
                    yield self._departure(row, facts, reasons)

    def _gate(self, row: Any, facts: Facts, standing: Standing, reasons: Mapping[Place, Mapping[str, str]]) -> Row:
        track = self.history.tracks[row.stream]
        workflow = self.history.definitions[facts["wf"]["sha256"]]
        stayed = moment(row.ts) - moment(standing.entered)
        return (
            Moment(row.ts),
            track.key,
            _gate(workflow, facts),
            facts["cycle"],
            self.who(row.actor, facts.get("auth", {}).get("for")),
            self.role(facts["auth"]["role"], workflow),
            self._approvals(facts, standing, workflow),
            _evidence(facts, workflow),
            Days(int(stayed.total_seconds() * _TENTHS_A_DAY + 0.5)),
            self._departed(facts),
            _reason(row, facts, reasons),
            Source(row.seq, leaf_hash(row.body)),
        )

    def _approvals(self, facts: Facts, standing: Standing, workflow: Workflow) -> tuple[Value, ...]:
        found = []
        for counted in _saw(facts, "approvals").get("counted", ()):
            at = standing.approvals.get(counted["seq"])
            role = self.role(counted["role"], workflow)
            found.append(Given(self.who(counted["p"], counted.get("for")), role, Moment(at[0]) if at else None))
        return tuple(found)

    def _departed(self, facts: Facts) -> tuple[Value, ...]:
        glass: tuple[Value, ...] = (Mark("break_glass"),) if facts["kind"] == "break_glass" else ()
        rules = (Departed(d["rule"], self.who(d["p"]), d["exception"]) for d in facts.get("departures", ()))
        return (*glass, *rules)

    def _departure(self, row: Any, facts: Facts, reasons: Mapping[Place, Mapping[str, str]]) -> Row:
        workflow = self.history.definitions[facts["wf"]["sha256"]]
        return (
            Moment(row.ts),
            self.history.tracks[row.stream].key,
            _gate(workflow, facts),
            self.who(row.actor, facts.get("auth", {}).get("for")),
            self._departed(facts),
            _reason(row, facts, reasons),
            Source(row.seq, leaf_hash(row.body)),
        )

    def _refusal(self, row: Any, facts: Facts) -> Row:
        track = self.history.tracks.get(row.stream)
        return (
            Moment(row.ts),
            track.key if track else None,
            Mark(facts.get("action", row.event), "attempt"),
            self._attempted(facts, track),
            self.who(row.actor),
            tuple(self._blocked(blocker, track) for blocker in facts["blockers"]),
            Source(row.seq, leaf_hash(row.body)),
        )

    def _attempted(self, facts: Facts, track: Track | None) -> Value:
        if track:
            workflow = self.history.definitions[track.workflow]
            if "t" in facts:
                return _gate(workflow, facts)
            return Named(facts["kind"], workflow.evidence.get(facts["kind"]))
        if "wf" in facts:
            return f"{facts['wf']['id']}@{facts['wf']['ver']}"
        if "target" in facts:
            return self._target(facts["target"], facts["field"])
        if "person" not in facts:  # a key of the log's, or an archive
            return WholeCode(facts.get("new") or facts.get("key") or facts["file"])
        person = self.who(facts["person"])
        return (self.role(facts["role"], None), person) if "role" in facts else person

    def _target(self, target: Facts, field: str) -> str:
        track = self.history.tracks.get(target["stream"])
        return f"{track.key if track else target['stream']}#{target['seq']} · {field}"

    def _blocked(self, blocker: Mapping[str, Any], track: Track | None) -> Blocked:
        workflow = self.history.definitions[track.workflow] if track else None
        names = {
            name: tuple(self._name(name, item, workflow) for item in value)
            if isinstance(value, list)
            else self._name(name, value, workflow)
            for name, value in blocker["params"].items()
            if name in _NAMING
        }
        return Blocked(blocker["code"], blocker["params"], names)

    def _name(self, param: str, value: Any, workflow: Workflow | None) -> Value:
        if param in {"person", "author", "other"}:
            return self.who(value)
        if param in {"role", "roles"} or workflow is None:
            return self.role(value, workflow)
        if param == "kind":
            return Named(value, workflow.evidence.get(value))
        known: Mapping[str, Any] = workflow.states if param == "state" else workflow.transitions
        return Named(value, known[value].label if value in known else None)


def _places(records: Sequence[tuple[Any, Facts]]) -> list[Place]:
    return [(row.stream, row.seq) for row, facts in records if "reason" in facts.get("c", ())]


def _reason(row: Any, facts: Facts, reasons: Mapping[Place, Mapping[str, str]]) -> Value:
    if "reason" not in facts.get("c", ()):
        return None
    return reasons.get((row.stream, row.seq), {}).get("reason", REMOVED)


def _gate(workflow: Workflow, facts: Facts) -> Named:
    transition = workflow.transitions.get(facts["t"])
    return Named(facts["t"], transition.label if transition else None)


def _evidence(facts: Facts, workflow: Workflow) -> tuple[Value, ...]:
    pieces = _saw(facts, "evidence").get("pieces", ())
    return tuple(Piece(Named(piece["kind"], workflow.evidence.get(piece["kind"])), piece["sha256"]) for piece in pieces)


def _saw(facts: Facts, guard: str) -> Facts:
    return next((asked for asked in facts["guards"] if asked["n"] == guard), {})
