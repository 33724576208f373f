"""Replays one project's chain: every recorded step must have been permitted when it was made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from flowgov.audit import duties
from flowgov.audit.bases import basis_of
from flowgov.audit.chain import Chain, Document, Texts
from flowgov.audit.definition import CREATOR, CURRENT_EVIDENCE, LAST, Definition, Demand, Step
from flowgov.audit.entries_touch import deployed_by
from flowgov.audit.entry_shapes import RULES
from flowgov.audit.held import EntryCheck, Held, Judged, take_in
from flowgov.audit.judge_time import TIMER, dates_in
from flowgov.audit.judges import JUDGES
from flowgov.audit.owed import Owed
from flowgov.audit.register import Register, said
from flowgov.audit.requests import occurred, recalled, withdrew
from flowgov.audit.sparing import promised, spared

NOTHING: dict[str, Any] = {}


@dataclass(slots=True)
class Consent:
    """An approval that was given."""

    seq: int
    transition: str
    cycle: int
    person: str
    role: str
    given: str
    withdrawn: str | None = None
    basis: dict[str, str] | None = None
    reservation: str | None = None
    """Empty once it was redacted."""
    delegator: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of evidence that was added."""

    seq: int
    kind: str
    label: str
    """Empty once it was redacted, as in the table."""
    sha256: str | None
    size: int | None
    cycle: int
    person: str
    added: str
    stored: bool


