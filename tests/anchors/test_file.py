"""A file to which checkpoints are appended."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tests.anchors.notes import NOTES, found, kept, note, sorted_out

from flowgov import AnchorFailed, BadInput
from flowgov.anchors.copies import Copy, Damaged
from flowgov.anchors.entries import MARK, entries
from flowgov.anchors.file import File
from flowgov.audit.note import LARGEST_NOTE


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path / "notes", "notes")


# --- what is put comes back ------------------------------------------------------------------------------------


def test_what_was_put_comes_back_in_its_order(file: File) -> None:
    for size in (3, 1, 2):
        file.put(note(size))

    assert kept(file) == [note(3), note(1), note(2)]


def test_a_copy_says_on_which_line_it_begins(file: File) -> None:
    file.put(note(1))
    file.put(note(2))

    assert [copy.where for copy in found(file)] == ["notes:1", "notes:7"]


def test_a_file_does_not_know_the_time(file: File) -> None:
    file.put(note(1))

    assert found(file)[0].at is None


def test_the_same_note_is_not_put_twice(file: File) -> None:
    for size in (1, 2, 1, 2):
        file.put(note(size))

    assert kept(file) == [note(1), note(2)]


def test_the_same_checkpoint_with_another_signature_is_another_note(file: File) -> None:
    file.put(note(1))
    file.put(note(1, seconds=1))
    file.put(note(1))

    assert kept(file) == [note(1), note(1, seconds=1)]


def test_the_last_note_is_found_without_reading_all(file: File) -> None:
    for size in range(1, 500):
        file.put(note(size))

    assert file.last() == note(499)


def test_the_only_note_is_the_last_one(file: File) -> None:
    file.put(note(1))

    assert file.last() == note(1)


def test_the_rest_of_a_note_does_not_pass_for_the_last_one(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    file.put(note(1))
    monkeypatch.setattr("flowgov.anchors.file._TAIL", len(note(1)) - 5)

    assert file.last() == note(1)


def test_before_anything_was_put_there_is_no_last_note(file: File) -> None:
    assert file.last() is None


def test_what_is_put_is_a_checkpoint(file: File) -> None:
    with pytest.raises(BadInput) as refused:
        file.put("hello\n")

    assert (refused.value.reason, file.path.exists()) == ("not_a_checkpoint", False)


def test_a_new_file_is_its_owners(file: File) -> None:
    file.put(note(1))

    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


@settings(max_examples=60, deadline=None, derandomize=True)
@given(some.lists(NOTES, max_size=6))
def test_any_sequence_of_notes_comes_back_the_same(notes: list[str]) -> None:
    with TemporaryDirectory() as folder:
        file = File(Path(folder) / "notes", "notes")
        for each in notes:
            file.put(each)

        assert (kept(file) if notes else []) == list(dict.fromkeys(notes))


# --- what is damaged is told -----------------------------------------------------------------------------------


def test_a_file_cut_at_any_byte_never_yields_a_note_that_was_not_put(file: File) -> None:
    notes = [note(1), note(2, seconds=7), note(3, origin="éléphant.example/log")]
    for each in notes:
        file.put(each)
    whole = file.path.read_bytes()

    for cut in range(len(whole)):
        file.path.write_bytes(whole[:cut])
        got = [copy.note for copy in file.copies() if isinstance(copy, Copy)]
        assert got == notes[: len(got)]


def test_after_a_cut_the_next_note_is_read_again(file: File) -> None:
    notes = [note(1), note(2, seconds=7)]
    for each in notes:
        file.put(each)
    whole = file.path.read_bytes()

    for cut in range(len(whole)):
        file.path.write_bytes(whole[:cut])
        file.put(note(3))
        got = [copy.note for copy in file.copies() if isinstance(copy, Copy)]
        assert got == [*notes[: len(got) - 1], note(3)]


PIECES = some.sampled_from([b"\n", "— ".encode(), b"x", "— a AAAAAAAA\n".encode(), b"o\n1\n", MARK, b"\xff", b"\r"])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(some.lists(PIECES).map(b"".join))
def test_whatever_stands_in_a_file_nothing_but_empty_lines_is_passed_over(content: bytes) -> None:
    told = b"".join(entry.content for entry in entries(BytesIO(content)))

    assert told.replace(b"\n", b"") == content.replace(b"\n", b"")


def test_what_is_too_large_for_a_note_is_not_held_in_memory() -> None:
    line = b"x" * 1_000 + b"\n"

    (entry,) = entries(line for _ in range(5_000))

    assert (entry.whole, len(entry.content) <= LARGEST_NOTE + len(line)) == (False, True)


def test_a_cut_off_checkpoint_is_told_with_its_line(file: File) -> None:
    file.put(note(1))
    file.put(note(2))
    file.path.write_bytes(file.path.read_bytes()[:-10])

    (damaged,) = [copy for copy in file.copies() if isinstance(copy, Damaged)]

    assert (damaged.where, damaged.error.reason, damaged.error.data["line"]) == ("notes:7", "cut", 7)


def test_an_interrupted_write_stays_visible(file: File) -> None:
    file.put(note(1))
    file.path.write_bytes(file.path.read_bytes() + note(2).encode()[:40])
    file.put(note(3))

    assert sorted_out(file) == ([note(1), note(3)], ["cut"])


def test_the_last_note_is_found_behind_an_interrupted_write(file: File) -> None:
    file.put(note(1))
    file.path.write_bytes(file.path.read_bytes() + note(2).encode()[:40])

    assert file.last() == note(1)


@pytest.mark.parametrize(
    "foreign",
    [
        b"hello\n\n",
        b"\x00" * 200 + b"\n\n",
        b"\xff\xfe\n\n",
        note(2).replace("\n", "\r\n").encode() + b"\r\n",
        note(2).replace("\n2\n", "\n02\n").encode() + b"\n",
        b"x" * (LARGEST_NOTE + 5) + b"\n\n",
        b"x\n" * LARGEST_NOTE + b"\n",
    ],
    ids=["words", "zeros", "no text", "other line ends", "two ways to write a size", "a long line", "many lines"],
)
def test_foreign_content_is_told_and_what_stands_around_it_is_read(file: File, foreign: bytes) -> None:
    file.put(note(1))
    file.path.write_bytes(file.path.read_bytes() + foreign)
    file.put(note(3))

    notes, reasons = sorted_out(file)

    assert (notes, set(reasons) <= {"damaged_line", "cut"}, bool(reasons)) == ([note(1), note(3)], True, True)


def test_empty_lines_that_an_editor_left_do_no_harm(file: File) -> None:
    file.put(note(1))
    file.path.write_bytes(b"\n" + file.path.read_bytes() + b"\n\n")
    file.put(note(2))

    assert kept(file) == [note(1), note(2)]


# --- where nothing is written ----------------------------------------------------------------------------------


def test_a_link_is_not_followed(file: File, tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("precious")
    file.path.symlink_to(target)

    with pytest.raises(AnchorFailed) as refused:
        file.put(note(1))

    assert (refused.value.reason, target.read_text()) == ("not_a_file", "precious")


def test_a_link_that_leads_nowhere_makes_no_file(file: File, tmp_path: Path) -> None:
    file.path.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(AnchorFailed):
        file.put(note(1))

    assert not (tmp_path / "elsewhere").exists()


def test_a_link_is_not_read(file: File, tmp_path: Path) -> None:
    (tmp_path / "other").write_text(note(1) + "\n")
    file.path.symlink_to(tmp_path / "other")

    with pytest.raises(AnchorFailed) as refused:
        list(file.copies())

    assert refused.value.reason == "not_a_file"


@pytest.mark.parametrize("use", [lambda file: file.put(note(1)), lambda file: list(file.copies())], ids=["put", "read"])
@pytest.mark.parametrize(
    "make",
    [lambda path: path.mkdir(), os.mkfifo, lambda path: path.symlink_to("/dev/null")],
    ids=["folder", "pipe", "device"],
)
def test_only_regular_files_are_used(file: File, make: Callable[[Path], None], use: Callable[[File], object]) -> None:
    make(file.path)

    with pytest.raises(AnchorFailed) as refused:
        use(file)

    assert refused.value.reason == "not_a_file"


def test_a_device_named_directly_is_not_used() -> None:
    with pytest.raises(AnchorFailed) as refused:
        File(Path("/dev/null"), "/dev/null").put(note(1))

    assert refused.value.reason == "not_a_file"


def test_a_folder_that_is_not_there_is_not_made_up(tmp_path: Path) -> None:
    """A volume that is not mounted must not be mistaken for one that is."""
    with pytest.raises(AnchorFailed) as refused:
        File(tmp_path / "mount" / "notes", "notes").put(note(1))

    assert (refused.value.reason, (tmp_path / "mount").exists()) == ("unwritable", False)


def test_a_file_that_is_not_there_cannot_be_read(file: File) -> None:
    with pytest.raises(AnchorFailed) as refused:
        list(file.copies())

    assert refused.value.reason == "unreadable"


# --- full and failing disks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", [0, 1, 100])
def test_on_a_full_disk_nothing_half_written_stays(file: File, small_disk: Callable[[int], None], room: int) -> None:
    file.put(note(1))
    before = file.path.read_bytes()
    small_disk(room)

    with pytest.raises(AnchorFailed) as failed:
        file.put(note(2))

    assert (failed.value.reason, file.path.read_bytes()) == ("unwritable", before)


def test_what_did_not_reach_the_disk_was_not_put(file: File, failing_disk: Callable[[], None]) -> None:
    file.put(note(1))
    before = file.path.read_bytes()
    failing_disk()

    with pytest.raises(AnchorFailed) as failed:
        file.put(note(2))

    assert (failed.value.retryable, file.path.read_bytes()) == (True, before)


def test_a_disk_that_takes_little_at_a_time_gets_all(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:7]))

    file.put(note(1))

    assert kept(file) == [note(1)]


def test_what_is_put_while_somebody_reads_does_not_disturb_him(file: File) -> None:
    for size in range(100):
        file.put(note(size))
    reading = file.copies()
    next(reading)

    file.put(note(100))

    assert [copy.note for copy in reading if isinstance(copy, Copy)] == [note(size) for size in range(1, 100)]
