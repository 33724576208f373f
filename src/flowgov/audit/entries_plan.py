"""What records about plans and their exercises may contain, and what verification asks of them.

Written again from the rules, not from the code that keeps them: who may write, approve, rehearse and retire a plan,
what each act may change, and that nobody approves what he wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowgov.audit.definition import ADMINISTRATOR
from flowgov.audit.held import EntryCheck, EntryShape, Held, Rule
from flowgov.audit.kinds import day, each, group, one_of, optional

ESSENTIAL = frozenset({"decides", "actions", "contacts", "fallback"})
CONTENT = ESSENTIAL | {"title", "link"}
"""Texts that make an edition."""
MOST_ASSETS = 12

_approved = group({"by": str, "on": day, "edition": int})
_held = group({"on": day, "result": one_of("passed", "partial", "failed")})
_PLAN = group(
    {
        "kind": one_of("emergency", "recovery", "continuity", "reversibility"),
        "assets": each(str),
        "edition": int,
        "author": str,
        "author_for": optional(str),
        "approved": optional(_approved),
        "exercise": optional(_held),
        "next_exercise": optional(day),
        "retired": bool,
    }
)
_MAY_CHANGE: Mapping[str, frozenset[str]] = {
    "change": frozenset({"assets", "edition", "author", "author_for", "approved", "next_exercise"}),
    "schedule": frozenset({"next_exercise"}),
    "approve": frozenset({"approved"}),
    "exercise": frozenset({"exercise", "next_exercise"}),
    "retire": frozenset({"retired"}),
}
_MAY_SAY: Mapping[str, frozenset[str]] = {
    "record": CONTENT,
    "change": CONTENT,
    "schedule": frozenset(),
    "approve": frozenset(),
    "exercise": frozenset({"findings"}),
    "retire": frozenset({"reason"}),
}
"""Texts that may be said, or cleared, with an act."""


def _plan(check: EntryCheck) -> None:
    former = check.former
    if (check.said | check.cleared) - _MAY_SAY[check.act]:
        check.find("plan", said=check.act)
    elif check.act == "record":
        if former is not None or not _begins(check):
            check.find("plan", said=check.act)
    elif former is None or former.facts["retired"] or not _keeps(check, former.facts):
        check.find("plan", said=check.act)
    elif check.act == "approve":
        _approves(check, former)
    elif not _ACTS[check.act](check, former):
        check.find("plan", said=check.act)


def _begins(check: EntryCheck) -> bool:
    """A first edition, with a title, that nobody has rehearsed."""
    facts = check.facts
    fresh = facts["edition"] == 1 and facts["exercise"] is None and not facts["retired"]
    return fresh and "title" in check.said and _written(check) and _covers(check, ())


def _keeps(check: EntryCheck, before: Mapping[str, Any]) -> bool:
    """Whether the act changed only what it may."""
    return all(before[name] == check.facts[name] for name in before.keys() - _MAY_CHANGE[check.act])


def _changed(check: EntryCheck, former: Held) -> bool:
    """The next edition: something of its content is new."""
    facts, before = check.facts, former.facts
    anew = bool(check.said | check.cleared) or facts["assets"] != before["assets"]
    whole = facts["edition"] == before["edition"] + 1 and "title" not in check.cleared
    covers = facts["assets"] == before["assets"] or _covers(check, before["assets"])
    return anew and whole and covers and _written(check) and _ahead(facts)


def _scheduled(check: EntryCheck, _: Held) -> bool:
    return "auth" in check.document and _ahead(check.facts)


def _approves(check: EntryCheck, former: Held) -> None:
    """The newest edition is whole; who approves it is entitled, and had no part in it."""
    facts, document = check.facts, check.document
    actor, approved = document["actor"], facts["approved"]
    auth = document.get("auth", {})
    if approved is None or not _now(check, approved) or not _whole(former):
        check.find("plan", said=check.act)
    if check.register.is_service(actor) or not (_speaks(check) if auth else _owns_all(check)):
        check.find("plan_approver", person=actor)
    wrote = {facts["author"], facts["author_for"] or facts["author"]}
    if wrote & {actor, auth.get("for", actor)}:
        check.find("plan_author", person=actor)


def _now(check: EntryCheck, approved: Mapping[str, Any]) -> bool:
    """What an approval says of itself: by whom, when and of which edition."""
    document = check.document
    mine = (approved["by"], approved["edition"]) == (document["actor"], check.facts["edition"])
    # the stamp is later than the act where the clock had gone back
    return mine and (approved["on"] == document["ts"][:10] or "clock" in document)


def _whole(former: Held) -> bool:
    """Whether there is what it takes: the four texts, or, but for emergencies, where the document is."""
    return former.said >= ESSENTIAL or (former.facts["kind"] != "emergency" and "link" in former.said)


def _rehearsed(check: EntryCheck, former: Held) -> bool:
    """By now, not before the last exercise; with findings unless it passed; a day that is still to come stays."""
    held, last, planned = check.facts["exercise"], former.facts["exercise"], former.facts["next_exercise"]
    if held is None or held["on"] > check.document["ts"][:10] or (last is not None and held["on"] < last["on"]):
        return False
    # that a planned day is taken away needs an act of its own, unless it has come
    dropped = check.facts["next_exercise"] is None and planned is not None and planned > held["on"]
    told = held["result"] == "passed" or "findings" in check.said
    return told and not dropped and _ahead(check.facts) and ("auth" in check.document or _concerned(check))


def _ended(check: EntryCheck, _: Held) -> bool:
    entitled = _administers(check) or _speaks(check) if "auth" in check.document else _owns_all(check)
    return entitled and check.facts["retired"] and "reason" in check.said


_ACTS: Mapping[str, Any] = {"change": _changed, "schedule": _scheduled, "exercise": _rehearsed, "retire": _ended}


def _written(check: EntryCheck) -> bool:
    """An edition is its actor's, by a role that he names, and nobody has approved it."""
    facts, auth = check.facts, check.document.get("auth")
    if auth is None or facts["approved"] is not None:
        return False
    return (facts["author"], facts["author_for"]) == (check.document["actor"], auth.get("for"))


