"""Clocks that go back or run ahead, silences, time zones, trusted times: recorded and reported, never in the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import pytest
from tests.conftest import MORNING
from tests.vaults import MemoryVault, with_key
from tests.walks.company import open_crm, staffed_crm

from flowgov import BadInput, Engine, FixedClock, Refused
from flowgov.audit.finding import Finding
from flowgov.audit.notice import Notice
from flowgov.audit.seals import Copy, Outside
from flowgov.audit.verdict import Verdict

EAST, WEST = timezone(timedelta(hours=9)), timezone(timedelta(hours=-5, minutes=-30))
PARIS_RULES, KATHMANDU_RULES = "CET-1CEST,M3.5.0,M10.5.0/3", "NPT-5:45"
"""As in POSIX, so that no data on zones are needed."""


def at(hour: int, minute: int = 0) -> datetime:
    return MORNING.replace(hour=hour, minute=minute)


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def try_in_vain(engine: Engine, key: str = "CRM") -> None:
    """Leave a record on the project, at the present moment, of somebody who may not make the move."""
    with suppress(Refused):
        engine.move(key, "validate_need", by="nroussel")


def another(engine: Engine, key: str) -> None:
    engine.open_project(key, workflow="pme-light", title=key, by="ebihan")


def verified(engine: Engine) -> Verdict:
    """The verdict once every record has its position."""
    engine.sequence()
    return engine.verify()


def noticed(verdict: Verdict) -> dict[str, tuple[int, str | None, int | None]]:
    """Count and first place of every notice about time, by code."""
    about = ("CLOCK_HELD", "CLOCK_BEHIND", "FROM_THE_FUTURE", "LONG_GAP")
    return {n.code: (n.count, n.stream, n.seq) for n in verdict.notices if n.code in about}


def notice(verdict: Verdict, code: str) -> Notice:
    return next(n for n in verdict.notices if n.code == code)


# --- a clock that goes back ------------------------------------------------------------------------------------


def test_a_log_of_a_clock_that_goes_on_has_nothing_to_tell(engine: Engine, clock: FixedClock) -> None:
    open_crm(engine)
    clock.advance(days=1)
    try_in_vain(engine)

    assert noticed(verified(engine)) == {}


def test_a_clock_that_goes_back_within_a_project_is_held(engine: Engine, clock: FixedClock) -> None:
    clock.set(at(12))
    open_crm(engine)
    clock.set(at(10))
    try_in_vain(engine)

    first, second = engine.history("CRM")

    assert (first.at, second.at) == (stamp(at(12)), stamp(at(12)))
    assert ("clock" in first.facts, second.facts["clock"]) == (False, "held")


def test_a_held_clock_is_counted_and_the_log_holds(engine: Engine, clock: FixedClock) -> None:
    clock.set(at(12))
    open_crm(engine)
    clock.set(at(10))
    try_in_vain(engine)
    try_in_vain(engine)
    clock.set(at(13))

    verdict = verified(engine)

    assert (verdict.holds, noticed(verdict)) == (True, {"CLOCK_HELD": (2, "CRM", 2)})


def test_the_clock_is_believed_again_once_it_has_caught_up(engine: Engine, clock: FixedClock) -> None:
    clock.set(at(12))
    open_crm(engine)
    clock.set(at(10))
    try_in_vain(engine)
    clock.set(at(13))
    try_in_vain(engine)

    last = engine.history("CRM")[-1]

    assert (last.at, "clock" in last.facts) == (stamp(at(13)), False)


def test_every_chain_holds_a_clock_that_went_back_at_its_own_time(engine: Engine, clock: FixedClock) -> None:
    for hour, key in ((11, "CRM"), (12, "ERP")):
        clock.set(at(hour))
        another(engine, key)
    clock.set(at(10))
    for key in ("ERP", "CRM"):
        try_in_vain(engine, key)

    verdict = verified(engine)

    assert [engine.history(key)[-1].at for key in ("CRM", "ERP")] == [stamp(at(11)), stamp(at(12))]
    assert (verdict.holds, noticed(verdict)["CLOCK_HELD"][0]) == (True, 2)


def test_a_clock_that_goes_back_between_two_projects_is_told_though_no_chain_shows_it(
    engine: Engine, clock: FixedClock
) -> None:
    clock.set(at(12))
    another(engine, "CRM")
    clock.set(at(10))
    another(engine, "ERP")
    clock.set(at(13))

    verdict = verified(engine)

    assert (verdict.holds, noticed(verdict)) == (True, {"CLOCK_BEHIND": (1, "ERP", 1)})
    assert notice(verdict, "CLOCK_BEHIND").params == {"minutes": 120}


def test_the_log_stays_in_the_order_written_whatever_the_clock_says(engine: Engine, clock: FixedClock) -> None:
    for hour, key in ((12, "CRM"), (10, "ERP"), (11, "VPN")):
        clock.set(at(hour))
        another(engine, key)

    assert [entry.project for entry in engine.log(event="project.opened")] == ["CRM", "ERP", "VPN"]


def test_positions_are_in_the_order_written_whatever_the_clock_says(engine: Engine, clock: FixedClock) -> None:
    vault = with_key(engine)
    for hour, key in ((12, "CRM"), (10, "ERP"), (11, "VPN")):
        clock.set(at(hour))
        another(engine, key)
    engine.checkpoint(vault)

    first, *others = [engine.prove(key, 1).index for key in ("CRM", "ERP", "VPN")]

    assert others == [first + 1, first + 2]


def test_the_organisations_clock_is_held_too(engine: Engine, clock: FixedClock) -> None:
    clock.set(at(12))
    engine.add_person("vquere", name="Viviane Quéré", by="htallec")
    clock.set(at(11))
    engine.add_person("lmorvan", name="Loïc Morvan", by="htallec")
    clock.set(at(13))

    verdict = verified(engine)

    [*_, last] = engine.log()
    assert (last.at, last.facts["clock"]) == (stamp(at(12)), "held")
    assert (verdict.holds, noticed(verdict)) == (True, {"CLOCK_HELD": (1, "org", last.seq)})


def test_a_move_under_a_held_clock_is_legal(engine: Engine, clock: FixedClock) -> None:
    clock.set(at(12))
    staffed_crm(engine, "pme-light")
    for kind in ("need_statement", "charter"):
        engine.add_evidence("CRM", kind, by="kbenali", link=f"https://example.org/{kind}")
    clock.set(at(12, 30))
    engine.move("CRM", "validate_need", by="kbenali")
    clock.set(at(12, 10))
    engine.move("CRM", "hold", by="kbenali", reason="Gel")

    verdict = verified(engine)

    assert (verdict.holds, noticed(verdict)["CLOCK_HELD"][0]) == (True, 1)


# --- a clock that runs ahead -----------------------------------------------------------------------------------


@pytest.fixture
def ahead(engine: Engine, clock: FixedClock) -> Engine:
    """CRM, with a record of a day when the clock stood a year ahead, and one after it was set right."""
    open_crm(engine)
    clock.set(at(10) + timedelta(days=365))
    try_in_vain(engine)
    clock.set(at(11))
    try_in_vain(engine)
    return engine


def test_a_record_from_the_future_is_recorded_as_the_clock_had_it(ahead: Engine) -> None:
    assert ahead.history("CRM")[1].at == stamp(at(10) + timedelta(days=365))


def test_records_from_the_future_are_told_and_the_log_holds(ahead: Engine) -> None:
    verdict = verified(ahead)

    assert verdict.holds
    assert noticed(verdict) == {"FROM_THE_FUTURE": (2, "CRM", 2), "CLOCK_HELD": (1, "CRM", 3)}


def test_what_follows_once_the_clock_is_right_is_held_at_the_time_that_was_wrong(ahead: Engine) -> None:
    _, wrong, held = ahead.history("CRM")

    assert (held.at, held.facts["clock"]) == (wrong.at, "held")


def test_other_chains_keep_the_right_time(ahead: Engine) -> None:
    another(ahead, "ERP")

    [opened] = ahead.history("ERP")

    assert (opened.at, "clock" in opened.facts) == (stamp(at(11)), False)
    assert "CLOCK_BEHIND" not in noticed(verified(ahead))


def test_when_its_day_has_come_the_jump_is_told_as_a_silence(ahead: Engine, clock: FixedClock) -> None:
    clock.set(at(12) + timedelta(days=365))

    assert noticed(verified(ahead)) == {"CLOCK_HELD": (1, "CRM", 3), "LONG_GAP": (1, "CRM", 2)}


def test_a_clock_a_little_ahead_of_the_verifiers_is_no_news(engine: Engine, clock: FixedClock) -> None:
    clock.set(at(10, 5))
    open_crm(engine)
    clock.set(at(10))

    assert noticed(verified(engine)) == {}


# --- silences --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "told"), [(29, {}), (30, {"LONG_GAP": (1, "CRM", 1)}), (45, {"LONG_GAP": (1, "CRM", 1)})]
)
def test_a_silence_of_a_month_is_told(
    engine: Engine, clock: FixedClock, days: int, told: dict[str, tuple[int, str, int]]
) -> None:
    clock.advance(days=days)
    open_crm(engine)

    verdict = verified(engine)

    assert (verdict.holds, noticed(verdict)) == (True, told)


def test_a_silence_is_told_with_its_length_and_counted(engine: Engine, clock: FixedClock) -> None:
    for days in (45, 100):
        clock.advance(days=days)
        another(engine, f"P-{days}")

    found = notice(verified(engine), "LONG_GAP")

    assert (found.count, found.params) == (2, {"days": 45})


# --- told in words ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "held", "future"),
    [
        ("en", "The clock had gone back for some records (1, the first is CRM 3)", "Records from the future: 2"),
        ("fr", "L'horloge avait reculé pour certains enregistrements (1, le premier est CRM 3)", "venus du futur : 2"),
    ],
)
def test_the_verdict_says_it_in_both_languages(ahead: Engine, lang: str, held: str, future: str) -> None:
    remarks = "\n".join(verified(ahead).remarks(lang))  # type: ignore[arg-type]  # a language

    assert (held in remarks, future in remarks) == (True, True)


# --- time zones ------------------------------------------------------------------------------------------------

SetZone = Callable[[str], None]


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[SetZone]:
    """Sets the time zone of the process, as an administrator may under a running program."""

    def set_zone(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield set_zone
    monkeypatch.undo()
    time.tzset()


def stamps_of(engine: Engine) -> list[str]:
    return [entry.at for entry in engine.log(event="project.opened")]


def test_the_zone_of_the_machine_changes_no_stamp(engine: Engine, clock: FixedClock, zone: SetZone) -> None:
    for number, rules in enumerate((PARIS_RULES, KATHMANDU_RULES, "UTC0", "EST5EDT")):
        zone(rules)
        clock.set(at(10, number))
        another(engine, f"P-{number}")

    verdict = verified(engine)

    assert stamps_of(engine) == [stamp(at(10, number)) for number in range(4)]
    assert (verdict.holds, noticed(verdict)) == (True, {})


def test_the_systems_clock_is_read_in_utc_whatever_the_zone(url: str, zone: SetZone) -> None:
    zone(KATHMANDU_RULES)
    before = stamp(datetime.now(UTC))
    with Engine.open(url) as engine:
        another(engine, "CRM")
        [opened] = stamps_of(engine)

    assert before <= opened <= stamp(datetime.now(UTC))


def test_the_hour_that_comes_twice_in_autumn_does_not_reorder(engine: Engine, clock: FixedClock, zone: SetZone) -> None:
    zone(PARIS_RULES)
    night = datetime(2026, 10, 25, 2, 30)
    for fold, key in ((0, "CRM"), (1, "ERP")):
        clock.set(night.replace(fold=fold).astimezone())
        another(engine, key)

    assert stamps_of(engine) == ["2026-10-25T00:30:00.000000Z", "2026-10-25T01:30:00.000000Z"]
    assert not {"CLOCK_HELD", "CLOCK_BEHIND"} & noticed(verified(engine)).keys()


@dataclass
class ZonedClock:
    """A host's clock that tells the right moment in whatever zone it likes."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment


