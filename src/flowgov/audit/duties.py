"""Separation of duties as verification judges it: who made which kind of decision, and in which role he acted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from flowgov.audit.definition import ADMINISTRATOR, Definition, Step

if TYPE_CHECKING:
    from flowgov.audit.chain import Chain, Document
    from flowgov.audit.register import Register
    from flowgov.audit.replay import Replay

APART: tuple[tuple[str, str, str], ...] = (
    ("need_creator_validator", "need", "validation"),
    ("validator_design", "validation", "design"),
    ("designer_security", "design", "security_opinion"),
    ("security_authorising", "security_opinion", "authorisation"),
    ("change_deployer", "change_approval", "deployment"),
    ("deployer_reviewer", "deployment", "review"),
)
"""Rules, and the two duties that one person does not do."""
_NEVER = frozenset({"delegate_delegator", "own_exception", "auditor_acts", "service_approves", "self_assigned"})
_GATES = ("gate", "break_glass")


def mode(definition: Definition | None, rule: str) -> str:
    """What the definition makes of a departure."""
    if definition is None or rule in _NEVER:
        return "block"
    return str(definition.document.get("separation_rules", {}).get(rule, definition.separation))


def judge_move(
    chain: Chain, document: Document, replay: Replay, register: Register, step: Step, departed: set[tuple[str, str]]
) -> None:
    """Whoever made the move had not made what others have to make, in person or by proxy; time is nobody."""
    if "auth" not in document:
        return
    actor = document["actor"]
    me = {actor, document["auth"].get("for", actor)}
    duty = step.entry.get("duty")
    for rule, one, other in APART:
        opposite = other if duty == one else one if duty == other else None
        authors = {a for found in _made(replay, rule, opposite) for a in found} if opposite else set()
        if me & authors and (rule, actor) not in departed:
            chain.find("RULE_VIOLATION", document["seq"], about="duties", rule=rule, person=actor)
    judge_role(chain, document, replay, register, step, departed)


def judge_role(
    chain: Chain, document: Document, replay: Replay, register: Register, step: Step, departed: set[tuple[str, str]]
) -> None:
    """Somebody else gave the actor his role; an administrator uses none in a gate that was only lent to him."""
    actor, seq = document["actor"], document["seq"]
    grant = register.by_hash.get(document["auth"]["grant"])
    if grant is not None and (grant.lender or grant).by == actor:
        chain.find("ROLE_VIOLATION", seq, about="self_assigned", person=actor, role=grant.role)
    lent = "for" in document["auth"] and step.kind in _GATES and _declared(replay.definition)
    if not lent or ("role_administrator", actor) in departed:
        return
    late = "clock" in document
    if register.holding(actor, ADMINISTRATOR, replay.id, document["ts"], chain.place, late=late):
        chain.find("RULE_VIOLATION", seq, about="duties", rule="role_administrator", person=actor)


def _made(replay: Replay, rule: str, duty: str) -> Iterator[tuple[Any, ...]]:
    """Who did a duty last, and for whom; who opened the project expressed its need."""
    if (rule, duty) == ("need_creator_validator", "need"):
        yield (replay.creator,)
    steps: Mapping[str, Step] = replay.definition.steps if replay.definition else {}
    passages = [
        replay.passages[name] for name, s in steps.items() if s.entry.get("duty") == duty and name in replay.passages
    ]
    if passages:
        newest = max(passages, key=lambda passage: int(passage[1]))
        yield (newest[0], *newest[2:])


def _declared(definition: Definition | None) -> bool:
    return definition is not None and (
        "separation_rules" in definition.document or any("duty" in s.entry for s in definition.steps.values())
    )
