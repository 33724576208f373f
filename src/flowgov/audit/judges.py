"""Every guard that verification judges again, by name."""

from __future__ import annotations

from collections.abc import Mapping

from flowgov.audit import judge_asset, judge_meeting, judge_outcome, judge_people, judge_risk, judge_time
from flowgov.audit.held import Judge

_AREAS = (judge_risk, judge_asset, judge_people, judge_meeting, judge_time, judge_outcome)

JUDGES: Mapping[str, Judge] = {name: judge for area in _AREAS for name, judge in area.JUDGES.items()}
