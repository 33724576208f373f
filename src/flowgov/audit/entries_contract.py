"""What records about contracts and rights of access may contain, and what verification asks of them."""

from __future__ import annotations

from collections.abc import Mapping

from flowgov.audit.held import EntryShape, Rule

SHAPES: Mapping[str, EntryShape] = {}
RULES: Mapping[str, Rule] = {}
