"""The signer's folder: the key that only its owner may read, and the memory of what was signed."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from tests.anchors.notes import ORIGIN, SIGNER, found, kept, note

from flowgov import AnchorFailed, BadInput
from flowgov.anchors.vault import Vault, default_vault
from flowgov.audit.signing import Signer

KEY = SIGNER.encode()
OTHER = Signer(ORIGIN, sha256(b"another key").digest())
SEED = KEY.rpartition("+")[2]


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault.create(tmp_path / "vault", KEY, {})


def key_file(vault: Vault) -> Path:
    return vault.folder / "signing.key"


# --- the key ---------------------------------------------------------------------------------------------------


def test_the_key_that_was_put_in_signs(vault: Vault) -> None:
    assert Vault.open(vault.folder, {}).signer().key == SIGNER.key


def test_folder_and_key_are_their_owners_only(vault: Vault) -> None:
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (vault.folder, key_file(vault))]

    assert modes == [0o700, 0o600]


def test_a_key_in_the_environment_comes_first(vault: Vault) -> None:
    opened = Vault.open(vault.folder, {"FLOWGOV_SIGNING_KEY": OTHER.encode()})

    assert opened.signer().key == OTHER.key


def test_a_second_key_does_not_take_the_place_of_the_first(vault: Vault) -> None:
    with pytest.raises(BadInput) as refused:
        Vault.create(vault.folder, OTHER.encode(), {})

    assert (refused.value.reason, vault.signer().key) == ("vault_exists", SIGNER.key)


@pytest.mark.parametrize("mode", [0o400, 0o600])
def test_a_key_that_only_its_owner_can_read_is_used(vault: Vault, mode: int) -> None:
    key_file(vault).chmod(mode)

    assert vault.signer().key == SIGNER.key


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o700, 0o666])
def test_a_key_that_others_can_read_is_not_used_and_the_command_is_given(vault: Vault, mode: int) -> None:
    key_file(vault).chmod(mode)

    with pytest.raises(BadInput) as refused:
        vault.signer()

    assert (refused.value.reason, refused.value.data["command"]) == ("key_open", f"chmod 600 {key_file(vault)}")


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o707, 0o1777])
def test_a_folder_that_others_can_write_to_is_not_used(vault: Vault, mode: int) -> None:
    vault.folder.chmod(mode)

    with pytest.raises(BadInput) as refused:
        Vault.open(vault.folder, {})

    assert (refused.value.reason, refused.value.data["command"]) == ("vault_open", f"chmod 700 {vault.folder}")


def test_a_folder_that_others_can_write_to_gets_no_key(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)

    with pytest.raises(BadInput):
        Vault.create(tmp_path, KEY, {})

    assert list(tmp_path.iterdir()) == []


def test_the_command_can_be_pasted_whatever_the_folder_is_called(tmp_path: Path) -> None:
    folder = tmp_path / "it's; rm -rf ~"
    vault = Vault.create(folder, KEY, {})
    key_file(vault).chmod(0o644)

    with pytest.raises(BadInput) as refused:
        vault.signer()

    os.system(refused.value.data["command"])
    assert vault.signer().key == SIGNER.key


@pytest.mark.parametrize("what", ["folder", "key"])
def test_what_belongs_to_another_user_is_not_used(vault: Vault, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    owner = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: owner)

    with pytest.raises(BadInput) as refused:
        Vault.open(vault.folder, {}) if what == "folder" else vault.signer()

    assert refused.value.reason == "not_ours"


def test_a_key_behind_a_link_is_not_used(vault: Vault, tmp_path: Path) -> None:
    key_file(vault).rename(tmp_path / "elsewhere.key")
    key_file(vault).symlink_to(tmp_path / "elsewhere.key")

    with pytest.raises(BadInput) as refused:
        vault.signer()

    assert refused.value.reason == "key_not_a_file"


def test_a_folder_behind_a_link_is_not_used(vault: Vault, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(vault.folder)

    with pytest.raises(BadInput) as refused:
        Vault.open(tmp_path / "link", {})

    assert refused.value.reason == "vault_missing"


def test_a_key_that_is_gone_is_told(vault: Vault) -> None:
    key_file(vault).unlink()

    with pytest.raises(BadInput) as refused:
        vault.signer()

    assert (refused.value.reason, str(key_file(vault)) in refused.value.message()) == ("key_missing", True)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refused:
        Vault.open(tmp_path / "none", {})

    assert refused.value.reason == "vault_missing"


@pytest.mark.parametrize("text", [KEY[:-1], KEY.replace("9f0c", "9f0d"), SEED, f"{KEY}\n{KEY}", str(SIGNER.key), "x"])
@pytest.mark.parametrize("where", ["file", "environment", "new"])
def test_what_is_not_a_key_is_refused_and_not_repeated(vault: Vault, where: str, text: str) -> None:
    key_file(vault).write_text(text if where == "file" else KEY)
    opened = Vault.open(vault.folder, {"FLOWGOV_SIGNING_KEY": text} if where == "environment" else {})

    with pytest.raises(BadInput) as refused:
        opened.replace_key(text) if where == "new" else opened.signer()

    error = refused.value
    shown = f"{error} {error.data} {error.__cause__!r} {error.__context__!r}"
    assert (error.reason, SEED[:8] in shown) == ("not_a_key", False)


def test_no_key_is_in_what_is_shown_of_a_vault(vault: Vault) -> None:
    opened = Vault.open(vault.folder, {"FLOWGOV_SIGNING_KEY": KEY})

    assert SEED not in f"{opened!r} {opened.signer()!r}"


# --- another key -----------------------------------------------------------------------------------------------


def test_the_former_key_is_kept_under_its_id(vault: Vault) -> None:
    former = vault.replace_key(OTHER.encode())

    kept_as = vault.folder / f"signing-{SIGNER.key.key_id.hex()}.key.old"
    assert (former, vault.signer().key) == (kept_as, OTHER.key)
    assert (Signer.parse(kept_as.read_text().strip()).key, stat.S_IMODE(kept_as.stat().st_mode)) == (SIGNER.key, 0o400)
    assert stat.S_IMODE(key_file(vault).stat().st_mode) == 0o600


def test_a_lost_key_can_be_replaced(vault: Vault) -> None:
    key_file(vault).unlink()

    assert (vault.replace_key(OTHER.encode()), vault.signer().key) == (None, OTHER.key)


def test_replacing_again_after_an_interruption_ends_well(vault: Vault) -> None:
    """The former key was put aside, and then the machine stopped."""
    (vault.folder / f"signing-{SIGNER.key.key_id.hex()}.key.old").write_text(f"{KEY}\n")

    vault.replace_key(OTHER.encode())

    assert vault.signer().key == OTHER.key


def test_a_key_put_aside_is_never_overwritten(vault: Vault) -> None:
    aside = vault.folder / f"signing-{SIGNER.key.key_id.hex()}.key.old"
    aside.write_text("something else")

    with pytest.raises(AnchorFailed) as refused:
        vault.replace_key(OTHER.encode())

    assert (refused.value.reason, aside.read_text(), vault.signer().key) == ("taken", "something else", SIGNER.key)


@pytest.mark.parametrize("room", [0, 50, len(KEY) + 1, len(KEY) + 20])
def test_on_a_full_disk_the_former_key_stays_in_use(vault: Vault, small_disk: Callable[[int], None], room: int) -> None:
    small_disk(room)

    with pytest.raises(AnchorFailed):
        vault.replace_key(OTHER.encode())

    assert vault.signer().key == SIGNER.key
    assert [path.name for path in vault.folder.glob(".incoming-*")] == []


def test_a_key_in_the_environment_is_not_replaced_here(vault: Vault) -> None:
    opened = Vault.open(vault.folder, {"FLOWGOV_SIGNING_KEY": KEY})

    with pytest.raises(BadInput) as refused:
        opened.replace_key(OTHER.encode())

    assert refused.value.reason == "key_in_environment"


# --- the memory ------------------------------------------------------------------------------------------------


def test_what_is_remembered_last_is_the_newest(vault: Vault) -> None:
    for size in (5, 70, 70):
        vault.remember(note(size))

    assert (vault.newest(), [copy.note for copy in found(vault)]) == (note(70), [note(5), note(70)])  # type: ignore[arg-type]


def test_before_anything_was_signed_nothing_is_remembered(vault: Vault) -> None:
    assert (vault.newest(), kept(vault)) == (None, [])  # type: ignore[arg-type]


def test_what_cannot_be_remembered_is_told(vault: Vault, small_disk: Callable[[int], None]) -> None:
    vault.remember(note(5))
    small_disk(10)

    with pytest.raises(AnchorFailed):
        vault.remember(note(6))

    assert vault.newest() == note(5)


# --- where it is -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "environ", "folder"),
    [
        (ORIGIN, {"HOME": "/home/s"}, "/home/s/.local/share/flowgov/9f0c11d2ab340e57"),
        (ORIGIN, {"HOME": "/home/s", "XDG_DATA_HOME": "/data"}, "/data/flowgov/9f0c11d2ab340e57"),
        (ORIGIN, {"HOME": "/home/s", "XDG_DATA_HOME": "data"}, "/home/s/.local/share/flowgov/9f0c11d2ab340e57"),
        (ORIGIN, {"HOME": "/home/s", "XDG_DATA_HOME": ""}, "/home/s/.local/share/flowgov/9f0c11d2ab340e57"),
        ("../../x", {"XDG_DATA_HOME": "/data"}, f"/data/flowgov/{sha256(b'../../x').hexdigest()[:16]}"),
    ],
)
def test_a_log_has_a_vault_of_its_own(origin: str, environ: dict[str, str], folder: str) -> None:
    assert default_vault(origin, environ) == Path(folder)


def test_on_windows_it_is_with_local_applications(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowgov.anchors.vault._WINDOWS", True)

    found = default_vault(ORIGIN, {"HOME": "/h", "LOCALAPPDATA": "/local"})

    assert found == Path("/local/flowgov/9f0c11d2ab340e57")
