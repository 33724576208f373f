"""One chain, record by record, on hand-made rows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flowgov.audit.chain import NO_TEXTS, Chain
from flowgov.audit.finding import Findings
from flowgov.audit.hashing import commitment, leaf_hash

SALT = b"s" * 32


def encode(document: dict[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def person_added(seq: int, prev: str, **changes: Any) -> tuple[Any, ...]:
    """A row that holds, but for the *changes* of its body."""
    document = {
        "v": "flowgov.audit/1",
        "log": "flowgov/0123456789abcdef",
        "stream": "org",
        "seq": seq,
        "prev": prev,
        "ts": f"2026-01-05T09:00:{seq:02d}.000000Z",
        "event": "person.added",
        "outcome": "applied",
        "actor": "u1",
        "person": f"u{seq}",
        "id": "019b8d65-39a0-7c21-81d6-54891eca13ae",
        "src": {"face": "library"},
        "code": "0.1.0",
        "c": {"login": commitment("login", SALT, "alice"), "name": commitment("name", SALT, "Alice")},
        **changes,
    }
    columns = ("event", "outcome", "actor", "ts")
    return (seq, "org", seq, encode(document), *(document[c] for c in columns), None, None, seq, None)


TEXTS = {"login": (SALT, "alice"), "name": (SALT, "Alice")}


def chain(*alterations: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Rows that follow one another, each made with its alteration."""
    rows: list[tuple[Any, ...]] = []
    for seq, changes in enumerate(alterations, 1):
        prev = leaf_hash(rows[-1][3]) if rows else ""
        rows.append(person_added(seq, prev, **changes))
    return rows


def read(rows: list[tuple[Any, ...]], head: str | None = None, texts: Any = TEXTS) -> list[tuple[str, int | None]]:
    """Code and record of what is found in *rows*."""
    findings = Findings()
    walked = Chain("org", 1, "flowgov/0123456789abcdef", findings)
    for row in rows:
        walked.read(row, texts)
    walked.end(head if head is not None else leaf_hash(rows[-1][3]))
    return [(f.code, f.seq) for f in findings.kept]


def altered(row: tuple[Any, ...], before: bytes, after: bytes) -> tuple[Any, ...]:
    return (*row[:3], row[3].replace(before, after), *row[4:])


def test_records_that_follow_one_another_hold() -> None:
    assert read(chain({}, {}, {})) == []


@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_altered_record_is_named_not_its_successor(place: int) -> None:
    rows = chain({}, {}, {}, {})
    rows[place] = altered(rows[place], b'"0.1.0"', b'"0.1.1"')

    assert read(rows) == [("RECORD_MODIFIED", place + 1)]


def test_a_record_altered_in_its_link_is_named_itself() -> None:
    rows = chain({}, {}, {}, {})
    rows[1] = person_added(2, "0" * 64)

    assert read(rows) == [("CHAIN_BROKEN", 2), ("RECORD_MODIFIED", 2)]


def test_the_last_link_is_judged_by_the_head() -> None:
    rows = chain({}, {}, {})
    rows[1] = altered(rows[1], b'"0.1.0"', b'"0.1.1"')

    assert read(rows, head="0" * 64) == [("CHAIN_BROKEN", 3)]


def test_a_first_record_that_claims_a_predecessor_is_broken() -> None:
    rows = [person_added(1, "0" * 64)]

    assert read(rows) == [("CHAIN_BROKEN", 1)]


def test_a_gap_names_the_first_record_that_is_missing() -> None:
    rows = chain({}, {}, {}, {})

    assert read([rows[0], rows[3]]) == [("SEQ_GAP", 2)]


def test_time_that_runs_backwards_is_found() -> None:
    assert read(chain({}, {"ts": "2026-01-05T08:00:00.000000Z"}, {})) == [("TIME_BACKWARDS", 2)]


