"""The charter of a project: who decides, who does, who is asked and who is told, at each of its gates.

It is derived from the workflow and from who holds which role, so that it cannot say anything else than the engine does.
Delegates are not in it: whoever lends a role still answers for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from flowgov.canonical import Json, canonical
from flowgov.workflow.model import GATES, ApprovalRule, Transition, Workflow

Letter = Literal["A", "AR", "R", "C", "I"]
"""Accountable, responsible (or both at once), consulted, informed."""
Holders = Mapping[str, Sequence[str]]
"""Persons who hold each role, in a steady order."""
KIND, SIGNED = "charter", "acknowledgement"
"""Kinds of entries: a charter that was issued; who acknowledged which version, by person."""
KEY = "CHARTER"
"""Key of a project's charter among the entries of its kind: there is one, in versions."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one role does at a gate."""

    role: str
    letter: Letter
    persons: tuple[str, ...]
    """Who holds it at present."""


@dataclass(frozen=True, slots=True)
class GateLine:
    """One gate of the charter."""

    transition: str
    parts: tuple[Part, ...]
    """In the order of the workflow's roles."""

    def having(self, *letters: Letter) -> tuple[Part, ...]:
        """The parts with one of these letters."""
        return tuple(part for part in self.parts if part.letter in letters)

    @property
    def accountable(self) -> Part:
        """The one role that answers for the gate."""
        return self.having("A", "AR")[0]


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is missing at a gate, or that there is too much of."""

    code: Literal["no_holder", "too_few", "two_accountable"]
    transition: str
    role: str
    persons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Overlap:
    """Somebody who holds more than one role that acts."""

    person: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """A charter as it follows from the workflow and the assignments at one moment."""

    workflow: str
    """Hash of the definition."""
    holders: Mapping[str, tuple[str, ...]]
    """Persons by role, of all roles of the workflow, in its order."""
    gates: tuple[GateLine, ...]
    gaps: tuple[Gap, ...]
    overlaps: tuple[Overlap, ...]

    @property
    def facts(self) -> dict[str, Json]:
        """What a record says of it: everything else follows."""
        return {
            "wf": self.workflow,
            "roles": [{"role": role, "p": [*persons]} for role, persons in self.holders.items()],
            "gates": [
                {"t": gate.transition, "parts": [{"role": p.role, "does": p.letter} for p in gate.parts]}
                for gate in self.gates
            ],
        }

    @property
    def recorded(self) -> dict[str, Json]:
        """What the record of an issued charter says."""
        return {**self.facts, "sha256": self.hash}

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical form of `facts`; another content is another charter."""
        return sha256(canonical(self.facts)).hexdigest()


def derive(workflow: Workflow, holders: Holders, *, personal_data: bool) -> Matrix:
    """The charter of a project on *workflow* whose roles are held by *holders*."""
    held = {role: tuple(sorted(set(holders.get(role, ())))) for role in workflow.roles}
    gates = [t for t in workflow.transitions.values() if t.kind in GATES]
    asked = {gate.id: [r for r in gate.approvals if r.when is None or personal_data] for gate in gates}
    lines = tuple(_line(workflow, gate, asked[gate.id], held) for gate in gates)
    gaps = tuple(gap for gate, line in zip(gates, lines, strict=True) for gap in _gaps(gate, line, asked[gate.id]))
    return Matrix(workflow.hash, held, lines, gaps, tuple(_overlaps(workflow, held)))


def signatories(workflow: Workflow, holders: Holders, services: Collection[str]) -> tuple[str, ...]:
    """Who acknowledges the charter: everybody with a role that acts but service accounts, in a steady order."""
    acting = (holders.get(role, ()) for role in workflow.acting)
    return tuple(sorted({person for persons in acting for person in persons} - {*services}))


def accountable(gate: Transition, asked: Sequence[ApprovalRule]) -> str:
    """The role that answers for a gate.

    That of the first approval that is one person's, else of the first approval; where nobody's approval is asked,
    the first role that may make the move.
    """
    single = next((rule.role for rule in asked if rule.minimum == 1), None)
    return single or (asked[0].role if asked else gate.fire[0])


def _line(
    workflow: Workflow, gate: Transition, asked: Sequence[ApprovalRule], held: Mapping[str, tuple[str, ...]]
) -> GateLine:
    answers = accountable(gate, asked)
    consulted = {rule.role for rule in asked}

    def letter(role: str) -> Letter:
        if role == answers:
            return "AR" if role in gate.fire else "A"
        if role in gate.fire:
            return "R"
        return "C" if role in consulted else "I"

    known = [role for role in workflow.roles if role in gate.fire or role in consulted or held[role]]
    return GateLine(gate.id, tuple(Part(role, letter(role), held[role]) for role in known))


def _gaps(gate: Transition, line: GateLine, asked: Sequence[ApprovalRule]) -> Iterator[Gap]:
    doers = [part for part in line.parts if part.role in gate.fire]
    if not any(part.persons for part in doers):
        yield from (Gap("no_holder", gate.id, part.role) for part in doers)
    persons = {part.role: part.persons for part in line.parts}
    for role, minimum in _demanded(asked).items():
        if len(persons[role]) < minimum and not (role in gate.fire and not persons[role]):
            code: Literal["no_holder", "too_few"] = "too_few" if persons[role] else "no_holder"
            yield Gap(code, gate.id, role, persons[role])
    answers = line.accountable
    if len(answers.persons) > 1:
        yield Gap("two_accountable", gate.id, answers.role, answers.persons)


def _demanded(asked: Iterable[ApprovalRule]) -> dict[str, int]:
    """How many persons each role's approvals need."""
    most: dict[str, int] = {}
    for rule in asked:
        most[rule.role] = max(rule.minimum, most.get(rule.role, 0))
    return most


def _overlaps(workflow: Workflow, held: Mapping[str, tuple[str, ...]]) -> Iterator[Overlap]:
    roles: dict[str, list[str]] = {}
    for role in workflow.roles.values():
        for person in held[role.id] if role.acts else ():
            roles.setdefault(person, []).append(role.id)
    yield from (Overlap(person, tuple(names)) for person, names in sorted(roles.items()) if len(names) > 1)
