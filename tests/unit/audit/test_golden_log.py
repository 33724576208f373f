"""Bytes written once must be readable, and verify, for ever."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.audit.shelves import BEFORE_THE_TREE, WITH_A_TREE, FrozenShelf

from flowgov.acts import reading
from flowgov.audit.fields import COMMON, EVENTS
from flowgov.audit.hashing import leaf_hash
from flowgov.audit.seals import Outside
from flowgov.audit.verify import verify

LATER = frozenset(
    {
        "entry.refused",
        "exception.ended",
        "exception.reviewed",
        "person.ended",
        "role.delegated",
        "role.undelegated",
    }
)
"""Events that came after it was frozen, besides those of registers; other tests are about them."""
FROZEN = tuple(event for event in EVENTS if event not in LATER and not event.endswith(".recorded"))

both = pytest.mark.parametrize("golden", [BEFORE_THE_TREE, WITH_A_TREE], ids=lambda path: path.stem)


@both
def test_a_frozen_log_verifies(golden: Path) -> None:
    verdict = verify(FrozenShelf(golden))

    assert (verdict.holds, verdict.findings) == (True, ())


def test_the_newer_frozen_log_has_every_event() -> None:
    events = {row[4] for row in FrozenShelf(WITH_A_TREE).records}

    assert events == set(FROZEN)


def test_every_event_the_library_writes_has_a_table_of_keys() -> None:
    assert set(reading.events()) == set(EVENTS)


@both
def test_the_hash_of_every_frozen_record_is_still_the_same(golden: Path) -> None:
    shelf = FrozenShelf(golden)

    assert [leaf_hash(row[3]) for row in shelf.records] == shelf.hashes


def test_the_heads_of_the_frozen_log_are_still_the_same() -> None:
    assert verify(FrozenShelf()).heads.digest == "708d5a407c1e39cb9818ff5d077fcd6be67ca39fbb6ce5669cf71341a3bd9e72"


def test_the_frozen_checkpoints_still_hold() -> None:
    shelf = FrozenShelf(WITH_A_TREE)
    key = str(shelf.tables["organisation"][0][3])

    proved = verify(shelf, outside=Outside(keys=(key,))).proved

    assert (proved.sealed, proved.size, proved.waiting, proved.trusted) == (64, 64, 1, True)


@pytest.mark.parametrize("event", FROZEN)
def test_a_record_with_an_unknown_key_is_reported_whatever_the_event(event: str) -> None:
    shelf = FrozenShelf(WITH_A_TREE)
    place = shelf.place(event)
    shelf.rewrite(place, smuggled="x")

    found = verify(shelf).findings

    assert ("UNKNOWN_FIELD", shelf.records[place][2]) in {(f.code, f.seq) for f in found}


@pytest.mark.parametrize(
    ("event", "key"),
    [
        (event, key)
        for event, shape in EVENTS.items()
        if event in FROZEN
        for key in sorted(shape.kinds.keys() - COMMON.keys())
    ],
)
def test_a_key_of_another_type_is_reported_whatever_the_event(event: str, key: str) -> None:
    shelf = FrozenShelf(WITH_A_TREE)
    place = shelf.place(event)
    shelf.rewrite(place, **{key: [None]})

    found = verify(shelf).findings

    assert ("BAD_TYPE", shelf.records[place][2]) in {(f.code, f.seq) for f in found}


@pytest.mark.parametrize("key", COMMON)
def test_a_key_that_every_record_has_may_not_be_missing(key: str) -> None:
    shelf = FrozenShelf()
    _forget(shelf, 0, key)

    assert verify(shelf).findings[0].seq == 1


@pytest.mark.parametrize(
    ("event", "key"),
    [
        (event, key)
        for event, shape in EVENTS.items()
        if event in FROZEN
        for key in sorted(shape.required - COMMON.keys())
    ],
)
def test_a_missing_key_is_reported_whatever_the_event(event: str, key: str) -> None:
    shelf = FrozenShelf(WITH_A_TREE)
    place = shelf.place(event)
    _forget(shelf, place, key)

    found = verify(shelf).findings

    assert ("RECORD_MALFORMED", shelf.records[place][2]) in {(f.code, f.seq) for f in found}


def _forget(shelf: FrozenShelf, place: int, key: str) -> None:
    document = json.loads(shelf.records[place][3])
    del document[key]
    body = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    shelf.records[place] = (*shelf.records[place][:3], body, *shelf.records[place][4:])
