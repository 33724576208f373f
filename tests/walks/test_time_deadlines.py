"""What ends or has to be done soon, and reminders of it: sent once, and on to others when it stays late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.walks.licence import DATES, licensed

from flowgov import Engine, FixedClock, NotFound, NotSent
from flowgov.reminding.channel import Channel
from flowgov.reminding.remind import pending, remind
from flowgov.settings import Remind
from flowgov.testing import pass_gate

OVER = datetime(2026, 11, 21, tzinfo=UTC)


class Postbox:
    """Stands for the network: what channels handed over, unless the line is cut."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, str, str]] = []
        self.cut: set[int] = set()

    def send(self, channel: Channel, title: str, body: str, email: str = "") -> bool:
        if channel.number in self.cut:
            return False
        self.sent.append((channel.number, email, body))
        return True

    @property
    def lines(self) -> list[str]:
        return [line for *_, body in self.sent for line in body.splitlines() if line.startswith("-")]


@pytest.fixture
def postbox(monkeypatch: pytest.MonkeyPatch) -> Postbox:
    box = Postbox()

    def send(channel: Channel, title: str, body: str, email: str = "") -> bool:
        return box.send(channel, title, body, email)

    monkeypatch.setattr(Channel, "send", send)
    return box


@pytest.fixture
def flow(engine: Engine) -> Iterator[Engine]:
    """CRM, authorised until 20 November; its test is good for thirty days."""
    licensed(engine, "CRM")
    pass_gate(engine, "CRM", "give", by="kbenali", dates=DATES)
    yield engine


@pytest.fixture
def rules(tmp_path: Path) -> Remind:
    return Remind(memory=tmp_path / "reminded.json")


def found(flow: Engine, **asked: Any) -> list[tuple[str, str | None, str, str, bool]]:
    return [(d.kind, d.project, d.key, d.day, d.late) for d in flow.deadlines(**asked)]


# --- deadlines -------------------------------------------------------------------------------------------------


def test_dates_and_evidence_that_end_are_deadlines(flow: Engine) -> None:
    assert found(flow, within_days=400) == [
        ("date", "CRM", "change_window_start", "2026-01-12", False),
        ("date", "CRM", "change_window_end", "2026-01-16", False),
        ("evidence", "CRM", "test", "2026-02-04", False),
        ("date", "CRM", "authorisation_valid_until", "2026-11-20", False),
    ]


@pytest.mark.parametrize(("days", "count"), [(6, 0), (7, 1), (11, 2), (30, 3)])
def test_only_what_ends_within_so_many_days_is_told(flow: Engine, days: int, count: int) -> None:
    assert len(found(flow, within_days=days)) == count


def test_a_date_that_passed_matters_only_where_time_makes_something_of_it(flow: Engine, clock: FixedClock) -> None:
    clock.set(OVER)

    assert found(flow) == [("date", "CRM", "authorisation_valid_until", "2026-11-20", True)]


def test_evidence_that_expired_matters_where_a_gate_ahead_refuses_it(flow: Engine, clock: FixedClock) -> None:
    flow.move("CRM", "hold", by="kbenali")
    clock.advance(days=60)

    assert found(flow) == [("evidence", "CRM", "test", "2026-02-04", True)]


def test_an_exception_ends(flow: Engine) -> None:
    flow.add_exception(
        "CRM",
        rules=["distinct_from"],
        person="kbenali",
        until="2026-01-31",
        reason="Alone",
        compensating="Reviewed",
        by="htallec",
    )

    (deadline,) = (d for d in flow.deadlines() if d.kind == "exception")

    assert (deadline.day, deadline.persons) == ("2026-01-31", ("kbenali",))


def test_a_closed_project_has_no_deadlines(flow: Engine, clock: FixedClock) -> None:
    clock.advance(days=7)
    flow.move("CRM", "use", by="ykerbrat")

    assert found(flow, within_days=400) == []


def test_deadlines_can_be_asked_of_one_project_and_another_day(flow: Engine) -> None:
    flow.open_project("ERP", workflow="licence", title="ERP", by="ebihan")

    assert (found(flow, project="ERP"), len(found(flow, project="CRM", at="2026-11-15"))) == ([], 1)


def test_a_project_that_does_not_exist_is_told(flow: Engine) -> None:
    with pytest.raises(NotFound):
        flow.deadlines(project="CMR")


# --- reminders -------------------------------------------------------------------------------------------------


