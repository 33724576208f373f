"""Receipts: what a caller gets in hand for a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from flowgov.audit.record import Sealed
from flowgov.project import Receipt, told_in
from flowgov.store import people
from flowgov.store.gate import Facts


def on_behalf_of(connection: Connection, delegator: str | None) -> str | None:
    """Login of the person for whom somebody acted, if for another."""
    return None if delegator is None else people.logins(connection).get(delegator, delegator)


def on_project(sealed: Sealed, facts: Facts, role: str | None = None, delegator: str | None = None) -> Receipt:
    """The receipt for something added to a project, which stays where it stands."""
    return Receipt(
        sealed.event,
        sealed.stream,
        sealed.seq,
        sealed.hash,
        sealed.ts,
        facts.key,
        version=facts.version + 1,
        cycle=facts.cycle,
        role=role,
        on_behalf_of=delegator,
    )


def on_organisation(sealed: Sealed, subject: str) -> Receipt:
    """The receipt for a record of the organisation's chain."""
    return Receipt(sealed.event, sealed.stream, sealed.seq, sealed.hash, sealed.ts, subject)


def of_record(document: Mapping[str, Any], hash_: str, subject: str, delegator: str | None = None) -> Receipt:
    """The receipt that was given for a record, from its content."""
    departures = document.get("departures", ())
    return Receipt(
        event=document["event"],
        stream=document["stream"],
        seq=document["seq"],
        hash=hash_,
        at=document["ts"],
        subject=subject,
        version=document.get("version"),
        source=document.get("from"),
        target=document.get("to"),
        cycle=document.get("cycle"),
        role=document.get("auth", {}).get("role"),
        on_behalf_of=delegator,
        exceptions=tuple(d["exception"] for d in departures if d["exception"]),
        warnings=tuple(d["rule"] for d in departures if not d["exception"]),
        told=told_in(document.get("guards", ())),
    )
