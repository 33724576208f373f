"""What fits the kinds of values that records of version 1 may have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from flowgov.audit import kinds
from flowgov.audit.entry_shapes import ENTRIES
from flowgov.audit.fields import COMMON, COMMON_OPTIONAL, EVENTS
from flowgov.audit.kinds import (
    Kind,
    each,
    fits,
    group,
    one_of,
    optional,
    within_profile,
)

HASH = "ab" * 32
UUID = "019b8d65-39a0-7c21-81d6-54891eca13ae"
TS = "2026-01-05T09:00:00.000000Z"


def nested(depth: int) -> Any:
    return [] if depth == 0 else [nested(depth - 1)]


FITS: Mapping[str, tuple[Kind, tuple[Any, ...]]] = {
    "a type": (int, (0, -1)),
    "a stamp": (kinds.stamp, (TS, "2024-02-29T23:59:59.999999Z")),
    "a day": (kinds.day, ("2026-11-20", "2024-02-29")),
    "a day or a stamp": (kinds.day_or_stamp, (TS, "2024-02-29")),
    "within": (kinds.within(1, 4), (1, 4)),
    "a hash": (kinds.hash_, (HASH,)),
    "a hash or none": (kinds.previous_hash, (HASH, "")),
    "a uuid": (kinds.uuid, (UUID,)),
    "null or": (optional(int), (None, 1)),
    "null or what a function says": (optional(kinds.uuid), (None, UUID)),
    "an array": (each(int), ([], [1, 2])),
    "an array of what a function says": (each(kinds.uuid), ([], [UUID])),
    "one of": (one_of("a", "b"), ("a", "b")),
    "an object": (group({"a": int}, {"b": kinds.hash_}), ({"a": 1}, {"a": 1, "b": HASH})),
    "commitments": (kinds.commitments, ({}, {"name": "A" * 42 + "8="})),
    "free shape": (
        within_profile,
        (None, True, False, "x", 0, 2**53 - 1, 1 - 2**53, [], {}, {"a_1": [None]}, nested(5), {"a": 1}),
    ),
}
FITS_NOT: Mapping[str, tuple[Kind, tuple[Any, ...]]] = {
    "a type": (int, (True, "1", None, 1.0)),
    "a stamp": (
        kinds.stamp,
        (None, 7, "", TS[:-1], TS + "\n", "2026-13-05T09:00:00.000000Z", "2026-02-30T09:00:00.000000Z", TS.lower()),
    ),
    "a day": (kinds.day, (None, 7, "", TS, "2026-02-30", "2026-11-20\n", "26-11-20")),
    "a day or a stamp": (kinds.day_or_stamp, (None, 7, "", "2026-02-30", "2026-01-05T09:00", "20260105")),
    "within": (kinds.within(1, 4), (0, 5, True, "2", None)),
    "a hash": (kinds.hash_, (None, 7, "", HASH[1:], HASH + "a", HASH.upper(), HASH + "\n", HASH.encode())),
    "a hash or none": (kinds.previous_hash, (None, 7, " ", HASH[1:], b"", HASH.upper())),
    "a uuid": (
        kinds.uuid,
        (None, "", UUID.upper(), UUID.replace("-7", "-4"), UUID.replace("-81", "-c1"), UUID + "x"),
    ),
    "null or": (optional(int), ("", True)),
    "null or what a function says": (optional(kinds.uuid), ("", 7)),
    "an array": (each(int), (None, (1,), {}, ["1"], [True], [1, None])),
    "an array of what a function says": (each(kinds.uuid), (None, [UUID, ""], (UUID,))),
    "one of": (one_of("a", "b"), ("c", None, 1, [], ["a"])),
    "an object": (
        group({"a": int}, {"b": kinds.hash_}),
        (None, [], {}, {"b": HASH}, {"a": "1"}, {"a": 1, "b": ""}, {"a": 1, "c": 1}, {"a": 1, "b": None}),
    ),
    "commitments": (
        kinds.commitments,
        (None, [], {"name": None}, {"name": ""}, {"name": "A" * 43}, {"name": "A" * 44}, {"name": "-" * 43 + "="}),
    ),
    "free shape": (
        within_profile,
        (2**53, -(2**53), 1.5, {"A": 1}, {"": 1}, {"a": 1.5}, [1.5], nested(6), (1,)),
    ),
}


@pytest.mark.parametrize(("kind", "value"), [(kind, v) for kind, values in FITS.values() for v in values], ids=repr)
def test_what_is_of_a_kind_fits(kind: Kind, value: Any) -> None:
    assert fits(value, kind)


@pytest.mark.parametrize(("kind", "value"), [(kind, v) for kind, values in FITS_NOT.values() for v in values], ids=repr)
def test_what_is_of_another_kind_does_not_fit(kind: Kind, value: Any) -> None:
    assert not fits(value, kind)


def test_only_true_itself_is_yes() -> None:
    assert not fits("x", lambda value: 1)


def test_free_shape_is_as_deep_as_a_record_leaves_room_for() -> None:
    """A record has eight levels: two lie above a blocker's parameters, which may have six."""
    assert (within_profile(nested(5)), within_profile(nested(6)), kinds.DEEPEST) == (True, False, 8)


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_has_what_every_record_has(event: str) -> None:
    shape = EVENTS[event]

    assert shape.required >= COMMON.keys()
    assert shape.kinds.keys() >= shape.required | COMMON_OPTIONAL.keys()
    assert shape.texts >= shape.texts_required | {"os_user"}


@pytest.mark.parametrize("event", EVENTS)
def test_what_is_refused_says_so(event: str) -> None:
    shape = EVENTS[event]

    assert (shape.outcome == "refused") == ("blockers" in shape.required)
    assert shape.outcome in ("applied", "refused")


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_belongs_to_one_kind_of_chain(event: str) -> None:
    ours = event.startswith(("project.opened", "project.move", "approval.", "evidence.", "entry.", "gate."))
    kind = event.partition(".")[0]
    ours = ENTRIES[kind].chain == "prj" if kind in ENTRIES else ours

    assert EVENTS[event].chain == ("prj" if ours else "org")
