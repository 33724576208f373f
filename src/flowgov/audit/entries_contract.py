"""What records about contracts and rights of access may contain, and what verification asks of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from flowgov.audit.definition import ADMINISTRATOR
from flowgov.audit.held import EntryCheck, EntryShape, Held, Rule
from flowgov.audit.kinds import day, each, group, one_of, optional, within

LONGEST_NOTICE = 3_660
"""Days."""

_GROUP = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}").fullmatch


def _group(value: object) -> bool:
    return type(value) is str and _GROUP(value) is not None


_CONTRACT = group(
    {
        "assets": each(str),
        "owner": str,
        "start": day,
        "end": optional(day),
        "notice": optional(day),
        "notice_days": optional(within(1, LONGEST_NOTICE)),
        "renewal": one_of("tacit", "express"),
        "reversibility": bool,
        "personal_data": bool,
        "ended": bool,
    }
)
_ACCESS = group(
    {
        "rights": each(group({"group": _group, "right": one_of("read", "write", "admin")})),
        "reviewed": optional(day),
        "reviewer": optional(str),
    }
)
_PERIOD = frozenset({"end", "notice", "notice_days"})


def _contract(check: EntryCheck) -> None:
    """Each act by whom it is permitted, on a contract that was not ended, and changing what it may change."""
    if not _ACTS[check.act](check):
        check.find("contract")
    if check.act != "end" and not _days_follow(check.facts):
        check.find("contract_days")
    _its_owner(check)
    _its_assets(check)


def _recorded(check: EntryCheck) -> bool:
    named = check.says("supplier") and check.says("subject")
    return check.former is None and named and not check.facts["ended"] and check.role is not None


def _changed(check: EntryCheck) -> bool:
    named = not {"supplier", "subject"} & {*check.document.get("cleared", ())}
    return _goes_on(check) and named and not check.facts["ended"]


def _renewed(check: EntryCheck) -> bool:
    """Until a later day; a notice that was said as a day is said anew."""
    former, facts = check.former, check.facts
    if former is None or not _goes_on(check) or not _same_but(former, facts, _PERIOD):
        return False
    later = facts["end"] is not None and former.facts["end"] is not None and facts["end"] > former.facts["end"]
    return later and (facts["notice"] is None or facts["notice"] != former.facts["notice"])


def _ended(check: EntryCheck) -> bool:
    """By its owner or an administrator, who say why."""
    former, facts = check.former, check.facts
    if former is None or not _goes_on(check) or not _same_but(former, facts, frozenset({"end", "ended"})):
        return False
    over = facts["ended"] and facts["end"] is not None
    return over and check.says("reason") and (_owns(check, former) or check.role == ADMINISTRATOR)


_ACTS: Mapping[str, Any] = {"record": _recorded, "change": _changed, "renew": _renewed, "end": _ended}


def _goes_on(check: EntryCheck) -> bool:
    """Whether there is a contract that was not ended, and its owner, or somebody with a role, does this to it."""
    former = check.former
    return former is not None and not former.facts["ended"] and (_owns(check, former) or check.role is not None)


def _days_follow(facts: Mapping[str, Any]) -> bool:
    """The start, the notice, the end; a notice is said in one way, and of a contract that ends."""
    start, end, notice, days = (facts[name] for name in ("start", "end", "notice", "notice_days"))
    if end is None:
        return notice is None and days is None
    if days is not None:
        # counted, not subtracted: what is forged may lie before the calendar
        lasts = date.fromisoformat(end).toordinal() - date.fromisoformat(start).toordinal()
        return notice is None and days <= lasts
    return bool(start <= (notice or end) <= end)


def _its_owner(check: EntryCheck) -> None:
    """A person who is here and no program; another one is named by the former owner or an administrator."""
    former, owner, register = check.former, check.facts["owner"], check.register
    if former is not None and former.facts["owner"] == owner:
        return
    place = check.chain.place
    here = owner in register.people and not register.left(owner, place) and not register.is_service(owner)
    given = former is None or _owns(check, former) or check.role == ADMINISTRATOR
    if not here or not given or check.chain.redactions.erased(owner, place):
        check.find("contract_owner")


def _its_assets(check: EntryCheck) -> None:
    """Each once, in order; those that are new are in use."""
    assets, former = check.facts["assets"], check.former
    known = {*former.facts["assets"]} if former is not None else set()
    strange = [key for key in assets if key not in known and _asset(check, key) is None]
    if strange or assets != sorted({*assets}):
        check.find("contract_assets")


def _access(check: EntryCheck) -> None:
    """Rights are changed by whom it is permitted, one act at a time, and by that no longer reviewed."""
    asset = _asset(check, check.document["key"])
    if asset is None:
        check.find("access_asset")
        return
    if check.act == "review":
        if not _reviewed(check, asset):
            check.find("access_review")
        return
    entitled = check.document["actor"] in (asset.facts["owner"], asset.facts["holder"]) or check.role is not None
    fresh = check.facts["reviewed"] is None and check.facts["reviewer"] is None
    if not (entitled and fresh and _one_change(check) and _spelt_alike(check)):
        check.find("access")


def _reviewed(check: EntryCheck, asset: Held) -> bool:
    """By the asset's owner, a person, that very day; the rights stay as they were."""
    former, facts, document = check.former, check.facts, check.document
    if former is None or facts["rights"] != former.facts["rights"]:
        return False
    reviewer, today = document["actor"], document["ts"][:10]
    # where the clock was held, the stamp is later than the day on which this was said
    on_the_day = facts["reviewed"] == today or ("clock" in document and (facts["reviewed"] or "9") < today)
    mine = reviewer == facts["reviewer"] == asset.facts["owner"]
    return on_the_day and mine and not check.register.is_service(reviewer)


def _one_change(check: EntryCheck) -> bool:
    """One right more, or rights of one group less."""
    now, before = _pairs(check.facts), _pairs(check.former.facts) if check.former else []
    if len({*now}) != len(now):
        return False
    more, less = {*now} - {*before}, {*before} - {*now}
    if check.act == "set":
        return len(more) == 1 and not less
    return not more and len({name for name, _ in less}) == 1


def _spelt_alike(check: EntryCheck) -> bool:
    """Whether every group has one spelling, here and wherever else it stands."""
    elsewhere = check.register.entries_at("access", check.chain.place).values()
    names = {name for held in elsewhere if held.key != check.document["key"] for name, _ in _pairs(held.facts)}
    names |= {name for name, _ in _pairs(check.facts)}
    return len({name.lower() for name in names}) == len(names)


def _pairs(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(one["group"], one["right"]) for one in facts["rights"]]


def _asset(check: EntryCheck, key: str) -> Held | None:
    """An asset of the organisation as it stands here, unless it is retired."""
    states = check.register.entries.get(("asset", key))
    return states[-1] if states and not states[-1].facts["retired"] else None


def _owns(check: EntryCheck, former: Held) -> bool:
    return bool(former.facts["owner"] == check.document["actor"])


def _same_but(former: Held, facts: Mapping[str, Any], names: frozenset[str]) -> bool:
    return {**former.facts, **{name: facts[name] for name in names}} == facts


SHAPES: Mapping[str, EntryShape] = {
    "contract": EntryShape(
        "org",
        _CONTRACT,
        ("record", "change", "renew", "end"),
        ("supplier", "subject", "link", "reason"),
        anybody=True,
    ),
    "access": EntryShape("org", _ACCESS, ("set", "remove", "review"), anybody=True),
}
RULES: Mapping[str, Rule] = {"contract": _contract, "access": _access}
