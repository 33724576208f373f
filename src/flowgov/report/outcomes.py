"""What the period's gates decided besides yes and no, and what was recorded after it had happened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flowgov.audit.hashing import leaf_hash
from flowgov.report.register import Book, gate_named
from flowgov.report.replay import Facts
from flowgov.report.values import Day, Mark, Moment, Named, Row, Source, Value

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
