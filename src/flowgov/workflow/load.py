"""A definition file → a `Workflow`, or every mistake of the file at once."""

from __future__ import annotations

import stat
from collections.abc import Collection
from pathlib import Path

from flowgov.errors import WorkflowInvalid
from flowgov.workflow.check import check
from flowgov.workflow.mistake import START, Finding, gathered
from flowgov.workflow.model import Workflow, build
from flowgov.workflow.read import LARGEST, decoded, read
from flowgov.workflow.shape import WorkflowShape, document, shaped

BUILT_IN_GUARDS = frozenset(
    {
        "authorisation_in_force",
        "charter_acknowledged",
        "critical_assets_covered",
        "dpia_done_if_required",
        "evidence_not_expired",
        "joint_risk_review",
        "no_untreated_high_risk",
        "requirements_reviewed",
        "restore_test_since_deployment",
        "rework_evidence_is_current",
        "within_change_window",
    }
)
"""Names of the guards that every definition can use; a host that registers its own passes theirs too."""


def load_file(path: Path, guards: Collection[str] = BUILT_IN_GUARDS) -> Workflow:
    """The workflow that the file at *path* defines.

    Args:
        guards: names of all guards there are; any other name is a mistake of the file.

    Raises:
        WorkflowInvalid: with every mistake, or the reason why the file cannot be read.
    """
    found = _content(path)
    text = found if isinstance(found, Finding) else decoded(found)
    if isinstance(text, Finding):
        raise WorkflowInvalid(gathered([text], str(path)), str(path))
    return load_text(text, str(path), guards)


def load_text(text: str, source: str = "<text>", guards: Collection[str] = BUILT_IN_GUARDS) -> Workflow:
    """The workflow that *text* defines; *source* is what mistakes call it.

    Raises:
        WorkflowInvalid: with every mistake.
    """
    reading = read(text)
    findings = list(reading.findings)
    if reading.values is not None or not findings:
        shape = shaped(reading)
        findings += check(reading, guards, in_shape=isinstance(shape, WorkflowShape))
        if isinstance(shape, WorkflowShape):
            if not findings:
                return build(document(shape))
        else:
            findings += shape
    raise WorkflowInvalid(gathered(findings, source), source)


def _content(path: Path) -> bytes | Finding:
    try:
        # before opening: a device or a pipe could block for ever, or never end
        if not stat.S_ISREG(path.stat().st_mode):
            return Finding("not_a_file", START)
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except FileNotFoundError:
        return Finding("no_such_file", START)
    except (OSError, ValueError) as error:
        return Finding("unreadable_file", START, {"detail": getattr(error, "strerror", None) or str(error)})