def test_a_hosts_clock_may_tell_the_time_in_any_zone(url: str) -> None:
    clock = ZonedClock(at(10).astimezone(EAST))
    with Engine.open(url, clock=clock) as engine:
        another(engine, "CRM")
        clock.moment = at(11).astimezone(WEST)
        another(engine, "ERP")
        verdict = verified(engine)

        assert stamps_of(engine) == [stamp(at(10)), stamp(at(11))]
        assert (verdict.holds, noticed(verdict)) == (True, {})


def test_a_record_is_named_after_the_moment_whatever_the_zone(engine: Engine, clock: FixedClock, zone: SetZone) -> None:
    zone(KATHMANDU_RULES)
    clock.set(at(10))
    another(engine, "CRM")

    [opened] = engine.history("CRM")

    assert int(str(opened.facts["id"]).replace("-", "")[:12], 16) == int(at(10).timestamp() * 1000)


@pytest.mark.parametrize("rules", [PARIS_RULES, KATHMANDU_RULES, "UTC0"])
def test_a_day_is_a_day_in_utc_whatever_the_zone(engine: Engine, zone: SetZone, rules: str) -> None:
    zone(rules)
    engine.grant_role("sponsor", "slegoff", start="2026-03-29", until="2026-10-25", by="htallec")

    [found] = engine.assignments(person="slegoff", role="sponsor")

    assert (found.start, found.until) == ("2026-03-29T00:00:00.000000Z", "2026-10-26T00:00:00.000000Z")


