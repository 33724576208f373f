"""What definitions declare, as far as verification relies on it: a forged definition must not end a verification.

Whether a definition makes sense was checked when it was registered; here only that its values are of their kinds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowgov.audit.kinds import LARGEST_INTEGER, Kind, each, fits, optional, within

_number = within(0, LARGEST_INTEGER)
_days = within(0, 36_600)


def _some(kinds: Mapping[str, Kind], *required: str) -> Kind:
    """An object that has the *required* keys, and of whose keys those that are known are of their kinds."""

    def check(value: object) -> bool:
        return (
            type(value) is dict
            and value.keys() >= {*required}
            and all(fits(item, kinds[key]) for key, item in value.items() if key in kinds)
        )

    return check


def _modes(value: object) -> bool:
    return type(value) is dict and all(type(mode) is str for mode in value.values())


def _matrix(value: object) -> bool:
    """Rows of levels, each as long as the others."""
    if not fits(value, each(each(_number))):
        return False
    rows: list[list[int]] = value  # type: ignore[assignment]  # looked at above
    return len({len(row) for row in rows}) == 1 and bool(rows[0])


_DECLARED = _some(
    {
        "id": str,
        "version": str,
        "separation": str,
        "roles": each(_some({"id": str, "acts": bool, "side": str})),
        "evidence": each(_some({"id": str, "valid_days": _days})),
        "states": each(_some({"id": str, "kind": str, "stage": optional(str)})),
        "transitions": each(
            _some(
                {
                    **dict.fromkeys(("id", "kind", "to", "reason", "duty"), str),
                    **dict.fromkeys(
                        ("from", "fire", "evidence", "guards", "distinct_from", "sets", "waive_by"), each(str)
                    ),
                    "approvals": each(_some({"role": str, "min": _number, "when": optional(str)})),
                    "timer": _some({"date": str, "before_days": _days}, "date"),
                    "verbal": bool,
                }
            )
        ),
        "dates": each(_some({"id": str, "min_days": _days, "max_days": _days}, "id")),
        "separation_rules": _modes,
        "risks": _some({"matrix": str, "levels": _matrix, "high_from": _number, "acceptance_days": _days}),
        "continuity": _some(
            {"mode": str, "critical_from": _number, "restore_test_days": _days, "exercise_days": _days}
        ),
    }
)


def sound(document: Any) -> bool:
    """Whether everything that verification reads in a definition is of its kind."""
    return fits(document, _DECLARED) and all(
        "timer" in transition for transition in document.get("transitions", ()) if transition.get("kind") == "timer"
    )
