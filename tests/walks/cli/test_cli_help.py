"""Every ``--help`` is the same in its golden file; accept changes with FLOWGOV_WRITE_GOLDEN=1."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from tests.walks.cli.conftest import Type

from flowgov.cli.app import flowgov
from flowgov.cli.call import Call
from flowgov.i18n import LANGUAGES, text

GOLDEN = Path(__file__).parents[2] / "golden" / "help"
HEAVY = [
    "sqlalchemy",
    "transitions",
    "structlog",
    "pydantic",
    "ruamel",
    "alembic",
    "jinja2",
    "tomllib",
    "holidays",
    "apprise",
]


def _paths(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from _paths(found, (*path, name))


PATHS = list(_paths(flowgov))
COMMANDS = [path for path in PATHS if path]


def _named(path: tuple[str, ...]) -> str:
    return " ".join(path) or "flowgov"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("path", PATHS, ids=_named)
def test_help_says_what_its_golden_file_says(typed: Type, path: tuple[str, ...], lang: str) -> None:
    golden = GOLDEN / f"{'-'.join(('flowgov', *path))}.{lang}.txt"

    shown = typed([*path, "--help"], FLOWGOV_LANG=lang).out

    if os.environ.get("FLOWGOV_WRITE_GOLDEN"):
        golden.write_text(shown, encoding="utf-8")
    assert shown == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", PATHS, ids=_named)
def test_every_command_shows_an_example_that_can_be_pasted(path: tuple[str, ...]) -> None:
    key = ".".join(("help", *(path or ("flowgov",)), "example"))

    examples = [line for lang in LANGUAGES for line in text(key, lang).splitlines()]

    assert examples
    assert [_misread(line) for line in examples] == [None] * len(examples)


@pytest.mark.parametrize("path", COMMANDS, ids=_named)
def test_every_example_is_of_its_own_command(path: tuple[str, ...]) -> None:
    assert text(".".join(("help", *path, "example"))).startswith("flowgov " + " ".join(path))


@pytest.mark.parametrize("path", PATHS, ids=_named)
def test_the_short_help_option_works_everywhere(typed: Type, path: tuple[str, ...]) -> None:
    assert typed([*path, "-h"]).out == typed([*path, "--help"]).out


def test_both_languages_explain_the_same_things() -> None:
    from flowgov.i18n import catalogue

    differing = {
        area: catalogue(area, "en").keys() ^ catalogue(area, "fr").keys() for area in ("cli", "help", "usage", "error")
    }

    assert differing == {"cli": set(), "help": set(), "usage": set(), "error": set()}


def test_the_language_can_be_chosen_before_the_command(typed: Type) -> None:
    assert "Ouvrir un projet" in typed("--lang fr open --help").out


def test_the_locale_chooses_the_language(typed: Type) -> None:
    assert "Ouvrir un projet" in typed("open --help", LANG="fr_FR.UTF-8").out


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["move", "--help"],
        ["audit", "--help"],
        ["mvoe"],
        ["move", "--jsn"],
        ["move"],
        ["workflow", "draw", "--format", "png"],
    ],
    ids=" ".join,
)
def test_help_and_wrong_usage_load_no_heavy_library(words: list[str], tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from flowgov.cli import main\n"
        f"sys.argv = ['flowgov', *{words!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.__stdout__)\n"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_python_dash_m_flowgov_works(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flowgov", "--version"], capture_output=True, text=True, cwd=tmp_path, check=False
    )

    assert (done.returncode, done.stdout.split()[0], done.stderr) == (0, "flowgov", "")


def test_without_a_command_the_help_is_shown_and_the_exit_code_is_of_wrong_usage(typed: Type) -> None:
    answer = typed("")

    assert (answer.code, answer.out, "Usage: flowgov" in answer.err) == (2, "", True)


def _misread(line: str) -> str | None:
    """What click has against an example line, without running it."""
    words = shlex.split(line.partition(" > ")[0])[1:]
    context = click.Context(flowgov, info_name="flowgov", obj=Call())
    command: click.Command = flowgov
    try:
        while isinstance(command, click.Group) and words:
            found = command.get_command(context, words.pop(0))
            assert found is not None, line
            command = found
        command.make_context(command.name, words, parent=context)
    except click.UsageError as error:
        return f"{line}: {error.format_message()}"
    return None


@pytest.mark.parametrize("path", COMMANDS, ids=_named)
def test_the_page_on_the_command_line_names_every_command(path: tuple[str, ...]) -> None:
    page = (Path(__file__).parents[3] / "docs" / "cli.md").read_text(encoding="utf-8")

    assert f"`{path[0]}" in page
    assert path[-1] in page
