"""The small purchase workflow that these tests break in every way they can think of."""

from __future__ import annotations

from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[2] / "golden" / "workflow"


@pytest.fixture
def golden() -> Path:
    return GOLDEN


@pytest.fixture
def purchase() -> str:
    return (GOLDEN / "purchase.yaml").read_text(encoding="utf-8")
