"""Separation of duties by what gates are about: the thirteen rules by name, and which of them are asked where.

Six of them compare who made two kinds of decisions. A workflow says of its transitions which duty each one is; it
says of the rules what becomes of a departure. The others are kept by the gates themselves, whatever a workflow says.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flowgov.workflow.model import CREATOR, GATES, Duty, Separation, Transition, Workflow

PAIRS: Mapping[str, tuple[Duty, Duty]] = MappingProxyType(
    {
        "need_creator_validator": ("need", "validation"),
        "validator_design": ("validation", "design"),
        "designer_security": ("design", "security_opinion"),
        "security_authorising": ("security_opinion", "authorisation"),
        "change_deployer": ("change_approval", "deployment"),
        "deployer_reviewer": ("deployment", "review"),
    }
)
"""Two duties that one person does not do, by the name of the rule."""
ROLE_ADMINISTRATOR = "role_administrator"
ONCE = "one_person_once"
ALWAYS_BLOCK = frozenset({"delegate_delegator", "own_exception", "auditor_acts", "service_approves", "self_assigned"})
"""Rules that nothing departs from."""
NAMES = (
    *PAIRS,
    ONCE,
    "delegate_delegator",
    "own_exception",
    ROLE_ADMINISTRATOR,
    "auditor_acts",
    "service_approves",
    "self_assigned",
)
"""The thirteen rules, in their order."""
DECLARABLE = ("distinct_from", *NAMES)
"""Rules whose mode a workflow can say."""


def mode(workflow: Workflow, rule: str) -> Separation:
    """What becomes of a departure from *rule*: refused, permitted by an exception, or noted."""
    return "block" if rule in ALWAYS_BLOCK else workflow.separation_rules.get(rule, workflow.separation)


def declared(workflow: Workflow) -> bool:
    """Whether the workflow speaks of duties at all; one that does not is judged as before there were any."""
    return bool(workflow.separation_rules) or any(t.duty for t in workflow.transitions.values())


def facing(workflow: Workflow, transition: Transition) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The rules asked of whoever makes *transition*, each with the transitions that somebody else has to have made."""
    return tuple(
        (rule, _made(workflow, rule, other))
        for rule, pair in PAIRS.items()
        if transition.duty in pair
        for other in pair
        if other != transition.duty
    )


def is_gate(transition: Transition) -> bool:
    """Whether it is a gate, where an administrator acts only in a role that somebody else gave him."""
    return transition.kind in GATES


def _made(workflow: Workflow, rule: str, duty: Duty) -> tuple[str, ...]:
    names = tuple(t.id for t in workflow.transitions.values() if t.duty == duty)
    return (CREATOR, *names) if (rule, duty) == ("need_creator_validator", "need") else names
