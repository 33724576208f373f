"""Who was permitted what in the period: exceptions and the role matrix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flowgov.report.register import Book
from flowgov.report.replay import Holding, Permission
from flowgov.report.values import REMOVED, Mark, Row, Since, Until
from flowgov.store.reporting import Place


def exceptions(book: Book) -> tuple[Row, ...]:
    """A row for each exception in force at any time in the period, in the order granted."""
    met = [p for p in book.history.permissions.values() if _meets(book, p) and _opened(book, p.facts["project"])]
    texts = book.snapshot.texts([("org", permission.seq) for permission in met])
    return tuple(_exception(book, permission, texts) for permission in met)


def roles(book: Book) -> Iterator[Row]:
    """A row for each role held at any time in the period: organisation-wide first, then by project."""
    period, tracks = book.history.period, book.history.tracks

    def place(holding: Holding) -> tuple[str, ...]:
        project = "" if holding.project is None else tracks[f"prj:{holding.project}"].key
        return project, holding.role, book.who(holding.person).plain("en"), holding.start, holding.person

    for held in sorted((h for h in book.history.holdings.values() if _opened(book, h.project)), key=place):
        if not period.meets(held.start, held.until) or (held.until is not None and held.until <= held.start):
            continue
        track = None if held.project is None else tracks[f"prj:{held.project}"]
        workflow = book.history.definitions[track.workflow] if track else None
        yield (
            track.key if track else Mark("everywhere"),
            book.role(held.role, workflow),
            book.who(held.person),
            Since(held.start),
            Until(held.until) if held.until else None,
            Mark("held" if _lasts(book, held.start, held.until) else "not_held"),
            book.who(held.granted_by),
        )


def _opened(book: Book, project: str | None) -> bool:
    """Whether the project, if one is named, is in the report; the clock may have gone back after its opening."""
    return project is None or f"prj:{project}" in book.history.tracks


def _meets(book: Book, permission: Permission) -> bool:
    return book.history.period.meets(permission.facts["start"], permission.facts["until"])


def _exception(book: Book, permission: Permission, texts: Mapping[Place, Mapping[str, str]]) -> Row:
    facts = permission.facts
    project = facts["project"]
    said = texts.get(("org", permission.seq), {})
    return (
        facts["key"],
        Mark("everywhere") if project is None else book.history.tracks[f"prj:{project}"].key,
        tuple(Mark(rule, "rule") for rule in facts["rules"]),
        book.who(facts["person"]),
        Since(facts["start"]),
        Until(facts["until"]),
        Mark("active" if _lasts(book, facts["start"], facts["until"]) else _over(book, facts["start"])),
        permission.used,
        book.who(permission.approved_by),
        book.who(facts["reviewer"]) if facts["reviewer"] else None,
        said.get("reason", REMOVED),
        said.get("compensating", REMOVED),
    )


def _lasts(book: Book, start: str, until: str | None) -> bool:
    end = book.history.period.until
    return start < end and (until is None or until >= end)


def _over(book: Book, start: str) -> str:
    return "expired" if start < book.history.period.until else "not_begun"
