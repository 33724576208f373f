"""A workflow definition as a frozen value, and its identity: the hash of its canonical form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Literal, cast, get_args

from flowgov.canonical import canonical
from flowgov.i18n import Language

Stage = Literal["need_expressed", "business_validated", "technically_designed", "secured", "deployed", "reviewed"]
STAGES: tuple[Stage, ...] = (
    "need_expressed",
    "business_validated",
    "technically_designed",
    "secured",
    "deployed",
    "reviewed",
)
"""The six canonical steps; every state belongs to one or, off the path, to none."""

StateKind = Literal["initial", "normal", "final", "final_negative", "suspended", "recovery"]
TransitionKind = Literal[
    "gate",
    "break_glass",
    "reject",
    "rework",
    "rollback",
    "suspend",
    "resume",
    "cancel",
    "reopen",
    "escalate",
    "expiry",
    "timer",
]
Side = Literal["business", "technical"]
Duty = Literal[
    "need",
    "validation",
    "design",
    "security_opinion",
    "authorisation",
    "change_approval",
    "deployment",
    "review",
]
DUTIES: tuple[Duty, ...] = get_args(Duty)
"""What a gate is about, whatever a workflow calls it; the rules of separation speak of these."""
Unit = Literal["hours", "days", "working_days"]
Separation = Literal["block", "exception", "warn"]
Condition = Literal["personal_data"]

PREVIOUS = "$previous"
"""As a destination: the state the project was suspended from."""
SYSTEM = "$system"
"""In ``fire``: time itself; such a transition is made by nobody."""
CREATOR = "$creator"
"""In ``distinct_from``: the person who opened the project."""
GATES: frozenset[TransitionKind] = frozenset({"gate", "break_glass"})
"""Kinds of transition that the gate register lists."""
NEW_CYCLE: frozenset[TransitionKind] = frozenset({"rework", "reopen"})
"""Kinds of transition that start the project's next cycle."""
ENDED: frozenset[StateKind] = frozenset({"final", "final_negative"})
"""Kinds of state in which a project counts as closed."""


@dataclass(frozen=True, slots=True)
class Label:
    """What people read, in both languages."""

    en: str
    fr: str

    def __getitem__(self, lang: Language) -> str:
        return self.fr if lang == "fr" else self.en


@dataclass(frozen=True, slots=True)
class Role:
    """A responsibility the workflow names."""

    id: str
    label: Label
    acts: bool = True
    """False for a role that only reads, such as an auditor's: it never fires, approves or adds evidence."""
    side: Side | None = None
    """Whether it speaks for the business or for the technical side where both must agree."""


@dataclass(frozen=True, slots=True)
class State:
    """Where a project can stand."""

    id: str
    label: Label
    stage: Stage | None = None
    kind: StateKind = "normal"

    @property
    def ended(self) -> bool:
        return self.kind in ENDED


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """So many persons holding *role* must have approved before the move."""

    role: str
    minimum: int = 1
    when: Condition | None = None
    """The rule applies only to projects with this property."""


@dataclass(frozen=True, slots=True)
class Due:
    """How long after its state was entered a gate is due."""

    amount: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Timer:
    """When time makes a transition: so many days before a date of the project."""

    date: str
    before_days: int = 0


@dataclass(frozen=True, slots=True)
class DateRule:
    """A date that a gate sets on the project."""

    id: str
    label: Label
    min_days: int = 0
    """From the day it is set."""
    max_days: int | None = None


@dataclass(frozen=True, slots=True)
class Risks:
    """How a workflow grades risks."""

    matrix: str | None = "4x4"
    """Name of a matrix that ships; None where `levels` are given."""
    levels: tuple[tuple[int, ...], ...] = ()
    """Level by gravity (rows) and likelihood (columns), lowest first."""
    high_from: int | None = None
    """The level from which a risk is high; the matrix's own by default."""
    acceptance_days: int = 366
    """How long a risk can be accepted for."""


@dataclass(frozen=True, slots=True)
class Continuity:
    """What a workflow asks of critical assets."""

    mode: Literal["block", "warn"] = "warn"
    critical_from: int = 3
    restore_test_days: int = 366
    exercise_days: int = 366


