"""A git work tree: checkpoints are committed, pushed, and read back from the history."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.anchors.notes import found, kept, note, sorted_out

from flowgov import AnchorFailed, BadInput
from flowgov.anchors.git import Git

FILE = "checkpoints/flowgov_9f0c11d2ab340e57/000000000005.checkpoint"
ENVIRON = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "init.defaultBranch",
    "GIT_CONFIG_VALUE_0": "main",
}


class Tree:
    """A work tree, and git in the hands of whoever else works in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.place = Git(path, "git:tree", ENVIRON)

    def git(self, *words: str) -> str:
        identity = ("-c", "user.name=Yann", "-c", "user.email=yann@example.org")
        done = subprocess.run(
            ["git", "-C", str(self.path), *identity, *words], env=ENVIRON, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def write(self, name: str, text: str) -> None:
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_text(text)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A repository without any commit."""
    path = tmp_path / "tree"
    path.mkdir()
    tree = Tree(path)
    tree.git("init", "--quiet")
    return tree


@pytest.fixture
def remote(tmp_path: Path, tree: Tree) -> Tree:
    """A bare repository that the tree's branch is pushed to."""
    path = tmp_path / "remote.git"
    path.mkdir()
    remote = Tree(path)
    remote.git("init", "--quiet", "--bare")
    tree.git("commit", "--quiet", "--allow-empty", "--message", "begin")
    tree.git("remote", "add", "origin", str(path))
    tree.git("push", "--quiet", "--set-upstream", "origin", "main")
    return remote


# --- what is put comes back ------------------------------------------------------------------------------------


def test_what_was_put_comes_back_in_its_order(tree: Tree) -> None:
    for size in (5, 70, 8):
        tree.place.put(note(size))

    assert kept(tree.place) == [note(5), note(70), note(8)]


def test_a_checkpoint_is_a_file_and_a_commit_of_its_own(tree: Tree) -> None:
    where = tree.place.put(note(5))

    assert tree.git("show", f"HEAD:{FILE}") + "\n" == note(5)
    assert tree.git("log", "-1", "--format=%s") == "checkpoint 5 of flowgov/9f0c11d2ab340e57"
    assert where == f"git:tree {tree.git('rev-parse', '--short=12', 'HEAD')}:{FILE}"


def test_a_copy_names_its_commit(tree: Tree) -> None:
    tree.place.put(note(5))

    assert [copy.where for copy in found(tree.place)] == [f"git:tree {tree.git('rev-parse', 'HEAD')[:12]}:{FILE}"]


def test_the_same_note_is_committed_once(tree: Tree) -> None:
    tree.place.put(note(5))
    tree.place.put(note(5))

    assert tree.git("rev-list", "--count", "HEAD") == "1"


def test_a_later_note_of_the_same_size_does_not_hide_the_first(tree: Tree) -> None:
    tree.place.put(note(5))
    tree.place.put(note(5, seconds=1))

    assert kept(tree.place) == [note(5), note(5, seconds=1)]


def test_more_checkpoints_than_fit_into_memory_at_once_are_read(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    for size in range(5):
        tree.place.put(note(size))
    monkeypatch.setattr("flowgov.anchors.git._AT_ONCE", 300)

    assert kept(tree.place) == [note(size) for size in range(5)]


def test_a_folder_inside_a_work_tree_will_do(tree: Tree) -> None:
    (tree.path / "audit").mkdir()
    place = Git(tree.path / "audit", "git:audit", ENVIRON)

    place.put(note(5))

    assert (kept(place), tree.git("ls-files")) == ([note(5)], f"audit/{FILE}")


def test_a_repository_without_checkpoints_has_none(tree: Tree) -> None:
    assert kept(tree.place) == []


@pytest.mark.parametrize("origin", ["../../../../evil", ".git", "-rf", "a/b", "é", "x" * 300])
def test_no_name_of_a_log_leads_out_of_the_folder(tree: Tree, origin: str) -> None:
    tree.place.put(note(5, origin=origin))

    (name,) = [path.parent.relative_to(tree.path) for path in tree.path.rglob("*.checkpoint")]
    assert (len(name.parts), name.parts[0], name.name[0] in ".-") == (2, "checkpoints", False)
    assert kept(tree.place) == [note(5, origin=origin)]


# --- the history is what counts --------------------------------------------------------------------------------


def put_two(tree: Tree) -> None:
    tree.place.put(note(5))
    tree.place.put(note(70))


def edited(tree: Tree) -> None:
    tree.write(FILE, note(5, seconds=99))
    tree.git("commit", "--quiet", "--all", "--message", "nothing to see")


def deleted(tree: Tree) -> None:
    tree.git("rm", "--quiet", "-r", "checkpoints")
    tree.git("commit", "--quiet", "--message", "cleaning up")


def deleted_by_hand(tree: Tree) -> None:
    (tree.path / FILE).unlink()


def reset(tree: Tree) -> None:
    tree.git("reset", "--quiet", "--hard", "HEAD~1")


def began_afresh(tree: Tree) -> None:
    tree.git("checkout", "--quiet", "--orphan", "fresh")
    tree.git("rm", "--quiet", "-r", "--force", ".")
    tree.git("commit", "--quiet", "--allow-empty", "--message", "fresh")
    tree.git("branch", "--quiet", "--move", "--force", "main")


def lost_in_a_merge(tree: Tree) -> None:
    tree.git("checkout", "--quiet", "-b", "side", "HEAD~1")
    tree.git("commit", "--quiet", "--allow-empty", "--message", "side")
    tree.git("merge", "--quiet", "--strategy=ours", "--message", "merge", "main")
    tree.git("branch", "--quiet", "--force", "main", "side")
    tree.git("checkout", "--quiet", "main")
    tree.git("branch", "--quiet", "--delete", "side")
    tree.git("reflog", "expire", "--expire=now", "--all")


def replaced(tree: Tree) -> None:
    empty = tree.git("commit-tree", "-m", "empty", tree.git("hash-object", "-t", "tree", "-w", "--stdin"))
    tree.git("replace", "HEAD", empty)


@pytest.mark.parametrize("deed", [edited, deleted, deleted_by_hand, reset, began_afresh, lost_in_a_merge, replaced])
def test_what_was_committed_is_still_seen_after_it_was(tree: Tree, deed: Callable[[Tree], None]) -> None:
    put_two(tree)

    deed(tree)

    notes = kept(tree.place)
    assert {note(5), note(70)} <= set(notes)


def test_what_was_put_and_deleted_is_put_back(tree: Tree) -> None:
    put_two(tree)
    deleted(tree)

    tree.place.put(note(5))

    assert tree.git("ls-files") == FILE


def test_foreign_content_is_told_with_its_commit(tree: Tree) -> None:
    tree.write(FILE, "hello\n")
    tree.write("checkpoints/x/link.checkpoint", "")
    (tree.path / "checkpoints/x/link.checkpoint").unlink()
    (tree.path / "checkpoints/x/link.checkpoint").symlink_to("/etc/passwd")
    tree.write("checkpoints/x/large.checkpoint", "x" * 1_000_001)
    tree.write("checkpoints/README", "what this is\n")
    tree.git("add", ".")
    tree.git("commit", "--quiet", "--message", "foreign")
    tree.place.put(note(70))

    assert sorted_out(tree.place) == ([note(70)], ["damaged"] * 3)


# --- others work here too --------------------------------------------------------------------------------------


def test_what_others_have_staged_stays_staged(tree: Tree) -> None:
    tree.write("draft.txt", "draft\n")
    tree.git("add", "draft.txt")

    tree.place.put(note(5))

    assert tree.git("show", "--format=", "--name-only", "HEAD") == FILE
    assert tree.git("status", "--porcelain") == "A  draft.txt"


def test_a_rule_that_ignores_files_does_not_hide_a_checkpoint(tree: Tree) -> None:
    tree.write(".gitignore", "*.checkpoint\n")

    tree.place.put(note(5))

    assert kept(tree.place) == [note(5)]


def test_without_an_identity_flowgov_commits_as_itself(tree: Tree) -> None:
    tree.place.put(note(5))

    who = "flowgov <flowgov@localhost.invalid>"
    assert tree.git("log", "-1", "--format=%an <%ae>%n%cn <%ce>") == f"{who}\n{who}"


def test_the_identity_that_git_knows_is_used(tree: Tree) -> None:
    tree.git("config", "user.name", "Sophie Le Goff")
    tree.git("config", "user.email", "slegoff@example.org")

    tree.place.put(note(5))

    assert tree.git("log", "-1", "--format=%an <%ae>") == "Sophie Le Goff <slegoff@example.org>"


def test_commits_are_signed_where_git_is_told_to(tree: Tree, tmp_path: Path) -> None:
    """The program that signs is replaced by one that refuses, which git must have asked."""
    tree.git("config", "commit.gpgsign", "true")
    tree.git("config", "gpg.program", "false")

    with pytest.raises(AnchorFailed) as failed:
        tree.place.put(note(5))

    assert (failed.value.reason, "gpg" in str(failed.value)) == ("git", True)


def test_a_hook_that_refuses_is_told_in_its_words(tree: Tree) -> None:
    hook = tree.path / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'no commits on Fridays' >&2\nexit 1\n")
    hook.chmod(0o755)

    with pytest.raises(AnchorFailed) as failed:
        tree.place.put(note(5))

    assert "no commits on Fridays" in failed.value.message()


def test_inside_another_repositorys_hook_its_own_repository_is_used(tree: Tree, tmp_path: Path) -> None:
    environ = {**ENVIRON, "GIT_DIR": str(tmp_path / "other.git"), "GIT_INDEX_FILE": str(tmp_path / "index")}

    Git(tree.path, "git:tree", environ).put(note(5))

    assert kept(tree.place) == [note(5)]


def test_a_folder_that_is_no_work_tree_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refused:
        Git(tmp_path, "git:here", {**ENVIRON, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}).put(note(5))

    assert refused.value.reason == "anchor_not_git"


def test_a_bare_repository_is_refused(tree: Tree, remote: Tree) -> None:
    with pytest.raises(BadInput) as refused:
        list(remote.place.copies())

    assert refused.value.reason == "anchor_not_git"


@pytest.mark.parametrize("link", ["checkpoints", "checkpoints/flowgov_9f0c11d2ab340e57", FILE])
def test_a_link_leads_nothing_out_of_the_work_tree(tree: Tree, tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tree.path / link).parent.mkdir(parents=True, exist_ok=True)
    (tree.path / link).symlink_to(outside)

    try:
        tree.place.put(note(5))
    except AnchorFailed as failed:
        assert failed.reason == "not_a_file"

    assert list(outside.iterdir()) == []


def test_without_git_it_is_said(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(AnchorFailed) as failed:
        tree.place.put(note(5))

    assert failed.value.reason == "git_missing"


def test_a_git_that_never_ends_is_left(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object, timeout: float, **__: object) -> None:
        raise subprocess.TimeoutExpired("git", timeout)

    monkeypatch.setattr(subprocess, "run", slow)

    with pytest.raises(AnchorFailed) as failed:
        tree.place.put(note(5))

    assert failed.value.reason == "git_slow"


def test_on_a_full_disk_nothing_half_written_stays(tree: Tree, small_disk: Callable[[int], None]) -> None:
    small_disk(100)

    with pytest.raises(AnchorFailed) as failed:
        tree.place.put(note(5))

    assert (failed.value.reason, tree.git("status", "--porcelain")) == ("unwritable", "")


# --- pushing ---------------------------------------------------------------------------------------------------


def test_where_a_branch_has_an_upstream_it_is_pushed(tree: Tree, remote: Tree) -> None:
    tree.place.put(note(5))

    assert remote.git("show", f"main:{FILE}") + "\n" == note(5)


def test_without_an_upstream_nothing_is_pushed(tree: Tree, remote: Tree) -> None:
    tree.git("checkout", "--quiet", "-b", "local")

    tree.place.put(note(5))

    assert remote.git("branch", "--format=%(refname:short)") == "main"


def refuse_pushes(remote: Tree, says: str = "protected branch") -> Path:
    hook = remote.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit 1\n")
    hook.chmod(0o755)
    return hook


def test_a_rejected_push_is_told_in_the_remotes_words(tree: Tree, remote: Tree) -> None:
    refuse_pushes(remote)

    with pytest.raises(AnchorFailed) as failed:
        tree.place.put(note(5))

    assert (failed.value.reason, "protected branch" in failed.value.message()) == ("git_push", True)


def test_after_a_rejected_push_the_same_note_is_pushed_and_committed_once(tree: Tree, remote: Tree) -> None:
    hook = refuse_pushes(remote)
    with pytest.raises(AnchorFailed):
        tree.place.put(note(5))
    hook.unlink()

    tree.place.put(note(5))

    assert (remote.git("rev-list", "--count", "main"), tree.git("status", "--short")) == ("2", "")


def test_a_remote_that_went_on_is_told(tree: Tree, remote: Tree, tmp_path: Path) -> None:
    other = Tree(tmp_path / "other")
    remote.git("clone", "--quiet", str(remote.path), str(other.path))
    other.git("commit", "--quiet", "--allow-empty", "--message", "meanwhile")
    other.git("push", "--quiet")

    with pytest.raises(AnchorFailed) as failed:
        tree.place.put(note(5))

    assert failed.value.reason == "git_push"


def test_a_password_in_the_remotes_url_is_never_shown(tree: Tree, remote: Tree) -> None:
    tree.git("remote", "set-url", "origin", "http://slegoff:canary-4711@127.0.0.1:1/x.git")

    with pytest.raises(AnchorFailed) as failed:
        tree.place.put(note(5))

    assert (failed.value.reason, "canary-4711" in f"{failed.value}{failed.value.data}") == ("git_push", False)


def test_a_password_in_what_a_remote_says_is_never_shown(tree: Tree, remote: Tree) -> None:
    refuse_pushes(remote, says="go to https://slegoff:canary-4711@git.example.org/x instead")

    with pytest.raises(AnchorFailed) as failed:
        tree.place.put(note(5))

    said = f"{failed.value}{failed.value.data}"
    assert ("https://git.example.org/x" in said, "canary-4711" in said) == (True, False)


def test_what_only_the_remote_still_has_is_read(tree: Tree, remote: Tree) -> None:
    tree.place.put(note(5))
    tree.git("reset", "--quiet", "--hard", "HEAD~1")
    tree.git("reflog", "expire", "--expire=now", "--all")

    assert kept(tree.place) == [note(5)]
