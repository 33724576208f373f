"""The floors below the guards: canonical bytes, the clock, suggestions, log lines."""

from __future__ import annotations

import json
import logging
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as some

from flowgov import log
from flowgov.canonical import DEEPEST, LARGEST_INTEGER, canonical, misfit
from flowgov.clock import FixedClock, SystemClock, end_of, moment, stamp, start_of
from flowgov.errors import BadInput
from flowgov.suggest import closest

# --- canonical bytes -------------------------------------------------------------------------------------------

KEYS = some.text("abcxyz_019", min_size=1, max_size=8)
VALUES = some.recursive(
    some.none() | some.booleans() | some.integers(-LARGEST_INTEGER, LARGEST_INTEGER) | some.text(),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(VALUES)
def test_t31_hash_ambiguity_the_bytes_are_those_of_rfc_8785(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(VALUES)
def test_t31_hash_ambiguity_the_bytes_can_be_read_back(value: Any) -> None:
    assert json.loads(canonical(value)) == value


def test_t31_hash_ambiguity_the_order_of_keys_does_not_matter() -> None:
    assert canonical({"b": 1, "a": [True, None, "é"]}) == canonical({"a": [True, None, "é"], "b": 1})


def test_t31_hash_ambiguity_characters_are_kept_as_they_are() -> None:
    assert canonical("é\u0301\n\u2028<😀>") == '"é\u0301\\n\u2028<😀>"'.encode()


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (1.5, "$: float is not allowed"),
        (float("nan"), "$: float is not allowed"),
        ({"a": 1.0}, "$.a: float is not allowed"),
        (2**53, "$: integer too large"),
        (-(2**53), "$: integer too large"),
        ("\ud800", "$: lone surrogate"),
        ({"A": 1}, "$: key 'A' is not allowed"),
        ({"a\n": 1}, "$: key 'a\\n' is not allowed"),
        ({1: 1}, "$: key 1 is not allowed"),
        ([0, {"a": [b"x"]}], "$[1].a[0]: bytes is not allowed"),
        ((1, 2), "$: tuple is not allowed"),
        (date(2026, 1, 5), "$: date is not allowed"),
    ],
)
def test_t31_hash_ambiguity_what_is_not_in_the_profile_is_told_with_its_place(value: object, problem: str) -> None:
    assert misfit(value) == problem


@pytest.mark.parametrize("value", [None, True, 0, LARGEST_INTEGER, -LARGEST_INTEGER, "é", [], {}, {"a_1": [{"b": ""}]}])
def test_what_is_in_the_profile_fits(value: object) -> None:
    assert misfit(value) is None


@pytest.mark.parametrize(("levels", "fits"), [(DEEPEST, True), (DEEPEST + 1, False)])
def test_a_value_is_only_so_deep(levels: int, fits: bool) -> None:
    value: object = 1
    for _ in range(levels):
        value = [value]

    assert (misfit(value) is None) is fits


# --- the clock -------------------------------------------------------------------------------------------------

MOMENTS = some.datetimes(timezones=some.just(UTC))


@pytest.mark.parametrize(
    ("when", "stamped"),
    [
        (datetime(2026, 1, 5, 9, tzinfo=UTC), "2026-01-05T09:00:00.000000Z"),
        (datetime(2026, 1, 5, 9, 0, 0, 7, tzinfo=UTC), "2026-01-05T09:00:00.000007Z"),
        (datetime(2026, 7, 5, 1, tzinfo=timezone(timedelta(hours=2))), "2026-07-04T23:00:00.000000Z"),
        (datetime(5, 1, 1, tzinfo=UTC), "0005-01-01T00:00:00.000000Z"),
    ],
)
def test_a_stamp_is_utc_with_six_decimals(when: datetime, stamped: str) -> None:
    assert stamp(when) == stamped


@settings(max_examples=100, deadline=None, derandomize=True)
@given(MOMENTS, MOMENTS)
def test_stamps_sort_as_time_does(one: datetime, other: datetime) -> None:
    assert (stamp(one) < stamp(other)) == (one < other)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(MOMENTS)
def test_a_stamp_can_be_read_back(when: datetime) -> None:
    assert moment(stamp(when)) == when


