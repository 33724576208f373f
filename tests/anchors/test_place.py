"""What people write, and the place they mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowgov import BadInput
from flowgov.anchors.authority import Authority
from flowgov.anchors.copies import Place
from flowgov.anchors.file import File
from flowgov.anchors.folder import Folder
from flowgov.anchors.git import Git
from flowgov.anchors.place import place
from flowgov.anchors.webhook import Webhook


def meant(text: str) -> Place:
    return place(text, vault=Path("/vault"), ca=None, environ={})


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("/mnt/safe/notes", File, "/mnt/safe/notes"),
        ("notes.txt", File, "notes.txt"),
        ("file:notes.txt", File, "notes.txt"),
        ("file:a:b", File, "a:b"),
        ("file:///mnt/safe/notes", File, "/mnt/safe/notes"),
        ("C:notes", File, "C:notes"),
        ("/mnt/safe/", Folder, "/mnt/safe"),
        ("file:/mnt/safe/", Folder, "/mnt/safe"),
        ("/", Folder, "/"),
        ("git:/srv/anchors", Git, "git:/srv/anchors"),
        ("GIT:/srv/anchors", Git, "git:/srv/anchors"),
        ("tsa:https://tsa.example.org/tsr", Authority, "tsa:https://tsa.example.org/tsr"),
        ("tsa:https://user:secret@tsa.example.org/tsr?key=1", Authority, "tsa:https://tsa.example.org/tsr?…"),
        ("tsa:/vault/timestamps", Authority, "tsa:/vault/timestamps"),
        ("https://example.org/hook", Webhook, "https://example.org/hook"),
        ("HTTPS://Example.org/hook", Webhook, "https://example.org/hook"),
        ("http://[::1]:8080/", Webhook, "http://[::1]:8080/"),
    ],
)
def test_a_place_is_known_by_how_it_is_written(text: str, kind: type, name: str) -> None:
    found = meant(text)

    assert (type(found), found.name) == (kind, name)


def test_a_folder_that_is_there_needs_no_stroke_at_its_end(tmp_path: Path) -> None:
    assert isinstance(meant(str(tmp_path)), Folder)


def test_tokens_are_kept_in_the_vault() -> None:
    found = meant("tsa:https://tsa.example.org/")

    assert isinstance(found, Authority)
    assert found.folder == Path("/vault/timestamps")


@pytest.mark.parametrize(
    "text", ["", "  ", "file:", "git:", "tsa:", "a\nb", "a\0b", "file://host/share", "//host/share", "git:ssh://host/x"]
)
def test_what_names_no_place_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        meant(text)

    assert refused.value.reason == "anchor_place"


@pytest.mark.parametrize(("text", "hint"), [("s3:bucket", "The kinds are"), ("gitt:/srv", "Did you mean git?")])
def test_a_kind_that_does_not_exist_is_refused_and_no_file_of_that_name_made(text: str, hint: str) -> None:
    with pytest.raises(BadInput) as refused:
        meant(text)

    assert (refused.value.reason, hint in str(refused.value.hint())) == ("anchor_kind", True)
