"""Maison Tallec gets ready for the day the CRM fails: assets, and a plan that is whole."""

from __future__ import annotations

from typing import Any

from tests.walks.company import staffed_crm

from flowgov import Engine
from flowgov.acts.entering import go_in
from flowgov.acts.unit import Unit, write
from flowgov.audit.record import Source
from flowgov.dossier.assets import AssetDescription
from flowgov.project import Receipt
from flowgov.store import people

WHOLE = {
    "decides": "Karim Benali, else Hélène Tallec",
    "actions": "Call the host\nTell the sales people",
    "contacts": "Host: 02 98 00 00 00",
    "fallback": "Orders on paper, typed in afterwards",
}


def prepared(engine: Engine) -> None:
    """Everybody has one role on CRM; ebihan and mlebris have none: he owns A-01 and A-02, she holds A-01."""
    staffed_crm(engine)
    engine.add_person("mlebris", name="Maëlle Le Bris", by="htallec")
    engine.assets.record(AssetDescription(name="CRM", owner="ebihan", holder="mlebris"), by="htallec")
    engine.assets.record(AssetDescription(name="Customers", owner="ebihan"), by="htallec")


def planned(engine: Engine, by: str = "ykerbrat", **more: Any) -> str:
    """The key of an emergency plan for both assets, whole, that *by* has written."""
    given: dict[str, Any] = {"kind": "emergency", "title": "The CRM is down", "assets": ["A-01", "A-02"], **WHOLE}
    return engine.plans.record(by=by, **{**given, **more}).subject


def forged(engine: Engine, act: str, by: str, texts: dict[str, str] | None = None, **changes: Any) -> Receipt:
    """A record about PL-01 that no rule was asked about, by somebody without any role."""

    def enter(unit: Unit) -> Receipt:
        office = go_in(unit, by)
        plan = office.entries("plan")["PL-01"]
        office.enter("plan", "PL-01", act, {**plan.facts, **changes}, texts)
        assert office.receipt is not None
        return office.receipt

    return write(engine._house, enter, Source(), None)


def person_id(engine: Engine, login: str) -> str:
    """How records name a person."""
    with engine._house.database.connect() as connection:
        return next(i for i, name in people.logins(connection).items() if name == login)


def found(engine: Engine) -> list[str | None]:
    """What verification finds, by what it is about."""
    return [finding.params.get("about") for finding in engine.verify().findings]
