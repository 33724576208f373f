"""Risks of a project, what becomes of them, and which of their values count.

A lower value counts once both sides have confirmed it: as long as they have not, the worse of what stands and of
what they last agreed on does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from flowgov.dossier.matrices import Matrix
from flowgov.workflow.model import Side, Workflow

RiskKind = Literal["business", "technical", "organisation", "legal", "supplier"]
Treatment = Literal["reduce", "avoid", "transfer", "accept"]
Status = Literal["open", "closed"]
KINDS: tuple[RiskKind, ...] = get_args(RiskKind)
TREATMENTS: tuple[Treatment, ...] = get_args(Treatment)
SIDES: tuple[Side, ...] = ("business", "technical")
DETAILS = ("description", "vulnerabilities", "threat_source")
"""Texts of the full form, beside the title."""
ONE_PERSON = "one_person_once"
"""The rule of separation by which a person counts for one side only."""
RISK_OWNER = "risk_owner"
MOST_MEASURES = 20

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Measure:
    """Something to be done about a risk."""

    n: int
    text: str
    owner: str
    """Login."""
    due: str
    """Day."""
    done: str | None
    """Day."""
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Confirmation:
    """One side's consent to the values of a risk."""

    person: str
    """Login."""
    role: str
    cycle: int
    exception: str | None = None
    """The exception by which the same person could confirm for the other side too."""
    delegator: str | None = None
    """Login of the person for whom it was given, where the role was lent."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A decision to live with a risk until a date."""

    person: str
    """Login."""
    role: str
    since: str
    until: str
    """Stamp; not included."""
    in_force: bool


@dataclass(frozen=True, slots=True)
class Risk:
    """A risk as it stands."""

    project: str
    key: str
    n: int
    """How many times it was recorded; give it as ``expect`` to confirm only what you saw."""
    title: str
    kind: RiskKind
    assets: tuple[str, ...]
    gravity: int
    likelihood: int
    residual: tuple[int, int]
    """Gravity and likelihood expected once every measure is done."""
    level: int
    """The level that counts now."""
    high: bool
    treatment: Treatment
    measures: tuple[Measure, ...]
    status: Status
    owner: str | None
    """Login."""
    review: str | None
    """The day it is to be looked at again."""
    description: str
    vulnerabilities: str
    threat_source: str
    business: Confirmation | None
    technical: Confirmation | None
    acceptance: Acceptance | None
    matrix: str
    starter: str | None
    """The suggestion it was made from."""
    recorded: str

    @property
    def agreed(self) -> bool:
        """Whether both sides have confirmed these values, in whatever cycle."""
        return self.business is not None and self.technical is not None

    @property
    def untreated(self) -> bool:
        """Whether it is high, and neither closed nor accepted."""
        accepted = self.acceptance is not None and self.acceptance.in_force
        return self.high and self.status == "open" and not accepted


@dataclass(frozen=True, slots=True)
class Grid:
    """A project's open risks on the matrix of its workflow."""

    project: str
    matrix: str
    high_from: int
    levels: tuple[tuple[int, ...], ...]
    """By gravity and likelihood, lowest first."""
    cells: tuple[tuple[tuple[str, ...], ...], ...]
    """Keys of the risks, by gravity and likelihood, lowest first."""


def givers(consent: Facts) -> frozenset[str]:
    """Who gave a side's consent, and for whom: delegate and delegator count as one."""
    return frozenset({consent["p"], consent.get("for", consent["p"])})


def agreed(facts: Facts) -> bool:
    """Whether both sides have confirmed the values that stand."""
    return all(facts["confirmed"][side] for side in SIDES)


def treated(facts: Facts) -> bool:
    """Whether there are measures, and all of them are done."""
    return bool(facts["measures"]) and all(measure["done"] for measure in facts["measures"])


def values_that_count(facts: Facts, matrix: Matrix) -> tuple[int, int]:
    """Gravity and likelihood by which a risk is judged now."""
    standing = (facts["gravity"], facts["likelihood"])
    if agreed(facts):
        gravity, likelihood = facts["residual"] if treated(facts) else standing
        return gravity, likelihood
    former = facts["agreed"]
    candidates = [standing] if former is None else [standing, (former[0], former[1])]
    return max(candidates, key=lambda values: matrix.level(*values))


def level(facts: Facts, matrix: Matrix) -> int:
    """The level that counts now."""
    return matrix.level(*values_that_count(facts, matrix))


def is_accepted(facts: Facts, now: str) -> bool:
    """Whether somebody entitled decided to live with it, and the decision has not expired."""
    acceptance = facts["acceptance"]
    return acceptance is not None and now < acceptance["until"]


def overdue(facts: Facts, now: str) -> list[dict[str, Any]]:
    """Measures whose day is over and which are not done, the oldest first."""
    late = [m for m in facts["measures"] if m["done"] is None and m["due"] < now[:10]]
    return sorted(late, key=lambda measure: (measure["due"], measure["n"]))


def roles_of(workflow: Workflow, side: Side) -> tuple[str, ...]:
    """Roles that speak for one side."""
    return tuple(role.id for role in workflow.roles.values() if role.side == side and role.acts)


def accepting_roles(workflow: Workflow) -> tuple[str, ...]:
    """Who may accept a risk: risk owners where the workflow has them, else the business side, else who acts."""
    if RISK_OWNER in workflow.roles and workflow.roles[RISK_OWNER].acts:
        return (RISK_OWNER,)
    return roles_of(workflow, "business") or workflow.acting


def grid(project: str, matrix: Matrix, risks: Sequence[Risk]) -> Grid:
    """The open *risks* on *matrix*, by the values they were assessed with."""
    cells: list[list[list[str]]] = [[[] for _ in row] for row in matrix.levels]
    for risk in risks:
        if risk.status == "open":
            cells[risk.gravity - 1][risk.likelihood - 1].append(risk.key)
    placed = tuple(tuple(tuple(cell) for cell in row) for row in cells)
    return Grid(project, matrix.id, matrix.high_from, matrix.levels, placed)
