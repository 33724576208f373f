"""Separation of duties at a gate: who made one decision does not make another, and in which role he acts."""

from __future__ import annotations

from dataclasses import dataclass

from flowgov.guards import Blocker, Departure, Verdict, acts_for, blocked, idle, parties, permission
from flowgov.request import Grant, Request
from flowgov.workflow import duties
from flowgov.workflow.model import CREATOR


def separation(request: Request) -> Verdict:
    """Neither the actor nor whom he acts for made what this gate must differ from, in person or by proxy.

    What that is, the transition names, and the rules on duties; and nobody acts in a role that he gave himself.
    """
    me = parties(request.actor, acts_for(request))
    named = ("distinct_from", request.transition.distinct_from)
    found = Finds()
    asked = () if request.given.by_time else duties.facing(request.workflow, request.transition)
    for rule, names in (named, *asked):
        clashes = [name for name in _newest(request, rule, names) if me & _authors(request, name)]
        if clashes:
            found.add(request, rule, *(_same_author(request, name, rule) for name in clashes))
    grant = request.acting(request.transition.fire)
    given = assigned(request, grant) if grant else Finds()
    return Verdict("separation", (*found.blockers, *given.blockers), departures=(*found.departures, *given.departures))


@dataclass(slots=True)
class Finds:
    """What rules of separation stand in the way, and which departures are permitted."""

    blockers: tuple[Blocker, ...] = ()
    departures: tuple[Departure, ...] = ()

    def add(self, request: Request, rule: str, *blockers: Blocker) -> None:
        """A rule is not kept: permitted, or blocked."""
        permitted = permission(request, rule, request.actor)
        if permitted:
            self.departures += (permitted,)
        else:
            self.blockers += (*blockers, *idle(request, rule, request.actor))


def assigned(request: Request, grant: Grant) -> Finds:
    """Whether somebody else gave the actor the role that he uses; an administrator uses no role that was only lent."""
    found = Finds()
    me, role = request.actor, grant.role
    if grant.granter == me:
        found.blockers = (Blocker("self_assigned", {"person": me, "role": role, "rule": "self_assigned"}, (role,)),)
    lent = grant.delegator is not None and duties.declared(request.workflow) and duties.is_gate(request.transition)
    if lent and request.holds(me, "administrator"):
        rule = duties.ROLE_ADMINISTRATOR
        blocker = Blocker("role_administrator", {"person": me, "role": role, "rule": rule}, (role,))
        found.add(request, rule, blocked(request, rule, blocker))
    return found


def _authors(request: Request, name: str) -> frozenset[str]:
    if name == CREATOR:
        return frozenset({request.creator})
    passage = request.passages.get(name)
    return parties(passage.person, passage.delegator) if passage else frozenset()


def _newest(request: Request, rule: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Of the transitions that are one duty, the one made last; by name, each of them."""
    if rule == "distinct_from":
        return names
    made = [name for name in names if name in request.passages]
    newest = max(made, key=lambda name: request.passages[name].seq, default=None)
    return (*(name for name in names if name == CREATOR), *((newest,) if newest else ()))


def _same_author(request: Request, name: str, rule: str) -> Blocker:
    named, roles, me = rule == "distinct_from", request.transition.fire, request.actor
    author = request.creator if name == CREATOR else request.passages[name].person
    if author != me:
        return blocked(
            request,
            rule,
            Blocker("delegate_author", {"person": me, "transition": name, "author": author, "rule": rule}, roles),
        )
    if name == CREATOR:
        code = "same_creator" if named else "own_creation"
        return blocked(request, rule, Blocker(code, {"person": me, "transition": name, "rule": rule}, roles))
    code = "same_author" if named else "own_duty"
    return blocked(request, rule, Blocker(code, {"person": me, "transition": name, "rule": rule}, roles))
