"""Whatever is altered in a line of a register is reported: in its record, in its row, and in the texts beside.

The lines are those of the newest frozen log, which has every kind, and every act on it. Where a record is rewritten,
the chain after it is made whole again: what is found is not only that a hash is another.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.unit.audit.shelves import WITH_REGISTERS, FrozenShelf

from flowgov.audit.compare import ENTRY
from flowgov.audit.entry_shapes import ENTRIES
from flowgov.audit.finding import Finding
from flowgov.audit.verify import verify

Path = tuple[str | int, ...]

FROZEN = FrozenShelf(WITH_REGISTERS)
LINES = {row[1]: row for row in sorted(FROZEN.tables["entry"], key=lambda row: (row[1], row[3]))}
"""The row of the line of each kind that was recorded most often."""
KEY, N, FACTS = ENTRY.index("key"), ENTRY.index("n"), ENTRY.index("facts")
OTHER_TYPE = [[None]]
"""No fact is a list of lists of nothing."""

every_kind = pytest.mark.parametrize("kind", ENTRIES)


def _parts(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Each part of some facts, and where it lies; of a list, its first item stands for all."""
    if path:
        yield path, value
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _parts(part, (*path, key))
    elif isinstance(value, list) and value:
        yield from _parts(value[0], (*path, 0))


def _known_parts() -> dict[tuple[str, Path], tuple[int, bool]]:
    """For each part that facts of a kind can have, a record that has it, and whether it is a group of others."""
    found: dict[tuple[str, Path], tuple[int, bool]] = {}
    for place, row in enumerate(FROZEN.records):
        if row[4].endswith(".recorded"):
            for path, value in _parts(json.loads(row[3])["facts"]):
                if value is not None:
                    found.setdefault((row[4].removesuffix(".recorded"), path), (place, isinstance(value, dict)))
    return found


PARTS = _known_parts()
GROUPS = {
    **{(kind, ()): FROZEN.place(f"{kind}.recorded") for kind in ENTRIES},
    **{where: place for where, (place, group) in PARTS.items() if group},
}
TEXTS = {
    (kind, name): place
    for place, row in enumerate(FROZEN.records)
    for kind in [row[4].removesuffix(".recorded")]
    if kind in ENTRIES
    for name in json.loads(row[3]).get("c", ())
    if (*row[1:3], name) in FROZEN.texts
}
"""A record of each kind that has a text of that name beside it."""


@pytest.fixture
def shelf() -> FrozenShelf:
    return FrozenShelf(WITH_REGISTERS)


@pytest.mark.parametrize(("kind", "path"), PARTS, ids=str)
def test_facts_of_another_type_are_reported(shelf: FrozenShelf, kind: str, path: Path) -> None:
    place, _ = PARTS[kind, path]
    _alter(shelf, place, path, lambda _: OTHER_TYPE)

    assert "BAD_TYPE" in _codes(shelf, place)


@pytest.mark.parametrize(("kind", "path"), GROUPS, ids=str)
def test_an_unknown_key_among_facts_is_reported(shelf: FrozenShelf, kind: str, path: Path) -> None:
    place = GROUPS[kind, path]
    _alter(shelf, place, path, lambda group: {**group, "smuggled": "x"})

    assert "BAD_TYPE" in _codes(shelf, place)


@pytest.mark.parametrize(
    ("kind", "path"), [where for where in PARTS if isinstance(where[1][-1], str) and where[1][-1] != "for"], ids=str
)
def test_a_missing_key_among_facts_is_reported(shelf: FrozenShelf, kind: str, path: Path) -> None:
    place, _ = PARTS[kind, path]
    _alter(shelf, place, path[:-1], lambda group: {key: value for key, value in group.items() if key != path[-1]})

    assert "BAD_TYPE" in _codes(shelf, place)


@pytest.mark.parametrize(
    ("kind", "fact"), [(kind, fact) for kind in ENTRIES for fact in json.loads(LINES[kind][FACTS])]
)
def test_another_fact_in_the_newest_record_of_a_line_is_reported(shelf: FrozenShelf, kind: str, fact: str) -> None:
    place = _newest(kind)
    _alter(shelf, place, (fact,), _another)
    shelf.relink(place)

    assert ("entry", "facts") in _columns(shelf, place) or "BAD_TYPE" in _codes(shelf, place)


