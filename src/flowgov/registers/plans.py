"""The register of plans: what is done when something fails, who answers for it, when it was rehearsed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from flowgov.acts import planning
from flowgov.audit.record import Source
from flowgov.dossier.entry import ORGANISATION, Entry
from flowgov.dossier.plans import Content, Covered, Exercise, Plan, PlanApproval
from flowgov.errors import NotFound
from flowgov.project import Receipt
from flowgov.registers.register import LIBRARY, Register
from flowgov.store import entries_of, people
from flowgov.suggest import closest

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Day = date | datetime | str


class Plans(Register):
    """Plans of the organisation, by key."""

    def record(
        self,
        kind: str,
        title: str,
        *,
        by: str,
        assets: Sequence[str] = (),
        link: str | None = None,
        decides: str | None = None,
        actions: str | None = None,
        contacts: str | None = None,
        fallback: str | None = None,
        next_exercise: Day | None = None,
        key: str | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Record a plan.

        Args:
            kind: ``emergency``, ``recovery``, ``continuity`` or ``reversibility``.
            assets: keys of what it covers.
            link: where the document is.
            decides: who decides to start it.
            actions: what is done first, one thing on each line.
            contacts: whom to call, one on each line.
            fallback: how one works meanwhile.
            key: by default the next of PL-01, PL-02 …

        Raises:
            BadInput: the key is taken or malformed, or a value is not usable.
            NotFound: there is no such asset or person.
            Refused: *by* neither holds a role that acts nor administers; recorded.
        """
        content = Content(title, tuple(assets), link, decides, actions, contacts, fallback)
        return self._act(by, lambda o: planning.record(o, key, kind, content, next_exercise), session, source)

    def change(
        self,
        plan: str,
        *,
        by: str,
        title: str | None = None,
        assets: Sequence[str] | None = None,
        link: str | None = None,
        decides: str | None = None,
        actions: str | None = None,
        contacts: str | None = None,
        fallback: str | None = None,
        next_exercise: Day | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Write the next edition of a plan, which nobody has approved; an empty text is taken away.

        Another day for the next exercise alone makes no edition.

        Raises:
            BadInput: nothing changes, or a value is not usable.
            NotFound: there is no such plan, asset or person.
            Refused: *by* neither holds a role that acts nor administers, or the plan is retired; recorded.
        """
        content = Content(title, assets, link, decides, actions, contacts, fallback)
        return self._act(by, lambda o: planning.change(o, plan, content, next_exercise), session, source)

    def approve(
        self,
        plan: str,
        *,
        by: str,
        edition: int | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Answer for the newest edition of a plan: for the business, or as the owner of all that it covers.

        Args:
            edition: the one that was read; it is refused if there is a newer one.

        Raises:
            Conflict: there is a newer edition.
            NotFound: there is no such plan or person.
            Refused: *by* is not entitled, or wrote it; the plan is incomplete or retired; recorded.
        """
        return self._act(by, lambda o: planning.approve(o, plan, edition), session, source)

    def exercise(
        self,
        plan: str,
        *,
        on: Day,
        result: str,
        by: str,
        findings: str | None = None,
        next: Day | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Record that a plan was rehearsed.

        Args:
            result: ``passed``, ``partial`` or ``failed``.
            findings: needed unless it passed.
            next: the day of the next exercise; by default what was planned, if it is still ahead of *on*.

        Raises:
            BadInput: the day is to come or before the last exercise, the next is not later, or findings are missing.
            NotFound: there is no such plan or person.
            Refused: *by* holds no role that acts and has nothing to do with the assets, or it is retired; recorded.
        """
        return self._act(by, lambda o: planning.exercise(o, plan, on, result, findings, next), session, source)

    def retire(
        self, plan: str, *, reason: str, by: str, session: Session | None = None, source: Source = LIBRARY
    ) -> Receipt:
        """Say that a plan is for nothing any more; nothing more can be done to it.

        Raises:
            NotFound: there is no such plan or person.
            Refused: *by* is not entitled, or it is retired already; recorded.
        """
        return self._act(by, lambda o: planning.retire(o, plan, reason), session, source)

    def every(self, *, overdue: bool = False, session: Session | None = None) -> tuple[Plan, ...]:
        """The plans, by key.

        Args:
            overdue: only those whose next exercise should have been by now.
        """
        found = self._read(self._plans, session)
        return tuple(plan for plan in found if plan.overdue or not overdue)

    def one(self, plan: str, *, session: Session | None = None) -> Plan:
        """A plan.

        Raises:
            NotFound: there is no such plan.
        """
        found = {one.key: one for one in self.every(session=session)}
        if plan not in found:
            raise NotFound("plan", name=plan, suggestions=closest(plan, found))
        return found[plan]

    def _plans(self, connection: Connection) -> tuple[Plan, ...]:
        kinds = entries_of.by_kind(entries_of.of_scope(connection, ORGANISATION, planning.PLAN, "asset"))
        logins, today = people.logins(connection), self._house.now()[:10]
        assets = {key: _covered(entry, logins) for key, entry in kinds.get("asset", {}).items()}
        return tuple(_plan(entry, assets, logins, today) for entry in kinds.get(planning.PLAN, {}).values())


def _plan(entry: Entry, assets: Mapping[str, Covered], logins: Mapping[str, str], today: str) -> Plan:
    facts, texts = entry.facts, entry.texts
    rehearsed = facts["next_exercise"]
    return Plan(
        key=entry.key,
        n=entry.n,
        kind=facts["kind"],
        title=texts.get("title", ""),
        assets=tuple(assets[key] for key in facts["assets"] if key in assets),
        edition=facts["edition"],
        author=logins.get(facts["author"], facts["author"]),
        author_for=people.login_of(facts["author_for"], logins),
        approval=_approval(entry, logins),
        exercise=_exercise(entry),
        next_exercise=rehearsed,
        overdue=rehearsed is not None and rehearsed < today and not facts["retired"],
        retired=facts["retired"],
        reason=texts.get("reason", ""),
        link=texts.get("link", ""),
        decides=texts.get("decides", ""),
        actions=texts.get("actions", ""),
        contacts=texts.get("contacts", ""),
        fallback=texts.get("fallback", ""),
        recorded=entry.at,
    )


def _covered(entry: Entry, logins: Mapping[str, str]) -> Covered:
    facts = entry.facts
    owner = logins.get(facts["owner"], facts["owner"])
    return Covered(
        entry.key,
        entry.texts.get("name", ""),
        owner,
        people.login_of(facts.get("holder"), logins),
        bool(facts["retired"]),
    )


def _approval(entry: Entry, logins: Mapping[str, str]) -> PlanApproval | None:
    approved = entry.facts["approved"]
    if approved is None or approved["edition"] != entry.facts["edition"]:
        return None
    return PlanApproval(logins.get(approved["by"], approved["by"]), approved["on"], approved["edition"])


def _exercise(entry: Entry) -> Exercise | None:
    held = entry.facts["exercise"]
    return Exercise(held["on"], held["result"], entry.texts.get("findings", "")) if held else None
