"""What is installed from the wheel works as it does from the sources."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_carries_definitions_migrations_templates_and_types(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    assert names >= {
        "flowgov/py.typed",
        "flowgov/shipped/workflows/pme-light.yaml",
        "flowgov/shipped/demo/dataset.yaml",
        "flowgov/store/migrations/env.py",
        "flowgov/store/migrations/versions/rev_0001.py",
        "flowgov/report/templates/audit.html",
    }


def test_the_demonstration_runs_from_an_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "site"
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "--target",
        str(place),
        str(wheel),
    ]
    subprocess.run(install, check=True, capture_output=True)

    done = subprocess.run(
        [sys.executable, "-m", "flowgov", "demo", "--output", "shown"],
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(place), "FLOWGOV_DB": "sqlite:///elsewhere.db"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert {path.name for path in (tmp_path / "shown").iterdir()} >= {"audit-report.html", "rapport-audit.html"}
