"""What the fictional company writes in the registers of the organisation: assets, plans, contracts, accesses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flowgov.audit.record import Source
from flowgov.demo_line import ORGANISATION, Act, Line
from flowgov.dossier.assets import AssetDescription
from flowgov.dossier.contracts import ContractTerms
from flowgov.engine import Engine

_DESCRIBED = (
    *("name", "type", "classification", "criticality", "personal_data", "owner", "holder"),
    *("single", "rto", "rpo", "frequency", "place"),
)
_WRITTEN = ("link", "decides", "actions", "contacts", "fallback")
_AGREED = (
    *("supplier", "subject", "assets", "owner", "start", "end", "notice", "notice_days", "renewal"),
    *("reversibility", "personal_data"),
)


class HouseRegisters:
    """The lines of the data set that belong to no project, and which assets each project touches."""

    def __init__(self, engine: Engine, data: Mapping[str, Any], source: Source) -> None:
        self.engine, self.data, self.source = engine, data, source

    def lines(self) -> Iterator[Line]:
        """Everything that is written, with its day; sorted by day, it can be played."""
        for asset in self.data["assets"]:
            yield from self._asset(asset)
        for plan in self.data["plans"]:
            yield from self._plan(plan)
        for contract in self.data["contracts"]:
            yield Line(contract["day"], ORGANISATION, self._contract(contract))
        for access in self.data["accesses"]:
            yield from self._access(access)

    def _asset(self, asset: Mapping[str, Any]) -> Iterator[Line]:
        key, holder = asset["id"], asset["holder"]
        yield Line(asset["recorded"], ORGANISATION, self._describe(asset))
        for day in asset["backups"]:
            yield Line(day, ORGANISATION, self._back_up(key, day, holder))
        for test in asset.get("tests", ()):
            yield Line(test.get("recorded", test["on"]), ORGANISATION, self._test(key, test, holder))
        for project, (day, person) in asset["touched"].items():
            yield Line(day, project, self._touch(project, key, person))

    def _describe(self, asset: Mapping[str, Any]) -> Act:
        said = AssetDescription(**{name: asset[name] for name in _DESCRIBED if name in asset})
        return lambda: self.engine.assets.record(said, key=asset["id"], by=asset["by"], source=self.source)

    def _back_up(self, key: str, day: Any, by: str) -> Act:
        return lambda: self.engine.assets.back_up(key, on=day, by=by, source=self.source)

    def _test(self, key: str, test: Mapping[str, Any], by: str) -> Act:
        return lambda: self.engine.assets.test(
            key,
            on=test["on"],
            result="passed",
            rto=test.get("rto"),
            rpo=test.get("rpo"),
            by=by,
            source=self.source,
        )

    def _touch(self, project: str, key: str, by: str) -> Act:
        return lambda: self.engine.assets.touch(project, [key], by=by, source=self.source)

    def _plan(self, plan: Mapping[str, Any]) -> Iterator[Line]:
        plans, key = self.engine.plans, plan["id"]
        (written, author), (approved, approver) = plan["written"], plan["approved"]
        said = {name: plan[name] for name in _WRITTEN if name in plan}
        yield Line(
            written,
            ORGANISATION,
            lambda: plans.record(
                plan["kind"], plan["title"], key=key, assets=plan["assets"], by=author, source=self.source, **said
            ),
        )
        yield Line(approved, ORGANISATION, lambda: plans.approve(key, by=approver, source=self.source))
        for one in plan["exercises"]:
            yield Line(one.get("recorded", one["on"]), ORGANISATION, self._exercise(key, one, author))

    def _exercise(self, key: str, one: Mapping[str, Any], by: str) -> Act:
        return lambda: self.engine.plans.exercise(
            key, on=one["on"], result=one["result"], next=one["next"], by=by, source=self.source
        )

    def _contract(self, contract: Mapping[str, Any]) -> Act:
        terms = ContractTerms(**{name: contract[name] for name in _AGREED if name in contract})
        return lambda: self.engine.contracts.record(terms, key=contract["id"], by=contract["by"], source=self.source)

    def _access(self, access: Mapping[str, Any]) -> Iterator[Line]:
        key = access["asset"]
        for group, right in access["rights"].items():
            yield Line(access["day"], ORGANISATION, self._grant(key, group, right, access["by"]))
        owner = next(asset["owner"] for asset in self.data["assets"] if asset["id"] == key)
        review = lambda: self.engine.access.review(key, by=owner, source=self.source)  # noqa: E731
        yield Line(access["reviewed"], ORGANISATION, review)

    def _grant(self, key: str, group: str, right: str, by: str) -> Act:
        return lambda: self.engine.access.set(key, group, right, by=by, source=self.source)
