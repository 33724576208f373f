"""What a record of version 1 may contain: for every event its keys, their types, and the texts beside it.

Frozen: bytes already written must be readable by these tables for ever. Another shape is another version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flowgov.audit.entry_shapes import ENTRIES
from flowgov.audit.held import EntryShape
from flowgov.audit.kinds import (
    Kind,
    commitments,
    day_or_stamp,
    each,
    group,
    hash_,
    one_of,
    only_true,
    optional,
    previous_hash,
    stamp,
    uuid,
    within_profile,
)

VERSION = "flowgov.audit/1"
LARGEST_BODY = 65_535

_definition = group({"id": str, "ver": str, "sha256": hash_})
_auth = group({"role": str, "grant": hash_})
_acting = group({"role": str, "grant": hash_}, {"for": str})
_counted = group({"p": str, "role": str, "seq": int}, {"for": str, "reserved": bool})
_piece = group({"kind": str, "seq": int, "sha256": optional(hash_)})
_relied = group({"scope": one_of("org", "prj"), "kind": str, "key": str, "n": int})
_guard = group(
    {"n": str, "ok": bool},
    {
        "counted": each(_counted),
        "pieces": each(_piece),
        "relied": each(_relied),
        "warned": each(str),
        "promised": each(str),
        "values": within_profile,
    },
)
_basis = group({"project": hash_}, {"charter": hash_, "evidence": hash_, "risks": hash_})
_departure = group({"rule": str, "p": str, "exception": optional(str)})
_blocker = group({"code": str, "params": within_profile})

COMMON: Mapping[str, Kind] = {
    "v": str,
    "log": str,
    "stream": str,
    "seq": int,
    "prev": previous_hash,
    "ts": stamp,
    "event": str,
    "outcome": str,
    "actor": str,
    "id": uuid,
    "src": group({"face": str}, {"trusted": bool}),
    "code": str,
}
"""Keys of every record."""
COMMON_OPTIONAL: Mapping[str, Kind] = {"c": commitments, "clock": one_of("held")}

_GRANT: Mapping[str, Kind] = {
    "grant": uuid,
    "person": str,
    "role": str,
    "project": optional(str),
    "start": stamp,
    "until": optional(stamp),
}
_REVOCATION: Mapping[str, Kind] = {
    "grants": each(uuid),
    "person": str,
    "role": str,
    "project": optional(str),
}
_EXCEPTION: Mapping[str, Kind] = {
    "key": str,
    "rules": each(str),
    "person": str,
    "project": optional(str),
    "start": stamp,
    "until": stamp,
    "reviewer": optional(str),
}
_COMPENSATION: Mapping[str, Kind] = {"roles": each(str), "control": str, "every_days": int}
_REVIEW: Mapping[str, Kind] = {"key": str, "result": one_of("ok", "problem")}
_PIECE: Mapping[str, Kind] = {
    "kind": str,
    "sha256": optional(hash_),
    "size": optional(int),
    "stored": bool,
}
_PLACE: Mapping[str, Kind] = {"cycle": int, "version": int, "wf": _definition}
_GATE: Mapping[str, Kind] = {"t": str, **_PLACE}
_REFUSED: Mapping[str, Kind] = {"blockers": each(_blocker)}
_OFFERED: Mapping[str, Kind] = {"offered": each(str)}
_IDEM: Mapping[str, Kind] = {"idem": group({"key": str, "args": hash_})}
_OCCURRED: Mapping[str, Kind] = {"occurred": group({"at": day_or_stamp, "within": int})}
_ROTATION: Mapping[str, Kind] = {"old": str, "new": str}
_REPLACEMENT: Mapping[str, Kind] = {**_ROTATION, "cause": one_of("lost", "stolen"), "size": int}
_REDACTION: Mapping[str, Kind] = {
    "target": group({"stream": str, "seq": int, "hash": hash_}),
    "field": str,
}
_ARCHIVE: Mapping[str, Kind] = {
    "file": hash_,
    "count": int,
    "root": hash_,
    "projects": int,
    "since": stamp,
    "until": stamp,
}
_ARCHIVED: Mapping[str, Kind] = {"project": str, "last": int, "head": hash_, "row": hash_, "archive": int}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a record of one event looks like."""

    chain: str
    """``org`` or ``prj``."""
    kinds: Mapping[str, Kind]
    """Every key it may have, with its type."""
    required: frozenset[str]
    texts: frozenset[str]
    """Texts that may lie beside it."""
    texts_required: frozenset[str]
    outcome: str = "applied"


def _shape(
    chain: str,
    required: Mapping[str, Kind],
    optional_keys: Mapping[str, Kind] | None = None,
    texts: tuple[str, ...] = (),
    texts_required: tuple[str, ...] = (),
    outcome: str = "applied",
) -> Shape:
    return Shape(
        chain=chain,
        kinds={**COMMON, **COMMON_OPTIONAL, **required, **(optional_keys or {})},
        required=frozenset(COMMON) | frozenset(required),
        texts=frozenset(texts) | frozenset(texts_required) | {"os_user"},
        texts_required=frozenset(texts_required),
        outcome=outcome,
    )


