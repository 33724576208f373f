"""A git work tree: checkpoints are committed and pushed, and read back from the history rather than from the files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flowgov.anchors import disk
from flowgov.anchors.copies import Copy, Damaged, checkpoint_to_put, copy_of
from flowgov.anchors.folder import SUFFIX
from flowgov.audit.note import LARGEST_NOTE, Checkpoint
from flowgov.errors import AnchorFailed, BadInput

FOLDER = "checkpoints"
NAME, EMAIL = "flowgov", "flowgov@localhost.invalid"
"""Who commits where git has not been told."""

_SECONDS = 60
_AT_ONCE = 4 * LARGEST_NOTE
"""Bytes read by one command: they are held in memory together."""
_LONGEST_NAME = 100
_MODE = 0o644
_FIXED = {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C"}
_FILE_MODES = ("100644", "100755")
_ELSEWHERE = re.compile(r"GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|COMMON_DIR|NAMESPACE|PREFIX|ALTERNATE_.*)")
"""What would make git work on another repository, as inside a hook."""
_URL_SECRET = re.compile(r"(\w://)[^/\s@]*@")
_HISTORY = (
    *("-c", "log.showRoot=true", "log", "--all", "--reflog", "--topo-order", "--reverse", "--full-history", "-m"),
    *("--no-renames", "--no-ext-diff", "--no-abbrev", "--no-show-signature", "--raw", "-z", "--format=%H"),
)
"""Every commit that any branch, tag, remote or reflog still leads to; merges are compared with each parent."""


@dataclass(frozen=True, slots=True)
class _Version:
    object: str
    """Git's name for the content."""
    file: bool
    """Not a link, nor another repository."""
    where: str


