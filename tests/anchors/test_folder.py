"""A folder with one file for each checkpoint."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from tests.anchors.notes import kept, note, sorted_out

from flowgov import AnchorFailed, BadInput
from flowgov.anchors.copies import Damaged
from flowgov.anchors.folder import Folder
from flowgov.audit.note import LARGEST_NOTE

ROOT = sha256(b"5").hexdigest()[:16]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "kept", "kept")


def test_what_was_put_comes_back_smallest_first(folder: Folder) -> None:
    for size in (1000, 5, 70):
        folder.put(note(size))

    assert kept(folder) == [note(5), note(70), note(1000)]


def test_a_file_is_named_by_size_and_root_and_holds_the_note_as_it_is(folder: Folder) -> None:
    where = Path(folder.put(note(5)))

    assert (where.name, where.read_text()) == (f"000000000005-{ROOT}.checkpoint", note(5))


def test_the_same_note_is_put_once(folder: Folder) -> None:
    assert folder.put(note(5)) == folder.put(note(5))
    assert kept(folder) == [note(5)]


def test_another_note_about_the_same_size_and_root_stands_beside_the_first(folder: Folder) -> None:
    notes = {note(5), note(5, seconds=1), note(5, origin="flowgov/0000000000000000")}
    for each in [*notes, *notes]:
        folder.put(each)

    assert sorted(kept(folder)) == sorted(notes)


def test_what_is_put_is_a_checkpoint(folder: Folder) -> None:
    with pytest.raises(BadInput):
        folder.put("../../etc/passwd\n1\n")


def test_only_the_last_folder_of_a_path_is_made(tmp_path: Path) -> None:
    with pytest.raises(AnchorFailed) as refused:
        Folder(tmp_path / "mount" / "kept", "kept").put(note(5))

    assert (refused.value.reason, (tmp_path / "mount").exists()) == ("unwritable", False)


def test_what_was_altered_is_not_overwritten_but_told(folder: Folder) -> None:
    where = Path(folder.put(note(5)))
    where.chmod(0o600)
    where.write_text("altered")

    again = Path(folder.put(note(5)))

    assert (where.read_text(), again == where) == ("altered", False)
    assert sorted_out(folder) == ([note(5)], ["damaged"])


def test_what_cannot_be_put_anywhere_is_told(folder: Folder) -> None:
    folder.path.mkdir()
    second = f"000000000005-{ROOT}-{sha256(note(5).encode()).hexdigest()[:16]}.checkpoint"
    for name in (f"000000000005-{ROOT}.checkpoint", second):
        (folder.path / name).write_text("something else")

    with pytest.raises(AnchorFailed) as refused:
        folder.put(note(5))

    assert refused.value.reason == "taken"


def test_a_link_in_the_place_of_a_checkpoint_is_neither_followed_nor_replaced(folder: Folder, tmp_path: Path) -> None:
    folder.path.mkdir()
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (folder.path / f"000000000005-{ROOT}.checkpoint").symlink_to(precious)

    with pytest.raises(AnchorFailed) as refused:
        folder.put(note(5))

    assert (refused.value.reason, precious.read_text()) == ("not_a_file", "precious")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.symlink_to("/etc/hostname"), "not_a_file"),
        (lambda path: path.mkdir(), "not_a_file"),
        (os.mkfifo, "not_a_file"),
        (lambda path: path.write_bytes(b""), "damaged"),
        (lambda path: path.write_bytes(b"\xff" * 100), "damaged"),
        (lambda path: path.write_bytes(b"x" * (LARGEST_NOTE + 1)), "too_large"),
        (lambda path: path.write_text(note(7)[:-5]), "damaged"),
    ],
    ids=["link", "folder", "pipe", "empty", "no text", "too large", "cut"],
)
def test_what_is_not_a_checkpoint_is_told_with_its_name(
    folder: Folder, make: Callable[[Path], None], reason: str
) -> None:
    folder.put(note(5))
    path = folder.path / "000000000006-0.checkpoint"
    make(path)

    damaged = [copy for copy in folder.copies() if isinstance(copy, Damaged)]

    assert [(one.where, one.error.reason) for one in damaged] == [(str(path), reason)]


def test_other_files_in_the_folder_are_not_read(folder: Folder) -> None:
    folder.put(note(5))
    (folder.path / "README").write_text("what this is")

    assert kept(folder) == [note(5)]


def test_a_folder_that_is_not_there_cannot_be_read(folder: Folder) -> None:
    with pytest.raises(AnchorFailed) as refused:
        list(folder.copies())

    assert refused.value.reason == "unreadable"


def test_a_file_in_the_place_of_the_folder_is_told(folder: Folder) -> None:
    folder.path.write_text("")

    with pytest.raises(AnchorFailed) as refused:
        folder.put(note(5))

    assert refused.value.reason == "unwritable"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_told(folder: Folder) -> None:
    folder.path.mkdir(mode=0o500)

    with pytest.raises(AnchorFailed) as refused:
        folder.put(note(5))

    assert refused.value.reason == "unwritable"


def test_a_read_only_file_system_is_told(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.path.mkdir()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("flowgov.anchors.disk.mkstemp", refuse)

    with pytest.raises(AnchorFailed) as refused:
        folder.put(note(5))

    assert "Read-only file system" in str(refused.value)


@pytest.mark.parametrize("room", [0, 1, 100])
def test_on_a_full_disk_nothing_half_written_stays(
    folder: Folder, small_disk: Callable[[int], None], room: int
) -> None:
    small_disk(room)

    with pytest.raises(AnchorFailed) as failed:
        folder.put(note(5))

    assert (failed.value.reason, list(folder.path.iterdir())) == ("unwritable", [])


def test_what_did_not_reach_the_disk_was_not_put(folder: Folder, failing_disk: Callable[[], None]) -> None:
    failing_disk()

    with pytest.raises(AnchorFailed):
        folder.put(note(5))

    assert list(folder.path.iterdir()) == []


def test_a_share_without_links_will_do(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    folder.put(note(5))
    folder.put(note(5))
    folder.put(note(5, seconds=1))

    assert sorted(kept(folder)) == sorted([note(5), note(5, seconds=1)])