def _entry(shape: EntryShape) -> Shape:
    """A record of a line in a register."""
    fields: dict[str, Kind] = {"key": str, "n": int, "act": one_of(*shape.acts), "facts": shape.facts}
    optional_keys: dict[str, Kind] = {"cleared": each(str)}
    if shape.chain == "prj":
        return _shape(
            "prj", {**fields, **_PLACE}, {"auth": _acting, **optional_keys}, shape.texts, shape.texts_required
        )
    if shape.anybody:
        return _shape("org", fields, {"auth": _acting, **optional_keys}, shape.texts, shape.texts_required)
    return _shape("org", {**fields, "auth": _acting}, optional_keys, shape.texts, shape.texts_required)


EVENTS: Mapping[str, Shape] = {
    "organisation.created": _shape("org", {"name": str, "administrator": str}),
    "person.added": _shape(
        "org", {"person": str}, {"auth": _auth, "service": only_true}, ("email",), ("login", "name")
    ),
    "person.ended": _shape("org", {"person": str, "grants": each(uuid), "auth": _auth}, texts=("reason",)),
    "role.granted": _shape("org", _GRANT, {"auth": _auth}),
    "role.revoked": _shape("org", {**_REVOCATION, "auth": _auth}, texts=("reason",)),
    "role.delegated": _shape("org", {**_GRANT, "until": stamp, "base": uuid, "auth": _auth}),
    "role.undelegated": _shape("org", {**_REVOCATION, "auth": _auth}, texts=("reason",)),
    "workflow.registered": _shape("org", {"wf": _definition, "auth": _auth}),
    "exception.granted": _shape(
        "org", {**_EXCEPTION, "auth": _auth}, _COMPENSATION, ("risk",), ("reason", "compensating")
    ),
    "exception.reviewed": _shape("org", _REVIEW, texts=("note",)),
    "exception.ended": _shape("org", {"key": str, "auth": _auth}, texts_required=("reason",)),
    "key.registered": _shape("org", {"key": str, "auth": _auth}),
    "key.rotated": _shape("org", {**_ROTATION, "auth": _auth}, texts_required=("reason",)),
    "key.replaced": _shape("org", {**_REPLACEMENT, "auth": _auth}, texts_required=("reason",)),
    "text.redacted": _shape("org", {**_REDACTION, "auth": _auth}, texts_required=("reason",)),
    "person.erased": _shape("org", {"person": str, "auth": _auth}, texts_required=("reason",)),
    "log.archived": _shape("org", {**_ARCHIVE, "auth": _auth}, texts_required=("reason",)),
    "project.archived": _shape("org", {**_ARCHIVED, "auth": _auth}, texts=("title", "objective")),
    "administration.refused": _shape(
        "org",
        {"action": str, **_REFUSED},
        {
            **_GRANT,
            **_REVOCATION,
            **_EXCEPTION,
            **_COMPENSATION,
            **_REVIEW,
            **_REPLACEMENT,
            **_REDACTION,
            **_ARCHIVE,
            "project": optional(str),
            "until": optional(stamp),
            "service": only_true,
            "wf": _definition,
        },
        outcome="refused",
    ),
    "project.opened": _shape(
        "prj",
        {"key": str, "to": str, "personal_data": bool, **_PLACE},
        _IDEM,
        ("objective",),
        ("title",),
    ),
    "project.moved": _shape(
        "prj",
        {"kind": str, "from": str, "to": str, "guards": each(_guard), **_GATE},
        {
            "auth": _acting,
            "fired_by_time": only_true,
            "departures": each(_departure),
            "basis": _basis,
            "verbal": bool,
            **_IDEM,
            **_OCCURRED,
        },
        ("reason",),
    ),
    "project.move_refused": _shape(
        "prj",
        {"from": str, "guards": each(_guard), **_GATE, **_REFUSED},
        {"verbal": bool, **_OFFERED, **_OCCURRED},
        texts=("reason",),
        outcome="refused",
    ),
    "approval.given": _shape(
        "prj",
        {"auth": _acting, **_GATE},
        {"basis": _basis, "departures": each(_departure), **_OCCURRED},
        texts=("comment", "reservation"),
    ),
    "approval.withdrawn": _shape("prj", {"withdrawn": each(int), **_GATE}, texts=("comment",)),
    "approval.refused": _shape("prj", {**_GATE, **_REFUSED}, _OFFERED, texts=("comment",), outcome="refused"),
    "approval.withdrawal_refused": _shape("prj", {**_GATE, **_REFUSED}, texts=("comment",), outcome="refused"),
    "gate.withdrawn": _shape("prj", {"withdrawn": each(int), **_GATE}, {"auth": _acting}, texts_required=("reason",)),
    "gate.withdrawal_refused": _shape("prj", {**_GATE, **_REFUSED}, texts=("reason",), outcome="refused"),
    "evidence.added": _shape("prj", {**_PIECE, **_PLACE}, _OCCURRED, texts_required=("label",)),
    "evidence.refused": _shape(
        "prj",
        {**_PIECE, **_PLACE, **_REFUSED},
        {**_OFFERED, **_OCCURRED},
        texts_required=("label",),
        outcome="refused",
    ),
    "entry.refused": _shape("prj", {"kind": str, "key": str, "act": str, **_PLACE, **_REFUSED}, outcome="refused"),
    **{f"{kind}.recorded": _entry(shape) for kind, shape in ENTRIES.items()},
}
"""Every event that a record of this version can be about."""
