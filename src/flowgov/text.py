"""What people may type: free text, logins, keys. Checked once, at the border."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from flowgov.errors import BadInput

Problem = Literal["empty", "too_long", "character"]

LONGEST_LABEL = 120
"""Characters of a label or title: what fits on one line of a report."""
LONGEST_TEXT = 4_000
"""Characters of a reason, and of what somebody says of a line in a register."""
LONGEST_ID = 64
"""Characters of a login, a role, an evidence kind and every other id."""
LONGEST_ENTRY_KEY = 40
"""Characters of the key of a line in a register, and of the name of a group."""
LONGEST_KEY = 32
"""Characters of a project's key."""

ID = r"^[a-z][a-z0-9_]*$"
_ID = re.compile(r"[a-z][a-z0-9_]*")
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]*")
_KEY = re.compile(r"[A-Z0-9][A-Z0-9._-]*")
_GROUP = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")

_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# Persian, several Indian scripts and emoji cannot be written without the first two; the others are visible.
_NEEDED = frozenset("\u200c\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2")


def normal(value: str) -> str:
    """*value* as it is kept: NFC, without spaces around it, lines ended by a line feed."""
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()


def text_problem(value: str, limit: int, *, multiline: bool = False) -> Problem | None:
    """Why *value*, already `normal`, cannot be kept; None when it can."""
    if not value:
        return "empty"
    if len(value) > limit:
        return "too_long"
    return "character" if refused_character(value, multiline=multiline) else None


def refused_character(value: str, *, multiline: bool = False) -> str | None:
    """The first character of *value* that shows nothing, or that changes how the rest is shown."""
    allowed = _NEEDED | {"\n", "\t"} if multiline else _NEEDED
    return next((c for c in value if _refused(c) and c not in allowed), None)


def clean_text(value: str, *, field: str, limit: int, multiline: bool = False) -> str:
    """*value* as it is kept.

    Args:
        field: name of what is being filled in, for the error.

    Raises:
        BadInput: it is empty, longer than *limit*, or has control, invisible or text-direction characters.
    """
    kept = normal(value)
    problem = text_problem(kept, limit, multiline=multiline)
    if problem is None:
        return kept
    character = refused_character(kept, multiline=multiline)
    raise BadInput(
        f"text_{problem}",
        field=field,
        limit=limit,
        length=len(kept),
        character=f"U+{ord(character):04X}" if character else "",
    )


def clean_login(value: str) -> str:
    """*value*, a login: lower-case ASCII, so that no two persons can look alike.

    Raises:
        BadInput: it is not one.
    """
    return _matching(value, _LOGIN, LONGEST_ID, "bad_login")


def clean_project_key(value: str) -> str:
    """*value*, a project's key such as ``CRM-042``.

    Raises:
        BadInput: it is not one.
    """
    return _matching(value, _KEY, LONGEST_KEY, "bad_key")


def clean_entry_key(value: str) -> str:
    """*value*, the key of a line in a register such as ``R-01``.

    Raises:
        BadInput: it is not one.
    """
    return _matching(value, _KEY, LONGEST_ENTRY_KEY, "bad_entry_key")


def clean_evidence_kind(value: str) -> str:
    """*value*, a kind of evidence such as ``risk_review``.

    Raises:
        BadInput: it is not one.
    """
    return _matching(value, _ID, LONGEST_ID, "bad_evidence_kind")


def clean_date_name(value: str) -> str:
    """*value*, the name of a date such as ``authorisation_valid_until``.

    Raises:
        BadInput: it is not one.
    """
    return _matching(value, _ID, LONGEST_ID, "bad_date_name")


def clean_group(value: str) -> str:
    """*value*, the name of a group such as ``COMPTA``: ASCII, so that no two can look alike.

    Raises:
        BadInput: it is not one.
    """
    return _matching(value, _GROUP, LONGEST_ENTRY_KEY, "bad_group")


def visible(value: str, most: int = 60) -> str:
    """*value* safe to show on a terminal: on one line, nothing invisible in it, not too long."""
    shown = "".join(f"\\u{ord(c):04x}" if _refused(c) else c for c in value[: most + 1])
    return shown if len(value) <= most else f"{shown[:most]}…"


def _refused(character: str) -> bool:
    return unicodedata.category(character) in _REFUSED_CATEGORIES


def _matching(value: str, pattern: re.Pattern[str], limit: int, reason: str) -> str:
    if pattern.fullmatch(value) and len(value) <= limit:
        return value
    raise BadInput(reason, value=visible(value), limit=limit)
