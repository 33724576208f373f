"""The thing that moves through a workflow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flowgov.workflow.model import State, Workflow


@dataclass(frozen=True, slots=True)
class Project:
    """A project as it stands."""

    id: str
    key: str
    title: str
    objective: str | None
    workflow: Workflow
    state: State
    previous: str | None
    """While suspended: the state to come back to."""
    cycle: int
    version: int
    """Grows by one with every change; give it as ``expect_version`` to act only on what you saw."""
    creator: str
    """Login."""
    personal_data: bool
    opened: str
    entered: str
    """Since when it stands in `state`."""
    archived: int | None = None
    """The organisation's record that says that its records were moved to an archive, if they were."""


@dataclass(frozen=True, slots=True)
class Told:
    """Something that a guard found wanting, and that stops nobody."""

    code: str
    assets: tuple[str, ...] = ()
    """Keys of the assets that it is about, if it is about assets."""


def told_in(guards: Iterable[Mapping[str, Any]]) -> tuple[Told, ...]:
    """What *guards* told, each code once.

    Args:
        guards: what each of them saw, as records have it.
    """
    found: dict[str, list[str]] = {}
    for saw in guards:
        gaps = (saw.get("values") or {}).get("gaps", ()) if "warned" in saw else ()
        for code in saw.get("warned", ()):
            found.setdefault(code, []).extend(gap["asset"] for gap in gaps if gap["code"] == code and gap["asset"])
    return tuple(Told(code, tuple(assets)) for code, assets in found.items())


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that something was done: where the record stands in the log, and its hash."""

    event: str
    stream: str
    seq: int
    hash: str
    at: str
    subject: str
    """Project key, login or other name of what was acted on."""
    version: int | None = None
    """The project's version after the change."""
    source: str | None = None
    target: str | None = None
    cycle: int | None = None
    role: str | None = None
    """The role the actor used."""
    on_behalf_of: str | None = None
    """Login of the person for whom the actor used it, if it was lent to him."""
    exceptions: tuple[str, ...] = ()
    """Exceptions relied on."""
    warnings: tuple[str, ...] = ()
    """Rules departed from in warn mode, by code."""
    told: tuple[Told, ...] = ()
    """What guards found wanting although they let it pass."""
