"""Which projects the report is about, and the proof that none is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from flowgov.report.replay import History, Track
from flowgov.report.values import REMOVED, Chart, Days, Mark, Moment, Named, Row, Who
from flowgov.store.reporting import PLACES, Card, Snapshot
from flowgov.workflow.model import STAGES, State


@dataclass(slots=True)
class Flow:
    """How many projects of one definition were open when the period began, came, went, and were open at its end."""

    opening: int = 0
    created: int = 0
    reopened: int = 0
    closed: int = 0
    closing: int = 0

    def add(self, track: Track) -> None:
        """Count *track*."""
        self.opening += track.open_at_start
        self.created += track.at_start is None
        self.reopened += track.reopened
        self.closed += track.closed
        self.closing += not track.ended

    def reconciled(self) -> Flow:
        """Itself; a bug, or a log that contradicts itself, if the numbers do not meet."""
        came = self.opening + self.created + self.reopened
        assert came - self.closed == self.closing, "opening + created + reopened - closed = closing"
        return self


def reconciliation(history: History) -> tuple[tuple[Row, ...], Flow]:
    """A row for each definition, and the sums."""
    flows: dict[str, Flow] = {hash_: Flow() for hash_ in history.registered}
    total = Flow()
    for track in history.tracks.values():
        flows.setdefault(track.workflow, Flow()).add(track)
        total.add(track)
    used = {track.workflow for track in history.tracks.values()}
    rows = [
        _flow_row(history.definitions[hash_].name, flow.reconciled()) for hash_, flow in flows.items() if hash_ in used
    ]
    return (*rows, _flow_row(Mark("total"), total.reconciled())), total


def standing(history: History) -> Iterator[Row]:
    """How many projects of the population stand in each state when the period ends."""
    found = Counter((track.workflow, track.state) for track in history.population())
    for hash_ in history.registered:
        workflow = history.definitions[hash_]
        for state in workflow.states.values():
            if count := found[hash_, state.id]:
                kind = Mark("closed" if state.ended else "open")
                yield workflow.name, Named(state.id, state.label), stage(state), kind, count


def by_stage(history: History) -> Chart:
    """The population by stage, open and closed apart."""
    columns = (*STAGES, "none")
    still, ended = Counter[str](), Counter[str]()
    for track in history.population():
        state = history.definitions[track.workflow].states[track.state]
        (ended if state.ended else still)[state.stage or "none"] += 1
    open_, closed = (tuple(count[stage] for stage in columns) for count in (still, ended))
    series = (("report.series.open", open_), ("report.series.closed", closed))
    return Chart("stages", tuple(Mark(stage, "stage") for stage in columns), series)


def projects(history: History, snapshot: Snapshot, cards: Mapping[str, Card]) -> Iterator[Row]:
    """A row for each project of the population, as it stood when the period ended."""
    tracks = history.population()
    while some := list(islice(tracks, PLACES)):
        titles = snapshot.texts([(track.stream, 1) for track in some])
        yield from (_project(history, track, titles.get((track.stream, 1), {}), cards) for track in some)


def stage(state: State) -> Mark:
    """The canonical step of *state*."""
    return Mark(state.stage or "none", "stage")


def _project(history: History, track: Track, texts: Mapping[str, str], cards: Mapping[str, Card]) -> Row:
    workflow = history.definitions[track.workflow]
    state = workflow.states[track.state]
    lasted = track.watch.read(history.period.until)
    return (
        track.key,
        texts.get("title", REMOVED),
        workflow.name,
        Moment(track.opened),
        Who(cards.get(track.creator, Card(track.creator))),
        Named(state.id, state.label),
        stage(state),
        Mark("closed" if state.ended else "open"),
        Moment(track.standing.entered),
        track.cycle,
        Days(_tenths(lasted.seconds)),
        Days(_tenths(lasted.on_hold_seconds)),
    )


def _tenths(seconds: int) -> int:
    return (seconds * 10 + 43_200) // 86_400


def _flow_row(name: str | Mark, flow: Flow) -> Row:
    return name, flow.opening, flow.created, flow.reopened, flow.closed, flow.closing
