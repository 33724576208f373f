"""One log, played once: two projects, a key and its rotation, a redaction, an erasure, a document, a witness."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from tests.bundle.checking import other
from tests.bundle.logs import PAPER, Log, founded, signer, story

WITNESS = signer("witness.example.org/w1")


@pytest.fixture(scope="session", autouse=True)
def _other_ends() -> Iterator[None]:
    """The second implementation goes when the tests are done, if one of them asked it."""
    yield
    if other.cache_info().currsize:
        other().communicate()
        other.cache_clear()


@pytest.fixture(scope="session")
def unsigned_log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """Real records, and no key yet; take a copy to append to it."""
    return founded(tmp_path_factory.mktemp("log"))


@pytest.fixture(scope="session")
def log(unsigned_log: Log) -> Log:
    """The story of `logs.story`; not to be changed."""
    return story(unsigned_log)


@pytest.fixture(scope="session")
def paper(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The document of the story, by its hash."""
    path = tmp_path_factory.mktemp("evidence") / "paper.txt"
    path.write_bytes(PAPER)
    return {sha256(PAPER).hexdigest(): path}


@pytest.fixture(scope="session")
def whole(log: Log, paper: dict[str, Path]) -> bytes:
    """A bundle of the whole log."""
    return log.bundle("log", evidence=paper, anchors={"000000000027.tsr": b"a token"})


@pytest.fixture(scope="session")
def one_project(log: Log, paper: dict[str, Path]) -> bytes:
    """A bundle of one project and the organisation."""
    return log.bundle("project", evidence=paper, anchors={"000000000027.tsr": b"a token"})


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where a test's bundle is written for a verifier to read."""
    return tmp_path / "test.fgev"
