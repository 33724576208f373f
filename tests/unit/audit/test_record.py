"""Facts become the exact bytes that are stored and hashed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from flowgov import BadInput, __version__
from flowgov.audit.hashing import commitment, leaf_hash
from flowgov.audit.record import LARGEST_BODY, Head, Scribe, Sealed, Source, project_stream, uuid7

LOG = "flowgov/0123456789abcdef"
NINE, TEN = "2026-01-05T09:00:00.000000Z", "2026-01-05T10:00:00.000000Z"
EMPTY = Head("org", 0, "", "")


def entropy(count: int) -> bytes:
    """As many bytes as are asked for, all ones."""
    return b"\xff" * count


def seal(head: Head = EMPTY, now: str = NINE, facts: dict[str, Any] | None = None, **more: Any) -> Sealed:
    source = more.pop("source", Source())
    return Scribe(LOG, entropy).seal(head, "person.added", "u1", now, facts or {"person": "u2"}, source, **more)


def said(sealed: Sealed) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sealed.body)
    return found


def test_a_record_says_everything_that_every_record_says() -> None:
    sealed = seal()

    assert said(sealed) == {
        "v": "flowgov.audit/1",
        "log": LOG,
        "stream": "org",
        "seq": 1,
        "prev": "",
        "ts": NINE,
        "event": "person.added",
        "outcome": "applied",
        "actor": "u1",
        "id": "019b8d62-7a80-7fff-bfff-ffffffffffff",
        "src": {"face": "library"},
        "code": __version__,
        "person": "u2",
    }


def test_what_is_stored_beside_a_record_is_what_is_in_it() -> None:
    sealed = seal(outcome="refused")

    assert sealed[:6] == ("org", 1, "person.added", "u1", "refused", NINE)
    assert (sealed.hash, sealed.texts) == (leaf_hash(sealed.body), ())
    assert said(sealed)["outcome"] == "refused"


def test_facts_cannot_say_otherwise() -> None:
    assert said(seal(facts={"seq": 99, "actor": "u9", "log": "other"}))["seq"] == 1


def test_the_next_record_follows_the_head() -> None:
    first = seal()
    second = seal(first.head, TEN)

    assert first.head == Head("org", 1, first.hash, NINE)
    assert (said(second)["seq"], said(second)["prev"], second.head.seq) == (2, first.hash, 2)


def test_a_clock_that_went_back_is_held_and_the_record_says_so() -> None:
    late = seal(Head("org", 1, "ab" * 32, TEN), NINE)

    assert (late.ts, said(late)["ts"], said(late)["clock"]) == (TEN, TEN, "held")


@pytest.mark.parametrize("now", [NINE, TEN])
def test_a_clock_that_stands_or_goes_on_is_not_held(now: str) -> None:
    assert "clock" not in said(seal(Head("org", 1, "ab" * 32, NINE), now))


def test_texts_lie_beside_the_record_which_is_committed_to_them() -> None:
    sealed = seal(texts={"name": "Alice", "email": None, "login": ""}, source=Source("cli", "alice"))

    assert sealed.texts == (("name", b"\xff" * 32, "Alice"), ("os_user", b"\xff" * 32, "alice"))
    assert said(sealed)["c"] == {
        f: commitment(f, b"\xff" * 32, v) for f, v in (("name", "Alice"), ("os_user", "alice"))
    }
    assert "Alice" not in sealed.body.decode()


def test_a_record_without_texts_commits_to_nothing() -> None:
    assert "c" not in said(seal(texts={"email": None}))


@pytest.mark.parametrize("trusted", [True, False])
def test_the_command_line_says_whether_somebody_was_believed(trusted: bool) -> None:
    assert said(seal(source=Source("cli", trusted=trusted)))["src"] == {"face": "cli", "trusted": trusted}


def test_a_record_is_as_large_as_the_limit_and_no_larger() -> None:
    room = LARGEST_BODY - len(seal(facts={"x": ""}).body)

    assert len(seal(facts={"x": "a" * room}).body) == LARGEST_BODY == 65_535
    with pytest.raises(BadInput) as caught:
        seal(facts={"x": "a" * (room + 1)})
    assert (caught.value.reason, caught.value.data) == (
        "record_too_large",
        {"size": LARGEST_BODY + 1, "limit": LARGEST_BODY},
    )


def test_a_project_has_a_stream_of_its_own() -> None:
    assert project_stream("42") == "prj:42"


@pytest.mark.parametrize(
    ("chance", "ends"),
    [(b"\x00" * 10, "7000-8000-000000000000"), (b"\x12\x34\x56\x78\x9a\xbc\xde\xf0\x12\x34", "7234-9678-9abcdef01234")],
)
def test_an_id_is_a_uuid_of_version_7(chance: bytes, ends: str) -> None:
    """RFC 9562, section 5.7: 48 bits of milliseconds, version, 12 random bits, variant, 62 random bits."""
    ts = "2026-01-05T09:00:00.123999Z"
    milliseconds = int(datetime(2026, 1, 5, 9, tzinfo=UTC).timestamp()) * 1000 + 123

    made = uuid7(ts, lambda count: chance[:count])

    assert made == f"{milliseconds:012x}"[:8] + f"-{milliseconds:012x}"[:1] + f"{milliseconds:012x}"[8:] + f"-{ends}"
