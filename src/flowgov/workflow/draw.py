"""A workflow as a diagram: text for Mermaid and for Graphviz."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from flowgov.i18n import DEFAULT, Language
from flowgov.workflow.model import State, StateKind, Workflow

Edge: TypeAlias = tuple[str, str, str]
"""Transition, source and destination, by id."""

_MERMAID_CLASSES = {
    "recovery": "stroke-dasharray: 4 3",
    "suspended": "stroke-dasharray: 1 3",
    "ended": "stroke-width: 3px",
    "current": "fill: #ffe08a, color: #000000, stroke: #000000, stroke-width: 3px",
}
_DOT_SHAPES: dict[StateKind, str] = {
    "initial": "style=rounded, penwidth=2",
    "normal": "style=rounded",
    "final": "style=rounded, peripheries=2",
    "final_negative": 'style="rounded,bold", peripheries=2',
    "suspended": 'style="rounded,dotted"',
    "recovery": 'style="rounded,dashed"',
}
_CURRENT = 'style="rounded,filled", fillcolor="#ffe08a", fontcolor="#000000", penwidth=3'
_PLAIN = frozenset(" '(),./-")


def mermaid(workflow: Workflow, edges: Iterable[Edge], lang: Language = DEFAULT, current: str | None = None) -> str:
    """The Mermaid ``stateDiagram-v2`` of *workflow*, with *edges* as its state machine has them.

    Args:
        current: the state where a project stands, to be highlighted.
    """
    lines = ["stateDiagram-v2", *_mermaid_states(workflow, lang), f"    [*] --> {_node(workflow.initial.id)}"]
    for transition, source, destination in edges:
        label = _mermaid_text(workflow.transitions[transition].label[lang])
        lines.append(f"    {_node(source)} --> {_node(destination)}: {label}")
    lines += [f"    {_node(state.id)} --> [*]" for state in workflow.states.values() if state.ended]
    return "\n".join([*lines, *_mermaid_classes(workflow, current)]) + "\n"


def dot(workflow: Workflow, edges: Iterable[Edge], lang: Language = DEFAULT, current: str | None = None) -> str:
    """The Graphviz DOT of *workflow*, with *edges* as its state machine has them.

    Args:
        current: the state where a project stands, to be highlighted.
    """
    lines = [
        f"digraph {_quoted(workflow.id)} {{",
        f"    graph [rankdir=TB, label={_quoted(workflow.title[lang])}, labelloc=t];",
        "    node [shape=box, fontname=sans];",
        "    edge [fontname=sans, fontsize=10];",
        '    "*" [shape=point, label=""];',
    ]
    for state in workflow.states.values():
        looks = _CURRENT if state.id == current else _DOT_SHAPES[state.kind]
        lines.append(f"    {_quoted(state.id)} [label={_quoted(state.label[lang])}, {looks}];")
    lines.append(f'    "*" -> {_quoted(workflow.initial.id)};')
    for transition, source, destination in edges:
        label = _quoted(workflow.transitions[transition].label[lang])
        lines.append(f"    {_quoted(source)} -> {_quoted(destination)} [label={label}];")
    return "\n".join([*lines, "}"]) + "\n"


def _mermaid_states(workflow: Workflow, lang: Language) -> Iterator[str]:
    for state in workflow.states.values():
        yield f'    state "{_mermaid_text(state.label[lang])}" as {_node(state.id)}'


def _mermaid_classes(workflow: Workflow, current: str | None) -> Iterator[str]:
    by_class: dict[str, list[str]] = {}
    for state in workflow.states.values():
        name = "current" if state.id == current else _mermaid_class(state)
        if name:
            by_class.setdefault(name, []).append(_node(state.id))
    for name, looks in _MERMAID_CLASSES.items():
        if name in by_class:
            yield f"    classDef {name} {looks}"
            yield f"    class {','.join(by_class[name])} {name}"


def _mermaid_class(state: State) -> str | None:
    if state.ended:
        return "ended"
    return state.kind if state.kind in {"recovery", "suspended"} else None


def _node(state: str) -> str:
    # `end`, `state`, `note` and others are words of Mermaid's own
    return f"s_{state}"


def _mermaid_text(label: str) -> str:
    """*label* with every character that could mean something to Mermaid as an entity."""
    return "".join(c if c.isalnum() or c in _PLAIN else f"#{ord(c)};" for c in label)


def _quoted(label: str) -> str:
    escaped = label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
