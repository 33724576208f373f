"""The key that signs the log: registered, rotated, replaced; and what whoever trusts one of them is told."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import CARDS, MORNING
from tests.faults.hosting import log
from tests.faults.vaults import MemoryVault, origin, signer

from flowgov import AuditBroken, BadInput, Engine, FixedClock, Refused
from flowgov.audit.note import Checkpoint, Note
from flowgov.audit.seals import Copy, Outside
from flowgov.audit.verdict import Verdict


@pytest.fixture
def vault(url: str) -> MemoryVault:
    return MemoryVault(signer(origin(url)))


@pytest.fixture
def signed(engine: Engine, vault: MemoryVault) -> Iterator[Engine]:
    """An engine on a log with the house's key and one checkpoint."""
    engine.register_key(vault.signer().key, by="htallec")
    engine.checkpoint(vault)
    yield engine


def trusting(engine: Engine, *keys: object) -> Verdict:
    return engine.verify(outside=Outside(keys=tuple(map(str, keys))))


def who_signed(note: str) -> int:
    return len(Note.parse(note).signatures)


# --- registering --------------------------------------------------------------------------------------------------


def test_a_registered_key_signs_and_whoever_trusts_it_sees_a_sealed_log(signed: Engine, vault: MemoryVault) -> None:
    verdict = trusting(signed, vault.signer().key)

    assert (verdict.findings, verdict.level, signed.signing_keys()) == ((), "sealed", (str(vault.signer().key),))


def test_a_log_can_begin_with_its_key(tmp_path: Path) -> None:
    kept: list[MemoryVault] = []

    def make(log: str) -> object:
        kept.append(MemoryVault(signer(log)))
        return kept[0].signer().key

    with Engine.init(
        f"sqlite:///{tmp_path / 'new.db'}",
        organisation="Maison Tallec SAS",
        administrator="htallec",
        name=CARDS["htallec"],
        key=make,  # type: ignore[arg-type]  # a VerifierKey
        clock=FixedClock(MORNING),
    ) as engine:
        engine.checkpoint(kept[0])

        assert trusting(engine, kept[0].signer().key).level == "sealed"


def test_without_a_key_nothing_is_signed(engine: Engine, vault: MemoryVault) -> None:
    with pytest.raises(BadInput) as refused:
        engine.checkpoint(vault)

    assert (refused.value.reason, vault.notes) == ("no_key", [])


def test_a_key_that_is_registered_and_has_signed_nothing_yet_is_worth_a_notice(
    engine: Engine, vault: MemoryVault
) -> None:
    engine.register_key(vault.signer().key, by="htallec")

    verdict = trusting(engine, vault.signer().key)

    assert (verdict.level, [notice.code for notice in verdict.notices]) == ("self_consistent", ["NO_CHECKPOINT"])


def test_a_second_key_is_not_registered(signed: Engine, url: str) -> None:
    with pytest.raises(BadInput) as refused:
        signed.register_key(signer(origin(url), "other").key, by="htallec")

    assert refused.value.reason == "key_registered"


def test_a_key_of_another_log_is_not_registered(engine: Engine) -> None:
    with pytest.raises(BadInput) as refused:
        engine.register_key(signer("flowgov/0123456789abcdef").key, by="htallec")

    assert refused.value.reason == "key_of_another_log"


def test_only_an_administrator_registers_a_key_and_the_attempt_is_recorded(
    engine: Engine, vault: MemoryVault, url: str
) -> None:
    with pytest.raises(Refused) as refused:
        engine.register_key(vault.signer().key, by="kbenali")

    assert ([b.code for b in refused.value.decision.blockers], log(url)[-1], engine.signing_keys()) == (
        ["not_administrator"],
        ("administration.refused", "refused"),
        (),
    )


def test_a_vault_with_another_key_signs_nothing(signed: Engine, url: str) -> None:
    other = MemoryVault(signer(origin(url), "other"))

    with pytest.raises(BadInput) as refused:
        signed.checkpoint(other)

    assert (refused.value.reason, other.notes) == ("another_key", [])