def test_a_reminder_is_sent_once(flow: Engine, clock: FixedClock, rules: Remind, postbox: Postbox) -> None:
    clock.set(datetime(2026, 11, 18, tzinfo=UTC))

    for _ in range(3):
        remind(flow, [Channel(1, "x://")], rules)

    assert postbox.lines == ["- CRM: the date 'authorisation_valid_until' – due by 2026-11-20; waits for kbenali."]


def test_and_again_once_it_is_late_and_once_it_stays_late(
    flow: Engine, clock: FixedClock, rules: Remind, postbox: Postbox
) -> None:
    for day in range(10, 32):
        clock.set(datetime(2026, 11, 1, tzinfo=UTC))
        clock.advance(days=day)
        remind(flow, [Channel(1, "x://")], rules)

    assert [line.partition(" – ")[2] for line in postbox.lines] == [
        "due by 2026-11-20; waits for kbenali.",
        "late, was due by 2026-11-20; waits for kbenali.",
        "still late, was due by 2026-11-20; waited for kbenali.",
    ]


def test_everybody_gets_his_own_where_the_channel_is_personal(
    flow: Engine, clock: FixedClock, rules: Remind, postbox: Postbox
) -> None:
    for login, role in (("anne", "business_owner"), ("boss", "sponsor")):
        flow.add_person(login, name=login, email=f"{login}@example.org", by="htallec")
        flow.grant_role(role, login, by="htallec")
    flow.revoke_role("business_owner", "kbenali", by="htallec")
    clock.set(datetime(2026, 11, 28, tzinfo=UTC))

    done = remind(flow, [Channel(1, "mailto://x?to={email}")], rules)

    assert [(email, body.partition(" – ")[2][:10]) for _, email, body in postbox.sent] == [
        ("boss@example.org", "still late"),
        ("anne@example.org", "late, was "),
    ]
    assert done.unreachable == ()


def test_who_has_no_e_mail_is_named(flow: Engine, clock: FixedClock, rules: Remind, postbox: Postbox) -> None:
    clock.set(OVER)

    done = remind(flow, [Channel(1, "mailto://x?to={email}")], rules)

    assert (done.messages, done.unreachable) == ((), ("kbenali",))


def test_a_channel_that_fails_is_tried_again_and_the_others_are_not(
    flow: Engine, clock: FixedClock, rules: Remind, postbox: Postbox
) -> None:
    clock.set(OVER)
    channels = [Channel(1, "slack://one"), Channel(2, "mailto://two")]
    postbox.cut = {1}

    with pytest.raises(NotSent) as caught:
        remind(flow, channels, rules)
    postbox.cut = set()
    remind(flow, channels, rules)

    assert ([number for number, *_ in postbox.sent], caught.value.data["channels"]) == ([2, 1], ["slack (1)"])


def test_a_channel_is_known_again_whatever_its_place(
    flow: Engine, clock: FixedClock, rules: Remind, postbox: Postbox
) -> None:
    clock.set(OVER)
    remind(flow, [Channel(1, "x://a")], rules)
    remind(flow, [Channel(1, "x://b"), Channel(2, "x://a")], rules)

    assert [number for number, *_ in postbox.sent] == [1, 1]


def test_looking_at_what_is_pending_sends_and_remembers_nothing(
    flow: Engine, clock: FixedClock, rules: Remind, postbox: Postbox
) -> None:
    clock.set(OVER)

    assert (len(pending(flow, rules)), postbox.sent, rules.memory.exists()) == (1, [], False)


def test_t26_secrets_in_logs_no_address_is_remembered(
    flow: Engine, clock: FixedClock, rules: Remind, postbox: Postbox
) -> None:
    clock.set(OVER)
    before = len(list(flow.log()))

    remind(flow, [Channel(1, "x://user:s3cret@host")], rules)

    assert ("s3cret" in rules.memory.read_text(), len(list(flow.log()))) == (False, before)


def test_what_was_written_in_a_title_cannot_forge_a_line(
    flow: Engine, clock: FixedClock, rules: Remind, postbox: Postbox
) -> None:
    """Only ids, keys, logins and days are in a message; free texts are not."""
    clock.set(OVER)
    flow.open_project("EVIL", workflow="licence", title="x - CRM: all is well", by="ebihan")

    remind(flow, [Channel(1, "x://")], rules)

    assert "all is well" not in "".join(postbox.lines)
