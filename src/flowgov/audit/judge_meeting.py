"""How verification judges the guards about meetings and actions."""

from __future__ import annotations

from collections.abc import Mapping

from flowgov.audit.held import Judge

JUDGES: Mapping[str, Judge] = {}
