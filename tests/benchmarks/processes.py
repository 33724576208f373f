"""Whole processes: the command from a compiled, non-editable install, against an interpreter that does nothing."""

from __future__ import annotations

import os
import site
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from tests.benchmarks.ground import CHECKER, LOOP, TEMPLATE, ground, sqlite

ROOT = Path(__file__).resolve().parents[2]


def run(*, quick: bool = False) -> dict[str, Any]:
    """Milliseconds of each process, interleaved; or why they could not be measured."""
    with tempfile.TemporaryDirectory(prefix="flowgov-install-") as folder, sqlite() as url, ground(url):
        python = _install(Path(folder))
        command = str(python.with_name("flowgov"))
        move = [command, "move", TEMPLATE, LOOP, "--as", CHECKER, "--db", url]
        commands = {
            "python -c pass": [str(python), "-c", "pass"],
            "python -c 'import sqlalchemy'": [str(python), "-c", "import sqlalchemy"],
            "flowgov --help": [command, "--help"],
            "flowgov move": move,
        }
        failed = {name: _why(call) for name, call in commands.items() if _why(call)}
        working = {name: call for name, call in commands.items() if name not in failed}
        return {"milliseconds": _interleaved(working, 5 if quick else 20), "failed": failed}


def missed(found: dict[str, Any]) -> list[str]:
    """A sentence for every command that does not run."""
    return [f"'{name}' does not run: {why}" for name, why in found["failed"].items()]


def _install(folder: Path) -> Path:
    """A virtual environment that sees the dependencies, with flowgov itself installed and compiled."""
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    packages = folder / "venv" / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    # only the folder: the editable install's own .pth is not read from there
    (packages / "dependencies.pth").write_text(f"{site.getsitepackages()[0]}\n")
    _quietly([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)])
    (wheel,) = folder.glob("*.whl")
    install = ["--no-deps", "--no-index", "--compile", "--ignore-installed", "-q", str(wheel)]
    _quietly([sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python), "install", *install])
    return python


def _quietly(call: Sequence[str]) -> None:
    subprocess.run(call, cwd=ROOT, check=True, capture_output=True)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "FLOWGOV_"))}


def _why(call: Sequence[str]) -> str | None:
    done = subprocess.run(call, env=_environment(), cwd="/", capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    return (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]


def _interleaved(commands: dict[str, list[str]], times: int) -> dict[str, dict[str, float]]:
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(times):
        for name, call in commands.items():
            start = perf_counter()
            subprocess.run(call, env=_environment(), cwd="/", check=True, capture_output=True)
            taken[name].append((perf_counter() - start) * 1000)
    return {name: {"min": round(min(t), 1), "median": round(median(t), 1)} for name, t in taken.items()}
