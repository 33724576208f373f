"""Canonical JSON: the one way a value becomes the bytes that are hashed.

On the restricted profile below, these bytes are the RFC 8785 form: keys are ``[a-z0-9_]+``, numbers
are integers within ±(2^53 - 1), there are no floats, and strings are well-formed Unicode.
"""

from __future__ import annotations

import json
import re
from typing import TypeAlias

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"

LARGEST_INTEGER = 2**53 - 1
DEEPEST = 8

_KEY = re.compile(r"[a-z0-9_]+\Z")
_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
).encode


def canonical(value: object) -> bytes:
    """*value* as canonical bytes; the caller vouches that it fits the profile (see `misfit`)."""
    return _encode(value).encode("utf-8")


def misfit(value: object, depth: int = DEEPEST, where: str = "$") -> str | None:
    """Where and why *value* leaves the profile, or None when it fits.

    Source: the restricted profile of RFC 8785 (JSON Canonicalization Scheme).
    """
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return None if abs(value) <= LARGEST_INTEGER else f"{where}: integer too large"
    if isinstance(value, str):
        return None if _well_formed(value) else f"{where}: lone surrogate"
    if not isinstance(value, list | dict):
        return f"{where}: {type(value).__name__} is not allowed"
    if depth == 0:
        return f"{where}: nested too deeply"
    return _misfit_inside(value, depth - 1, where)


def _misfit_inside(value: list[object] | dict[object, object], depth: int, where: str) -> str | None:
    if isinstance(value, list):
        found = (misfit(item, depth, f"{where}[{n}]") for n, item in enumerate(value))
    else:
        for key in value:
            if not (isinstance(key, str) and _KEY.match(key)):
                return f"{where}: key {key!r} is not allowed"
        found = (misfit(item, depth, f"{where}.{key}") for key, item in value.items())
    return next((problem for problem in found if problem), None)


def _well_formed(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
