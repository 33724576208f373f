"""The register of contracts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from flowgov.acts import contracting
from flowgov.audit.record import Source
from flowgov.dossier.contracts import KIND, Contract, ContractTerms, Day, last_notice, warnings
from flowgov.dossier.entry import ORGANISATION, Entry
from flowgov.errors import NotFound
from flowgov.project import Receipt
from flowgov.registers.register import LIBRARY, Register
from flowgov.store import entries_of, people
from flowgov.suggest import closest

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_NEVER = "9999-12-31"


class Contracts(Register):
    """Contracts with suppliers, by their keys."""

    def record(
        self,
        said: ContractTerms,
        *,
        by: str,
        key: str | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Record a contract.

        Args:
            said: supplier, subject, owner, start and renewal at least.
            by: an administrator, or anybody with a role that acts.
            key: by default the next of CT-01, CT-02 …

        Raises:
            BadInput: a value is missing or not usable, days do not follow one another, the key is taken or malformed.
            NotFound: there is no such person or asset.
            Refused: *by* is not entitled; recorded.
        """
        return self._act(by, lambda office: contracting.record(office, key, said), session, source)

    def change(
        self, contract: str, said: ContractTerms, *, by: str, session: Session | None = None, source: Source = LIBRARY
    ) -> Receipt:
        """Say other terms; what is not said stays as it was.

        Args:
            by: its owner, an administrator, or anybody with a role that acts. Only the first two give it another owner.

        Raises:
            BadInput: nothing is said, a value is not usable, or days do not follow one another.
            NotFound: there is no such contract, person or asset.
            Refused: *by* is not entitled, or the contract was ended; recorded.
        """
        return self._act(by, lambda office: contracting.change(office, contract, said), session, source)

    def renew(
        self,
        contract: str,
        *,
        end: Day,
        by: str,
        notice: Day | None = None,
        notice_days: int | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Say that a contract goes on until a later day.

        Args:
            by: its owner, an administrator, or anybody with a role that acts.
            notice: the last day to give notice of the new period; needed, if only empty, where the former was said as
                a day. One counted in days stays.

        Raises:
            BadInput: the contract had no end, the new one is not later, or the former notice would stay.
            NotFound: there is no such contract or person.
            Refused: *by* is not entitled, or the contract was ended; recorded.
        """
        return self._act(
            by, lambda office: contracting.renew(office, contract, end, notice, notice_days), session, source
        )

    def end(
        self,
        contract: str,
        *,
        reason: str,
        by: str,
        on: Day | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Say that a contract is over, or that notice was given and on which day it will be. Nothing follows on this.

        Args:
            by: its owner, or an administrator.
            on: its last day; today by default.

        Raises:
            BadInput: there is no reason, or no such day.
            NotFound: there is no such contract or person.
            Refused: *by* is not entitled, or it was ended already; recorded.
        """
        return self._act(by, lambda office: contracting.end(office, contract, on, reason), session, source)

    def one(self, contract: str, *, session: Session | None = None) -> Contract:
        """A contract as it stands.

        Raises:
            NotFound: there is no such contract.
        """
        found = {one.key: one for one in self.every(ended=True, session=session)}
        if contract not in found:
            raise NotFound("contract", name=contract, suggestions=closest(contract, found))
        return found[contract]

    def every(
        self, *, within_days: int | None = None, ended: bool = False, session: Session | None = None
    ) -> tuple[Contract, ...]:
        """Contracts, the one first of which something is due first: the notice, else the end.

        Args:
            within_days: only those of which something is due within so many days, or late.
            ended: those that were ended too.
        """
        today = self._house.now()[:10]

        def look(connection: Connection) -> tuple[Contract, ...]:
            logins = people.logins(connection)
            found = entries_of.by_kind(entries_of.of_scope(connection, ORGANISATION, KIND, "asset"))
            personal = {key for key, asset in found.get("asset", {}).items() if asset.facts.get("personal_data")}
            every = (_contract(entry, logins, personal, today) for entry in found.get(KIND, {}).values())
            return tuple(sorted(every, key=lambda one: (one.due or _NEVER, one.key)))

        latest = _NEVER if within_days is None else _after(today, within_days)
        return tuple(
            one
            for one in self._read(look, session)
            if (ended or not one.ended) and (within_days is None or (one.due is not None and one.due <= latest))
        )


def _contract(entry: Entry, logins: Mapping[str, str], personal: set[str], today: str) -> Contract:
    facts, notice = entry.facts, last_notice(entry.facts)
    due = None if facts["ended"] else notice or facts["end"]
    return Contract(
        key=entry.key,
        n=entry.n,
        supplier=entry.texts.get("supplier", ""),
        subject=entry.texts.get("subject", ""),
        assets=tuple(facts["assets"]),
        owner=logins.get(facts["owner"], facts["owner"]),
        start=facts["start"],
        end=facts["end"],
        notice=notice,
        notice_days=facts["notice_days"],
        renewal=facts["renewal"],
        reversibility=facts["reversibility"],
        personal_data=facts["personal_data"],
        ended=facts["ended"],
        due=due,
        late=due is not None and due < today,
        warnings=tuple(warnings(facts, personal_data=not personal.isdisjoint(facts["assets"]))),
        link=entry.texts.get("link", ""),
        reason=entry.texts.get("reason", ""),
        recorded=entry.at,
    )


def _after(today: str, days: int) -> str:
    return (date.fromisoformat(today) + timedelta(days=days)).isoformat()
