"""What the names in a definition mean together: every reference leads somewhere, every state can be left.

Works on plain values that may still be out of shape, so that one run tells everything that can be told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from flowgov.workflow.check_duties import modes
from flowgov.workflow.check_risk import check_risk
from flowgov.workflow.check_time import check_time
from flowgov.workflow.mistake import Finding, Path
from flowgov.workflow.model import CREATOR, ENDED, PREVIOUS, SYSTEM, StateKind

if TYPE_CHECKING:
    from flowgov.workflow.read import Reading

ADMINISTRATOR = "administrator"
"""The organisation's own role; a definition that declared it would hand its powers to a project."""
_STATE_KINDS: tuple[str, ...] = get_args(StateKind)


class Mention(NamedTuple):
    """A name used in a definition, and where."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Step:
    """A transition as far as it can be read."""

    id: str
    path: Path
    kind: object
    sources: tuple[Mention, ...]
    target: Mention | None
    fire: tuple[Mention, ...]
    approvers: tuple[Mention, ...]
    approvals: tuple[Mention, ...]
    """Role and condition of each approval rule: two alike say the same thing twice."""
    evidence: tuple[Mention, ...]
    distinct_from: tuple[Mention, ...]
    guards: tuple[Mention, ...]
    waivers: tuple[Mention, ...]
    """Roles that may waive a missing item."""
    verbal: object
    sets: tuple[Mention, ...]
    reason: object


@dataclass(frozen=True, slots=True)
class Draft:
    """A definition as far as it can be read."""

    roles: Mapping[str, Any]
    evidence: Mapping[str, Any] | None
    """None when the section is there and out of shape."""
    states: Mapping[str, Any]
    steps: tuple[Step, ...]

    @property
    def authors(self) -> Collection[str]:
        """What ``distinct_from`` can name."""
        return [*(step.id for step in self.steps), CREATOR]

    @property
    def initial(self) -> list[str]:
        return [name for name in self.states if self.kind(name) == "initial"]

    def kind(self, state: str) -> str | None:
        """The kind of *state*; None when it is not declared, or declared with a kind that there is not."""
        found = self.states[state].get("kind", "normal") if state in self.states else None
        return found if found in _STATE_KINDS else None


def check(reading: Reading, guards: Collection[str], *, in_shape: bool) -> list[Finding]:
    """Everything in a document that contradicts itself.

    Args:
        in_shape: whether every part of the document could be read.
    """
    draft = _draft(reading.values)
    unknown = list(_undefined(draft, guards, reading))
    names = {finding.code for finding in unknown}
    findings = [*unknown, *_repeated(draft, reading), *_roles(draft, reading), *_rules(draft, reading)]
    findings += modes(reading)
    findings += check_risk(reading.values, reading)
    findings += check_time(reading.values, reading)
    # what could not be read, or is misspelt, would make what it should have named look unused or out of reach
    if in_shape and "undefined_evidence" not in names:
        findings += _unused(draft, reading)
    if "undefined_state" not in names and _all_connected(draft):
        findings += _dead_ends(draft, reading)
        findings += _unreachable(draft, reading)
    return [*findings, *_initial(draft, reading)]


def _draft(values: Any) -> Draft:
    sections = values if isinstance(values, dict) else {}
    return Draft(
        roles=_section(sections, "roles"),
        evidence=_section(sections, "evidence") if isinstance(sections.get("evidence", {}), dict) else None,
        states=_section(sections, "states"),
        steps=tuple(_step(name, entry) for name, entry in _section(sections, "transitions").items()),
    )


def _section(sections: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = sections.get(name)
    if not isinstance(section, dict):
        return {}
    return {key: entry if isinstance(entry, dict) else {} for key, entry in section.items()}


def _step(name: str, entry: Mapping[str, Any]) -> Step:
    path = ("transitions", name)
    target = entry.get("to")
    rules = _rules_of(entry, (*path, "approvals"))
    return Step(
        id=name,
        path=path,
        kind=entry.get("kind"),
        sources=_mentions(entry, path, "from"),
        target=Mention(target, (*path, "to")) if isinstance(target, str) else None,
        fire=_mentions(entry, path, "fire"),
        approvers=tuple(Mention(rule["role"], (*where, "role")) for rule, where in rules),
        approvals=tuple(Mention(f"{rule['role']} {rule.get('when')}", where) for rule, where in rules),
        evidence=_mentions(entry, path, "evidence"),
        distinct_from=_mentions(entry, path, "distinct_from"),
        guards=_mentions(entry, path, "guards"),
        waivers=_mentions(entry, path, "waive_by"),
        verbal=entry.get("verbal"),
        sets=_mentions(entry, path, "sets"),
        reason=entry.get("reason"),
    )


def _mentions(entry: Mapping[str, Any], path: Path, key: str) -> tuple[Mention, ...]:
    found = entry.get(key)
    if isinstance(found, str):
        return (Mention(found, (*path, key)),) if key == "from" else ()
    items = found if isinstance(found, list) else []
    return tuple(Mention(item, (*path, key, n)) for n, item in enumerate(items) if isinstance(item, str))


def _rules_of(entry: Mapping[str, Any], path: Path) -> list[tuple[dict[str, Any], Path]]:
    rules = entry.get("approvals")
    return [
        (rule, (*path, n))
        for n, rule in enumerate(rules if isinstance(rules, list) else [])
        if isinstance(rule, dict) and isinstance(rule.get("role"), str)
    ]


def _undefined(draft: Draft, guards: Collection[str], reading: Reading) -> Iterator[Finding]:
    for step in draft.steps:
        for noun, mentions, known in _mentioned(step, draft, guards):
            for name, path in mentions:
                if known is not None and name not in known:
                    params = {"transition": step.id, "name": name}
                    yield Finding(f"undefined_{noun}", reading.place(path), params, name, tuple(known))


def _mentioned(
    step: Step, draft: Draft, guards: Collection[str]
) -> Iterator[tuple[str, tuple[Mention, ...], Collection[str] | None]]:
    """What *step* mentions, and the names there are; None where their section is missing or out of shape."""
    states, roles = draft.states or None, draft.roles or None
    yield "state", step.sources, states
    yield "state", (step.target,) if step.target else (), states and [*states, PREVIOUS]
    yield "role", (*(m for m in step.fire if m.name != SYSTEM), *step.approvers, *step.waivers), roles
    yield "evidence", step.evidence, draft.evidence
    yield "transition", step.distinct_from, draft.authors
    yield "guard", step.guards, sorted(guards)


def _repeated(draft: Draft, reading: Reading) -> Iterator[Finding]:
    for step in draft.steps:
        named = (step.sources, step.fire, step.approvals, step.evidence, step.distinct_from, step.guards)
        lists = (*named, step.sets, step.waivers)
        for mentions in lists:
            seen: set[str] = set()
            for name, path in mentions:
                if name in seen:
                    params = {"transition": step.id, "key": path[2], "name": name.partition(" ")[0]}
                    yield Finding("repeated_item", reading.place(path), params)
                seen.add(name)


def _roles(draft: Draft, reading: Reading) -> Iterator[Finding]:
    if ADMINISTRATOR in draft.roles:
        yield Finding("reserved_role", reading.key(("roles", ADMINISTRATOR)), {"name": ADMINISTRATOR})
    readers = {name for name, role in draft.roles.items() if role.get("acts") is False}
    for step in draft.steps:
        for name, path in (*step.fire, *step.approvers, *step.waivers):
            if name in readers:
                yield Finding("reader_acts", reading.place(path), {"transition": step.id, "name": name})


def _rules(draft: Draft, reading: Reading) -> Iterator[Finding]:
    for step in draft.steps:
        yield from _own_gate(step, reading)
        yield from _suspension(step, draft, reading)
        if step.kind == "break_glass" and step.reason != "required":
            yield Finding("break_glass_reason", reading.key(step.path), {"transition": step.id})
        if step.verbal is True and step.kind != "gate":
            yield Finding("verbal_no_gate", reading.key((*step.path, "verbal")), {"transition": step.id})


def _own_gate(step: Step, reading: Reading) -> Iterator[Finding]:
    for name, path in step.distinct_from:
        if name == step.id:
            yield Finding("own_gate", reading.place(path), {"transition": step.id})


def _suspension(step: Step, draft: Draft, reading: Reading) -> Iterator[Finding]:
    target = draft.kind(step.target.name) if step.target else None
    if step.kind == "suspend" and step.target and target not in {None, "suspended"}:
        params = {"transition": step.id, "name": step.target.name}
        yield Finding("suspends_nowhere", reading.place(step.target.path), params)
    for name, path in step.sources:
        kind, params = draft.kind(name), {"transition": step.id, "name": name}
        if kind is None:
            continue
        if step.target and step.target.name == PREVIOUS and kind != "suspended":
            yield Finding("previous_without_suspension", reading.place(path), params)
        elif step.kind == "resume" and kind != "suspended":
            yield Finding("resumes_nothing", reading.place(path), params)
        if kind == target == "suspended":
            yield Finding("suspended_twice", reading.place(path), params)
        if step.kind == "reopen" and kind not in ENDED:
            yield Finding("reopens_nothing", reading.place(path), params)


def _initial(draft: Draft, reading: Reading) -> Iterator[Finding]:
    initial = draft.initial
    if draft.states and not initial and all(draft.kind(name) for name in draft.states):
        yield Finding("no_initial_state", reading.key(("states",)))
    for name in initial[1:]:
        place = reading.place(("states", name, "kind"))
        yield Finding("several_initial_states", place, {"name": name, "first": initial[0]})


def _unused(draft: Draft, reading: Reading) -> Iterator[Finding]:
    used = {name for step in draft.steps for name, _ in step.evidence}
    for name in draft.evidence or ():
        if name not in used:
            yield Finding("unused_evidence", reading.key(("evidence", name)), {"name": name})


def _all_connected(draft: Draft) -> bool:
    return bool(draft.steps) and all(step.sources and step.target for step in draft.steps)


def _unreachable(draft: Draft, reading: Reading) -> Iterator[Finding]:
    if len(draft.initial) != 1:
        return
    reached = set(draft.initial)
    before = -1
    while before != len(reached):
        before = len(reached)
        for step in draft.steps:
            if step.target and any(name in reached for name, _ in step.sources):
                reached.add(step.target.name)
    for name in draft.states:
        if name not in reached:
            yield Finding("unreachable_state", reading.key(("states", name)), {"name": name})


def _dead_ends(draft: Draft, reading: Reading) -> Iterator[Finding]:
    left = {name for step in draft.steps for name, _ in step.sources if step.target and step.target.name != name}
    for name in draft.states:
        if name not in left and draft.kind(name) not in {None, *ENDED}:
            yield Finding("dead_end_state", reading.key(("states", name)), {"name": name})
