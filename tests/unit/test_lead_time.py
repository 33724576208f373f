"""How long a project has taken: time on hold is kept apart, time closed is not counted."""

from __future__ import annotations

from flowgov.dossier.lead_time import Hold, LeadTime, Stopwatch
from flowgov.workflow.model import Label, State

DAY = 86_400
LABEL = Label("x", "x")
NORMAL, PAUSED, DONE = (State(k, LABEL, kind=k) for k in ("normal", "suspended", "final"))  # type: ignore[arg-type]


def on(day: int) -> str:
    return f"2026-01-{day:02d}T09:00:00.000000Z"


def watched(*moves: tuple[int, State]) -> Stopwatch:
    """A project opened on the first, with its moves by day."""
    watch = Stopwatch(on(1))
    for day, state in moves:
        watch.enter(on(day), state)
    return watch


def test_a_project_is_under_way_from_its_opening() -> None:
    assert watched((3, NORMAL)).read(on(4)) == LeadTime(3 * DAY, 0, ())


def test_time_on_hold_is_kept_apart() -> None:
    found = watched((3, PAUSED), (8, NORMAL)).read(on(10))

    assert found == LeadTime(4 * DAY, 5 * DAY, (Hold(on(3), on(8)),))


def test_a_hold_that_lasts_has_no_end_yet() -> None:
    assert watched((3, PAUSED)).read(on(5)) == LeadTime(2 * DAY, 2 * DAY, (Hold(on(3), None),))


def test_the_watch_goes_on_after_it_was_read() -> None:
    watch = watched((3, PAUSED))
    watch.read(on(5))

    assert watch.read(on(6)).on_hold_seconds == 3 * DAY


def test_time_between_the_end_and_a_reopening_is_not_counted() -> None:
    assert watched((3, DONE), (20, NORMAL)).read(on(21)) == LeadTime(3 * DAY, 0, ())


def test_a_moment_before_the_last_move_takes_nothing_away() -> None:
    assert watched((3, NORMAL)).read(on(1)) == LeadTime(2 * DAY, 0, ())
