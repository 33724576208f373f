"""What a record of version 1 may contain: for every event its keys, their types, and the texts beside it.

Frozen: bytes already written must be readable by these tables for ever. Another shape is another version.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

VERSION = "flowgov.audit/1"
LARGEST_BODY = 65_535
DEEPEST = 8
LARGEST_INTEGER = 2**53 - 1

Kind = type | Callable[[object], bool]
"""A field's type: exactly this type, or what a function says of a parsed value."""

STAMP = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z").fullmatch
_HASH = re.compile(r"[0-9a-f]{64}").fullmatch
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}").fullmatch
_COMMITMENT = re.compile(r"[A-Za-z0-9+/]{43}=").fullmatch
_KEY = re.compile(r"[a-z0-9_]+").fullmatch


def fits(value: object, kind: Kind) -> bool:
    """Whether *value* is of that kind."""
    # bool is a kind of int to Python, not to the log
    return type(value) is kind or (type(kind) is not type and kind(value) is True)


def stamp(value: object) -> bool:
    if type(value) is not str or STAMP(value) is None:
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def hash_(value: object) -> bool:
    return type(value) is str and _HASH(value) is not None


def previous_hash(value: object) -> bool:
    return type(value) is str and (value == "" or _HASH(value) is not None)


def uuid(value: object) -> bool:
    return type(value) is str and _UUID(value) is not None


def optional(kind: Kind) -> Kind:
    """Null, or of that kind."""
    return lambda value: value is None or fits(value, kind)


def each(kind: Kind) -> Kind:
    """An array whose items are all of that kind."""

    def check(value: object) -> bool:
        if type(value) is not list:
            return False
        if type(kind) is type:
            return all(type(item) is kind for item in value)
        return all(map(kind, value))

    return check


def one_of(*values: str) -> Kind:
    """One of a few strings."""
    allowed = frozenset(values)
    return lambda value: type(value) is str and value in allowed


def group(required: Mapping[str, Kind], also: Mapping[str, Kind] | None = None) -> Kind:
    """An object with exactly the *required* keys, and perhaps some of *also*."""
    kinds = {**required, **(also or {})}
    names = required.keys()

    def check(value: object) -> bool:
        if type(value) is not dict or not value.keys() >= names:
            return False
        for key, item in value.items():
            kind = kinds.get(key)
            if type(item) is not kind and (kind is None or type(kind) is type or not kind(item)):
                return False
        return True

    return check


def one_true(value: object) -> bool:
    """True; what is not so is left out."""
    return value is True


def commitments(value: object) -> bool:
    """Commitments by the name of the text they stand for."""
    return type(value) is dict and all(type(c) is str and _COMMITMENT(c) is not None for c in value.values())


def within_profile(value: object, depth: int = DEEPEST - 2) -> bool:
    """Whether a value of free shape keeps to the restricted profile of canonical JSON."""
    if value is None or value is True or value is False or type(value) is str:
        return True
    if type(value) is int:
        return abs(value) <= LARGEST_INTEGER
    if depth == 0:
        return False
    if type(value) is list:
        return all(within_profile(item, depth - 1) for item in value)
    if type(value) is dict:
        return all(_KEY(k) is not None and within_profile(v, depth - 1) for k, v in value.items())
    return False


_definition = group({"id": str, "ver": str, "sha256": hash_})
_auth = group({"role": str, "grant": hash_})
_acting = group({"role": str, "grant": hash_}, {"for": str})
_counted = group({"p": str, "role": str, "seq": int}, {"for": str})
_piece = group({"kind": str, "seq": int, "sha256": optional(hash_)})
_guard = group({"n": str, "ok": bool}, {"counted": each(_counted), "pieces": each(_piece)})
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
    "project": str,
    "start": stamp,
    "until": stamp,
    "reviewer": optional(str),
}
_PIECE: Mapping[str, Kind] = {
    "kind": str,
    "sha256": optional(hash_),
    "size": optional(int),
    "stored": bool,
}
_PLACE: Mapping[str, Kind] = {"cycle": int, "version": int, "wf": _definition}
_GATE: Mapping[str, Kind] = {"t": str, **_PLACE}
_REFUSED: Mapping[str, Kind] = {"blockers": each(_blocker)}
_IDEM: Mapping[str, Kind] = {"idem": group({"key": str, "args": hash_})}
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


EVENTS: Mapping[str, Shape] = {
    "organisation.created": _shape("org", {"name": str, "administrator": str}),
    "person.added": _shape("org", {"person": str}, {"auth": _auth, "service": one_true}, ("email",), ("login", "name")),
    "person.ended": _shape("org", {"person": str, "grants": each(uuid), "auth": _auth}, texts=("reason",)),
    "role.granted": _shape("org", _GRANT, {"auth": _auth}),
    "role.revoked": _shape("org", {**_REVOCATION, "auth": _auth}, texts=("reason",)),
    "role.delegated": _shape("org", {**_GRANT, "until": stamp, "base": uuid, "auth": _auth}),
    "role.undelegated": _shape("org", {**_REVOCATION, "auth": _auth}, texts=("reason",)),
    "workflow.registered": _shape("org", {"wf": _definition, "auth": _auth}),
    "exception.granted": _shape("org", {**_EXCEPTION, "auth": _auth}, texts_required=("reason", "compensating")),
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
            **_REPLACEMENT,
            **_REDACTION,
            **_ARCHIVE,
            "project": optional(str),
            "until": optional(stamp),
            "service": one_true,
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
        {"kind": str, "from": str, "to": str, "auth": _acting, "guards": each(_guard), **_GATE},
        {"departures": each(_departure), **_IDEM},
        ("reason",),
    ),
    "project.move_refused": _shape(
        "prj", {"from": str, "guards": each(_guard), **_GATE, **_REFUSED}, texts=("reason",), outcome="refused"
    ),
    "approval.given": _shape("prj", {"auth": _acting, **_GATE}, texts=("comment",)),
    "approval.withdrawn": _shape("prj", {"withdrawn": each(int), **_GATE}, texts=("comment",)),
    "approval.refused": _shape("prj", {**_GATE, **_REFUSED}, texts=("comment",), outcome="refused"),
    "approval.withdrawal_refused": _shape("prj", {**_GATE, **_REFUSED}, texts=("comment",), outcome="refused"),
    "evidence.added": _shape("prj", {**_PIECE, **_PLACE}, texts_required=("label",)),
    "evidence.refused": _shape("prj", {**_PIECE, **_PLACE, **_REFUSED}, texts_required=("label",), outcome="refused"),
}
"""Every event that a record of this version can be about."""
