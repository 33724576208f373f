"""Guards about risks."""

from __future__ import annotations

from flowgov.guards import Guard

GUARDS: tuple[Guard, ...] = ()
