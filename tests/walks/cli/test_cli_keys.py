"""The key that signs the log: where it is made, how it changes hands, and what is left when something stops halfway."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from tests.walks.cli.conftest import WITNESS, Type

from flowgov import Engine, OutcomeUnknown
from flowgov.anchors.vault import Vault, default_vault
from flowgov.audit.note import Note, VerifierKey
from flowgov.audit.signing import verifies
from flowgov.keeper import Keeper

SQLITE = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
INIT = ["init", "--organisation", "Maison Tallec", "--admin", "htallec", "--name", "Hélène Tallec"]
ROTATE = 'audit key rotate --reason "Every year" --as htallec'
REPLACE = 'audit key replace --cause stolen --reason "Burglary" --as htallec'


class Stopped(Exception):
    """Everything stops here."""


def _stop(*_: object, **__: object) -> None:
    raise Stopped


def level(cli: Type, line: str = "audit verify", **environ: str) -> tuple[int, str]:
    """Exit code and level of a verification."""
    answer = cli(f"{line} --json", **environ)
    return answer.code, answer.json["data"]["assurance"]


# --- init ---------------------------------------------------------------------------------------------------------


def test_init_makes_a_key_among_the_user_s_own_data_and_registers_it(typed: Type) -> None:
    data = typed([*INIT, "--json"]).json["data"]

    shown = typed("audit key show --json").json["data"]
    folder = default_vault(shown["origin"], os.environ)
    assert (data["key"], data["vault"]) == (shown["key"], str(folder))
    assert stat.S_IMODE((folder / "signing.key").stat().st_mode) == 0o600
    assert Path.cwd() not in folder.parents


def test_init_tells_the_verifier_key_and_never_the_signing_key(typed: Type) -> None:
    answer = typed(INIT)

    key = typed("audit key show --json").json["data"]["key"]
    assert (key in answer.out, "PRIVATE+KEY" in answer.out + answer.err) == (True, False)


def test_a_log_just_begun_can_be_sealed_and_verified(typed: Type) -> None:
    typed(INIT)

    assert (typed("audit checkpoint").code, level(typed)) == (0, (0, "L2"))


def test_init_puts_the_key_where_it_is_told_and_remembers_that(typed: Type, tmp_path: Path) -> None:
    typed([*INIT, "--vault", str(tmp_path / "safe")])

    assert (tmp_path / "safe" / "signing.key").is_file()
    assert typed("audit key show --json").json["data"]["vault"] == str(tmp_path / "safe")


def test_init_puts_the_key_where_the_environment_says(typed: Type, tmp_path: Path) -> None:
    typed(INIT, FLOWGOV_VAULT=str(tmp_path / "safe"))

    assert (tmp_path / "safe" / "signing.key").is_file()
    assert typed("audit checkpoint").code == 0


def test_init_without_a_key_makes_none(typed: Type) -> None:
    answer = typed([*INIT, "--no-key", "--json"])

    assert (answer.json["data"]["key"], answer.json["data"]["vault"]) == (None, None)
    assert typed("audit key show").out.startswith("No key signs this log.")


def test_init_without_the_package_that_signs_says_what_is_missing(typed: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowgov.cli.starting.can_sign", lambda: False)

    answer = typed(INIT)

    assert (answer.code, 'pip install "flowgov[sign]"' in answer.err) == (0, True)


def test_an_init_that_fails_takes_the_key_back(typed: Type, tmp_path: Path) -> None:
    answer = typed([*INIT, "--email", "nobody", "--vault", str(tmp_path / "safe")])

    assert (answer.code, list((tmp_path / "safe").glob("*")), os.listdir()) == (2, [], [])


def test_init_never_replaces_a_key(typed: Type, tmp_path: Path) -> None:
    Vault.create(tmp_path / "safe", WITNESS.encode(), environ={})
    before = (tmp_path / "safe" / "signing.key").read_bytes()

    answer = typed([*INIT, "--vault", str(tmp_path / "safe")])

    assert (answer.code, (tmp_path / "safe" / "signing.key").read_bytes(), os.listdir()) == (2, before, [])


def test_init_makes_no_second_key_beside_one_in_the_environment(typed: Type) -> None:
    answer = typed(INIT, FLOWGOV_SIGNING_KEY=WITNESS.encode())

    assert (answer.code, "FLOWGOV_SIGNING_KEY" in answer.err, os.listdir()) == (2, True, [])


# --- show and new -------------------------------------------------------------------------------------------------


def test_the_key_is_shown_with_the_place_of_its_other_half(signed: Type, tmp_path: Path) -> None:
    lines = signed("audit key show").out.splitlines()

    assert (str(VerifierKey.parse(lines[0])), str(tmp_path / "vault") in lines[1]) == (lines[0], True)


def test_a_first_key_is_made_by_an_administrator(keyless: Type, tmp_path: Path) -> None:
    answer = keyless("audit key new --as htallec --json")

    assert (answer.code, answer.json["data"]["receipt"]["event"]) == (0, "key.registered")
    assert answer.json["data"]["vault"] == str(tmp_path / "vault")


def test_who_is_no_administrator_makes_no_key_and_leaves_none(keyless: Type, tmp_path: Path) -> None:
    refused = keyless("audit key new --as kbenali")

    assert (refused.code, list((tmp_path / "vault").iterdir())) == (1, [])
    assert keyless("audit key new --as htallec").code == 0


@SQLITE
def test_there_is_only_one_first_key(signed: Type) -> None:
    answer = signed("audit key new --as htallec")

    assert (answer.code, "flowgov audit key rotate" in answer.err) == (2, True)


@SQLITE
def test_a_key_of_which_nobody_knows_whether_the_log_has_it_is_kept(
    keyless: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise OutcomeUnknown(database="x")

    monkeypatch.setattr(Keeper, "register_key", unknown)

    assert (keyless("audit key new --as htallec").code, (tmp_path / "vault" / "signing.key").exists()) == (5, True)


@SQLITE
def test_a_vault_that_others_can_write_to_is_not_used(signed: Type, tmp_path: Path) -> None:
    (tmp_path / "vault").chmod(0o777)

    answer = signed("audit checkpoint")

    assert (answer.code, "chmod 700" in answer.err) == (2, True)


@SQLITE
def test_a_key_that_others_can_read_is_not_used(signed: Type, tmp_path: Path) -> None:
    (tmp_path / "vault" / "signing.key").chmod(0o644)

    answer = signed("audit checkpoint")

    assert (answer.code, "chmod 600" in answer.err) == (2, True)


# --- rotate and replace -------------------------------------------------------------------------------------------


def test_a_rotation_is_signed_by_both_keys_and_kept_trusted(signed: Type) -> None:
    old = signed("audit key show --json").json["data"]["key"]

    data = signed(f"{ROTATE} --json").json["data"]

    note = Note.parse(data["checkpoint"]["note"])
    both = [
        any(verifies(VerifierKey.parse(key), note.text, one) for one in note.signatures) for key in (old, data["key"])
    ]
    assert (data["receipt"]["event"], both, level(signed, f"audit verify --trust {old}")) == (
        "key.rotated",
        [True, True],
        (0, "L2"),
    )


@SQLITE
def test_the_new_key_signs_from_now_on_and_the_old_one_is_kept(signed: Type, tmp_path: Path) -> None:
    old = (tmp_path / "vault" / "signing.key").read_text(encoding="utf-8")

    key = signed(f"{ROTATE} --json").json["data"]["key"]

    kept = [path.read_text(encoding="utf-8") for path in (tmp_path / "vault").glob("*.old")]
    assert (kept, str(Vault.open(tmp_path / "vault", {}).signer().key)) == ([old], key)


@SQLITE
def test_a_rotation_tells_whom_to_tell(signed: Type) -> None:
    answer = signed(ROTATE)

    assert "Give the new verifier key to everybody" in answer.err


def test_who_is_no_administrator_rotates_nothing(signed: Type) -> None:
    before = signed("audit key show").out

    answer = signed('audit key rotate --reason "Mine" --as kbenali')

    assert (answer.code, signed("audit key show").out, signed("audit checkpoint").code) == (1, before, 0)


def test_who_trusts_a_key_that_was_stolen_is_told(signed: Type) -> None:
    old = signed("audit key show --json").json["data"]["key"]

    new = signed(f"{REPLACE} --json").json["data"]["key"]

    assert level(signed, f"audit verify --trust {new}") == (0, "L2")
    assert level(signed, f"audit verify --trust {old} --trust {new}") == (0, "L2")
    assert level(signed, f"audit verify --trust {old}", FLOWGOV_VAULT="nowhere") == (6, "L0")


@SQLITE
def test_a_lost_key_can_be_replaced_without_it(signed: Type, tmp_path: Path) -> None:
    (tmp_path / "vault" / "signing.key").unlink()

    answer = signed('audit key replace --cause lost --reason "The laptop broke" --as htallec')

    assert (answer.code, level(signed)) == (0, (0, "L2"))


@SQLITE
def test_a_lost_vault_can_be_replaced_without_it(signed: Type, tmp_path: Path) -> None:
    elsewhere = str(tmp_path / "new")

    answer = signed('audit key replace --cause lost --reason "It burned" --as htallec', FLOWGOV_VAULT=elsewhere)

    assert (answer.code, level(signed, FLOWGOV_VAULT=elsewhere)) == (0, (0, "L2"))


@SQLITE
def test_nobody_believes_more_checkpoints_than_there_are(signed: Type) -> None:
    answer = signed(f"{REPLACE} --believed-up-to 999999")

    assert (answer.code, "999999" in answer.err) == (2, True)


@SQLITE
def test_a_key_in_the_environment_is_replaced_where_it_is_set(signed: Type, tmp_path: Path) -> None:
    key = (tmp_path / "vault" / "signing.key").read_text(encoding="utf-8").strip()
    before = signed("audit key show").out

    answer = signed(ROTATE, FLOWGOV_SIGNING_KEY=key)

    assert (answer.code, "FLOWGOV_SIGNING_KEY" in answer.err, signed("audit key show").out) == (2, True, before)


@pytest.mark.parametrize("line", [ROTATE, REPLACE])
def test_what_stopped_between_the_record_and_the_vault_is_finished_by_the_next_checkpoint(
    signed: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, line: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Vault, "replace_key", _stop)
        assert signed(line).code == 70
    coming = Vault.open(tmp_path / "vault", {})
    assert (tmp_path / "vault" / "signing.key.next").is_file()
    signed("evidence add CRM solution_note https://example.org --as ykerbrat")

    answer = signed("audit checkpoint")

    with Engine.open(url) as engine:
        in_force = engine.signing_keys()[-1]
    assert (answer.code, str(coming.signer().key)) == (0, in_force)
    assert not (tmp_path / "vault" / "signing.key.next").exists()
    assert level(signed) == (0, "L2")


@pytest.mark.parametrize("line", [ROTATE, REPLACE])
@SQLITE
def test_what_stopped_before_the_record_changes_nothing(
    signed: Type, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    before = signed("audit key show").out
    with monkeypatch.context() as patch:
        patch.setattr("flowgov.acts.checkpointing._take_over", _stop)
        assert signed(line).code == 70

    assert (signed("audit key show").out, signed("audit checkpoint").code, level(signed)) == (before, 0, (0, "L2"))


@SQLITE
def test_no_secret_is_ever_shown(signed: Type, tmp_path: Path) -> None:
    secret = (tmp_path / "vault" / "signing.key").read_text(encoding="utf-8").strip().rpartition("+")[2]

    answers = [signed(f"{line} -v -v") for line in ("audit key show", "audit checkpoint", "audit verify", ROTATE)]

    assert [secret in answer.out + answer.err for answer in answers] == [False] * 4
