"""Random people do random things; the engine and a small reference model agree on everything.

The model below was written from the rules in words, and shares no code with the guards: it keeps its own lists
of who holds what, and decides by looking through them.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool
from tests.conftest import CARDS, MORNING, database
from tests.walks.former import with_former

from flowgov import BadInput, Engine, FixedClock, NotFound, Refused
from flowgov.audit.hashing import leaf_hash
from flowgov.testing import seeded

PEOPLE = ("htallec", "slegoff", "kbenali", "ykerbrat", "nroussel")
WORKFLOWS = ("pme-light", "standard")
KEYS = ("CRM", "ERP", "WEB")
ROLES = ("business_owner", "technical_owner", "security_officer", "sponsor", "operations")
EXAMPLES = int(os.environ.get("FLOWGOV_PROPERTY_EXAMPLES", "14"))


@dataclass
class Held:
    """A role that somebody holds, on one project or (None) everywhere; days count from the first morning."""

    person: str
    role: str
    project: str | None
    until: int | None


@dataclass
class Modelled:
    """A project as the reference model sees it."""

    workflow: str
    creator: str
    state: str
    before_hold: str | None = None
    cycle: int = 1
    clock: int = 0
    """Counts what happens on the project."""
    passed: dict[str, tuple[str, int]] = field(default_factory=dict)
    approvals: list[tuple[str, str, str, int, int]] = field(default_factory=list)
    """(transition, person, role, cycle, when)"""
    evidence: dict[str, tuple[int, int]] = field(default_factory=dict)
    """kind: (cycle, when)"""


@dataclass
class Model:
    """The organisation as the reference model sees it."""

    documents: dict[str, dict[str, Any]]
    day: int = 0
    held: list[Held] = field(default_factory=list)
    permitted: list[tuple[str, str, str, int]] = field(default_factory=list)
    """(project, rule, person, last day)"""
    projects: dict[str, Modelled] = field(default_factory=dict)

    def holds(self, person: str, role: str, key: str) -> bool:
        return any(
            h.person == person
            and h.role == role
            and h.project in (None, key)
            and (h.until is None or self.day <= h.until)
            for h in self.held
        )

    def permits(self, key: str, rule_: str, person: str) -> bool:
        return any((p, r, who) == (key, rule_, person) and self.day <= last for p, r, who, last in self.permitted)

    def step(self, key: str, name: str) -> dict[str, Any] | None:
        document = self.documents[self.projects[key].workflow]
        return next((t for t in document["transitions"] if t["id"] == name), None)

    def standing(self, key: str, name: str) -> list[tuple[str, str]]:
        """Who approved, as what, this passage of the gate, and still holds the role."""
        project = self.projects[key]
        since = project.passed.get(name, ("", 0))[1]
        return [
            (person, role)
            for gate, person, role, cycle, when in project.approvals
            if gate == name and cycle == project.cycle and when > since and self.holds(person, role, key)
            if self.fresh(key, name, when)
        ]

    def fresh(self, key: str, name: str, when: int) -> bool:
        """Whether the evidence that the gate asks for is still what it was then."""
        step, evidence = self.step(key, name), self.projects[key].evidence
        return step is not None and all(evidence.get(kind, (0, 0))[1] < when for kind in step["evidence"])

    def enough_approvals(self, key: str, step: dict[str, Any], actor: str) -> bool:
        """Whether the seats can be filled, found by trying every order of the approvals."""
        seats = [r["role"] for r in step["approvals"] if r["when"] is None for _ in range(r["min"])]
        given = self.standing(key, step["id"])

        def fits(order: tuple[tuple[str, str], ...]) -> bool:
            if any(role != seat for (_, role), seat in zip(order, seats, strict=True)):
                return False
            counted = [actor, *(person for person, _ in order)]
            twice = {person for person in counted if counted.count(person) > 1}
            return all(self.permits(key, "one_person_once", person) for person in twice)

        return any(fits(order) for order in permutations(given, len(seats)))

    def allows(self, key: str, name: str, actor: str, reason: str | None) -> bool:
        project, step = self.projects[key], self.step(key, name)
        if step is None or project.state not in step["from"]:
            return False
        authors = [
            project.creator if other == "$creator" else project.passed.get(other, ("", 0))[0]
            for other in step["distinct_from"]
        ]
        present = [project.evidence.get(kind) for kind in step["evidence"]]
        if "rework_evidence_is_current" in step["guards"]:
            last = project.passed.get(name, ("", 0))[1]
            present = [p if p and p[0] == project.cycle and p[1] > last else None for p in present]
        return (
            any(self.holds(actor, role, key) for role in step["fire"])
            and (actor not in authors or self.permits(key, "distinct_from", actor))
            and self.enough_approvals(key, step, actor)
            and None not in present
            and (step["reason"] != "required" or reason is not None)
        )

    def move(self, key: str, name: str, actor: str) -> None:
        project, step = self.projects[key], self.step(key, name)
        assert step is not None
        project.clock += 1
        project.passed[name] = (actor, project.clock)
        if step["to"] == "$previous":
            assert project.before_hold is not None
            project.state, project.before_hold = project.before_hold, None
        else:
            if step["kind"] == "suspend":
                project.before_hold = project.state
            project.state = step["to"]
        if step["kind"] in ("rework", "reopen"):
            project.cycle += 1


class RandomPeople(RuleBasedStateMachine):
    """Everything that can be done through the library's face, in any order, by anybody."""

    url: ClassVar[str]

    @initialize()
    def begin(self) -> None:
        self.clock = FixedClock(MORNING)
        self.opening = self.fresh()
        engine = Engine.open(self.opening.__enter__(), clock=self.clock, entropy=seeded())
        self.engine = with_former(engine, *WORKFLOWS)
        self.model = Model({name: json.loads(self.engine.workflow(name).body) for name in WORKFLOWS})
        self.model.held = [Held("htallec", "administrator", None, None), Held("slegoff", "administrator", None, None)]
        for role, person in zip(ROLES, ("kbenali", "ykerbrat", "nroussel", "slegoff", "ykerbrat"), strict=True):
            self.engine.grant_role(role, person, by="htallec")
            self.model.held.append(Held(person, role, None, None))
        self.open("CRM", "standard", "kbenali")
        self.open("ERP", "pme-light", "nroussel")

    fresh: Callable[..., AbstractContextManager[str]]
    """Gives the URL of a fresh database; each kind of database has its own."""

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.whole_log_holds()
            self.engine.close()
            self.opening.__exit__(None, None, None)

    def when(self, days: int | None) -> str | None:
        return None if days is None else (MORNING + timedelta(days=days)).date().isoformat()

    @rule(key=some.sampled_from(KEYS), workflow=some.sampled_from(WORKFLOWS), by=some.sampled_from(PEOPLE))
    def open(self, key: str, workflow: str, by: str) -> None:
        if key in self.model.projects:
            with pytest.raises(BadInput):
                self.engine.open_project(key, workflow=workflow, title=key, by=by)
            return
        self.engine.open_project(key, workflow=workflow, title=key, by=by)
        self.model.projects[key] = Modelled(workflow, by, "need_expressed")

    @rule(
        key=some.sampled_from(KEYS),
        by=some.sampled_from(PEOPLE),
        reason=some.sampled_from([None, "Why"]),
        data=some.data(),
    )
    def move(self, key: str, by: str, reason: str | None, data: Any) -> None:
        if key not in self.model.projects:
            with pytest.raises(NotFound):
                self.engine.move(key, "hold", by=by)
            return
        name = data.draw(some.sampled_from(self.leaving(key) or ["hold"]))
        self.attempt(key, name, by, reason)

    @rule(
        key=some.sampled_from(KEYS),
        by=some.sampled_from(PEOPLE),
        name=some.sampled_from(["deploy", "resume", "reopen"]),
    )
    def move_from_anywhere(self, key: str, by: str, name: str) -> None:
        if key in self.model.projects:
            self.attempt(key, name, by, "Why")

    @rule(key=some.sampled_from(KEYS), data=some.data())
    def push(self, key: str, data: Any) -> None:
        self.pushed(key, data)

    def pushed(self, key: str, data: Any) -> None:
        """Do all that the next gate asks for, as far as it can be done, so that projects get somewhere."""
        if key not in self.model.projects:
            return
        kinds = {name: self.model.step(key, name)["kind"] for name in self.leaving(key)}  # type: ignore[index]
        forward = [name for name, kind in kinds.items() if kind == "gate"]
        back = [name for name, kind in kinds.items() if kind in ("rework", "rollback", "reopen", "resume")]
        if not forward + back:
            return
        name = data.draw(some.sampled_from([*forward, *forward, *forward, *back]))
        step = self.model.step(key, name)
        assert step is not None
        firing = [p for p in PEOPLE if any(self.model.holds(p, role, key) for role in step["fire"])]
        for kind in step["evidence"]:
            self.evidence(key, kind, (firing or PEOPLE)[0])
        for asked in step["approvals"]:
            for person in [p for p in PEOPLE if self.model.holds(p, asked["role"], key)]:
                self.consent(key, name, person, asked["role"])
        self.attempt(key, name, (firing or PEOPLE)[-1], "Why")

    push_again = rule(key=some.sampled_from(KEYS[:2]), data=some.data())(lambda self, key, data: self.pushed(key, data))
    push_further = rule(key=some.sampled_from(KEYS[:2]), data=some.data())(
        lambda self, key, data: self.pushed(key, data)
    )

    @rule(key=some.sampled_from(KEYS), by=some.sampled_from(PEOPLE), data=some.data())
    def approve(self, key: str, by: str, data: Any) -> None:
        if key in self.model.projects:
            name = data.draw(some.sampled_from(self.leaving(key) or ["hold"]))
            self.consent(key, name, by, data.draw(some.sampled_from(["business_owner", "technical_owner", "sponsor"])))

    @rule(key=some.sampled_from(KEYS), by=some.sampled_from(PEOPLE), data=some.data())
    def withdraw(self, key: str, by: str, data: Any) -> None:
        if key not in self.model.projects:
            return
        project = self.model.projects[key]
        name = data.draw(some.sampled_from(["validate_need", "approve_design", "confirm_secured", "deploy"]))
        since = project.passed.get(name, ("", 0))[1]
        own = [a for a in project.approvals if a[:2] == (name, by) and a[3] == project.cycle and a[4] > since]
        if own:
            self.engine.withdraw_approval(key, name, by=by)
            project.approvals = [a for a in project.approvals if a not in own]
        else:
            with pytest.raises(Refused):
                self.engine.withdraw_approval(key, name, by=by)

    @rule(
        key=some.sampled_from(KEYS),
        by=some.sampled_from(PEOPLE),
        kind=some.sampled_from(["charter", "risk_review", "nothing"]),
    )
    def put_evidence(self, key: str, by: str, kind: str) -> None:
        if key in self.model.projects:
            self.evidence(key, kind, by)

    @rule(
        role=some.sampled_from([*ROLES, "administrator"]),
        person=some.sampled_from(PEOPLE),
        by=some.sampled_from(PEOPLE),
        everywhere=some.booleans(),
        days=some.sampled_from([None, 0, 3, 20]),
        data=some.data(),
    )
    def grant(self, role: str, person: str, by: str, everywhere: bool, days: int | None, data: Any) -> None:
        key = (
            None
            if everywhere or role == "administrator" or not self.model.projects
            else data.draw(some.sampled_from(sorted(self.model.projects)))
        )
        if key is not None and role not in {
            r["id"] for r in self.model.documents[self.model.projects[key].workflow]["roles"]
        }:
            return
        until = None if days is None else self.model.day + days
        now = self.model.day
        taken = any(
            (h.person, h.role, h.project) == (person, role, key) and (h.until is None or h.until >= now)
            for h in self.model.held
        )

        def deed() -> object:
            return self.engine.grant_role(role, person, project=key, until=self.when(until), by=by)

        if not self.model.holds(by, "administrator", "") or person == by:
            with pytest.raises(Refused):
                deed()
        elif taken:
            with pytest.raises(BadInput):
                deed()
        else:
            deed()
            self.model.held.append(Held(person, role, key, until))

    @rule(by=some.sampled_from(PEOPLE), data=some.data())
    def revoke(self, by: str, data: Any) -> None:
        now = self.model.day
        held = data.draw(some.sampled_from([h for h in self.model.held if h.until is None or h.until >= now]))
        lasting = {
            h.person
            for h in self.model.held
            if h.role == "administrator" and h.until is None and h.person != held.person
        }
        if not self.model.holds(by, "administrator", "") or (held.role == "administrator" and not lasting):
            with pytest.raises(Refused):
                self.engine.revoke_role(held.role, held.person, project=held.project, by=by)
            return
        self.engine.revoke_role(held.role, held.person, project=held.project, by=by)
        self.model.held.remove(held)

    @rule(
        key=some.sampled_from(KEYS),
        rule_=some.sampled_from(["distinct_from", "one_person_once"]),
        person=some.sampled_from(PEOPLE),
        by=some.sampled_from(PEOPLE[:2]),
        days=some.sampled_from([0, 10]),
    )
    def permit(self, key: str, rule_: str, person: str, by: str, days: int) -> None:
        if key not in self.model.projects:
            return
        last = self.model.day + days
        terms: dict[str, Any] = {"rules": [rule_], "person": person, "until": self.when(last), "reason": "Few people"}
        if person == by or not self.model.holds(by, "administrator", ""):
            with pytest.raises(Refused):
                self.engine.add_exception(key, **terms, compensating="Review", by=by)
            return
        self.engine.add_exception(key, **terms, compensating="Review", by=by)
        self.model.permitted.append((key, rule_, person, last))

    @rule(days=some.sampled_from([1, 5]))
    def wait(self, days: int) -> None:
        if self.model.day < 300:
            self.model.day += days
            self.clock.advance(days=days)

    @invariant()
    def projects_stand_where_the_model_says(self) -> None:
        if hasattr(self, "engine"):
            found = {p.key: (p.state.id, p.cycle, p.previous) for p in self.engine.projects()}
            assert found == {k: (p.state, p.cycle, p.before_hold) for k, p in self.model.projects.items()}

    def leaving(self, key: str) -> list[str]:
        project = self.model.projects[key]
        names = [t["id"] for t in self.model.documents[project.workflow]["transitions"] if project.state in t["from"]]
        assert list(self.engine.transitions(key)) == names
        return names

    def attempt(self, key: str, name: str, by: str, reason: str | None) -> None:
        if self.model.step(key, name) is None:
            return
        allowed = self.model.allows(key, name, by, reason)
        decision = self.engine.explain(key, name, by=by, reason=reason)
        assert decision.allowed == allowed, (key, name, by, [b.code for b in decision.blockers])
        if allowed:
            self.engine.move(key, name, by=by, reason=reason)
            self.model.move(key, name, by)
        else:
            with pytest.raises(Refused):
                self.engine.move(key, name, by=by, reason=reason)

    def consent(self, key: str, name: str, by: str, role: str) -> None:
        project, step = self.model.projects[key], self.model.step(key, name)
        if step is None:
            return
        since = project.passed.get(name, ("", 0))[1]
        given = any(
            a[:4] == (name, by, role, project.cycle) and a[4] > since and self.model.fresh(key, name, a[4])
            for a in project.approvals
        )
        if role not in {r["id"] for r in self.model.documents[project.workflow]["roles"]}:
            return
        entitled = role in {r["role"] for r in step["approvals"]} and self.model.holds(by, role, key)
        if project.state in step["from"] and entitled and not given:
            self.engine.approve(key, name, by=by, role=role)
            project.clock += 1
            project.approvals.append((name, by, role, project.cycle, project.clock))
        else:
            with pytest.raises(Refused):
                self.engine.approve(key, name, by=by, role=role)

    def evidence(self, key: str, kind: str, by: str) -> None:
        project = self.model.projects[key]
        document = self.model.documents[project.workflow]
        if kind not in {e["id"] for e in document["evidence"]}:
            with pytest.raises(NotFound):
                self.engine.add_evidence(key, kind, by=by, link="x")
            return
        acting = any(r["acts"] and self.model.holds(by, r["id"], key) for r in document["roles"])
        if (acting or by == project.creator) and self.leaving(key):
            self.engine.add_evidence(key, kind, by=by, link="x")
            project.clock += 1
            project.evidence[kind] = (project.cycle, project.clock)
        else:
            with pytest.raises(Refused):
                self.engine.add_evidence(key, kind, by=by, link="x")

    def whole_log_holds(self) -> None:
        """Every chain is unbroken, and every project stands where its records lead."""
        heads: dict[str, tuple[int, str]] = {}
        for entry in self.engine.log():
            seq, hash_ = heads.get(entry.stream, (0, ""))
            assert (entry.facts["seq"], entry.facts["prev"]) == (seq + 1, hash_)
            heads[entry.stream] = (entry.seq, entry.hash)
        database = create_engine(self.engine._house.database.url, poolclass=NullPool)
        with database.connect() as connection:
            for (body,) in connection.execute(text("SELECT body FROM flowgov_record")):
                document = json.loads(body)
                assert heads[document["stream"]][0] >= document["seq"]
                assert leaf_hash(bytes(body))
            for stream, seq, head in connection.execute(text("SELECT 'prj:' || id, seq, head FROM flowgov_project")):
                assert heads[stream] == (seq, head)
        for project in self.engine.projects():
            state, version, cycle = None, 0, 1
            for entry in self.engine.history(project.key):
                if entry.outcome == "applied":
                    assert entry.facts.get("from", state) == state
                    state, version = entry.facts.get("to", state), version + 1
                    cycle = entry.facts["cycle"]
                assert entry.facts["version"] == version
            assert (project.state.id, project.version, project.cycle) == (state, version, cycle)


def people_are_known() -> bool:
    """The model's people are those of the fixtures."""
    return set(PEOPLE) <= set(CARDS)


def profile(examples: int) -> settings:
    """The same examples every time, so that what fails here fails everywhere."""
    return settings(
        max_examples=examples,
        stateful_step_count=60,
        deadline=None,
        derandomize=True,
        suppress_health_check=[*HealthCheck],
    )


def test_random_people_on_sqlite(sqlite_template: Path) -> None:
    class OnSqlite(RandomPeople):
        @contextmanager
        def fresh(self) -> Iterator[str]:
            with tempfile.TemporaryDirectory() as folder:
                yield f"sqlite:///{shutil.copy(sqlite_template, folder)}"

    assert people_are_known()
    run_state_machine_as_test(OnSqlite, settings=profile(EXAMPLES))


def test_random_people_on_postgresql(postgres_server: URL, postgres_template: str) -> None:
    class OnPostgresql(RandomPeople):
        fresh = contextmanager(lambda self: database(postgres_server, postgres_template))

    run_state_machine_as_test(OnPostgresql, settings=profile(max(2, EXAMPLES // 5)))
