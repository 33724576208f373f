"""What a chain says of its findings, and tells whoever replays it: what is lost, what is shaken, what follows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.audit.test_chain import SALT, TEXTS, altered, chain, encode, person_added

from flowgov.audit.chain import NO_TEXTS, Chain
from flowgov.audit.fields import LARGEST_BODY
from flowgov.audit.finding import Findings
from flowgov.audit.hashing import commitment, leaf_hash
from flowgov.audit.redaction import Redactions

Row = tuple[Any, ...]


class Walked:
    """A chain that is read; `documents`, `lost` and `shaken` are what it said after each record."""

    def __init__(self, rows: list[Row], head: str | None = None, texts: Any = TEXTS) -> None:
        self.findings, self.documents = Findings(), list[Any]()
        self.lost, self.shaken, self.former = list[bool](), list[bool](), list[str]()
        self.chain = Chain("org", 1, "flowgov/0123456789abcdef", self.findings)
        for row in rows:
            self.documents.append(self.chain.read(row, texts))
            self.lost.append(self.chain.lost)
            self.shaken.append(self.chain.shaken)
            self.former.append(self.chain.former)
        self.chain.end(leaf_hash(rows[-1][3]) if head is None else head)

    @property
    def found(self) -> list[tuple[str, int | None, dict[str, Any]]]:
        """Code, record and parameters of every finding."""
        return [(f.code, f.seq, dict(f.params)) for f in self.findings.kept]


def rebuilt(row: Row, **changes: Any) -> Row:
    """The same row with another body."""
    return (*row[:3], encode({**_document(row), **changes}), *row[4:])


def without(row: Row, *keys: str) -> Row:
    return (*row[:3], encode({key: value for key, value in _document(row).items() if key not in keys}), *row[4:])


def _document(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(row[3])
    return found


# --- what a finding says --------------------------------------------------------------------------------------------


def test_before_anything_was_read_nothing_is_lost_or_shaken() -> None:
    fresh = Chain("prj:1", 1, None, Findings())

    assert (fresh.lost, fresh.troubled, fresh.shaken, fresh.former, fresh.kind) == (False, False, False, "", "prj")


def test_a_chain_of_the_organisation_is_of_its_own_kind() -> None:
    assert Chain("org", 1, None, Findings()).kind == "org"


def test_a_chain_is_given_the_removals_on_record() -> None:
    known = Redactions(Findings())

    assert Chain("org", 1, None, Findings(), known).redactions is known


@pytest.mark.parametrize("at", range(5))
def test_a_column_that_differs_is_named(at: int) -> None:
    [row] = chain({})
    columns = [*row[4:9]]
    columns[at] = "another"

    [(code, seq, params)] = Walked([(*row[:4], *columns, *row[9:])]).found

    assert (code, seq) == ("PROJECTION_MISMATCH", 1)
    assert params == {"column": ("event", "outcome", "actor", "ts", "idem")[at]}


def test_a_gap_says_from_where_to_where() -> None:
    rows = chain({}, {}, {}, {}, {})

    assert Walked([rows[0], rows[4]]).found == [("SEQ_GAP", 2, {"until": 4})]


def test_a_record_that_comes_twice_is_said_to() -> None:
    rows = chain({}, {})
    again = (rows[1][0] + 1, *rows[1][1:])

    assert Walked([*rows, again]).found[0] == ("CHAIN_BROKEN", 2, {"about": "twice"})


def test_a_position_that_is_no_number_says_which_column() -> None:
    [row] = chain({})

    assert Walked([(row[0], row[1], "x", *row[3:])]).found == [("PROJECTION_MISMATCH", None, {"column": "seq"})]


@pytest.mark.parametrize("place", [1, 0, "x", None])
def test_an_order_of_writing_that_is_none_says_which_column(place: Any) -> None:
    rows = chain({}, {})
    rows[1] = (place, *rows[1][1:])

    assert Walked(rows).found == [("PROJECTION_MISMATCH", 2, {"column": "id"})]


def test_the_order_of_writing_goes_on_after_a_gap() -> None:
    rows = chain({}, {}, {}, {})
    rows[3] = (rows[2][0], *rows[3][1:])

    assert ("PROJECTION_MISMATCH", 4, {"column": "id"}) in Walked([rows[0], rows[2], rows[3]]).found


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"event": "x"}, {"field": "event"}),
        ({"event": None}, {"field": "event"}),
        ({"outcome": "refused"}, {"field": "outcome"}),
        ({"c": {}}, {"field": "c"}),
    ],
)
def test_what_is_malformed_says_where(changes: dict[str, Any], said: dict[str, Any]) -> None:
    [row] = chain({})

    assert ("RECORD_MALFORMED", 1, said) in Walked([rebuilt(row, **changes)], texts=NO_TEXTS).found


def test_keys_that_are_missing_are_malformed_and_the_first_is_named() -> None:
    [row] = chain({})

    walked = Walked([without(row, "src", "person")])

    assert (walked.found, walked.documents) == ([("RECORD_MALFORMED", 1, {"field": "person"})], [None])


def test_a_body_that_is_no_object_is_malformed() -> None:
    [row] = chain({})

    assert Walked([(*row[:3], b"[]", *row[4:])]).found == [("RECORD_MALFORMED", 1, {"about": "body"})]


@pytest.mark.parametrize(("size", "found"), [(LARGEST_BODY, 0), (LARGEST_BODY + 1, 1)])
def test_a_body_is_as_large_as_the_limit_and_no_larger(size: int, found: int) -> None:
    [row] = chain({})
    room = size - len(rebuilt(row, code="")[3])

    walked = Walked([rebuilt(row, code="x" * room)])

    assert walked.found == [("RECORD_MALFORMED", 1, {"about": "body"})] * found


def test_an_unknown_version_is_told() -> None:
    [row] = chain({})

    assert Walked([rebuilt(row, v=2)]).found == [("UNKNOWN_VERSION", 1, {"version": "2"})]


@pytest.mark.parametrize(("number", "fits"), [(2**53 - 1, True), (1 - 2**53, True), (2**53, False), (-(2**53), False)])
def test_an_integer_is_as_large_as_the_profile_allows(number: int, fits: bool) -> None:
    [row] = chain({})

    codes = [code for code, *_ in Walked([rebuilt(row, seq=number)]).found]

    assert ("RECORD_NOT_CANONICAL" not in codes) is fits


def test_a_number_of_many_digits_is_not_even_read() -> None:
    """Python refuses more than a few thousand digits with another error; what is told must not depend on it."""
    [row] = chain({})

    found = Walked([altered(row, b'"seq":1', b'"seq":' + b"1" * 5_000)]).found

    assert found == [("RECORD_NOT_CANONICAL", 1, {})]


@pytest.mark.parametrize("literal", [b"1.5", b"NaN", b"Infinity", b"-Infinity", b"1e3"])
def test_a_number_that_the_profile_does_not_have_is_told_as_such(literal: bytes) -> None:
    [row] = chain({})

    assert Walked([altered(row, b'"seq":1', b'"seq":' + literal)]).found == [("RECORD_NOT_CANONICAL", 1, {})]


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (None, ("RECORD_MODIFIED", 2, {"successor": 3})),
        ("0" * 64, ("CHAIN_BROKEN", 3, {"former": 2})),
    ],
)
def test_a_broken_link_says_between_which_records(head: str | None, found: Any) -> None:
    rows = chain({}, {}, {})
    rows[1] = altered(rows[1], b'"0.1.0"', b'"0.1.1"')

    assert Walked(rows, head).found == [found]


def test_a_link_is_settled_by_the_next_one() -> None:
    rows = chain({}, {}, {}, {}, {})
    rows[1] = altered(rows[1], b'"0.1.0"', b'"0.1.1"')
    rows[3] = altered(rows[3], b'"0.1.0"', b'"0.1.1"')

    assert Walked(rows).found == [("RECORD_MODIFIED", 2, {"successor": 3}), ("RECORD_MODIFIED", 4, {"successor": 5})]


def test_two_altered_records_in_a_row_are_both_named() -> None:
    rows = chain({}, {}, {}, {})
    for place in (1, 2):
        rows[place] = altered(rows[place], b'"0.1.0"', b'"0.1.1"')

    assert [(code, seq) for code, seq, _ in Walked(rows).found] == [("CHAIN_BROKEN", 3), ("RECORD_MODIFIED", 3)]


# --- what is lost, and what is shaken -------------------------------------------------------------------------------


def test_a_chain_that_holds_is_handed_on_whole() -> None:
    walked = Walked(chain({}, {}, {}))

    assert [document["seq"] for document in walked.documents] == [1, 2, 3]
    assert (walked.lost, walked.shaken, walked.former) == ([False] * 3, [False] * 3, [""] * 3)


def test_an_altered_record_shakes_its_successor_which_names_the_original() -> None:
    rows = chain({}, {}, {}, {})
    original = leaf_hash(rows[1][3])
    rows[1] = altered(rows[1], b'"0.1.0"', b'"0.1.1"')

    walked = Walked(rows)

    assert (walked.lost, walked.shaken) == ([False] * 4, [False, False, True, False])
    assert walked.former == ["", "", original, ""]


def test_a_record_that_does_not_hold_shakes_its_successor() -> None:
    rows = chain({}, {}, {}, {})
    rows[1] = (*rows[1][:6], "another", *rows[1][7:])

    walked = Walked(rows)

    assert (walked.shaken, walked.lost) == ([False, False, True, False], [False] * 4)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", encode({"v": "x"}), encode({"v": "flowgov.audit/1"}), encode({"v": "flowgov.audit/1", "event": 1})],
)
def test_a_record_that_cannot_be_understood_is_lost_and_its_link_is_not_judged(body: bytes) -> None:
    rows = chain({}, {}, {}, {})
    rows[1] = (*rows[1][:3], body, *rows[1][4:])

    walked = Walked(rows)

    assert (walked.documents[1], walked.lost) == (None, [False, True, True, True])
    assert walked.shaken == [False, False, True, False]
    assert [seq for _, seq, _ in walked.found] == [2]


def test_a_record_that_cannot_be_understood_attests_nothing_about_the_one_before() -> None:
    rows = chain({}, {}, {}, {})
    rows[1] = altered(rows[1], b'"0.1.0"', b'"0.1.1"')
    rows[2] = (*rows[2][:3], b"", *rows[2][4:])

    assert [(code, seq) for code, seq, _ in Walked(rows).found] == [("RECORD_UNPARSABLE", 3)]


def test_after_a_gap_a_link_is_not_judged_and_the_next_one_is() -> None:
    rows = chain({}, {}, {}, {}, {})
    rows[3] = altered(rows[3], b'"0.1.0"', b'"0.1.1"')

    walked = Walked([rows[0], rows[2], rows[3], rows[4]])

    assert [(code, seq) for code, seq, _ in walked.found] == [("SEQ_GAP", 2), ("RECORD_MODIFIED", 4)]
    assert (walked.lost, walked.shaken) == ([False, True, True, True], [False, True, True, True])


def test_after_a_record_that_comes_twice_a_link_is_not_judged() -> None:
    rows = chain({}, {}, {})
    again = (rows[1][0], *rows[0][1:])
    third = (rows[2][0], *rows[2][1:])

    walked = Walked([rows[0], again, third])

    assert (walked.lost, [(code, seq) for code, seq, _ in walked.found]) == (
        [False, True, True],
        [("CHAIN_BROKEN", 1), ("SEQ_GAP", 2)],
    )


def test_a_position_that_is_no_number_is_lost() -> None:
    rows = chain({}, {}, {})
    rows[1] = (rows[1][0], rows[1][1], "x", *rows[1][3:])

    walked = Walked(rows)

    assert (walked.documents[1], walked.lost) == (None, [False, True, True])
    assert [code for code, *_ in walked.found] == ["PROJECTION_MISMATCH", "SEQ_GAP"]


@pytest.mark.parametrize("changes", [{"stream": "prj:1"}, {"seq": 7}])
def test_a_record_of_another_place_is_lost(changes: dict[str, Any]) -> None:
    [row] = chain({})

    walked = Walked([rebuilt(row, **changes)])

    assert (walked.documents, walked.lost) == ([None], [True])
    assert walked.found == [("PROJECTION_MISMATCH", 1, {"column": "stream, seq"})]


def test_an_unknown_key_is_told_and_not_handed_on() -> None:
    [row] = chain({})

    walked = Walked([rebuilt(row, zzz=1, smuggled=2)])

    assert walked.found == [("UNKNOWN_FIELD", 1, {"field": "smuggled"})]
    assert walked.documents == [_document(row)]


# --- texts ----------------------------------------------------------------------------------------------------------


def test_a_text_beside_a_record_that_commits_to_none_is_told() -> None:
    [row] = chain({})
    found = Walked([without(row, "c")], texts={"login": TEXTS["login"]}).found

    assert found == [("RECORD_MALFORMED", 1, {"field": "c"}), ("DISCLOSURE_ORPHAN", 1, {"field": "login"})]


def test_a_record_that_must_commit_to_texts_and_does_not_is_told() -> None:
    [row] = chain({})

    assert Walked([without(row, "c")], texts=NO_TEXTS).found == [("RECORD_MALFORMED", 1, {"field": "c"})]


def test_texts_of_a_card_are_gone_with_the_person() -> None:
    findings = Findings()
    walked = Chain("org", 1, None, findings)
    walked.redactions.erase("u1", 10**9)

    walked.read(person_added(1, ""), NO_TEXTS)
    walked.end(walked.head)

    assert (findings.kept, walked.redactions.count) == ([], 2)


def test_texts_that_are_withheld_are_not_missed() -> None:
    findings = Findings()
    walked = Chain("org", 1, None, findings)
    walked.withheld = frozenset({"login", "name"})

    walked.read(person_added(1, ""), NO_TEXTS)
    walked.end(walked.head)

    assert findings.kept == []


def test_time_that_runs_backwards_is_compared_with_the_record_before() -> None:
    rows = chain({}, {"ts": "2026-01-05T08:00:00.000000Z"}, {"ts": "2026-01-05T08:00:00.000000Z"})

    [(code, seq, params)] = Walked(rows).found

    assert (code, seq) == ("TIME_BACKWARDS", 2)
    assert params == {"ts": "2026-01-05T08:00:00.000000Z", "former": "2026-01-05T09:00:01.000000Z"}


@pytest.mark.parametrize("text", ["é", "\u2028", "\U0001f600", "\x7f"])
def test_every_character_of_a_text_is_written_as_itself(text: str) -> None:
    """RFC 8785, section 3.2.2.2: only what JSON cannot have otherwise is escaped."""
    assert Walked(chain({"code": text})).found == []


def test_after_a_record_of_an_unknown_version_the_links_are_judged_again() -> None:
    rows = chain({}, {"v": "x"}, {}, {}, {})
    rows[3] = altered(rows[3], b'"0.1.0"', b'"0.1.1"')

    assert [(code, seq) for code, seq, _ in Walked(rows).found] == [("UNKNOWN_VERSION", 2), ("RECORD_MODIFIED", 4)]


@pytest.mark.parametrize(
    ("key", "value"), [("actor", 5), ("seq", "x"), ("seq", True), ("seq", None), ("src", {"face": 1}), ("id", "x")]
)
def test_a_key_of_another_type_is_told(key: str, value: Any) -> None:
    [row] = chain({})

    walked = Walked([rebuilt(row, **{key: value})])

    assert (walked.found, walked.documents) == ([("BAD_TYPE", 1, {"field": key})], [None])


def test_a_record_may_have_every_key_and_every_text_of_its_event() -> None:
    texts = {field: (SALT, field) for field in ("login", "name", "email", "os_user")}
    committed = {field: commitment(field, SALT, field) for field in texts}
    auth = {"role": "administrator", "grant": "ab" * 32}

    assert Walked(chain({"auth": auth, "clock": "held", "c": committed}), texts=texts).found == []


# --- records that need no texts, and projects ------------------------------------------------------------------------


def another(event: str, stream: str = "org", outcome: str = "applied", **keys: Any) -> Row:
    """A first record of another event."""
    [row] = chain({})
    document = {k: v for k, v in _document(row).items() if k not in ("person", "c")}
    document |= {"event": event, "stream": stream, "outcome": outcome, **keys}
    columns = (event, outcome, "u1", document["ts"], keys["idem"]["key"] if "idem" in keys else None)
    return (1, stream, 1, encode(document), *columns, None, 1, None)


def one(row: Row, texts: Any = NO_TEXTS) -> list[tuple[str, int | None, dict[str, Any]]]:
    """What is found about one record."""
    findings = Findings()
    walked = Chain(row[1], 1, None, findings)
    walked.read(row, texts)
    walked.end(walked.head)
    return [(f.code, f.seq, dict(f.params)) for f in findings.kept]


FOUNDING = {"name": "Maison Tallec", "administrator": "u1"}
OPENING = {
    "key": "CRM",
    "to": "draft",
    "personal_data": False,
    "cycle": 1,
    "version": 1,
    "wf": {"id": "small", "ver": "1", "sha256": "ab" * 32},
    "c": {"title": commitment("title", SALT, "CRM")},
}
TITLE = {"title": (SALT, "CRM")}


def test_a_text_beside_a_record_that_has_none_is_told() -> None:
    row = another("organisation.created", **FOUNDING)

    assert one(row) == []
    assert one(row, {"name": (SALT, "x")}) == [("DISCLOSURE_ORPHAN", 1, {"field": "name"})]


def test_a_text_that_was_committed_to_and_is_gone_is_told_even_where_none_is_required() -> None:
    row = another("organisation.created", **FOUNDING, c={"os_user": commitment("os_user", SALT, "alice")})

    assert one(row, {"os_user": (SALT, "alice")}) == []
    assert one(row) == [("UNLOGGED_ERASURE", 1, {"field": "os_user"})]


def test_a_projects_records_are_judged_one_by_one() -> None:
    row = another("project.opened", "prj:1", **OPENING)
    findings = Findings()
    walked = Chain("prj:1", 1, None, findings)

    walked.read(row, NO_TEXTS)

    assert one(row, TITLE) == []
    assert [(f.code, f.params) for f in findings.kept] == [("UNLOGGED_ERASURE", {"field": "title"})]


def test_the_organisations_records_are_judged_once_all_removals_are_known() -> None:
    row = another("organisation.created", **FOUNDING, c={"os_user": commitment("os_user", SALT, "alice")})
    findings = Findings()
    walked = Chain("org", 1, None, findings)

    walked.read(row, NO_TEXTS)
    walked.redactions.erase("u1", 10**20)
    walked.end(walked.head)

    assert (findings.kept, walked.redactions.count) == ([], 1)


def test_the_name_of_an_attempt_is_compared_with_its_column() -> None:
    row = another("project.opened", "prj:1", **OPENING, idem={"key": "k1", "args": "ab" * 32})

    assert (row[8], one(row, TITLE)) == ("k1", [])
    assert one((*row[:8], None, *row[9:]), TITLE) == [("PROJECTION_MISMATCH", 1, {"column": "idem"})]
