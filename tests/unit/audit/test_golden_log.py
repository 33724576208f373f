"""Bytes written once must be readable, and verify, for ever.

An event, an act or a key that came after the newest log was frozen is missing in it: play it in the story, and freeze
the story anew, into another file.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.unit.audit.freezing import freeze
from tests.unit.audit.shelves import BEFORE_THE_TREE, WITH_A_TREE, WITH_REGISTERS, FrozenShelf

from flowgov.acts import reading
from flowgov.audit.entry_shapes import ENTRIES
from flowgov.audit.fields import COMMON, EVENTS
from flowgov.audit.hashing import leaf_hash
from flowgov.audit.seals import Outside
from flowgov.audit.verify import verify

LOGS = [BEFORE_THE_TREE, WITH_A_TREE, WITH_REGISTERS]
NEVER_CLEARED = {
    *("access", "charter", "acknowledgement", "meeting", "action", "portfolio_meeting", "portfolio_action"),
    *("date", "condition", "waiver", "correction"),
}
"""Registers in which no act takes a text away."""
MAY_LACK: Mapping[str, str] = {
    **{f"{kind}.recorded": "auth cleared" for kind in ENTRIES},
    **dict.fromkeys(
        ("portfolio_series.recorded", "portfolio_meeting.recorded", "portfolio_action.recorded"), "cleared"
    ),
    "person.added": "auth service",
    "role.granted": "auth",
    "exception.granted": "control every_days roles",
    "project.opened": "idem",
    "project.moved": "auth basis departures fired_by_time idem occurred verbal",
    "project.move_refused": "occurred offered verbal",
    "approval.given": "basis departures occurred",
    "approval.refused": "offered",
    "gate.withdrawn": "auth",
    "evidence.added": "occurred",
    "evidence.refused": "occurred offered",
    "administration.refused": (
        "cause control count every_days field file grant grants key new old person project projects result reviewer "
        "role roles root rules service since size start target until wf"
    ),
}
"""Keys that a record of an event may lack, besides those that any may: said once more, for no other may be missing."""
MUST_SAY: Mapping[str, str] = {
    **dict.fromkeys(("key.rotated", "key.replaced", "text.redacted", "person.erased", "log.archived"), "reason"),
    **dict.fromkeys(("exception.ended", "gate.withdrawn"), "reason"),
    **dict.fromkeys(("evidence.added", "evidence.refused"), "label"),
    "person.added": "login name",
    "exception.granted": "compensating reason",
    "project.opened": "title",
    "correction.recorded": "reason wording",
}
"""Texts that lie beside every record of an event."""
_numbered = re.compile(r"(decision|measure)_[0-9]+").fullmatch

every_log = pytest.mark.parametrize("golden", LOGS, ids=lambda path: path.stem)
every_event = pytest.mark.parametrize("event", EVENTS)


@pytest.fixture
def shelf() -> FrozenShelf:
    """The newest frozen log."""
    return FrozenShelf(WITH_REGISTERS)


@every_log
def test_a_frozen_log_verifies(golden: Path) -> None:
    verdict = verify(FrozenShelf(golden))

    assert (verdict.holds, verdict.findings) == (True, ())


@every_log
def test_the_hash_of_every_frozen_record_is_still_the_same(golden: Path) -> None:
    shelf = FrozenShelf(golden)

    assert [leaf_hash(row[3]) for row in shelf.records] == shelf.hashes


@pytest.mark.parametrize(
    ("golden", "digest"),
    [
        (BEFORE_THE_TREE, "708d5a407c1e39cb9818ff5d077fcd6be67ca39fbb6ce5669cf71341a3bd9e72"),
        (WITH_REGISTERS, "9216dd77e879bb6e72571813d0fbf565d7d86c3ec487eeba0329e7fd4cd75c9e"),
    ],
    ids=["log", "log-3"],
)
def test_the_heads_of_a_frozen_log_are_still_the_same(golden: Path, digest: str) -> None:
    assert verify(FrozenShelf(golden)).heads.digest == digest


@pytest.mark.parametrize(("golden", "size"), [(WITH_A_TREE, 64), (WITH_REGISTERS, 258)], ids=["log-2", "log-3"])
def test_the_frozen_checkpoints_still_hold(golden: Path, size: int) -> None:
    shelf = FrozenShelf(golden)
    key = str(shelf.tables["organisation"][0][3])

    proved = verify(shelf, outside=Outside(keys=(key,))).proved

    assert (proved.sealed, proved.size, proved.waiting, proved.trusted) == (size, size, 1, True)


def test_the_newest_frozen_log_has_every_event(shelf: FrozenShelf) -> None:
    assert {row[4] for row in shelf.records} == set(EVENTS)


@pytest.mark.parametrize("kind", ENTRIES)
def test_the_newest_frozen_log_has_every_act_of_every_register(shelf: FrozenShelf, kind: str) -> None:
    assert {record["act"] for record in shelf.of(f"{kind}.recorded")} == set(ENTRIES[kind].acts)


@every_event
def test_the_newest_frozen_log_has_every_key_and_every_text_of_every_event(shelf: FrozenShelf, event: str) -> None:
    records = shelf.of(event)
    kind = event.removesuffix(".recorded")
    later = {"clock", "c"} | ({"cleared"} if kind in NEVER_CLEARED else set()) | ({"auth"} if kind == "date" else set())

    keys = {key for record in records for key in record}
    texts = {text for record in records for text in record.get("c", ())}

    assert EVENTS[event].kinds.keys() - keys <= later
    assert {text for text in EVENTS[event].texts - texts if not _numbered(text)} <= {"os_user"}


def test_the_newest_frozen_log_has_a_record_for_which_the_clock_was_held(shelf: FrozenShelf) -> None:
    assert [json.loads(row[3])["event"] for row in shelf.records if b'"clock":"held"' in row[3]] == ["risk.recorded"]


def test_every_event_the_library_writes_has_a_table_of_keys() -> None:
    assert set(reading.events()) == set(EVENTS)


def test_the_story_of_the_newest_frozen_log_can_still_be_played(tmp_path: Path) -> None:
    """To freeze it anew: give `WITH_REGISTERS` another name, and run this once with ``FLOWGOV_WRITE_GOLDEN=1``."""
    folder = tmp_path / "story"
    folder.mkdir()
    played = tmp_path / "log.json"
    played.write_text(freeze(folder), encoding="utf-8")
    if os.environ.get("FLOWGOV_WRITE_GOLDEN") and not WITH_REGISTERS.exists():
        WITH_REGISTERS.write_bytes(played.read_bytes())

    told, frozen = FrozenShelf(played), FrozenShelf(WITH_REGISTERS)

    assert verify(told).findings == ()
    assert _told(told) == _told(frozen)


@every_event
def test_a_record_with_an_unknown_key_is_reported_whatever_the_event(shelf: FrozenShelf, event: str) -> None:
    place = shelf.place(event)
    shelf.rewrite(place, smuggled="x")

    assert ("UNKNOWN_FIELD", shelf.records[place][2]) in _found(shelf)


@pytest.mark.parametrize(
    ("event", "key"),
    [(event, key) for event, shape in EVENTS.items() for key in sorted(shape.kinds.keys() - COMMON.keys())],
)
def test_a_key_of_another_type_is_reported_whatever_the_event(shelf: FrozenShelf, event: str, key: str) -> None:
    place = shelf.place(event)
    shelf.rewrite(place, **{key: [None]})

    assert ("BAD_TYPE", shelf.records[place][2]) in _found(shelf)


@pytest.mark.parametrize(
    ("event", "key"),
    [(event, key) for event, shape in EVENTS.items() for key in sorted(shape.required - COMMON.keys())],
)
def test_a_missing_key_is_reported_whatever_the_event(shelf: FrozenShelf, event: str, key: str) -> None:
    place = shelf.place(event)
    _forget(shelf, place, key)

    assert ("RECORD_MALFORMED", shelf.records[place][2]) in _found(shelf)


@every_event
def test_no_other_key_may_be_missing_than_is_known(event: str) -> None:
    shape = EVENTS[event]

    assert shape.kinds.keys() - shape.required == {"c", "clock", *MAY_LACK.get(event, "").split()}


@pytest.mark.parametrize(
    ("event", "text"), [(event, text) for event, said in MUST_SAY.items() for text in said.split()]
)
def test_a_text_that_must_lie_beside_a_record_may_not_be_missing(shelf: FrozenShelf, event: str, text: str) -> None:
    place = shelf.place(event)
    others = {name: said for name, said in shelf.document(place)["c"].items() if name != text}
    shelf.rewrite(place, c=others)

    assert ("RECORD_MALFORMED", shelf.records[place][2]) in _found(shelf)


@pytest.mark.parametrize("key", COMMON)
def test_a_key_that_every_record_has_may_not_be_missing(key: str) -> None:
    shelf = FrozenShelf()
    _forget(shelf, 0, key)

    assert verify(shelf).findings[0].seq == 1


def _found(shelf: FrozenShelf) -> set[tuple[str, int | None]]:
    return {(finding.code, finding.seq) for finding in verify(shelf).findings}


def _told(shelf: FrozenShelf) -> set[tuple[str, str | None]]:
    """Every event, and every act on a line of a register."""
    return {(row[4], json.loads(row[3]).get("act")) for row in shelf.records}


def _forget(shelf: FrozenShelf, place: int, key: str) -> None:
    document = shelf.document(place)
    del document[key]
    body = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    shelf.records[place] = (*shelf.records[place][:3], body, *shelf.records[place][4:])
