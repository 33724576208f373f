"""Contracts with suppliers: what was agreed until when, and by which day notice has to be given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, get_args

Day = date | datetime | str
Facts = Mapping[str, Any]

KIND = "contract"
Renewal = Literal["tacit", "express"]
RENEWALS: tuple[Renewal, ...] = get_args(Renewal)
LONGEST_NOTICE = 3_660
"""Days, ten years."""
Warned = Literal["no_reversibility", "no_personal_data_clause", "tacit_without_notice"]
WARNINGS: tuple[Warned, ...] = get_args(Warned)


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """What somebody says of a contract; None for what stays as it is."""

    supplier: str | None = None
    subject: str | None = None
    assets: Sequence[str] | None = None
    """Keys; none at all takes them away."""
    owner: str | None = None
    """Login."""
    start: Day | None = None
    end: Day | None = None
    """The last day; empty for none."""
    notice: Day | None = None
    """The last day to give notice; empty for none."""
    notice_days: int | None = None
    """The same, counted back from the end."""
    renewal: str | None = None
    reversibility: bool | None = None
    """Whether a clause says how the data come back."""
    personal_data: bool | None = None
    """Whether a clause says how personal data are processed."""
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract as it stands."""

    key: str
    n: int
    supplier: str
    """Empty where it was redacted."""
    subject: str
    assets: tuple[str, ...]
    owner: str
    """Login."""
    start: str
    end: str | None
    notice: str | None
    """The last day to give notice, whichever way it was said."""
    notice_days: int | None
    renewal: Renewal
    reversibility: bool
    personal_data: bool
    ended: bool
    """Whether it was ended: nothing is due any more."""
    due: str | None
    """What comes first: the notice, else the end."""
    late: bool
    warnings: tuple[Warned, ...]
    link: str
    reason: str
    """Why it was ended."""
    recorded: str


def last_notice(facts: Facts) -> str | None:
    """The last day to give notice: the one that was said, or counted back from the end."""
    notice, end, days = (facts.get(name) for name in ("notice", "end", "notice_days"))
    if notice:
        return str(notice)
    return (date.fromisoformat(end) - timedelta(days=days)).isoformat() if end and days else None


def warnings(facts: Facts, *, personal_data: bool) -> Iterator[Warned]:
    """What may cost money or trouble one day; nothing of a contract that was ended.

    Args:
        personal_data: whether one of its assets has personal data.
    """
    if facts["ended"]:
        return
    if not facts["reversibility"]:
        yield "no_reversibility"
    if personal_data and not facts["personal_data"]:
        yield "no_personal_data_clause"
    if facts["renewal"] == "tacit" and last_notice(facts) is None:
        yield "tacit_without_notice"
