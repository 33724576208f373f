"""YAML text → plain values, and where each of them stands. The only module that knows ruamel.yaml.

Only the part of YAML that describes data: no tags, anchors, aliases or directives, no key twice.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    NodeEvent,
    ScalarEvent,
)
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from flowgov.workflow.mistake import START, Finding, Path, Position

LARGEST = 256 * 1024
"""Bytes of a definition; the parser takes seconds for a megabyte."""
DEEPEST = 20
"""Levels of nesting; a definition has five."""

MOST_VALUES = 20_000
"""Keys and values; the largest shipped definition has a thousand."""

_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HALF = re.compile("[\ud800-\udfff]")
_TAG = "tag:yaml.org,2002:"


@dataclass(slots=True)
class Reading:
    """A document's values, where they stand, and what was found wrong while reading them."""

    values: Any = None
    findings: list[Finding] = field(default_factory=list)
    keys: dict[Path, Position] = field(default_factory=dict)
    places: dict[Path, Position] = field(default_factory=dict)
    written: dict[Path, str] = field(default_factory=dict)
    """Scalars as they are spelt in the file."""

    def place(self, path: Path) -> Position:
        """Where the value at *path* stands, or the nearest thing around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, START)

    def key(self, path: Path) -> Position:
        """Where the key of *path* stands, or the nearest thing around it."""
        return self.keys.get(path) or self.place(path)


def decoded(raw: bytes) -> str | Finding:
    """The text of a definition's *raw* bytes, or why there is none."""
    if len(raw) > LARGEST:
        return Finding("too_large", START, {"limit": LARGEST // 1024})
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig", errors="replace")
        return Finding("not_utf8", _position(before), {"byte": f"0x{raw[error.start]:02x}"})


def read(text: str) -> Reading:
    """The values of *text*; with findings instead of values where it is not the YAML that is wanted."""
    text = text.removeprefix("\ufeff")
    problem = _unreadable(text)
    if problem:
        return Reading(findings=[problem])
    try:
        unwanted = list(_unwanted(text))
        root = None if unwanted else _yaml().compose(text)
    except MarkedYAMLError as error:
        return Reading(findings=[_syntax(error)])
    except (YAMLError, ValueError, RecursionError) as error:
        return Reading(findings=[Finding("not_yaml", START, {"detail": type(error).__name__})])
    if unwanted:
        return Reading(findings=unwanted)
    if root is None:
        return Reading(findings=[Finding("empty_file", START)])
    reading = Reading()
    reading.values = _values(root, (), reading)
    return reading


def _yaml() -> YAML:
    return YAML(typ="safe", pure=True)


def _position(before: str) -> Position:
    lines = re.split("\r\n|\r|\n", before)
    return Position(len(lines), len(lines[-1]) + 1)


def _at(thing: Any) -> Position:
    return Position(thing.start_mark.line + 1, thing.start_mark.column + 1)


def _unreadable(text: str) -> Finding | None:
    if len(text) > LARGEST:
        return Finding("too_large", START, {"limit": LARGEST // 1024})
    found = _UNREADABLE.search(text)
    if not found:
        return None
    character = f"U+{ord(found.group()):04X}"
    return Finding("unreadable_character", _position(text[: found.start()]), {"character": character})


def _syntax(error: MarkedYAMLError) -> Finding:
    mark = error.problem_mark or error.context_mark
    at = Position(mark.line + 1, mark.column + 1) if mark else START
    return Finding("not_yaml", at, {"detail": error.problem or error.context or ""})


def _unwanted(text: str) -> Iterator[Finding]:
    """The parts of YAML that a definition does not need and that could do harm, before anything is built."""
    depth = values = 0
    first: DocumentStartEvent | None = None
    for event in _yaml().parse(text):
        if isinstance(event, DocumentStartEvent):
            yield from _unwanted_document(event, first)
            first = first or event
        elif isinstance(event, CollectionEndEvent):
            depth -= 1
        elif isinstance(event, NodeEvent):
            values += 1
            depth += isinstance(event, CollectionStartEvent)
            yield from _unwanted_node(event)
        if depth > DEEPEST:
            yield Finding("too_deep", _at(event), {"limit": DEEPEST})
            return
        if values > MOST_VALUES:
            yield Finding("too_many_values", _at(event), {"limit": MOST_VALUES})
            return


def _unwanted_document(event: DocumentStartEvent, first: DocumentStartEvent | None) -> Iterator[Finding]:
    # %YAML 1.1 would turn `no` into false again
    if event.version or event.tags:
        yield Finding("directive", _at(event))
    if first is not None:
        yield Finding("several_documents", _at(event))


def _unwanted_node(event: Any) -> Iterator[Finding]:
    if isinstance(event, AliasEvent):
        yield Finding("alias", _at(event), {"name": event.anchor})
        return
    if event.anchor is not None:
        yield Finding("anchor", _at(event), {"name": event.anchor})
    if event.tag is not None:
        yield Finding("tag", _at(event), {"name": event.tag})
    # "\ud800" in double quotes: half a character, which cannot be stored or shown
    half = _HALF.search(event.value) if isinstance(event, ScalarEvent) else None
    if half:
        yield Finding("unreadable_character", _at(event), {"character": f"U+{ord(half.group()):04X}"})


def _values(node: Node, path: Path, reading: Reading) -> Any:
    reading.places[path] = _at(node)
    if isinstance(node, MappingNode):
        return _mapping(node, path, reading)
    if isinstance(node, SequenceNode):
        return [_values(item, (*path, n), reading) for n, item in enumerate(node.value)]
    assert isinstance(node, ScalarNode), "there are three kinds of node"
    reading.written[path] = node.value
    return _scalar(node)


def _mapping(node: MappingNode, path: Path, reading: Reading) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode) or key.tag != f"{_TAG}str":
            written = key.value if isinstance(key, ScalarNode) else "…"
            reading.findings.append(Finding("key_not_text", _at(key), {"key": written}))
        elif key.value in values:
            reading.findings.append(_twice(key, path, reading))
        else:
            here = (*path, key.value)
            reading.keys[here] = _at(key)
            values[key.value] = _values(value, here, reading)
    return values


_SECTIONS = {"roles": "role", "evidence": "evidence", "states": "state", "transitions": "transition"}


def _twice(key: ScalarNode, path: Path, reading: Reading) -> Finding:
    noun = _SECTIONS.get(str(path[0]), "key") if len(path) == 1 else "key"
    first = reading.keys[(*path, key.value)]
    params = {"name": key.value, "line": first.line, "column": first.column}
    return Finding(f"duplicate_{noun}", _at(key), params)


def _scalar(node: ScalarNode) -> str | bool | int | float | None:
    kind = str(node.tag).removeprefix(_TAG)
    if kind == "null":
        return None
    if kind == "bool":
        return bool(node.value.lower() == "true")
    if kind in {"int", "float"}:
        return _number(node.value)
    return str(node.value)


def _number(written: str) -> int | float:
    """A whole number; not-a-number for every other way to write one, which no definition has a use for."""
    try:
        return int(written) if written.isascii() and "_" not in written else math.nan
    except ValueError:
        return math.nan
