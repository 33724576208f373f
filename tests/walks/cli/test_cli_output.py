"""Where the answer goes and how it looks: streams, colour, width, hostile characters, interruption."""

from __future__ import annotations

import os
import pty
import signal
import sqlite3
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from tests.walks.cli.conftest import Type

from flowgov.cli.table import columns, cut, safe, safe_json, table

SQLITE = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
LINE = ["workflow", "show", "pme-light"]


@SQLITE
def test_data_goes_to_standard_output_and_talk_to_standard_error(crm: Type) -> None:
    answer = crm("list --all --stage deployed")

    assert (answer.code, answer.out, answer.err) == (0, "", "No project fits.\n")


@SQLITE
def test_closed_projects_are_counted_when_they_are_not_shown(crm: Type) -> None:
    crm("move CRM cancel --reason x --as kbenali")

    assert "1 closed" in crm("list").err


# --- colour: only on a terminal -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "environ", "coloured"),
    [
        ([], {}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "0"}, False),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (["--no-color"], {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour_where_nobody_looks(typed: Type, options: list[str], environ: dict[str, str], coloured: bool) -> None:
    assert ("\x1b[" in typed([*LINE, *options], **environ).out) is coloured


@pytest.mark.parametrize(
    ("options", "environ", "coloured"),
    [
        ([], {"TERM": "xterm"}, True),
        ([], {"TERM": "dumb"}, False),
        ([], {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (["--no-color"], {"TERM": "xterm"}, False),
    ],
)
def test_colour_on_a_terminal(tmp_path: Path, options: list[str], environ: dict[str, str], coloured: bool) -> None:
    assert ("\x1b[" in _on_a_terminal([*LINE, *options], tmp_path, environ)) is coloured


# --- T27: what people wrote cannot speak to the terminal -----------------------------------------------------------


@SQLITE
def test_hostile_text_that_came_into_the_database_is_spelt_out(crm: Type, url: str) -> None:
    _rename_crm(url, "\x1b[31mred\u202egnp\x07\u200b")

    assert "\\u001b[31mred\\u202egnp\\u0007\\u200b" in crm("list").out


@SQLITE
def test_hostile_text_stays_out_of_json_too(crm: Type, url: str) -> None:
    _rename_crm(url, "\x1b[31mred\u202egnp")

    answer = crm("list --json")

    assert ("\u202e" in answer.out, answer.json["data"][0]["title"]) == (False, "\x1b[31mred\u202egnp")


@SQLITE
@pytest.mark.parametrize("line", ["show CRM", "history CRM", "todo --all", "audit log", "list"])
def test_no_command_lets_hostile_text_through(crm: Type, url: str, line: str) -> None:
    _rename_crm(url, "\x1b[31mred\u202egnp")

    answer = crm(line)

    assert [c for c in "\x1b\u202e" if c in answer.out + answer.err] == []


def test_what_was_typed_is_spelt_out_in_errors(typed: Type) -> None:
    answer = typed(["move\x1b[31m"])

    assert ("\x1b" in answer.err, "\\u001b[31m" in answer.err) == (False, True)


# --- tables -------------------------------------------------------------------------------------------------------


def test_columns_are_as_wide_as_what_is_in_them() -> None:
    lines = list(table(["A", "Name"], [["1", "x"], ["22", "long"]]))

    assert lines == ["\x1b[1mA\x1b[0m   \x1b[1mName\x1b[0m", "1   x", "22  long"]


def test_a_table_is_no_wider_than_the_terminal() -> None:
    lines = list(table(["Key", "Title"], [["CRM", "x" * 200], ["ERP", "田" * 100]], width=40))

    assert max(columns(line) for line in lines) <= 40


def test_a_table_without_rows_is_nothing() -> None:
    assert list(table(["Key"], [])) == []


@pytest.mark.parametrize(
    ("shown", "width"),
    [("abc", 3), ("田中", 4), ("é", 1), ("e\u0301", 1), ("\x1b[1mab\x1b[0m", 2), ("🧑", 2)],
)
def test_columns_counts_what_a_terminal_shows(shown: str, width: int) -> None:
    assert columns(shown) == width


def test_cutting_leaves_no_colour_open() -> None:
    assert cut("\x1b[1mabcdef\x1b[0m", 4) == "\x1b[1mabc\x1b[0m…\x1b[0m"


@pytest.mark.parametrize("value", ["Zoë 👩‍💻", "می‌خواهم", "كريم"])
def test_what_writing_needs_is_left_alone(value: str) -> None:
    assert safe(value) == value


def test_json_outside_the_basic_plane_is_spelt_as_a_pair() -> None:
    assert safe_json('"\U000e0041"') == '"\\udb40\\udc41"'


# --- ends ---------------------------------------------------------------------------------------------------------


def test_a_bug_says_so_with_its_traceback_and_without_secrets(typed: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("at postgresql://me:canary-7f3a@host/db")

    monkeypatch.setattr("flowgov.workflow.shape.schema", broken)

    answer = typed("workflow schema")

    assert (answer.code, "This is a bug" in answer.err, "RuntimeError" in answer.err, "canary" in answer.err) == (
        70,
        True,
        True,
        False,
    )


def test_a_bug_has_the_shape_in_json(typed: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowgov.workflow.shape.schema", lambda: 1 / 0)

    answer = typed("workflow schema --json")

    assert (answer.code, answer.json["error"]["code"]) == (70, "bug")


def test_an_interruption_exits_130(typed: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("flowgov.workflow.shape.schema", interrupted)

    answer = typed("workflow schema")

    assert (answer.code, "Traceback" in answer.err) == (130, False)


def test_control_c_at_a_question_of_init_leaves_nothing(tmp_path: Path) -> None:
    parent, child = pty.openpty()
    # whoever runs the tests in the background lets interrupts be ignored
    program = (
        "import runpy, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "sys.argv = ['flowgov', 'init']; runpy.run_module('flowgov', run_name='__main__')"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=child,
        stdout=child,
        stderr=child,
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
    )
    shown = b""
    while b"organisation" not in shown:
        shown += os.read(parent, 1024)
    while process.poll() is None:  # while the question is still being printed, an interrupt can be lost
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(3)

    assert (process.returncode, os.listdir(tmp_path)) == (130, [])


def test_an_answer_fits_any_encoding(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flowgov", "workflow", "show", "pme-light", "--lang", "fr"],
        capture_output=True,
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "ascii"},
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, b"")


def test_verbose_says_what_is_done_as_json_lines(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flowgov", "-v", "workflow", "show", "pme-light"],
        capture_output=True,
        cwd=tmp_path,
        check=False,
    )

    assert (done.returncode, [line for line in done.stderr.splitlines() if not line.startswith(b"{")]) == (0, [])


def _on_a_terminal(words: list[str], folder: Path, environ: dict[str, str]) -> str:
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "flowgov", *words],
        stdout=child,
        stderr=child,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"} | environ,
    )
    os.close(child)
    shown = b""
    while True:
        try:
            part = os.read(parent, 65536)
        except OSError:  # what a terminal says on Linux when the other side has gone
            break
        if not part:
            break
        shown += part
    assert process.wait(20) == 0
    os.close(parent)
    return shown.decode()


def _rename_crm(url: str, title: str) -> None:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE flowgov_project SET title = ? WHERE key = 'CRM'", (title,))
    connection.close()
