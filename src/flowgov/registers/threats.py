"""What the risk register says that has to be looked at. Reads entries only, and only what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from flowgov.dossier.entry import Entry
from flowgov.dossier.health import Threats
from flowgov.workflow.model import Workflow


def threats(workflow: Workflow, row: Row[Any], entries: Iterable[Entry], now: str) -> Threats:
    """What is wrong with the risks of a project, by their keys."""
    raise NotImplementedError
