"""What a host installs is typed."""

from __future__ import annotations

import zipfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[2]


def test_the_wheel_says_that_it_is_typed_and_holds_the_definitions(tmp_path: Path) -> None:
    built = next(WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"]))

    names = set(zipfile.ZipFile(built).namelist())
    assert names >= {"flowgov/py.typed", "flowgov/engine.py", "flowgov/shipped/workflows/pme-light.yaml"}
