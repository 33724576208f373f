"""Replays the organisation's chain: who is known, who holds which role, what is permitted and registered.

Kept in memory as a whole; it grows with the organisation, not with its projects' records.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flowgov.audit.chain import Chain, Document, Texts
from flowgov.audit.definition import ADMINISTRATOR, Definition
from flowgov.audit.entry_shapes import RULES
from flowgov.audit.held import EntryCheck, Held, take_in
from flowgov.audit.redaction import Claim

LONGEST_EXCEPTION = timedelta(days=366)
EXCEPTION_RULES = frozenset({"distinct_from", "one_person_once", "procedure"})

_ADDED_AT = 2
_GRANTED_AT = 3


@dataclass(slots=True)
class Grant:
    """A role granted by a record."""

    id: str
    person: str
    role: str
    project: str | None
    start: str
    until: str | None
    by: str
    seq: int
    hash: str
    original: str
    """The hash its record had, where the record was altered since."""
    revoked: str | None = None
    revoked_place: int = 0
    """Where the record of the revocation stands among all records."""
    delegator: str | None = None
    """Whose role it is, if he lent it."""
    base: str | None = None
    """Id of the grant that was lent."""

    def held_at(self, ts: str, place: int, *, late: bool = False) -> bool:
        """Whether it was in force at that time, for a record that stands at that place among all records.

        A revocation waits for those who rely on the grant. What was written before it was therefore permitted,
        even with the same stamp, or a later one because the clock went back in between.

        Args:
            late: the stamp is later than the act, because the clock had gone back; ends are then not judged.
        """
        if self.start > ts or (self.revoked is not None and ts >= self.revoked and place > self.revoked_place):
            return False
        return late or self.until is None or ts < self.until


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of a person."""

    seq: int
    login: str | None
    name: str | None
    email: str | None
    service: bool = False
    """A service account."""
    ended: str | None = None
    """When the person left."""


@dataclass(frozen=True, slots=True)
class Permission:
    """An exception that was granted."""

    key: str
    rules: tuple[str, ...]
    person: str
    project: str
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
    ended: str | None = None


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """A signing key that took over, by a record."""

    seq: int
    key: str
    """The verifier key, as text."""
    idx: int | None
    """Position of the record in the global order; None while it waits for one."""
    old: str | None = None
    """The key before it."""
    rotated: bool = False
    """Whether the old key vouches for it; a key that was lost or stolen cannot."""
    vouched: int | None = None
    """For a key that was replaced: the size up to which its checkpoints are still believed."""


