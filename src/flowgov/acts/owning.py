"""What is done to assets: recorded, changed, backed up, restored in a test, retired.

Whoever acts somewhere may record one and say more of it. What makes it count for less (criticality, classification,
personal data, a dependency, another owner, retirement) is for its owner or an administrator: else a gate could be got
round by lowering an asset just before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from flowgov.acts.entering import Office, next_key
from flowgov.clock import start_of
from flowgov.dossier.assets import (
    CLASSIFICATIONS,
    FREQUENCIES,
    LEAST_CRITICAL,
    MOST_CRITICAL,
    NEVER,
    NONE,
    PLACES,
    TYPES,
    AssetDescription,
    depends_on,
)
from flowgov.dossier.entry import Entry
from flowgov.errors import BadInput
from flowgov.guards import Blocker
from flowgov.people import ADMINISTRATOR
from flowgov.request import Grant
from flowgov.text import LONGEST_LABEL, LONGEST_TEXT, clean_entry_key, clean_text

Day = date | datetime | str
KIND = "asset"
LONGEST_OBJECTIVE = 8_784
"""Hours of a year."""
_NO_BACKUP = {"frequency": "none", "place": None, "on": None}
_NO_TEST = {"on": None, "result": NEVER}
_NO_ROLE = Blocker("asset_no_role", {}, (ADMINISTRATOR,))


def record(office: Office, key: str | None, said: AssetDescription) -> None:
    """A new asset, confidential and critical as long as nobody says otherwise.

    Raises:
        BadInput: name or owner is missing, or a value is not one there is; the key is taken or malformed.
        NotFound: there is no such person, or no asset that it needs.
        Refusal: the actor neither acts in any workflow nor administers.
    """
    taken = office.entries(KIND)
    key = clean_entry_key(key) if key else next_key(taken, "A-")
    if key in taken or key == NONE:
        raise BadInput("asset_taken", key=key)
    if said.name is None or said.owner is None:
        raise BadInput("asset_incomplete")
    grant = office.standing()
    if grant is None:
        office.stop(KIND, key, "record", _NO_ROLE)
    empty: dict[str, Any] = {
        "type": "primary",
        "classification": "confidential",
        "criticality": MOST_CRITICAL,
        "personal_data": False,
        "holder": None,
        "needs": [],
        "single": False,
        "rto": None,
        "rpo": None,
        "rto_proved": None,
        "rpo_proved": None,
        "backup": _NO_BACKUP,
        "test": _NO_TEST,
        "retired": False,
    }
    office.enter(KIND, key, "record", {**empty, **_values(office, key, empty, said)}, _words(said), grant=grant)


def change(office: Office, key: str, said: AssetDescription) -> None:
    """Say more of an asset, or something else.

    Raises:
        BadInput: nothing is said, or a value is not one there is.
        NotFound: there is no such asset or person.
        Refusal: the actor is not entitled, or the asset is retired.
    """
    asset = office.line(KIND, key)
    if said == AssetDescription():
        raise BadInput("nothing_to_change")
    now = {**asset.facts, **_values(office, key, asset.facts, said)}
    lower = lowered(asset.facts, now)
    grant = _entitled(office, asset, "change", lower)
    office.enter(KIND, key, "change", now, _words(said), grant=grant)


def back_up(office: Office, key: str, on: Day | None) -> None:
    """A backup succeeded.

    Raises:
        BadInput: the day is to come, or before the last one known; the asset is not backed up.
        NotFound: there is no such asset.
        Refusal: the actor is not entitled, or the asset is retired.
    """
    asset = office.line(KIND, key)
    if asset.facts["backup"]["frequency"] == "none":
        raise BadInput("asset_not_backed_up", key=key)
    day = _past(office, on, asset.facts["backup"]["on"])
    grant = _entitled(office, asset, "backup")
    office.enter(KIND, key, "backup", {**asset.facts, "backup": {**asset.facts["backup"], "on": day}}, grant=grant)


def test(
    office: Office, key: str, on: Day | None, result: str, rto: int | None, rpo: int | None, evidence: str | None
) -> None:
    """Restoring was tried. Only a test that passed proves how long it takes and how much is lost.

    Raises:
        BadInput: the day is to come, or before the last one known; a failed test that proves something.
        NotFound: there is no such asset.
        Refusal: the actor is not entitled, or the asset is retired.
    """
    asset = office.line(KIND, key)
    _choice("result", result, ("passed", "failed"))
    if result == "failed" and (rto is not None or rpo is not None):
        raise BadInput("failed_test_proves")
    tried = {
        "test": {"on": _past(office, on, asset.facts["test"]["on"]), "result": result},
        "rto_proved": _hours("rto", rto),
        "rpo_proved": _hours("rpo", rpo),
    }
    grant = _entitled(office, asset, "test")
    texts = {"evidence": clean_text(evidence, field="evidence", limit=LONGEST_TEXT) if evidence else ""}
    office.enter(KIND, key, "test", {**asset.facts, **tried}, texts, grant=grant)


def retire(office: Office, key: str, reason: str) -> None:
    """The asset is no more.

    Raises:
        BadInput: there is no reason.
        NotFound: there is no such asset.
        Refusal: the actor neither owns it nor administers, it is retired already, or another asset needs it.
    """
    asset = office.line(KIND, key)
    text = clean_text(reason, field="reason", limit=LONGEST_TEXT, multiline=True)
    users = [
        k for k, other in office.entries(KIND).items() if key in other.facts["needs"] and not other.facts["retired"]
    ]
    needed = [Blocker("asset_needed", {"asset": key, "assets": [*users]})] if users else []
    grant = _entitled(office, asset, "retire", ("retired",), *needed)
    office.enter(KIND, key, "retire", {**asset.facts, "retired": True}, {"reason": text}, grant=grant)


def lowered(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """What would make the asset count for less."""
    grades = {name: grade for grade, name in enumerate(CLASSIFICATIONS)}
    found = {
        "criticality": now["criticality"] < before["criticality"],
        "classification": grades[now["classification"]] < grades[before["classification"]],
        "personal_data": before["personal_data"] and not now["personal_data"],
        "needs": not {*before["needs"]} <= {*now["needs"]},
        "owner": now["owner"] != before["owner"],
    }
    return tuple(name for name, less in found.items() if less)


def _entitled(office: Office, asset: Entry, act: str, lower: Sequence[str] = (), *blockers: Blocker) -> Grant | None:
    """By which role the actor may do this; None where it is his as owner or holder."""
    found = list(blockers)
    owner, holder = asset.facts["owner"], asset.facts["holder"]
    grant = office.administrator if lower else office.standing()
    if asset.facts["retired"]:
        found.append(Blocker("asset_retired", {"asset": asset.key}))
    if lower and grant is None and office.actor != owner:
        params = {"asset": asset.key, "fields": [*lower], "person": owner}
        found.append(Blocker("asset_lowered", params, (ADMINISTRATOR,)))
    elif not lower and grant is None and office.actor not in (owner, holder):
        found.append(_NO_ROLE)
    office.stop(KIND, asset.key, act, *found)
    return grant


def _values(office: Office, key: str, former: Mapping[str, Any], said: AssetDescription) -> dict[str, Any]:
    """What is said, checked."""
    found: dict[str, Any] = {}
    for name, known in (("type", TYPES), ("classification", CLASSIFICATIONS)):
        value = getattr(said, name)
        if value is not None:
            found[name] = _choice(name, value, known)
    if said.criticality is not None:
        if not LEAST_CRITICAL <= said.criticality <= MOST_CRITICAL:
            raise BadInput("criticality", value=said.criticality)
        found["criticality"] = said.criticality
    found |= {n: v for n in ("personal_data", "single") if (v := getattr(said, n)) is not None}
    found |= {n: _hours(n, v) for n in ("rto", "rpo") if (v := getattr(said, n)) is not None}
    if said.owner is not None:
        found["owner"] = office.human(said.owner)
    if said.holder is not None:
        found["holder"] = office.person(said.holder) if said.holder else None
    if said.needs is not None:
        found["needs"] = _needs(office, key, said.needs)
    if said.frequency is not None or said.place is not None:
        found["backup"] = _backup(former["backup"], said)
    return found


def _needs(office: Office, key: str, needs: Sequence[str]) -> list[str]:
    wanted = office.assets(needs)
    if depends_on(key, wanted, office.entries(KIND)):
        raise BadInput("asset_loop", key=key)
    return wanted


def _backup(former: Mapping[str, Any], said: AssetDescription) -> dict[str, Any]:
    frequency = _choice("frequency", said.frequency or former["frequency"], FREQUENCIES)
    place = said.place or former["place"]
    if frequency == "none":
        if said.place:
            raise BadInput("backup_place")
        return {**_NO_BACKUP}
    if place is None:
        raise BadInput("backup_place_missing")
    return {"frequency": frequency, "place": _choice("place", place, PLACES), "on": former["on"]}


def _words(said: AssetDescription) -> dict[str, str]:
    texts: dict[str, str] = {}
    if said.name is not None:
        texts["name"] = clean_text(said.name, field="name", limit=LONGEST_LABEL)
    if said.supplier is not None:
        supplier = said.supplier.strip()
        texts["supplier"] = clean_text(supplier, field="supplier", limit=LONGEST_LABEL) if supplier else ""
    return texts


def _past(office: Office, on: Day | None, last: str | None) -> str:
    """The day, today by default; not to come, and not before the last one known, which would hide a newer failure."""
    day = office.now[:10] if on is None else start_of(on)[:10]
    if day > office.now[:10]:
        raise BadInput("day_to_come", value=day)
    if last is not None and day < last:
        raise BadInput("day_before_last", value=day, last=last)
    return day


def _hours(field: str, value: int | None) -> int | None:
    if value is not None and not 0 <= value <= LONGEST_OBJECTIVE:
        raise BadInput("hours", field=field, value=value, most=LONGEST_OBJECTIVE)
    return value


def _choice(field: str, value: str, known: Sequence[str]) -> str:
    if value not in known:
        raise BadInput("no_choice", field=field, value=value, known=[*known])
    return value
