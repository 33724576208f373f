"""docs/audit-log.md is complete: every event with its keys, every finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowgov.audit.fields import COMMON, COMMON_OPTIONAL, EVENTS
from flowgov.audit.finding import CODES

PAGE = (Path(__file__).parents[3] / "docs" / "audit-log.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*CODES, *EVENTS, *COMMON, *COMMON_OPTIONAL])
def test_the_page_names_every_event_key_and_finding(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("event", [event for event in EVENTS if not event.endswith("refused")])
def test_the_row_of_an_event_has_all_its_keys(event: str) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{event}`"))
    shape = EVENTS[event]

    missing = (
        (shape.required | shape.texts_required)
        - COMMON.keys()
        - {k for k in shape.required | shape.texts_required if f"`{k}`" in row}
    )

    assert missing == set()
