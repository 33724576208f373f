"""Requests for gates that are taken back, and what happened before it was recorded, in one project's chain."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowgov.audit.chain import Chain, Document, Texts
    from flowgov.audit.replay import Consent, Replay

LONGEST_BACKDATING = 31
"""Days before its record that something can have happened."""


def withdrew(replay: Replay, chain: Chain, document: Document, _: Texts) -> None:
    """Somebody takes back approvals of his own that still stand."""
    standing = [c.seq for c in _standing(replay, document) if c.person == document["actor"]]
    _void(replay, chain, document, standing)


def recalled(replay: Replay, chain: Chain, document: Document, _: Texts) -> None:
    """Who asked for a gate, or may make the move, takes the request back: no approval of it stands any more."""
    seq, name, actor = document["seq"], document["t"], document["actor"]
    step = replay.step_of(chain, document)
    if "auth" in document:
        replay.authorised(chain, document)
        role = document["auth"]["role"]
        if step is not None and role not in step.fire:
            chain.find("ROLE_VIOLATION", seq, about="not_entitled", role=role, name=name)
    elif actor != replay.creator:
        chain.find("ROLE_VIOLATION", seq, about="no_role_here", person=actor)
    standing = [c.seq for c in _standing(replay, document)]
    if not chain.lost and sorted(document["withdrawn"]) != standing:
        chain.find("RULE_VIOLATION", seq, about="recall", name=name)
    _void(replay, chain, document, standing)


def occurred(chain: Chain, document: Document) -> None:
    """What is said to have happened before it was recorded did not happen later, nor too long ago."""
    at, within = document["occurred"]["at"], document["occurred"]["within"]
    ts = document["ts"]
    days = (datetime.fromisoformat(ts).date() - date.fromisoformat(at[:10])).days
    late = "clock" in document  # a clock that was held says less than it was
    if at > ts[: len(at)] or not 0 <= within <= LONGEST_BACKDATING or (days > within and not late):
        chain.find("RULE_VIOLATION", document["seq"], about="occurred", at=at)


def _standing(replay: Replay, document: Document) -> list[Consent]:
    """Approvals that could still count for the gate a record speaks of."""
    last_passed = replay.passages.get(document["t"], (None, 0))[1]
    return [
        consent
        for consent in replay.consents.values()
        if (consent.transition, consent.cycle) == (document["t"], document["cycle"])
        and consent.withdrawn is None
        and consent.seq > last_passed
    ]


def _void(replay: Replay, chain: Chain, document: Document, standing: list[int]) -> None:
    left = list(standing)
    for number in document["withdrawn"]:
        if number in left:
            left.remove(number)
        elif not chain.lost:
            chain.find("RULE_VIOLATION", document["seq"], about="withdrawal", record=number)
        if number in replay.consents:
            replay.consents[number].withdrawn = document["ts"]
