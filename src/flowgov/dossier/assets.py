"""Sensitive assets of the organisation, what they need, and which of them a project touches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from flowgov.dossier.entry import Entry

AssetType = Literal["primary", "support"]
Classification = Literal["public", "internal", "confidential", "secret"]
Frequency = Literal["hourly", "daily", "weekly", "monthly", "none"]
Place = Literal["onsite", "offsite", "offline", "provider"]
TestResult = Literal["passed", "failed", "never"]
TYPES: tuple[AssetType, ...] = get_args(AssetType)
CLASSIFICATIONS: tuple[Classification, ...] = get_args(Classification)
"""Least sensitive first."""
FREQUENCIES: tuple[Frequency, ...] = get_args(Frequency)
PLACES: tuple[Place, ...] = get_args(Place)
LEAST_CRITICAL, MOST_CRITICAL = 1, 4
NEVER = "never"
"""Of a restore test, or of a backup's frequency `none`: there was none."""
NONE = "NONE"
"""Named instead of an asset: the project touches none that is registered."""
RESTORE_TEST_DAYS = 30
"""Days after a deployment within which restoring what it touched has to be tested."""

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AssetDescription:
    """What somebody says of an asset; None for what stays as it is."""

    name: str | None = None
    type: str | None = None
    classification: str | None = None
    criticality: int | None = None
    personal_data: bool | None = None
    owner: str | None = None
    """Login."""
    holder: str | None = None
    """Login; empty for nobody."""
    supplier: str | None = None
    needs: Sequence[str] | None = None
    single: bool | None = None
    rto: int | None = None
    """Hours."""
    rpo: int | None = None
    """Hours."""
    frequency: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Backup:
    """How an asset is backed up."""

    frequency: Frequency
    place: Place | None
    last: str | None
    """Day of the last one that succeeded."""


@dataclass(frozen=True, slots=True)
class RestoreTest:
    """Whether restoring an asset was tried."""

    on: str | None
    """Day."""
    result: TestResult


@dataclass(frozen=True, slots=True)
class Asset:
    """An asset as it stands. Objectives are in hours."""

    key: str
    n: int
    name: str
    type: AssetType
    classification: Classification
    criticality: int
    """From 1 to 4, the most critical."""
    personal_data: bool
    owner: str
    """Login of who answers for it in the business."""
    holder: str | None
    """Login of who operates it."""
    supplier: str
    needs: tuple[str, ...]
    """Keys of the assets it depends on."""
    single: bool
    """Whether it is a single point of failure."""
    rto: int | None
    """How long it may be down, at most."""
    rpo: int | None
    """How much time's data may be lost, at most."""
    rto_proved: int | None
    rpo_proved: int | None
    backup: Backup
    test: RestoreTest
    evidence: str
    """Where the record of the last restore test is."""
    retired: bool
    recorded: str

    @property
    def slower_than_wanted(self) -> bool:
        """Whether the last restore test proved less than what is wanted."""
        pairs = ((self.rto, self.rto_proved), (self.rpo, self.rpo_proved))
        return any(wanted is not None and proved is not None and proved > wanted for wanted, proved in pairs)


@dataclass(frozen=True, slots=True)
class Touch:
    """An asset that a project touches, or touched."""

    project: str
    asset: str
    """Its key; `NONE` where the project was said to touch no registered asset."""
    touched: bool
    deployed: str | None
    """Day of the last deployment that touched it."""
    reason: str
    recorded: str


@dataclass(frozen=True, slots=True)
class TestDue:
    """A restore test that a deployment made due."""

    project: str
    asset: str
    name: str
    deployed: str
    due: str
    """The last day."""
    persons: tuple[str, ...]
    """Logins of the asset's holder and owner."""
    late: bool


def reached(keys: Iterable[str], assets: Mapping[str, Entry]) -> dict[str, Entry]:
    """These assets and all they depend on, by key, retired ones left out."""
    found: dict[str, Entry] = {}
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        asset = assets.get(key)
        if key not in found and asset is not None and not asset.facts["retired"]:
            found[key] = asset
            waiting += asset.facts["needs"]
    return dict(sorted(found.items()))


def depends_on(key: str, needs: Iterable[str], assets: Mapping[str, Entry]) -> bool:
    """Whether an asset that needs these others would depend on itself."""
    seen: set[str] = set()
    waiting = list(needs)
    while waiting:
        one = waiting.pop()
        if one == key:
            return True
        if one not in seen and one in assets:
            seen.add(one)
            waiting += assets[one].facts["needs"]
    return False


def touched(entries: Mapping[str, Entry]) -> list[str]:
    """Keys of the assets that a project touches."""
    return [key for key, entry in entries.items() if entry.facts["touched"] and key != NONE]


def tested_since(asset: Facts, deployed: str) -> bool:
    """Whether restoring it was tried with success after a deployment; the same day cannot prove that it came later."""
    return bool(asset["test"]["result"] == "passed" and asset["test"]["on"] > deployed)