def _covers(check: EntryCheck, before: Any) -> bool:
    """What it covers is named once each, is not too much, and was there; what it covered before may be retired."""
    assets, known = check.facts["assets"], _assets(check)
    there = all(key in known and not known[key].facts["retired"] for key in {*assets} - {*before})
    return assets == sorted({*assets}) and len(assets) <= MOST_ASSETS and there


def _ahead(facts: Mapping[str, Any]) -> bool:
    """The next exercise comes after the last."""
    rehearsed, last = facts["next_exercise"], facts["exercise"]
    return rehearsed is None or last is None or rehearsed > last["on"]


def _administers(check: EntryCheck) -> bool:
    return bool(check.document["auth"]["role"] == ADMINISTRATOR)


def _speaks(check: EntryCheck) -> bool:
    """Whether the role that a record names acts, and speaks for the business, in some definition."""
    role = check.document["auth"]["role"]
    definitions = check.register.definitions.values()
    return any(role in definition.sides["business"] & definition.acting for definition in definitions)


def _owns_all(check: EntryCheck) -> bool:
    keys, known, actor = check.facts["assets"], _assets(check), check.document["actor"]
    return bool(keys) and all(key in known and known[key].facts["owner"] == actor for key in keys)


def _concerned(check: EntryCheck) -> bool:
    known, actor = _assets(check), check.document["actor"]
    covered = (known[key].facts for key in check.facts["assets"] if key in known)
    return any(actor in (asset["owner"], asset["holder"]) for asset in covered)


def _assets(check: EntryCheck) -> dict[str, Held]:
    return check.register.entries_at("asset", check.chain.place)


SHAPES: Mapping[str, EntryShape] = {
    "plan": EntryShape("org", _PLAN, tuple(_MAY_SAY), tuple(sorted(CONTENT | {"findings", "reason"})), anybody=True)
}
RULES: Mapping[str, Rule] = {"plan": _plan}