def test_a_moment_of_another_zone_is_kept_as_the_moment_it_is(engine: Engine) -> None:
    start, until = at(18).astimezone(EAST), at(20).astimezone(WEST)
    engine.grant_role("sponsor", "slegoff", start=start, until=until, by="htallec")

    [found] = engine.assignments(person="slegoff", role="sponsor")

    assert (found.start, found.until) == (stamp(at(18)), stamp(at(20)))
    assert verified(engine).holds


def test_periods_of_different_zones_are_compared_as_moments(engine: Engine) -> None:
    engine.grant_role("sponsor", "slegoff", until=at(12).astimezone(EAST), by="htallec")

    with pytest.raises(BadInput) as caught:
        engine.grant_role("sponsor", "slegoff", start=at(11).astimezone(WEST), by="htallec")

    assert caught.value.reason == "overlap"


def test_a_role_ends_at_its_moment_in_whatever_zone_that_was_given(engine: Engine, clock: FixedClock) -> None:
    engine.grant_role("business_owner", "kbenali", until=at(12).astimezone(EAST), by="htallec")

    held = [
        bool(engine.assignments(person="kbenali", at=at(*moment).astimezone(WEST))) for moment in ((11, 59), (12, 0))
    ]

    assert held == [True, False]


# --- trusted times ---------------------------------------------------------------------------------------------


