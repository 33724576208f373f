"""What records about assets may contain, and what verification asks of them.

Written again from the rules, not from the code that keeps them: what makes an asset count for less is for its owner or
an administrator, and the last test is the one that counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowgov.audit.entries_touch import NONE
from flowgov.audit.held import EntryCheck, EntryShape, Held, Rule
from flowgov.audit.kinds import day, each, group, one_of, optional, within

LONGEST_HOURS = 8_784
_ADMINISTRATOR = "administrator"
_ORDER = ("public", "internal", "confidential", "secret")
_NO_BACKUP: Mapping[str, Any] = {"frequency": "none", "place": None, "on": None}
_NO_TEST: Mapping[str, Any] = {"on": None, "result": "never"}
_hours = optional(within(0, LONGEST_HOURS))

_ASSET = group(
    {
        "type": one_of("primary", "support"),
        "classification": one_of(*_ORDER),
        "criticality": within(1, 4),
        "personal_data": bool,
        "owner": str,
        "holder": optional(str),
        "needs": each(str),
        "single": bool,
        "rto": _hours,
        "rpo": _hours,
        "rto_proved": _hours,
        "rpo_proved": _hours,
        "backup": group(
            {
                "frequency": one_of("hourly", "daily", "weekly", "monthly", "none"),
                "place": optional(one_of("onsite", "offsite", "offline", "provider")),
                "on": optional(day),
            }
        ),
        "test": group({"on": optional(day), "result": one_of("passed", "failed", "never")}),
        "retired": bool,
    }
)
_SAID = frozenset(
    {
        "type",
        "classification",
        "criticality",
        "personal_data",
        "owner",
        "holder",
        "needs",
        "single",
        "rto",
        "rpo",
        "backup",
    }
)
_MAY_CHANGE: Mapping[str, frozenset[str]] = {
    "change": _SAID,
    "backup": frozenset({"backup"}),
    "test": frozenset({"test", "rto_proved", "rpo_proved"}),
    "retire": frozenset({"retired"}),
}
_MAY_SAY: Mapping[str, frozenset[str]] = {
    "record": frozenset({"name", "supplier"}),
    "change": frozenset({"name", "supplier"}),
    "backup": frozenset(),
    "test": frozenset({"evidence"}),
    "retire": frozenset({"reason"}),
}
"""Texts that may be said, or cleared, with an act."""


def _asset(check: EntryCheck) -> None:
    facts, former = check.facts, check.former
    if check.act == "record":
        fresh = (facts["backup"]["on"], facts["test"], facts["retired"]) == (None, _NO_TEST, False)
        unproved = facts["rto_proved"] is facts["rpo_proved"] is None
        named = former is None and check.document["key"] != NONE
        right = named and fresh and unproved and check.role is not None and _sound(check, {})
    else:
        right = former is not None and _goes_on(check, former)
    if not right or not _says(check):
        check.find("asset", said=check.act)


def _says(check: EntryCheck) -> bool:
    """Whether only such texts lie beside it as the act has; a name is never taken away."""
    return check.said | check.cleared <= _MAY_SAY[check.act] and "name" not in check.cleared


def _goes_on(check: EntryCheck, former: Held) -> bool:
    before, now, act = former.facts, check.facts, check.act
    touched = {name for name in now if now[name] != before[name]}
    return (
        not before["retired"]
        and touched <= _MAY_CHANGE[act]
        and _entitled(check, before, act)
        and (_sound(check, before) if act == "change" else _ACTS[act](check, before))
    )


def _entitled(check: EntryCheck, before: Mapping[str, Any], act: str) -> bool:
    actor, role = check.document["actor"], check.role
    if act == "retire" or (act == "change" and _counts_for_less(before, check.facts)):
        return role == _ADMINISTRATOR or actor == before["owner"]
    return role is not None or actor in (before["owner"], before["holder"])


def _counts_for_less(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    return (
        now["criticality"] < before["criticality"]
        or _ORDER.index(now["classification"]) < _ORDER.index(before["classification"])
        or now["personal_data"] < before["personal_data"]
        or not set(before["needs"]) <= set(now["needs"])
        or now["owner"] != before["owner"]
    )


def _sound(check: EntryCheck, before: Mapping[str, Any]) -> bool:
    """Its owner and holder are there, what it needs exists and does not need it, and its backup makes sense."""
    facts, backup = check.facts, check.facts["backup"]
    owner, holder = facts["owner"], facts["holder"]
    owned = owner == before.get("owner") or (_here(check, owner) and not check.register.is_service(owner))
    held = holder == before.get("holder") or _here(check, holder)
    done = backup["frequency"] != "none" and backup["place"] is not None
    kept = done and backup["on"] == before.get("backup", _NO_BACKUP)["on"]
    return owned and held and (kept or backup == _NO_BACKUP) and _needs(check, before.get("needs", []))


def _here(check: EntryCheck, person: str | None) -> bool:
    """Whether it is somebody who is known and has not left; or nobody, where nobody is fine."""
    register = check.register
    return person is None or (person in register.people and not register.left(person, check.chain.place))


def _needs(check: EntryCheck, before: list[str]) -> bool:
    needs = check.facts["needs"]
    if needs == before:
        return True
    assets = {key: held.facts for key, held in check.register.entries_at("asset", check.chain.place).items()}
    known = all(key in assets and not assets[key]["retired"] for key in needs)
    waiting, seen = [*needs], set[str]()
    while waiting:
        key = waiting.pop()
        if key not in seen and key in assets:
            seen.add(key)
            waiting += assets[key]["needs"]
    return known and check.document["key"] not in {*seen, *needs} and needs == sorted(set(needs))


def _backed_up(check: EntryCheck, before: Mapping[str, Any]) -> bool:
    was, now = before["backup"], check.facts["backup"]
    same = {**was, "on": None} == {**now, "on": None} and was["frequency"] != "none"
    return same and _follows(check, was["on"], now["on"])


def _tested(check: EntryCheck, before: Mapping[str, Any]) -> bool:
    facts, test = check.facts, check.facts["test"]
    proved = test["result"] == "passed" or facts["rto_proved"] is facts["rpo_proved"] is None
    return test["result"] != "never" and proved and _follows(check, before["test"]["on"], test["on"])


def _follows(check: EntryCheck, last: str | None, now: str | None) -> bool:
    """The day is not to come, and not before the last one known."""
    return now is not None and (last or now) <= now <= check.document["ts"][:10]


def _retired(check: EntryCheck, _: Mapping[str, Any]) -> bool:
    """Nothing needs it any more."""
    key, assets = check.document["key"], check.register.entries_at("asset", check.chain.place)
    needed = any(key in held.facts["needs"] and not held.facts["retired"] for held in assets.values())
    return check.facts["retired"] is True and not needed and "reason" in check.said


_ACTS: Mapping[str, Any] = {"backup": _backed_up, "test": _tested, "retire": _retired}


SHAPES: Mapping[str, EntryShape] = {
    "asset": EntryShape(
        "org",
        _ASSET,
        ("record", "change", "backup", "test", "retire"),
        ("name", "supplier", "evidence", "reason"),
        anybody=True,
    ),
}
RULES: Mapping[str, Rule] = {"asset": _asset}
