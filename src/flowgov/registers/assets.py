"""The organisation's assets, and which of them each project touches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from flowgov.acts import owning, touching
from flowgov.acts.entering import go_in
from flowgov.acts.reading import project_id
from flowgov.acts.restoring import tests_due
from flowgov.acts.unit import Unit
from flowgov.audit.record import Source
from flowgov.clock import start_of
from flowgov.dossier.asset_starters import suggested
from flowgov.dossier.assets import Asset, AssetDescription, Backup, RestoreTest, TestDue, Touch
from flowgov.dossier.entry import ORGANISATION, Entry
from flowgov.errors import NotFound
from flowgov.i18n import DEFAULT, LANGUAGES, Language
from flowgov.project import Receipt
from flowgov.registers.register import LIBRARY, Register
from flowgov.store import entries_of, people
from flowgov.suggest import closest

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Day = date | datetime | str


class Assets(Register):
    """Sensitive assets, by their keys."""

    def record(
        self,
        said: AssetDescription,
        *,
        by: str,
        key: str | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Record an asset; until somebody says otherwise it is confidential, and as critical as can be.

        Args:
            said: name and owner at least.
            by: an administrator, or anybody with a role that acts.
            key: by default the next of A-01, A-02 …

        Raises:
            BadInput: name or owner is missing, or a value is not one there is; the key is taken or malformed.
            NotFound: there is no such person, or no asset that it needs.
            Refused: *by* is not entitled; recorded.
        """
        return self._act(by, lambda office: owning.record(office, key, said), session, source)

    def starters(
        self, *, owner: str, by: str, lang: Language = DEFAULT, session: Session | None = None, source: Source = LIBRARY
    ) -> tuple[Receipt, ...]:
        """Record what nearly every company depends on: the data of its customers, and its payment system.

        What is recorded by that name already, in whatever language, is left alone.

        Args:
            owner: login of who answers for them until another is named.
            lang: of their names.

        Raises:
            NotFound: there is no such person.
            Refused: *by* is not entitled; recorded.
        """

        def act(unit: Unit) -> tuple[Receipt, ...]:
            office, receipts = go_in(unit, by), []
            names = {entry.texts.get("name") for entry in office.entries(owning.KIND).values()}
            in_every_language = zip(*(suggested(owner, known) for known in LANGUAGES), strict=True)
            for said, same in zip(suggested(owner, lang), in_every_language, strict=True):
                if not names & {other.name for other in same}:
                    owning.record(office, None, said)
                    assert office.receipt is not None, "it was recorded just now"
                    receipts.append(office.receipt)
            return tuple(receipts)

        return self._write(act, source, session)

    def change(
        self, asset: str, said: AssetDescription, *, by: str, session: Session | None = None, source: Source = LIBRARY
    ) -> Receipt:
        """Say more of an asset, or something else.

        Args:
            by: an administrator, its owner or holder, or anybody with a role that acts; for what makes it count for
                less only its owner or an administrator.

        Raises:
            BadInput: nothing is said, or a value is not one there is.
            NotFound: there is no such asset or person.
            Refused: *by* is not entitled, or the asset is retired; recorded.
        """
        return self._act(by, lambda office: owning.change(office, asset, said), session, source)

    def back_up(
        self, asset: str, *, by: str, on: Day | None = None, session: Session | None = None, source: Source = LIBRARY
    ) -> Receipt:
        """Record that a backup succeeded.

        Args:
            on: the day, today by default; not before the last one known.

        Raises:
            BadInput: the day is to come or too early, or the asset is said not to be backed up.
            NotFound: there is no such asset.
            Refused: *by* is not entitled, or the asset is retired; recorded.
        """
        return self._act(by, lambda office: owning.back_up(office, asset, on), session, source)

    def test(
        self,
        asset: str,
        *,
        result: str,
        by: str,
        on: Day | None = None,
        rto: int | None = None,
        rpo: int | None = None,
        evidence: str | None = None,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Record that restoring the asset was tried.

        Args:
            on: the day, today by default; not before the last one known.
            result: ``passed`` or ``failed``.
            rto: hours that restoring took.
            rpo: hours of data that were lost.
            evidence: where the record of the test is.

        Raises:
            BadInput: the day is to come or too early, or a failed test is said to prove something.
            NotFound: there is no such asset.
            Refused: *by* is not entitled, or the asset is retired; recorded.
        """
        return self._act(by, lambda office: owning.test(office, asset, on, result, rto, rpo, evidence), session, source)

    def retire(
        self, asset: str, *, reason: str, by: str, session: Session | None = None, source: Source = LIBRARY
    ) -> Receipt:
        """Record that the asset is no more.

        Raises:
            BadInput: there is no reason.
            NotFound: there is no such asset.
            Refused: *by* neither owns it nor administers, another asset needs it, or it is retired; recorded.
        """
        return self._act(by, lambda office: owning.retire(office, asset, reason), session, source)

    def every(self, *, retired: bool = False, session: Session | None = None) -> tuple[Asset, ...]:
        """Every asset by key, the most critical first.

        Args:
            retired: those that are no more, too.
        """

        def look(connection: Connection) -> tuple[Asset, ...]:
            logins = people.logins(connection)
            found = entries_of.of_scope(connection, ORGANISATION, owning.KIND)
            shown = [_asset(entry, logins) for entry in found if retired or not entry.facts["retired"]]
            return tuple(sorted(shown, key=lambda asset: (-asset.criticality, asset.key)))

        return self._read(look, session)

    def one(self, asset: str, *, session: Session | None = None) -> Asset:
        """One asset.

        Raises:
            NotFound: there is no such asset.
        """
        found = {one.key: one for one in self.every(retired=True, session=session)}
        if asset not in found:
            raise NotFound("asset", name=asset, known=[*found], suggestions=closest(asset, found))
        return found[asset]

    def touch(
        self, project: str, assets: Sequence[str], *, by: str, session: Session | None = None, source: Source = LIBRARY
    ) -> Receipt:
        """Say which assets a project touches.

        Args:
            by: somebody who acts on the project, or who opened it.

        Raises:
            BadInput: no asset is named that it is not known to touch.
            NotFound: there is no such project, person or asset.
            Refused: *by* is not entitled, or the project is closed; recorded.
        """
        return self._act_on(project, by, lambda folder: touching.touch(folder, assets), session, source)

    def touch_none(
        self, project: str, *, reason: str, by: str, session: Session | None = None, source: Source = LIBRARY
    ) -> Receipt:
        """Say that a project touches no registered asset.

        Raises:
            BadInput: there is no reason, or it is known to touch some.
            NotFound: there is no such project or person.
            Refused: *by* is not entitled, or the project is closed; recorded.
        """
        return self._act_on(project, by, lambda folder: touching.touch_none(folder, reason), session, source)

    def release(
        self,
        project: str,
        asset: str,
        *,
        reason: str,
        by: str,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Say, as the asset's owner, that a project does not touch it after all.

        Raises:
            BadInput: there is no reason.
            NotFound: there is no such project or person, or the project is not known to touch it.
            Refused: *by* does not own the asset, or the project is closed; recorded.
        """
        return self._act_on(project, by, lambda folder: touching.release(folder, asset, reason), session, source)

    def touched(self, project: str, *, session: Session | None = None) -> tuple[Touch, ...]:
        """What was said of the assets that a project touches, by their keys; those it was let off, too.

        Raises:
            NotFound: there is no such project.
        """

        def look(connection: Connection) -> tuple[Touch, ...]:
            found = entries_of.of_scope(connection, project_id(connection, project), touching.KIND)
            return tuple(_touch(entry, project) for entry in found)

        return self._read(look, session)

    def due(self, at: Day | None = None, *, session: Session | None = None) -> tuple[TestDue, ...]:
        """Restore tests that deployments made due and that were not passed since, the earliest first.

        Args:
            at: the day from which they are looked at; by default today.
        """
        moment = start_of(at) if at is not None else self._house.now()
        return self._read(lambda connection: tests_due(self._house, connection, moment), session)


def _asset(entry: Entry, logins: Mapping[str, str]) -> Asset:
    facts, texts = entry.facts, entry.texts
    backup, test = facts["backup"], facts["test"]
    return Asset(
        key=entry.key,
        n=entry.n,
        name=texts.get("name", ""),
        type=facts["type"],
        classification=facts["classification"],
        criticality=facts["criticality"],
        personal_data=facts["personal_data"],
        owner=logins.get(facts["owner"], facts["owner"]),
        holder=people.login_of(facts["holder"], logins),
        supplier=texts.get("supplier", ""),
        needs=tuple(facts["needs"]),
        single=facts["single"],
        rto=facts["rto"],
        rpo=facts["rpo"],
        rto_proved=facts["rto_proved"],
        rpo_proved=facts["rpo_proved"],
        backup=Backup(backup["frequency"], backup["place"], backup["on"]),
        test=RestoreTest(test["on"], test["result"]),
        evidence=texts.get("evidence", ""),
        retired=facts["retired"],
        recorded=entry.at,
    )


def _touch(entry: Entry, project: str) -> Touch:
    return Touch(
        project=project,
        asset=entry.key,
        touched=entry.facts["touched"],
        deployed=entry.facts["deployed"],
        reason=entry.texts.get("reason", ""),
        recorded=entry.at,
    )