@pytest.mark.parametrize(
    ("day", "begins", "ends"),
    [
        ("2026-02-28", "2026-02-28T00:00:00.000000Z", "2026-03-01T00:00:00.000000Z"),
        (date(2026, 12, 31), "2026-12-31T00:00:00.000000Z", "2027-01-01T00:00:00.000000Z"),
        ("2026-02-28T09:30:00+01:00", "2026-02-28T08:30:00.000000Z", "2026-02-28T08:30:00.000000Z"),
        ("2026-02-28T09:30:00Z", "2026-02-28T09:30:00.000000Z", "2026-02-28T09:30:00.000000Z"),
        (datetime(2026, 2, 28, 9, tzinfo=UTC), "2026-02-28T09:00:00.000000Z", "2026-02-28T09:00:00.000000Z"),
    ],
)
def test_a_day_begins_at_midnight_and_includes_itself_and_a_moment_is_a_moment(
    day: str | date | datetime, begins: str, ends: str
) -> None:
    assert (start_of(day), end_of(day)) == (begins, ends)


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2026-02-29", "bad_date"),
        ("yesterday", "bad_date"),
        ("", "bad_date"),
        ("2026-02-28T25:00:00Z", "bad_date"),
        ("2026-02-28T09:00:00", "naive_time"),
        (datetime(2026, 2, 28, 9), "naive_time"),
        ("0001-01-01T00:00:00+01:00", "bad_date"),
    ],
)
def test_what_is_no_day_is_told(day: str | datetime, reason: str) -> None:
    with pytest.raises(BadInput) as caught:
        start_of(day)

    assert caught.value.reason == reason


def test_the_last_day_there_is_has_no_end() -> None:
    with pytest.raises(BadInput):
        end_of(date.max)


def test_a_fixed_clock_moves_when_told() -> None:
    clock = FixedClock()
    clock.advance(days=1, minutes=5)
    clock.set(clock.now().astimezone(timezone(timedelta(hours=9))))

    assert (clock.now(), clock.now().tzinfo) == (datetime(2026, 1, 6, 9, 5, tzinfo=UTC), UTC)


def test_the_system_clock_tells_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


# --- suggestions -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("validate_ned", ["deploy", "validate_need"], ("validate_need",)),
        ("crm", ["CRM", "ERP"], ("CRM",)),
        ("zzz", ["CRM", "ERP"], ()),
        ("", ["CRM"], ()),
        ("CRM", [], ()),
        ("aaaa", ["aaab", "aaac", "aaad", "aaae"], ("aaae", "aaad", "aaac")),
    ],
)
def test_the_nearest_names_are_meant(name: str, known: list[str], meant: tuple[str, ...]) -> None:
    assert closest(name, known) == meant


# --- log lines -------------------------------------------------------------------------------------------------

CANARY = "canary-4711"


@pytest.mark.parametrize(
    "name", ["password", "db_password", "Secret", "API_KEY", "apikey", "token", "session_token", "credentials"]
)
def test_t26_secrets_in_logs_a_secret_is_hidden_by_its_name(name: str) -> None:
    assert log.redacted(None, "", {name: CANARY, "key": "CRM"}) == {name: "[redacted]", "key": "CRM"}


@pytest.mark.parametrize(
    "said",
    [
        f"postgresql+psycopg://flowgov:{CANARY}@db.example.org/governance",
        f"could not connect to postgresql://u:{CANARY}@h:5432/d: refused",
        f"postgresql://:{CANARY}@h/d",
        f"postgresql://u:{CANARY}@h/d and postgresql://u:{CANARY}@i/d",
        f"postgresql://u:{CANARY}/with/slashes@h/d",
    ],
)
def test_t26_secrets_in_logs_a_password_in_a_url_is_hidden(said: str) -> None:
    assert CANARY not in str(log.redacted(None, "", {"error": said}))


def test_t26_secrets_in_logs_nothing_of_a_canary_is_written(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "flowgov")

    for say in (log.debug, log.info, log.warning):
        say("happened", password=CANARY, error=f"postgresql://u:{CANARY}@h/d")

    assert (len(caplog.records), CANARY in caplog.text) == (3, False)


def test_t27_log_injection_a_line_stays_one_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "flowgov")

    log.info("happened", title='a\nb\x1b[2J{"event": "forged"}')

    assert (len(caplog.messages[0].splitlines()), json.loads(caplog.messages[0])["event"]) == (1, "happened")


def test_a_log_line_says_what_and_how_bad(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "flowgov")

    log.warning("happened", key="CRM")

    said = json.loads(caplog.messages[0])
    assert (said["event"], said["level"], said["key"]) == ("happened", "warning", "CRM")
