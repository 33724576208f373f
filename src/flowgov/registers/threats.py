"""What the risk register says that has to be looked at. Reads entries only, and only what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Row

from flowgov.canonical import Json
from flowgov.dossier.entry import Entry
from flowgov.dossier.health import Threats
from flowgov.dossier.matrices import matrix_of
from flowgov.dossier.meetings import Meeting, RiskToReview
from flowgov.dossier.risks import agreed, is_accepted, level, overdue
from flowgov.workflow.model import Workflow


def threats(workflow: Workflow, entries: Iterable[Entry], now: str) -> Threats:
    """What is wrong with the risks of a project, by their keys."""
    risks = _open(entries)
    return Threats(
        open=len(risks),
        high=tuple(risk.key for risk in risks if _is_high(risk, workflow, now)),
        unconfirmed=tuple(risk.key for risk in risks if not agreed(risk.facts)),
        late=tuple(risk.key for risk in risks if _late(risk, now)),
    )


def to_review(
    workflow: Workflow, row: Row[Any], entries: Iterable[Entry], meetings: Sequence[Meeting], now: str
) -> tuple[RiskToReview, ...]:
    """Open risks that the next meeting should look at, those of the highest level first."""
    seen = {key: meeting.held for meeting in meetings for key in meeting.risks}
    newest = meetings[-1].held if meetings else None
    found = []
    for risk in _open(entries):
        why = [*_why(risk, workflow, now)]
        since = seen.get(risk.key, risk.at[:10])
        if newest is None or since < newest:
            why.append("not_reviewed")
        if why:
            params: dict[str, Json] = {"since": since, "late": next(iter(_late(risk, now)), None)}
            title, grade = risk.texts.get("title"), level(risk.facts, matrix_of(workflow.risks))
            found.append(RiskToReview(row.key, risk.key, title, grade, tuple(why), params))
    return tuple(sorted(found, key=lambda one: (-(one.level or 0), one.key)))


def _why(risk: Entry, workflow: Workflow, now: str) -> Iterator[str]:
    if _is_high(risk, workflow, now):
        yield "high"
    if not agreed(risk.facts):
        yield "unconfirmed"
    if _late(risk, now):
        yield "measure_late"


def _open(entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.kind == "risk" and entry.facts["status"] == "open"]


def _is_high(risk: Entry, workflow: Workflow, now: str) -> bool:
    matrix = matrix_of(workflow.risks)
    return level(risk.facts, matrix) >= matrix.high_from and not is_accepted(risk.facts, now)


def _late(risk: Entry, now: str) -> list[str]:
    """Days by which measures should have been done."""
    return [measure["due"] for measure in overdue(risk.facts, now)]
