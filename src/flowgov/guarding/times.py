"""Guards about dates and time."""

from __future__ import annotations

from flowgov.guards import Guard

GUARDS: tuple[Guard, ...] = ()
