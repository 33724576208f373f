"""flowgov: governed project lifecycles, with explicit state machines and an audit log that shows tampering.

The names below are the public face; each is loaded on first use, so that importing flowgov costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from flowgov.audit.record import Source as Source
    from flowgov.clock import Clock as Clock
    from flowgov.clock import FixedClock as FixedClock
    from flowgov.clock import SystemClock as SystemClock
    from flowgov.dossier.assets import AssetDescription as AssetDescription
    from flowgov.dossier.contracts import ContractTerms as ContractTerms
    from flowgov.dossier.evidence import Approval as Approval
    from flowgov.dossier.evidence import Evidence as Evidence
    from flowgov.dossier.exceptions import ExceptionGrant as ExceptionGrant
    from flowgov.dossier.meetings import NewAction as NewAction
    from flowgov.dossier.outcomes import Condition as Condition
    from flowgov.dossier.pieces import Piece as Piece
    from flowgov.engine import Engine as Engine
    from flowgov.errors import AnchorFailed as AnchorFailed
    from flowgov.errors import AuditBroken as AuditBroken
    from flowgov.errors import BadInput as BadInput
    from flowgov.errors import Conflict as Conflict
    from flowgov.errors import DatabaseError as DatabaseError
    from flowgov.errors import FlowgovError as FlowgovError
    from flowgov.errors import IdempotencyMismatch as IdempotencyMismatch
    from flowgov.errors import MissingExtra as MissingExtra
    from flowgov.errors import MoveRefused as MoveRefused
    from flowgov.errors import NotFound as NotFound
    from flowgov.errors import NotSent as NotSent
    from flowgov.errors import OutcomeUnknown as OutcomeUnknown
    from flowgov.errors import Refused as Refused
    from flowgov.errors import WorkflowInvalid as WorkflowInvalid
    from flowgov.guards import Blocker as Blocker
    from flowgov.guards import Decision as Decision
    from flowgov.people import Assignment as Assignment
    from flowgov.people import Person as Person
    from flowgov.project import Project as Project
    from flowgov.project import Receipt as Receipt
    from flowgov.project import Told as Told
    from flowgov.request import Request as Request
    from flowgov.workflow.load import load_file
    from flowgov.workflow.model import Workflow as Workflow

    load_workflow = load_file

_HOME = {
    "AnchorFailed": "errors",
    "Approval": "dossier.evidence",
    "AssetDescription": "dossier.assets",
    "Assignment": "people",
    "AuditBroken": "errors",
    "BadInput": "errors",
    "Blocker": "guards",
    "Clock": "clock",
    "Condition": "dossier.outcomes",
    "Conflict": "errors",
    "ContractTerms": "dossier.contracts",
    "DatabaseError": "errors",
    "Decision": "guards",
    "Engine": "engine",
    "Evidence": "dossier.evidence",
    "ExceptionGrant": "dossier.exceptions",
    "FixedClock": "clock",
    "FlowgovError": "errors",
    "IdempotencyMismatch": "errors",
    "MissingExtra": "errors",
    "MoveRefused": "errors",
    "NewAction": "dossier.meetings",
    "NotFound": "errors",
    "NotSent": "errors",
    "OutcomeUnknown": "errors",
    "Person": "people",
    "Piece": "dossier.pieces",
    "Project": "project",
    "Receipt": "project",
    "Refused": "errors",
    "Request": "request",
    "Source": "audit.record",
    "SystemClock": "clock",
    "Told": "project",
    "Workflow": "workflow.model",
    "WorkflowInvalid": "errors",
    "load_workflow": "workflow.load",
}

__all__ = [*_HOME]  # noqa: PLE0604 - the names are strings, the checker cannot see it


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'flowgov' has no attribute {name!r}")
    module = import_module(f"flowgov.{home}")
    return getattr(module, "load_file" if name == "load_workflow" else name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