@dataclass(frozen=True, slots=True)
class Archived:
    """A project whose records left for an archive."""

    record: int
    """Position, in the organisation's chain, of the record that says so."""
    last: int
    head: str
    row: str
    """Hash of what the table of projects says of it; see `row_digest`."""
    archive: int
    """Position of the record that describes the archive."""
    title: str
    objective: str | None


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What is left of records that were moved to an archive."""

    seq: int
    file: str
    """SHA-256 of the archive."""
    count: int
    root: str
    projects: int


@dataclass(frozen=True, slots=True)
class Registered:
    """A definition that was made available."""

    id: str
    version: str
    seq: int


class Register:
    """What the organisation's chain says."""

    def __init__(self) -> None:
        self.name: str | None = None
        self.administrator: str | None = None
        self.people: dict[str, Card] = {}
        self.grants: dict[str, Grant] = {}
        """By id."""
        self.by_hash: dict[str, Grant] = {}
        self.permissions: dict[str, Permission] = {}
        self.workflows: dict[str, Registered] = {}
        """By hash of the definition."""
        self.keys: list[KeyEvent] = []
        """Signing keys, in the order they took over."""
        self.archived: dict[str, Archived] = {}
        """By project."""
        self.tombstones: dict[int, Tombstone] = {}
        """By position of their record."""
        self.definitions: dict[str, Definition] = {}
        """Those whose stored bytes can be relied on, by hash."""
        self.complete = False
        """False while records of the chain are missing or unreadable: then absence proves nothing."""
        self.entries: dict[tuple[str, str], list[Held]] = {}
        """Every state of every line of the organisation's registers, by kind and key."""
        self._held: dict[tuple[str, str], list[Grant]] = {}
        self._newest: Grant | None = None
        self._acts: dict[str, Callable[[Chain, Document, Texts], None]] = {
            "organisation.created": self._created,
            "person.added": self._person_added,
            "role.granted": self._role_granted,
            "role.revoked": self._role_revoked,
            "workflow.registered": self._workflow_registered,
            "exception.granted": self._exception_granted,
            "key.registered": self._key_registered,
            "key.rotated": self._key_rotated,
            "key.replaced": self._key_replaced,
            "text.redacted": self._text_redacted,
            "person.erased": self._person_erased,
            "log.archived": self._log_archived,
            "project.archived": self._project_archived,
            "administration.refused": self._refused,
        }

    def apply(self, chain: Chain, document: Document | None, texts: Texts) -> None:
        """Take in the next record of the organisation's chain; its former neighbour's original hash first."""
        newest, self._newest = self._newest, None
        if chain.former and newest is not None:
            newest.original = chain.former
            self.by_hash[chain.former] = newest
        self.complete = not chain.lost
        if document is None:
            return
        self._authorised(chain, document)
        self._acts.get(document["event"], self._entered)(chain, document, texts)

    def entries_at(self, kind: str, place: int) -> dict[str, Held]:
        """The lines of a register as they stood for a record at *place* among all records."""
        found: dict[str, Held] = {}
        for (of, key), states in self.entries.items():
            before = [held for held in states if held.place < place] if of == kind else ()
            if before:
                found[key] = before[-1]
        return found

    @property
    def key(self) -> str | None:
        """The signing key in force."""
        return self.keys[-1].key if self.keys else None

    def holding(self, person: str, role: str, project: str, ts: str, place: int, *, late: bool = False) -> bool:
        """Whether a person held a role on a project, or everywhere; see `Grant.held_at`."""
        grants = self._held.get((person, role), ())
        return any(g.project in (None, project) and g.held_at(ts, place, late=late) for g in grants)

    def _authorised(self, chain: Chain, document: Document) -> None:
        event, seq, actor = document["event"], document["seq"], document["actor"]
        if (event == "organisation.created") != (seq == 1):
            chain.find("RULE_VIOLATION", seq, about="beginning")
        if self.complete and seq > _ADDED_AT and actor not in self.people:
            chain.find("ROLE_VIOLATION", seq, about="stranger", person=actor)
        if chain.redactions.erased(actor, chain.place):
            chain.find("ROLE_VIOLATION", seq, about="erased", person=actor)
        if event in ("organisation.created", "administration.refused"):
            return
        auth = document.get("auth")
        if auth is None:
            self._founding(chain, document)
            return
        grant = self.by_hash.get(auth["grant"])
        if grant is None:
            if self.complete:
                chain.find("ROLE_VIOLATION", seq, about="unknown_grant", role=auth["role"])
        elif not (
            auth["role"] == grant.role
            and self._entitles(grant, event)
            and grant.person == actor
            and grant.held_at(document["ts"], chain.place, late="clock" in document)
        ):
            chain.find("ROLE_VIOLATION", seq, about="not_held", role=auth["role"], person=actor)

    def _entitles(self, grant: Grant, event: str) -> bool:
        """Whether a role is one for such an act: the administrator's, or for a register any role that acts."""
        if grant.role == ADMINISTRATOR:
            return grant.project is None
        acting = (definition.acting for definition in self.definitions.values())
        return event not in self._acts and any(grant.role in roles for roles in acting)

    def _founding(self, chain: Chain, document: Document) -> None:
        """Only the two records that make the first administrator stand on nobody's authority."""
        mine = document["actor"] == document.get("person") == self.administrator
        first_card = document["event"] == "person.added" and document["seq"] == _ADDED_AT
        first_role = (
            document["event"] == "role.granted"
            and document["seq"] == _GRANTED_AT
            and document["role"] == ADMINISTRATOR
            and document["project"] is None
        )
        if self.complete and not (mine and (first_card or first_role)):
            chain.find("ROLE_VIOLATION", document["seq"], about="no_authority")

    def _created(self, chain: Chain, document: Document, _: Texts) -> None:
        self.name, self.administrator = document["name"], document["administrator"]
        if document["actor"] != document["administrator"]:
            chain.find("RULE_VIOLATION", document["seq"], about="beginning")

    def _person_added(self, chain: Chain, document: Document, texts: Texts) -> None:
        person = document["person"]
        if person in self.people:
            chain.find("RULE_VIOLATION", document["seq"], about="again", name=person)
        self.people[person] = Card(document["seq"], said(texts, "login"), said(texts, "name"), said(texts, "email"))

    def _role_granted(self, chain: Chain, document: Document, _: Texts) -> None:
        seq, person, role = document["seq"], document["person"], document["role"]
        if document["actor"] == person and "auth" in document:
            chain.find("ROLE_VIOLATION", seq, about="self_grant", person=person, role=role)
        if document["grant"] in self.grants:
            chain.find("RULE_VIOLATION", seq, about="again", name=document["grant"])
        if self.complete and person not in self.people:
            chain.find("ROLE_VIOLATION", seq, about="stranger", person=person)
        if chain.redactions.erased(person, chain.place):
            chain.find("ROLE_VIOLATION", seq, about="erased", person=person)
        if role == ADMINISTRATOR and document["project"] is not None:
            chain.find("RULE_VIOLATION", seq, about="administrator_on_project")
        if document["until"] is not None and document["until"] <= document["start"]:
            chain.find("RULE_VIOLATION", seq, about="period")
        grant = Grant(
            id=document["grant"],
            person=person,
            role=role,
            project=document["project"],
            start=document["start"],
            until=document["until"],
            by=document["actor"],
            seq=seq,
            hash=chain.head,
            original=chain.head,
        )
        self.grants[grant.id] = self.by_hash[chain.head] = self._newest = grant
        self._held.setdefault((person, role), []).append(grant)

    def _role_revoked(self, chain: Chain, document: Document, _: Texts) -> None:
        seq = document["seq"]
        for name in document["grants"]:
            grant = self.grants.get(name)
            if grant is None:
                if self.complete:
                    chain.find("RULE_VIOLATION", seq, about="nothing_to_revoke", name=name)
                continue
            same = (grant.person, grant.role, grant.project) == tuple(
                document[k] for k in ("person", "role", "project")
            )
            if grant.revoked is not None or not same:
                chain.find("RULE_VIOLATION", seq, about="nothing_to_revoke", name=name)
            if grant.revoked is None:
                grant.revoked, grant.revoked_place = document["ts"], chain.place
        if document["role"] == ADMINISTRATOR and self.complete and not self._administered(document["ts"]):
            chain.find("RULE_VIOLATION", seq, about="last_administrator")

    def _administered(self, ts: str) -> bool:
        grants = (g for g in self.grants.values() if g.role == ADMINISTRATOR and g.project is None)
        return any(g.until is None and g.revoked is None and g.start <= ts for g in grants)

    def _workflow_registered(self, chain: Chain, document: Document, _: Texts) -> None:
        wf = document["wf"]
        known = self.workflows.values()
        if any((w.id, w.version) == (wf["id"], wf["ver"]) for w in known) or wf["sha256"] in self.workflows:
            chain.find("RULE_VIOLATION", document["seq"], about="again", name=f"{wf['id']}@{wf['ver']}")
        self.workflows[wf["sha256"]] = Registered(wf["id"], wf["ver"], document["seq"])

    def _exception_granted(self, chain: Chain, document: Document, texts: Texts) -> None:
        seq, person = document["seq"], document["person"]
        if document["actor"] == person:
            chain.find("ROLE_VIOLATION", seq, about="own_exception", person=person)
        lasts = datetime.fromisoformat(document["until"]) - datetime.fromisoformat(document["start"])
        fitting = (
            document["key"] == f"EX-{seq:04d}"
            and document["rules"]
            and set(document["rules"]) <= EXCEPTION_RULES
            and document["reviewer"] != person
            and timedelta(0) < lasts <= LONGEST_EXCEPTION
        )
        if not fitting:
            chain.find("RULE_VIOLATION", seq, about="exception", name=document["key"])
        self.permissions[document["key"]] = Permission(
            key=document["key"],
            rules=tuple(document["rules"]),
            person=person,
            project=document["project"],
            start=document["start"],
            until=document["until"],
            reviewer=document["reviewer"],
            by=document["actor"],
            seq=seq,
            reason=said(texts, "reason") or "",
            compensating=said(texts, "compensating") or "",
        )

    def _key_registered(self, chain: Chain, document: Document, _: Texts) -> None:
        if self.keys and self.complete:
            chain.find("RULE_VIOLATION", document["seq"], about="key")
        self.keys.append(KeyEvent(document["seq"], document["key"], chain.idx))

    def _key_rotated(self, chain: Chain, document: Document, _: Texts) -> None:
        self._succeeds(chain, document)
        self.keys.append(KeyEvent(document["seq"], document["new"], chain.idx, document["old"], rotated=True))

    def _key_replaced(self, chain: Chain, document: Document, _: Texts) -> None:
        self._succeeds(chain, document)
        size = document["size"]
        self.keys.append(KeyEvent(document["seq"], document["new"], chain.idx, document["old"], vouched=size))

    def _succeeds(self, chain: Chain, document: Document) -> None:
        if self.complete and (document["old"] != self.key or document["old"] == document["new"]):
            chain.find("RULE_VIOLATION", document["seq"], about="key")

    def _text_redacted(self, chain: Chain, document: Document, _: Texts) -> None:
        target, field = document["target"], document["field"]
        claim = Claim(document["seq"], chain.place, target["hash"], field)
        chain.redactions.claim(chain.number, target, claim)
        permission = self.permissions.get(f"EX-{target['seq']:04d}") if target["stream"] == chain.stream else None
        if permission is not None and field == "reason":
            self.permissions[permission.key] = replace(permission, reason="")
        elif permission is not None and field == "compensating":
            self.permissions[permission.key] = replace(permission, compensating="")

    def _person_erased(self, chain: Chain, document: Document, _: Texts) -> None:
        seq, person, ts = document["seq"], document["person"], document["ts"]
        card = self.people.get(person)
        if (card is None and self.complete) or chain.redactions.erased(person, chain.place):
            chain.find("RULE_VIOLATION", seq, about="erases_nobody", person=person)
        if document["actor"] == person:
            chain.find("ROLE_VIOLATION", seq, about="self_erasure", person=person)
        grants = (g for g in self.grants.values() if g.person == person and g.revoked is None)
        held = next((g for g in grants if g.until is None or ts < g.until), None)
        if held is not None:
            chain.find("RULE_VIOLATION", seq, about="still_holds", person=person, role=held.role)
        if card is not None:
            self.people[person] = replace(card, login=person, name="", email=None)
        chain.redactions.erase(person, chain.place)

    def _log_archived(self, _chain: Chain, document: Document, _: Texts) -> None:
        seq = document["seq"]
        self.tombstones[seq] = Tombstone(
            seq, document["file"], document["count"], document["root"], document["projects"]
        )

    def _project_archived(self, chain: Chain, document: Document, texts: Texts) -> None:
        seq, project = document["seq"], document["project"]
        if self.complete and (project in self.archived or document["archive"] not in self.tombstones):
            chain.find("RULE_VIOLATION", seq, about="archive", name=project)
        self.archived[project] = Archived(
            record=seq,
            last=document["last"],
            head=document["head"],
            row=document["row"],
            archive=document["archive"],
            title=said(texts, "title") or "",
            objective=said(texts, "objective"),
        )

    def _entered(self, chain: Chain, document: Document, texts: Texts) -> None:
        kind, key = document["event"].partition(".")[0], document["key"]
        states = self.entries.setdefault((kind, key), [])
        check = EntryCheck(chain, document, states[-1] if states else None, texts, self, None)
        states.append(take_in(check))
        rule = RULES.get(kind)
        if rule is not None and self.complete:
            rule(check)

    def _refused(self, chain: Chain, document: Document, _: Texts) -> None:
        if not document["blockers"]:
            chain.find("RULE_VIOLATION", document["seq"], about="refused_for_nothing")


def said(texts: Texts, field: str) -> str | None:
    """The text beside a record, as it is stored."""
    return texts[field][1] if field in texts else None