@pytest.fixture
def vault(engine: Engine) -> MemoryVault:
    return with_key(engine)


def with_trusted_time(engine: Engine, vault: MemoryVault, note: str, moment: datetime) -> Verdict:
    """Verify with a copy of a checkpoint that a time-stamp authority saw at *moment*."""
    engine.sequence()
    copy = Copy(note, "tsa", "checkpoint.tsr", at=moment.isoformat())
    return engine.verify(outside=Outside(keys=(str(vault.signer().key),), copies=(copy,), places=("tsa",)))


def outside_anchors(verdict: Verdict) -> list[Finding]:
    assert {f.code for f in verdict.findings} <= {"TIME_OUTSIDE_ANCHORS"}
    return list(verdict.findings)


@pytest.mark.parametrize("moment", [at(12, 0), at(12, 5), at(11, 55), at(12).astimezone(EAST), at(23)])
def test_a_trusted_time_that_agrees_within_five_minutes_vouches_for_the_log(
    engine: Engine, clock: FixedClock, vault: MemoryVault, moment: datetime
) -> None:
    clock.set(at(12))
    open_crm(engine)
    note = engine.checkpoint(vault).note

    verdict = with_trusted_time(engine, vault, note, moment)

    assert (verdict.findings, verdict.level, verdict.proved.anchored_at) == ((), "witnessed", stamp(moment))


def test_a_record_that_is_dated_after_the_authority_saw_it_is_found(
    engine: Engine, clock: FixedClock, vault: MemoryVault
) -> None:
    clock.set(at(12))
    open_crm(engine)
    note = engine.checkpoint(vault).note

    found = outside_anchors(with_trusted_time(engine, vault, note, at(11, 54)))

    assert [(f.stream, f.seq, f.params["ts"]) for f in found] == [(engine.history("CRM")[0].stream, 1, stamp(at(12)))]


def test_a_record_that_is_dated_before_the_authority_saw_its_forerunner_is_found(
    engine: Engine, clock: FixedClock, vault: MemoryVault
) -> None:
    clock.set(at(12))
    open_crm(engine)
    note = engine.checkpoint(vault).note
    clock.set(at(12, 30))
    another(engine, "ERP")

    found = outside_anchors(with_trusted_time(engine, vault, note, at(13, 31)))

    assert [(f.stream, f.seq, f.params["trusted"]) for f in found] == [
        (engine.history("ERP")[0].stream, 1, stamp(at(13, 31)))
    ]


def test_a_record_after_a_checkpoint_may_be_early_by_as_much_as_a_transaction_may_last(
    engine: Engine, clock: FixedClock, vault: MemoryVault
) -> None:
    clock.set(at(12))
    open_crm(engine)
    note = engine.checkpoint(vault).note
    clock.set(at(12, 30))
    another(engine, "ERP")

    assert outside_anchors(with_trusted_time(engine, vault, note, at(13, 30))) == []


def test_a_clock_set_back_to_date_a_record_early_is_found_by_a_checkpoint_before_it(
    engine: Engine, clock: FixedClock, vault: MemoryVault
) -> None:
    """Antedating: the chain is new, so that nothing holds its clock."""
    clock.set(at(12))
    note = engine.checkpoint(vault).note
    clock.set(at(9, 30))
    another(engine, "ERP")
    clock.set(at(12, 10))

    verdict = with_trusted_time(engine, vault, note, at(12))

    assert [f.params["ts"] for f in outside_anchors(verdict)] == [stamp(at(9, 30))]


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_contradiction_is_told_in_both_languages(
    engine: Engine, clock: FixedClock, vault: MemoryVault, lang: str
) -> None:
    clock.set(at(12))
    open_crm(engine)
    note = engine.checkpoint(vault).note

    [found] = outside_anchors(with_trusted_time(engine, vault, note, at(11)))

    sentence = found.message(lang)  # type: ignore[arg-type]  # a language
    assert (stamp(at(12)) in sentence, stamp(at(11)) in sentence) == (True, True)