@dataclass(frozen=True, slots=True)
class Transition:
    """A step from any of *sources* to *target*, and everything its gate demands."""

    id: str
    label: Label
    sources: tuple[str, ...]
    target: str
    """A state, or `PREVIOUS`."""
    kind: TransitionKind
    fire: tuple[str, ...]
    """Roles that may make the move; holding one of them is enough."""
    approvals: tuple[ApprovalRule, ...] = ()
    evidence: tuple[str, ...] = ()
    distinct_from: tuple[str, ...] = ()
    """Transitions (or `CREATOR`) whose author must not be the one who makes this move."""
    guards: tuple[str, ...] = ()
    """Further guards, by their registered names."""
    reason_required: bool = False
    duty: Duty | None = None
    due: Due | None = None
    sets: tuple[str, ...] = ()
    """Dates of the project that are given with the move."""
    timer: Timer | None = None
    verbal: bool = False
    """Whether it may be authorised by word of mouth, and documented afterwards."""
    waive_by: tuple[str, ...] = ()
    """Roles that may waive a missing item of this gate."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """A versioned definition. Never changes: another content is another `hash`."""

    id: str
    version: str
    title: Label
    separation: Separation
    roles: Mapping[str, Role]
    evidence: Mapping[str, Label]
    """Labels of the kinds of evidence."""
    states: Mapping[str, State]
    transitions: Mapping[str, Transition]
    hash: str
    """Lower-case hexadecimal SHA-256 of `Workflow.body`."""
    body: bytes = field(repr=False)
    """The canonical form."""
    validity: Mapping[str, int] = field(default_factory=dict)
    """How many days a piece of evidence is good for, by kind; without end for those that are not here."""
    separation_rules: Mapping[str, Separation] = field(default_factory=dict)
    """Modes of rules that differ from `separation`."""
    risks: Risks = Risks()
    continuity: Continuity = Continuity()
    meeting_days: int | None = None
    """How often the people of a project meet, where the workflow says so."""
    dates: Mapping[str, DateRule] = field(default_factory=dict)

    @property
    def initial(self) -> State:
        return next(state for state in self.states.values() if state.kind == "initial")

    @property
    def name(self) -> str:
        """Id and version, as people write them: ``standard@1.0.0``."""
        return f"{self.id}@{self.version}"

    @property
    def acting(self) -> tuple[str, ...]:
        """Roles that act, in the definition's order."""
        return tuple(role.id for role in self.roles.values() if role.acts)

    def destinations(self, transition: Transition) -> tuple[str, ...]:
        """The states *transition* can lead to; several only for ``$previous``."""
        if transition.target != PREVIOUS:
            return (transition.target,)
        suspended = set(transition.sources)
        before = (t.sources for t in self.transitions.values() if t.target in suspended)
        return tuple(dict.fromkeys(source for sources in before for source in sources))


def build(document: Mapping[str, Any]) -> Workflow:
    """The workflow that a *document* in canonical shape describes.

    Args:
        document: sections are lists of entries with an ``id``, so that their order is part of the identity;
            a definition whose shape and meaning were already checked (by the loader, or because it
            comes from the database under its own hash).
    """
    body = canonical(document)
    return Workflow(
        id=document["id"],
        version=document["version"],
        title=Label(**document["title"]),
        separation=document["separation"],
        roles=_each(document["roles"], _role),
        evidence=_each(document["evidence"], _label),
        states=_each(document["states"], _state),
        transitions=_each(document["transitions"], _transition),
        hash=sha256(body).hexdigest(),
        body=body,
        validity={e["id"]: e["valid_days"] for e in document["evidence"] if "valid_days" in e},
        separation_rules=document.get("separation_rules", {}),
        risks=_risks(document.get("risks", {})),
        continuity=Continuity(**document.get("continuity", {})),
        meeting_days=document.get("meetings", {}).get("every_days"),
        dates={d["id"]: _date(d) for d in document.get("dates", ())},
    )


def _each(section: list[dict[str, Any]], make: Any) -> Mapping[str, Any]:
    return MappingProxyType({entry["id"]: make(entry) for entry in section})


def _label(entry: Mapping[str, Any]) -> Label:
    return Label(en=entry["en"], fr=entry["fr"])


def _role(entry: Mapping[str, Any]) -> Role:
    return Role(id=entry["id"], label=_label(entry), acts=entry["acts"], side=entry.get("side"))


def _risks(entry: Mapping[str, Any]) -> Risks:
    given = {key: value for key, value in entry.items() if key != "levels"}
    levels = tuple(tuple(row) for row in entry.get("levels", ()))
    return Risks(**{**({"matrix": None} if levels else {}), **given}, levels=levels)


def _date(entry: Mapping[str, Any]) -> DateRule:
    return DateRule(entry["id"], _label(entry), entry.get("min_days", 0), entry.get("max_days"))


def _due(entry: Mapping[str, int] | None) -> Due | None:
    if not entry:
        return None
    ((unit, amount),) = entry.items()
    return Due(amount, cast("Unit", unit))


def _state(entry: Mapping[str, Any]) -> State:
    return State(id=entry["id"], label=_label(entry), stage=entry["stage"], kind=entry["kind"])


def _transition(entry: Mapping[str, Any]) -> Transition:
    return Transition(
        id=entry["id"],
        label=_label(entry),
        sources=tuple(entry["from"]),
        target=entry["to"],
        kind=entry["kind"],
        fire=tuple(entry["fire"]),
        approvals=tuple(
            ApprovalRule(role=rule["role"], minimum=rule["min"], when=rule["when"]) for rule in entry["approvals"]
        ),
        evidence=tuple(entry["evidence"]),
        distinct_from=tuple(entry["distinct_from"]),
        guards=tuple(entry["guards"]),
        reason_required=entry["reason"] == "required",
        duty=entry.get("duty"),
        due=_due(entry.get("due")),
        sets=tuple(entry.get("sets", ())),
        timer=Timer(**entry["timer"]) if "timer" in entry else None,
        verbal=entry.get("verbal", False),
        waive_by=tuple(entry.get("waive_by", ())),
    )
