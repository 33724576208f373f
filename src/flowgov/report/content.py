"""What the audit report says, chapter by chapter; every number comes from the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from flowgov.clock import end_of, start_of
from flowgov.i18n import Language
from flowgov.report import integrity, outcomes, permissions, population
from flowgov.report.register import Book
from flowgov.report.replay import History, Period, Progress, replay
from flowgov.report.values import (
    Chart,
    Fact,
    Mark,
    Moment,
    Month,
    Named,
    Report,
    Row,
    Section,
    Span,
    Table,
    Until,
    WholeCode,
    columns,
)
from flowgov.store.reporting import Snapshot

if TYPE_CHECKING:
    from flowgov.audit.verdict import Verdict
    from flowgov.report.seal import Seal

MOST_MONTHS = 24
"""A longer period is drawn by year."""

COLUMNS = {
    "definitions": columns("workflow", "title", "separation", "#projects", "sha256"),
    "findings": columns("code", "chain", "#position", "finding"),
    "reconciliation": columns("workflow", "#opening", "#created", "#reopened", "#closed", "#closing"),
    "standing": columns("workflow", "state", "stage", "condition", "#projects"),
    "projects": columns(
        *("project", "title", "workflow", "opened_at", "opened_by", "state", "stage", "condition"),
        *("entered_at", "#cycle", "#lead_days", "#hold_days"),
    ),
    "activity": columns("month", "#gates", "#refusals"),
    "gates": columns(
        *("at", "project", "gate", "#cycle", "person", "role", "approvals", "evidence", "#days"),
        *("departure", "reason", "record"),
    ),
    "causes": columns("cause", "#refusals"),
    "refused": columns("at", "project", "attempt", "object", "person", "blockers", "record"),
    "exceptions": columns(
        *("exception", "project", "rules", "beneficiary", "start", "until", "condition", "#used"),
        *("approved_by", "reviewer", "reason", "compensating"),
    ),
    "departures": columns("at", "project", "gate", "person", "departure", "reason", "record"),
    "waivers": columns(
        *("project", "waiver", "gate", "item", "#cycle", "start", "until", "condition", "granted_by", "role", "reason"),
    ),
    "conditions": columns(
        *("project", "condition_key", "wording", "owner", "due", "blocks", "set_at_gate", "set_by", "condition"),
    ),
    "backdated": columns("occurred_at", "recorded_at", "project", "deed", "object", "person", "record"),
    "roles": columns("project", "role", "person", "start", "until", "at_end", "granted_by"),
    "heads": columns("chain", "#records", "last_record", "head"),
}
"""The columns of every table, by the table's id."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for."""

    start: date
    until: date
    """Last day, included."""
    lang: Language
    version: str
    """The version of flowgov that makes the report."""


def compose(
    snapshot: Snapshot, verdict: Verdict, order: Order, progress: Progress | None = None, seal: Seal | None = None
) -> Report:
    """The report on *snapshot*; its long tables are read while they are written.

    Args:
        seal: the signed checkpoint to print.
    """
    end = end_of(order.until)
    history = replay(snapshot, Period(start_of(order.start), min(end, snapshot.now)), progress)
    book = Book(snapshot, history, snapshot.cards())
    organisation, log = snapshot.organisation()
    flows, total = population.reconciliation(history)
    exceptions = permissions.exceptions(book)
    figures = (
        Fact("population", sum(1 for _ in history.population())),
        Fact("closing", total.closing),
        Fact("gates", history.gates.total()),
        Fact("refusals", history.refused.total()),
        Fact("exceptions", len(exceptions)),
    )
    return Report(
        lang=order.lang,
        organisation=organisation,
        period=(order.start.isoformat(), order.until.isoformat()),
        holds=verdict.holds,
        figures=figures,
        front=integrity.front(verdict),
        sections=(
            _cover(order, organisation, log, snapshot, history, provisional=end > snapshot.now),
            _integrity(verdict, seal, snapshot.now),
            _population(book, flows),
            _gates(book),
            _refused(book),
            Section(
                "exceptions",
                tables=(
                    _table("exceptions", exceptions),
                    _table("departures", book.departures()),
                    _table("waivers", outcomes.waivers(book)),
                    _table("conditions", outcomes.conditions(book)),
                    _table("backdated", outcomes.backdated(book)),
                ),
            ),
            Section("roles", tables=(_table("roles", permissions.roles(book)),)),
            Section("heads", tables=(_table("heads", integrity.head_rows(snapshot.heads())),)),
        ),
    )


def _cover(
    order: Order, organisation: str, log: str, snapshot: Snapshot, history: History, *, provisional: bool
) -> Section:
    facts = (
        Fact("organisation", organisation),
        Fact("log", log),
        Fact("period", Span(order.start, order.until)),
        Fact("standing_at", Mark("so_far" if provisional else "period_end")),
        Fact("filters", Mark("no_filters")),
        Fact("produced_at", Moment(snapshot.now)),
        Fact("produced_by", f"flowgov {order.version}"),
    )
    return Section("cover", facts, tables=(_table("definitions", _definitions(history)),))


def _definitions(history: History) -> Iterator[Row]:
    used = [track.workflow for track in history.population()]
    for hash_ in history.registered:
        workflow = history.definitions[hash_]
        separation = Mark(workflow.separation, "separation")
        title = Named(workflow.id, workflow.title)
        yield workflow.name, title, separation, used.count(hash_), WholeCode(hash_)


def _integrity(verdict: Verdict, seal: Seal | None, now: str) -> Section:
    tables = () if verdict.holds else (_table("findings", integrity.finding_rows(verdict.findings)),)
    return Section("integrity", integrity.facts(verdict, seal, now), seal=seal, tables=tables)


def _population(book: Book, flows: tuple[Row, ...]) -> Section:
    history = book.history
    return Section(
        "population",
        chart=population.by_stage(history),
        tables=(
            _table("reconciliation", flows),
            _table("standing", population.standing(history)),
            _table("projects", population.projects(history, book.snapshot, book.cards)),
        ),
    )


def _gates(book: Book) -> Section:
    history = book.history
    months = _months(history.period)
    length = len("2026-01") if len(months) <= MOST_MONTHS else len("2026")
    labels = tuple(dict.fromkeys(month[:length] for month in months))
    gates, refused = (
        tuple(sum(n for month, n in counts.items() if month.startswith(label)) for label in labels)
        for counts in (history.gates, history.refused)
    )
    series = (("report.series.gates", gates), ("report.series.refusals", refused))
    shown = tuple(Month(label) for label in labels)
    rows = tuple(zip(shown, gates, refused, strict=True))
    tables = (_table("activity", rows), _table("gates", book.gates()))
    return Section("gates", chart=Chart("activity", shown, series), tables=tables)


def _refused(book: Book) -> Section:
    causes = sorted(book.history.causes.items(), key=lambda item: (-item[1], item[0]))
    rows = tuple((Mark(code, "cause"), count) for code, count in causes)
    return Section("refused", tables=(_table("causes", rows), _table("refused", book.refused())))


def _months(period: Period) -> list[str]:
    last_day = Until(period.until).plain("en")[:10]
    first, last = period.start[:7], max(period.start, last_day)[:7]
    years = range(int(first[:4]), int(last[:4]) + 1)
    every = (f"{year:04d}-{month:02d}" for year in years for month in range(1, 13))
    return [month for month in every if first <= month <= last]


def _table(id_: str, rows: Iterable[Row]) -> Table:
    return Table(id_, COLUMNS[id_], rows)