def test_a_key_that_this_log_never_had_is_named(signed: Engine, url: str) -> None:
    verdict = trusting(signed, signer(origin(url), "other").key)

    assert [(f.code, f.params["about"]) for f in verdict.findings] == [("KEY_UNAUTHORISED", "trusted")]


def test_nothing_new_is_signed_twice(signed: Engine, vault: MemoryVault) -> None:
    assert (signed.checkpoint(vault).note, len(vault.notes)) == (vault.notes[0], 1)


# --- rotation -----------------------------------------------------------------------------------------------------


def test_a_rotated_key_is_confirmed_by_the_old_one_and_both_are_trusted(
    signed: Engine, vault: MemoryVault, url: str
) -> None:
    old, new = vault.signer(), signer(origin(url), "second")

    receipt, checkpointed = signed.rotate_key(vault, new, reason="Chaque année", by="htallec")

    verdicts = [trusting(signed, key).level for key in (old.key, new.key)]
    assert (receipt.event, who_signed(checkpointed.note), vault.signer().key, verdicts) == (
        "key.rotated",
        2,
        new.key,
        ["sealed", "sealed"],
    )


def test_after_the_rotation_the_new_key_signs_alone_and_the_old_one_is_still_trusted(
    signed: Engine, vault: MemoryVault, url: str
) -> None:
    old = vault.signer()
    signed.rotate_key(vault, signer(origin(url), "second"), reason="Chaque année", by="htallec")
    signed.add_person("mlebris", name="Maëlle Le Bris", by="htallec")

    note = signed.checkpoint(vault).note

    assert (who_signed(note), trusting(signed, old.key).level) == (1, "sealed")


def test_a_key_rotated_twice_is_trusted_from_any_of_the_three(signed: Engine, vault: MemoryVault, url: str) -> None:
    for whose in ("second", "third"):
        signed.rotate_key(vault, signer(origin(url), whose), reason="Chaque année", by="htallec")

    levels = {trusting(signed, key.key).level for key in vault.keys}

    assert (levels, signed.signing_keys()) == ({"sealed"}, tuple(str(key.key) for key in vault.keys))


def test_a_key_that_comes_back_is_trusted(signed: Engine, vault: MemoryVault, url: str) -> None:
    first = vault.signer()
    signed.rotate_key(vault, signer(origin(url), "second"), reason="Essai", by="htallec")
    signed.rotate_key(vault, first, reason="Retour", by="htallec")

    assert [trusting(signed, key.key).level for key in vault.keys] == ["sealed"] * 3


def test_copies_of_all_keys_checkpoints_agree(signed: Engine, vault: MemoryVault, url: str) -> None:
    first = str(vault.signer().key)
    signed.rotate_key(vault, signer(origin(url), "second"), reason="Chaque année", by="htallec")
    signed.checkpoint(vault)
    copies = tuple(Copy(note, "usb", str(n)) for n, note in enumerate(vault.notes))

    assert signed.verify(outside=Outside(keys=(first,), copies=copies)).level == "anchored"


def test_the_key_in_force_does_not_take_over_from_itself(signed: Engine, vault: MemoryVault) -> None:
    before = signed.signing_keys()

    with pytest.raises(BadInput) as refused:
        signed.rotate_key(vault, vault.signer(), reason="Pour rien", by="htallec")

    assert (refused.value.reason, signed.signing_keys()) == ("same_key", before)


def test_a_key_of_another_log_does_not_take_over(signed: Engine, vault: MemoryVault) -> None:
    with pytest.raises(BadInput) as refused:
        signed.rotate_key(vault, signer("flowgov/0123456789abcdef"), reason="Erreur", by="htallec")

    assert (refused.value.reason, len(vault.keys)) == ("key_of_another_log", 1)


