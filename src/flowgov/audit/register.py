"""Replays the organisation's chain: who is known, who holds which role, what is permitted and registered.

Kept in memory as a whole; it grows with the organisation, not with its projects' records.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter

from flowgov.audit.chain import Chain, Document, Texts
from flowgov.audit.definition import ADMINISTRATOR, Definition
from flowgov.audit.entry_shapes import RULES
from flowgov.audit.held import EntryCheck, Held, take_in
from flowgov.audit.permits import Permission, fits, granted
from flowgov.audit.redaction import Claim
from flowgov.audit.standing import Archived, Card, Grant, KeyEvent, Registered, Tombstone

LONGEST_DELEGATION = timedelta(days=92)

_BY_OTHERS = frozenset({"organisation.created", "administration.refused", "role.delegated", "exception.reviewed"})
"""What is not an administrator's to do."""
_ADDED_AT = 2
_GRANTED_AT = 3


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
        self._left: dict[str, int] = {}
        """Where the record stands among all records by which a person left."""
        self.entries: dict[tuple[str, str], list[Held]] = {}
        """Every state of every line of the organisation's registers, by kind and key."""
        self._held: dict[tuple[str, str], list[Grant]] = {}
        self._newest: Grant | None = None
        self._acts: dict[str, Callable[[Chain, Document, Texts], None]] = {
            "organisation.created": self._created,
            "person.added": self._person_added,
            "role.granted": self._role_granted,
            "role.revoked": self._role_revoked,
            "role.delegated": self._role_delegated,
            "role.undelegated": self._role_undelegated,
            "person.ended": self._person_ended,
            "workflow.registered": self._workflow_registered,
            "exception.granted": self._exception_granted,
            "exception.reviewed": self._exception_reviewed,
            "exception.ended": self._exception_ended,
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
            # a line may have had thousands of states: an asset is backed up every night
            before = bisect_left(states, place, key=attrgetter("place")) if of == kind else 0
            if before:
                found[key] = states[before - 1]
        return found

    @property
    def key(self) -> str | None:
        """The signing key in force."""
        return self.keys[-1].key if self.keys else None

    def holding(self, person: str, role: str, project: str, ts: str, place: int, *, late: bool = False) -> bool:
        """Whether a person held a role on a project, or everywhere; see `Grant.held_at`."""
        grants = self._held.get((person, role), ())
        return any(g.project in (None, project) and g.held_at(ts, place, late=late) for g in grants)

    def holders(self, project: str, ts: str, place: int, *, late: bool = False) -> dict[str, list[str]]:
        """Who held each role on a project himself, for a record that stands at *place* among all records."""
        found: dict[str, set[str]] = {}
        for grant in self.grants.values():
            own = grant.delegator is None and grant.project in (None, project) and grant.place < place
            if own and grant.held_at(ts, place, late=late):
                found.setdefault(grant.role, set()).add(grant.person)
        return {role: sorted(persons) for role, persons in found.items()}

    def services(self) -> Iterator[str]:
        """Every service account."""
        return (person for person, card in self.people.items() if card.service)

    def _authorised(self, chain: Chain, document: Document) -> None:
        event, seq, actor = document["event"], document["seq"], document["actor"]
        if (event == "organisation.created") != (seq == 1):
            chain.find("RULE_VIOLATION", seq, about="beginning")
        if self.complete and seq > _ADDED_AT and actor not in self.people:
            chain.find("ROLE_VIOLATION", seq, about="stranger", person=actor)
        if chain.redactions.erased(actor, chain.place):
            chain.find("ROLE_VIOLATION", seq, about="erased", person=actor)
        if self.left(actor, chain.place):
            chain.find("ROLE_VIOLATION", seq, about="ended", person=actor)
        if event not in _BY_OTHERS:
            self._entitled(chain, document)

    def _entitled(self, chain: Chain, document: Document) -> None:
        """Administrators only, but for the founding and for what a holder may do with his own role."""
        event, seq, actor = document["event"], document["seq"], document["actor"]
        auth = document.get("auth")
        if auth is None:
            if event in self._acts:  # a line of a register without one is judged by the register's rule
                self._founding(chain, document)
            return
        if event == "role.undelegated" and auth["role"] != ADMINISTRATOR:
            self._lenders(chain, document)
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
        elif grant.delegator != auth.get("for"):
            chain.find("ROLE_VIOLATION", seq, about="on_behalf", role=auth["role"], person=actor)

    def left(self, person: str, place: int) -> bool:
        """Whether a person had left before the record that stands at *place* among all records."""
        return person in self._left and self._left[person] < place

    def is_service(self, person: str) -> bool:
        """Whether it is an account of a program, which approves nothing."""
        card = self.people.get(person)
        return card is not None and card.service

    def _lenders(self, chain: Chain, document: Document) -> Grant | None:
        """The lender's own grant, where a record stands on one that is in force."""
        auth = document["auth"]
        grant = self.by_hash.get(auth["grant"])
        if grant is None:
            if self.complete:
                chain.find("ROLE_VIOLATION", document["seq"], about="unknown_grant", role=auth["role"])
        elif not (
            auth["role"] == grant.role == document["role"]
            and grant.person == document["actor"]
            and grant.base is None
            and grant.held_at(document["ts"], chain.place, late="clock" in document)
        ):
            about = "chained" if grant.base is not None else "not_held"
            chain.find("ROLE_VIOLATION", document["seq"], about=about, role=auth["role"], person=document["actor"])
        return grant

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
        card = Card(document["seq"], said(texts, "login"), said(texts, "name"), said(texts, "email"))
        self.people[person] = replace(card, service="service" in document)

    def _role_granted(self, chain: Chain, document: Document, _: Texts) -> None:
        seq, person, role = document["seq"], document["person"], document["role"]
        if document["actor"] == person and "auth" in document:
            chain.find("ROLE_VIOLATION", seq, about="self_grant", person=person, role=role)
        if role == ADMINISTRATOR and document["project"] is not None:
            chain.find("RULE_VIOLATION", seq, about="administrator_on_project")
        self._take_in(chain, document, None, None)

    def _take_in(self, chain: Chain, document: Document, delegator: str | None, lender: Grant | None) -> None:
        """A new grant: somebody who is here gets it, once, for a time."""
        seq, person, role = document["seq"], document["person"], document["role"]
        if document["grant"] in self.grants:
            chain.find("RULE_VIOLATION", seq, about="again", name=document["grant"])
        if self.complete and person not in self.people:
            chain.find("ROLE_VIOLATION", seq, about="stranger", person=person)
        if chain.redactions.erased(person, chain.place):
            chain.find("ROLE_VIOLATION", seq, about="erased", person=person)
        if self.left(person, chain.place):
            chain.find("ROLE_VIOLATION", seq, about="ended", person=person)
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
            delegator=delegator,
            base=document.get("base"),
            lender=lender,
            place=chain.place,
        )
        self.grants[grant.id] = self.by_hash[chain.head] = self._newest = grant
        self._held.setdefault((person, role), []).append(grant)

    def _role_delegated(self, chain: Chain, document: Document, _: Texts) -> None:
        """A holder lends what he holds himself, for a while, to somebody else who does not lend him the same."""
        seq, actor, person, role = document["seq"], document["actor"], document["person"], document["role"]
        base = self._lenders(chain, document)
        if base is not None:
            fits = base.id == document["base"] and base.project in (None, document["project"])
            if not fits or (base.until is not None and base.until < document["until"]):
                chain.find("ROLE_VIOLATION", seq, about="lends_more", role=role, person=actor)
        lasts = datetime.fromisoformat(document["until"]) - datetime.fromisoformat(document["start"])
        if lasts > LONGEST_DELEGATION or role == ADMINISTRATOR:
            chain.find("RULE_VIOLATION", seq, about="delegation", role=role)
        lends = self._held.get((actor, role), ())
        lent_back = any(g.delegator == person and g.held_after(document["ts"]) for g in lends)
        if person == actor or lent_back or self.is_service(person):
            chain.find("ROLE_VIOLATION", seq, about="lent_to", role=role, person=person)
        self._take_in(chain, document, actor, base)

    def _role_undelegated(self, chain: Chain, document: Document, texts: Texts) -> None:
        mine = document["auth"]["role"] != ADMINISTRATOR
        for name in document["grants"]:
            grant = self.grants.get(name)
            lent = grant is None or grant.delegator is not None
            if not lent or (mine and grant is not None and grant.delegator != document["actor"]):
                chain.find("ROLE_VIOLATION", document["seq"], about="not_his", name=name, person=document["actor"])
        self._role_revoked(chain, document, texts)

    def _person_ended(self, chain: Chain, document: Document, _: Texts) -> None:
        seq, person, ts = document["seq"], document["person"], document["ts"]
        card = self.people.get(person)
        if (card is None and self.complete) or self.left(person, chain.place):
            chain.find("RULE_VIOLATION", seq, about="ends_nobody", person=person)
        if document["actor"] == person:
            chain.find("ROLE_VIOLATION", seq, about="self_ending", person=person)
        theirs = [g for g in self.grants.values() if person in (g.person, g.delegator)]
        ended = {g.id: g for g in theirs if g.revoked is None and g.id in document["grants"]}
        forgotten = [g for g in theirs if g.revoked is None and (g.until is None or ts < g.until) and g.id not in ended]
        if self.complete and (forgotten or len(ended) != len(document["grants"])):
            chain.find("RULE_VIOLATION", seq, about="ends_not_all", person=person)
        for grant in ended.values():
            grant.revoked, grant.revoked_place = ts, chain.place
        if self.complete and not self._administered(ts):
            chain.find("RULE_VIOLATION", seq, about="last_administrator")
        if card is not None:
            self.people[person] = replace(card, ended=ts)
        self._left.setdefault(person, chain.place)

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
        if self.is_service(document["actor"]):
            chain.find("ROLE_VIOLATION", seq, about="service_approves", person=document["actor"])
        if not fits(document):
            chain.find("RULE_VIOLATION", seq, about="exception", name=document["key"])
        fields = ("reason", "compensating", "risk")
        self.permissions[document["key"]] = granted(document, {name: said(texts, name) for name in fields})

    def _exception_reviewed(self, chain: Chain, document: Document, _: Texts) -> None:
        """Only the reviewer who is named in an exception reviews it, while it lasts."""
        seq, key, actor, ts = document["seq"], document["key"], document["actor"], document["ts"]
        permission = self._permission(chain, document)
        if permission is None:
            return
        if permission.reviewer != actor:
            chain.find("ROLE_VIOLATION", seq, about="not_the_reviewer", name=key, person=actor)
        if ts < permission.start or permission.over(ts):
            chain.find("RULE_VIOLATION", seq, about="exception_over", name=key)
        self.permissions[key] = permission.reviewed_by(chain.place, ts, document["result"])

    def _exception_ended(self, chain: Chain, document: Document, _: Texts) -> None:
        permission = self._permission(chain, document)
        if permission is None:
            return
        if permission.over(document["ts"]):
            chain.find("RULE_VIOLATION", document["seq"], about="exception_over", name=permission.key)
        ended = replace(permission, ended=document["ts"], ended_place=chain.place)
        self.permissions[permission.key] = ended

    def _permission(self, chain: Chain, document: Document) -> Permission | None:
        permission = self.permissions.get(document["key"])
        if permission is None and self.complete:
            chain.find("RULE_VIOLATION", document["seq"], about="exception_unknown", name=document["key"])
        return permission

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
        if permission is not None:
            self.permissions[permission.key] = permission.without(field)

    def _person_erased(self, chain: Chain, document: Document, _: Texts) -> None:
        seq, person, ts = document["seq"], document["person"], document["ts"]
        card = self.people.get(person)
        if (card is None and self.complete) or chain.redactions.erased(person, chain.place):
            chain.find("RULE_VIOLATION", seq, about="erases_nobody", person=person)
        if document["actor"] == person:
            chain.find("ROLE_VIOLATION", seq, about="self_erasure", person=person)
        grants = (g for g in self.grants.values() if g.person == person and g.revoked is None)
        held = next((g for g in grants if g.held_after(ts)), None)
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
