"""Exceptions as the organisation's chain tells them: granted, reviewed, ended; and what one permitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from flowgov.audit.days import days_after

LONGEST = timedelta(days=366)
RULES = frozenset(
    {
        "distinct_from",
        "one_person_once",
        "procedure",
        "need_creator_validator",
        "validator_design",
        "designer_security",
        "security_authorising",
        "change_deployer",
        "deployer_reviewer",
        "role_administrator",
    }
)
"""Rules that an exception can cover."""
CONTROLS = frozenset({"second_reading", "activity_review", "supervision", "automatic", "other"})
"""Kinds of control that make up for one."""


@dataclass(frozen=True, slots=True)
class Permission:
    """An exception that was granted."""

    key: str
    rules: tuple[str, ...]
    person: str
    project: str | None
    """None for every project."""
    start: str
    until: str
    reviewer: str | None
    by: str
    seq: int
    reason: str
    """Empty once it was redacted, as in the table; so is the compensating control."""
    compensating: str
    roles: str | None = None
    risk: str | None = None
    control: str | None = None
    every_days: int | None = None
    reviewed: str | None = None
    """Stamp and result of the last compensating review."""
    ended: str | None = None
    reviews: tuple[tuple[int, str, str], ...] = ()
    """Place among all records, stamp and result of each review."""
    ended_place: int = 0
    """Where the record of its end stands among all records."""

    def reviewed_by(self, place: int, ts: str, result: str) -> Permission:
        """The same after a review."""
        return replace(self, reviewed=f"{ts} {result}", reviews=(*self.reviews, (place, ts, result)))

    def without(self, field: str) -> Permission:
        """The same once a text beside its record was removed: the row says nothing in its place."""
        return {
            "reason": replace(self, reason=""),
            "compensating": replace(self, compensating=""),
            "risk": replace(self, risk=""),
        }.get(field, self)

    def over(self, ts: str) -> bool:
        """Whether it had ended, or its time was up."""
        return self.ended is not None or ts >= self.until

    def permits(self, rule: str, person: str, project: str, ts: str, place: int, *, late: bool) -> bool:
        """Whether it permitted a departure, to a record that stands at *place* among all records.

        Args:
            late: the stamp is later than the act, because the clock had gone back; ends are then not judged.
        """
        ended = self.ended is not None and place > self.ended_place
        return (
            rule in self.rules
            and person == self.person
            and self.project in (None, project)
            and self.start <= ts
            and (late or ts < self.until)
            and not ended
            and self._operated(ts, place, late=late)
        )

    def _operated(self, ts: str, place: int, *, late: bool) -> bool:
        """Whether the compensating control was alive: reviewed in time, and the last review found nothing."""
        before = [(when, result) for at, when, result in self.reviews if at < place]
        if before and before[-1][1] != "ok":
            return False
        if self.every_days is None or late:
            return True
        last = max(self.start, before[-1][0]) if before else self.start
        return ts < _later(last, self.every_days)


def granted(document: Mapping[str, Any], texts: Mapping[str, str | None]) -> Permission:
    """The exception that a record grants."""
    return Permission(
        key=document["key"],
        rules=tuple(document["rules"]),
        person=document["person"],
        project=document["project"],
        start=document["start"],
        until=document["until"],
        reviewer=document["reviewer"],
        by=document["actor"],
        seq=document["seq"],
        reason=texts["reason"] or "",
        compensating=texts["compensating"] or "",
        roles=",".join(document["roles"]) if "roles" in document else None,
        risk=(texts["risk"] or "") if "risk" in document.get("c", ()) else None,
        control=document.get("control"),
        every_days=document.get("every_days"),
    )


def fits(document: Mapping[str, Any]) -> bool:
    """Whether an exception may be granted like this."""
    lasts = datetime.fromisoformat(document["until"]) - datetime.fromisoformat(document["start"])
    every = document.get("every_days")
    return (
        document["key"] == f"EX-{document['seq']:04d}"
        and bool(document["rules"])
        and set(document["rules"]) <= RULES
        and document["reviewer"] != document["person"]
        and timedelta(0) < lasts <= LONGEST
        and (every is None or (0 < every <= LONGEST.days and document["reviewer"] is not None))
        and (document["project"] is not None or _made_up_for(document, lasts))
    )


def _made_up_for(document: Mapping[str, Any], lasts: timedelta) -> bool:
    """Whether an exception for every project says what makes up for it, and is reviewed before it ends."""
    every = document.get("every_days")
    return document.get("control") in CONTROLS and every is not None and timedelta(days=every) < lasts


def _later(stamp: str, days: int) -> str:
    return days_after(stamp[:10], days) + stamp[10:]