@dataclass(frozen=True, slots=True)
class Git:
    """A folder ``checkpoints`` in the work tree at *path*."""

    path: Path
    name: str
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def put(self, note: str) -> str:
        checkpoint = checkpoint_to_put(note)
        self._check()
        file = f"{FOLDER}/{_origin(checkpoint)}/{checkpoint.size:012d}{SUFFIX}"
        if self._run("show", f"HEAD:./{file}", fails=True) != note.encode():
            self._write(file, note.encode())
            self._commit(file, checkpoint)
        self._push()
        return f"{self.name} {self._text('rev-parse', '--short=12', 'HEAD')}:{file}"

    def copies(self) -> Iterator[Copy | Damaged]:
        self._check()
        versions = list(self._versions())
        sizes = self._sizes([version.object for version in versions])
        for some in _batches(versions, sizes):
            yield from self._read(some, sizes)

    def _check(self) -> None:
        if not self.path.is_dir() or self._run("rev-parse", "--is-inside-work-tree", fails=True) != b"true\n":
            raise BadInput("anchor_not_git", path=str(self.path))

    def _write(self, file: str, content: bytes) -> None:
        path = self.path / file
        with disk.writing(str(path)):
            for folder in (path.parent.parent, path.parent):
                if folder.is_symlink():
                    raise AnchorFailed("not_a_file", place=str(folder))
                folder.mkdir(exist_ok=True)
            # an earlier version stays in the history
            disk.write_whole(path, content, mode=_MODE, replace=True)

    def _commit(self, file: str, checkpoint: Checkpoint) -> None:
        self._run("add", "--force", "--", file)
        message = f"checkpoint {checkpoint.size} of {checkpoint.origin}"
        # named files only: what somebody has staged stays staged
        self._run(*self._identity(), "commit", "--quiet", "--only", "--message", message, "--", file)

    def _identity(self) -> list[str]:
        known = {
            "user.name": self.environ.get("GIT_AUTHOR_NAME") and self.environ.get("GIT_COMMITTER_NAME"),
            "user.email": self.environ.get("GIT_AUTHOR_EMAIL") and self.environ.get("GIT_COMMITTER_EMAIL"),
        }
        neutral = {"user.name": NAME, "user.email": EMAIL}
        unknown = [key for key in neutral if not (known[key] or self._text("config", key, fails=True))]
        return [part for key in unknown for part in ("-c", f"{key}={neutral[key]}")]

    def _push(self) -> None:
        branch = self._text("symbolic-ref", "--quiet", "--short", "HEAD", fails=True)
        remote = self._text("config", f"branch.{branch}.remote", fails=True)
        target = self._text("config", f"branch.{branch}.merge", fails=True)
        if branch and remote and target:
            self._run("push", "--quiet", "--", remote, f"HEAD:{target}")

    def _versions(self) -> Iterator[_Version]:
        """Every content that a checkpoint's file ever had, each once."""
        parts = iter(self._run(*_HISTORY, "--", FOLDER).split(b"\0"))
        commit, seen = "", set()
        for part in parts:
            said = part.strip().decode("utf-8", "replace")
            if not said.startswith(":"):
                commit = said or commit
                continue
            _, mode, _, found, _ = said.split(" ")
            path = next(parts).decode("utf-8", "replace")
            if path.endswith(SUFFIX) and found.strip("0") and found not in seen:
                seen.add(found)
                yield _Version(found, mode in _FILE_MODES, f"{self.name} {commit[:12]}:{path}")

    def _read(self, versions: Sequence[_Version], sizes: Mapping[str, int]) -> Iterator[Copy | Damaged]:
        readable = [found.object for found in versions if found.file and sizes[found.object] <= LARGEST_NOTE]
        contents = self._contents(readable)
        for found in versions:
            content = contents.get(found.object)
            if content is None:
                yield Damaged(found.where, AnchorFailed("damaged", place=found.where, why="no_file_of_a_note"))
            else:
                yield copy_of(content, found.where)

    def _sizes(self, objects: list[str]) -> dict[str, int]:
        """Sizes of those objects that are there; of others, more than any note has."""
        lines = self._objects("--batch-check=%(objectsize)", objects).decode().splitlines()
        return {
            found: int(line) if line.isdecimal() else LARGEST_NOTE + 1
            for found, line in zip(objects, lines, strict=True)
        }

    def _contents(self, objects: list[str]) -> dict[str, bytes]:
        answer, contents = self._objects("--batch=%(objectsize)", objects), {}
        for found in objects:
            size, _, answer = answer.partition(b"\n")
            contents[found], answer = answer[: int(size)], answer[int(size) + 1 :]
        return contents

    def _objects(self, how: str, objects: list[str]) -> bytes:
        return self._run("cat-file", how, stdin="".join(f"{found}\n" for found in objects))

    def _text(self, *words: str, fails: bool = False) -> str:
        return self._run(*words, fails=fails).decode("utf-8", "replace").strip()

    def _run(self, *words: str, stdin: str = "", fails: bool = False) -> bytes:
        """What git answers; nothing where it *fails* and may."""
        git = shutil.which("git")
        if git is None:
            raise AnchorFailed("git_missing", place=self.name)
        command = [git, "-C", str(self.path), *words]
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and git itself is the program
                command,
                input=stdin.encode(),
                capture_output=True,
                check=False,
                timeout=_SECONDS,
                env=self._surroundings(),
                start_new_session=True,  # without a terminal nothing can ask for a password
            )
        except subprocess.TimeoutExpired as error:
            raise AnchorFailed("git_slow", place=self.name, seconds=_SECONDS) from error
        except OSError as error:
            raise AnchorFailed("git_missing", place=self.name) from error
        if done.returncode and not fails:
            said = _first_lines(done.stderr or done.stdout)
            if words[0] == "push":
                raise AnchorFailed("git_push", place=self.name, said=said)
            raise AnchorFailed("git", place=self.name, said=said)
        return b"" if done.returncode else done.stdout

    def _surroundings(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in self.environ.items()
            # a hook of the repository's has no business with our keys
            if not _ELSEWHERE.fullmatch(name) and not name.startswith("FLOWGOV_")
        }
        return {"GIT_SSH_COMMAND": "ssh -oBatchMode=yes", **kept, **_FIXED}


def _batches(versions: Iterable[_Version], sizes: Mapping[str, int]) -> Iterator[list[_Version]]:
    """*versions* in groups that can be held in memory."""
    batch, held = [], 0
    for version in versions:
        batch.append(version)
        held += min(sizes[version.object], LARGEST_NOTE)
        if held > _AT_ONCE:
            yield batch
            batch, held = [], 0
    yield batch


def _origin(checkpoint: Checkpoint) -> str:
    """The log's origin as the name of a folder."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", checkpoint.origin)[:_LONGEST_NAME]
    return re.sub(r"^[.-]", "_", safe)


def _first_lines(said: bytes) -> str:
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines()]
    return _URL_SECRET.sub(r"\1", " · ".join(line for line in lines if line)[:400])