def test_a_vault_with_another_key_rotates_nothing(signed: Engine, url: str) -> None:
    other = MemoryVault(signer(origin(url), "other"))

    with pytest.raises(BadInput) as refused:
        signed.rotate_key(other, signer(origin(url), "second"), reason="Ruse", by="htallec")

    assert (refused.value.reason, len(other.keys), len(signed.signing_keys())) == ("another_key", 1, 1)


def test_only_an_administrator_rotates_a_key_and_the_attempt_is_recorded(
    signed: Engine, vault: MemoryVault, url: str
) -> None:
    with pytest.raises(Refused):
        signed.rotate_key(vault, signer(origin(url), "second"), reason="Ruse", by="kbenali")

    assert (log(url)[-1], len(vault.keys), signed.verify().holds) == (
        ("administration.refused", "refused"),
        1,
        True,
    )


# --- lost or stolen -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cause", ["lost", "stolen"])
def test_whoever_trusts_a_key_that_was_replaced_is_told_so(
    signed: Engine, vault: MemoryVault, url: str, cause: str
) -> None:
    old, new = vault.signer(), signer(origin(url), "second")

    receipt, checkpointed = signed.replace_key(
        vault,
        new,
        cause=cause,  # type: ignore[arg-type]  # one of the two
        reason="Disque perdu",
        by="htallec",
    )

    told = trusting(signed, old.key).findings
    assert (who_signed(checkpointed.note), [(f.code, f.seq, f.params["about"]) for f in told]) == (
        1,
        [("KEY_UNAUTHORISED", receipt.seq, "replaced")],
    )


def test_whoever_trusts_the_new_key_is_told_that_the_old_one_did_not_confirm_it(
    signed: Engine, vault: MemoryVault, url: str
) -> None:
    new = signer(origin(url), "second")
    signed.replace_key(vault, new, cause="lost", reason="Disque perdu", by="htallec")

    verdict = trusting(signed, new.key)

    assert (verdict.level, [(n.code, n.count) for n in verdict.notices]) == ("sealed", [("KEY_REPLACED", 1)])


def test_whoever_trusts_both_keys_sees_a_sealed_log(signed: Engine, vault: MemoryVault, url: str) -> None:
    old, new = vault.signer(), signer(origin(url), "second")
    signed.replace_key(vault, new, cause="lost", reason="Disque perdu", by="htallec")

    assert trusting(signed, old.key, new.key).level == "sealed"


def test_a_copy_that_a_stolen_key_signed_after_the_theft_proves_nothing(
    signed: Engine, vault: MemoryVault, url: str
) -> None:
    vouched, new = signed.checkpoint(vault).size, signer(origin(url), "second")
    signed.add_person("mlebris", name="Maëlle Le Bris", by="htallec")
    late = signed.checkpoint(vault).note
    signed.replace_key(vault, new, cause="stolen", vouched=vouched, reason="Vol", by="htallec")

    outside = Outside(keys=(str(new.key),), copies=(Copy(late, "usb", "late"),))

    verdict = signed.verify(outside=outside)

    assert (verdict.findings, verdict.level, verdict.proved.anchored) == ((), "sealed", None)


def test_another_history_signed_with_a_stolen_key_betrays_the_thief(
    signed: Engine, vault: MemoryVault, url: str
) -> None:
    thief, vouched, new = vault.signer(), signed.checkpoint(vault).size, signer(origin(url), "second")
    signed.add_person("mlebris", name="Maëlle Le Bris", by="htallec")
    text = Checkpoint(origin(url), vouched + 1, bytes(32)).text()
    signed.replace_key(vault, new, cause="stolen", vouched=vouched, reason="Vol", by="htallec")

    forged = Copy(str(Note(text, (thief.sign(text),))), "usb", "forged")
    verdict = signed.verify(outside=Outside(keys=(str(new.key),), copies=(forged,)))

    assert [(f.code, f.params["about"]) for f in verdict.findings] == [("ANCHOR_INVALID", "withdrawn")]


