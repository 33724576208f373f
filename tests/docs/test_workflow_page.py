"""The workflow file shown in docs/workflows.md is in order."""

from __future__ import annotations

import re
from pathlib import Path

from flowgov.workflow.load import load_text

PAGE = Path(__file__).resolve().parents[2] / "docs" / "workflows.md"


def test_the_workflow_on_the_page_is_in_order() -> None:
    (shown,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)

    assert load_text(shown).name == "small-change@1.0.0"
