"""What the stamps are compared with: trusted times on both sides, the verifier's clock, and one another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowgov import BadInput
from flowgov.audit.finding import Findings
from flowgov.audit.notice import Notices
from flowgov.audit.times import LONG_GAP, LONGEST_ACT, SKEW, Times

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
PARIS = timezone(timedelta(hours=1))


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def after(**delta: float) -> datetime:
    return NINE + timedelta(**delta)


class Log:
    """Reads records of one stream, one a position, and tells what was found."""

    def __init__(
        self, *moments: datetime | str, now: datetime | None = None, trusted: Mapping[int, datetime] | None = None
    ) -> None:
        self.findings, self._notices = Findings(), Notices()
        times = Times(self.findings, self._notices, now, trusted or {})
        times.passed(0)
        for seq, moment in enumerate(moments, 1):
            times.read("org", seq, moment if isinstance(moment, str) else stamp(moment))
            times.passed(seq)

    @property
    def contradicted(self) -> list[tuple[int | None, int]]:
        """Record and checkpoint of every contradiction."""
        return [(f.seq, f.params["checkpoint_size"]) for f in self.findings.kept]

    @property
    def notices(self) -> list[tuple[str, int, int | None]]:
        """Code, count and first record of every notice."""
        return [(n.code, n.count, n.seq) for n in self._notices.kept()]


# --- trusted times ---------------------------------------------------------------------------------------------


def test_records_before_a_checkpoint_may_be_as_late_as_clocks_differ() -> None:
    assert Log(NINE + SKEW, trusted={1: NINE}).contradicted == []


def test_a_record_later_than_the_trusted_time_of_a_checkpoint_that_covers_it_is_found() -> None:
    late = NINE + SKEW + timedelta(microseconds=1)

    assert Log(NINE, late, NINE, trusted={3: NINE}).contradicted == [(2, 3)]


def test_records_after_a_checkpoint_may_be_as_early_as_a_transaction_may_last() -> None:
    assert Log(NINE, NINE - LONGEST_ACT, trusted={1: NINE}).contradicted == []


def test_a_record_earlier_than_the_trusted_time_of_a_checkpoint_before_it_is_found() -> None:
    early = NINE - LONGEST_ACT - timedelta(microseconds=1)

    assert Log(NINE, early, trusted={1: NINE}).contradicted == [(2, 1)]


def test_every_record_that_a_trusted_time_contradicts_is_named() -> None:
    log = Log(after(days=1), after(days=2), NINE, trusted={3: NINE})

    assert log.contradicted == [(1, 3), (2, 3)]


def test_the_tightest_of_several_trusted_times_counts() -> None:
    trusted = {2: after(hours=3), 3: after(hours=1), 9: after(hours=5)}

    log = Log(after(hours=1.5), NINE, after(hours=1), after(hours=1.5), after(hours=2), trusted=trusted)

    assert log.contradicted == [(1, 3), (3, 2), (4, 2)]


def test_a_record_between_two_trusted_times_holds() -> None:
    assert Log(NINE, after(hours=1), after(hours=2), trusted={1: NINE, 3: after(hours=2)}).contradicted == []


def test_a_walk_that_begins_at_a_checkpoint_knows_the_trusted_times_before_it() -> None:
    findings = Findings()
    times = Times(findings, Notices(), None, {10: NINE, 20: after(hours=2)})
    times.passed(25)

    times.read("org", 26, stamp(NINE))

    assert [f.params["checkpoint_size"] for f in findings.kept] == [20]


def test_a_trusted_time_in_another_zone_is_the_same_moment() -> None:
    in_paris = NINE.astimezone(PARIS)

    log = Log(NINE, NINE, trusted={1: in_paris})

    assert log.contradicted == []


def test_the_sentence_tells_the_trusted_time_in_utc() -> None:
    found = Log(after(hours=1), trusted={1: NINE.astimezone(PARIS)}).findings.kept[0]

    assert found.params["trusted"] == "2026-01-05T09:00:00.000000Z"


@pytest.mark.parametrize("naive", [{"now": datetime(2026, 1, 5)}, {"trusted": {1: datetime(2026, 1, 5)}}])
def test_a_time_without_a_zone_is_refused(naive: dict[str, object]) -> None:
    with pytest.raises(BadInput) as caught:
        Log(**naive)  # type: ignore[arg-type]  # as they are

    assert caught.value.reason == "naive_time"


# --- the verifier's clock --------------------------------------------------------------------------------------


def test_a_record_later_than_the_verifiers_clock_is_from_the_future() -> None:
    log = Log(NINE, after(hours=1), after(hours=2), now=NINE)

    assert log.notices == [("FROM_THE_FUTURE", 2, 2)]


def test_clocks_may_differ_before_anything_is_from_the_future() -> None:
    assert Log(NINE + SKEW, now=NINE).notices == []


def test_the_verifiers_clock_may_be_in_another_zone() -> None:
    assert Log(NINE, now=NINE.astimezone(PARIS)).notices == []


def test_without_a_clock_nothing_is_from_the_future() -> None:
    assert Log(after(days=9_999)).notices == []


def test_a_record_from_the_future_does_not_hide_the_silence_after_it() -> None:
    log = Log(NINE, after(days=4_000), after(days=40), now=after(days=41))

    assert log.notices == [("FROM_THE_FUTURE", 1, 2), ("LONG_GAP", 1, 3)]


def test_a_trusted_time_bounds_a_record_from_the_future_too() -> None:
    assert Log(after(days=9), now=NINE, trusted={1: NINE}).contradicted == [(1, 1)]


# --- silences --------------------------------------------------------------------------------------------------


def test_thirty_days_without_a_record_are_a_silence() -> None:
    assert Log(NINE, NINE + LONG_GAP).notices == [("LONG_GAP", 1, 2)]


def test_a_moment_less_is_none() -> None:
    assert Log(NINE, NINE + LONG_GAP - timedelta(microseconds=1)).notices == []


def test_what_comes_before_the_first_record_is_no_silence() -> None:
    assert Log(NINE).notices == []


def test_a_record_of_another_chain_that_was_written_meanwhile_ends_a_silence() -> None:
    assert Log(NINE, after(days=20), after(days=40)).notices == []


def test_days_of_no_calendar_are_left_to_others() -> None:
    assert Log(NINE, "2026-02-31T00:00:00.000000Z", after(days=90)).notices == []


# --- clocks that lag -------------------------------------------------------------------------------------------


def test_a_record_dated_well_before_an_earlier_one_is_told() -> None:
    log = Log(NINE, after(hours=-2), after(hours=-1), after(hours=1))

    assert log.notices == [("CLOCK_BEHIND", 2, 2)]


def test_writers_that_overtake_one_another_are_not() -> None:
    assert Log(NINE, NINE - SKEW, NINE).notices == []


def test_a_record_from_the_future_does_not_make_the_others_lag() -> None:
    assert Log(NINE, after(days=90), after(minutes=1), now=after(minutes=2)).notices == [("FROM_THE_FUTURE", 1, 2)]


# --- always ----------------------------------------------------------------------------------------------------

moments = st.integers(-100, 100).map(lambda minutes: after(minutes=minutes))


@given(st.lists(moments, max_size=12), st.dictionaries(st.integers(0, 14), moments, max_size=4))
def test_a_record_is_contradicted_exactly_where_some_trusted_time_says_so(
    records: list[datetime], trusted: dict[int, datetime]
) -> None:
    late = [n for n, ts in enumerate(records, 1) if any(ts > at + SKEW for size, at in trusted.items() if n <= size)]
    early = [
        n for n, ts in enumerate(records, 1) if any(ts < at - LONGEST_ACT for size, at in trusted.items() if n > size)
    ]

    log = Log(*records, trusted=trusted)

    assert sorted(seq for seq, _ in log.contradicted) == sorted([*late, *early])


@given(st.lists(moments, min_size=1, max_size=12))
def test_stamps_in_order_never_lag(records: list[datetime]) -> None:
    assert Log(*sorted(records)).notices == []


def test_how_far_a_clock_lagged_is_told_in_whole_minutes() -> None:
    log = Log(after(minutes=61, seconds=59), NINE)

    assert [notice.params for notice in log._notices.kept()] == [{"minutes": 61}]
