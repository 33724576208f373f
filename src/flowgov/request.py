"""What the guards of one gate may look at: the project, who asks, what lies on the table, what stands in registers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from flowgov.dossier.entry import Entry
from flowgov.dossier.given import NOTHING_GIVEN, Given
from flowgov.workflow.model import Transition, Workflow

NO_ENTRIES: Mapping[str, Entry] = MappingProxyType({})


class Grant(NamedTuple):
    """A role in force at the moment of the request."""

    person: str
    role: str
    record: str
    """Hash of the record that granted it."""
    delegator: str | None = None
    """Who lent it, where the person acts for somebody else."""
    granter: str | None = None
    """Who granted it, or what was lent."""


class GivenApproval(NamedTuple):
    """An approval of this transition, of this cycle, not withdrawn."""

    person: str
    role: str
    seq: int
    basis: Mapping[str, str] | None = None
    """What it was given on; None where that was not recorded yet."""
    delegator: str | None = None
    """For whom, where it was given for somebody else."""
    reserved: bool = False
    """Whether it was given with a reservation."""


class GivenEvidence(NamedTuple):
    """The newest piece of one evidence kind."""

    kind: str
    cycle: int
    seq: int
    sha256: str | None
    added: str = ""


class Exemption(NamedTuple):
    """An exception in force at the moment of the request, on this project."""

    key: str
    person: str
    rules: tuple[str, ...]
    idle: str | None = None
    """Since when its compensating control does not operate; then it permits nothing."""
    reviewer: str | None = None


class Passage(NamedTuple):
    """Who last made a transition, and where that stands in the project's chain."""

    person: str
    seq: int
    delegator: str | None = None
    """For whom, where it was made for somebody else."""


@dataclass(frozen=True, slots=True)
class Request:
    """Everything the guards of one gate may look at. Persons are ids."""

    workflow: Workflow
    transition: Transition
    now: str
    actor: str
    key: str
    """Key of the project."""
    state: str
    previous: str | None
    cycle: int
    creator: str
    personal_data: bool
    passages: Mapping[str, Passage]
    """The latest passage of each transition made so far."""
    grants: Sequence[Grant]
    """Roles in force of the actor and of those who approved, a person's own before those lent to him."""
    approvals: Sequence[GivenApproval] = ()
    evidence: Sequence[GivenEvidence] = ()
    exemptions: Sequence[Exemption] = ()
    reason: str | None = None
    context: Mapping[str, object] = field(default_factory=dict)
    """What the host handed over for its own guards; not recorded."""
    given: Given = NOTHING_GIVEN
    dossier: Mapping[str, Mapping[str, Entry]] = field(default_factory=dict)
    """The project's entries by kind and key, of the kinds that this gate asks for."""
    registers: Mapping[str, Mapping[str, Entry]] = field(default_factory=dict)
    """The organisation's."""
    basis: Mapping[str, str] = field(default_factory=dict)
    """What is decided on; see `flowgov.basis`."""
    staff: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Who holds each role on the project himself, where this gate asks for it."""
    services: frozenset[str] = frozenset()
    """Those of them that are service accounts."""

    def entries(self, kind: str) -> Mapping[str, Entry]:
        """The project's entries of a kind, by key."""
        return self.dossier.get(kind, NO_ENTRIES)

    def shared(self, kind: str) -> Mapping[str, Entry]:
        """The organisation's entries of a kind, by key."""
        return self.registers.get(kind, NO_ENTRIES)

    def holds(self, person: str, role: str) -> Grant | None:
        """The grant by which *person* holds *role* now."""
        return next((g for g in self.grants if g.person == person and g.role == role), None)

    def acting(self, roles: Iterable[str]) -> Grant | None:
        """The grant by which the actor acts in one of *roles*, in their order; his own before one lent to him."""
        return first_own(grant for name in roles if (grant := self.holds(self.actor, name)))

    @property
    def last_passed(self) -> int:
        """Where this gate was last passed in the project's chain; 0 if never."""
        passage = self.passages.get(self.transition.id)
        return passage.seq if passage else 0


def first_own(grants: Iterable[Grant]) -> Grant | None:
    """The first of somebody's grants that is his own, else the first that was lent to him."""
    return min(grants, key=lambda grant: grant.delegator is not None, default=None)
