"""Only harmless YAML gets as far as being checked.

Source: row T15 of the threat model (YAML bombs, tags, duplicates, Norway).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowgov.errors import WorkflowInvalid
from flowgov.workflow.load import load_file, load_text
from flowgov.workflow.read import LARGEST, read

BILLION_LAUGHS = b"""a: &a [lol, lol]
b: &b [*a, *a]
"""

ONE_MISTAKE: dict[str, tuple[bytes, str, tuple[int, int]]] = {
    "an empty file": (b"", "empty_file", (1, 1)),
    "only comments": (b"# nothing\n\n", "empty_file", (1, 1)),
    "only a null": (b"~\n", "not_a_mapping", (1, 1)),
    "a list at the top": (b"- id: purchase\n- version: 1.0.0\n", "not_a_mapping", (1, 1)),
    "a sentence at the top": (b"hello\n", "not_a_mapping", (1, 1)),
    "an open bracket": (b"id: [purchase\n", "not_yaml", (2, 1)),
    "an open quote": (b"id: 'purchase\n", "not_yaml", (2, 1)),
    "a tab as indentation": (b"roles:\n\tbuyer: {}\n", "not_yaml", (2, 1)),
    "a colon too many": (b"id: a: b\n", "not_yaml", (1, 6)),
    "a Python tag": (b"id: !!python/object/apply:os.system [ls]\n", "tag", (1, 5)),
    "a tag of one's own": (b"id: x\ntitle: !secret x\n", "tag", (2, 8)),
    "a tag that only says text": (b"id: !!str 1\n", "tag", (1, 5)),
    "an anchor": (b"roles: &everybody\n  buyer: {en: A, fr: B}\n", "anchor", (1, 8)),
    "a YAML 1.1 directive, which turns no into false": (b"%YAML 1.1\n---\nid: no\n", "directive", (2, 1)),
    "a tag directive": (b"%TAG ! tag:evil,2026:\n---\nid: x\n", "directive", (2, 1)),
    "two documents": (b"id: a\n---\nid: b\n", "several_documents", (2, 1)),
    "nesting of twenty-one levels": (b"a: " + b"[" * 20 + b"]" * 20, "too_deep", (1, 23)),
    "a hundred thousand brackets": (b"[" * 100_000, "too_deep", (1, 21)),
    "a hundred thousand braces": (b"{a: " * 60_000, "too_deep", (1, 81)),
    "a file that is too large": (b"# " + b"x" * LARGEST, "too_large", (1, 1)),
    "Latin-1": ("id: x\nfr: Délégué\n".encode("latin-1"), "not_utf8", (2, 6)),
    "UTF-16": ("id: x\n".encode("utf-16"), "not_utf8", (1, 1)),
    "binary data": (b"\x7fELF\x02\x01\x01\x00", "unreadable_character", (1, 1)),
    "a NUL character": (b"id: x\nversion: 1\x00\n", "unreadable_character", (2, 11)),
    "an escape sequence for the terminal": (b"id: \x1b[2J\n", "unreadable_character", (1, 5)),
}


@pytest.mark.parametrize("name", ONE_MISTAKE)
def test_unwanted_yaml_is_refused_where_it_stands(tmp_path: Path, name: str) -> None:
    content, code, place = ONE_MISTAKE[name]
    file = tmp_path / "purchase.yaml"
    file.write_bytes(content)

    with pytest.raises(WorkflowInvalid) as caught:
        load_file(file)

    assert [(m.code, m.at) for m in caught.value.mistakes] == [(code, place)]


def test_t15_a_bomb_of_aliases_is_never_expanded() -> None:
    with pytest.raises(WorkflowInvalid) as caught:
        load_text(BILLION_LAUGHS.decode())

    codes = [mistake.code for mistake in caught.value.mistakes]
    assert codes == ["anchor", "anchor", "alias", "alias"]


def test_a_long_flat_list_is_not_read_to_its_end(tmp_path: Path) -> None:
    """Small enough for the size limit, and still seconds of work for the parser."""
    file = tmp_path / "flat.yaml"
    file.write_text("roles: [" + "1," * (LARGEST // 2 - 10) + "1]", encoding="ascii")

    with pytest.raises(WorkflowInvalid) as caught:
        load_file(file)

    assert [mistake.code for mistake in caught.value.mistakes] == ["too_many_values"]


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path, purchase: str) -> None:
    file = tmp_path / "purchase.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + purchase.encode())

    assert load_file(file) == load_text(purchase)


def test_windows_line_ends_are_no_mistake(tmp_path: Path, purchase: str) -> None:
    file = tmp_path / "purchase.yaml"
    file.write_bytes(purchase.replace("\n", "\r\n").encode())

    assert load_file(file) == load_text(purchase)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_lines_are_counted_alike_whatever_ends_them(purchase: str, line_end: str) -> None:
    text = purchase.replace("to: agreed", "to: nowhere").replace("\n", line_end)

    with pytest.raises(WorkflowInvalid) as caught:
        load_text(text)

    assert [mistake.at.line for mistake in caught.value.mistakes] == [19]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("2026-01-31", "2026-01-31"),
        ("010", 10),
        ("'010'", "010"),
        ("true", True),
        ("~", None),
    ],
)
def test_values_mean_what_yaml_1_2_says(written: str, value: object) -> None:
    reading = read(f"key: {written}\n")

    assert reading.values == {"key": value}


def test_a_folder_is_not_a_definition(tmp_path: Path) -> None:
    with pytest.raises(WorkflowInvalid) as caught:
        load_file(tmp_path)

    assert [mistake.code for mistake in caught.value.mistakes] == ["not_a_file"]


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")

    with pytest.raises(WorkflowInvalid) as caught:
        load_file(tmp_path / "pipe.yaml")

    assert [mistake.code for mistake in caught.value.mistakes] == ["not_a_file"]


def test_a_name_that_no_system_accepts_is_one_mistake() -> None:
    with pytest.raises(WorkflowInvalid) as caught:
        load_file(Path("a\0b.yaml"))

    assert [mistake.code for mistake in caught.value.mistakes] == ["unreadable_file"]


FRAGMENTS = ("{", "}", "[", "]", ": ", "\n", "- ", "'", '"', "|", "&a", "*a", "!x", "%", "? ", "#", "~", "1", "true")


@given(data=st.data())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed_there_is_one_clear_answer(purchase: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(purchase)))
    dropped = data.draw(st.integers(0, 5))
    typed = data.draw(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=5)))

    answer = answer_to(purchase[:place] + typed + purchase[place + dropped :])

    assert answer == "a workflow" or answer.startswith("<text>:")


def answer_to(text: str) -> str:
    try:
        load_text(text)
    except WorkflowInvalid as invalid:
        return invalid.mistakes[0].line("fr")
    return "a workflow"