@pytest.mark.parametrize("vouched", [-1, 10_000])
def test_a_stolen_key_is_not_believed_beyond_the_last_checkpoint(
    signed: Engine, vault: MemoryVault, url: str, vouched: int
) -> None:
    with pytest.raises(BadInput) as refused:
        signed.replace_key(
            vault, signer(origin(url), "second"), cause="stolen", vouched=vouched, reason="Vol", by="htallec"
        )

    assert (refused.value.reason, len(signed.signing_keys())) == ("bad_vouched", 1)


def test_a_cause_that_no_record_can_have_is_bad_input(signed: Engine, vault: MemoryVault, url: str) -> None:
    with pytest.raises(BadInput) as refused:
        signed.replace_key(
            vault,
            signer(origin(url), "second"),
            cause="sold",  # type: ignore[arg-type]  # as a host without a type checker might
            reason="Vente",
            by="htallec",
        )

    assert (refused.value.reason, signed.verify().holds) == ("bad_cause", True)


def test_the_key_in_force_is_not_replaced_by_itself(signed: Engine, vault: MemoryVault) -> None:
    with pytest.raises(BadInput) as refused:
        signed.replace_key(vault, vault.signer(), cause="lost", reason="Retrouvée", by="htallec")

    assert refused.value.reason == "same_key"


def test_only_an_administrator_replaces_a_key_and_the_attempt_is_recorded(
    signed: Engine, vault: MemoryVault, url: str
) -> None:
    with pytest.raises(Refused):
        signed.replace_key(vault, signer(origin(url), "second"), cause="lost", reason="Ruse", by="kbenali")

    assert (log(url)[-1], len(vault.keys), signed.verify().holds) == (
        ("administration.refused", "refused"),
        1,
        True,
    )


# --- what the vault remembers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["checkpoint", "rotate", "replace"])
def test_nothing_is_written_that_contradicts_the_vaults_memory(
    signed: Engine, vault: MemoryVault, url: str, act: str
) -> None:
    """The vault remembers a checkpoint of the same size over other records."""
    note = Note.parse(vault.notes[0])
    lines = note.text.split("\n")
    other = "\n".join([*lines[:2], "A" * 43 + "=", ""])
    vault.notes.append(str(Note(other, (vault.signer().sign(other),))))
    signed.add_person("mlebris", name="Maëlle Le Bris", by="htallec")
    new, before = signer(origin(url), "second"), (len(signed.signing_keys()), signed.newest_checkpoint())
    acts = {
        "checkpoint": lambda: signed.checkpoint(vault),
        "rotate": lambda: signed.rotate_key(vault, new, reason="Chaque année", by="htallec"),
        "replace": lambda: signed.replace_key(vault, new, cause="lost", reason="Perdue", by="htallec"),
    }

    with pytest.raises(AuditBroken) as refused:
        acts[act]()

    assert (refused.value.reason, (len(signed.signing_keys()), signed.newest_checkpoint())) == ("forked", before)


def test_a_checkpoint_that_a_stranger_signed_in_the_vaults_memory_stops_the_signing(
    signed: Engine, vault: MemoryVault, url: str
) -> None:
    text = Note.parse(vault.notes[0]).text
    vault.notes.append(str(Note(text, (signer(origin(url), "stranger").sign(text),))))

    with pytest.raises(AuditBroken) as refused:
        signed.checkpoint(vault)

    assert refused.value.reason == "foreign_checkpoint"


# --- without cryptography -----------------------------------------------------------------------------------------


def test_without_the_extra_signatures_are_not_checked_and_nothing_more_than_consistency_is_said(
    signed: Engine, vault: MemoryVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = Outside(keys=(str(vault.signer().key),), copies=(Copy(vault.notes[0], "usb", "1"),))
    for name in ("cryptography.hazmat.primitives.asymmetric", "cryptography.hazmat.primitives.asymmetric.ed25519"):
        monkeypatch.setitem(sys.modules, name, None)

    verdict = signed.verify(outside=outside)

    assert (verdict.findings, verdict.level, verdict.proved.sealed, [n.code for n in verdict.notices]) == (
        (),
        "self_consistent",
        0,
        ["SIGNATURES_UNCHECKED"],
    )