@pytest.mark.parametrize(
    "ts", ["2026-01-05T09:00:02Z", "2026-13-05T09:00:02.000000Z", "2026-01-05 09:00:02.000000Z", 5]
)
def test_a_stamp_of_another_form_is_not_accepted(ts: object) -> None:
    assert read(chain({}, {"ts": ts}))[0] == ("BAD_TYPE", 2)


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        (b"{", b'{"a":1,', "UNKNOWN_FIELD"),
        (b'"seq":1', b'"seq":1,"seq":1', "RECORD_NOT_CANONICAL"),
        (b'"seq":1', b'"seq": 1', "RECORD_NOT_CANONICAL"),
        (b'"seq":1', b'"seq":1.0', "RECORD_NOT_CANONICAL"),
        (b'"seq":1', b'"seq":9007199254740992', "RECORD_NOT_CANONICAL"),
        (b'"seq":1', b'"seq":NaN', "RECORD_NOT_CANONICAL"),
        (b'"library"', b'"\\ud800"', "RECORD_NOT_CANONICAL"),
        (b'"library"', b'"\\u006cibrary"', "RECORD_NOT_CANONICAL"),
        (b'"library"', b'"\xff"', "RECORD_UNPARSABLE"),
        (b'"library"', b'"library', "RECORD_UNPARSABLE"),
        (b'"library"', b"[" * 100_000, "RECORD_UNPARSABLE"),
        (b"}", b"} ", "RECORD_NOT_CANONICAL"),
        (b"flowgov.audit/1", b"flowgov.audit/2", "UNKNOWN_VERSION"),
        (b"person.added", b"person.hired", "RECORD_MALFORMED"),
        (b"person.added", b"project.moved", "RECORD_MALFORMED"),
        (b'"outcome":"applied"', b'"outcome":"refused"', "RECORD_MALFORMED"),
        (b'"library"', b'"' + b"x" * 66_000 + b'"', "RECORD_MALFORMED"),
        (b'"seq":1', b'"seq":2', "PROJECTION_MISMATCH"),
        (b'"u1"', b'"u9"', "PROJECTION_MISMATCH"),
        (b"0123456789abcdef", b"fedcba9876543210", "LOG_ID_MISMATCH"),
    ],
)
def test_bytes_that_are_not_a_record_of_version_1_are_told_why(before: bytes, after: bytes, code: str) -> None:
    rows = chain({})
    rows[0] = altered(rows[0], before, after)

    assert (code, 1) in read(rows)


@pytest.mark.parametrize("body", [None, "text", b"", b"[]", b"null", 7, b"\xef\xbb\xbf{}"])
def test_anything_may_lie_where_the_bytes_should(body: object) -> None:
    row = chain({})[0]

    assert read([(*row[:3], body, *row[4:])], head="")


def test_a_position_that_is_no_number_is_reported() -> None:
    row = chain({})[0]

    assert ("PROJECTION_MISMATCH", None) in read([(row[0], row[1], "x", *row[3:])], head="")


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (NO_TEXTS, "UNLOGGED_ERASURE"),
        ({**TEXTS, "name": (SALT, "Bob")}, "COMMITMENT_MISMATCH"),
        ({**TEXTS, "name": (b"t" * 32, "Alice")}, "COMMITMENT_MISMATCH"),
        ({**TEXTS, "name": (None, None)}, "COMMITMENT_MISMATCH"),
        ({**TEXTS, "name": (SALT, None)}, "COMMITMENT_MISMATCH"),
        ({**TEXTS, "name": ("s" * 32, "Alice")}, "COMMITMENT_MISMATCH"),
        ({**TEXTS, "name": (SALT, "\udcff")}, "COMMITMENT_MISMATCH"),
        ({**TEXTS, "email": (SALT, "a@example.org")}, "DISCLOSURE_ORPHAN"),
    ],
)
def test_texts_beside_a_record_must_be_those_committed_to(texts: Any, code: str) -> None:
    assert (code, 1) in read(chain({}), texts=texts)


def test_a_text_committed_under_a_name_of_another_event_is_malformed() -> None:
    committed = {name: commitment(name, SALT, value) for name, (_, value) in TEXTS.items()}
    committed["reason"] = commitment("reason", SALT, "x")

    assert read(chain({"c": committed}), texts={**TEXTS, "reason": (SALT, "x")}) == [("RECORD_MALFORMED", 1)]


def test_a_position_that_occurs_twice_is_reported() -> None:
    rows = chain({}, {})

    assert ("CHAIN_BROKEN", 2) in read([*rows, rows[1]])


