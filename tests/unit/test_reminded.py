"""What was sent is remembered in a file."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Event, Thread

import pytest

from flowgov.errors import BadInput
from flowgov.reminding.memory import memory


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reminded.json"


def test_what_was_sent_is_known_the_next_time(path: Path) -> None:
    with memory(path, "log") as kept:
        kept.remember(["a"])

    with memory(path, "log") as kept:
        assert ("a" in kept, "b" in kept) == (True, False)


def test_another_log_has_a_memory_of_its_own(path: Path) -> None:
    with memory(path, "log") as kept:
        kept.remember(["a"])

    with memory(path, "other") as kept:
        kept.remember(["b"])
        assert "a" not in kept

    assert json.loads(path.read_text())["sent"] == {"log": ["a"], "other": ["b"]}


def test_what_is_no_longer_due_is_forgotten(path: Path) -> None:
    with memory(path, "log") as kept:
        kept.remember(["a", "b"])
        kept.keep_only({"b", "c"})

    with memory(path, "log") as kept:
        assert ("a" in kept, "b" in kept, "c" in kept) == (False, True, False)


def test_nothing_is_written_when_nothing_was_sent(path: Path) -> None:
    with memory(path, "log") as kept:
        kept.keep_only(set())

    assert not path.exists()


def test_only_its_owner_can_read_it(path: Path) -> None:
    with memory(path, "log") as kept:
        kept.remember(["a"])

    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"sent": 1}', '{"sent": {"log": 1}}', "\x00"])
def test_a_damaged_memory_is_told_and_nothing_is_sent_twice_in_silence(path: Path, content: str) -> None:
    path.write_text(content)

    with pytest.raises(BadInput) as caught, memory(path, "log"):
        pass

    assert caught.value.reason == "reminded_unreadable"


def test_a_memory_that_is_a_folder_is_told(path: Path) -> None:
    path.mkdir()

    with pytest.raises(BadInput) as caught, memory(path, "log"):
        pass

    assert caught.value.reason == "reminded_unreadable"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught, memory(tmp_path / "nowhere" / "reminded.json", "log"):
        pass

    assert caught.value.reason == "output_not_written"


def test_who_comes_second_waits_and_sees_what_the_first_one_sent(path: Path) -> None:
    seen: list[bool] = []
    started = Event()

    def second() -> None:
        started.set()
        with memory(path, "log") as kept:
            seen.append("a" in kept)

    with memory(path, "log") as kept:
        thread = Thread(target=second)
        thread.start()
        started.wait()
        thread.join(0.2)
        waited = thread.is_alive()
        kept.remember(["a"])
    thread.join(10)

    assert (waited, seen) == (True, [True])
