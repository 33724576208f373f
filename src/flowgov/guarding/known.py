"""Every guard there is: the built-in ones, and a host's own beside them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flowgov.guarding import assets, outcomes, people, risks, times
from flowgov.guarding.separation import separation
from flowgov.guards import (
    Check,
    Guard,
    Hosted,
    HostGuard,
    approvals,
    evidence,
    reason,
    rework_evidence_is_current,
    role,
)

ALWAYS: tuple[Check, ...] = (role, separation, approvals, evidence, reason)
"""Asked at every gate; each looks at what the transition declares."""

BUILT_IN: Mapping[str, Guard] = MappingProxyType(
    {
        guard.name: guard
        for guard in (
            Guard("rework_evidence_is_current", rework_evidence_is_current),
            *risks.GUARDS,
            *assets.GUARDS,
            *people.GUARDS,
            *times.GUARDS,
            *outcomes.GUARDS,
        )
    }
)
"""Guards a definition can name."""


def registry(own: Mapping[str, HostGuard] | None = None) -> Mapping[str, Guard]:
    """The built-in named guards and a host's *own*.

    Raises:
        ValueError: a host's guard takes the name of a built-in one.
    """
    own = own or {}
    taken = BUILT_IN.keys() & own.keys()
    if taken:
        raise ValueError(f"built-in guards cannot be replaced: {sorted(taken)}")
    return MappingProxyType({**BUILT_IN, **{name: Guard(name, Hosted(name, guard)) for name, guard in own.items()}})
