"""The matrix of accesses: which groups may do what with which asset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from flowgov.acts import accessing
from flowgov.audit.record import Source
from flowgov.dossier.accesses import KIND, Access, Granted, has_to_be_reviewed
from flowgov.dossier.entry import ORGANISATION, Entry
from flowgov.errors import NotFound
from flowgov.project import Receipt
from flowgov.registers.register import LIBRARY, Register
from flowgov.store import entries_of, people
from flowgov.suggest import closest

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Accesses(Register):
    """Rights of groups, by the key of the asset. Persons are no matter of this register."""

    def set(
        self,
        asset: str,
        group: str,
        right: str,
        *,
        by: str,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Say that a group has a right to an asset, besides those it has; a former review counts no more.

        Args:
            group: letters, digits, - and _; one that differs from a known group by case only is that group.
            right: ``read``, ``write`` or ``admin``.
            by: the asset's owner or holder, an administrator, or anybody with a role that acts.

        Raises:
            BadInput: it is no name of a group, there is no such right, or the group has it already.
            NotFound: there is no such person; or no such asset, or it is retired.
            Refused: *by* is not entitled; recorded.
        """
        return self._act(by, lambda office: accessing.give(office, asset, group, right), session, source)

    def remove(
        self,
        asset: str,
        group: str,
        right: str | None = None,
        *,
        by: str,
        session: Session | None = None,
        source: Source = LIBRARY,
    ) -> Receipt:
        """Say that a group has a right no more; a former review counts no more.

        Args:
            right: by default all that the group has.

        Raises:
            BadInput: there is no such right.
            NotFound: there is no such person; no such asset, or it is retired; or the group has no such right.
            Refused: *by* is not entitled, as for `set`; recorded.
        """
        return self._act(by, lambda office: accessing.take(office, asset, group, right), session, source)

    def review(self, asset: str, *, by: str, session: Session | None = None, source: Source = LIBRARY) -> Receipt:
        """Say that the rights to an asset are as they should be.

        Args:
            by: the asset's owner; never a service account.

        Raises:
            NotFound: there is no such person; no such asset, or it is retired; or no right to it was ever recorded.
            Refused: *by* is not entitled; recorded.
        """
        return self._act(by, lambda office: accessing.review(office, asset), session, source)

    def one(self, asset: str, *, session: Session | None = None) -> Access:
        """Who may do what with an asset.

        Raises:
            NotFound: no right to it was ever recorded.
        """
        found = {one.asset: one for one in self.every(retired=True, session=session)}
        if asset not in found:
            raise NotFound("access", name=asset, suggestions=closest(asset, found))
        return found[asset]

    def every(self, *, retired: bool = False, session: Session | None = None) -> tuple[Access, ...]:
        """The matrix, by the key of the asset.

        Args:
            retired: assets that are retired too.
        """
        today = self._house.now()[:10]

        def look(connection: Connection) -> tuple[Access, ...]:
            logins = people.logins(connection)
            found = entries_of.by_kind(entries_of.of_scope(connection, ORGANISATION, KIND, "asset"))
            assets = found.get("asset", {})
            every = (_access(line, assets.get(key), logins, today) for key, line in found.get(KIND, {}).items())
            return tuple(one for one in every if retired or not one.retired)

        return self._read(look, session)


def _access(line: Entry, asset: Entry | None, logins: Mapping[str, str], today: str) -> Access:
    assert asset is not None, "rights are recorded of an asset that there is"
    rights: dict[str, list[str]] = {}
    for one in line.facts["rights"]:
        rights.setdefault(one["group"], []).append(one["right"])
    reviewed = line.facts["reviewed"]
    return Access(
        asset=line.key,
        name=asset.texts.get("name", ""),
        owner=logins.get(asset.facts["owner"], asset.facts["owner"]),
        granted=tuple(Granted(group, tuple(held)) for group, held in rights.items()),  # type: ignore[arg-type]  # checked
        reviewed=reviewed,
        reviewer=people.login_of(line.facts["reviewer"], logins),
        to_review=has_to_be_reviewed(reviewed, today),
        retired=bool(asset.facts["retired"]),
        n=line.n,
        recorded=line.at,
    )
