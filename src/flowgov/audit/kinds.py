"""What the values of a record may be: kinds of values, and how they are put together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime

DEEPEST = 8
LARGEST_INTEGER = 2**53 - 1

Kind = type | Callable[[object], bool]
"""A field's type: exactly this type, or what a function says of a parsed value."""

STAMP = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z").fullmatch
_HASH = re.compile(r"[0-9a-f]{64}").fullmatch
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}").fullmatch
_COMMITMENT = re.compile(r"[A-Za-z0-9+/]{43}=").fullmatch
_KEY = re.compile(r"[a-z0-9_]+").fullmatch
_DAY = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]").fullmatch


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


def day(value: object) -> bool:
    if type(value) is not str or _DAY(value) is None:
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def within(lowest: int, highest: int) -> Kind:
    """An integer from *lowest* to *highest*."""
    return lambda value: type(value) is int and lowest <= value <= highest


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


def only_true(value: object) -> bool:
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
