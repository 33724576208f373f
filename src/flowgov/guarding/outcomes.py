"""Guards about what earlier decisions left open."""

from __future__ import annotations

from flowgov.guards import Guard

GUARDS: tuple[Guard, ...] = ()
