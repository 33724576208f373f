"""A host's own guards: what they answer is looked at before it counts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from flowgov.canonical import misfit
from flowgov.guards import Blocker, HostGuard, Verdict
from flowgov.request import Request


@dataclass(frozen=True, slots=True)
class Hosted:
    """A host's own guard; what it answers is looked at before it counts."""

    name: str
    guard: HostGuard = field(repr=False)

    def __call__(self, request: Request) -> Verdict:
        blocker = self.guard(request)
        if blocker is None:
            return Verdict(self.name)
        if not isinstance(blocker, Blocker):
            raise TypeError(f"guard '{self.name}' must return a Blocker or None, not {blocker!r}")
        problem = misfit(dict(blocker.params))
        if problem:
            raise TypeError(f"guard '{self.name}': its blocker's parameters cannot be recorded: {problem}")
        return Verdict(self.name, (_foreign(blocker, self.name),))


def _foreign(blocker: Blocker, guard: str) -> Blocker:
    params = {"guard": guard, "code": blocker.code, "message": blocker.code, **blocker.params}
    return replace(blocker, code="host_guard", params=params)
