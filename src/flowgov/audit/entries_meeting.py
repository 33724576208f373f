"""What records about meetings and actions may contain, and what verification asks of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowgov.audit.days import days_after
from flowgov.audit.held import EntryCheck, EntryShape, Held, Rule
from flowgov.audit.kinds import day, each, group, optional, within

LONGEST_LIMIT = 366
"""How many days ago a meeting can have been when it is recorded, at most."""
MOST_DECISIONS = 20
ONE_DAY = 1
"""What a time zone can make of the day of a stamp."""

_SERIES = group(
    {
        "every": within(7, 30),
        "minutes": within(5, 240),
        "first": day,
        "time": str,
        "zone": str,
        "chair": str,
        "participants": each(str),
    }
)
_MEETING = group(
    {
        "held": day,
        "chair": str,
        "present": each(str),
        "excused": each(str),
        "decisions": within(0, MOST_DECISIONS),
        "actions": each(str),
        "risks": each(str),
        "limit": within(0, LONGEST_LIMIT),
    }
)
_ACTION = group({"owner": str, "since": day, "due": day, "done": optional(day), "meeting": optional(str)})


def _series(check: EntryCheck) -> None:
    """One series, of a rhythm there is, whose chair takes part; planned by somebody who acts here, on what is open."""
    facts = check.facts
    sensible = facts["every"] in (7, 14, 30) and facts["chair"] in facts["participants"]
    if check.document["key"] != "SERIES" or not sensible or not _acts(check) or _is_closed(check):
        check.find("series")


def _meeting(check: EntryCheck) -> None:
    """Recorded once, after it was held and not too long after; whoever chaired was there, and all it speaks of is.

    No other meeting was held that day, and the actions it agreed on say that it did.
    """
    facts, recorded = check.facts, check.document["ts"][:10]
    held = facts["held"]
    in_time = held <= days_after(recorded, ONE_DAY) and recorded <= days_after(held, facts["limit"] + ONE_DAY)
    apart = not {*facts["present"]} & {*facts["excused"]} and facts["chair"] in facts["present"]
    meetings, actions, key = _lines(check, "meeting"), _lines(check, "action"), check.document["key"]
    alone = all(other.key == key or other.facts["held"] != facts["held"] for other in meetings.values())
    # what was decided is among the texts, one for each decision
    said = {name for name in check.document.get("c", {}) if name.startswith("decision_")}
    agreed = all(name in actions and actions[name].facts["meeting"] == key for name in facts["actions"])
    whole = len(said) == facts["decisions"] and agreed
    reviewed = {*facts["risks"]} <= _lines(check, "risk").keys()
    if check.former is not None or not (in_time and apart and alone and whole and reviewed and _acts(check)):
        check.find("meeting")


def _action(check: EntryCheck) -> None:
    """Taken on once, and done once: by its owner, or by somebody who acts here."""
    facts, former = check.facts, check.former
    if check.act == "add":
        fresh = former is None and facts["done"] is None and facts["since"] <= facts["due"]
        promised = facts["meeting"] is not None or not _is_closed(check)
        if not fresh or not promised or not _acts(check):
            check.find("action")
    elif former is None or not _finished(check, former):
        check.find("action_done")


def _finished(check: EntryCheck, former: Held) -> bool:
    facts, document = check.facts, check.document
    same = {**former.facts, "done": facts["done"]} == facts and former.facts["done"] is None
    if not same or facts["done"] is None:
        return False
    latest = days_after(document["ts"][:10], ONE_DAY)
    mine = facts["owner"] == document["actor"] or _acts(check)
    return mine and facts["since"] <= facts["done"] <= latest


def _acts(check: EntryCheck) -> bool:
    """Whether the record names the role by which somebody may; that he held it is judged elsewhere."""
    return "auth" in check.document


def _is_closed(check: EntryCheck) -> bool:
    """Whether the project has come to its end; the organisation never does."""
    return check.replay is not None and check.replay.ended


def _lines(check: EntryCheck, kind: str) -> dict[str, Held]:
    """What stands in a register beside this record; the portfolio's registers are the organisation's."""
    if check.replay is None:
        every = check.register.entries.items()
        return {key: states[-1] for (of, key), states in every if of == f"portfolio_{kind}"}
    return {key: held for (of, key), held in check.replay.entries.items() if of == kind}


_DECISIONS = tuple(f"decision_{number:02d}" for number in range(1, MOST_DECISIONS + 1))
_KINDS: Mapping[str, tuple[Any, tuple[str, ...], tuple[str, ...], Rule]] = {
    "series": (_SERIES, ("plan",), ("place",), _series),
    "meeting": (_MEETING, ("hold",), ("notes", *_DECISIONS), _meeting),
    "action": (_ACTION, ("add", "done"), ("what", "note"), _action),
}
SHAPES: Mapping[str, EntryShape] = {
    f"{prefix}{kind}": EntryShape(chain, facts, acts, texts)
    for chain, prefix in (("prj", ""), ("org", "portfolio_"))
    for kind, (facts, acts, texts, _) in _KINDS.items()
}
RULES: Mapping[str, Rule] = {
    f"{prefix}{kind}": rule for prefix in ("", "portfolio_") for kind, (_, _, _, rule) in _KINDS.items()
}
