"""Every block of README.md and docs/ that is marked ``<!-- run -->`` does what the page says.

A page's blocks run in their order, in one folder and one Python namespace. In a console block the lines that
begin with ``$`` are commands; what follows one is its output, where ``…`` stands for anything.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^<!-- run -->\n+```(python|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*(?:\n> .*)*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_page_says_what_happens(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")

    said, happened = run(page)

    assert happened == said


def test_the_page_on_embedding_has_examples_that_run() -> None:
    assert len(BLOCK.findall((ROOT / "docs" / "embedding.md").read_text(encoding="utf-8"))) > 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_documentation_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def run(page: Path) -> tuple[list[str], list[str]]:
    """What a page says its commands print, and what they print; blocks of Python must get to their end."""
    said, happened = [], []
    namespace: dict[str, Any] = {"__name__": page.stem}
    try:
        for language, code in BLOCK.findall(page.read_text(encoding="utf-8")):
            if language == "python":
                exec(compile(code, f"{page.name}: {code.splitlines()[0]}", "exec"), namespace)
                continue
            for expected, printed in commands(code):
                said.append(expected)
                happened.append(expected if matches(expected, printed) else printed)
    finally:
        for value in namespace.values():
            getattr(value, "dispose", getattr(value, "close", bool))() if not isinstance(value, type) else None
    return said, happened


def commands(block: str) -> Iterator[tuple[str, str]]:
    """The output given for each command of a console block, and its real output."""
    for command, expected in COMMAND.findall(block):
        line = command.replace("\n> ", "\n")
        done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
        yield f"{line}\n{expected}", f"{line}\n{done.stdout}{done.stderr}"


def matches(expected: str, printed: str) -> bool:
    """Whether output is as given; a command without any output given may print what it likes."""
    if "\n" not in expected.rstrip("\n"):
        return True
    pattern = ".*".join(re.escape(part) for part in expected.rstrip().split("…"))
    return re.fullmatch(pattern, printed.rstrip(), re.DOTALL) is not None
