"""Guards about dates and time. Days are those of UTC, as every period in the log is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from flowgov.canonical import Json
from flowgov.dossier.entry import Entry, relied
from flowgov.guards import Blocker, Guard, Verdict
from flowgov.request import Request
from flowgov.workflow.model import PREVIOUS, Transition, Workflow

DATE = "date"
"""The kind of entries that gates set."""
AUTHORISATION = "authorisation_valid_until"
WINDOW = ("change_window_start", "change_window_end")
NOT_EXPIRED = "evidence_not_expired"


def dates(request: Request) -> Verdict:
    """The dates that the gate sets are given with the move, and lie where the definition wants them."""
    given, today = request.given.dates, _today(request)
    missing = (name for name in request.transition.sets if name not in given)
    unknown = (name for name in given if name not in request.transition.sets)
    blockers = (
        *(Blocker("date_missing", {"name": name}, request.transition.fire, _set(request)) for name in missing),
        *(_unknown(request, name) for name in unknown),
        *(b for name in request.transition.sets if name in given for b in _in_range(request, name, given[name], today)),
        *_in_order(request),
    )
    return Verdict(
        "dates", blockers, {"values": {name: given[name] for name in request.transition.sets if name in given}}
    )


def authorisation_in_force(request: Request) -> Verdict:
    """The project is authorised, and its authorisation is not over."""
    entry = request.entries(DATE).get(AUTHORISATION)
    if entry is None:
        blocker = Blocker("not_authorised", {"name": AUTHORISATION}, _setters(request, AUTHORISATION))
        return Verdict("authorisation_in_force", (blocker,))
    day = str(entry.facts["day"])
    over = (
        []
        if today_of(request.now) <= day
        else [Blocker("authorisation_over", {"day": day}, _setters(request, AUTHORISATION))]
    )
    return Verdict("authorisation_in_force", tuple(over), _looked_at([entry]))


def within_change_window(request: Request) -> Verdict:
    """Today lies in the change window, its first and last day included."""
    found = [request.entries(DATE).get(name) for name in WINDOW]
    start, end = found
    if start is None or end is None:
        name = WINDOW[0] if start is None else WINDOW[1]
        return Verdict("within_change_window", (Blocker("no_change_window", {"name": name}, _setters(request, name)),))
    first, last = str(start.facts["day"]), str(end.facts["day"])
    inside = first <= today_of(request.now) <= last
    outside = Blocker("outside_change_window", {"start": first, "end": last}, _setters(request, WINDOW[1]))
    return Verdict("within_change_window", () if inside else (outside,), _looked_at([start, end]))


def evidence_not_expired(request: Request) -> Verdict:
    """No piece of evidence that counts here has outlived the days its kind is good for.

    Looks at what the gate asks for, and, where a project comes back from a hold, at everything on it. Dates of the
    project that passed are told, and stop nobody: only another gate can set them anew.
    """
    returning = request.transition.target == PREVIOUS
    validity = request.workflow.validity
    pieces = [
        p for p in request.evidence if p.kind in validity and (returning or p.kind in request.transition.evidence)
    ]
    expired = [(p, good_until(p.added, validity[p.kind])) for p in pieces]
    blockers = tuple(
        Blocker(
            "evidence_expired", {"kind": p.kind, "day": day}, request.transition.fire, _add_evidence(request, p.kind)
        )
        for p, day in expired
        if day < today_of(request.now)
    )
    over = [e for e in request.entries(DATE).values() if returning and str(e.facts["day"]) < today_of(request.now)]
    seen: dict[str, Json] = {}
    if pieces:
        seen["pieces"] = [{"kind": p.kind, "seq": p.seq, "sha256": p.sha256} for p in pieces]
    if over:
        seen |= {**_looked_at(over), "warned": ["date_over"]}
    return Verdict(NOT_EXPIRED, blockers, seen)


def the_time_has_come(request: Request) -> Verdict:
    """For a transition that time makes: its date has passed, and it is time that makes it."""
    timer = request.transition.timer
    assert timer is not None, "a transition of the kind timer has one"
    params: dict[str, Json] = {"transition": request.transition.id, "name": timer.date}
    entry = request.entries(DATE).get(timer.date)
    if not request.given.by_time:
        return Verdict("role", (Blocker("reserved_to_time", params, command="flowgov tick --as {holder}"),))
    if entry is None:
        return Verdict("role", (Blocker("date_never_set", params),))
    last = last_day_before(str(entry.facts["day"]), timer.before_days)
    if today_of(request.now) <= last:
        return Verdict("role", (Blocker("not_yet", {"transition": request.transition.id, "day": last}),))
    return Verdict("role", saw=_looked_at([entry]))


def asked_of(transition: Transition) -> tuple[Guard, ...]:
    """The guard that is asked after those that a transition names, if it sets dates."""
    return (Guard("dates", dates),) if transition.sets else ()


def read_for(transition: Transition) -> tuple[str, ...]:
    """Kinds of entries that a transition reserved to time looks at."""
    return (DATE,) if transition.timer else ()


def evidence_for(workflow: Workflow, transition: Transition) -> tuple[str, ...]:
    """Kinds of evidence that are looked at: what the gate asks for, or everything that can expire."""
    if NOT_EXPIRED not in transition.guards or transition.target != PREVIOUS:
        return transition.evidence
    return (*transition.evidence, *(kind for kind in workflow.validity if kind not in transition.evidence))


def today_of(now: str) -> str:
    """The day of a stamp."""
    return now[: len("2026-11-20")]


def good_until(added: str, days: int) -> str:
    """The last day on which evidence that was added then is good."""
    return (date.fromisoformat(today_of(added)) + timedelta(days=days)).isoformat()


def last_day_before(day: str, before_days: int) -> str:
    """The day after which time makes a transition."""
    return (date.fromisoformat(day) - timedelta(days=before_days)).isoformat()


def _today(request: Request) -> date:
    return date.fromisoformat(today_of(request.now))


def _in_range(request: Request, name: str, day: str, today: date) -> Iterator[Blocker]:
    rule = request.workflow.dates[name]
    least = (today + timedelta(days=rule.min_days)).isoformat()
    most = None if rule.max_days is None else (today + timedelta(days=rule.max_days)).isoformat()
    fire, command = request.transition.fire, _set(request, name)
    if most is not None and not least <= day <= most:
        yield Blocker("date_out_of_range", {"name": name, "day": day, "least": least, "most": most}, fire, command)
    elif most is None and day < least:
        yield Blocker("date_too_early", {"name": name, "day": day, "least": least}, fire, command)


def _in_order(request: Request) -> Iterator[Blocker]:
    given = request.given.dates
    for first, day in given.items():
        last = f"{first.removesuffix('_start')}_end"
        if first.endswith("_start") and last in given and given[last] < day:
            params: dict[str, Json] = {"first": first, "first_day": day, "last": last, "last_day": given[last]}
            yield Blocker("dates_in_disorder", params, request.transition.fire, _set(request, last))


def _unknown(request: Request, name: str) -> Blocker:
    known: list[Json] = [*request.transition.sets]
    params: dict[str, Json] = {"transition": request.transition.id, "name": name, "known": known or ["–"]}
    return Blocker("date_unknown", params, request.transition.fire)


def _setters(request: Request, name: str) -> tuple[str, ...]:
    """Roles that make a transition which sets the date."""
    found = (role for t in request.workflow.transitions.values() if name in t.sets for role in t.fire)
    return tuple(dict.fromkeys(found))


def _looked_at(entries: Iterable[Entry]) -> dict[str, Json]:
    return {"relied": [*relied(*entries)]}


def _set(request: Request, wrong: str = "") -> str:
    """The move with all its dates, since one alone would be refused for the others; *wrong* has to be another."""
    given = {name: day for name, day in request.given.dates.items() if name != wrong}
    days = " ".join(f"--set {name}={given.get(name, 'YYYY-MM-DD')}" for name in request.transition.sets)
    return f"flowgov move {request.key} {request.transition.id} {days} --as {{holder}}"


def _add_evidence(request: Request, kind: str) -> str:
    return f"flowgov evidence add {request.key} {kind} FILE --as {{holder}}"


GUARDS: tuple[Guard, ...] = (
    Guard("authorisation_in_force", authorisation_in_force, kinds=(DATE,)),
    Guard("within_change_window", within_change_window, kinds=(DATE,)),
    Guard(NOT_EXPIRED, evidence_not_expired, kinds=(DATE,)),
)