def placed(*positions: tuple[Any, Any]) -> list[tuple[str, int | None]]:
    """What is found in a chain whose records have these positions, and these places on the waiting list."""
    rows = chain(*({} for _ in positions))
    hashes = [bytes.fromhex(leaf_hash(row[3])) for row in rows]
    return read([(*row[:9], *p, h) for row, p, h in zip(rows, positions, hashes, strict=True)])


@pytest.mark.parametrize(
    ("positions", "found"),
    [
        ([(4, None), (9, None), (None, 3)], []),
        ([(0, None), (None, 2), (None, 3)], []),
        ([(4, None), (None, None), (5, None)], [("LEAF_MISSING", 2)]),
        ([(4, None), (5, 2), (6, None)], [("LEAF_DUPLICATE", 2)]),
        ([(4, None), (5, 2), (5, None)], [("LEAF_DUPLICATE", 2), ("SEQUENCE_MISMATCH", 3)]),
        ([(4, None), (4, None), (5, None)], [("SEQUENCE_MISMATCH", 2)]),
        ([(4, None), (3, None), (5, None)], [("SEQUENCE_MISMATCH", 2)]),
        ([(4, None), (3, None), (4, None)], [("SEQUENCE_MISMATCH", 2), ("SEQUENCE_MISMATCH", 3)]),
        ([(4, None), (None, 2), (5, None)], [("SEQUENCE_MISMATCH", 3)]),
        ([(4, None), ("x", None), (5, None)], [("SEQUENCE_MISMATCH", 2)]),
        ([(-1, None), (4, None), (5, None)], [("SEQUENCE_MISMATCH", 1)]),
    ],
)
def test_a_record_has_a_position_after_its_predecessors_or_waits(
    positions: list[tuple[Any, Any]], found: list[tuple[str, int]]
) -> None:
    assert placed(*positions) == found


def test_the_hash_at_a_records_position_is_the_records() -> None:
    row = chain({})[0]

    assert read([(*row[:9], 0, None, b"x" * 32)]) == [("LEAF_MODIFIED", 1)]


@pytest.mark.parametrize(("seq", "position"), [(2, 7), (1, 3), (None, 7)])
def test_a_finding_bounds_what_is_sealed_by_the_position_of_its_own_record(seq: int | None, position: int) -> None:
    rows, findings = chain({}, {}), Findings()
    walked = Chain("org", 1, None, findings)
    for row, idx in zip(rows, (3, 7), strict=True):
        walked.read((*row[:9], idx, None, bytes.fromhex(leaf_hash(row[3]))), TEXTS)

    walked.find("RECORD_MODIFIED", seq)

    assert findings.lowest == position


def test_what_waits_for_a_position_stands_after_all_that_have_one_in_the_order_of_writing() -> None:
    rows, places = chain({}, {}, {}), []
    walked = Chain("org", 1, None, Findings())
    for row, idx in zip(rows, (2**40, None, None), strict=True):
        walked.read((*row[:9], idx, *row[10:]), TEXTS)
        places.append(walked.place)

    assert (places[0], places == sorted(places), places[2] - places[1]) == (2**40, True, 1)


def test_an_order_of_writing_that_contradicts_the_chain_is_reported() -> None:
    rows = chain({}, {}, {})
    rows[2] = (1, *rows[2][1:])

    assert read(rows) == [("PROJECTION_MISMATCH", 3)]


def test_where_the_log_is_not_known_yet_all_records_must_be_of_the_firsts() -> None:
    findings = Findings()
    walked = Chain("org", 1, None, findings)
    for row in chain({}, {}, {"log": "flowgov/fedcba9876543210"}, {}):
        walked.read(row, TEXTS)

    assert [(f.code, f.seq, f.params["log"]) for f in findings.kept] == [
        ("LOG_ID_MISMATCH", 3, "flowgov/fedcba9876543210")
    ]


def test_an_event_of_the_organisation_has_no_place_in_a_project() -> None:
    findings = Findings()
    row = person_added(1, "", stream="prj:1")

    Chain("prj:1", 1, None, findings).read((1, "prj:1", *row[2:]), TEXTS)

    assert [f.code for f in findings.kept] == ["RECORD_MALFORMED"]