class Replay:
    """A project as its chain says it is, so far."""

    __slots__ = (
        "_acts",
        "_register",
        "consents",
        "creator",
        "cycle",
        "definition",
        "entered",
        "entries",
        "founded",
        "hashes",
        "id",
        "key",
        "moved",
        "newest",
        "objective",
        "opened",
        "owed",
        "passages",
        "personal_data",
        "pieces",
        "previous",
        "state",
        "title",
        "version",
        "workflow",
    )

    def __init__(self, id_: str, register: Register) -> None:
        self.id, self._register = id_, register
        self.key: str | None = None
        self.title = ""
        self.objective: str | None = None
        self.workflow: str | None = None
        """Hash of the definition it is on."""
        self.state: str | None = None
        self.previous: str | None = None
        self.creator: str | None = None
        self.opened: str | None = None
        self.entered: str | None = None
        self.cycle = self.version = 0
        self.personal_data = False
        self.definition: Definition | None = None
        """The definition the project is on; None if its bytes cannot be relied on."""
        self.passages: dict[str, list[Any]] = {}
        self.consents: dict[int, Consent] = {}
        self.pieces: list[Piece] = []
        self.newest: dict[str, Piece] = {}
        """The newest piece of each kind."""
        self.entries: dict[tuple[str, str], Held] = {}
        """The newest state of every line of the project's registers, by kind and key."""
        self.hashes: dict[int, str] = {}
        """Hash of every record so far, by position: corrections point to them."""
        self.moved = 0
        """Position of the newest move."""
        self.owed = Owed()
        self.founded = False
        """Whether decisions already say what they were made on; from then on all of them must."""
        self._acts: dict[str, Callable[[Chain, Document, Texts], None]] = {
            "project.moved": self._moved,
            "approval.given": self._approved,
            "approval.withdrawn": partial(withdrew, self),
            "gate.withdrawn": partial(recalled, self),
            "evidence.added": self._added,
        }

    @property
    def ended(self) -> bool:
        """Whether no way leads on from where the project stands."""
        return self.definition is not None and self.state not in self.definition.open_states

    def apply(self, chain: Chain, document: Document, texts: Texts) -> None:
        """Take in the next record of the project's chain."""
        event, seq = document["event"], document["seq"]
        self.hashes[seq] = chain.head
        self.owed.settle(chain, event, seq)
        if document["actor"] not in self._register.people and self._register.complete:
            chain.find("ROLE_VIOLATION", seq, about="stranger", person=document["actor"])
        if chain.redactions.erased(document["actor"], chain.place):
            chain.find("ROLE_VIOLATION", seq, about="erased", person=document["actor"])
        if self._register.left(document["actor"], chain.place):
            chain.find("ROLE_VIOLATION", seq, about="ended", person=document["actor"])
        if event == "project.opened":
            self._opened(chain, document, texts)
            return
        if self.opened is None:
            if not chain.lost:
                chain.find("RULE_VIOLATION", seq, about="beginning")
            chain.lost = True
            return
        if document["wf"]["sha256"] != self.workflow:
            chain.find("RULE_VIOLATION", seq, about="definition")
        if "occurred" in document:
            occurred(chain, document)
        act = self._acts.get(event, self._entered if event.endswith(".recorded") else None)
        if act is None:
            self._refused(chain, document)
            return
        self._continues(chain, document)
        act(chain, document, texts)

    def _opened(self, chain: Chain, document: Document, texts: Texts) -> None:
        seq, wf = document["seq"], document["wf"]
        registered = self._register.workflows.get(wf["sha256"])
        if registered is None:
            if self._register.complete:
                chain.find("WORKFLOW_UNPUBLISHED", seq, name=f"{wf['id']}@{wf['ver']}", hash=wf["sha256"])
        elif (registered.id, registered.version) != (wf["id"], wf["ver"]):
            chain.find("RULE_VIOLATION", seq, about="definition")
        self.definition = self._register.definitions.get(wf["sha256"])
        right = self.definition is None or document["to"] == self.definition.initial
        if seq != 1 or not right or (document["cycle"], document["version"]) != (1, 1):
            chain.find("RULE_VIOLATION", seq, about="beginning")
        self.key, self.workflow, self.state = document["key"], wf["sha256"], document["to"]
        self.title, self.objective = said(texts, "title") or "", said(texts, "objective")
        self.cycle, self.version = document["cycle"], document["version"]
        self.creator, self.personal_data = document["actor"], document["personal_data"]
        self.opened = self.entered = document["ts"]

    def _continues(self, chain: Chain, document: Document) -> None:
        """Version and cycle follow; after a record that does not hold, take the next one's word for it."""
        cycle = self.cycle + 1 if self._starts_cycle(document) else self.cycle
        if (document["version"], document["cycle"]) != (self.version + 1, cycle) and not chain.shaken:
            chain.find("RULE_VIOLATION", document["seq"], about="version")
        self.version, self.cycle = document["version"], document["cycle"]

    def _starts_cycle(self, document: Document) -> bool:
        if document["event"] != "project.moved" or self.definition is None:
            return False
        step = self.definition.steps.get(document["t"])
        return step is not None and step.next_cycle

    def _refused(self, chain: Chain, document: Document) -> None:
        if not document["blockers"]:
            chain.find("RULE_VIOLATION", document["seq"], about="refused_for_nothing")
        if "t" in document:
            self.step_of(chain, document)

    def step_of(self, chain: Chain, document: Document) -> Step | None:
        if self.definition is None:
            return None
        step = self.definition.steps.get(document["t"])
        if step is None:
            chain.find("RULE_VIOLATION", document["seq"], about="transition", name=document["t"])
        return step

    def _moved(self, chain: Chain, document: Document, _: Texts) -> None:
        seq, name, actor = document["seq"], document["t"], document["actor"]
        step = self.step_of(chain, document)
        self._entitled(chain, document, step)
        if step is not None:
            if chain.shaken:
                self.state = document["from"]
            self._leads(chain, document, step)
            cycle_before = self.cycle - 1 if step.next_cycle else self.cycle
            if not chain.lost:
                self._passes(chain, document, step, cycle_before)
        suspends = self.definition is not None and document["to"] in self.definition.suspended
        self.previous = (self.previous or document["from"]) if suspends else None
        self.state, self.entered = document["to"], document["ts"]
        delegator = document.get("auth", NOTHING).get("for")
        self.passages[name] = [actor, seq, delegator] if delegator else [actor, seq]
        self.moved = seq
        self.owed.dates = dates_in(document)
        self.owed.deployments = deployed_by(self, document, step) if step is not None else {}

    def _leads(self, chain: Chain, document: Document, step: Step) -> None:
        seq, to = document["seq"], document["to"]
        if document["from"] != self.state or self.state not in step.sources:
            chain.find("RULE_VIOLATION", seq, about="from", state=self.state, said=document["from"])
        back = len(step.targets) > 1 and to != self.previous and not chain.lost
        if to not in step.targets or back or document["kind"] != step.kind:
            chain.find("RULE_VIOLATION", seq, about="to", to=to, name=document["t"])
        role = document.get("auth", NOTHING).get("role")
        if role is not None and role not in step.fire:
            chain.find("ROLE_VIOLATION", seq, about="not_entitled", role=role, name=document["t"])

    def _entitled(self, chain: Chain, document: Document, step: Step | None) -> None:
        """A move is made in a role, or by time; time makes what is reserved to it, and nothing else."""
        timed, seq = "fired_by_time" in document, document["seq"]
        if timed == ("auth" in document) or (step is not None and timed != (step.kind == TIMER)):
            chain.find("ROLE_VIOLATION", seq, about="by_time", name=document["t"])
        if "basis" not in document and (timed or (step is not None and step.entry.get("sets"))):
            chain.find("RULE_VIOLATION", seq, about="basis_missing")
        if "auth" in document:
            self.authorised(chain, document)

    def authorised(self, chain: Chain, document: Document) -> None:
        """The grant relied on was recorded, is the actor's, and was in force."""
        auth, seq = document["auth"], document["seq"]
        grant = self._register.by_hash.get(auth["grant"])
        if grant is None:
            if self._register.complete:
                chain.find("ROLE_VIOLATION", seq, about="unknown_grant", role=auth["role"])
        elif not (
            grant.person == document["actor"]
            and grant.role == auth["role"]
            and grant.project in (None, self.id)
            and grant.held_at(document["ts"], chain.place, late="clock" in document)
        ):
            chain.find("ROLE_VIOLATION", seq, about="not_held", role=auth["role"], person=document["actor"])
        elif grant.delegator != auth.get("for"):
            chain.find("ROLE_VIOLATION", seq, about="on_behalf", role=auth["role"], person=document["actor"])

    def _passes(self, chain: Chain, document: Document, step: Step, cycle: int) -> None:
        seq = document["seq"]
        # lists, not generators: this is asked of every move
        asked = tuple([guard["n"] for guard in document["guards"]])
        expected = (*step.asked, *LAST) if "basis" in document else step.asked
        if asked != expected or False in [guard["ok"] for guard in document["guards"]]:
            chain.find("RULE_VIOLATION", seq, about="guards")
        if step.reason and "reason" not in document.get("c", NOTHING):
            chain.find("RULE_VIOLATION", seq, about="reason")
        self._based(chain, document, step)
        self.owed.evidence = set(promised(chain, document, step))
        departed = self._departures(chain, document)
        if step.distinct_from:
            self._separated(chain, document, step, departed)
        duties.judge_move(chain, document, self, self._register, step, departed)
        demands = step.demands_on(personal_data=self.personal_data) if step.demands else ()
        if demands:
            self._approvals(chain, document, demands, cycle, departed)
        if step.evidence:
            self._evidence(chain, document, step, cycle)
        if "basis" in document:
            self._judged(chain, document, step)

    def _based(self, chain: Chain, document: Document, step: Step) -> None:
        """What a decision says it was made on is what stood."""
        said = document.get("basis")
        if said is None:
            if self.founded:
                chain.find("RULE_VIOLATION", document["seq"], about="basis_missing")
        elif said != basis_of(self, step.evidence) and not chain.shaken:
            chain.find("RULE_VIOLATION", document["seq"], about="basis")
        self.founded = self.founded or said is not None

    def _judged(self, chain: Chain, document: Document, step: Step) -> None:
        """The guards that look at registers would say the same again, and name lines that stood."""
        assert self.definition is not None, "a step comes from a definition"
        judged = Judged(self._register, self, document, step, self.definition, chain.place)
        for guard in document["guards"]:
            for line in guard.get("relied", ()):
                if not self._stood(chain, line):
                    chain.find("RULE_VIOLATION", document["seq"], about="relied", name=f"{line['kind']} {line['key']}")
            judge = JUDGES.get(guard["n"])
            for code in judge(judged) if judge is not None else ():
                chain.find("RULE_VIOLATION", document["seq"], about="guard", name=guard["n"], said=code)

    def _stood(self, chain: Chain, line: dict[str, Any]) -> bool:
        if line["scope"] == "org":
            if not self._register.complete:
                return True
            held = self._register.entries_at(line["kind"], chain.place).get(line["key"])
        else:
            held = self.entries.get((line["kind"], line["key"]))
        return held is not None and held.n == line["n"]

    def _entered(self, chain: Chain, document: Document, texts: Texts) -> None:
        kind, key = document["event"].partition(".")[0], document["key"]
        check = EntryCheck(chain, document, self.entries.get((kind, key)), texts, self._register, self)
        if "auth" in document:
            self.authorised(chain, document)
            acting = self.definition.acting if self.definition else {document["auth"]["role"]}
            if document["auth"]["role"] not in acting:
                chain.find("ROLE_VIOLATION", document["seq"], about="not_entitled", role=document["auth"]["role"])
        rule = RULES.get(kind)
        if rule is not None and not chain.lost:
            rule(check)
        self.entries[kind, key] = take_in(check)

    def _departures(self, chain: Chain, document: Document) -> set[tuple[str, str]]:
        """Rule and person of every departure that was permitted."""
        permitted = set()
        for departure in document.get("departures", ()):
            if self._permitted(departure, document, chain.place):
                permitted.add((departure["rule"], departure["p"]))
            elif self._register.complete:
                chain.find("RULE_VIOLATION", document["seq"], about="departure", rule=departure["rule"])
        return permitted

    def _permitted(self, departure: dict[str, Any], document: Document, place: int) -> bool:
        mode = duties.mode(self.definition, departure["rule"])
        if departure["exception"] is None:
            return mode == "warn"
        permission = self._register.permissions.get(departure["exception"])
        return (
            mode == "exception"
            and permission is not None
            and permission.permits(
                departure["rule"], departure["p"], self.id, document["ts"], place, late="clock" in document
            )
        )

    def _separated(self, chain: Chain, document: Document, step: Step, departed: set[tuple[str, str]]) -> None:
        actor = document["actor"]
        me = {actor, document.get("auth", NOTHING).get("for", actor)}
        for name in step.distinct_from:
            if me & self._authors(name) and ("distinct_from", actor) not in departed:
                chain.find("RULE_VIOLATION", document["seq"], about="same_author", name=name, person=actor)

    def _authors(self, name: str) -> set[str | None]:
        """Who made a transition last: somebody, and for whom; the two count as one."""
        if name == CREATOR:
            return {self.creator}
        passage = self.passages.get(name, ())
        return {*passage[:1], *passage[2:]}

    def _approvals(
        self,
        chain: Chain,
        document: Document,
        demands: Sequence[Demand],
        cycle: int,
        departed: set[tuple[str, str]],
    ) -> None:
        counted = _saw(document, "approvals", "counted")
        seq, seen = document["seq"], {document["actor"], document.get("auth", NOTHING).get("for", document["actor"])}
        seats: dict[str, set[str]] = {}
        for item in counted:
            person, role = item["p"], item["role"]
            if not self._stands(chain, document, item, cycle):
                chain.find("RULE_VIOLATION", seq, about="approval", record=item["seq"])
            counts_as = {person, item.get("for", person)}
            if counts_as & seen and ("one_person_once", person) not in departed:
                chain.find("RULE_VIOLATION", seq, about="counted_twice", person=person)
            seen |= counts_as
            seats.setdefault(role, set()).add(person)
        waived = spared(self, document, "approvals", "approval", cycle)
        for demand in demands:
            if len(seats.get(demand.role, ())) + waived[demand.role] < demand.minimum:
                chain.find("RULE_VIOLATION", seq, about="approvals_missing", role=demand.role)

    def _stands(self, chain: Chain, document: Document, item: dict[str, Any], cycle: int) -> bool:
        """Whether a counted approval was given, still stood, and is by somebody who still held the role."""
        consent = self.consents.get(item["seq"])
        last_passed = self.passages.get(document["t"], (None, 0))[1]
        return (
            consent is not None
            and consent.basis in (None, document.get("basis"))
            and (consent.person, consent.role, consent.delegator) == (item["p"], item["role"], item.get("for"))
            and (consent.reservation is not None) is item.get("reserved", False)
            and (consent.transition, consent.cycle) == (document["t"], cycle)
            and consent.withdrawn is None
            and consent.seq > last_passed
            and (
                not self._register.complete
                or self._register.holding(
                    consent.person, consent.role, self.id, document["ts"], chain.place, late="clock" in document
                )
            )
        )

    def _evidence(self, chain: Chain, document: Document, step: Step, cycle: int) -> None:
        seq = document["seq"]
        looked_at = {item["kind"]: item for item in _saw(document, "evidence", "pieces")}
        last_passed = self.passages.get(document["t"], (None, 0))[1]
        waived = spared(self, document, "evidence", "evidence", cycle)
        for kind in step.evidence:
            piece, item = self.newest.get(kind), looked_at.get(kind)
            if piece is None and (waived[kind] or kind in self.owed.evidence):
                continue
            if piece is None or item is None or (item["seq"], item["sha256"]) != (piece.seq, piece.sha256):
                chain.find("RULE_VIOLATION", seq, about="evidence", kind=kind)
            elif CURRENT_EVIDENCE in step.asked and (piece.cycle != cycle or piece.seq <= last_passed):
                chain.find("RULE_VIOLATION", seq, about="evidence_stale", kind=kind)

    def _approved(self, chain: Chain, document: Document, texts: Texts) -> None:
        seq, name, actor, role = document["seq"], document["t"], document["actor"], document["auth"]["role"]
        step = self.step_of(chain, document)
        self.authorised(chain, document)
        if step is not None and not chain.lost:
            roles = {d.role for d in step.demands_on(personal_data=self.personal_data)}
            if self.state not in step.sources or role not in roles:
                chain.find("RULE_VIOLATION", seq, about="approval_not_asked", name=name, role=role)
            self._based(chain, document, step)
            departed = self._departures(chain, document)
            duties.judge_role(chain, document, self, self._register, step, departed)
        if self._register.is_service(actor):
            chain.find("ROLE_VIOLATION", seq, about="service_approves", person=actor)
        reservation = (said(texts, "reservation") or "") if "reservation" in document.get("c", NOTHING) else None
        consent = Consent(seq, name, document["cycle"], actor, role, document["ts"], basis=document.get("basis"))
        consent.delegator = document["auth"].get("for")
        consent.reservation = reservation
        self.consents[seq] = consent

    def _added(self, chain: Chain, document: Document, texts: Texts) -> None:
        seq, kind = document["seq"], document["kind"]
        if self.definition is not None and not chain.lost:
            if kind not in self.definition.evidence or self.state not in self.definition.open_states:
                chain.find("RULE_VIOLATION", seq, about="evidence_not_asked", kind=kind)
            if not self._may_add(chain, document):
                chain.find("ROLE_VIOLATION", seq, about="no_role_here", person=document["actor"])
        piece = Piece(
            seq=seq,
            kind=kind,
            label=said(texts, "label") or "",
            sha256=document["sha256"],
            size=document["size"],
            cycle=document["cycle"],
            person=document["actor"],
            added=document["ts"],
            stored=document["stored"],
        )
        self.pieces.append(piece)
        self.newest[kind] = piece

    @staticmethod
    def _is(issued: Held, document: Document) -> bool:
        """Whether a piece of evidence is the charter, put there by whoever issued it."""
        return (issued.facts["sha256"], issued.actor) == (document["sha256"], document["actor"])

    def _may_add(self, chain: Chain, document: Document) -> bool:
        actor, register = document["actor"], self._register
        issued = self.entries.get(("charter", "CHARTER"))
        if document["kind"] == "charter" and issued is not None and self._is(issued, document):
            return True  # whoever issues the charter lays it on the table
        if actor == self.creator or not register.complete:
            return True
        acting = self.definition.acting if self.definition else ()
        ts, late = document["ts"], "clock" in document
        return any(register.holding(actor, role, self.id, ts, chain.place, late=late) for role in acting)


def _saw(document: Document, guard: str, what: str) -> list[dict[str, Any]]:
    """The values a guard decided on."""
    found: list[dict[str, Any]] = next((g.get(what, []) for g in document["guards"] if g["n"] == guard), [])
    return found
