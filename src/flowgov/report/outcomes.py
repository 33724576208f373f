"""What the period's gates decided besides yes and no, and what was recorded after it had happened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from flowgov.audit.hashing import leaf_hash
from flowgov.report.register import Book, gate_named
from flowgov.report.replay import Facts
from flowgov.report.values import REMOVED, Day, Mark, Moment, Named, Row, Since, Source, Until, Value

BACKDATED = ("project.moved", "approval.given", "evidence.added")
"""Events that may have happened before they were recorded."""


def backdated(book: Book) -> Iterator[Row]:
    """A row for each record of the period that says that it happened before."""
    period = book.history.period
    for page in book.snapshot.pages(BACKDATED, start=period.start, until=period.until):
        for row in page:
            # the bytes are canonical: what is not in them need not be parsed
            if b'"occurred":' in row.body:
                yield _backdated(book, row, json.loads(row.body))


def conditions(book: Book) -> Iterator[Row]:
    """A row for each condition that was open at any time in the period, as it stood at the end."""
    found = _lines(book, "condition.recorded")
    texts = book.snapshot.texts([(stream, line.places.get("wording", 0)) for (stream, _), line in found.items()])
    for (stream, key), line in found.items():
        facts, track = line.facts, book.history.tracks[stream]
        workflow = book.history.definitions[track.workflow]
        if facts["status"] != "open" and line.ts < book.history.period.start:
            continue
        kind = facts["evidence"]
        wording = texts.get((stream, line.places.get("wording", 0)), {}).get("wording", REMOVED)
        state = "late" if facts["status"] == "open" and facts["due"] <= book.history.period.until else facts["status"]
        yield (
            track.key,
            key,
            Named(kind, workflow.evidence.get(kind)) if kind else wording,
            book.who(facts["owner"]),
            Until(facts["due"]),
            tuple(gate_named(workflow, {"t": name}) for name in facts["blocks"]),
            gate_named(workflow, {"t": facts["gate"]}),
            book.who(facts["by"]),
            Mark(state, "condition"),
        )


def waivers(book: Book) -> Iterator[Row]:
    """A row for each waiver that was in force at any time in the period."""
    found = _lines(book, "waiver.recorded")
    texts = book.snapshot.texts([(stream, line.places.get("reason", 0)) for (stream, _), line in found.items()])
    for (stream, key), line in found.items():
        facts, track = line.facts, book.history.tracks[stream]
        workflow = book.history.definitions[track.workflow]
        ended = line.ts if facts["status"] == "ended" else facts["until"]
        if not book.history.period.meets(line.since, ended):
            continue
        name = facts["name"]
        item = Named(name, workflow.evidence.get(name)) if facts["item"] == "evidence" else book.role(name, workflow)
        over = "expired" if facts["until"] <= book.history.period.until else "active"
        yield (
            track.key,
            key,
            gate_named(workflow, {"t": facts["gate"]}),
            item,
            facts["cycle"],
            Since(line.since),
            Until(facts["until"]),
            Mark("ended" if facts["status"] == "ended" else over),
            book.who(facts["by"]),
            book.role(facts["role"], workflow),
            texts.get((stream, line.places.get("reason", 0)), {}).get("reason", REMOVED),
        )


@dataclass(slots=True)
class _Line:
    """A line of a register, as its records up to the end of the period say it is."""

    since: str
    ts: str = ""
    facts: Facts = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    """Where each of its texts lies."""


def _lines(book: Book, event: str) -> dict[tuple[str, str], _Line]:
    found: dict[tuple[str, str], _Line] = {}
    for page in book.snapshot.pages((event,), until=book.history.period.until):
        for row in page:
            document = json.loads(row.body)
            line = found.setdefault((row.stream, document["key"]), _Line(row.ts))
            line.ts, line.facts = row.ts, document["facts"]
            line.places.update(dict.fromkeys(document.get("c", ()), row.seq))
    return found


def _backdated(book: Book, row: Any, facts: Facts) -> Row:
    track = book.history.tracks[row.stream]
    at = facts["occurred"]["at"]
    return (
        Moment(at) if "T" in at else Day(at),
        Moment(row.ts),
        track.key,
        Mark(row.event, "event"),
        _object(book, facts, track.workflow),
        book.who(row.actor),
        Source(row.seq, leaf_hash(row.body)),
    )


def _object(book: Book, facts: Facts, hash_: str) -> Value:
    workflow = book.history.definitions[hash_]
    if "t" in facts:
        return gate_named(workflow, facts)
    return Named(facts["kind"], workflow.evidence.get(facts["kind"]))
