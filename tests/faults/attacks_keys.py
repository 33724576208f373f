"""Attacks on what was signed that agree with themselves: only a key, or a copy, from elsewhere finds them."""

from __future__ import annotations

from tests.faults.attacks_tree import Attack, Expected, another_time, log_of, rotated, sizes
from tests.faults.ownership import Owner
from tests.faults.rewriting import cut, forge, rewrite_everything, sequence, sign_again
from tests.faults.vaults import signed, signer

# --- a key of the thief's own -------------------------------------------------------------------------------------


def everything_rewritten_with_a_key_of_the_thiefs_own(db: Owner) -> Expected:
    """Threat T2 to the end: also the record that says which key signs, and every signature."""
    _in_the_hands_of_the_thief(db)
    return "KEY_UNAUTHORISED", ("database", None)


def everything_rewritten_and_the_trusted_key_named_at_the_end(db: Owner) -> Expected:
    """The thief's key signs everything; the last record says that the trusted key, which he lacks, takes over."""
    _in_the_hands_of_the_thief(db)
    rotated(db, "thief", "house")
    return "KEY_UNAUTHORISED", ("database", None)


def everything_rewritten_and_the_trusted_key_named_before_the_thiefs(db: Owner) -> Expected:
    """The trusted key is said to have been replaced before the first checkpoint."""
    log = log_of(db)
    house, thief = str(signer(log).key), str(signer(log, "thief").key)
    forge(
        db,
        "org",
        "key.replaced",
        lambda document: document.update(old=house, new=thief, cause="lost", size=sizes(db)[-1]),
    )
    db.run("UPDATE flowgov_organisation SET key = :k", k=thief)
    size = sequence(db)
    db.run("INSERT INTO flowgov_checkpoint VALUES (:s, :n)", s=size, n=signed(db, size, signer(log, "thief")))
    return "KEY_UNAUTHORISED", ("org", db.last("org"))


def _in_the_hands_of_the_thief(db: Owner) -> None:
    thief = signer(log_of(db), "thief")
    seq = db.seq("org", "key.registered")
    rewrite_everything(db, "org", seq, lambda document: document.update(key=str(thief.key)))
    db.run("UPDATE flowgov_organisation SET key = :k", k=str(thief.key))
    sign_again(db, thief)


WITH_THE_KEY: dict[str, Attack] = {
    "everything rewritten with a key of the thief's own": everything_rewritten_with_a_key_of_the_thiefs_own,
    "everything rewritten, the trusted key named last": everything_rewritten_and_the_trusted_key_named_at_the_end,
    "the trusted key said to be lost": everything_rewritten_and_the_trusted_key_named_before_the_thiefs,
}
"""Agrees with itself; found by whoever brings along the key that he trusts."""


# --- what only a copy elsewhere finds -----------------------------------------------------------------------------


def a_checkpoint_deleted(which: int) -> Attack:
    def attack(db: Owner) -> Expected:
        size = sizes(db)[which]
        db.run("DELETE FROM flowgov_cosignature WHERE size = :s", s=size)
        db.run("DELETE FROM flowgov_checkpoint WHERE size = :s", s=size)
        return "CHECKPOINT_MISSING", ("checkpoint", size)

    return attack


def every_checkpoint_deleted(db: Owner) -> Expected:
    size = sizes(db)[0]
    db.run("DELETE FROM flowgov_cosignature")
    db.run("DELETE FROM flowgov_checkpoint")
    return "CHECKPOINT_MISSING", ("checkpoint", size)


def the_tail_cut(db: Owner) -> Expected:
    """Threat T3: records, leaves, nodes, rows and the checkpoint that covered them are gone together."""
    size = sizes(db)[1]
    db.run("DELETE FROM flowgov_cosignature")
    db.run("DELETE FROM flowgov_checkpoint WHERE size > :s", s=size)
    cut(db, size)
    return "ROLLED_BACK", ("place", "usb")


def everything_rewritten_with_the_stolen_key(db: Owner) -> Expected:
    """Whoever has the true key and the database; the copies he does not have."""
    rewrite_everything(db, "CRM", 1, another_time)
    sign_again(db, signer(log_of(db)))
    return "FORKED", ("place", "usb")


WITH_COPIES: dict[str, Attack] = {
    "the newest checkpoint deleted": a_checkpoint_deleted(-1),
    "a checkpoint deleted from the middle": a_checkpoint_deleted(1),
    "the first checkpoint deleted": a_checkpoint_deleted(0),
    "every checkpoint deleted": every_checkpoint_deleted,
    "the tail cut": the_tail_cut,
    "everything rewritten with the stolen key": everything_rewritten_with_the_stolen_key,
}
"""Agrees with itself, and with the trusted key; found by whoever has copies of earlier checkpoints."""
