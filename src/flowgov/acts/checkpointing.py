"""Signing the whole log, and the keys that do it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

from flowgov.acts.administering import Desk, sit_down
from flowgov.acts.receipts import on_organisation
from flowgov.acts.sequencing import sequence_all
from flowgov.acts.unit import Unit
from flowgov.audit import merkle
from flowgov.audit.note import Checkpoint, Note, NoteError, VerifierKey
from flowgov.audit.record import ORGANISATION
from flowgov.audit.signing import Signer, cosigned_at, verifies
from flowgov.errors import AuditBroken, BadInput, NotFound
from flowgov.project import Receipt
from flowgov.store import people, tree
from flowgov.text import clean_text

Cause = Literal["lost", "stolen"]
LONGEST_REASON = 4_000


def take(unit: Unit, signer: Signer, known: str | None) -> str:
    """Sign the log as it stands, or return the newest checkpoint if nothing came since. See `Keeper.checkpoint`."""
    size = sequence_all(unit)  # first: it keeps others from changing the key meanwhile
    _sit_by(unit, signer)
    return _sign(unit, size, (signer,), known)


def register_key(unit: Unit, key: VerifierKey, by: str) -> Receipt:
    """See `Keeper.register_key`."""
    desk = sit_down(unit, by)
    if key.name != unit.scribe.log:
        raise BadInput("key_of_another_log", key=str(key), log=unit.scribe.log)
    desk.allow("key.register", unit.scribe.log, {"key": str(key)})
    if people.signing_key(unit.connection) is not None:
        raise BadInput("key_registered")
    sealed = desk.enter("key.registered", {"key": str(key)})
    people.set_signing_key(unit.connection, str(key))
    return on_organisation(sealed, str(key))


def rotate_key(unit: Unit, old: Signer, new: Signer, known: str | None, reason: str, by: str) -> tuple[Receipt, str]:
    """See `Keeper.rotate_key`."""
    text = clean_text(reason, field="reason", limit=LONGEST_REASON, multiline=True)
    desk = sit_down(unit, by)
    _sit_by(unit, old)
    content = {"old": str(old.key), "new": str(new.key)}
    receipt = _take_over(desk, "key.rotate", "key.rotated", content, text)
    return receipt, _sign(unit, sequence_all(unit), (new, old), known)


def replace_key(
    unit: Unit, new: Signer, cause: Cause, vouched: int | None, known: str | None, reason: str, by: str
) -> tuple[Receipt, str]:
    """See `Keeper.replace_key`."""
    text = clean_text(reason, field="reason", limit=LONGEST_REASON, multiline=True)
    if cause not in get_args(Cause):
        raise BadInput("bad_cause", cause=cause)
    desk = sit_down(unit, by)
    old = people.signing_key(unit.connection)
    if old is None:
        raise BadInput("no_key")
    newest = tree.newest_checkpoint(unit.connection)
    last = newest.size if newest else 0
    size, first = last if vouched is None else vouched, _first_by_present_key(unit)
    if not min(first, last) <= size <= last:
        raise BadInput("bad_vouched", size=size, first=min(first, last), last=last)
    content = {"old": old, "new": str(new.key), "cause": cause, "size": size}
    receipt = _take_over(desk, "key.replace", "key.replaced", content, text)
    return receipt, _sign(unit, sequence_all(unit), (new,), known)


def cosign(unit: Unit, raw: str, witnesses: Sequence[VerifierKey]) -> tuple[int, int]:
    """Keep the witnesses' signatures found in a note; the checkpoint's size, and how many were new.

    Raises:
        BadInput: it is no note, or none of *witnesses* signed it.
        NotFound: this log has no such checkpoint.
    """
    note, checkpoint = parsed(raw)
    if tree.find_checkpoint(unit.connection, checkpoint.size) is None or checkpoint.origin != unit.scribe.log:
        raise NotFound("checkpoint", size=checkpoint.size)
    kept = {row.witness for row in tree.cosignatures(unit.connection, checkpoint.size)}
    lines = {
        str(witness): signature.line()
        for witness in witnesses
        for signature in note.signatures
        if cosigned_at(witness, note.text, signature) is not None
    }
    if not lines:
        raise BadInput("no_cosignature", size=checkpoint.size)
    # only now: whoever writes a note that nobody signed has not shown that the log was forked
    if parsed(str(tree.find_checkpoint(unit.connection, checkpoint.size)))[0].text != note.text:
        raise AuditBroken("forked", size=checkpoint.size)
    for witness in lines.keys() - kept:
        tree.add_cosignature(unit.connection, checkpoint.size, witness, lines[witness])
    return checkpoint.size, len(lines.keys() - kept)


def parsed(raw: str) -> tuple[Note, Checkpoint]:
    """
    Raises:
        BadInput: it is not a signed checkpoint.
    """
    try:
        note = Note.parse(raw)
        return note, Checkpoint.parse(note.text)
    except NoteError as error:
        raise BadInput("not_a_checkpoint", why=str(error)) from error


def whole(unit_connection: Any, size: int) -> str:
    """The note of a checkpoint with every cosignature under it."""
    note = str(tree.find_checkpoint(unit_connection, size))
    return note + "".join(row.line for row in tree.cosignatures(unit_connection, size))


def _sit_by(unit: Unit, signer: Signer) -> None:
    """
    Raises:
        BadInput: the log has no key yet, or it is another one.
    """
    expected = people.signing_key(unit.connection)
    if expected is None:
        raise BadInput("no_key")
    if str(signer.key) != expected:
        raise BadInput("another_key", key=str(signer.key), expected=expected)


def _first_by_present_key(unit: Unit) -> int:
    """The size of the checkpoint by which the present key was confirmed; what is smaller, others signed."""
    taken_over = people.key_records(unit.connection)[-1]
    place = tree.position(unit.connection, ORGANISATION, taken_over["seq"])
    if taken_over["event"] == "key.registered" or place is None or place.idx is None:
        return 0
    sizes = (row.size for row in tree.every_checkpoint(unit.connection))
    return next((size for size in sizes if size > place.idx), 0)


def _take_over(desk: Desk, action: str, event: str, content: dict[str, Any], reason: str) -> Receipt:
    new = content["new"]
    if VerifierKey.parse(new).name != desk.unit.scribe.log:
        raise BadInput("key_of_another_log", key=new, log=desk.unit.scribe.log)
    desk.allow(action, desk.unit.scribe.log, content)
    if content["old"] == new:
        raise BadInput("same_key")
    sealed = desk.enter(event, content, {"reason": reason})
    people.set_signing_key(desk.unit.connection, new)
    return on_organisation(sealed, new)


def _sign(unit: Unit, size: int, signers: Sequence[Signer], known: str | None) -> str:
    nodes = tree.nodes(unit.connection)
    newest = tree.newest_checkpoint(unit.connection)
    if newest is not None:
        _consistent(unit, newest.note, size)
    if known is not None:
        _consistent(unit, known, size)
    if newest is not None and newest.size == size:
        return str(newest.note)
    text = Checkpoint(unit.scribe.log, size, merkle.root(size, nodes)).text()
    note = str(Note(text, tuple(signer.sign(text) for signer in signers)))
    tree.add_checkpoint(unit.connection, size, note)
    return note


def _consistent(unit: Unit, former: str, size: int) -> None:
    """Nothing is signed that contradicts what was signed before (RFC 9162, section 2.1.4).

    Raises:
        AuditBroken: the *former* checkpoint is none, or of another origin, or the log is shorter, or its records
            differ.
    """
    try:
        note, checkpoint = parsed(former)
    except BadInput as error:
        raise AuditBroken("no_checkpoint", why=error.data["why"]) from error
    keys = [VerifierKey.parse(key) for key in people.signing_keys(unit.connection)]
    signed = any(verifies(key, note.text, signature) for key in keys for signature in note.signatures)
    if checkpoint.origin != unit.scribe.log or not signed:
        raise AuditBroken("foreign_checkpoint", size=checkpoint.size, origin=checkpoint.origin)
    if checkpoint.size > size:
        raise AuditBroken("rolled_back", size=size, signed=checkpoint.size)
    if merkle.root(checkpoint.size, tree.nodes(unit.connection)) != checkpoint.root:
        raise AuditBroken("forked", size=checkpoint.size)
