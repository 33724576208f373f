"""Request → decision: the guards that every gate asks; those that definitions name are in `flowgov.guarding`.

Nothing here needs a database, a terminal or the time of day. A guard looks at a `Request` and returns a
`Verdict`; every guard is asked, none stops the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import NamedTuple

from flowgov.basis import changed
from flowgov.canonical import Json
from flowgov.dossier.entry import Entry, relied
from flowgov.i18n import DEFAULT, Language, text
from flowgov.project import Told, told_in
from flowgov.quorum import Seat, asked, fill, one_person, seats_of
from flowgov.request import GivenApproval, Grant, Request
from flowgov.sparing import waived
from flowgov.workflow import duties

NOTHING: Mapping[str, Json] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Blocker:
    """One unmet demand."""

    code: str
    params: Mapping[str, Json] = field(default_factory=dict)
    roles: tuple[str, ...] = ()
    """Roles whose holders can lift it."""
    command: str | None = None
    """What such a person would type; ``{holder}`` stands for their login until it is known."""
    holders: tuple[str, ...] = ()
    """Logins of the persons who can lift it."""

    def message(self, lang: Language = DEFAULT) -> str:
        """The demand and what is missing, in one sentence."""
        return text(f"blocker.{self.code}", lang, **self.params)

    def remedy(self, lang: Language = DEFAULT) -> str:
        """Who can lift it, in one sentence."""
        if self.holders:
            return text("blocker.remedy.holders", lang, holders=self.holders)
        if self.roles:
            return text("blocker.remedy.roles", lang, roles=self.roles)
        return text("blocker.remedy.nobody", lang)


class Departure(NamedTuple):
    """A separation rule not kept, and by what permission: an exception, or warn mode."""

    rule: str
    person: str
    exception: str | None


class Verdict(NamedTuple):
    """What one guard found."""

    name: str
    blockers: tuple[Blocker, ...] = ()
    saw: Mapping[str, Json] = NOTHING
    """The values it decided on, as they go into the record."""
    departures: tuple[Departure, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.blockers


@dataclass(frozen=True, slots=True)
class Decision:
    """A gate's answer for one person at one moment: allowed, or refused with every blocker."""

    kind: str
    """``move``, ``approve``, ``withdraw``, ``evidence`` or ``administer``."""
    action: str
    """The transition, or the administrative deed."""
    subject: str
    """Key of the project, or what is administered."""
    actor: str
    """Login."""
    blockers: tuple[Blocker, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    target: str | None = None
    """Where the move would lead."""
    version: int | None = None
    """The project's version the decision was made on."""

    @property
    def allowed(self) -> bool:
        return not self.blockers

    @property
    def departures(self) -> tuple[Departure, ...]:
        """Separation rules that the move would depart from, with permission."""
        # two guards may rest on one permission
        return tuple(dict.fromkeys(d for verdict in self.verdicts for d in verdict.departures))

    @property
    def told(self) -> tuple[Told, ...]:
        """What guards found wanting although they let it pass."""
        return told_in(verdict.saw for verdict in self.verdicts)

    def saw(self, guard: str) -> Mapping[str, Json]:
        """The values that *guard* decided on."""
        return next((v.saw for v in self.verdicts if v.name == guard), NOTHING)


Check = Callable[[Request], Verdict]


@dataclass(frozen=True, slots=True)
class Guard:
    """A guard that definitions can name, and what it has to be shown."""

    name: str
    check: Check = field(repr=False)
    kinds: tuple[str, ...] = ()
    """Kinds of the project's entries that it looks at."""
    shared: tuple[str, ...] = ()
    """Kinds of the organisation's."""
    staff: bool = False
    """Whether it looks at everybody who holds a role on the project."""

    def __call__(self, request: Request) -> Verdict:
        return self.check(request)


HostGuard = Callable[[Request], Blocker | None]


def role(request: Request) -> Verdict:
    """The actor holds one of the roles that may make the move."""
    roles = request.transition.fire
    grant = request.acting(roles)
    if grant:
        return Verdict("role", saw=authority(grant))
    blocker = Blocker("role_missing", {"roles": list(roles)}, roles, _retry(request))
    return Verdict("role", (blocker,))


def authority(grant: Grant) -> dict[str, Json]:
    """How a record names the grant that was relied on, and for whom its holder acted."""
    found: dict[str, Json] = {"role": grant.role, "grant": grant.record}
    return {**found, "for": grant.delegator} if grant.delegator else found


def approvals(request: Request) -> Verdict:
    """Enough holders approved; within the gate one person counts once, the actor included."""
    seats = seats_of(asked(request.transition.approvals, request.personal_data))
    if not seats:
        return Verdict("approvals")
    last = request.last_passed
    standing = [a for a in request.approvals if a.seq > last and request.holds(a.person, a.role)]
    given = [a for a in standing if not is_stale(a, request)]
    same = one_person([(request.actor, acts_for(request)), *((a.person, a.delegator) for a in given)])
    found = _approved(request, seats, given, same)
    spared = waived(request, "approval") if found.blockers else {}
    if spared:
        found = _approved(request, tuple(s for s in seats if s.number >= len(spared.get(s.role, ()))), given, same)
        found = found._replace(saw={**found.saw, "relied": _waivers(spared)})
    if not found.blockers:
        return found
    stale = tuple(_stale(request, a) for a in standing if a not in given)
    return found._replace(blockers=(*stale, *found.blockers, *_own_waivers(request, "approval")))


def is_stale(approval: GivenApproval, request: Request) -> bool:
    """Whether what the approval was given on has changed since."""
    return approval.basis is not None and approval.basis != request.basis


def _approved(
    request: Request, seats: Sequence[Seat], given: Sequence[GivenApproval], same: Mapping[str, str]
) -> Verdict:
    filled = fill(seats, given, request.actor, (), same)
    if len(filled) == len(seats):
        return Verdict("approvals", saw=_counted(filled.values()))
    return _approved_with_departures(request, seats, given, same)


def _approved_with_departures(
    request: Request, seats: Sequence[Seat], given: Sequence[GivenApproval], same: Mapping[str, str]
) -> Verdict:
    everyone = {request.actor, *(approval.person for approval in given)}
    permitted = {p: granted for p in everyone if (granted := permission(request, duties.ONCE, p))}
    # persons who count as one may count twice if each of them who acts here may
    free = set(same.values()) - {same[p] for p in everyone - permitted.keys()}
    filled = fill(seats, given, request.actor, free, same)
    if len(filled) == len(seats):
        departures = tuple(permitted[p] for p in _counted_twice(filled.values(), request.actor, same))
        return Verdict("approvals", saw=_counted(filled.values()), departures=departures)
    loosely = fill(seats, given, request.actor, set(same.values()), same)
    twice = [p for p in _counted_twice(loosely.values(), request.actor, same) if same[p] not in free]
    empty = [seat for seat in seats if seat not in loosely]
    dead = (blocker for p in twice for blocker in idle(request, duties.ONCE, p))
    blockers = (*(_counts_once(request, p, same) for p in twice), *dead, *_missing(request, empty))
    return Verdict("approvals", blockers)


def evidence(request: Request) -> Verdict:
    """Every kind of evidence the gate asks for lies on the project, is waived, or is promised by word of mouth."""
    present = {item.kind: item for item in request.evidence}
    wanted = request.transition.evidence
    spared = {k: entries for k, entries in waived(request, "evidence").items() if k in wanted and k not in present}
    lacking = [kind for kind in wanted if kind not in present and kind not in spared]
    verbal = request.given.verbal and request.transition.verbal
    blockers = [
        Blocker("evidence_missing", {"kind": kind}, request.transition.fire, _add_evidence(request, kind))
        for kind in ([] if verbal else lacking)
    ]
    if request.given.verbal and not verbal:
        blockers.append(Blocker("not_verbal", {"transition": request.transition.id}, command=_retry(request)))
    own = [b for b in _own_waivers(request, "evidence") if b.params["item"] in lacking]
    saw: dict[str, Json] = {
        "pieces": [{"kind": k, "seq": present[k].seq, "sha256": present[k].sha256} for k in wanted if k in present],
        "relied": _waivers(spared),
        "promised": [*lacking] if verbal else [],
    }
    return Verdict("evidence", (*blockers, *own), {name: value for name, value in saw.items() if value} or NOTHING)


def reason(request: Request) -> Verdict:
    """A reason is given where the gate asks for one."""
    if not request.transition.reason_required or (request.reason and request.reason.strip()):
        return Verdict("reason")
    command = f'flowgov move {request.key} {request.transition.id} --reason "…"'
    return Verdict("reason", (Blocker("reason_missing", NOTHING, request.transition.fire, command),))


def rework_evidence_is_current(request: Request) -> Verdict:
    """The gate's evidence is of this cycle and newer than the last time this gate was passed."""
    stale = [
        item.kind
        for item in request.evidence
        if item.kind in request.transition.evidence and (item.cycle != request.cycle or item.seq <= request.last_passed)
    ]
    blockers = tuple(
        Blocker(
            "evidence_stale",
            {"kind": kind, "cycle": request.cycle},
            request.transition.fire,
            _add_evidence(request, kind),
        )
        for kind in stale
    )
    return Verdict("rework_evidence_is_current", blockers)


ALWAYS_READ = ("charter", "risk", "waiver")
"""Kinds of entries that every decision is based on."""


def named(decision: Decision, logins: Mapping[str, str], holders: Mapping[str, Iterable[str]]) -> Decision:
    """*decision* as people read it: logins for ids, and who holds the roles that can lift each blocker."""
    return replace(
        decision,
        blockers=tuple(_named(blocker, logins, holders) for blocker in decision.blockers),
    )


def _named(blocker: Blocker, logins: Mapping[str, str], holders: Mapping[str, Iterable[str]]) -> Blocker:
    params = {
        name: logins.get(value, value) if name in _PERSONS and isinstance(value, str) else value
        for name, value in blocker.params.items()
    }
    lifters = tuple(
        dict.fromkeys(
            login
            for role_name in blocker.roles
            for login in holders.get(role_name, ())
            if (blocker.code not in _ANOTHER_PERSON or login != params.get("person"))
            and (blocker.code not in _NEITHER or login != params.get("other"))
        )
    )
    if blocker.code in _ONLY_THIS_PERSON and isinstance(params.get("person"), str):
        lifters = (str(params["person"]),)
    command = blocker.command.replace("{holder}", lifters[0] if lifters else "PERSON") if blocker.command else None
    if command:
        for name in ("reviewer", "person"):
            command = command.replace(f"{{{name}}}", str(params.get(name) or "PERSON"))
    return replace(blocker, params=params, holders=lifters, command=command)


_ONLY_THIS_PERSON = frozenset({"charter_unacknowledged", "condition_overdue", "not_condition_owner"})
"""Blockers that nobody but the person they name can lift."""
_PERSONS = frozenset({"person", "author", "other", "reviewer"})
"""Parameters of a blocker that are persons."""
_ANOTHER_PERSON = frozenset(
    {
        "same_author",
        "same_creator",
        "counts_once",
        "risk_delegate_once",
        "risk_one_person",
        "delegate_author",
        "delegate_counts_once",
        "own_exception",
        "own_creation",
        "own_duty",
        "plan_author",
        "plan_stands_in",
        "role_administrator",
        "self_assigned",
        "self_ending",
        "self_erasure",
        "self_grant",
        "service_approves",
        "waiver_of_mover",
    }
)
"""Blockers that the person they name cannot lift."""
_NEITHER = frozenset({"risk_delegate_once"})
"""Those that the other person they name cannot lift either."""


def acts_for(request: Request) -> str | None:
    """Whom the actor acts for in this gate, if for somebody else."""
    grant = request.acting(request.transition.fire)
    return grant.delegator if grant else None


def parties(person: str, delegator: str | None) -> frozenset[str]:
    """Who counts as having acted: the delegate and the delegator are one."""
    return frozenset({person, delegator or person})


def permission(request: Request, rule: str, person: str) -> Departure | None:
    """By what *person* may depart from a rule, if he may."""
    mode = duties.mode(request.workflow, rule)
    if mode == "warn":
        return Departure(rule, person, None)
    if mode == "block":
        return None
    alive = (e.key for e in request.exemptions if e.person == person and rule in e.rules and e.idle is None)
    key = next(alive, None)
    return Departure(rule, person, key) if key else None


def idle(request: Request, rule: str, person: str) -> Iterator[Blocker]:
    """Exceptions that would permit it if their compensating reviews were done."""
    if duties.mode(request.workflow, rule) != "exception":
        return
    for e in request.exemptions:
        if e.person == person and rule in e.rules and e.idle is not None:
            yield Blocker(
                "exception_not_operating",
                {"exception": e.key, "since": e.idle[:10], "reviewer": e.reviewer, "rule": rule},
                command=f"flowgov exception review {e.key} --result ok --as {{reviewer}}",
            )


def blocked(request: Request, rule: str, blocker: Blocker) -> Blocker:
    """*blocker* of a rule of separation: an exception lifts it where there can be one, else somebody else."""
    if duties.mode(request.workflow, rule) == "exception":
        return replace(blocker, roles=("administrator",), command=_add_exception(request, rule))
    return replace(blocker, command=_retry(request))


def _counts_once(request: Request, person: str, same: Mapping[str, str]) -> Blocker:
    other = next((p for p, head in same.items() if head == same[person] and p != person), None)
    params: dict[str, Json] = {
        "person": person,
        "transition": request.transition.id,
        "rule": "one_person_once",
    }
    if other:
        params["other"] = other
    code = "delegate_counts_once" if other else "counts_once"
    if duties.mode(request.workflow, duties.ONCE) == "exception":
        return Blocker(code, params, ("administrator",), _add_exception(request, duties.ONCE))
    roles = tuple(rule.role for rule in request.transition.approvals)
    return Blocker(code, params, roles, _approve(request))


_WHOLE = frozenset({"project", "charter"})
"""Parts of what is decided on that have no parts of their own."""


def _stale(request: Request, approval: GivenApproval) -> Blocker:
    parts = changed(approval.basis or {}, request.basis)
    pieces = [item.kind for item in request.evidence if item.seq > approval.seq]
    risks = [entry.key for entry in request.entries("risk").values() if entry.seq > approval.seq]
    params: dict[str, Json] = {
        "person": approval.person,
        "role": approval.role,
        "record": approval.seq,
        "changed": [*parts],
        "pieces": [*pieces],
        "risks": [*risks],
        "details": [*pieces, *risks, *(part for part in parts if part in _WHOLE)],
    }
    return Blocker("approval_stale", params, (approval.role,), _approve(request))


def _waivers(spared: Mapping[str, Sequence[Entry]]) -> list[Json]:
    return [*relied(*(entry for entries in spared.values() for entry in entries))]


def _own_waivers(request: Request, item: str) -> list[Blocker]:
    """Waivers that do not count, because who makes the move granted them."""
    return [
        Blocker("waiver_of_mover", {"waiver": entry.key, "item": name, "person": request.actor})
        for name, entries in waived(request, item, own=True).items()
        for entry in entries
    ]


def _missing(request: Request, empty: Sequence[Seat]) -> list[Blocker]:
    short = Counter(seat.role for seat in empty)
    return [
        Blocker(
            "approval_missing",
            {"role": rule.role, "missing": short[rule.role], "minimum": rule.minimum},
            (rule.role,),
            _approve(request),
        )
        for rule in asked(request.transition.approvals, request.personal_data)
        if short[rule.role]
    ]


def _counted(approvals_: Iterable[GivenApproval]) -> dict[str, Json]:
    return {"counted": [_given(approval) for approval in approvals_]}


def _given(approval: GivenApproval) -> dict[str, Json]:
    found: dict[str, Json] = {"p": approval.person, "role": approval.role, "seq": approval.seq}
    found |= {"for": approval.delegator} if approval.delegator else {}
    return {**found, "reserved": True} if approval.reserved else found


def _counted_twice(counted: Iterable[GivenApproval], actor: str, same: Mapping[str, str]) -> list[str]:
    seen, twice = {same[actor]}, []
    for approval in counted:
        if same[approval.person] in seen and approval.person not in twice:
            twice.append(approval.person)
        seen.add(same[approval.person])
    return twice


def _retry(request: Request) -> str:
    return f"flowgov move {request.key} {request.transition.id} --as {{holder}}"


def _approve(request: Request) -> str:
    return f"flowgov approve {request.key} {request.transition.id} --as {{holder}}"


def _add_evidence(request: Request, kind: str) -> str:
    return f"flowgov evidence add {request.key} {kind} FILE --as {{holder}}"


def _add_exception(request: Request, rule: str) -> str:
    return f"flowgov exception add {request.key} --rule {rule} --for PERSON --until DATE --as {{holder}}"
