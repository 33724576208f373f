"""What people type to seal the log and to verify it: checkpoints, anchors, witnesses, and how much that shows."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.faults.ownership import owner
from tests.walks.cli.conftest import WITNESS, Type

from flowgov.anchors.vault import Vault
from flowgov.audit.note import Checkpoint, Note, VerifierKey
from flowgov.audit.signing import verifies

SQLITE = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
WITNESSED = f"--witness {WITNESS.witness_key}"
ADDING = "evidence add CRM solution_note https://example.org --as ykerbrat"


def level(cli: Type, line: str = "audit verify", **environ: str) -> tuple[int, str]:
    """Exit code and level of a verification."""
    answer = cli(f"{line} --json", **environ)
    return answer.code, answer.json["data"]["assurance"]


def settings(content: str) -> None:
    """Say something under [audit] in the settings."""
    Path("flowgov.toml").write_text(f"[audit]\n{content}\n", encoding="utf-8")


# --- checkpoint and anchor ----------------------------------------------------------------------------------------


def test_a_checkpoint_covers_the_whole_log_and_is_signed(signed: Type, records: Callable[[], int]) -> None:
    data = signed("audit checkpoint --json").json["data"]

    key = VerifierKey.parse(signed("audit key show --json").json["data"]["key"])
    note = Note.parse(data["note"])
    assert (data["size"], Checkpoint.parse(note.text).root.hex()) == (records(), data["root"])
    assert verifies(key, note.text, note.signatures[0])


def test_a_checkpoint_tells_its_size_and_root(signed: Type) -> None:
    data = signed("audit checkpoint --json").json["data"]

    assert signed("audit checkpoint").out == f"Checkpoint of {data['size']} records, root {data['root']}.\n"


@SQLITE
def test_a_checkpoint_is_put_in_the_places_named(signed: Type) -> None:
    answer = signed("audit checkpoint --anchor kept/ --anchor notes.txt")

    (copy,) = Path("kept").iterdir()
    assert (answer.code, f"Anchored in kept: {copy}" in answer.out) == (0, True)
    assert copy.read_text(encoding="utf-8") in Path("notes.txt").read_text(encoding="utf-8")


@SQLITE
def test_a_checkpoint_is_put_in_the_places_of_the_settings(signed: Type) -> None:
    settings('anchors = ["kept/", "notes.txt"]')

    anchored = signed("audit checkpoint --json").json["data"]["anchored"]

    assert [(one["place"], one["error"]) for one in anchored] == [("kept", None), ("notes.txt", None)]


@SQLITE
def test_one_place_that_fails_does_not_keep_the_others_from_getting_it(signed: Type) -> None:
    settings('anchors = ["no/such/folder/", "kept/"]')

    answer = signed("audit checkpoint")

    assert (answer.code, "no/such/folder" in answer.err, len([*Path("kept").iterdir()])) == (5, True, 1)
    assert answer.out.startswith("Checkpoint of ")


@SQLITE
def test_a_place_that_fails_is_told_in_json_too(signed: Type) -> None:
    answer = signed("audit checkpoint --anchor no/such/folder/ --json")

    (one,) = answer.json["data"]["anchored"]
    assert (answer.code, one["place"], one["locator"]) == (5, "no/such/folder", None)
    assert "could not be kept" in one["error"]


@SQLITE
def test_anchoring_puts_the_newest_checkpoint_there_and_takes_none(signed: Type) -> None:
    size = signed("audit checkpoint --json").json["data"]["size"]
    signed(ADDING)

    assert signed("audit anchor kept/ --json").json["data"]["size"] == size
    assert [path.name.partition("-")[0] for path in Path("kept").iterdir()] == [f"{size:012d}"]


@SQLITE
def test_anchoring_without_a_place_says_how_to_name_one(signed: Type) -> None:
    answer = signed("audit anchor")

    assert (answer.code, "[audit] anchors" in answer.err) == (2, True)


@SQLITE
def test_a_log_without_a_key_says_how_to_make_one(keyless: Type, tmp_path: Path) -> None:
    Vault.create(tmp_path / "vault", WITNESS.encode(), environ={})

    answer = keyless("audit checkpoint")

    assert (answer.code, "flowgov audit key new" in answer.err) == (2, True)


@SQLITE
def test_without_a_vault_nothing_is_signed(signed: Type, tmp_path: Path) -> None:
    answer = signed("audit checkpoint", FLOWGOV_VAULT=str(tmp_path / "nowhere"))

    assert (answer.code, "nowhere" in answer.err) == (2, True)


@SQLITE
def test_a_key_in_the_environment_signs_too(signed: Type, tmp_path: Path) -> None:
    key_file = tmp_path / "vault" / "signing.key"
    key = key_file.read_text(encoding="utf-8").strip()
    key_file.unlink()
    signed(ADDING)

    assert (signed("audit checkpoint").code, signed("audit checkpoint", FLOWGOV_SIGNING_KEY=key).code) == (2, 0)


@SQLITE
def test_another_key_in_the_environment_signs_nothing_and_is_not_shown(signed: Type) -> None:
    answer = signed("audit checkpoint", FLOWGOV_SIGNING_KEY=WITNESS.encode())

    assert (answer.code, WITNESS.encode() in answer.err, str(WITNESS.key) in answer.err) == (2, False, True)


# --- positions ----------------------------------------------------------------------------------------------------


def _waiting(cli: Type) -> int:
    return int(cli("audit verify --json").json["data"]["proved"]["waiting"])


@SQLITE
def test_on_sqlite_records_have_their_positions_after_every_command(validated: Type) -> None:
    validated(ADDING)

    assert _waiting(validated) == 0


@SQLITE
def test_on_sqlite_a_refusal_has_its_position_too(validated: Type) -> None:
    assert validated("move CRM deploy --as ykerbrat").code == 1

    assert _waiting(validated) == 0


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_on_postgresql_records_wait_for_the_checkpoint(signed: Type) -> None:
    signed(ADDING)
    before = _waiting(signed)

    signed("audit checkpoint")

    assert (before, _waiting(signed)) == (1, 0)


@SQLITE
def test_what_was_altered_behind_flowgov_gets_no_position_and_is_told(validated: Type, url: str) -> None:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute("DROP TRIGGER flowgov_record_update")
        connection.execute("UPDATE flowgov_record SET body = x'7b7d' WHERE stream = 'org' AND seq = 10")
        connection.execute("INSERT INTO flowgov_pending SELECT id FROM flowgov_record WHERE body = x'7b7d'")
    connection.close()

    answer = validated(ADDING)

    assert (answer.code, "get no position" in answer.err) == (0, True)


# --- verify -------------------------------------------------------------------------------------------------------


def test_without_a_key_the_log_only_agrees_with_itself(validated: Type) -> None:
    assert level(validated) == (0, "L1")


def test_the_vault_s_key_seals_the_log(signed: Type) -> None:
    assert level(signed) == (0, "L2")


@SQLITE
def test_without_the_vault_it_is_not_known_whose_key_it_is(signed: Type, tmp_path: Path) -> None:
    assert level(signed, FLOWGOV_VAULT=str(tmp_path / "nowhere")) == (0, "L1")


@SQLITE
def test_a_key_that_one_trusts_seals_the_log(signed: Type, tmp_path: Path) -> None:
    key = signed("audit key show --json").json["data"]["key"]

    elsewhere = str(tmp_path / "nowhere")
    assert level(signed, f"audit verify --trust {key}", FLOWGOV_VAULT=elsewhere) == (0, "L2")
    settings(f'trust = ["{key}"]')
    assert level(signed, FLOWGOV_VAULT=elsewhere) == (0, "L2")


@SQLITE
def test_a_key_that_the_log_never_had_is_a_finding(signed: Type) -> None:
    answer = signed(f"audit verify --trust {WITNESS.key} --json")

    assert (answer.code, [f["code"] for f in answer.json["data"]["findings"]]) == (6, ["KEY_UNAUTHORISED"])


@SQLITE
def test_a_copy_elsewhere_anchors_the_log(signed: Type) -> None:
    signed("audit anchor kept/")

    assert level(signed, "audit verify --anchor kept/") == (0, "L3")
    settings('anchors = ["kept/"]')
    assert (level(signed), level(signed, "audit verify --no-anchors")) == ((0, "L3"), (0, "L2"))


@SQLITE
def test_a_place_that_cannot_be_read_is_no_verdict(signed: Type) -> None:
    answer = signed("audit verify --anchor nowhere/")

    assert (answer.code, "nowhere" in answer.err, answer.out) == (5, True, "")


@SQLITE
def test_a_webhook_of_the_settings_is_not_read_back(signed: Type) -> None:
    settings('anchors = ["https://hooks.example.org/flowgov"]')

    assert level(signed) == (0, "L2")


@SQLITE
def test_a_webhook_asked_for_cannot_be_read_back(signed: Type) -> None:
    answer = signed("audit verify --anchor https://hooks.example.org/flowgov")

    assert (answer.code, "only sends" in answer.err) == (2, True)


@SQLITE
def test_a_log_that_was_put_back_contradicts_the_copy(signed: Type, url: str, tmp_path: Path) -> None:
    database = url.removeprefix("sqlite:///")
    shutil.copy(database, tmp_path / "backup.db")
    signed(ADDING)
    signed("audit checkpoint --anchor kept/")
    for suffix in ("-wal", "-shm"):
        Path(f"{database}{suffix}").unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup.db", database)

    answer = signed("audit verify --anchor kept/ --json")

    assert (answer.code, answer.json["data"]["assurance"]) == (6, "L0")
    assert "ROLLED_BACK" in {finding["code"] for finding in answer.json["data"]["findings"]}


@pytest.mark.parametrize("named", ["size", "file"])
def test_a_verification_can_go_on_from_a_checkpoint(signed: Type, named: str) -> None:
    first = signed("audit checkpoint --json").json["data"]
    Path("note.txt").write_text(first["note"], encoding="utf-8")
    signed(ADDING)
    signed("audit checkpoint")

    since = str(first["size"]) if named == "size" else "note.txt"
    answer = signed(f"audit verify --since {since} --json")

    assert (answer.code, answer.json["data"]["since"], answer.json["data"]["level"]) == (0, first["size"], "sealed")
    assert "were not read again" in signed(f"audit verify --since {since}").out


def test_a_verification_can_go_on_from_the_last_one(signed: Type) -> None:
    size = signed("audit checkpoint --json").json["data"]["size"]
    signed("audit verify")
    signed(ADDING)

    answer = signed("audit verify --since last --json")

    assert (answer.code, answer.json["data"]["since"], answer.json["data"]["level"]) == (0, size, "sealed")


def test_a_verification_that_found_something_is_not_gone_on_from(signed: Type, url: str) -> None:
    signed("audit checkpoint")
    with owner(url) as db:
        db.run("UPDATE flowgov_person SET name = 'x' WHERE login = 'ebihan'")

    assert signed("audit verify").code == 6
    assert signed("audit verify --since last").code == 4


@SQLITE
def test_a_place_of_the_settings_may_still_be_empty(signed: Type) -> None:
    Path("later").mkdir()
    settings('anchors = ["later/"]')
    signed("audit checkpoint --json")
    for copy in Path("later").iterdir():
        copy.unlink()

    answer = signed("audit verify")

    assert (answer.code, answer.out.split()[0], "flowgov audit anchor" in answer.out) == (0, "L2", True)


@SQLITE
def test_a_place_asked_for_may_not_be_empty(signed: Type) -> None:
    Path("later").mkdir()
    signed("audit checkpoint")

    answer = signed("audit verify --anchor later/")

    assert (answer.code, "no checkpoint of this log is there" in answer.out) == (6, True)


@SQLITE
def test_without_a_vault_the_log_s_own_checkpoint_is_gone_on_from(signed: Type, tmp_path: Path) -> None:
    size = signed("audit checkpoint --json").json["data"]["size"]

    answer = signed(f"audit verify --since {size} --json", FLOWGOV_VAULT=str(tmp_path / "nowhere"))

    assert (answer.code, answer.json["data"]["since"]) == (0, size)


@SQLITE
def test_a_power_cut_while_a_checkpoint_was_being_kept_is_told_but_breaks_nothing(signed: Type, tmp_path: Path) -> None:
    memory = tmp_path / "vault" / "checkpoints"
    memory.write_bytes(memory.read_bytes() + memory.read_bytes()[:40])

    first = signed("audit verify --json")
    assert signed("audit checkpoint --json").code == 0
    after = signed("audit verify --json")

    for verdict in (first, after):
        assert (verdict.code, verdict.json["data"]["assurance"]) == (0, "L2")
        assert "ANCHOR_CUT" in [notice["code"] for notice in verdict.json["data"]["notices"]]


@SQLITE
def test_whoever_insists_on_a_level_is_not_content_with_a_log_that_only_agrees_with_itself(
    signed: Type, tmp_path: Path
) -> None:
    key = signed("audit key show --json").json["data"]["key"]
    stranger = str(tmp_path / "another")

    assert signed("audit verify --at-least L2").code == 0
    assert signed("audit verify --at-least L2", FLOWGOV_VAULT=stranger).code == 6
    assert signed(f"audit verify --at-least L2 --trust {key}", FLOWGOV_VAULT=stranger).code == 0
    too_little = signed("audit verify --at-least L4 --json")
    assert (too_little.code, too_little.json["data"]["assurance"], too_little.json["data"]["holds"]) == (6, "L2", True)
    told = signed("audit verify --at-least L4").err
    assert "L2" in told and "L4" in told and "--anchor" in told
    assert signed("audit verify --at-least L1").code == 2


@SQLITE
def test_what_a_person_reads_of_a_verification(signed: Type) -> None:
    size = signed("audit checkpoint --json").json["data"]["size"]

    lines = signed("audit verify").out.splitlines()

    assert lines[0].startswith("L2 ")
    assert lines[1] == f"Signed: {size} records; not signed yet: 0; not anchored: {size}."


SHAPE = {
    *("assurance", "chains", "count", "findings", "first", "heads", "holds", "level", "notices", "proved", "records"),
    *("redacted", "since"),
}
PROVED = {
    *("anchored", "anchored_at", "archived", "sealed", "sealed_ts", "size", "trusted", "unanchored", "unsealed"),
    *("seen", "waiting", "witnessed", "witnesses"),
}


@SQLITE
def test_the_shape_of_a_verdict_in_json(signed: Type) -> None:
    data = signed("audit verify --json").json["data"]

    assert (set(data), set(data["proved"])) == (SHAPE, PROVED)


# --- witnesses ----------------------------------------------------------------------------------------------------


def test_a_witness_s_signature_is_kept(signed: Type) -> None:
    first, again = (signed(f"audit cosign seen.txt {WITNESSED} --json").json["data"] for _ in range(2))

    assert (first["new"], again["new"], level(signed, f"audit verify {WITNESSED}")) == (1, 0, (0, "L4"))


@SQLITE
def test_witnesses_of_the_settings_count_and_so_does_their_number(signed: Type) -> None:
    settings(f'witnesses = ["{WITNESS.witness_key}"]')
    signed("audit cosign seen.txt")
    alone = level(signed)

    settings(f'witnesses = ["{WITNESS.witness_key}"]\nquorum = 2')

    assert (alone, level(signed)) == ((0, "L4"), (0, "L2"))


@SQLITE
def test_a_witness_nobody_trusts_is_not_kept(signed: Type) -> None:
    answer = signed("audit cosign seen.txt")

    assert (answer.code, "--witness" in answer.err) == (2, True)


@SQLITE
def test_what_is_no_checkpoint_is_not_cosigned(signed: Type) -> None:
    Path("poem.txt").write_text("Les sanglots longs\n", encoding="utf-8")

    assert [signed(f"audit cosign {name} {WITNESSED}").code for name in ("poem.txt", "nowhere.txt")] == [2, 2]


@pytest.mark.parametrize(("further", "code"), [(9, 4), (0, 6)], ids=["of no size of this log", "of another log"])
@SQLITE
def test_a_checkpoint_that_this_log_never_had_is_not_cosigned(signed: Type, further: int, code: int) -> None:
    ours = Checkpoint.parse(Note.parse(Path("seen.txt").read_text(encoding="utf-8")).text)
    text = Checkpoint(ours.origin, ours.size + further, bytes(32)).text()
    Path("seen.txt").write_text(str(Note(text, (WITNESS.cosign(text, 1),))), encoding="utf-8")

    assert signed(f"audit cosign seen.txt {WITNESSED}").code == code
