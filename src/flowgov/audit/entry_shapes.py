"""Every register there is, as verification knows it."""

from __future__ import annotations

from collections.abc import Mapping

from flowgov.audit import (
    entries_asset,
    entries_contract,
    entries_meeting,
    entries_outcome,
    entries_people,
    entries_plan,
    entries_risk,
    entries_time,
    entries_touch,
)
from flowgov.audit.held import EntryShape, Rule

_AREAS = (
    entries_risk,
    entries_asset,
    entries_plan,
    entries_contract,
    entries_touch,
    entries_people,
    entries_meeting,
    entries_time,
    entries_outcome,
)

ENTRIES: Mapping[str, EntryShape] = {kind: shape for area in _AREAS for kind, shape in area.SHAPES.items()}
RULES: Mapping[str, Rule] = {kind: rule for area in _AREAS for kind, rule in area.RULES.items()}