@pytest.mark.parametrize("column", ["n", "seq", "at", "facts", "texts"])
@every_kind
def test_another_value_in_the_row_of_a_line_is_reported(shelf: FrozenShelf, kind: str, column: str) -> None:
    row, at = _row(shelf, kind), ENTRY.index(column)
    row[at] = row[at] + 1 if isinstance(row[at], int) else row[at].replace("}", ',"x":0}') + " "

    assert ("entry", column) in _columns(shelf, _newest(kind))


@every_kind
def test_a_row_of_a_line_that_is_gone_is_reported(shelf: FrozenShelf, kind: str) -> None:
    shelf.tables["entry"].remove(_row(shelf, kind))

    (found,) = verify(shelf).findings

    assert (found.code, found.seq, found.params["about"]) == ("STATE_MISMATCH", _seq(kind), "missing")


@every_kind
def test_a_row_of_a_line_that_nobody_recorded_is_reported(shelf: FrozenShelf, kind: str) -> None:
    smuggled = [*_row(shelf, kind)]
    smuggled[KEY] = "SMUGGLED"
    shelf.tables["entry"].append(smuggled)

    (found,) = verify(shelf).findings

    assert (found.code, found.params["about"]) == ("STATE_MISMATCH", "extra")
    assert found.params["row"].endswith(f"{kind}/SMUGGLED")


@pytest.mark.parametrize(("kind", "name"), TEXTS)
def test_another_text_beside_a_record_of_a_line_is_reported(shelf: FrozenShelf, kind: str, name: str) -> None:
    row = shelf.records[TEXTS[kind, name]]
    salt, said = shelf.texts[row[1], row[2], name]
    shelf.texts[row[1], row[2], name] = (salt, f"{said}.")

    assert "COMMITMENT_MISMATCH" in _codes(shelf, TEXTS[kind, name])


@every_kind
def test_a_number_that_does_not_follow_is_reported(shelf: FrozenShelf, kind: str) -> None:
    place = _newest(kind)
    shelf.rewrite(place, n=LINES[kind][N] + 1)
    shelf.relink(place)

    assert "entry_number" in {finding.params.get("about") for finding in _at(shelf, place)}


def _newest(kind: str) -> int:
    """Where the newest record of the line of a kind lies."""
    scope, _, key, n, *_ = LINES[kind]
    stream = scope if scope == "org" else f"prj:{scope}"
    (found,) = (
        place
        for place, row in enumerate(FROZEN.records)
        if (row[1], row[4]) == (stream, f"{kind}.recorded")
        and (json.loads(row[3])["key"], json.loads(row[3])["n"]) == (key, n)
    )
    return found


def _seq(kind: str) -> int:
    return int(FROZEN.records[_newest(kind)][2])


def _row(shelf: FrozenShelf, kind: str) -> list[Any]:
    found: list[Any] = shelf.tables["entry"][FROZEN.tables["entry"].index(LINES[kind])]
    return found


def _alter(shelf: FrozenShelf, place: int, path: Path, change: Callable[[Any], Any]) -> None:
    """Let one part of the facts of a record be something else."""
    document = shelf.document(place)
    at, last = document, "facts"
    for step in path:
        at, last = at[last], step  # type: ignore[assignment]  # a key, or a number
    at[last] = change(at[last])
    shelf.rewrite(place, facts=document["facts"])


def _another(value: Any) -> Any:
    """Something else of the same type, where there is."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, list):
        return value[1:] if value else ["x"]
    if isinstance(value, dict):
        return {key: _another(part) for key, part in value.items()}
    return f"{value}x" if isinstance(value, str) else "x"


def _at(shelf: FrozenShelf, place: int) -> list[Finding]:
    _, stream, seq, *_ = shelf.records[place]
    return [finding for finding in verify(shelf).findings if (finding.stream, finding.seq) == (stream, seq)]


def _codes(shelf: FrozenShelf, place: int) -> set[str]:
    return {finding.code for finding in _at(shelf, place)}


def _columns(shelf: FrozenShelf, place: int) -> set[tuple[str, str]]:
    """Which columns of which tables do not say what a record says."""
    found = (finding.params for finding in _at(shelf, place) if finding.code == "STATE_MISMATCH")
    return {(str(params.get("table")), str(params.get("column"))) for params in found}
