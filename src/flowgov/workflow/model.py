"""A workflow definition as a frozen value, and its identity: the hash of its canonical form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Literal

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
]
Separation = Literal["block", "exception", "warn"]
Condition = Literal["personal_data"]

PREVIOUS = "$previous"
"""As a destination: the state the project was suspended from."""
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


@dataclass(frozen=True, slots=True)
class Workflow:
    """A versioned definition. Never changes: another content is another `hash`."""

    id: str
    version: str
    title: Label
    separation: Separation
    roles: Mapping[str, Role]
    evidence: Mapping[str, Label]
    states: Mapping[str, State]
    transitions: Mapping[str, Transition]
    hash: str
    """Lower-case hexadecimal SHA-256 of `Workflow.body`."""
    body: bytes = field(repr=False)
    """The canonical form."""

    @property
    def initial(self) -> State:
        return next(state for state in self.states.values() if state.kind == "initial")

    @property
    def name(self) -> str:
        """Id and version, as people write them: ``standard@1.0.0``."""
        return f"{self.id}@{self.version}"

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
    )


def _each(section: list[dict[str, Any]], make: Any) -> Mapping[str, Any]:
    return MappingProxyType({entry["id"]: make(entry) for entry in section})


def _label(entry: Mapping[str, Any]) -> Label:
    return Label(en=entry["en"], fr=entry["fr"])


def _role(entry: Mapping[str, Any]) -> Role:
    return Role(id=entry["id"], label=_label(entry), acts=entry["acts"])


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
    )
